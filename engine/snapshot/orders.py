"""Orders and what finds them, as a snapshot keeps them: registry, expiries, trades.

Every order that is reachable stands once in a table, by OrderID; whatever else holds an order keeps
its number, so that one order is one object again. No order is judged or changed here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from operator import attrgetter

import msgspec
from msgspec.structs import replace

from engine.book.line import Line
from engine.floor import Floor
from engine.oms.cl_ord_ids import ClOrdIds
from engine.oms.expiries import Expiries
from engine.oms.order_registry import OrderRegistry
from engine.oms.trades import Trade, Trades
from engine.order import Order

Table = dict[int, Order]
"""Orders by OrderID."""

_INT_MIN, _INT_MAX = -(2**63), 2**64 - 1
"""What msgpack has integers for; money may be more."""


class SavedMoney(msgspec.Struct, array_like=True, gc=False):
    """Sums of an order that no msgpack integer holds, as text; the order itself has 0 there."""

    order_id: int
    notional: str
    notional_before: str


class SavedSession(msgspec.Struct, array_like=True, gc=False):
    """What a session's ClOrdIDs find, in order of use; `former` are ids that the order at this
    place had before, all others are those it has.
    """

    session: str
    order_ids: list[int]
    former: dict[int, str]


class SavedTrade(msgspec.Struct, array_like=True, gc=False):
    """A `Trade`, its orders by number."""

    match_id: int
    at: int
    symbol: str
    price: int
    qty: int
    resting: int
    incoming: int
    cross: str
    hides: str
    busted: bool


class SavedOrders(msgspec.Struct, array_like=True, gc=False):
    """All orders by OrderID, and the insides of `OrderRegistry`, `Expiries` and `Trades`."""

    orders: list[Order]
    money: list[SavedMoney]
    sessions: list[SavedSession]
    working: dict[str, list[int]]
    done: list[int]
    former: dict[int, list[str]]
    done_max: int
    expiries: list[tuple[int, int]]
    moments: dict[int, int]
    expiries_max: int
    trades: list[SavedTrade]
    trade_count: int
    trades_max: int


def save_orders(floor: Floor) -> SavedOrders:
    """All orders of the floor and what finds them."""
    registry, expiries, trades = floor.orders, floor.expiries, floor.trades
    orders, money = _plain(_reachable(floor))
    return SavedOrders(
        orders,
        money,
        [_session(name, found) for name, found in registry._by_cl_ord_id.items()],
        {name: [order.order_id for order in orders] for name, orders in registry._working.items()},
        [order.order_id for order in registry._done],
        registry._former,
        registry.done_max,
        [(at, order_id) for at, order_id, _ in expiries._heap],
        expiries._moments,
        expiries._size_max,
        [_trade(trade) for trade in trades._trades],
        trades.count,
        trades.trades_max,
    )


def _reachable(floor: Floor) -> list[Order]:
    """Every order that a later command can reach, the oldest first.

    Those of trades and expiries may be finished and forgotten by the registry.
    """
    registry = floor.orders
    table: Table = {}
    for found in registry._by_cl_ord_id.values():
        _collect((order for _, order in found.items()), table)
    for working in registry._working.values():
        _collect(working, table)
    _collect(registry._done, table)
    _collect((order for _, _, order in floor.expiries._heap), table)
    _collect((trade.resting for trade in floor.trades._trades), table)
    _collect((trade.incoming for trade in floor.trades._trades), table)
    return sorted(table.values(), key=attrgetter("order_id"))


def _collect(orders: Iterable[Order], table: Table) -> None:
    for order in orders:
        known = table.setdefault(order.order_id, order)
        assert known is order, ("two orders of one number", order)


def _plain(orders: list[Order]) -> tuple[list[Order], list[SavedMoney]]:
    """The orders with nothing in them that msgpack cannot hold, and what that was."""
    money = []
    for place, order in enumerate(orders):
        ledger = order.ledger
        before = ledger.notional_before if ledger is not None else 0
        if _INT_MIN <= order.notional <= _INT_MAX and _INT_MIN <= before <= _INT_MAX:
            continue
        money.append(SavedMoney(order.order_id, str(order.notional), str(before)))
        bare = replace(ledger, notional_before=0) if ledger is not None else None
        orders[place] = replace(order, notional=0, ledger=bare)
    return orders, money


def _session(name: str, found: ClOrdIds) -> SavedSession:
    """In the order of numbers, not in that of the pieces they are found by."""
    filed = sorted((order.order_id, cl_ord_id, order) for cl_ord_id, order in found.items())
    former = {
        place: cl_ord_id
        for place, (_, cl_ord_id, order) in enumerate(filed)
        if cl_ord_id != order.cl_ord_id
    }
    return SavedSession(name, [order_id for order_id, _, _ in filed], former)


def _trade(trade: Trade) -> SavedTrade:
    return SavedTrade(
        trade.match_id,
        trade.at,
        trade.symbol,
        trade.price,
        trade.qty,
        trade.resting.order_id,
        trade.incoming.order_id,
        trade.cross,
        trade.hides,
        trade.busted,
    )


def restore_orders(saved: SavedOrders, floor: Floor) -> Table:
    """Fill a floor that has no orders yet; returns all orders by OrderID."""
    for order in saved.orders:
        # One text instead of two, as in an order that was entered.
        order.member = order.terms.member
        if order.cl_ord_id == order.terms.cl_ord_id:
            order.cl_ord_id = order.terms.cl_ord_id
    table = {order.order_id: order for order in saved.orders}
    for money in saved.money:
        order = table[money.order_id]
        order.notional = int(money.notional)
        if order.ledger is not None:
            order.ledger.notional_before = int(money.notional_before)
    _restore_registry(saved, floor.orders, table)
    _restore_expiries(saved, floor.expiries, table)
    _restore_trades(saved, floor.trades, table)
    return table


def _restore_registry(saved: SavedOrders, registry: OrderRegistry, table: Table) -> None:
    registry.done_max = saved.done_max
    for session in saved.sessions:
        orders = [table[order_id] for order_id in session.order_ids]
        cl_ord_ids = [order.cl_ord_id for order in orders]
        for place, cl_ord_id in session.former.items():
            cl_ord_ids[place] = cl_ord_id
        found = registry._by_cl_ord_id[session.session] = ClOrdIds()
        for cl_ord_id, order in zip(cl_ord_ids, orders, strict=True):
            found.file(cl_ord_id, order)
    for name, order_ids in saved.working.items():
        line = registry._working[name] = Line()
        for order_id in order_ids:
            line.add(order_id, table[order_id])
    registry._done = deque(table[order_id] for order_id in saved.done)
    registry._former = saved.former


def by_id(order_ids: Iterable[int], table: Table) -> Table:
    """These orders by OrderID, in this order."""
    return {order_id: table[order_id] for order_id in order_ids}


def _restore_expiries(saved: SavedOrders, expiries: Expiries, table: Table) -> None:
    heap = [(at, order_id, table[order_id]) for at, order_id in saved.expiries]
    expiries._heap = heap
    expiries._moments = saved.moments
    expiries._size_max = saved.expiries_max
    if heap:
        expiries.next_at = heap[0][0]


def _restore_trades(saved: SavedOrders, trades: Trades, table: Table) -> None:
    trades.trades_max = saved.trades_max
    trades.count = saved.trade_count
    trades._trades = [
        Trade(
            trade.match_id,
            trade.at,
            trade.symbol,
            trade.price,
            trade.qty,
            table[trade.resting],
            table[trade.incoming],
            trade.cross,
            trade.hides,
            trade.busted,
        )
        for trade in saved.trades
    ]
