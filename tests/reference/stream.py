"""Random commands for the naive exchange and the engine: everything the former understands.

Choices look at the naive exchange only, so a stream depends on its seed and on the rule book, never
on what the engine did. Prices, quantities and members are few, so that orders meet all the time.
"""

from __future__ import annotations

import random

from engine.commands import (
    CancelOnDisconnect,
    CancelOrder,
    ChangePhase,
    Command,
    EnterOrder,
    HaltTrading,
    Instructions,
    MassCancel,
    PassTime,
    ReplaceOrder,
    ResumeTrading,
)
from tests.reference.exchange import NaiveExchange
from tests.reference.orders import NOTHING, NaiveOrder
from tests.reference.rules import CONTINUOUS, MEMBERS, MIDDLE, NO_ENTRY, SEGMENT, SYMBOL, VenueRules

SECOND = 1_000_000_000
LOTS_MAX = 12
SPREAD = 8

KINDS = (
    *("limit",) * 10,
    *("market",) * 2,
    *("reserve",) * 3,
    *("hidden",) * 2,
    *("minimum",) * 2,
    *("post-only",) * 2,
    *("peg",) * 2,
    *("stop",) * 2,
    *("stop-limit",) * 2,
    "trailing",
)
PLAIN_KINDS = (*("limit",) * 9, "market")
"""What every third stream draws from: orders without instructions meet only each other."""

TIMES_IN_FORCE = ("0", "0", "0", "0", "1", "6", "3", "3", "4", "2", "7", "B")
RESTING = ("0", "0", "0", "1", "6")
PHASES = (
    *("CONTINUOUS",) * 8,
    *("OPENING_CALL", "CLOSING_CALL", "SCHEDULED_AUCTION", "VOLATILITY_AUCTION", "PRE_OPEN"),
    *("POST_TRADE", "CLOSED", "HALT_OPEN", "HALT_FROZEN"),
)
DEEDS = (
    *("enter",) * 140,
    *("replace",) * 30,
    *("cancel",) * 16,
    *("many",) * 1,
    *("phase",) * 4,
    *("wait",) * 5,
    *("halt",) * 1,
    *("resume",) * 1,
)


def random_rules(seed: int) -> VenueRules:
    """Some venue: every rule on and off in turn."""
    draw = random.Random(f"rules {seed}")
    guards = draw.choice(((0, 0), (0, 0), (2, 3), (1, 0), (0, 2)))
    collar = draw.choice(((0, 0), (0, 0), (3, 4)))
    return VenueRules(
        internal=draw.random() < 0.7,
        internal_in_calls=draw.random() < 0.7,
        sweeps=draw.random() < 0.3,
        joins=draw.random() < 0.4,
        collar_aggressive=collar[0],
        collar_passive=collar[1],
        guard_dynamic=guards[0],
        guard_static=guards[1],
        extension=draw.choice((0, 1, 2)),
        done_for_day=draw.random() < 0.2,
        tick=draw.choice((5_000, 5_000, 2_500, 10_000)),
        lot=draw.choice((1, 1, 1, 10)),
        reference=draw.choice((MIDDLE, MIDDLE, 0)),
        phase=draw.choice(("CONTINUOUS", "CONTINUOUS", "OPENING_CALL")),
    )


