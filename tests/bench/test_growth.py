"""The growth bench's own correctness: what it sends, how it counts, what its tables say."""

from __future__ import annotations

import asyncio
import os
import time
from itertools import pairwise
from pathlib import Path

import pytest

from tests.bench import bursts, growth
from tests.bench.growth import Point, Sweep
from tests.bench.growth_plot import Cost, Curve, Panel, Row, panels, table
from tests.bench.load_session import LoadError
from tests.bench.messages import WORKLOADS, Workload, encode_tape
from tests.bench.servers import SERVERS, running

REST = WORKLOADS["rest"]


def _row(size: int, micros: list[float], memory: float | None = None) -> Row:
    costs = [Cost(one, 1e6 / one) for one in micros]
    return Row(size, {"new + cancel": costs, "cross": costs[::-1]}, memory)


CURVE = Curve(
    "Resting orders",
    "resting orders",
    [_row(10, [20.0, 40.0, 30.0]), _row(1_000_000, [30.0, 40.0, 42.0], 1234.4)],
)


def test_ratio_is_to_the_same_round() -> None:
    """A round in which the machine was slow for all sizes alike does not change the ratio."""
    small, large = CURVE.rows
    assert large.ratios(small, "new + cancel") == pytest.approx([1.0, 1.4, 1.5])
    assert large.growth(small) == pytest.approx(1.4)
    assert small.growth(small) == 1.0


def test_table_says_what_stays_within_the_bound() -> None:
    """Each size has a line with its verdict, and the curve has one at its end."""
    lines = table(CURVE).splitlines()
    assert lines[0] == "Resting orders"
    assert " ".join(lines[2].split()) == (
        "10 30.0 1.00 (1.00-1.00) 33,333 30.0 1.00 (1.00-1.00) 33,333 - yes"
    )
    assert " ".join(lines[3].split()) == (
        "1,000,000 40.0 1.40 (1.00-1.50) 25,000 40.0 1.40 (1.00-1.50) 25,000 1,234 NO"
    )
    assert lines[4] == "  10 to 1,000,000 resting orders: at most 1.40 times, beyond 1.3"
    assert lines[5] == "  the dearest size costs 1.33 times the cheapest"
    assert len({len(line) for line in lines[1:4]}) == 1


def test_panels_show_ratios_and_the_memory_that_is_known() -> None:
    """There is a panel a curve with its bound, and one for memory without the unknown sizes."""
    cost, memory = panels([CURVE])
    assert cost.bound == 1.3
    assert cost.lines[0].label == "new + cancel (30 us at 10)"
    assert cost.lines[0].points == [(10, 1.0), (1_000_000, pytest.approx(1.4))]
    assert memory.lines[0].points == [(1_000_000, 1234.4)]
    assert memory.top > 1234.4
    assert Panel("", "", "", [], 1.3).top > 1.3


def test_memory_is_read_in_bytes() -> None:
    """VmRSS is found among the lines of /proc/<pid>/status, whose unit is KiB."""
    text = "Name:\tfixpit\nVmHWM:\t   99999 kB\nVmRSS:\t   12345 kB\nRssAnon:\t    6789 kB\n"
    assert growth.resident_bytes(text) == 12_345 * 1024


def test_cpu_time_of_a_process_is_what_it_says_itself() -> None:
    """The clock of another process, asked for this one, lies between two readings of its own."""
    before = time.clock_gettime(time.CLOCK_PROCESS_CPUTIME_ID)
    read = bursts.cpu_seconds(os.getpid())
    assert before <= read <= time.clock_gettime(time.CLOCK_PROCESS_CPUTIME_ID)


@pytest.mark.parametrize(
    ("total", "parts", "found"), [(10, 4, [3, 3, 2, 2]), (8, 4, [2, 2, 2, 2]), (1, 3, [1, 0, 0])]
)
def test_shares(total: int, parts: int, found: list[int]) -> None:
    """Shares add up and differ by at most one."""
    assert bursts.shares(total, parts) == found


