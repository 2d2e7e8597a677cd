"""Why a trade took its resting order, next to the rule book's examples and to a naive comparison.

What is told of a trade is a line: the resting order and quantity, the key that decided, then every
rival in the order of rank with the key that put it behind; `+` marks one that had stood longer.
"""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from engine.commands import (
    ChangePhase,
    Command,
    EnterOrder,
    Instructions,
    PassTime,
    PhaseStep,
    PlanPhases,
)
from engine.events import Traded
from engine.explain import Choice, standings
from tests.support.market import SECOND, SYMBOL, Rules, Venue, enter, lines, price

CALL = Rules(phase="OPENING_CALL", reference_price="99.50")
UNCROSS = ChangePhase("STO", "CONTINUOUS")


def told(choice: Choice) -> str:
    """A choice as a line."""
    rivals = ", ".join(
        f"{rival.place.terms.cl_ord_id} {rival.by}{'+' if rival.earlier else ''}"
        for rival in choice.rivals
    )
    head = f"{choice.first.terms.cl_ord_id} {choice.trade.qty} {choice.decided_by}"
    return f"{head}: {rivals}" if rivals else head


def explained(venue: Venue, command: Command) -> list[str]:
    """What is told of the trades of a command."""
    before = standings(venue.exchange, SYMBOL)
    found = []
    for event in venue.apply(command):
        if isinstance(event, Traded):
            found.append(told(before.choice(event)))
        before.hear(event)
    return found


def after(table: str, command: Command | str, rules: Rules | None = None) -> list[str]:
    """What is told of a command's trades after the orders of a table came in."""
    venue = Venue(rules)
    for line in lines(table):
        venue.apply(enter(line))
    return explained(venue, enter(command) if isinstance(command, str) else command)


EX_2_1_BOOK = """
    N1 NON buy  300 @ 100.00
    S1 SHB buy  200 @ 100.00
    A1 AVA buy  400 @ 100.00
    A0 AVA buy 1000 @  99.90
"""

EX_2_4_BOOK = """
    H1 ENS sell 500 @ 100.00 hidden
    D2 NON sell 200 @ 100.00
    H3 AVA sell 300 @ 100.00 hidden
    D4 AVA sell 100 @ 100.00
"""


def test_ex_2_1_internal_decides_and_passes_two() -> None:
    """The member's own bid passes two that stood longer; time decides among the others."""
    assert after(EX_2_1_BOOK, "X AVA sell 500 @ 100.00") == [
        "A1 400 internal: N1 internal+, S1 internal+, A0 price",
        "N1 100 time: S1 time, A0 price",
    ]


def test_ex_2_2_time_decides_for_an_outside_seller() -> None:
    """Without an own bid the first of a price goes first, and nobody is passed."""
    assert after(EX_2_1_BOOK, "X ENS sell 500 @ 100.00") == [
        "N1 300 time: S1 time, A1 time, A0 price",
        "S1 200 time: A1 time, A0 price",
    ]


def test_ex_2_3_price_decides_before_internal() -> None:
    """A better price goes first, though the member's own order had stood longer."""
    book = "A1 AVA buy 400 @ 100.00 \n N1 NON buy 100 @ 100.10"
    assert after(book, "X AVA sell 200 @ 100.00") == [
        "N1 100 price: A1 price+",
        "A1 100 only order",
    ]


def test_ex_2_4_displayed_decides_within_the_own_orders() -> None:
    """Own orders before others, and within each the displayed ones first."""
    assert after(EX_2_4_BOOK, "X AVA buy 800 @ 100.00") == [
        "D4 100 displayed: H3 displayed+, D2 internal+, H1 internal+",
        "H3 300 internal: D2 internal+, H1 internal+",
        "D2 200 displayed: H1 displayed+",
        "H1 200 only order",
    ]


def test_ex_2_4_displayed_decides_for_an_outsider() -> None:
    """An outsider meets all displayed orders before a hidden one that stood longest."""
    assert after(EX_2_4_BOOK, "X SHB buy 800 @ 100.00") == [
        "D2 200 time: D4 time, H1 displayed+, H3 displayed",
        "D4 100 displayed: H1 displayed+, H3 displayed+",
        "H1 500 time: H3 time",
    ]


