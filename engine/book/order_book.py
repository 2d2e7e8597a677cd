"""Resting orders of one instrument: price levels, and inside a level who stands before whom.

This module keeps orders in place; it never decides a match (that is `matching`). Ranking at one
price is internal, displayed, time (rule 2.1.1), where "internal" depends on who comes in. A level
therefore keeps two queues, displayed and hidden, and each queue twice: all orders by time, and the
same orders by member. Prices are a dict of levels beside a sorted list; the best price is kept at
hand because every entry asks.
Market orders that a call collects have no price: they stand apart, in front of all levels.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sortedcontainers import SortedList

from engine.book.line import Line
from engine.order import Order


class Queue:
    """Orders of one price and one visibility, in order of time, findable by member."""

    __slots__ = ("by_member", "orders")

    def __init__(self) -> None:
        self.orders = Line()
        self.by_member: dict[str, Line] = {}

    def add(self, order: Order) -> None:
        """Stand last; an order without internal priority is not found by member (rule 3.8)."""
        prio = order.prio
        self.orders.add(prio, order)
        if order.internal:
            own = self.by_member.get(order.member)
            if own is None:
                own = self.by_member[order.member] = Line()
            own.add(prio, order)

    def remove(self, order: Order) -> None:
        """Leave the queue, wherever it stands."""
        prio = order.prio
        self.orders.remove(prio)
        if order.internal:
            own = self.by_member[order.member]
            own.remove(prio)
            if not len(own):
                del self.by_member[order.member]


class Level:
    """All orders at one price; `careful` counts those with instructions, which may show slices or
    want a minimum.
    """

    __slots__ = ("careful", "displayed", "hidden", "price")

    def __init__(self, price: int) -> None:
        self.price = price
        self.careful = 0
        self.displayed = Queue()
        self.hidden: Queue | None = None

    def add(self, order: Order) -> None:
        """Rest an order here."""
        if order.special is not None:
            self.careful += 1
        if order.displayed:
            self.displayed.add(order)
        else:
            if self.hidden is None:
                self.hidden = Queue()
            self.hidden.add(order)

    def remove(self, order: Order) -> bool:
        """Take an order away; returns whether the level is empty now."""
        if order.special is not None:
            self.careful -= 1
        if order.displayed:
            self.displayed.remove(order)
        else:
            assert self.hidden is not None
            self.hidden.remove(order)
        return not len(self.displayed.orders) and (
            self.hidden is None or not len(self.hidden.orders)
        )

    def ranked(self, member: str) -> Iterable[Order]:
        """Orders as an incoming order of `member` meets them (rule 2.1.2); "" has none of its own.

        Own orders, displayed then hidden, each by time; then the others likewise.
        """
        if self.hidden is None and member not in self.displayed.by_member:
            return self.displayed.orders
        return self._ranked(member)

    def _ranked(self, member: str) -> Iterator[Order]:
        for group in self.groups(member):
            yield from group

    def groups(self, member: str) -> Iterator[Iterable[Order]]:
        """The orders of `ranked`, those with equal rank but for their time together."""
        queues = (self.displayed,) if self.hidden is None else (self.displayed, self.hidden)
        own = False
        if member:
            for queue in queues:
                mine = queue.by_member.get(member)
                if mine is not None:
                    own = True
                    yield mine
        for queue in queues:
            yield _not_own(queue, member) if own else queue.orders

    def displayed_qty(self) -> int:
        """Shares shown at this price."""
        orders = self.displayed.orders
        if not self.careful:
            return sum(order.leaves_qty for order in orders)
        return sum(
            order.special.shown if order.special and order.max_floor else order.leaves_qty
            for order in orders
        )


def _shows(level: Level, but: Order | None) -> bool:
    shown = level.displayed.orders
    return len(shown) > (but is not None and but.prio in shown)


def _not_own(queue: Queue, member: str) -> Iterator[Order]:
    for order in queue.orders:
        if order.member != member or not order.internal:
            yield order


class BookSide:
    """All resting buys or all resting sells; `best` is the best price, None when empty.

    `unpriced` are market orders, which rest in a call only. `spare` is a level that was emptied: in
    a busy book prices come and go, and a level is many objects.
    """

    __slots__ = ("best", "is_buy", "levels", "prices", "spare", "unpriced")

    def __init__(self, *, is_buy: bool) -> None:
        self.is_buy = is_buy
        self.levels: dict[int, Level] = {}
        self.prices: SortedList[int] = SortedList()
        self.best: int | None = None
        self.unpriced = Level(0)
        self.spare: Level | None = None

    def add(self, order: Order) -> None:
        """Rest an order at its price, last in time there."""
        price = order.price
        if not price:
            self.unpriced.add(order)
            return
        level = self.levels.get(price)
        if level is None:
            level = self.levels[price] = self._empty_level(price)
            self.prices.add(price)
            best = self.best
            if best is None or (price > best if self.is_buy else price < best):
                self.best = price
        level.add(order)

    def remove(self, order: Order) -> None:
        """Take a resting order away."""
        price = order.price
        if not price:
            self.unpriced.remove(order)
        elif self.levels[price].remove(order):
            self.spare = self.levels.pop(price)
            self.prices.remove(price)
            if price == self.best:
                self.best = self._find_best()

    def _empty_level(self, price: int) -> Level:
        level, self.spare = self.spare, None
        if level is None:
            return Level(price)
        level.price = price
        level.hidden = None
        return level

    def crosses(self, limit: int) -> bool:
        """Whether the best price here is acceptable to an incoming order with this limit."""
        best = self.best
        return best is not None and (best >= limit if self.is_buy else best <= limit)

    def by_rank(self) -> Iterator[Level]:
        """Levels, best price first."""
        prices = reversed(self.prices) if self.is_buy else iter(self.prices)
        for price in prices:
            yield self.levels[price]

    def next_price(self, price: int) -> int | None:
        """The next worse price that has orders; None behind the last."""
        prices = self.prices
        at = prices.bisect_left(price) - 1 if self.is_buy else prices.bisect_right(price)
        return prices[at] if 0 <= at < len(prices) else None

    def best_displayed(self, but: Order | None = None) -> int | None:
        """The best price that is shown, by another order than `but`."""
        price = self.best
        while price is not None and not _shows(self.levels[price], but):
            price = self.next_price(price)
        return price

    def orders(self) -> Iterator[Order]:
        """Resting orders as an outsider's order would meet them; those without a limit first."""
        yield from self.unpriced.ranked("")
        for level in self.by_rank():
            yield from level.ranked("")

    def _find_best(self) -> int | None:
        if not self.prices:
            return None
        best: int = self.prices[-1] if self.is_buy else self.prices[0]
        return best


class OrderBook:
    """Both sides of one instrument."""

    __slots__ = ("asks", "bids")

    def __init__(self) -> None:
        self.bids = BookSide(is_buy=True)
        self.asks = BookSide(is_buy=False)

    def side_of(self, order: Order) -> BookSide:
        """Where this order rests."""
        return self.bids if order.is_buy else self.asks

    def opposite(self, order: Order) -> BookSide:
        """What this order meets."""
        return self.asks if order.is_buy else self.bids
