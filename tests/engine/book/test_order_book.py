"""Resting orders: who stands where, and what the best price is."""

from __future__ import annotations

import pytest

from engine.book.order_book import BookSide, Level, OrderBook, Queue
from engine.order import Order
from tests.support.market import order, orders, price

LEVEL = """
    H1 ENS sell 500 @ 100.00 hidden
    D2 NON sell 200 @ 100.00
    H3 AVA sell 300 @ 100.00 hidden
    D4 AVA sell 100 @ 100.00
    D5 AVA sell 100 @ 100.00 no-internal
    D6 AVA sell 100 @ 100.00
"""


def _level(table: str) -> Level:
    level = Level(price("100.00"))
    for resting in orders(table):
        level.add(resting)
    return level


def _side(table: str) -> tuple[BookSide, dict[str, Order]]:
    resting = orders(table)
    side = BookSide(is_buy=resting[0].is_buy)
    for one in resting:
        side.add(one)
    return side, {one.cl_ord_id: one for one in resting}


def _ids(ranked: object) -> str:
    assert hasattr(ranked, "__iter__")
    return " ".join(one.cl_ord_id for one in ranked)


@pytest.mark.parametrize(
    ("member", "ranked"),
    [
        ("", "D2 D4 D5 D6 H1 H3"),
        ("SHB", "D2 D4 D5 D6 H1 H3"),
        ("AVA", "D4 D6 H3 D2 D5 H1"),
        ("NON", "D2 D4 D5 D6 H1 H3"),
        ("ENS", "H1 D2 D4 D5 D6 H3"),
    ],
)
def test_level_ranks_own_then_displayed_then_time(member: str, ranked: str) -> None:
    """Own orders first unless marked no-internal, in each part displayed ones first, by time."""
    assert _ids(_level(LEVEL).ranked(member)) == ranked


def test_level_without_hidden_orders_has_one_queue() -> None:
    """The queue of hidden orders comes into being with the first of them."""
    displayed = _level("A AVA buy 100 @ 100.00")
    hidden = _level("A AVA buy 100 @ 100.00 hidden")
    assert [displayed.hidden is None, hidden.hidden is None] == [True, False]


def test_level_counts_displayed_shares_only() -> None:
    """What others may see at a price is the displayed quantity, as it is left."""
    level = _level(LEVEL)
    before = level.displayed_qty()
    next(iter(level.ranked(""))).execute(price("100.00"), 50)
    assert [before, level.displayed_qty()] == [500, 450]


def test_level_is_empty_when_its_last_order_leaves() -> None:
    """Removing says so only for the last order, whether displayed or hidden."""
    level = Level(price("100.00"))
    resting = orders(LEVEL)
    for one in resting:
        level.add(one)
    assert [level.remove(one) for one in resting] == [False] * 5 + [True]


def test_queue_forgets_members_without_orders() -> None:
    """A member's own queue goes with its last order, so that members do not pile up."""
    queue = Queue()
    first, second = orders("A AVA buy 100 @ 1.00 \n B AVA buy 100 @ 1.00")
    queue.add(first)
    queue.add(second)
    queue.remove(first)
    between = {member: list(own) for member, own in queue.by_member.items()}
    queue.remove(second)
    assert [between, queue.by_member, list(queue.orders)] == [{"AVA": [second]}, {}, []]


BIDS = """
    A AVA buy 100 @ 100.00
    B NON buy 100 @ 100.10
    C SHB buy 100 @  99.90
    D ENS buy 100 @ 100.10
"""


def test_bids_rank_from_the_highest_price() -> None:
    """Buy levels stand best, that is highest, price first; inside a level time decides."""
    side, _ = _side(BIDS)
    assert _ids(side.orders()) == "B D A C"
    assert [level.price for level in side.by_rank()] == [
        price(text) for text in ("100.10", "100.00", "99.90")
    ]


def test_asks_rank_from_the_lowest_price() -> None:
    """Sell levels stand best, that is lowest, price first."""
    side, _ = _side(BIDS.replace("buy", "sell"))
    assert _ids(side.orders()) == "C A B D"
    assert side.best == price("99.90")


def test_best_price_follows_who_comes_and_goes() -> None:
    """The best price is that of the best level left; without levels there is none."""
    side, resting = _side(BIDS)
    told = [side.best]
    for cl_ord_id in "CBDA":
        side.remove(resting[cl_ord_id])
        told.append(side.best)
    best, second = price("100.10"), price("100.00")
    assert told == [best, best, best, second, None]


def test_best_price_improves_with_a_better_order_only() -> None:
    """A worse price does not move the best, an equal one neither, a better one does."""
    side = BookSide(is_buy=False)
    told = []
    for number, at in enumerate(("10.00", "10.05", "10.00", "9.95"), start=1):
        side.add(order(f"A{number} AVA sell 100 @ {at}", number))
        told.append(side.best)
    assert told == [price(text) for text in ("10.00", "10.00", "10.00", "9.95")]


@pytest.mark.parametrize(
    ("side", "limit", "crosses"),
    [
        ("buy", "99.99", "yes"),
        ("buy", "100.00", "yes"),
        ("buy", "100.01", "no"),
        ("sell", "99.99", "no"),
        ("sell", "100.00", "yes"),
        ("sell", "100.01", "yes"),
    ],
)
def test_crosses_at_the_best_price_or_better(side: str, limit: str, crosses: str) -> None:
    """A limit crosses resting buys at or below their best, resting sells at or above it."""
    resting, _ = _side(f"A AVA {side} 100 @ 100.00")
    assert ("yes" if resting.crosses(price(limit)) else "no") == crosses


def test_nothing_crosses_an_empty_side() -> None:
    """Without a best price no limit is good enough, and there is nobody to walk over."""
    sides = [BookSide(is_buy=True), BookSide(is_buy=False)]
    assert [list(walk()) for side in sides for walk in (side.by_rank, side.orders)] == [[]] * 4
    assert [side.crosses(limit) for side in sides for limit in (1, price("1000"))] == [False] * 4


def test_deep_level_is_left_from_both_ends_and_the_middle() -> None:
    """Orders leave from the front, the back and the middle; the others keep their order."""
    side = BookSide(is_buy=True)
    resting = [order("A AVA buy 100 @ 100.00", number) for number in range(1, 20_001)]
    for one in resting:
        side.add(one)
    for one in (*resting[:5_000], *resting[15_000:], *resting[5_000:15_000:2]):
        side.remove(one)
    assert [one.order_id for one in side.orders()] == list(range(5_002, 15_001, 2))


def test_book_knows_an_orders_side_and_its_opposite() -> None:
    """Buys rest among the bids and meet the asks, all sells the other way round."""
    book = OrderBook()
    told = [
        (book.side_of(one) is book.bids, book.opposite(one) is book.asks)
        for one in orders("A AVA buy 1 @ 1.00 \n B AVA sell 1 @ 1.00 \n C AVA short 1 @ 1.00")
    ]
    assert told == [(True, True), (False, False), (False, False)]
