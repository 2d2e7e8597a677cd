"""A session script's subject whose clients speak TCP: the real venue, its loop, and sockets.

Time is a hand's: it moves when the script waits, from one deadline to the next. Nothing sleeps,
because loopback tells when all has been said: what a client sent has left its socket, the venue has
read it and written its answers, the client has read those. Only then a step of a script is over.
"""

from __future__ import annotations

import asyncio
import fcntl
import socket
import struct
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from gateway import timers
from gateway.app import Venue
from gateway.fix.framing import Framer
from tests.session_cases.echo import EchoApplication, echo_config
from tests.support.fix import MEMBER, START, VENUE, dialects, stock_versions
from tests.support.fix_venue import HandClock
from tests.support.script import Heard

DEADLINE_SECONDS = 20.0
"""Nothing here takes a tenth of it; a wait that reaches it is a failure."""

TURNS = 4
"""Rounds of the loop within which what one read causes is written."""

TIMER_SECONDS = 0.002
"""How soon the venue sees that the clock was moved."""

MESSAGE_BYTES_MAX = 64 * 1024


class Line:
    """A client's connection."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, DEADLINE_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(0)
        self._framer = Framer(MESSAGE_BYTES_MAX)

    def read(self) -> list[bytes | None]:
        """The messages that are there, None behind them if the venue has closed."""
        found: list[bytes | None] = []
        while True:
            try:
                data = self.socket.recv(65_536)
            except BlockingIOError:
                return found
            except ConnectionResetError:
                data = b""
            found += self._framer.feed(data) if data else [None]
            if not data:
                return found


class EchoOverSockets:
    """The venue with an echo in place of its market, on a free port of loopback."""

    def __init__(self, folder: Path, version: str) -> None:
        self.said: list[bytes] = []
        self._clock = HandClock()
        self._clock.time = START
        self._member, self._venue_side = dialects(MEMBER, version)
        self._lines: dict[str, Line] = {}
        self._heard: list[tuple[str, bytes | None]] = []
        self._loop = asyncio.new_event_loop()
        self._venue = Venue(
            echo_config(VENUE, {MEMBER: None}),
            folder,
            "none",
            self._clock,
            application=EchoApplication,
            versions=stock_versions(),
        )
        self._period = timers.PERIOD_SECONDS_MAX

    def __enter__(self) -> Self:
        timers.PERIOD_SECONDS_MAX = TIMER_SECONDS
        self._venue.recover()
        self._loop.run_until_complete(self._venue.start())
        self._running = self._loop.create_task(self._venue.run())
        return self

    def __exit__(self, *exc: object) -> None:
        for who in list(self._lines):
            self.disconnect(who)
        self._venue.stop()
        self._loop.run_until_complete(self._running)
        self._loop.close()
        timers.PERIOD_SECONDS_MAX = self._period
        if self._venue.failed is not None:
            raise self._venue.failed

    # As a script wants it

    @property
    def now(self) -> int:
        """What the hand clock says."""
        return self._clock.time

    def connect(self, who: str) -> None:
        """A client connects."""
        assert self._venue.address is not None
        self._lines[who] = Line(self._venue.address)
        self._until(lambda: self._connections() == len(self._lines))

    def say(self, who: str, text: str) -> None:
        """A client sends a message, written in short."""
        if who in self._lines:
            self._lines[who].socket.sendall(self._member.whole(text, self.now))
            self._settle()

    def short(self, who: str, data: bytes, when: int) -> str:
        """What the venue sent at that time, written in short."""
        return self._venue_side.short(data, when)

    def disconnect(self, who: str) -> None:
        """A client closes."""
        self._lines.pop(who).socket.close()
        self._until(lambda: self._connections() == len(self._lines))

    def heard(self) -> list[tuple[str, bytes | None]]:
        """What the venue said since the last call, None: it closed the connection."""
        heard, self._heard = self._heard, []
        return heard

    def pass_time(self, until: int) -> list[Heard]:
        """Let time pass; what is heard on the way, and when."""
        heard: list[Heard] = []
        while (due := self._venue._next_deadline()) is not None and due <= until:
            self._clock.time = max(self.now, due)
            self._until(lambda: self._venue._next_deadline() != due)
            self._settle()
            heard += [(self.now, *one) for one in self.heard()]
        self._clock.time = until
        return heard

    # When all has been said

    def _connections(self) -> int:
        return len(self._venue._acceptor.connections)

    def _settle(self) -> None:
        """Let everything happen that follows from what was sent."""
        self._until(lambda: self._is_quiet() and self._connections() == len(self._lines))

    def _until(self, condition: Callable[[], bool]) -> None:
        """Let the loop turn, and take what comes, until the condition holds and goes on to."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        held = 0
        while held < TURNS:
            assert time.monotonic() < deadline, "the venue does not come to rest"
            self._loop.run_until_complete(asyncio.sleep(0))
            held = held + 1 if not self._take() and condition() else 0

    def _take(self) -> bool:
        """Read what has come; whether there was anything."""
        taken = False
        for who, line in list(self._lines.items()):
            for data in line.read():
                taken = True
                self._heard.append((who, data))
                if data is not None:
                    self.said.append(data)
                else:
                    line.socket.close()
                    del self._lines[who]
        return taken

    def _is_quiet(self) -> bool:
        """Whether no byte is under way between the clients and the venue."""
        transports = [one._transport for one in self._venue._acceptor.connections]
        ends: list[socket.socket] = [line.socket for line in self._lines.values()]
        ends += [one.get_extra_info("socket") for one in transports if one is not None]
        open_ends = [end for end in ends if end.fileno() >= 0]
        for end in open_ends:
            # What has arrived is acknowledged now, not when TCP would find it worth a packet.
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        return not any(_bytes_in(end, queue) for end in open_ends for queue in QUEUES)


QUEUES = (termios.FIONREAD, termios.TIOCOUTQ)
"""What a socket has got and nobody has read; what it has sent and the other end has not got."""


def _bytes_in(end: socket.socket, queue: int) -> int:
    (count,) = struct.unpack("i", fcntl.ioctl(end.fileno(), queue, bytes(4)))
    return int(count)
