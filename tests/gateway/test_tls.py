"""TLS: who is let in and who is not, by real handshakes on 127.0.0.1, under both loops."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import cast

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from structlog.testing import capture_logs

from gateway.certificates import make_certs
from gateway.tls import (
    Minimum,
    PeerCertificate,
    TlsProblem,
    client_context,
    fingerprint_of,
    handshake_problem,
    matches,
    peer_certificate,
    server_context,
)
from gateway.tls_listener import TlsListener


@pytest.fixture(scope="module")
def certs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as `fixpit make-certs` leaves it."""
    folder = tmp_path_factory.mktemp("certs")
    make_certs(folder, ["venue.example"], ["AVA", "NON_1"])
    return folder


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same names, signed by somebody else."""
    folder = tmp_path_factory.mktemp("others")
    make_certs(folder, [], ["AVA"])
    return folder


@dataclass(frozen=True, slots=True)
class Meeting:
    """How a handshake went: protocol and cipher, and whom the server saw."""

    version: str
    cipher: str
    peer: PeerCertificate | None


class Hello(asyncio.Protocol):
    """Notes whom it meets, says something and leaves."""

    def __init__(self, met: list[PeerCertificate | None]) -> None:
        self._met = met

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Meet a peer."""
        self._met.append(peer_certificate(transport.get_extra_info("ssl_object")))
        cast("asyncio.Transport", transport).write(b"8=FIX")
        transport.close()


async def meet(server: ssl.SSLContext, client: ssl.SSLContext, name: str = "localhost") -> Meeting:
    """Connect and read a few bytes; raise OSError when one side refuses the other."""
    met: list[PeerCertificate | None] = []
    listener = TlsListener(server, lambda: Hello(met))
    host, port = await listener.start("127.0.0.1", 0)
    try:
        async with asyncio.timeout(10):
            reader, writer = await asyncio.open_connection(
                host, port, ssl=client, server_hostname=name
            )
            try:
                data = await reader.read()
                if not met:
                    raise ConnectionResetError("closed without a byte")
                assert data == b"8=FIX"
                used = writer.get_extra_info("ssl_object")
                return Meeting(used.version(), used.cipher()[0], met[0])
            finally:
                writer.close()
                await asyncio.gather(writer.wait_closed(), return_exceptions=True)
    finally:
        await listener.close()


async def refused_by_client(
    server: ssl.SSLContext, client: ssl.SSLContext, name: str = "localhost"
) -> str:
    """Why the client ends the handshake."""
    with pytest.raises(ssl.SSLError) as caught:
        await meet(server, client, name)
    return handshake_problem(caught.value)


async def refused_by_venue(server: ssl.SSLContext, client: ssl.SSLContext) -> str:
    """Why the venue ends the handshake, as its log has it."""
    with capture_logs() as log, pytest.raises((ssl.SSLError, ConnectionError)):
        await meet(server, client)
    (reason,) = [str(line["reason"]) for line in log if line["event"] == "tls.refused"]
    return reason


def venue(folder: Path, *, asks: bool = False, minimum: Minimum = "1.2") -> ssl.SSLContext:
    """The venue's context; `asks`: for a client certificate."""
    ca = folder / "ca.pem" if asks else None
    return server_context(folder / "server.pem", folder / "server.key", ca, minimum)


def member(folder: Path, comp_id: str | None = None, ca: Path | None = None) -> ssl.SSLContext:
    """A client's context, with the certificate of a comp id."""
    own = (folder / f"{comp_id}.pem", folder / f"{comp_id}.key") if comp_id else (None, None)
    return client_context((ca or folder) / "ca.pem", *own)


def fingerprint(path: Path) -> str:
    """SHA-256 of a certificate, by other means than the module under test."""
    return sha256(ssl.PEM_cert_to_DER_cert(path.read_text())).hexdigest()


# Versions and ciphers


async def test_the_newest_version_is_taken(certs: Path) -> None:
    """Two of ours speak TLS 1.3; nobody is asked for a certificate without a client CA."""
    meeting = await meet(venue(certs), member(certs, "AVA"))
    assert (meeting.version, meeting.peer) == ("TLSv1.3", None)


@pytest.mark.parametrize(
    "cipher", ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"]
)
async def test_good_ciphers_of_1_2_are_taken(certs: Path, cipher: str) -> None:
    """Many FIX engines of today speak TLS 1.2 only."""
    client = member(certs)
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    client.set_ciphers(cipher)
    meeting = await meet(venue(certs), client)
    assert (meeting.version, meeting.cipher) == ("TLSv1.2", cipher)


async def test_a_cbc_cipher_is_refused(certs: Path) -> None:
    """A client that has only CBC suites of TLS 1.2 to offer finds no common one."""
    client = member(certs)
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    client.set_ciphers("ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA")
    assert await refused_by_venue(venue(certs), client) == "TLS: no shared cipher"


async def test_tls_1_1_is_refused(certs: Path) -> None:
    """By a client that has nothing newer."""
    client = member(certs)
    client.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        client.minimum_version = client.maximum_version = ssl.TLSVersion.TLSv1_1
    assert await refused_by_venue(venue(certs), client) == "TLS: unsupported protocol"


