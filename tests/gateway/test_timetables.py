"""Schedules as moments: trading days, half days, changed clocks; and what of it is said when.

The exchange is the real one; `told` applies what `plan` says, as the venue does.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from engine.commands import Command, PassTime, PlanPhases
from engine.exchange import Exchange
from gateway import reference_data, timetables
from gateway.calendars import trading_days
from gateway.config import (
    Config,
    PhaseChange,
    ScheduleConfig,
    SegmentConfig,
    VenueConfig,
    load,
)
from gateway.timetables import DAY_NANOS, half_day, plan

SECOND = 1_000_000_000
STOCKHOLM = ZoneInfo("Europe/Stockholm")
VENUES = Path(__file__).parents[2] / "fix_specs" / "venue"
SHIPPED = {schedule.id: schedule for schedule in load(VENUES / "stockholm.toml").schedules}


def moment(text: str, zone: ZoneInfo = STOCKHOLM) -> int:
    """`2024-03-28 12:55` local time as ns UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()) * SECOND


def changes(text: str) -> tuple[PhaseChange, ...]:
    """`08:00 PRE_OPEN, 09:00 CONTINUOUS +5` as the phases of a schedule."""
    found = []
    for one in text.split(", "):
        at, phase, *random = one.split()
        seconds = int(random[0]) if random else 0
        found.append(PhaseChange(at=f"{at}:00", phase=phase, random_seconds=seconds))
    return tuple(found)


DAY = ScheduleConfig(id="day", phases=changes("09:00 CONTINUOUS +5, 17:30 CLOSED"))


def venue(schedule: ScheduleConfig, timezone: str = "Europe/Stockholm") -> Config:
    """One segment that keeps this schedule."""
    return Config(
        venue=VenueConfig(comp_id="PIT", timezone=timezone),
        schedules=(schedule,),
        segments=(SegmentConfig(id="STO", name="Stockholm", schedule=schedule.id),),
    )


def apply(exchange: Exchange, command: Command, at: int) -> None:
    """One more command."""
    exchange.apply(command, exchange.seq + 1, at)


def begun(config: Config, at: int) -> Exchange:
    """An exchange that knows the segments of `config`, at that moment."""
    exchange = Exchange()
    tell(exchange, config, at)
    return exchange


def tell(exchange: Exchange, config: Config, at: int) -> None:
    """Reference data, as at every start."""
    for command in reference_data.changes(config, exchange):
        apply(exchange, command, at)
    apply(exchange, PassTime(), at)


def told(exchange: Exchange, config: Config, until: int) -> list[PlanPhases]:
    """What is said up to there; the exchange hears it."""
    said = plan(config, exchange, until)
    for command in said:
        apply(exchange, command, exchange.at)
    return said


