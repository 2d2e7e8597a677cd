"""What the operator does to trades and orders: bust, correct, cancel, restate, split.

A bust takes the trade back from both orders and does not give the quantity back, unless it is asked
to (rule 7.6); guards and stops are not rewound. Whether the operator may is asked before, by
`refuse_bust` and its like, which answer in words; here what he ordered is done.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from engine.commands import BustTrade, CorrectTrade, SplitShares, VenueRestate
from engine.events import OrderRestated, TradeBusted, TradeCorrected
from engine.followers import enter_special
from engine.market import Market
from engine.oms.trades import Trade
from engine.order import Order
from engine.values import PRICE_MAX, CancelReason, Restatement


def refuse_bust(trade: Trade | None, markets: Mapping[str, Market]) -> str:
    """Why this trade may not be busted or corrected; "" if it may."""
    if trade is None:
        return "match id must be that of a trade that is remembered"
    if trade.busted:
        return "the trade must not be busted already"
    if trade.match_id <= markets[trade.symbol].split_after:
        return "the trade must be in shares of today, they were split since"
    return ""


def bust(command: BustTrade, trade: Trade, market: Market) -> None:
    """Cancel a trade, and find the last price again."""
    trade.busted = True
    floor = market.floor
    for order in (trade.resting, trade.incoming):
        order.undo(trade.price, trade.qty, trade.at, restore=command.restore)
        if command.restore:
            _work_again(order, market)
    floor.events.append(
        TradeBusted(
            trade.match_id,
            trade.symbol,
            trade.price,
            trade.qty,
            command.reason,
            trade.resting.state(),
            trade.incoming.state(),
            market.phase,
            trade.hides,
        )
    )
    _find_last_price(market)


def refuse_correction(
    trade: Trade | None, markets: Mapping[str, Market], price: int, qty: int
) -> str:
    """Why this trade may not become one of this price and quantity; "" if it may."""
    refused = refuse_bust(trade, markets)
    if refused or trade is None:
        return refused
    if not 0 < qty <= trade.qty:
        return f"qty must be 1 to {trade.qty}, what was traded, was {qty}"
    return "" if 0 < price <= PRICE_MAX else "price must be above 0 and no more than 100 million"


def correct(command: CorrectTrade, trade: Trade, market: Market) -> None:
    """Change a trade's price, or lower its quantity."""
    floor = market.floor
    less = trade.qty - command.qty
    for order in (trade.resting, trade.incoming):
        order.undo(trade.price, trade.qty, trade.at, restore=False)
        order.redo(command.price, command.qty, trade.at)
        if command.restore and less:
            order.give_back(less)
            _work_again(order, market)
    trade.price, trade.qty = command.price, command.qty
    floor.events.append(
        TradeCorrected(
            trade.match_id,
            trade.symbol,
            trade.price,
            trade.qty,
            trade.resting.state(),
            trade.incoming.state(),
            market.phase,
            trade.hides,
        )
    )
    _find_last_price(market)


def _work_again(order: Order, market: Market) -> None:
    """An order that was filled works again, with what it got back, last in time."""
    if order.leaves_qty and not market.floor.orders.is_working(order):
        market.floor.orders.revive(order)
        order.prio = market.floor.next_prio()
        market.rest(order)


def _find_last_price(market: Market) -> None:
    """The last price is that of the last trade that stands, of today (rule 7.6)."""
    market.last_price = market.reference_price
    for trade in market.floor.trades.of(market.symbol):
        if not trade.busted and trade.match_id > market.trades_before:
            market.last_price = trade.price
            return


def venue_cancel(order: Order, market: Market) -> None:
    """Cancel what is left of an order unasked (scenario E.1.b)."""
    market.leave(order)
    market.floor.cancel(order, CancelReason.SUPERVISORY, market.phase)


def venue_restate(command: VenueRestate, order: Order, market: Market) -> None:
    """Give an order another quantity or price unasked (scenarios E.1.c and E.1.d)."""
    terms = order.terms
    qty, price = command.qty or terms.qty, command.price or terms.price
    reduced = price == terms.price and qty < terms.qty
    reason = Restatement.REDUCED if reduced else Restatement.CHANGED
    _retake(order, market, qty, price, reason, keeps_place=reduced)


def split(command: SplitShares, orders: list[Order], market: Market) -> None:
    """Quantities of working orders grow and prices fall in the ratio (scenario H.1.b).

    What was executed counts in new shares, its value stays; fractions of a share and of a tick are
    dropped, to the order's cost in neither case.
    """
    new, old = command.new, command.old
    for order in sorted(orders, key=lambda order: order.prio):
        order.split(new, old)
        terms = order.terms
        price = market.instrument.passive_tick(terms.price * old // new, is_buy=order.is_buy)
        price = price if terms.price else 0
        qty = terms.qty * new // old
        _retake(order, market, qty, price, Restatement.SPLIT, keeps_place=False, renumber=False)
    market.split_after = market.floor.trades.count
    market.last_price = market.last_price * old // new
    market.reference_price = market.reference_price * old // new
    market.static_reference = market.static_reference * old // new


def _retake(
    order: Order,
    market: Market,
    qty: int,
    price: int,
    reason: Restatement,
    *,
    keeps_place: bool,
    renumber: bool = True,
) -> None:
    """Take new terms, in the old place or as an order that comes in."""
    terms = replace(order.terms, qty=qty, price=price)
    place = order.price
    if not keeps_place:
        market.leave(order)
    order.retake(terms)
    if keeps_place:
        order.price = place
        if not order.leaves_qty:
            market.leave(order)
    elif renumber:
        order.prio = market.floor.next_prio()
    market.floor.events.append(OrderRestated(order.state(), reason, market.phase))
    if not order.leaves_qty:
        market.floor.orders.finish(order)
    elif not keeps_place:
        enter(order, market)


def enter(order: Order, market: Market) -> None:
    """Let an order in that was taken out, whatever it is."""
    if order.special is not None:
        enter_special(market, order)
    else:
        market.enter(order)
