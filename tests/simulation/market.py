"""What clients have sent and what must come back: a correct model of their side of the market.

Each request gets exactly one answer, each report fits what was known of its order, each ExecID
comes once, and both sides of a match tell the same. What must not be here: sessions, and the
engine's rules: who trades with whom is for the engine's own tests.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from engine.exchange import Exchange
from engine.values import OrdStatus
from tests.simulation.fix_client import FixClient
from tests.simulation.venue import SYMBOLS
from tests.support.wire import Received

NEW, CANCELED, REPLACED, REJECTED, EXPIRED, TRADE = "0", "4", "5", "8", "C", "F"
PRICES = {"ERIC-B": 86, "SEB-A": 177}
ENDED = {CANCELED, REJECTED, EXPIRED}


@dataclass(slots=True, eq=False)
class Order:
    """One order as its client knows it; `order_id` is "" until the venue has answered."""

    comp_id: str
    cl_ord_id: str
    symbol: str
    side: str
    qty: int
    order_id: str = ""
    cum: int = 0
    leaves: int = 0
    ended: bool = False


@dataclass(slots=True, eq=False)
class Match:
    """A trade as its sides tell it: side -> order, and the terms they name."""

    sides: dict[str, Order] = field(default_factory=dict)
    terms: set[tuple[str, str, str]] = field(default_factory=set)


@dataclass(slots=True, eq=False)
class Request:
    """A message that awaits its answer: "D", "F" or "G"."""

    kind: str
    order: Order
    seq: int
    qty: int = 0


class MarketModel:
    """All clients' orders."""

    def __init__(self) -> None:
        self.orders: dict[str, Order] = {}
        """By every ClOrdID an order has had."""

        self.requests: dict[str, Request] = {}
        self.matches: dict[str, Match] = {}
        self.acknowledged = 0
        self.exec_ids: set[str] = set()
        self.commands = 0
        self.fills = 0
        self._given_up: set[str] = set()
        self._ids = 0

    # Sending

    def act(self, client: FixClient, rng: Random) -> None:
        """The client does something."""
        working = [
            order
            for order in dict.fromkeys(self.orders.values())
            if order.comp_id == client.comp_id and order.order_id and not order.ended
        ]
        dice = rng.random()
        if dice < 0.65 or not working:
            self._enter(client, rng)
        elif dice < 0.85:
            self._change(client, rng.choice(working), rng, "F")
        else:
            self._change(client, rng.choice(working), rng, "G")

    def _enter(self, client: FixClient, rng: Random) -> None:
        cl_ord_id, symbol = self._new_id(), rng.choice(SYMBOLS)
        order = Order(client.comp_id, cl_ord_id, symbol, rng.choice("12"), 100 * rng.randint(1, 9))
        self.orders[cl_ord_id] = order
        price = PRICES[symbol] + rng.randrange(4)
        tif = rng.choice("011134")
        fields: list[tuple[int, object]] = [(11, cl_ord_id), (38, order.qty), (40, "2")]
        fields += [(44, price), (54, order.side), (55, symbol), (59, tif)]
        self._ask(client, Request("D", order, 0, order.qty), cl_ord_id, fields)

    def _change(self, client: FixClient, order: Order, rng: Random, kind: str) -> None:
        new_id, qty = self._new_id(), 100 * rng.randint(1, 9)
        self.orders[new_id] = order
        fields: list[tuple[int, object]] = [(11, new_id), (41, order.cl_ord_id)]
        if kind == "G":
            price = PRICES[order.symbol] + rng.randrange(4)
            fields += [(38, qty), (40, "2"), (44, price)]
        fields += [(54, order.side), (55, order.symbol)]
        self._ask(client, Request(kind, order, 0, qty), new_id, fields)

    def _ask(
        self, client: FixClient, request: Request, cl_ord_id: str, fields: list[tuple[int, object]]
    ) -> None:
        self.requests[cl_ord_id] = request
        fields.append((60, "20261122-10:00:00"))
        self.commands += 1
        request.seq = client.next_out
        client.send(request.kind, fields)

    def _new_id(self) -> str:
        self._ids += 1
        return f"S{self._ids}"

    def given_up(self, client: FixClient, seq: int) -> None:
        """The venue has not got it and never will: it must never answer."""
        for cl_ord_id, request in list(self.requests.items()):
            if request.seq == seq and request.order.comp_id == client.comp_id:
                del self.requests[cl_ord_id]
                self._given_up.add(cl_ord_id)

    # Hearing

    def hear(self, client: FixClient, message: Received) -> None:
        """A report, in sequence, for the first time."""
        assert message[11] not in self._given_up, ("answer to what was never taken", message)
        order = self.orders[message[11]]
        assert order.comp_id == client.comp_id, message
        if message.type == "9":
            request = self.requests.pop(message[11])
            assert request.kind in "FG", message
            return
        assert message[17] not in self.exec_ids, ("ExecID twice", message)
        self.exec_ids.add(message[17])
        kind = message[150]
        if kind == TRADE:
            self._trade(order, message)
        elif kind == NEW:
            assert self.requests.pop(message[11]).kind == "D", message
            assert not order.order_id, message
            order.order_id, order.leaves = message[37], order.qty
            self.acknowledged += 1
        elif kind == REPLACED:
            request = self.requests.pop(message[11])
            assert request.kind == "G", message
            # Less than what is filled already means that much.
            order.cl_ord_id, order.qty = message[11], max(request.qty, order.cum)
            order.leaves = order.qty - order.cum
        else:
            self._end(order, message, kind)
        assert (int(message[14]), int(message[151])) == (order.cum, order.leaves), (order, message)
        assert kind == REJECTED or message[37] == order.order_id, (order, message)
        order.ended = order.ended or not order.leaves

    def _end(self, order: Order, message: Received, kind: str) -> None:
        assert kind in ENDED, message
        assert not order.ended, (order, message)
        if kind == REJECTED:
            assert self.requests.pop(message[11]).kind == "D", message
        elif 41 in message:
            request = self.requests.pop(message[11])
            assert request.kind in "FG", message
        order.leaves = 0
        order.ended = True

    def _trade(self, order: Order, message: Received) -> None:
        assert order.order_id, ("fill before the order", message)
        assert not order.ended, ("fill after the end", message)
        qty = int(message[32])
        assert 0 < qty <= order.leaves, (order, message)
        order.cum += qty
        order.leaves -= qty
        self.fills += 1
        match = self.matches.setdefault(message[527], Match())
        assert message[54] not in match.sides, message
        match.sides[message[54]] = order
        match.terms.add((message[31], message[32], message[55]))

    # Checks

    def check_known(self, exchange: Exchange) -> None:
        """Every acknowledged order is known to the engine, no less filled than its client knows."""
        for cl_ord_id, order in self.orders.items():
            if not order.order_id or cl_ord_id != order.cl_ord_id:
                continue
            found = exchange.orders.find(order.comp_id, cl_ord_id)
            assert found is not None, ("acknowledged and lost", order)
            assert f"O{found.order_id}" == order.order_id, (order, found)
            assert found.cum_qty >= order.cum, (order, found)

    def check_end(self, exchange: Exchange) -> None:
        """Nothing is open, every order is in the engine as its client knows it, sides match."""
        assert not self.requests, ("never answered", self.requests)
        working = 0
        for order in dict.fromkeys(self.orders.values()):
            found = exchange.orders.find(order.comp_id, order.cl_ord_id)
            if not order.order_id:
                assert found is None, ("never acknowledged", order, found)
                continue
            assert found is not None, order
            over = found.status not in (OrdStatus.NEW, OrdStatus.PARTIALLY_FILLED)
            leaves = 0 if over else found.leaves_qty
            assert (found.cum_qty, leaves) == (order.cum, order.leaves), (order, found)
            working += not order.ended
        assert working == sum(1 for _ in exchange.orders.all_working())
        for match_id, match in self.matches.items():
            assert (set(match.sides), len(match.terms)) == ({"1", "2"}, 1), (match_id, match)
        assert len(self.matches) == exchange.floor.trades.count
