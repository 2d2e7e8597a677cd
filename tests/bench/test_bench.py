"""The bench's own correctness: what it sends, what it counts, what it refuses to believe."""

from __future__ import annotations

from pathlib import Path

import pytest
import simplefix

from tests.bench.check import Expectation, check_stream
from tests.bench.load import Latency, Throughput, Timing, encode_tapes, latency, throughput
from tests.bench.load_session import LoadError, SplitCount
from tests.bench.messages import WORKLOADS, encode_tape, frame
from tests.bench.report import text_report
from tests.bench.results import Results
from tests.bench.servers import SERVERS, running


def _messages(data: bytes) -> list[simplefix.FixMessage]:
    parser = simplefix.FixParser()
    parser.append_buffer(data)
    return list(iter(parser.get_message, None))


def _report(seq: int, fields: str) -> bytes:
    return frame(f"35=8|34={seq}|49=PIT|56=L01|{fields}|".replace("|", "\x01").encode())


@pytest.mark.parametrize("name", WORKLOADS)
def test_tape_is_what_simplefix_would_encode(name: str) -> None:
    """BodyLength and CheckSum of every message are those another library computes."""
    data = encode_tape(WORKLOADS[name], b"L01", 220).data
    assert b"".join(message.encode() for message in _messages(data)) == data


def test_tape_reads_in_order() -> None:
    """A cancel follows its order, ClOrdIDs differ, MsgSeqNum runs on from 2."""
    tape = encode_tape(WORKLOADS["cancel"], b"L01", 2)
    tags = (35, 34, 11, 41, 54, 44)
    assert [tuple(message.get(tag) for tag in tags) for message in _messages(tape.data)] == [
        (b"D", b"2", b"L01-0", None, b"1", b"86.98"),
        (b"F", b"3", b"L01-X0", b"L01-0", b"1", None),
        (b"D", b"4", b"L01-1", None, b"2", b"88.00"),
        (b"F", b"5", b"L01-X1", b"L01-1", b"2", None),
    ]
    assert (tape.orders, tape.ends[-1], tape.next_seq(2)) == (2, len(tape.data), 6)


def test_cross_pairs_meet_at_one_price() -> None:
    """Orders of the crossing workload are a buy and a sell in turn, at one price."""
    messages = _messages(encode_tape(WORKLOADS["cross"], b"L01", 3).data)
    assert [(message.get(54), message.get(44)) for message in messages] == [
        (b"1", b"87.30"),
        (b"2", b"87.30"),
        (b"1", b"87.30"),
    ]


@pytest.mark.parametrize("size", range(1, 40))
def test_count_does_not_depend_on_chunks(size: int) -> None:
    """An acknowledgement is counted once, wherever the chunks are cut."""
    data = b"".join(_report(seq, "150=0|39=0") for seq in range(1, 6))
    count = SplitCount(b"\x01150=0\x01").add
    assert sum(count(data[at : at + size]) for at in range(0, len(data), size)) == 5


_GOOD = [_report(1, "150=0|39=0"), _report(2, "150=0|39=0")]


@pytest.mark.parametrize(
    ("stream", "complaints"),
    [
        (b"".join(_GOOD), []),
        (
            _GOOD[0],
            [
                "ExecType(150) 0 must come 2 times, was 1, the first: "
                "8=FIX.4.4|9=35|35=8|34=1|49=PIT|56=L01|150=0|39=0|10=128|"
            ],
        ),
        (
            _GOOD[0] + _GOOD[1] + _report(3, "150=8|58=no"),
            [
                "ExecType(150) 8 must come 0 times, was 1, the first: "
                "8=FIX.4.4|9=36|35=8|34=3|49=PIT|56=L01|150=8|58=no|10=057|"
            ],
        ),
        (
            b"".join(_GOOD) + frame(b"35=j\x0134=3\x0149=PIT\x0156=L01\x0158=no\x01"),
            [
                "1 messages of MsgType(35) j, the first: "
                "8=FIX.4.4|9=30|35=j|34=3|49=PIT|56=L01|58=no|10=089|"
            ],
        ),
        (_GOOD[0] + _report(3, "150=0|39=0"), ["MsgSeqNum(34) must be 2, was 3"]),
        (
            _GOOD[0] + _GOOD[1].replace(b"49=PIT", b"49=PIX"),
            ["CheckSum(10) must be 133, was 129"],
        ),
        (
            _GOOD[0] + _GOOD[1][:-3],
            [
                "BodyLength(9) does not lead to CheckSum(10) in "
                "8=FIX.4.4|9=35|35=8|34=2|49=PIT|56=L01|150=0|39=0|"
            ],
        ),
    ],
    ids=["good", "unanswered", "refused", "business-reject", "gap", "checksum", "cut"],
)
def test_check_finds_what_is_wrong(stream: bytes, complaints: list[str]) -> None:
    """A stream that lacks, refuses, skips or garbles anything is named for it."""
    found = check_stream(stream, WORKLOADS["rest"], 2, Expectation())
    assert found == complaints


