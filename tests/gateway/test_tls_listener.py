"""The TLS port: what peers meet there before there is a FIX connection, under both loops."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from gateway import tls_listener
from gateway.certificates import make_certs
from gateway.limited_log import LINES_PER_SECOND
from gateway.tls import client_context, server_context
from gateway.tls_listener import TlsListener

Log = list[MutableMapping[str, Any]]


@pytest.fixture(scope="module")
def certs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as `fixpit make-certs` leaves it."""
    folder = tmp_path_factory.mktemp("certs")
    make_certs(folder, [], [])
    return folder


class Echo(asyncio.Protocol):
    """Sends back what comes."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Send it back."""
        self.transport.write(data)


def context(certs: Path) -> ssl.SSLContext:
    """The venue's context, without client certificates."""
    return server_context(certs / "server.pem", certs / "server.key", None)


@asynccontextmanager
async def listening(
    certs: Path, seconds_max: float = 5, handshakes_max: int = 8
) -> AsyncIterator[int]:
    """Listen on a free port of 127.0.0.1 and yield it."""
    listener = TlsListener(context(certs), Echo, seconds_max, handshakes_max)
    _, port = await listener.start("127.0.0.1", 0)
    try:
        async with asyncio.timeout(10):
            yield port
    finally:
        await listener.close()


async def close(writer: asyncio.StreamWriter) -> None:
    """Close a client's end, whatever became of the other."""
    writer.close()
    await asyncio.gather(writer.wait_closed(), return_exceptions=True)


async def heard_by_plain_peer(port: int, words: bytes) -> bytes:
    """Say something without TLS and return what comes back until the connection ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(words)
        return await reader.read()
    except ConnectionError:
        return b""
    finally:
        await close(writer)


def reasons(log: Log) -> list[str]:
    """Why peers were refused, as the log has it."""
    return [line["reason"] for line in log if line["event"] == "tls.refused"]


async def test_bytes_right_behind_the_handshake_arrive(certs: Path) -> None:
    """A client may send its Logon together with the end of the handshake."""
    async with listening(certs) as port:
        tls = client_context(certs / "ca.pem")
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls)
        writer.write(b"8=FIX.4.4|")
        heard = await reader.readexactly(10)
        await close(writer)
    assert heard == b"8=FIX.4.4|"


async def test_a_peer_without_tls_is_refused_and_the_log_says_so(certs: Path) -> None:
    """The usual mistake of a client that was given the wrong port."""
    async with listening(certs) as port:
        with capture_logs() as log:
            heard = await heard_by_plain_peer(port, b"8=FIX.4.4|9=5|35=A|" * 3)
    assert (b"8=FIX" in heard, reasons(log)) == (
        False,
        ["TLS: the other side does not speak TLS"],
    )


async def test_a_silent_peer_is_closed(certs: Path) -> None:
    """Whoever does not finish its handshake in time is let go."""
    async with listening(certs, seconds_max=0.05) as port:
        with capture_logs() as log:
            heard = await heard_by_plain_peer(port, b"")
    assert (heard, reasons(log)) == (b"", ["TLS: handshake was not done in time"])


async def test_a_peer_that_leaves_during_its_handshake_is_logged(certs: Path) -> None:
    """Nothing is left of it, and the next one is served."""
    async with listening(certs, handshakes_max=1) as port:
        with capture_logs() as log:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            await close(writer)
            while not reasons(log):  # noqa: ASYNC110  until the venue has noticed
                await asyncio.sleep(0)
        tls = client_context(certs / "ca.pem")
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls)
        await close(writer)
    assert reasons(log) == ["TLS: the other side went away during the handshake"]


async def test_there_is_a_limit_to_handshakes_at_a_time(certs: Path) -> None:
    """Peers that only hold a descriptor make room for one that means it, the oldest first."""
    tls = client_context(certs / "ca.pem")
    async with listening(certs, handshakes_max=2) as port:
        silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        with capture_logs() as log:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls)
            writer.write(b"8=FIX.4.4|")
            heard = await reader.readexactly(10)
            ended = await asyncio.gather(silent[0][0].read(), return_exceptions=True)
        left = asyncio.create_task(silent[1][0].read())
        await asyncio.sleep(0)
        is_left = not left.done()
        for one in (silent[0][1], silent[1][1], writer):
            await close(one)
        await asyncio.gather(left, return_exceptions=True)
    assert (heard, reasons(log)) == (b"8=FIX.4.4|", ["made room for another handshake"])
    assert is_left
    assert ended[0] == b"" or isinstance(ended[0], ConnectionError)


async def test_a_flood_of_bad_handshakes_is_no_flood_of_log_lines(
    certs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some a second are told; the rest is counted, as `limited_log` has it."""
    clock = SimpleNamespace(monotonic_ns=lambda: 5_000_000_000)
    monkeypatch.setattr(tls_listener, "time", clock)
    async with listening(certs) as port:
        with capture_logs() as log:
            for _ in range(2 * LINES_PER_SECOND):
                await heard_by_plain_peer(port, b"8=FIX.4.4|9=5|35=A|" * 3)
    assert len(reasons(log)) == LINES_PER_SECOND


async def test_close_ends_handshakes_but_no_connection(certs: Path) -> None:
    """A venue that stops says Logout to those that are there, and lets nobody in."""
    listener = TlsListener(context(certs), Echo)
    host, port = await listener.start("127.0.0.1", 0)
    tls = client_context(certs / "ca.pem")
    async with asyncio.timeout(10):
        reader, writer = await asyncio.open_connection(host, port, ssl=tls)
        pending, silent = await asyncio.open_connection(host, port)
        writer.write(b"one")
        await reader.readexactly(3)
        await listener.close()
        ended = await asyncio.gather(pending.read(), return_exceptions=True)
        writer.write(b"two")
        answer = await reader.readexactly(3)
        await close(silent)
        await close(writer)
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(host, port)
    assert (ended[0] == b"" or isinstance(ended[0], ConnectionError), answer) == (True, b"two")


async def test_an_address_in_use_is_told(certs: Path) -> None:
    """As by `create_server`, an OSError."""
    async with listening(certs) as port:
        with pytest.raises(OSError, match="in use"):
            await TlsListener(context(certs), Echo).start("127.0.0.1", port)


async def test_both_families_are_listened_on(certs: Path) -> None:
    """The host says which."""
    listener = TlsListener(context(certs), Echo)
    host, _ = await listener.start("::1", 0)
    await listener.close()
    assert host == "::1"
