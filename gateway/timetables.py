"""From schedules to timetables: the moment of every phase, day by day, and what of it to say.

A schedule speaks of times of day, at the venue's place. Here they become moments (ns UTC): on the
trading days of its calendar, with the half days, and right on the days on which clocks are changed
(a time that comes twice counts when it comes first; one that is skipped is the moment of the skip).

`plan` compares that with what the exchange knows and says the difference, as commands: the
timetable is in the log, so a replay needs neither calendar nor time zones. What must not be here: a
clock, and carrying anything out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from engine.commands import PhaseStep, PlanPhases
from engine.values import Phase
from gateway.calendars import TradingDay, trading_days
from gateway.config_types import Config, PhaseChange, ScheduleConfig
from gateway.fix.hours import first_shown
from gateway.fix.times import NANOS_PER_SECOND

if TYPE_CHECKING:
    from engine.exchange import Exchange
    from engine.instrument import Segment

DAY_NANOS = 86_400 * NANOS_PER_SECOND
SAID_AT_ONCE_NANOS = 7 * DAY_NANOS
"""A timetable that must go on is said so much further, so that it is said once a week."""

LOOK_BACK_DAYS = 15
"""The phase of now began at the latest so long ago: exchanges close for less."""

HALF_DAY_CALL_SECONDS, HALF_DAY_UNCROSS_SECONDS, HALF_DAY_END_SECONDS = 300, 30, 1200
"""Where the file says nothing: the closing call begins 5 minutes before the early close, its
uncross is within the last 30 seconds, and 20 minutes after the close the market is closed (rule
5.3.2)."""


def has_timetable(schedule: ScheduleConfig) -> bool:
    """Whether phases change by themselves; a single phase lasts around the clock."""
    return len(schedule.phases) > 1


def plan(config: Config, exchange: Exchange, until: int) -> list[PlanPhases]:
    """What must be said so that every segment knows its steps at least until `until`."""
    schedules = {schedule.id: schedule for schedule in config.schedules}
    zone = ZoneInfo(config.venue.timezone)
    told: list[PlanPhases] = []
    for row in config.segments:
        segment = exchange.segments.get(row.id)
        if segment is None:
            continue
        schedule = schedules[row.schedule]
        if has_timetable(schedule):
            told += _segment_plan(row.id, segment, _Days(schedule, zone), exchange.at, until)
        elif segment.plan:
            told.append(PlanPhases(row.id, exchange.at + 1, ()))
    return told


def _segment_plan(
    name: str, segment: Segment, days: _Days, now: int, until: int
) -> Iterator[PlanPhases]:
    known = segment.planned_until
    if not known:
        steps = days.steps(now - LOOK_BACK_DAYS * DAY_NANOS, until + SAID_AT_ONCE_NANOS)
        past = [step for step in steps if step.at <= now][-1:]
        first = (*past, *(step for step in steps if step.at > now))
        if first:
            yield PlanPhases(name, first[0].at, first)
        return
    wanted = days.steps(now + 1, until)
    planned = [step for step in segment.plan if now < step.at <= until]
    if [step for step in wanted if step.at <= known] != planned:
        further = days.steps(now + 1, until + SAID_AT_ONCE_NANOS)
        yield PlanPhases(name, now + 1, tuple(further))
    elif any(step.at > known for step in wanted):
        further = days.steps(max(now, known) + 1, until + SAID_AT_ONCE_NANOS)
        yield PlanPhases(name, further[0].at, tuple(further))


class _Days:
    """The days of a schedule in its place."""

    def __init__(self, schedule: ScheduleConfig, zone: ZoneInfo) -> None:
        self._schedule = schedule
        self._zone = zone

    def steps(self, first: int, last: int) -> list[PhaseStep]:
        """The steps of [first, last], in order of time."""
        days = self._trading_days(self._date(first), self._date(last))
        steps = _in_order(step for day in days for step in self._of_day(day))
        return [step for step in steps if first <= step.at <= last]

    def _date(self, moment: int) -> date:
        return datetime.fromtimestamp(moment // NANOS_PER_SECOND, self._zone).date()

    def _trading_days(self, first: date, last: date) -> Iterable[TradingDay]:
        """Those of [first, last], in order."""
        calendar = self._schedule.calendar
        if calendar is None:
            count = (last - first).days + 1
            return [TradingDay(first + timedelta(days=i), 0) for i in range(count)]
        years = range(first.year, last.year + 1)
        days = (day for year in years for day in trading_days(calendar, year))
        return [day for day in days if first <= day.day <= last]

    def _of_day(self, day: TradingDay) -> Iterator[PhaseStep]:
        for change in self._changes(day):
            wall = datetime.combine(day.day, time.fromisoformat(change.at))
            at = first_shown(wall, self._zone) * NANOS_PER_SECOND
            yield PhaseStep(at, change.phase, change.random_seconds * NANOS_PER_SECOND)

    def _changes(self, day: TradingDay) -> Sequence[PhaseChange]:
        schedule = self._schedule
        if not day.early_close:
            return schedule.phases
        if schedule.half_day_phases:
            return schedule.half_day_phases
        close = datetime.fromtimestamp(day.early_close // NANOS_PER_SECOND, self._zone)
        return half_day(schedule.phases, close)


def half_day(phases: Sequence[PhaseChange], close: datetime) -> Sequence[PhaseChange]:
    """The phases of a day that closes early, at `close` local time, where the file has none.

    A day without a closing call is as always (rule 5.3.2).
    """
    if all(change.phase != Phase.CLOSING_CALL for change in phases):
        return phases
    call = _time_text(close, -HALF_DAY_CALL_SECONDS)
    morning = [change for change in phases if change.at < call]
    uncross = _time_text(close, -HALF_DAY_UNCROSS_SECONDS)
    return (
        *morning,
        PhaseChange(at=call, phase=Phase.CLOSING_CALL),
        PhaseChange(at=uncross, phase=Phase.POST_TRADE, random_seconds=HALF_DAY_UNCROSS_SECONDS),
        PhaseChange(at=_time_text(close, HALF_DAY_END_SECONDS), phase=Phase.CLOSED),
    )


def _time_text(moment: datetime, seconds: int) -> str:
    return (moment + timedelta(seconds=seconds)).strftime("%H:%M:%S")


def _in_order(steps: Iterable[PhaseStep]) -> list[PhaseStep]:
    """Each step later than the one before it, its random delay over by the next.

    Clocks that are put forward make steps of the skipped hour one moment: the last of them counts.
    """
    found: list[PhaseStep] = []
    for step in steps:
        while found and found[-1].at >= step.at:
            found.pop()
        if found:
            room = step.at - found[-1].at
            found[-1] = replace(found[-1], random_nanos=min(found[-1].random_nanos, room))
        found.append(step)
    return found
