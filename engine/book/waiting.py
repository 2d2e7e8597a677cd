"""Orders of a book that stand outside it: stops, on-auction orders, pegs without a price.

None of them has a rank or is displayed (rule 1.4.1). Here is kept who waits and asked whom a trade
price calls; `market` carries out what follows.
"""

from __future__ import annotations

from collections.abc import Iterable

from sortedcontainers import SortedList

from engine.order import Order, Place, Special
from engine.values import OrdType, TimeInForce


class Waiting:
    """Who waits in one instrument. Orders are kept by OrderID, in the order they came.

    `stops` all stops, of those `_buys` and `_sells` with a fixed trigger by it and `_trailing` the
    others; `sleepers` wait for a call, `priceless` are pegs without a price to follow; `pegs` have
    one and stand in the book, and so do `best_only`, which leave when they are not best any more.
    """

    __slots__ = (
        *("_buys", "_sells", "_trailing"),
        *("best_only", "pegs", "priceless", "sleepers", "stops"),
    )

    def __init__(self) -> None:
        self.stops: dict[int, Order] = {}
        self.sleepers: dict[int, Order] = {}
        self.pegs: dict[int, Order] = {}
        self.priceless: dict[int, Order] = {}
        self.best_only: dict[int, Order] = {}
        self._buys: SortedList[tuple[int, int]] = SortedList()
        self._sells: SortedList[tuple[int, int]] = SortedList()
        self._trailing: dict[int, Order] = {}

    def add_sleeper(self, order: Order) -> None:
        """An order waits for a call, or for a price to follow."""
        _special(order).place = Place.WAITS
        self._queue(order)[order.order_id] = order

    def _queue(self, order: Order) -> dict[int, Order]:
        return self.priceless if order.terms.ord_type == OrdType.PEGGED else self.sleepers

    def add_stop(self, order: Order, stop_px: int) -> None:
        """An order waits for a trade at `stop_px` or beyond."""
        special = _special(order)
        special.place = Place.STOP
        special.stop_px = stop_px
        self.stops[order.order_id] = order
        if _offset(order):
            self._trailing[order.order_id] = order
        else:
            (self._buys if order.is_buy else self._sells).add((stop_px, order.order_id))

    def remove(self, order: Order) -> None:
        """An order waits no longer."""
        special = _special(order)
        if special.place is Place.WAITS:
            del self._queue(order)[order.order_id]
        else:
            del self.stops[order.order_id]
            if self._trailing.pop(order.order_id, None) is None:
                fixed = self._buys if order.is_buy else self._sells
                fixed.remove((special.stop_px, order.order_id))
        special.place = Place.BOOK

    def forget(self, order: Order) -> None:
        """An order that stood in the book and followed its prices does so no longer."""
        self.pegs.pop(order.order_id, None)
        self.best_only.pop(order.order_id, None)

    def orders(self) -> Iterable[Order]:
        """Everybody who waits, stops first."""
        yield from self.stops.values()
        yield from self.sleepers.values()
        yield from self.priceless.values()

    def for_call(self, *, closing: bool) -> list[Order]:
        """Those who wake when a call begins: for any auction, and for the closing one."""
        return [order for order in self.sleepers.values() if _wakes(order, closing=closing)]

    def called_by(self, price: int) -> list[Order]:
        """Stops that a published trade price triggers, first come first (rules 1.4.2 and 1.4.3).

        A trailing stop follows the price first, in its favourable direction only (rule 1.4.4).
        """
        called = []
        for stop_px, order_id in self._buys:
            if stop_px > price:
                break
            called.append(self.stops[order_id])
        for stop_px, order_id in reversed(self._sells):
            if stop_px < price:
                break
            called.append(self.stops[order_id])
        called += [order for order in self._trailing.values() if _follow(order, price)]
        return sorted(called, key=_prio)


def _follow(order: Order, price: int) -> bool:
    """Move a trailing stop's trigger; returns whether the price has reached it."""
    special, distance = _special(order), _offset(order)
    if order.is_buy:
        special.stop_px = min(special.stop_px, price + distance)
        return price >= special.stop_px
    special.stop_px = max(special.stop_px, price - distance)
    return price <= special.stop_px


def _wakes(order: Order, *, closing: bool) -> bool:
    time_in_force = order.terms.time_in_force
    return time_in_force == TimeInForce.GOOD_FOR_AUCTION or (
        closing and time_in_force == TimeInForce.AT_THE_CLOSE
    )


def _special(order: Order) -> Special:
    assert order.special is not None
    return order.special


def _offset(order: Order) -> int:
    """A trailing stop's distance, 0 for a fixed stop."""
    instructions = order.terms.instructions
    return abs(instructions.peg_offset) if instructions is not None else 0


def _prio(order: Order) -> int:
    return order.prio
