"""FIX time texts <-> nanoseconds since 1970 UTC, exactly and without floats.

UTCTimestamp is accepted with 0 to 12 digits of a second (what is finer than a nanosecond is cut)
and written with 0, 3, 6 or 9, milliseconds unless a session is configured otherwise. A leap second
(`:60`) is read as the second after.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

NANOS_PER_SECOND = 1_000_000_000
_NANOS_PER_MILLI = 1_000_000
MILLIS = 3
"""Digits of a second that are written unless somebody wants others."""
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


@lru_cache(maxsize=1024)
def _seconds(text: str) -> int:
    """`YYYYMMDD-HH:MM:SS` in seconds since 1970; raises ValueError for no such day."""
    days = date(int(text[:4]), int(text[4:6]), int(text[6:8])).toordinal() - _EPOCH_ORDINAL
    return days * 86_400 + int(text[9:11]) * 3600 + int(text[12:14]) * 60 + int(text[15:17])


def parse_utc_timestamp(text: str) -> int:
    """A well-formed UTCTimestamp in nanoseconds; raises ValueError for no such day."""
    seconds = _seconds(text[:17])
    fraction = text[18:27]
    nanos = int(fraction.ljust(9, "0")) if fraction else 0
    return seconds * NANOS_PER_SECOND + nanos


def end_of_day(text: str, timezone: str) -> int:
    """The first nanosecond after local date `YYYYMMDD` in `timezone`, as UTC nanoseconds."""
    day = date(int(text[:4]), int(text[4:6]), int(text[6:8])) + timedelta(days=1)
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(timezone))
    return int(midnight.timestamp()) * NANOS_PER_SECOND


@lru_cache(maxsize=64)
def _second_text(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%d-%H:%M:%S")


@lru_cache(maxsize=256)
def _milli_text(millis: int) -> str:
    return f"{_second_text(millis // 1000)}.{millis % 1000:03d}"


def format_utc_timestamp(nanos: int, digits: int = MILLIS) -> str:
    """UTCTimestamp with `digits` 0, 3, 6 or 9; the same millisecond costs one cache hit."""
    if digits == MILLIS:
        return _milli_text(nanos // _NANOS_PER_MILLI)
    seconds, fraction = divmod(nanos, NANOS_PER_SECOND)
    return f"{_second_text(seconds)}.{fraction:09d}"[: 17 + digits + (digits > 0)]


def nanos_or_zero(text: str) -> int:
    """A UTCTimestamp in nanoseconds; 0 for text that is none."""
    try:
        return parse_utc_timestamp(text)
    except ValueError:
        return 0


class SendingTimes:
    """Whether a peer's SendingTimes(52) are near our clock; one parse per second of text."""

    __slots__ = ("_latency_max", "_second", "_second_at")

    def __init__(self, latency_nanos_max: int) -> None:
        self._latency_max = latency_nanos_max
        self._second = ""
        self._second_at = 0

    def are_near(self, text: str, now: int) -> bool:
        """Whether the second this time falls into is within the latency of `now`."""
        second = text[:17]
        if second != self._second:
            self._second_at = nanos_or_zero(second)
            self._second = second
        return abs(now - self._second_at) <= self._latency_max
