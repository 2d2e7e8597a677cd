"""What members tell a venue in a stream of everything: orders of all kinds, replaces, cancels.

`Draws` is what all deeds of a stream choose from; which deed comes when is `everything`.
"""

from __future__ import annotations

import random
from typing import Any

from engine.commands import (
    CancelOnDisconnect,
    CancelOrder,
    Command,
    EndSubscriptions,
    EnterOrder,
    Instructions,
    MassCancel,
    ReplaceOrder,
    RequestMassStatus,
    RequestSecurityStatus,
    RequestStatus,
    RequestTradingSessionStatus,
)
from engine.market import Market
from engine.order import Order
from tests.support.market import SECOND, Venue, price

MEMBERS = ("AVA", "NON", "SHB")
TRADERS = ("", "T1", "T2")
MIDDLE = price("100.00")
SPREAD = 8
LOTS_MAX = 12
SCOPES = ("7", "7", "1", "6")
TIMES_IN_FORCE = ("0", "0", "0", "1", "6", "3", "4", "2", "7", "B")
RESTING = ("0", "0", "1", "6")

Fields = dict[str, Any]
"""Names and values of a command's fields."""


class Draws:
    """Random choices for a venue as it stands: orders and prices that are likely to meet."""

    def __init__(self, venue: Venue, seed: int) -> None:
        self.venue = venue
        self.random = random.Random(seed)
        self.middle = dict.fromkeys(venue.rules.symbols, MIDDLE)
        self._names = 0

    def likely(self, chance: float) -> bool:
        """Yes, so often."""
        return self.random.random() < chance

    def symbol(self) -> str:
        """One of the venue's instruments."""
        return self.random.choice(self.venue.rules.symbols)

    def market(self) -> Market:
        """The market in one of them."""
        return self.venue.market(self.symbol())

    def segment(self) -> str:
        """One of the segments that are defined by now."""
        return self.random.choice(list(self.venue.exchange.segments))

    def working(self) -> Order | None:
        """An order that works now."""
        orders = list(self.venue.exchange.orders.all_working())
        return self.random.choice(orders) if orders else None

    def tick(self, symbol: str) -> int:
        """The price step near the middle."""
        return self.venue.market(symbol).instrument.ticks.tick(self.middle[symbol])

    def price(self, side: str, symbol: str) -> int:
        """Buys a little lower than sells on average, so that some meet and most rest."""
        tick = self.tick(symbol)
        ticks = self.random.randrange(SPREAD) - (SPREAD - 2 if side == "1" else 2)
        return self.middle[symbol] // tick * tick + ticks * tick

    def qty(self, symbol: str) -> int:
        """Whole lots, few of them."""
        return self.venue.market(symbol).instrument.lot * (1 + self.random.randrange(LOTS_MAX))

    def expiry(self) -> int:
        """A moment within ten minutes."""
        return self.venue.at + (1 + self.random.randrange(600)) * SECOND

    def name(self) -> str:
        """A new ClOrdID, or sometimes one that is known already."""
        if self._names and self.likely(0.02):
            return f"N{1 + self.random.randrange(self._names)}"
        self._names += 1
        return f"N{self._names}"


