"""The order of measurements: which server meets which load, how often, with which messages.

For each cell all its servers are measured in turn, then all again, so that whatever else the
machine does meets them alike. The messages of a cell are encoded once and serve every server, since
each run starts a fresh one, and again before they are too old. Cells that the table of aims shows
are repeated more often than those around it, and only they are measured for every build.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import uvloop

from tests.bench import growth
from tests.bench.aims import SESSIONS
from tests.bench.builds import BUILDS
from tests.bench.load import Throughput, Timing, encode_tapes, latency, throughput
from tests.bench.messages import CROWD_ORDERS, CROWDED, WORKLOADS, Tape, Workload, encode_tape
from tests.bench.pace import paced
from tests.bench.resting import bytes_per_order, crowd
from tests.bench.results import Results
from tests.bench.servers import GENERATOR_LIMIT, Server, pin, running

MESSAGES_PER_SECOND_MAX = 300_000
"""Tapes are encoded for this rate; a faster run ends with its tape, earlier, and counts."""

TAPE_SECONDS_MAX = 90.0
"""SendingTime(52) may be 120 s old when a message arrives; a tape is encoded anew before that."""

GENERATOR_MESSAGES = 800_000
GENERATOR_TIMING = Timing(warm_up=0.1, seconds=1.0)
LATENCY_ORDERS_PER_SECOND_MAX = 60_000

LATENCY, PACE, MEMORY, START, GROWTH = "latency", "pace", "memory", "start", "growth"
PARTS = {
    CROWDED.name: f"new and cancel with {CROWD_ORDERS:,} other orders resting",
    LATENCY: "one order at a time",
    PACE: "at half the maximum rate",
    MEMORY: "of a resting order",
    START: "to the ready line",
    GROWTH: "with as many orders or sessions as there may be, beside few",
}
"""What is measured beside the workloads."""

_NONE = {build.none for build in BUILDS}
_FIRST_BUILD_ONLY = {name for build in BUILDS[1:] for name in (build.none, build.group)}


class _Tapes:
    """The tapes of one cell, never older than a venue accepts after a run of `span` seconds."""

    def __init__(self, workload: Workload, sessions: int, messages: float, span: float) -> None:
        self._workload = workload
        self._sessions = sessions
        self._messages = messages
        self._span = span
        self._tapes: list[Tape] = []
        self._encoded_at = 0.0

    def get(self) -> list[Tape]:
        """Tapes young enough for a run that starts now."""
        if not self._tapes or time.monotonic() + self._span - self._encoded_at > TAPE_SECONDS_MAX:
            self._tapes.clear()  # before there are twice as many
            self._tapes = encode_tapes(self._workload, self._sessions, self._messages)
            self._encoded_at = time.monotonic()
        return self._tapes


@dataclass(slots=True)
class Suite:
    """What is measured and how; `run` fills `results` cell by cell."""

    servers: Sequence[Server]
    workloads: Sequence[Workload]
    sessions: Sequence[int]
    parts: Collection[str]
    timing: Timing
    repeats: int
    """Runs of a server in a cell that the table of aims shows."""

    other_repeats: int
    """Runs of a server in any other cell."""

    resting_orders: int
    """So many are entered to see how much memory one takes."""

    growth_max: tuple[int, int]
    """Resting orders and sessions at the far end of the growth curves."""

    data_root: Path
    cores: tuple[int | None, int | None]
    results: Results = field(default_factory=Results)
    current: str = ""
    """What is being measured, for progress and failures."""

    def run(self) -> None:
        """Measures everything; raises LoadError at the first check that fails."""
        pin(self.cores[1])
        for workload in self.workloads:
            for sessions in self.sessions:
                self._measure_cell(workload, sessions)
        for part, measure in (
            (CROWDED.name, self._measure_crowded),
            (LATENCY, self._measure_latency),
            (PACE, self._measure_pace),
            (MEMORY, self._measure_memory),
            (START, self._measure_start),
            (GROWTH, self._measure_growth),
        ):
            if part in self.parts:
                measure()
        if self.workloads:
            self._measure_generator()

    def _measure_cell(self, workload: Workload, sessions: int) -> None:
        tapes = self._full_tapes(workload, sessions)
        shown = sessions == SESSIONS
        servers = [one for one in self.servers if shown or one.name not in _FIRST_BUILD_ONLY]
        repeats = self.repeats if shown else self.other_repeats
        for server in self._turns(f"{workload.name} with {sessions} sessions", servers, repeats):
            run = self._throughput(server, tapes.get(), self.timing)
            key = (server.name, workload.name, sessions)
            self.results.throughput.setdefault(key, []).append(run)

    def _measure_crowded(self) -> None:
        tapes = self._full_tapes(CROWDED, SESSIONS)
        servers = [one for one in self.servers if one.name in _NONE or one.name == "canned"]
        for server in self._turns(CROWDED.name, servers, self.repeats):
            resting = encode_tape(WORKLOADS["rest"], b"CROWD", CROWD_ORDERS)
            run = self._throughput(server, tapes.get(), self.timing, resting)
            key = (server.name, CROWDED.name, SESSIONS)
            self.results.throughput.setdefault(key, []).append(run)

    def _measure_latency(self) -> None:
        orders = self.timing.seconds * LATENCY_ORDERS_PER_SECOND_MAX
        for server in self._turns(LATENCY, self.servers, self.repeats):
            (tape,) = encode_tapes(WORKLOADS["rest"], 1, orders)
            with running(server, self.data_root, self.cores) as subject:
                run = latency(
                    subject.address, tape, self.timing.seconds, expectation=server.expectation
                )
            self.results.latency.setdefault(server.name, []).append(run)

    def _measure_pace(self) -> None:
        for server in self._turns(PACE, self._venues(), self.repeats):
            rate = self._maximum(server) / 2
            tapes = encode_tapes(WORKLOADS["rest"], SESSIONS, rate * self.timing.span)
            with running(server, self.data_root, self.cores) as subject:
                run = paced(
                    subject.address, tapes, rate, self.timing, expectation=server.expectation
                )
            self.results.pace.setdefault(server.name, []).append(run)

    def _maximum(self, server: Server) -> float:
        """Orders per second of all rest, measured now where the suite has not yet."""
        rate = self.results.rate(server.name, "rest", SESSIONS)
        if rate is None:
            tapes = self._full_tapes(WORKLOADS["rest"], SESSIONS).get()
            rate = self._throughput(server, tapes, self.timing).orders_per_second
        return rate

    def _measure_memory(self) -> None:
        tapes = _Tapes(WORKLOADS["rest"], SESSIONS, self.resting_orders, span=20)
        for server in self._turns(MEMORY, self._venues(), self.repeats):
            with running(server, self.data_root, self.cores) as subject:
                each = bytes_per_order(
                    subject.address, tapes.get(), subject.pid, server.expectation
                )
            self.results.memory.setdefault(server.name, []).append(each)

    def _measure_start(self) -> None:
        for server in self._turns(START, self._venues(), self.repeats):
            with running(server, self.data_root, self.cores) as subject:
                self.results.start.setdefault(server.name, []).append(subject.started_after)

    def _measure_growth(self) -> None:
        growth.allow_many_files()
        for server in self._turns(GROWTH, self._venues(), 1):
            for sweep in growth.extremes(*self.growth_max):
                work = growth.measure(sweep, growth.ORDERS, self.repeats, self.cores, server)
                few, many = uvloop.run(work).rows
                ratios = [many.ratios(few, workload) for workload in many.costs]
                self.results.growth[server.name, sweep.unit] = max(ratios, key=median)

    def _measure_generator(self) -> None:
        self.current = "generator"
        tapes = encode_tapes(WORKLOADS["rest"], max(self.sessions), GENERATOR_MESSAGES)
        run = self._throughput(GENERATOR_LIMIT, tapes, GENERATOR_TIMING)
        self.results.generator.append(run)

    def _venues(self) -> list[Server]:
        """The venue that does not wait for the disk, of each build."""
        return [one for one in self.servers if one.name in _NONE]

    def _full_tapes(self, workload: Workload, sessions: int) -> _Tapes:
        """Tapes that last for a run at full windows."""
        span = self.timing.span
        return _Tapes(workload, sessions, span * MESSAGES_PER_SECOND_MAX, span)

    def _turns(self, what: str, servers: Sequence[Server], repeats: int) -> Iterator[Server]:
        """Each server once, then each again; says on stderr where the suite is."""
        if servers:
            print(f"measuring {what}", file=sys.stderr, flush=True)
        for turn in range(repeats):
            for server in servers:
                self.current = f"{what}, {server.name}, run {turn + 1} of {repeats}"
                yield server

    def _throughput(
        self, server: Server, tapes: Sequence[Tape], timing: Timing, resting: Tape | None = None
    ) -> Throughput:
        with running(server, self.data_root, self.cores) as subject, ExitStack() as stack:
            if resting is not None:
                stack.enter_context(crowd(subject.address, [resting], server.expectation))
            return throughput(
                subject.address,
                tapes,
                timing,
                server_pid=subject.pid,
                expectation=server.expectation,
            )
