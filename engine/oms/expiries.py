"""When good-till-date orders end: a heap of moments, and who is due (rule 1.3)."""

from __future__ import annotations

import heapq

from engine.order import Order
from engine.values import TimeInForce

SIZE_MIN = 1024
"""Below this many entries nothing is tidied away."""


class Expiries:
    """Orders that end at a moment; `next_at` is the earliest moment, None without one.

    An order that ends earlier by itself stays in the heap until its moment, then it is not due.
    However often an order is added with the same moment, it is in the heap once.
    """

    __slots__ = ("_heap", "_moments", "_size_max", "next_at")

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Order]] = []
        self._moments: set[tuple[int, int]] = set()
        self._size_max = SIZE_MIN
        self.next_at: int | None = None

    def __len__(self) -> int:
        """Entries in the heap, those of ended orders included."""
        return len(self._heap)

    def add(self, order: Order) -> None:
        """Watch a good-till-date order."""
        moment = (order.terms.expire_at, order.order_id)
        if moment in self._moments:
            return
        self._moments.add(moment)
        if len(self._heap) >= self._size_max:
            self._forget_ended()
        heapq.heappush(self._heap, (*moment, order))
        self.next_at = self._heap[0][0]

    def due(self, at: int) -> list[Order]:
        """Orders whose time is up at `at`, earliest first, oldest first; they are forgotten."""
        due: list[Order] = []
        heap = self._heap
        while heap and heap[0][0] <= at:
            expire_at, order_id, order = heapq.heappop(heap)
            self._moments.discard((expire_at, order_id))
            if _ends_at(order, expire_at):
                due.append(order)
        self.next_at = heap[0][0] if heap else None
        return due

    def _forget_ended(self) -> None:
        """Keep only those that will be due: the heap is never more than twice as long as needed."""
        self._heap = [entry for entry in self._heap if _ends_at(entry[2], entry[0])]
        heapq.heapify(self._heap)
        self._moments = {(expire_at, order_id) for expire_at, order_id, _ in self._heap}
        self._size_max = max(SIZE_MIN, 2 * len(self._heap))


def _ends_at(order: Order, expire_at: int) -> bool:
    """Whether this moment still ends the order.

    A replace may have moved the moment, then the order is in the heap a second time; or made it a
    Day order, which an ExpireTime does not end.
    """
    terms = order.terms
    is_gtd = terms.time_in_force == TimeInForce.GOOD_TILL_DATE
    return order.is_working and is_gtd and terms.expire_at == expire_at
