"""The whole market behind one door: `Exchange.apply(command, seq, at)` returns what happened.

A pure function of its log: the same commands with the same stamps give the same events, on any
machine. `at` (ns UTC, market time) never goes back; what became due by then happens first, as if
time had passed by itself. `seq` is the command's place in the log, always growing.

This module knows who carries out which command: members' orders `oms.order_desk`, the day
`trading_day`, the operator's corrections `oms.corrections`; it keeps the reference data itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine import trading_day
from engine.commands import (
    BustTrade,
    CancelOnDisconnect,
    CancelOrder,
    ChangePhase,
    Command,
    CorrectTrade,
    DefineInstrument,
    DefineMember,
    DefineSegment,
    EndSubscriptions,
    EnterOrder,
    HaltTrading,
    MassCancel,
    PassTime,
    PlanPhases,
    ReplaceOrder,
    RequestMassStatus,
    RequestSecurityStatus,
    RequestStatus,
    RequestTradingSessionStatus,
    ResumeTrading,
    SeedDraws,
    SplitShares,
    VenueCancel,
    VenueRestate,
)
from engine.events import Event
from engine.floor import Floor
from engine.instrument import Instrument, Segment
from engine.market import Market
from engine.oms import corrections
from engine.oms.order_desk import OrderDesk
from engine.subscriptions import BookStatus
from engine.values import NEVER, Phase


class Exchange:
    """Markets, members and orders; changed by commands only.

    `next_at` is the market time at which something happens without anybody asking, NEVER if
    nothing will.
    """

    def __init__(self) -> None:
        self.seq = 0
        self.at = 0
        self.next_at = NEVER
        self.members: dict[str, str] = {}
        self.segments: dict[str, Segment] = {}
        self.markets: dict[str, Market] = {}
        self.floor = Floor()
        self.orders = self.floor.orders
        self.trades = self.floor.trades
        self.subscriptions = self.floor.subscriptions
        self.floor.guard_tripped = self._stop_trading
        self._desk = OrderDesk(self.floor, self.members, self.segments, self.markets)
        desk = self._desk
        self._handlers: dict[type[Any], Callable[[Any], None]] = {
            EnterOrder: desk.enter,
            ReplaceOrder: desk.replace,
            CancelOrder: desk.cancel,
            MassCancel: desk.mass_cancel,
            CancelOnDisconnect: desk.cancel_on_disconnect,
            RequestStatus: desk.report_status,
            RequestMassStatus: desk.report_mass_status,
            DefineMember: self._define_member,
            DefineSegment: self._define_segment,
            DefineInstrument: self._define_instrument,
            PassTime: self._pass_time,
            PlanPhases: self._plan_phases,
            ChangePhase: self._change_phase,
            HaltTrading: self._halt,
            ResumeTrading: self._resume,
            SeedDraws: self._seed_draws,
            BustTrade: self._bust,
            CorrectTrade: self._correct,
            VenueCancel: self._venue_cancel,
            VenueRestate: self._venue_restate,
            SplitShares: self._split,
            RequestTradingSessionStatus: self._report_session_status,
            RequestSecurityStatus: self._report_security_status,
            EndSubscriptions: self._end_subscriptions,
        }

    @property
    def seed(self) -> int:
        """What random moments follow from; 0: nobody has said yet."""
        return self.floor.seed

    def hides(self, member: str) -> bool:
        """Whether a member chose not to be shown in the trade history (rule 7.3)."""
        return member in self.floor.hiding

    def apply(self, command: Command, seq: int, at: int) -> list[Event]:
        """Carry out one command at market time `at`; returns what happened, in order."""
        assert seq > self.seq, (seq, self.seq)
        assert at >= self.at, (at, self.at)
        self.seq = seq
        self.at = at
        floor = self.floor
        events: list[Event] = []
        floor.events = events
        if at >= self.next_at:
            self._carry_out_due(at)
        floor.at = at
        self._handlers[type(command)](command)
        agenda, expiries = floor.agenda.next_at, floor.expiries.next_at
        self.next_at = agenda if agenda < expiries else expiries
        return events

    def next_deadline(self) -> int | None:
        """Market time at which something happens without a member asking; None when nothing."""
        return None if self.next_at == NEVER else self.next_at

    # Time

    def _carry_out_due(self, at: int) -> None:
        """What has become due by now, in order; at one moment expiries come first."""
        floor = self.floor
        while True:
            agenda, expiries = floor.agenda.next_at, floor.expiries.next_at
            floor.at = min(agenda, expiries)
            if floor.at > at:
                return
            if expiries <= agenda:
                self._desk.expire(floor.at)
                continue
            due = floor.agenda.pop()
            if due.kind != trading_day.SEGMENT_STEP:
                trading_day.carry_out(due, self.markets[due.name])
            elif due.token == self.segments[due.name].plan_token:
                segment = self.segments[due.name]
                trading_day.take_step(segment, self._books(segment), floor)

    def _pass_time(self, command: PassTime) -> None:
        """What is due has been carried out before any command is looked at."""

    def _plan_phases(self, command: PlanPhases) -> None:
        segment = self.segments[command.segment]
        trading_day.plan_phases(command, segment, self._books(segment), self.floor)

    def _change_phase(self, command: ChangePhase) -> None:
        segment = self.segments[command.segment]
        phase = Phase(command.phase)
        trading_day.change_segment(segment, phase, self._books(segment), self.floor)

    def _halt(self, command: HaltTrading) -> None:
        trading_day.halt(command, self.markets[command.symbol])

    def _resume(self, command: ResumeTrading) -> None:
        trading_day.resume(self.markets[command.symbol])

    def _seed_draws(self, command: SeedDraws) -> None:
        self.floor.seed = command.seed

    def _stop_trading(self, symbol: str, guard: str) -> None:
        trading_day.begin_volatility_auction(self.markets[symbol], guard)

    def _books(self, segment: Segment) -> list[Market]:
        return [market for market in self.markets.values() if market.segment is segment]

    # Corrections

    def _bust(self, command: BustTrade) -> None:
        trade = self.trades.find(command.match_id)
        assert trade is not None
        market = self.markets[trade.symbol]
        corrections.bust(command, trade, market)
        self._desk.close_up(market)

    def _correct(self, command: CorrectTrade) -> None:
        trade = self.trades.find(command.match_id)
        assert trade is not None
        market = self.markets[trade.symbol]
        corrections.correct(command, trade, market)
        self._desk.close_up(market)

    def _venue_cancel(self, command: VenueCancel) -> None:
        order = self.orders.by_order_id(command.order_id)
        assert order is not None
        market = self.markets[order.terms.symbol]
        corrections.venue_cancel(order, market)
        self._desk.close_up(market)

    def _venue_restate(self, command: VenueRestate) -> None:
        order = self.orders.by_order_id(command.order_id)
        assert order is not None
        market = self.markets[order.terms.symbol]
        corrections.venue_restate(command, order, market)
        self._desk.close_up(market)

    def _split(self, command: SplitShares) -> None:
        market = self.markets[command.symbol]
        orders = [o for o in self.orders.all_working() if o.terms.symbol == command.symbol]
        corrections.split(command, orders, market)
        self._desk.close_up(market)

    # Reference data and status

    def _define_member(self, command: DefineMember) -> None:
        self.members[command.member] = command.name
        if command.hides:
            self.floor.hiding[command.member] = True
        else:
            self.floor.hiding.pop(command.member, None)

    def _define_segment(self, command: DefineSegment) -> None:
        """A known segment keeps its phase, unless its timetable is a phase and that is another."""
        segment = self.segments.get(command.segment)
        if segment is None:
            self.segments[command.segment] = Segment(command)
            return
        moved = command.phase and command.phase != segment.definition.phase
        segment.define(command)
        if moved:
            phase = Phase(command.phase)
            trading_day.change_segment(segment, phase, self._books(segment), self.floor)

    def _define_instrument(self, command: DefineInstrument) -> None:
        segment = self.segments[command.segment]
        instrument = Instrument(command)
        market = self.markets.get(command.symbol)
        if market is None:
            self.markets[command.symbol] = Market(instrument, segment, self.floor)
        else:
            market.instrument = instrument
            if market.segment is not segment:
                market.segment = segment
                trading_day.follow(market, segment.phase)
            self._desk.close_up(market)  # pegs stand on the new ticks

    def _report_session_status(self, command: RequestTradingSessionStatus) -> None:
        phases = {name: segment.phase for name, segment in self.segments.items()}
        self.floor.events += self.floor.subscriptions.request_session(command, phases)

    def _report_security_status(self, command: RequestSecurityStatus) -> None:
        market = self.markets.get(command.symbol)
        status = None
        if market is not None:
            name = market.segment.definition.segment
            status = BookStatus(name, market.phase, market.last_price)
        self.floor.events += self.floor.subscriptions.request_security(command, status)

    def _end_subscriptions(self, command: EndSubscriptions) -> None:
        self.floor.subscriptions.end(command.session)
