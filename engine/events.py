"""What happened in the market: past tense, frozen, the only output of `Exchange.apply`.

An event carries all its readers need, so that it can be reported after the order moved on: the
terms (frozen, shared) and the quantities as they were at that moment. Who is told what, and in
which words, is not decided here.
"""

from __future__ import annotations

import msgspec

from engine.commands import (
    CancelOrder,
    MassCancel,
    OrderTerms,
    ReplaceOrder,
    RequestMassStatus,
    RequestStatus,
)
from engine.rejects import Refusal


class OrderState(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One order at one moment: terms and what has become of them.

    `notional` is the sum of price x quantity over its executions; AvgPx(6) = notional / cum_qty.
    """

    order_id: int
    terms: OrderTerms
    status: str
    leaves_qty: int
    cum_qty: int
    notional: int


class OrderAccepted(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The order is in the market; its executions, if any, follow."""

    order: OrderState
    phase: str


class OrderRejected(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The entry was refused and changed nothing.

    `live` is the order that already bears the ClOrdID when that is the reason (scenario F.1.a).
    """

    terms: OrderTerms
    refusal: Refusal
    live: OrderState | None = None


class Traded(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Two orders met: one match, reported to both sides (rule 2.2.2)."""

    match_id: int
    symbol: str
    price: int
    qty: int
    resting: OrderState
    incoming: OrderState
    phase: str


class OrderCanceled(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What was left of the order is gone; `request` is the cancel that asked for it, if one did."""

    order: OrderState
    reason: str
    phase: str
    request: CancelOrder | None = None


class OrderExpired(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The order's time was up."""

    order: OrderState
    phase: str


class OrderReplaced(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The order has new terms; `kept_priority` says whether it kept its place in time."""

    order: OrderState
    orig_cl_ord_id: str
    kept_priority: bool
    phase: str


class CancelRejected(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A cancel or replace was refused; `order` is the order it named, if there is one."""

    request: CancelOrder | ReplaceOrder
    refusal: Refusal
    order: OrderState | None = None


class StatusReported(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The answer to a status request; `order` None means no such order.

    A resent entry (PossResend) that is known is answered with this too, `request` None.
    `cl_ord_id` is the order's last accepted id, `asked` the one that was asked for.
    """

    session: str
    asked: str
    cl_ord_id: str
    request: RequestStatus | None
    order: OrderState | None
    phase: str


class MassStatusReported(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The answer to a mass status request: every matching working order, oldest first."""

    request: RequestMassStatus
    orders: list[OrderState]
    phases: list[str]
    refusal: Refusal | None = None


class MassCanceled(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A mass cancel was carried out or refused; one `OrderCanceled` per order came before it."""

    request: MassCancel
    affected: int
    refusal: Refusal | None = None


Event = (
    OrderAccepted
    | OrderRejected
    | Traded
    | OrderCanceled
    | OrderExpired
    | OrderReplaced
    | CancelRejected
    | StatusReported
    | MassStatusReported
    | MassCanceled
)
