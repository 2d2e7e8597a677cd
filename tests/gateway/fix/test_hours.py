"""When a session may be up and when its numbers start again. Times in tables are UTC."""

from __future__ import annotations

from datetime import datetime, timedelta
from datetime import time as time_of_day
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.fix.hours import Hours, ResetTimes, hours_problem, problem, timezone_problem
from gateway.fix.times import format_utc_timestamp, parse_utc_timestamp
from tests.support.fix import SECOND, START

STOCKHOLM, NEW_YORK = "Europe/Stockholm", "America/New_York"
DAY = 86_400 * SECOND


def at(text: str) -> int:
    """`20261122 12:00:00` in nanoseconds."""
    return parse_utc_timestamp(text.replace(" ", "-"))


def shown(moments: list[int]) -> list[str]:
    """The reverse of `at`."""
    return [format_utc_timestamp(moment)[:17].replace("-", " ") for moment in moments]


def changes(hours: Hours, start: str, count: int) -> list[str]:
    """The next changes after a moment, each with what comes then: + open, - closed."""
    now, said = at(start), []
    for _ in range(count):
        change = hours.next_change(now)
        assert change is not None
        assert hours.is_open(change) is not hours.is_open(change - 1)
        said.append(f"{shown([change])[0]} {'+' if hours.is_open(change) else '-'}")
        now = change
    return said


def resets(times: ResetTimes, start: str, count: int) -> list[str]:
    """The next reset moments after a moment."""
    moments = [at(start)]
    for _ in range(count):
        moments.append(times.next(moments[-1]))
        assert times.last(moments[-1]) == moments[-1]
    return shown(moments[1:])


# Ordinary days

CHANGES = [
    ("08:00:00 17:00:00 UTC", "20261122 12:00:00",
     ["20261122 17:00:00 -", "20261123 08:00:00 +", "20261123 17:00:00 -"]),
    ("08:00:00 17:00:00 Europe/Stockholm", "20261122 12:00:00",
     ["20261122 16:00:00 -", "20261123 07:00:00 +"]),
    ("22:00:00 05:00:00 UTC", "20261122 12:00:00",
     ["20261122 22:00:00 +", "20261123 05:00:00 -", "20261123 22:00:00 +"]),
    ("22:00:00 05:00:00 UTC", "20261122 02:00:00", ["20261122 05:00:00 -"]),
    ("00:00:01 00:00:00 UTC", "20261122 12:00:00", ["20261123 00:00:00 -", "20261123 00:00:01 +"]),
    ("00:00:00 23:59:59 UTC", "20261122 12:00:00", ["20261122 23:59:59 -", "20261123 00:00:00 +"]),
    ("Sun 17:00:00 Fri 17:00:00 America/New_York", "20261122 12:00:00",
     ["20261122 22:00:00 +", "20261127 22:00:00 -", "20261129 22:00:00 +"]),
    ("Fri 20:00:00 Mon 06:00:00 UTC", "20261122 12:00:00",
     ["20261123 06:00:00 -", "20261127 20:00:00 +", "20261130 06:00:00 -"]),
    ("Mon 08:00:00 Mon 17:00:00 UTC", "20261122 12:00:00",
     ["20261123 08:00:00 +", "20261123 17:00:00 -", "20261130 08:00:00 +"]),
    ("Mon 17:00:00 Mon 08:00:00 UTC", "20261122 12:00:00",
     ["20261123 08:00:00 -", "20261123 17:00:00 +", "20261130 08:00:00 -"]),
    ("22:00:00 05:00:00 Pacific/Auckland", "20261122 12:00:00",
     ["20261122 16:00:00 -", "20261123 09:00:00 +"]),
]  # fmt: skip


@pytest.mark.parametrize(("hours", "start", "expected"), CHANGES)
def test_hours_on_ordinary_days(hours: str, start: str, expected: list[str]) -> None:
    """Within a day, past midnight, within a week, around its end."""
    assert changes(_hours(hours), start, len(expected)) == expected