def test_ex_3_1_own_orders_are_exhausted_first() -> None:
    """Two own orders by time, then the other member's, then the next price."""
    book = """
        A1 AVA sell 100 @ 20.00
        N1 NON sell 500 @ 20.00
        A2 AVA sell 200 @ 20.00
        A3 AVA sell 300 @ 20.02
    """
    assert after(book, "X AVA buy 900 @ 20.02") == [
        "A1 100 time: A2 time, N1 internal, A3 price",
        "A2 200 internal: N1 internal+, A3 price",
        "N1 500 price: A3 price",
        "A3 100 only order",
    ]


def test_ex_3_2_an_order_without_internal_priority_waits_its_time() -> None:
    """The member's own order that opted out is behind by time."""
    book = EX_2_1_BOOK.replace("400 @ 100.00", "400 @ 100.00 no-internal")
    assert after(book, "X AVA sell 500 @ 100.00") == [
        "N1 300 time: S1 time, A1 time, A0 price",
        "S1 200 time: A1 time, A0 price",
    ]


def test_an_incoming_order_without_internal_priority_has_no_own_orders() -> None:
    """The opt-out of either order counts (rule 3.8)."""
    assert after(EX_2_1_BOOK, "X AVA sell 100 @ 100.00 no-internal") == [
        "N1 100 time: S1 time, A1 time, A0 price"
    ]


def reserve(line: str, max_floor: int) -> EnterOrder:
    """A reserve order that shows so much."""
    return with_terms(enter(line), instructions=Instructions(max_floor=max_floor))


def with_terms(entry: EnterOrder, **terms: object) -> EnterOrder:
    """The entry with other terms."""
    changed: EnterOrder = replace(entry, **terms)
    return changed


def test_ex_2_10_a_new_slice_stands_behind_the_others() -> None:
    """The reserve order is first by time, then has to wait for D2, then trades slice by slice."""
    venue = Venue()
    venue.apply(reserve("R1 NON sell 1000 @ 50.00", 200))
    venue.apply(enter("D2 SHB sell 300 @ 50.00"))
    venue.apply(enter("H3 ENS sell 400 @ 50.00 hidden"))
    assert explained(venue, enter("X CAR buy 900 @ 50.00")) == [
        "R1 200 time: D2 time, H3 displayed",
        "D2 300 time: R1 time, H3 displayed",
        "R1 200 displayed: H3 displayed+",
        "R1 200 displayed: H3 displayed+",
    ]


def test_ex_2_13_a_minimum_quantity_is_skipped_and_not_outranked() -> None:
    """The hidden order with a minimum ranks first once D2 is gone, and is told apart from ranks."""
    venue = Venue()
    hidden = Instructions(max_floor=0, min_qty=2000)
    first = with_terms(enter("H1 ENS sell 5000 @ 30.00 hidden"), instructions=hidden)
    venue.apply_all(first, enter("H2 NON sell 500 @ 30.00 hidden"))
    assert explained(venue, enter("X SHB buy 300 @ 30.00")) == [
        "H2 300 only order: H1 minimum quantity+"
    ]


def test_a_stop_that_waits_is_no_rival_until_it_is_triggered() -> None:
    """A triggered stop-limit comes to rest behind, and is passed by price within the command."""
    venue = Venue(Rules(reference_price="100.00"))
    stop = with_terms(
        enter("S1 SHB sell 200 @ 99.50"),
        ord_type="4",
        instructions=Instructions(stop_px=price("99.00")),
    )
    venue.apply_all(stop, enter("B1 NON buy 100 @ 99.00"))
    assert explained(venue, enter("X CAR sell 100 @ 99.00")) == ["B1 100 only order"]
    assert explained(venue, enter("Y CAR buy 100 @ 100.00")) == ["S1 100 only order"]


# Auctions


EX_4_13_BOOK = """
    b1 NON buy 300 @ 100.00
    b2 AVA buy 300 @ 100.00
    s1 AVA sell 200 @ 99.00
"""

EX_4_14_BOOK = """
    b1 NON buy 200 market
    b2 SHB buy 100 @ 101.00
    b3 ENS buy 300 @ 100.00
    b4 AVA buy 300 @ 100.00
    s1 CAR sell 350 @ 99.00
    s2 AVA sell 150 @ 100.00
"""


def without_internal(rules: Rules) -> Command:
    """The same segment without internal priority in calls."""
    changed: Command = replace(rules.segment(rules.phase), internal_priority_in_calls=False)
    return changed


