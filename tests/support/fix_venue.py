"""A real venue in the test's event loop, and FIX clients that speak to it over TCP.

`serving(config, data_dir)` runs a `gateway.app.Venue` on a free port and ends it in order;
`FixVenue.client` gives a client for a comp id, which outlives its connections as a session does.
The clients are written with simplefix: each message from the venue must be, byte for byte, what
simplefix makes of its fields, so BodyLength and CheckSum are proved by another codec.

Messages are text: `35=D|11=1|...` in, `35=8|34=2|...` out; `only="35 11 39"` shows those tags.
Every wait has a deadline; nothing here sleeps. A `HandClock` moves when told to.
"""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import simplefix
from msgspec.structs import replace

from gateway import config as configuration
from gateway.app import Venue
from gateway.clock import Clock, TellsTime
from gateway.config import Config
from gateway.fix.times import format_utc_timestamp

DEADLINE_SECONDS = 10.0
"""Nothing here takes a tenth of it; a wait that reaches it is a failure."""

MORNING = 1_795_424_400_000_000_000
"""2026-11-23 09:00:00 UTC, when a `HandClock` starts."""

ENVELOPE = frozenset({"8", "9", "10", "49", "52", "56"})
"""Not shown unless asked for."""

Fields = list[tuple[str, str]]


class HandClock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.time = MORNING

    def now(self) -> int:
        """The time it was set to."""
        return self.time

    def text(self) -> str:
        """The time as FIX writes it."""
        return format_utc_timestamp(self.time)

    def advance(self, seconds: float) -> None:
        """Let time pass; whole milliseconds."""
        self.time += round(seconds * 1000) * 1_000_000


def fields_of(text: str) -> Fields:
    """`35=D|11=1` as tags and values."""
    pairs = (field.partition("=") for field in text.split("|") if field)
    return [(tag, value) for tag, _, value in pairs]


def shown(fields: Fields, only: str = "") -> str:
    """A message as one line: the tags named in `only`, in that order, or all but the envelope."""
    if only:
        first = dict(reversed(fields))
        return "|".join(f"{tag}={first[tag]}" for tag in only.split() if tag in first)
    return "|".join(f"{tag}={value}" for tag, value in fields if tag not in ENVELOPE)


def encoded(text: str, header: Mapping[str, str], begin_string: str = "FIX.4.4") -> bytes:
    """The message `35=D|...` as bytes; `header` holds what `text` does not say itself."""
    fields = fields_of(text)
    given = dict(fields)
    message = simplefix.FixMessage()
    message.append_pair(8, given.get("8", begin_string))
    for tag in ("35", *header):
        message.append_pair(tag, given.get(tag, header.get(tag)))
    for tag, value in fields:
        if tag not in header and tag not in ("8", "35"):
            message.append_pair(tag, value)
    return bytes(message.encode())


def decoded(frame: bytes) -> Fields:
    """The fields of one message, which must be as simplefix would have written it."""
    parser = simplefix.FixParser()
    parser.append_buffer(frame)
    message = parser.get_message()
    assert message is not None, frame
    assert message.encode() == frame
    return [(str(int(tag)), value.decode("latin-1")) for tag, value in message.pairs]


def small_socket() -> socket.socket:
    """A socket into which a peer can write little before it is read: a few ten kilobytes.

    Small segments keep the peer's send buffer from growing as well.
    """
    sock = socket.socket()
    sock.settimeout(0)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
    return sock


