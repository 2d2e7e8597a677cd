"""The search for cyclic garbage stays away from an order's way, so that it is in no percentile."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.garbage import keep_what_is_there, uncollected
from tests.bench.hot_path import hot_path
from tests.bench.messages import WORKLOADS

TURNS = 60
"""Of 320 orders each."""


@pytest.fixture
def venue_settings() -> Iterator[None]:
    """The collector as a running venue sets it; afterwards as it was."""
    thresholds = gc.get_threshold()
    keep_what_is_there()
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()


@pytest.mark.usefixtures("venue_settings")
@pytest.mark.parametrize("name", WORKLOADS)
def test_orders_make_no_work_for_the_collector(tmp_path: Path, name: str) -> None:
    """19,200 orders, resting, trading or canceled, leave so little that it does not even look."""
    searches: list[int] = []

    def note(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            searches.append(info["generation"])

    with hot_path(tmp_path, WORKLOADS[name], TURNS + 5) as path:
        for turn in range(TURNS + 5):
            if turn == 5:
                gc.callbacks.append(note)
            pieces = path.pieces()
            path.turn(pieces)
            path.check()
    gc.callbacks.remove(note)
    assert searches == []


def test_a_start_is_not_searched() -> None:
    """What a replay makes is there to stay; looking for garbage in it is time lost."""
    with uncollected():
        within = gc.isenabled()
    assert (within, gc.isenabled()) == (False, True)
