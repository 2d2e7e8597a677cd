"""The parts of the proof: each runs one programme and says in rows what it found.

How much of each is `Size`. What is proven, and how, stands with each programme; none of it is here.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NamedTuple

from tests.crash import kills
from tests.flood import run as flood
from tests.flood.course import Plan
from tests.flood.flood import SOURCES
from tests.flood.report import Row
from tests.fuzz import run as fuzz
from tests.hardship import (
    determinism,
    disk_full,
    overload,
    recovery_speed,
    slow_consumer,
    soak,
    tears,
)
from tests.reference import run as reference
from tests.simulation import run as simulation

FLOOD_RATE = 500.0


class Size(NamedTuple):
    """How much is done; a hardship of 0 is left out."""

    seeds: int
    commands: int
    kills: int
    kinds: int | None
    """Of records whose frames are damaged; None: all."""

    fuzz_seconds: float
    same_commands: int
    same_steps: int
    replayed: int
    open_orders: int
    tried: int
    """Whether what takes long is tried, or needs another machine: 1 or 0."""

    flood_seconds: float
    overload_seconds: float
    soak_minutes: float


QUICK = Size(
    seeds=60,
    commands=40_000,
    kills=6,
    kinds=4,
    fuzz_seconds=10,
    same_commands=5_000,
    same_steps=300,
    replayed=50_000,
    open_orders=20_000,
    tried=0,
    flood_seconds=0,
    overload_seconds=0,
    soak_minutes=0,
)
FULL = Size(
    seeds=2_000,
    commands=1_000_000,
    kills=100,
    kinds=None,
    fuzz_seconds=300,
    same_commands=30_000,
    same_steps=1_000,
    replayed=1_000_000,
    open_orders=200_000,
    tried=1,
    flood_seconds=30,
    overload_seconds=60,
    soak_minutes=10,
)


def simulated(size: Size, seed: int) -> list[Row]:
    """Whole lives of the venue over a fake network, disk and clock."""
    totals = simulation.run(seed, size.seeds)
    failed = "".join(f"; again with --seed {one}" for one in totals.failures)
    faults = sum(totals.faults.values())
    return [
        Row(
            "seeds run",
            f"{totals.seeds:,} from {seed}, {len(totals.failures)} failed{failed}",
            not totals.failures,
        ),
        Row("simulated hours", f"{totals.hours:,.1f}", totals.hours > 0),
        Row("faults", f"{faults:,}, of them {totals.crashes:,} crashes", totals.crashes > 0),
        Row(
            "orders acknowledged",
            f"{totals.acknowledged:,} of {totals.commands:,} commands,"
            f" {totals.fills:,} fills reported; 0 lost, 0 repeated",
            totals.acknowledged > 0 and not totals.failures,
        ),
    ]


def compared(size: Size, seed: int) -> list[Row]:
    """The engine beside the naive exchange."""
    outcome = reference.run(size.commands, seed, tell=False)
    found = outcome.difference.text() if outcome.difference is not None else "no difference"
    return [
        Row(
            "commands compared",
            f"{outcome.commands:,} from seed {seed}, {outcome.trades:,} trades; {found}",
            outcome.difference is None and outcome.trades > 0,
        )
    ]


def killed(size: Size, seed: int) -> list[Row]:
    """The crash ledger; a broken promise is an AssertionError."""
    result = kills.run(size.kills, seed)
    return [
        Row(
            "kills survived",
            f"{result.kills:,} from seed {seed}, {result.kills_in_recovery} of them in recovery;"
            f" {result.snapshots} snapshots, {result.snapshots_killed} killed in the making",
            result.kills >= size.kills,
        ),
        Row(
            "orders acknowledged",
            f"{result.acknowledged:,}, {result.trades:,} trades",
            result.acknowledged > 0,
        ),
        Row("orders lost", f"{result.lost}", result.lost == 0),
        Row("duplicates", f"{result.repeated}", result.repeated == 0),
        Row(
            "reports sent again",
            f"{result.resent_compared:,}, the same to the byte",
            result.resent_compared > 0,
        ),
    ]


def torn(size: Size, _seed: int) -> list[Row]:
    """The disk's every way to fail."""
    return tears.run(size.kinds, again=bool(size.tried)).rows()


def fuzzed(size: Size, seed: int) -> list[Row]:
    """Everything that reads bytes of strangers."""
    scores = fuzz.run(size.fuzz_seconds, seed)
    failures = sum(len(score.failures) for score in scores.values())
    executions = sum(score.executions for score in scores.values())
    return [
        Row(
            "fuzz executions",
            f"{executions:,} of {len(scores)} targets from seed {seed}, {failures} failures",
            failures == 0,
        )
    ]


def same(size: Size, seed: int) -> list[Row]:
    """The same log, under other hash seeds and the other event loop."""
    return determinism.run(size.same_commands, seed, size.same_steps).rows()


def recovered(size: Size, _seed: int) -> list[Row]:
    """How long a start takes."""
    return recovery_speed.run(size.replayed, size.open_orders).rows()


def filled(size: Size, _seed: int) -> list[Row]:
    """A disk without room."""
    if not size.tried:
        return []
    if os.geteuid() != 0:
        return [Row("a full disk", "not tried: a small file system needs root", kept=True)]
    return disk_full.run().rows()


def unread(size: Size, _seed: int) -> list[Row]:
    """A member that never reads."""
    return slow_consumer.run().rows() if size.tried else []


def flooded(size: Size, seed: int) -> list[Row]:
    """Bad logons."""
    if not size.flood_seconds:
        return []
    _, rows = flood.run(Plan(FLOOD_RATE, size.flood_seconds, seed, len(SOURCES), "none"))
    return rows


def overloaded(size: Size, _seed: int) -> list[Row]:
    """Twice what the venue can take."""
    return overload.run(size.overload_seconds).rows() if size.overload_seconds else []


def soaked(size: Size, _seed: int) -> list[Row]:
    """A long day."""
    return soak.run(size.soak_minutes).rows() if size.soak_minutes else []


Part = Callable[[Size, int], list[Row]]

PARTS: dict[str, Part] = {
    "simulated lives": simulated,
    "against the rule book": compared,
    "killed with -9": killed,
    "a disk that fails": torn,
    "bytes of strangers": fuzzed,
    "the same log again": same,
    "recovery": recovered,
    "a full disk": filled,
    "a member that never reads": unread,
    "a flood of logons": flooded,
    "twice the load": overloaded,
    "a long day": soaked,
}
