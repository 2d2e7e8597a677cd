"""The check itself: it passes on a healthy exchange and names what is wrong with a broken one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.book.order_book import Level
from engine.commands import ChangePhase
from engine.exchange import Exchange
from engine.invariants import check
from engine.market import Market
from engine.order import Order
from engine.phases import PERMITS
from engine.values import OrdStatus, Phase
from tests.support.market import SYMBOL, Venue, enter, lines, order

ORDERS = """
    A AVA buy  100 @ 10.00
    B AVA buy  200 @ 10.00 hidden
    C NON buy  300 @ 10.00 no-internal
    D AVA buy  400 @  9.99 GTD=60
    E NON sell 100 @ 10.01
    F SHB sell 200 @ 10.02
    G SHB buy   50 @ 10.01
"""


Damage = Callable[[Exchange], None]
DAMAGES: list[tuple[str, Damage]] = []


def damage(noticed: str) -> Callable[[Damage], Damage]:
    """A way to damage an exchange, and the words in which it is noticed."""

    def register(do: Damage) -> Damage:
        DAMAGES.append((noticed, do))
        return do

    return register


def _exchange() -> Exchange:
    venue = Venue()
    venue.apply_all(*map(enter, lines(ORDERS)))
    return venue.exchange


def _market(exchange: Exchange) -> Market:
    return exchange.markets[SYMBOL]


def _order(exchange: Exchange, name: str) -> Order:
    return next(one for one in exchange.orders.all_working() if one.cl_ord_id == name)


def _best_level(exchange: Exchange) -> Level:
    return next(_market(exchange).book.bids.by_rank())


@damage("best price")
def _best(exchange: Exchange) -> None:
    _market(exchange).book.bids.best = _order(exchange, "D").price


@damage("best price")
def _no_best(exchange: Exchange) -> None:
    _market(exchange).book.asks.best = None


@damage("prices are not those of the levels")
def _prices(exchange: Exchange) -> None:
    _market(exchange).book.bids.prices.add(1)


@damage("100100, 100000")
def _level_price(exchange: Exchange) -> None:
    _best_level(exchange).price += 100


@damage("empty level")
def _empty_level(exchange: Exchange) -> None:
    bids = _market(exchange).book.bids
    bids.levels[1] = Level(1)
    bids.prices.add(1)


@damage("crossed book")
def _crossed(exchange: Exchange) -> None:
    crossing = order("X NON buy 100 @ 10.05", 99)
    _market(exchange).book.bids.add(crossing)


@damage("wrong level")
def _price(exchange: Exchange) -> None:
    _order(exchange, "A").price += 100


@damage("wrong side")
def _side(exchange: Exchange) -> None:
    _order(exchange, "A").is_buy = False


@damage("visibility")
def _visibility(exchange: Exchange) -> None:
    _order(exchange, "A").displayed = False


@damage("orders without a member's queue")
def _internal(exchange: Exchange) -> None:
    _order(exchange, "C").internal = True


@damage("'member'")
def _member(exchange: Exchange) -> None:
    _order(exchange, "C").member = "AVA"


@damage("orders without a member's queue")
def _member_queue(exchange: Exchange) -> None:
    _best_level(exchange).displayed.by_member.clear()


@damage("empty queue of a member")
def _empty_member_queue(exchange: Exchange) -> None:
    by_member = _best_level(exchange).displayed.by_member
    by_member["SHB"] = type(by_member["AVA"])()


@damage("not in order of time")
def _time(exchange: Exchange) -> None:
    order = _order(exchange, "A")
    _best_level(exchange).displayed.orders.add(order.prio, order)


@damage("filed under another prio")
def _prio(exchange: Exchange) -> None:
    _order(exchange, "A").prio = 50


@damage("same prio")
def _same_prio(exchange: Exchange) -> None:
    twin = order("Z SHB buy 100 @ 9.98", 7)
    twin.prio = _order(exchange, "A").prio
    _market(exchange).book.bids.add(twin)


@damage("leaves is not qty - gone")
def _leaves(exchange: Exchange) -> None:
    _order(exchange, "E").leaves_qty += 1


@damage("works with nothing left")
def _nothing_left(exchange: Exchange) -> None:
    _order(exchange, "A").leaves_qty = 0


@damage("'status'")
def _status(exchange: Exchange) -> None:
    _order(exchange, "E").status = OrdStatus.NEW


@damage("'notional'")
def _notional(exchange: Exchange) -> None:
    _order(exchange, "E").notional = 0


@damage("works but does not rest")
def _registered_only(exchange: Exchange) -> None:
    exchange.orders.add(order("Z SHB buy 100 @ 9.98", 7))


@damage("rests but does not work")
def _resting_only(exchange: Exchange) -> None:
    exchange.orders.finish(_order(exchange, "A"))


@damage("not found by its ClOrdID")
def _name(exchange: Exchange) -> None:
    _order(exchange, "A").cl_ord_id = "other"


@damage("unknown member")
def _unknown_member(exchange: Exchange) -> None:
    del exchange.members["AVA"]


@damage("overdue")
def _expiry(exchange: Exchange) -> None:
    exchange.at = _order(exchange, "D").terms.expire_at


@damage("unwatched")
def _watch(exchange: Exchange) -> None:
    exchange.floor.expiries.due(_order(exchange, "D").terms.expire_at)


@damage("ERIC-B")
def _segment(exchange: Exchange) -> None:
    exchange.segments["STO"] = type(exchange.segments["STO"])(exchange.segments["STO"].definition)


@damage("permits")
def _permits(exchange: Exchange) -> None:
    _market(exchange).permits = PERMITS[Phase.CLOSED]


@damage("VOLV-B")
def _symbol(exchange: Exchange) -> None:
    exchange.markets["VOLV-B"] = exchange.markets.pop(SYMBOL)


@damage("prio from the future")
def _counters(exchange: Exchange) -> None:
    exchange.floor.prio = 3


def test_check_passes_on_a_healthy_exchange() -> None:
    """Nothing is wrong with a venue that was only ever sent commands, nor with an empty one."""
    check(_exchange())
    check(Exchange())


@pytest.mark.parametrize(
    ("noticed", "do"), DAMAGES, ids=[do.__name__.strip("_") for _, do in DAMAGES]
)
def test_check_notices(noticed: str, do: Damage) -> None:
    """Each kind of damage is noticed by itself, as what it is."""
    exchange = _exchange()
    do(exchange)
    with pytest.raises(AssertionError, match=noticed):
        check(exchange)


def test_check_looks_at_crossed_books_in_continuous_trading_only() -> None:
    """Where nothing matches, as when closed, a book may stand crossed."""
    venue = Venue()
    venue.apply_all(
        ChangePhase("STO", "PRE_OPEN"),
        enter("A AVA sell 100 @ 10.00"),
        enter("X NON buy 100 @ 10.05"),
    )
    check(venue.exchange)
    venue.market().set_phase(Phase.CONTINUOUS)
    with pytest.raises(AssertionError, match="crossed book"):
        check(venue.exchange)
