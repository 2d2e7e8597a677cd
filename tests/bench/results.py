"""What a suite has measured so far: every run, by what was measured.

Runs come in one at a time, those of one turn right after one another. Ratios that must not suffer
from what else the machine did are taken within a turn (`in_turn`); the tables for people compare
medians.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from tests.bench.builds import BUILDS
from tests.bench.load import Latency, Throughput
from tests.bench.pace import Pace
from tests.bench.servers import SERVERS

FLOORS = {"simplefix": 4.0, "canned": 0.12}
"""No cell may be below so many times the baseline, with everything on."""

FIXPIT = tuple(name for build in BUILDS for name in (build.none, build.group))


def in_turn(values: Sequence[float], bases: Sequence[float]) -> list[float]:
    """How many times the base each value is, turn by turn; a turn that lacks one is left out."""
    return [value / base for value, base in zip(values, bases, strict=False) if base]


@dataclass(slots=True)
class Results:
    """All runs so far."""

    throughput: dict[tuple[str, str, int], list[Throughput]] = field(default_factory=dict)
    """By server, workload and number of sessions."""

    latency: dict[str, list[Latency]] = field(default_factory=dict)
    """By server."""

    pace: dict[str, list[Pace]] = field(default_factory=dict)
    """By server: at a fixed rate."""

    memory: dict[str, list[float]] = field(default_factory=dict)
    """By server: bytes for each resting order."""

    growth: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    """By server and what grew: how many times an order costs at the end, a ratio a round."""

    start: dict[str, list[float]] = field(default_factory=dict)
    """By server: seconds from exec to the ready line."""

    generator: list[Throughput] = field(default_factory=list)
    """What the load generator carries when the server does next to nothing."""

    def rates(self, server: str, workload: str, sessions: int) -> list[float]:
        """Orders per second of a cell, turn by turn."""
        runs = self.throughput.get((server, workload, sessions), [])
        return [run.orders_per_second for run in runs]

    def rate(self, server: str, workload: str, sessions: int) -> float | None:
        """Orders per second of a cell, None where it was not measured."""
        rates = self.rates(server, workload, sessions)
        return median(rates) if rates else None

    def ratio(self, server: str, base: str, workload: str, sessions: int) -> float | None:
        """How many times the baseline a server reaches in one cell."""
        rate = self.rate(server, workload, sessions)
        base_rate = self.rate(base, workload, sessions)
        return rate / base_rate if rate and base_rate else None

    def cells(self) -> list[tuple[str, int]]:
        """The (workload, sessions) measured, in the order they were."""
        return list(dict.fromkeys((workload, n) for _, workload, n in self.throughput))

    def servers(self) -> list[str]:
        """The servers measured, in the order of `SERVERS`."""
        seen = {server for server, *_ in self.throughput} | set(self.latency)
        return [name for name in SERVERS if name in seen]

    def pairs(self) -> list[tuple[str, str]]:
        """The (fixpit, baseline) columns that can be compared."""
        have = self.servers()
        return [(own, base) for own in FIXPIT for base in FLOORS if own in have and base in have]
