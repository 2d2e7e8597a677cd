"""The only place where the venue reads a clock."""

from __future__ import annotations

from time import time_ns


class Clock:
    """Real time in nanoseconds since 1970 UTC, never going back."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last = 0

    def now(self) -> int:
        """The time; the machine's clock set back shows as standing still."""
        now = time_ns()
        if now < self._last:
            return self._last
        self._last = now
        return now
