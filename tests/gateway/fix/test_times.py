"""FIX time texts and nanoseconds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.fix.times import (
    SendingTimes,
    end_of_day,
    format_utc_timestamp,
    nanos_or_zero,
    parse_utc_timestamp,
)
from tests.support.fix import SECOND, START

NANOS_OF_CENTURY = st.integers(0, 4_102_444_800 * SECOND)


@pytest.mark.parametrize(
    ("text", "nanos"),
    [
        ("19700101-00:00:00", 0),
        ("20261122-12:00:00", START),
        ("20261122-12:00:00.1", START + 100_000_000),
        ("20261122-12:00:00.214", START + 214_000_000),
        ("20261122-12:00:00.214365", START + 214_365_000),
        ("20261122-12:00:00.214365879", START + 214_365_879),
        ("20261122-12:00:00.214365879999", START + 214_365_879),
        ("20240229-00:00:00", 1_709_164_800 * SECOND),
        ("20161231-23:59:60", 1_483_228_800 * SECOND),
    ],
)
def test_timestamps_are_read_to_the_nanosecond(text: str, nanos: int) -> None:
    """Any number of decimals counts as far as nanoseconds go; a leap second is the one after."""
    assert parse_utc_timestamp(text) == nanos


@pytest.mark.parametrize("text", ["20260230-00:00:00", "20230229-00:00:00", "00000101-00:00:00"])
def test_days_that_no_calendar_has(text: str) -> None:
    """Such a day is a ValueError, or 0 for whoever only compares."""
    with pytest.raises(ValueError, match=r"day|year"):
        parse_utc_timestamp(text)
    assert nanos_or_zero(text) == 0


@pytest.mark.parametrize("text", ["", "now", "2026112", "20261122", "²0261122-12:00:00"])
def test_text_that_is_no_time_is_zero(text: str) -> None:
    """Text that nobody has validated never raises."""
    assert nanos_or_zero(text) == 0


@given(NANOS_OF_CENTURY)
def test_what_is_written_is_read_back(nanos: int) -> None:
    """Written in milliseconds, cut, never rounded up."""
    text = format_utc_timestamp(nanos)
    assert len(text) == len("20261122-12:00:00.000")
    assert parse_utc_timestamp(text) == nanos // 1_000_000 * 1_000_000


@pytest.mark.parametrize(
    ("digits", "text"),
    [
        (0, "20261122-12:00:01"),
        (3, "20261122-12:00:01.987"),
        (6, "20261122-12:00:01.987654"),
        (9, "20261122-12:00:01.987654321"),
    ],
)
def test_a_time_may_be_written_in_other_widths(digits: int, text: str) -> None:
    """What is finer than the width is cut."""
    assert format_utc_timestamp(START + SECOND + 987_654_321, digits) == text


@given(NANOS_OF_CENTURY, st.sampled_from([0, 3, 6, 9]))
def test_every_width_is_read_back(nanos: int, digits: int) -> None:
    """Cut, never rounded up, and none longer than the other."""
    text = format_utc_timestamp(nanos, digits)
    unit = 10 ** (9 - digits)
    assert parse_utc_timestamp(text) == nanos // unit * unit
    assert len(text) == 17 + (digits and digits + 1)


@pytest.mark.parametrize(
    ("day", "timezone", "end"),
    [
        ("20261122", "Europe/Stockholm", "20261122-23:00:00"),
        ("20260622", "Europe/Stockholm", "20260622-22:00:00"),
        ("20260328", "Europe/Stockholm", "20260328-23:00:00"),
        ("20260329", "Europe/Stockholm", "20260329-22:00:00"),
        ("20261231", "UTC", "20270101-00:00:00"),
        ("20261122", "America/New_York", "20261123-05:00:00"),
    ],
)
def test_a_day_ends_at_midnight_where_the_venue_is(day: str, timezone: str, end: str) -> None:
    """Summer and winter time included."""
    assert end_of_day(day, timezone) == parse_utc_timestamp(end)


@pytest.mark.parametrize("day", ["20261131", "99991231"])
def test_a_day_without_a_morrow_has_no_end(day: str) -> None:
    """What cannot be represented raises what order entry expects."""
    with pytest.raises((ValueError, OverflowError)):
        end_of_day(day, "Europe/Stockholm")


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("20261122-12:00:00", True),
        ("20261122-11:58:00", True),
        ("20261122-11:57:59.999", False),
        ("20261122-12:02:00", True),
        ("20261122-12:02:01", False),
        ("20251122-12:00:00", False),
        ("20260230-12:00:00", False),
        ("nonsense", False),
    ],
)
def test_sending_times_near_the_clock(text: str, near: bool) -> None:  # noqa: FBT001
    """Two minutes either way; the question may be asked again."""
    times = SendingTimes(120 * SECOND)
    assert [times.are_near(text, START), times.are_near(text, START)] == [near, near]


def test_one_second_of_text_may_become_old() -> None:
    """The same text is judged by the clock of each moment."""
    times = SendingTimes(120 * SECOND)
    answers = [times.are_near("20261122-12:00:00", START + s * SECOND) for s in (0, 120, 121)]
    assert answers == [True, True, False]
