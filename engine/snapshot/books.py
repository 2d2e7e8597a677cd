"""Segments, markets and books, as a snapshot keeps them; orders in them by their numbers.

What follows from a definition or a phase is worked out again, everything else is kept as it stands.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from sortedcontainers import SortedList

from engine.book.line import Line
from engine.book.order_book import BookSide, Level, Queue
from engine.book.waiting import Waiting
from engine.commands import DefineInstrument, DefineSegment, PhaseStep
from engine.floor import Floor
from engine.instrument import Instrument, Segment
from engine.market import Market
from engine.order_kinds import PLAIN_ENTRIES
from engine.phases import PERMITS
from engine.snapshot.orders import Table, by_id
from engine.values import Phase


class SavedSegment(msgspec.Struct, array_like=True, gc=False):
    """A `Segment`."""

    definition: DefineSegment
    phase: Phase
    plan: list[PhaseStep]
    planned_until: int
    plan_token: int


class SavedQueue(msgspec.Struct, array_like=True, gc=False):
    """A `Queue`: who stands in it, and the members it finds orders by."""

    order_ids: list[int]
    members: list[str]


class SavedLevel(msgspec.Struct, array_like=True, gc=False):
    """A `Level`."""

    price: int
    careful: int
    displayed: SavedQueue
    hidden: SavedQueue | None


class SavedSide(msgspec.Struct, array_like=True, gc=False):
    """A `BookSide`; levels in the order they came."""

    best: int | None
    levels: list[SavedLevel]
    unpriced: SavedLevel


class SavedWaiting(msgspec.Struct, array_like=True, gc=False):
    """A `Waiting`; triggers are prices and OrderIDs."""

    stops: list[int]
    sleepers: list[int]
    pegs: list[int]
    priceless: list[int]
    best_only: list[int]
    buys: list[tuple[int, int]]
    sells: list[tuple[int, int]]
    trailing: list[int]


class SavedMarket(msgspec.Struct, array_like=True, gc=False):
    """A `Market`; what is in `_AS_IT_IS` has the market's own names."""

    definition: DefineInstrument
    segment: str
    phase: Phase
    bids: SavedSide
    asks: SavedSide
    waiting: SavedWaiting
    last_price: int
    reference_price: int
    open_price: int
    close_price: int
    static_reference: int
    halted: bool
    extended: bool
    restless: bool
    tripped: str
    trades_before: int
    split_after: int
    prints: list[int]
    draws: int
    phase_token: int
    step_token: int


_AS_IT_IS = SavedMarket.__struct_fields__[SavedMarket.__struct_fields__.index("last_price") :]


# Segments


def save_segment(segment: Segment) -> SavedSegment:
    """One segment, its timetable and what is left of it."""
    return SavedSegment(
        segment.definition,
        segment.phase,
        segment.plan,
        segment.planned_until,
        segment.plan_token,
    )


def restore_segment(saved: SavedSegment) -> Segment:
    """The segment as it was."""
    segment = Segment(saved.definition)
    segment.phase = saved.phase
    segment.plan = saved.plan
    segment.planned_until = saved.planned_until
    segment.plan_token = saved.plan_token
    return segment


# Markets


def save_market(market: Market) -> SavedMarket:
    """One instrument's market, with its book and who waits."""
    return SavedMarket(
        market.instrument.definition,
        market.segment.definition.segment,
        market.phase,
        _save_side(market.book.bids),
        _save_side(market.book.asks),
        _save_waiting(market.waiting),
        *(getattr(market, name) for name in _AS_IT_IS),
    )


def restore_market(
    saved: SavedMarket, segments: Mapping[str, Segment], floor: Floor, table: Table
) -> Market:
    """The market as it was, with these orders."""
    market = Market(Instrument(saved.definition), segments[saved.segment], floor)
    market.phase = saved.phase
    market.permits = PERMITS[saved.phase]
    market.plain_entries = PLAIN_ENTRIES[saved.phase]
    for name in _AS_IT_IS:
        setattr(market, name, getattr(saved, name))
    _restore_side(saved.bids, market.book.bids, table)
    _restore_side(saved.asks, market.book.asks, table)
    _restore_waiting(saved.waiting, market.waiting, table)
    return market


# Books


def _save_side(side: BookSide) -> SavedSide:
    levels = [_save_level(level) for level in side.levels.values()]
    return SavedSide(side.best, levels, _save_level(side.unpriced))


def _save_level(level: Level) -> SavedLevel:
    hidden = _save_queue(level.hidden) if level.hidden is not None else None
    return SavedLevel(level.price, level.careful, _save_queue(level.displayed), hidden)


def _save_queue(queue: Queue) -> SavedQueue:
    order_ids = [order.order_id for order in queue.orders]
    return SavedQueue(order_ids, list(queue.by_member))


def _restore_side(saved: SavedSide, side: BookSide, table: Table) -> None:
    side.best = saved.best
    side.levels = {level.price: _restore_level(level, table) for level in saved.levels}
    side.prices = SortedList(side.levels)
    side.unpriced = _restore_level(saved.unpriced, table)


def _restore_level(saved: SavedLevel, table: Table) -> Level:
    level = Level(saved.price)
    level.careful = saved.careful
    level.displayed = _restore_queue(saved.displayed, table)
    if saved.hidden is not None:
        level.hidden = _restore_queue(saved.hidden, table)
    return level


def _restore_queue(saved: SavedQueue, table: Table) -> Queue:
    """Not by `Queue.add`: a million orders come back, and members keep the order they came in."""
    queue = Queue()
    orders, by_member = queue.orders, queue.by_member
    for member in saved.members:
        by_member[member] = Line()
    for order_id in saved.order_ids:
        order = table[order_id]
        orders.add(order.prio, order)
        if order.internal:
            by_member[order.member].add(order.prio, order)
    return queue


def _save_waiting(waiting: Waiting) -> SavedWaiting:
    return SavedWaiting(
        list(waiting.stops),
        list(waiting.sleepers),
        list(waiting.pegs),
        list(waiting.priceless),
        list(waiting.best_only),
        list(waiting._buys),
        list(waiting._sells),
        list(waiting._trailing),
    )


def _restore_waiting(saved: SavedWaiting, waiting: Waiting, table: Table) -> None:
    waiting.stops = by_id(saved.stops, table)
    waiting.sleepers = by_id(saved.sleepers, table)
    waiting.pegs = by_id(saved.pegs, table)
    waiting.priceless = by_id(saved.priceless, table)
    waiting.best_only = by_id(saved.best_only, table)
    waiting._buys.update(saved.buys)
    waiting._sells.update(saved.sells)
    waiting._trailing = by_id(saved.trailing, table)
