"""`make bench-growth`: what an order costs as the book, or the number of sessions, grows.

The cost is CPU time of the server process for one order. Each size has a server process of its own;
all those of a curve live at once and are measured in turn, round after round, so that whatever else
the machine does meets all sizes alike. A session sends its next burst of orders when the one before
is answered, so that what a server finds in one read is the same at every size. Only Linux has the
clocks and files this reads. Drawing is the business of `tests.bench.growth_plot`.

`python -m tests.bench.growth --help` lists the options; --quick takes less than a minute. The exit
code is 0 when every order was answered as it must be, whatever the figures are.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import select
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate
from math import ceil
from pathlib import Path
from typing import cast

import uvloop

from gateway.following import LOOK_SECONDS, SNAPSHOT_EVERY
from tests.bench.growth_plot import LEGEND, Cost, Curve, Row, draw, drawable, panels, table
from tests.bench.load_session import LoadError
from tests.bench.machine import cores, describe
from tests.bench.messages import LEVELS, WORKLOADS, Tape, Workload, encode_tape, logon, logout
from tests.bench.servers import SERVERS, Running, running

SIZES = (10, 100, 1_000, 10_000, 100_000, 1_000_000)
SESSIONS = (1, 10, 100, 1_000)
ORDERS = 32_000
REPEATS = 5
QUICK_SIZE_MAX, QUICK_SESSIONS_MAX, QUICK_ORDERS, QUICK_REPEATS = 10_000, 100, 8_000, 3
BURST = 16
"""Orders a session has in flight."""
BOOK_SESSIONS = 4
"""Sessions on the curves over the size of the book."""
SESSIONS_RESTING = 1_000
"""Resting orders on the curve over the number of sessions."""

FILL_ORDERS = 50_000
"""The book is filled by so many orders at a time, whose SendingTime(52) is fresh."""
FILL_BURST = 128
WARM_UP_ORDERS = 2_000
"""At least so many before the measured ones: another server has had the core until now."""
MEMORY_ORDERS_MIN = 10_000
"""With fewer resting orders, the memory they take is lost in what else a process takes."""
UNANSWERED_SECONDS_MAX = 60.0
SNAPSHOT_SECONDS_MAX = 300.0
_DATA_ROOT = Path(tempfile.gettempdir())
_say = partial(print, file=sys.stderr, flush=True)

Plan = Callable[[int], tuple[bytes, bytes]]
"""Side and price of order n."""

_spread: Plan = WORKLOADS["rest"].plan
_deep: Plan = lambda n: _spread(n % 2)  # noqa: E731 - the first price level of either side


def _cross(n: int) -> tuple[bytes, bytes]:
    return (b"2" if n % 2 else b"1"), _spread(0)[1]


def measured(plan: Plan) -> tuple[Workload, ...]:
    """What is measured on top of a book filled by `plan`, whose size it leaves as it was."""
    return (
        Workload("new + cancel", "", plan, cancels=True),
        Workload("cross", "", _cross, trades=True),
    )


@dataclass(frozen=True, slots=True)
class Point:
    """One server: how its curve calls its size, how many orders rest, who is logged on, where."""

    size: int
    resting: int
    sessions: int
    plan: Plan


@dataclass(frozen=True, slots=True)
class Sweep:
    """Sizes of one kind, in ascending order."""

    title: str
    unit: str
    points: Sequence[Point]


def sweeps(sizes: Sequence[int], sessions: Sequence[int]) -> list[Sweep]:
    """Those over the size of the book, and the one over the number of sessions."""
    found = []
    for where, plan in ((f"over {LEVELS} prices a side", _spread), ("at one price a side", _deep)):
        points = [Point(size, size, BOOK_SESSIONS, plan) for size in sorted(set(sizes))]
        found.append(Sweep(f"Resting orders {where}", "resting orders", points))
    points = [Point(n, SESSIONS_RESTING, n, _spread) for n in sorted(set(sessions))]
    found.append(Sweep("Sessions logged on", "sessions", points))
    return [sweep for sweep in found if sweep.points]


# The load.


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


# The server, from outside.


def cpu_seconds(pid: int) -> float:
    """CPU time of a process with all its threads, to the nanosecond; /proc has it to 10 ms."""
    return time.clock_gettime(~pid << 3 | 2)  # as clock_getcpuclockid makes it


def resident_bytes(status: str) -> int:
    """VmRSS from the text of /proc/<pid>/status."""
    value = status.partition("\nVmRSS:")[2].partition("kB\n")[0]
    return int(value) * 1024


def _resident(pid: int) -> int:
    return resident_bytes(Path(f"/proc/{pid}/status").read_text(encoding="ascii"))


def _outwait_snapshot(pid: int) -> None:
    """Returns when the server has no child: that would take a snapshot, on the same core."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    for child in children.read_text(encoding="ascii").split() if children.exists() else ():
        with suppress(ProcessLookupError), open(os.pidfd_open(int(child)), "rb", 0) as ended:
            if not select.select([ended], [], [], SNAPSHOT_SECONDS_MAX)[0]:
                raise LoadError(f"a snapshot took more than {SNAPSHOT_SECONDS_MAX:.0f} s")


