"""Kinds of orders, and which of them may come in with which time in force in which phase.

One table (`TABLE`) of kind x TimeInForce(59) x phase; the rules of engagement print it. It also
says what becomes of an order on entry, and `awake` what becomes of one that waits when the phase
changes. What an order of a kind must say besides is `refusals`.
"""

from __future__ import annotations

from enum import StrEnum

from engine.commands import OrderTerms
from engine.values import ExecInst, OrdType, Phase, TimeInForce


class Kind(StrEnum):
    """What an order is, of OrdType(40), ExecInst(18) and what it shows."""

    LIMIT = "limit"
    MARKET = "market"
    RESERVE = "reserve"
    HIDDEN = "hidden"
    POST_ONLY = "post-only"
    PEGGED = "pegged"
    STOP = "stop"
    STOP_LIMIT = "stop-limit"
    TRAILING_STOP = "trailing stop"


class Entry(StrEnum):
    """What becomes of an order that comes in."""

    REFUSED = "-"
    MATCHES = "m"
    COLLECTED = "b"
    WAITS = "w"


PHASES = tuple(Phase)
"""The columns of the table: CLOSED, PRE_OPEN, OPENING_CALL, CONTINUOUS, VOLATILITY_AUCTION,
SCHEDULED_AUCTION, CLOSING_CALL, POST_TRADE, HALT_OPEN, HALT_FROZEN."""

_RESTING = "0 1 6"
_ROWS = (
    # kind, TimeInForce(59),            C  P  O  C  V  S  C  P  H  H
    (Kind.LIMIT, _RESTING, "            -  b  b  m  b  b  b  -  b  -"),
    (Kind.LIMIT, "3", "                 -  b  b  m  b  b  b  -  b  -"),
    (Kind.LIMIT, "4", "                 -  -  -  m  -  -  -  -  -  -"),
    (Kind.LIMIT, "2", "                 -  b  b  -  -  -  -  -  -  -"),
    (Kind.LIMIT, "7", "                 -  w  w  w  w  w  b  -  w  -"),
    (Kind.LIMIT, "B", "                 -  b  b  w  b  b  b  -  b  -"),
    (Kind.MARKET, "0 3", "              -  b  b  m  b  b  b  -  b  -"),
    (Kind.MARKET, "4", "                -  -  -  m  -  -  -  -  -  -"),
    (Kind.MARKET, "2", "                -  b  b  -  -  -  -  -  -  -"),
    (Kind.MARKET, "7", "                -  w  w  w  w  w  b  -  w  -"),
    (Kind.MARKET, "B", "                -  b  b  w  b  b  b  -  b  -"),
    (Kind.RESERVE, _RESTING, "          -  b  b  m  b  b  b  -  b  -"),
    (Kind.HIDDEN, _RESTING, "           -  b  b  m  b  b  b  -  b  -"),
    (Kind.HIDDEN, "3", "                -  b  b  m  b  b  b  -  b  -"),
    (Kind.HIDDEN, "4", "                -  -  -  m  -  -  -  -  -  -"),
    (Kind.POST_ONLY, _RESTING, "        -  -  -  m  -  -  -  -  -  -"),
    (Kind.PEGGED, _RESTING, "           -  w  w  m  w  w  w  -  w  -"),
    (Kind.STOP, _RESTING, "             -  w  w  w  w  w  w  -  w  -"),
    (Kind.STOP_LIMIT, _RESTING, "       -  w  w  w  w  w  w  -  w  -"),
    (Kind.TRAILING_STOP, _RESTING, "    -  w  w  w  w  w  w  -  w  -"),
)

TABLE: dict[tuple[Kind, str], dict[Phase, Entry]] = {
    (kind, TimeInForce(time_in_force)): dict(zip(PHASES, map(Entry, cells.split()), strict=True))
    for kind, times_in_force, cells in _ROWS
    for time_in_force in times_in_force.split()
}
"""A pair that has no row is refused in every phase."""

_PLAIN_KIND = {OrdType.LIMIT: Kind.LIMIT, OrdType.MARKET: Kind.MARKET}
PLAIN_ENTRIES: dict[Phase, dict[tuple[str, str], Entry]] = {
    phase: {
        (ord_type, time_in_force): row[phase]
        for ord_type, kind in _PLAIN_KIND.items()
        for (row_kind, time_in_force), row in TABLE.items()
        if row_kind is kind
        and row[phase] is not Entry.REFUSED
        and not (kind is Kind.MARKET and phase is Phase.PRE_OPEN)
    }
    for phase in Phase
}
"""What becomes of a displayed order without instructions, by phase: the table for the orders of
every day. Market orders before the opening are not of them: a segment that sweeps refuses them."""

_PLAIN: dict[str, Kind] = {
    OrdType.MARKET: Kind.MARKET,
    OrdType.LIMIT: Kind.LIMIT,
    OrdType.STOP: Kind.STOP,
    OrdType.STOP_LIMIT: Kind.STOP_LIMIT,
    OrdType.PEGGED: Kind.PEGGED,
}


def kind_of(terms: OrderTerms) -> Kind:
    """The kind of an order whose OrdType(40) is one this market trades."""
    kind = _PLAIN[terms.ord_type]
    instructions = terms.instructions
    if instructions is None:
        return kind if terms.displayed or kind is not Kind.LIMIT else Kind.HIDDEN
    exec_inst = instructions.exec_inst
    if exec_inst == ExecInst.TRAILING_STOP:
        return Kind.TRAILING_STOP
    if kind is not Kind.LIMIT:
        return kind
    if exec_inst == ExecInst.POST_ONLY:
        return Kind.POST_ONLY
    if not terms.displayed:
        return Kind.HIDDEN
    return Kind.RESERVE if instructions.max_floor > 0 else Kind.LIMIT


def entry(kind: Kind, time_in_force: str, phase: Phase) -> Entry:
    """What becomes of such an order in that phase; refused for a pair the table does not have."""
    row = TABLE.get((kind, time_in_force))
    return row[phase] if row is not None else Entry.REFUSED


STAYS_AFTER_AUCTION = frozenset(
    {TimeInForce.DAY, TimeInForce.GOOD_TILL_CANCEL, TimeInForce.GOOD_TILL_DATE}
)
"""Limit orders of these go on after an uncross; the rest of all others is canceled (rule 4.6)."""
