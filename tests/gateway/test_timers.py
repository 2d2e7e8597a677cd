"""One timer for all deadlines."""

from __future__ import annotations

import asyncio

import pytest

from gateway import timers
from gateway.fix.times import NANOS_PER_SECOND
from gateway.timers import Timers

MILLISECOND = NANOS_PER_SECOND // 1_000
WAIT_SECONDS_MAX = 5.0


class World:
    """Deadlines to come, the loop's clock, and when `on_time` was called."""

    def __init__(self, *deadlines: int) -> None:
        self.loop = asyncio.get_running_loop()
        self.begin = self.loop.time()
        self.deadlines = sorted(deadlines)
        self.calls: asyncio.Queue[int] = asyncio.Queue()
        self.timers = Timers(self.now, self.next_deadline, self.on_time)

    def now(self) -> int:
        """Nanoseconds since the test began."""
        return int((self.loop.time() - self.begin) * NANOS_PER_SECOND)

    def next_deadline(self) -> int | None:
        """The earliest that is left."""
        return self.deadlines[0] if self.deadlines else None

    def on_time(self, now: int) -> None:
        """Strike out what is due, and tell the test."""
        self.deadlines = [at for at in self.deadlines if at > now]
        self.calls.put_nowait(now)

    async def call(self) -> int:
        """When `on_time` is called next."""
        return await asyncio.wait_for(self.calls.get(), WAIT_SECONDS_MAX)


async def test_each_deadline_is_met_in_its_order_and_not_before() -> None:
    """One call for each, no earlier than it is due."""
    deadlines = [2 * MILLISECOND, 12 * MILLISECOND, 22 * MILLISECOND]
    world = World(*deadlines)
    world.timers.start(world.loop)
    calls: list[int] = []
    while len(calls) < 3 and world.deadlines:
        calls.append(await world.call())
    world.timers.stop()
    late = [at for at in deadlines if not any(call >= at for call in calls)]
    assert (late, calls[0] >= deadlines[0], world.deadlines) == ([], True, [])


async def test_a_deadline_that_has_passed_is_met_at_once() -> None:
    """Well before the period at which new deadlines are looked for."""
    world = World(-NANOS_PER_SECOND)
    world.timers.start(world.loop)
    called = await world.call()
    world.timers.stop()
    assert called < timers.PERIOD_SECONDS_MAX * NANOS_PER_SECOND


async def test_a_deadline_that_appears_later_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody needs to announce one: it is looked for every period."""
    monkeypatch.setattr(timers, "PERIOD_SECONDS_MAX", 0.01)
    world = World()
    world.timers.start(world.loop)
    world.deadlines = [15 * MILLISECOND]
    called = await world.call()
    world.timers.stop()
    assert called >= 15 * MILLISECOND


async def test_a_stopped_timer_calls_nobody() -> None:
    """Nothing is left in the loop after `stop`; a second one changes nothing."""
    world = World(5 * MILLISECOND)
    world.timers.start(world.loop)
    world.timers.stop()
    world.timers.stop()
    passed = world.loop.create_future()
    world.loop.call_at(world.begin + 0.03, passed.set_result, None)
    await passed
    assert (world.calls.empty(), world.deadlines) == (True, [5 * MILLISECOND])


async def test_a_timer_may_be_stopped_by_what_it_calls() -> None:
    """A venue that fails on a deadline is not called again."""
    world = World(MILLISECOND, 2 * MILLISECOND)

    def on_time(now: int) -> None:
        world.timers.stop()
        world.calls.put_nowait(now)

    world.timers = Timers(world.now, world.next_deadline, on_time)
    world.timers.start(world.loop)
    await world.call()
    passed = world.loop.create_future()
    world.loop.call_later(0.01, passed.set_result, None)
    await passed
    assert world.calls.empty()
