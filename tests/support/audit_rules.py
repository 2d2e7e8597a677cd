"""Rules of the market held against the events of any stream: guards, restores, timetables, terms.

Like `tests.support.audit` these watch one command at a time: `before` looks at the books as they
stand, `hear` gets what the command caused. Each knows its rule in its own words, not the engine's.
"""

from __future__ import annotations

from typing import NamedTuple

from engine.book.pegs import peg_price
from engine.commands import (
    BustTrade,
    ChangePhase,
    Command,
    CorrectTrade,
    DefineSegment,
    EnterOrder,
    HaltTrading,
    PhaseStep,
    PlanPhases,
    SplitShares,
)
from engine.events import (
    Event,
    OrderAccepted,
    OrderCanceled,
    OrderReplaced,
    OrderRestated,
    OrderState,
    OrderTriggered,
    PhaseChanged,
    SegmentPhaseChanged,
    TradeBusted,
    TradeCorrected,
    Traded,
    Uncrossed,
)
from engine.market import Market
from engine.oms.trades import Trade
from engine.order import Order
from engine.phases import DAY_IS_OVER
from engine.values import OrdType, Phase
from tests.support.market import Venue

FILL_OR_KILL = "4"
CANCEL_ON_HALT, CANCEL_IF_NOT_BEST = "K", "Z"


class Arrival(NamedTuple):
    """An order that comes in, and what guards measure from at that moment; 0 for no price yet."""

    order_id: int
    is_buy: bool
    limit: int
    last: int
    static: int


class Guards:
    """No order trades outside the bounds that held when it came in (rule 6.4.5), and trading stops
    only where somebody stands outside of them.
    """

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self._last: dict[str, int] = {}
        self._static: dict[str, int] = {}
        self._arrivals: dict[str, Arrival] = {}
        self._dawns: dict[str, bool] = {}

    def before(self, command: Command) -> None:
        """Take the prices of all books; from there on they follow from the events."""
        markets = self.venue.exchange.markets
        self._arrivals, self._dawns = {}, {}
        self._last = {symbol: market.last_price for symbol, market in markets.items()}
        self._static = {
            symbol: market.static_reference if market.open_price else 0
            for symbol, market in markets.items()
        }
        if isinstance(command, SplitShares):
            for prices in (self._last, self._static):
                prices[command.symbol] = prices[command.symbol] * command.old // command.new

    def hear(self, command: Command, events: list[Event]) -> None:
        """Hold every trade of a command against its bounds."""
        for event in events:
            match event:
                case OrderRestated(reason="REFRESHED"):
                    pass
                case OrderAccepted() | OrderReplaced() | OrderRestated() | OrderTriggered():
                    self._arrive(event.order)
                case Traded():
                    self._trade(event)
                case Uncrossed(qty=qty, symbol=symbol) if qty:
                    self._static[symbol] = event.price
                case TradeBusted() | TradeCorrected():
                    self._last[event.symbol] = self.venue.market(event.symbol).last_price
                case PhaseChanged():
                    self._change(event)
                case _:
                    pass

    def _arrive(self, state: OrderState) -> None:
        symbol, is_buy = state.terms.symbol, state.terms.side == "1"
        last, static = self._last[symbol], self._static[symbol]
        price = state.terms.price
        self._arrivals[symbol] = Arrival(state.order_id, is_buy, price, last, static)

    def _trade(self, trade: Traded) -> None:
        symbol = trade.symbol
        if trade.cross:
            if Phase(trade.phase) in DAY_IS_OVER and not self._dawns.get(symbol):
                self._static[symbol], self._dawns[symbol] = 0, True
        else:
            arrival = self._arrivals.get(symbol)
            if arrival is None or arrival.order_id != trade.incoming.order_id:
                self._arrive(trade.incoming)
            arrival = self._arrivals[symbol]
            assert not self._is_outside(arrival, symbol, trade.price), (trade, arrival)
        self._last[symbol] = trade.price
        self._static[symbol] = self._static[symbol] or trade.price

    def _is_outside(self, arrival: Arrival, symbol: str, price: int) -> bool:
        rules = self.venue.market(symbol).segment.definition
        if not arrival.static:
            return False  # no price yet today
        measured = ((arrival.last, rules.guard_dynamic), (arrival.static, rules.guard_static))
        return any(
            percent and reference and abs(price - reference) * 100 > reference * percent
            for reference, percent in measured
        )

    def _was_peg(self, order_id: int) -> bool:
        return any(
            isinstance(event, OrderCanceled)
            and event.order.order_id == order_id
            and event.order.terms.ord_type == OrdType.PEGGED
            for event in reversed(self.venue.events)
        )

    def _change(self, event: PhaseChanged) -> None:
        symbol = event.symbol
        begins = Phase(event.before) in DAY_IS_OVER and Phase(event.phase) not in DAY_IS_OVER
        if begins and not self._dawns.pop(symbol, False):
            self._static[symbol] = 0
        if event.cause.endswith("guard"):
            market, arrival = self.venue.market(symbol), self._arrivals[symbol]
            side = market.book.asks if arrival.is_buy else market.book.bids
            outside = [
                order
                for order in side.orders()
                if self._is_outside(arrival, symbol, order.price)
                and (not arrival.limit or _reaches(arrival, order.price))
            ]
            # Pegs have left the book by now, with a price that nobody knows any more; one that came
            # in itself and tripped the guard is canceled.
            gone = market.waiting.priceless or self._was_peg(arrival.order_id)
            assert outside or gone, ("nobody stood outside", event, arrival)