class Subject:
    """A server at one point: it is filled once, then measured again and again."""

    def __init__(self, point: Point, server: Running) -> None:
        self.point = point
        self.row = Row(point.size)
        self._server = server
        self._drives = 0

    async def fill(self) -> None:
        """Brings the book to its size; afterwards its memory is known."""
        point, fill = self.point, Workload("fill", "", self.point.plan)
        counts = [self._share(WARM_UP_ORDERS)] * point.sessions
        for workload in measured(point.plan):  # whatever a server makes on first use is there
            await self._drive(workload, counts, BURST)
        before = _resident(self._server.pid)
        for begin in range(0, point.resting, FILL_ORDERS):
            count = min(FILL_ORDERS, point.resting - begin)
            await self._drive(fill, shares(count, point.sessions), FILL_BURST)
        if point.resting >= MEMORY_ORDERS_MIN:
            self.row.bytes_per_order = (_resident(self._server.pid) - before) / point.resting
        if point.resting >= SNAPSHOT_EVERY // 2:
            await asyncio.sleep(LOOK_SECONDS + 1)  # a snapshot would begin by then
            _outwait_snapshot(self._server.pid)

    async def measure(self, workload: Workload, orders: int) -> None:
        """One more run."""
        _outwait_snapshot(self._server.pid)
        warm_up, counting = self._share(WARM_UP_ORDERS), self._share(orders)
        counts = [warm_up + counting] * self.point.sessions
        cost = await self._drive(workload, counts, BURST, warm_up)
        self.row.costs.setdefault(workload.name, []).append(cost)

    def _share(self, orders: int) -> int:
        """Orders of each session: whole bursts, since in half ones an order costs more."""
        return BURST * ceil(orders / self.point.sessions / BURST)

    async def _drive(
        self, workload: Workload, counts: Sequence[int], burst: int, warm_up: int = 0
    ) -> Cost:
        self._drives += 1
        tapes = tapes_of(workload, counts, b"-%d" % self._drives)
        return await drive(self._server, tapes, burst, warm_up)


async def measure(
    sweep: Sweep, orders: int, repeats: int, pinned: tuple[int | None, int | None]
) -> Curve:
    """What is found at the points of a sweep; raises LoadError at the first check that fails."""
    with ExitStack() as servers:
        subjects = []
        for point in sweep.points:
            server = servers.enter_context(running(SERVERS["none"], _DATA_ROOT, pinned))
            subjects.append(Subject(point, server))
            _say(f"{sweep.title}: {point.size:,}, {point.resting:,} orders to rest")
            await subjects[-1].fill()
        for turn in range(repeats):
            _say(f"{sweep.title}: round {turn + 1} of {repeats}")
            for subject in subjects:
                for workload in measured(subject.point.plan):
                    await subject.measure(workload, orders)
    return Curve(sweep.title, sweep.unit, [subject.row for subject in subjects])


# The command.


def _facts(options: argparse.Namespace, pinned: tuple[int | None, int | None]) -> Iterator[str]:
    """What a reader of the tables must know."""
    yield from (f"{name}: {text}" for name, text in describe(_DATA_ROOT, pinned).items())
    yield f"server: {SERVERS['none'].text}, a process for each size, in turn"
    yield (
        f"us: CPU time of the server an order, median of {options.repeats} runs of "
        f"{options.orders:,} orders, in bursts of {BURST} a session"
    )
    yield f"{BOOK_SESSIONS} sessions while the book grows, {SESSIONS_RESTING:,} resting orders else"
    yield from LEGEND


def _numbers(text: str) -> list[int]:
    numbers = [int(number.replace("_", "")) for number in text.split(",") if number]
    if any(number < 1 for number in numbers):
        raise argparse.ArgumentTypeError(f"must be at least 1, was {text}")
    return numbers


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.growth", description=__doc__)
    parser.add_argument("--sizes", type=_numbers, help="resting orders: 10,100,1000; '': none")
    parser.add_argument("--sessions", type=_numbers, help="sessions: 1,10,100; '': none")
    parser.add_argument("--orders", type=int, help="orders measured in a run")
    parser.add_argument("--repeats", type=int, help="runs at each size; the median is shown")
    parser.add_argument("--quick", action="store_true", help="smaller, fewer, shorter")
    parser.add_argument("--png", type=drawable, metavar="FILE", help="draw it, by matplotlib")
    options = parser.parse_args(argv)
    if options.sizes is None:
        options.sizes = [size for size in SIZES if not options.quick or size <= QUICK_SIZE_MAX]
    if options.sessions is None:
        options.sessions = [n for n in SESSIONS if not options.quick or n <= QUICK_SESSIONS_MAX]
    options.orders = options.orders or (QUICK_ORDERS if options.quick else ORDERS)
    options.repeats = options.repeats or (QUICK_REPEATS if options.quick else REPEATS)
    return options


def main(argv: Sequence[str] | None = None) -> int:
    """Measures and prints, curve by curve; 1 when a check failed."""
    options = _arguments(argv)
    pinned = cores()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]  # a descriptor each session, here and in
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # the servers, which inherit the limit
    print("fixpit bench-growth\n", *_facts(options, pinned), sep="\n  ", flush=True)
    found = []
    for sweep in sweeps(options.sizes, options.sessions):
        work = measure(sweep, options.orders, options.repeats, pinned)
        try:
            found.append(uvloop.run(work))
        except (LoadError, OSError) as error:
            _say(f"FAILED {sweep.title}: {error}")
            return 1
        print(f"\n{table(found[-1])}", flush=True)
    if options.png:
        draw(panels(found), options.png)
    return 0


if __name__ == "__main__":
    sys.exit(main())
