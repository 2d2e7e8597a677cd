"""When good-till-date orders end: a heap of moments, and who is due (rule 1.3)."""

from __future__ import annotations

import heapq

from engine.order import Order


class Expiries:
    """Orders that end at a moment; `next_at` is the earliest moment, None without one.

    An order that ends earlier by itself stays in the heap until its moment, then it is not due.
    """

    __slots__ = ("_heap", "next_at")

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Order]] = []
        self.next_at: int | None = None

    def add(self, order: Order) -> None:
        """Watch a good-till-date order."""
        heapq.heappush(self._heap, (order.terms.expire_at, order.order_id, order))
        self.next_at = self._heap[0][0]

    def due(self, at: int) -> list[Order]:
        """Orders whose time is up at `at`, earliest first, oldest first; they are forgotten."""
        due: list[Order] = []
        heap = self._heap
        while heap and heap[0][0] <= at:
            expire_at, _, order = heapq.heappop(heap)
            # A replace may have moved the moment; the order is then in the heap a second time.
            if order.is_working and order.terms.expire_at == expire_at:
                due.append(order)
        self.next_at = heap[0][0] if heap else None
        return due
