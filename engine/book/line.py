"""Orders that stand one behind the other, first come first: the smallest piece of a book.

A line is kept in two lists side by side, prios ascending and orders, with a hole where an order
left from the middle; holes and what has left in front are cleared away once they are half of it. So
entering and leaving in front cost the same at any length, leaving from the middle a search by
halves; a place is 16 bytes, where an `OrderedDict` needs more than 100.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator

from engine.order import Order

HOLES_MIN = 32
"""Fewer are not worth clearing away."""


class Line:
    """Orders in order of time. `prio` is an order's place, also when the order itself has changed.

    Orders may not enter or leave while a line is walked over.
    """

    __slots__ = ("_count", "_first", "_orders", "_prios")

    def __init__(self) -> None:
        self._prios: list[int] = []
        self._orders: list[Order | None] = []
        self._first = 0
        self._count = 0

    def add(self, order: Order) -> None:
        """Stand last."""
        self._prios.append(order.prio)
        self._orders.append(order)
        self._count += 1

    def remove(self, prio: int) -> None:
        """The order at this place leaves, wherever it is."""
        prios, orders = self._prios, self._orders
        self._count -= 1
        if prios[-1] == prio:
            # The youngest one leaves most often, after the oldest.
            del prios[-1], orders[-1]
            while orders and orders[-1] is None:
                del prios[-1], orders[-1]
            if not orders:
                self._first = 0
            return
        first = self._first
        at = first if prios[first] == prio else bisect_left(prios, prio, first)
        assert prios[at] == prio
        assert orders[at] is not None
        orders[at] = None
        while orders[first] is None:
            first += 1
        self._first = first
        holes = len(orders) - self._count
        if holes > HOLES_MIN and holes > self._count:
            self._clear_away()

    def _clear_away(self) -> None:
        orders = [order for order in self._orders if order is not None]
        places = zip(self._prios, self._orders, strict=True)
        self._prios = [prio for prio, order in places if order is not None]
        self._orders = list[Order | None](orders)
        self._first = 0

    def __len__(self) -> int:
        return self._count

    def __contains__(self, prio: int) -> bool:
        at = bisect_left(self._prios, prio, self._first)
        return at < len(self._prios) and self._prios[at] == prio and self._orders[at] is not None

    def __iter__(self) -> Iterator[Order]:
        for at in range(self._first, len(self._orders)):
            order = self._orders[at]
            if order is not None:
                yield order

    def places(self) -> Iterable[tuple[int, Order]]:
        """Each order behind the place it stands at."""
        for prio, order in zip(self._prios, self._orders, strict=True):
            if order is not None:
                yield prio, order
