"""May this entry, replace or cancel be? Ladders of one-line answers, in order of precedence.

Pure questions: nothing is changed, and after None the caller may act without a further check. The
order of the questions is the order of precedence (rule 6.2.3). Which member, instrument and
order a command means has been looked up before. Which kind of order a phase takes is the table of
`order_kinds`; what the instructions of an order may say is `refused_instructions`.
"""

from __future__ import annotations

from msgspec.structs import replace

from engine.commands import CancelOrder, EnterOrder, Flaw, Instructions, OrderTerms, ReplaceOrder
from engine.guards import collar
from engine.market import Market
from engine.order import Order
from engine.order_kinds import TABLE, Entry, Kind, kind_of
from engine.refused_instructions import refuse_instructions
from engine.rejects import Refusal, RejectReason
from engine.values import MarketOrders, OffTick, OrdType, Phase, Side, TimeInForce

LIMIT = OrdType.LIMIT
HAS_LIMIT = frozenset({OrdType.LIMIT, OrdType.STOP_LIMIT})
GOOD_TILL_DATE = TimeInForce.GOOD_TILL_DATE
SIDES = frozenset(Side)
ORD_TYPES = frozenset(OrdType)
TIMES_IN_FORCE = frozenset(TimeInForce)


def refuse_entry(terms: OrderTerms, market: Market, at: int) -> Refusal | None:
    """Why this order may not enter this market now."""
    if not market.permits.enter:
        return _closed(market, RejectReason.PHASE_FORBIDS_ENTRY)
    return refuse_terms(terms, market, at)


def refuse_terms(
    terms: OrderTerms, market: Market, at: int, order: Order | None = None
) -> Refusal | None:
    """Why no order of this market may have these terms now; after None they are facts.

    `order` is the one that is to take them, if it is in the market already.
    """
    if terms.side not in SIDES:
        return Refusal(RejectReason.UNSUPPORTED_SIDE, was=terms.side)
    is_plain = (
        terms.instructions is None
        and terms.displayed
        and (terms.ord_type, terms.time_in_force) in market.plain_entries
    )
    if not is_plain:
        refusal = _refuse_kind(terms, market, order)
        if refusal is not None:
            return refusal
    if terms.flaw is not None:
        return flawed(terms.flaw)
    instrument = market.instrument
    refusal = instrument.refuse_qty(terms.qty)
    if refusal is None:
        if terms.ord_type in HAS_LIMIT:
            refusal = instrument.refuse_price(terms.price)
            if refusal is None and market.segment.has_collar:
                refusal = _refuse_far_price(terms, market)
        elif terms.price and terms.ord_type != OrdType.PEGGED:
            refusal = Refusal(RejectReason.PRICE_NOT_ALLOWED, terms.ord_type, terms.price)
    if refusal is None and not is_plain:
        refusal = refuse_instructions(terms, market, order)
    if refusal is None and terms.time_in_force == GOOD_TILL_DATE:
        refusal = _refuse_expiry(terms, at)
    return refusal


def _refuse_kind(terms: OrderTerms, market: Market, order: Order | None) -> Refusal | None:
    """The table of kind x time in force x phase, answered with the first thing that is wrong.

    A post-only order that stands in a call already may be changed there like any limit order.
    """
    if terms.ord_type not in ORD_TYPES:
        return Refusal(RejectReason.UNSUPPORTED_ORD_TYPE, was=terms.ord_type)
    if terms.time_in_force not in TIMES_IN_FORCE:
        return Refusal(RejectReason.UNSUPPORTED_TIME_IN_FORCE, was=terms.time_in_force)
    kind = kind_of(terms)
    row = TABLE.get((kind, terms.time_in_force))
    if row is not None and order is not None and kind is Kind.POST_ONLY is kind_of(order.terms):
        row = TABLE[Kind.LIMIT, terms.time_in_force]
    if row is None:
        return Refusal(
            RejectReason.UNSUPPORTED_COMBINATION, terms.ord_type, was=terms.time_in_force
        )
    phase = market.phase
    if row[phase] is Entry.REFUSED and market.permits.enter:
        return Refusal(RejectReason.PHASE_FORBIDS_ORDER_TYPE, kind, phase)
    sweeps = market.segment.market_orders is MarketOrders.SWEEP
    if kind is Kind.MARKET and sweeps and phase is Phase.PRE_OPEN:
        return Refusal(RejectReason.PHASE_FORBIDS_ORDER_TYPE, kind, phase)
    return None


def _refuse_far_price(terms: OrderTerms, market: Market) -> Refusal | None:
    """A limit outside the collar (rule 6.3); without a price to measure from there is none."""
    if not market.last_price:
        return None
    low, high = collar(market, is_buy=terms.side == Side.BUY)
    if low <= terms.price <= high:
        return None
    limit = high if terms.price > high else low
    return Refusal(RejectReason.PRICE_OUTSIDE_COLLAR, limit, terms.price)


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
    if refusal is None and not market.permits.cancel:
        return _closed(market, RejectReason.PHASE_FORBIDS_CANCEL)
    return refusal


