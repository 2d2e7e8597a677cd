"""The clock never goes back."""

from __future__ import annotations

import time

import pytest

from gateway import clock
from gateway.clock import Clock


def test_a_machine_clock_set_back_shows_as_standing_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes on when real time has caught up."""
    machine = iter([100, 105, 90, 104, 105, 106])
    monkeypatch.setattr(clock, "time_ns", lambda: next(machine))
    venue = Clock()
    assert [venue.now() for _ in range(6)] == [100, 105, 105, 105, 105, 106]


def test_the_clock_is_real_time_in_nanoseconds() -> None:
    """Between two looks at the machine's own clock."""
    before = time.time_ns()
    now = Clock().now()
    assert before <= now <= time.time_ns()
