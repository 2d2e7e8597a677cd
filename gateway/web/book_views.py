"""Books and auctions as an operator sees them: everybody who stands there, the hidden ones too.

One struct for each kind of answer, and how it is made.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

import msgspec

from engine import uncrossing
from engine.book.auction import price_table
from engine.book.order_book import BookSide
from engine.market import Market
from engine.order import Order, Place
from engine.order_kinds import kind_of
from engine.phases import CROSS
from gateway.decimals import format_price
from gateway.web.texts import SIDES, price

# Books


class Resting(msgspec.Struct, frozen=True, kw_only=True):
    """An order in its queue: `qty` is left of it, `shown` what others see of that.

    `internal`: it takes part in internal priority.
    """

    order_id: str
    session: str
    cl_ord_id: str
    member: str
    kind: str
    qty: int
    shown: int
    displayed: bool
    internal: bool


class LevelView(msgspec.Struct, frozen=True, kw_only=True):
    """A price, everybody's quantity at it, what is shown of that, and who stands there."""

    price: str
    qty: int
    shown: int
    orders: list[Resting]


class Waits(msgspec.Struct, frozen=True, kw_only=True):
    """An order outside the book: a stop with its trigger, one that waits for a call or a price."""

    order_id: str
    session: str
    cl_ord_id: str
    member: str
    side: str
    kind: str
    qty: int
    stop_px: str | None


class BookView(msgspec.Struct, frozen=True, kw_only=True):
    """A book, best price first, orders as one of another member would meet them.

    `market_orders` are those that a call has collected, by side. `complete`: nothing was left out,
    neither by `depth` nor because there are too many.
    """

    symbol: str
    phase: str
    bids: list[LevelView]
    asks: list[LevelView]
    market_orders: dict[str, list[Resting]]
    waiting: list[Waits]
    complete: bool


def book_view(market: Market, depth: int, orders_max: int) -> BookView:
    """So many levels of a book, and at most so many orders of each side and of those that wait."""
    bids, asks = market.book.bids, market.book.asks
    waiting = list(islice(market.waiting.orders(), orders_max + 1))
    sides = [_Side(bids, depth, orders_max), _Side(asks, depth, orders_max)]
    return BookView(
        symbol=market.symbol,
        phase=market.phase,
        bids=sides[0].levels,
        asks=sides[1].levels,
        market_orders={"bids": sides[0].unpriced, "asks": sides[1].unpriced},
        waiting=[_waits(order) for order in waiting[:orders_max]],
        complete=len(waiting) <= orders_max and all(side.complete for side in sides),
    )


class _Side:
    """One side of a book, as far as it is shown."""

    def __init__(self, side: BookSide, depth: int, orders_max: int) -> None:
        self._room = orders_max
        self.complete = len(side.levels) <= depth
        self.unpriced = self._resting(side.unpriced.ranked(""))
        self.levels = [
            LevelView(
                price=format_price(level.price),
                qty=sum(order.leaves_qty for order in level.ranked("")),
                shown=level.displayed_qty(),
                orders=self._resting(level.ranked("")),
            )
            for level in islice(side.by_rank(), depth)
        ]

    def _resting(self, orders: Iterable[Order]) -> list[Resting]:
        """As many of them as there is room for."""
        shown: list[Resting] = []
        for order in orders:
            if not self._room:
                self.complete = False
                break
            self._room -= 1
            shown.append(_resting(order))
        return shown


def _resting(order: Order) -> Resting:
    shown = order.leaves_qty if order.displayed else 0
    if shown and order.special is not None and order.max_floor:
        shown = order.special.shown
    return Resting(
        order_id=f"O{order.order_id}",
        session=order.terms.session,
        cl_ord_id=order.cl_ord_id,
        member=order.member,
        kind=kind_of(order.terms),
        qty=order.leaves_qty,
        shown=shown,
        displayed=order.displayed,
        internal=order.internal,
    )


def _waits(order: Order) -> Waits:
    special = order.special
    is_stop = special is not None and special.place is Place.STOP
    return Waits(
        order_id=f"O{order.order_id}",
        session=order.terms.session,
        cl_ord_id=order.cl_ord_id,
        member=order.member,
        side=SIDES[order.terms.side],
        kind=kind_of(order.terms),
        qty=order.leaves_qty,
        stop_px=price(special.stop_px) if special is not None and is_stop else None,
    )


# Auctions


class PriceView(msgspec.Struct, frozen=True):
    """A price that may become the auction's, and what would be bought, sold and traded at it."""

    price: str
    buy_qty: int
    sell_qty: int
    tradable: int
    imbalance: int


class AuctionView(msgspec.Struct, frozen=True, kw_only=True):
    """What would happen if the call ended now (rule 4.2).

    `cross` is the kind of auction. `direction` tells who is left over: B buys, S sells, N nobody, O
    without a price; then the best bid and ask are given instead. Outside a call all is null.
    """

    symbol: str
    phase: str
    in_call: bool
    extended: bool
    reference_price: str | None
    cross: str | None = None
    price: str | None = None
    paired_qty: int | None = None
    imbalance_qty: int | None = None
    direction: str | None = None
    best_bid: str | None = None
    best_bid_qty: int | None = None
    best_ask: str | None = None
    best_ask_qty: int | None = None
    table: list[PriceView] = []


def auction_view(market: Market) -> AuctionView:
    """The call of a market, with the table that shows why its price is this one."""
    in_call = market.permits.is_call
    view = AuctionView(
        symbol=market.symbol,
        phase=market.phase,
        in_call=in_call,
        extended=market.extended,
        reference_price=price(market.last_price),
    )
    if not in_call:
        return view
    found = uncrossing.indication(market)
    bids, asks = uncrossing.demand(market.book.bids), uncrossing.demand(market.book.asks)
    table = price_table(bids, asks, market.last_price, market.instrument.ticks)
    return msgspec.structs.replace(
        view,
        cross=CROSS[market.phase],
        price=price(found.price),
        paired_qty=found.paired_qty,
        imbalance_qty=found.imbalance_qty,
        direction=found.direction,
        best_bid=price(found.best_bid),
        best_bid_qty=found.best_bid_qty or None,
        best_ask=price(found.best_ask),
        best_ask_qty=found.best_ask_qty or None,
        table=[PriceView(format_price(row.price), *row[1:]) for row in table],
    )
