"""From what was seen in a flood to rows with a figure and a verdict. No sockets, no processes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import quantiles
from typing import NamedTuple

P99_FACTOR, P99_ALLOWANCE_MS = 2.0, 2.0
"""The 99th percentile may double, and two milliseconds more: one handshake at a bad moment."""

LOGON_SECONDS_MAX = 2.0
RSS_MIB_MAX = 64.0
DESCRIPTORS_MAX = 2_048 + 256 + 128
"""Handshakes and strangers that the venue holds at a time, and some that are just ending."""

STRANGER_SECONDS_MAX = 10.0 + 1.5
LOG_LINES_PER_SECOND_MAX = 50


class Row(NamedTuple):
    """One promise: what was looked at, what was found, and whether it was kept."""

    name: str
    figure: str
    kept: bool


@dataclass(frozen=True, slots=True)
class Latency:
    """Answers in one part of the run, in milliseconds."""

    count: int
    p50: float
    p99: float
    max: float
    late_p99: float
    """How late the messages themselves were sent: the measuring side's own share."""

    def text(self) -> str:
        """For a row."""
        return (
            f"p50 {self.p50:.2f} ms, p99 {self.p99:.2f}, max {self.max:.1f} of {self.count:,}"
            f" (sent late by p99 {self.late_p99:.2f})"
        )


Sample = tuple[float, float, float]


def latency(samples: Iterable[Sample], begin: float, end: float) -> Latency:
    """Of the messages that were due in this span."""
    chosen = [sample for sample in samples if begin <= sample[0] < end]
    spans = sorted(sample[1] * 1000 for sample in chosen)
    late = sorted(sample[2] * 1000 for sample in chosen)
    cuts, late_cuts = quantiles(spans, n=100), quantiles(late, n=100)
    return Latency(len(spans), cuts[49], cuts[98], spans[-1], late_cuts[98])


def p99_limit(before: Latency) -> float:
    """What the 99th percentile may be while somebody else misbehaves."""
    return before.p99 * P99_FACTOR + P99_ALLOWANCE_MS


def table(rows: Sequence[Row]) -> str:
    """All rows, with their verdicts."""
    width = max(len(row.name) for row in rows)
    return "\n".join(
        f"  {'ok    ' if row.kept else 'FAILED'}  {row.name:<{width}}  {row.figure}" for row in rows
    )
