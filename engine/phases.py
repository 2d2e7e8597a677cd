"""What each phase of the trading day permits: one table (rule 5.2).

The table is the whole rule; nobody else asks "is it CLOSED?". Which phase a book is in, and when it
changes, is kept by `market` and decided by `trading_day`; which kinds of orders a phase takes is
`order_kinds`.
"""

from __future__ import annotations

from typing import NamedTuple

from engine.values import Cross, Phase


class Permits(NamedTuple):
    """What members may do in a phase, whether orders match on entry, whether its end uncrosses.

    `reduce`: a replace may lower the quantity, also where `replace` in general is not permitted.
    """

    enter: bool
    replace: bool
    reduce: bool
    cancel: bool
    match: bool
    is_call: bool


def _row(cells: str) -> Permits:
    return Permits(*(cell == "yes" for cell in cells.split()))


PERMITS: dict[Phase, Permits] = {
    #                              enter replace reduce cancel match call
    Phase.CLOSED: _row("            no    no      no     no     no    no "),
    Phase.PRE_OPEN: _row("          yes   yes     yes    yes    no    no "),
    Phase.OPENING_CALL: _row("      yes   yes     yes    yes    no    yes"),
    Phase.CONTINUOUS: _row("        yes   yes     yes    yes    yes   no "),
    Phase.VOLATILITY_AUCTION: _row("yes   yes     yes    yes    no    yes"),
    Phase.SCHEDULED_AUCTION: _row(" yes   yes     yes    yes    no    yes"),
    Phase.CLOSING_CALL: _row("      yes   yes     yes    yes    no    yes"),
    Phase.POST_TRADE: _row("        no    no      yes    yes    no    no "),
    Phase.HALT_OPEN: _row("         yes   yes     yes    yes    no    yes"),
    Phase.HALT_FROZEN: _row("       no    no      no     yes    no    no "),
}

DAY_IS_OVER = frozenset({Phase.POST_TRADE, Phase.CLOSED})
"""Phases in which nothing trades any more that day: Day orders expire when one begins (1.3)."""

HALTS = frozenset({Phase.HALT_OPEN, Phase.HALT_FROZEN})

CROSS: dict[Phase, Cross] = {
    Phase.PRE_OPEN: Cross.OPENING,
    Phase.OPENING_CALL: Cross.OPENING,
    Phase.SCHEDULED_AUCTION: Cross.SCHEDULED,
    Phase.VOLATILITY_AUCTION: Cross.VOLATILITY,
    Phase.CLOSING_CALL: Cross.CLOSING,
    Phase.HALT_OPEN: Cross.HALT,
    Phase.HALT_FROZEN: Cross.HALT,
    Phase.CLOSED: Cross.OPENING,
    Phase.POST_TRADE: Cross.OPENING,
}
"""The kind of auction that ends a phase; of those that are no call only if what was collected in
them meets a phase that matches (an operator may order that)."""


_GOES_ON = frozenset({Phase.SCHEDULED_AUCTION, Phase.HALT_OPEN})
"""Calls that another call takes over with all they have collected: First North's books stay in call
between the 15:00 auction and the closing one (rule 5.1), a resumption runs into it (rule 5.4.2)."""


def uncrosses(before: Phase, after: Phase) -> bool:
    """Whether a book that goes from one phase to the other matches what it has collected.

    The end of a call does, and a phase that matches after one that does not; a step from a call
    into the same call too, which then collects for the next time.
    """
    old, new = PERMITS[before], PERMITS[after]
    if before in _GOES_ON and new.is_call and after is not before:
        return False
    return old.is_call or (new.match and not old.match)
