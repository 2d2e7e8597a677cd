"""What members ask of their orders: enter, replace, cancel, mass cancel, status.

Looks things up, asks `refusals`, and has `Market` and `Order` carry out the answer. A command of a
session reaches the orders of that session and no others.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from engine.commands import (
    CancelOnDisconnect,
    CancelOrder,
    EnterOrder,
    MassCancel,
    ReplaceOrder,
    RequestMassStatus,
    RequestStatus,
)
from engine.events import (
    CancelRejected,
    MassCanceled,
    MassStatusReported,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderRejected,
    OrderReplaced,
    OrderState,
    StatusReported,
)
from engine.floor import Floor
from engine.followers import WAITS_FOR_CALL, come_in, enter_special, settle
from engine.instrument import Segment
from engine.market import Market
from engine.oms.lifetime import OUTLIVES_DAY, watch
from engine.order import Order, new_order
from engine.refusals import (
    fitted,
    keeps_priority,
    new_terms,
    refuse_cancel,
    refuse_entry,
    refuse_replace,
)
from engine.rejects import Refusal, RejectReason
from engine.values import CancelReason, OrdStatus, TimeInForce

GOOD_TILL_DATE = TimeInForce.GOOD_TILL_DATE
GOOD_TILL_CANCEL = TimeInForce.GOOD_TILL_CANCEL
BY_SECURITY, BY_SESSION, ALL_ORDERS, BY_SEGMENT = "1", "6", "7", "9"
"""MassCancelRequestType(530) and MassStatusReqType(585); a segment is a TradingSessionID(336) to
those who have no MarketSegmentID(1300)."""


class OrderDesk:
    """Carries out members' commands about orders."""

    def __init__(
        self,
        floor: Floor,
        members: Mapping[str, str],
        segments: Mapping[str, Segment],
        markets: Mapping[str, Market],
    ) -> None:
        self._floor = floor
        self._members = members
        self._segments = segments
        self._markets = markets
        self._orders = floor.orders

    # Entry

    def enter(self, terms: EnterOrder) -> None:
        """Accept an order, or say why not; once accepted it meets the market."""
        floor = self._floor
        known = self._orders.find(terms.session, terms.cl_ord_id)
        if known is not None and terms.poss_resend:
            floor.events.append(self._status(terms.session, terms.cl_ord_id, known, None))
            return
        market = self._markets.get(terms.symbol)
        refusal: Refusal | None
        if terms.member not in self._members:
            refusal = Refusal(RejectReason.UNKNOWN_MEMBER, was=terms.member)
        elif market is None:
            refusal = Refusal(RejectReason.UNKNOWN_SYMBOL, was=terms.symbol)
        else:
            if market.segment.rounds or terms.instructions is not None:
                terms = fitted(terms, market)
            refusal = refuse_entry(terms, market, floor.at)
        if refusal is None and known is not None:
            refusal = Refusal(RejectReason.DUPLICATE_CL_ORD_ID, was=terms.cl_ord_id)
        if refusal is not None:
            live = known.state() if known is not None else None
            floor.events.append(OrderRejected(terms, refusal, live))
            return
        assert market is not None
        floor.order_count += 1
        floor.prio += 1
        order = new_order(floor.order_count, terms, floor.prio)
        self._orders.add(order)
        if order.special is None and terms.time_in_force not in WAITS_FOR_CALL:
            state = OrderState(order.order_id, terms, OrdStatus.NEW, terms.qty, 0, 0)
            floor.events.append(OrderAccepted(state, market.phase))
            market.enter(order)
            if order.leaves_qty or market.restless:
                self._after_entry(order, market)
        else:
            self._accept_special(order, market)

    def _accept_special(self, order: Order, market: Market) -> None:
        """The first report says already where the order stands: it is written after it came in."""
        events = self._floor.events
        place = len(events)
        trades = self._floor.trades.count
        events.append(OrderAccepted(order.state(), market.phase))
        phase = market.phase
        enter_special(market, order)
        if self._floor.trades.count == trades and order.leaves_qty:
            events[place] = OrderAccepted(order.state(), phase)
        self._after_entry(order, market)

    def _after_entry(self, order: Order, market: Market) -> None:
        """Watch an order that ends by itself, and let happen what its trades have caused."""
        if order.leaves_qty and order.terms.time_in_force in OUTLIVES_DAY:
            watch(order, market)
        self.close_up(market)

    def close_up(self, market: Market) -> None:
        """A command is through with a market: what it caused there happens now."""
        if market.restless:
            settle(market)

    # Change

    def cancel(self, request: CancelOrder) -> None:
        """Cancel an order, or say why not."""
        found = self._find_for_change(request)
        if found is None:
            return
        order, market = found
        refusal = refuse_cancel(request, order, market)
        if refusal is not None:
            self._floor.events.append(CancelRejected(request, refusal, order.state()))
            return
        former = order.cl_ord_id
        self._take_out(order, market)
        state = order.cancel(request.cl_ord_id)
        self._orders.rename(order, former)
        reason = CancelReason.USER
        self._floor.events.append(OrderCanceled(state, reason, market.phase, request))
        if market.restless:
            self.close_up(market)

    def replace(self, request: ReplaceOrder) -> None:
        """Give an order new terms, or say why not."""
        found = self._find_for_change(request)
        if found is None:
            return
        order, market = found
        old = order.terms
        terms = new_terms(request, old)
        if market.segment.rounds:
            terms = fitted(terms, market)
        refusal = refuse_replace(request, order, terms, market, self._floor.at)
        if refusal is not None:
            self._floor.events.append(CancelRejected(request, refusal, order.state()))
            return
        former = order.cl_ord_id
        ends = terms.qty <= order.gone_qty
        kept = not ends and keeps_priority(old, terms)
        place = order.price
        if not kept:
            market.leave(order)
        # Rule 2.4.3: a total at or below what is filled cancels the rest; OrderQty becomes CumQty.
        state = order.replace(replace(terms, qty=order.gone_qty) if ends else terms)
        self._orders.rename(order, former)
        if kept:
            order.price = place
            state = order.state()
        events = self._floor.events
        reported, trades = len(events), self._floor.trades.count
        phase = market.phase
        events.append(OrderReplaced(state, former, kept, phase))
        if ends:
            self._orders.finish(order)
        elif kept:
            watch(order, market, old.time_in_force)
        else:
            order.prio = self._floor.next_prio()
            if order.special is not None:
                order.special.shown = order.special.stop_px = 0
                order.special.triggered &= terms.ord_type == old.ord_type
            watch(order, market, old.time_in_force)
            come_in(market, order)
            if self._floor.trades.count == trades and order.leaves_qty:
                events[reported] = OrderReplaced(order.state(), former, kept, phase)
        if market.restless:
            self.close_up(market)

    def _find_for_change(self, request: CancelOrder | ReplaceOrder) -> tuple[Order, Market] | None:
        order = self._orders.find(request.session, request.orig_cl_ord_id)
        refusal = None
        if order is None:
            refusal = Refusal(RejectReason.UNKNOWN_ORDER, was=request.orig_cl_ord_id)
        elif self._orders.find(request.session, request.cl_ord_id) is not None:
            refusal = Refusal(RejectReason.DUPLICATE_CL_ORD_ID, was=request.cl_ord_id)
        if refusal is not None:
            state = order.state() if order else None
            self._floor.events.append(CancelRejected(request, refusal, state))
            return None
        assert order is not None
        return order, self._markets[order.terms.symbol]

    def _take_out(self, order: Order, market: Market) -> None:
        market.leave(order)
        self._orders.finish(order)

    # Many at once

    def mass_cancel(self, request: MassCancel) -> None:
        """Cancel the session's working orders of a scope, then say how many."""
        events = self._floor.events
        refusal = self._refuse_scope(
            request.request_type,
            request.symbol,
            request.segment,
            RejectReason.MASS_CANCEL_TYPE_UNSUPPORTED,
        )
        if refusal is not None:
            events.append(MassCanceled(request, 0, refusal))
            return
        symbol = request.symbol if request.request_type == BY_SECURITY else ""
        segment = request.segment if request.request_type in (BY_SESSION, BY_SEGMENT) else ""
        orders = self._working(request.session, symbol, request.side, segment)
        affected = self._cancel_all(orders, CancelReason.MASS_CANCEL)
        events.append(MassCanceled(request, affected))

    def cancel_on_disconnect(self, command: CancelOnDisconnect) -> None:
        """Cancel the session's orders, or those that do not outlive the day."""
        orders = [
            order
            for order in self._working(command.session, "", "")
            if not command.day_only or order.terms.time_in_force not in OUTLIVES_DAY
        ]
        self._cancel_all(orders, CancelReason.DISCONNECT)

    def _cancel_all(self, orders: list[Order], reason: CancelReason) -> int:
        """Cancel what may be canceled; quotes that follow from it are looked at in the end."""
        touched: dict[str, Market] = {}
        affected = 0
        for order in orders:
            market = self._markets[order.terms.symbol]
            if market.permits.cancel:
                market.leave(order)
                self._floor.cancel(order, reason, market.phase)
                touched[market.symbol] = market
                affected += 1
        for market in touched.values():
            self.close_up(market)
        return affected

    def expire(self, at: int) -> None:
        """End the orders whose time is up."""
        for order in self._floor.expiries.due(at):
            market = self._markets[order.terms.symbol]
            self._take_out(order, market)
            self._floor.events.append(OrderExpired(order.expire(), market.phase))
            self.close_up(market)

    # Questions

    def report_status(self, request: RequestStatus) -> None:
        """Say how one order stands."""
        order = self._orders.find(request.session, request.cl_ord_id)
        self._floor.events.append(self._status(request.session, request.cl_ord_id, order, request))

    def _status(
        self, session: str, asked: str, order: Order | None, request: RequestStatus | None
    ) -> StatusReported:
        if order is None:
            return StatusReported(session, asked, asked, request, None, "")
        phase = self._markets[order.terms.symbol].phase
        return StatusReported(session, asked, order.cl_ord_id, request, order.state(), phase)

    def report_mass_status(self, request: RequestMassStatus) -> None:
        """Say how the session's working orders stand."""
        refusal = self._refuse_scope(
            request.request_type, request.symbol, "", RejectReason.MASS_STATUS_TYPE_UNSUPPORTED
        )
        if refusal is not None:
            self._floor.events.append(MassStatusReported(request, [], [], refusal))
            return
        symbol = request.symbol if request.request_type == BY_SECURITY else ""
        orders = self._working(request.session, symbol, request.side)
        phases: list[str] = [self._markets[o.terms.symbol].phase for o in orders]
        states = [order.state() for order in orders]
        self._floor.events.append(MassStatusReported(request, states, phases))

    def _refuse_scope(
        self, request_type: str, symbol: str, segment: str, unsupported: RejectReason
    ) -> Refusal | None:
        by_segment = unsupported is RejectReason.MASS_CANCEL_TYPE_UNSUPPORTED
        if request_type in (BY_SESSION, BY_SEGMENT) and by_segment:
            known = segment in self._segments
            return None if known else Refusal(RejectReason.UNKNOWN_SEGMENT, was=segment)
        if request_type not in (BY_SECURITY, ALL_ORDERS):
            return Refusal(unsupported, was=request_type)
        if request_type == BY_SECURITY and symbol not in self._markets:
            return Refusal(RejectReason.UNKNOWN_SYMBOL, was=symbol)
        return None

    def _working(self, session: str, symbol: str, side: str, segment: str = "") -> list[Order]:
        return [
            order
            for order in self._orders.working(session)
            if symbol in ("", order.terms.symbol)
            and side in ("", order.terms.side)
            and (not segment or self._segment_of(order) == segment)
        ]

    def _segment_of(self, order: Order) -> str:
        return self._markets[order.terms.symbol].segment.definition.segment