def _reaches(arrival: Arrival, price: int) -> bool:
    return price <= arrival.limit if arrival.is_buy else price >= arrival.limit


class Before(NamedTuple):
    """An order before a trade of it was taken back; `is_over`: it gave something up then."""

    order: Order
    leaves: int
    is_over: bool


class Restores:
    """Busted quantity works again where it may, and nowhere else (rule 7.6).

    Where: the order works still, or it was filled and could stand in the book now, and in
    continuous trading would meet nobody there. Otherwise the quantity is lost.
    """

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self._before: list[Before] = []
        self._expected: list[int] = []

    def before(self, command: Command) -> None:
        """Look at the two orders of the trade that the command is about, and at the book."""
        self._before, self._expected = [], []
        if not isinstance(command, BustTrade | CorrectTrade):
            return
        trade = self.venue.exchange.trades.find(command.match_id)
        assert trade is not None
        qty = trade.qty - (command.qty if isinstance(command, CorrectTrade) else 0)
        back: list[Order] = []
        for order in (trade.resting, trade.incoming):
            one = _before(order)
            gets = command.restore and qty and (one.leaves or self._may(one, trade, back))
            if gets and not one.leaves:
                back.append(order)
            self._before.append(one)
            self._expected.append(one.leaves + qty if gets else one.leaves)

    def _may(self, one: Before, trade: Trade, back: list[Order]) -> bool:
        """Whether a filled order could stand in the book beside those that came back already."""
        order, terms, market = one.order, one.order.terms, self.venue.market(trade.symbol)
        is_of_today = trade.match_id > market.trades_before and market.phase not in DAY_IS_OVER
        lasts = {"0": is_of_today, "1": True, "6": self.venue.at < terms.expire_at}
        if one.is_over or terms.ord_type not in "24" or not lasts.get(terms.time_in_force):
            return False
        side = market.book.asks if order.is_buy else market.book.bids
        prices = [other.price for other in side.orders()]
        prices += [other.terms.price for other in back if other.is_buy is not order.is_buy]
        limit = terms.price
        meets = any(price <= limit if order.is_buy else price >= limit for price in prices)
        return not (market.permits.match and meets)

    def hear(self, command: Command, events: list[Event]) -> None:
        """Hold what both orders have left against that."""
        for event in events:
            if self._before and isinstance(event, TradeBusted | TradeCorrected):
                left = [event.resting.leaves_qty, event.incoming.leaves_qty]
                assert left == self._expected, (command, event, self._before, self._expected)


def _before(order: Order) -> Before:
    busted = order.ledger.busted_qty if order.ledger is not None else 0
    is_over = not order.leaves_qty and order.cum_qty + busted < order.terms.qty
    return Before(order, order.leaves_qty, is_over)


