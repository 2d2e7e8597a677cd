"""Events of the engine -> the application messages each session gets, tags ascending.

`ReportWriter.write` turns the events of one command into (comp id, MsgType, body) in the order they
are sent: the report matrix of FIX as this venue fills it in, in the version of each session
(`report_style`). Bodies are whole but for header and trailer; a trader's id stands in front as
TargetSubID(57). New, Trade and Canceled of plain orders are written here as one line of text each;
all others are composed from tables of fields by `order_reports` and `answers`. Ids are functions of
the log: OrderID(37) `O<n>`, match id `T<n>`, ExecID(17) of a fill `T<n>-1` (the resting order) or
`T<n>-2`, of all else `<seq>-<i>`. Last come the copies for drop-copy sessions, with the ids of the
originals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from engine.commands import OrderTerms
from engine.events import (
    CallExtended,
    Event,
    OrderAccepted,
    OrderCanceled,
    OrderState,
    PhaseChanged,
    SegmentPhaseChanged,
    Traded,
    Uncrossed,
)
from gateway.decimals import format_avg_px, format_price
from gateway.fix import answers, order_reports
from gateway.fix.drop_copy import Everyone, Receiver, copied_from, is_copied
from gateway.fix.order_reports import CANCEL_TEXTS, INCOMING_SIDE, RESTING_SIDE
from gateway.fix.report_batch import Report, ReportBatch
from gateway.fix.report_style import ReportStyle
from gateway.fix.times import format_utc_timestamp

ADDED, REMOVED, NEITHER = "1", "2", ""

NOT_TOLD = (PhaseChanged, SegmentPhaseChanged, Uncrossed, CallExtended)
"""Events that concern all, not members with orders: other parts of the venue tell of them."""


class ReportWriter(ReportBatch):
    """Writes the reports of one command to all sessions concerned.

    `receivers` by comp id know how each session is written to; `copies` names for a session the
    drop-copy sessions that get its reports too.
    """

    def __init__(
        self, receivers: Mapping[str, Receiver], copies: Mapping[str, tuple[str, ...]]
    ) -> None:
        super().__init__(receivers)
        self._receivers = receivers
        self._copies = copies
        self._millis = ""
        self._writers: dict[type[Any], Callable[[Any], None]] = {
            OrderAccepted: self._accepted,
            Traded: self._traded,
            OrderCanceled: self._canceled,
        }
        self._writers |= {
            kind: partial(writer, self)
            for kind, writer in (order_reports.WRITERS | answers.WRITERS).items()
        }
        self._writers |= dict.fromkeys(NOT_TOLD, _say_nothing)

    def write(self, events: list[Event], seq: int, at: int) -> list[Report]:
        """The messages that follow from the events of command `seq` at market time `at`."""
        self.seq = seq
        self.at = at
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

    # Those of every day: what is usual costs no call

    def _accepted(self, event: OrderAccepted) -> None:
        order = event.order
        terms = order.terms
        if terms.instructions is not None or order.standing is not None:
            order_reports.accepted(self, event)
            return
        style = self._styled[terms.session].style
        front = _front(terms) if terms.trader or terms.account else ""
        price = f"44={format_price(terms.price)}\x01" if terms.price else ""
        expiry = _expiry(terms, style) if terms.expire_at else ""
        time = self._millis if style.is_usual else style.time(self.at)
        self._reports.append(
            (
                terms.session,
                "8",
                f"{front}6=0\x0111={terms.cl_ord_id}\x0114=0\x01"
                f"17={self.seq}-{len(self._reports) + 1}\x01"
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
        added, removed = (NEITHER, NEITHER) if event.cross else (ADDED, REMOVED)
        members = resting.terms.member, incoming.terms.member
        if event.hides:
            members = order_reports.shown_members(event)
        self._execution(event, resting, RESTING_SIDE, px, members[1], added)
        self._execution(event, incoming, INCOMING_SIDE, px, members[0], removed)

    def _execution(
        self, event: Traded, order: OrderState, side: int, px: str, contra: str, liquidity: str
    ) -> None:
        terms = order.terms
        if terms.instructions is not None or order.standing is not None:
            order_reports.execution(self, event, order, side, contra, liquidity)
            return
        style = self._styled[terms.session].style
        front = _front(terms) if terms.trader or terms.account else ""
        price = f"44={format_price(terms.price)}\x01" if terms.price else ""
        expiry = _expiry(terms, style) if terms.expire_at else ""
        time = self._millis if style.is_usual else style.time(self.at)
        qty, cum_qty, status = event.qty, order.cum_qty, order.status
        avg_px = px if cum_qty == qty else format_avg_px(order.notional, cum_qty)
        phase = style.phases[event.phase]
        tail = (
            style.fill_tail(contra, event.match_id, phase, liquidity)
            if liquidity
            else style.cross_tail(contra, event.match_id, phase)
        )
        self._reports.append(
            (
                terms.session,
                "8",
                f"{front}6={avg_px}\x0111={terms.cl_ord_id}\x0114={cum_qty}\x01"
                f"17=T{event.match_id}-{side}\x01{style.new}31={px}\x0132={qty}\x01"
                f"37=O{order.order_id}\x0138={terms.qty}\x0139={status}\x01"
                f"40={terms.ord_type}\x01{price}54={terms.side}\x0155={terms.symbol}\x01"
                f"59={terms.time_in_force}\x0160={time}\x01"
                f"{expiry}{style.filled[status]}151={order.leaves_qty}\x01{tail}",
            )
        )

    def _canceled(self, event: OrderCanceled) -> None:
        order, request = event.order, event.request
        terms = order.terms
        if terms.instructions is not None or order.standing is not None:
            order_reports.canceled(self, event)
            return
        style = self._styled[terms.session].style
        cl_ord_id = terms.cl_ord_id if request is None else request.cl_ord_id
        orig = "" if request is None else f"41={request.orig_cl_ord_id}\x01"
        text = f"58={CANCEL_TEXTS[event.reason]}\x01" if request is None else ""
        code = style.cancels[event.reason] if request is None else ""
        front = _front(terms) if terms.trader or terms.account else ""
        price = f"44={format_price(terms.price)}\x01" if terms.price else ""
        expiry = _expiry(terms, style) if terms.expire_at else ""
        time = self._millis if style.is_usual else style.time(self.at)
        self._reports.append(
            (
                terms.session,
                "8",
                f"{front}6={format_avg_px(order.notional, order.cum_qty)}\x01"
                f"11={cl_ord_id}\x0114={order.cum_qty}\x01"
                f"17={self.seq}-{len(self._reports) + 1}\x01"
                f"{style.new_order_id}{order.order_id}\x0138={terms.qty}\x0139=4\x01"
                f"40={terms.ord_type}\x01{orig}{price}54={terms.side}\x01"
                f"55={terms.symbol}\x01{text}59={terms.time_in_force}\x01"
                f"60={time}\x01{expiry}150=4\x01151=0\x01"
                f"{code}{style.phases[event.phase]}",
            )
        )


def _front(terms: OrderTerms) -> str:
    """What stands before AvgPx(6): TargetSubID(57) of the header, Account(1)."""
    if not terms.trader:
        return f"1={terms.account}\x01" if terms.account else ""
    account = f"1={terms.account}\x01" if terms.account else ""
    return f"57={terms.trader}\x01{account}"


def _expiry(terms: OrderTerms, style: ReportStyle) -> str:
    return f"126={format_utc_timestamp(terms.expire_at, style.digits)}\x01"


def _say_nothing(event: Event) -> None:
    pass