@pytest.mark.parametrize("sessions", [1, 3, 7])
def test_the_book_does_not_depend_on_the_number_of_sessions(sessions: int) -> None:
    """However many fill it, the same numbers of orders rest at the same prices."""
    tapes = bursts.tapes_of(REST, bursts.shares(100, sessions), b"-1")
    assert len({tape.sender for tape in tapes}) == sessions
    plans = [tape.workload.plan(n) for tape in tapes for n in range(tape.orders)]
    assert plans == [REST.plan(n) for n in range(100)]


def test_what_is_measured_leaves_the_book_as_it_was() -> None:
    """Every order is cancelled, or is one of a buy and a sell at the best bid's price."""
    pairs, cross = growth.measured(REST.plan)
    assert pairs.cancels
    assert cross.trades
    assert [cross.plan(n) for n in range(2)] == [(b"1", b"86.98"), (b"2", b"86.98")]


def test_sweeps_are_in_order_and_leave_out_what_has_no_sizes() -> None:
    """Sizes ascend, none counts twice, and an empty list asks for no curve."""
    spread, deep = growth.sweeps([100, 10, 10], [])
    for sweep in (spread, deep):
        assert [point.size for point in sweep.points] == [10, 100]
        assert all(one.sessions == other.sessions for one, other in pairwise(sweep.points))
    assert {deep.points[0].plan(n) for n in range(9)} == {(b"1", b"86.98"), (b"2", b"88.00")}
    (sessions,) = growth.sweeps([], [1, 10])
    assert [(point.size, point.sessions) for point in sessions.points] == [(1, 1), (10, 10)]


@pytest.mark.parametrize(
    ("stream", "found"),
    [
        (b"\x01150=0\x01" * 2, ""),
        (b"\x01150=0\x01", "L01: ExecType(150) 0 must come 2 times, was 1"),
        (b"\x01150=0\x01" * 2 + b"\x01150=8\x01", "L01: ExecType(150) 8 must come 0 times, was 1"),
    ],
    ids=["good", "unanswered", "refused"],
)
def test_complaint(stream: bytes, found: str) -> None:
    """An order that is not answered, or refused, is named."""
    assert bursts.complaint(stream, encode_tape(REST, b"L01", 2)) == found


@pytest.mark.parametrize("workload", [WORKLOADS["rest"], WORKLOADS["cancel"]])
async def test_drive_plays_every_order(workload: Workload, tmp_path: Path) -> None:
    """All sessions play all of their tapes in bursts, also one that ends in a part of a burst."""
    tapes = bursts.tapes_of(workload, [40, 34, 0], b"-1")
    with running(SERVERS["canned"], tmp_path, (None, None)) as server:
        cost = await bursts.drive(server, tapes, burst=16, warm_up=16)
    assert cost.micros > 0
    assert cost.rate > 0


async def test_a_server_that_does_not_trade_fails(tmp_path: Path) -> None:
    """A run is not believed when the fills of crossing orders do not come."""
    tapes = bursts.tapes_of(WORKLOADS["cross"], [32], b"-1")
    with (
        pytest.raises(LoadError, match=r"ExecType\(150\) F must come 32 times, was 0"),
        running(SERVERS["canned"], tmp_path, (None, None)) as server,
    ):
        await bursts.drive(server, tapes, burst=16, warm_up=0)


async def test_a_lost_connection_is_told() -> None:
    """Whoever waits for answers learns that none will come."""
    client = bursts.Client(encode_tape(REST, b"L01", 2), 16)
    client.connection_lost(None)
    with pytest.raises(LoadError, match="connection lost"):
        await asyncio.wait_for(client.waiting, 1)


async def test_a_venue_is_filled_and_measured() -> None:
    """A real venue answers every order of both workloads at both sizes, round after round."""
    points = [Point(n, n, 2, REST.plan) for n in (10, 30)]
    curve = await growth.measure(Sweep("Small", "resting orders", points), 64, 2, (None, None))
    assert [row.size for row in curve.rows] == [10, 30]
    for row in curve.rows:
        assert {name: len(runs) for name, runs in row.costs.items()} == {
            "new + cancel": 2,
            "cross": 2,
        }
        assert row.bytes_per_order is None  # too few orders to tell