async def test_1_2_is_refused_where_1_3_is_the_minimum(certs: Path) -> None:
    """`minimum = "1.3"` is a choice of the venue."""
    client = member(certs)
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    said = await refused_by_venue(venue(certs, minimum="1.3"), client)
    assert said == "TLS: unsupported protocol"


def test_contexts_neither_compress_nor_renegotiate(certs: Path) -> None:
    """Both are off on either side, and every suite has a one-time key exchange and an AEAD."""
    for context in (venue(certs), member(certs)):
        assert context.options & ssl.OP_NO_COMPRESSION
        assert context.options & ssl.OP_NO_RENEGOTIATION
        suites = context.get_ciphers()
        assert all(suite["aead"] for suite in suites)
        names = [suite["name"] for suite in suites]
        assert all(name.startswith(("ECDHE-", "TLS_")) for name in names)


def resumed(server: ssl.SSLContext, client: ssl.SSLContext) -> bool:
    """Connect twice, the second time with the session of the first; say whether it was taken."""
    session, reused = None, False
    for _ in range(2):
        up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
        venue_end = server.wrap_bio(up, down, server_side=True)
        client_end = client.wrap_bio(down, up, server_hostname="localhost", session=session)
        for end in [client_end, venue_end] * 3:
            with contextlib.suppress(ssl.SSLWantReadError):
                end.do_handshake()
        venue_end.write(b"8=FIX")  # tickets of TLS 1.3 come with the first data
        assert client_end.read() == b"8=FIX"
        session, reused = client_end.session, bool(client_end.session_reused)
    return reused


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_no_session_is_resumed(certs: Path, version: ssl.TLSVersion) -> None:
    """Every connection is verified anew; a context with tickets shows that the test can tell."""
    server, client = venue(certs, asks=True), member(certs, "AVA")
    client.maximum_version = version
    without = resumed(server, client)
    server.options &= ~ssl.OP_NO_TICKET
    server.num_tickets = 2
    assert (without, resumed(server, client)) == (False, True)


# Who is who


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1", "venue.example"])
async def test_the_venue_is_known_by_its_names(certs: Path, name: str) -> None:
    """Loopback always, and the names given when the certificate was made."""
    assert (await meet(venue(certs), member(certs), name)).version == "TLSv1.3"


async def test_another_name_is_refused(certs: Path) -> None:
    """A client checks that the certificate is for the host it wanted."""
    said = await refused_by_client(venue(certs), member(certs), "exchange.example")
    assert said.startswith("TLS: certificate refused, Hostname mismatch")


async def test_a_venue_of_another_authority_is_refused(certs: Path, others: Path) -> None:
    """The right name is not enough."""
    said = await refused_by_client(venue(others), member(certs))
    assert said == "TLS: certificate refused, unable to get local issuer certificate"


async def test_a_member_is_known_by_its_certificate(certs: Path) -> None:
    """Fingerprint and names of the verified certificate reach the venue."""
    meeting = await meet(venue(certs, asks=True), member(certs, "NON_1"))
    assert meeting.peer == PeerCertificate(fingerprint(certs / "NON_1.pem"), ("fix:NON_1", "NON_1"))


async def test_a_member_without_a_certificate_is_refused(certs: Path) -> None:
    """With a client CA the connection ends before a byte of FIX is read."""
    said = await refused_by_venue(venue(certs, asks=True), member(certs))
    assert said == "TLS: peer did not return a certificate"


async def test_a_member_of_another_authority_is_refused(certs: Path, others: Path) -> None:
    """The name on the certificate does not matter then."""
    said = await refused_by_venue(venue(certs, asks=True), member(others, "AVA", ca=certs))
    assert said == "TLS: certificate refused, unable to get local issuer certificate"


async def test_the_venues_certificate_is_no_members(certs: Path) -> None:
    """Its purpose is the server's end, and the venue sees to that."""
    said = await refused_by_venue(venue(certs, asks=True), member(certs, "server"))
    assert said == "TLS: certificate refused, unsuitable certificate purpose"


async def test_an_expired_certificate_is_refused(tmp_path: Path) -> None:
    """At both ends, while the authority's own is still good."""
    long_ago = datetime.now(UTC) - timedelta(days=400)
    make_certs(tmp_path, [], ["OLD"], starts=long_ago)
    said_by_client = await refused_by_client(venue(tmp_path), member(tmp_path))
    (tmp_path / "server.pem").unlink()
    (tmp_path / "server.key").unlink()
    make_certs(tmp_path, ["localhost"], ["NEW"])
    said_by_venue = await refused_by_venue(venue(tmp_path, asks=True), member(tmp_path, "OLD"))
    good = await meet(venue(tmp_path, asks=True), member(tmp_path, "NEW"))
    expired = "TLS: certificate refused, certificate has expired"
    assert (said_by_client, said_by_venue, good.version) == (expired, expired, "TLSv1.3")


