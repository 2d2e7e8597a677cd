"""Market time as a function of real time."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.market_clock import (
    SEED_MAX,
    MarketClock,
    parse_seed,
    parse_speed,
    parse_time,
    text_of,
)

SECOND = 1_000_000_000
START = 1_795_000_000 * SECOND
STOCKHOLM = "Europe/Stockholm"

speeds = st.fractions(min_value=0, max_value=100_000, max_denominator=1000)
spans = st.integers(min_value=0, max_value=10**18)


class RealTime:
    """Real time that a test moves."""

    def __init__(self, time: int = START) -> None:
        self.time = time

    def now(self) -> int:
        """The time it was set to."""
        return self.time


def test_market_time_is_real_time() -> None:
    """To the nanosecond, and back when real time goes back."""
    real = RealTime()
    clock = MarketClock(real.now)
    found = []
    for real.time in (START, START + 1, START + 10**17, START - 5):
        found.append((clock.now(), clock.real_at(real.time)))
    assert found == [(at, at) for at in (START, START + 1, START + 10**17, START - 5)]


@pytest.mark.parametrize(
    ("speed", "passed"),
    [("1", 10 * SECOND), ("60", 600 * SECOND), ("0", 0), ("0.5", 5 * SECOND), ("0.001", 10**7)],
)
def test_market_time_runs_from_where_it_begins(speed: str, passed: int) -> None:
    """Ten seconds of real time at each speed."""
    real = RealTime()
    clock = MarketClock(real.now, Fraction(speed), start=1000)
    before = clock.now()
    real.time += 10 * SECOND
    assert (before, clock.now()) == (1000, 1000 + passed)


def test_another_speed_begins_at_real_time() -> None:
    """Where nobody says where market time begins."""
    real = RealTime()
    clock = MarketClock(real.now, Fraction(60))
    real.time += SECOND
    assert clock.now() == START + 60 * SECOND


def test_a_clock_that_stands_goes_on_at_its_speed() -> None:
    """Whatever real time did meanwhile."""
    real = RealTime()
    clock = MarketClock(real.now)
    clock.stand_at(7)
    real.time += SECOND
    stood = clock.now(), clock.real_at(8)
    clock.run_from(9)
    real.time += SECOND
    ran = clock.now()
    clock.run()
    assert (stood, ran, clock.now()) == ((7, None), 9 + SECOND, real.time)


@pytest.mark.parametrize(
    ("speed", "seconds"), [("1", 60), ("60", 1), ("0.5", 120), ("7", Fraction(60, 7)), ("0", None)]
)
def test_the_real_moment_of_a_market_moment(speed: str, seconds: Fraction | None) -> None:
    """None where the moment never comes by itself."""
    clock = MarketClock(RealTime().now, Fraction(speed), start=START)
    expected = None if seconds is None else START + math.ceil(seconds * SECOND)
    assert clock.real_at(START + 60 * SECOND) == expected


@given(speed=speeds, span=spans)
def test_the_real_moment_of_a_market_moment_is_the_first_that_shows_it(
    speed: Fraction, span: int
) -> None:
    """The timer never comes too early, and not a nanosecond too late."""
    clock = MarketClock(RealTime().now, speed, start=START)
    real = clock.real_at(START + span)
    if not speed:
        assert real is None
        return
    assert real is not None
    assert clock.at(real) >= START + span
    assert real == START or clock.at(real - 1) < START + span


@given(speed=speeds, first=spans, then=spans)
def test_market_time_does_not_drift(speed: Fraction, first: int, then: int) -> None:
    """What has passed is the product, rounded down, however far it has gone."""
    clock = MarketClock(RealTime().now, speed, start=0)
    real = START + first + then
    assert clock.at(real) == (first + then) * speed.numerator // speed.denominator
    assert clock.at(real) >= clock.at(START + first)


# Options


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-25T08:00:00Z", "2026-11-25T08:00:00.000Z"),
        ("2026-11-25T08:00:00+01:00", "2026-11-25T07:00:00.000Z"),
        ("2026-11-25T08:00:00.250", "2026-11-25T07:00:00.250Z"),
        ("2026-07-01 08:00", "2026-07-01T06:00:00.000Z"),
        ("2026-11-25", "2026-11-24T23:00:00.000Z"),
        ("1970-01-02T00:00:00Z", "1970-01-02T00:00:00.000Z"),
    ],
)
def test_a_moment_is_read(text: str, moment: str) -> None:
    """Without an offset it is in the venue's time zone."""
    assert text_of(parse_time(text, STOCKHOLM)) == moment


@pytest.mark.parametrize(
    "text", ["", "tomorrow", "08:00:00", "2026-02-30T00:00:00", "1795000000", "2026-11-25T25:00"]
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    """With what is allowed, and the text."""
    with pytest.raises(ValueError, match=r"^must be a moment in ISO 8601, .*, was ") as refused:
        parse_time(text, STOCKHOLM)
    assert str(refused.value).endswith(f", was {text}")


@pytest.mark.parametrize("text", ["1969-12-31", "0001-01-01", "2201-01-01", "9999-12-31T23:59:59"])
def test_a_moment_out_of_reach_is_refused(text: str) -> None:
    """Nanoseconds since 1970 that fit 64 bits."""
    with pytest.raises(ValueError, match=f"^must be in the years 1970 to 2200, was {text}$"):
        parse_time(text, STOCKHOLM)


@pytest.mark.parametrize(
    ("text", "speed"),
    [("1", 1), ("0", 0), ("60", 60), ("0.5", Fraction(1, 2)), ("100000", 100_000)],
)
def test_a_speed_is_read(text: str, speed: Fraction) -> None:
    """Exactly as written."""
    assert parse_speed(text) == speed


@pytest.mark.parametrize("text", ["", "-1", "100000.1", "1e3", "fast", "1/2", "nan", "1_0", "٣"])
def test_what_is_no_speed_is_refused(text: str) -> None:
    """With what is allowed, and the text."""
    with pytest.raises(ValueError, match=r"^must be a number from 0 ") as refused:
        parse_speed(text)
    assert str(refused.value) == f"must be a number from 0 (stands still) to 100000, was {text}"


@pytest.mark.parametrize("seed", [1, 7, SEED_MAX])
def test_a_seed_is_read(seed: int) -> None:
    """A number that fits 64 bits."""
    assert parse_seed(str(seed)) == seed


@pytest.mark.parametrize("text", ["", "0", "-1", "0x10", str(SEED_MAX + 1), "9" * 30, "٣"])
def test_what_is_no_seed_is_refused(text: str) -> None:
    """0 stands for a log without one."""
    with pytest.raises(ValueError, match=r"^must be a whole number from 1 to "):
        parse_seed(text)
