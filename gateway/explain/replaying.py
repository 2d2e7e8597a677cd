"""The log happens again: in an exchange of its own, with a look at a book before some commands.

The log is only read, so a running venue is not disturbed. Also kept here: since when each order has
had its place in time, which the engine does not know.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from engine.commands import Command, OrderTerms
from engine.events import (
    Event,
    OrderAccepted,
    OrderCanceled,
    OrderDoneForDay,
    OrderExpired,
    OrderReplaced,
    OrderRestated,
    OrderState,
    OrderTriggered,
    PhaseChanged,
    TradeBusted,
    TradeCorrected,
    Traded,
)
from engine.exchange import Exchange
from engine.explain import Standings, joins_its_call, standings, waits_for_a_call
from engine.values import Phase, Restatement
from gateway.log.reading import read
from gateway.log.records import Apart

Since = dict[int, int]
"""When each working order took its place in time (ns UTC), by OrderID."""

_NEW_PLACE = (Restatement.REFRESHED, Restatement.REPRICED, Restatement.CHANGED)


class Step(NamedTuple):
    """One command of the log, carried out; `before` is who stood where in a watched book."""

    seq: int
    at: int
    exchange: Exchange
    events: list[Event]
    before: Standings | None

    def at_of(self, trade: Traded) -> int:
        """When a trade of this command was made: what was due before may have made it."""
        known = self.exchange.trades.find(trade.match_id)
        return self.at if known is None else known.at


def replay(log: Path, watched: Mapping[int, str]) -> Iterator[Step]:
    """Let the log happen again; `watched` says of which command in which book to look before."""
    exchange = Exchange()
    for record in read(log):
        if isinstance(record.entry, Apart):
            continue
        command: Command = record.entry
        symbol = watched.get(record.seq)
        before = standings(exchange, symbol) if symbol in exchange.markets else None
        events = exchange.apply(command, record.seq, record.at)
        yield Step(record.seq, record.at, exchange, events, before)


class Places:
    """Since when each working order has had its place in time, as the events tell; orders that are
    gone are forgotten.
    """

    def __init__(self) -> None:
        self.since: Since = {}
        self._waiting: dict[int, OrderTerms] = {}

    def hear(self, event: Event, at: int) -> None:
        """Take over what an event of this moment changed."""
        match event:
            case OrderAccepted(order=state) | OrderReplaced(order=state, kept_priority=False):
                self._take(state, event.phase, at)
            case OrderTriggered(order=state):
                self.since[state.order_id] = at
            case OrderRestated(order=state, reason=reason):
                self._restate(state, reason, at)
            case OrderCanceled() | OrderExpired() | OrderDoneForDay():
                self._stay(event.order, at)
            case Traded() | TradeBusted() | TradeCorrected():
                self._stay(event.resting, at)
                self._stay(event.incoming, at)
            case PhaseChanged():
                self._begin(event, at)
            case _:
                pass

    def _take(self, state: OrderState, phase: str, at: int) -> None:
        """A place at the end of the line, or outside the book until a call begins."""
        self.since[state.order_id] = at
        self._waiting.pop(state.order_id, None)
        if waits_for_a_call(state.terms, Phase(phase)):
            self._waiting[state.order_id] = state.terms

    def _restate(self, state: OrderState, reason: str, at: int) -> None:
        if reason in _NEW_PLACE:
            self.since[state.order_id] = at
        if state.order_id in self._waiting:
            self._waiting[state.order_id] = state.terms

    def _begin(self, event: PhaseChanged, at: int) -> None:
        """Orders for a call join it behind all that stand there."""
        phase = Phase(event.phase)
        for order_id, terms in list(self._waiting.items()):
            if terms.symbol == event.symbol and joins_its_call(terms, phase):
                self.since[order_id] = at
                del self._waiting[order_id]

    def _stay(self, state: OrderState, at: int) -> None:
        """An order that works keeps its place, or has one again; all others are forgotten."""
        if state.leaves_qty:
            self.since.setdefault(state.order_id, at)
        else:
            self.since.pop(state.order_id, None)
            self._waiting.pop(state.order_id, None)
