"""An order's life: every method in every status, against the table of transitions."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from engine.order import TRANSITIONS, Order, new_order
from engine.values import OrdStatus
from tests.support.market import enter, price

PRICE = price("100.00")


def _order(status: OrdStatus) -> Order:
    """An order of 300 that came to this status the way orders do."""
    order = new_order(1, enter("A AVA buy 300 @ 100.00"), 1)
    if status is OrdStatus.PARTIALLY_FILLED:
        order.execute(PRICE, 100)
    elif status is OrdStatus.FILLED:
        order.execute(PRICE, 300)
    elif status is OrdStatus.CANCELED:
        order.cancel()
    elif status is OrdStatus.EXPIRED:
        order.expire()
    elif status is OrdStatus.DONE_FOR_DAY:
        order.expire(OrdStatus.DONE_FOR_DAY)
    elif status is OrdStatus.REJECTED:
        order.status = status  # a rejected entry never becomes an order: no method leads here
    return order


ACTIONS: dict[str, Callable[[Order], object]] = {
    "execute-some": lambda order: order.execute(PRICE, 50),
    "execute-all": lambda order: order.execute(PRICE, order.leaves_qty),
    "cancel": lambda order: order.cancel("C"),
    "expire": lambda order: order.expire(),
    "done": lambda order: order.expire(OrdStatus.DONE_FOR_DAY),
    "replace": lambda order: order.replace(replace(order.terms, qty=400)),
    "replace-to-cum": lambda order: order.replace(replace(order.terms, qty=100)),
}

LIFE = """
                      execute-some      execute-all  cancel    expire   done          replace           replace-to-cum
    NEW               PARTIALLY_FILLED  FILLED       CANCELED  EXPIRED  DONE_FOR_DAY  NEW               NEW
    PARTIALLY_FILLED  PARTIALLY_FILLED  FILLED       CANCELED  EXPIRED  DONE_FOR_DAY  PARTIALLY_FILLED  FILLED
    FILLED            -                 -            -         -        -             -                 -
    DONE_FOR_DAY      -                 -            -         -        -             -                 -
    CANCELED          -                 -            -         -        -             -                 -
    REJECTED          -                 -            -         -        -             -                 -
    EXPIRED           -                 -            -         -        -             -                 -
"""  # noqa: E501 (a table)


def _table() -> list[list[str]]:
    return [line.split() for line in LIFE.strip("\n").splitlines()]


def test_every_action_in_every_status() -> None:
    """Each method leads where the table says, and a finished order refuses all of them."""
    told = [list(ACTIONS)]
    for status in OrdStatus:
        row = [status.name]
        for act in ACTIONS.values():
            order = _order(status)
            try:
                act(order)
                row.append(order.status.name)
            except AssertionError:
                row.append("-")
        told.append(row)
    assert told == _table()


def test_transitions_are_exactly_what_the_actions_reach() -> None:
    """No pair stands in the table of transitions that no method makes, and none is missing."""
    _, *rows = _table()
    reached = {
        status: frozenset(OrdStatus[to] for to in after if to != "-")
        for status, *after in ((OrdStatus[name], *after) for name, *after in rows)
    }
    assert reached == TRANSITIONS


@pytest.mark.parametrize("status", list(OrdStatus))
@pytest.mark.parametrize("to", list(OrdStatus))
def test_every_pair_of_statuses(status: OrdStatus, to: OrdStatus) -> None:
    """The one door between statuses lets a pair through exactly if the table has it."""
    order = _order(status)
    if to in TRANSITIONS[status]:
        order._become(to)
        assert order.status is to
    else:
        with pytest.raises(AssertionError):
            order._become(to)
        assert order.status is status


def test_new_order_takes_over_the_terms() -> None:
    """An accepted entry becomes an order with nothing done and all of it left."""
    terms = enter("A AVA buy 300 @ 100.00 hidden no-internal")
    expected = Order(
        order_id=7,
        terms=terms,
        cl_ord_id="A",
        member="AVA",
        is_buy=True,
        price=PRICE,
        leaves_qty=300,
        prio=9,
        internal=False,
        displayed=False,
        cum_qty=0,
        notional=0,
        status=OrdStatus.NEW,
    )
    assert new_order(7, terms, 9) == expected


@pytest.mark.parametrize(("side", "is_buy"), [("buy", True), ("sell", False), ("short", False)])
def test_short_sale_stands_on_the_sell_side(side: str, is_buy: bool) -> None:  # noqa: FBT001
    """Side 5 sells like side 2."""
    assert new_order(1, enter(f"A AVA {side} 300 @ 100.00"), 1).is_buy is is_buy


def test_state_is_the_order_at_that_moment() -> None:
    """States returned earlier do not change when the order goes on."""
    order = _order(OrdStatus.NEW)
    states = [order.state(), order.execute(PRICE, 100), order.execute(PRICE + 100, 50)]
    told = [(s.status, s.leaves_qty, s.cum_qty, s.notional) for s in states]
    assert told == [
        ("0", 300, 0, 0),
        ("1", 200, 100, 100 * PRICE),
        ("1", 150, 150, 100 * PRICE + 50 * (PRICE + 100)),
    ]


@pytest.mark.parametrize("qty", [0, -1, 301])
def test_execution_is_positive_and_within_leaves(qty: int) -> None:
    """Executing nothing, less than nothing or more than is left is a bug and stops."""
    with pytest.raises(AssertionError):
        _order(OrdStatus.NEW).execute(PRICE, qty)


def test_cancel_bears_the_id_of_its_request() -> None:
    """A requested cancel gives the order a new ClOrdID, an unasked one leaves it."""
    asked, unasked = _order(OrdStatus.NEW), _order(OrdStatus.NEW)
    asked.cancel("C")
    unasked.cancel()
    assert [asked.cl_ord_id, unasked.cl_ord_id] == ["C", "A"]


def test_replace_takes_every_term() -> None:
    """Price, quantity, id and internal priority of the order become those of the new terms."""
    order = _order(OrdStatus.PARTIALLY_FILLED)
    state = order.replace(enter("A2 AVA buy 150 @ 101.00 no-internal"))
    told = (order.cl_ord_id, order.price, order.leaves_qty, order.internal, state.terms)
    assert told == ("A2", price("101.00"), 50, False, order.terms)


def test_replace_below_what_is_filled_is_a_bug() -> None:
    """Whoever asks for it has to have turned it into the filled quantity before."""
    order = _order(OrdStatus.PARTIALLY_FILLED)
    with pytest.raises(AssertionError):
        order.replace(replace(order.terms, qty=99))


def test_working_while_something_is_left() -> None:
    """New and partly filled orders work, all others do not."""
    reachable = [status for status in OrdStatus if status is not OrdStatus.REJECTED]
    told = [status.name for status in reachable if _order(status).is_working]
    assert told == ["NEW", "PARTIALLY_FILLED"]
