"""A ledger of what a venue has promised, and its check after the venue was killed.

Members write each order into the ledger before they send it; a report marks it. After a restart
every member logs on without a reset, and the ledger is held against the venue:

- the venue's numbers go on where they were, and it asks for no message again that it had answered;
- the numbers of what it sends have no holes;
- what a member missed comes by resend, what it had seen comes again with the same bytes, but for
  the fields of the header that say it is sent again;
- every marked order is there with its quantities, every other one is taken now or never was;
- working orders are filled by an incoming one in their old order;
- no ExecID and no side of a trade is reported twice.

A broken promise is an AssertionError. `tests.crash.kills` does the killing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random

from tests.support import wire
from tests.support.process import WAIT_SECONDS_MAX, Client
from tests.support.wire import Received

BUY, SELL = "1", "2"
NEW, TRADE, CANCELED, STATUS = "0", "F", "4", "I"
GOOD_TILL_CANCEL, IMMEDIATE = "1", "3"

SEEN_AND_ASKED_FOR_AGAIN = 150
"""So many messages a member has already are asked for again at each restart."""


_SENT_AGAIN = re.compile(rb"(?<=\x01)(?:9|10|43|52|122)=[^\x01]*\x01")
"""BodyLength, CheckSum, PossDupFlag, SendingTime, OrigSendingTime."""


class Member(Client):
    """A client that holds every message which comes again against its first coming, byte by byte.

    `compared` counts them.
    """

    def __init__(self, comp_id: str) -> None:
        super().__init__(comp_id)
        self.compared = 0

    def take(self, seconds: float = WAIT_SECONDS_MAX) -> Received:
        """The next message, compared."""
        message = super().take(seconds)
        known = self.got[message.seq]
        if known is not message and message.type != "4":
            assert lasting_bytes(known.data) == lasting_bytes(message.data), (known, message)
            self.compared += 1
        return message


def lasting_bytes(data: bytes) -> bytes:
    """A message without what may differ when it is sent again."""
    return _SENT_AGAIN.sub(b"", data)


@dataclass(slots=True)
class Order:
    """One line of the ledger."""

    member: str
    cl_ord_id: str
    symbol: str
    side: str
    qty: int
    price: str
    seq: int
    """MsgSeqNum it was sent with; 0 when the member's numbers have started again since."""

    order_id: int = 0
    """The mark: 0 until the venue has answered."""

    leaves_qty: int = 0
    cum_qty: int = 0


@dataclass(slots=True)
class Trade:
    """One match as its two sides tell it."""

    sides: dict[str, Order] = field(default_factory=dict)
    terms: set[tuple[str, str]] = field(default_factory=set)