def shown(said: list[PlanPhases], zone: ZoneInfo = STOCKHOLM, form: str = "%a %H:%M") -> list[str]:
    """The steps in local time: `Mon 09:00 CONTINUOUS +5`."""
    lines = []
    for step in (step for command in said for step in command.steps):
        wall = datetime.fromtimestamp(step.at // SECOND, zone)
        random = f" +{step.random_nanos // SECOND}" if step.random_nanos else ""
        lines.append(f"{wall:{form}} {step.phase}{random}")
    return lines


def day(text: str, schedule: ScheduleConfig, timezone: str = "Europe/Stockholm") -> list[str]:
    """The steps of one day, `2024-03-28`, in local time."""
    zone = ZoneInfo(timezone)
    config = venue(schedule, timezone)
    at = moment(f"{text} 00:00", zone) - 1
    said = told(begun(config, at), config, at + DAY_NANOS)
    return [line[11:] for line in shown(said, zone, "%Y-%m-%d %H:%M:%S") if line[:10] == text]


# A day


NORMAL_DAY = [
    "08:00:00 PRE_OPEN",
    "08:45:00 OPENING_CALL",
    "09:00:00 CONTINUOUS +5",
    "17:25:00 CLOSING_CALL",
    "17:29:30 POST_TRADE +30",
    "18:00:00 CLOSED",
]
HALF_DAY = [
    "08:00:00 PRE_OPEN",
    "08:45:00 OPENING_CALL",
    "09:00:00 CONTINUOUS +5",
    "12:55:00 CLOSING_CALL",
    "12:59:30 POST_TRADE +30",
    "13:20:00 CLOSED",
]
FIVE_AUCTIONS = [
    "08:00:00 PRE_OPEN",
    "08:45:00 OPENING_CALL",
    "09:00:00 SCHEDULED_AUCTION +5",
    "11:00:00 SCHEDULED_AUCTION +5",
    "13:00:00 SCHEDULED_AUCTION +5",
    "15:00:00 SCHEDULED_AUCTION +5",
    "17:25:00 CLOSING_CALL",
    "17:29:30 POST_TRADE +30",
    "18:00:00 CLOSED",
]


@pytest.mark.parametrize("text", ["2024-01-04", "2024-07-01", "2024-12-23", "2024-12-30"])
def test_5_1_a_normal_day_in_stockholm(text: str) -> None:
    """In winter and in summer by the clock on the wall."""
    assert day(text, SHIPPED["stockholm"]) == NORMAL_DAY


@pytest.mark.parametrize(
    "text", ["2024-01-05", "2024-03-28", "2024-04-30", "2024-05-08", "2024-11-01"]
)
def test_5_3_3_half_days_in_stockholm(text: str) -> None:
    """The morning of a normal day, then the closing call at 12:55 (rule 5.3.2)."""
    assert day(text, SHIPPED["stockholm"]) == HALF_DAY


@pytest.mark.parametrize(
    "text",
    [
        *("2024-01-01", "2024-03-29", "2024-04-01", "2024-05-01", "2024-05-09", "2024-06-06"),
        *("2024-06-21", "2024-12-24", "2024-12-25", "2024-12-26", "2024-12-31", "2025-06-06"),
        *("2024-06-08", "2024-06-09"),
    ],
)
def test_5_3_3_closed_days_in_stockholm(text: str) -> None:
    """Holidays and weekends have no steps: what lasted before lasts on."""
    assert day(text, SHIPPED["stockholm"]) == []


def test_5_1_five_auctions_of_first_north() -> None:
    """A normal day, and a half day: what the closing call at 12:55 leaves of it."""
    assert (
        day("2024-01-04", SHIPPED["five-auctions"]),
        day("2024-01-05", SHIPPED["five-auctions"]),
    ) == (
        FIVE_AUCTIONS,
        [*FIVE_AUCTIONS[:4], *HALF_DAY[3:]],
    )


def test_a_schedule_may_say_its_half_days() -> None:
    """Its word prevails over the usual half day."""
    schedule = replace(
        SHIPPED["stockholm"], half_day_phases=changes("10:00 CONTINUOUS, 11:00 CLOSED")
    )
    assert day("2024-01-05", schedule) == ["10:00:00 CONTINUOUS", "11:00:00 CLOSED"]


def test_a_day_without_a_closing_call_has_no_half_days() -> None:
    """There is nothing that could come earlier."""
    assert day("2024-01-05", replace(DAY, calendar="XSTO")) == [
        "09:00:00 CONTINUOUS +5",
        "17:30:00 CLOSED",
    ]


def test_a_half_day_ends_when_the_calendar_says() -> None:
    """Five minutes before it the call begins, twenty after it the market is closed."""
    found = half_day(SHIPPED["stockholm"].phases, datetime(2024, 12, 24, 14, 0, tzinfo=STOCKHOLM))
    assert [(change.at, change.phase, change.random_seconds) for change in found[3:]] == [
        ("13:55:00", "CLOSING_CALL", 0),
        ("13:59:30", "POST_TRADE", 30),
        ("14:20:00", "CLOSED", 0),
    ]


def test_without_a_calendar_every_day_is_a_trading_day() -> None:
    """Christmas Eve and Sundays too."""
    found = day("2024-12-24", DAY), day("2024-06-09", DAY)
    assert found == (["09:00:00 CONTINUOUS +5", "17:30:00 CLOSED"],) * 2


def test_a_calendar_of_another_place_closes_early_by_the_venues_clock() -> None:
    """New York closes at 13:00 the day after Thanksgiving, which is 19:00 in Stockholm."""
    schedule = ScheduleConfig(
        id="ny",
        calendar="XNYS",
        phases=changes("15:30 CONTINUOUS, 21:55 CLOSING_CALL, 22:00 CLOSED"),
    )
    assert day("2024-11-29", schedule) == [
        "15:30:00 CONTINUOUS",
        "18:55:00 CLOSING_CALL",
        "18:59:30 POST_TRADE +30",
        "19:20:00 CLOSED",
    ]


# Changed clocks


@pytest.mark.parametrize(
    ("text", "hours"), [("2024-03-31", 23), ("2024-10-27", 25), ("2024-10-28", 24)]
)
def test_days_are_as_long_as_they_are(text: str, hours: int) -> None:
    """From one opening to the one of the day after, where the clock is changed in between."""
    config = venue(DAY)
    at = moment(f"{text} 09:00") - DAY_NANOS
    said = told(begun(config, at - 1), config, at + 3 * DAY_NANOS)
    opens = [step.at for step in said[0].steps if step.phase == "CONTINUOUS"]
    before = max(at for at in opens if at < moment(f"{text} 09:00"))
    assert moment(f"{text} 09:00") - before == hours * 3600 * SECOND


NIGHT = ScheduleConfig(
    id="night",
    phases=changes(
        "01:30 PRE_OPEN, 02:10 OPENING_CALL, 02:40 CONTINUOUS +5, 03:00 CLOSING_CALL, 04:00 CLOSED"
    ),
)


def test_steps_of_a_skipped_hour_are_one_moment() -> None:
    """31 March 2024: the clock goes from 02:00 to 03:00; the last of the steps counts."""
    assert day("2024-03-31", NIGHT) == [
        "01:30:00 PRE_OPEN",
        "03:00:00 CLOSING_CALL",
        "04:00:00 CLOSED",
    ]


def test_steps_of_a_repeated_hour_come_once() -> None:
    """27 October 2024: the clock goes from 03:00 to 02:00; the first of the hours counts."""
    config = venue(NIGHT)
    at = moment("2024-10-27 00:00") - 1
    said = told(begun(config, at), config, at + DAY_NANOS)
    assert shown(said, ZoneInfo("UTC"), "%d %H:%M")[1:6] == [
        "26 23:30 PRE_OPEN",
        "27 00:10 OPENING_CALL",
        "27 00:40 CONTINUOUS +5",
        "27 02:00 CLOSING_CALL",
        "27 03:00 CLOSED",
    ]


def test_a_random_delay_is_over_by_the_next_step() -> None:
    """Where a skipped hour brings them closer than the file says."""
    phases = changes("01:59 PRE_OPEN +3600, 03:01 CONTINUOUS, 12:00 CLOSED")
    assert day("2024-03-31", ScheduleConfig(id="night", phases=phases))[:2] == [
        "01:59:00 PRE_OPEN +120",
        "03:01:00 CONTINUOUS",
    ]


# What is said


@pytest.mark.parametrize(
    ("now", "phase", "begins"),
    [
        ("2024-06-10 07:59", "CLOSED", "Fri 18:00 CLOSED"),
        ("2024-06-10 08:00", "PRE_OPEN", "Mon 08:00 PRE_OPEN"),
        ("2024-06-10 10:00", "CONTINUOUS", "Mon 09:00 CONTINUOUS +5"),
        ("2024-06-10 17:29", "CLOSING_CALL", "Mon 17:25 CLOSING_CALL"),
        ("2024-06-10 23:00", "CLOSED", "Mon 18:00 CLOSED"),
        ("2024-12-26 12:00", "CLOSED", "Mon 18:00 CLOSED"),
    ],
)
def test_a_venue_that_starts_is_in_the_phase_of_now(now: str, phase: str, begins: str) -> None:
    """The first thing said begins with the last step that is past."""
    config = venue(SHIPPED["stockholm"])
    exchange = begun(config, moment(now))
    said = told(exchange, config, exchange.at + DAY_NANOS)
    assert (exchange.segments["STO"].phase, shown(said)[0]) == (phase, begins)


def test_a_plan_reaches_as_far_as_asked_and_a_week_more() -> None:
    """So that it is said once a week and not once a day."""
    config = venue(DAY)
    start = moment("2024-06-10 12:00")
    exchange = begun(config, start)
    told(exchange, config, start + 7 * DAY_NANOS)
    said = [told(exchange, config, start + days * DAY_NANOS) for days in (8, 14, 15, 22, 23)]
    assert (
        [shown(one, form="%d %b %H:%M")[:1] for one in said],
        shown(said[2], form="%d %b %H:%M")[-1:],
    ) == (
        [[], [], ["24 Jun 17:30 CLOSED"], [], ["02 Jul 17:30 CLOSED"]],
        ["02 Jul 09:00 CONTINUOUS +5"],
    )


def test_an_exchange_that_knows_is_told_nothing() -> None:
    """Also after steps were taken, and in a restart on the same file."""
    config = venue(SHIPPED["stockholm"])
    exchange = begun(config, moment("2024-06-10 07:00"))
    told(exchange, config, exchange.at + 7 * DAY_NANOS)
    apply(exchange, PassTime(), moment("2024-06-10 09:00:02"))
    tell(exchange, config, exchange.at)
    assert told(exchange, config, exchange.at + 7 * DAY_NANOS) == []


def test_another_schedule_is_told_from_now_on() -> None:
    """The phase of now lasts until the first step of the new one."""
    config = venue(SHIPPED["stockholm"])
    exchange = begun(config, moment("2024-06-10 10:00"))
    told(exchange, config, exchange.at + 7 * DAY_NANOS)
    other = venue(replace(SHIPPED["stockholm"], phases=DAY.phases))
    said = told(exchange, other, exchange.at + 7 * DAY_NANOS)
    segment = exchange.segments["STO"]
    assert (said[0].from_at - exchange.at, shown(said)[:2], segment.phase, segment.plan) == (
        1,
        ["Mon 17:30 CLOSED", "Tue 09:00 CONTINUOUS +5"],
        "CONTINUOUS",
        list(said[0].steps),
    )


def test_a_segment_without_a_timetable_is_told_nothing() -> None:
    """A single phase lasts around the clock, and replaces a timetable that was."""
    always = venue(ScheduleConfig(id="always", phases=changes("00:00 CONTINUOUS")))
    exchange = begun(always, moment("2024-06-10 20:00"))
    first = told(exchange, always, exchange.at + DAY_NANOS)
    daily = venue(SHIPPED["stockholm"])
    tell(exchange, daily, exchange.at)
    told(exchange, daily, exchange.at + DAY_NANOS)
    evening = exchange.segments["STO"].phase
    tell(exchange, always, exchange.at)
    said = told(exchange, always, exchange.at + DAY_NANOS)
    segment = exchange.segments["STO"]
    assert (first, evening, said, segment.phase, segment.plan) == (
        [],
        "CLOSED",
        [PlanPhases("STO", exchange.at + 1, ())],
        "CONTINUOUS",
        [],
    )
    tell(exchange, daily, exchange.at)
    told(exchange, daily, exchange.at + DAY_NANOS)
    assert segment.phase == "CLOSED"


def test_a_phase_that_does_not_end_lasts_over_days_without_trading() -> None:
    """A schedule that closes on no evening trades through the weekend."""
    schedule = ScheduleConfig(
        id="day", calendar="XSTO", phases=changes("08:00 PRE_OPEN, 09:00 CONTINUOUS")
    )
    config = venue(schedule)
    exchange = begun(config, moment("2024-06-09 12:00"))
    said = told(exchange, config, exchange.at + DAY_NANOS)
    assert (exchange.segments["STO"].phase, shown(said)[:2]) == (
        "CONTINUOUS",
        ["Fri 09:00 CONTINUOUS", "Mon 08:00 PRE_OPEN"],
    )


def test_where_the_calendar_ends_nothing_is_planned(monkeypatch: pytest.MonkeyPatch) -> None:
    """The market stays closed; the days it knows are still right."""
    monkeypatch.setattr(
        timetables,
        "trading_days",
        lambda name, year: trading_days(name, year) if year < 2025 else (),
    )
    config = venue(SHIPPED["stockholm"])
    exchange = begun(config, moment("2024-12-30 12:00"))
    said = shown(told(exchange, config, exchange.at + 30 * DAY_NANOS), form="%d %b %H:%M")
    again = told(exchange, config, exchange.at + 40 * DAY_NANOS)
    later = begun(config, moment("2025-03-03 12:00"))
    nothing = told(later, config, later.at + DAY_NANOS)
    assert (said[-1], again, nothing, later.segments["STO"].phase) == (
        "30 Dec 18:00 CLOSED",
        [],
        [],
        "CLOSED",
    )
