"""The log happens again: in an exchange of its own, with a look at a book before some commands.

The log is only read, so a running venue is not disturbed. Also kept here: since when each order has
had its place in time, which the engine does not know.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from engine.commands import Command
from engine.events import (
    Event,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderReplaced,
    OrderRestated,
    OrderTriggered,
    TradeBusted,
    TradeCorrected,
    Traded,
)
from engine.exchange import Exchange
from engine.explain import Standings, standings
from engine.values import Restatement
from gateway.log.reading import read
from gateway.log.records import Note, SessionReply

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
        if isinstance(record.entry, Note | SessionReply):
            continue
        command: Command = record.entry
        symbol = watched.get(record.seq)
        before = standings(exchange, symbol) if symbol in exchange.markets else None
        events = exchange.apply(command, record.seq, record.at)
        yield Step(record.seq, record.at, exchange, events, before)


def take_places(event: Event, at: int, since: Since) -> None:
    """Keep when each order took its place in time; forget orders that are gone."""
    match event:
        case OrderAccepted(order=state) | OrderTriggered(order=state):
            since[state.order_id] = at
        case OrderReplaced(order=state, kept_priority=False):
            since[state.order_id] = at
        case OrderRestated(order=state, reason=reason) if reason in _NEW_PLACE:
            since[state.order_id] = at
        case OrderCanceled(order=state) | OrderExpired(order=state):
            since.pop(state.order_id, None)
        case Traded(resting=resting, incoming=incoming):
            for state in (resting, incoming):
                if not state.leaves_qty:
                    since.pop(state.order_id, None)
        case (
            TradeBusted(resting=resting, incoming=incoming)
            | TradeCorrected(resting=resting, incoming=incoming)
        ):
            for state in (resting, incoming):
                if state.leaves_qty:
                    since.setdefault(state.order_id, at)
        case _:
            pass
