"""One short text for the whole state of an exchange: equal states have equal digests.

A replay, a standby and the venue that wrote the log compare digests to know that they agree. The
state is written in one canonical form (msgpack; names sorted, orders by rank, no set, no address,
no `hash()`) and hashed, so neither PYTHONHASHSEED nor the machine shows in it. Every part of the
state that a later answer can depend on is in there, with one exception that costs too much:
finished orders are counted, and listed only with `finished=True` (the engine remembers up to a
million of them).

A change of `LAYOUT` means that digests of older versions compare with nothing any more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import msgspec

from engine.exchange import Exchange
from engine.market import Market
from engine.oms.order_registry import OrderRegistry
from engine.order import Order

LAYOUT = 2
"""Version of what is hashed and in which order."""

DIGEST_BYTES = 16
"""128 bits, 32 hex digits: nobody attacks it, and it must be short enough to be read aloud."""

_encoder = msgspec.msgpack.Encoder()


def digest(exchange: Exchange, *, finished: bool = False) -> str:
    """The exchange's state as 32 hex digits; takes about 2 us per resting order.

    With `finished` the orders that ended, as far as they are remembered, count as well.
    """
    state = hashlib.blake2b(digest_size=DIGEST_BYTES)
    for part in _parts(exchange):
        state.update(_encoder.encode(part))
    if finished:
        for order in exchange.orders.all_done():
            state.update(_encoder.encode(_order(order, exchange.orders)))
    return state.hexdigest()


def _parts(exchange: Exchange) -> Iterator[object]:
    """The state piece by piece; each piece ends by itself, so the pieces need no separator."""
    floor = exchange.floor
    orders = exchange.orders
    yield (LAYOUT, exchange.seq, exchange.at, exchange.next_deadline(), floor.seed)
    yield (floor.order_count, floor.prio, floor.trades.count, orders.done_count)
    yield floor.agenda.state()
    yield floor.subscriptions.state()
    yield sorted(exchange.members.items())
    yield sorted(floor.hiding)
    for name in sorted(exchange.segments):
        segment = exchange.segments[name]
        yield (segment.definition, segment.phase, segment.plan, segment.planned_until)
    for symbol in sorted(exchange.markets):
        yield from _market(exchange.markets[symbol], orders)


def _market(market: Market, orders: OrderRegistry) -> Iterator[object]:
    expiries = market.floor.expiries
    yield (market.instrument.definition, market.segment.definition.segment, market.phase)
    yield (market.last_price, market.reference_price, market.open_price, market.close_price)
    yield (market.static_reference, market.halted, market.extended, market.draws)
    yield (market.step_token, market.phase_token, market.trades_before, market.split_after)
    yield (market.prints, list(market.waiting.best_only), list(market.waiting.pegs))
    for side in (market.book.bids, market.book.asks):
        yield len(side.levels)
        for order in side.orders():
            yield (_order(order, orders), expiries.moment(order))
    for order in market.waiting.orders():
        yield (_order(order, orders), expiries.moment(order))


def _order(order: Order, orders: OrderRegistry) -> tuple[object, ...]:
    special, ledger = order.special, order.ledger
    return (
        order.order_id,
        orders.cl_ord_ids(order),
        order.prio,
        order.status,
        order.leaves_qty,
        order.cum_qty,
        order.price,
        str(order.notional),  # up to 10^21, and msgpack has no integer above 2^64
        order.terms,
        special,
        None
        if ledger is None
        else (ledger.renewed_after, ledger.cum_qty_before, ledger.busted_qty),
        "" if ledger is None else str(ledger.notional_before),
    )
