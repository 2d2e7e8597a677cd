"""Warnings anybody can cause from outside: some a second are written, the rest are counted.

A flood of bad logons must not become a flood of log lines, nor of waits for whoever reads them.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog

NANOS_PER_SECOND = 1_000_000_000
LINES_PER_SECOND = 20

log = structlog.get_logger()


class LimitedLog:
    """Writes `event` with its facts; what was left out is told as `event` + `_too`, later."""

    def __init__(self, event: str, now: Callable[[], int]) -> None:
        self._event = event
        self._now = now
        self._second = self._written = self._left_out = 0

    def warning(self, **facts: str) -> None:
        """Write a line, unless this second has had its share."""
        second = self._now() // NANOS_PER_SECOND
        if second != self._second:
            if self._left_out:
                log.warning(f"{self._event}_too", count=self._left_out)
            self._written = self._left_out = 0
            self._second = second
        if self._written >= LINES_PER_SECOND:
            self._left_out += 1
            return
        self._written += 1
        log.warning(self._event, **facts)