def _hours(text: str) -> Hours:
    *times, timezone = text.split()
    half = len(times) // 2
    return Hours(" ".join(times[:half]), " ".join(times[half:]), timezone)


@pytest.mark.parametrize("weekday", ["", "Wed "])
def test_the_same_time_twice_means_always(weekday: str) -> None:
    """The whole day or the whole week, and no change ever comes."""
    hours = Hours(f"{weekday}02:30:00", f"{weekday}02:30:00", STOCKHOLM)
    for day in range(0, 400, 3):
        now = START + day * DAY
        assert (hours.is_open(now), hours.next_change(now)) == (True, None)


def test_hours_begin_with_open_and_end_before_close() -> None:
    """To the nanosecond."""
    hours = Hours("08:00:00", "17:00:00", "UTC")
    opened, closed = at("20261122 08:00:00"), at("20261122 17:00:00")
    found = [hours.is_open(moment) for moment in (opened - 1, opened, closed - 1, closed)]
    assert found == [False, True, True, False]


def test_questions_may_come_in_any_order() -> None:
    """What is kept of one answer does not show in the next, if the clock was set back or not."""
    hours, times = Hours("08:00:00", "17:00:00", "UTC"), ResetTimes("06:00:00", "UTC")
    for day in (5, 0, 9, 9, 0, -400):
        now = START + day * DAY
        assert (hours.is_open(now), hours.next_change(now)) == (True, now + 5 * 3600 * SECOND)
        assert (times.last(now), times.next(now)) == (now - DAY // 4, now + 3 * DAY // 4)


# Days on which the clock is changed

DST_CHANGES = [
    # Stockholm, 29 March 2026: at 01:00 UTC the clock goes from 02:00 to 03:00.
    ("08:00:00 17:00:00 Europe/Stockholm", "20260328 12:00:00",
     ["20260328 16:00:00 -", "20260329 06:00:00 +", "20260329 15:00:00 -"]),
    ("02:30:00 08:00:00 Europe/Stockholm", "20260328 12:00:00",
     ["20260329 01:00:00 +", "20260329 06:00:00 -", "20260330 00:30:00 +"]),
    ("22:00:00 02:30:00 Europe/Stockholm", "20260328 12:00:00",
     ["20260328 21:00:00 +", "20260329 01:00:00 -", "20260329 20:00:00 +", "20260330 00:30:00 -"]),
    ("02:00:00 03:00:00 Europe/Stockholm", "20260328 00:30:00",
     ["20260328 01:00:00 +", "20260328 02:00:00 -", "20260330 00:00:00 +"]),
    ("02:15:00 02:45:00 Europe/Stockholm", "20260328 01:30:00",
     ["20260328 01:45:00 -", "20260330 00:15:00 +"]),
    ("03:00:00 02:00:00 Europe/Stockholm", "20260328 00:30:00",
     ["20260328 01:00:00 -", "20260328 02:00:00 +", "20260330 00:00:00 -"]),
    ("02:45:00 02:15:00 Europe/Stockholm", "20260328 01:30:00",
     ["20260328 01:45:00 +", "20260330 00:15:00 -"]),
    ("Sun 02:30:00 Fri 17:00:00 Europe/Stockholm", "20260328 12:00:00",
     ["20260329 01:00:00 +", "20260403 15:00:00 -", "20260405 00:30:00 +"]),
    # Stockholm, 25 October 2026: at 01:00 UTC the clock goes from 03:00 to 02:00.
    ("08:00:00 17:00:00 Europe/Stockholm", "20261024 12:00:00",
     ["20261024 15:00:00 -", "20261025 07:00:00 +", "20261025 16:00:00 -"]),
    ("02:30:00 08:00:00 Europe/Stockholm", "20261024 12:00:00",
     ["20261025 00:30:00 +", "20261025 07:00:00 -", "20261026 01:30:00 +"]),
    ("22:00:00 02:30:00 Europe/Stockholm", "20261024 12:00:00",
     ["20261024 20:00:00 +", "20261025 00:30:00 -", "20261025 21:00:00 +"]),
    ("02:15:00 02:45:00 Europe/Stockholm", "20261024 12:00:00",
     ["20261025 00:15:00 +", "20261025 00:45:00 -", "20261026 01:15:00 +"]),
    ("01:59:59 03:00:00 Europe/Stockholm", "20261024 12:00:00",
     ["20261024 23:59:59 +", "20261025 02:00:00 -"]),
    ("Fri 17:00:00 Sun 02:30:00 Europe/Stockholm", "20261024 12:00:00",
     ["20261025 00:30:00 -", "20261030 16:00:00 +", "20261101 01:30:00 -"]),
    # New York, 8 March 2026: at 07:00 UTC the clock goes from 02:00 to 03:00.
    ("09:30:00 16:00:00 America/New_York", "20260307 12:00:00",
     ["20260307 14:30:00 +", "20260307 21:00:00 -", "20260308 13:30:00 +", "20260308 20:00:00 -"]),
    ("02:30:00 16:00:00 America/New_York", "20260307 22:00:00",
     ["20260308 07:00:00 +", "20260308 20:00:00 -", "20260309 06:30:00 +"]),
    ("Sun 17:00:00 Fri 17:00:00 America/New_York", "20260306 12:00:00",
     ["20260306 22:00:00 -", "20260308 21:00:00 +", "20260313 21:00:00 -"]),
    # New York, 1 November 2026: at 06:00 UTC the clock goes from 02:00 to 01:00.
    ("01:30:00 16:00:00 America/New_York", "20261031 22:00:00",
     ["20261101 05:30:00 +", "20261101 21:00:00 -", "20261102 06:30:00 +"]),
    ("22:00:00 01:30:00 America/New_York", "20261031 22:00:00",
     ["20261101 02:00:00 +", "20261101 05:30:00 -", "20261102 03:00:00 +"]),
    ("Sun 01:00:00 Fri 17:00:00 America/New_York", "20261031 22:00:00",
     ["20261101 05:00:00 +", "20261106 22:00:00 -", "20261108 06:00:00 +"]),
    # Beirut skips midnight, Apia once skipped the whole of 30 December 2011.
    ("00:00:00 17:00:00 Asia/Beirut", "20260328 12:00:00",
     ["20260328 15:00:00 -", "20260328 22:00:00 +", "20260329 14:00:00 -"]),
    ("09:00:00 17:00:00 Pacific/Apia", "20111229 12:00:00",
     ["20111229 19:00:00 +", "20111230 03:00:00 -", "20111230 19:00:00 +"]),
]  # fmt: skip


@pytest.mark.parametrize(("hours", "start", "expected"), DST_CHANGES)
def test_hours_when_the_clock_is_changed(hours: str, start: str, expected: list[str]) -> None:
    """A skipped time is the moment of the skip, one that comes twice counts the first time."""
    assert changes(_hours(hours), start, len(expected)) == expected


RESETS = [
    ("06:00:00", "UTC", "20261122 12:00:00", ["20261123 06:00:00", "20261124 06:00:00"]),
    ("06:00:00", "UTC", "20261122 06:00:00", ["20261123 06:00:00"]),
    ("17:00:00", NEW_YORK, "20261122 12:00:00", ["20261122 22:00:00", "20261123 22:00:00"]),
    ("Sat 13:00:00", NEW_YORK, "20261122 12:00:00", ["20261128 18:00:00", "20261205 18:00:00"]),
    ("Sun 13:00:00", "UTC", "20261122 12:00:00", ["20261122 13:00:00", "20261129 13:00:00"]),
    ("Sun 11:00:00", "UTC", "20261122 12:00:00", ["20261129 11:00:00"]),
    ("02:30:00", STOCKHOLM, "20260328 00:00:00",
     ["20260328 01:30:00", "20260329 01:00:00", "20260330 00:30:00"]),
    ("02:30:00", STOCKHOLM, "20261024 00:00:00",
     ["20261024 00:30:00", "20261025 00:30:00", "20261026 01:30:00"]),
    ("02:30:00", NEW_YORK, "20260307 00:00:00",
     ["20260307 07:30:00", "20260308 07:00:00", "20260309 06:30:00"]),
    ("01:30:00", NEW_YORK, "20261031 00:00:00",
     ["20261031 05:30:00", "20261101 05:30:00", "20261102 06:30:00"]),
    ("Sun 01:30:00", NEW_YORK, "20261031 00:00:00", ["20261101 05:30:00", "20261108 06:30:00"]),
    ("Sun 02:30:00", STOCKHOLM, "20260328 00:00:00", ["20260329 01:00:00", "20260405 00:30:00"]),
    ("12:00:00", "Pacific/Apia", "20111228 23:00:00",
     ["20111229 22:00:00", "20111230 10:00:00", "20111230 22:00:00"]),
]  # fmt: skip


@pytest.mark.parametrize(("when", "timezone", "start", "expected"), RESETS)
def test_reset_times(when: str, timezone: str, start: str, expected: list[str]) -> None:
    """One a day or one a week, once only on the day on which it comes twice."""
    assert resets(ResetTimes(when, timezone), start, len(expected)) == expected


def test_the_last_reset_before_a_moment() -> None:
    """It is the moment itself when that is one."""
    times, moment = ResetTimes("Sat 13:00:00", NEW_YORK), at("20261121 18:00:00")
    found = shown([times.last(moment - 1), times.last(moment), times.last(moment + 1)])
    assert found == ["20261114 18:00:00", "20261121 18:00:00", "20261121 18:00:00"]


# Properties, by a reading of the wall clock that is as plain as it is slow

SECONDS = st.one_of(st.integers(0, 16).map(lambda quarter: quarter * 900), st.integers(0, 86_399))
TIMES = SECONDS.map(lambda s: f"{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}")
WEEKDAYS = st.sampled_from(["Mon ", "Tue ", "Wed ", "Thu ", "Fri ", "Sat ", "Sun "])
ZONES = st.sampled_from(
    [STOCKHOLM, NEW_YORK, "UTC", "Asia/Beirut", "Australia/Lord_Howe", "America/Havana"]
)
PAIRS = st.one_of(
    st.tuples(TIMES, TIMES),
    st.tuples(WEEKDAYS, TIMES, WEEKDAYS, TIMES).map(lambda t: (t[0] + t[1], t[2] + t[3])),
)
_SWITCHES = ["20260308", "20260328", "20260329", "20260405", "20261004", "20261025", "20261101"]
MOMENTS = st.one_of(
    st.integers(0, 4_102_444_800 * SECOND),
    st.tuples(st.sampled_from(_SWITCHES), st.integers(-DAY, DAY)).map(
        lambda pair: at(f"{pair[0]} 00:00:00") + pair[1]
    ),
)


@given(PAIRS, ZONES, MOMENTS)
def test_hours_change_only_at_their_changes(pair: tuple[str, str], timezone: str, now: int) -> None:
    """From one change to the next the answer is one, asked anew each time; then it is the other."""
    for _ in range(4):
        change = Hours(*pair, timezone).next_change(now)
        if change is None:
            assert pair[0] == pair[1]
            return
        moments = {now, *range(now, change, max((change - now) // 7, 1)), change - 1}
        answers = {Hours(*pair, timezone).is_open(moment) for moment in moments}
        assert answers == {not Hours(*pair, timezone).is_open(change)}
        assert now < change < now + 15 * DAY
        now = change


@given(PAIRS, ZONES, MOMENTS)
def test_hours_are_open_when_open_came_after_close(
    pair: tuple[str, str], timezone: str, now: int
) -> None:
    """By their last moments; in the moment of a skip, which may be both, the later time counts."""
    opened, closed = (ResetTimes(when, timezone).last(now) for when in pair)
    expected = opened > closed or (opened == closed and pair[0] >= pair[1])
    assert Hours(*pair, timezone).is_open(now) is expected


@given(TIMES, ZONES, MOMENTS)
def test_a_moment_is_the_first_that_shows_its_time(wall: str, timezone: str, now: int) -> None:
    """No clock in the three hours before shows it or a later one; a skip shows a later one."""
    moment = ResetTimes(wall, timezone).next(now)
    before, there = _clock(moment - SECOND, timezone), _clock(moment, timezone)
    time = datetime.combine(there, time_of_day.fromisoformat(wall))
    assert time == there or before + timedelta(seconds=1) <= time < there
    earlier = range(moment - 3 * 3600 * SECOND, moment, 300 * SECOND)
    assert all(_clock(other, timezone) < time for other in (*earlier, moment - SECOND))


def _clock(moment: int, timezone: str) -> datetime:
    return datetime.fromtimestamp(moment // SECOND, ZoneInfo(timezone)).replace(tzinfo=None)


@given(st.one_of(TIMES, st.tuples(WEEKDAYS, TIMES).map("".join)), ZONES, MOMENTS)
def test_resets_follow_each_other(when: str, timezone: str, now: int) -> None:
    """`last` and `next` lie around the moment, with no other between, about a period apart."""
    times = ResetTimes(when, timezone)
    last, following = times.last(now), times.next(now)
    assert last <= now < following
    assert ResetTimes(when, timezone).next(last) == following
    assert ResetTimes(when, timezone).last(following - 1) == last
    assert abs(following - last - (7 if " " in when else 1) * DAY) <= 3600 * SECOND


# What is allowed


@pytest.mark.parametrize("text", ["00:00:00", "23:59:59", "Mon 08:00:00", "Sun 23:59:59"])
def test_times_that_may_be_written(text: str) -> None:
    """A time of day, or one of a weekday."""
    assert problem(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "8:00:00",
        "08:00",
        "24:00:00",
        "08:60:00",
        "08:00:60",
        "08:00:00.000",
        "08:00:00 ",
        "08:00:00\n",
        "mon 08:00:00",
        "Monday 08:00:00",
        "Mon  08:00:00",
        "Mon",
        " 08:00:00",
        "20261122-08:00:00",
        "\u0660\u0668:00:00",
    ],
)
def test_times_that_may_not_be_written(text: str) -> None:
    """One form only; nothing is raised by asking, but by going on without."""
    rule = 'must be a time of day, "HH:MM:SS", or one of a weekday, "Sun HH:MM:SS"'
    assert (problem(text), hours_problem(text, "08:00:00")) == (rule, rule)
    assert hours_problem("08:00:00", text) == rule
    with pytest.raises(ValueError, match="must be a time of day"):
        ResetTimes(text, "UTC")
    with pytest.raises(ValueError, match="must be a time of day"):
        Hours("08:00:00", text, "UTC")


@pytest.mark.parametrize(
    ("pair", "allowed"),
    [
        (("08:00:00", "17:00:00"), True),
        (("Mon 08:00:00", "Fri 17:00:00"), True),
        (("Mon 08:00:00", "17:00:00"), False),
        (("08:00:00", "Fri 17:00:00"), False),
    ],
)
def test_both_times_name_a_weekday_or_neither(pair: tuple[str, str], allowed: bool) -> None:  # noqa: FBT001
    """Anything else could mean two things."""
    rule = None if allowed else "must both name a weekday, or neither of them"
    assert hours_problem(*pair) == rule
    if not allowed:
        with pytest.raises(ValueError, match="both name a weekday"):
            Hours(*pair, "UTC")


@pytest.mark.parametrize("name", ["UTC", STOCKHOLM, NEW_YORK])
def test_time_zones_that_exist(name: str) -> None:
    """By their IANA names."""
    assert timezone_problem(name) is None


@pytest.mark.parametrize("name", ["", "Europe", "Europe/Lund", "../UTC", "UTC\0", "x" * 5000])
def test_time_zones_that_do_not_exist(name: str) -> None:
    """Whatever the text, the answer is a rule; going on without is a ValueError."""
    assert timezone_problem(name) == 'must be an IANA time zone, like "Europe/Stockholm"'
    with pytest.raises(ValueError, match="IANA"):
        Hours("08:00:00", "17:00:00", name)
    with pytest.raises(ValueError, match="IANA"):
        ResetTimes("08:00:00", name)
