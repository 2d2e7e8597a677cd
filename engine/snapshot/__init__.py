"""A whole exchange as bytes, and back: who loads a snapshot need not apply the commands before it.

`load(save(exchange))` answers every later command as `exchange` does; what is left out is the list
of events of the last command, which is no state. The bytes are msgpack of plain structs behind a
head of fixed size: a mark, `LAYOUT` and a hash of the rest. Equal states give equal bytes.

Here is the exchange itself with what markets share; `orders` and `books` have the rest. These three
modules alone may read and write what other classes keep to themselves.
"""

from __future__ import annotations

import hashlib

import msgspec

from engine.agenda import Agenda, Due
from engine.commands import RequestSecurityStatus, RequestTradingSessionStatus
from engine.exchange import Exchange
from engine.floor import Floor
from engine.snapshot.books import (
    SavedMarket,
    SavedSegment,
    restore_market,
    restore_segment,
    save_market,
    save_segment,
)
from engine.snapshot.orders import SavedOrders, restore_orders, save_orders
from engine.subscriptions import Request, Subscriptions, Watchers

LAYOUT = 1
"""Version of the form: whatever adds, drops or moves a field of what is saved counts it up."""

MARK = b"fixpit snapshot\n"
_LAYOUT_BYTES = 4
_HASH_BYTES = 16
HEAD_BYTES = len(MARK) + _LAYOUT_BYTES + _HASH_BYTES


class SnapshotError(Exception):
    """These bytes do not give an exchange."""


class DamagedSnapshot(SnapshotError):
    """The bytes are no snapshot, or not as they were written."""


class OtherLayout(SnapshotError):
    """The snapshot is of another version; `layout` is which."""

    def __init__(self, layout: int) -> None:
        super().__init__(f"layout must be {LAYOUT}, was {layout}")
        self.layout = layout


class SavedSubscriptions(msgspec.Struct, array_like=True, gc=False):
    """A `Subscriptions`: by subject the requests, by session the subjects by request id."""

    segments: dict[str, list[RequestTradingSessionStatus]]
    segment_sessions: dict[str, dict[str, str]]
    books: dict[str, list[RequestSecurityStatus]]
    book_sessions: dict[str, dict[str, str]]


class SavedExchange(msgspec.Struct, array_like=True, gc=False):
    """An `Exchange` and its floor."""

    seq: int
    at: int
    next_at: int
    members: dict[str, str]
    hiding: dict[str, bool]
    floor_at: int
    seed: int
    order_count: int
    prio: int
    agenda: list[Due]
    agenda_count: int
    subscriptions: SavedSubscriptions
    segments: list[SavedSegment]
    orders: SavedOrders
    markets: list[SavedMarket]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(SavedExchange)


def save(exchange: Exchange) -> bytes:
    """The exchange as bytes; not to be called while a command is being applied."""
    floor = exchange.floor
    saved = SavedExchange(
        exchange.seq,
        exchange.at,
        exchange.next_at,
        exchange.members,
        floor.hiding,
        floor.at,
        floor.seed,
        floor.order_count,
        floor.prio,
        floor.agenda._heap,
        floor.agenda._count,
        _save_subscriptions(floor.subscriptions),
        [save_segment(segment) for segment in exchange.segments.values()],
        save_orders(floor),
        [save_market(market) for market in exchange.markets.values()],
    )
    body = _encoder.encode(saved)
    return b"".join((MARK, LAYOUT.to_bytes(_LAYOUT_BYTES), _hash(body), body))


def load(data: bytes) -> Exchange:
    """The exchange that was saved; raises `DamagedSnapshot` or `OtherLayout`."""
    mark, layout = data[: len(MARK)], data[len(MARK) : len(MARK) + _LAYOUT_BYTES]
    if mark != MARK or len(data) < HEAD_BYTES:
        raise DamagedSnapshot("no snapshot, or cut off in its head")
    if int.from_bytes(layout) != LAYOUT:
        raise OtherLayout(int.from_bytes(layout))
    body = memoryview(data)[HEAD_BYTES:]
    if _hash(body) != data[HEAD_BYTES - _HASH_BYTES : HEAD_BYTES]:
        raise DamagedSnapshot("the hash does not fit the rest: cut off or changed")
    try:
        saved = _decoder.decode(body)
    except msgspec.MsgspecError as error:
        raise DamagedSnapshot(f"not the form of layout {LAYOUT}: {error}") from error
    return _restore(saved)


def _hash(body: bytes | memoryview) -> bytes:
    return hashlib.blake2b(body, digest_size=_HASH_BYTES).digest()


def _restore(saved: SavedExchange) -> Exchange:
    exchange = Exchange()
    exchange.seq = saved.seq
    exchange.at = saved.at
    exchange.next_at = saved.next_at
    # Filled and not replaced: the order desk holds the same dicts.
    exchange.members.update(saved.members)
    for segment in saved.segments:
        exchange.segments[segment.definition.segment] = restore_segment(segment)
    floor = exchange.floor
    _restore_floor(saved, floor)
    table = restore_orders(saved.orders, floor)
    for market in saved.markets:
        exchange.markets[market.definition.symbol] = restore_market(
            market, exchange.segments, floor, table
        )
    return exchange


def _restore_floor(saved: SavedExchange, floor: Floor) -> None:
    floor.hiding = saved.hiding
    floor.at = saved.floor_at
    floor.seed = saved.seed
    floor.order_count = saved.order_count
    floor.prio = saved.prio
    _restore_agenda(saved, floor.agenda)
    watchers, kept = floor.subscriptions, saved.subscriptions
    _restore_watchers(watchers._segments, kept.segments, kept.segment_sessions)
    _restore_watchers(watchers._books, kept.books, kept.book_sessions)


def _restore_agenda(saved: SavedExchange, agenda: Agenda) -> None:
    agenda._heap = saved.agenda
    agenda._count = saved.agenda_count
    if saved.agenda:
        agenda.next_at = saved.agenda[0].at


def _save_subscriptions(subscriptions: Subscriptions) -> SavedSubscriptions:
    segments, books = subscriptions._segments, subscriptions._books
    return SavedSubscriptions(
        {subject: segments.of(subject) for subject in segments._by_subject},
        segments._by_session,
        {subject: books.of(subject) for subject in books._by_subject},
        books._by_session,
    )


def _restore_watchers(
    watchers: Watchers[Request],
    by_subject: dict[str, list[Request]],
    by_session: dict[str, dict[str, str]],
) -> None:
    watchers._by_session = by_session
    watchers._by_subject = {
        subject: {(request.session, request.req_id): request for request in requests}
        for subject, requests in by_subject.items()
    }
