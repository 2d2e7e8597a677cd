"""Why the market does not take an order's instructions: one line for each reason, by kind."""

from __future__ import annotations

from typing import Any

import pytest

from engine.commands import EnterOrder, Instructions
from engine.events import OrderAccepted, OrderRejected
from engine.rejects import Refusal, RejectReason
from tests.support.market import Rules, Venue, enter, price

BOOK = (
    "last1 NON sell 10 @ 100.00",
    "last2 AVA buy 10 @ 100.00",
    "bid NON buy 100 @ 99.90",
    "ask SHB sell 100 @ 100.10",
)
HUNDRED = price("100.00")

Row = tuple[dict[str, Any], dict[str, Any], tuple[str, int | str, int | str] | None]

LIMIT: dict[str, Any] = {}
HIDDEN: dict[str, Any] = {"displayed": False}
STOP: dict[str, Any] = {"ord_type": "3", "price": 0}
STOP_LIMIT: dict[str, Any] = {"ord_type": "4"}
PEG: dict[str, Any] = {"ord_type": "P", "price": 0, "displayed": False}
TRAIL: dict[str, Any] = {"ord_type": "P", "price": 0}
SELL: dict[str, Any] = {"side": "2"}

ROWS: list[Row] = [
    (LIMIT, {"max_floor": 15}, ("MAX_FLOOR_OFF_LOT", 10, 15)),
    (LIMIT, {"max_floor": 20, "display_range": 20}, ("DISPLAY_RANGE_TOO_LARGE", 20, 20)),
    (LIMIT, {"display_range": 5}, ("DISPLAY_RANGE_TOO_LARGE", 0, 5)),
    (LIMIT, {"max_floor": 20, "display_range": 10}, None),
    (LIMIT, {"min_qty": 10}, ("MIN_QTY_NOT_ALLOWED", "", 10)),
    (HIDDEN, {"max_floor": 0, "min_qty": 101}, ("MIN_QTY_TOO_LARGE", 100, 101)),
    (HIDDEN, {"max_floor": 0, "min_qty": 100}, None),
    (STOP, {}, ("STOP_PX_MISSING", "3", "")),
    (STOP_LIMIT, {"stop_px": -1}, ("STOP_PX_NOT_POSITIVE", 0, -1)),
    (STOP, {"stop_px": 10**12 + 100}, ("STOP_PX_TOO_LARGE", 10**12, 10**12 + 100)),
    (STOP, {"stop_px": HUNDRED + 50}, ("STOP_PX_OFF_TICK", 100, HUNDRED + 50)),
    (STOP, {"stop_px": HUNDRED}, None),
    (STOP | {"price": 1}, {"stop_px": HUNDRED}, ("PRICE_NOT_ALLOWED", "3", 1)),
    (LIMIT, {"stop_px": HUNDRED}, ("STOP_PX_NOT_ALLOWED", "2", HUNDRED)),
    (LIMIT, {"exec_inst": "Q"}, ("EXEC_INST_UNSUPPORTED", "", "Q")),
    (PEG, {}, ("EXEC_INST_MISSING", "P", "")),
    (LIMIT, {"exec_inst": "M"}, ("EXEC_INST_NOT_ALLOWED", "2", "M")),
    (STOP, {"exec_inst": "6", "stop_px": HUNDRED}, ("EXEC_INST_NOT_ALLOWED", "3", "6")),
    (TRAIL, {"exec_inst": "a"}, ("PEG_OFFSET_BAD", "", 0)),
    (TRAIL | SELL, {"exec_inst": "a", "peg_offset": HUNDRED}, ("PEG_OFFSET_BAD", "", HUNDRED)),
    (TRAIL | SELL, {"exec_inst": "a", "peg_offset": HUNDRED - 1}, None),
    (
        TRAIL,
        {"exec_inst": "a", "peg_offset": 1, "peg_offset_type": "2"},
        ("PEG_OFFSET_TYPE_UNSUPPORTED", "", "2"),
    ),
    (
        TRAIL,
        {"exec_inst": "a", "peg_offset": 1, "stop_px": 100},
        ("STOP_PX_NOT_ALLOWED", "P", 100),
    ),
    (
        PEG,
        {"exec_inst": "M", "peg_offset": 1, "peg_offset_type": "1"},
        ("PEG_OFFSET_TYPE_UNSUPPORTED", "", "1"),
    ),
    (
        PEG,
        {"exec_inst": "R", "peg_offset": 1001, "peg_offset_type": "2"},
        ("PEG_OFFSET_BAD", "", "1001 ticks"),
    ),
    (PEG | {"price": HUNDRED + 50}, {"exec_inst": "P"}, ("PRICE_OFF_TICK", 100, HUNDRED + 50)),
    (PEG | {"price": HUNDRED}, {"exec_inst": "P", "peg_offset": -100}, None),
    (LIMIT, {"peg_offset": 5}, ("PEG_OFFSET_BAD", "", 5)),
    (LIMIT, {"exec_inst": "6"}, None),
    (
        {"price": price("99.90")},
        {"exec_inst": "6"},
        ("NOT_TOP_OF_BOOK", price("99.90"), price("99.90")),
    ),
    (
        {"price": price("100.10")},
        {"exec_inst": "6"},
        ("NOT_TOP_OF_BOOK", price("100.10"), price("100.10")),
    ),
    (SELL | {"price": price("100.09")}, {"exec_inst": "6"}, None),
    (
        SELL | {"price": price("100.10")},
        {"exec_inst": "6"},
        ("NOT_TOP_OF_BOOK", price("100.10"), price("100.10")),
    ),
    (LIMIT, {"self_match_group": "XX"}, ("SELF_MATCH_UNSUPPORTED", "", "left out")),
    (LIMIT, {"self_match": "9"}, ("SELF_MATCH_UNSUPPORTED", "", "9")),
    (LIMIT, {"self_match": "1"}, ("SELF_MATCH_UNSUPPORTED", "", "left out")),
    (
        LIMIT,
        {"self_match": "1", "self_match_level": "1"},
        ("SELF_MATCH_WITHOUT_TRADER", "", "1"),
    ),
    (LIMIT, {"self_match": "1", "self_match_level": "3"}, ("SELF_MATCH_WITHOUT_GROUP", "", "3")),
    (LIMIT, {"self_match": "3", "self_match_level": "2"}, None),
    (
        {"price": price("125.01")},
        {"max_floor": 10},
        ("PRICE_OUTSIDE_COLLAR", price("125.00"), price("125.01")),
    ),
]
"""Fields of a buy of 100 at 100.00, its instructions; reason, limit and value of the refusal."""

