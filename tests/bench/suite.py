"""The order of measurements: which server meets which load, how often, with which messages.

For each workload and number of sessions all servers are measured in turn, then all again, so that
whatever else the machine does meets them alike. The messages of a cell are encoded once and
serve every server, since each run starts a fresh one, and again before they are too old.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.load import Throughput, Timing, encode_tapes, latency, throughput
from tests.bench.messages import WORKLOADS, Tape, Workload
from tests.bench.report import Results
from tests.bench.servers import GENERATOR_LIMIT, Server, pin, running

MESSAGES_PER_SECOND_MAX = 300_000
"""Tapes are encoded for this rate; a faster run ends with its tape, earlier, and counts."""

TAPE_SECONDS_MAX = 90.0
"""SendingTime(52) may be 120 s old when a message arrives; a tape is encoded anew before that."""

GENERATOR_MESSAGES = 800_000
GENERATOR_TIMING = Timing(warm_up=0.1, seconds=1.0)
LATENCY_ORDERS_PER_SECOND_MAX = 60_000


class _Tapes:
    """The tapes of one cell, never older than a venue accepts."""

    def __init__(self, workload: Workload, sessions: int, timing: Timing) -> None:
        self._workload = workload
        self._sessions = sessions
        self._span = timing.span
        self._tapes: list[Tape] = []
        self._encoded_at = 0.0

    def get(self) -> list[Tape]:
        """Tapes young enough for a run that starts now."""
        if not self._tapes or time.monotonic() + self._span - self._encoded_at > TAPE_SECONDS_MAX:
            self._tapes.clear()  # before there are twice as many
            messages = self._span * MESSAGES_PER_SECOND_MAX
            self._tapes = encode_tapes(self._workload, self._sessions, messages)
            self._encoded_at = time.monotonic()
        return self._tapes


@dataclass(slots=True)
class Suite:
    """What is measured and how; `run` fills `results` cell by cell."""

    servers: Sequence[Server]
    workloads: Sequence[Workload]
    sessions: Sequence[int]
    with_latency: bool
    timing: Timing
    repeats: int
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
        if self.with_latency:
            self._measure_latency()
        if self.workloads:
            self._measure_generator()

    def _measure_cell(self, workload: Workload, sessions: int) -> None:
        tapes = _Tapes(workload, sessions, self.timing)
        for server in self._turns(f"{workload.name} with {sessions} sessions"):
            run = self._throughput(server, tapes.get(), self.timing)
            key = (server.name, workload.name, sessions)
            self.results.throughput.setdefault(key, []).append(run)

    def _measure_latency(self) -> None:
        orders = self.timing.seconds * LATENCY_ORDERS_PER_SECOND_MAX
        for server in self._turns("latency"):
            (tape,) = encode_tapes(WORKLOADS["rest"], 1, orders)
            with running(server, self.data_root, self.cores) as subject:
                run = latency(
                    subject.address, tape, self.timing.seconds, expectation=server.expectation
                )
            self.results.latency.setdefault(server.name, []).append(run)

    def _measure_generator(self) -> None:
        self.current = "generator"
        tapes = encode_tapes(WORKLOADS["rest"], max(self.sessions), GENERATOR_MESSAGES)
        run = self._throughput(GENERATOR_LIMIT, tapes, GENERATOR_TIMING)
        self.results.generator.append(run)

    def _turns(self, what: str) -> Iterator[Server]:
        """Each server once, then each again; says on stderr where the suite is."""
        print(f"measuring {what}", file=sys.stderr, flush=True)
        for turn in range(self.repeats):
            for server in self.servers:
                self.current = f"{what}, {server.name}, run {turn + 1} of {self.repeats}"
                yield server

    def _throughput(self, server: Server, tapes: Sequence[Tape], timing: Timing) -> Throughput:
        with running(server, self.data_root, self.cores) as subject:
            return throughput(
                subject.address,
                tapes,
                timing,
                server_pid=subject.pid,
                expectation=server.expectation,
            )
