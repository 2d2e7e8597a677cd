"""When orders end by themselves: a heap of moments, and who is due (rule 1.3).

Good till date orders end at their ExpireTime, good till canceled ones when they have lived as long
as the segment lets them. That Day orders end with the day is `trading_day`'s business.
"""

from __future__ import annotations

import heapq

from engine.order import Order
from engine.values import NEVER

SIZE_MIN = 1024
"""Below this many entries nothing is tidied away."""


class Expiries:
    """Orders that end at a moment; `next_at` is the earliest moment, NEVER without one.

    An order has one moment, the one it was watched with last; one that ends earlier by itself stays
    in the heap until its moment, then it is not due.
    """

    __slots__ = ("_heap", "_moments", "_size_max", "next_at")

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Order]] = []
        self._moments: dict[int, int] = {}
        self._size_max = SIZE_MIN
        self.next_at = NEVER

    def __len__(self) -> int:
        """Entries in the heap, those of ended orders included."""
        return len(self._heap)

    def watch(self, order: Order, at: int) -> None:
        """The order ends at `at` from here on; 0 for one that does not end by itself any more."""
        known = self._moments.get(order.order_id, 0)
        if known == at:
            return
        if not at:
            del self._moments[order.order_id]
            return
        self._moments[order.order_id] = at
        if len(self._heap) >= self._size_max:
            self._forget_ended()
        heapq.heappush(self._heap, (at, order.order_id, order))
        self.next_at = self._heap[0][0]

    def moment(self, order: Order) -> int:
        """When the order ends by itself, 0 for never."""
        return self._moments.get(order.order_id, 0)

    def due(self, at: int) -> list[Order]:
        """Orders whose time is up at `at`, earliest first, oldest first; they are forgotten."""
        due: list[Order] = []
        heap = self._heap
        while heap and heap[0][0] <= at:
            moment, order_id, order = heapq.heappop(heap)
            if self._moments.get(order_id) == moment:
                del self._moments[order_id]
                if order.is_working:
                    due.append(order)
        self.next_at = heap[0][0] if heap else NEVER
        return due

    def _forget_ended(self) -> None:
        """Keep only those that will be due: the heap is never more than twice as long as needed."""
        moments = self._moments
        heap = [
            entry
            for entry in self._heap
            if entry[2].is_working and moments.get(entry[1]) == entry[0]
        ]
        heapq.heapify(heap)
        self._heap = heap
        self._moments = {order_id: at for at, order_id, _ in heap}
        self._size_max = max(SIZE_MIN, 2 * len(heap))
