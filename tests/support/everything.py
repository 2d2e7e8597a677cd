"""Streams of everything a venue can be told: all kinds of orders, phases, halts, the operator.

A stream is drawn from a seed alone. Choices depend on what works at that moment, so most changes
find an order; prices, quantities and members are few, so that orders meet all the time. Nothing is
asked here of what comes out (`tests.support.audit`). Time is walked: no command jumps over a moment
at which something is due.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from engine.commands import (
    BustTrade,
    ChangePhase,
    Command,
    CorrectTrade,
    DefineMember,
    DefineSegment,
    HaltTrading,
    PassTime,
    PhaseStep,
    PlanPhases,
    ResumeTrading,
    SeedDraws,
    SplitShares,
    VenueCancel,
    VenueRestate,
)
from engine.oms.corrections import refuse_bust, refuse_correction
from engine.oms.trades import Trade
from engine.order import Order
from engine.values import Phase
from tests.support.everything_orders import MEMBERS, MIDDLE, Draws, Orders
from tests.support.market import SECOND, Venue, price

PHASES = (
    *(Phase.CONTINUOUS,) * 6,
    *(Phase.OPENING_CALL, Phase.CLOSING_CALL, Phase.SCHEDULED_AUCTION, Phase.VOLATILITY_AUCTION),
    *(Phase.PRE_OPEN, Phase.POST_TRADE, Phase.CLOSED, Phase.HALT_OPEN, Phase.HALT_FROZEN),
)
TICKS = tuple(price(tick) for tick in ("0.50", "0.50", "0.25", "1.00"))
RATIOS = ((2, 1), (3, 2), (1, 2), (1, 5))
HALF_A_DAY = 12 * 3600 * SECOND

RULES: tuple[dict[str, object], ...] = (
    {"internal_priority": True},
    {"internal_priority": False},
    {"internal_priority_in_calls": False},
    {"market_orders": "sweep"},
    {"market_orders": "best_level"},
    {"off_tick": "round", "off_lot": "round"},
    {"off_tick": "reject", "off_lot": "reject"},
    {"post_only": "join"},
    {"collar_aggressive": 3, "collar_passive": 4},
    {"collar_aggressive": 0, "collar_passive": 0},
    {"guard_dynamic": 2, "guard_static": 3},
    {"guard_dynamic": 1},
    {"guard_dynamic": 0, "guard_static": 2},
    {"guard_dynamic": 0, "guard_static": 0},
    {"extension": 2},
    {"gtc_days": 1},
    {"gtc_days": 0},
    {"anonymity": "large"},
    {"anonymity": "index"},
    {"done_for_day": True},
    {"done_for_day": False},
    {"phase": "CONTINUOUS"},
    {"phase": "SCHEDULED_AUCTION"},
)
"""What a segment's next definition says otherwise."""


class Everything:
    """Draws the next command for a venue, as it stands."""

    def __init__(self, venue: Venue, seed: int) -> None:
        self._draws = Draws(venue, seed)
        self._operator = Operator(self._draws)
        orders, operator = Orders(self._draws), self._operator
        self._deeds: list[tuple[int, Callable[[], Command | None]]] = [
            (60, orders.enter),
            (14, orders.replace),
            (8, orders.cancel),
            (1, orders.many),
            (2, orders.ask),
            (4, operator.phase),
            (1, operator.plan),
            (6, operator.wait),
            (2, operator.halt),
            (3, operator.bust),
            (2, operator.correct),
            (1, operator.venue_cancel),
            (2, operator.venue_restate),
            (1, operator.split),
            (1, operator.define),
        ]

    def next(self) -> Command:
        """Some command that may be told the venue now."""
        weights = [weight for weight, _ in self._deeds]
        while True:
            _, deed = self._draws.random.choices(self._deeds, weights)[0]
            markets = self._draws.venue.exchange.markets.values()
            if not any(market.permits.enter for market in markets) and self._draws.likely(0.1):
                deed = self._operator.go_on
            command = deed()
            if command is not None:
                return command


