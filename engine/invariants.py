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
from engine.order import Order, Place
from engine.order_kinds import STAYS_AFTER_AUCTION, Kind, kind_of
from engine.phases import PERMITS
from engine.values import OrdStatus, OrdType, TimeInForce

ENDS_BY_ITSELF = (TimeInForce.GOOD_TILL_CANCEL, TimeInForce.GOOD_TILL_DATE)


def check(exchange: Exchange) -> None:
    """Assert every invariant of an exchange at rest; raises AssertionError naming what is wrong."""
    resting: dict[int, Order] = {}
    prios: dict[int, Order] = {}
    for symbol, market in exchange.markets.items():
        assert market.instrument.symbol == symbol, symbol
        segment = market.segment
        assert exchange.segments[segment.definition.segment] is segment, symbol
        assert market.permits is PERMITS[market.phase], ("permits", market.phase)
        waits = not market.permits.enter
        assert waits or not market.prints, ("prints nobody looked at", symbol)
        assert not market.tripped, ("a guard tripped and nothing happened", symbol)
        _check_sides(market)
        for order in market.waiting.orders():
            assert order.order_id not in resting, ("waits twice", order)
            resting[order.order_id] = order
            _check_waiting(market, order)
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
    if not market.permits.match:
        return
    assert not list(book.bids.unpriced.ranked("")), "a market order rests"
    assert not list(book.asks.unpriced.ranked("")), "a market order rests"
    # Hidden orders that want a minimum may stand locked or crossed (rule 2.7, EX-2.13).
    bids = [level.price for level in book.bids.by_rank() if _is_free(level)]
    asks = [level.price for level in book.asks.by_rank() if _is_free(level)]
    if bids and asks:
        assert bids[0] < asks[0], ("crossed book", market.instrument.symbol, bids[0], asks[0])


def _is_free(level: Level) -> bool:
    return any(not _wants_minimum(order) for order in level.ranked(""))


def _wants_minimum(order: Order) -> bool:
    """Whether it may have been passed over when it came, or whoever came was."""
    instructions = order.terms.instructions
    return instructions is not None and instructions.min_qty > 1


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
    hidden = level.hidden is not None and len(level.hidden.orders) > 0
    assert len(level.displayed.orders) or hidden, ("empty level", level.price)
    careful = sum(order.special is not None for order in level.ranked(""))
    assert level.careful == careful, ("careful", level.careful, careful)
    for queue in (level.displayed, level.hidden):
        if queue is None:
            continue
        _check_queue(queue)
        for order in queue.orders:
            assert order.displayed == (queue is level.displayed), ("visibility", order)
            assert order.price == level.price, ("wrong level", level.price, order)
            assert order.is_buy == side.is_buy, ("wrong side", order)


def _check_queue(queue: Queue) -> None:
    prios = [prio for prio, _ in queue.orders.places()]
    assert prios == sorted(prios), ("not in order of time", prios)
    for prio, order in queue.orders.places():
        assert order.prio == prio, ("filed under another prio", prio, order)
    for member, own in queue.by_member.items():
        mine = [o for o in queue.orders if o.member == member and o.internal]
        assert mine, ("empty queue of a member", member)
        assert list(own) == mine, ("queue of a member", member, own)
    internal = sum(order.internal for order in queue.orders)
    filed = sum(len(own) for own in queue.by_member.values())
    assert filed == internal, ("orders without a member's queue", filed, internal)


def _check_resting(exchange: Exchange, market: Market, order: Order) -> None:
    terms, special = order.terms, order.special
    floor = exchange.floor
    assert order.order_id <= floor.order_count, ("order from the future", order)
    assert order.prio <= floor.prio, ("prio from the future", order)
    assert terms.symbol == market.instrument.symbol, ("wrong book", order)
    assert terms.member in exchange.members, ("unknown member", order)
    _check_terms(order)
    if terms.ord_type == OrdType.LIMIT:
        assert terms.price == order.price, ("price is not that of the terms", order)
    if market.permits.match:
        assert order.price, ("rests without a limit", order)
        assert terms.time_in_force in STAYS_AFTER_AUCTION, ("may not rest", order)
    if special is not None:
        assert special.place is Place.BOOK, ("place", order)
        assert special.shown <= order.leaves_qty, ("shows more than it has", order)
        if order.max_floor and order.displayed:
            assert special.shown > 0, ("shows nothing", order)
    if terms.time_in_force in ENDS_BY_ITSELF:
        moment = floor.expiries.moment(order)
        assert moment or terms.time_in_force == TimeInForce.GOOD_TILL_CANCEL, ("unwatched", order)
        assert not moment or exchange.at < moment, ("overdue", exchange.at, order)
        assert not moment or exchange.next_at <= moment, ("nobody watches", order)


def _check_terms(order: Order) -> None:
    """What must hold of every working order."""
    terms = order.terms
    assert terms.member == order.member, ("member", order)
    assert terms.displayed == order.displayed, ("displayed is not that of the terms", order)
    assert terms.no_internal != order.internal, ("internal is not that of the terms", order)
    assert order.leaves_qty > 0, ("works with nothing left", order)
    assert order.gone_qty + order.leaves_qty == terms.qty, ("leaves is not qty - gone", order)
    status = OrdStatus.PARTIALLY_FILLED if order.cum_qty else OrdStatus.NEW
    assert order.status == status, ("status", order)
    assert bool(order.notional) == bool(order.cum_qty), ("notional", order)


def _check_waiting(market: Market, order: Order) -> None:
    """Who stands outside the book says so and is of a kind that may."""
    special = order.special
    assert special is not None, ("waits without instructions", order)
    assert special.place is not Place.BOOK, ("place", order)
    assert order.terms.symbol == market.symbol, ("wrong book", order)
    _check_terms(order)
    kind = kind_of(order.terms)
    if special.place is Place.STOP:
        assert kind in (Kind.STOP, Kind.STOP_LIMIT, Kind.TRAILING_STOP), ("no stop", order)
        assert special.stop_px > 0, ("no trigger", order)
        assert not special.triggered, ("triggered and waits", order)
    else:
        assert not order.price, ("waits at a price", order)


def _check_registry(exchange: Exchange, resting: dict[int, Order]) -> None:
    working = 0
    for order in exchange.orders.all_working():
        working += 1
        assert resting.get(order.order_id) is order, ("works but does not rest", order)
        found = exchange.orders.find(order.terms.session, order.cl_ord_id)
        assert found is order or not order.cl_ord_id, ("not found by its ClOrdID", order, found)
    assert working == len(resting), ("rests but does not work", working, len(resting))
