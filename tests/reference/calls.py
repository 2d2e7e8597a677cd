"""How a call ends, by trying every price: rules 4.3 and 4.5 on plain lists.

Nothing here changes an order.
"""

from __future__ import annotations

from typing import NamedTuple

from tests.reference.orders import NaiveOrder


class Tried(NamedTuple):
    """One price, and what rule 4.3.3 says of it."""

    price: int
    bought: int
    sold: int

    @property
    def volume(self) -> int:
        """V of the rule."""
        return min(self.bought, self.sold)

    @property
    def surplus(self) -> int:
        """I of the rule."""
        return self.bought - self.sold


def eligible(orders: list[NaiveOrder]) -> list[NaiveOrder]:
    """4.3.1: everybody in full, but hidden orders that want a minimum."""
    return [order for order in orders if order.minimum <= 1]


def price_of(book: list[NaiveOrder], tick: int, reference: int) -> Tried | None:
    """4.3.4: the price, None if nothing can trade."""
    orders = eligible(book)
    limits = [order.at for order in orders if order.at]
    if limits:
        tries = range(min(limits), max(limits) + 1, tick)
    elif reference:
        nearest = (2 * reference + tick) // (2 * tick) * tick
        tries = range(nearest, nearest + 1, tick)
    else:
        return None
    tried = [_try(orders, price) for price in tries]
    most = max(one.volume for one in tried)
    if not most:
        return None
    left = [one for one in tried if one.volume == most]
    least = min(abs(one.surplus) for one in left)
    left = [one for one in left if abs(one.surplus) == least]
    return _choose(left, reference)


def _choose(left: list[Tried], reference: int) -> Tried:
    """Steps 3 to 5 of the rule, for prices of equal volume and imbalance."""
    if all(one.surplus > 0 for one in left):
        return left[-1]
    if all(one.surplus < 0 for one in left):
        return left[0]
    if not all(one.surplus == 0 for one in left):
        left = [
            [one for one in left if one.surplus > 0][-1],
            next(one for one in left if one.surplus < 0),
        ]
    return min(left, key=lambda one: (abs(one.price - reference), -one.price))


def _try(orders: list[NaiveOrder], price: int) -> Tried:
    bought = sum(one.leaves for one in orders if one.buys and (not one.at or one.at >= price))
    sold = sum(one.leaves for one in orders if not one.buys and (not one.at or one.at <= price))
    return Tried(price, bought, sold)


def short_side(book: list[NaiveOrder], found: Tried) -> list[NaiveOrder]:
    """4.5.2: those of the side with less, in the order in which they come in; buys if equal."""
    reached = in_reach(book, found, buys=found.surplus <= 0)
    return sorted(reached, key=lambda one: (_price_rank(one), not one.displayed, one.prio))


def next_long(
    book: list[NaiveOrder], found: Tried, incoming: NaiveOrder, *, internal: bool
) -> NaiveOrder:
    """4.5.2: whom an order of the short side meets."""
    reached = in_reach(book, found, buys=found.surplus > 0)

    def rank(one: NaiveOrder) -> tuple[int, bool, bool, int]:
        own = internal and one.internal and incoming.internal and one.member == incoming.member
        return (_price_rank(one), not own, not one.displayed, one.prio)

    return min(reached, key=rank)


def in_reach(book: list[NaiveOrder], found: Tried, *, buys: bool) -> list[NaiveOrder]:
    """Orders of one side that may trade at the price."""
    return [
        one
        for one in eligible(book)
        if one.buys is buys
        and one.leaves
        and (not one.at or (one.at >= found.price if buys else one.at <= found.price))
    ]


def _price_rank(order: NaiveOrder) -> int:
    """Market orders before all limits, then the better limit."""
    if not order.at:
        return -(10**15)
    return -order.at if order.buys else order.at
