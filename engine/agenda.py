"""What happens in the market by itself, and when: a heap of moments, each with what is due.

Entries of one moment come in the order they were made. An entry cannot be taken out: whoever made
it gives it a token and ignores it when the token is old. What is done when an entry is due is
`trading_day`'s business.
"""

from __future__ import annotations

import heapq
from typing import NamedTuple

from engine.values import NEVER


class Due(NamedTuple):
    """`kind` says what is due for the segment or instrument of this name."""

    at: int
    nth: int
    kind: str
    name: str
    phase: str
    token: int


class Agenda:
    """Moments to come; `next_at` is the earliest, NEVER without one."""

    __slots__ = ("_count", "_heap", "next_at")

    def __init__(self) -> None:
        self._heap: list[Due] = []
        self._count = 0
        self.next_at = NEVER

    def add(self, at: int, kind: str, name: str, phase: str, token: int) -> None:
        """Have something due at `at`."""
        self._count += 1
        heapq.heappush(self._heap, Due(at, self._count, kind, name, phase, token))
        self.next_at = self._heap[0].at

    def pop(self) -> Due:
        """What is due next; only when there is something."""
        due = heapq.heappop(self._heap)
        self.next_at = self._heap[0].at if self._heap else NEVER
        return due

    def state(self) -> list[Due]:
        """All entries in the order they will come, for the digest."""
        return sorted(self._heap)
