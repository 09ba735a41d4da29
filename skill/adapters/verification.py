"""Decides whether Alexa sent a request: its certificate's address, the chain to a trusted root, the signature over the raw
bytes, the time and the skill it is meant for.

https://developer.amazon.com/docs/custom-skills/host-a-custom-skill-as-a-web-service.html says what must be checked.
"""

from __future__ import annotations

import base64
import http.client
import json
import posixpath
import re
import socket
import ssl
import threading
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import certifi
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import verification as chains

CHAIN_HEADER, SIGNATURE_HEADER = "SignatureCertChainUrl", "Signature-256"

HOST = "s3.amazonaws.com"
NAME = "echo-api.amazon.com"

# No port but 443, no user, query, escape or blank: whatever two parsers could read in two ways is refused.
_ADDRESS = re.compile(r"(?i:https://s3\.amazonaws\.com)(?::443)?(/[A-Za-z0-9._/-]+)")

WINDOW = timedelta(seconds=150)
EVENT_WINDOW = timedelta(hours=1)
EVENTS = frozenset(
    f"AlexaSkillEvent.{name}"
    for name in ("SkillEnabled", "SkillDisabled", "SkillPermissionChanged", "SkillPermissionAccepted", "SkillAccountLinked")
)
"""Requests that Alexa may deliver late, as the SDK lists them."""

_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)

FETCH_SECONDS = 3.0
MAX_CHAIN = 64_000
MAX_FETCHES = 4
"""Certificates fetched at once; Alexa uses one for months, so more are somebody trying."""
MAX_KEPT = 8
KEPT_SECONDS = 3600.0

Fetch = Callable[[str], bytes]


class Headers(Protocol):
    """A request's headers, whatever their letters' case."""

    def get(self, name: str, default: str, /) -> str: ...


class RefusedError(Exception):
    """The request is not to be answered. The message is for the log, and repeats nothing of the request."""


