"""Run many seeds: `python -m tests.simulation.run --seeds N [--first F]`, or one: `--seed S`.

Prints the options of every seed that fails, and totals; the exit code is 1 if any failed.
"""

from __future__ import annotations

import argparse
import logging
import sys
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import process_time

import structlog

from tests.simulation.loop import SECOND
from tests.simulation.options import options_of
from tests.simulation.simulator import DIED, Life, simulate

PROGRESS_EVERY = 100


@dataclass(slots=True)
class Totals:
    """What many lives come to; `failures` by seed say what broke."""

    seeds: int = 0
    nanos: int = 0
    steps: int = 0
    commands: int = 0
    acknowledged: int = 0
    fills: int = 0
    records: int = 0
    resent: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    failures: dict[int, str] = field(default_factory=dict)

    @property
    def hours(self) -> float:
        """Simulated time."""
        return self.nanos / SECOND / 3600

    @property
    def crashes(self) -> int:
        """How often the venue died without a clean stop."""
        return sum(self.faults[kind] for kind in ("kill", "power cut", DIED))

    def add(self, life: Life) -> None:
        """One more."""
        self.nanos += life.nanos
        self.steps += life.steps
        self.commands += life.commands
        self.acknowledged += life.acknowledged
        self.fills += life.fills
        self.records += life.records
        self.resent += life.resent
        self.faults += life.faults

    def text(self) -> str:
        """All of it in a few lines."""
        faults = ", ".join(f"{count} {kind}" for kind, count in sorted(self.faults.items()))
        return (
            f"{self.seeds} seeds, {len(self.failures)} failed, {self.hours:.1f} simulated hours,"
            f" {self.steps} steps\n"
            f"{self.commands} commands, {self.acknowledged} orders acknowledged, {self.fills} fills"
            f" reported, {self.records} records, {self.resent} reports sent again\n"
            f"{self.crashes} crashes; faults: {faults}"
        )


@contextmanager
def silence() -> Iterator[None]:
    """The venue's own log says nothing meanwhile."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        yield
    finally:
        structlog.configure(**before)


def run(first: int, seeds: int) -> Totals:
    """Run the seeds from `first` on; those that fail are in the totals' `failures`."""
    totals = Totals()
    with silence():
        for seed in range(first, first + seeds):
            totals.seeds += 1
            try:
                totals.add(simulate(seed))
            except Exception:
                totals.failures[seed] = traceback.format_exc()
            if totals.seeds % PROGRESS_EVERY == 0 and totals.seeds < seeds:
                line = f"{totals.seeds} of {seeds} seeds, {len(totals.failures)} failed\n"
                sys.stderr.write(line)
    return totals


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int)
    given = parser.parse_args()
    first, seeds = (given.first, given.seeds) if given.seed is None else (given.seed, 1)
    begun = process_time()
    totals = run(first, seeds)
    seconds = process_time() - begun
    out = sys.stdout.write
    for seed, failure in totals.failures.items():
        out(f"FAILED seed {seed}: {options_of(seed).text()}\n{failure}\n")
    if given.seed is not None:
        out(f"{options_of(first).text()}\n")
    out(f"{totals.text()}\n{seconds:.1f} s of CPU, {seeds / max(seconds, 0.01):.1f} seeds/s\n")
    for seed in totals.failures:
        out(f"again: python -m tests.simulation.run --seed {seed}\n")
    return 1 if totals.failures else 0


if __name__ == "__main__":
    sys.exit(main())
