"""Commands about orders -> the message to send, with its ids and the fields a venue asks for.

Pure but for the notes taken in `OwnOrders`. What differs between FIX versions in a client's
requests is here: FIX.4.2 wants HandlInst(21); 5.0SP2 has DisplayQty(1138) for MaxFloor(111), a
trailing stop is a stop there, and a segment has a MarketSegmentID(1300).
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.client.commands import (
    Cancel,
    CancelAll,
    CommandError,
    NewOrder,
    Replace,
    Send,
    Status,
    StatusAll,
)
from gateway.client.orders import Order, OwnOrders
from gateway.client.wire import Field

OrderCommand = NewOrder | Replace | Cancel | CancelAll | Status | StatusAll | Send


@dataclass(frozen=True, slots=True)
class Request:
    """MsgType(35) and body of a message to send."""

    msg_type: str
    fields: tuple[Field, ...]


class Requests:
    """Writes requests for the orders of one session."""

    def __init__(self, orders: OwnOrders, begin_string: str) -> None:
        self._orders = orders
        self.begin_string = begin_string

    def build(self, command: OrderCommand, transact_time: str) -> Request:
        """Return the message for a command; raise CommandError when its order is unknown.

        `transact_time` is TransactTime(60) as text.
        """
        match command:
            case NewOrder():
                return self._new_order(command, transact_time)
            case Replace():
                return self._replace(command, transact_time)
            case Cancel():
                return self._cancel(command, transact_time)
            case CancelAll():
                cl_ord_id = command.cl_ord_id or self._orders.new_id()
                fields = {11: cl_ord_id, 60: transact_time} | self._in_version(command.fields)
                return Request("q", tuple(fields.items()))
            case Status():
                order = self._order(command.order, working=False)
                return Request("H", ((11, order.orig_cl_ord_id), *_instrument(order)))
            case StatusAll():
                return Request("AF", ((584, self._orders.new_id()), (585, "7")))
            case Send():
                return self._send(command)

    def _new_order(self, command: NewOrder, transact_time: str) -> Request:
        cl_ord_id = command.cl_ord_id or self._orders.new_id()
        terms = self._in_version(command.fields)
        fields = {11: cl_ord_id, **self._handling(), 60: transact_time} | terms
        self._orders.entered(command.cl_ord_id, cl_ord_id, fields.items())
        return Request("D", tuple(fields.items()))

    def _replace(self, command: Replace, transact_time: str) -> Request:
        order = self._order(command.order, working=True)
        cl_ord_id = command.cl_ord_id or self._orders.new_id()
        head = {11: cl_ord_id, 41: order.orig_cl_ord_id, **self._handling(), 60: transact_time}
        changes = self._in_version(command.fields)
        kept = _kept(order.terms, changes)
        fields = head | kept | changes
        self._orders.requested(order, cl_ord_id, replaces=True)
        return Request("G", tuple(fields.items()))

    def _cancel(self, command: Cancel, transact_time: str) -> Request:
        order = self._order(command.order, working=True)
        cl_ord_id = command.cl_ord_id or self._orders.new_id()
        head = {11: cl_ord_id, 41: order.orig_cl_ord_id, 60: transact_time}
        fields = head | dict(_instrument(order)) | {38: order.terms.get(38, "0")}
        self._orders.requested(order, cl_ord_id, replaces=False)
        return Request("F", tuple((fields | dict(command.fields)).items()))

    def _send(self, command: Send) -> Request:
        if command.msg_type == "D" and (cl_ord_id := dict(command.fields).get(11)) is not None:
            self._orders.entered(cl_ord_id, cl_ord_id, command.fields)
        return Request(command.msg_type, command.fields)

    def _order(self, name: str | None, *, working: bool) -> Order:
        if name is not None:
            order = self._orders.find(name)
            if order is None:
                raise CommandError(f"order must be one that orders lists, was {name!r}")
            return order
        order = self._orders.newest(working=True)
        if order is None and not working:
            order = self._orders.newest(working=False)
        if order is None:
            raise CommandError("there is no working order" if working else "there is no order")
        return order

    def _handling(self) -> dict[int, str]:
        return {21: "1"} if self.begin_string == "FIX.4.2" else {}

    def _in_version(self, fields: tuple[Field, ...]) -> dict[int, str]:
        terms = dict(fields)
        if self.begin_string != "FIXT.1.1":
            return terms
        if terms.get(40) == "P" and terms.get(18) == "a":
            terms |= {40: "3", 1094: "8"}
            del terms[18]
        if terms.get(530) == "6" and 336 in terms:
            terms[530] = "9"
        names = {111: 1138, 336: 1300}
        return {names.get(tag, tag): value for tag, value in terms.items()}


def _instrument(order: Order) -> tuple[Field, ...]:
    return tuple((tag, order.terms[tag]) for tag in (55, 54) if tag in order.terms)


def _kept(terms: dict[int, str], changes: dict[int, str]) -> dict[int, str]:
    """Return the terms a replace repeats: of two ways to say when a GTD order ends only one, and
    none when TimeInForce(59) changes."""
    dropped = {432, 126} if {59, 432, 126} & changes.keys() else {126} if 432 in terms else set()
    if 211 in terms:  # of a trailing stop the venue reports where it triggers now
        dropped = dropped | {99}
    return {tag: value for tag, value in terms.items() if tag not in dropped}
