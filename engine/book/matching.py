"""Continuous matching: whom an incoming order meets, decided before anything moves.

`plan` only reads the book and returns fills in the order they happen; `market` carries them out.
So FOK is one comparison, and nothing is changed while it is walked over. The ranking itself (price,
internal, displayed, time: rule 2.1.1) is `BookSide.by_rank` and `Level.ranked`; each fill is at the
resting order's price (rule 2.2.1).
"""

from __future__ import annotations

from typing import NamedTuple

from engine.book.order_book import BookSide
from engine.order import Order


class Fill(NamedTuple):
    """One resting order's share of the incoming one.

    `refresh` is the slice a reserve order shows next, 0 if it shows none. A share of 0: the resting
    order is canceled, because the two must not meet (rule 2.8).
    """

    resting: Order
    qty: int
    refresh: int = 0


def plan(
    opposite: BookSide,
    incoming: Order,
    *,
    limit: int | None,
    levels_max: int | None,
    internal: bool,
) -> list[Fill] | None:
    """Fills of `incoming` against `opposite`, in the order they happen.

    `limit` None accepts any price; `levels_max` bounds how many price levels are reached (1 for a
    market order on the Nordic venue, rule 1.2); `internal` is the segment's internal priority.
    None: on the way stands an order with instructions, which `careful_matching` must look at.
    """
    member = incoming.member if internal and incoming.internal else ""
    fills: list[Fill] = []
    wanted = incoming.leaves_qty
    price = opposite.best
    levels_left = levels_max
    while price is not None and levels_left != 0 and acceptable(opposite, price, limit):
        level = opposite.levels[price]
        if level.careful:
            return None
        for resting in level.ranked(member):
            qty = resting.leaves_qty
            if qty >= wanted:
                fills.append(Fill(resting, wanted))
                return fills
            fills.append(Fill(resting, qty))
            wanted -= qty
        price = opposite.next_price(price)
        levels_left = levels_left and levels_left - 1
    return fills


def acceptable(opposite: BookSide, price: int, limit: int | None) -> bool:
    """Whether an incoming order with this limit may trade at a price of the opposite side."""
    return limit is None or (price >= limit if opposite.is_buy else price <= limit)
