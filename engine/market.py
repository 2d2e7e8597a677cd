"""One instrument's market: its book and rules, and the carrying out of what was decided.

`Market` is told by `Exchange` that an order may enter, change or leave; whether it may is not asked
here (`refusals`). It appends what happened to the caller's list of events, in order.
"""

from __future__ import annotations

from engine.book.matching import Fill, plan
from engine.book.order_book import OrderBook
from engine.events import Event, OrderCanceled, Traded
from engine.instrument import Instrument, Segment
from engine.order import Order
from engine.values import CancelReason, MarketOrders, OrdType, TimeInForce

MARKET = OrdType.MARKET
FILL_OR_KILL = TimeInForce.FILL_OR_KILL
NEVER_RESTS = frozenset({TimeInForce.IMMEDIATE_OR_CANCEL, FILL_OR_KILL})

SWEEP_BAND_PERCENT = 5
"""A sweeping market order never trades further than this from the last price (rule 2.3.4)."""


class Matches:
    """The venue's counter of matches; MatchID is unique across instruments."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0


class Market:
    """The market in one instrument."""

    __slots__ = ("book", "instrument", "last_price", "matches", "segment")

    def __init__(self, instrument: Instrument, segment: Segment, matches: Matches) -> None:
        self.instrument = instrument
        self.segment = segment
        self.matches = matches
        self.book = OrderBook()
        self.last_price = instrument.definition.reference_price

    def enter(self, order: Order, events: list[Event], done: list[Order]) -> None:
        """Match an incoming order, then rest or cancel what is left (rules 2.2 and 2.3).

        Orders that ended on the way are appended to `done`.
        """
        terms = order.terms
        is_market = terms.ord_type == MARKET
        opposite = self.book.opposite(order)
        if is_market or opposite.crosses(order.price):
            fills = self._plan(order, is_market=is_market)
            if (
                terms.time_in_force != FILL_OR_KILL
                or sum(fill.qty for fill in fills) == order.leaves_qty
            ):
                self._trade(order, fills, events, done)
        if not order.leaves_qty:
            done.append(order)
        elif is_market or terms.time_in_force in NEVER_RESTS:
            done.append(order)
            events.append(OrderCanceled(order.cancel(), CancelReason.IMMEDIATE, self.segment.phase))
        else:
            self.book.side_of(order).add(order)

    def leave(self, order: Order) -> None:
        """Take a resting order out of the book."""
        self.book.side_of(order).remove(order)

    def _plan(self, order: Order, *, is_market: bool) -> list[Fill]:
        segment = self.segment
        limit: int | None = order.price
        levels_max = None
        if is_market:
            best_only = segment.market_orders == MarketOrders.BEST_LEVEL
            levels_max = 1 if best_only else None
            limit = None if best_only else self._band_limit(order)
        return plan(
            self.book.opposite(order),
            order,
            limit=limit,
            levels_max=levels_max,
            internal=segment.internal_priority,
        )

    def _band_limit(self, order: Order) -> int | None:
        if not self.last_price:
            return None
        if order.is_buy:
            return self.last_price * (100 + SWEEP_BAND_PERCENT) // 100
        return -(-self.last_price * (100 - SWEEP_BAND_PERCENT) // 100)

    def _trade(
        self, order: Order, fills: list[Fill], events: list[Event], done: list[Order]
    ) -> None:
        symbol = self.instrument.symbol
        phase = self.segment.phase
        opposite = self.book.opposite(order)
        matches = self.matches
        for resting, qty in fills:
            price = resting.price
            if qty == resting.leaves_qty:
                opposite.remove(resting)
                done.append(resting)
            matches.count += 1
            events.append(
                Traded(
                    matches.count,
                    symbol,
                    price,
                    qty,
                    resting.execute(price, qty),
                    order.execute(price, qty),
                    phase,
                )
            )
            self.last_price = price
