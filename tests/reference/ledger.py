"""Double entry over what an exchange reports: nothing is traded with one side only, or lost.

It adds up events alone, and is asked after every command.
"""

from __future__ import annotations

from engine.events import (
    Event,
    OrderAccepted,
    OrderCanceled,
    OrderDoneForDay,
    OrderExpired,
    OrderReplaced,
    OrderState,
    Traded,
)


class Unbalanced(AssertionError):
    """The sums do not agree; the text says which."""


class Ledger:
    """What was ordered, traded and given up, by order."""

    def __init__(self) -> None:
        self.bought = 0
        self.sold = 0
        self._leaves: dict[int, int] = {}
        self._traded: dict[int, int] = {}
        self._gone: dict[int, int] = {}
        self._touched: dict[int, OrderState] = {}

    def hear(self, events: list[Event]) -> None:
        """Add what a command caused, and see that all sums agree."""
        self._touched.clear()
        for event in events:
            match event:
                case Traded():
                    self._trade(event)
                case OrderCanceled() | OrderExpired():
                    self._give_up(event.order)
                case OrderDoneForDay() if not event.order.leaves_qty:
                    self._give_up(event.order)
                case OrderAccepted() | OrderReplaced():
                    self._note(event.order)
                case _:
                    pass
        for state in self._touched.values():
            self._check(state)
        if self.bought != self.sold:
            raise Unbalanced(f"bought {self.bought}, sold {self.sold}")

    def _trade(self, event: Traded) -> None:
        if event.resting.order_id == event.incoming.order_id or event.qty <= 0:
            raise Unbalanced(f"no trade: {event}")
        for state in (event.resting, event.incoming):
            if state.terms.side == "1":
                self.bought += event.qty
            else:
                self.sold += event.qty
            known = self._traded.get(state.order_id, 0)
            self._traded[state.order_id] = known + event.qty
            self._note(state)

    def _give_up(self, state: OrderState) -> None:
        """What it had left the last time it was heard of."""
        self._gone[state.order_id] = self._leaves[state.order_id]
        self._note(state)

    def _note(self, state: OrderState) -> None:
        self._leaves[state.order_id] = state.leaves_qty
        self._touched[state.order_id] = state

    def _check(self, state: OrderState) -> None:
        number = state.order_id
        traded, gone = self._traded.get(number, 0), self._gone.get(number, 0)
        if traded != state.cum_qty:
            raise Unbalanced(f"order {number}: CumQty {state.cum_qty}, but traded {traded}")
        if traded + state.leaves_qty + gone != state.terms.qty:
            raise Unbalanced(
                f"order {number}: {traded} traded, {state.leaves_qty} left, {gone} given up "
                f"of {state.terms.qty}"
            )
