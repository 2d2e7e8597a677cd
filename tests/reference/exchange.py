"""A whole exchange of one instrument, the slow way, written from the rule book alone.

It keeps lists, sorts them anew for every question and knows nothing of `engine` but the shape of
its commands. Refusals are yes or no here; which reason is named is not its business.
"""

from __future__ import annotations

from dataclasses import replace

from msgspec.structs import replace as with_fields

from engine.commands import (
    CancelOnDisconnect,
    CancelOrder,
    ChangePhase,
    Command,
    EnterOrder,
    HaltTrading,
    Instructions,
    MassCancel,
    ReplaceOrder,
    ResumeTrading,
)
from tests.reference.day import Day
from tests.reference.orders import (
    NOTHING,
    OUT,
    OUTLIVES_DAY,
    STAYS,
    NaiveOrder,
    from_entry,
)
from tests.reference.rules import CONTINUOUS, NO_ENTRY, takes


class NaiveExchange(Day):
    """Commands in; `trades` and `touched` are what the last one caused."""

    entered = 0
    refused = False

    def apply(self, command: Command, at: int) -> None:
        """Carry out one command at a moment; what is due by then comes first."""
        self.trades.clear()
        self.touched.clear()
        self.refused = False
        self._let_time_pass(at)
        self.now = at
        match command:
            case EnterOrder():
                self._enter(command)
            case ReplaceOrder():
                self._replace(command)
            case CancelOrder():
                self._cancel(command)
            case MassCancel():
                self._cancel_many(command.session, side=command.side)
            case CancelOnDisconnect():
                self._cancel_many(command.session, day_only=command.day_only)
            case ChangePhase():
                self.order_phase(command.phase)
            case HaltTrading():
                self.halt(entry=command.entry, flush=command.flush)
            case ResumeTrading():
                self.resume()
            case _:
                pass

    def next_moment(self) -> int | None:
        """When something happens without anybody asking."""
        moments = [moment.at for moment in self.planned]
        expiry = self.next_expiry()
        return min(moments if expiry is None else [*moments, expiry], default=None)

    def _let_time_pass(self, at: int) -> None:
        while (moment := self.next_moment()) is not None and moment <= at:
            self.now = moment
            expiry = self.next_expiry()
            if expiry is not None and expiry <= moment:
                self.expire_at(moment)
                continue
            due = next(one for one in self.planned if one.at == moment)
            self.planned.remove(due)
            self.reach(due)

    # Entry

    def _enter(self, command: EnterOrder) -> None:
        order = from_entry(command, self.entered + 1)
        if not self._may_be(order, None):
            self.refused = True
            return
        self.entered += 1
        order.prio = self.next_prio()
        self.live.append(order)
        self.touched.append(order)
        self.come_in(order)
        self.settle()

    def _may_be(self, order: NaiveOrder, standing: NaiveOrder | None) -> bool:
        """Whether an order may have these terms now; `standing` is the one that is to take them."""
        was_post_only = standing is not None and standing.is_post_only
        if not takes(order, self.phase, stands_as_post_only=was_post_only):
            return False
        if order.is_market and self.rules.sweeps and self.phase == "PRE_OPEN":
            return False
        if order.qty <= 0 or order.qty % self.rules.lot or order.floor % self.rules.lot:
            return False
        if not _is_consistent(order):
            return False
        if order.ord_type in ("2", "4"):
            if not self._is_price(order.limit) or not self._is_near(order):
                return False
        elif order.limit and not (order.is_peg and self._is_price(order.limit)):
            return False
        if order.ord_type in ("3", "4") and not self._is_price(order.asked.stop_px):
            return False
        if order.asked.exec_inst == "a" and not self._may_trail(order):
            return False
        if order.lasts == "6" and order.until <= self.now:
            return False
        return not order.is_post_only or self._is_passive(order, standing)

    def _is_price(self, price: int) -> bool:
        return price > 0 and price % self.rules.tick == 0

    def _may_trail(self, order: NaiveOrder) -> bool:
        distance = abs(order.asked.peg_offset)
        return bool(self.last and distance) and (order.buys or distance < self.last)

    def _is_near(self, order: NaiveOrder) -> bool:
        """6.3.2: how far below and above the last price a limit may be."""
        if not self.last:
            return True
        below, above = self.rules.collar_passive, self.rules.collar_aggressive
        if not order.buys:
            below, above = above, below
        low = self.last * (100 - below) if below else 0
        high = self.last * (100 + above) if above else order.limit * 100
        return low <= order.limit * 100 <= high

    def _is_passive(self, order: NaiveOrder, standing: NaiveOrder | None) -> bool:
        """1.2: a post-only order narrows the spread, or at least does not trade."""
        if self.phase != CONTINUOUS:
            return True
        own = self.best_displayed(buys=order.buys, but=standing)
        other = self.best_displayed(buys=not order.buys)
        sign = 1 if order.buys else -1
        if other and sign * order.limit >= sign * other:
            return False
        return self.rules.joins or not own or sign * order.limit > sign * own

    # Change

    def _named(self, session: str, name: str, side: str) -> NaiveOrder | None:
        found = [one for one in self.live if one.session == session and one.name == name]
        return found[0] if found and found[0].side == side else None

    def _cancel(self, command: CancelOrder) -> None:
        order = self._named(command.session, command.orig_cl_ord_id, command.side)
        if order is None or self.phase == "CLOSED":
            self.refused = True
            return
        self.give_up(order)
        self.settle()

    def _cancel_many(self, session: str, *, side: str = "", day_only: bool = False) -> None:
        if self.phase == "CLOSED":
            return
        for order in list(self.live):
            spared = day_only and order.lasts in OUTLIVES_DAY
            if order.session == session and side in ("", order.side) and not spared:
                self.give_up(order)
        self.settle()

    def _replace(self, command: ReplaceOrder) -> None:
        order = self._named(command.session, command.orig_cl_ord_id, command.side)
        new = _replaced(order, command) if order is not None else None
        if order is None or new is None or not self._may_become(order, new):
            self.refused = True
            return
        kept = keeps_place(order, new)
        self.touched.append(order)
        order.name = new.name
        if new.qty <= order.cum:
            order.qty, order.leaves = order.cum, 0
            self._end(order, "2")
        else:
            self._become(order, new, kept=kept)
        self.settle()

    def _become(self, order: NaiveOrder, new: NaiveOrder, *, kept: bool) -> None:
        changed_type = order.ord_type != new.ord_type
        for field in ("lasts", "until", "ord_type", "limit", "qty"):
            setattr(order, field, getattr(new, field))
        order.displayed, order.internal, order.asked = new.displayed, new.internal, new.asked
        order.leaves = new.qty - order.cum
        if kept:
            order.shown = min(order.shown, order.floor, order.leaves)
            return
        order.place = OUT
        order.prio = self.next_prio()
        order.shown = order.stop = 0
        order.triggered = order.triggered and not changed_type
        self.come_in(order)

    def _may_become(self, order: NaiveOrder, new: NaiveOrder) -> bool:
        """2.4 and 5.2: after the close only less is permitted, and what keeps its place always."""
        good_qty = new.qty > 0 and new.qty % self.rules.lot == 0
        if self.phase == "POST_TRADE":
            same = replace(new, qty=order.qty, name=order.name)
            return good_qty and new.qty <= order.qty and _terms(same) == _terms(order)
        if self.phase in NO_ENTRY:
            return False
        if keeps_place(order, new):
            return good_qty and (new.lasts != "6" or new.until > self.now)
        return self._may_be(new, order)


