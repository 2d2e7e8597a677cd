"""The clock never goes back and never jumps."""

from __future__ import annotations

import itertools
import time

import pytest
from structlog.testing import capture_logs

from gateway.clock import Clock
from tests.support.fix import SECOND

HOUR = 3600 * SECOND
TICK = SECOND // 20


class Machine:
    """A machine whose time passes, and whose clock may be wrong by `off`."""

    def __init__(self) -> None:
        self.passed = self.off = 0

    def shown(self) -> int:
        """What its clock shows."""
        return 1000 * HOUR + self.passed + self.off

    def clock(self) -> Clock:
        """The clock of a venue that starts now."""
        return Clock(self.shown, lambda: self.passed)


@pytest.fixture
def machine() -> Machine:
    """One whose clock is right."""
    return Machine()


def live(machine: Machine, venue: Clock, seconds: int) -> list[int]:
    """What the venue's clock shows while so much time passes."""
    shown = [venue.now()]
    for _ in range(seconds * SECOND // TICK):
        machine.passed += TICK
        shown.append(venue.now())
    return shown


@pytest.mark.parametrize("off", [HOUR, -HOUR])
def test_of_a_jump_a_tenth_of_the_time_since_is_taken_over(machine: Machine, off: int) -> None:
    """After 100 s the venue is 10 s nearer, and each step on the way was right to a tenth."""
    venue = machine.clock()
    machine.off = off
    shown = live(machine, venue, 100)
    assert shown[-1] - shown[0] == 100 * SECOND + (10 * SECOND if off > 0 else -10 * SECOND)
    steps = {after - before for before, after in itertools.pairwise(shown)}
    assert steps <= {TICK, TICK + TICK // 10, TICK - TICK // 10}


@pytest.mark.parametrize("off", [SECOND // 2, -SECOND // 2])
def test_a_small_difference_is_soon_none(machine: Machine, off: int) -> None:
    """Half a second takes five; from then on the two clocks show the same."""
    venue = machine.clock()
    machine.off = off
    live(machine, venue, 6)
    assert venue.now() == machine.shown()


def test_what_is_asked_within_a_moment_never_goes_back(machine: Machine) -> None:
    """Leaning back stands still for less than a millisecond."""
    venue = machine.clock()
    machine.off = -HOUR
    shown = []
    for _ in range(100_000):
        machine.passed += 1_000
        shown.append(venue.now())
    assert shown == sorted(shown)
    assert shown[-1] - shown[0] <= 91_000_000
    assert max(shown.count(one) for one in set(shown)) <= 1_001


def test_a_jump_is_told_once_and_so_is_its_end(machine: Machine) -> None:
    """The operator reads how far the machine's clock is ahead."""
    venue = machine.clock()
    with capture_logs() as told:
        live(machine, venue, 1)
        machine.off = -HOUR
        live(machine, venue, 10)
        machine.off = 0
        live(machine, venue, 20)
    assert told == [
        {"event": "clock.jumped", "machine_ahead_seconds": -3600, "log_level": "warning"},
        {"event": "clock.together", "log_level": "info"},
    ]


def test_the_clock_is_real_time_in_nanoseconds() -> None:
    """Between two looks at the machine's own clock."""
    before = time.time_ns()
    now = Clock().now()
    assert before - SECOND < now < time.time_ns() + SECOND
