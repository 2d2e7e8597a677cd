"""Streams of commands for a venue: steps drawn by hypothesis or by a seed, made into commands.

A `Step` is a handful of small numbers, so that hypothesis can shrink it. What it means depends on
the orders that work at that moment (`Stream.command`), so most cancels and replaces find one. The
numbers are small on purpose: few members, prices and quantities make orders meet all the time.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from engine.commands import (
    CancelOnDisconnect,
    CancelOrder,
    Command,
    EnterOrder,
    MassCancel,
    PassTime,
    ReplaceOrder,
    RequestMassStatus,
)
from engine.events import Event
from engine.order import Order
from tests.support.market import SECOND, Rules, Venue, price

T = TypeVar("T")

DEEDS = (*("enter",) * 12, *("replace",) * 4, *("cancel",) * 2, "time", "many")
MEMBERS = ("AVA", "NON", "SHB")
SIDES = ("1", "2", "1", "2", "5")
TIMES_IN_FORCE = (*("0",) * 5, *("1",) * 2, "3", "4", *("6",) * 3)
TIMES_IN_FORCE_OF_REPLACE = (*("",) * 5, "0", "1", "3", "4", "6")
TICKS = 8
APART = 5
LOTS = 6
LOWEST = price("99.98")
TICK = price("0.01")


class Step(NamedTuple):
    """Numbers that choose what happens; each is taken modulo what there is to choose from."""

    deed: int
    member: int
    side: int
    price: int
    qty: int
    time_in_force: int
    wait: int
    market: int
    hidden: int
    no_internal: int
    target: int


STEP_MAX = 840
"""Every number of a step is below this; most moduli divide it, so choices are about as likely."""


def random_steps(seed: int, count: int) -> list[Step]:
    """`count` steps that depend on the seed only."""
    draw = random.Random(seed)
    return [Step(*(draw.randrange(STEP_MAX) for _ in Step._fields)) for _ in range(count)]


class Stream:
    """A venue that steps happen to; it keeps the commands and what they caused."""

    def __init__(self, rules: Rules) -> None:
        self.venue = Venue(rules)
        self.names = 0

    def take(self, step: Step) -> tuple[Command, list[Event]]:
        """Let a step happen."""
        if _deed(step) == "time" or step.wait % 16 == 0:
            self.venue.at += step.wait % 20 * SECOND
        command = self._command(step)
        return command, self.venue.apply(command)

    def _command(self, step: Step) -> Command:
        working = [
            order
            for order in self.venue.exchange.orders.all_working()
            if order.terms.time_in_force != "6" or order.terms.expire_at > self.venue.at
        ]
        member = _any(MEMBERS, step.member)
        deed = _deed(step)
        if deed == "time":
            return PassTime()
        if deed == "enter" or not working:
            return self._enter(step, member)
        if deed == "many":
            return self._many(step, member)
        order = working[step.target % len(working)]
        return self._replace(step, order) if deed == "replace" else self._cancel(order)

    def _enter(self, step: Step, member: str) -> EnterOrder:
        side = _any(SIDES, step.side)
        is_market = step.market % 15 == 0
        time_in_force = _any(TIMES_IN_FORCE, step.time_in_force)
        if is_market and time_in_force in ("1", "6"):
            time_in_force = "3"
        return EnterOrder(
            member,
            member,
            self._name(),
            self.venue.rules.symbols[0],
            side,
            "1" if is_market else "2",
            1 + step.qty % LOTS,
            0 if is_market else _price(step, side),
            time_in_force,
            self._expiry(step) if time_in_force == "6" else 0,
            no_internal=step.no_internal % 6 == 0,
            displayed=step.hidden % 4 != 0,
        )

    def _replace(self, step: Step, order: Order) -> ReplaceOrder:
        terms = order.terms
        is_market = step.market % 20 == 0
        time_in_force = "3" if is_market else _any(TIMES_IN_FORCE_OF_REPLACE, step.time_in_force)
        same_price = step.price % 2 == 0
        return ReplaceOrder(
            terms.session,
            self._name(),
            order.cl_ord_id,
            terms.symbol,
            terms.side,
            "1" if is_market else "2",
            1 + step.qty % LOTS,
            0 if is_market else terms.price if same_price else _price(step, terms.side),
            time_in_force,
            self._expiry(step) if time_in_force == "6" else 0,
            no_internal=_any((None, None, None, True, False), step.no_internal),
        )

    def _cancel(self, order: Order) -> CancelOrder:
        terms = order.terms
        return CancelOrder(terms.session, self._name(), order.cl_ord_id, terms.symbol, terms.side)

    def _many(self, step: Step, member: str) -> Command:
        choice = step.target % 12
        if choice == 0:
            return MassCancel(member, self._name(), "7", side=_any(("", "1", "2"), step.side))
        if choice == 1:
            return CancelOnDisconnect(member, day_only=step.hidden % 2 == 0)
        return RequestMassStatus(member, self._name(), "7")

    def _expiry(self, step: Step) -> int:
        return self.venue.at + (1 + step.wait % 600) * SECOND

    def _name(self) -> str:
        self.names += 1
        return f"N{self.names}"


def _deed(step: Step) -> str:
    return _any(DEEDS, step.deed)


def _any(choices: Sequence[T], number: int) -> T:
    return choices[number % len(choices)]


def _price(step: Step, side: str) -> int:
    """Buys a little lower than sells on average, so that some meet and most rest."""
    ticks = step.price // 2 % TICKS + (0 if side == "1" else APART)
    return LOWEST + ticks * TICK
