"""Orders explained from a log: what they waited for, trade by trade, and why the rest did not."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.commands import Instructions
from engine.values import CancelReason, Restatement
from gateway.explain import life, order
from gateway.explain.answer import explain
from gateway.explain.words import Json
from tests.gateway.explain.days import YESTERDAY, write
from tests.gateway.explain.test_trade import CALL, EX_2_1
from tests.support.market import Rules, price


def told(data_dir: Path, what: str) -> Json:
    """The explanation, in UTC."""
    return explain(data_dir / "log", what)


def waited(explanation: Json) -> list[str]:
    """What an order waited for."""
    found = explanation["waited"]
    assert isinstance(found, list)
    return [
        f"{one['match_id']} {one['qty']} @ {one['price']} {one['filled_order']['order_id']}"
        f" {one['by']}"
        for one in found
    ]


def test_ex_2_1_the_one_that_waited_in_sentences(tmp_path: Path) -> None:
    """S1 waited for the seller's own order, then for N1."""
    write(tmp_path, EX_2_1)
    assert told(tmp_path, "O2")["sentences"] == [
        "O2, S1 of SHB: buy 200 ERIC-B at 100.00 (limit, for the day).",
        "2024-01-03 09:00:05.000: accepted in phase continuous.",
        "2024-01-03 09:01:00.000: T1: 400 at 100.00 went to A1 of AVA: the seller was AVA too,"
        " and own orders go first at one price (internal priority).",
        "2024-01-03 09:01:00.000: T2: 100 at 100.00 went to N1 of NON: it stood 5 s longer"
        " at 100.00 (time).",
        "Nobody else sold while it stood.",
    ]


def test_ex_2_1_the_one_that_traded_says_why(tmp_path: Path) -> None:
    """N1's own trade has its reason, after the one it waited for."""
    write(tmp_path, EX_2_1)
    found = told(tmp_path, "O1")
    assert found["sentences"] == [
        "O1, N1 of NON: buy 300 ERIC-B at 100.00 (limit, for the day).",
        "2024-01-03 09:00:00.000: accepted in phase continuous.",
        "2024-01-03 09:01:00.000: T1: 400 at 100.00 went to A1 of AVA: the seller was AVA too,"
        " and own orders go first at one price (internal priority).",
        "2024-01-03 09:01:00.000: T2: N1 of NON stood 5 s longer than the next at 100.00,"
        " S1 of SHB (time).",
        "2024-01-03 09:01:00.000: bought 100 at 100.00 from X of AVA (T2), 200 left.",
        "Nobody else sold while it stood.",
    ]
    assert waited(found) == ["T1 400 @ 100.00 O3 internal"]
    assert found["trades"] == [told(tmp_path, "T2")]


EX_2_2 = EX_2_1.replace("X  AVA", "X  ENS")
EX_2_3 = """
    09:00:00 A1 AVA buy 400 @ 100.00
    09:00:10 N1 NON buy 100 @ 100.10
    09:00:20 X  AVA sell 200 @ 100.00
"""
EX_2_4 = """
    09:00:00 H1 ENS sell 500 @ 100.00 hidden
    09:00:01 D2 NON sell 200 @ 100.00
    09:00:02 H3 AVA sell 300 @ 100.00 hidden
    09:00:03 D4 AVA sell 100 @ 100.00
"""
EX_3_1 = """
    09:00:00 A1 AVA sell 100 @ 20.00
    09:00:01 N1 NON sell 500 @ 20.00
    09:00:02 A2 AVA sell 200 @ 20.00
    09:00:03 A3 AVA sell 300 @ 20.02
    09:00:04 X  AVA buy  900 @ 20.02
"""


