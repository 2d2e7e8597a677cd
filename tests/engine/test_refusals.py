"""Why the market says no, as ladders: each row mends the fault the row before was refused for."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from engine.commands import CancelOrder, EnterOrder, Flaw, ReplaceOrder
from engine.events import CancelRejected, OrderAccepted, OrderCanceled, OrderRejected, OrderReplaced
from engine.floor import Floor
from engine.instrument import Instrument, Segment
from engine.market import Market
from engine.refusals import (
    flawed,
    keeps_priority,
    new_terms,
    refuse_cancel,
    refuse_entry,
    refuse_replace,
)
from engine.rejects import Refusal, RejectReason
from engine.values import Phase
from tests.engine.test_refused_instructions import REASONS as INSTRUCTIONS
from tests.support.market import SECOND, Rules, Venue, enter, lines, order, price

ENTRY = """
# member symbol phase      id   side type tif flaw  qty        price         expires   reason
  XXX    NOPE   CLOSED     used 9    K    5   field 0          -0.01         0         UNKNOWN_MEMBER
  AVA    NOPE   CLOSED     used 9    K    5   field 0          -0.01         0         UNKNOWN_SYMBOL
  AVA    ERIC-B CLOSED     used 9    K    5   field 0          -0.01         0         EXCHANGE_CLOSED
  AVA    ERIC-B CONTINUOUS used 9    K    5   field 0          -0.01         0         UNSUPPORTED_SIDE
  AVA    ERIC-B CONTINUOUS used 1    K    5   field 0          -0.01         0         UNSUPPORTED_ORD_TYPE
  AVA    ERIC-B CONTINUOUS used 1    1    5   field 0          -0.01         0         UNSUPPORTED_TIME_IN_FORCE
  AVA    ERIC-B CONTINUOUS used 1    1    6   field 0          -0.01         0         UNSUPPORTED_COMBINATION
  AVA    ERIC-B CONTINUOUS used 1    2    6   field 0          -0.01         0         UNSUPPORTED_FIELD
  AVA    ERIC-B CONTINUOUS used 1    2    6   -     0          -0.01         0         ORDER_QTY_TOO_SMALL
  AVA    ERIC-B CONTINUOUS used 1    2    6   -     1000000000 -0.01         0         ORDER_QTY_TOO_LARGE
  AVA    ERIC-B CONTINUOUS used 1    2    6   -     15         -0.01         0         ORDER_QTY_OFF_LOT
  AVA    ERIC-B CONTINUOUS used 1    1    0   -     10         87.335        0         PRICE_NOT_ALLOWED
  AVA    ERIC-B CONTINUOUS used 1    2    6   -     10         -0.01         0         PRICE_NOT_POSITIVE
  AVA    ERIC-B CONTINUOUS used 1    2    6   -     10         100000000.001 0         PRICE_TOO_LARGE
  AVA    ERIC-B CONTINUOUS used 1    2    6   -     10         87.335        0         PRICE_OFF_TICK
  AVA    ERIC-B CONTINUOUS used 1    2    6   -     10         87.33         0         EXPIRE_TIME_MISSING
  AVA    ERIC-B CONTINUOUS used 1    2    6   -     10         87.33         60        EXPIRE_TIME_PAST
  AVA    ERIC-B CONTINUOUS used 1    2    6   -     10         87.33         61        DUPLICATE_CL_ORD_ID
  AVA    ERIC-B CONTINUOUS new  1    2    6   -     10         87.33         61        -
"""  # noqa: E501 (a table)
"""Entries at second 60, in the order of rule 6.2.3."""

CHANGE = """
# id    names  symbol side phase      reason
  used  nobody VOLV-B 2    CLOSED     UNKNOWN_ORDER
  used  dead   VOLV-B 2    CLOSED     DUPLICATE_CL_ORD_ID
  new   dead   VOLV-B 2    CLOSED     TOO_LATE_TO_CANCEL
  new   former VOLV-B 2    CLOSED     UNKNOWN_ORDER
  new   live   VOLV-B 2    CLOSED     SYMBOL_CHANGED
  new   live   ERIC-B 2    CLOSED     SIDE_CHANGED
  new   live   ERIC-B 1    CLOSED     EXCHANGE_CLOSED
  new   live   -      1    CONTINUOUS -