def refuse_replace(
    request: ReplaceOrder, order: Order, terms: OrderTerms, market: Market, at: int
) -> Refusal | None:
    """Why this order may not take `terms` now."""
    refusal = refuse_change(request, order)
    if refusal is not None:
        return refusal
    permits = market.permits
    if not permits.replace:
        if not permits.reduce:
            return _closed(market, RejectReason.PHASE_FORBIDS_REPLACE)
        if request.flaw is None and not _only_reduces(order.terms, terms):
            return Refusal(RejectReason.PHASE_FORBIDS_MORE, order.terms.qty, market.phase)
        if request.flaw is None:
            return market.instrument.refuse_qty(terms.qty)
    if keeps_priority(order.terms, terms):
        return _refuse_keeping(terms, market, at)
    return refuse_terms(terms, market, at, order)


def _refuse_keeping(terms: OrderTerms, market: Market, at: int) -> Refusal | None:
    """Why an order may not be given these terms where it stands: only what changes is asked."""
    if terms.flaw is not None:
        return flawed(terms.flaw)
    refusal = market.instrument.refuse_qty(terms.qty)
    if refusal is None and terms.time_in_force == GOOD_TILL_DATE:
        refusal = _refuse_expiry(terms, at)
    return refusal


def _only_reduces(old: OrderTerms, new: OrderTerms) -> bool:
    """Whether nothing of the order changes but its quantity, downwards (rule 5.2, POST_TRADE)."""
    same = replace(new, cl_ord_id=old.cl_ord_id, qty=old.qty, poss_resend=old.poss_resend)
    return new.qty <= old.qty and same == old


def fitted(terms: OrderTerms, market: Market) -> OrderTerms:
    """The terms with the price on tick and the quantity on lot, where the segment rounds (6.1.2),
    and the quantity that a CashOrderQty(152) pays for (scenario L.1.b).

    A price goes to the less aggressive tick, a quantity down; what rounding cannot mend is left to
    be refused.
    """
    rules, instrument = market.segment.definition, market.instrument
    price, qty = terms.price, terms.qty
    asked = terms.instructions
    if asked is not None and asked.cash_order_qty and not qty and (price or market.last_price):
        qty = asked.cash_order_qty // (price or market.last_price)
        qty -= qty % instrument.lot
    if rules.off_tick == OffTick.ROUND and price > 0:
        price = instrument.passive_tick(price, is_buy=terms.side == Side.BUY)
    if rules.off_lot == OffTick.ROUND and qty >= instrument.lot:
        qty -= qty % instrument.lot
    if (price, qty) == (terms.price, terms.qty):
        return terms
    return replace(terms, price=price, qty=qty)


def new_terms(request: ReplaceOrder, old: OrderTerms) -> OrderTerms:
    """The terms the order will have if the replace is accepted (rule 2.4); nothing is checked."""
    time_in_force = request.time_in_force or old.time_in_force
    kept = old.instructions
    if kept is not None and request.ord_type != old.ord_type:
        kept = replace(kept, stop_px=0, exec_inst="", peg_offset=0, peg_offset_type="")
        kept = None if kept == Instructions() else kept
    instructions = merged(request.instructions, kept)
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
        displayed=_is_displayed(request, old),
        flaw=request.flaw,
        instructions=instructions,
    )


def _is_displayed(request: ReplaceOrder, old: OrderTerms) -> bool:
    """A replace that says what may be shown decides; pegs are never shown."""
    new = request.instructions
    if request.ord_type == OrdType.PEGGED:
        return False
    if new is None or new.max_floor < 0:
        return old.displayed or old.ord_type == OrdType.PEGGED
    return new.max_floor > 0


def merged(new: Instructions | None, old: Instructions | None) -> Instructions | None:
    """The old instructions with what the new ones say; None where neither says anything."""
    if new is None or old is None:
        return old if new is None else new
    nothing = Instructions()
    fields = Instructions.__struct_fields__
    said = {
        name: getattr(new, name) for name in fields if getattr(new, name) != getattr(nothing, name)
    }
    return replace(old, **said)


def keeps_priority(old: OrderTerms, new: OrderTerms) -> bool:
    """Whether a replace keeps the order's place in time (rule 2.4.2)."""
    return (
        new.qty <= old.qty
        and new.price == old.price
        and new.ord_type == old.ord_type
        and new.no_internal == old.no_internal
        and new.displayed == old.displayed
        and new.instructions == old.instructions
        and (new.time_in_force == old.time_in_force or _both_rest(old, new))
    )


def _both_rest(old: OrderTerms, new: OrderTerms) -> bool:
    return new.time_in_force in _RESTING and old.time_in_force in _RESTING


_RESTING = frozenset({TimeInForce.DAY, TimeInForce.GOOD_TILL_CANCEL, TimeInForce.GOOD_TILL_DATE})


def flawed(flaw: Flaw) -> Refusal:
    """The refusal for a value that the border could not express."""
    return Refusal(flaw.reason, flaw.limit, flaw.was)


def _closed(market: Market, otherwise: RejectReason) -> Refusal:
    phase = market.phase
    reason = RejectReason.EXCHANGE_CLOSED if phase == "CLOSED" else otherwise
    return Refusal(reason, was=phase)
