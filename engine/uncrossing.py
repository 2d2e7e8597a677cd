"""How a call ends: one price for all, who trades with whom, and what is left (rules 4.3 to 4.7).

`book.auction` finds the price, this module reads the book for it and carries out the trades.
Nothing here decides when a call ends.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine import price_bands
from engine.book.auction import Demand, Equilibrium, Indicative, equilibrium, indicative
from engine.book.order_book import BookSide, Level
from engine.events import Uncrossed
from engine.market import Market
from engine.order import Order
from engine.values import Cross


def demand(side: BookSide) -> Demand:
    """What one side wants at which prices, the whole of reserve orders included (rule 4.3.1)."""
    limits = [(level.price, _eligible_qty(level)) for level in side.by_rank()]
    return Demand([one for one in limits if one[1]], _eligible_qty(side.unpriced))


def _eligible_qty(level: Level) -> int:
    return sum(order.leaves_qty for order in level.ranked("") if _is_eligible(order))


def _is_eligible(order: Order) -> bool:
    """Hidden orders that want a minimum take no part in auctions (rule 4.3.1)."""
    return order.special is None or order.min_qty <= 1


def find_price(market: Market) -> Equilibrium | None:
    """The price at which the book would uncross now, None if nothing can trade."""
    book = market.book
    return equilibrium(
        demand(book.bids), demand(book.asks), market.last_price, market.instrument.ticks
    )


def indication(market: Market) -> Indicative:
    """What is published of a call (rule 4.2); hidden quantity counts as paired, unshown."""
    bids, asks = market.book.bids, market.book.asks
    found = indicative(demand(bids), demand(asks), market.last_price, market.instrument.ticks)
    if found.price:
        return found
    bid, ask = bids.best_displayed(), asks.best_displayed()
    return found._replace(
        best_bid=bid or 0,
        best_bid_qty=bids.levels[bid].displayed_qty() if bid else 0,
        best_ask=ask or 0,
        best_ask_qty=asks.levels[ask].displayed_qty() if ask else 0,
    )


def is_extended(market: Market, found: Equilibrium | None, cross: Cross) -> bool:
    """Whether the call goes on, because its price is too far from the reference (rule 4.7).

    Opening and closing calls only, and once.
    """
    percent = market.segment.definition.extension
    return (
        found is not None
        and not market.extended
        and cross in (Cross.OPENING, Cross.CLOSING)
        and price_bands.too_far(found.price, market.last_price, percent)
    )


def uncross(market: Market, found: Equilibrium | None, cross: Cross) -> None:
    """Trade at one price what can trade at it."""
    floor = market.floor
    if found is None:
        floor.events.append(Uncrossed(market.symbol, cross, 0, 0, 0))
        return
    first = floor.trades.count
    _allocate(market, found, cross)
    trades = floor.trades.count - first
    floor.events.append(Uncrossed(market.symbol, cross, found.price, found.qty, trades))


def _allocate(market: Market, found: Equilibrium, cross: Cross) -> None:
    """The side with less walks in order and meets the other, which is ranked for each (4.5.2)."""
    book, price = market.book, found.price
    short, long = (book.asks, book.bids) if found.imbalance > 0 else (book.bids, book.asks)
    internal = market.segment.internal_in_calls
    for incoming in list(_in_reach(short, price, "")):
        member = incoming.member if internal and incoming.internal else ""
        while incoming.leaves_qty:
            resting = next(_in_reach(long, price, member))
            qty = min(incoming.leaves_qty, resting.leaves_qty)
            for order in (incoming, resting):
                if order.leaves_qty == qty:
                    market.leave(order)
                    market.floor.orders.finish(order)
            market.execute(resting, incoming, price, qty, cross)


def _in_reach(side: BookSide, price: int, member: str) -> Iterator[Order]:
    """Orders that may trade at a price, as one of `member` meets them: without a limit first."""
    for order in side.unpriced.ranked(member):
        if _is_eligible(order):
            yield order
    at = side.best
    while at is not None and (at >= price if side.is_buy else at <= price):
        for order in side.levels[at].ranked(member):
            if _is_eligible(order):
                yield order
        at = side.next_price(at)