"""
"""Cancels and replaces of buys in ERIC-B; `former` is an id `live` bore before."""

SCOPE = {
    "UNKNOWN_SEGMENT",
    "SUBSCRIPTION_UNSUPPORTED",
    "MASS_CANCEL_TYPE_UNSUPPORTED",
    "MASS_STATUS_TYPE_UNSUPPORTED",
}
"""Refusals of mass requests and subscriptions, in test_exchange_requests, test_subscriptions."""

OTHER_PHASES = {
    "PHASE_FORBIDS_ENTRY",
    "PHASE_FORBIDS_REPLACE",
    "PHASE_FORBIDS_MORE",
    "PHASE_FORBIDS_ORDER_TYPE",
}
"""Asked for below, the last one in test_order_kinds."""

AT_THE_BORDER = {
    "ORDER_QTY_MISSING",
    "ORDER_QTY_NOT_WHOLE",
    "PRICE_MISSING",
    "PRICE_TOO_PRECISE",
    "MAX_FLOOR_NOT_WHOLE",
    "MIN_QTY_NOT_WHOLE",
    "STOP_PX_TOO_PRECISE",
}
"""Values the engine's units cannot hold come as a `Flaw`, like UNSUPPORTED_FIELD in the ladder."""

NOT_GIVEN = {"PHASE_FORBIDS_CANCEL"}
"""No phase forbids just that."""


def _rows(table: str) -> list[list[str]]:
    return [line.split() for line in lines(table)]


def test_entry_is_refused_for_the_first_fault() -> None:
    """An entry with many faults is refused for the first in the order of the rule book."""
    told = []
    for row in _rows(ENTRY):
        member, symbol, phase, cl_ord_id, *terms, _ = row
        venue = Venue(Rules(lot=10))
        venue.at = 60 * SECOND
        venue.apply_all(enter("used AVA buy 10 @ 1.00 GTC"), venue.rules.segment(phase))
        (event,) = venue.apply(_entry(member, symbol, cl_ord_id, terms))
        refused = event.refusal.reason if isinstance(event, OrderRejected) else "-"
        assert isinstance(event, OrderRejected | OrderAccepted)
        told.append([*row[:-1], refused])
    assert told == _rows(ENTRY)


def _entry(member: str, symbol: str, cl_ord_id: str, terms: list[str]) -> EnterOrder:
    side, ord_type, time_in_force, flaw, qty, at, expires = terms
    return EnterOrder(
        "AVA",
        member,
        cl_ord_id,
        symbol,
        side,
        ord_type,
        int(qty),
        price(at),
        time_in_force,
        int(expires) * SECOND,
        flaw=None if flaw == "-" else Flaw(RejectReason.UNSUPPORTED_FIELD, "5", "MinQty(110)"),
    )


@pytest.mark.parametrize("kind", [CancelOrder, ReplaceOrder])
def test_change_is_refused_for_the_first_fault(kind: type[Any]) -> None:
    """A cancel and a replace ask the same questions in the same order before anything else."""
    venue = Venue(Rules(symbols=("ERIC-B", "VOLV-B")))
    venue.apply_all(
        enter("used AVA buy 30 @ 1.00 GTC"),
        enter("dead AVA buy 30 @ 1.00 IOC"),
        enter("former AVA buy 30 @ 1.00 GTC"),
        ReplaceOrder("AVA", "live", "former", "ERIC-B", "1", "2", 20, price("1.00")),
    )
    told = []
    for row in _rows(CHANGE):
        new, orig, symbol, side, phase, _ = row
        terms = () if kind is CancelOrder else ("2", 10, price("1.01"))
        request = kind("AVA", new, orig, "" if symbol == "-" else symbol, side, *terms)
        venue.apply(venue.rules.segment(phase))
        (event,) = venue.apply(request)
        refused = event.refusal.reason if isinstance(event, CancelRejected) else "-"
        assert isinstance(event, CancelRejected | OrderCanceled | OrderReplaced)
        told.append([*row[:-1], refused])
    assert told == _rows(CHANGE)