class FixClient:
    """One comp id's client; `next_out` goes on from connection to connection.

    `begin_string` is what it speaks, `source` the address it comes from.
    """

    def __init__(self, port: int, comp_id: str, now: Callable[[], int]) -> None:
        self.comp_id = comp_id
        self.next_out = 1
        self.begin_string = "FIX.4.4"
        self.source = "127.0.0.1"
        self._port = port
        self._now = now
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._held = bytearray()
        self.heard: list[bytes] = []

    # Connections

    @property
    def connected(self) -> bool:
        """Whether the client holds a connection."""
        return self._writer is not None

    async def connect(self, sock: socket.socket | None = None) -> FixClient:
        """Open a connection, over `sock` if it is given; nothing is sent."""
        assert self._writer is None
        self._held.clear()
        async with asyncio.timeout(DEADLINE_SECONDS):
            if sock is None:
                local = (self.source, 0) if self.source != "127.0.0.1" else None
                opened = asyncio.open_connection("127.0.0.1", self._port, local_addr=local)
            else:
                await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", self._port))
                opened = asyncio.open_connection(sock=sock)
            self._reader, self._writer = await opened
        return self

    def speaking(self, begin_string: str) -> FixClient:
        """The same client, in this version from here on."""
        self.begin_string = begin_string
        return self

    def coming_from(self, source: str) -> FixClient:
        """The same client, connecting from this address of the loopback from here on."""
        self.source = source
        return self

    async def logon(self, fields: str = "98=0|108=30") -> str:
        """Connect if need be and send a Logon; returns the first message of the venue."""
        if not self.connected:
            await self.connect()
        if "141=Y" in fields.split("|"):
            self.next_out = 1
        carried = "|1137=9" if self.begin_string == "FIXT.1.1" and "1137=" not in fields else ""
        self.send(f"35=A|{fields}{carried}")
        return await self.receive()

    async def logout(self) -> list[str]:
        """Send a Logout; returns what came until the venue closed the connection."""
        self.send("35=5")
        return await self.rest()

    async def drop(self) -> None:
        """End the connection without a word."""
        if self._writer is not None:
            self._writer.transport.abort()
            await self.close()

    async def close(self) -> None:
        """Close the connection, if there is one."""
        writer, self._writer, self._reader = self._writer, None, None
        if writer is not None:
            writer.close()
            async with asyncio.timeout(DEADLINE_SECONDS):
                try:
                    await writer.wait_closed()
                except ConnectionError:
                    return  # the venue was first

    # Sending

    def encode(self, text: str, now: int | None = None) -> bytes:
        """The next message as bytes; its number counts as used.

        `text` may give header fields itself; with 34 in it, numbers go on behind that.
        """
        sending_time = format_utc_timestamp(self._now() if now is None else now)
        header = {"49": self.comp_id, "56": "PIT", "34": str(self.next_out), "52": sending_time}
        data = encoded(text, header, self.begin_string)
        seq = int(dict(fields_of(text)).get("34", self.next_out))
        self.next_out = max(self.next_out, seq + 1)
        return data

    def send(self, *lines: str) -> None:
        """Send messages in one piece."""
        self.send_bytes(b"".join([self.encode(line) for line in lines]))

    def send_bytes(self, data: bytes) -> None:
        """Send bytes as they are; nothing happens if the venue has closed the connection."""
        assert self._writer is not None
        if not self._writer.is_closing():
            self._writer.write(data)

    @property
    def unsent(self) -> int:
        """Bytes that the venue has not taken into its socket yet."""
        assert self._writer is not None
        return self._writer.transport.get_write_buffer_size()

    # Receiving

    def stop_reading(self) -> None:
        """Leave in the socket what the venue sends from now on."""
        assert self._writer is not None
        # StreamWriter calls it a WriteTransport; it is the one of the whole connection.
        cast("asyncio.Transport", self._writer.transport).pause_reading()

    def read_again(self) -> None:
        """The end of `stop_reading`."""
        assert self._writer is not None
        cast("asyncio.Transport", self._writer.transport).resume_reading()

    async def receive_fields(self) -> Fields:
        """The next message; raises EOFError when the connection ended instead."""
        while (frame := self._frame()) is None:
            data = await self._read()
            if not data:
                raise EOFError(f"{self.comp_id}: the venue closed the connection")
            self._held += data
        self.heard.append(frame)
        return decoded(frame)

    async def receive(self, only: str = "") -> str:
        """The next message as a line."""
        return shown(await self.receive_fields(), only)

    async def receive_many(self, count: int, only: str = "") -> list[str]:
        """The next messages as lines."""
        return [await self.receive(only) for _ in range(count)]

    async def rest(self, only: str = "") -> list[str]:
        """All that comes until the venue closes the connection."""
        lines: list[str] = []
        try:
            while True:
                lines.append(await self.receive(only))
        except EOFError:
            await self.close()
            return lines

    async def so_far(self, only: str = "") -> list[str]:
        """What the venue had sent before it answered a TestRequest: all that was to come."""
        self.send("35=1|112=so far")
        lines: list[str] = []
        while True:
            fields = await self.receive_fields()
            if ("112", "so far") in fields:
                return lines
            lines.append(shown(fields, only))

    def _frame(self) -> bytes | None:
        trailer = self._held.find(b"\x0110=")
        end = self._held.find(b"\x01", trailer + 1) + 1
        if trailer < 0 or not end:
            return None
        frame = bytes(self._held[:end])
        del self._held[:end]
        return frame

    async def _read(self) -> bytes:
        assert self._reader is not None
        async with asyncio.timeout(DEADLINE_SECONDS):
            try:
                return await self._reader.read(65536)
            except ConnectionError:
                return b""  # reset or closed: an end is an end


