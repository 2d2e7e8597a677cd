"""The price of an auction the slow way: every valid price is tried, step by step as in rule 4.3.4.

Nothing here comes from the engine. The caller hands in the valid prices of the whole region, one by
one; sides are plain lists of (limit, quantity).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

Limits = Sequence[tuple[int, int]]


class Candidate(NamedTuple):
    """One price and what rule 4.3.3 says of it."""

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


class Found(NamedTuple):
    """The price, V and I there, and the step of the rule that left no other."""

    price: int
    volume: int
    surplus: int
    step: str


class Book(NamedTuple):
    """All that the price depends on; `valid` are the valid prices of the region, ascending."""

    buys: Limits
    market_buys: int
    sells: Limits
    market_sells: int
    reference: int
    valid: Sequence[int]


def candidates(book: Book) -> list[Candidate]:
    """Every price of rule 4.3.2, lowest first; a limit is one even if it is off tick."""
    limits = [limit for limit, _ in [*book.buys, *book.sells]]
    if limits:
        between = [price for price in book.valid if min(limits) <= price <= max(limits)]
        return [_candidate(book, price) for price in sorted({*between, *limits})]
    if not book.reference:
        return []
    nearest = min(book.valid, key=lambda price: (abs(price - book.reference), -price))
    return [_candidate(book, nearest)]


def _candidate(book: Book, price: int) -> Candidate:
    bought = book.market_buys + sum([qty for limit, qty in book.buys if limit >= price])
    sold = book.market_sells + sum([qty for limit, qty in book.sells if limit <= price])
    return Candidate(price, bought, sold)


def brute_force(book: Book) -> Found | None:
    """The equilibrium, or None."""
    tried = candidates(book)
    most = max((one.volume for one in tried), default=0)
    if most == 0:
        return None
    survivors = [one for one in tried if one.volume == most]
    if len(survivors) == 1:
        return _found(survivors[0], "1 volume")
    least = min(abs(one.surplus) for one in survivors)
    survivors = [one for one in survivors if abs(one.surplus) == least]
    if len(survivors) == 1:
        return _found(survivors[0], "2 imbalance")
    if all(one.surplus > 0 for one in survivors):
        return _found(survivors[-1], "3 buy pressure")
    if all(one.surplus < 0 for one in survivors):
        return _found(survivors[0], "3 sell pressure")
    if all(one.surplus == 0 for one in survivors):
        return _found(_closest(survivors, book.reference), "4 balanced")
    highest_buying = [one for one in survivors if one.surplus > 0][-1]
    lowest_selling = next(one for one in survivors if one.surplus < 0)
    return _found(_closest([highest_buying, lowest_selling], book.reference), "5 mixed")


def _closest(survivors: list[Candidate], reference: int) -> Candidate:
    """The one nearest to the reference, the higher on a tie."""
    distance = min(abs(one.price - reference) for one in survivors)
    return [one for one in survivors if abs(one.price - reference) == distance][-1]


def _found(one: Candidate, step: str) -> Found:
    return Found(one.price, one.volume, one.surplus, step)