def test_replace_is_refused_for_its_new_terms_last() -> None:
    """New terms are looked at when the order may be changed, with the questions of an entry."""
    venue = Venue()
    venue.apply(enter("A AVA buy 30 @ 1.00"))
    told = []
    for new, (ord_type, time_in_force, qty, at) in enumerate(
        [("K", "5", 0, 0), ("2", "5", 0, 0), ("2", "", 0, 0), ("2", "", 10, 0), ("1", "", 10, 5)]
    ):
        request = ReplaceOrder(
            "AVA", f"B{new}", "A", "ERIC-B", "1", ord_type, qty, at, time_in_force
        )
        (event,) = venue.apply(request)
        assert isinstance(event, CancelRejected)
        told.append(event.refusal.reason)
    assert told == [
        "UNSUPPORTED_ORD_TYPE",
        "UNSUPPORTED_TIME_IN_FORCE",
        "ORDER_QTY_TOO_SMALL",
        "PRICE_NOT_POSITIVE",
        "PRICE_NOT_ALLOWED",
    ]


@pytest.mark.parametrize("reason", [*AT_THE_BORDER, "UNSUPPORTED_FIELD"])
def test_flaw_becomes_the_refusal_it_names(reason: str) -> None:
    """What the border could not express is refused in the border's words."""
    refusal = flawed(Flaw(RejectReason(reason), "0.5", "1"))
    assert refusal == Refusal(RejectReason(reason), limit="1", was="0.5")


def test_flaw_of_a_replace_is_refused_too() -> None:
    """A replace with a value that has no unit changes nothing."""
    venue = Venue()
    venue.apply(enter("A AVA buy 30 @ 1.00"))
    flaw = Flaw(RejectReason.ORDER_QTY_NOT_WHOLE, "0.5")
    (event,) = venue.apply(
        ReplaceOrder("AVA", "B", "A", "ERIC-B", "1", "2", 0, price("1.00"), flaw=flaw)
    )
    assert isinstance(event, CancelRejected)
    assert event.refusal == Refusal(RejectReason.ORDER_QTY_NOT_WHOLE, was="0.5")


def _market(phase: Phase) -> Market:
    definition = Rules().definitions()[-1]
    segment = Segment(Rules().segment(phase))
    return Market(Instrument(definition), segment, Floor())  # type: ignore[arg-type]


def test_after_the_close_a_replace_may_only_take_away() -> None:
    """In POST_TRADE the quantity may go down, and nothing else may change (rule 5.2)."""
    market = _market(Phase.POST_TRADE)
    resting = order("A AVA buy 30 @ 1.00 GTC")
    told = []
    for qty, at, time_in_force in ((20, "1.00", ""), (31, "1.00", ""), (20, "1.01", "")):
        request = ReplaceOrder("AVA", "B", "A", "ERIC-B", "1", "2", qty, price(at), time_in_force)
        terms = new_terms(request, resting.terms)
        refusal = refuse_replace(request, resting, terms, market, 0)
        told.append(refusal.reason if refusal else "-")
    assert told == ["-", "PHASE_FORBIDS_MORE", "PHASE_FORBIDS_MORE"]


@pytest.mark.parametrize(
    ("phase", "answers"),
    [
        (Phase.CLOSED, ["EXCHANGE_CLOSED"] * 3),
        (Phase.POST_TRADE, ["PHASE_FORBIDS_ENTRY", "-", "-"]),
        (Phase.HALT_FROZEN, ["PHASE_FORBIDS_ENTRY", "PHASE_FORBIDS_REPLACE", "-"]),
        (Phase.OPENING_CALL, ["-", "-", "-"]),
        (Phase.CONTINUOUS, ["-", "-", "-"]),
    ],
)
def test_phase_forbids_entry_replace_cancel(phase: Phase, answers: list[str]) -> None:
    """Enter, replace and cancel are allowed as the phase permits; a closed market says closed."""
    market = _market(phase)
    resting = order("A AVA buy 30 @ 1.00")
    replacing = ReplaceOrder("AVA", "B", "A", "ERIC-B", "1", "2", 10, price("1.00"))
    refusals = [
        refuse_entry(enter("C AVA buy 30 @ 1.00"), market, 0),
        refuse_replace(replacing, resting, new_terms(replacing, resting.terms), market, 0),
        refuse_cancel(CancelOrder("AVA", "B", "A", "ERIC-B", "1"), resting, market),
    ]
    assert [refusal.reason if refusal else "-" for refusal in refusals] == answers
    assert [refusal.was for refusal in refusals if refusal] == [
        phase for answer in answers if answer != "-"
    ]


