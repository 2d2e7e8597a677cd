"""What may change the market: imperatives, frozen, the only input of `Exchange.apply`.

Every command is written to the log before it is applied, so replaying them rebuilds everything,
the replies included; questions that are answered by a report (status) are commands for that reason.
Reference data and time passing are commands too. Commands are msgpack arrays with a tag in front;
new fields go at the end with a default, so that old logs stay readable.

`session` is the comp id of the FIX session that asked (empty: the venue itself).
"""

from __future__ import annotations

import msgspec

from engine.rejects import RejectReason


class Flaw(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A value the border could not express in the engine's units, and why.

    The engine refuses the order for it at its place in the order of precedence.
    """

    reason: RejectReason
    was: str = ""
    limit: str = ""


class EnterOrder(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="enter"):
    """Enter a new order; its fields are the order's terms for the rest of its life.

    `price` 0 means none; `expire_at` 0 means none; `qty` is the total OrderQty(38).
    """

    session: str
    member: str
    cl_ord_id: str
    symbol: str
    side: str
    ord_type: str
    qty: int
    price: int = 0
    time_in_force: str = "0"
    expire_at: int = 0
    account: str = ""
    trader: str = ""
    no_internal: bool = False
    displayed: bool = True
    poss_resend: bool = False
    flaw: Flaw | None = None


class ReplaceOrder(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="replace"):
    """Change a working order (rule 2.4); empty or 0 in an optional field keeps the old value.

    `qty` is the new total including what has been filled (rule 2.4.3).
    """

    session: str
    cl_ord_id: str
    orig_cl_ord_id: str
    symbol: str
    side: str
    ord_type: str
    qty: int
    price: int = 0
    time_in_force: str = ""
    expire_at: int = 0
    account: str = ""
    trader: str = ""
    no_internal: bool | None = None
    flaw: Flaw | None = None


class CancelOrder(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="cancel"):
    """Cancel what is left of one order of this session."""

    session: str
    cl_ord_id: str
    orig_cl_ord_id: str
    symbol: str
    side: str


class MassCancel(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="mass_cancel"):
    """Cancel all working orders of this session, or those of one symbol or side.

    `request_type` is MassCancelRequestType(530); `symbol` and `side` empty mean any.
    """

    session: str
    cl_ord_id: str
    request_type: str
    symbol: str = ""
    side: str = ""


class CancelOnDisconnect(
    msgspec.Struct, frozen=True, array_like=True, gc=False, tag="cancel_on_disconnect"
):
    """The session lost its connection: cancel its Day orders, or all of them (rule 5.4.3)."""

    session: str
    day_only: bool


class RequestStatus(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="status"):
    """Report the state of one order of this session."""

    session: str
    cl_ord_id: str
    symbol: str
    side: str
    ord_status_req_id: str = ""


class RequestMassStatus(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="mass_status"):
    """Report every working order of this session, or those of one symbol.

    `request_type` is MassStatusReqType(585).
    """

    session: str
    mass_status_req_id: str
    request_type: str
    symbol: str = ""
    side: str = ""


class DefineMember(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="member"):
    """Admit a member, or change its name."""

    member: str
    name: str


class DefineSegment(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="segment"):
    """Open a segment, or change its rules and phase."""

    segment: str
    phase: str
    internal_priority: bool = True
    market_orders: str = "best_level"


class DefineInstrument(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="instrument"):
    """List an instrument, or change its facts; `tick_size` 0 means the named table decides."""

    symbol: str
    segment: str
    tick_table: str = ""
    tick_size: int = 0
    lot: int = 1
    currency: str = "SEK"
    isin: str = ""
    security_type: str = "CS"
    reference_price: int = 0


class PassTime(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="time"):
    """Time has reached the command's stamp: carry out what is due."""


OrderTerms = EnterOrder
"""The terms of an order are the entry as it stands after the replaces accepted so far."""

Command = (
    EnterOrder
    | ReplaceOrder
    | CancelOrder
    | MassCancel
    | CancelOnDisconnect
    | RequestStatus
    | RequestMassStatus
    | DefineMember
    | DefineSegment
    | DefineInstrument
    | PassTime
)
