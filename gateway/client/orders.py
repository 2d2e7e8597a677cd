"""What the client knows of its own orders: names, the chain of ClOrdIDs, state as reported.

An order has a *name* that people type and that lasts through every replace, while each request has
its own ClOrdID(11): the ID given with `as`, else the venue's OrderID(37) as soon as it is known.
ClOrdIDs made here carry a run id, because a venue takes a ClOrdID only once. Reports are the only
source of state: nothing is assumed done because it was asked for. Values stay the report's text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from gateway.client.wire import Field, Message

DONE = frozenset("248C3")  # Filled, Canceled, Rejected, Expired, DoneForDay
_TERMS = (55, 54, 38, 40, 44, 99, 59, 432, 126, 18, 110, 111, 1138, 211, 836, 1094, 1)
"""What a replace has to repeat."""
_NO_ORDER_ID = (None, "NONE")


@dataclass(slots=True)
class Order:
    """One order; `terms` and `status` as last reported, before the first report as sent."""

    given_name: str | None
    cl_ord_id: str  # the last one the venue has accepted
    terms: dict[int, str]
    order_id: str | None = None
    status: str = "A"  # OrdStatus(39); A: not answered yet
    cum_qty: str = "0"
    leaves_qty: str = ""
    avg_px: str = "0"
    requests: list[str] = field(default_factory=list)  # ClOrdIDs of replaces not answered yet

    @property
    def name(self) -> str:
        """What people call the order."""
        return self.given_name or self.order_id or self.cl_ord_id

    @property
    def working(self) -> bool:
        """Say whether more reports of its own may come."""
        return self.status not in DONE

    @property
    def orig_cl_ord_id(self) -> str:
        """OrigClOrdID(41) of the next request: the newest ClOrdID that is not refused."""
        return self.requests[-1] if self.requests else self.cl_ord_id


@dataclass(slots=True)
class _Request:
    msg_type: str
    seq: int


_ANSWERS = {
    "D": ("8",),
    "F": ("8", "9"),
    "G": ("8", "9"),
    "H": ("8",),
    "AF": ("8",),
    "q": ("r",),
}


class OwnOrders:
    """Every order of this run, and the requests that have no answer yet."""

    def __init__(self, run_id: str) -> None:
        self._run_id = run_id
        self._count = 0
        self._orders: list[Order] = []
        self._by_id: dict[str, Order] = {}  # by every ClOrdID of the chain
        self._by_order_id: dict[str, Order] = {}
        self._requests: dict[str, _Request] = {}

    def __iter__(self) -> Iterator[Order]:
        return iter(self._orders)

    def find(self, name: str) -> Order | None:
        """Return the order of this name, ClOrdID(11) or OrderID(37)."""
        return self._by_id.get(name) or self._by_order_id.get(name)

    def newest(self, *, working: bool) -> Order | None:
        """Return the order entered last, or the last that still works."""
        return next((o for o in reversed(self._orders) if o.working or not working), None)

    def new_id(self) -> str:
        """Make a ClOrdID(11) or the id of another request."""
        self._count += 1
        return f"{self._run_id}-{self._count}"

    def unanswered(self) -> list[str]:
        """Name the requests that wait for an answer, oldest first."""
        return list(self._requests)

    # What goes out

    def entered(self, name: str | None, cl_ord_id: str, terms: Iterable[Field]) -> None:
        """Take note of a new order; a ClOrdID used before stays with the order that has it."""
        if cl_ord_id not in self._by_id:
            self._add(Order(name, cl_ord_id, {t: v for t, v in terms if t in _TERMS}))

    def requested(self, order: Order, cl_ord_id: str, *, replaces: bool) -> None:
        """Take note of a cancel or replace request for the order."""
        self._by_id.setdefault(cl_ord_id, order)
        if replaces:
            order.requests.append(cl_ord_id)

    def sent(self, msg_type: str, fields: Iterable[Field], seq: int) -> None:
        """Take note of any request; `wait` waits until it is answered."""
        if msg_type in _ANSWERS:
            values = dict(fields)
            request_id = values.get(584 if msg_type == "AF" else 11)
            if request_id is not None:
                prefix = "status of " if msg_type == "H" else ""
                self._requests[prefix + request_id] = _Request(msg_type, seq)

    def tested(self, test_req_id: str) -> None:
        """Take note of a TestRequest(1)."""
        self._requests[test_req_id] = _Request("1", 0)

    # What comes in

    def answered(self, test_req_id: str) -> None:
        """Take note of the answer to a TestRequest(1)."""
        self._requests.pop(test_req_id, None)

    def take(self, message: Message) -> str:
        """Apply a message from the venue and return the name of its order, or `-`."""
        if message.msg_type in ("3", "j"):
            return self._refused(message)
        self._settle(message)
        order = self._order_of(message)
        if message.msg_type == "8":
            if order is None and message.get(37) not in _NO_ORDER_ID and message.get(150) != "8":
                order = self._adopt(message)
            if order is not None:
                self._apply(order, message)
        elif message.msg_type == "9" and order is not None:
            _discard(order.requests, message.text(11))
        if order is not None:
            return order.name
        return message.get(11) or message.get(584) or "-"

    def _order_of(self, message: Message) -> Order | None:
        for tag in (11, 41):
            order = self._by_id.get(message.text(tag))
            if order is not None:
                return order
        return self._by_order_id.get(message.text(37))

    def _adopt(self, message: Message) -> Order:
        """Take up an order of an earlier run, so that it can be canceled by name."""
        order = Order(None, message.text(11), {})
        self._add(order)
        return order

    def _add(self, order: Order) -> None:
        self._orders.append(order)
        self._by_id.setdefault(order.cl_ord_id, order)

    def _apply(self, order: Order, message: Message) -> None:
        exec_type, status = message.text(150), message.text(39)
        if exec_type == "8" and status != "8":
            return  # a second order under its ClOrdID was refused, this one lives on
        if exec_type not in ("6", "E", "8") and message.get(11) is not None:
            order.cl_ord_id = message.text(11)
            self._by_id.setdefault(order.cl_ord_id, order)
            _discard(order.requests, order.cl_ord_id)
        order.status = status or order.status
        order.terms |= {tag: value for tag, value in message.fields if tag in _TERMS}
        order.cum_qty = message.get(14) or order.cum_qty
        order.leaves_qty = message.get(151) or order.leaves_qty
        order.avg_px = message.get(6) or order.avg_px
        if message.get(37) not in _NO_ORDER_ID:
            order.order_id = message.text(37)
            self._by_order_id.setdefault(order.order_id, order)

    def _refused(self, message: Message) -> str:
        """Give up the request that a Reject(3) or BusinessMessageReject(j) refers to."""
        seq = message.text(45)
        request_id = next((r for r, q in self._requests.items() if str(q.seq) == seq), None)
        if request_id is None:
            return message.get(379) or "-"
        del self._requests[request_id]
        order = self._by_id.get(request_id)
        if order is None:
            return request_id
        _discard(order.requests, request_id)
        if request_id == order.cl_ord_id and order.status == "A":
            order.status = "8"
        return order.name

    def _settle(self, message: Message) -> None:
        """Cross off the request that this message answers."""
        is_status = message.get(150) == "I" or message.get(20) == "3"
        ids = [f"status of {message.text(tag)}" for tag in (11, 41)] if is_status else []
        if not is_status:
            ids.append(message.text(11))
        if message.get(912) == "Y" or message.get(911) == "0" or message.get(39) == "8":
            ids.append(message.text(584))
        for request_id in ids:
            request = self._requests.get(request_id)
            if request is not None and message.msg_type in _ANSWERS.get(request.msg_type, ()):
                del self._requests[request_id]


def _discard(items: list[str], item: str) -> None:
    if item in items:
        items.remove(item)
