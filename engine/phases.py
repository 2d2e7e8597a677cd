"""What each phase of the trading day permits: one table (rule 5.2).

The table is the whole rule; nobody else asks "is it CLOSED?". Which phase a segment is in, and when
it changes, is kept and decided elsewhere.
"""

from __future__ import annotations

from typing import NamedTuple

from engine.values import Phase


class Permits(NamedTuple):
    """What members may do in a phase, and whether orders match on entry."""

    enter: bool
    replace: bool
    cancel: bool
    match: bool


PERMITS: dict[Phase, Permits] = {
    Phase.CLOSED: Permits(enter=False, replace=False, cancel=False, match=False),
    Phase.PRE_OPEN: Permits(enter=True, replace=True, cancel=True, match=False),
    Phase.OPENING_CALL: Permits(enter=True, replace=True, cancel=True, match=False),
    Phase.CONTINUOUS: Permits(enter=True, replace=True, cancel=True, match=True),
    Phase.VOLATILITY_AUCTION: Permits(enter=True, replace=True, cancel=True, match=False),
    Phase.SCHEDULED_AUCTION: Permits(enter=True, replace=True, cancel=True, match=False),
    Phase.CLOSING_CALL: Permits(enter=True, replace=True, cancel=True, match=False),
    Phase.POST_TRADE: Permits(enter=False, replace=False, cancel=True, match=False),
    Phase.HALT_OPEN: Permits(enter=True, replace=True, cancel=True, match=False),
    Phase.HALT_FROZEN: Permits(enter=False, replace=False, cancel=True, match=False),
}

SERVED = frozenset({Phase.CONTINUOUS, Phase.CLOSED})
"""Phases this version carries out; the calls need the uncross that is not built yet."""
