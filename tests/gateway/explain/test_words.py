"""How long and when, in words."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from gateway.explain.words import clock, duration, iso
from tests.support.market import SECOND

STOCKHOLM = ZoneInfo("Europe/Stockholm")


@pytest.mark.parametrize(
    ("nanos", "said"),
    [
        (0, "0 ns"),
        (999, "999 ns"),
        (1_000, "1 us"),
        (999_999, "999 us"),
        (1_000_000, "1 ms"),
        (SECOND - 1, "999 ms"),
        (SECOND, "1 s"),
        (60 * SECOND, "1 min"),
        (125 * SECOND, "2 min 5 s"),
        (3600 * SECOND, "1 h"),
        (3661 * SECOND, "1 h 1 min"),
        (25 * 3600 * SECOND, "1 d 1 h"),
    ],
)
def test_durations(nanos: int, said: str) -> None:
    """The two largest units that say something."""
    assert duration(nanos) == said


def test_moments() -> None:
    """Data in UTC with microseconds, sentences in local time with milliseconds."""
    at = 1_704_272_400 * SECOND + 123_456_789
    assert iso(at) == "2024-01-03T09:00:00.123456Z"
    assert clock(at, STOCKHOLM) == "2024-01-03 10:00:00.123"