class Ledger:
    """What was sent and what was promised."""

    def __init__(self, clients: Iterable[Member]) -> None:
        self.clients = list(clients)
        self.orders: dict[str, Order] = {}
        self.trades: dict[str, Trade] = {}
        self.unmarked: dict[str, Order] = {}
        self.given_up = 0
        self._working: dict[str, Order] = {}
        self._fresh: list[Order] = []
        self._exec_ids: set[str] = set()
        self._heard = dict.fromkeys((client.comp_id for client in self.clients), 0)
        self._ids = 0

    # Writing it

    def new_id(self) -> str:
        """A ClOrdID nobody has used."""
        self._ids += 1
        return f"L{self._ids}"

    def enter(
        self, client: Member, symbol: str, side: str, qty: int, price: str, tif: str
    ) -> Order:
        """Write a line, then send the order."""
        cl_ord_id, member, seq = self.new_id(), client.comp_id, client.next_out
        order = Order(member, cl_ord_id, symbol, side, qty, price, seq)
        self.orders[cl_ord_id] = self.unmarked[cl_ord_id] = order
        self._fresh.append(order)
        client.send("D", wire.order(cl_ord_id, side, qty, price, symbol, _59=tif))
        return order

    def working(self, member: str) -> list[Order]:
        """A member's marked orders with something left."""
        return [order for order in self._working.values() if order.member == member]

    def catch_up(self) -> None:
        """Write down what the members have heard, each message once, in the order of its number."""
        for client in self.clients:
            for seq in range(self._heard[client.comp_id] + 1, client.next_in):
                if seq in client.got:
                    self._hear(client.got[seq])
            self._heard[client.comp_id] = client.next_in - 1

    def start_again(self, client: Member) -> None:
        """The member's numbers have been reset."""
        self._heard[client.comp_id] = 0
        for order in self.orders.values():
            if order.member == client.comp_id:
                order.seq = 0

    def _hear(self, message: Received) -> None:
        if message.type != "8":
            assert message.type in "01245A9", message
            return
        assert message[17] not in self._exec_ids, message
        self._exec_ids.add(message[17])
        if message[37] == "NONE":
            return
        order = self.orders[message.get(41, message[11])]
        exec_type = message[150]
        if exec_type == NEW:
            self._mark(order, message)
        elif exec_type == TRADE:
            self._trade(order, message)
        elif exec_type == CANCELED:
            order.leaves_qty = 0
        else:
            assert exec_type == STATUS, message
        if not order.leaves_qty:
            self._working.pop(order.cl_ord_id, None)
        found = int(message[14]), int(message[151])
        assert found == (order.cum_qty, order.leaves_qty), (order, message)

    def _mark(self, order: Order, message: Received) -> None:
        assert order.order_id == 0, message
        del self.unmarked[order.cl_ord_id]
        order.order_id = int(message[37].removeprefix("O"))
        order.leaves_qty = order.qty
        self._working[order.cl_ord_id] = order

    def _trade(self, order: Order, message: Received) -> None:
        qty = int(message[32])
        order.cum_qty += qty
        order.leaves_qty -= qty
        trade = self.trades.setdefault(message[527], Trade())
        assert message[54] not in trade.sides, message
        trade.sides[message[54]] = order
        trade.terms.add((message[31], message[32]))

    # Holding it against the venue

    def log_on(self, client: Member, port: int, *, give_up: bool) -> None:
        """Log on without a reset; both sides catch up.

        What the venue has not taken is sent again, or given up: then it must never have been.
        """
        marked = [
            order.seq
            for order in self.orders.values()
            if order.member == client.comp_id and order.order_id
        ]
        client.asked_again.clear()
        client.fills_gaps = give_up
        due = client.next_in
        answer = client.logon(port)
        assert answer.seq >= due, (answer, due)
        self.resend(client, max(1, due - SEEN_AND_ASKED_FOR_AGAIN), answer.seq)
        client.sync()
        assert client.next_in > answer.seq, (answer, client.next_in)
        self.catch_up()
        for begin in client.asked_again:
            assert begin > max(marked, default=0), (begin, max(marked))
        own = [order for order in self.unmarked.values() if order.member == client.comp_id]
        if give_up and own:
            assert min(order.seq for order in own) >= min(client.asked_again), own
            self._check_unknown(client, own)
            own = []
        assert own == []

    def resend(self, client: Member, begin: int, last: int) -> None:
        """Ask for everything from `begin`; what was seen is compared as it comes in."""
        client.send("2", [(7, begin), (16, 0)])
        client.until(lambda message: _covers(message, last))

    def _check_unknown(self, client: Member, orders: list[Order]) -> None:
        """Orders that were not asked for again: the venue has never heard of them."""
        for order in orders:
            fields = [(11, order.cl_ord_id), (54, order.side), (55, order.symbol)]
            client.send("H", fields)
        answers = client.reports(len(orders))
        assert [a.text(11, 37, 103) for a in answers] == [
            f"11={order.cl_ord_id}|37=NONE|103=5" for order in orders
        ]
        for order in orders:
            del self.orders[order.cl_ord_id], self.unmarked[order.cl_ord_id]
            self._fresh.remove(order)
        self.given_up += len(orders)

    def check_orders(self) -> None:
        """Each order since the last check, and all that work, are in the venue as in the ledger."""
        for client in self.clients:
            fresh = [order for order in self._fresh if order.member == client.comp_id]
            for order in fresh:
                fields = [(11, order.cl_ord_id), (54, order.side), (55, order.symbol)]
                client.send("H", fields)
            for order, answer in zip(fresh, client.reports(len(fresh)), strict=True):
                assert answer[37] == f"O{order.order_id}", (order, answer)
            working = sorted(order.order_id for order in self.working(client.comp_id))
            client.send("AF", [(584, self.new_id()), (585, "7")])
            answers = client.until(lambda message: message.get(912) == "Y")
            found = [a[37] for a in answers if a.type == "8" and a[37] != "NONE"]
            assert found == [f"O{order_id}" for order_id in working]
        self._fresh.clear()
        self.catch_up()

    def check_trades(self) -> None:
        """Both sides have been told of every trade, with the same price and quantity."""
        for match_id, trade in self.trades.items():
            assert (set(trade.sides), len(trade.terms)) == ({BUY, SELL}, 1), (match_id, trade)

    def check_priority(self, probe: Member, symbol: str, side: str, random: Random) -> None:
        """An incoming order on the other side is filled by price, then by age."""
        resting = [o for o in self._working.values() if (o.symbol, o.side) == (symbol, side)]
        if not resting:
            return
        sign = -1 if side == BUY else 1
        resting.sort(key=lambda order: (sign * Decimal(order.price), order.order_id))
        qty = rest = random.randrange(1, sum(order.leaves_qty for order in resting) + 1)
        expected = []
        for order in resting:
            if rest:
                expected.append((order.cl_ord_id, min(rest, order.leaves_qty)))
                rest -= expected[-1][1]
        limit = self.orders[expected[-1][0]].price
        self.enter(probe, symbol, SELL if side == BUY else BUY, qty, limit, IMMEDIATE)
        fills = [answer for answer in probe.reports(1 + len(expected)) if answer[150] == TRADE]
        for client in self.clients:
            client.sync()
        self.catch_up()
        found = [(self.trades[fill[527]].sides[side].cl_ord_id, int(fill[32])) for fill in fills]
        assert found == expected


def _covers(message: Received, last: int) -> bool:
    """Whether a resent message is number `last`, or a gap fill beyond it."""
    end = int(message[36]) if message.type == "4" else message.seq + 1
    return message.get(43) == "Y" and end > last
