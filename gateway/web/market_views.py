"""Segments, instruments, orders and trades as an operator sees them: a struct for each answer, and
how it is made.

He sees both sides of a trade, whatever the segment shows to others. When a phase ends that ends at
random is not shown before. Books and auctions are `book_views`.
"""

from __future__ import annotations

from collections.abc import Iterable
from zoneinfo import ZoneInfo

import msgspec

from engine.instrument import Segment
from engine.market import Market
from engine.oms.trades import Trade
from engine.order import Order
from engine.order_kinds import kind_of
from gateway.decimals import format_avg_px, format_price
from gateway.fix.times import NANOS_PER_SECOND
from gateway.web.texts import SIDES, STATUSES, TIMES_IN_FORCE, moment, price

# Segments and instruments


class NextPhase(msgspec.Struct, frozen=True):
    """The next step of a timetable: due at `at`, for each book up to `random_seconds` later."""

    at: str
    phase: str
    random_seconds: int


class SegmentView(msgspec.Struct, frozen=True, kw_only=True):
    """A segment; its books follow its phase, each at its moment."""

    id: str
    name: str
    phase: str
    next: NextPhase | None
    books: dict[str, str]


def segment_view(segment: Segment, markets: Iterable[Market], zone: ZoneInfo) -> SegmentView:
    """A segment with the phases of its books, of all `markets`."""
    step = segment.plan[0] if segment.plan else None
    return SegmentView(
        id=segment.definition.segment,
        name=segment.definition.name,
        phase=segment.phase,
        next=None
        if step is None
        else NextPhase(moment(step.at, zone), step.phase, step.random_nanos // NANOS_PER_SECOND),
        books={market.symbol: market.phase for market in markets if market.segment is segment},
    )


class InstrumentView(msgspec.Struct, frozen=True, kw_only=True):
    """An instrument and its day: exactly one of `tick_table` and `tick_size` is set.

    `last` is the price of the last trade, before the first one the reference price; `open` and
    `close` are those of the day, null while there are none.
    """

    symbol: str
    isin: str | None
    segment: str
    currency: str
    security_type: str
    tick_table: str | None
    tick_size: str | None
    lot: int
    phase: str
    halted: bool
    last: str | None
    open: str | None
    close: str | None
    reference_price: str | None


def instrument_view(market: Market) -> InstrumentView:
    """The instrument of a market."""
    listing = market.instrument.definition
    return InstrumentView(
        symbol=market.symbol,
        isin=listing.isin or None,
        segment=listing.segment,
        currency=listing.currency,
        security_type=listing.security_type,
        tick_table=None if listing.tick_size else listing.tick_table,
        tick_size=price(listing.tick_size),
        lot=market.instrument.lot,
        phase=market.phase,
        halted=market.halted,
        last=price(market.last_price),
        open=price(market.open_price),
        close=price(market.close_price),
        reference_price=price(market.reference_price),
    )


# Orders and trades


class OrderView(msgspec.Struct, frozen=True, kw_only=True):
    """An order as it stands; `qty` is what was ordered in total, `price` its limit."""

    order_id: str
    session: str
    cl_ord_id: str
    member: str
    symbol: str
    side: str
    kind: str
    time_in_force: str
    status: str
    qty: int
    price: str | None
    leaves_qty: int
    cum_qty: int
    avg_px: str


def order_view(order: Order) -> OrderView:
    """One order."""
    terms = order.terms
    return OrderView(
        order_id=f"O{order.order_id}",
        session=terms.session,
        cl_ord_id=order.cl_ord_id,
        member=order.member,
        symbol=terms.symbol,
        side=SIDES[terms.side],
        kind=kind_of(terms),
        time_in_force=TIMES_IN_FORCE[terms.time_in_force],
        status=STATUSES[order.status],
        qty=terms.qty,
        price=price(terms.price),
        leaves_qty=order.leaves_qty,
        cum_qty=order.cum_qty,
        avg_px=format_avg_px(order.notional, order.cum_qty),
    )


class TradeView(msgspec.Struct, frozen=True, kw_only=True):
    """A trade as it stands: buyer and seller are members, `history_line` is what others see.

    `cross` is the kind of auction, null in continuous trading; `aggressor` the side that came in,
    null in an auction.
    """

    match_id: str
    symbol: str
    at: str
    price: str
    qty: int
    buyer: str
    seller: str
    buy_order_id: str
    sell_order_id: str
    history_line: str
    cross: str | None
    aggressor: str | None
    busted: bool


def trade_view(trade: Trade, zone: ZoneInfo) -> TradeView:
    """One trade."""
    return TradeView(
        match_id=f"T{trade.match_id}",
        symbol=trade.symbol,
        at=moment(trade.at, zone),
        price=format_price(trade.price),
        qty=trade.qty,
        buyer=trade.buyer.member,
        seller=trade.seller.member,
        buy_order_id=f"O{trade.buyer.order_id}",
        sell_order_id=f"O{trade.seller.order_id}",
        history_line=" | ".join(trade.history_line),
        cross=trade.cross or None,
        aggressor=None if trade.cross else ("buy" if trade.incoming.is_buy else "sell"),
        busted=trade.busted,
    )
