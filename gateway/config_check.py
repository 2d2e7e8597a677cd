"""What is wrong with a Config as a whole: the checks that no single key can show.

What lives here: references between tables, duplicates, the order of phases and the one tick rule of
an instrument; what concerns the way in (`config_door`) is asked from here. What must not: the form
of a single key, which its type in `config_types` states, and text or line numbers: a violation
names a path, `load` finds its line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

from gateway.calendars import calendar_problem
from gateway.config_door import exposures, session_violations
from gateway.config_text import KeyPath, key_text, shown
from gateway.decimals import format_price
from gateway.fix.hours import timezone_problem

if TYPE_CHECKING:
    from gateway.config import Config, InstrumentConfig, PhaseChange, ScheduleConfig, VenueConfig

Violation: TypeAlias = tuple[KeyPath, str]

DAY_SECONDS = 86_400  # by the wall clock, which is what a schedule is written in


def violations(config: Config) -> Iterator[Violation]:
    """Where `config` contradicts itself, as (path of the key, message); none: it can be served.

    `serve` calls it again when an option has replaced a setting, such as --fix-host.
    """
    yield from _timezone(config.venue)
    yield from exposures(config)
    yield from session_violations(config)
    yield from _duplicates("members", "id", [m.id for m in config.members])
    yield from _duplicates("sessions", "comp_id", [s.comp_id for s in config.sessions])
    yield from _duplicates("schedules", "id", [s.id for s in config.schedules])
    yield from _duplicates("segments", "id", [s.id for s in config.segments])
    yield from _duplicates("instruments", "symbol", [i.symbol for i in config.instruments])
    members, schedules = [m.id for m in config.members], [s.id for s in config.schedules]
    segments = [s.id for s in config.segments]
    yield from _dangling("sessions", "member", [s.member for s in config.sessions], members)
    yield from _dangling("segments", "schedule", [s.schedule for s in config.segments], schedules)
    yield from _dangling(
        "instruments", "segment", [i.segment for i in config.instruments], segments
    )
    for index, schedule in enumerate(config.schedules):
        yield from _trading_day(("schedules", index), schedule)
    for index, instrument in enumerate(config.instruments):
        yield from _one_tick_rule(("instruments", index), instrument)


def _timezone(venue: VenueConfig) -> Iterator[Violation]:
    rule = timezone_problem(venue.timezone)
    if rule is not None:
        yield ("venue", "timezone"), f"{rule}, was {shown(venue.timezone)}"


def _duplicates(table: str, key: str, values: Sequence[str]) -> Iterator[Violation]:
    first: dict[str, int] = {}
    for index, value in enumerate(values):
        earlier = first.setdefault(value, index)
        if earlier != index:
            other = key_text((table, earlier, key))
            yield (table, index, key), f"must differ from {other}, was {shown(value)}"


def _dangling(
    table: str, key: str, values: Sequence[str], known: Sequence[str]
) -> Iterator[Violation]:
    for index, value in enumerate(values):
        if value not in known:
            ids = ", ".join(known[:20]) or "there is none"
            message = f"must be the id of one of the {key}s ({ids}), was {shown(value)}"
            yield (table, index, key), message


def _trading_day(path: KeyPath, schedule: ScheduleConfig) -> Iterator[Violation]:
    phases, half_day, calendar = schedule.phases, schedule.half_day_phases, schedule.calendar
    yield from _phase_order((*path, "phases"), phases)
    yield from _phase_order((*path, "half_day_phases"), half_day)
    if len(phases) == 1:
        if phases[0].at != "00:00:00":
            message = f'must be "00:00:00" where there is one phase, was {shown(phases[0].at)}'
            yield (*path, "phases", 0, "at"), message
        if calendar is not None:
            message = f"must be left out where there is one phase, was {shown(calendar)}"
            yield (*path, "calendar"), message
    elif calendar is not None:
        rule = calendar_problem(calendar)
        if rule is not None:
            yield (*path, "calendar"), f"{rule}, was {shown(calendar)}"
    if half_day and calendar is None:
        yield (*path, "half_day_phases"), "must be left out where there is no calendar, was a list"


def _phase_order(path: KeyPath, phases: Sequence[PhaseChange]) -> Iterator[Violation]:
    for index, change in enumerate(phases):
        next_index = (index + 1) % len(phases)
        between = _seconds(phases[next_index].at) - _seconds(change.at)
        if next_index == 0:
            between += DAY_SECONDS
        if between <= 0:
            at = phases[next_index].at
            message = f"must be later than {shown(change.at)} before it, was {shown(at)}"
            yield (*path, next_index, "at"), message
        elif change.random_seconds > between:
            message = f"must be at most {between}, when the next phase begins"
            yield (*path, index, "random_seconds"), f"{message}, was {change.random_seconds}"


def _seconds(at: str) -> int:
    hours, minutes, seconds = at.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds)


def _one_tick_rule(path: KeyPath, instrument: InstrumentConfig) -> Iterator[Violation]:
    size = instrument.tick_size
    if instrument.tick_table is not None and size is not None:
        was = shown(format_price(size))
        yield (*path, "tick_size"), f"must be left out where tick_table is given, was {was}"
    if instrument.tick_table is None and size is None:
        yield (*path, "tick_table"), "must be given where tick_size is not, was left out"
