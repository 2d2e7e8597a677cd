"""One instrument's market: its book and rules, and the carrying out of what was decided.

`Market` is told by `Exchange` that an order may enter, change or leave; whether it may is not asked
here (`refusals`). What happened goes to the floor's list of events, in order. Continuous trading is
here; orders that follow prices are `followers`, calls `uncrossing`, phases and days `trading_day`.
"""

from __future__ import annotations

from engine import guards, price_bands
from engine.book.careful_matching import CarefulPlan, plan_carefully
from engine.book.matching import Fill, plan
from engine.book.order_book import BookSide, OrderBook
from engine.book.waiting import Waiting
from engine.events import OrderRestated, Traded
from engine.floor import Floor
from engine.instrument import Instrument, Segment
from engine.oms.trades import Trade
from engine.order import Order, Place
from engine.order_kinds import PLAIN_ENTRIES
from engine.phases import PERMITS
from engine.values import (
    CancelReason,
    MarketOrders,
    OrdStatus,
    OrdType,
    Phase,
    Restatement,
    TimeInForce,
)

FILL_OR_KILL = TimeInForce.FILL_OR_KILL
NEVER_RESTS = frozenset({TimeInForce.IMMEDIATE_OR_CANCEL, FILL_OR_KILL})

SWEEP_BAND_PERCENT = 5
"""A sweeping market order never trades further than this from the last price (rule 2.3.4)."""


