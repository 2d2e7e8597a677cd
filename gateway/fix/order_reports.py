"""ExecutionReports(8) about what happened to an order, composed field by field.

One writer per event, found in `WRITERS`. New, fills and cancels of plain orders do not come here:
`execution_reports` writes them as one line of text each and hands over only those of orders with
instructions or a past. Answers to questions are `answers`.
"""

from __future__ import annotations

from engine.events import (
    OrderAccepted,
    OrderCanceled,
    OrderDoneForDay,
    OrderExpired,
    OrderRejected,
    OrderReplaced,
    OrderRestated,
    OrderState,
    OrderTriggered,
    TradeBusted,
    TradeCorrected,
    Traded,
)
from engine.oms.trades import HIDDEN
from engine.values import CancelReason, OrdStatus, Restatement
from gateway.decimals import format_price
from gateway.fix.dictionary import SOH
from gateway.fix.order_fields import Fields, is_pegged, is_trailing_stop, order_fields
from gateway.fix.report_batch import ReportBatch, Writers
from gateway.fix.report_style import TRADE

CANCEL_TEXTS: dict[str, str] = {
    CancelReason.IMMEDIATE: "unfilled rest of an order that does not rest",
    CancelReason.MASS_CANCEL: "mass cancel",
    CancelReason.DISCONNECT: "session disconnected",
    CancelReason.SELF_MATCH: "self-match prevention",
    CancelReason.SUPERVISORY: "canceled by the venue",
    CancelReason.STATE: "canceled by a trading halt",
    CancelReason.HALT: "trading halt, and the order asked for that",
    CancelReason.NOT_BEST: "not the best price of its side any more",
    CancelReason.AUCTION: "unfilled rest of an order for an auction",
}

RESTATED_TEXTS: dict[str, str] = {
    Restatement.RENEWED: "goes on for another day",
    Restatement.REFRESHED: "shows a new quantity, behind others of its price",
    Restatement.REPRICED: "follows the market",
    Restatement.CHANGED: "changed by the venue",
    Restatement.REDUCED: "reduced by the venue",
    Restatement.SPLIT: "the shares were split",
}

TRIGGERED_TEXT = "stop price reached"

RESTING_SIDE, INCOMING_SIDE = 1, 2

RESTATED, TRADE_CORRECT, TRADE_CANCEL = "D", "G", "H"
CANCEL, CORRECT = "1", "2"
"""ExecTransType(20) of a report about an earlier fill."""


def fill_id(match_id: int, side: int) -> str:
    """ExecID(17) of one side's fill, by which it can be named when its trade is busted."""
    return f"T{match_id}-{side}"


def _write(
    batch: ReportBatch, order: OrderState, exec_type: str, phase: str, extra: Fields
) -> None:
    terms = order.terms
    style = batch.style(terms.session)
    fields = order_fields(order, style) | {
        17: batch.exec_id(),
        20: "0",
        60: style.time(batch.at),
        150: exec_type,
        625: style.sub_ids.get(phase, ""),
    }
    batch.add(terms.session, "8", terms.trader, fields | extra)


def accepted(batch: ReportBatch, event: OrderAccepted) -> None:
    """The order is in the market."""
    _write(batch, event.order, "0", event.phase, {})


def execution(
    batch: ReportBatch, event: Traded, order: OrderState, side: int, contra: str, liquidity: str
) -> None:
    """One side of a match; `liquidity` is LastLiquidityInd(851), "" in an auction."""
    style = batch.style(order.terms.session)
    exec_type = order.status if style.has_exec_trans_type else TRADE
    extra: Fields = {
        17: fill_id(event.match_id, side),
        31: format_price(event.price),
        32: event.qty,
        851: liquidity or style.auction_liquidity,
    }
    extra |= _match(event.match_id, contra)
    _write(batch, order, exec_type, event.phase, extra)


def canceled(batch: ReportBatch, event: OrderCanceled) -> None:
    """The rest of the order is gone."""
    order, request = event.order, event.request
    extra: Fields = {}
    if request is None:
        style = batch.style(order.terms.session)
        extra = {58: CANCEL_TEXTS[event.reason], 378: style.cancel_codes.get(event.reason, "")}
    else:
        extra = {11: request.cl_ord_id, 41: request.orig_cl_ord_id}
    _write(batch, order, "4", event.phase, extra)


def _expired(batch: ReportBatch, event: OrderExpired) -> None:
    _write(batch, event.order, "C", event.phase, {})


