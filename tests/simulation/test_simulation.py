"""A few simulated lives; and that the simulator can be believed: it repeats itself, finds bugs."""

from __future__ import annotations

from collections.abc import Callable
from unittest.mock import patch

import pytest

from gateway.log.frames import LogCorrupt, read_frames
from gateway.publisher import Publisher
from gateway.sessions import Sessions
from tests.simulation.disk import FakeDisk
from tests.simulation.options import options_of
from tests.simulation.run import run, silence
from tests.simulation.simulator import simulate

SEEDS = 24

KEPT_SEEDS: tuple[int, ...] = (346, 9018, 20262997)
"""Seeds that failed once."""


def test_lives_come_right() -> None:
    """Under some seeds nothing acknowledged is lost and everything is answered in the end."""
    totals = run(0, SEEDS)
    assert not totals.failures, "\n".join(
        f"{options_of(seed).text()}\n{text}" for seed, text in totals.failures.items()
    )
    assert totals.crashes > SEEDS
    assert totals.acknowledged > SEEDS * 10


@pytest.mark.parametrize("seed", KEPT_SEEDS)
def test_seed_that_failed_once(seed: int) -> None:
    """What a seed has found stays mended."""
    assert not run(seed, 1).failures


def test_same_seed_is_the_same_life() -> None:
    """Each step of two lives under one seed is the same, byte for byte."""
    with silence():
        for seed in (3, 7):
            assert simulate(seed) == simulate(seed)


def test_other_seed_is_another_life() -> None:
    """The trace depends on the seed."""
    with silence():
        assert simulate(3).trace != simulate(7).trace


def _collect_at_once(real: Callable[..., None]) -> Callable[..., None]:
    def collect(self: Publisher, sessions: object, seq: int, now: int) -> None:
        real(self, sessions, seq, now)
        self.release(seq)

    return collect


def _lenient(data: bytes, *args: object, **more: object) -> object:
    try:
        yield from read_frames(data, *args, **more)  # type: ignore[arg-type]
    except LogCorrupt:
        return


BUGS = {
    "output is not held until it is durable": (
        Publisher,
        "collect",
        _collect_at_once(Publisher.collect),
    ),
    "the disk syncs nothing": (FakeDisk, "sync_data", lambda self, _fd: self.names),
    "names are never durable": (FakeDisk, "sync_folder", lambda self, _path: self.names),
    "numbers are not restored": (Sessions, "restore_next_in", lambda *_: None),
}
"""What a broken venue or a lying disk does: class, method, and the broken one."""


@pytest.mark.parametrize("bug", BUGS)
def test_simulator_finds(bug: str) -> None:
    """A venue that breaks its promise in this way does not live through a few seeds."""
    owner, name, broken = BUGS[bug]
    with patch.object(owner, name, broken):
        assert run(0, 3).failures


def test_simulator_finds_rot_that_is_believed() -> None:
    """A venue that takes rot for a torn tail is found where a bit flips."""
    with patch("gateway.log.segment_file.read_frames", _lenient):
        assert any("rotten" in failure for failure in run(0, 10).failures.values())