class Market:
    """The market in one instrument.

    Prices are 0 where there is none. `last_price` is that of the last trade, else the previous
    close (`reference_price`); `open_price` is the first price of the day, `static_reference` what
    the static guard measures from, `trades_before` the match ids of earlier days end with this one,
    and those in shares of another size with `split_after`.
    `halted` outlasts the night. `tripped` is the guard that the
    command has just run into. `phase_token` counts changes of phase and `step_token` what the
    timetable or the operator ordered, so that moments on the agenda that are overtaken are known.
    """

    __slots__ = (
        *("book", "close_price", "draws", "extended", "floor", "halted", "instrument"),
        *("last_price", "open_price", "permits", "phase", "phase_token"),
        *("plain_entries", "prints", "reference_price", "restless", "segment", "split_after"),
        *("static_reference",),
        *("step_token", "symbol", "trades_before", "tripped", "waiting"),
    )

    def __init__(self, instrument: Instrument, segment: Segment, floor: Floor) -> None:
        self.symbol = instrument.symbol
        self.instrument = instrument
        self.segment = segment
        self.floor = floor
        self.book = OrderBook()
        self.waiting = Waiting()
        self.phase = segment.phase
        self.permits = PERMITS[self.phase]
        self.plain_entries = PLAIN_ENTRIES[self.phase]
        self.reference_price = instrument.definition.reference_price
        self.last_price = self.reference_price
        self.open_price = 0
        self.close_price = 0
        self.static_reference = 0
        self.halted = False
        self.extended = False
        self.restless = False
        self.tripped = ""
        self.trades_before = 0
        self.split_after = 0
        self.prints: list[int] = []
        self.draws = 0
        self.phase_token = 0
        self.step_token = 0

    def draw(self, below: int) -> int:
        """The book's next random number, from 0 to `below`."""
        self.draws += 1
        return self.floor.draw(self.symbol, self.draws, below)

    # Orders come, rest and go

    def enter(self, order: Order) -> None:
        """Match an incoming order, then rest or cancel what is left (rules 2.2 and 2.3).

        In a call it is collected.
        """
        if not self.permits.match:
            self._collect(order)
            return
        price = order.price
        opposite = self.book.asks if order.is_buy else self.book.bids
        if not price or opposite.crosses(price):
            self._match(order, opposite)
        if not order.leaves_qty:
            if order.status == OrdStatus.FILLED:
                self.floor.orders.finish(order)
        else:
            if not price or order.terms.time_in_force in NEVER_RESTS:
                self.floor.cancel(order, CancelReason.IMMEDIATE, self.phase)
            elif self.tripped and order.terms.ord_type == OrdType.PEGGED:
                # It would trip the guard again as soon as the auction is over.
                self.waiting.forget(order)
                self.floor.cancel(order, CancelReason.STATE, self.phase)
            else:
                self.rest(order)
            if self.tripped:
                guard, self.tripped = self.tripped, ""
                self.floor.stop_trading(self.symbol, guard)

    def rest(self, order: Order) -> None:
        """Stand in the book, last in time at its price; a reserve order with a slice."""
        special = order.special
        if special is not None and not special.shown and order.max_floor:
            special.shown = self.slice_size(order, order.leaves_qty, special.refreshes)
        (self.book.bids if order.is_buy else self.book.asks).add(order)

    def leave(self, order: Order) -> None:
        """Take an order out of the book, or from where it waits."""
        special = order.special
        if special is None or special.place is Place.BOOK:
            (self.book.bids if order.is_buy else self.book.asks).remove(order)
            if special is not None:
                self.waiting.forget(order)
        else:
            self.waiting.remove(order)

    def slice_size(self, order: Order, left: int, nth: int) -> int:
        """What a reserve order with so much left shows as slice number `nth` (rule 2.6.4)."""
        instructions = order.terms.instructions
        assert instructions is not None
        size, vary = instructions.max_floor, instructions.display_range
        if vary:
            drawn = self.floor.draw(f"slice {order.order_id}", nth, 2 * vary)
            lot = self.instrument.lot
            size = max(lot, (size - vary + drawn) // lot * lot)
        return min(size, left)

    def _collect(self, order: Order) -> None:
        """Rest in a call; a market order that comes in where nothing is collected is over."""
        if order.price or self.permits.enter:
            self.rest(order)
        else:
            self.floor.cancel(order, CancelReason.IMMEDIATE, self.phase)

    # Matching

    def _match(self, order: Order, opposite: BookSide) -> None:
        segment = self.segment
        limit: int | None = order.price or None
        levels_max = None
        if limit is None:
            best_only = segment.market_orders == MarketOrders.BEST_LEVEL
            levels_max = 1 if best_only else None
            limit = None if best_only else self._band_limit(order)
        guarded = segment.guarded and self.open_price
        fills = None
        if order.special is None:
            internal = segment.internal_priority
            fills = plan(opposite, order, limit=limit, levels_max=levels_max, internal=internal)
        if fills is None:
            careful = self._plan_carefully(order, opposite, limit, levels_max)
            self._carry_out(order, self._guard(order, careful) if guarded else careful, opposite)
        elif guarded:
            self._carry_out(order, self._guard(order, CarefulPlan(fills)), opposite)
        elif (
            order.terms.time_in_force != FILL_OR_KILL
            or sum(fill.qty for fill in fills) == order.leaves_qty
        ):
            self._trade(order, fills, opposite)

    def _guard(self, order: Order, careful: CarefulPlan) -> CarefulPlan:
        """What of a plan the volatility guards let happen (rule 6.4): all before a trade outside.

        Fill or kill orders are killed by it, and trading goes on.
        """
        fills = careful.fills
        if sum(fill.qty for fill in fills) < order.min_qty:
            return careful  # nothing would trade
        low, high = guards.bounds(self)
        for n, fill in enumerate(fills):
            price = fill.resting.price
            if fill.qty and not low <= price <= high:
                if order.terms.time_in_force != FILL_OR_KILL:
                    self.tripped = guards.tripped_by(self, price, self.last_price)
                return CarefulPlan(fills[:n])
        return careful

    def _carry_out(self, order: Order, careful: CarefulPlan, opposite: BookSide) -> None:
        """Let a plan happen: all of it for fill or kill, or the minimum that is asked."""
        fills = careful.fills
        filled = sum(fill.qty for fill in fills)
        if order.terms.time_in_force == FILL_OR_KILL and filled != order.leaves_qty:
            return
        if filled < order.min_qty:
            fills = [fill for fill in fills if not fill.qty]
        self._trade(order, fills, opposite)
        if careful.stopped:
            self.floor.cancel(order, CancelReason.SELF_MATCH, self.phase)

    def _plan_carefully(
        self, order: Order, opposite: BookSide, limit: int | None, levels_max: int | None
    ) -> CarefulPlan:
        return plan_carefully(
            opposite,
            order,
            limit=limit,
            levels_max=levels_max,
            internal=self.segment.internal_priority,
            slice_size=self.slice_size,
        )

    def _trade(self, order: Order, fills: list[Fill], opposite: BookSide) -> None:
        for resting, qty, refresh in fills:
            if not qty:
                self.leave(resting)
                self.floor.cancel(resting, CancelReason.SELF_MATCH, self.phase)
                continue
            price = resting.price
            if qty == resting.leaves_qty:
                opposite.remove(resting)
                if resting.special is not None:
                    self.waiting.forget(resting)
                self.floor.orders.finish(resting)
            self.execute(resting, order, price, qty)
            if refresh:
                self._refresh(resting, refresh, opposite)

    def execute(self, resting: Order, order: Order, price: int, qty: int, cross: str = "") -> None:
        """One match at a price: both orders, the record of it, and what the price means."""
        floor = self.floor
        trades = floor.trades
        match_id = trades.count + 1
        hides = "" if self.segment.shows_all else self._hidden(resting, order)
        trades.add(Trade(match_id, floor.at, self.symbol, price, qty, resting, order, cross, hides))
        floor.events.append(
            Traded(
                match_id,
                self.symbol,
                price,
                qty,
                resting.execute(price, qty),
                order.execute(price, qty),
                self.phase,
                cross,
                hides,
            )
        )
        self.last_price = price
        if not self.open_price:
            self.open_price = self.static_reference = price
        if self.restless:
            self.prints.append(price)

    def _hidden(self, resting: Order, incoming: Order) -> str:
        """Whose member the trade history does not show (rule 7.3)."""
        if self.segment.definition.anonymity == "index":
            return "RI"
        hiding = self.floor.hiding
        resting_side = "R" if resting.member in hiding else ""
        return resting_side + "I" if incoming.member in hiding else resting_side

    def _refresh(self, order: Order, size: int, side: BookSide) -> None:
        """Show a reserve order's next slice, behind everybody at its price (rule 2.6.2)."""
        assert order.special is not None
        side.remove(order)
        order.prio = self.floor.next_prio()
        order.special.refreshes += 1
        order.special.shown = size
        side.add(order)
        state = order.state()
        self.floor.events.append(OrderRestated(state, Restatement.REFRESHED, self.phase))

    def _band_limit(self, order: Order) -> int | None:
        if not self.last_price:
            return None
        low, high = price_bands.bounds(self.last_price, SWEEP_BAND_PERCENT)
        return high if order.is_buy else low

    # Phase

    def set_phase(self, phase: Phase) -> None:
        """Be in another phase; what that means for orders is `trading_day`'s business."""
        self.phase = phase
        self.permits = PERMITS[phase]
        self.plain_entries = PLAIN_ENTRIES[phase]
        self.phase_token += 1
