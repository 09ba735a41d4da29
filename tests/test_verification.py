"""Whether Alexa sent it: everything that must be refused, and what must not."""

from __future__ import annotations

import base64
import json
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import signing
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.x509.oid import ExtendedKeyUsageOID
from signing import NOW, SKILL_ID, URL, authority, body_of, chain, event, leaf, pem, rsa_key, signed

from skill.adapters import verification
from skill.adapters.verification import Certificates, RefusedError, Verifier, certificate_path, fetch_chain, read_event
from skill.places import PROJECT

LONG_AGO = timedelta(hours=1)

BODY = body_of(event())


def verifier(served: bytes | Callable[[str], bytes] = b"", now: datetime = NOW) -> Verifier:
    """A verifier that trusts the tests' root, and gets `served` for every certificate's address."""
    fetch = served if callable(served) else lambda path: served or chain()
    return Verifier(SKILL_ID, Certificates(fetch, [authority().certificate]), lambda: now)


def verify(given: Verifier, headers: dict[str, str], body: bytes = BODY) -> None:
    given.verify_bytes(headers, body)
    given.verify_event(read_event(body))


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in signed(BODY).items() if key != name}


def addressed(address: str) -> dict[str, str]:
    return {**signed(BODY), "SignatureCertChainUrl": address}


def with_signature(signature: str) -> dict[str, str]:
    return {**signed(BODY), "Signature-256": signature}


class Case(NamedTuple):
    headers: dict[str, str]
    body: bytes = BODY
    served: bytes = b""
    judge_differs: bool = False
    """whether alexa-verifier, which checks no chain and no path, lets it through"""


def sent(data: Any, **more: Any) -> Case:
    body = data if isinstance(data, bytes) else body_of(data)
    return Case(signed(body), body, **more)


def at(seconds: float, name: str = "launch") -> dict[str, Any]:
    return event(name, NOW + timedelta(seconds=seconds))


def stamped(timestamp: Any) -> dict[str, Any]:
    data = event()
    data["request"]["timestamp"] = timestamp
    return data


def _self_signed() -> bytes:
    return pem(leaf(signing.Authority(leaf(authority("leaf")), rsa_key("leaf"))))


def _elliptic() -> bytes:
    return pem(leaf(authority(), key=ec.generate_private_key(ec.SECP256R1())))


def _as_elliptic() -> Case:
    return Case(signed(BODY), BODY, _elliptic())


STRANGER = authority("a root that nobody trusts")
BETWEEN = authority("the tests' intermediate", authority())
SHA1 = base64.b64encode(rsa_key("leaf").sign(BODY, padding.PKCS1v15(), hashes.SHA1())).decode()  # noqa: S303 (as once was)
PSS = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)

