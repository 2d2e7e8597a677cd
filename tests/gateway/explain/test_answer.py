"""What an id stands for: OrderID, match id, ClOrdID(11) of one or several sessions."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.explain.answer import Unknown, explain
from tests.gateway.explain.days import write
from tests.support.market import Rules

TAPE = """
    09:00:00 A  NON buy  10 @ 99.00
    09:00:01 A  SHB buy  20 @ 99.00
    09:00:02 T1 CAR sell 5 @ 99.50
    09:00:03 B  NON buy  7 @ 99.555
"""


def meant(data_dir: Path, what: str, session: str = "") -> str:
    """Which order or trade is explained."""
    found = explain(data_dir / "log", what, session)
    return str(found.get("match_id") or found.get("order_id") or found["reason"])


@pytest.mark.parametrize(
    ("what", "session", "found"),
    [
        pytest.param("O2", "", "O2", id="order-id"),
        pytest.param("A", "NON", "O1", id="cl-ord-id-of-one-session"),
        pytest.param("A", "SHB", "O2", id="cl-ord-id-of-another"),
        pytest.param("T1", "", "O3", id="a-cl-ord-id-that-looks-like-a-match-id"),
        pytest.param("B", "", "PRICE_OFF_TICK", id="refused-entry"),
    ],
)
def test_an_id_names_one_thing(tmp_path: Path, what: str, session: str, found: str) -> None:
    """OrderID and match id first, then ClOrdIDs."""
    write(tmp_path, TAPE)
    assert meant(tmp_path, what, session) == found


def test_a_match_id_goes_before_a_cl_ord_id_unless_a_session_is_named(tmp_path: Path) -> None:
    """T1 is the trade; with a session it is that session's order."""
    write(tmp_path, TAPE + "09:00:04 X NON buy 5 @ 99.50")
    assert (meant(tmp_path, "T1"), meant(tmp_path, "T1", "CAR")) == ("T1", "O3")


@pytest.mark.parametrize(
    ("what", "session", "text"),
    [
        pytest.param(
            "A",
            "",
            "ORDER_OR_TRADE must name one order, was A, which 2 had: O1 of NON, O2 of SHB",
            id="ambiguous",
        ),
        pytest.param(
            "O9",
            "",
            "ORDER_OR_TRADE must be an OrderID (O12), a match id (T5) or a ClOrdID that is in the"
            " log, was O9",
            id="unknown-order",
        ),
        pytest.param(
            "O1",
            "CAR",
            "ORDER_OR_TRADE must be an OrderID (O12), a match id (T5) or a ClOrdID that is in the"
            " log, was O1 of session CAR",
            id="unknown-to-the-session",
        ),
    ],
)
def test_what_the_log_does_not_have(tmp_path: Path, what: str, session: str, text: str) -> None:
    """The rule and what was asked."""
    write(tmp_path, TAPE)
    with pytest.raises(Unknown) as caught:
        meant(tmp_path, what, session)
    assert str(caught.value) == text


def test_a_refused_entry_says_why(tmp_path: Path) -> None:
    """The text its sender got."""
    write(tmp_path, TAPE, rules=Rules())
    assert explain(tmp_path / "log", "B", timezone="Europe/Stockholm")["sentences"] == [
        "B of NON was refused at 2024-01-03 10:00:03.000 and never became an order:"
        " PRICE_OFF_TICK: Price(44) must be a multiple of 0.01, was 99.555."
    ]
