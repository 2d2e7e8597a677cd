"""What must always hold between two commands, whatever they were: `check(exchange)` asserts it.

Tests call this after every command, a simulation after every so many; the venue does not need it to
run. It only reads, and looks inside on purpose: it is the one place that says how the parts of the
engine agree with each other (book, registry, expiries, counters). It walks over every resting order
and every price, so a check costs as much as the books are deep.
"""

from __future__ import annotations

from engine.book.order_book import BookSide, Level, Queue
from engine.exchange import Exchange
from engine.market import Market
from engine.order import Order
from engine.phases import PERMITS
from engine.values import OrdStatus, OrdType, TimeInForce

RESTS = (TimeInForce.DAY, TimeInForce.GOOD_TILL_CANCEL, TimeInForce.GOOD_TILL_DATE)
"""Time in force of what may stand in a book between two commands (rule 2.3.1)."""


def check(exchange: Exchange) -> None:
    """Assert every invariant of an exchange at rest; raises AssertionError naming what is wrong."""
    resting: dict[int, Order] = {}
    prios: dict[int, Order] = {}
    for symbol, market in exchange.markets.items():
        assert market.instrument.symbol == symbol, symbol
        segment = market.segment
        assert exchange.segments[segment.definition.segment] is segment, symbol
        assert segment.permits is PERMITS[segment.phase], ("permits", segment.phase)
        _check_sides(market)
        for side in (market.book.bids, market.book.asks):
            for order in side.orders():
                assert order.order_id not in resting, ("rests twice", order)
                assert order.prio not in prios, ("same prio", order, prios[order.prio])
                resting[order.order_id] = prios[order.prio] = order
                _check_resting(exchange, market, order)
    _check_registry(exchange, resting)


def _check_sides(market: Market) -> None:
    book = market.book
    assert book.bids.is_buy
    assert not book.asks.is_buy
    _check_side(book.bids)
    _check_side(book.asks)
    bid, ask = book.bids.best, book.asks.best
    if bid is not None and ask is not None and PERMITS[market.segment.phase].match:
        assert bid < ask, ("crossed book", market.instrument.symbol, bid, ask)


def _check_side(side: BookSide) -> None:
    prices = sorted(side.levels)
    assert list(side.prices) == prices, ("prices are not those of the levels", side.prices, prices)
    best = None
    if prices:
        best = prices[-1] if side.is_buy else prices[0]
    assert side.best == best, ("best price", side.best, best)
    for price, level in side.levels.items():
        assert level.price == price, (level.price, price)
        _check_level(side, level)


def _check_level(side: BookSide, level: Level) -> None:
    hidden = level.hidden.orders if level.hidden is not None else {}
    assert level.displayed.orders or hidden, ("empty level", level.price)
    for queue in (level.displayed, level.hidden):
        if queue is None:
            continue
        _check_queue(queue)
        for order in queue.orders.values():
            assert order.displayed == (queue is level.displayed), ("visibility", order)
            assert order.price == level.price, ("wrong level", level.price, order)
            assert order.is_buy == side.is_buy, ("wrong side", order)


def _check_queue(queue: Queue) -> None:
    prios = list(queue.orders)
    assert prios == sorted(prios), ("not in order of time", prios)
    for prio, order in queue.orders.items():
        assert order.prio == prio, ("filed under another prio", prio, order)
    for member, own in queue.by_member.items():
        mine = [o for o in queue.orders.values() if o.member == member and o.internal]
        assert mine, ("empty queue of a member", member)
        assert list(own) == [order.prio for order in mine], ("queue of a member", member, own)
    internal = sum(order.internal for order in queue.orders.values())
    filed = sum(len(own) for own in queue.by_member.values())
    assert filed == internal, ("orders without a member's queue", filed, internal)


def _check_resting(exchange: Exchange, market: Market, order: Order) -> None:
    terms = order.terms
    assert order.order_id <= exchange._order_count, ("order from the future", order)
    assert order.prio <= exchange._prio, ("prio from the future", order)
    assert terms.symbol == market.instrument.symbol, ("wrong book", order)
    assert terms.member == order.member, ("member", order)
    assert terms.member in exchange.members, ("unknown member", order)
    assert terms.price == order.price, ("price is not that of the terms", order)
    assert terms.displayed == order.displayed, ("displayed is not that of the terms", order)
    assert terms.no_internal != order.internal, ("internal is not that of the terms", order)
    assert terms.ord_type == OrdType.LIMIT, ("rests without a limit", order)
    assert terms.time_in_force in RESTS, ("may not rest", order)
    assert order.leaves_qty > 0, ("rests with nothing left", order)
    assert order.cum_qty + order.leaves_qty == terms.qty, ("leaves is not qty - cum", order)
    status = OrdStatus.PARTIALLY_FILLED if order.cum_qty else OrdStatus.NEW
    assert order.status == status, ("status", order)
    assert bool(order.notional) == bool(order.cum_qty), ("notional", order)
    if terms.time_in_force == TimeInForce.GOOD_TILL_DATE:
        deadline = exchange.next_deadline()
        assert exchange.at < terms.expire_at, ("overdue", exchange.at, order)
        assert deadline is not None, ("nobody watches", order)
        assert deadline <= terms.expire_at, ("nobody watches", deadline, order)


def _check_registry(exchange: Exchange, resting: dict[int, Order]) -> None:
    working = 0
    for order in exchange.orders.all_working():
        working += 1
        assert resting.get(order.order_id) is order, ("works but does not rest", order)
        found = exchange.orders.find(order.terms.session, order.cl_ord_id)
        assert found is order, ("not found by its ClOrdID", order, found)
    assert working == len(resting), ("rests but does not work", working, len(resting))
