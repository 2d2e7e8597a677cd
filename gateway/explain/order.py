"""An order: its life, what it waited for while others traded, and why the rest of it did not."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

from engine.events import (
    CallExtended,
    Event,
    OrderAccepted,
    OrderState,
    PhaseChanged,
    Traded,
    Uncrossed,
)
from engine.explain import Key, Standings
from engine.values import Side
from gateway.decimals import format_price
from gateway.explain import life, words
from gateway.explain.life import Moment
from gateway.explain.replaying import Places, Step, replay
from gateway.explain.trade import trade_data
from gateway.explain.words import Json

WAITED_MAX = 200
"""An explanation tells of this many trades that went to others; `waited_count` counts them all."""

TRADES_MAX = 200
"""An explanation tells in full of this many of the order's own trades."""

_OF_THE_BOOK = (PhaseChanged, Uncrossed, CallExtended)


class History:
    """What the first reading of the log finds: the order's moments, and trades it stood by at.

    `watched` are the commands to stop before in the second reading. From `worked_seq` on the order
    could have matched, `ended_seq` ended it; 0 if that never happened.
    """

    def __init__(self, order_id: int) -> None:
        self.order_id = order_id
        self.state: OrderState | None = None
        self.symbol = ""
        self.worked_seq = 0
        self._read_seq = 0
        self.ended_seq = 0
        self.moments: list[Moment] = []
        self.watched: dict[int, str] = {}
        self.waits: dict[int, None] = {}
        self.waited_count = 0
        self._own_trades = 0

    def hear(self, step: Step) -> None:
        """Take in one command."""
        self._read_seq = step.seq
        for nth, event in enumerate(step.events):
            own = life.state_of(event, self.order_id)
            if isinstance(event, OrderAccepted) and own is not None:
                self.symbol = own.terms.symbol
                self.state = own
            if self.state is None:
                continue
            if own is not None:
                self._keep(step, nth, event)
                self.state = own
                self.ended_seq = 0 if own.leaves_qty else step.seq
                if not self.worked_seq and not life.is_waiting_stop(own):
                    self.worked_seq = step.seq
                if isinstance(event, Traded) and self._own_trades < TRADES_MAX:
                    self._own_trades += 1
                    self.watched[step.seq] = self.symbol
            elif self.state.leaves_qty:
                self._stand_by(step, nth, event, self.state)

    @property
    def end_seq(self) -> int:
        """How far the second reading has to go."""
        return max([self.ended_seq, *self.watched]) if self.ended_seq else self._read_seq

    def _stand_by(self, step: Step, nth: int, event: Event, state: OrderState) -> None:
        if isinstance(event, Traded):
            if event.symbol == self.symbol and _passes_by(event, state):
                self.waited_count += 1
                if len(self.waits) < WAITED_MAX:
                    self.waits[event.match_id] = None
                    self.watched[step.seq] = self.symbol
        elif isinstance(event, _OF_THE_BOOK) and event.symbol == self.symbol:
            self._keep(step, nth, event)

    def _keep(self, step: Step, nth: int, event: Event) -> None:
        assert self.state is not None
        at = step.at_of(event) if isinstance(event, Traded) else step.at
        self.moments.append(Moment(step.seq, nth, at, event, self.state))


def _passes_by(trade: Traded, state: OrderState) -> bool:
    """Whether a trade took another order of the same side, at a price no worse for the other one.

    An auction has one price: there all trades count.
    """
    if (trade.resting.terms.side == Side.BUY) is not (state.terms.side == Side.BUY):
        return False
    standing = state.standing
    if life.is_waiting_stop(state) or not (trade.cross or standing is None or standing.working):
        return False
    price = (standing.price if standing is not None else 0) or state.terms.price
    if trade.cross or not price:
        return True
    return trade.price >= price if state.terms.side == Side.BUY else trade.price <= price


class Reach:
    """The best price of the other side while the order could have matched."""

    def __init__(self, symbol: str, *, is_buy: bool) -> None:
        self._symbol = symbol
        self._is_buy = is_buy
        self.best: int | None = None
        self.matched = False

    def look(self, step: Step) -> None:
        """Look at the book after a command."""
        market = step.exchange.markets[self._symbol]
        if not market.permits.match:
            return
        self.matched = True
        found = (market.book.asks if self._is_buy else market.book.bids).best
        if found is None:
            return
        if self.best is None:
            self.best = found
        else:
            self.best = min(self.best, found) if self._is_buy else max(self.best, found)


