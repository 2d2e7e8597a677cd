"""How long whoever fails to log on must wait. Times are in seconds after the start."""

from __future__ import annotations

import random

import pytest

from gateway.fix import lockout
from gateway.fix.lockout import Lockouts
from gateway.fix.times import NANOS_PER_SECOND

START = 1_795_348_800 * NANOS_PER_SECOND
HOME, AWAY = "10.0.0.1", "10.0.0.2"


def nanos(seconds: float) -> int:
    """So many seconds after the start."""
    return START + round(seconds * NANOS_PER_SECOND)


def wait(until: int, now: float) -> float:
    """How many seconds after `now` an answer is; 0 for none."""
    return (until - nanos(now)) / NANOS_PER_SECOND if until else 0


def fail(lockouts: Lockouts, times: int, now: float = 0, comp_id: str = "AVA") -> list[float]:
    """Fail so often, each time as soon as it is allowed; the waits."""
    waits = []
    for _ in range(times):
        waits.append(wait(lockouts.failed(comp_id, HOME, nanos(now)), now))
        now += waits[-1]
    return waits


def test_the_delay_doubles_up_to_its_maximum() -> None:
    """Two failures cost nothing, then 1 s, 2 s, 4 s and so on, five minutes at the most."""
    doubling = [1, 2, 4, 8, 16, 32, 64, 128, 256]
    assert fail(Lockouts(), 13) == [0, 0, *doubling, 300, 300]


def test_other_delays() -> None:
    """The first and the longest are what one asks for, even if the first is the longer."""
    second = NANOS_PER_SECOND
    assert fail(Lockouts(3 * second, 10 * second), 6) == [0, 0, 3, 6, 10, 10]
    assert fail(Lockouts(10 * second, 3 * second), 4) == [0, 0, 3, 3]


@pytest.mark.parametrize(
    ("now", "expected"), [(0, 2), (1, 2), (1.999999999, 2), (2, 0), (3, 0), (1000, 0)]
)
def test_blocked_until_the_delay_has_passed(now: float, expected: float) -> None:
    """The answer is the moment itself, which is free again."""
    lockouts = Lockouts()
    for _ in range(4):
        lockouts.failed("AVA", HOME, nanos(0))
    until = lockouts.blocked_until("AVA", HOME, nanos(now))
    assert until == (nanos(expected) if expected else 0)


def test_who_never_failed_is_free() -> None:
    """Nor does asking leave anything behind."""
    lockouts = Lockouts()
    assert (lockouts.blocked_until("AVA", HOME, nanos(0)), len(lockouts)) == (0, 0)


def test_nobody_is_locked_out_from_elsewhere() -> None:
    """Another source, or another comp id from the same one, is not the one that failed."""
    lockouts = Lockouts()
    fail(lockouts, 20)
    now = nanos(0)
    pairs = [("AVA", HOME), ("AVA", AWAY), ("NON", HOME)]
    assert [bool(lockouts.blocked_until(*pair, now)) for pair in pairs] == [True, False, False]
    assert lockouts.failed("AVA", AWAY, now) == 0


def test_a_logon_that_is_right_forgets_the_failures() -> None:
    """Of this comp id from this source, and nobody else's; it need not have failed."""
    lockouts = Lockouts()
    fail(lockouts, 5)
    fail(lockouts, 5, comp_id="NON")
    lockouts.succeeded("AVA", HOME)
    lockouts.succeeded("SEB", HOME)
    assert lockouts.blocked_until("AVA", HOME, nanos(0)) == 0
    assert lockouts.blocked_until("NON", HOME, nanos(0)) > 0
    assert fail(lockouts, 3) == [0, 0, 1]


def test_a_quiet_hour_forgets_the_failures() -> None:
    """At the longest delay of five minutes; a second less and the delay goes on doubling."""
    for quiet, expected in ((3599, [8]), (3600, [0])):
        lockouts = Lockouts()
        for _ in range(5):
            lockouts.failed("AVA", HOME, nanos(0))
        assert fail(lockouts, 1, now=quiet) == expected


def test_waiting_for_the_quiet_gains_nothing() -> None:
    """Failures per second, however many one makes before each hour of silence."""
    waits = [0, 0, *(2**n for n in range(9))]
    steady = 1 / 300
    assert all((n + 1) / (sum(waits[:n]) + 3600) < steady for n in range(len(waits)))


def test_quiet_entries_are_dropped_by_whoever_fails_next() -> None:
    """Those whose last failure is an hour ago, the others stay."""
    lockouts = Lockouts()
    for second in range(10):
        lockouts.failed(f"C{second}", HOME, nanos(second))
    lockouts.failed("C0", HOME, nanos(100))
    lockouts.failed("LATE", HOME, nanos(3605))
    assert len(lockouts) == 10 - 5 + 1
    lockouts.failed("LATER", HOME, nanos(8000))
    assert len(lockouts) == 1


def test_a_flood_of_comp_ids_is_bounded() -> None:
    """The one that failed longest ago makes room, not the one that came first."""
    lockouts = Lockouts(kept_max=3)
    for comp_id in ("A", "A", "A", "B", "B", "B", "C", "A", "D"):
        lockouts.failed(comp_id, HOME, nanos(0))
    now = nanos(0)
    assert len(lockouts) == 3
    assert [bool(lockouts.blocked_until(c, HOME, now)) for c in "AB"] == [True, False]


def test_random_comp_ids_are_bounded_in_number_and_size() -> None:
    """Never more than `kept_max`; of a long comp id only the beginning is kept."""
    random_ = random.Random(20261122)
    lockouts = Lockouts(kept_max=100)
    for _ in range(1000):
        lockouts.failed(f"{random_.getrandbits(256):x}" * 50, HOME, nanos(random_.random()))
        assert len(lockouts) <= 100
    lockouts.failed("X" * 64 + "1", AWAY, nanos(1))
    lockouts.failed("X" * 64 + "2", AWAY, nanos(1))
    assert wait(lockouts.failed("X" * 5000, AWAY, nanos(1)), 1) == 1


def test_a_clock_set_back_makes_nobody_wait_longer() -> None:
    """The delay counts from the earliest moment that the clock has shown since."""
    lockouts = Lockouts()
    fail(lockouts, 4)
    assert wait(lockouts.blocked_until("AVA", HOME, nanos(-86_400)), -86_400) == 2
    assert wait(lockouts.blocked_until("AVA", HOME, nanos(-86_399)), -86_399) == 1
    assert lockouts.blocked_until("AVA", HOME, nanos(-86_398)) == 0


def test_the_defaults() -> None:
    """One second, five minutes, ten thousand."""
    found = lockout.FIRST_DELAY_NANOS, lockout.DELAY_NANOS_MAX, lockout.KEPT_MAX
    assert found == (NANOS_PER_SECOND, 300 * NANOS_PER_SECOND, 10_000)
