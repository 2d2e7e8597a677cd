"""When a session may be up and when its numbers start again, by the wall clock of one time zone.

Times are written `HH:MM:SS`, every day, or `Mon HH:MM:SS`, once a week. One reading for the days on
which clocks are changed: such a time is the first moment at which the clock shows it or a later
time. So an hour that comes twice counts when it comes first, a time that is skipped is the moment
of the skip, and what is earlier on the wall is never later in fact. Hours that lie wholly in a
skipped hour do not open that day; hours that end where the next begin do not close in between.

What must not live here: a clock, and what to do at these moments. The answer for a moment is kept
until it changes, so asking again costs two comparisons.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gateway.fix.times import NANOS_PER_SECOND

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

TIME_PATTERN = f"(({'|'.join(_WEEKDAYS)}) )?([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
"""What `problem` finds nothing wrong with, as a regular expression for the whole text."""


class Hours:
    """From each `open` until just before the next `close`; always, where the two are the same.

    Raises ValueError where `hours_problem` or `timezone_problem` would find something.
    """

    __slots__ = ("_always", "_close", "_is_open", "_length", "_open", "_since", "_until", "_zone")

    def __init__(self, open: str, close: str, timezone: str) -> None:
        rule = hours_problem(open, close) or timezone_problem(timezone)
        if rule is not None:
            raise ValueError(f"hours {open} to {close}, {timezone}: {rule}")
        self._open, self._close = _read(open), _read(close)
        self._zone = ZoneInfo(timezone)
        self._always = self._open == self._close
        self._length = _days_between(self._open, self._close)
        self._is_open = False
        self._since = self._until = 0

    def is_open(self, now: int) -> bool:
        """Whether a session may be up at `now`."""
        if not self._always and not self._since <= now < self._until:
            self._look(now)
        return self._always or self._is_open

    def next_change(self, now: int) -> int | None:
        """The first moment after `now` at which `is_open` says otherwise; None for never."""
        if self._always:
            return None
        self.is_open(now)
        return self._until

    def _look(self, now: int) -> None:
        """Find the answer for `now` and until when it holds."""
        windows = self._windows(now)
        open_until = now
        start, end = next(windows)
        while start <= open_until:
            open_until = max(open_until, end)
            start, end = next(windows)
        self._is_open = open_until > now
        self._since, self._until = now, open_until if self._is_open else start

    def _windows(self, now: int) -> Iterator[tuple[int, int]]:
        """The hours from before `now` on, [open, close), in order and none of them empty."""
        spans = (
            (self._open.moment(day, self._zone), self._close.moment(day + self._length, self._zone))
            for day in self._open.days(now, self._zone)
        )
        return (span for span in spans if span[0] < span[1])


class ResetTimes:
    """The moments at which a session's numbers start again.

    Raises ValueError where `problem` or `timezone_problem` would find something.
    """

    __slots__ = ("_at", "_last", "_next", "_zone")

    def __init__(self, at: str, timezone: str) -> None:
        rule = problem(at) or timezone_problem(timezone)
        if rule is not None:
            raise ValueError(f"reset at {at}, {timezone}: {rule}")
        self._at = _read(at)
        self._zone = ZoneInfo(timezone)
        self._last = self._next = 0

    def last(self, now: int) -> int:
        """The latest of them that is not after `now`."""
        self._look(now)
        return self._last

    def next(self, now: int) -> int:
        """The first of them that is after `now`."""
        self._look(now)
        return self._next

    def _look(self, now: int) -> None:
        if self._last <= now < self._next:
            return
        moments = (self._at.moment(day, self._zone) for day in self._at.days(now, self._zone))
        self._last, self._next = next(moments), next(moments)
        while self._next <= now:
            self._last, self._next = self._next, next(moments)


def problem(text: str) -> str | None:
    """The rule that `text` breaks as a time of every day or of a weekday, None if it is one."""
    if re.fullmatch(TIME_PATTERN, text):
        return None
    return 'must be a time of day, "HH:MM:SS", or one of a weekday, "Sun HH:MM:SS"'


def hours_problem(open: str, close: str) -> str | None:
    """The rule that these two break as `Hours`, None if they are some."""
    rule = problem(open) or problem(close)
    if rule is None and (_read(open).weekday is None) is not (_read(close).weekday is None):
        return "must both name a weekday, or neither of them"
    return rule


def timezone_problem(timezone: str) -> str | None:
    """The rule that `timezone` breaks as the name of a time zone, None if it is one."""
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a folder, such as "Europe"
        return 'must be an IANA time zone, like "Europe/Stockholm"'
    return None


class _WallTime(NamedTuple):
    """A time of every day (weekday None) or of one weekday (0 is Monday)."""

    weekday: int | None
    time: time

    @property
    def period(self) -> timedelta:
        return timedelta(days=1 if self.weekday is None else 7)

    def days(self, now: int, zone: ZoneInfo) -> Iterator[date]:
        """The days that have this time, without end; its time on the first is not after `now`."""
        today = datetime.fromtimestamp(now // NANOS_PER_SECOND, zone).date()
        since = 0 if self.weekday is None else (today.weekday() - self.weekday) % 7
        day = today - timedelta(days=since) - self.period
        while True:
            yield day
            day += self.period

    def moment(self, day: date, zone: ZoneInfo) -> int:
        """When the clock in `zone` first shows this time of `day`, or a later time."""
        return first_shown(datetime.combine(day, self.time), zone) * NANOS_PER_SECOND


def _read(text: str) -> _WallTime:
    """Of a text without `problem`."""
    weekday = _WEEKDAYS.index(text[:3]) if " " in text else None
    return _WallTime(weekday, time.fromisoformat(text[-8:]))


def _days_between(open: _WallTime, close: _WallTime) -> timedelta:
    """How many days after the day of `open` the next `close` is."""
    days = ((close.weekday or 0) - (open.weekday or 0)) % 7
    if days == 0 and close.time <= open.time:
        return open.period
    return timedelta(days=days)


def first_shown(wall: datetime, zone: ZoneInfo) -> int:
    """Seconds since 1970. Of a skipped time the two readings of PEP 495 lie around the skip."""
    local = wall.replace(tzinfo=zone)
    first, second = int(local.timestamp()), int(local.replace(fold=1).timestamp())
    if first <= second:
        return first

    def shown(seconds: int) -> datetime:
        return datetime.fromtimestamp(seconds, zone).replace(tzinfo=None)

    return second + bisect_left(range(second, first), wall, key=shown)
