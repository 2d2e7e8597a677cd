"""Passwords checked and made off the loop, one after the other.

A hash takes tens of milliseconds by design. How many may wait is bounded, so that a flood of logons
costs no memory and no time of anybody else; who waits is served in turn by source address, so that
it costs little time of those who come from elsewhere, and those first who are known there. An
exception in a check is a bug: it ends the venue.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import Executor
from typing import NamedTuple, TypeVar

from gateway.passwords import Kind, hash_password, matches

CHECKS_WAITING_MAX = 64
"""More at once are turned away, so that all sources have a share; they come again."""

CHECKS_WAITING_HARD_MAX = 256
"""However many sources there are."""

_T = TypeVar("_T")


def _always() -> bool:
    return True


class Place(NamedTuple):
    """Whose turn: that of `source`, or the `first` of all; `wanted`: whether anybody waits yet."""

    source: str = ""
    first: bool = False
    wanted: Callable[[], bool] = _always


class _Job(NamedTuple):
    run: Callable[[], Callable[[], None]]
    wanted: Callable[[], bool]


class Credentials:
    """Hashes passwords in an executor; `failed` is told of a bug."""

    def __init__(self, executor: Executor, failed: Callable[[BaseException], None]) -> None:
        self._executor = executor
        self._failed = failed
        self._first: deque[_Job] = deque()
        self._waiting: OrderedDict[str, deque[_Job]] = OrderedDict()
        """By source; the one whose turn it is comes first."""

        self._count = 0
        self._task: asyncio.Task[None] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether no more of those without a source can wait."""
        return self.is_full_for("")

    def is_full_for(self, source: str) -> bool:
        """Whether no more from there can wait: its share is smaller the more sources there are."""
        if self._count >= CHECKS_WAITING_HARD_MAX:
            return True
        own = len(self._waiting.get(source, ()))
        sources = len(self._waiting) + (own == 0)
        return own >= max(1, CHECKS_WAITING_MAX // sources)

    def check(
        self,
        password: str,
        hashed: str,
        then: Callable[[bool], None],
        place: Place = Place(),  # noqa: B008 - frozen
    ) -> None:
        """Find out whether `password` is the one of `hashed`, then say so."""
        self._add(lambda: matches(password, hashed), then, place)

    def change(
        self,
        old: str,
        hashed: str,
        new: str,
        then: Callable[[str], None],
        place: Place = Place(),  # noqa: B008 - frozen
    ) -> None:
        """Find out whether `old` is right, then give the hash of `new`, or "" where it is not."""
        kind: Kind = "argon2" if hashed.startswith("$argon2") else "scrypt"
        self._add(
            lambda: hash_password(new, kind) if matches(old, hashed) else "",
            then,
            place,
        )

    def _add(self, work: Callable[[], _T], then: Callable[[_T], None], place: Place) -> None:
        def run() -> Callable[[], None]:
            result = work()
            return lambda: then(result)

        queue = self._first if place.first else self._waiting.setdefault(place.source, deque())
        queue.append(_Job(run, place.wanted))
        self._count += 1
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._work())

    def _next(self) -> _Job:
        self._count -= 1
        if self._first:
            return self._first.popleft()
        source, queue = self._waiting.popitem(last=False)
        job = queue.popleft()
        if queue:
            self._waiting[source] = queue
        return job

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._count:
                job = self._next()
                if job.wanted():
                    try:
                        hashing = loop.run_in_executor(self._executor, job.run)
                    except RuntimeError:  # the executor was shut down: the venue is leaving
                        return
                    (await hashing)()
        except Exception as error:
            self._failed(error)
        finally:
            self._task = None
