"""Trading days as exchange_calendars has them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from gateway.calendars import calendar_problem, trading_days


def weekdays(year: int) -> list[date]:
    """Monday to Friday of a year."""
    days = [date(year, 1, 1) + timedelta(days=i) for i in range(366)]
    return [day for day in days if day.year == year and day.weekday() < 5]


def test_5_3_3_stockholm_in_2024() -> None:
    """Half days end at 13:00 local time; closed days are no trading days."""
    days = trading_days("XSTO", 2024)
    half = {d.day: datetime.fromtimestamp(d.early_close // 10**9, UTC) for d in days}
    closed = [day for day in weekdays(2024) if day not in half]
    assert (
        [f"{day:%d %b} {close:%H:%M}" for day, close in half.items() if close.year == 2024],
        [f"{day:%d %b}" for day in closed],
    ) == (
        ["05 Jan 12:00", "28 Mar 12:00", "30 Apr 11:00", "08 May 11:00", "01 Nov 12:00"],
        [
            *("01 Jan", "29 Mar", "01 Apr", "01 May", "09 May", "06 Jun", "21 Jun"),
            *("24 Dec", "25 Dec", "26 Dec", "31 Dec"),
        ],
    )


def test_5_3_3_national_day_is_closed_in_2025() -> None:
    """6 June 2025 is a Friday."""
    days = [day.day for day in trading_days("XSTO", 2025)]
    assert (date(2025, 6, 5) in days, date(2025, 6, 6) in days) == (True, False)


@pytest.mark.parametrize(("year", "count"), [(1955, 0), (2026, 246), (2051, 0)])
def test_a_calendar_that_does_not_reach_has_no_trading_days(year: int, count: int) -> None:
    """That of Seoul is known from 1956 to 2050; where it ends is said in the log."""
    trading_days.cache_clear()
    with capture_logs() as logs:
        days = len(trading_days("XKRX", year))
    said = [(entry["event"], entry["calendar"]) for entry in logs]
    assert (days, said) == (count, [] if count else [("calendar.ends", "XKRX")])


@pytest.mark.parametrize("name", ["XSTO", "XHEL", "ASEX", "XTAE"])
def test_a_calendar_can_be_loaded(name: str) -> None:
    """The last two are those that need a pandas before 3.1."""
    assert calendar_problem(name) is None


def test_an_unknown_calendar_is_answered_with_those_there_are() -> None:
    """Market codes, in alphabetical order."""
    rule = calendar_problem("XSTX")
    assert rule is not None
    assert (
        rule.startswith("must be a market code that has a calendar (AIXK, "),
        "XSTO" in rule,
    ) == (
        True,
        True,
    )


def test_a_calendar_that_fails_to_load_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the library or its pandas stumbles over is named."""

    def fail(name: str, **span: str) -> object:
        raise NotImplementedError("by subclasses")

    monkeypatch.setattr("exchange_calendars.get_calendar", fail)
    rule = "must be a calendar that can be loaded (NotImplementedError: by subclasses)"
    assert calendar_problem("XSTO") == rule
