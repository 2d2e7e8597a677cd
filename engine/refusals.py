"""May this entry, replace or cancel be? Ladders of one-line answers, in order of precedence.

Pure questions: nothing is changed, and after None the caller may act without a further check. The
order of the questions is the order of precedence (rule 6.2.3). Which member, instrument and
order a command means has been looked up before.
"""

from __future__ import annotations

from engine.commands import CancelOrder, EnterOrder, Flaw, OrderTerms, ReplaceOrder
from engine.instrument import Instrument
from engine.market import Market
from engine.order import Order
from engine.rejects import Refusal, RejectReason
from engine.values import OrdType, Side, TimeInForce

LIMIT = OrdType.LIMIT
GOOD_TILL_DATE = TimeInForce.GOOD_TILL_DATE
SIDES = frozenset(Side)
ORD_TYPES = frozenset(OrdType)
TIMES_IN_FORCE = frozenset(TimeInForce)

PERMITTED = frozenset(
    {
        (OrdType.LIMIT, TimeInForce.DAY),
        (OrdType.LIMIT, TimeInForce.GOOD_TILL_CANCEL),
        (OrdType.LIMIT, TimeInForce.GOOD_TILL_DATE),
        (OrdType.LIMIT, TimeInForce.IMMEDIATE_OR_CANCEL),
        (OrdType.LIMIT, TimeInForce.FILL_OR_KILL),
        (OrdType.MARKET, TimeInForce.DAY),
        (OrdType.MARKET, TimeInForce.IMMEDIATE_OR_CANCEL),
        (OrdType.MARKET, TimeInForce.FILL_OR_KILL),
    }
)
"""OrdType x TimeInForce; a market order never rests, so it cannot be good till anything (2.3.5)."""


def refuse_entry(terms: OrderTerms, market: Market, at: int) -> Refusal | None:
    """Why this order may not enter this market now."""
    if not market.segment.permits.enter:
        return _closed(market, RejectReason.PHASE_FORBIDS_ENTRY)
    return refuse_terms(terms, market.instrument, at)


def refuse_terms(terms: OrderTerms, instrument: Instrument, at: int) -> Refusal | None:
    """Why no order may have these terms; after None they are facts."""
    if terms.side not in SIDES:
        return Refusal(RejectReason.UNSUPPORTED_SIDE, was=terms.side)
    if terms.ord_type not in ORD_TYPES:
        return Refusal(RejectReason.UNSUPPORTED_ORD_TYPE, was=terms.ord_type)
    if terms.time_in_force not in TIMES_IN_FORCE:
        return Refusal(RejectReason.UNSUPPORTED_TIME_IN_FORCE, was=terms.time_in_force)
    if (terms.ord_type, terms.time_in_force) not in PERMITTED:
        return Refusal(
            RejectReason.UNSUPPORTED_COMBINATION, terms.ord_type, was=terms.time_in_force
        )
    if terms.flaw is not None:
        return flawed(terms.flaw)
    refusal = instrument.refuse_qty(terms.qty)
    if refusal is None:
        if terms.ord_type == LIMIT:
            refusal = instrument.refuse_price(terms.price)
        elif terms.price:
            refusal = Refusal(RejectReason.PRICE_NOT_ALLOWED, terms.ord_type, terms.price)
    if refusal is None and terms.time_in_force == GOOD_TILL_DATE:
        refusal = _refuse_expiry(terms, at)
    return refusal


def _refuse_expiry(terms: OrderTerms, at: int) -> Refusal | None:
    if not terms.expire_at:
        return Refusal(RejectReason.EXPIRE_TIME_MISSING, terms.time_in_force)
    if terms.expire_at <= at:
        return Refusal(RejectReason.EXPIRE_TIME_PAST, at, terms.expire_at)
    return None


def refuse_change(request: CancelOrder | ReplaceOrder, order: Order) -> Refusal | None:
    """Why this request may not touch the order it names (its new ClOrdID is known to be new)."""
    if not order.is_working:
        return Refusal(RejectReason.TOO_LATE_TO_CANCEL, was=order.status)
    if order.cl_ord_id != request.orig_cl_ord_id:
        return Refusal(RejectReason.UNKNOWN_ORDER, order.cl_ord_id, request.orig_cl_ord_id)
    if request.symbol and request.symbol != order.terms.symbol:
        return Refusal(RejectReason.SYMBOL_CHANGED, order.terms.symbol, request.symbol)
    if request.side != order.terms.side:
        return Refusal(RejectReason.SIDE_CHANGED, order.terms.side, request.side)
    return None


def refuse_cancel(request: CancelOrder, order: Order, market: Market) -> Refusal | None:
    """Why this order may not be canceled now."""
    refusal = refuse_change(request, order)
    if refusal is None and not market.segment.permits.cancel:
        return _closed(market, RejectReason.PHASE_FORBIDS_CANCEL)
    return refusal


def refuse_replace(
    request: ReplaceOrder, order: Order, terms: OrderTerms, market: Market, at: int
) -> Refusal | None:
    """Why this order may not take `terms` now."""
    refusal = refuse_change(request, order)
    if refusal is not None:
        return refusal
    if not market.segment.permits.replace:
        return _closed(market, RejectReason.PHASE_FORBIDS_REPLACE)
    return refuse_terms(terms, market.instrument, at)


def new_terms(request: ReplaceOrder, old: OrderTerms) -> OrderTerms:
    """The terms the order will have if the replace is accepted (rule 2.4); nothing is checked."""
    time_in_force = request.time_in_force or old.time_in_force
    return EnterOrder(
        session=old.session,
        member=old.member,
        cl_ord_id=request.cl_ord_id,
        symbol=old.symbol,
        side=old.side,
        ord_type=request.ord_type,
        qty=request.qty,
        price=request.price,
        time_in_force=time_in_force,
        expire_at=request.expire_at or (old.expire_at if request.time_in_force in ("", "6") else 0),
        account=request.account or old.account,
        trader=request.trader or old.trader,
        no_internal=old.no_internal if request.no_internal is None else request.no_internal,
        displayed=old.displayed,
        flaw=request.flaw,
    )


def keeps_priority(old: OrderTerms, new: OrderTerms) -> bool:
    """Whether a replace keeps the order's place in time (rule 2.4.2)."""
    return (
        new.qty <= old.qty
        and new.price == old.price
        and new.ord_type == old.ord_type
        and new.no_internal == old.no_internal
        and (new.time_in_force == old.time_in_force or new.time_in_force in _RESTING)
    )


_RESTING = frozenset({TimeInForce.DAY, TimeInForce.GOOD_TILL_CANCEL, TimeInForce.GOOD_TILL_DATE})


def flawed(flaw: Flaw) -> Refusal:
    """The refusal for a value that the border could not express."""
    return Refusal(flaw.reason, flaw.limit, flaw.was)


def _closed(market: Market, otherwise: RejectReason) -> Refusal:
    phase = market.segment.phase
    reason = RejectReason.EXCHANGE_CLOSED if phase == "CLOSED" else otherwise
    return Refusal(reason, was=phase)