class Operator:
    """The deeds of the venue and its operator, none that his desk would refuse."""

    def __init__(self, draws: Draws) -> None:
        self._draws = draws
        self._venue = draws.venue

    # The day

    def phase(self) -> Command:
        """A segment goes into some phase."""
        return ChangePhase(self._draws.segment(), self._draws.random.choice(PHASES))

    def go_on(self) -> Command:
        """Let orders come in again, somewhere."""
        halted = [m.symbol for m in self._venue.exchange.markets.values() if m.halted]
        if halted and self._draws.likely(0.5):
            return ResumeTrading(self._draws.random.choice(halted))
        return ChangePhase("STO", Phase.CONTINUOUS)

    def plan(self) -> Command:
        """A timetable of the next minutes, in place of what was planned; or none any more."""
        draw, at = self._draws.random, self._venue.at
        first = at - 60 * SECOND if self._draws.likely(0.2) else at + 1
        moments = sorted({first + draw.randrange(300) * SECOND for _ in range(draw.randrange(5))})
        steps = tuple(
            PhaseStep(moment, draw.choice(PHASES), draw.choice((0, 0, 5)) * SECOND)
            for moment in moments
        )
        return PlanPhases(self._draws.segment(), first, steps)

    def wait(self) -> Command:
        """Time passes: a little, or long, or to what is due next; never over it."""
        venue, draw = self._venue, self._draws.random
        due = venue.exchange.next_deadline()
        later = venue.at + (
            HALF_A_DAY if self._draws.likely(0.03) else draw.randrange(120) * SECOND
        )
        if due is not None and (due <= later or self._draws.likely(0.5)):
            later = max(venue.at, due)
        venue.at = later
        return PassTime()

    def halt(self) -> Command | None:
        """Stop a book, or let it go on."""
        market = self._draws.market()
        if self._draws.likely(0.6):
            return ResumeTrading(market.symbol) if market.halted else None
        entry, flush = self._draws.likely(0.5), self._draws.likely(0.1)
        return HaltTrading(market.symbol, entry, flush)

    # Trades

    def bust(self) -> Command | None:
        """Take back a trade, a late one as a rule."""
        trade = self._trade()
        if trade is None:
            return None
        return BustTrade(trade.match_id, restore=self._draws.likely(0.5))

    def correct(self) -> Command | None:
        """Another price or less quantity for a trade."""
        trade, draw = self._trade(), self._draws.random
        if trade is None:
            return None
        px = trade.price + draw.choice((-1, 0, 0, 1)) * self._draws.tick(trade.symbol)
        qty = 1 + draw.randrange(trade.qty)
        markets = self._venue.exchange.markets
        if (px, qty) == (trade.price, trade.qty) or refuse_correction(trade, markets, px, qty):
            return None
        return CorrectTrade(trade.match_id, px, qty, restore=self._draws.likely(0.5))

    def _trade(self) -> Trade | None:
        """A trade that may be busted or corrected, if the drawn one may."""
        trades = self._venue.exchange.trades
        trade = trades.find(trades.count - self._draws.random.randrange(12))
        return None if refuse_bust(trade, self._venue.exchange.markets) else trade

    # Orders

    def venue_cancel(self) -> Command | None:
        """Cancel an order unasked."""
        order = self._changeable()
        return VenueCancel(order.order_id) if order is not None else None

    def venue_restate(self) -> Command | None:
        """Change an order unasked."""
        order = self._changeable()
        if order is None:
            return None
        terms = order.terms
        qty = order.gone_qty + self._draws.qty(terms.symbol)
        px = self._draws.price(terms.side, terms.symbol) if terms.ord_type in "24" else 0
        return VenueRestate(order.order_id, qty, self._draws.random.choice((0, px)))

    def _changeable(self) -> Order | None:
        order = self._draws.working()
        if order is None or not self._venue.market(order.terms.symbol).permits.cancel:
            return None
        return order

    # Reference data

    def split(self) -> Command:
        """More shares for less, or fewer for more; the middle of the prices follows."""
        symbol, middle = self._draws.symbol(), self._draws.middle
        low = middle[symbol] < MIDDLE
        new, old = self._draws.random.choice([(n, o) for n, o in RATIOS if (n < o) is low])
        middle[symbol] = middle[symbol] * old // new
        return SplitShares(symbol, new, old)

    def define(self) -> Command:
        """A segment's rules, an instrument's facts, a member's wish, the seed."""
        draw, exchange = self._draws.random, self._venue.exchange
        match draw.randrange(6):
            case 0:
                return DefineMember(draw.choice(MEMBERS), "Any", hides=self._draws.likely(0.5))
            case 1:
                return SeedDraws(draw.randrange(1000))
            case 2:
                instrument = self._draws.market().instrument.definition
                lot = draw.choice((1, 1, instrument.lot, 2))
                return replace(instrument, tick_size=draw.choice(TICKS), lot=lot)
            case 3:
                instrument = self._draws.market().instrument.definition
                return replace(instrument, segment=self._draws.segment())
            case 4 if "MID" not in exchange.segments:
                return DefineSegment("MID", "CONTINUOUS")
            case _:
                definition = exchange.segments[self._draws.segment()].definition
                rules = draw.choice(RULES)
                if not definition.phase and "phase" in rules:
                    rules = {}
                return replace(definition, **rules)