@pytest.mark.parametrize(
    ("tape", "what", "waits"),
    [
        pytest.param(EX_2_2, "O3", ["T1 300 @ 100.00 O1 time", "T2 200 @ 100.00 O2 time"]),
        pytest.param(EX_2_3, "O1", ["T1 100 @ 100.10 O2 price"]),
        pytest.param(
            EX_2_4 + "09:01:00 X AVA buy 800 @ 100.00",
            "O1",
            [
                "T1 100 @ 100.00 O4 internal",
                "T2 300 @ 100.00 O3 internal",
                "T3 200 @ 100.00 O2 displayed",
            ],
        ),
        pytest.param(
            EX_2_4 + "09:01:00 X SHB buy 800 @ 100.00",
            "O3",
            [
                "T1 200 @ 100.00 O2 displayed",
                "T2 100 @ 100.00 O4 displayed",
                "T3 500 @ 100.00 O1 time",
            ],
        ),
        pytest.param(EX_3_1, "O2", ["T1 100 @ 20.00 O1 internal", "T2 200 @ 20.00 O3 internal"]),
        pytest.param(
            EX_2_1.replace("A1 AVA buy  400 @ 100.00", "A1 AVA buy 400 @ 100.00 no-internal"),
            "O3",
            ["T1 300 @ 100.00 O1 time", "T2 200 @ 100.00 O2 time"],
        ),
    ],
    ids=["ex_2_2", "ex_2_3", "ex_2_4_internal", "ex_2_4_outsider", "ex_3_1", "ex_3_2"],
)
def test_what_an_order_waited_for(tmp_path: Path, tape: str, what: str, waits: list[str]) -> None:
    """Each trade on its level or a better one that went to somebody else."""
    write(tmp_path, tape)
    assert waited(told(tmp_path, what)) == waits


EX_4_14 = """
    08:50:00 b1 NON buy 200 market
    08:50:01 b2 SHB buy 100 @ 101.00
    08:50:02 b3 ENS buy 300 @ 100.00
    08:50:03 b4 AVA buy 300 @ 100.00
    08:50:04 s1 CAR sell 350 @ 99.00
    08:50:05 s2 AVA sell 150 @ 100.00
    08:50:06 b5 CAR buy 100 @ 99.50
    09:00:00 phase CONTINUOUS
"""


def test_ex_4_14_what_orders_waited_for_in_the_auction(tmp_path: Path) -> None:
    """The four that came before b3 or went past it, and one whose limit is below the price."""
    write(tmp_path, EX_4_14, rules=CALL)
    assert waited(told(tmp_path, "O3")) == [
        "T1 200 @ 100.00 O1 market order",
        "T2 100 @ 100.00 O2 price",
        "T4 150 @ 100.00 O4 internal",
    ]
    assert told(tmp_path, "O7")["sentences"] == [
        "O7, b5 of CAR: buy 100 ERIC-B at 99.50 (limit, for the day).",
        "2024-01-03 08:50:06.000: accepted in phase opening call.",
        "2024-01-03 09:00:00.000: T1: 200 at 100.00 went to b1 of NON: a market order, and those"
        " go first (market order).",
        *(
            f"2024-01-03 09:00:00.000: {trade}: the auction's price did not reach this order's"
            " limit 99.50 (price)."
            for trade in (
                "T2: 100 at 100.00 went to b2 of SHB",
                "T3: 50 at 100.00 went to b3 of ENS",
                "T4: 150 at 100.00 went to b4 of AVA",
            )
        ),
        "2024-01-03 09:00:00.000: the opening auction traded 500 at 100.00, which this order's"
        " limit 99.50 did not reach.",
        "2024-01-03 09:00:00.000: the book went into phase continuous (schedule).",
        "Nobody else sold while it stood.",
    ]


def test_ex_4_13_the_one_that_got_nothing(tmp_path: Path) -> None:
    """b1 was first by time, and went away empty."""
    tape = """
        08:50:00 b1 NON buy  300 @ 100.00
        08:51:00 b2 AVA buy  300 @ 100.00
        08:52:00 s1 AVA sell 200 @ 99.00
        09:00:00 phase CONTINUOUS
    """
    write(tmp_path, tape, rules=CALL)
    assert waited(told(tmp_path, "O1")) == ["T1 200 @ 100.00 O2 internal"]


