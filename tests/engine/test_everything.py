"""What holds for every stream of everything: all kinds of orders, phases, halts, the operator.

The streams are fixed unless `FIXPIT_SEED=<number>` asks for others, `FIXPIT_STREAMS=<number>` for
more of them, `FIXPIT_COMMANDS=<number>` for longer ones; a failure names its seed and the command.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Protocol

import pytest

from engine.commands import Command, PassTime, PlanPhases, ResumeTrading, SeedDraws
from engine.digest import digest
from engine.events import Event, OrderCanceled, OrderRestated, PhaseChanged, Traded
from engine.exchange import Exchange
from engine.values import Phase
from tests.support.audit import Audit
from tests.support.audit_rules import Guards, Restores, Terms, Timetables
from tests.support.everything import Everything
from tests.support.market import SECOND, Rules, Venue

FIRST = int(os.environ.get("FIXPIT_SEED", "1"))
STREAMS = int(os.environ.get("FIXPIT_STREAMS", "24"))
COMMANDS = int(os.environ.get("FIXPIT_COMMANDS", "400"))
ENOUGH = 24
"""Streams of each venue that together reach everything."""

LONG_ENOUGH = 3600 * SECOND
"""After this all calls of books that stand apart are over."""

VENUES = {
    "plain": Rules(tick_size="0.50", reference_price="100.00"),
    "guarded": Rules(
        tick_size="0.50",
        reference_price="100.00",
        symbols=("ERIC-B", "VOLV-B"),
        more={"guard_dynamic": 2, "guard_static": 3, "extension": 2},
    ),
    "sweep": Rules(
        tick_size="0.50",
        market_orders="sweep",
        internal_priority=False,
        more={
            "internal_priority_in_calls": False,
            "post_only": "join",
            "collar_aggressive": 3,
            "collar_passive": 4,
        },
    ),
    "timetable": Rules(
        tick_size="0.50",
        reference_price="100.00",
        symbols=("ERIC-B", "VOLV-B"),
        phase="",
        more={"done_for_day": True, "guard_dynamic": 3, "gtc_days": 1},
    ),
}


class Watch(Protocol):
    """Looks at a venue before each command, and holds against its rules what the command caused."""

    def before(self, command: Command) -> None: ...
    def hear(self, command: Command, events: list[Event]) -> None: ...


def run(rules: Rules, seed: int, commands: int = COMMANDS) -> Venue:
    """A venue after so many commands of a stream and the rest of the hour, all of them audited."""
    venue = Venue(rules)
    venue.at = SECOND
    venue.apply(SeedDraws(seed))
    watching: list[Watch] = [watch(venue) for watch in (Audit, Guards, Restores, Timetables, Terms)]
    for number, command in enumerate(_commands(venue, seed, commands), start=1):
        try:
            for watch in watching:
                watch.before(command)
            events = venue.apply(command)
            for watch in watching:
                watch.hear(command, events)
        except Exception as error:
            error.add_note(f"seed {seed}, command {number}: {command}")
            raise
    return venue


def _commands(venue: Venue, seed: int, count: int) -> Iterator[Command]:
    """A stream; then halts end, nothing is planned any more, and what is due happens."""
    stream = Everything(venue, seed)
    for _ in range(count):
        yield stream.next()
    yield from (ResumeTrading(m.symbol) for m in venue.exchange.markets.values() if m.halted)
    yield from (PlanPhases(name, venue.at + 1, ()) for name in venue.exchange.segments)
    last = venue.at + LONG_ENOUGH
    while (due := venue.exchange.next_deadline()) is not None and due <= last:
        venue.at = due
        yield PassTime()


@cache
def stream(name: str, seed: int) -> Venue:
    """One stream in one of the venues."""
    return run(VENUES[name], seed)


every_stream = pytest.mark.parametrize(
    ("name", "seed"), [(name, FIRST + nth) for name in VENUES for nth in range(STREAMS)]
)


@every_stream
def test_everything_adds_up_and_replays(name: str, seed: int) -> None:
    """Quantities, limits, auctions and invariants hold throughout; a replay ends the same."""
    venue = stream(name, seed)
    again = Exchange()
    told = [event for stamped in venue.applied for event in again.apply(*stamped)]
    assert told == venue.events
    assert digest(again, finished=True) == digest(venue.exchange, finished=True)


@every_stream
def test_time_need_not_be_told_to_pass(name: str, seed: int) -> None:
    """What is due happens before the next command as it would have by itself, at its moment."""
    venue = stream(name, seed)
    again = Exchange()
    *others, last = venue.applied
    told: list[Event] = []
    for stamped in [*(one for one in others if one[0] != PassTime()), last]:
        told += again.apply(*stamped)
    assert told == venue.events
    assert digest(again, finished=True) == digest(venue.exchange, finished=True)


@every_stream
def test_in_the_end_books_are_where_their_segment_is(name: str, seed: int) -> None:
    """Whatever a book stood apart for is over within the hour.

    But for volatility auctions of books with pegs: those take no part, and may run into the same
    guard when trading goes on.
    """
    exchange = stream(name, seed).exchange
    for market in exchange.markets.values():
        if market.phase is not Phase.VOLATILITY_AUCTION or not market.waiting.priceless:
            assert market.phase == market.segment.phase


REACHED = """
    OrderAccepted OrderRejected OrderReplaced OrderTriggered OrderExpired OrderDoneForDay Uncrossed
    CancelRejected StatusReported MassStatusReported MassCanceled TradeBusted TradeCorrected
    Traded Traded-O Traded-C Traded-I Traded-H Traded-V CallExtended SegmentPhaseChanged
    OrderCanceled-U OrderCanceled-I OrderCanceled-M OrderCanceled-D OrderCanceled-Q
    OrderCanceled-S OrderCanceled-R OrderCanceled-A OrderCanceled-H OrderCanceled-B
    OrderRestated-RENEWED OrderRestated-REFRESHED OrderRestated-REPRICED OrderRestated-CHANGED
    OrderRestated-REDUCED OrderRestated-SPLIT TradingSessionReported SecurityStatusReported
    PhaseChanged-schedule PhaseChanged-halt PhaseChanged-resume
    PhaseChanged-dynamic-guard PhaseChanged-static-guard
"""


def _label(event: Event) -> str:
    """The kind of an event, and of what kind it is."""
    name = type(event).__name__
    match event:
        case OrderCanceled() | OrderRestated():
            return f"{name}-{event.reason}"
        case PhaseChanged():
            return f"{name}-{event.cause.replace(' ', '-')}"
        case Traded() if event.cross:
            return f"{name}-{event.cross}"
        case _:
            return name


def test_streams_reach_everything() -> None:
    """Every kind of event occurs, and not once only: else the streams would prove little."""
    venues = [stream(name, seed) for name in VENUES for seed in range(1, ENOUGH + 1)]
    reached = Counter(_label(event) for venue in venues for event in venue.events)
    assert sorted(reached) == sorted(REACHED.split())
    assert min(reached.values()) > 1, reached
