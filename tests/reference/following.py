"""Stops and pegs the slow way: all of them are asked, time after time (rules 1.2 and 1.4)."""

from __future__ import annotations

from tests.reference.orders import ASLEEP, OUT, STOP, NaiveOrder
from tests.reference.rules import CONTINUOUS, NO_ENTRY, waits
from tests.reference.trading import Trading


class Following(Trading):
    """A book with orders that wait for a trade or follow the quotes."""

    def come_in(self, order: NaiveOrder) -> None:
        """Let an order in by the way its kind needs."""
        if order.is_stop and not order.triggered:
            order.place, order.at = STOP, 0
            order.stop = order.asked.stop_px
            if order.asked.exec_inst == "a":
                distance = abs(order.asked.peg_offset)
                order.stop = self.last + distance if order.buys else self.last - distance
        elif order.triggered:
            order.at = order.limit
            self.enter(order)
        elif waits(order, self.phase):
            order.place, order.at = ASLEEP, 0
        elif order.is_peg:
            self._stand(order, self._peg_price(order))
        else:
            order.at = order.limit
            self.enter(order)

    def settle(self) -> None:
        """Let happen what trades and quotes have caused, until all stand where they should."""
        while True:
            called = self._called()
            if called:
                for order in called:
                    self._trigger(order)
            elif self.phase != CONTINUOUS or not self._follow_quotes():
                break
        if self.phase == CONTINUOUS:
            self._cancel_those_not_best()

    def _cancel_those_not_best(self) -> None:
        bid, ask = self.best_displayed(buys=True), self.best_displayed(buys=False)
        for order in self.book():
            best = bid if order.buys else ask
            better = best > order.at if order.buys else best < order.at
            if order.asked.exec_inst == "Z" and best and better:
                self.give_up(order)

    # Stops

    def _called(self) -> list[NaiveOrder]:
        """1.4.2 and 1.4.4: stops that the trades since the last look have triggered, by time."""
        if self.phase in NO_ENTRY:
            return []
        prints, self.prints = self.prints, []
        stops = [order for order in self.live if order.place == STOP]
        called = [order for price in prints for order in stops if self._is_reached(order, price)]
        return sorted(dict.fromkeys(called), key=lambda order: order.prio)

    @staticmethod
    def _is_reached(order: NaiveOrder, price: int) -> bool:
        if order.asked.exec_inst == "a":
            distance = abs(order.asked.peg_offset)
            if order.buys:
                order.stop = min(order.stop, price + distance)
            else:
                order.stop = max(order.stop, price - distance)
        return price >= order.stop if order.buys else price <= order.stop

    def _trigger(self, order: NaiveOrder) -> None:
        """1.4.3: it is an incoming order from here on."""
        if order.place != STOP:
            return
        order.place = OUT
        order.triggered = True
        order.at = order.limit
        order.prio = self.next_prio()
        self.enter(order)

    # Pegs

    def _follow_quotes(self) -> bool:
        """Move pegs to where the quotes say, first come first; whether one moved.

        When one of them has traded, or has stopped trading, the others look again.
        """
        bid, ask = self.best_displayed(buys=True), self.best_displayed(buys=False)
        moved = False
        pegs = [order for order in self.live if order.is_peg]
        for order in sorted(pegs, key=lambda order: order.prio):
            if not order.leaves:
                continue
            price = self._peg_price(order, bid, ask)
            if price == order.at:
                continue
            moved = True
            trades = len(self.trades)
            order.prio = self.next_prio()
            self._stand(order, price)
            if len(self.trades) != trades or self.phase != CONTINUOUS:
                break
        return moved and self.phase == CONTINUOUS

    def _stand(self, order: NaiveOrder, price: int) -> None:
        order.at = price
        if price:
            order.place = OUT
            self.enter(order)
        else:
            order.place = ASLEEP

    def _peg_price(self, order: NaiveOrder, bid: int = -1, ask: int = -1) -> int:
        """Where it stands beside the best prices shown; 0 for nowhere."""
        if bid < 0:
            bid, ask = self.best_displayed(buys=True), self.best_displayed(buys=False)
        asked = order.asked
        if asked.exec_inst == "M":
            if not bid or not ask:
                return 0
            price = (bid + ask) // 2 if order.buys else (bid + ask + 1) // 2
        else:
            own, other = (bid, ask) if order.buys else (ask, bid)
            price = own if asked.exec_inst == "R" else other
            if not price:
                return 0
        if asked.peg_offset:
            price = self._offset(order, price)
        if order.limit and price:
            price = min(price, order.limit) if order.buys else max(price, order.limit)
        return max(0, price)

    def _offset(self, order: NaiveOrder, price: int) -> int:
        """So many ticks or so much further, on the tick that is no more aggressive."""
        asked, tick = order.asked, self.rules.tick
        if asked.peg_offset_type == "2":
            start = price // tick if asked.peg_offset > 0 else -(-price // tick)
            price = (start + asked.peg_offset) * tick
        else:
            price += asked.peg_offset
        return price // tick * tick if order.buys else -(-price // tick) * tick

    def rest_pegs(self) -> None:
        """Outside continuous trading there are no quotes to follow."""
        for order in self.book():
            if order.is_peg:
                order.place, order.at = ASLEEP, 0
