"""The rule book a second time, the slow way: what `engine` must agree with.

One list of resting orders, sorted anew for every fill by the ranking as the rule book writes it
(2.1.2). Nothing here comes from `engine` but the shape of its commands. Refusals are not modelled:
it is asked only about commands that name a working order by its present id or enter good terms.
Answers are lines of text, as short as they can be: `trade 3 5 100 1000000` (resting order,
incoming order, quantity, price; orders numbered by entry), `cancel 5 200`, `expire 5 200`.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.commands import (
    CancelOnDisconnect,
    CancelOrder,
    Command,
    EnterOrder,
    MassCancel,
    ReplaceOrder,
)


@dataclass
class Known:
    """An order as the reference keeps it."""

    number: int
    session: str
    name: str
    member: str
    buys: bool
    side: str
    kind: str
    lasts: str
    until: int
    price: int
    total: int
    shown: bool
    internal: bool
    time: int
    filled: int = 0
    gone: bool = False

    @property
    def left(self) -> int:
        """Shares still to trade."""
        return 0 if self.gone else self.total - self.filled


class ReferenceMarket:
    """One instrument, always in continuous trading."""

    def __init__(self, *, internal_priority: bool, best_level: bool, reference_price: int) -> None:
        self.internal_priority = internal_priority
        self.best_level = best_level
        self.last = reference_price
        self.known: list[Known] = []
        self.time = 0
        self.said: list[str] = []

    def apply(self, command: Command, at: int) -> list[str]:
        """What the command causes at this moment, in order."""
        self.said = []
        for order in sorted(self.resting(), key=lambda order: (order.until, order.number)):
            if order.lasts == "6" and order.until <= at:
                self._give_up(order, "expire")
        match command:
            case EnterOrder():
                self._enter(command)
            case ReplaceOrder():
                self._replace(command)
            case CancelOrder():
                self._give_up(self._named(command.session, command.orig_cl_ord_id), "cancel")
            case MassCancel():
                for order in self._of(command.session):
                    if command.side in ("", order.side):
                        self._give_up(order, "cancel")
            case CancelOnDisconnect():
                for order in self._of(command.session):
                    if order.lasts == "0" or not command.day_only:
                        self._give_up(order, "cancel")
            case _:
                pass
        return self.said

    def resting(self) -> list[Known]:
        """Orders with something left, oldest first."""
        return [order for order in self.known if order.left]

    def book(self) -> list[tuple[int, int]]:
        """Number and leaves of what rests: buys, then sells, each as an outsider meets them."""
        buys = [order for order in self.resting() if order.buys]
        sells = [order for order in self.resting() if not order.buys]
        return [
            (order.number, order.left)
            for side in (buys, sells)
            for order in sorted(side, key=_rank_for_outsiders)
        ]

    def _enter(self, command: EnterOrder) -> None:
        self.time += 1
        order = Known(
            number=len(self.known) + 1,
            session=command.session,
            name=command.cl_ord_id,
            member=command.member,
            buys=command.side == "1",
            side=command.side,
            kind=command.ord_type,
            lasts=command.time_in_force,
            until=command.expire_at,
            price=command.price,
            total=command.qty,
            shown=command.displayed,
            internal=not command.no_internal,
            time=self.time,
        )
        self._come_in(order)
        self.known.append(order)

    def _replace(self, command: ReplaceOrder) -> None:
        order = self._named(command.session, command.orig_cl_ord_id)
        internal = order.internal if command.no_internal is None else not command.no_internal
        # 2.4.2: less of it, or another way to end, keeps the place; everything else loses it.
        keeps = (
            command.qty <= order.total
            and command.price == order.price
            and command.ord_type == order.kind
            and internal == order.internal
            and command.time_in_force not in ("3", "4")
        )
        order.name = command.cl_ord_id
        order.lasts = command.time_in_force or order.lasts
        order.until = command.expire_at or order.until
        order.kind, order.price, order.internal = command.ord_type, command.price, internal
        # 2.4.3: at or below what is filled, the rest is given up.
        order.total = max(command.qty, order.filled)
        if not keeps and order.left:
            self.time += 1
            order.time = self.time
            self.known.remove(order)
            self._come_in(order)
            self.known.append(order)
            self.known.sort(key=lambda order: order.number)

    def _come_in(self, incoming: Known) -> None:
        """2.2 and 2.3: trade while something acceptable is there, then rest or go."""
        acceptable = self._acceptable(incoming)
        enough = sum(order.left for order in acceptable) >= incoming.left
        if incoming.lasts != "4" or enough:
            while incoming.left and (left := [order for order in acceptable if order.left]):
                self._trade(min(left, key=lambda order: self._rank(order, incoming)), incoming)
        if incoming.left and (incoming.kind == "1" or incoming.lasts in ("3", "4")):
            self._give_up(incoming, "cancel")

    def _acceptable(self, incoming: Known) -> list[Known]:
        opposite = [order for order in self.resting() if order.buys != incoming.buys]
        if not opposite:
            return []
        prices = [order.price for order in opposite]
        best = min(prices) if incoming.buys else max(prices)
        if incoming.kind == "2":
            return [order for order in opposite if _reaches(incoming, incoming.price, order)]
        if self.best_level:
            return [order for order in opposite if order.price == best]
        if not self.last:
            return opposite
        # 2.3.4: never beyond last +/- 5 %, in hundredths so that nothing is rounded.
        band = self.last * (105 if incoming.buys else 95)
        return [order for order in opposite if _reaches(incoming, band, order, 100)]

    def _rank(self, resting: Known, incoming: Known) -> tuple[int, int, int, int]:
        """2.1.2, word by word; smaller stands first."""
        own = (
            self.internal_priority
            and resting.internal
            and incoming.internal
            and resting.member == incoming.member
        )
        price_rank, shown, time = _rank_for_outsiders(resting)
        return (price_rank, 0 if own else 1, shown, time)

    def _trade(self, resting: Known, incoming: Known) -> None:
        qty = min(resting.left, incoming.left)
        resting.filled += qty
        incoming.filled += qty
        self.last = resting.price
        self.said.append(f"trade {resting.number} {incoming.number} {qty} {resting.price}")

    def _give_up(self, order: Known, how: str) -> None:
        self.said.append(f"{how} {order.number} {order.left}")
        order.gone = True

    def _named(self, session: str, name: str) -> Known:
        (order,) = [one for one in self._of(session) if one.name == name]
        return order

    def _of(self, session: str) -> list[Known]:
        return [order for order in self.resting() if order.session == session]


def _rank_for_outsiders(resting: Known) -> tuple[int, int, int]:
    price_rank = -resting.price if resting.buys else resting.price
    return (price_rank, 0 if resting.shown else 1, resting.time)


def _reaches(incoming: Known, bound: int, resting: Known, units: int = 1) -> bool:
    at = resting.price * units
    return at <= bound if incoming.buys else at >= bound
