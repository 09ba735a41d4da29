"""A certificate authority of the tests' own, and requests that it signs as Alexa does."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

REQUESTS = Path(__file__).parent / "requests"

SKILL_ID = "amzn1.ask.skill.of-the-tests"
NAME = "echo-api.amazon.com"
URL = "https://s3.amazonaws.com/echo.api/echo-api-cert-13.pem"

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class Authority(NamedTuple):
    """A certificate and the key that signs with it."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey


@cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    """One key a name, since making one takes a tenth of a second."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def authority(name: str = "the tests' root", by: Authority | None = None) -> Authority:
    key = rsa_key(name)
    return Authority(_certificate(name, key, by or key, is_authority=True), key)


def leaf(
    by: Authority,
    names: Sequence[str] = (NAME,),
    days: tuple[float, float] = (-10, 10),
    usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.SERVER_AUTH,
    key: Key | None = None,
) -> x509.Certificate:
    return _certificate("Alexa", key or rsa_key("leaf"), by, names=names, days=days, usage=usage)


def _certificate(
    subject: str,
    key: Key,
    by: Authority | Key,
    *,
    is_authority: bool = False,
    names: Sequence[str] = (),
    days: tuple[float, float] = (-100, 100),
    usage: x509.ObjectIdentifier | None = None,
) -> x509.Certificate:
    issuer = by.certificate.subject if isinstance(by, Authority) else _name(subject)
    signing = by.key if isinstance(by, Authority) else by
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + days[0] * DAY)
        .not_valid_after(NOW + days[1] * DAY)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(_key_usage(is_authority), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(each) for each in names]), critical=False)
    if usage is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    return builder.sign(signing, hashes.SHA256())


def _key_usage(is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=False,
        key_encipherment=not is_authority,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(each.public_bytes(serialization.Encoding.PEM) for each in certificates)


def chain() -> bytes:
    """What Alexa would serve: a leaf and the intermediate that signed it."""
    between = authority("the tests' intermediate", authority())
    return pem(leaf(between), between.certificate)


def event(name: str = "launch", sent: datetime = NOW, skill_id: str = SKILL_ID) -> dict[str, Any]:
    """A recorded request, sent then and to that skill."""
    data: dict[str, Any] = json.loads((REQUESTS / f"{name}.json").read_text(encoding="utf-8"))
    data["request"]["timestamp"] = sent.strftime("%Y-%m-%dT%H:%M:%SZ")
    for block in (data.get("session"), data["context"]["System"]):
        if block is not None:
            block["application"] = {"applicationId": skill_id}
    return data


def body_of(data: Any) -> bytes:
    return json.dumps(data).encode()


def signed(body: bytes, key: rsa.RSAPrivateKey | None = None) -> dict[str, str]:
    """The headers of a request with `body`."""
    signature = (key or rsa_key("leaf")).sign(body, padding.PKCS1v15(), hashes.SHA256())
    return {"SignatureCertChainUrl": URL, "Signature-256": base64.b64encode(signature).decode()}