REFUSED = {
    "no headers": Case({}),
    "no address": Case(without("SignatureCertChainUrl")),
    "no signature": Case(without("Signature-256")),
    "an empty address": Case(addressed("")),
    "an empty signature": Case(with_signature("")),
    "only the old header, with SHA-1": Case({"SignatureCertChainUrl": URL, "Signature": SHA1}),
    "an address without TLS": Case(addressed("http://s3.amazonaws.com/echo.api/x.pem")),
    "an address of another host": Case(addressed("https://notamazon.com/echo.api/x.pem")),
    "an address of a host that only begins alike": Case(addressed("https://s3.amazonaws.com.evil.example/echo.api/x.pem")),
    "an address with another host as user": Case(addressed("https://s3.amazonaws.com@evil.example/echo.api/x.pem")),
    "an address with a user": Case(addressed("https://me@s3.amazonaws.com/echo.api/x.pem"), judge_differs=True),
    "an address with another port": Case(addressed("https://s3.amazonaws.com:563/echo.api/x.pem")),
    "an address with a port that is none": Case(addressed("https://s3.amazonaws.com:port/echo.api/x.pem")),
    "an address with a port too high": Case(addressed("https://s3.amazonaws.com:443443/echo.api/x.pem")),
    "an address of another path": Case(addressed("https://s3.amazonaws.com/invalid.path/x.pem")),
    "an address of a path in other letters": Case(addressed("https://s3.amazonaws.com/EcHo.aPi/x.pem")),
    "an address that climbs out": Case(addressed("https://s3.amazonaws.com/echo.api/../x.pem"), judge_differs=True),
    "an address that climbs out, escaped": Case(addressed("https://s3.amazonaws.com/echo.api/%2e%2e/x.pem"), judge_differs=True),
    "an address with a backslash": Case(addressed("https://s3.amazonaws.com\\@evil.example/echo.api/x.pem")),
    "an address with a line break": Case(addressed("https://s3.amazonaws.com/echo.api/\r\nHost: x"), judge_differs=True),
    "an address of a folder": Case(addressed("https://s3.amazonaws.com/echo.api/"), judge_differs=True),
    "two addresses": Case(addressed(f"{URL},{URL}"), judge_differs=True),
    "a chain of a root that nobody trusts": Case(signed(BODY), BODY, pem(leaf(STRANGER), STRANGER.certificate), True),
    "a certificate that signed itself": Case(signed(BODY), BODY, _self_signed(), True),
    "a chain without its middle": Case(signed(BODY), BODY, pem(leaf(BETWEEN)), True),
    "a certificate that has run out": Case(signed(BODY), BODY, pem(leaf(authority(), days=(-10, -1)))),
    "a certificate of tomorrow": Case(signed(BODY), BODY, pem(leaf(authority(), days=(1, 10)))),
    "a certificate of another name": Case(signed(BODY), BODY, pem(leaf(authority(), ["example.com"]))),
    "a certificate of a name below": Case(signed(BODY), BODY, pem(leaf(authority(), ["x.echo-api.amazon.com"]))),
    "a certificate without a name": Case(signed(BODY), BODY, pem(leaf(authority(), []))),
    "a certificate for e-mail": Case(
        signed(BODY), BODY, pem(leaf(authority(), usage=ExtendedKeyUsageOID.EMAIL_PROTECTION)), True
    ),
    "a certificate with another kind of key": _as_elliptic(),
    "a chain file that is junk": Case(signed(BODY), BODY, b"junk"),
    "a chain file with a broken certificate": Case(signed(BODY), BODY, chain()[:300] + b"\n-----END CERTIFICATE-----\n"),
    "a signature that is not base64": Case(with_signature("%%%")),
    "a signature with broken padding": Case(with_signature("A")),
    "a signature with a letter that no alphabet has": Case(with_signature("\u00e9" * 8)),
    "a signature of another body": Case(signed(BODY + b" ")),
    "a signature by another key": Case(signed(BODY, rsa_key("another"))),
    "a signature with SHA-1": Case(with_signature(SHA1)),
    "a signature in another scheme": Case(
        with_signature(base64.b64encode(rsa_key("leaf").sign(BODY, PSS, hashes.SHA256())).decode())
    ),
    "a body that was changed": Case(signed(BODY), BODY + b" "),
    "a timestamp an hour old": sent(at(-3600)),
    "a timestamp 151 seconds old": sent(at(-151)),
    "a timestamp 151 seconds ahead": sent(at(151), judge_differs=True),
    "a skill event two hours old": sent(at(-7200, "skill-enabled")),
    "a timestamp without a zone": sent(stamped(NOW.strftime("%Y-%m-%dT%H:%M:%S")), judge_differs=True),
    "a timestamp that is none": sent(stamped("yesterday"), judge_differs=True),
    "a timestamp at the edge of time": sent(stamped("9999-12-31T23:59:59-23:59"), judge_differs=True),
    "a timestamp that is a number": sent(stamped(int(NOW.timestamp()))),
    "no timestamp": sent(stamped(None)),
    "another skill's request": sent(event(skill_id="amzn1.ask.skill.another"), judge_differs=True),
    "no skill's request": sent(event(skill_id=""), judge_differs=True),
    "a session of another skill": sent(
        {**event(), "session": event(skill_id="amzn1.ask.skill.another")["session"]}, judge_differs=True
    ),
    "malformed JSON": sent(b'{"request": '),
    "an empty body": sent(b""),
    "bytes that are no UTF-8": sent(b"\xff\xfe\x80"),
    "UTF-16": sent(json.dumps(event()).encode("utf-16")),
    "JSON nested without end": sent(b"[" * 100_000),
    "an empty object": sent({}),
    "a list": sent([]),
    "a number without end": sent(b"1" * 10_000),
    "a constant that JSON has not": sent(BODY[:-1] + b', "x": NaN}'),
}

