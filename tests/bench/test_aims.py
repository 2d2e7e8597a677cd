"""The table of aims: what it takes from the results, what it says of it, for one build and two."""

from __future__ import annotations

import re

import pytest

from fixpit.build import COMPILED, PURE
from tests.bench.aims import AIMS, BOTH, LEAST, NEITHER, Aim, aim_lines, aims_document, figure
from tests.bench.builds import Build, builds_of
from tests.bench.load import Latency, Throughput
from tests.bench.pace import Pace
from tests.bench.results import Results, in_turn
from tests.bench.servers import fixpit_servers

ONE = builds_of(compiled=False)
TWO = builds_of(compiled=True)


def _runs(*rates: float) -> list[Throughput]:
    return [Throughput(rate, 1.5, 0.1, 1.0) for rate in rates]


def _pace(p99: float) -> Pace:
    return Pace(40_000, 60_000, 100, p99, 2 * p99, 5)


def _cells(line: str) -> list[str]:
    return re.split(r" {2,}", line.strip())


def _results() -> Results:
    results = Results()
    results.throughput = {
        ("none", "rest", 16): _runs(80, 50, 90),
        ("group", "rest", 16): _runs(72, 55, 80),
        ("simplefix", "rest", 16): _runs(10, 10, 9),
        ("canned", "rest", 16): _runs(200, 100, 300),
        ("none", "rest", 1): _runs(1),
        ("canned", "rest", 1): _runs(1),
        ("none", "crowded", 16): _runs(10),
        ("canned", "crowded", 16): _runs(100),
    }
    results.latency = {
        "none": [Latency(100, p50, 1, 1) for p50 in (40, 60, 50)],
        "canned": [Latency(100, p50, 1, 1) for p50 in (20, 20, 20)],
    }
    results.pace = {"none": [_pace(400), _pace(600), _pace(500)]}
    results.memory = {"none": [1234.4, 1230.0, 1300.0]}
    results.start = {"none": [0.31, 0.29, 0.5]}
    results.growth = {("none", "resting orders"): [1.2, 1.25, 1.1], ("none", "sessions"): [0.9]}
    return results


def test_ratios_are_taken_within_a_turn() -> None:
    """The median is one of ratios, not a ratio of medians; a turn without a base does not count."""
    assert in_turn([80, 50, 90], [200, 100, 300]) == [0.4, 0.5, 0.3]
    assert in_turn([80, 50], [200]) == [0.4]
    assert in_turn([80, 50], [0, 100]) == [0.5]
    assert in_turn([], [1.0]) == []


def test_figure_is_median_and_spread() -> None:
    """Of no samples there is no figure."""
    shown = figure([3.0, 1.0, 2.0, 9.0, 2.5])
    assert shown is not None
    assert (shown.median, shown.low, shown.high) == (2.5, 1.0, 9.0)
    assert figure([]) is None


@pytest.mark.parametrize(
    ("at_least", "aim_for", "value", "reached"),
    [
        (0.25, 0.5, 0.24, NEITHER),
        (0.25, 0.5, 0.25, LEAST),
        (0.25, 0.5, 0.49, LEAST),
        (0.25, 0.5, 0.5, BOTH),
        (2.2, 1.5, 2.3, NEITHER),
        (2.2, 1.5, 2.2, LEAST),
        (2.2, 1.5, 1.5, BOTH),
        (2.2, 1.5, 0.1, BOTH),
    ],
)
def test_marks_are_reached_from_their_side(
    at_least: float, aim_for: float, value: float, reached: str
) -> None:
    """Where the better mark is the higher one, more is better, else less; a mark itself counts."""
    assert Aim("x", at_least, aim_for, lambda _, __: []).reached(value) == reached


def test_table_of_one_build() -> None:
    """One line for each row of which there is anything, without a name for the only build."""
    assert list(aim_lines(_results(), ONE)) == [
        "Aims: 16 sessions, --sync none where nothing is said, median of 1 to 3 repetitions, "
        "each ratio taken within one",
        "                                                         at least    aim for   m"
        "edian      min to max   reached",
        "  all rest / canned server                                >= 0.25     >= 0.5    "
        " 0.40    0.30 to 0.50  at least",
        "  new + cancel, 20,000 others resting / canned server     >= 0.15    >= 0.35    "
        " 0.10    0.10 to 0.10        no",
        "  all rest / simplefix acceptor                              >= 8      >= 14    "
        "  8.0     5.0 to 10.0  at least",
        "  one at a time, p50 / canned server's                     <= 2.2     <= 1.5    "
        " 2.50    2.00 to 3.00        no",
        "  p99 at half the maximum rate                            <= 2 ms  <= 0.5 ms  0."
        "50 ms    0.40 to 0.60       aim",
        "  all rest, --sync group / --sync none                     >= 0.7     >= 0.9    "
        " 0.90    0.89 to 1.10       aim",
        "  cost of an order, 1,000,000 / 10 resting orders          <= 1.3     <= 1.1    "
        " 1.20    1.10 to 1.25  at least",
        "  cost of an order, 1,000 sessions / 1                     <= 1.3     <= 1.1    "
        " 0.90    0.90 to 0.90       aim",
        "  memory of a resting order, all in                    <= 1,200 B   <= 600 B  1,"
        "234 B  1,230 to 1,300        no",
        "  start to ready line                                    <= 0.6 s   <= 0.3 s   0"
        ".31 s    0.29 to 0.50  at least",
    ]


def test_table_of_two_builds() -> None:
    """Each build has columns of its own; what was not measured of one stays empty."""
    results = _results()
    results.throughput["pure-none", "rest", 16] = _runs(40, 25, 45)
    header, *rows = list(aim_lines(results, TWO))[1:]
    assert _cells(header)[2:] == [COMPILED, "min to max", "reached", PURE, "min to max", "reached"]
    assert _cells(rows[0])[3:] == [
        *("0.40", "0.30 to 0.50", "at least"),
        *("0.20", "0.15 to 0.25", "no"),
    ]
    assert _cells(rows[-1])[3:] == ["0.31 s", "0.29 to 0.50", "at least"]


def test_nothing_measured_is_no_table() -> None:
    """A suite without any of the rows prints none, and a build without any has no columns."""
    assert list(aim_lines(Results(), ONE)) == []
    assert COMPILED in list(aim_lines(_results(), TWO))[1]
    assert PURE not in list(aim_lines(_results(), TWO))[1]


def test_document_has_every_sample() -> None:
    """Programs get the samples in the order of their turns, and no build without any."""
    documents = aims_document(_results(), TWO)
    assert [one["text"] for one in documents] == [aim.text for aim in AIMS]
    assert documents[0]["builds"] == {
        COMPILED: {
            "median": 0.4,
            "min": 0.3,
            "max": 0.5,
            "reached": LEAST,
            "samples": [0.4, 0.5, 0.3],
        }
    }


def test_servers_of_two_builds() -> None:
    """The build that runs by itself keeps the plain names; the other one is asked for."""
    assert [(server.name, server.text, server.environment) for server in fixpit_servers(TWO)] == [
        ("none", "fixpit serve --sync none (compiled)", ()),
        ("group", "fixpit serve --sync group (compiled)", ()),
        ("pure-none", "fixpit serve --sync none (pure)", (("FIXPIT_PURE", "1"),)),
        ("pure-group", "fixpit serve --sync group (pure)", (("FIXPIT_PURE", "1"),)),
    ]
    assert [server.text for server in fixpit_servers((Build(PURE),))] == [
        "fixpit serve --sync none",
        "fixpit serve --sync group",
    ]
