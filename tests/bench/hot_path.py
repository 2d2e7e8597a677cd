"""The venue from bytes in to bytes out, in this process: no socket, no event loop, no waiting.

A `HotPath` is a venue in memory with sessions that are logged on and a tape of orders for each. One
`turn` hands it the next piece of every tape and ends the turn, as a busy loop does: frames are cut,
messages decoded and validated, commands logged and applied, reports written to transports that
count them. Who times turns decides how; nothing here looks at a clock.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from gateway.fix.connection import Connection
from gateway.fix.times import format_utc_timestamp
from tests.bench.messages import Tape, Workload, encode_tape, logon
from tests.support.fix import START
from tests.support.venue_in_memory import OrderVenue, Transport

SESSIONS = 16
PIECE = 20
"""Orders of one session in one turn: about what a read brings when windows are kept full."""


class _Kept(Transport):
    """Keeps what is written until it is taken, at the price of an append."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """The venue says something."""
        self._pieces.append(bytes(data))

    def take(self) -> bytes:
        """All that was said since the last time."""
        said = b"".join(self._pieces)
        self._pieces.clear()
        return said


class _Venue(OrderVenue):
    """A venue that is fed turn by turn instead of by its loop."""

    def connect(self, who: str) -> None:
        """A client connects and will not look at what it hears."""
        line = Connection(self._acceptor), _Kept()
        self._lines[who] = line
        self._in_loop(line[0].connection_made, line[1])

    def turn(self, pieces: dict[str, bytes]) -> None:
        """These bytes arrive, and the turn ends."""
        lines = self._lines
        for who, piece in pieces.items():
            lines[who][0].data_received(piece)
        self._turns.end()

    def taken(self) -> bytes:
        """All that was said since the last time, one session behind the other."""
        transports = [transport for _, transport in self._lines.values()]
        return b"".join(one.take() for one in transports if isinstance(one, _Kept))


class HotPath:
    """A venue of its own and `turns` turns of one workload for it."""

    def __init__(self, venue: _Venue, workload: Workload, turns: int) -> None:
        self.workload = workload
        self.orders_per_turn = SESSIONS * PIECE
        now = format_utc_timestamp(START).encode()
        self._venue = venue
        self._tapes: dict[str, Tape] = {}
        for number in range(SESSIONS):
            who = f"L{number + 1:02}"
            self._tapes[who] = encode_tape(workload, who.encode(), turns * PIECE, now=now)
            venue.connect(who)
            venue.send(who, logon(who.encode(), now))
        venue.taken()
        self._next = 0

    def pieces(self) -> dict[str, bytes]:
        """The next piece of every tape, by session."""
        begin, self._next = self._next, self._next + PIECE
        return {
            who: tape.data[tape.ends[begin] : tape.ends[self._next]]
            for who, tape in self._tapes.items()
        }

    def turn(self, pieces: dict[str, bytes]) -> None:
        """The venue takes these pieces; afterwards all of it is answered."""
        self._venue.turn(pieces)

    def check(self) -> None:
        """Raises AssertionError unless every order of the turn before was finished."""
        finished = self._venue.taken().count(self.workload.done)
        assert finished == self.orders_per_turn, f"{finished} of {self.orders_per_turn} orders"


@contextmanager
def hot_path(folder: Path, workload: Workload, turns: int) -> Iterator[HotPath]:
    """A hot path whose log is in `folder`, which must be empty."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        with _Venue(folder) as venue:
            yield HotPath(venue, workload, turns)
    finally:
        structlog.configure(**before)
