"""An order while it lives, and the one place where it changes.

Rule 1: whatever changes an order's quantities or status is a method of `Order`, and every change of
status is a pair in `TRANSITIONS`. Where the order stands in the book is the book's business.

`Order` is a msgspec struct outside the garbage collector: a million of them cost no collection
pauses. It must therefore never become part of a reference cycle. A snapshot reads it as an array,
so a field that is added or moved is another `snapshot.LAYOUT`. What most orders do not have lies
in two structs of its own: `Special` what an order with instructions is up to, `Ledger` what an
order has behind it that was carried over a night or lost a trade.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from engine.commands import OrderTerms
from engine.events import OrderState, Standing
from engine.values import OrdStatus, Side

BUY = Side.BUY
NEW = OrdStatus.NEW
PARTIALLY_FILLED = OrdStatus.PARTIALLY_FILLED
FILLED = OrdStatus.FILLED
CANCELED = OrdStatus.CANCELED
EXPIRED = OrdStatus.EXPIRED
DONE_FOR_DAY = OrdStatus.DONE_FOR_DAY

TRANSITIONS: dict[OrdStatus, frozenset[OrdStatus]] = {
    NEW: frozenset({NEW, PARTIALLY_FILLED, FILLED, CANCELED, EXPIRED, DONE_FOR_DAY}),
    PARTIALLY_FILLED: frozenset({PARTIALLY_FILLED, FILLED, CANCELED, EXPIRED, DONE_FOR_DAY}),
    FILLED: frozenset(),
    CANCELED: frozenset(),
    EXPIRED: frozenset(),
    DONE_FOR_DAY: frozenset(),
    OrdStatus.REJECTED: frozenset(),
}
"""OrdStatus(39) -> what may follow it. A rejected entry never becomes an order. What a bust or a
correction of a trade does to an order is apart: `Order.undo` and `Order.redo`."""

NO_FLOOR = -1
"""`Instructions.max_floor` of an order that is shown as a whole."""


class Place(StrEnum):
    """Where an order with instructions stands."""

    BOOK = "book"
    WAITS = "waits"
    STOP = "stop"


class Special(msgspec.Struct, gc=False):
    """What an order with instructions, or one that was phoned in, is up to.

    `place` is where it stands. `shown` is what is left of a reserve order's slice, 0 for every
    other order; `refreshes` counts its slices; `stop_px` is where a stop triggers now.
    """

    place: Place = Place.BOOK
    shown: int = 0
    refreshes: int = 0
    stop_px: int = 0
    triggered: bool = False


class Ledger(msgspec.Struct, gc=False):
    """What lies behind an order: executions of days before, quantity of busted trades.

    `renewed`: it was carried over a night; match ids up to `renewed_after` are of days before.
    """

    renewed: bool = False
    renewed_after: int = 0
    cum_qty_before: int = 0
    notional_before: int = 0
    busted_qty: int = 0


class Order(msgspec.Struct, array_like=True, gc=False):
    """A working or finished order; `prio` is its rank in time, lower is earlier (rule 1.1.9).

    `price` is where it ranks now: 0 for an order without a limit.
    """

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
    special: Special | None = None
    ledger: Ledger | None = None

    @property
    def is_working(self) -> bool:
        """Whether anything of it can still trade."""
        return self.leaves_qty > 0

    @property
    def gone_qty(self) -> int:
        """What of the total cannot work any more: filled, or filled and then busted."""
        return self.cum_qty + (self.ledger.busted_qty if self.ledger is not None else 0)

    @property
    def max_floor(self) -> int:
        """The size of a reserve order's slice, 0 for an order that has none."""
        instructions = self.terms.instructions
        return max(0, instructions.max_floor) if instructions is not None else 0

    @property
    def min_qty(self) -> int:
        """The least that an incoming order must take of it (rule 2.7); 0 for most."""
        instructions = self.terms.instructions
        return min(instructions.min_qty, self.leaves_qty) if instructions is not None else 0

    def state(self) -> OrderState:
        """The order at this moment, as events report it."""
        return OrderState(
            self.order_id,
            self.terms,
            self.status,
            self.leaves_qty,
            self.cum_qty,
            self.notional,
            None if self.special is None and self.ledger is None else self._standing(),
        )

    def _standing(self) -> Standing:
        special = self.special or Special()
        ledger = self.ledger or Ledger()
        renewed = ledger.renewed
        return Standing(
            special.place is Place.BOOK,
            special.triggered,
            special.stop_px,
            self.price,
            special.shown,
            renewed,
            self.cum_qty - ledger.cum_qty_before if renewed else 0,
            self.notional - ledger.notional_before if renewed else 0,
            ledger.busted_qty,
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
        if self.special is None and self.ledger is None:
            return OrderState(
                self.order_id, self.terms, self.status, leaves, self.cum_qty, self.notional
            )
        if self.special is not None and self.special.shown:
            self.special.shown = max(0, self.special.shown - qty)
        return self.state()

    def cancel(self, cl_ord_id: str = "") -> OrderState:
        """Give up what is left; `cl_ord_id` is that of the cancel request, if there was one."""
        self._become(CANCELED)
        self.leaves_qty = 0
        if cl_ord_id:
            self.cl_ord_id = cl_ord_id
        return self.state()

    def expire(self, status: OrdStatus = EXPIRED) -> OrderState:
        """Its time is up, or its day (DONE_FOR_DAY): give up what is left."""
        self._become(status)
        self.leaves_qty = 0
        return self.state()

    def replace(self, terms: OrderTerms) -> OrderState:
        """Take new terms; a total at or below what is filled ends it (matrix row "qty <= cum")."""
        self.retake(terms)
        self.cl_ord_id = terms.cl_ord_id
        return self.state()

    def retake(self, terms: OrderTerms) -> None:
        """Take new terms under the ClOrdID it has."""
        gone = self.gone_qty
        assert terms.qty >= gone
        self.terms = terms
        self.price = terms.price
        self.internal = not terms.no_internal
        self.displayed = terms.displayed
        self.leaves_qty = terms.qty - gone
        self._become(self.status if self.leaves_qty else FILLED)
        if self.special is not None:
            self.special.shown = min(self.special.shown, self.max_floor, self.leaves_qty)

    def renew(self, match_count: int) -> OrderState:
        """A new day begins for an order carried over: its day's totals begin again.

        `match_count` is the last match id there was.
        """
        ledger = self.ledger = self.ledger or Ledger()
        ledger.renewed = True
        ledger.renewed_after = match_count
        ledger.cum_qty_before = self.cum_qty
        ledger.notional_before = self.notional
        return self.state()

    def undo(self, price: int, qty: int, match_id: int, *, restore: bool) -> None:
        """Take back an execution; `restore` lets its quantity work again."""
        assert self.cum_qty >= qty
        ended = self._gave_up_some
        self._book(-qty, -price * qty, match_id)
        if restore and not ended:
            self.leaves_qty += qty
        else:
            assert self.ledger is not None
            self.ledger.busted_qty += qty
        if not ended:
            self.status = self._status_of_quantities()

    def redo(self, price: int, qty: int, match_id: int) -> None:
        """Put an execution that `undo` without `restore` has just taken back again, corrected."""
        ended = self._gave_up_some
        self._book(qty, price * qty, match_id)
        assert self.ledger is not None
        assert self.ledger.busted_qty >= qty
        self.ledger.busted_qty -= qty
        if not ended:
            self.status = self._status_of_quantities()

    def give_back(self, qty: int) -> None:
        """Let a quantity of busted trades work again, unless the order ended otherwise."""
        if self._gave_up_some:
            return
        assert self.ledger is not None
        self.ledger.busted_qty -= qty
        self.leaves_qty += qty
        self.status = self._status_of_quantities()

    def split(self, new: int, old: int) -> None:
        """Count what was executed in shares of which there are `new` for `old` before.

        What was less than one new share counts as not executed.
        """
        self.cum_qty = self.cum_qty * new // old
        if not self.cum_qty:
            self.notional = 0
            self.status = NEW
        ledger = self.ledger
        if ledger is not None:
            ledger.cum_qty_before = ledger.cum_qty_before * new // old
            if not ledger.cum_qty_before or not self.cum_qty:
                ledger.notional_before = 0
            ledger.busted_qty = ledger.busted_qty * new // old

    def _book(self, qty: int, notional: int, match_id: int) -> None:
        """Add to what was executed, in the totals of the day it belongs to."""
        ledger = self.ledger
        if ledger is None:
            ledger = self.ledger = Ledger()
        self.cum_qty += qty
        self.notional += notional
        if match_id <= ledger.renewed_after:
            ledger.cum_qty_before += qty
            ledger.notional_before += notional

    @property
    def _gave_up_some(self) -> bool:
        """Whether it ended with a quantity canceled or expired, whatever became of its trades."""
        return not self.leaves_qty and self.gone_qty < self.terms.qty

    def _status_of_quantities(self) -> OrdStatus:
        """What the quantities say; an order of which nothing can trade and some was never filled
        counts as canceled.
        """
        if self.leaves_qty:
            return PARTIALLY_FILLED if self.cum_qty else NEW
        return FILLED if self.cum_qty == self.terms.qty else CANCELED

    def _become(self, status: OrdStatus) -> None:
        assert status in TRANSITIONS[self.status], (self.status, status, self.order_id)
        self.status = status


def new_order(order_id: int, terms: OrderTerms, prio: int) -> Order:
    """The order that an accepted entry becomes."""
    order = Order(
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
    if terms.instructions is not None or not terms.cl_ord_id:
        order.special = Special()
    return order