def test_ex_4_15_hidden_waits_for_both(tmp_path: Path) -> None:
    """The outsider's hidden order stood longest and comes last."""
    tape = """
        08:50:00 b1 ENS buy 300 @ 100.00 hidden
        08:51:00 b2 NON buy 200 @ 100.00
        08:52:00 b3 AVA buy 200 @ 100.00 hidden
        08:53:00 s1 AVA sell 450 @ 100.00
        09:00:00 phase CONTINUOUS
    """
    write(tmp_path, tape, rules=CALL)
    assert waited(told(tmp_path, "O1")) == [
        "T1 200 @ 100.00 O3 internal",
        "T2 200 @ 100.00 O2 displayed",
    ]


def test_ex_2_10_a_reserve_order_loses_its_place(tmp_path: Path) -> None:
    """When its slice is gone, the next one stands behind D2 and says so."""
    tape = """
        09:00:00 R1 NON sell 1000 @ 50.00
        09:00:01 D2 SHB sell  300 @ 50.00
        09:00:02 X  CAR buy   500 @ 50.00
    """
    terms = {"R1": {"instructions": Instructions(max_floor=200)}}
    write(tmp_path, tape, terms=terms)
    found = told(tmp_path, "O1")
    assert waited(found) == ["T2 300 @ 50.00 O2 time"]
    assert found["sentences"] == [
        "O1, R1 of NON: sell 1000 ERIC-B at 50.00 (reserve, for the day).",
        "2024-01-03 09:00:00.000: accepted in phase continuous.",
        "2024-01-03 09:00:02.000: T1: R1 of NON stood 1 s longer than the next at 50.00,"
        " D2 of SHB (time).",
        "2024-01-03 09:00:02.000: sold 200 at 50.00 to X of CAR (T1), 800 left.",
        "2024-01-03 09:00:02.000: a new slice was shown, 200 of 800; it stands behind the others.",
        "2024-01-03 09:00:02.000: T2: 300 at 50.00 went to D2 of SHB: it stood 1 s longer"
        " at 50.00 (time).",
        "Nobody else bought while it stood.",
    ]


STOP = {"ord_type": "4", "instructions": Instructions(stop_px=price("99.00"))}


def test_a_stop_waits_for_its_price(tmp_path: Path) -> None:
    """Trades above its trigger pass it by; it stands outside the book."""
    tape = """
        09:00:00 S1 SHB sell 200 @ 98.80
        09:00:01 B1 NON buy  100 @ 99.10
        09:00:02 X  CAR sell 100 @ 99.10
        09:00:03 Y  CAR sell 100 @ 99.20
        09:00:04 B2 NON buy  100 @ 99.20
    """
    write(tmp_path, tape, rules=Rules(reference_price="100.00"), terms={"S1": STOP})
    found = told(tmp_path, "S1")
    assert waited(found) == []
    assert found["sentences"] == [
        "O1, S1 of SHB: sell 200 ERIC-B at 98.80 (stop-limit, for the day).",
        "2024-01-03 09:00:00.000: accepted in phase continuous;"
        " it waits for a trade at 99.00 or lower.",
        "It waited for a trade at 99.00 or lower; there was none.",
    ]


def test_a_triggered_stop_says_by_what(tmp_path: Path) -> None:
    """The trade that reached it, then its own life as a limit order."""
    tape = """
        09:00:00 S1 SHB sell 200 @ 98.80
        09:00:01 B1 NON buy  100 @ 99.00
        09:00:02 B2 NON buy  150 @ 98.90
        09:00:03 X  CAR sell 100 @ 99.00
    """
    write(tmp_path, tape, rules=Rules(reference_price="100.00"), terms={"S1": STOP})
    assert told(tmp_path, "S1")["sentences"] == [
        "O1, S1 of SHB: sell 200 ERIC-B at 98.80 (stop-limit, for the day).",
        "2024-01-03 09:00:00.000: accepted in phase continuous;"
        " it waits for a trade at 99.00 or lower.",
        "2024-01-03 09:00:03.000: triggered by a trade that reached 99.00 or lower;"
        " it works from here on.",
        "2024-01-03 09:00:03.000: T2: B2 of NON was the only buy order that could trade.",
        "2024-01-03 09:00:03.000: sold 150 at 98.90 to B2 of NON (T2), 50 left.",
        "Nobody else bought while it stood.",
    ]