class Timetables:
    """Segments change their phase when their timetable, the operator or a definition says so."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self._plans: dict[str, list[PhaseStep]] = {}
        self._until: dict[str, int] = {}
        self._phases = {name: str(s.phase) for name, s in venue.exchange.segments.items()}
        self._defined = {n: s.definition.phase for n, s in venue.exchange.segments.items()}

    def before(self, command: Command) -> None:
        """Nothing has to be known of the books."""

    def hear(self, command: Command, events: list[Event]) -> None:
        """Hold the changes of a command against the timetables."""
        expected = self._due()
        match command:
            case ChangePhase():
                expected.append((command.segment, command.phase))
            case DefineSegment(segment=name):
                if name not in self._phases:
                    self._phases[name] = command.phase or "CLOSED"
                elif command.phase not in ("", self._defined[name]):
                    expected.append((name, command.phase))
                self._defined[name] = command.phase
            case PlanPhases():
                expected += self._replan(command)
            case _:
                pass
        changes = [e for e in events if isinstance(e, SegmentPhaseChanged)]
        told = [(change.segment, change.phase) for change in changes]
        for name in self._phases:  # of two segments at one moment either may come first
            assert [one for one in told if one[0] == name] == [o for o in expected if o[0] == name]
        for change in changes:
            assert change.before == self._phases[change.segment]
            self._phases[change.segment] = change.phase
        moments = [plan[0].at for plan in self._plans.values() if plan]
        assert not moments or self.venue.exchange.next_at <= min(moments), "nobody watches the plan"

    def _due(self) -> list[tuple[str, str]]:
        """Steps that have come by now, in order of time."""
        found: list[tuple[int, str, str]] = []
        for name, plan in self._plans.items():
            while plan and plan[0].at <= self.venue.at:
                step = plan.pop(0)
                found.append((step.at, name, step.phase))
        return [(name, phase) for _, name, phase in sorted(found, key=lambda one: one[0])]

    def _replan(self, command: PlanPhases) -> list[tuple[str, str]]:
        name, at = command.segment, self.venue.at
        was_new = not self._until.get(name)
        kept = [step for step in self._plans.get(name, []) if step.at < command.from_at]
        self._plans[name] = kept + [step for step in command.steps if step.at > at]
        until = self._until.get(name, 0)
        moments = [step.at for step in (*kept, *command.steps)]
        self._until[name] = max([*moments, until if until < command.from_at else 0])
        past = [step.phase for step in command.steps if step.at <= at]
        return [(name, past[-1])] if past and was_new else []


class Terms:
    """What single orders asked for: all or nothing, gone with a halt, gone when not the best, at a
    distance from the quotes, from a price on.
    """

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self._stops: dict[int, int] = {}

    def before(self, command: Command) -> None:
        """Look which stops wait, and at which price."""
        self._stops = {
            order.order_id: order.special.stop_px
            for market in self.venue.exchange.markets.values()
            for order in market.waiting.stops.values()
            if order.special is not None and order.terms.ord_type in "34"
        }

    def hear(self, command: Command, events: list[Event]) -> None:
        """Look at what is left in the books, and at what came in."""
        if isinstance(command, HaltTrading):
            self._halted(command)
        if isinstance(command, EnterOrder) and command.time_in_force == FILL_OR_KILL:
            for event in events:
                if isinstance(event, OrderAccepted):
                    qty, traded = event.order.terms.qty, _traded(event.order.order_id, events)
                    assert traded in (0, qty), ("some and not all", event)
        for market in self.venue.exchange.markets.values():
            if market.permits.match:
                _only_the_best(market)
                _pegs_stand(market)
            if market.permits.enter and not isinstance(command, SplitShares):
                self._stops_wait(market, events)

    def _halted(self, command: HaltTrading) -> None:
        for order in self.venue.exchange.orders.all_working():
            if order.terms.symbol == command.symbol:
                assert not command.flush, ("not flushed", order)
                assert _exec_inst(order) != CANCEL_ON_HALT, ("still there in a halt", order)

    def _stops_wait(self, market: Market, events: list[Event]) -> None:
        """No stop that waited before the command still waits though a trade reached it (1.4.2)."""
        prices = [e.price for e in events if isinstance(e, Traded) and e.symbol == market.symbol]
        for order in market.waiting.stops.values():
            was = self._stops.get(order.order_id)
            if was is not None and order.special is not None and was == order.special.stop_px:
                reached = [px for px in prices if (px >= was if order.is_buy else px <= was)]
                assert not reached, ("reached and still waits", order, reached)


def _traded(order_id: int, events: list[Event]) -> int:
    trades = [event for event in events if isinstance(event, Traded)]
    return sum(
        trade.qty
        for trade in trades
        if order_id in (trade.resting.order_id, trade.incoming.order_id)
    )


def _only_the_best(market: Market) -> None:
    """Nobody shows a better price than an order that wanted to be canceled then (E.1.e)."""
    for side in (market.book.bids, market.book.asks):
        best = side.best_displayed()
        for order in side.orders():
            if _exec_inst(order) == CANCEL_IF_NOT_BEST and best is not None:
                better = best > order.price if side.is_buy else best < order.price
                assert not better, ("not the best and still there", order, best)


def _pegs_stand(market: Market) -> None:
    """Every peg stands where the quotes say (rule 1.2)."""
    bid, ask = market.book.bids.best_displayed(), market.book.asks.best_displayed()
    for order in [*market.waiting.pegs.values(), *market.waiting.priceless.values()]:
        told = peg_price(order, market.instrument, bid, ask)
        assert order.price == told, ("does not follow", order, bid, ask)


def _exec_inst(order: Order) -> str:
    instructions = order.terms.instructions
    return instructions.exec_inst if instructions is not None else ""