def test_without_tls_there_is_no_certificate() -> None:
    """A plain connection has no ssl_object."""
    assert peer_certificate(None) is None


DIGITS = "0123456789abcdef" * 4
PEER = PeerCertificate(DIGITS, ("ava.example", "AVA", "f" * 64))


@pytest.mark.parametrize(
    ("wanted", "is_it"),
    [
        ("AVA", True),
        ("ava.example", True),
        ("ava", False),
        ("AV", False),
        ("", False),
        (DIGITS, True),
        (DIGITS.upper(), True),
        (":".join(DIGITS[at : at + 2] for at in range(0, 64, 2)).upper(), True),
        ("f" * 64, False),
        (DIGITS[:-1], False),
    ],
)
def test_a_certificate_matches_by_fingerprint_or_name(wanted: str, *, is_it: bool) -> None:
    """Names whole and as written; a name that reads as a fingerprint is no way around one."""
    assert matches(PEER, wanted) is is_it


def test_a_fingerprint_is_told_from_a_name() -> None:
    """64 hex digits, colons or not."""
    assert (fingerprint_of("AB:" * 31 + "AB"), fingerprint_of("AVA")) == ("ab" * 32, None)


# Files


def write(path: Path, data: bytes) -> Path:
    """Write a file and return its path."""
    path.write_bytes(data)
    return path


def problem(certificate: Path, key: Path, ca: Path | None = None) -> str:
    """What is wrong with these files."""
    with pytest.raises(TlsProblem) as caught:
        server_context(certificate, key, ca)
    return str(caught.value)


def test_a_file_that_is_not_there_is_named(certs: Path) -> None:
    """Each of the three."""
    certificate, key, none = certs / "server.pem", certs / "server.key", certs / "none.pem"
    told = f"{none}: No such file or directory"
    assert [
        problem(none, key),
        problem(certificate, none),
        problem(certificate, key, none),
    ] == [told, told, told]


def test_a_key_of_another_certificate_is_named(certs: Path) -> None:
    """The usual mistake when certificates are renewed."""
    certificate, key = certs / "server.pem", certs / "AVA.key"
    assert problem(certificate, key) == f"{key}: must be the key of {certificate}, was another"


def test_a_file_without_the_right_block_is_named(certs: Path) -> None:
    """Key and certificate taken for each other, or no PEM at all."""
    certificate, key = certs / "server.pem", certs / "server.key"
    assert [
        problem(key, key),
        problem(certificate, certificate),
        problem(certificate, key, key),
    ] == [
        f"{key}: must hold a certificate as PEM, had none",
        f"{certificate}: must hold a private key as PEM, had none",
        f"{key}: must hold a certificate as PEM, had none",
    ]


def test_a_damaged_file_is_named(certs: Path, tmp_path: Path) -> None:
    """Not only the first line is looked at."""
    certificate, key = certs / "server.pem", certs / "server.key"
    torn_certificate = write(tmp_path / "torn.pem", certificate.read_bytes()[:200])
    torn_key = write(tmp_path / "torn.key", key.read_bytes()[:100])
    assert [
        problem(torn_certificate, key).partition(", ")[0],
        problem(certificate, torn_key).partition(", ")[0],
        problem(certificate, key, torn_certificate).partition(", ")[0],
    ] == [
        f"{torn_certificate}: must hold certificates as PEM",
        f"{torn_key}: must hold a private key as PEM",
        f"{torn_certificate}: must hold certificates as PEM",
    ]


def test_an_encrypted_key_is_named_and_nobody_asked(certs: Path, tmp_path: Path) -> None:
    """A venue that starts by itself has nobody to type a passphrase."""
    key = load_pem_private_key((certs / "server.key").read_bytes(), None)
    data = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"pw"))
    locked = write(tmp_path / "locked.key", data)
    assert problem(certs / "server.pem", locked) == (
        f"{locked}: must be a key without a passphrase, was encrypted"
    )


def test_a_key_of_another_kind_is_named(certs: Path, tmp_path: Path) -> None:
    """An RSA key for an EC certificate is another key, not a damaged one."""
    key = rsa.generate_private_key(65537, 2048)
    data = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    other = write(tmp_path / "rsa.key", data)
    said = problem(certs / "server.pem", other)
    assert said.startswith(f"{other}: must be the key of")


def test_a_client_key_needs_its_certificate(certs: Path) -> None:
    """And a certificate's file may hold the key as well."""
    key = certs / "AVA.key"
    with pytest.raises(TlsProblem) as caught:
        client_context(None, None, key)
    assert str(caught.value) == f"{key}: a key needs its certificate, was missing"


async def test_certificate_and_key_may_be_one_file(certs: Path, tmp_path: Path) -> None:
    """As many tools write them."""
    both = (certs / "AVA.key").read_bytes() + (certs / "AVA.pem").read_bytes()
    path = write(tmp_path / "both.pem", both)
    meeting = await meet(venue(certs, asks=True), client_context(certs / "ca.pem", path))
    assert meeting.peer is not None
    assert matches(meeting.peer, "AVA")
