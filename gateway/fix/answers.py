"""Answers to what members ask: refused cancels(9), mass cancels(r), status in reports(8).

One writer per event, found in `WRITERS`, as in `order_reports`. Answers about phases are
`status_reports`.
"""

from __future__ import annotations

from engine.commands import ReplaceOrder
from engine.events import (
    CancelRejected,
    MassCanceled,
    MassStatusReported,
    OrderState,
    SecurityStatusReported,
    StatusReported,
    TradingSessionReported,
)
from engine.rejects import Refusal, RejectReason
from engine.values import OrdStatus
from gateway.fix import status_reports
from gateway.fix.order_fields import UNKNOWN, Fields, order_fields
from gateway.fix.report_batch import ReportBatch, Writers
from gateway.fix.report_style import ReportStyle

UNDISCLOSED_SIDE = "7"
CANCEL, REPLACE = "1", "2"


def _cancel_rejected(batch: ReportBatch, event: CancelRejected) -> None:
    request, order = event.request, event.order
    texts = batch.style(request.session).texts
    fields: Fields = {
        11: request.cl_ord_id,
        37: f"O{order.order_id}" if order else UNKNOWN,
        39: order.status if order else OrdStatus.REJECTED,
        41: request.orig_cl_ord_id,
        58: texts.text(event.refusal),
        60: batch.time(request.session),
        102: texts.cxl_rej_reason(event.refusal),
        434: REPLACE if isinstance(request, ReplaceOrder) else CANCEL,
    }
    batch.add(request.session, "9", order.terms.trader if order else "", fields)


def _status(batch: ReportBatch, event: StatusReported) -> None:
    request, order = event.request, event.order
    req_id = request.ord_status_req_id if request else ""
    if order is not None:
        orig = event.asked if event.asked != event.cl_ord_id else ""
        extra: Fields = {11: event.cl_ord_id, 41: orig, 790: req_id}
        _order_status(batch, order, event.phase, extra)
        return
    assert request is not None
    style = batch.style(event.session)
    refusal = Refusal(RejectReason.UNKNOWN_ORDER, was=event.asked)
    fields = _no_order(batch, request.side, style) | {
        11: event.asked,
        55: request.symbol,
        58: style.texts.text(refusal),
        103: style.texts.ord_rej_reason(refusal),
        790: req_id,
    }
    batch.add(event.session, "8", "", fields)


def _mass_status(batch: ReportBatch, event: MassStatusReported) -> None:
    request, refusal = event.request, event.refusal
    total = len(event.orders)
    for i, (order, phase) in enumerate(zip(event.orders, event.phases, strict=True), 1):
        last = "Y" if i == total else "N"
        extra: Fields = {584: request.mass_status_req_id, 911: total, 912: last}
        _order_status(batch, order, phase, extra)
    if total:
        return
    style = batch.style(request.session)
    fields = _no_order(batch, request.side, style) | {
        55: request.symbol,
        58: style.texts.text(refusal) if refusal else "no working orders",
        584: request.mass_status_req_id,
        911: 0,
        912: "Y",
    }
    batch.add(request.session, "8", "", fields)


def _order_status(batch: ReportBatch, order: OrderState, phase: str, extra: Fields) -> None:
    """How an order stands: FIX 4.2 says Status in ExecTransType(20) instead of ExecType(150)."""
    terms = order.terms
    style = batch.style(terms.session)
    fields = order_fields(order, style) | {
        17: batch.exec_id(),
        20: "3",
        60: style.time(batch.at),
        150: order.status if style.has_exec_trans_type else "I",
        625: style.sub_ids.get(phase, ""),
    }
    batch.add(terms.session, "8", terms.trader, fields | extra)


def _no_order(batch: ReportBatch, side: str, style: ReportStyle) -> Fields:
    """A status report about no order at all (scenario G.1.a)."""
    rejected = OrdStatus.REJECTED
    fields: Fields = {6: 0, 14: 0, 17: batch.exec_id(), 20: "3", 37: UNKNOWN, 38: 0, 151: 0}
    return fields | {
        39: rejected,
        54: side or UNDISCLOSED_SIDE,
        60: style.time(batch.at),
        150: rejected if style.has_exec_trans_type else "I",
    }


def _mass_canceled(batch: ReportBatch, event: MassCanceled) -> None:
    request, refusal = event.request, event.refusal
    texts = batch.style(request.session).texts
    fields: Fields = {
        11: request.cl_ord_id,
        37: f"M{batch.seq}",
        54: request.side,
        55: request.symbol,
        60: batch.time(request.session),
        336: request.segment,
        530: request.request_type,
        531: "0" if refusal else request.request_type,
        533: event.affected,
        1300: request.segment,
        1369: f"M{batch.seq}",
    }
    if refusal:
        fields[58] = texts.text(refusal)
        fields[532] = texts.mass_cancel_reject_reason(refusal)
    batch.add(request.session, "r", "", fields)


def _phase_status(
    batch: ReportBatch, event: TradingSessionReported | SecurityStatusReported
) -> None:
    session = event.request.session
    batch.put(session, *status_reports.written(event, batch.style(session), batch.at))


WRITERS: Writers = {
    CancelRejected: _cancel_rejected,
    MassCanceled: _mass_canceled,
    MassStatusReported: _mass_status,
    SecurityStatusReported: _phase_status,
    StatusReported: _status,
    TradingSessionReported: _phase_status,
}
