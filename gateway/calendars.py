"""Trading days of the world's exchanges, as `exchange_calendars` has them.

The library is data here: which days are trading days, and when the exchange closes early. It is
loaded when a schedule names a calendar, because it brings pandas with it (a quarter of a second).
What the exchange does on such a day, and at what time, is the schedule's word (`timetables`).
"""

from __future__ import annotations

import warnings
from datetime import date
from functools import cache
from typing import Any, NamedTuple

import structlog

log = structlog.get_logger()


class TradingDay(NamedTuple):
    """A day on which the exchange trades; `early_close` in ns UTC, 0 where it closes as usual."""

    day: date
    early_close: int


def calendar_problem(name: str) -> str | None:
    """The rule that `name` breaks as a calendar, None if there is one of that name."""
    names = _names()
    if name not in names:
        return "must be a market code that has a calendar (" + ", ".join(names) + ")"
    try:
        _calendar(name)
    except Exception as error:  # whatever the library or its pandas stumbles over
        return f"must be a calendar that can be loaded ({type(error).__name__}: {str(error)[:60]})"
    return None


@cache
def trading_days(name: str, year: int) -> tuple[TradingDay, ...]:
    """The trading days of a year, in order; those the calendar does not reach are missing."""
    usual = _calendar(name)
    first, last = date(year, 1, 1), date(year, 12, 31)
    earliest, latest = usual.bound_min(), usual.bound_max()
    start = first if earliest is None else max(first, earliest.date())
    end = last if latest is None else min(last, latest.date())
    if (start, end) != (first, last):
        log.warning("calendar.ends", calendar=name, first=str(earliest), last=str(latest))
    if start >= end:
        return ()
    calendar = _calendar(name, start=start.isoformat(), end=end.isoformat())
    early = frozenset(calendar.early_closes)
    return tuple(
        TradingDay(session.date(), int(close.value) if session in early else 0)
        for session, close in calendar.closes.items()
    )


def _calendar(name: str, **span: str) -> Any:
    """The library's calendar; without a span of days, the one it keeps."""
    import exchange_calendars

    with warnings.catch_warnings():
        # What the library uses of pandas and should not is for its makers to see.
        warnings.simplefilter("ignore")
        return exchange_calendars.get_calendar(name, **span)


@cache
def _names() -> tuple[str, ...]:
    import exchange_calendars

    names = exchange_calendars.get_calendar_names(include_aliases=True)
    return tuple(sorted(name for name in names if len(name) == 4 and name.isalnum()))
