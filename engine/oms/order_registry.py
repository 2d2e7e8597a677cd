"""Every order a session may still speak about, findable by ClOrdID(11), and which ones work.

A ClOrdID belongs to the session that used it and may not be used twice while it is remembered;
after a replace or cancel the order answers to the new id, and the former ones still find it (for
status requests). Finished orders are remembered until `DONE_ORDERS_MAX` younger ones have finished,
counted and not timed, so that a replay forgets the same ones.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from engine.book.line import Line
from engine.oms.cl_ord_ids import ClOrdIds
from engine.order import Order

DONE_ORDERS_MAX = 1_000_000
"""Finished orders kept for status requests: about 0.9 KB each all in, so 0.9 GB at the most."""


class OrderRegistry:
    """Orders by session and ClOrdID."""

    __slots__ = ("_by_cl_ord_id", "_done", "_former", "_working", "done_max")

    def __init__(self, done_max: int = DONE_ORDERS_MAX) -> None:
        self.done_max = done_max
        self._by_cl_ord_id: dict[str, ClOrdIds] = {}
        self._working: dict[str, Line] = {}
        self._done: deque[Order] = deque()
        self._former: dict[int, list[str]] = {}

    def find(self, session: str, cl_ord_id: str) -> Order | None:
        """The order of this session that bears or bore the id."""
        orders = self._by_cl_ord_id.get(session)
        return None if orders is None else orders.find(cl_ord_id)

    def add(self, order: Order) -> None:
        """Remember an accepted order, working."""
        session = order.terms.session
        orders = self._by_cl_ord_id.get(session)
        if orders is None:
            orders = self._by_cl_ord_id[session] = ClOrdIds()
            self._working[session] = Line()
        if order.cl_ord_id:
            orders.file(order.cl_ord_id, order)
        self._working[session].add(order.order_id, order)

    def rename(self, order: Order, former_cl_ord_id: str) -> None:
        """The order got a new ClOrdID; it stays findable by the former one.

        A cancel without an id of its own leaves the order's id, and there is nothing to note.
        """
        if order.cl_ord_id == former_cl_ord_id:
            return
        self._by_cl_ord_id[order.terms.session].file(order.cl_ord_id, order)
        self._former.setdefault(order.order_id, []).append(former_cl_ord_id)

    def finish(self, order: Order) -> None:
        """The order does not work any more; forget the oldest finished one beyond the limit."""
        self._working[order.terms.session].remove(order.order_id)
        done = self._done
        done.append(order)
        if len(done) > self.done_max:
            self._forget(done.popleft())

    def is_working(self, order: Order) -> bool:
        """Whether the order is counted among the working ones."""
        return order.order_id in self._working[order.terms.session]

    def revive(self, order: Order) -> None:
        """A finished order works again."""
        if order in self._done:
            self._done.remove(order)
        orders = self._by_cl_ord_id[order.terms.session]
        if orders.find(order.cl_ord_id) is None:
            orders.file(order.cl_ord_id, order)
        self._working[order.terms.session].put_back(order.order_id, order)

    def by_order_id(self, order_id: int) -> Order | None:
        """The working order of this number; looks at all of them."""
        return next((order for order in self.all_working() if order.order_id == order_id), None)

    def working(self, session: str) -> Iterable[Order]:
        """The session's working orders, oldest first; not to be changed while walked over."""
        return self._working.get(session, ())

    def all_working(self) -> Iterable[Order]:
        """Working orders of every session, sessions in order of their first order."""
        for orders in self._working.values():
            yield from orders

    def all_done(self) -> Iterable[Order]:
        """Finished orders that are remembered, first finished first."""
        return iter(self._done)

    @property
    def done_count(self) -> int:
        """How many finished orders are remembered."""
        return len(self._done)

    def cl_ord_ids(self, order: Order) -> tuple[str, ...]:
        """Every ClOrdID that finds the order, the first one first."""
        return (*self._former.get(order.order_id, ()), order.cl_ord_id)

    def _forget(self, order: Order) -> None:
        orders = self._by_cl_ord_id[order.terms.session]
        orders.forget(order.cl_ord_id)
        for cl_ord_id in self._former.pop(order.order_id, ()):
            orders.forget(cl_ord_id)
