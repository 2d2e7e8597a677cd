"""Connections of the simulated network: late, in pieces, cut, half closed, or swallowed whole.

A `Line` joins one client to one connection of the venue. What must not be here: FIX.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from itertools import count, pairwise
from random import Random
from typing import Any, Protocol

from gateway.fix.acceptor import Acceptor
from gateway.fix.connection import Connection
from tests.simulation.loop import SECOND
from tests.simulation.options import Options
from tests.simulation.venue import Process


class World(Protocol):
    """What the network needs of the simulator."""

    options: Options
    rng: Random
    now: int
    process: Process | None

    def later(self, delay: int, kind: str, action: Callable[[], None]) -> None:
        """Let it happen so many ns from now."""

    def in_venue(self, action: Callable[[], object]) -> None:
        """Let it happen in the venue's loop."""

    def spoken(self, line: Line, data: bytes) -> None:
        """The venue has written."""

    def trace(self, kind: str, data: bytes = b"") -> None:
        """Something happened."""


class Peer(Protocol):
    """The client's end."""

    def taken(self, line: Line) -> None:
        """The connection is there."""

    def got(self, line: Line, data: bytes) -> None:
        """Bytes came."""

    def lost(self, line: Line) -> None:
        """The connection is gone."""


_count = count()


class CountedConnection(Connection):
    """The venue keeps its connections in a set: their order must not be that of addresses."""

    def __init__(self, acceptor: Acceptor) -> None:
        super().__init__(acceptor)
        self._number = next(_count)

    def __hash__(self) -> int:
        return self._number

    def __eq__(self, other: object) -> bool:
        return self is other


END = b""
"""In a pipe: the end of what that side says."""


class Pipe:
    """One direction: pieces arrive late, in order."""

    def __init__(self, world: World, arrives: Callable[[bytes], None]) -> None:
        self._world = world
        self._arrives = arrives
        self._last = 0
        self.cut = False

    def send(self, data: bytes) -> None:
        """It arrives in pieces, each after a while; nothing does any more once `cut`."""
        for piece in self._pieces(data):
            world = self._world
            delay = round(world.rng.random() ** 3 * world.options.delay * SECOND)
            self._last = max(self._last, world.now + delay)
            world.later(self._last - world.now, "arrive", partial(self._arrive, piece))

    def _arrive(self, piece: bytes) -> None:
        if not self.cut:
            self._arrives(piece)

    def _pieces(self, data: bytes) -> list[bytes]:
        split, rng = self._world.options.split, self._world.rng
        if split == "whole" or len(data) < 2:
            return [data]
        if split == "bytes" and rng.random() < 0.05:
            return [data[i : i + 1] for i in range(len(data))]
        cuts = sorted(rng.randrange(1, len(data)) for _ in range(rng.randrange(4)))
        ends = [0, *cuts, len(data)]
        return [data[a:b] for a, b in pairwise(ends) if a < b]


class Transport(asyncio.Transport):
    """The venue's end of a line."""

    def __init__(self, line: Line) -> None:
        super().__init__()
        self._line = line
        self._closing = False
        self._reading = True
        self._kept: list[bytes] = []

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Only where the peer is."""
        return (self._line.source, 1) if name == "peername" else default

    def is_reading(self) -> bool:
        """Whether the venue wants what arrives."""
        return self._reading

    def pause_reading(self) -> None:
        """What arrives is kept."""
        self._reading = False

    def resume_reading(self) -> None:
        """What was kept arrives now."""
        self._reading = True
        self._line.loop.call_soon(self._give)

    def _give(self) -> None:
        kept, self._kept = self._kept, []
        for data in kept:
            self.arrive(data)

    def arrive(self, data: bytes) -> None:
        """Data, or the end of it: then asyncio closes, because `Connection` does not object."""
        if not self._reading:
            self._kept.append(data)
        elif self._closing:
            return
        elif data == END:
            if not self._line.connection.eof_received():
                self.close()
        else:
            self._line.connection.data_received(data)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Nothing may be written behind a close."""
        assert not self._closing
        self._line.says(bytes(data))

    def close(self) -> None:
        """What was written still arrives."""
        if not self._closing:
            self._closing = True
            self._line.to_client.send(END)
            self._line.loop.call_soon(self._line.connection.connection_lost, None)

    def abort(self) -> None:
        """What was written may not arrive."""
        if not self._closing:
            self._closing = True
            self._line.reset_soon()
            self._line.loop.call_soon(self._line.connection.connection_lost, None)

    def lose(self) -> None:
        """The network ended it."""
        if not self._closing:
            self._closing = True
            error = ConnectionResetError()
            self._line.loop.call_soon(self._line.connection.connection_lost, error)

    def is_closing(self) -> bool:
        """Whether it is closed."""
        return self._closing

    def get_write_buffer_size(self) -> int:
        """Taken at once."""
        return 0

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """There is no buffer."""


class Line:
    """One connection from a client to the process that is there when it arrives."""

    def __init__(self, world: World, client: Peer, source: str) -> None:
        self._world = world
        self._client = client
        self._process: Process | None = None
        self._transport: Transport | None = None
        self.source = source
        self.open = True
        self.to_venue = Pipe(world, self._to_venue)
        self.to_client = Pipe(world, self._to_client)
        world.later(self._way(), "connect", self._connect)

    def _way(self) -> int:
        return round(self._world.rng.random() * self._world.options.delay * SECOND)

    def _connect(self) -> None:
        process = self._world.process
        if not self.open:
            return
        if process is None or process.ended or process.acceptor.closed:
            self._world.later(self._way(), "refused", self._gone)
            return
        self._process = process
        self.loop = process.loop
        self.connection = CountedConnection(process.acceptor)
        self._transport = transport = Transport(self)
        self._world.in_venue(lambda: self.connection.connection_made(transport))
        self._world.later(self._way(), "connected", self._taken)

    def _taken(self) -> None:
        if self.open:
            self._client.taken(self)

    @property
    def _alive(self) -> bool:
        """Whether the process it leads to is still there."""
        return self._process is not None and self._process is self._world.process

    # What goes through

    def says(self, data: bytes) -> None:
        """The venue writes."""
        self._world.spoken(self, data)
        self.to_client.send(data)

    def _to_venue(self, data: bytes) -> None:
        transport = self._transport
        if self._alive and transport is not None:
            self._world.trace(f"in {self.source}", data)
            self._world.in_venue(lambda: transport.arrive(data))

    def _to_client(self, data: bytes) -> None:
        if not self.open:
            return
        self._world.trace(f"out {self.source}", data)
        if data == END:
            self._gone()
        else:
            self._client.got(self, data)

    def _gone(self) -> None:
        if self.open:
            self.open = False
            self._client.lost(self)

    # How it ends

    def close(self) -> None:
        """The client closes: what it sent still arrives."""
        self.open = False
        self.to_venue.send(END)

    def half_close(self) -> None:
        """The client says no more, and still listens."""
        self.to_venue.send(END)

    def reset_soon(self) -> None:
        """The client learns that it is over, and of what was on the way maybe nothing."""
        self.to_client.cut = True
        self._world.later(self._way(), "reset", self._gone)

    def drop(self) -> None:
        """The connection breaks: each side learns it when it does."""
        self.to_venue.cut = True
        self.reset_soon()
        self._world.later(self._way(), "lost", self._lose)

    def _lose(self) -> None:
        transport = self._transport
        if self._alive and transport is not None:
            self._world.in_venue(transport.lose)

    def swallow(self) -> None:
        """From now on nothing arrives, and nobody is told."""
        self.to_venue.cut = self.to_client.cut = True
