"""Trades explained from a log: the data, the sentences, yesterday's too."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.commands import BustTrade
from gateway.explain.answer import explain
from gateway.explain.words import Json
from tests.gateway.explain.days import YESTERDAY, write
from tests.support.market import Rules

EX_2_1 = """
    09:00:00 N1 NON buy  300 @ 100.00
    09:00:05 S1 SHB buy  200 @ 100.00
    09:00:12 A1 AVA buy  400 @ 100.00
    09:00:20 A0 AVA buy 1000 @  99.90
    09:01:00 X  AVA sell 500 @ 100.00
"""

CALL = Rules(phase="OPENING_CALL", reference_price="99.50")


def told(data_dir: Path, what: str) -> Json:
    """The explanation, in UTC."""
    return explain(data_dir / "log", what)


def passed(explanation: Json) -> list[str]:
    """Whom a trade passed, and by what."""
    found = explanation["passed"]
    assert isinstance(found, list)
    return [f"{one['order_id']} {one['cl_ord_id']} {one['qty']} {one['by']}" for one in found]


def test_ex_2_1_in_sentences(tmp_path: Path) -> None:
    """Who was passed, for how long he had stood, and why."""
    write(tmp_path, EX_2_1)
    assert told(tmp_path, "T1")["sentences"] == [
        "At 2024-01-03 09:01:00.000 A1 of AVA bought 400 ERIC-B at 100.00 from X of AVA,"
        " in continuous trading.",
        "X of AVA came in for 500, 500 still to trade; it meets buy orders in the order of their"
        " rank.",
        "A1 of AVA is of the member of the incoming order, AVA; next at 100.00 was N1 of NON"
        " (internal priority).",
        "N1 of NON stood 12 s longer at 100.00, but the seller was AVA, so AVA's own order A1"
        " went first (internal priority).",
        "S1 of SHB stood 7 s longer at 100.00, but the seller was AVA, so AVA's own order A1"
        " went first (internal priority).",
    ]
    assert told(tmp_path, "T2")["sentences"] == [
        "At 2024-01-03 09:01:00.000 N1 of NON bought 100 ERIC-B at 100.00 from X of AVA,"
        " in continuous trading.",
        "X of AVA came in for 500, 100 still to trade; it meets buy orders in the order of their"
        " rank.",
        "N1 of NON stood 5 s longer than the next at 100.00, S1 of SHB (time).",
    ]


def test_ex_2_1_as_data(tmp_path: Path) -> None:
    """Both orders as they stood before the trade, what decided, and whom it passed."""
    write(tmp_path, EX_2_1)
    found = told(tmp_path, "T1")
    del found["sentences"], found["reason"]
    assert passed(found) == ["O1 N1 300 internal", "O2 S1 200 internal"]
    del found["passed"]
    assert found == {
        "kind": "trade",
        "match_id": "T1",
        "at": "2024-01-03T09:01:00.000000Z",
        "symbol": "ERIC-B",
        "price": "100.00",
        "qty": 400,
        "phase": "CONTINUOUS",
        "cross": "",
        "resting": {
            "order_id": "O3",
            "cl_ord_id": "A1",
            "session": "AVA",
            "member": "AVA",
            "side": "buy",
            "price": "100.00",
            "qty": 400,
            "displayed": True,
            "since": "2024-01-03T09:00:12.000000Z",
        },
        "incoming": {
            "order_id": "O5",
            "cl_ord_id": "X",
            "session": "AVA",
            "member": "AVA",
            "symbol": "ERIC-B",
            "side": "sell",
            "kind": "limit",
            "time_in_force": "0",
            "expire_at": None,
            "qty": 500,
            "price": "100.00",
            "status": "PARTIALLY_FILLED",
            "cum_qty": 400,
            "leaves_qty": 100,
            "avg_px": "100.00",
        },
        "decided_by": "internal",
        "keys": ["price", "internal"],
        "passed_count": 2,
    }


@pytest.mark.parametrize(
    ("tape", "rules", "what", "sentences"),
    [
        pytest.param(
            """
            09:00:00 A1 AVA buy 400 @ 100.00
            09:00:30 N1 NON buy 100 @ 100.10
            09:01:00 X  AVA sell 200 @ 100.00
            """,
            Rules(),
            "T1",
            [
                "N1 of NON had the best price, 100.10; next was A1 of AVA at 100.00 (price).",
                "A1 of AVA stood 30 s longer, but bid 100.00; N1 bid 100.10 (price).",
            ],
            id="ex_2_3-price",
        ),
        pytest.param(
            """
            09:00:00 H1 ENS sell 500 @ 100.00 hidden
            09:02:05 D2 NON sell 200 @ 100.00
            09:03:00 X  SHB buy  100 @ 100.00
            """,
            Rules(),
            "T1",
            [
                "D2 of NON is displayed; next at 100.00 was H1 of ENS, which is not (displayed).",
                "H1 of ENS stood 2 min 5 s longer at 100.00, but is not displayed, and D2 is"
                " (displayed).",
            ],
            id="ex_2_4-displayed",
        ),
        pytest.param(
            """
            09:00:00 N1 NON buy 100 @ 100.00
            09:00:01 X  SHB sell 100 @ 100.00
            """,
            Rules(),
            "T1",
            ["N1 of NON was the only buy order that could trade."],
            id="only-order",
        ),
        pytest.param(
            """
            08:50:00 b2 SHB buy 100 @ 101.00
            08:51:00 b1 NON buy 200 market
            08:52:00 s1 CAR sell 100 @ 99.00
            09:00:00 phase CONTINUOUS
            """,
            CALL,
            "T1",
            [
                "b1 of NON is a market order, next was b2 of SHB with a limit (market order).",
                "b2 of SHB stood 1 min longer, but has a limit: market orders go first"
                " (market order).",
            ],
            id="ex_4_14-market-order",
        ),
    ],
)
def test_each_reason_in_a_sentence(
    tmp_path: Path, tape: str, rules: Rules, what: str, sentences: list[str]
) -> None:
    """What decided, and whom the trade passed."""
    write(tmp_path, tape, rules=rules)
    found = told(tmp_path, what)["sentences"]
    assert isinstance(found, list)
    assert found[2:] == sentences


def test_ex_4_13_an_auction_trade_in_sentences(tmp_path: Path) -> None:
    """Which side had less, and why the other side's order was taken."""
    write(
        tmp_path,
        """
        08:50:00 b1 NON buy  300 @ 100.00
        08:51:00 b2 AVA buy  300 @ 100.00
        08:52:00 s1 AVA sell 200 @ 99.00
        09:00:00 phase CONTINUOUS
        """,
        rules=CALL,
    )
    assert told(tmp_path, "T1")["sentences"] == [
        "At 2024-01-03 09:00:00.000 b2 of AVA bought 200 ERIC-B at 100.00 from s1 of AVA,"
        " in the opening auction.",
        "The sell side had no more to trade than the buy side, so its orders met the buy orders"
        " one after the other; it was the turn of s1 of AVA.",
        "b2 of AVA is of the member of the incoming order, AVA; next at 100.00 was b1 of NON"
        " (internal priority).",
        "b1 of NON stood 1 min longer at 100.00, but the seller was AVA, so AVA's own order b2"
        " went first (internal priority).",
    ]


