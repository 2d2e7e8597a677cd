"""Events of the engine -> the application messages each session gets, tags ascending.

`ReportWriter.write` turns the events of one command into (comp id, MsgType, body) in the order they
are sent: the report matrix of FIX 4.4 as this venue fills it in. Bodies are whole but for header
and trailer; a trader's id stands in front as TargetSubID(57). New, Trade and Canceled are written
as one line of text each; all others are composed from a table of fields. Ids are functions of the
log: OrderID(37) `O<n>`, match id `T<n>`, ExecID(17) `<seq>-<i>`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.commands import OrderTerms, ReplaceOrder
from engine.events import (
    CancelRejected,
    Event,
    MassCanceled,
    MassStatusReported,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderRejected,
    OrderReplaced,
    OrderState,
    StatusReported,
    Traded,
)
from engine.rejects import Refusal, RejectReason
from engine.values import CancelReason, OrdStatus, Phase
from gateway.decimals import format_avg_px, format_price
from gateway.fix.dictionary import SOH
from gateway.fix.reject_texts import RejectTexts
from gateway.fix.times import format_utc_timestamp

TRADING_SESSION_SUB_ID: dict[str, str] = {
    Phase.CLOSED: "7",
    Phase.PRE_OPEN: "1",
    Phase.OPENING_CALL: "2",
    Phase.CONTINUOUS: "3",
    Phase.CLOSING_CALL: "4",
    Phase.POST_TRADE: "5",
    Phase.SCHEDULED_AUCTION: "6",
    Phase.VOLATILITY_AUCTION: "9",
    Phase.HALT_OPEN: "7",
    Phase.HALT_FROZEN: "7",
}
"""Phase -> TradingSessionSubID(625)."""

CANCEL_TEXTS: dict[str, str] = {
    CancelReason.IMMEDIATE: "unfilled rest of an order that does not rest",
    CancelReason.MASS_CANCEL: "mass cancel",
    CancelReason.DISCONNECT: "session disconnected",
}

UNKNOWN = "NONE"
UNDISCLOSED_SIDE = "7"
ADDED, REMOVED = "1", "2"


Report = tuple[str, str, str]
"""One application message: comp id of its session, MsgType, body; a plain tuple, made often."""


class ReportWriter:
    """Writes the reports of one FIX version."""

    def __init__(self, version: str) -> None:
        self._texts = RejectTexts(version)
        self._reports: list[Report] = []
        self._seq = 0
        self._time = ""
        self._at = 0
        self._writers: dict[type[Any], Callable[[Any], None]] = {
            OrderAccepted: self._accepted,
            Traded: self._traded,
            OrderRejected: self._rejected,
            OrderCanceled: self._canceled,
            OrderExpired: self._expired,
            OrderReplaced: self._replaced,
            CancelRejected: self._cancel_rejected,
            StatusReported: self._status,
            MassStatusReported: self._mass_status,
            MassCanceled: self._mass_canceled,
        }

    def write(self, events: list[Event], seq: int, at: int) -> list[Report]:
        """The messages that follow from the events of command `seq` at market time `at`."""
        self._reports = []
        self._seq = seq
        self._time = format_utc_timestamp(at)
        for event in events:
            self._writers[type(event)](event)
        return self._reports

    def _exec_id(self) -> str:
        return f"{self._seq}-{len(self._reports) + 1}"

    # Those of every day

    def _accepted(self, event: OrderAccepted) -> None:
        order = event.order
        terms = order.terms
        self._reports.append(
            (
                terms.session,
                "8",
                f"{_front(terms)}6=0\x0111={terms.cl_ord_id}\x0114=0\x01"
                f"17={self._seq}-{len(self._reports) + 1}\x01"
                f"37=O{order.order_id}\x0138={terms.qty}\x0139=0\x0140={terms.ord_type}\x01"
                f"{_price(terms)}54={terms.side}\x0155={terms.symbol}\x01"
                f"59={terms.time_in_force}\x0160={self._time}\x01{_expiry(terms)}"
                f"150=0\x01151={order.leaves_qty}\x01"
                f"625={TRADING_SESSION_SUB_ID[event.phase]}\x01",
            )
        )

    def _traded(self, event: Traded) -> None:
        resting, incoming = event.resting, event.incoming
        last = f"31={format_price(event.price)}\x0132={event.qty}\x01"
        phase = TRADING_SESSION_SUB_ID[event.phase]
        tail = f"527=T{event.match_id}\x01625={phase}\x01"
        self._execution(resting, last, incoming.terms.member, f"{tail}851={ADDED}\x01")
        self._execution(incoming, last, resting.terms.member, f"{tail}851={REMOVED}\x01")

    def _execution(self, order: OrderState, last: str, contra: str, tail: str) -> None:
        terms = order.terms
        self._reports.append(
            (
                terms.session,
                "8",
                f"{_front(terms)}6={format_avg_px(order.notional, order.cum_qty)}\x01"
                f"11={terms.cl_ord_id}\x0114={order.cum_qty}\x01"
                f"17={self._seq}-{len(self._reports) + 1}\x01{last}"
                f"37=O{order.order_id}\x0138={terms.qty}\x0139={order.status}\x01"
                f"40={terms.ord_type}\x01{_price(terms)}54={terms.side}\x0155={terms.symbol}\x01"
                f"59={terms.time_in_force}\x0160={self._time}\x01{_expiry(terms)}"
                f"150=F\x01151={order.leaves_qty}\x01382=1\x01375={contra}\x01{tail}",
            )
        )

    def _canceled(self, event: OrderCanceled) -> None:
        order, request = event.order, event.request
        terms = order.terms
        cl_ord_id = terms.cl_ord_id if request is None else request.cl_ord_id
        orig = "" if request is None else f"41={request.orig_cl_ord_id}\x01"
        text = f"58={CANCEL_TEXTS[event.reason]}\x01" if request is None else ""
        self._reports.append(
            (
                terms.session,
                "8",
                f"{_front(terms)}6={format_avg_px(order.notional, order.cum_qty)}\x01"
                f"11={cl_ord_id}\x0114={order.cum_qty}\x01"
                f"17={self._seq}-{len(self._reports) + 1}\x01"
                f"37=O{order.order_id}\x0138={terms.qty}\x0139=4\x01"
                f"40={terms.ord_type}\x01{orig}{_price(terms)}54={terms.side}\x01"
                f"55={terms.symbol}\x01{text}59={terms.time_in_force}\x01"
                f"60={self._time}\x01{_expiry(terms)}150=4\x01151=0\x01"
                f"625={TRADING_SESSION_SUB_ID[event.phase]}\x01",
            )
        )

    # All others

    def _report(self, session: str, msg_type: str, trader: str, fields: dict[int, object]) -> None:
        body = "".join(
            f"{tag}={value}{SOH}" for tag, value in sorted(fields.items()) if value != ""
        )
        front = f"57={trader}{SOH}" if trader else ""
        self._reports.append((session, msg_type, front + body))

    def _order_report(
        self, order: OrderState, exec_type: str, phase: str, extra: dict[int, object]
    ) -> None:
        terms = order.terms
        fields = _order_fields(order) | {
            17: self._exec_id(),
            60: self._time,
            150: exec_type,
            625: TRADING_SESSION_SUB_ID.get(phase, ""),
        }
        self._report(terms.session, "8", terms.trader, fields | extra)

    def _expired(self, event: OrderExpired) -> None:
        self._order_report(event.order, "C", event.phase, {})

    def _replaced(self, event: OrderReplaced) -> None:
        self._order_report(event.order, "5", event.phase, {41: event.orig_cl_ord_id})

    def _rejected(self, event: OrderRejected) -> None:
        terms, live = event.terms, event.live
        if live is None:
            live = OrderState(0, terms, OrdStatus.REJECTED, 0, 0, 0)
        fields = _order_fields(live) | {
            11: terms.cl_ord_id,
            17: self._exec_id(),
            58: self._texts.text(event.refusal),
            60: self._time,
            103: self._texts.ord_rej_reason(event.refusal),
            150: "8",
        }
        self._report(terms.session, "8", terms.trader, fields)

    def _cancel_rejected(self, event: CancelRejected) -> None:
        request, order = event.request, event.order
        fields: dict[int, object] = {
            11: request.cl_ord_id,
            37: f"O{order.order_id}" if order else UNKNOWN,
            39: order.status if order else OrdStatus.REJECTED,
            41: request.orig_cl_ord_id,
            58: self._texts.text(event.refusal),
            60: self._time,
            102: self._texts.cxl_rej_reason(event.refusal),
            434: "2" if isinstance(request, ReplaceOrder) else "1",
        }
        self._report(request.session, "9", order.terms.trader if order else "", fields)

    def _status(self, event: StatusReported) -> None:
        request, order = event.request, event.order
        req_id = request.ord_status_req_id if request else ""
        if order is not None:
            orig = event.asked if event.asked != event.cl_ord_id else ""
            extra: dict[int, object] = {11: event.cl_ord_id, 41: orig, 790: req_id}
            self._order_report(order, "I", event.phase, extra)
            return
        assert request is not None
        self._report(
            event.session,
            "8",
            "",
            _nothing(self._exec_id(), request.side or UNDISCLOSED_SIDE)
            | {11: event.asked, 55: request.symbol, 60: self._time, 103: 5, 790: req_id}
            | {58: self._texts.text(Refusal(RejectReason.UNKNOWN_ORDER, was=event.asked))},
        )

    def _mass_status(self, event: MassStatusReported) -> None:
        request = event.request
        total = len(event.orders)
        for i, (order, phase) in enumerate(zip(event.orders, event.phases, strict=True), 1):
            extra: dict[int, object] = {584: request.mass_status_req_id, 911: total}
            extra[912] = "Y" if i == total else "N"
            self._order_report(order, "I", phase, extra)
        if not total:
            refusal = event.refusal
            text = self._texts.text(refusal) if refusal else "no working orders"
            self._report(
                request.session,
                "8",
                "",
                _nothing(self._exec_id(), request.side or UNDISCLOSED_SIDE)
                | {55: request.symbol, 58: text, 60: self._time}
                | {584: request.mass_status_req_id, 911: 0, 912: "Y"},
            )

    def _mass_canceled(self, event: MassCanceled) -> None:
        request, refusal = event.request, event.refusal
        fields: dict[int, object] = {
            11: request.cl_ord_id,
            37: f"M{self._seq}",
            54: request.side,
            55: request.symbol,
            60: self._time,
            530: request.request_type,
            531: "0" if refusal else request.request_type,
            533: event.affected,
        }
        if refusal:
            fields[58] = self._texts.text(refusal)
            fields[532] = self._texts.mass_cancel_reject_reason(refusal)
        self._report(request.session, "r", "", fields)


def _front(terms: OrderTerms) -> str:
    """What stands before AvgPx(6): TargetSubID(57) of the header, Account(1)."""
    if not terms.trader:
        return f"1={terms.account}\x01" if terms.account else ""
    account = f"1={terms.account}\x01" if terms.account else ""
    return f"57={terms.trader}\x01{account}"


def _price(terms: OrderTerms) -> str:
    return f"44={format_price(terms.price)}\x01" if terms.price else ""


def _expiry(terms: OrderTerms) -> str:
    return f"126={format_utc_timestamp(terms.expire_at)}\x01" if terms.expire_at else ""


def _order_fields(order: OrderState) -> dict[int, object]:
    """What every report about an order says of it; empty values are left out on writing."""
    terms = order.terms
    return {
        1: terms.account,
        6: format_avg_px(order.notional, order.cum_qty),
        11: terms.cl_ord_id,
        14: order.cum_qty,
        37: f"O{order.order_id}" if order.order_id else UNKNOWN,
        38: terms.qty,
        39: order.status,
        40: terms.ord_type,
        44: format_price(terms.price) if terms.price else "",
        54: terms.side,
        55: terms.symbol,
        59: terms.time_in_force,
        126: format_utc_timestamp(terms.expire_at) if terms.expire_at else "",
        151: order.leaves_qty,
    }


def _nothing(exec_id: str, side: str) -> dict[int, object]:
    """A status report about no order at all (scenario G.1.a)."""
    fields: dict[int, object] = {6: 0, 14: 0, 17: exec_id, 37: UNKNOWN, 38: 0}
    return fields | {39: OrdStatus.REJECTED, 54: side, 150: "I", 151: 0}