class Orders:
    """The deeds of members."""

    def __init__(self, draws: Draws) -> None:
        self._draws = draws

    def enter(self) -> Command:
        """An order of any kind; some are refused, some were phoned in and have no ClOrdID."""
        draws = self._draws
        draw = draws.random
        member, symbol = draw.choice(MEMBERS), draws.symbol()
        kind = draw.choices(*_KINDS)[0]
        side = draw.choice(("1", "2", "1", "2", "5"))
        fields = {"qty": draws.qty(symbol), **self._fields(kind, side, symbol)}
        time_in_force = draw.choice(RESTING if kind in _RESTING_KINDS else TIMES_IN_FORCE)
        return EnterOrder(
            member,
            member,
            "" if draws.likely(0.04) else draws.name(),
            symbol,
            side,
            time_in_force=time_in_force,
            expire_at=draws.expiry() if time_in_force == "6" else 0,
            trader=draw.choice(TRADERS),
            no_internal=draws.likely(0.1),
            **fields,
        )

    def _fields(self, kind: str, side: str, symbol: str) -> Fields:
        """OrdType(40) and all that a kind asks for besides."""
        ord_type, fields, asked = self._kind(kind, side, symbol)
        asked = {**asked, **self._condition(kind), **self._self_match()}
        if asked == {"max_floor": 0}:
            asked = {}
        instructions = Instructions(**asked) if asked else None
        return {"ord_type": ord_type, **fields, "instructions": instructions}

    def _kind(self, kind: str, side: str, symbol: str) -> tuple[str, Fields, Fields]:
        """OrdType(40), fields and instructions of a kind."""
        draws = self._draws
        draw = draws.random
        at, trigger = draws.price(side, symbol), draws.price("1", symbol)
        lot = draws.venue.market(symbol).instrument.lot
        match kind:
            case "market":
                return "1", {}, {}
            case "cash":
                cash = at * draws.qty(symbol) + draw.randrange(at)
                return "2", {"price": at, "qty": 0}, {"cash_order_qty": cash}
            case "cash-market":
                return "1", {"qty": 0}, {"cash_order_qty": draws.middle[symbol] * lot * 3}
            case "reserve":
                floor = lot * (1 + draw.randrange(4))
                asked = {"max_floor": floor, "display_range": draw.choice((0, floor - 1))}
                return "2", {"price": at}, asked
            case "hidden":
                return "2", {"price": at, "displayed": False}, {"max_floor": 0}
            case "minimum":
                asked = {"max_floor": 0, "min_qty": 1 + draw.randrange(6)}
                return "2", {"price": at, "displayed": False}, asked
            case "peg":
                cap = {"price": at} if draws.likely(0.4) else {}
                offset = draw.choice((0, 0, -1, 1, -2))
                away = {"peg_offset": offset, "peg_offset_type": "2"} if offset else {}
                return "P", {**cap, "displayed": False}, {**away, "exec_inst": draw.choice("MPR")}
            case "stop":
                return "3", {}, {"stop_px": trigger}
            case "stop-limit":
                return "4", {"price": at}, {"stop_px": trigger}
            case "trailing":
                distance = draws.tick(symbol) * (1 + draw.randrange(5))
                return "P", {}, {"exec_inst": "a", "peg_offset": distance}
            case "post-only":
                return "2", {"price": at}, {"exec_inst": "6"}
            case _:
                return "2", {"price": at}, {}

    def _condition(self, kind: str) -> Fields:
        """Cancel on a halt, or when not best (ExecInst K and Z), where the field is free."""
        if kind in ("peg", "trailing", "post-only") or not self._draws.likely(0.12):
            return {}
        return {"exec_inst": self._draws.random.choice("KZ")}

    def _self_match(self) -> Fields:
        draws = self._draws
        if not draws.likely(0.1):
            return {}
        action, level = draws.random.choice("123"), draws.random.choice("123")
        group = {"self_match_group": draws.random.choice(("XX", "YY"))} if level == "3" else {}
        return {"self_match": action, "self_match_level": level, **group}

    def replace(self) -> Command | None:
        """Another quantity, price, time in force or kind for a working order."""
        draws = self._draws
        order = draws.working()
        if order is None:
            return None
        terms, draw = order.terms, draws.random
        same = not terms.price or draws.likely(0.5)
        fields: Fields = {
            "ord_type": terms.ord_type,
            "price": terms.price if same else draws.price(terms.side, terms.symbol),
        }
        if draws.likely(0.2):
            kind = draw.choices(*_KINDS)[0]
            fields = self._fields(kind, terms.side, terms.symbol)
            fields = {name: value for name, value in fields.items() if name in _OF_A_REPLACE}
        time_in_force = draw.choice(("", "", "", "0", "1", "6", "3", "7", "B"))
        return ReplaceOrder(
            terms.session,
            draws.name(),
            order.cl_ord_id,
            terms.symbol,
            terms.side,
            qty=draws.qty(terms.symbol),
            time_in_force=time_in_force,
            expire_at=draws.expiry() if time_in_force == "6" else 0,
            no_internal=draw.choice((None, None, None, True, False)),
            **fields,
        )

    def cancel(self) -> Command | None:
        """Cancel a working order."""
        order = self._draws.working()
        if order is None:
            return None
        terms, name = order.terms, self._draws.name()
        return CancelOrder(terms.session, name, order.cl_ord_id, terms.symbol, terms.side)

    def many(self) -> Command:
        """A mass cancel or a lost connection."""
        draws = self._draws
        member = draws.random.choice(MEMBERS)
        if draws.likely(0.5):
            side, scope = draws.random.choice(("", "1", "2")), draws.random.choice(SCOPES)
            segment = draws.segment() if scope == "6" else ""
            return MassCancel(member, draws.name(), scope, draws.symbol(), side, segment)
        return CancelOnDisconnect(member, day_only=draws.likely(0.5))

    def ask(self) -> Command:
        """A question, once or from now on, or no more of them."""
        draws = self._draws
        draw = draws.random
        member, req_id, kind = draw.choice(MEMBERS), draw.choice("ab"), draw.choice("012")
        return draw.choice(
            (
                RequestStatus(member, draws.name(), draws.symbol(), "1"),
                RequestMassStatus(member, req_id, draw.choice("17"), draws.symbol()),
                RequestTradingSessionStatus(member, req_id, draw.choice(("", "STO")), kind),
                RequestSecurityStatus(member, req_id, draws.symbol(), kind),
                EndSubscriptions(member),
            )
        )


_OF_A_REPLACE = frozenset({"ord_type", "price", "instructions"})
_RESTING_KINDS = frozenset(
    {"reserve", "hidden", "minimum", "post-only", "peg", "stop", "stop-limit", "trailing"}
)
_KINDS: tuple[list[str], list[int]] = (
    [
        *("limit", "market", "cash", "cash-market", "reserve", "hidden", "minimum"),
        *("post-only", "peg", "stop", "stop-limit", "trailing"),
    ],
    [40, 8, 2, 1, 10, 6, 6, 6, 8, 4, 6, 4],
)
