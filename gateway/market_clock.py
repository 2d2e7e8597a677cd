"""Market time: what o'clock it is in the market, as a function of real time.

Normally the two are the same. It can begin elsewhere, run faster or slower, or stand still until it
is moved; it never goes back. The arithmetic is in whole numbers, so nothing drifts. What must not
be here: what happens in the market as its time passes (`market_time`), and reading a clock.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import NamedTuple
from zoneinfo import ZoneInfo

SPEED_MAX = 100_000
NORMAL = Fraction(1)
SEED_MAX = 2**63 - 1

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEAR_MAX = 2200
_SPEED = re.compile(r"[0-9]{1,6}(\.[0-9]{1,9})?")


class MarketTimeError(Exception):
    """Market time cannot be what was asked for; the text: what it must be, and what it was."""


class MarketOptions(NamedTuple):
    """How market time begins, None: as the log or real time says; and what draws follow from."""

    start: int | None = None
    speed: Fraction = NORMAL
    seed: int | None = None


class MarketClock:
    """Market time in ns UTC; `speed` is how much of it passes in a second of real time.

    It begins at `start`; without one it is real time, or real time at another speed from now on.
    """

    __slots__ = ("_den", "_from", "_now_real", "_num", "_real", "speed")

    def __init__(
        self, now_real: Callable[[], int], speed: Fraction = NORMAL, start: int | None = None
    ) -> None:
        self._now_real = now_real
        self.speed = speed
        if start is None:
            self.run()
        else:
            self.run_from(start)

    def at(self, real: int) -> int:
        """What o'clock it is in the market at a moment of real time."""
        return self._from + (real - self._real) * self._num // self._den

    def real(self) -> int:
        """Real time now."""
        return self._now_real()

    def now(self) -> int:
        """Market time now."""
        return self.at(self._now_real())

    def real_at(self, at: int) -> int | None:
        """The moment of real time at which it will be `at`, None where market time stands still."""
        if not self._num:
            return None
        return self._real - (self._from - at) * self._den // self._num

    def stand_at(self, at: int) -> None:
        """Stand still at `at`, whatever the speed, until it runs again."""
        self._from, self._num = at, 0

    def run_from(self, at: int) -> None:
        """Run at the clock's speed, from `at` on."""
        self._real, self._from = self._now_real(), at
        self._num, self._den = self.speed.numerator, self.speed.denominator

    @property
    def is_real(self) -> bool:
        """Whether market time is real time, now and as long as nobody moves it."""
        return self._num == self._den and self._real == self._from

    def run(self) -> None:
        """Run at the clock's speed, from real time on; at the normal one, exactly with it."""
        self.run_from(self._now_real())
        if self.speed == NORMAL:
            self._real = self._from = 0


def text_of(at: int) -> str:
    """A moment as ISO 8601 in UTC, to the millisecond."""
    moment = _EPOCH + timedelta(microseconds=at // 1000)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_time(text: str, timezone: str) -> int:
    """ISO 8601 as ns UTC; without an offset, in `timezone`. Raises ValueError with the rule."""
    rule = f"must be a moment in ISO 8601, like 2026-11-25T08:00:00, was {text[:60]}"
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(timezone))
        nanos = (moment - _EPOCH) // timedelta(microseconds=1) * 1000
    except (ValueError, OverflowError):
        raise ValueError(rule) from None
    if nanos <= 0 or moment.year > _YEAR_MAX:
        raise ValueError(f"must be in the years 1970 to {_YEAR_MAX}, was {text[:60]}")
    return nanos


def parse_speed(text: str) -> Fraction:
    """A decimal number from 0 to SPEED_MAX, exactly. Raises ValueError with the rule."""
    if not _SPEED.fullmatch(text) or (speed := Fraction(text)) > SPEED_MAX:
        raise ValueError(f"must be a number from 0 (stands still) to {SPEED_MAX}, was {text[:60]}")
    return speed


def parse_seed(text: str) -> int:
    """A whole number from 1 to SEED_MAX. Raises ValueError with the rule."""
    if not re.fullmatch("[0-9]{1,19}", text) or not 1 <= int(text) <= SEED_MAX:
        raise ValueError(f"must be a whole number from 1 to {SEED_MAX}, was {text[:60]}")
    return int(text)