class FixVenue:
    """A running venue and the clients made for it; `planted_bug` is what it must fail by."""

    def __init__(self, venue: Venue, port: int, clock: TellsTime) -> None:
        self.venue = venue
        self.clock = clock
        self.port = port
        self.clients: dict[str, FixClient] = {}
        self.planted_bug: type[BaseException] | None = None

    def client(self, comp_id: str) -> FixClient:
        """The client of a comp id, made on first use, not connected then."""
        if comp_id not in self.clients:
            self.clients[comp_id] = FixClient(self.port, comp_id, self.clock.now)
        return self.clients[comp_id]

    def another(self, comp_id: str) -> FixClient:
        """A second client for a comp id, as an impostor would run it."""
        client = FixClient(self.port, comp_id, self.clock.now)
        self.clients[f"{comp_id} {len(self.clients)}"] = client
        return client

    async def logged_on(self, *comp_ids: str) -> list[FixClient]:
        """Clients whose sessions are up."""
        clients = [self.client(comp_id) for comp_id in comp_ids]
        for client in clients:
            answer = await client.logon()
            assert answer.startswith("35=A|"), answer
        return clients

    def unread(self, comp_id: str) -> int:
        """Bytes the venue has written to a session's client and the socket did not take."""
        sessions = self.venue._sessions
        return self.venue._publisher.unread(sessions.by_comp_id[comp_id].fix)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Let the loop turn until the venue is in the state a test needs."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not condition():  # noqa: ASYNC110 - the venue offers no event, nor should it
                await asyncio.sleep(0)

    async def until_gone(self, comp_id: str) -> None:
        """Wait until the venue has noticed that a session lost its connection."""
        sessions = self.venue._sessions
        await self.until(lambda: not sessions.by_comp_id[comp_id].fix.connected)

    async def until_taken(self) -> None:
        """Wait until the venue has acted on all that the connected clients sent."""
        sessions = self.venue._sessions.by_comp_id
        for client in self.clients.values():
            if client.connected and client.comp_id in sessions:
                fix = sessions[client.comp_id].fix
                await self.until(lambda: fix.next_in >= client.next_out)  # noqa: B023 - at once

    async def until_connections(self, count: int) -> None:
        """Wait until the venue holds so many TCP connections."""
        acceptor = self.venue._acceptor
        await self.until(lambda: len(acceptor.connections) == count)


def config_of(path: Path | None = None) -> Config:
    """A venue file, or the demo venue, on any free port."""
    config = configuration.demo() if path is None else configuration.load(path)
    return replace(config, fix=replace(config.fix, port=0))


@asynccontextmanager
async def serving(
    data_dir: Path,
    config: Config | None = None,
    *,
    sync: str = "none",
    clock: TellsTime | None = None,
) -> AsyncIterator[FixVenue]:
    """A venue over `data_dir` for as long as the block runs; raises what made it fail."""
    thresholds = gc.get_threshold()
    clock = clock or Clock()
    venue = Venue(config or config_of(), data_dir, sync, clock)
    venue.recover()
    await venue.start()
    assert venue.address is not None
    port = venue.address[1]
    running = asyncio.create_task(venue.run())
    served = FixVenue(venue, port, clock)
    try:
        yield served
    finally:
        for client in served.clients.values():
            await client.close()
        await served.until_connections(0)
        venue.stop()
        async with asyncio.timeout(DEADLINE_SECONDS):
            await running
        gc.set_threshold(*thresholds)  # the venue had set them as for a process of its own
    if venue.failed is not None and type(venue.failed) is not served.planted_bug:
        raise venue.failed
    assert served.planted_bug is None or venue.failed is not None