def _done_for_day(batch: ReportBatch, event: OrderDoneForDay) -> None:
    _write(batch, event.order, "3", event.phase, {})


def _replaced(batch: ReportBatch, event: OrderReplaced) -> None:
    order = event.order
    style = batch.style(order.terms.session)
    status = style.replaced.get(order.status, order.status)
    _write(batch, order, "5", event.phase, {39: status, 41: event.orig_cl_ord_id})


def _rejected(batch: ReportBatch, event: OrderRejected) -> None:
    terms, live = event.terms, event.live
    style = batch.style(terms.session)
    if live is None:
        live = OrderState(0, terms, OrdStatus.REJECTED, 0, 0, 0)
    extra: Fields = {
        11: terms.cl_ord_id,
        58: style.texts.text(event.refusal),
        103: style.texts.ord_rej_reason(event.refusal),
    }
    # Of the order that bears the id already the report says what a refusal needs, no more.
    plain = OrderState(
        live.order_id, live.terms, live.status, live.leaves_qty, live.cum_qty, live.notional
    )
    _write(batch, plain, "8", "", extra)


def _restated(batch: ReportBatch, event: OrderRestated) -> None:
    order, reason = event.order, event.reason
    style = batch.style(order.terms.session)
    text = RESTATED_TEXTS[reason]
    if reason == Restatement.REPRICED and order.standing is not None:
        text += _where_it_stands(order)
    extra: Fields = {58: text, 378: style.restatement_codes[reason]}
    _write(batch, order, RESTATED, event.phase, extra)


def _where_it_stands(order: OrderState) -> str:
    """FIX 4.2 has no field for the price of a pegged order."""
    standing = order.standing
    assert standing is not None
    if is_pegged(order.terms):
        return f", price {format_price(standing.price)}"
    return f", StopPx(99) {format_price(standing.stop_px)}" if is_trailing_stop(order.terms) else ""


def _triggered(batch: ReportBatch, event: OrderTriggered) -> None:
    order = event.order
    style = batch.style(order.terms.session)
    extra: Fields = {58: TRIGGERED_TEXT, 378: style.triggered_code, 636: "Y"}
    _write(batch, order, style.triggered, event.phase, extra)


def _busted(batch: ReportBatch, event: TradeBusted) -> None:
    _amended(batch, event, CANCEL, TRADE_CANCEL)


def _corrected(batch: ReportBatch, event: TradeCorrected) -> None:
    _amended(batch, event, CORRECT, TRADE_CORRECT)


def _amended(
    batch: ReportBatch, event: TradeBusted | TradeCorrected, trans_type: str, exec_type: str
) -> None:
    """Both sides hear of it, each with the ExecID(17) of its fill."""
    members = shown_members(event)
    for order, side, contra in (
        (event.resting, RESTING_SIDE, members[1]),
        (event.incoming, INCOMING_SIDE, members[0]),
    ):
        style = batch.style(order.terms.session)
        extra: Fields = {
            19: fill_id(event.match_id, side),
            20: trans_type,
            31: format_price(event.price),
            32: event.qty,
        }
        extra |= _match(event.match_id, contra)
        code = order.status if style.has_exec_trans_type else exec_type
        _write(batch, order, code, event.phase, extra)


def shown_members(event: Traded | TradeBusted | TradeCorrected) -> tuple[str, str]:
    """Members of the resting and the incoming order, HIDDEN for one that is not shown (7.3)."""
    return (
        HIDDEN if "R" in event.hides else event.resting.terms.member,
        HIDDEN if "I" in event.hides else event.incoming.terms.member,
    )


def _match(match_id: int, contra: str) -> Fields:
    """The match id and the counterparty, each where a version has a place for it."""
    match = f"T{match_id}"
    return {
        198: match,
        382: f"1{SOH}375={contra}",
        453: f"1{SOH}448={contra}{SOH}447=D{SOH}452=17",
        527: match,
        880: match,
    }


WRITERS: Writers = {
    OrderDoneForDay: _done_for_day,
    OrderExpired: _expired,
    OrderRejected: _rejected,
    OrderReplaced: _replaced,
    OrderRestated: _restated,
    OrderTriggered: _triggered,
    TradeBusted: _busted,
    TradeCorrected: _corrected,
}
"""Besides `accepted`, `execution` and `canceled`, which the writer of plain ones calls."""
