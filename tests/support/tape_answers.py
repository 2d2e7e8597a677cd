"""What an exchange answers, as the lines of a tape: one event, one or more lines.

The words are those of `tests.support.market`.
"""

from __future__ import annotations

from engine.events import (
    CallExtended,
    CancelRejected,
    Event,
    MassCanceled,
    MassStatusReported,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderRejected,
    OrderReplaced,
    OrderRestated,
    OrderState,
    OrderTriggered,
    PhaseChanged,
    SegmentPhaseChanged,
    StatusReported,
    TradeBusted,
    TradeCorrected,
    Traded,
    Uncrossed,
)
from engine.values import OrdStatus
from gateway.decimals import format_price


def tell(event: Event) -> list[str]:
    """The lines that stand for an event."""
    match event:
        case OrderAccepted():
            return []
        case OrderRejected():
            return [f"rejected {event.refusal.reason}"]
        case CancelRejected():
            return [f"refused {event.refusal.reason}"]
        case Traded():
            return [_tell_trade(event)]
        case OrderCanceled():
            return [f"{_gave_up(event.order)} canceled {event.reason}"]
        case OrderExpired():
            return [f"{_gave_up(event.order)} expired"]
        case OrderReplaced():
            return [f"{event.orig_cl_ord_id} is now {stands(event.order)}{_place(event)}"]
        case MassCanceled() | MassStatusReported() | StatusReported():
            return _tell_asked(event)
        case _:
            return _tell_more(event)


def _tell_asked(event: MassCanceled | MassStatusReported | StatusReported) -> list[str]:
    match event:
        case StatusReported():
            return [stands(event.order) if event.order else f"{event.asked} unknown"]
        case MassCanceled():
            refused = event.refusal
            return [f"refused {refused.reason}" if refused else f"{event.affected} canceled"]
        case MassStatusReported():
            if event.refusal is not None:
                return [f"refused {event.refusal.reason}"]
            return [*map(stands, event.orders), f"{len(event.orders)} orders"]


def _tell_more(event: Event) -> list[str]:
    """What happens by itself, and what the operator does."""
    match event:
        case OrderRestated():
            return _tell_restated(event)
        case OrderTriggered():
            return [f"{event.order.terms.cl_ord_id} triggered"]
        case Uncrossed():
            if not event.trades:
                return [f"uncross {event.cross} nothing"]
            return [f"uncross {event.cross} {event.qty} @ {format_price(event.price)}"]
        case CallExtended():
            return [f"extended at {format_price(event.price)}"]
        case PhaseChanged():
            return [f"{event.symbol} {event.phase}"]
        case SegmentPhaseChanged():
            return [f"segment {event.phase}"]
        case TradeBusted():
            busted = f"T{event.match_id} busted"
            return [busted, _adds_up(event.resting), _adds_up(event.incoming)]
        case TradeCorrected():
            corrected = f"T{event.match_id} is {event.qty} @ {format_price(event.price)}"
            return [corrected, _adds_up(event.resting), _adds_up(event.incoming)]
        case _:
            raise AssertionError(event)


def _tell_restated(event: OrderRestated) -> list[str]:
    state = event.order
    standing = state.standing
    name = state.terms.cl_ord_id
    match event.reason:
        case "REFRESHED":
            assert standing is not None
            return [f"{name} shows {standing.shown}"]
        case "REPRICED":
            assert standing is not None
            at = format_price(standing.price) if standing.price else "no price"
            return [f"{name} pegged to {at}"]
        case "RENEWED":
            return [f"{name} renewed leaves {state.leaves_qty}"]
        case "SPLIT":
            return [f"SPLIT qty {state.terms.qty} {_adds_up(state)}"]
        case _:
            return [f"{event.reason} {stands(state)}"]


def _tell_trade(trade: Traded) -> str:
    resting, incoming = trade.resting.terms, trade.incoming.terms
    buyer, seller = (resting, incoming) if resting.side == "1" else (incoming, resting)
    at = format_price(trade.price)
    return f"{resting.cl_ord_id} {trade.qty} @ {at} {buyer.member}|{seller.member}"


def _place(event: OrderReplaced) -> str:
    if not event.order.leaves_qty:
        return ""
    return ", keeps its place" if event.kept_priority else ", goes last"


def _gave_up(state: OrderState) -> str:
    return f"{state.terms.cl_ord_id} {state.terms.qty - state.cum_qty}"


def stands(state: OrderState) -> str:
    """An order's id, status and quantities."""
    status = OrdStatus(state.status).name
    return f"{state.terms.cl_ord_id} {status} leaves {state.leaves_qty} cum {state.cum_qty}"


def _adds_up(state: OrderState) -> str:
    """The same with AvgPx(6), and the totals of the day for an order that is older."""
    told = stands(state)
    if state.cum_qty:
        told += f" avg {format_price(state.notional // state.cum_qty)}"
    standing = state.standing
    if standing is not None and standing.renewed:
        told += f" today {standing.day_cum_qty}"
    return told
