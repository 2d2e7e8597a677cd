"""Every kind of order with every time in force in every phase: what the engine really does.

720 cells. Each order wants to buy, and there is somebody it could buy from.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.commands import ChangePhase
from engine.events import Event, OrderRejected, Traded
from engine.order_kinds import TABLE, Entry, Kind, kind_of
from engine.values import Phase, TimeInForce
from tests.support.market import Rules, Venue, enter

ORDERS = {
    "limit": "@ 101.00",
    "market": "market",
    "reserve": "@ 101.00 floor=5",
    "hidden": "@ 101.00 hidden",
    "post-only": "@ 100.50 post-only",
    "pegged": "@ 101.00 peg=market",
    "stop": "market stop=102.00",
    "stop-limit": "@ 103.00 stop=102.00",
    "trailing": "market trail=2.00",
}
TIMES_IN_FORCE = {
    "Day": "Day",
    "GTC": "GTC",
    "OPG": "OPG",
    "IOC": "IOC",
    "FOK": "FOK",
    "GTD": "GTD=1000",
    "CLO": "CLO",
    "GFA": "GFA",
}

ANSWERS = {
    "c": "EXCHANGE_CLOSED",
    "n": "PHASE_FORBIDS_ENTRY",
    "t": "PHASE_FORBIDS_ORDER_TYPE",
    "u": "UNSUPPORTED_COMBINATION",
    "m": "matches",
    "b": "collected",
    "w": "waits",
}

CELLS = """
    #              closed pre-open opening continuous volatility scheduled closing post-trade halt-open frozen
    limit Day        c      b        b        m          b          b        b        n         b        n
    limit GTC        c      b        b        m          b          b        b        n         b        n
    limit OPG        c      b        b        t          t          t        t        n         t        n
    limit IOC        c      b        b        m          b          b        b        n         b        n
    limit FOK        c      t        t        m          t          t        t        n         t        n
    limit GTD        c      b        b        m          b          b        b        n         b        n
    limit CLO        c      w        w        w          w          w        b        n         w        n
    limit GFA        c      b        b        w          b          b        b        n         b        n
    market Day       c      b        b        m          b          b        b        n         b        n
    market GTC       c      u        u        u          u          u        u        n         u        n
    market OPG       c      b        b        t          t          t        t        n         t        n
    market IOC       c      b        b        m          b          b        b        n         b        n
    market FOK       c      t        t        m          t          t        t        n         t        n
    market GTD       c      u        u        u          u          u        u        n         u        n
    market CLO       c      w        w        w          w          w        b        n         w        n
    market GFA       c      b        b        w          b          b        b        n         b        n
    reserve Day      c      b        b        m          b          b        b        n         b        n
    reserve GTC      c      b        b        m          b          b        b        n         b        n
    reserve OPG      c      u        u        u          u          u        u        n         u        n
    reserve IOC      c      u        u        u          u          u        u        n         u        n
    reserve FOK      c      u        u        u          u          u        u        n         u        n
    reserve GTD      c      b        b        m          b          b        b        n         b        n
    reserve CLO      c      u        u        u          u          u        u        n         u        n
    reserve GFA      c      u        u        u          u          u        u        n         u        n
    hidden Day       c      b        b        m          b          b        b        n         b        n
    hidden GTC       c      b        b        m          b          b        b        n         b        n
    hidden OPG       c      u        u        u          u          u        u        n         u        n
    hidden IOC       c      b        b        m          b          b        b        n         b        n
    hidden FOK       c      t        t        m          t          t        t        n         t        n
    hidden GTD       c      b        b        m          b          b        b        n         b        n
    hidden CLO       c      u        u        u          u          u        u        n         u        n
    hidden GFA       c      u        u        u          u          u        u        n         u        n
    post-only Day    c      t        t        m          t          t        t        n         t        n
    post-only GTC    c      t        t        m          t          t        t        n         t        n
    post-only OPG    c      u        u        u          u          u        u        n         u        n
    post-only IOC    c      u        u        u          u          u        u        n         u        n
    post-only FOK    c      u        u        u          u          u        u        n         u        n
    post-only GTD    c      t        t        m          t          t        t        n         t        n
    post-only CLO    c      u        u        u          u          u        u        n         u        n
    post-only GFA    c      u        u        u          u          u        u        n         u        n
    pegged Day       c      w        w        m          w          w        w        n         w        n
    pegged GTC       c      w        w        m          w          w        w        n         w        n
    pegged OPG       c      u        u        u          u          u        u        n         u        n
    pegged IOC       c      u        u        u          u          u        u        n         u        n
    pegged FOK       c      u        u        u          u          u        u        n         u        n
    pegged GTD       c      w        w        m          w          w        w        n         w        n
    pegged CLO       c      u        u        u          u          u        u        n         u        n
    pegged GFA       c      u        u        u          u          u        u        n         u        n
    stop Day         c      w        w        w          w          w        w        n         w        n
    stop GTC         c      w        w        w          w          w        w        n         w        n
    stop OPG         c      u        u        u          u          u        u        n         u        n
    stop IOC         c      u        u        u          u          u        u        n         u        n
    stop FOK         c      u        u        u          u          u        u        n         u        n
    stop GTD         c      w        w        w          w          w        w        n         w        n
    stop CLO         c      u        u        u          u          u        u        n         u        n
    stop GFA         c      u        u        u          u          u        u        n         u        n
    stop-limit Day   c      w        w        w          w          w        w        n         w        n
    stop-limit GTC   c      w        w        w          w          w        w        n         w        n
    stop-limit OPG   c      u        u        u          u          u        u        n         u        n
    stop-limit IOC   c      u        u        u          u          u        u        n         u        n
    stop-limit FOK   c      u        u        u          u          u        u        n         u        n
    stop-limit GTD   c      w        w        w          w          w        w        n         w        n
    stop-limit CLO   c      u        u        u          u          u        u        n         u        n
    stop-limit GFA   c      u        u        u          u          u        u        n         u        n
    trailing Day     c      w        w        w          w          w        w        n         w        n
    trailing GTC     c      w        w        w          w          w        w        n         w        n
    trailing OPG     c      u        u        u          u          u        u        n         u        n
    trailing IOC     c      u        u        u          u          u        u        n         u        n
    trailing FOK     c      u        u        u          u          u        u        n         u        n
    trailing GTD     c      w        w        w          w          w        w        n         w        n
    trailing CLO     c      u        u        u          u          u        u        n         u        n
    trailing GFA     c      u        u        u          u          u        u        n         u        n
