"""Orders that follow prices: stops wait for a trade, pegs move with the best quotes (1.2 and 1.4).

Also how orders with instructions come in. `settle` is the one place where the market answers to
itself: what trades and quotes have caused, until all orders stand where they should.
"""

from __future__ import annotations

from engine.book.pegs import peg_price
from engine.events import OrderRestated, OrderTriggered
from engine.market import Market
from engine.order import Order, Place, Special
from engine.order_kinds import Entry, Kind, entry, kind_of
from engine.values import CancelReason, ExecInst, Restatement, TimeInForce

STOPS = frozenset({Kind.STOP, Kind.STOP_LIMIT, Kind.TRAILING_STOP})


WAITS_FOR_CALL = frozenset({TimeInForce.AT_THE_CLOSE, TimeInForce.GOOD_FOR_AUCTION})
"""What may come in before the call that it is for."""


def come_in(market: Market, order: Order) -> None:
    """Let in an order that was taken out, by the way it needs."""
    terms = order.terms
    plain = order.special is None and terms.instructions is None
    if plain and terms.time_in_force not in WAITS_FOR_CALL:
        market.enter(order)
    else:
        enter_special(market, order)


def enter_special(market: Market, order: Order) -> None:
    """Let in an order with instructions, or one that waits for its call."""
    if order.special is None:
        order.special = Special()
    kind = kind_of(order.terms)
    if kind in STOPS and not order.special.triggered:
        order.price = 0
        market.waiting.add_stop(order, _first_stop_px(market, order, kind))
        market.restless = True
    elif order.special.triggered:
        order.price = order.terms.price
        market.enter(order)
    elif entry(kind, order.terms.time_in_force, market.phase) is Entry.WAITS:
        order.price = 0
        market.waiting.add_sleeper(order)
    elif kind is Kind.PEGGED:
        _enter_peg(market, order)
    else:
        market.enter(order)
        if order.leaves_qty:
            watch_best(market, order)


def watch_best(market: Market, order: Order) -> None:
    """An order that asked for it leaves when it is not the best any more (scenario E.1.e)."""
    instructions = order.terms.instructions
    if instructions and instructions.exec_inst == ExecInst.CANCEL_IF_NOT_BEST:
        market.waiting.best_only[order.order_id] = order
        market.restless = True


def _first_stop_px(market: Market, order: Order, kind: Kind) -> int:
    instructions = order.terms.instructions
    assert instructions is not None
    if kind is not Kind.TRAILING_STOP:
        return instructions.stop_px
    distance = abs(instructions.peg_offset)
    return market.last_price + distance if order.is_buy else market.last_price - distance


def settle(market: Market) -> None:
    """Stops fire and pegs follow until nothing moves; call when a command is through with a market
    that is `restless`.
    """
    while True:
        called = _called(market)
        if called:
            for order in called:
                _trigger(market, order)
        elif not market.permits.match or not _follow_quotes(market):
            break
    if market.permits.match and market.waiting.best_only:
        _cancel_those_not_best(market)
    waiting = market.waiting
    market.restless = bool(waiting.stops or waiting.pegs or waiting.priceless or waiting.best_only)


def _cancel_those_not_best(market: Market) -> None:
    """Orders that asked for it leave when a better price is shown on their side (E.1.e)."""
    book = market.book
    bid, ask = book.bids.best_displayed(), book.asks.best_displayed()
    for order in list(market.waiting.best_only.values()):
        best = bid if order.is_buy else ask
        if best is not None and (best > order.price if order.is_buy else best < order.price):
            market.leave(order)
            market.floor.cancel(order, CancelReason.NOT_BEST, market.phase)


def _called(market: Market) -> list[Order]:
    """Stops that the prices since the last look have triggered, first come first.

    Where no order may come in they wait: those of the closing price for the next morning.
    """
    if not market.permits.enter:
        return []
    prints, market.prints = market.prints, []
    called = {
        order.order_id: order for price in prints for order in market.waiting.called_by(price)
    }
    return sorted(called.values(), key=_prio)


def _trigger(market: Market, order: Order) -> None:
    """A stop becomes a market or limit order and comes in (rule 1.4.3)."""
    if order.special is None or order.special.place is not Place.STOP:
        return
    market.waiting.remove(order)
    order.special.triggered = True
    order.price = order.terms.price
    order.prio = market.floor.next_prio()
    market.floor.events.append(OrderTriggered(order.state(), market.phase))
    market.enter(order)


def _enter_peg(market: Market, order: Order) -> None:
    book = market.book
    bid, ask = book.bids.best_displayed(), book.asks.best_displayed()
    order.price = peg_price(order, market.instrument, bid, ask)
    market.restless = True
    _stand(market, order)


def _stand(market: Market, order: Order) -> None:
    """A peg comes in at its price, or waits until it has one."""
    if not order.price:
        market.waiting.add_sleeper(order)
        return
    market.waiting.pegs[order.order_id] = order
    market.enter(order)
    if not order.leaves_qty:
        market.waiting.forget(order)


def _follow_quotes(market: Market) -> bool:
    """Move the pegs whose price is not what the best quotes say; whether there was one."""
    waiting, book = market.waiting, market.book
    if not waiting.pegs and not waiting.priceless:
        return False
    bid, ask = book.bids.best_displayed(), book.asks.best_displayed()
    moved = False
    for order in sorted([*waiting.pegs.values(), *waiting.priceless.values()], key=_prio):
        if not order.leaves_qty:
            continue
        price = peg_price(order, market.instrument, bid, ask)
        if price != order.price:
            trades = market.floor.trades.count
            _move(market, order, price)
            moved = True
            if market.floor.trades.count != trades or not market.permits.match:
                break  # the quotes may be others now, or a guard has begun a call
    return moved and market.permits.match


def _move(market: Market, order: Order, price: int) -> None:
    """Another price is another place in time (rule 1.2); at one that crosses the peg comes in."""
    market.leave(order)
    order.price = price
    order.prio = market.floor.next_prio()
    if not price:
        market.waiting.add_sleeper(order)
    state = order.state()
    market.floor.events.append(OrderRestated(state, Restatement.REPRICED, market.phase))
    if price:
        _stand(market, order)


def _prio(order: Order) -> int:
    return order.prio
