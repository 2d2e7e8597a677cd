"""The engine beside the naive exchange: after every command both must say the same.

Compared are the trades of the command in order; status, leaves and executed quantity of every order
it touched and of every order that works; both queues by rank with what each order shows; phase and
last price. Besides, nothing is lost (`ledger`), and a book that trades continuously is uncrossed.
"""

from __future__ import annotations

from typing import NamedTuple

from engine.commands import Command
from engine.events import Event, OrderState, Traded
from engine.exchange import Exchange
from tests.reference.exchange import NaiveExchange
from tests.reference.ledger import Ledger
from tests.reference.orders import NaiveOrder
from tests.reference.rules import CONTINUOUS, SYMBOL, VenueRules
from tests.reference.stream import Stream
from tests.reference.trading import NaiveTrade

EPISODE = 400
"""So many commands one venue lives: a tape that short is soon made shorter."""

Tape = list[tuple[Command, int]]
"""Commands and the moments at which they come."""


class Differs(AssertionError):
    """The two do not say the same; the text says of what."""


class Pair:
    """An engine and a naive exchange that hear the same."""

    def __init__(self, rules: VenueRules) -> None:
        self.engine = Exchange()
        self.naive = NaiveExchange(rules)
        self.traded = 0
        self.ledger = Ledger()
        self._seq = 0
        self._states: dict[int, tuple[str, int, int]] = {}
        for command in rules.definitions():
            self._seq += 1
            self.engine.apply(command, self._seq, 0)
        self._market = self.engine.markets[SYMBOL]

    def apply(self, command: Command, at: int) -> None:
        """Let both carry out a command, and compare."""
        self._seq += 1
        self.naive.apply(command, at)
        try:
            events = self.engine.apply(command, self._seq, at)
        except (AssertionError, LookupError, StopIteration, ValueError) as error:
            raise Differs(f"the engine stopped: {error!r}") from error
        self._compare(events)
        self.ledger.hear(events)
        if self.naive.phase == CONTINUOUS:
            _check_uncrossed(self.naive.book())

    def _compare(self, events: list[Event]) -> None:
        trades: list[NaiveTrade] = []
        for event in events:
            if isinstance(event, Traded):
                ids = event.resting.order_id, event.incoming.order_id
                trades.append(NaiveTrade(event.price, event.qty, *ids))
                self._note(event.resting)
                self._note(event.incoming)
            else:
                state = getattr(event, "order", None)
                if state is not None:
                    self._note(state)
        naive, market = self.naive, self._market
        self.traded += len(trades)
        _same("trades", trades, naive.trades)
        _same("phase", market.phase.value, naive.phase)
        _same("last price", market.last_price, naive.last)
        for order in naive.touched:
            _same(f"order {order.number}", self._states.get(order.number), order.state())
        self._compare_working()
        for buys, side in ((True, market.book.bids), (False, market.book.asks)):
            queue = [
                (o.order_id, o.price, o.special.shown if o.special else 0) for o in side.orders()
            ]
            expected = [(o.number, o.at, o.shown) for o in naive.ranked(buys=buys)]
            _same("queue of buys" if buys else "queue of sells", queue, expected)

    def _note(self, state: OrderState) -> None:
        """A report that an order did enough for today is not its end where it goes on."""
        if state.leaves_qty and state.status == "3":
            return
        self._states[state.order_id] = (state.status, state.leaves_qty, state.cum_qty)

    def _compare_working(self) -> None:
        working = sorted(
            (o.order_id, o.status.value, o.leaves_qty, o.cum_qty, o.cl_ord_id)
            for o in self.engine.orders.all_working()
        )
        expected = sorted((o.number, *o.state(), o.name) for o in self.naive.live)
        _same("working orders", working, expected)


def _check_uncrossed(book: list[NaiveOrder]) -> None:
    """Bids are below asks, but for hidden orders whose minimum kept them from trading (2.7)."""
    bids = [order.at for order in book if order.buys and order.asked.min_qty <= 1]
    asks = [order.at for order in book if not order.buys and order.asked.min_qty <= 1]
    if bids and asks and max(bids) >= min(asks):
        raise Differs(f"the book is crossed: {max(bids)} bid, {min(asks)} asked")


def _same(what: str, engine: object, naive: object) -> None:
    if engine != naive:
        raise Differs(f"{what}: the engine says {engine}, the rule book says {naive}")


class Difference(NamedTuple):
    """Where the two part: the rules, the shortest tape found, and what the last command did."""

    rules: VenueRules
    tape: Tape
    what: str

    def text(self) -> str:
        """The tape to read."""
        lines = [f"at {at / 1e9:g}: {command}" for command, at in self.tape]
        return "\n".join([self.what, str(self.rules), *lines])


class Episode(NamedTuple):
    """What came of one seed: commands carried out, trades made, and the difference if any."""

    commands: int
    trades: int
    difference: Difference | None = None


def run_episode(rules: VenueRules, seed: int, commands: int = EPISODE) -> Episode:
    """One venue from its beginning."""
    pair = Pair(rules)
    stream = Stream(pair.naive, seed)
    tape: Tape = []
    for n in range(commands):
        command = stream.next()
        tape.append((command, stream.at))
        try:
            pair.apply(command, stream.at)
        except AssertionError:
            shortest, what = shorten(rules, tape)
            return Episode(n + 1, pair.traded, Difference(rules, shortest, what))
    return Episode(commands, pair.traded)


def difference(rules: VenueRules, tape: Tape) -> str:
    """What the two disagree about when they hear a tape, "" for nothing."""
    pair = Pair(rules)
    for command, at in tape:
        try:
            pair.apply(command, at)
        except AssertionError as differs:
            return str(differs)
    return ""


def shorten(rules: VenueRules, tape: Tape) -> tuple[Tape, str]:
    """Leave commands out, many at first and then one by one, as long as the two still differ."""
    size = len(tape) // 2
    while size:
        end = len(tape)
        while end > 0:
            shorter = tape[: max(0, end - size)] + tape[end:]
            if difference(rules, shorter):
                tape = shorter
            end -= size
        size //= 2
    return tape, difference(rules, tape)
