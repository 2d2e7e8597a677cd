"""Whom an incoming order meets: the plan, which reads the book and leaves it as it is."""

from __future__ import annotations

import pytest

from engine.book.matching import plan
from engine.book.order_book import BookSide
from tests.support.market import order, orders, price

ASKS = """
    a NON sell 100 @ 10.00
    b AVA sell 200 @ 10.00
    c SHB sell 300 @ 10.05
    d AVA sell 400 @ 10.10
    e AVA sell 500 @ 10.10 hidden
"""

BIDS = """
    a NON buy 100 @ 10.10
    b AVA buy 200 @ 10.10
    c SHB buy 300 @ 10.05
    d AVA buy 400 @ 10.00
    e AVA buy 500 @ 10.00 hidden
"""


def _side(table: str) -> BookSide:
    resting = orders(table)
    side = BookSide(is_buy=resting[0].is_buy)
    for one in resting:
        side.add(one)
    return side


def _planned(side: BookSide, line: str, levels_max: int | None, *, internal: bool = True) -> str:
    incoming = order(line, 99)
    limit = incoming.price or None
    fills = plan(side, incoming, limit=limit, levels_max=levels_max, internal=internal)
    assert fills is not None
    return " ".join(f"{fill.resting.cl_ord_id}{fill.qty}" for fill in fills)


@pytest.mark.parametrize(
    ("line", "fills"),
    [
        ("X ENS buy 50 @ 10.00", "a50"),
        ("X ENS buy 100 @ 10.00", "a100"),
        ("X ENS buy 101 @ 10.00", "a100 b1"),
        ("X ENS buy 900 @ 9.99", ""),
        ("X ENS buy 900 @ 10.00", "a100 b200"),
        ("X ENS buy 900 @ 10.04", "a100 b200"),
        ("X ENS buy 900 @ 10.05", "a100 b200 c300"),
        ("X ENS buy 900 @ 10.10", "a100 b200 c300 d300"),
        ("X ENS buy 1500 @ 10.10", "a100 b200 c300 d400 e500"),
        ("X ENS buy 9000 market", "a100 b200 c300 d400 e500"),
        ("X AVA buy 250 @ 10.00", "b200 a50"),
        ("X AVA buy 250 @ 10.00 no-internal", "a100 b150"),
    ],
)
def test_plan_against_asks(line: str, fills: str) -> None:
    """Fills stand in the order they happen, up to the quantity wanted and the limit."""
    assert _planned(_side(ASKS), line, None) == fills


@pytest.mark.parametrize(
    ("line", "fills"),
    [
        ("X ENS sell 900 @ 10.11", ""),
        ("X ENS sell 900 @ 10.10", "a100 b200"),
        ("X ENS sell 900 @ 10.00", "a100 b200 c300 d300"),
        ("X AVA short 250 @ 10.10", "b200 a50"),
    ],
)
def test_plan_against_bids(line: str, fills: str) -> None:
    """Sells meet the highest bids first, down to their limit."""
    assert _planned(_side(BIDS), line, None) == fills


@pytest.mark.parametrize(
    ("levels_max", "fills"),
    [(1, "a100 b200"), (2, "a100 b200 c300"), (None, "a100 b200 c300 d400 e500")],
)
def test_plan_reaches_no_more_levels_than_told(levels_max: int | None, fills: str) -> None:
    """A bound on levels stops the plan behind that many prices."""
    assert _planned(_side(ASKS), "X ENS buy 9000 market", levels_max) == fills


def test_plan_without_internal_priority_goes_by_time() -> None:
    """Where the segment has no internal priority, own orders wait."""
    assert _planned(_side(ASKS), "X AVA buy 250 @ 10.00", None, internal=False) == "a100 b150"


def test_plan_against_nothing_is_empty() -> None:
    """An empty side gives no fills."""
    assert _planned(BookSide(is_buy=False), "X AVA buy 250 market", None) == ""


def test_plan_changes_nothing() -> None:
    """After a plan the book and its orders are as before, so planning again gives the same."""
    side = _side(ASKS)
    line = "X AVA buy 9000 @ 10.10"
    before = [(one.cl_ord_id, one.state()) for one in side.orders()]
    first = _planned(side, line, None)
    after = [(one.cl_ord_id, one.state()) for one in side.orders()]
    assert (after, _planned(side, line, None)) == (before, first)


def test_plan_counts_what_is_left_of_partly_filled_orders() -> None:
    """A resting order gives what it has left, not what it came with."""
    side = _side(ASKS)
    next(iter(side.orders())).execute(price("10.00"), 60)
    assert _planned(side, "X ENS buy 100 @ 10.00", None) == "a40 b60"


def test_plan_counts_what_is_left_of_the_incoming_order() -> None:
    """An incoming order that has traded before wants its leaves only."""
    incoming = order("X ENS buy 100 @ 10.00", 99)
    incoming.execute(price("9.99"), 70)
    fills = plan(_side(ASKS), incoming, limit=incoming.price, levels_max=None, internal=True)
    assert fills is not None
    assert [(fill.resting.cl_ord_id, fill.qty) for fill in fills] == [("a", 30)]
