"""The only place where the venue reads a clock.

A venue that took over every jump of its machine's clock would find all members silent for an hour,
or itself waiting for one. So its time passes as time does, and leans towards the machine's clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from time import time_ns
from typing import Protocol

import structlog

from gateway.fix.times import NANOS_PER_SECOND

LEAN = 10
"""The venue's time passes slower or faster by at most one part in so many."""

LOOK_EVERY_NANOS = NANOS_PER_SECOND // 100
JUMP_NANOS = NANOS_PER_SECOND
"""Further from the machine's clock than this the operator is told."""

_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # goes on while a laptop sleeps

steady_ns = partial(time.clock_gettime_ns, _STEADY)
"""Nanoseconds since some moment, whatever the machine's clock is set to."""

log = structlog.get_logger()


class TellsTime(Protocol):
    """What the venue needs of a clock."""

    def now(self) -> int:
        """Nanoseconds since 1970 UTC; never less than before."""


class Clock:
    """Real time in nanoseconds since 1970 UTC, never going back and never jumping.

    It begins with the machine's clock. Where that is set to another time, the venue's nears it by a
    tenth of the time that passes. `machine` and `steady` tell the time, and how much has passed.
    """

    __slots__ = ("_ahead", "_jumped", "_last", "_look_at", "_machine", "_steady")

    def __init__(
        self, machine: Callable[[], int] = time_ns, steady: Callable[[], int] = steady_ns
    ) -> None:
        self._machine = machine
        self._steady = steady
        self._last = machine()
        self._ahead = self._last - steady()
        self._look_at = self._last + LOOK_EVERY_NANOS
        self._jumped = False

    def now(self) -> int:
        """The venue's time."""
        now = self._steady() + self._ahead
        if now >= self._look_at:
            now += self._lean(now)
        if now < self._last:
            return self._last  # has just leant back
        self._last = now
        return now

    def _lean(self, now: int) -> int:
        """Look at the machine's clock; by how much the venue's has been moved towards it."""
        apart = self._machine() - now
        most = (now - self._look_at + LOOK_EVERY_NANOS) // LEAN
        by = max(-most, min(apart, most))
        self._ahead += by
        self._look_at = now + by + LOOK_EVERY_NANOS
        self._tell(apart)
        return by

    def _tell(self, apart: int) -> None:
        jumped = abs(apart) > JUMP_NANOS
        if jumped != self._jumped:
            self._jumped = jumped
            if jumped:
                log.warning("clock.jumped", machine_ahead_seconds=round(apart / NANOS_PER_SECOND))
            else:
                log.info("clock.together")
