"""The guard's arithmetic, what it keeps and says, and that what it measures does its work."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from fixpit.build import PURE
from tests.bench import guard
from tests.bench.guard import Sample, lines, loss, low, parse, ratio_of, render, too_dear
from tests.bench.hot_path import PIECE, SESSIONS, hot_path
from tests.bench.messages import WORKLOADS
from tests.bench.yardstick import MESSAGES, Yardstick
from tests.support.fix import pairs_of

KEPT = {"rest": 2.0, "cross": 3.0}


def test_low_end_does_not_see_what_got_in_the_way() -> None:
    """A tenth of the values lie below it, however long the others took."""
    assert low([5.0, 1.0, 2.0, 99.0, 3.0, 4.0, 1000.0, 6.0, 7.0, 8.0]) == 2.0
    assert low([7.0]) == 7.0


def test_ratio_is_of_an_order_and_a_message() -> None:
    """Turns of the venue and the yardstick are divided by what is in them."""
    orders = SESSIONS * PIECE
    samples = [Sample(orders * 20e-6 * n, MESSAGES * 8e-6 * n) for n in (1, 1, 5)]
    assert ratio_of(samples) == pytest.approx(2.5)


@pytest.mark.parametrize(
    ("ratios", "bad"),
    [
        ({"rest": 2.0, "cross": 3.0}, []),
        ({"rest": 2.39, "cross": 1.0}, []),
        ({"rest": 2.41, "cross": 3.59}, ["rest"]),
        ({"rest": 9.0, "cross": 9.0, "cancel": 9.0}, ["rest", "cross"]),
    ],
)
def test_a_fifth_is_too_much(ratios: Mapping[str, float], bad: list[str]) -> None:
    """What is cheaper passes, what has nothing kept is not judged."""
    assert too_dear(ratios, KEPT) == bad


def test_lines_name_what_is_too_dear() -> None:
    """Every workload has a line, with what was kept and the difference."""
    assert loss(2.5, 2.0) == 0.25
    assert lines({"rest": 2.5, "cross": 2.7, "cancel": 4.0}, KEPT) == [
        "  rest     2.500  kept  2.000  +25.0%  TOO DEAR",
        "  cross    2.700  kept  3.000  -10.0%",
        "  cancel   4.000  nothing kept",
    ]


def test_kept_ratios_come_back() -> None:
    """What is written is what is read, comments apart."""
    kept = {("3.11", "pure", "rest"): 1.888, ("3.13", "compiled", "cross"): 0.5}
    assert render(kept).startswith("# ")
    assert parse(render(kept)) == kept


def _tries(monkeypatch: pytest.MonkeyPatch, path: Path, *ratios: float) -> list[int]:
    """Let the guard measure these ratios, one a try; returns where tries are noted."""
    tried: list[int] = []

    def measured(turns: int) -> dict[str, float]:
        tried.append(turns)
        return {"rest": ratios[len(tried) - 1]}

    monkeypatch.setattr(guard, "measured_by_processes", measured)
    monkeypatch.setattr(guard, "KEPT", path)
    return tried


def test_guard_without_anything_kept_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A guard that compares with nothing says so and is not green."""
    _tries(monkeypatch, tmp_path / "guard.txt", 2.0)
    assert guard.main([]) == 1
    assert "nothing to compare with" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("ratios", "code", "tries"),
    [((2.0, 2.3), 0, 1), ((2.0, 2.5, 2.1), 0, 2), ((2.0, 2.5, 2.6), 1, 2)],
    ids=["good", "good-at-second-try", "bad"],
)
def test_guard_compares_with_what_was_kept(
    ratios: tuple[float, ...],
    code: int,
    tries: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What --keep wrote is the measure of the next run, which tries twice before it fails."""
    tried = _tries(monkeypatch, tmp_path / "guard.txt", *ratios)
    assert guard.main(["--keep"]) == 0
    assert guard.main([]) == code
    assert len(tried) == 1 + tries


def test_keeping_leaves_other_builds_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the lines of this Python and this build are written anew."""
    path = tmp_path / "guard.txt"
    path.write_text(render({("2.7", PURE, "rest"): 9.0}), encoding="utf-8")
    _tries(monkeypatch, path, 2.0)
    guard.main(["--keep"])
    kept = parse(path.read_text(encoding="utf-8"))
    assert sorted(kept.values()) == [2.0, 9.0]


def test_processes_are_asked_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each measures all workloads for itself, and their median is what counts."""
    monkeypatch.setattr(guard, "PROCESSES", 1)
    ratios = guard.measured_by_processes(turns=3)
    assert set(ratios) == set(WORKLOADS)
    assert min(ratios.values()) > 0


def test_every_kept_ratio_is_of_a_workload() -> None:
    """The file in the checkout can be read and covers the workloads, for each build it knows."""
    kept = parse(guard.KEPT.read_text(encoding="utf-8"))
    builds = {(python, build) for python, build, _ in kept}
    assert set(kept) == {(*build, workload) for build in builds for workload in WORKLOADS}


@pytest.mark.parametrize("name", WORKLOADS)
def test_hot_path_answers_every_order(name: str, tmp_path: Path) -> None:
    """Each turn's orders are finished in that turn, by a real venue."""
    with hot_path(tmp_path, WORKLOADS[name], 3) as path:
        for _ in range(3):
            path.turn(path.pieces())
            path.check()


def test_hot_path_notices_what_is_not_answered(tmp_path: Path) -> None:
    """Work that is not done is not measured."""
    with hot_path(tmp_path, WORKLOADS["rest"], 2) as path:
        path.turn(path.pieces() | {"L01": b""})
        with pytest.raises(AssertionError, match="300 of 320 orders"):
            path.check()


def test_yardstick_does_the_same_again() -> None:
    """Its answers are whole messages, one for each, and its state does not grow."""
    yardstick = Yardstick()
    for turn in range(6):
        first = yardstick.turn().split(b"\x0110=")[0] + b"\x0110=000\x01"
        fields = dict(pairs_of(first))
        assert fields["11"] == f"YARD-0/{turn * MESSAGES + 1}"
    assert yardstick.turn().count(b"\x0110=") == MESSAGES
    assert len(yardstick.resting) == 1_000
