"""What all markets of an exchange share while a command is carried out.

Counters, the registry of orders, what is to happen later, and the list of events of the command. It
decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.agenda import Agenda
from engine.draws import draw
from engine.events import Event, OrderCanceled
from engine.oms.expiries import Expiries
from engine.oms.order_registry import OrderRegistry
from engine.oms.trades import Trades
from engine.order import Order
from engine.subscriptions import Subscriptions
from engine.values import CancelReason


class Floor:
    """The room in which the markets stand; `at` is the market time of what happens now, `hiding`
    the members that chose not to be shown, `guard_tripped` stops trading in a book.
    """

    __slots__ = (
        *("agenda", "at", "events", "expiries", "guard_tripped", "hiding"),
        *("order_count", "orders", "prio", "seed", "subscriptions", "trades"),
    )

    def __init__(self) -> None:
        self.at = 0
        self.seed = 0
        self.order_count = 0
        self.prio = 0
        self.guard_tripped: Callable[[str, str], None] = _nobody
        self.hiding: dict[str, bool] = {}
        self.events: list[Event] = []
        self.orders = OrderRegistry()
        self.expiries = Expiries()
        self.trades = Trades()
        self.agenda = Agenda()
        self.subscriptions = Subscriptions()

    def stop_trading(self, symbol: str, guard: str) -> None:
        """A volatility guard has tripped in a book: trading stops there before anything else."""
        self.guard_tripped(symbol, guard)

    def next_prio(self) -> int:
        """A place in time behind everybody (rule 1.1.9)."""
        self.prio += 1
        return self.prio

    def cancel(self, order: Order, reason: CancelReason, phase: str) -> None:
        """An order that stands nowhere any more is over."""
        self.orders.finish(order)
        self.events.append(OrderCanceled(order.cancel(), reason, phase))

    def draw(self, name: str, count: int, below: int) -> int:
        """A number from 0 to `below` that nobody can know beforehand and every replay knows."""
        return draw(self.seed, name, count, below)


def _nobody(symbol: str, guard: str) -> None:
    """A floor without an exchange has nobody to stop trading."""