@pytest.mark.parametrize("name", ["simplefix", "canned"])
@pytest.mark.parametrize("workload", WORKLOADS)
def test_load_against_a_baseline(name: str, workload: str, tmp_path: Path) -> None:
    """A baseline passes all checks of a run at full windows, over real sockets."""
    tapes = encode_tapes(WORKLOADS[workload], 2, 4_000)
    with running(SERVERS[name], tmp_path, (None, None)) as server:
        result = throughput(
            server.address,
            tapes,
            Timing(warm_up=0, seconds=0.05),
            window=64,
            server_pid=server.pid,
            expectation=SERVERS[name].expectation,
        )
    assert result.orders_per_second > 0


def test_latency_against_a_baseline(tmp_path: Path) -> None:
    """Single orders are timed one by one until the tape ends."""
    (tape,) = encode_tapes(WORKLOADS["rest"], 1, 40)
    with running(SERVERS["simplefix"], tmp_path, (None, None)) as server:
        result = latency(server.address, tape, 5.0, expectation=SERVERS["simplefix"].expectation)
    assert result.orders == 20
    assert 0 < result.p50 <= result.p99 <= result.p999


def test_a_server_that_does_not_trade_fails_where_trades_are_promised(tmp_path: Path) -> None:
    """A run is not believed when the fills of crossing orders do not come."""
    tapes = encode_tapes(WORKLOADS["cross"], 1, 200)
    with (
        pytest.raises(LoadError, match=r"ExecType\(150\) F must come 200 times, was 0"),
        running(SERVERS["simplefix"], tmp_path, (None, None)) as server,
    ):
        throughput(server.address, tapes, Timing(warm_up=0, seconds=60))


def test_report_shows_medians_and_ratios() -> None:
    """The table has one line a cell, the ratios mark what is below its aim."""
    results = Results()
    for server, rates in {"group": (39, 41, 99), "simplefix": (10, 10, 10)}.items():
        results.throughput[server, "rest", 4] = [
            Throughput(rate * 1000, seconds=1.5, load_cpu=0.1, server_cpu=0.99) for rate in rates
        ]
    results.throughput["canned", "rest", 4] = [Throughput(400_000, 1.5, 0.5, None)]
    results.latency["group"] = [Latency(1000, 90.4, 200.0, 1234.0)]
    text = text_report({"cpu": "one"}, {}, results)
    assert text[text.index("Acknowledged") :].splitlines() == [
        "Acknowledged orders per second (CPU of server / of load generator, % of a core)",
        "  workload  sessions             group         simplefix           canned",
        "  rest             4  41,000 ( 99/ 10)  10,000 ( 99/ 10)  400,000 (?/ 50)",
        "",
        "Times the baseline (floors: 4 x simplefix, 0.12 x canned; ! falls short)",
        "  workload  sessions  group / simplefix  group / canned",
        "  rest             4               4.10          ! 0.10",
        "  group / simplefix: 4.10 to 4.10, floor 4 met in 1 of 1 cells",
        "  group / canned: 0.10 to 0.10, floor 0.12 met in 0 of 1 cells",
        "",
        "One order at a time (one session, rest): microseconds from its write to the read of New",
        "  server  p50  p99  p99.9  orders",
        "  group    90  200  1,234   1,000",
    ]
