"""Events of the engine -> the application messages each session gets, tags ascending.

`ReportWriter.write` turns the events of one command into (comp id, MsgType, body) in the order they
are sent: the report matrix of FIX as this venue fills it in, in the version of each session
(`report_style`). Bodies are whole but for header and trailer; a trader's id stands in front as
TargetSubID(57). New, Trade and Canceled are written as one line of text each; all others are
composed from a table of fields. Ids are functions of the log: OrderID(37) `O<n>`, match id `T<n>`,
ExecID(17) `<seq>-<i>`. Last come the copies for drop-copy sessions, with the ids of the originals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
from engine.values import CancelReason, OrdStatus
from gateway.decimals import format_avg_px, format_price
from gateway.fix.dictionary import SOH
from gateway.fix.drop_copy import Everyone, Receiver, copied_from, is_copied
from gateway.fix.report_style import TRADING_SESSION_SUB_ID, ReportStyle
from gateway.fix.times import format_utc_timestamp

CANCEL_TEXTS: dict[str, str] = {
    CancelReason.IMMEDIATE: "unfilled rest of an order that does not rest",
    CancelReason.MASS_CANCEL: "mass cancel",
    CancelReason.DISCONNECT: "session disconnected",
}

UNKNOWN = "NONE"
UNDISCLOSED_SIDE = "7"
ADDED, REMOVED = "1", "2"

_NOTHING: frozenset[int] = frozenset()
"""A message that the version does not have at all; nobody gets to see it."""


Report = tuple[str, str, str]
"""One application message: comp id of its session, MsgType, body; a plain tuple, made often."""


class ReportWriter:
    """Writes the reports of one command to all sessions concerned.

    `receivers` by comp id know how each session is written to; `copies` names for a session the
    drop-copy sessions that get its reports too.
    """

    def __init__(
        self, receivers: Mapping[str, Receiver], copies: Mapping[str, tuple[str, ...]]
    ) -> None:
        self._receivers = receivers
        self._styled = receivers
        self._copies = copies
        self._reports: list[Report] = []
        self._seq = 0
        self._at = 0
        self._millis = ""
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
        self._seq = seq
        self._at = at
        self._millis = format_utc_timestamp(at)
        reports: list[Report] = []
        self._reports = reports
        writers = self._writers
        for event in events:
            writers[type(event)](event)
        return reports + self._copied(events, reports) if self._copies else reports

    def _copied(self, events: list[Event], originals: list[Report]) -> list[Report]:
        """What drop-copy sessions get: the originals, written again in the version of each."""
        senders = dict.fromkeys(session for session, *_ in originals)
        copies: list[Report] = []
        for copy in dict.fromkeys(c for s in senders for c in self._copies.get(s, ())):
            self._styled = Everyone(self._receivers[copy])
            copies += [
                (copy, msg_type, copied_from(session, body))
                for session, msg_type, body in self._again(events)
                if copy in self._copies.get(session, ()) and is_copied(msg_type, body)
            ]
            self._styled = self._receivers
        return copies

    def _again(self, events: list[Event]) -> list[Report]:
        reports: list[Report] = []
        self._reports = reports
        for event in events:
            self._writers[type(event)](event)
        return reports

    def _exec_id(self) -> str:
        return f"{self._seq}-{len(self._reports) + 1}"

    # Those of every day: what is usual costs no call

    def _accepted(self, event: OrderAccepted) -> None:
        order = event.order
        terms = order.terms
        style = self._styled[terms.session].style
        front = _front(terms) if terms.trader or terms.account else ""
        price = f"44={format_price(terms.price)}\x01" if terms.price else ""
        expiry = _expiry(terms, style) if terms.expire_at else ""
        time = self._millis if style.is_usual else style.time(self._at)
        self._reports.append(
            (
                terms.session,
                "8",
                f"{front}6=0\x0111={terms.cl_ord_id}\x0114=0\x01"
                f"17={self._seq}-{len(self._reports) + 1}\x01"
                f"{style.new_order_id}{order.order_id}\x0138={terms.qty}\x0139=0\x0140={terms.ord_type}\x01"
                f"{price}54={terms.side}\x0155={terms.symbol}\x01"
                f"59={terms.time_in_force}\x0160={time}\x01"
                f"{expiry}150=0\x01151={order.leaves_qty}\x01"
                f"{style.phases[event.phase]}",
            )
        )

    def _traded(self, event: Traded) -> None:
        resting, incoming = event.resting, event.incoming
        px = format_price(event.price)
        self._execution(event, resting, px, incoming.terms.member, ADDED)
        self._execution(event, incoming, px, resting.terms.member, REMOVED)

    def _execution(
        self, event: Traded, order: OrderState, px: str, contra: str, liquidity: str
    ) -> None:
        terms = order.terms
        style = self._styled[terms.session].style
        front = _front(terms) if terms.trader or terms.account else ""
        price = f"44={format_price(terms.price)}\x01" if terms.price else ""
        expiry = _expiry(terms, style) if terms.expire_at else ""
        time = self._millis if style.is_usual else style.time(self._at)
        qty, cum_qty, status = event.qty, order.cum_qty, order.status
        avg_px = px if cum_qty == qty else format_avg_px(order.notional, cum_qty)
        self._reports.append(
            (
                terms.session,
                "8",
                f"{front}6={avg_px}\x0111={terms.cl_ord_id}\x0114={cum_qty}\x01"
                f"17={self._seq}-{len(self._reports) + 1}\x01{style.new}31={px}\x0132={qty}\x01"
                f"37=O{order.order_id}\x0138={terms.qty}\x0139={status}\x01"
                f"40={terms.ord_type}\x01{price}54={terms.side}\x0155={terms.symbol}\x01"
                f"59={terms.time_in_force}\x0160={time}\x01"
                f"{expiry}{style.filled[status]}151={order.leaves_qty}\x01"
                f"{style.fill_tail(contra, event.match_id, style.phases[event.phase], liquidity)}",
            )
        )

    def _canceled(self, event: OrderCanceled) -> None:
        order, request = event.order, event.request
        terms = order.terms
        style = self._styled[terms.session].style
        cl_ord_id = terms.cl_ord_id if request is None else request.cl_ord_id
        orig = "" if request is None else f"41={request.orig_cl_ord_id}\x01"
        text = f"58={CANCEL_TEXTS[event.reason]}\x01" if request is None else ""
        front = _front(terms) if terms.trader or terms.account else ""
        price = f"44={format_price(terms.price)}\x01" if terms.price else ""
        expiry = _expiry(terms, style) if terms.expire_at else ""
        time = self._millis if style.is_usual else style.time(self._at)
        self._reports.append(
            (
                terms.session,
                "8",
                f"{front}6={format_avg_px(order.notional, order.cum_qty)}\x01"
                f"11={cl_ord_id}\x0114={order.cum_qty}\x01"
                f"17={self._seq}-{len(self._reports) + 1}\x01"
                f"{style.new_order_id}{order.order_id}\x0138={terms.qty}\x0139=4\x01"
                f"40={terms.ord_type}\x01{orig}{price}54={terms.side}\x01"
                f"55={terms.symbol}\x01{text}59={terms.time_in_force}\x01"
                f"60={time}\x01{expiry}150=4\x01151=0\x01"
                f"{style.phases[event.phase]}",
            )
        )

    # All others

    def _report(self, session: str, msg_type: str, trader: str, fields: dict[int, object]) -> None:
        """Add a message of those fields that have a value and that the session's version defines
        for it.
        """
        known = self._styled[session].style.known.get(msg_type, _NOTHING)
        body = "".join(
            f"{tag}={value}{SOH}"
            for tag, value in sorted(fields.items())
            if value != "" and tag in known
        )
        front = f"57={trader}{SOH}" if trader else ""
        self._reports.append((session, msg_type, front + body))

    def _time(self, session: str) -> str:
        return self._styled[session].style.time(self._at)

    def _order_report(
        self, order: OrderState, exec_type: str, phase: str, extra: dict[int, object]
    ) -> None:
        terms = order.terms
        style = self._styled[terms.session].style
        fields = _order_fields(order, style) | {
            17: self._exec_id(),
            20: "0",
            60: style.time(self._at),
            150: exec_type,
            625: TRADING_SESSION_SUB_ID.get(phase, ""),
        }
        self._report(terms.session, "8", terms.trader, fields | extra)

    def _expired(self, event: OrderExpired) -> None:
        self._order_report(event.order, "C", event.phase, {})

    def _replaced(self, event: OrderReplaced) -> None:
        order = event.order
        style = self._styled[order.terms.session].style
        status = style.replaced.get(order.status, order.status)
        self._order_report(order, "5", event.phase, {39: status, 41: event.orig_cl_ord_id})

    def _rejected(self, event: OrderRejected) -> None:
        terms, live = event.terms, event.live
        style = self._styled[terms.session].style
        if live is None:
            live = OrderState(0, terms, OrdStatus.REJECTED, 0, 0, 0)
        fields = _order_fields(live, style) | {
            11: terms.cl_ord_id,
            17: self._exec_id(),
            20: "0",
            58: style.texts.text(event.refusal),
            60: style.time(self._at),
            103: style.texts.ord_rej_reason(event.refusal),
            150: "8",
        }
        self._report(terms.session, "8", terms.trader, fields)

    def _cancel_rejected(self, event: CancelRejected) -> None:
        request, order = event.request, event.order
        texts = self._styled[request.session].style.texts
        fields: dict[int, object] = {
            11: request.cl_ord_id,
            37: f"O{order.order_id}" if order else UNKNOWN,
            39: order.status if order else OrdStatus.REJECTED,
            41: request.orig_cl_ord_id,
            58: texts.text(event.refusal),
            60: self._time(request.session),
            102: texts.cxl_rej_reason(event.refusal),
            434: "2" if isinstance(request, ReplaceOrder) else "1",
        }
        self._report(request.session, "9", order.terms.trader if order else "", fields)

    def _status(self, event: StatusReported) -> None:
        request, order = event.request, event.order
        req_id = request.ord_status_req_id if request else ""
        if order is not None:
            orig = event.asked if event.asked != event.cl_ord_id else ""
            extra: dict[int, object] = {11: event.cl_ord_id, 41: orig, 790: req_id}
            self._status_report(order, event.phase, extra)
            return
        assert request is not None
        style = self._styled[event.session].style
        refusal = Refusal(RejectReason.UNKNOWN_ORDER, was=event.asked)
        self._report(
            event.session,
            "8",
            "",
            _nothing(self._exec_id(), request.side or UNDISCLOSED_SIDE, style)
            | {11: event.asked, 55: request.symbol, 60: style.time(self._at), 103: 5, 790: req_id}
            | {58: style.texts.text(refusal)},
        )

    def _status_report(self, order: OrderState, phase: str, extra: dict[int, object]) -> None:
        """The answer to a status request: FIX 4.2 says Status in ExecTransType(20) instead."""
        style = self._styled[order.terms.session].style
        exec_type = order.status if style.has_exec_trans_type else "I"
        self._order_report(order, exec_type, phase, {20: "3"} | extra)

    def _mass_status(self, event: MassStatusReported) -> None:
        request = event.request
        total = len(event.orders)
        for i, (order, phase) in enumerate(zip(event.orders, event.phases, strict=True), 1):
            extra: dict[int, object] = {584: request.mass_status_req_id, 911: total}
            extra[912] = "Y" if i == total else "N"
            self._status_report(order, phase, extra)
        if not total:
            refusal = event.refusal
            style = self._styled[request.session].style
            text = style.texts.text(refusal) if refusal else "no working orders"
            self._report(
                request.session,
                "8",
                "",
                _nothing(self._exec_id(), request.side or UNDISCLOSED_SIDE, style)
                | {55: request.symbol, 58: text, 60: style.time(self._at)}
                | {584: request.mass_status_req_id, 911: 0, 912: "Y"},
            )

    def _mass_canceled(self, event: MassCanceled) -> None:
        request, refusal = event.request, event.refusal
        texts = self._styled[request.session].style.texts
        fields: dict[int, object] = {
            11: request.cl_ord_id,
            37: f"M{self._seq}",
            54: request.side,
            55: request.symbol,
            60: self._time(request.session),
            530: request.request_type,
            531: "0" if refusal else request.request_type,
            533: event.affected,
            1369: f"M{self._seq}",
        }
        if refusal:
            fields[58] = texts.text(refusal)
            fields[532] = texts.mass_cancel_reject_reason(refusal)
        self._report(request.session, "r", "", fields)


def _front(terms: OrderTerms) -> str:
    """What stands before AvgPx(6): TargetSubID(57) of the header, Account(1)."""
    if not terms.trader:
        return f"1={terms.account}\x01" if terms.account else ""
    account = f"1={terms.account}\x01" if terms.account else ""
    return f"57={terms.trader}\x01{account}"


def _expiry(terms: OrderTerms, style: ReportStyle) -> str:
    return f"126={format_utc_timestamp(terms.expire_at, style.digits)}\x01"


def _order_fields(order: OrderState, style: ReportStyle) -> dict[int, object]:
    """What every report about an order says of it; empty values are left out on writing."""
    terms = order.terms
    expire_at = terms.expire_at
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
        55: terms.symbol or (UNKNOWN if style.has_exec_trans_type else ""),
        59: terms.time_in_force,
        126: format_utc_timestamp(expire_at, style.digits) if expire_at else "",
        151: order.leaves_qty,
    }


def _nothing(exec_id: str, side: str, style: ReportStyle) -> dict[int, object]:
    """A status report about no order at all (scenario G.1.a)."""
    exec_type = OrdStatus.REJECTED if style.has_exec_trans_type else "I"
    fields: dict[int, object] = {6: 0, 14: 0, 17: exec_id, 20: 3, 37: UNKNOWN, 38: 0}
    return fields | {39: OrdStatus.REJECTED, 54: side, 150: exec_type, 151: 0}