@pytest.mark.parametrize(
    ("tape", "rules", "end"),
    [
        pytest.param(
            "09:00:00 A NON buy 10 @ 99.00 \n 09:00:01 B SHB sell 10 @ 99.05",
            Rules(),
            "Nobody sold at 99.00 or lower: the lowest price asked was 99.05.",
            id="beyond-its-limit",
        ),
        pytest.param(
            "09:00:00 A NON sell 10 @ 99.00 \n 09:00:01 B SHB buy 10 @ 98.95",
            Rules(),
            "Nobody bought at 99.00 or higher: the highest price bid was 98.95.",
            id="beyond-its-limit-as-a-seller",
        ),
        pytest.param(
            "09:00:00 A NON buy 10 @ 99.00",
            Rules(),
            "Nobody sold while it stood.",
            id="nobody-there",
        ),
        pytest.param(
            "08:50:00 A NON buy 10 @ 99.00 \n 08:51:00 B SHB sell 10 @ 99.00",
            CALL,
            "Nothing could trade while it stood: the book was in phase opening call.",
            id="nothing-matches-in-a-call",
        ),
        pytest.param(
            "09:00:00 A NON buy 10 market IOC",
            Rules(),
            "2024-01-03 09:00:00.000: the 10 left were canceled, because it had met all it could,"
            " and may not rest.",
            id="market-order",
        ),
    ],
)
def test_why_the_rest_did_not_trade(tmp_path: Path, tape: str, rules: Rules, end: str) -> None:
    """The last sentence of an order of which something was left."""
    write(tmp_path, tape, rules=rules)
    found = told(tmp_path, "O1")["sentences"]
    assert isinstance(found, list)
    assert found[-1] == end


def test_an_on_close_order_waits_for_its_call(tmp_path: Path) -> None:
    """It is in no book in continuous trading."""
    tape = """
        09:00:00 C1 NON buy 10 @ 99.00
        09:00:01 A  SHB sell 5 @ 99.00
    """
    write(tmp_path, tape, terms={"C1": {"time_in_force": "7"}})
    assert told(tmp_path, "C1")["sentences"] == [
        "O1, C1 of NON: buy 10 ERIC-B at 99.00 (limit, for the closing auction).",
        "2024-01-03 09:00:00.000: accepted in phase continuous; it waits outside the book.",
        "It waited outside the book for its call.",
    ]


def test_ex_2_13_a_minimum_quantity_is_not_met(tmp_path: Path) -> None:
    """It ranked first, and the incoming order wanted too little."""
    tape = """
        09:00:00 H1 ENS sell 5000 @ 30.00 hidden
        09:00:01 H2 NON sell 500 @ 30.00 hidden
        09:00:02 X  SHB buy 300 @ 30.00
    """
    write(tmp_path, tape, terms={"H1": {"instructions": Instructions(max_floor=0, min_qty=2000)}})
    found = told(tmp_path, "O1")["sentences"]
    assert isinstance(found, list)
    assert found[2] == (
        "2024-01-03 09:00:02.000: T1: 300 at 30.00 went to H2 of NON, though this order ranked"
        " first: it trades no less than 2000, and X of SHB wanted 300 (minimum quantity)."
    )


