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
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from math import ceil
from pathlib import Path

import uvloop

from gateway.following import LOOK_SECONDS, SNAPSHOT_EVERY
from tests.bench.bursts import drive, shares, tapes_of
from tests.bench.growth_plot import LEGEND, Cost, Curve, Row, draw, drawable, panels, table
from tests.bench.load_session import LoadError
from tests.bench.machine import cores, describe
from tests.bench.messages import LEVELS, WORKLOADS, Workload
from tests.bench.servers import SERVERS, Running, Server, running

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


# The server, from outside.


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
    sweep: Sweep,
    orders: int,
    repeats: int,
    pinned: tuple[int | None, int | None],
    server: Server = SERVERS["none"],
) -> Curve:
    """What is found at the points of a sweep; raises LoadError at the first check that fails."""
    with ExitStack() as servers:
        subjects = []
        for point in sweep.points:
            process = servers.enter_context(running(server, _DATA_ROOT, pinned))
            subjects.append(Subject(point, process))
            _say(f"{sweep.title}: {point.size:,}, {point.resting:,} orders to rest")
            await subjects[-1].fill()
        for turn in range(repeats):
            _say(f"{sweep.title}: round {turn + 1} of {repeats}")
            for subject in subjects:
                for workload in measured(subject.point.plan):
                    await subject.measure(workload, orders)
    return Curve(sweep.title, sweep.unit, [subject.row for subject in subjects])


def extremes(resting: int, sessions: int) -> list[Sweep]:
    """Only the ends of the curves: few orders and so many, one session and so many."""
    book, _, logged_on = sweeps((SIZES[0], resting), (SESSIONS[0], sessions))
    return [book, logged_on]


def allow_many_files() -> None:
    """A descriptor each session, here and in the servers, which inherit the limit."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


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
    allow_many_files()
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