def test_an_order_that_slept_has_stood_since_its_call_began(tmp_path: Path) -> None:
    """An on-close order takes its place when it is woken, not when it is entered (rule 4.1.4)."""
    write(
        tmp_path,
        """
        13:30:20 d1 CAR buy 400 @ 93.00
        15:00:00 c1 AVA buy 300 market CLO
        15:00:30 c2 SHB buy 100 @ 93.00 CLO
        17:25:00 phase CLOSING_CALL
        17:26:00 d2 ENS buy 100 @ 93.00
        17:27:00 s1 NON sell 750 @ 92.80
        17:29:46 phase POST_TRADE
        """,
        rules=Rules(reference_price="93.00"),
    )
    sentences, resting = told(tmp_path, "T1")["sentences"], told(tmp_path, "T3")["resting"]
    assert isinstance(sentences, list)
    assert isinstance(resting, dict)
    assert sentences[3:] == [
        "d1 of CAR stood 3 h 54 min longer, but has a limit: market orders go first (market order)."
    ]
    assert told(tmp_path, "T3")["reason"] == (
        "c2 of SHB stood 1 min longer than the next at 93.00, d2 of ENS (time)."
    )
    assert (resting["cl_ord_id"], resting["since"]) == ("c2", "2024-01-03T17:25:00.000000Z")


def test_yesterdays_trade_is_explained_from_an_earlier_segment(tmp_path: Path) -> None:
    """A log of two starts: the match id of the first day means what it meant then."""
    write(tmp_path, EX_2_1, day=YESTERDAY)
    before = told(tmp_path, "T1")
    write(tmp_path, "09:00:00 Z SHB sell 50 @ 99.90")
    assert told(tmp_path, "T1") == before
    assert before["at"] == "2024-01-02T09:01:00.000000Z"


def test_a_busted_trade_says_so(tmp_path: Path) -> None:
    """What the operator did to the trade comes last."""
    write(tmp_path, EX_2_1)
    write(tmp_path, "10:00:00 time", first=[BustTrade(2, "E")])
    found = told(tmp_path, "T2")["sentences"]
    assert isinstance(found, list)
    assert found[-1] == "At 2024-01-03 10:00:00.000 the trade T2 was canceled (reason E)."


def test_a_trade_passes_only_who_could_have_traded(tmp_path: Path) -> None:
    """An older order beyond the incoming limit was not passed."""
    write(
        tmp_path,
        """
        09:00:00 A0 AVA buy 100 @ 99.00
        09:00:01 N1 NON buy 100 @ 100.00
        09:00:02 X  SHB sell 50 @ 99.50
        09:00:03 Y  SHB sell 10 @ 99.00
        """,
    )
    assert [passed(told(tmp_path, what)) for what in ("T1", "T2")] == [[], ["O1 A0 100 price"]]
