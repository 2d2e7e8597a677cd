"""Continuous trading the slow way: one list, searched anew for every fill (rules 2.1 to 2.8, 6.4).

What follows from a trade, and what a phase is, stands in the classes that build on this one.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple

from tests.reference.orders import BOOK, OUT, NaiveOrder
from tests.reference.rules import CONTINUOUS, NO_ENTRY, SYMBOL, VenueRules, is_too_far

NEVER_RESTS = ("3", "4")
SWEEP_PERCENT = 5


class NaiveTrade(NamedTuple):
    """Two orders that met, by number."""

    price: int
    qty: int
    resting: int
    incoming: int


class Step(NamedTuple):
    """What befalls a resting order: a trade, or with a quantity of 0 its cancellation (2.8)."""

    order: NaiveOrder
    qty: int
    refresh: int = 0


class Way(NamedTuple):
    """Where an incoming order would get to; `stopped`: it is canceled at the end of it (2.8)."""

    steps: list[Step]
    stopped: bool = False

    @property
    def filled(self) -> int:
        """How much it would trade."""
        return sum(step.qty for step in self.steps)


@dataclass(slots=True)
class Offer:
    """A resting order while a way is looked for."""

    order: NaiveOrder
    left: int
    offered: int
    prio: int
    slices: int


class Trading:
    """The book and its prices; everything that works is in `live`, oldest first."""

    def __init__(self, rules: VenueRules) -> None:
        self.rules = rules
        self.phase = rules.phase
        self.now = 0
        self.prio = 0
        self.draws = 0
        self.live: list[NaiveOrder] = []
        self.trades: list[NaiveTrade] = []
        self.touched: list[NaiveOrder] = []
        self.prints: list[int] = []
        self.last = rules.reference
        self.open = 0
        self.close = 0
        self.static = 0

    # Asked

    def book(self) -> list[NaiveOrder]:
        """Everybody who stands in the book."""
        return [order for order in self.live if order.place == BOOK]

    def ranked(self, *, buys: bool) -> list[NaiveOrder]:
        """One side as an outsider's order would meet it; without a limit first."""
        side = [order for order in self.live if order.place == BOOK and order.buys is buys]
        sign = -1 if buys else 1
        return sorted(
            side, key=lambda o: (sign * o.at if o.at else -(10**15), not o.displayed, o.prio)
        )

    def best_displayed(self, *, buys: bool, but: NaiveOrder | None = None) -> int:
        """The best price that is shown, by another order than `but`; 0 if there is none."""
        prices = [
            order.at
            for order in self.live
            if order.place == BOOK
            and order.buys is buys
            and order.displayed
            and order.at
            and order is not but
        ]
        if not prices:
            return 0
        return max(prices) if buys else min(prices)

    # Orders come, rest and go

    def next_prio(self) -> int:
        """1.1.9: a place in time behind everybody."""
        self.prio += 1
        return self.prio

    def enter(self, order: NaiveOrder) -> None:
        """2.2 and 2.3: trade what can be traded, then rest or go; in a call only rest."""
        if self.phase != CONTINUOUS:
            if order.at or self.phase not in NO_ENTRY:
                self.rest(order)
            else:
                self.give_up(order)
            return
        guard = self._match(order)
        if not order.leaves:
            return
        if not order.at or order.lasts in NEVER_RESTS or (guard and order.is_peg):
            self.give_up(order)
        else:
            self.rest(order)
        if guard:
            self.stop_trading(guard)

    def rest(self, order: NaiveOrder) -> None:
        """Stand in the book; a reserve order with a slice."""
        order.place = BOOK
        if order.floor and not order.shown:
            order.shown = self.slice_size(order, order.leaves, order.slices)

    def give_up(self, order: NaiveOrder, status: str = "4") -> None:
        """What is left of an order is gone."""
        order.given_up = order.leaves
        order.leaves = 0
        self._end(order, status)

    def _end(self, order: NaiveOrder, status: str) -> None:
        order.status = status
        order.place = OUT
        if order in self.live:
            self.live.remove(order)
        self.touched.append(order)

    def slice_size(self, order: NaiveOrder, left: int, nth: int) -> int:
        """2.6.4: what a reserve order shows next."""
        size, vary, lot = order.floor, order.asked.display_range, self.rules.lot
        if vary:
            drawn = draw(f"slice {order.number}", nth, 2 * vary)
            size = max(lot, (size - vary + drawn) // lot * lot)
        return min(size, left)

    # Matching

    def _match(self, order: NaiveOrder) -> str:
        """Trade; returns the volatility guard that stopped it, "" for none."""
        way = self._way(order)
        way, guard = self._guarded(order, way)
        if order.lasts == "4" and way.filled != order.leaves:
            return ""
        steps = way.steps
        if way.filled < order.minimum:
            steps = [step for step in steps if not step.qty]
        for step in steps:
            resting = step.order
            if not step.qty:
                self.give_up(resting)
                continue
            self.execute(resting, order, resting.at, step.qty)
            if step.refresh:
                resting.prio = self.next_prio()
                resting.slices += 1
                resting.shown = step.refresh
        if way.stopped:
            self.give_up(order)
        return guard

    def _way(self, order: NaiveOrder) -> Way:
        opposite = [one for one in self.live if one.place == BOOK and one.buys is not order.buys]
        offers = [
            Offer(one, one.leaves, one.shown if one.floor else one.leaves, one.prio, one.slices)
            for one in self._reached(order, opposite)
        ]
        prio, wanted = self.prio, order.leaves
        steps: list[Step] = []
        while wanted and (first := self._first(order, offers, wanted)):
            action = self_match(order, first.order)
            if action:
                offers.remove(first)
                if action != "1":
                    steps.append(Step(first.order, 0))
                if action != "2":
                    return Way(steps, stopped=True)
                continue
            qty = min(first.offered, wanted)
            wanted -= qty
            first.left -= qty
            refresh = 0
            if not first.left:
                offers.remove(first)
            elif qty == first.offered:
                first.slices += 1
                prio += 1
                refresh = self.slice_size(first.order, first.left, first.slices)
                first.offered, first.prio = refresh, prio
            steps.append(Step(first.order, qty, refresh))
        return Way(steps)

    def _first(self, order: NaiveOrder, offers: list[Offer], wanted: int) -> Offer | None:
        """2.1.2, word by word: who stands first; 2.7.1: some are skipped."""
        internal = self.rules.internal and order.internal
        sign = 1 if order.buys else -1

        def key(offer: Offer) -> tuple[int, bool, bool, int]:
            one = offer.order
            own = internal and one.internal and one.member == order.member
            return (sign * one.at, not own, not one.displayed, offer.prio)

        takes_part = [
            offer
            for offer in offers
            if wanted >= offer.order.minimum or self_match(order, offer.order)
        ]
        return min(takes_part, key=key, default=None)

    def _reached(self, order: NaiveOrder, opposite: list[NaiveOrder]) -> list[NaiveOrder]:
        """Those at a price that the order accepts: 1.2, 2.2.1, 2.3.4."""
        if not opposite:
            return []
        if order.at:
            return [one for one in opposite if _is_within(one.at, order.at, order)]
        if self.rules.sweeps:
            if not self.last:
                return opposite
            percent = 100 + SWEEP_PERCENT if order.buys else 100 - SWEEP_PERCENT
            return [one for one in opposite if _is_within(100 * one.at, percent * self.last, order)]
        prices = [one.at for one in opposite]
        best = min(prices) if order.buys else max(prices)
        return [one for one in opposite if one.at == best]

    def _guarded(self, order: NaiveOrder, way: Way) -> tuple[Way, str]:
        """6.4.5: what happens before the first trade that is too far off, and which guard says so.

        Nothing stops an order that would not trade, nor one that is killed by it.
        """
        rules = self.rules
        if not self.open or way.filled < order.minimum:
            return way, ""
        for n, step in enumerate(way.steps):
            if not step.qty:
                continue
            if is_too_far(step.order.at, self.last, rules.guard_dynamic):
                guard = "dynamic"
            elif is_too_far(step.order.at, self.static, rules.guard_static):
                guard = "static"
            else:
                continue
            return Way(way.steps[:n]), "" if order.lasts == "4" else guard
        return way, ""

    def execute(self, resting: NaiveOrder, incoming: NaiveOrder, price: int, qty: int) -> None:
        """One trade."""
        self.trades.append(NaiveTrade(price, qty, resting.number, incoming.number))
        for order in (resting, incoming):
            order.leaves -= qty
            order.cum += qty
            order.shown = max(0, order.shown - qty)
            order.status = "1"
            self.touched.append(order)
            if not order.leaves:
                self._end(order, "2")
        self.last = price
        if not self.open:
            self.open = self.static = price
        self.prints.append(price)

    def stop_trading(self, guard: str) -> None:
        """A volatility guard has tripped (6.4)."""
        raise NotImplementedError


def _is_within(price: int, bound: int, order: NaiveOrder) -> bool:
    return price <= bound if order.buys else price >= bound


def self_match(incoming: NaiveOrder, resting: NaiveOrder) -> str:
    """2.8.1 and 2.8.2: what the incoming order does when it meets one it must not; "" if it may."""
    mine = incoming.asked
    if not mine.self_match or incoming.member != resting.member:
        return ""
    if mine.self_match_level == "1" and incoming.trader != resting.trader:
        return ""
    if mine.self_match_level == "3" and mine.self_match_group != resting.asked.self_match_group:
        return ""
    return mine.self_match


def draw(name: str, count: int, below: int) -> int:
    """The published formula of random moments and slices, for the seed 0."""
    digest = blake2b(f"0 {count} {name}".encode(), digest_size=16).digest()
    return int.from_bytes(digest) % (below + 1)


def draw_of_book(count: int, below: int) -> int:
    """A random moment of the book."""
    return draw(SYMBOL, count, below)
