"""Bad logons, one by one: each connects, does what its name says, and waits to be thrown out.

An attack returns all that the venue said to it. Nothing of this is tuned to the venue's limits; who
runs how many of them, how fast and from where, is up to `flood`.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random

from tests.flood.stage import FENCED, PASSWORD, SAFE, VAULT, WORKING, WRONG, Stage
from tests.support import wire

PATIENCE_SECONDS = 30.0
"""The venue ends every one of them long before; one that is left then was forgotten by it."""

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True)
class Attacker:
    """Whoever attacks the venue of `stage` at these ports; `source` is where it comes from."""

    stage: Stage
    port: int
    tls_port: int
    random: Random
    source: str = "127.0.0.1"

    # Ways in

    @asynccontextmanager
    async def plain(self, port: int = 0) -> AsyncIterator[Streams]:
        """A connection without TLS, to the plain port where no other is named."""
        local = (self.source, 0)
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port or self.port, local_addr=local
        )
        try:
            yield reader, writer
        finally:
            writer.close()

    @asynccontextmanager
    async def tls(self, context: ssl.SSLContext) -> AsyncIterator[Streams]:
        """A connection with TLS."""
        reader, writer = await asyncio.open_connection(
            "127.0.0.1",
            self.tls_port,
            local_addr=(self.source, 0),
            ssl=context,
            server_hostname="127.0.0.1",
        )
        try:
            yield reader, writer
        finally:
            writer.transport.abort()

    # Messages

    def logon(self, comp_id: str, *fields: tuple[int, object], seq: int = 1) -> bytes:
        """A Logon of now, and what it has besides."""
        terms = [(98, "0"), (108, 30), *fields]
        return wire.message("A", comp_id, seq, terms, now=time.time_ns())

    def wrong_password(self) -> tuple[int, str]:
        """Password(554), another one each time."""
        return 554, f"{WRONG}-{self.random.randrange(10**9)}"

    def safe(self) -> str:
        """A session that has a password."""
        return self.random.choice(SAFE)


async def _rest(streams: Streams) -> bytes:
    """All that comes until the venue closes."""
    heard = bytearray()
    with contextlib.suppress(OSError):
        while data := await streams[0].read(65536):
            heard += data
    return bytes(heard)


async def _say(a: Attacker, data: bytes, port: int = 0) -> bytes:
    async with a.plain(port) as streams:
        streams[1].write(data)
        return await _rest(streams)


async def _say_by_tls(a: Attacker, context: ssl.SSLContext, data: bytes) -> bytes:
    async with a.tls(context) as streams:
        streams[1].write(data)
        return await _rest(streams)


# On the plain port


async def unknown_comp_id(a: Attacker) -> bytes:
    """A Logon of nobody the venue knows."""
    return await _say(a, a.logon(f"NOBODY{a.random.randrange(10**6)}", a.wrong_password()))


async def wrong_password(a: Attacker) -> bytes:
    """A Logon of a member, with a password that is not its own."""
    return await _say(a, a.logon(a.safe(), a.wrong_password()))


async def wrong_password_and_reset(a: Attacker) -> bytes:
    """The same, and numbers are to begin again."""
    return await _say(a, a.logon(a.safe(), a.wrong_password(), (141, "Y")))


async def wrong_password_and_new_one(a: Attacker) -> bytes:
    """The same, and the password is to be another one from here on."""
    return await _say(a, a.logon(a.safe(), a.wrong_password(), (925, f"{WRONG}-new")))


async def wrong_number(a: Attacker) -> bytes:
    """A wrong password, and a MsgSeqNum far ahead."""
    return await _say(a, a.logon(a.safe(), a.wrong_password(), seq=a.random.randrange(2, 10**6)))


async def not_allowed_from_here(a: Attacker) -> bytes:
    """A Logon that is right, from an address from which it may not come."""
    return await _say(a, a.logon(FENCED, (554, PASSWORD)))


async def working_session(a: Attacker) -> bytes:
    """A Logon of a session that is logged on, and needs no password."""
    return await _say(a, a.logon(a.random.choice(WORKING), (141, "Y")))


async def certificate_left_out(a: Attacker) -> bytes:
    """The right password, without TLS, where a certificate is asked for."""
    return await _say(a, a.logon(VAULT, (554, PASSWORD)))


async def no_logon(a: Attacker) -> bytes:
    """An order as the first message."""
    order = wire.order("X", "1", 100, "10.00", "BOOK-WORK1")
    return await _say(a, wire.message("D", "WORK1", 1, order, now=time.time_ns()))


async def garbage(a: Attacker) -> bytes:
    """Bytes without any meaning."""
    return await _say(a, a.random.randbytes(a.random.randrange(5, 2_000)))


async def another_protocol(a: Attacker) -> bytes:
    """A browser."""
    return await _say(a, b"GET / HTTP/1.1\r\nHost: pit\r\n\r\n")


async def too_long(a: Attacker) -> bytes:
    """A first message that announces a megabyte."""
    return await _say(a, b"8=FIX.4.4\x019=1000000\x0135=A\x0158=" + b"x" * 3_000)


async def tls_on_the_plain_port(a: Attacker) -> bytes:
    """A ClientHello where FIX is spoken."""
    return await _say(a, client_hello(a.stage.nobody))


async def no_bytes(a: Attacker) -> bytes:
    """A connection, and not a word."""
    return await _say(a, b"")


async def a_byte_a_second(a: Attacker) -> bytes:
    """A Logon that would take minutes."""
    async with a.plain() as streams:
        told = asyncio.create_task(_trickle(streams[1], a.logon(a.safe(), a.wrong_password())))
        try:
            return await _rest(streams)
        finally:
            told.cancel()


async def half_a_logon_and_gone(a: Attacker) -> bytes:
    """A connection that ends inside its first message."""
    async with a.plain() as (_, writer):
        writer.write(a.logon(a.safe(), a.wrong_password())[:60])
        return b""


async def gone_at_once(a: Attacker) -> bytes:
    """A connection that ends before its first byte."""
    async with a.plain():
        return b""


# On the TLS port


async def hello_only(a: Attacker) -> bytes:
    """A handshake that is begun and not gone on with."""
    return _without_tls(await _say(a, client_hello(a.stage.nobody), a.tls_port))


async def no_bytes_for_tls(a: Attacker) -> bytes:
    """A connection to the TLS port, and not a word."""
    return await _say(a, b"", a.tls_port)


async def fix_on_the_tls_port(a: Attacker) -> bytes:
    """A Logon without TLS where TLS is spoken."""
    return _without_tls(await _say(a, a.logon(a.safe(), a.wrong_password()), a.tls_port))


async def no_certificate(a: Attacker) -> bytes:
    """TLS without the certificate that is asked for."""
    return await _say_by_tls(a, a.stage.nobody, a.logon(VAULT, (554, PASSWORD)))


async def wrong_certificate(a: Attacker) -> bytes:
    """A certificate of the right name, signed by somebody else."""
    return await _say_by_tls(a, a.stage.stranger, a.logon(VAULT, (554, PASSWORD)))


async def another_members_certificate(a: Attacker) -> bytes:
    """A good certificate, the right password, and they are of different sessions."""
    return await _say_by_tls(a, a.stage.member, a.logon(VAULT, (554, PASSWORD)))


async def stolen_certificate(a: Attacker) -> bytes:
    """The right certificate with a wrong password."""
    return await _say_by_tls(a, a.stage.vault, a.logon(VAULT, a.wrong_password()))


Attack = Callable[[Attacker], Awaitable[bytes]]

PLAIN: tuple[Attack, ...] = (
    unknown_comp_id,
    wrong_password,
    wrong_password_and_reset,
    wrong_password_and_new_one,
    wrong_number,
    not_allowed_from_here,
    working_session,
    certificate_left_out,
    no_logon,
    garbage,
    another_protocol,
    too_long,
    tls_on_the_plain_port,
    no_bytes,
    a_byte_a_second,
    half_a_logon_and_gone,
    gone_at_once,
)
TLS: tuple[Attack, ...] = (
    hello_only,
    no_bytes_for_tls,
    fix_on_the_tls_port,
    no_certificate,
    wrong_certificate,
    another_members_certificate,
    stolen_certificate,
)
ATTACKS = PLAIN + TLS
LASTING: tuple[Attack, ...] = (no_bytes, a_byte_a_second, hello_only, no_bytes_for_tls)
"""Those that hold a connection until the venue has had enough of them."""


async def carry_out(attack: Attack, attacker: Attacker) -> bytes:
    """One attack; being refused a connection is an answer too, being forgotten is none."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await attack(attacker)
    except TimeoutError:
        return b"FORGOTTEN"
    except OSError:
        return b""


def judge(heard: bytes) -> str:
    """What a venue may say to a bad logon: "nothing", or a "logout" that gives nothing away."""
    if not heard:
        return "nothing"
    if b"FORGOTTEN" in heard:
        return "was forgotten"
    messages = wire.read(heard)
    if [message.type for message in messages] == ["5"] and messages[0][58] == "logon refused":
        return "logout"
    return f"heard {heard!r}"


def client_hello(context: ssl.SSLContext) -> bytes:
    """The first bytes of a handshake."""
    outgoing = ssl.MemoryBIO()
    tls = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="127.0.0.1")
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    return outgoing.read()


def _without_tls(heard: bytes) -> bytes:
    """What is not the venue's half of a handshake, or an alert."""
    return b"" if heard[:1] in (b"\x15", b"\x16") else heard


async def _trickle(writer: asyncio.StreamWriter, data: bytes) -> None:
    for i in range(len(data)):
        writer.write(data[i : i + 1])
        await asyncio.sleep(1)
