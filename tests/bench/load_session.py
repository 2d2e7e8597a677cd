"""One FIX session of the load generator: a raw socket, a tape of orders, a window kept full.

The measured path is `step`: read what is there, count finished orders with `bytes.count`, send as
many new ones as a slice of the tape. No message is decoded on the way; every byte received is
kept, and `tests.bench.check` reads all of it after the run.
"""

from __future__ import annotations

import re
import socket
import time
from typing import Final

from tests.bench.messages import Tape, heartbeat, logon, logout, readable

READ_BYTES_MAX = 262_144
READ_BYTES_MIN = 2_048
"""While a window is kept full, wake up for no less than this (SO_RCVLOWAT).

About a dozen reports. Waking up for each would cost the server most (the sender of a packet pays
for the wake-up of its reader) and the generator half a core more; throughput was the same or
better in every cell tried, and the rest of the window is on its way meanwhile.
"""
WINDOW_MIN_FOR_READ_BYTES_MIN = 32
"""A smaller window might be answered in whole with fewer bytes."""

ANSWER_SECONDS_MAX = 10.0
"""How long a Logon, a Logout or a single order may stay unanswered."""

_LOGON = b"\x0135=A\x01"
_LOGOUT = b"\x0135=5\x01"
_TEST_REQUEST = re.compile(rb"\x0135=1\x01.*?\x01112=([^\x01]+)\x01")


class LoadError(Exception):
    """The server under test did not do its part; the text says what it did instead."""


class SplitCount:
    """Counts a needle in bytes that come in chunks, also where it lies across two or more."""

    __slots__ = ("_needle", "_span", "_tail")

    def __init__(self, needle: bytes) -> None:
        self._needle = needle
        self._span = len(needle) - 1
        self._tail = b""

    def add(self, chunk: bytes) -> int:
        """How many needles end in this chunk."""
        needle, span = self._needle, self._span
        border = self._tail + chunk[:span]  # a needle in here began before the chunk
        self._tail = (border if len(chunk) < span else chunk)[-span:]
        return chunk.count(needle) + border.count(needle)


class LoadSession:
    """A connection that keeps `window` orders of its tape in flight, from `start` to `stop`."""

    def __init__(self, address: tuple[str, int], tape: Tape, window: int) -> None:
        self.tape: Final = tape
        self.window: Final = window
        self.done = 0  # orders that need no further answer
        self.received: list[bytes] = []
        self._limit = tape.orders
        self._sent_bytes = 0
        self._view = memoryview(tape.data)
        self._count = SplitCount(tape.workload.done).add
        self._admin_sent = 0
        self._stopped = False
        self._socket = socket.create_connection(address, timeout=ANSWER_SECONDS_MAX)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._recv = self._socket.recv

    def fileno(self) -> int:
        """The socket's descriptor, for epoll."""
        return self._socket.fileno()

    @property
    def complete(self) -> bool:
        """Whether every order of a stopped session is answered."""
        return self.done == self._limit

    @property
    def orders_sent(self) -> int:
        """How many orders were, or are about to be, sent so far; after `stop`, in all."""
        return self._limit if self._stopped else min(self.done + self.window, self._limit)

    # The measured path.

    def start(self) -> None:
        """Fills the window."""
        if self.window >= WINDOW_MIN_FOR_READ_BYTES_MIN:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, READ_BYTES_MIN)
        self._refill()

    def step(self) -> bool:
        """Reads once, counts, refills; True when the tape has come to its end."""
        chunk = self._read()
        finished = self._count(chunk)
        if finished:
            self.done += finished
            self._refill()
        if self._stopped and b"\x0135=1\x01" in chunk:
            self._answer_test_request(chunk)
        return self.done + self.window >= self._limit

    def _read(self) -> bytes:
        chunk = self._recv(READ_BYTES_MAX)
        if not chunk:
            raise LoadError(f"connection closed by the server after {self._last_received()}")
        self.received.append(chunk)
        return chunk

    def _refill(self) -> None:
        """Sends up to the window; what the socket does not take goes with the next answers."""
        self.send_first(min(self.done + self.window, self._limit))

    # Orders when they are due, whatever is in flight.

    def send_first(self, orders: int) -> None:
        """Sends the tape up to here; what the socket does not take goes with the next call."""
        end = self.tape.ends[orders]
        if end > self._sent_bytes:
            try:
                self._sent_bytes += self._socket.send(self._view[self._sent_bytes : end])
            except BlockingIOError:
                return

    def take(self) -> int:
        """Reads once; how many orders that finished."""
        finished = self._count(self._read())
        self.done += finished
        return finished

    # Before and after.

    def log_on(self) -> None:
        """Sends a Logon, waits for its answer, makes the socket non-blocking."""
        self._socket.sendall(logon(self.tape.sender))
        self._read_until(_LOGON)
        self._socket.settimeout(0)

    def stop(self) -> None:
        """No order beyond those begun, and an even number of them: a buy gets its sell."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)
        begun = min(self.done + self.window, self._limit)
        self._limit = min(begun + begun % 2, self.tape.orders)
        self._stopped = True
        self._refill()

    def log_out(self) -> None:
        """Sends a Logout, reads up to its answer and closes: no report can come after it."""
        self._socket.settimeout(ANSWER_SECONDS_MAX)
        seq = self.tape.next_seq(self._limit) + self._admin_sent
        self._socket.sendall(logout(self.tape.sender, seq))
        self._read_until(_LOGOUT)
        self._socket.close()

    def close(self) -> None:
        """Closes the socket without a word."""
        self._socket.close()

    def _read_until(self, needle: bytes) -> None:
        seen = b""
        while needle not in seen:
            try:
                chunk = self._recv(READ_BYTES_MAX)
            except TimeoutError:
                chunk = b""
            if not chunk:
                raise LoadError(f"no {readable(needle)} came, last was {self._last_received()}")
            self.received.append(chunk)
            seen = seen[-len(needle) :] + chunk

    def _answer_test_request(self, chunk: bytes) -> None:
        match = _TEST_REQUEST.search(chunk)
        if match and self._sent_bytes == self.tape.ends[self._limit]:
            seq = self.tape.next_seq(self._limit) + self._admin_sent
            self._admin_sent += 1
            self._socket.send(heartbeat(self.tape.sender, seq, match[1]))

    def _last_received(self) -> str:
        return readable(b"".join(self.received[-3:])) or "nothing"

    # One order at a time.

    def round_trip(self, n: int) -> None:
        """Sends order n, which must be the next one, and spins until it is answered."""
        ends = self.tape.ends
        self._socket.send(self._view[ends[n] : ends[n + 1]])
        self._sent_bytes = ends[n + 1]
        answered = 0
        deadline = time.monotonic() + ANSWER_SECONDS_MAX
        while not answered:
            try:
                answered = self.take()
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise LoadError(f"no answer, last was {self._last_received()}") from None

    def finish_with_answered(self) -> None:
        """Says that no order beyond those answered was sent."""
        self._limit = self.done
        self._stopped = True