def explain_order(log: Path, order_id: int, zone: ZoneInfo) -> Json | None:
    """The story of an order; None if the log has no such order."""
    history = History(order_id)
    for step in replay(log, {}):
        history.hear(step)
    if history.state is None:
        return None
    telling = _Telling(history, history.state, zone)
    for step in replay(log, history.watched):
        telling.hear(step)
        if step.seq >= history.end_seq:
            break
    return telling.data()


class _Telling:
    """What the second reading of the log adds: the reasons."""

    def __init__(self, history: History, state: OrderState, zone: ZoneInfo) -> None:
        self._history = history
        self._state = state
        self._zone = zone
        self._places = Places()
        self._reach = Reach(history.symbol, is_buy=state.terms.side == Side.BUY)
        self._trades: list[Json] = []
        self._waited: list[Json] = []
        self._lines: list[tuple[int, int, str]] = []

    def hear(self, step: Step) -> None:
        """Take in one command."""
        for nth, event in enumerate(step.events):
            if step.before is not None:
                if isinstance(event, Traded):
                    self._ask(step, nth, event, step.before)
                step.before.hear(event)
            self._places.hear(event, step.at)
        history = self._history
        ended_seq = history.ended_seq or step.seq
        if history.worked_seq and history.worked_seq <= step.seq <= ended_seq:
            self._reach.look(step)

    def _ask(self, step: Step, nth: int, trade: Traded, before: Standings) -> None:
        history, at = self._history, step.at_of(trade)
        if trade.match_id in history.waits:
            told = self._wait(at, trade, before)
            self._waited.append(told)
            if told["by"] != Key.NOT_TAKING_PART:
                self._say(step.seq, nth, at, f"T{trade.match_id}: {told['sentence']}")
        elif history.order_id in (trade.resting.order_id, trade.incoming.order_id):
            told = trade_data(before.choice(trade), at, self._places.since, self._zone)
            self._trades.append(told)
            self._say(step.seq, nth, at, f"T{trade.match_id}: {told['reason']}")

    def _say(self, seq: int, nth: int, at: int, text: str) -> None:
        self._lines.append((seq, nth, f"{words.clock(at, self._zone)}: {text}"))

    def _wait(self, at: int, trade: Traded, before: Standings) -> Json:
        """A trade that went to another order, and why."""
        rival = before.wait(trade, self._history.order_id)
        first = before.taken(trade)
        told: Json = {
            "match_id": f"T{trade.match_id}",
            "at": words.iso(at),
            "price": format_price(trade.price),
            "qty": trade.qty,
            "filled_order": words.place_data(first, self._places.since),
            "incoming": words.order_data(trade.incoming),
        }
        if rival is None or rival.by is Key.NOT_TAKING_PART:
            sentence = "This order waited outside the book."
            return {**told, "by": str(Key.NOT_TAKING_PART), "sentence": sentence}
        sentence = words.wait_sentence(trade, first, rival, self._places.since)
        return {**told, "by": str(rival.by), "sentence": sentence}

    def data(self) -> Json:
        """The whole story."""
        history, state, reach = self._history, self._state, self._reach
        events = [life.moment_data(moment, self._zone) for moment in history.moments]
        for moment, told in zip(history.moments, events, strict=True):
            self._lines.append((moment.seq, moment.nth, str(told["sentence"])))
        more = history.waited_count - len(self._waited)
        waited = bool(history.waited_count or state.cum_qty)
        return {
            "kind": "order",
            **words.order_data(state),
            "events": events,
            "trades": self._trades,
            "waited": self._waited,
            "waited_count": history.waited_count,
            "sentences": [
                f"O{state.order_id}, {words.name(state.terms)}: {words.order_sentence(state)}.",
                *(text for _, _, text in sorted(self._lines)),
                *([f"{more} more trades went to orders in front of it."] if more else []),
                *life.open_sentences(
                    history.moments, state, reach.best, matched=reach.matched, waited=waited
                ),
            ],
        }
