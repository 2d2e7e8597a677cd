"""What the venue of a differential test is like, and which order it takes when.

`takes` is the rule book's table of kinds, times in force and phases, written as conditions; the
engine has a table. Nothing here changes anything.
"""

from __future__ import annotations

from typing import NamedTuple

from engine.commands import Command, DefineInstrument, DefineMember, DefineSegment
from tests.reference.orders import STAYS, NaiveOrder

MEMBERS = ("AVA", "NON", "SHB")
SYMBOL = "ERIC-B"
SEGMENT = "STO"
MIDDLE = 1_000_000

CALLS = (
    "OPENING_CALL",
    "VOLATILITY_AUCTION",
    "SCHEDULED_AUCTION",
    "CLOSING_CALL",
    "HALT_OPEN",
)
DAY_IS_OVER = ("POST_TRADE", "CLOSED")
NO_ENTRY = ("POST_TRADE", "CLOSED", "HALT_FROZEN")
CONTINUOUS = "CONTINUOUS"


class VenueRules(NamedTuple):
    """One venue of one instrument; percentages of 0 are off."""

    internal: bool = True
    internal_in_calls: bool = True
    sweeps: bool = False
    joins: bool = False
    collar_aggressive: int = 0
    collar_passive: int = 0
    guard_dynamic: int = 0
    guard_static: int = 0
    extension: int = 0
    done_for_day: bool = False
    tick: int = 5_000
    lot: int = 1
    reference: int = MIDDLE
    phase: str = CONTINUOUS

    def definitions(self) -> list[Command]:
        """The commands that set such a venue up."""
        segment = DefineSegment(
            SEGMENT,
            self.phase,
            self.internal,
            "sweep" if self.sweeps else "best_level",
            self.internal_in_calls,
            post_only="join" if self.joins else "narrow",
            collar_aggressive=self.collar_aggressive,
            collar_passive=self.collar_passive,
            guard_dynamic=self.guard_dynamic,
            guard_static=self.guard_static,
            extension=self.extension,
            gtc_days=0,
            done_for_day=self.done_for_day,
        )
        instrument = DefineInstrument(
            SYMBOL, SEGMENT, "", self.tick, self.lot, reference_price=self.reference
        )
        members = [DefineMember(member, member.title()) for member in MEMBERS]
        return [*members, segment, instrument]


def is_too_far(price: int, reference: int, percent: int) -> bool:
    """Whether a price is more than so many percent away; exactly so many is not."""
    return bool(reference and percent) and abs(price - reference) * 100 > reference * percent


def takes(order: NaiveOrder, phase: str, *, stands_as_post_only: bool = False) -> bool:
    """1.2, 1.3 and 5.2: whether such an order may come in now."""
    if phase in NO_ENTRY:
        return False
    lasts = order.lasts
    if order.is_post_only:
        return lasts in STAYS and (phase == CONTINUOUS or stands_as_post_only)
    if order.is_peg or order.is_stop or (order.ord_type == "2" and order.displayed and order.floor):
        return lasts in STAYS
    if lasts == "4":
        return phase == CONTINUOUS
    if order.is_hidden:
        return lasts in (*STAYS, "3")
    if lasts == "2":
        return phase in ("PRE_OPEN", "OPENING_CALL")
    return not (order.is_market and lasts in ("1", "6"))


def waits(order: NaiveOrder, phase: str) -> bool:
    """4.1.4: whether an order that comes in sleeps until its auction, or until there are quotes."""
    if order.lasts == "7":
        return phase != "CLOSING_CALL"
    if order.lasts == "B":
        return phase == CONTINUOUS
    return order.is_peg and phase != CONTINUOUS


def uncrosses(before: str, after: str) -> bool:
    """Whether what was collected is matched when a book goes from one phase to the other."""
    goes_on = before in ("SCHEDULED_AUCTION", "HALT_OPEN") and after in CALLS
    if goes_on and before != after:
        return False
    return before in CALLS or (after == CONTINUOUS and before != CONTINUOUS)


def cross_of(phase: str) -> str:
    """The kind of auction that ends a phase."""
    kinds = {"SCHEDULED_AUCTION": "I", "VOLATILITY_AUCTION": "V", "CLOSING_CALL": "C"}
    return "H" if phase.startswith("HALT") else kinds.get(phase, "O")
