"""TLS for FIX: contexts for the venue and for the client tool, and who a peer's certificate names.

TLS 1.3, or 1.2 with ECDHE and AES-GCM or ChaCha20 and nothing else. The venue always shows a
certificate; with a `client_ca` it asks members for one too, and `matches` says whether it is the
one a comp id must present. PEM files only. No sockets here: contexts are given to the loop.
"""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal

HANDSHAKE_SECONDS_MAX = 5.0
"""A peer that has not finished its handshake by then is closed; `ssl_handshake_timeout` of asyncio,
whose own 60 seconds would let a few thousand silent peers hold every descriptor."""

CIPHERS = "@SECLEVEL=2:ECDHE+AESGCM:ECDHE+CHACHA20"
"""What is left of TLS 1.2; the suites of 1.3 are all of this kind. Level 2 refuses RSA keys below
2048 bits and SHA-1 signatures."""

Minimum = Literal["1.2", "1.3"]
_VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_SAN_KINDS = frozenset(("DNS", "URI", "email"))
_CERTIFICATE_MARK, _KEY_MARK = b"-----BEGIN CERTIFICATE-----", b"PRIVATE KEY-----"


class TlsProblem(Exception):
    """A file cannot be used; the text names it and says what it must be."""


# Contexts


def server_context(
    certificate: Path, key: Path, client_ca: Path | None, minimum: Minimum = "1.2"
) -> ssl.SSLContext:
    """Make the venue's context; with `client_ca` a peer without a certificate of it is refused.

    Raises TlsProblem. Whoever read the files may drop its rights to them: they are not read again.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _harden(context, minimum)
    # A resumed session would not be checked against the CA again, nor against the clock; FIX
    # connections last a day, so nothing is saved by it either. And a peer may miss what follows
    # the tickets in one read: QuickFIX/J 2.3.1 never sees our Logon then.
    context.options |= ssl.OP_NO_TICKET
    context.num_tickets = 0
    _load_certificate(context, certificate, key)
    if client_ca is not None:
        _load_authority(context, client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def client_context(
    ca: Path | None, certificate: Path | None = None, key: Path | None = None
) -> ssl.SSLContext:
    """Make a client's context: the server's name is checked, against `ca` or the system's roots.

    Without `key` the certificate's file must hold the key too. Raises TlsProblem.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _harden(context, "1.2")
    if ca is not None:
        _load_authority(context, ca)
    else:
        context.load_default_certs()
    if certificate is not None:
        _load_certificate(context, certificate, key or certificate)
    elif key is not None:
        raise TlsProblem(f"{key}: a key needs its certificate, was missing")
    return context


def _harden(context: ssl.SSLContext, minimum: Minimum) -> None:
    context.minimum_version = _VERSIONS[minimum]
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    context.set_ciphers(CIPHERS)


# Files


def _load_authority(context: ssl.SSLContext, path: Path) -> None:
    text = _read(path, _CERTIFICATE_MARK, "certificate")
    try:
        context.load_verify_locations(cadata=text)
    except (ssl.SSLError, ValueError) as error:
        raise TlsProblem(f"{path}: must hold certificates as PEM, {_why(error)}") from None


def _load_certificate(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    """Load a certificate with its chain and its key; OpenSSL names no file, so ask step by step."""
    _load_authority(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), certificate)
    _read(key, _KEY_MARK, "private key")

    def no_password() -> str:
        # Without this OpenSSL asks at the terminal, and a venue started by a script hangs.
        raise TlsProblem(f"{key}: must be a key without a passphrase, was encrypted")

    try:
        context.load_cert_chain(certificate, key, no_password)
    except ssl.SSLError as error:
        # The second is what it says of a key of another kind.
        if error.reason in ("KEY_VALUES_MISMATCH", "NO_CERTIFICATE_ASSIGNED"):
            raise TlsProblem(f"{key}: must be the key of {certificate}, was another") from None
        strength = error.reason in ("EE_KEY_TOO_SMALL", "CA_KEY_TOO_SMALL", "CA_MD_TOO_WEAK")
        rule = "must be of 112 bits of strength" if strength else "must hold a private key as PEM"
        blamed = certificate if strength else key
        raise TlsProblem(f"{blamed}: {rule}, {_why(error)}") from None


def _read(path: Path, mark: bytes, kind: str) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise TlsProblem(f"{path}: {error.strerror}") from None
    if mark not in data:
        raise TlsProblem(f"{path}: must hold a {kind} as PEM, had none")
    return data.decode("latin-1")  # what is not PEM around the blocks may be anything


def _why(error: Exception) -> str:
    reason = error.reason if isinstance(error, ssl.SSLError) else None
    return f"OpenSSL says {reason or error}"


def handshake_problem(error: OSError) -> str:
    """Say why a handshake failed, for people."""
    match error:
        case ssl.SSLCertVerificationError():
            return f"TLS: certificate refused, {error.verify_message.rstrip('.')}"
        case ssl.SSLError(reason="WRONG_VERSION_NUMBER" | "HTTP_REQUEST"):
            return "TLS: the other side does not speak TLS"
        case ssl.SSLError():
            return f"TLS: {(error.reason or str(error)).replace('_', ' ').lower()}"
        case ConnectionAbortedError():  # asyncio's own, of its timeout
            return "TLS: handshake was not done in time"
        case _:
            return "TLS: the other side went away during the handshake"


# Peers


@dataclass(frozen=True, slots=True)
class PeerCertificate:
    """Who a peer is by its verified certificate: `fingerprint` is SHA-256 in 64 hex digits."""

    fingerprint: str
    names: tuple[str, ...]


def peer_certificate(ssl_object: ssl.SSLObject | ssl.SSLSocket | None) -> PeerCertificate | None:
    """Read the certificate of a finished handshake; None: no TLS, or none was asked for.

    `ssl_object` is `transport.get_extra_info("ssl_object")`.
    """
    binary = ssl_object.getpeercert(binary_form=True) if ssl_object is not None else None
    if ssl_object is None or binary is None:
        return None
    # Empty when it was not verified, and then it has no names to go by.
    facts = ssl_object.getpeercert() or {}
    names = [value for kind, value in _pairs(facts.get("subjectAltName")) if kind in _SAN_KINDS]
    for part in _tuple(facts.get("subject")):
        names += [value for kind, value in _pairs(part) if kind == "commonName"]
    return PeerCertificate(sha256(binary).hexdigest(), tuple(dict.fromkeys(names)))


def matches(peer: PeerCertificate, wanted: str) -> bool:
    """Say whether `wanted` is this certificate: its SHA-256 fingerprint, or one of its names.

    A fingerprint is written with or without colons, in any case; a name exactly, as comp ids are.
    What reads as a fingerprint is never looked for among the names.
    """
    fingerprint = fingerprint_of(wanted)
    if fingerprint is not None:
        return fingerprint == peer.fingerprint
    return wanted in peer.names


def fingerprint_of(wanted: str) -> str | None:
    """Return the 64 hex digits a text means as a SHA-256 fingerprint; None: it is a name."""
    digits = wanted.replace(":", "").lower()
    return digits if _FINGERPRINT.fullmatch(digits) else None


def _tuple(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else ()


def _pairs(value: object) -> list[tuple[str, str]]:
    """The pairs in one of the nested tuples that `getpeercert` gives."""
    pairs = [pair for pair in _tuple(value) if isinstance(pair, tuple) and len(pair) == 2]
    return [(str(kind), str(text)) for kind, text in pairs]