class Verifier:
    """Checks requests to one skill."""

    def __init__(
        self, skill_id: str, certificates: Certificates, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._skill_id, self._certificates, self._now = skill_id, certificates, now

    def verify_bytes(self, headers: Headers, body: bytes) -> None:
        """Raise RefusedError unless Alexa signed these very bytes."""
        path = certificate_path(headers.get(CHAIN_HEADER, ""))
        try:
            signature = base64.b64decode(headers.get(SIGNATURE_HEADER, ""), validate=True)
        except ValueError:
            raise RefusedError("the signature is no base64") from None
        if not signature:
            raise RefusedError("no signature")
        try:
            self._certificates.key(path, self._now()).verify(signature, body, PKCS1v15(), SHA256())
        except InvalidSignature:
            raise RefusedError("the signature does not fit the body") from None

    def verify_event(self, event: Mapping[str, Any]) -> None:
        """Raise RefusedError unless the event was sent lately, and to this skill."""
        request = _block(event, "request")
        try:
            sent = datetime.fromisoformat(request["timestamp"])
            age = abs(self._now() - sent)
        except (KeyError, TypeError, ValueError, OverflowError):
            raise RefusedError("no timestamp with a time zone") from None
        kind = request.get("type")
        if age > (EVENT_WINDOW if isinstance(kind, str) and kind in EVENTS else WINDOW):
            raise RefusedError(f"the timestamp is {age.total_seconds():.0f} seconds off")
        meant = [_block(_block(event, "context"), "System")]
        if "session" in event:
            meant.append(_block(event, "session"))
        if any(_block(each, "application").get("applicationId") != self._skill_id for each in meant):
            raise RefusedError("it is meant for another skill")


class _Kept(NamedTuple):
    key: RSAPublicKey
    valid_from: datetime
    valid_to: datetime
    until: float
    """on the monotonic clock: a wall clock that is set back must not keep it for ever"""


class Certificates:
    """The keys that Alexa signs with: fetched, checked, and kept for an hour."""

    def __init__(
        self,
        fetch: Fetch | None = None,
        roots: Sequence[x509.Certificate] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch = fetch or fetch_chain
        self._store = chains.Store(list(roots or trusted_roots()))
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._kept: dict[str, _Kept] = {}
        self._under_way: dict[str, Future[_Kept]] = {}
        self._pool = ThreadPoolExecutor(MAX_FETCHES, "certificate")

    def key(self, path: str, now: datetime) -> RSAPublicKey:
        """The key of the chain at `path`. Raises RefusedError when there is none to trust, or not in time."""
        with self._lock:
            kept = self._kept.get(path)
            if kept is not None and kept.until > self._monotonic() and kept.valid_from <= now <= kept.valid_to:
                return kept.key
            # Requests that need the same certificate wait for one fetch of it.
            fetched = self._under_way.get(path)
            if fetched is None:
                if len(self._under_way) >= MAX_FETCHES:
                    raise RefusedError("too many certificates are being fetched")
                fetched = self._under_way[path] = self._pool.submit(self._load, path, now)
        try:
            # A little longer than the fetch itself, whose reason tells more.
            return fetched.result(FETCH_SECONDS + 1).key
        except TimeoutError:
            raise RefusedError("the certificate could not be fetched in time") from None

    def _load(self, path: str, now: datetime) -> _Kept:
        try:
            key, leaf = self._checked(self._fetch(path), now)
            kept = _Kept(key, leaf.not_valid_before_utc, leaf.not_valid_after_utc, self._monotonic() + KEPT_SECONDS)
            with self._lock:
                self._kept[path] = kept
                while len(self._kept) > MAX_KEPT:
                    del self._kept[min(self._kept, key=lambda each: self._kept[each].until)]
            return kept
        finally:
            with self._lock:
                del self._under_way[path]

    def _checked(self, pem: bytes, now: datetime) -> tuple[RSAPublicKey, x509.Certificate]:
        try:
            leaf, *others = x509.load_pem_x509_certificates(pem)
            checks = chains.PolicyBuilder().store(self._store).time(now).build_server_verifier(x509.DNSName(NAME))
            checks.verify(leaf, others)
            key = leaf.public_key()
        except chains.VerificationError as error:
            # Less the name of the certificate, which anyone may choose.
            raise RefusedError(f"the certificate is not to be trusted: {str(error).partition(' (')[0]}") from None
        except Exception as error:
            # Whatever is not a chain: the parser raises errors of many kinds.
            raise RefusedError(f"the certificate cannot be read: {type(error).__name__}") from None
        if not isinstance(key, RSAPublicKey):
            raise RefusedError("the certificate holds no RSA key")
        return key, leaf


def certificate_path(address: str) -> str:
    """The path of the chain on Amazon's host. Raises RefusedError for any address that cannot be Alexa's."""
    found = _ADDRESS.fullmatch(address)
    path = posixpath.normpath(found[1]) if found else ""
    if not path.startswith("/echo.api/"):
        raise RefusedError("the certificate's address is not Alexa's" if address else "no address of a certificate")
    return path


def fetch_chain(
    path: str, host: str = HOST, port: int = 443, context: ssl.SSLContext | None = None, seconds: float = FETCH_SECONDS
) -> bytes:
    """Fetch what lies at `path`. Raises RefusedError when it is not there, too long, or not whole in time."""
    connection = http.client.HTTPSConnection(host, port, timeout=seconds, context=context)
    # A time-out of a socket starts anew with every byte: a host that trickles would hold the thread for hours.
    watchdog = threading.Timer(seconds, _cut, [connection])
    watchdog.daemon = True
    try:
        connection.connect()
        watchdog.start()
        connection.request("GET", path)
        with connection.getresponse() as response:
            status, body = response.status, response.read(MAX_CHAIN + 1)
    except (OSError, http.client.HTTPException) as error:
        raise RefusedError(f"the certificate could not be fetched: {type(error).__name__}") from None
    finally:
        watchdog.cancel()
        connection.close()
    if status != http.client.OK:
        raise RefusedError(f"the certificate's host answers with {status}")
    if len(body) > MAX_CHAIN:
        raise RefusedError("the certificate is too long")
    return body


def _cut(connection: http.client.HTTPSConnection) -> None:
    # Suppressed: it has ended by itself.
    with suppress(OSError, AttributeError):
        connection.sock.shutdown(socket.SHUT_RDWR)


def trusted_roots() -> list[x509.Certificate]:
    """The roots that browsers trust. Alexa's own chain changes over the years, so nothing nearer to it is pinned."""
    found = []
    with warnings.catch_warnings():
        # Some old roots break a rule that cryptography warns of, and will not read one day: the others serve on.
        warnings.simplefilter("ignore")
        for block in _PEM.findall(Path(certifi.where()).read_bytes()):
            with suppress(ValueError):
                found.append(x509.load_pem_x509_certificate(block))
    return found


def read_event(body: bytes) -> dict[str, Any]:
    """Read a request's JSON. Raises RefusedError for what is none."""
    try:
        event = json.loads(body.decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise RefusedError("the body is no JSON") from None
    if not isinstance(event, dict):
        raise RefusedError("the body is no object")
    return event


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is Python's, and not JSON")


def _block(event: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    block = event.get(key)
    return block if isinstance(block, dict) else {}
