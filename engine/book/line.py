"""Orders that stand one behind the other, first come first: the smallest piece of a book.

A line is kept in two lists side by side, places ascending and orders, with a hole where an order
left from the middle; holes and what has left in front are cleared away once they are half of it. So
entering and leaving at either end cost the same at any length, leaving from the middle a search by
halves. A place is 16 bytes, where an `OrderedDict` needs more than 100 and a dict 45; and a list
grows without a pause, where a large dict stands still to file everything anew.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator

from engine.order import Order

HOLES_MIN = 32
"""Fewer are not worth clearing away."""


class Line:
    """Orders by place: a number that grows from order to order, as `prio` and `order_id` do.

    Orders may not enter or leave while a line is walked over.
    """

    __slots__ = ("_first", "_holes", "_orders", "_places")

    def __init__(self) -> None:
        self._places: list[int] = []
        self._orders: list[Order | None] = []
        self._first = 0
        self._holes = 0

    def add(self, place: int, order: Order) -> None:
        """Stand last."""
        self._places.append(place)
        self._orders.append(order)

    def put_back(self, place: int, order: Order) -> None:
        """Stand where the place belongs; takes longer, the longer the line."""
        at = bisect_left(self._places, place, self._first)
        if at < len(self._places) and self._places[at] == place:
            assert self._orders[at] is None
            self._orders[at] = order
            self._holes -= 1
        else:
            self._places.insert(at, place)
            self._orders.insert(at, order)

    def remove(self, place: int) -> None:
        """The order at this place leaves, wherever it is."""
        places, orders = self._places, self._orders
        if places[-1] == place:
            # The youngest one leaves most often, after the oldest.
            places.pop()
            orders.pop()
            if self._holes:
                self._shorten()
            return
        first = self._first
        at = first if places[first] == place else bisect_left(places, place, first)
        assert places[at] == place
        assert orders[at] is not None
        orders[at] = None
        holes = self._holes = self._holes + 1
        while orders[first] is None:
            first += 1
        self._first = first
        if holes > HOLES_MIN and 2 * holes > len(orders):
            self._clear_away()

    def _shorten(self) -> None:
        """No line ends with a hole."""
        places, orders = self._places, self._orders
        while orders and orders[-1] is None:
            places.pop()
            orders.pop()
            self._holes -= 1
        if not orders:
            self._first = 0

    def _clear_away(self) -> None:
        orders = [order for order in self._orders if order is not None]
        places = zip(self._places, self._orders, strict=True)
        self._places = [place for place, order in places if order is not None]
        self._orders = list[Order | None](orders)
        self._first = self._holes = 0

    def __len__(self) -> int:
        return len(self._orders) - self._holes

    def __contains__(self, place: int) -> bool:
        at = bisect_left(self._places, place, self._first)
        return at < len(self._places) and self._places[at] == place and self._orders[at] is not None

    def __iter__(self) -> Iterator[Order]:
        for at in range(self._first, len(self._orders)):
            order = self._orders[at]
            if order is not None:
                yield order

    def places(self) -> Iterable[tuple[int, Order]]:
        """Each order behind the place it stands at."""
        for place, order in zip(self._places, self._orders, strict=True):
            if order is not None:
                yield place, order
