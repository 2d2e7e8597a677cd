"""One loop timer for all deadlines: sessions' heartbeats and the market's expiries.

Both machines answer when they want to be called; the earliest wins. Deadlines that appear meanwhile
and are earlier are seen after `PERIOD_SECONDS_MAX` at the latest, so that nobody needs to announce
one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from gateway.fix.times import NANOS_PER_SECOND

PERIOD_SECONDS_MAX = 0.25
PERIOD_SECONDS_MIN = 0.001


class Timers:
    """Calls `on_time(now)` when the earliest deadline has come."""

    def __init__(
        self,
        now: Callable[[], int],
        next_deadline: Callable[[], int | None],
        on_time: Callable[[int], None],
    ) -> None:
        self._now = now
        self._next_deadline = next_deadline
        self._on_time = on_time
        self._handle: asyncio.TimerHandle | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to watch."""
        self._loop = loop
        self._set()

    def stop(self) -> None:
        """Call nobody any more."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _set(self) -> None:
        deadline = self._next_deadline()
        delay = PERIOD_SECONDS_MAX
        if deadline is not None:
            until = (deadline - self._now()) / NANOS_PER_SECOND
            delay = min(max(until, PERIOD_SECONDS_MIN), PERIOD_SECONDS_MAX)
        self._handle = self._loop.call_later(delay, self._fire)

    def _fire(self) -> None:
        now = self._now()
        deadline = self._next_deadline()
        if deadline is not None and now >= deadline:
            self._on_time(now)
        if self._handle is not None:
            self._set()