ACCEPTED = {
    "a launch": sent(event()),
    "a question": sent(event("question")),
    "a skill event": sent(event("skill-enabled")),
    "an address in other letters": Case({**signed(BODY), "SignatureCertChainUrl": URL.replace("https://s3", "HTTPS://S3")}),
    "an address with its port": Case(addressed("https://s3.amazonaws.com:443/echo.api/echo-api-cert.pem")),
    "an address that climbs and comes back": Case(addressed("https://s3.amazonaws.com/echo.api/../echo.api/x.pem")),
    "a chain without an intermediate": Case(signed(BODY), BODY, pem(leaf(authority()))),
    "a timestamp 149 seconds old": sent(at(-149)),
    "a chain with several names": Case(signed(BODY), BODY, pem(leaf(authority(), ["example.com", signing.NAME]))),
}

# The judge knows no skill events.
WITHOUT_THE_JUDGE = {
    "a skill event an hour old": sent(at(-3599, "skill-enabled")),
    "a timestamp 149 seconds ahead": sent(at(149)),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_what_alexa_did_not_send_is_refused(case: Case) -> None:
    with pytest.raises(RefusedError):
        verify(verifier(case.served), case.headers, case.body)


@pytest.mark.parametrize(
    "case",
    [*ACCEPTED.values(), *WITHOUT_THE_JUDGE.values()],
    ids=[*ACCEPTED, *WITHOUT_THE_JUDGE],
)
def test_what_alexa_sent_is_not_refused(case: Case) -> None:
    verify(verifier(case.served), case.headers, case.body)


def test_bytes_are_verified_before_anything_is_read_of_them() -> None:
    with pytest.raises(RefusedError, match="does not fit"):
        verify(verifier(), signed(BODY), b"{ this is no JSON")


def test_a_reason_repeats_nothing_of_the_request() -> None:
    for address in ("https://s3.amazonaws.com/canary", "https://canary/echo.api/x.pem"):
        with pytest.raises(RefusedError) as raised:
            certificate_path(address)
        assert "canary" not in str(raised.value)
    with pytest.raises(RefusedError) as raised:
        verify(verifier(pem(leaf(authority(), days=(-10, -1)))), signed(BODY))
    assert str(raised.value).endswith("not valid at validation time")


# The certificates are fetched once, kept for an hour, and never more of them than a few.


class Host:
    """Serves certificates, and counts how often."""

    def __init__(self, pause: float = 0) -> None:
        self.fetched: list[str] = []
        self.pause = pause

    def __call__(self, path: str) -> bytes:
        self.fetched.append(path)
        time.sleep(self.pause)
        return chain()


def test_a_certificate_is_fetched_once_for_many_requests() -> None:
    host = Host(pause=0.2)
    given = verifier(host)
    threads = [threading.Thread(target=verify, args=(given, signed(BODY))) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    verify(given, signed(BODY))
    assert host.fetched == ["/echo.api/echo-api-cert-13.pem"]


def test_a_certificate_is_fetched_again_after_an_hour_whatever_the_clock_on_the_wall_says() -> None:
    host, elapsed = Host(), [0.0]
    certificates = Certificates(host, [authority().certificate], lambda: elapsed[0])
    for elapsed[0] in (0, 3599, 3601):
        certificates.key("/echo.api/x.pem", NOW - timedelta(hours=elapsed[0] // 60))
    assert len(host.fetched) == 2


def test_a_kept_certificate_that_runs_out_is_not_trusted_any_longer() -> None:
    certificates = Certificates(Host(), [authority().certificate], lambda: 0.0)
    certificates.key("/echo.api/x.pem", NOW)
    with pytest.raises(RefusedError):
        certificates.key("/echo.api/x.pem", NOW + timedelta(days=11))
    certificates.key("/echo.api/x.pem", NOW)


def test_a_thousand_addresses_keep_no_thousand_certificates() -> None:
    host = Host()
    certificates = Certificates(host, [authority().certificate])
    for number in range(100):
        certificates.key(f"/echo.api/{number}.pem", NOW)
    assert len(certificates._kept) == verification.MAX_KEPT
    assert certificates._under_way == {}


def test_amazons_own_roots_are_trusted() -> None:
    names = [root.subject.rfc4514_string() for root in verification.trusted_roots()]
    assert len(names) > 50
    assert any("CN=Amazon Root CA 1" in name for name in names)


def test_what_cannot_be_fetched_is_refused_and_tried_again() -> None:
    answers: Iterator[bytes] = iter([b"junk", chain()])
    given = verifier(lambda path: next(answers))
    with pytest.raises(RefusedError):
        verify(given, signed(BODY))
    verify(given, signed(BODY))


def test_a_clock_that_jumps_refuses_until_it_is_right_again() -> None:
    now = [NOW]
    given = Verifier(SKILL_ID, Certificates(Host(), [authority().certificate]), lambda: now[0])
    verify(given, signed(BODY))
    for jump in (LONG_AGO, -LONG_AGO, timedelta(days=4000), -timedelta(days=4000)):
        now[0] = NOW + jump
        with pytest.raises(RefusedError):
            verify(given, signed(BODY))
    now[0] = NOW
    verify(given, signed(BODY))


# The host of certificates may hang, trickle and lie.


def _hang(connection: ssl.SSLSocket) -> None:
    time.sleep(5)


def _trickle(connection: ssl.SSLSocket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n")
    for _ in range(50):
        connection.sendall(b"-")
        time.sleep(0.1)


def _trickle_headers(connection: ssl.SSLSocket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for number in range(50):
        connection.sendall(f"X-{number}: x\r\n".encode())
        time.sleep(0.1)


def _answer(head: str, body: bytes) -> Callable[[ssl.SSLSocket], None]:
    return lambda connection: connection.sendall(f"HTTP/1.1 {head}\r\nConnection: close\r\n\r\n".encode() + body)


LIARS: dict[str, Callable[[ssl.SSLSocket], None]] = {
    "hangs": _hang,
    "trickles": _trickle,
    "trickles headers": _trickle_headers,
    "hangs up": lambda connection: None,
    "speaks no HTTP": lambda connection: connection.sendall(b"220 mail.example ESMTP\r\n"),
    "never ends": _answer("200 OK", b"-" * 1_000_000),
    "promises more": _answer("200 OK\r\nContent-Length: 100", b"short"),
    "is lost": _answer("404 Not Found", b""),
    "fails": _answer("500 Oops", chain()),
    "sends elsewhere": _answer(f"302 Found\r\nLocation: {URL}", chain()),
    "is honest": _answer("200 OK", chain()),
}


@pytest.fixture
def host_with(tmp_path: Path) -> Iterator[Callable[[Callable[[ssl.SSLSocket], None]], int]]:
    """Start a TLS host named localhost that answers one request so; its port."""
    files = tmp_path / "certificate.pem", tmp_path / "key.pem"
    files[0].write_bytes(pem(leaf(authority(), ["localhost"])))
    files[1].write_bytes(
        rsa_key("leaf").private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    listener = socket.create_server(("localhost", 0))

    def start(answer: Callable[[ssl.SSLSocket], None]) -> int:
        def run() -> None:
            try:
                with context.wrap_socket(listener.accept()[0], server_side=True) as connection:
                    connection.recv(65536)
                    answer(connection)
            except OSError:
                return

        threading.Thread(target=run, daemon=True).start()
        return int(listener.getsockname()[1])

    yield start
    listener.close()


def _trusting() -> ssl.SSLContext:
    return ssl.create_default_context(cadata=pem(authority().certificate).decode())


@pytest.mark.parametrize("name", LIARS)
def test_a_host_that_lies_or_dawdles_is_left_in_time(
    name: str, host_with: Callable[[Callable[[ssl.SSLSocket], None]], int]
) -> None:
    port = host_with(LIARS[name])
    started = time.monotonic()
    given = verifier(lambda path: fetch_chain(path, "localhost", port, _trusting(), 0.5))
    if name == "is honest":
        verify(given, signed(BODY))
    else:
        with pytest.raises(RefusedError):
            verify(given, signed(BODY))
    assert time.monotonic() - started < 2


def test_a_host_that_nobody_vouches_for_is_not_asked(host_with: Callable[[Callable[[ssl.SSLSocket], None]], int]) -> None:
    with pytest.raises(RefusedError, match="SSLCertVerificationError"):
        fetch_chain("/echo.api/x.pem", "localhost", host_with(_answer("200 OK", chain())), None, 0.5)


def test_a_host_that_is_not_there_is_told() -> None:
    with socket.create_server(("localhost", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(RefusedError, match="ConnectionRefusedError"):
        fetch_chain("/echo.api/x.pem", "localhost", port, None, 0.5)


def test_fetches_that_hang_do_not_pile_up() -> None:
    held = threading.Event()

    def hang(path: str) -> bytes:
        held.wait(60)
        return chain()

    certificates = Certificates(hang, [authority().certificate])
    waiting = [
        threading.Thread(target=certificates.key, args=(f"/echo.api/{number}.pem", NOW))
        for number in range(verification.MAX_FETCHES)
    ]
    for thread in waiting:
        thread.start()
    while len(certificates._under_way) < verification.MAX_FETCHES:
        time.sleep(0.01)
    with pytest.raises(RefusedError, match="too many"):
        certificates.key("/echo.api/one-more.pem", NOW)
    held.set()
    for thread in waiting:
        thread.join()
    certificates.key("/echo.api/one-more.pem", NOW)


# An independent judge: npm's alexa-verifier, where it is installed (make judge).

JUDGE = PROJECT / "build" / "judge"


@pytest.mark.skipif(
    shutil.which("node") is None or not (JUDGE / "node_modules" / "alexa-verifier").is_dir(),
    reason="alexa-verifier is not installed; make judge",
)
def test_an_independent_judge_comes_to_the_same_verdicts(tmp_path: Path) -> None:
    cases = {**ACCEPTED, **{name: case for name, case in REFUSED.items() if _has_text(case)}}
    asked = {
        name: {
            "address": case.headers.get("SignatureCertChainUrl", ""),
            "signature": case.headers.get("Signature-256", ""),
            "body": case.body.decode(),
            "served": (case.served or chain()).decode(),
        }
        for name, case in cases.items()
    }
    script = JUDGE / "judge.mjs"
    shutil.copy(Path(__file__).parent / "judge.mjs", script)
    run = subprocess.run(  # noqa: S603
        [str(shutil.which("node")), str(script)],
        input=json.dumps({"now": NOW.isoformat(), "cases": asked}),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    verdicts = json.loads(run.stdout)
    assert verdicts.keys() == cases.keys()
    assert len(verdicts) > 50
    accepts = {name for name, verdict in verdicts.items() if verdict == "accepted"}
    assert accepts == {*ACCEPTED, *(name for name, case in REFUSED.items() if case.judge_differs)}


def _has_text(case: Case) -> bool:
    """Whether its body is UTF-8: the judge takes text alone."""
    try:
        case.body.decode()
    except UnicodeDecodeError:
        return False
    return True