class Stream:
    """Draws one command after the other; `at` is the moment of the last one."""

    def __init__(self, naive: NaiveExchange, seed: int) -> None:
        self.at = 0
        self._naive = naive
        self._draw = random.Random(seed)
        self._is_plain = seed % 3 == 0
        self._names = 0

    def next(self) -> Command:
        """Some command; the naive exchange has carried out all before it."""
        naive = self._naive
        deed = self._draw.choice(DEEDS)
        weary = 0.3 if naive.phase in NO_ENTRY else 0.03
        if naive.phase != CONTINUOUS and self._draw.random() < weary:
            return ResumeTrading(SYMBOL) if naive.halted else ChangePhase(SEGMENT, CONTINUOUS)
        if deed == "wait":
            return self._wait()
        if deed == "phase" and not (self._is_plain and self._draw.random() < 0.7):
            return ChangePhase(SEGMENT, self._draw.choice(PHASES))
        if deed == "halt":
            entry, flush = self._draw.random() < 0.5, self._draw.random() < 0.1
            return HaltTrading(SYMBOL, entry, flush)
        if deed == "resume" and naive.halted:
            return ResumeTrading(SYMBOL)
        if deed == "many":
            return self._many()
        if deed in ("replace", "cancel") and naive.live:
            order = self._draw.choice(naive.live)
            return self._replace(order) if deed == "replace" else self._cancel(order)
        return self._enter()

    def _name(self) -> str:
        self._names += 1
        return f"N{self._names}"

    def _price(self, side: str) -> int:
        tick = self._naive.rules.tick
        ticks = self._draw.randrange(SPREAD) - (SPREAD - 2 if side == "1" else 2)
        return MIDDLE + ticks * tick

    def _qty(self) -> int:
        return self._naive.rules.lot * (1 + self._draw.randrange(LOTS_MAX))

    def _expiry(self) -> int:
        """Coarse, so that orders end together."""
        return (self.at // (10 * SECOND) + 1 + self._draw.randrange(20)) * 10 * SECOND

    # Members

    def _enter(self) -> Command:
        draw = self._draw
        kind = draw.choice(PLAIN_KINDS if self._is_plain else KINDS)
        side = draw.choice("12125")
        often = kind in ("limit", "market", "hidden", "minimum")
        lasts = draw.choice(TIMES_IN_FORCE if often else RESTING)
        ord_type, limit, asked = self._terms(kind, side)
        qty = self._qty()
        if asked.min_qty:
            qty = max(qty, asked.min_qty)
        return EnterOrder(
            member := draw.choice(MEMBERS),
            member,
            self._name(),
            SYMBOL,
            side,
            ord_type,
            qty,
            limit,
            lasts,
            self._expiry() if lasts == "6" else 0,
            trader=draw.choice(("", "T1", "T2")),
            no_internal=draw.random() < 0.1,
            displayed=kind not in ("hidden", "minimum", "peg"),
            instructions=None if asked == NOTHING else self._conditions(kind, asked),
        )

    def _terms(self, kind: str, side: str) -> tuple[str, int, Instructions]:
        """OrdType(40), limit and instructions of a kind."""
        draw, rules = self._draw, self._naive.rules
        limit, trigger = self._price(side), self._price("1")
        match kind:
            case "market":
                return "1", 0, self._plain()
            case "reserve":
                floor = rules.lot * (1 + draw.randrange(4))
                vary = draw.choice((0, floor - 1))
                return "2", limit, Instructions(max_floor=floor, display_range=vary)
            case "hidden":
                return "2", limit, Instructions(max_floor=0)
            case "minimum":
                return "2", limit, Instructions(max_floor=0, min_qty=1 + draw.randrange(6))
            case "post-only":
                return "2", limit, Instructions(exec_inst="6")
            case "peg":
                return "P", draw.choice((0, 0, limit)), self._peg()
            case "stop":
                return "3", 0, Instructions(stop_px=trigger)
            case "stop-limit":
                return "4", limit, Instructions(stop_px=trigger)
            case "trailing":
                distance = rules.tick * (1 + draw.randrange(5))
                return "P", 0, Instructions(exec_inst="a", peg_offset=distance)
            case _:
                return "2", limit, self._plain()

    def _plain(self) -> Instructions:
        """Most orders of every day have no instructions."""
        if self._is_plain or self._draw.random() < 0.8:
            return NOTHING
        return Instructions(max_floor=-1, exec_inst="K")

    def _peg(self) -> Instructions:
        draw, tick = self._draw, self._naive.rules.tick
        follows = draw.choice("MPR")
        ticks = draw.choice((0, 0, -1, 1, -2))
        if not ticks:
            return Instructions(exec_inst=follows)
        if draw.random() < 0.5:
            return Instructions(exec_inst=follows, peg_offset=ticks, peg_offset_type="2")
        return Instructions(exec_inst=follows, peg_offset=ticks * tick // 2)

    def _conditions(self, kind: str, asked: Instructions) -> Instructions:
        """Self-match prevention, and leaving on a halt or when not best, for some."""
        draw = self._draw
        fields = {name: getattr(asked, name) for name in Instructions.__struct_fields__}
        if kind not in ("peg", "trailing", "post-only") and draw.random() < 0.15:
            leaves_when_not_best = kind in ("limit", "reserve", "hidden", "minimum")
            fields["exec_inst"] = draw.choice("KZ") if leaves_when_not_best else "K"
        if draw.random() < 0.2:
            fields["self_match"] = draw.choice("123")
            fields["self_match_level"] = draw.choice("123")
            if fields["self_match_level"] == "3":
                fields["self_match_group"] = draw.choice(("XX", "YY"))
        return Instructions(**fields)

    def _replace(self, order: NaiveOrder) -> Command:
        draw = self._draw
        limit = order.limit
        if limit and draw.random() < 0.5:
            limit = self._price(order.side)
        lasts = draw.choice(("", "", "", "0", "1", "6", "3", "7", "B"))
        ord_type, instructions = order.ord_type, None
        if draw.random() < 0.1:
            ord_type, limit = draw.choice((("2", self._price(order.side)), ("1", 0)))
        elif (
            order.ord_type == "2"
            and not (order.is_post_only or self._is_plain)
            and draw.random() < 0.1
        ):
            floor = draw.choice((0, 1, 2)) * self._naive.rules.lot
            instructions = Instructions(max_floor=floor)
        return ReplaceOrder(
            order.session,
            self._name(),
            order.name,
            SYMBOL,
            order.side,
            ord_type,
            order.cum + self._qty() - draw.choice((0, 0, 0, order.cum)),
            limit,
            lasts,
            self._expiry() if lasts == "6" else 0,
            no_internal=draw.choice((None, None, None, True, False)),
            instructions=instructions,
        )

    def _cancel(self, order: NaiveOrder) -> Command:
        return CancelOrder(order.session, self._name(), order.name, SYMBOL, order.side)

    def _many(self) -> Command:
        draw = self._draw
        member = draw.choice(MEMBERS)
        if draw.random() < 0.5:
            return CancelOnDisconnect(member, day_only=draw.random() < 0.5)
        return MassCancel(member, self._name(), draw.choice("71"), SYMBOL, draw.choice(("", "1")))

    # The venue

    def _wait(self) -> Command:
        """Time passes, a little or to what is due next."""
        later = self.at + self._draw.randrange(90) * SECOND
        due = self._naive.next_moment()
        if due is not None and self._draw.random() < 0.5:
            later = max(self.at, due)
        self.at = later
        return PassTime()