REASONS = {refused[0] for _, _, refused in ROWS if refused is not None} | {"NO_REFERENCE_PRICE"}
"""Reasons that are asked for in this module."""


def _entry(fields: dict[str, Any], asked: dict[str, Any]) -> EnterOrder:
    base: dict[str, Any] = {"side": "1", "ord_type": "2", "price": HUNDRED} | fields
    instructions = Instructions(**asked)
    return EnterOrder("AVA", "AVA", "N", "ERIC-B", qty=100, instructions=instructions, **base)


@pytest.mark.parametrize(("fields", "asked", "refused"), ROWS)
def test_instructions_are_refused_by_rule_and_value(
    fields: dict[str, Any], asked: dict[str, Any], refused: tuple[str, int | str, int | str] | None
) -> None:
    """What an order may not ask is named, with the rule's limit and what it was."""
    rules = Rules(lot=10, more={"collar_aggressive": 25, "collar_passive": 75})
    venue = Venue(rules)
    venue.apply_all(*map(enter, BOOK))
    event = venue.apply(_entry(fields, asked))[0]
    if refused is None:
        assert isinstance(event, OrderAccepted)
    else:
        assert isinstance(event, OrderRejected)
        reason, limit, was = refused
        assert event.refusal == Refusal(RejectReason(reason), limit, was)


def test_trailing_stop_needs_a_price_to_follow() -> None:
    """Without a trade and a reference price a distance is one from nothing."""
    (event,) = Venue().apply(_entry(TRAIL, {"exec_inst": "a", "peg_offset": 100}))
    assert isinstance(event, OrderRejected)
    assert event.refusal.reason == "NO_REFERENCE_PRICE"
