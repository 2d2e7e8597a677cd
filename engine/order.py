"""An order while it lives, and the one place where it changes.

Rule 1: whatever changes an order's quantities or status is a method of `Order`, and every change of
status is a pair in `TRANSITIONS`. Where the order stands in the book is the book's business.

`Order` is a msgspec struct outside the garbage collector: a million of them cost no collection
pauses. It must therefore never become part of a reference cycle.
"""

from __future__ import annotations

import msgspec

from engine.commands import OrderTerms
from engine.events import OrderState
from engine.values import OrdStatus, Side

BUY = Side.BUY
NEW = OrdStatus.NEW
PARTIALLY_FILLED = OrdStatus.PARTIALLY_FILLED
FILLED = OrdStatus.FILLED
CANCELED = OrdStatus.CANCELED
EXPIRED = OrdStatus.EXPIRED

TRANSITIONS: dict[OrdStatus, frozenset[OrdStatus]] = {
    NEW: frozenset({NEW, PARTIALLY_FILLED, FILLED, CANCELED, EXPIRED}),
    PARTIALLY_FILLED: frozenset({PARTIALLY_FILLED, FILLED, CANCELED, EXPIRED}),
    FILLED: frozenset(),
    CANCELED: frozenset(),
    EXPIRED: frozenset(),
    OrdStatus.REJECTED: frozenset(),
}
"""OrdStatus(39) -> what may follow it. A rejected entry never becomes an order."""


class Order(msgspec.Struct, gc=False):
    """A working or finished order; `prio` is its rank in time, lower is earlier (rule 1.1.9)."""

    order_id: int
    terms: OrderTerms
    cl_ord_id: str
    member: str
    is_buy: bool
    price: int
    leaves_qty: int
    prio: int
    internal: bool
    displayed: bool = True
    cum_qty: int = 0
    notional: int = 0
    status: OrdStatus = NEW

    @property
    def is_working(self) -> bool:
        """Whether anything of it can still trade."""
        return self.leaves_qty > 0

    def state(self) -> OrderState:
        """The order at this moment, as events report it."""
        return OrderState(
            self.order_id, self.terms, self.status, self.leaves_qty, self.cum_qty, self.notional
        )

    def execute(self, price: int, qty: int) -> OrderState:
        """Trade `qty` of it at `price`; returns the state after."""
        leaves = self.leaves_qty - qty
        assert qty > 0
        assert leaves >= 0
        self.leaves_qty = leaves
        self.cum_qty += qty
        self.notional += price * qty
        self._become(PARTIALLY_FILLED if leaves else FILLED)
        return OrderState(
            self.order_id, self.terms, self.status, leaves, self.cum_qty, self.notional
        )

    def cancel(self, cl_ord_id: str = "") -> OrderState:
        """Give up what is left; `cl_ord_id` is that of the cancel request, if there was one."""
        self._become(CANCELED)
        self.leaves_qty = 0
        if cl_ord_id:
            self.cl_ord_id = cl_ord_id
        return self.state()

    def expire(self) -> OrderState:
        """Its time is up: give up what is left."""
        self._become(EXPIRED)
        self.leaves_qty = 0
        return self.state()

    def replace(self, terms: OrderTerms) -> OrderState:
        """Take new terms; a total at or below what is filled ends it (matrix row "qty <= cum")."""
        assert terms.qty >= self.cum_qty
        self.terms = terms
        self.cl_ord_id = terms.cl_ord_id
        self.price = terms.price
        self.internal = not terms.no_internal
        self.leaves_qty = terms.qty - self.cum_qty
        self._become(self.status if self.leaves_qty else FILLED)
        return self.state()

    def _become(self, status: OrdStatus) -> None:
        assert status in TRANSITIONS[self.status], (self.status, status, self.order_id)
        self.status = status


def new_order(order_id: int, terms: OrderTerms, prio: int) -> Order:
    """The order that an accepted entry becomes."""
    return Order(
        order_id,
        terms,
        terms.cl_ord_id,
        terms.member,
        terms.side == BUY,
        terms.price,
        terms.qty,
        prio,
        not terms.no_internal,
        terms.displayed,
    )
