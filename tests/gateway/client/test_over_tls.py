"""The client over TLS, and what it says when the two ends do not trust each other."""

from __future__ import annotations

import asyncio
import ssl
import sys
from pathlib import Path

import pytest

from gateway.certificates import make_certs
from gateway.client.events import SessionConfig
from gateway.client.shell import Line, Shell, ShellConfig
from gateway.tls import client_context, server_context
from tests.gateway.client.test_terminal import CLIENT
from tests.gateway.client.venue import venue

HELLO = "logged on as AVA at PIT, FIX.4.4, heartbeat 30 s"


@pytest.fixture(scope="module")
def certs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as `fixpit make-certs` leaves it."""
    folder = tmp_path_factory.mktemp("certs")
    make_certs(folder, [], ["AVA"])
    return folder


def server(certs: Path) -> ssl.SSLContext:
    """A venue's context that asks for a client certificate."""
    return server_context(certs / "server.pem", certs / "server.key", certs / "ca.pem")


async def log_on(
    tls: ssl.SSLContext | None, venue_tls: ssl.SSLContext | None, host: str = "127.0.0.1"
) -> list[str]:
    """Log on, send a test request and log out; return what was said in between."""
    said: list[str] = []
    config = ShellConfig(interactive=False, raw=False, timeout=5)
    async with venue({}, venue_tls) as port, asyncio.timeout(10):
        shell = Shell(config, SessionConfig("AVA", "PIT"), said.append, said.append)
        if await shell.log_on(host, port, tls):
            for text in ("test", "wait"):
                shell.lines.put_nowait(Line(text))
            shell.lines.put_nowait(None)
            await shell.run()
            await shell.leave()
        await shell.abandon()
    return [line.replace(str(port), "PORT") for line in said]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_session_over_tls(certs: Path, host: str) -> None:
    """Everything is as without, by address and by name."""
    own = client_context(certs / "ca.pem", certs / "AVA.pem", certs / "AVA.key")
    hello, alive, bye = await log_on(own, server(certs), host)
    assert (hello, alive.startswith("alive, answered T1"), bye) == (HELLO, True, "logged out")


async def test_a_venue_that_is_not_trusted_is_told(certs: Path) -> None:
    """Without --ca only the system's roots are asked."""
    assert await log_on(client_context(None), server(certs)) == [
        "cannot connect to 127.0.0.1:PORT: TLS: certificate refused,"
        " self-signed certificate in certificate chain"
    ]


async def test_a_venue_that_wants_a_certificate_is_told(certs: Path) -> None:
    """With TLS 1.3 its refusal comes when our side of the handshake is done already."""
    assert await log_on(client_context(certs / "ca.pem"), server(certs)) == [
        "the venue closed the connection without answering the Logon(A)"
        " (does it take our certificate?)"
    ]


async def test_an_alert_of_the_venue_is_told(certs: Path) -> None:
    """Servers that are not asyncio's say why before they leave."""
    context = server(certs)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(incoming, outgoing, server_side=True)
        while data := await reader.read(65536):
            incoming.write(data)
            try:
                tls.do_handshake()
            except ssl.SSLWantReadError:
                writer.write(outgoing.read())
            except ssl.SSLError:
                writer.write(outgoing.read())
                break
        writer.close()

    said: list[str] = []
    config = ShellConfig(interactive=False, raw=False, timeout=5)
    listening = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    async with asyncio.timeout(10):
        shell = Shell(config, SessionConfig("AVA", "PIT"), said.append, said.append)
        await shell.log_on("127.0.0.1", port, client_context(certs / "ca.pem"))
        await shell.abandon()
    listening.close()
    assert said == [
        "the venue closed the connection without answering the Logon(A)"
        " (TLS: tlsv13 alert certificate required)"
    ]


async def test_a_venue_without_tls_is_told(certs: Path) -> None:
    """It takes our ClientHello for FIX, which it is not."""
    (said,) = await log_on(client_context(certs / "ca.pem"), None)
    assert said.startswith("cannot connect to 127.0.0.1:PORT: TLS: ")


async def test_the_command_line_speaks_tls(certs: Path) -> None:
    """A file given for TLS asks for TLS."""
    async with venue({}, server(certs)) as port, asyncio.timeout(20):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", CLIENT, "--port", str(port)),
            *("--ca", str(certs / "ca.pem")),
            *("--cert", str(certs / "AVA.pem"), "--key", str(certs / "AVA.key")),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
    assert (process.returncode, out.decode(), err) == (0, f"{HELLO}\nlogged out\n", b"")