def test_every_reason_is_asked_for_somewhere() -> None:
    """No reason of the enum is left without a row, or a word on why it has none."""
    in_ladders = {row[-1] for table in (ENTRY, CHANGE) for row in _rows(table)} - {"-"}
    known = in_ladders | SCOPE | OTHER_PHASES | AT_THE_BORDER | NOT_GIVEN | INSTRUCTIONS
    assert known == set(RejectReason)


COMBINATIONS = """
#            Day GTC IOC FOK GTD
   market    yes no  yes yes no
   limit     yes yes yes yes yes
"""


def test_ord_type_with_time_in_force() -> None:
    """A limit order goes with every time in force, a market order with those that do not wait."""
    market = _market(Phase.CONTINUOUS)
    told = []
    for ord_type in ("market", "limit"):
        words = "market" if ord_type == "market" else "@ 1.00"
        answers = [
            refuse_entry(enter(f"A AVA buy 1 {words} {time_in_force}"), market, 0)
            for time_in_force in ("Day", "GTC", "IOC", "FOK", "GTD=1")
        ]
        told.append([ord_type, *("no" if answer else "yes" for answer in answers)])
    assert told == _rows(COMBINATIONS)


PRIORITY = """
    100 @ 50.00                keeps
     60 @ 50.00                keeps
    101 @ 50.00                loses
     60 @ 50.01                loses
     60 @ 49.99                loses
    100 @ 50.00 GTC            keeps
    100 @ 50.00 GTD=90         keeps
    100 @ 50.00 IOC            loses
    100 @ 50.00 FOK            loses
    100 @ 50.00 no-internal    loses
    100 market                 loses
"""
"""New terms of an order of 100 @ 50.00, and whether it keeps its place (rule 2.4.2)."""


def test_which_changes_keep_priority() -> None:
    """Only less quantity and another way to end keep the place in time."""
    old = enter("A AVA buy 100 @ 50.00")
    told = []
    for *words, _ in _rows(PRIORITY):
        new = enter(f"A AVA buy {' '.join(words)}")
        told.append([*words, "keeps" if keeps_priority(old, new) else "loses"])
    assert told == _rows(PRIORITY)


def test_words_about_the_owner_keep_priority() -> None:
    """Account and trader say nothing about the order's rank."""
    old = enter("A AVA buy 100 @ 50.00")
    assert keeps_priority(old, replace(old, account="P1", trader="T1", cl_ord_id="B"))


FULL = EnterOrder(
    "AVA",
    "AVA",
    "A",
    "ERIC-B",
    "1",
    "2",
    100,
    500_000,
    "6",
    90 * SECOND,
    "P1",
    "T1",
    no_internal=True,
    displayed=False,
)


@pytest.mark.parametrize(
    ("fields", "changed"),
    [
        ({}, {}),
        ({"account": "P2"}, {"account": "P2"}),
        ({"trader": "T2"}, {"trader": "T2"}),
        ({"no_internal": False}, {"no_internal": False}),
        ({"expire_at": 95}, {"expire_at": 95}),
        ({"time_in_force": "6"}, {}),
        ({"time_in_force": "0"}, {"time_in_force": "0", "expire_at": 0}),
        ({"time_in_force": "1", "expire_at": 95}, {"time_in_force": "1", "expire_at": 95}),
    ],
)
def test_new_terms_keep_what_is_left_out(fields: dict[str, Any], changed: dict[str, Any]) -> None:
    """What a replace does not say stays; only an expiry goes with the time in force it was for."""
    request = ReplaceOrder("AVA", "B", "A", "ERIC-B", "1", "2", 80, 490_000, **fields)
    expected = replace(FULL, cl_ord_id="B", qty=80, price=490_000, **changed)
    assert new_terms(request, FULL) == expected
