"""An order as the naive exchange keeps it, and what kind of order it is.

Only what one order can say of itself lives here; who trades with whom does not.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.commands import EnterOrder, Instructions

NOTHING = Instructions()
STAYS = ("0", "1", "6")
OUTLIVES_DAY = ("1", "6")

BOOK, STOP, ASLEEP, OUT = "book", "stop", "asleep", "out"
"""Where an order stands: in the book, waiting for a trade, for a call or a quote, or nowhere."""


@dataclass(slots=True, eq=False)
class NaiveOrder:
    """All that is known of one order; `at` is the price it ranks at now, 0 for none."""

    number: int
    session: str
    name: str
    member: str
    trader: str
    side: str
    ord_type: str
    lasts: str
    until: int
    limit: int
    qty: int
    displayed: bool
    internal: bool
    asked: Instructions
    prio: int = 0
    at: int = 0
    cum: int = 0
    leaves: int = 0
    status: str = "0"
    place: str = OUT
    shown: int = 0
    slices: int = 0
    stop: int = 0
    triggered: bool = False
    given_up: int = 0

    @property
    def buys(self) -> bool:
        """Whether it buys; a short sale sells."""
        return self.side == "1"

    @property
    def floor(self) -> int:
        """The size of a reserve order's slice, 0 for every other order."""
        return max(0, self.asked.max_floor)

    @property
    def minimum(self) -> int:
        """2.7.1: the least that may be taken of it; what it has left, if that is less."""
        return min(self.asked.min_qty, self.leaves)

    @property
    def is_peg(self) -> bool:
        """Whether it follows the best quotes."""
        return self.ord_type == "P" and self.asked.exec_inst in ("M", "P", "R")

    @property
    def is_stop(self) -> bool:
        """Whether it waits for a trade before it does anything."""
        return self.ord_type in ("3", "4") or self.asked.exec_inst == "a"

    @property
    def is_market(self) -> bool:
        """Whether it was sent as a market order."""
        return self.ord_type == "1"

    @property
    def is_post_only(self) -> bool:
        """Whether it must not trade on entry."""
        return self.ord_type == "2" and self.asked.exec_inst == "6"

    @property
    def is_hidden(self) -> bool:
        """Whether it is a limit order that nobody sees."""
        return self.ord_type == "2" and not self.displayed

    def state(self) -> tuple[str, int, int]:
        """Status, leaves and what was executed."""
        return (self.status, self.leaves, self.cum)


def from_entry(command: EnterOrder, number: int) -> NaiveOrder:
    """The order that an entry asks for; it stands nowhere yet."""
    return NaiveOrder(
        number,
        command.session,
        command.cl_ord_id,
        command.member,
        command.trader,
        command.side,
        command.ord_type,
        command.time_in_force,
        command.expire_at,
        command.price,
        command.qty,
        command.displayed,
        not command.no_internal,
        command.instructions or NOTHING,
        at=command.price,
        leaves=command.qty,
    )