"""  # noqa: E501


def _rows() -> list[list[str]]:
    return [line.split() for line in CELLS.splitlines()[2:]]


def _book(phase: Phase) -> Venue:
    """A book with quotes and a hidden offer between them, in a phase."""
    venue = Venue(Rules(reference_price="100.00"))
    venue.apply(enter("b NON buy 100 @ 99.00 GTC"))
    venue.apply(enter("h NON sell 100 @ 100.50 hidden GTC"))
    venue.apply(enter("a NON sell 100 @ 101.00 GTC"))
    if phase != Phase.CONTINUOUS:
        venue.apply(ChangePhase("STO", phase))
    return venue


def _answer(venue: Venue, events: list[Event]) -> str:
    """What became of the order X."""
    for event in events:
        if isinstance(event, OrderRejected):
            return str(event.refusal.reason)
    if any(isinstance(event, Traded) for event in events):
        return "matches"
    market = venue.market()
    waits = [order.cl_ord_id for order in market.waiting.orders()]
    stands = [order.cl_ord_id for order in market.book.bids.orders()]
    assert ("X" in waits) != ("X" in stands)
    return "waits" if "X" in waits else "collected"


def _answers(kind: str, time_in_force: str) -> Iterator[str]:
    order = f"X SHB buy 10 {ORDERS[kind]} {TIMES_IN_FORCE[time_in_force]}"
    for phase in Phase:
        venue = _book(phase)
        yield _answer(venue, venue.apply(enter(order)))


@pytest.mark.parametrize("row", _rows(), ids=lambda row: f"{row[0]}-{row[1]}")
def test_kind_and_time_in_force_in_every_phase(row: list[str]) -> None:
    """Refused and why, matched, collected or waiting, as the table says."""
    kind, time_in_force, *cells = row
    assert list(_answers(kind, time_in_force)) == [ANSWERS[cell] for cell in cells]


def test_the_table_is_complete() -> None:
    """9 kinds, 8 times in force, 10 phases; and each sample is of its kind."""
    rows = _rows()
    assert len(rows) == len(Kind) * len(TimeInForce) == 72
    assert all(len(row) == 2 + len(Phase) for row in rows)
    kinds = {kind: kind_of(enter(f"X SHB buy 10 {order}")) for kind, order in ORDERS.items()}
    assert list(kinds.values()) == list(Kind)


def test_the_table_of_the_engine_says_the_same() -> None:
    """`order_kinds.TABLE`, which the rules of engagement print, beside the table above."""
    entries = {"m": Entry.MATCHES, "b": Entry.COLLECTED, "w": Entry.WAITS}
    kinds = dict(zip(ORDERS, Kind, strict=True))
    for kind, time_in_force, *cells in _rows():
        code = enter(f"X SHB buy 10 @ 1.00 {TIMES_IN_FORCE[time_in_force]}").time_in_force
        row = TABLE.get((kinds[kind], code), dict.fromkeys(Phase, Entry.REFUSED))
        assert [row[phase] for phase in Phase] == [
            entries.get(cell, Entry.REFUSED) for cell in cells
        ]


def test_market_order_before_the_opening_where_market_orders_sweep() -> None:
    """Rule 5.2: refused in PRE_OPEN, and only there."""
    for phase, answer in ((Phase.PRE_OPEN, "PHASE_FORBIDS_ORDER_TYPE"), (Phase.OPENING_CALL, "")):
        venue = Venue(Rules(phase=phase, market_orders="sweep"))
        (event,) = venue.apply(enter("X SHB buy 10 market"))
        assert (event.refusal.reason if isinstance(event, OrderRejected) else "") == answer
