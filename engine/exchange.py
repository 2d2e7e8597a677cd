"""The whole market behind one door: `Exchange.apply(command, seq, at)` returns what happened.

A pure function of its log: the same commands with the same stamps give the same events, on any
machine. `at` (ns UTC, market time) never goes back; what became due by then happens first, as if
time had passed by itself. `seq` is the command's place in the log, always growing.

This module looks things up, asks `refusals`, and has `Market` and `Order` carry out the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from msgspec.structs import replace

from engine.commands import (
    CancelOnDisconnect,
    CancelOrder,
    Command,
    DefineInstrument,
    DefineMember,
    DefineSegment,
    EnterOrder,
    MassCancel,
    PassTime,
    ReplaceOrder,
    RequestMassStatus,
    RequestStatus,
)
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
    StatusReported,
)
from engine.instrument import Instrument, Segment
from engine.market import Market, Matches
from engine.oms.expiries import Expiries
from engine.oms.order_registry import OrderRegistry
from engine.order import Order, new_order
from engine.phases import SERVED
from engine.refusals import (
    keeps_priority,
    new_terms,
    refuse_cancel,
    refuse_entry,
    refuse_replace,
)
from engine.rejects import Refusal, RejectReason
from engine.values import CancelReason, TimeInForce

GOOD_TILL_DATE = TimeInForce.GOOD_TILL_DATE
BY_SECURITY = "1"
ALL_ORDERS = "7"


class Exchange:
    """Markets, members and orders; changed by commands only."""

    def __init__(self) -> None:
        self.seq = 0
        self.at = 0
        self.members: dict[str, str] = {}
        self.segments: dict[str, Segment] = {}
        self.markets: dict[str, Market] = {}
        self.orders = OrderRegistry()
        self.matches = Matches()
        self._expiries = Expiries()
        self._order_count = 0
        self._prio = 0
        self._handlers: dict[type[Any], Callable[[Any, list[Event]], None]] = {
            EnterOrder: self._enter,
            ReplaceOrder: self._replace,
            CancelOrder: self._cancel,
            MassCancel: self._mass_cancel,
            CancelOnDisconnect: self._cancel_on_disconnect,
            RequestStatus: self._report_status,
            RequestMassStatus: self._report_mass_status,
            DefineMember: self._define_member,
            DefineSegment: self._define_segment,
            DefineInstrument: self._define_instrument,
            PassTime: self._pass_time,
        }

    def apply(self, command: Command, seq: int, at: int) -> list[Event]:
        """Carry out one command at market time `at`; returns what happened, in order."""
        assert seq > self.seq, (seq, self.seq)
        assert at >= self.at, (at, self.at)
        self.seq = seq
        self.at = at
        events: list[Event] = []
        due = self._expiries.next_at
        if due is not None and at >= due:
            self._expire(events)
        self._handlers[type(command)](command, events)
        return events

    def next_deadline(self) -> int | None:
        """Market time at which something happens without a member asking; None when nothing."""
        return self._expiries.next_at

    # Orders

    def _enter(self, terms: EnterOrder, events: list[Event]) -> None:
        known = self.orders.find(terms.session, terms.cl_ord_id)
        if known is not None and terms.poss_resend:
            events.append(self._status(terms.session, terms.cl_ord_id, known, None))
            return
        market = self.markets.get(terms.symbol)
        refusal: Refusal | None
        if terms.member not in self.members:
            refusal = Refusal(RejectReason.UNKNOWN_MEMBER, was=terms.member)
        elif market is None:
            refusal = Refusal(RejectReason.UNKNOWN_SYMBOL, was=terms.symbol)
        else:
            refusal = refuse_entry(terms, market, self.at)
        if refusal is None and known is not None:
            refusal = Refusal(RejectReason.DUPLICATE_CL_ORD_ID, was=terms.cl_ord_id)
        if refusal is not None:
            live = known.state() if known is not None else None
            events.append(OrderRejected(terms, refusal, live))
            return
        assert market is not None
        self._order_count += 1
        self._prio += 1
        order = new_order(self._order_count, terms, self._prio)
        self.orders.add(order)
        events.append(OrderAccepted(order.state(), market.segment.phase))
        self._bring_in(order, market, events)

    def _bring_in(self, order: Order, market: Market, events: list[Event]) -> None:
        """Let an order meet the book; file those that ended, watch it if it rests until a date."""
        done: list[Order] = []
        market.enter(order, events, done)
        for ended in done:
            self.orders.finish(ended)
        if order.leaves_qty and order.terms.time_in_force == GOOD_TILL_DATE:
            self._expiries.add(order)

    def _cancel(self, request: CancelOrder, events: list[Event]) -> None:
        found = self._find_for_change(request, events)
        if found is None:
            return
        order, market = found
        refusal = refuse_cancel(request, order, market)
        if refusal is not None:
            events.append(CancelRejected(request, refusal, order.state()))
            return
        former = order.cl_ord_id
        self._take_out(order, market)
        state = order.cancel(request.cl_ord_id)
        self.orders.rename(order, former)
        events.append(OrderCanceled(state, CancelReason.USER, market.segment.phase, request))

    def _replace(self, request: ReplaceOrder, events: list[Event]) -> None:
        found = self._find_for_change(request, events)
        if found is None:
            return
        order, market = found
        old = order.terms
        terms = new_terms(request, old)
        refusal = refuse_replace(request, order, terms, market, self.at)
        if refusal is not None:
            events.append(CancelRejected(request, refusal, order.state()))
            return
        former = order.cl_ord_id
        ends = terms.qty <= order.cum_qty
        kept = not ends and keeps_priority(old, terms)
        if not kept:
            market.leave(order)
        # Rule 2.4.3: a total at or below what is filled cancels the rest; OrderQty becomes CumQty.
        state = order.replace(replace(terms, qty=order.cum_qty) if ends else terms)
        self.orders.rename(order, former)
        events.append(OrderReplaced(state, former, kept, market.segment.phase))
        if ends:
            self.orders.finish(order)
        elif kept:
            self._watch_expiry(order, old)
        else:
            self._prio += 1
            order.prio = self._prio
            self._bring_in(order, market, events)

    def _watch_expiry(self, order: Order, old: EnterOrder) -> None:
        terms = order.terms
        if terms.time_in_force == TimeInForce.GOOD_TILL_DATE and (
            terms.expire_at,
            terms.time_in_force,
        ) != (old.expire_at, old.time_in_force):
            self._expiries.add(order)

    def _find_for_change(
        self, request: CancelOrder | ReplaceOrder, events: list[Event]
    ) -> tuple[Order, Market] | None:
        order = self.orders.find(request.session, request.orig_cl_ord_id)
        refusal = None
        if order is None:
            refusal = Refusal(RejectReason.UNKNOWN_ORDER, was=request.orig_cl_ord_id)
        elif self.orders.find(request.session, request.cl_ord_id) is not None:
            refusal = Refusal(RejectReason.DUPLICATE_CL_ORD_ID, was=request.cl_ord_id)
        if refusal is not None:
            events.append(CancelRejected(request, refusal, order.state() if order else None))
            return None
        assert order is not None
        return order, self.markets[order.terms.symbol]

    def _take_out(self, order: Order, market: Market) -> None:
        market.leave(order)
        self.orders.finish(order)

    def _mass_cancel(self, request: MassCancel, events: list[Event]) -> None:
        refusal = self._refuse_scope(
            request.request_type, request.symbol, RejectReason.MASS_CANCEL_TYPE_UNSUPPORTED
        )
        if refusal is not None:
            events.append(MassCanceled(request, 0, refusal))
            return
        symbol = request.symbol if request.request_type == BY_SECURITY else ""
        orders = self._working(request.session, symbol, request.side)
        before = len(events)
        self._cancel_all(orders, CancelReason.MASS_CANCEL, events)
        events.append(MassCanceled(request, len(events) - before))

    def _cancel_on_disconnect(self, command: CancelOnDisconnect, events: list[Event]) -> None:
        orders = [
            order
            for order in self._working(command.session, "", "")
            if not command.day_only or order.terms.time_in_force == TimeInForce.DAY
        ]
        self._cancel_all(orders, CancelReason.DISCONNECT, events)

    def _cancel_all(
        self, orders: Iterable[Order], reason: CancelReason, events: list[Event]
    ) -> None:
        for order in orders:
            market = self.markets[order.terms.symbol]
            if market.segment.permits.cancel:
                self._take_out(order, market)
                events.append(OrderCanceled(order.cancel(), reason, market.segment.phase))

    def _expire(self, events: list[Event]) -> None:
        for order in self._expiries.due(self.at):
            market = self.markets[order.terms.symbol]
            self._take_out(order, market)
            events.append(OrderExpired(order.expire(), market.segment.phase))

    # Questions

    def _report_status(self, request: RequestStatus, events: list[Event]) -> None:
        order = self.orders.find(request.session, request.cl_ord_id)
        events.append(self._status(request.session, request.cl_ord_id, order, request))

    def _status(
        self, session: str, asked: str, order: Order | None, request: RequestStatus | None
    ) -> StatusReported:
        if order is None:
            return StatusReported(session, asked, asked, request, None, "")
        phase = self.markets[order.terms.symbol].segment.phase
        return StatusReported(session, asked, order.cl_ord_id, request, order.state(), phase)

    def _report_mass_status(self, request: RequestMassStatus, events: list[Event]) -> None:
        refusal = self._refuse_scope(
            request.request_type, request.symbol, RejectReason.MASS_STATUS_TYPE_UNSUPPORTED
        )
        if refusal is not None:
            events.append(MassStatusReported(request, [], [], refusal))
            return
        symbol = request.symbol if request.request_type == BY_SECURITY else ""
        orders = self._working(request.session, symbol, request.side)
        phases: list[str] = [self.markets[o.terms.symbol].segment.phase for o in orders]
        events.append(MassStatusReported(request, [order.state() for order in orders], phases))

    def _refuse_scope(
        self, request_type: str, symbol: str, unsupported: RejectReason
    ) -> Refusal | None:
        if request_type not in (BY_SECURITY, ALL_ORDERS):
            return Refusal(unsupported, was=request_type)
        if request_type == BY_SECURITY and symbol not in self.markets:
            return Refusal(RejectReason.UNKNOWN_SYMBOL, was=symbol)
        return None

    def _working(self, session: str, symbol: str, side: str) -> list[Order]:
        return [
            order
            for order in self.orders.working(session)
            if symbol in ("", order.terms.symbol) and side in ("", order.terms.side)
        ]

    # Reference data and time

    def _define_member(self, command: DefineMember, events: list[Event]) -> None:
        self.members[command.member] = command.name

    def _define_segment(self, command: DefineSegment, events: list[Event]) -> None:
        assert command.phase in SERVED, command.phase
        segment = self.segments.get(command.segment)
        if segment is None:
            self.segments[command.segment] = Segment(command)
        else:
            segment.define(command)

    def _define_instrument(self, command: DefineInstrument, events: list[Event]) -> None:
        segment = self.segments[command.segment]
        instrument = Instrument(command)
        market = self.markets.get(command.symbol)
        if market is None:
            self.markets[command.symbol] = Market(instrument, segment, self.matches)
        else:
            market.instrument = instrument
            market.segment = segment

    def _pass_time(self, command: PassTime, events: list[Event]) -> None:
        """What is due has been carried out before any command is looked at."""
