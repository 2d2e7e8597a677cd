"""What the operator does to trades and orders: bust, correct, cancel, restate, split.

A bust takes the trade back from both orders and does not give the quantity back, unless it is asked
to (rule 7.6); guards and stops are not rewound. Whether the operator may is asked before, by
`refuse_bust` and its like, which answer in words; here what he ordered is done.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from engine.commands import (
    BustTrade,
    CorrectTrade,
    Instructions,
    OrderTerms,
    SplitShares,
    VenueRestate,
)
from engine.events import OrderRestated, TradeBusted, TradeCorrected
from engine.followers import come_in, watch_best
from engine.market import Market
from engine.oms.lifetime import watch
from engine.oms.trades import Trade
from engine.order import Order, Place, Special
from engine.phases import DAY_IS_OVER
from engine.values import (
    PRICE_MAX,
    CancelReason,
    Cross,
    OrdType,
    PegOffsetType,
    Restatement,
    TimeInForce,
)


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
        restore = command.restore and _may_work_again(order, trade, market)
        order.undo(trade.price, trade.qty, trade.match_id, restore=restore)
        if restore:
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
        order.undo(trade.price, trade.qty, trade.match_id, restore=False)
        order.redo(command.price, command.qty, trade.match_id)
        if command.restore and less and _may_work_again(order, trade, market):
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


def _may_work_again(order: Order, trade: Trade, market: Market) -> bool:
    """Whether an order may get quantity back: it could stand in the book now, and would not meet
    anybody there; Day orders of this day only, before its trading is over.
    """
    if order.is_working:
        return True
    terms, at = order.terms, market.floor.at
    time_in_force = terms.time_in_force
    is_of_today = trade.match_id > market.trades_before and market.phase not in DAY_IS_OVER
    stands = (
        (time_in_force == TimeInForce.DAY and is_of_today)
        or time_in_force == TimeInForce.GOOD_TILL_CANCEL
        or (time_in_force == TimeInForce.GOOD_TILL_DATE and at < terms.expire_at)
    )
    if not stands or terms.ord_type not in (OrdType.LIMIT, OrdType.STOP_LIMIT):
        return False
    order.price = terms.price
    return not (market.permits.match and market.book.opposite(order).crosses(order.price))


def _work_again(order: Order, market: Market) -> None:
    """An order that was filled works again, with what it got back, last in time."""
    floor = market.floor
    if order.leaves_qty and not floor.orders.is_working(order):
        floor.orders.revive(order)
        order.prio = floor.next_prio()
        come_in(market, order)
        watch(order, market)


def _find_last_price(market: Market) -> None:
    """Last and closing price are those of trades of today that stand (rule 7.6)."""
    today = [
        trade
        for trade in market.floor.trades.of(market.symbol)
        if not trade.busted and trade.match_id > market.trades_before
    ]
    market.last_price = today[0].price if today else market.reference_price
    if market.close_price:
        closing = [trade.price for trade in today if trade.cross == Cross.CLOSING]
        market.close_price = closing[0] if closing else market.last_price


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

    What was executed counts in new shares, its value stays. Fractions of a share are dropped and
    prices go to the less aggressive tick, so that nobody meets anybody through the split; what is
    left with no share or no price is canceled. All leave before anything changes, and come back in
    order, reserve orders with a full slice.
    """
    new, old = command.new, command.old
    orders = sorted(orders, key=lambda order: order.prio)
    stood = {order.order_id: replace(order.special or Special()) for order in orders}
    for order in orders:
        market.leave(order)
    market.split_after = market.floor.trades.count
    for name in ("last_price", "reference_price", "static_reference", "open_price", "close_price"):
        setattr(market, name, getattr(market, name) * old // new)
    for order in orders:
        terms = _split_terms(order, market, new, old)
        order.split(new, old)
        if terms.qty <= order.gone_qty or (order.terms.price and not terms.price):
            market.floor.cancel(order, CancelReason.SUPERVISORY, market.phase)
            continue
        order.retake(terms)
        was = stood[order.order_id]
        stop_px = _on_tick(was.stop_px * old // new, market, is_buy=not order.is_buy)
        put_back(order, market, was.place, stop_px)
        market.floor.events.append(OrderRestated(order.state(), Restatement.SPLIT, market.phase))
    market.restless = True  # pegs wait for the whole book


def _split_terms(order: Order, market: Market, new: int, old: int) -> OrderTerms:
    terms, is_buy = order.terms, order.is_buy
    price = _on_tick(terms.price * old // new, market, is_buy=is_buy) if terms.price else 0
    asked = terms.instructions
    if asked is not None:
        stop_px = asked.stop_px * old // new
        asked = replace(
            asked,
            max_floor=max(1, asked.max_floor * new // old)
            if asked.max_floor > 0
            else asked.max_floor,
            display_range=asked.display_range * new // old,
            # Who wanted a minimum goes on to: it may stand where others would meet.
            min_qty=max(2, asked.min_qty * new // old) if asked.min_qty > 1 else asked.min_qty,
            stop_px=_on_tick(stop_px, market, is_buy=not is_buy) if stop_px else 0,
            peg_offset=_split_offset(asked, new, old),
        )
    return replace(terms, qty=terms.qty * new // old, price=price, instructions=asked)


def _split_offset(asked: Instructions, new: int, old: int) -> int:
    """A difference of prices follows the prices, towards nothing; one in ticks stays."""
    offset = asked.peg_offset
    if asked.peg_offset_type == PegOffsetType.TICKS or not offset:
        return offset
    sign = 1 if offset > 0 else -1
    return sign * max(1, abs(offset) * old // new)


def _on_tick(price: int, market: Market, *, is_buy: bool) -> int:
    """The valid price that is no more aggressive; 0 if a buy has none."""
    return market.instrument.passive_tick(price, is_buy=is_buy)


def _retake(
    order: Order,
    market: Market,
    qty: int,
    price: int,
    reason: Restatement,
    *,
    keeps_place: bool,
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
    else:
        order.prio = market.floor.next_prio()
        if order.special is not None:
            order.special.shown = 0  # it comes in again, and shows a whole slice
    market.floor.events.append(OrderRestated(order.state(), reason, market.phase))
    if not order.leaves_qty:
        market.floor.orders.finish(order)
    elif not keeps_place:
        come_in(market, order)


def put_back(order: Order, market: Market, place: Place, stop_px: int) -> None:
    """Let an order stand again where it stood, meeting nobody; a stop waits for `stop_px`."""
    special = order.special
    if special is None:
        market.rest(order)
        return
    special.shown = 0
    if place is Place.STOP:
        order.price = 0
        market.waiting.add_stop(order, max(1, stop_px))
    elif place is Place.WAITS or order.terms.ord_type == OrdType.PEGGED:
        order.price = 0
        market.waiting.add_sleeper(order)
    else:
        market.rest(order)
        watch_best(market, order)
