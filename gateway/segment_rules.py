"""The rules of a segment in force: what the file says, and where it is silent, the market's usual.

Price limits, volatility guards and call extensions belong to a market that has calls to fall back
on: a segment that only trades continuously, or never, has none unless its file asks for them.
"""

from __future__ import annotations

from typing import NamedTuple

from engine.phases import PERMITS
from engine.values import Phase
from gateway.config_types import ScheduleConfig, SegmentConfig

COLLAR_AGGRESSIVE, COLLAR_PASSIVE = 25, 75
"""Percent from the reference price (rule 6.3.2)."""

GUARDS = {"index": (3, 10)}
GUARDS_OTHERWISE = (5, 15)
"""Dynamic and static volatility guards in percent, by kind of shares (rule 6.4.2)."""


class SegmentRules(NamedTuple):
    """Whole percentages, 0 for none; guards are multiplied already."""

    collar_aggressive: int
    collar_passive: int
    guard_dynamic: int
    guard_static: int
    extension: int


def has_call(schedule: ScheduleConfig) -> bool:
    """Whether a day of the schedule has an auction."""
    return any(PERMITS[Phase(change.phase)].is_call for change in schedule.phases)


def rules_of(segment: SegmentConfig, schedule: ScheduleConfig) -> SegmentRules:
    """The rules in force; a call is extended by the static guard unless said (rule 4.7.2)."""
    usual = has_call(schedule)
    dynamic, static = GUARDS.get(segment.anonymity, GUARDS_OTHERWISE) if usual else (0, 0)
    times = segment.guard_multiplier
    guard_static = _or(segment.guard_static_percent, static) * times
    return SegmentRules(
        collar_aggressive=_or(segment.collar_aggressive_percent, COLLAR_AGGRESSIVE * usual),
        collar_passive=_or(segment.collar_passive_percent, COLLAR_PASSIVE * usual),
        guard_dynamic=_or(segment.guard_dynamic_percent, dynamic) * times,
        guard_static=guard_static,
        extension=_or(segment.extension_percent, guard_static),
    )


def _or(said: int | None, usual: int) -> int:
    return usual if said is None else said
