"""A load that has so many orders of each session in flight, and sends more when all are answered.

What a server finds in one read is then the same whatever else is different: for `growth`, which
compares what an order costs.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import accumulate
from typing import cast

from tests.bench.growth_plot import Cost
from tests.bench.load_session import LoadError
from tests.bench.messages import Tape, Workload, encode_tape, logon, logout
from tests.bench.servers import Running

UNANSWERED_SECONDS_MAX = 60.0


class Client(asyncio.Protocol):
    """A FIX session that plays its tape in bursts, and keeps all it received.

    `waiting` is done when nothing that was sent lacks its answer and there is no more to send.
    """

    def __init__(self, tape: Tape, burst: int) -> None:
        self.tape = tape
        self.received = bytearray()
        self._burst = burst
        self._played = self._until = 0
        self._answer, self._missing = b"\x0135=A\x01", 1
        self.waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Logs on."""
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(logon(self.tape.sender))

    def data_received(self, data: bytes) -> None:
        """Counts answers, also those that began in what came before."""
        begin = max(0, len(self.received) - len(self._answer) + 1)
        self.received += data
        self._missing -= self.received.count(self._answer, begin)
        if self._missing <= 0:
            self._go_on()

    def connection_lost(self, error: Exception | None) -> None:
        """Tells whoever waits for an answer that none will come."""
        if not self.waiting.done():
            end = self.received[-300:].replace(b"\x01", b"|").decode("ascii", "replace")
            self.waiting.set_exception(LoadError(f"connection lost ({error}) after {end}"))

    def play(self, until: int) -> asyncio.Future[None]:
        """Sends the orders before number `until`; done when the last is answered."""
        self.waiting = asyncio.get_running_loop().create_future()
        self._answer, self._missing, self._until = self.tape.workload.done, 0, until
        self._go_on()
        return self.waiting

    def log_out(self) -> asyncio.Future[None]:
        """Sends a Logout behind what was played; done when it is answered."""
        self.waiting = asyncio.get_running_loop().create_future()
        self._answer, self._missing = b"\x0135=5\x01", 1
        self.transport.write(logout(self.tape.sender, self.tape.next_seq(self._played)))
        return self.waiting

    def _go_on(self) -> None:
        """Sends the next burst, or says that all is done."""
        begin, end = self._played, min(self._played + self._burst, self._until)
        if begin >= end:
            if not self.waiting.done():
                self.waiting.set_result(None)
            return
        self._played, self._missing = end, self._missing + end - begin
        ends = self.tape.ends
        self.transport.write(self.tape.data[ends[begin] : ends[end]])


def shares(total: int, parts: int) -> list[int]:
    """`total` in `parts` whole numbers that differ by at most one, the larger ones first."""
    return [total // parts + (k < total % parts) for k in range(parts)]


def tapes_of(workload: Workload, counts: Sequence[int], tag: bytes) -> list[Tape]:
    """A tape for each session, which together do to the book what one session alone would do."""

    def behind(first: int) -> Workload:
        return replace(workload, plan=lambda n: workload.plan(first + n))

    firsts = accumulate(counts, initial=0)
    return [
        encode_tape(behind(first), b"L%02d" % (k + 1), count, tag)
        for k, (count, first) in enumerate(zip(counts, firsts, strict=False))
    ]


def complaint(stream: bytes | bytearray, tape: Tape) -> str:
    """What is wrong with all that a session received for its tape; empty if nothing is."""
    workload, orders = tape.workload, tape.orders
    expected = {
        "0": orders,
        "4": orders if workload.cancels else 0,
        "F": orders if workload.trades else 0,  # half of them trade, with an order of this session
        "8": 0,
    }
    for exec_type, times in expected.items():
        if (actual := stream.count(b"\x01150=%b\x01" % exec_type.encode())) != times:
            name = tape.sender.decode()
            return f"{name}: ExecType(150) {exec_type} must come {times} times, was {actual}"
    return ""


async def drive(server: Running, tapes: Sequence[Tape], burst: int, warm_up: int) -> Cost:
    """Plays the tapes, all at once; the first `warm_up` orders of each do not count.

    Raises LoadError when an order is not answered as it must be.
    """
    clients: list[Client] = []
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(UNANSWERED_SECONDS_MAX):
            for tape in tapes:
                new = partial(Client, tape, burst)
                _, client = await loop.create_connection(new, *server.address)
                clients.append(client)
            await asyncio.gather(*(one.waiting for one in clients))
            await asyncio.gather(*(one.play(min(warm_up, one.tape.orders)) for one in clients))
            begin, begin_cpu = time.perf_counter(), cpu_seconds(server.pid)
            await asyncio.gather(*(one.play(one.tape.orders) for one in clients))
            seconds = time.perf_counter() - begin
            cpu = cpu_seconds(server.pid) - begin_cpu
            await asyncio.gather(*(one.log_out() for one in clients))
    except TimeoutError:
        late = sum(not one.waiting.done() for one in clients)
        raise LoadError(f"{late} sessions waited too long, {_first_complaint(clients)}") from None
    finally:
        for one in clients:
            one.transport.abort()
    if found := _first_complaint(clients):
        raise LoadError(found)
    orders = sum(max(0, tape.orders - warm_up) for tape in tapes) or 1
    return Cost(cpu / orders * 1e6, orders / seconds)


def _first_complaint(clients: Sequence[Client]) -> str:
    found = (complaint(one.received, one.tape) for one in clients)
    return next(filter(None, found), "")


def cpu_seconds(pid: int) -> float:
    """CPU time of a process with all its threads, to the nanosecond; /proc has it to 10 ms."""
    return time.clock_gettime(~pid << 3 | 2)  # as clock_getcpuclockid makes it
