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
    RequestSecurityStatus,
    RequestStatus,
    RequestTradingSessionStatus,
)
from engine.rejects import Refusal


class Standing(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What has become of an order's instructions, and of an order that is older than today.

    `working` is false while the order waits outside the book (a stop, an on-close order before its
    call). `stop_px` is where a stop triggers now, `price` where the order ranks now, `shown` the
    shares shown. `renewed`: it was carried over a night; `day_cum_qty` and `day_notional` are then
    of this day's executions. `busted_qty` was filled, and the trade canceled.
    """

    working: bool = True
    triggered: bool = False
    stop_px: int = 0
    price: int = 0
    shown: int = 0
    renewed: bool = False
    day_cum_qty: int = 0
    day_notional: int = 0
    busted_qty: int = 0


class OrderState(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One order at one moment: terms and what has become of them.

    `notional` is the sum of price x quantity over its executions; AvgPx(6) = notional / cum_qty.
    `standing` is None for an order without instructions that was entered today.
    """

    order_id: int
    terms: OrderTerms
    status: str
    leaves_qty: int
    cum_qty: int
    notional: int
    standing: Standing | None = None


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
    """Two orders met: one match, reported to both sides (rule 2.2.2).

    `cross` is the kind of auction, "" in continuous trading; in an auction nobody is aggressor, and
    `incoming` is the order of the side with less quantity (rule 4.5). `hides` names whose member is
    not shown: R the resting order's, I the incoming one's, RI both (rule 7.3).
    """

    match_id: int
    symbol: str
    price: int
    qty: int
    resting: OrderState
    incoming: OrderState
    phase: str
    cross: str = ""
    hides: str = ""


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


class OrderDoneForDay(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The order does no more today; a Day order is over, another one goes on tomorrow."""

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


class OrderRestated(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The order is another one than its owner knew; `reason` is a code of `values.Restatement`."""

    order: OrderState
    reason: str
    phase: str


class OrderTriggered(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A stop works from here on; its executions, if any, follow (rule 1.4)."""

    order: OrderState
    phase: str


class TradeBusted(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A trade was canceled; the states are those after it (rule 7.6)."""

    match_id: int
    symbol: str
    price: int
    qty: int
    reason: str
    resting: OrderState
    incoming: OrderState
    phase: str
    hides: str = ""


class TradeCorrected(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A trade has another price or quantity, these ones; the states are those after it."""

    match_id: int
    symbol: str
    price: int
    qty: int
    resting: OrderState
    incoming: OrderState
    phase: str
    hides: str = ""


class PhaseChanged(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One book is in another phase; `cause` is "schedule", "operator", "halt", "resume",
    "dynamic guard" or "static guard".
    """

    symbol: str
    phase: str
    before: str
    cause: str


class SegmentPhaseChanged(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A segment is in another phase; its books follow, each at its moment."""

    segment: str
    phase: str
    before: str


class Uncrossed(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A call ended: its price and quantity, 0 if nothing could trade (rule 4.5.4)."""

    symbol: str
    cross: str
    price: int
    qty: int
    trades: int


class CallExtended(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A call goes on: its price would have been too far from the reference (rule 4.7)."""

    symbol: str
    price: int
    reference: int
    phase: str


class TradingSessionReported(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The phase of a segment, asked for or (`unsolicited`) for a subscriber."""

    request: RequestTradingSessionStatus
    segment: str
    phase: str
    unsolicited: bool = False
    refusal: Refusal | None = None


class SecurityStatusReported(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The phase of a book, asked for or (`unsolicited`) for a subscriber."""

    request: RequestSecurityStatus
    symbol: str
    segment: str
    phase: str
    last_price: int
    unsolicited: bool = False
    refusal: Refusal | None = None


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
    | OrderRestated
    | OrderTriggered
    | OrderDoneForDay
    | TradeBusted
    | TradeCorrected
    | PhaseChanged
    | SegmentPhaseChanged
    | Uncrossed
    | CallExtended
    | TradingSessionReported
    | SecurityStatusReported
)