def test_a_canceled_order_ends_its_story(tmp_path: Path) -> None:
    """Trades after its end are not told; the former ClOrdID and the cancel's own find it."""
    tape = """
        09:00:00 A NON buy 10 @ 99.00
        09:00:01 cancel A NON buy
        09:00:02 B SHB buy 10 @ 99.00
        09:00:03 X CAR sell 10 @ 99.00
    """
    write(tmp_path, tape)
    found = told(tmp_path, "A")
    assert found == told(tmp_path, "A-cancel")
    assert found["waited"] == []
    assert found["sentences"] == [
        "O1, A of NON: buy 10 ERIC-B at 99.00 (limit, for the day).",
        "2024-01-03 09:00:00.000: accepted in phase continuous.",
        "2024-01-03 09:00:01.000: the 10 left were canceled, because its owner asked for it.",
        "Nobody sold while it stood.",
    ]


def test_an_order_that_was_carried_over_a_night(tmp_path: Path) -> None:
    """Entered yesterday, traded today: one story over two segments of the log."""
    write(tmp_path, "16:00:00 G NON buy 100 @ 99.00 GTC \n 18:00:00 phase CLOSED", day=YESTERDAY)
    write(tmp_path, "09:00:00 phase CONTINUOUS \n 09:00:01 X SHB sell 40 @ 99.00")
    found = told(tmp_path, "G")["events"]
    assert isinstance(found, list)
    assert [f"{one['at'][:16]} {one['event']}" for one in found] == [
        "2024-01-02T16:00 accepted",
        "2024-01-02T18:00 phase",
        "2024-01-03T09:00 restated",
        "2024-01-03T09:00 uncrossed",
        "2024-01-03T09:00 phase",
        "2024-01-03T09:00 traded",
    ]


def test_a_day_order_that_is_done_for_the_day(tmp_path: Path) -> None:
    """Where the segment reports the end of the day instead of expiring, the story says so."""
    write(
        tmp_path,
        """
        09:00:00 N1 NON buy 100 @ 100.00
        09:00:01 G1 NON buy 100 @ 100.00 GTC
        17:30:00 phase POST_TRADE
        """,
        rules=Rules(more={"done_for_day": True}),
    )
    ends = [told(tmp_path, what)["events"] for what in ("O1", "O2")]
    assert [one[-1]["sentence"] for one in ends if isinstance(one, list)] == [
        "2024-01-03 17:30:00.000: the day was over for the 100 left; they ended with it.",
        "2024-01-03 17:30:00.000: the day was over for the 100 left; they go on tomorrow.",
    ]


def test_an_order_that_must_be_the_best_says_why_it_went(tmp_path: Path) -> None:
    """It asked for it itself."""
    write(
        tmp_path,
        """
        09:00:00 Z1 NON buy 100 @ 100.00 best-only
        09:00:01 N1 SHB buy 100 @ 100.01
        """,
    )
    events = told(tmp_path, "O1")["events"]
    assert isinstance(events, list)
    assert events[-1]["sentence"] == (
        "2024-01-03 09:00:01.000: the 100 left were canceled, because somebody showed a better"
        " price, and it asked to be canceled then."
    )


def test_every_reason_has_words() -> None:
    """Whatever ends an order or changes it unasked can be told."""
    assert set(life._CANCELED) == set(CancelReason)
    assert set(life._RESTATED) == set(Restatement)


def test_a_long_wait_is_cut_and_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more trades than the limit are told of, all are counted."""
    monkeypatch.setattr(order, "WAITED_MAX", 2)
    tape = "09:00:00 L NON buy 1 @ 99.00\n"
    for number in range(4):
        tape += f"09:00:0{number} B{number} SHB buy 1 @ 99.10\n"
        tape += f"09:00:0{number} X{number} CAR sell 1 @ 99.10\n"
    write(tmp_path, tape)
    found = told(tmp_path, "O1")
    assert waited(found) == ["T1 1 @ 99.10 O2 price", "T2 1 @ 99.10 O4 price"]
    assert found["waited_count"] == 4
    sentences = found["sentences"]
    assert isinstance(sentences, list)
    assert "2 more trades went to orders in front of it." in sentences
