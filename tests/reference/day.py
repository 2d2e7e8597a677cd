"""The trading day the slow way: phases, calls, guards, halts, expiry (rules 1.3, 4.5 to 6.4)."""

from __future__ import annotations

from typing import NamedTuple

from tests.reference import calls
from tests.reference.following import Following
from tests.reference.orders import ASLEEP, BOOK, OUTLIVES_DAY, STAYS, NaiveOrder
from tests.reference.rules import (
    CALLS,
    CONTINUOUS,
    DAY_IS_OVER,
    VenueRules,
    cross_of,
    is_too_far,
    uncrosses,
)
from tests.reference.trading import draw_of_book

SECOND = 1_000_000_000
EXTENSION = 180 * SECOND
GUARD_CALL = {"dynamic": 60 * SECOND, "static": 180 * SECOND}
RESUMPTION = 600 * SECOND
RANDOM_END = 5 * SECOND


class Moment(NamedTuple):
    """The book goes into a phase by itself; forgotten when anybody orders something else."""

    at: int
    phase: str
    follows: bool
    """Whether it is a step of the segment's, which a halted book does not take."""


class Day(Following):
    """A book that goes through the phases of a day; `planned` is what it does by itself."""

    def __init__(self, rules: VenueRules) -> None:
        super().__init__(rules)
        self.segment_phase = rules.phase
        self.previous_close = rules.reference
        self.halted = False
        self.extended = False
        self.planned: list[Moment] = []

    # Phases

    def order_phase(self, phase: str) -> None:
        """The operator puts the segment into a phase; the book follows unless it is halted."""
        self.segment_phase = phase
        self.planned = [one for one in self.planned if not one.follows]
        self.follow(phase)

    def follow(self, phase: str) -> None:
        """5.4: a halted book takes only the end of the day, and then waits."""
        if not self.halted:
            self.change_phase(phase)
        elif phase in DAY_IS_OVER:
            self.begin(phase)
        elif self.phase in DAY_IS_OVER:
            self.begin("HALT_FROZEN")

    def reach(self, moment: Moment) -> None:
        """A planned moment has come."""
        if moment.follows:
            self.follow(moment.phase)
        else:
            self.change_phase(moment.phase)

    def change_phase(self, phase: str) -> None:
        """End the phase, with an uncross if that is due, and begin the other."""
        before = self.phase
        if phase == before and phase not in CALLS:
            return
        if not uncrosses(before, phase):
            self.begin(phase)
            return
        if before in DAY_IS_OVER and not self.extended:
            self._begin_day()
        cross = cross_of(before)
        found = calls.price_of(self.book(), self.rules.tick, self.last)
        if found and self._is_extended(found.price, cross):
            self.extended = True
            self.planned = [one for one in self.planned if not one.follows]
            self.planned.append(Moment(self.now + EXTENSION, phase, follows=True))
            return
        if found:
            self._uncross(found)
            self.static = found.price
            if cross == "C":
                self.close = found.price
        self.begin(phase, after_call=True)

    def _is_extended(self, price: int, cross: str) -> bool:
        """4.7: opening and closing calls only, and once."""
        too_far = is_too_far(price, self.last, self.rules.extension)
        return too_far and not self.extended and cross in ("O", "C")

    def _uncross(self, found: calls.Tried) -> None:
        """4.5: all at one price."""
        for incoming in calls.short_side(self.book(), found):
            while incoming.leaves:
                internal = self.rules.internal_in_calls
                resting = calls.next_long(self.book(), found, incoming, internal=internal)
                qty = min(incoming.leaves, resting.leaves)
                self.execute(resting, incoming, found.price, qty)

    def begin(self, phase: str, *, after_call: bool = False) -> None:
        """The book is in a phase from here on."""
        before, self.phase = self.phase, phase
        self.planned = [one for one in self.planned if one.follows]
        if after_call:
            self.extended = False
            self._clear_after_call()
        if phase in DAY_IS_OVER:
            if before not in DAY_IS_OVER:
                self._end_day()
        elif before in DAY_IS_OVER and not after_call:
            self._begin_day()
        elif phase == "CLOSING_CALL":
            self._give_up_on_open()
        if phase in CALLS or phase == "PRE_OPEN":
            self._wake(closing=phase == "CLOSING_CALL")
        if phase != CONTINUOUS:
            self.rest_pegs()
        self.settle()

    def _clear_after_call(self) -> None:
        """4.6.1: what was for this auction goes, reserve orders show a fresh slice."""
        for order in self.book():
            if not order.at or order.lasts not in STAYS:
                self.give_up(order)
            elif order.floor:
                order.slices += 1
                order.shown = self.slice_size(order, order.leaves, order.slices)

    def _give_up_on_open(self) -> None:
        for order in self.book():
            if order.lasts == "2":
                self.give_up(order)

    def _wake(self, *, closing: bool) -> None:
        """4.1.4: on-auction orders join the call they waited for, behind those that are there."""
        sleepers = [order for order in self.live if order.place == ASLEEP and not order.is_peg]
        for order in sorted(sleepers, key=lambda order: order.prio):
            if order.lasts == "B" or (closing and order.lasts == "7"):
                order.prio = self.next_prio()
                order.at = order.limit
                self.rest(order)

    # Days

    def _end_day(self) -> None:
        """1.3 and 7.5: what does not outlive the day expires; the closing price is fixed."""
        for order in list(self.live):
            if order.lasts not in OUTLIVES_DAY:
                self.give_up(order, "3" if self.rules.done_for_day else "C")
        self.close = self.close or self.last

    def _begin_day(self) -> None:
        """Yesterday's close is the reference; reserve orders show a full slice (1.3)."""
        self.previous_close = self.close or self.previous_close
        self.last = self.previous_close
        self.open = self.close = self.static = 0
        self.extended = False
        for order in self.live:
            if order.floor:
                order.shown = min(order.floor, order.leaves)

    def expire_at(self, moment: int) -> None:
        """1.3: good till date orders whose time is up, oldest first."""
        due = [order for order in self.live if order.lasts == "6" and order.until <= moment]
        for order in sorted(due, key=lambda order: (order.until, order.number)):
            if order.leaves:
                self.give_up(order, "C")
                self.settle()

    def next_expiry(self) -> int | None:
        """When the next order ends by itself."""
        return min((order.until for order in self.live if order.lasts == "6"), default=None)

    # Standing apart

    def stop_trading(self, guard: str) -> None:
        """6.4.3: a call of one or three minutes and a little more, then on."""
        self.begin("VOLATILITY_AUCTION")
        self._return_in(GUARD_CALL[guard])

    def _return_in(self, nanos: int) -> None:
        self.draws += 1
        at = self.now + nanos + draw_of_book(self.draws, RANDOM_END)
        self.planned.append(Moment(at, CONTINUOUS, follows=False))

    def halt(self, *, entry: bool, flush: bool) -> None:
        """5.4.2: trading stops; some orders asked to leave then, and all may have to."""
        self.halted = True
        self.planned = []
        if self.phase not in DAY_IS_OVER:
            phase = "HALT_OPEN" if entry else "HALT_FROZEN"
            if self.phase != phase:
                self.begin(phase)
        for order in list(self.live):
            if flush or order.asked.exec_inst == "K":
                self.give_up(order)

    def resume(self) -> None:
        """5.4.2: by a call of ten minutes, or into the phase that the segment is in by now."""
        self.halted = False
        if not self.phase.startswith("HALT"):
            return
        if self.segment_phase == CONTINUOUS:
            self.begin("HALT_OPEN")
            self._return_in(RESUMPTION)
        else:
            self.begin(self.segment_phase)

    def waiting(self) -> list[NaiveOrder]:
        """Everybody who works outside the book."""
        return [order for order in self.live if order.place != BOOK]