def test_ex_4_13_internal_decides_at_the_auction_price() -> None:
    """The own order of the seller's member passes the one that stood longer."""
    assert after(EX_4_13_BOOK, UNCROSS, CALL) == ["b2 200 internal: b1 internal+"]


def test_ex_4_14_market_orders_then_price_then_internal_then_time() -> None:
    """All four reasons in one auction."""
    assert after(EX_4_14_BOOK, UNCROSS, CALL) == [
        "b1 200 market order: b2 market order, b3 market order, b4 market order",
        "b2 100 price: b3 price, b4 price",
        "b3 50 time: b4 time",
        "b4 150 internal: b3 internal+",
    ]


def test_ex_4_15_hidden_is_behind_in_an_auction_too() -> None:
    """The own hidden order first, then the displayed one, then the other hidden one."""
    book = """
        b1 ENS buy 300 @ 100.00 hidden
        b2 NON buy 200 @ 100.00
        b3 AVA buy 200 @ 100.00 hidden
        s1 AVA sell 450 @ 100.00
    """
    assert after(book, UNCROSS, CALL) == [
        "b3 200 internal: b2 internal+, b1 internal+",
        "b2 200 displayed: b1 displayed+",
        "b1 50 only order",
    ]


@pytest.mark.parametrize(
    ("book", "trades"),
    [
        pytest.param(EX_4_13_BOOK, ["b1 200 time: b2 time"], id="ex_4_13"),
        pytest.param(
            EX_4_14_BOOK,
            [
                "b1 200 market order: b2 market order, b3 market order, b4 market order",
                "b2 100 price: b3 price, b4 price",
                "b3 50 time: b4 time",
                "b3 150 time: b4 time",
            ],
            id="ex_4_14",
        ),
    ],
)
def test_ex_4_13_and_4_14_without_internal_priority_in_calls(book: str, trades: list[str]) -> None:
    """Time decides where internal would have."""
    venue = Venue(CALL)
    venue.apply(without_internal(CALL))
    for line in lines(book):
        venue.apply(enter(line))
    assert explained(venue, UNCROSS) == trades


def test_an_on_close_order_takes_part_when_its_call_began_in_the_same_command() -> None:
    """Time jumps over the call's beginning and end: the order joined behind, and was a rival."""
    venue = Venue(Rules(reference_price="100.00"))
    call, end = PhaseStep(10 * SECOND, "CLOSING_CALL"), PhaseStep(20 * SECOND, "POST_TRADE")
    venue.apply(PlanPhases("STO", 1, (call, end)))
    for line in ("C1 NON buy 100 @ 100.00", "X CAR sell 100 @ 100.00"):
        venue.apply(with_terms(enter(line), time_in_force="7"))
    venue.apply(enter("B1 SHB buy 100 @ 100.00"))
    venue.at = 30 * SECOND
    assert explained(venue, PassTime()) == ["B1 100 time: C1 time"]


def test_an_order_for_any_auction_takes_part_from_before_the_opening_on() -> None:
    """It is woken by PRE_OPEN already, as its orders are collected for the opening auction."""
    venue = Venue(Rules(reference_price="100.00"))
    call, end = PhaseStep(10 * SECOND, "PRE_OPEN"), PhaseStep(20 * SECOND, "CONTINUOUS")
    venue.apply(PlanPhases("STO", 1, (call, end)))
    for line in ("G1 NON buy 100 @ 100.00 GFA", "B1 SHB buy 100 @ 100.00"):
        venue.apply(enter(line))
    venue.at = 10 * SECOND
    before = standings(venue.exchange, SYMBOL)
    for event in venue.apply(PassTime()):
        before.hear(event)
    assert [place.active for place in before.places.values()] == [True, True]


def test_a_day_order_that_is_done_for_the_day_is_no_rival() -> None:
    """It ended with its day, without having expired."""
    venue = Venue(Rules(reference_price="100.00", more={"done_for_day": True}))
    venue.apply_all(enter("B1 SHB buy 100 @ 100.00"), enter("B2 SHB buy 100 @ 100.00 GTC"))
    before = standings(venue.exchange, SYMBOL)
    for event in venue.apply(ChangePhase("STO", "POST_TRADE")):
        before.hear(event)
    assert [place.terms.cl_ord_id for place in before.places.values()] == ["B2"]
