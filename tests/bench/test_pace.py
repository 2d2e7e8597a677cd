"""Orders at a fixed rate and orders that rest: when they are due, and that servers pass."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.bench.check import Expectation
from tests.bench.load import Timing, encode_tapes, percentiles, throughput
from tests.bench.load_session import LoadError
from tests.bench.messages import WORKLOADS, encode_tape
from tests.bench.pace import Timetable, paced
from tests.bench.resting import bytes_per_order, crowd, resident_bytes
from tests.bench.run import main
from tests.bench.servers import SERVERS, running

REST = WORKLOADS["rest"]
TABLE = Timetable(start=1_000, gap=10, sessions=3, orders=8)


@pytest.mark.parametrize(
    ("now", "due"),
    [(0, 0), (999, 0), (1_000, 1), (1_009, 1), (1_010, 2), (1_070, 8), (9_999, 8)],
)
def test_orders_are_due_one_by_one(now: int, due: int) -> None:
    """The first at the start, the others a gap apart, and no more than there are."""
    assert TABLE.due_by(now) == due


@pytest.mark.parametrize("due", range(9))
def test_sessions_share_what_is_due(due: int) -> None:
    """Each order belongs to one session, in turn, and is found again from its place there."""
    shares = [TABLE.share(session, due) for session in range(3)]
    orders = [TABLE.order(k, n) for k, share in enumerate(shares) for n in range(share)]
    assert sorted(orders) == list(range(due))


def test_percentiles_are_microseconds() -> None:
    """Of whatever order the spans come in."""
    assert percentiles(list(range(999_000, -1, -1_000))) == (500.0, 990.0, 999.0)


def test_pace_against_a_baseline(tmp_path: Path) -> None:
    """Every order is sent and answered, the first part is not in the figures."""
    server = SERVERS["simplefix"]
    tapes = encode_tapes(REST, 4, 400)
    with running(server, tmp_path, (None, None)) as subject:
        run = paced(
            subject.address, tapes, 2_000, Timing(0.05, 0.15), expectation=server.expectation
        )
    assert (run.orders_per_second, run.orders) == (2_000, 300)
    assert 0 < run.p50 <= run.p99 <= run.p999


def test_pace_needs_long_tapes(tmp_path: Path) -> None:
    """A run that could not last is refused before anything is sent."""
    tapes = encode_tapes(REST, 2, 10)
    with pytest.raises(LoadError, match="tapes of 100 orders are needed, was 6"):
        paced(("127.0.0.1", 1), tapes, 1_000, Timing(0.1, 0.1))


def test_crowd_rests_while_others_trade(tmp_path: Path) -> None:
    """The orders of the crowd are answered before, and its session is there until the end."""
    server = SERVERS["none"]
    tapes = encode_tapes(WORKLOADS["cancel"], 2, 4_000)
    resting = encode_tape(REST, b"CROWD", 600)
    with (
        running(server, tmp_path, (None, None)) as subject,
        crowd(subject.address, [resting], server.expectation) as number,
    ):
        assert subject.started_after > 0
        assert number == 600
        run = throughput(subject.address, tapes, Timing(0, 0.05), window=64)
    assert run.orders_per_second > 0


def test_memory_of_orders_is_seen(tmp_path: Path) -> None:
    """A venue grows with the orders that rest in it."""
    tapes = encode_tapes(REST, 2, 20_000)
    with running(SERVERS["none"], tmp_path, (None, None)) as subject:
        assert bytes_per_order(subject.address, tapes, subject.pid, Expectation()) > 0


def test_resident_bytes_of_this_process() -> None:
    """More than a mebibyte; a process that is not there has none."""
    assert resident_bytes(os.getpid()) > 1 << 20


def test_a_run_prints_its_part_of_the_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was asked for is measured and shown, and nothing else is."""
    affinity = os.sched_getaffinity(0)
    try:
        code = main(["--only", "none,start", "--repeats", "2", "--data-root", str(tmp_path)])
    finally:
        os.sched_setaffinity(0, affinity)
    out = capsys.readouterr().out
    assert code == 0
    assert "start to ready line" in out
    assert "memory" not in out
    assert "median of 2 repetitions" in out
