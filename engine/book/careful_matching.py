"""Continuous matching where instructions count: slices, minimum quantities, self-match prevention.

The same question as `matching.plan`, asked when an order with instructions comes in or stands on
the way. It reads the book only. Rules 2.6 (reserve orders), 2.7 (minimum quantity), 2.8.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from engine.book.matching import Fill, acceptable
from engine.book.order_book import BookSide
from engine.commands import Instructions
from engine.order import Order
from engine.values import SelfMatch, SelfMatchLevel

SliceSize = Callable[[Order, int, int], int]
"""The slice a reserve order shows next, of what it has left, and how many it has shown before."""


class CarefulPlan(NamedTuple):
    """What an incoming order does; `stopped`: it met an order that it must not, and is canceled."""

    fills: list[Fill]
    stopped: bool = False


def plan_carefully(
    opposite: BookSide,
    incoming: Order,
    *,
    limit: int | None,
    levels_max: int | None,
    internal: bool,
    slice_size: SliceSize,
) -> CarefulPlan:
    """Fills of `incoming` in the order they happen; arguments as of `matching.plan`."""
    walk = _Walk(incoming, slice_size)
    member = incoming.member if internal and incoming.internal else ""
    price = opposite.best
    levels_left = levels_max
    while price is not None and levels_left != 0 and acceptable(opposite, price, limit):
        for group in opposite.levels[price].groups(member):
            if walk.through(group):
                return CarefulPlan(walk.fills, walk.stopped)
        price = opposite.next_price(price)
        levels_left = levels_left and levels_left - 1
    return CarefulPlan(walk.fills)


class _Slice(NamedTuple):
    """What an order offers at one place in the queue: `left` is all it has, `nth` its slice."""

    order: Order
    offered: int
    left: int
    nth: int


class _Walk:
    """An incoming order's way along the opposite side."""

    def __init__(self, incoming: Order, slice_size: SliceSize) -> None:
        self._incoming = incoming
        self._slice_size = slice_size
        self._wanted = incoming.leaves_qty
        self.fills: list[Fill] = []
        self.stopped = False

    def through(self, group: Iterable[Order]) -> bool:
        """Meet orders of equal rank by time; returns whether the way ends here."""
        refreshed: deque[_Slice] = deque()
        for one in self._in_turn(group, refreshed):
            action = self_match(self._incoming, one.order)
            if action:
                if action != SelfMatch.CANCEL_AGGRESSIVE:
                    self.fills.append(Fill(one.order, 0))
                self.stopped = action != SelfMatch.CANCEL_PASSIVE
                if self.stopped:
                    return True
            elif self._wanted >= one.order.min_qty:
                self._take(one, refreshed)
                if not self._wanted:
                    return True
        return False

    def _in_turn(self, group: Iterable[Order], refreshed: deque[_Slice]) -> Iterator[_Slice]:
        """The orders as they stand, then the slices that came up meanwhile (rule 2.6.3)."""
        for order in group:
            special = order.special
            shown = special.shown if special is not None and order.max_floor else 0
            refreshes = special.refreshes if special is not None else 0
            yield _Slice(order, shown or order.leaves_qty, order.leaves_qty, refreshes)
        while refreshed:
            yield refreshed.popleft()

    def _take(self, one: _Slice, refreshed: deque[_Slice]) -> None:
        qty = min(one.offered, self._wanted)
        self._wanted -= qty
        left = one.left - qty
        refresh = 0
        if left and qty == one.offered:
            refresh = self._slice_size(one.order, left, one.nth + 1)
            refreshed.append(_Slice(one.order, refresh, left, one.nth + 1))
        self.fills.append(Fill(one.order, qty, refresh))


def self_match(incoming: Order, resting: Order) -> str:
    """What `values.SelfMatch` of the incoming order says of the two meeting; "" if they may.

    Only the incoming order's level and action count (rule 2.8.2).
    """
    mine = incoming.terms.instructions
    if mine is None or not mine.self_match or incoming.member != resting.member:
        return ""
    level = mine.self_match_level
    if level == SelfMatchLevel.TRADER and incoming.terms.trader != resting.terms.trader:
        return ""
    if level == SelfMatchLevel.GROUP and mine.self_match_group != _group(
        resting.terms.instructions
    ):
        return ""
    return mine.self_match


def _group(instructions: Instructions | None) -> str:
    return instructions.self_match_group if instructions is not None else ""