def _is_consistent(order: NaiveOrder) -> bool:
    """Whether the instructions of an order fit each other and the order."""
    asked = order.asked
    if asked.display_range >= max(order.floor, 1):
        return False
    if asked.min_qty and (not order.is_hidden or asked.min_qty > order.qty):
        return False
    return asked.self_match_level != "1" or bool(order.trader)


def _terms(order: NaiveOrder) -> tuple[object, ...]:
    return (
        *(order.lasts, order.until, order.ord_type, order.limit, order.qty),
        *(order.displayed, order.internal, order.asked),
    )


def keeps_place(old: NaiveOrder, new: NaiveOrder) -> bool:
    """2.4.2: less of it, or another end of its life, keeps the place; all else loses it."""
    same = _terms(replace(new, qty=old.qty, lasts=old.lasts, until=old.until)) == _terms(old)
    lives_alike = new.lasts == old.lasts or (new.lasts in STAYS and old.lasts in STAYS)
    return same and lives_alike and new.qty <= old.qty


def _replaced(old: NaiveOrder, command: ReplaceOrder) -> NaiveOrder:
    """The order as the replace wants it."""
    asked = old.asked
    if command.ord_type != old.ord_type:
        asked = with_fields(asked, stop_px=0, exec_inst="", peg_offset=0, peg_offset_type="")
    said = command.instructions or NOTHING
    fields = Instructions.__struct_fields__
    news = {
        name: getattr(said, name)
        for name in fields
        if getattr(said, name) != getattr(NOTHING, name)
    }
    asked = with_fields(asked, **news)
    displayed = old.displayed or old.ord_type == "P"
    if command.ord_type == "P":
        displayed = False
    elif said.max_floor >= 0:
        displayed = said.max_floor > 0
    keeps_until = command.time_in_force in ("", "6")
    return replace(
        old,
        name=command.cl_ord_id,
        ord_type=command.ord_type,
        qty=command.qty,
        limit=command.price,
        lasts=command.time_in_force or old.lasts,
        until=command.expire_at or (old.until if keeps_until else 0),
        displayed=displayed,
        internal=old.internal if command.no_internal is None else not command.no_internal,
        asked=asked,
    )
