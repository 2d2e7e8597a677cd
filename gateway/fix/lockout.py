"""Failed logons: how long a comp id must wait before it may try again from where it failed.

Kept by (comp id, source address) and never by comp id alone, or anybody could lock a member out.
The first two failures cost nothing, then the delay doubles from one to the next. What must not live
here: a clock, and what a refused logon is answered with.

A logon refused because it came too early is no failure: do not report it, or a client that tries
again every few seconds with the right password would never get in.
"""

from __future__ import annotations

from collections import OrderedDict

from gateway.fix.times import NANOS_PER_SECOND

FREE_FAILURES = 2
"""Somebody mistypes, somebody has the old password in one of two places."""

FIRST_DELAY_NANOS = NANOS_PER_SECOND
DELAY_NANOS_MAX = 300 * NANOS_PER_SECOND

KEPT_MAX = 10_000
"""A few megabytes. Whoever wants an entry pushed out needs as many failed logons under other comp
ids, each with its own connection; report those of known comp ids only, and there are none such."""

QUIET_DELAYS = 12
"""After so many times the longest delay without a failure an entry is forgotten: long enough that
waiting for it gives fewer tries than waiting for each delay."""

_COMP_ID_CHARACTERS_MAX = 64
"""Of an entry's key: twice what a comp id may have, and a peer may send kilobytes."""


class _Failures:
    """Of one comp id from one source."""

    __slots__ = ("at", "count", "delay")

    def __init__(self) -> None:
        self.at = self.count = self.delay = 0


class Lockouts:
    """The failed logons of the last hour; all times in nanoseconds."""

    __slots__ = ("_delay_max", "_entries", "_first_delay", "_kept_max", "_quiet")

    def __init__(
        self,
        first_delay: int = FIRST_DELAY_NANOS,
        delay_max: int = DELAY_NANOS_MAX,
        kept_max: int = KEPT_MAX,
    ) -> None:
        self._first_delay = first_delay
        self._delay_max = delay_max
        self._quiet = delay_max * QUIET_DELAYS
        self._kept_max = kept_max
        self._entries: OrderedDict[tuple[str, str], _Failures] = OrderedDict()
        """The one whose last failure is the longest ago comes first."""

    def __len__(self) -> int:
        return len(self._entries)

    def blocked_until(self, comp_id: str, source: str, now: int) -> int:
        """When this comp id may try again from there; 0 if it may now."""
        failures = self._entries.get(_key(comp_id, source))
        if failures is None:
            return 0
        # A clock that was set back must not make anybody wait for longer than the delay.
        failures.at = min(failures.at, now)
        until = failures.at + failures.delay
        return until if until > now else 0

    def failed(self, comp_id: str, source: str, now: int) -> int:
        """A logon failed; what `blocked_until` says from here on."""
        self._forget(now)
        key = _key(comp_id, source)
        failures = self._entries.setdefault(key, _Failures())
        self._entries.move_to_end(key)
        if len(self._entries) > self._kept_max:
            self._entries.popitem(last=False)
        failures.at = now
        failures.count += 1
        if failures.count > FREE_FAILURES:
            failures.delay = min(failures.delay * 2 or self._first_delay, self._delay_max)
        return now + failures.delay if failures.delay else 0

    def succeeded(self, comp_id: str, source: str) -> None:
        """A logon was right: what failed before it from there is forgotten."""
        self._entries.pop(_key(comp_id, source), None)

    def _forget(self, now: int) -> None:
        """Drop what has been quiet; each entry is dropped once, so this costs O(1) a failure."""
        while self._entries:
            key, oldest = next(iter(self._entries.items()))
            if now - oldest.at < self._quiet:
                break
            del self._entries[key]


def _key(comp_id: str, source: str) -> tuple[str, str]:
    return comp_id[:_COMP_ID_CHARACTERS_MAX], source
