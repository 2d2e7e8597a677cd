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


class Instructions(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What an order asks beyond side, quantity, price and time; most orders have none.

    `max_floor` is what may be shown at one time: -1 all of it, 0 nothing (hidden), else a reserve
    order's slice, which `display_range` lets vary by as much up or down (rule 2.6). `min_qty` is
    for hidden orders (rule 2.7). `stop_px` is a stop's trigger price. `exec_inst` is one code of
    `values.ExecInst` or "". `peg_offset` is signed, in units of price or in ticks as
    `peg_offset_type` says; a trailing stop's distance too. `self_match` is a code of
    `values.SelfMatch` or "", `self_match_level` one of `values.SelfMatchLevel`, `self_match_group`
    the trader group (rule 2.8). `cash_order_qty`, in units of price, buys as many shares as it pays
    for at the order's limit or the last price, where no quantity is given. In a replace, a field at
    its default keeps the old value.
    """

    max_floor: int = -1
    display_range: int = 0
    min_qty: int = 0
    stop_px: int = 0
    exec_inst: str = ""
    peg_offset: int = 0
    peg_offset_type: str = ""
    self_match: str = ""
    self_match_level: str = ""
    self_match_group: str = ""
    cash_order_qty: int = 0


class EnterOrder(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="enter"):
    """Enter a new order; its fields are the order's terms for the rest of its life.

    `price` 0 means none; `expire_at` 0 means none; `qty` is the total OrderQty(38). `cl_ord_id` ""
    is an order that the member phoned in, which the operator entered for it (scenario E.1.a).
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
    instructions: Instructions | None = None


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
    instructions: Instructions | None = None


class CancelOrder(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="cancel"):
    """Cancel what is left of one order of this session."""

    session: str
    cl_ord_id: str
    orig_cl_ord_id: str
    symbol: str
    side: str


class MassCancel(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="mass_cancel"):
    """Cancel all working orders of this session, or those of one symbol, segment or side.

    `request_type` is MassCancelRequestType(530): 1 the symbol's, 6 or 9 the segment's, 7 all;
    `side` empty means both.
    """

    session: str
    cl_ord_id: str
    request_type: str
    symbol: str = ""
    side: str = ""
    segment: str = ""


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
    """Admit a member, or change what is known of it; `hides` is its choice not to be shown in the
    trade history where the segment leaves it the choice (rule 7.3).
    """

    member: str
    name: str
    hides: bool = False


class DefineSegment(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="segment"):
    """Open a segment, or change its rules.

    `phase` is that of a segment without a timetable; "" for one that has one: it begins CLOSED and
    keeps its phase when it is defined again. Percentages are whole, 0 switches a rule off; prices
    off tick and quantities off lot are rejected or rounded as `off_tick` and `off_lot` say. A good
    till canceled order lives `gtc_days` days (0: for ever). `done_for_day` reports the end of the
    day to every order that is left (OrdStatus 3), instead of expiring the Day orders.
    """

    segment: str
    phase: str
    internal_priority: bool = True
    market_orders: str = "best_level"
    internal_priority_in_calls: bool = True
    off_tick: str = "reject"
    off_lot: str = "reject"
    post_only: str = "narrow"
    collar_aggressive: int = 0
    collar_passive: int = 0
    guard_dynamic: int = 0
    guard_static: int = 0
    extension: int = 0
    gtc_days: int = 90
    name: str = ""
    anonymity: str = "other"
    done_for_day: bool = False


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


class PhaseStep(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A segment's next phase: due at `at`, for each book 0 to `random_nanos` later."""

    at: int
    phase: str
    random_nanos: int = 0


class PlanPhases(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="plan"):
    """The timetable of a segment from `from_at` on is this one; steps before it stay planned.

    Steps are in order of time. Of those that are past already the last one is carried out at once,
    without a random delay, if the segment had no timetable before.
    """

    segment: str
    from_at: int
    steps: tuple[PhaseStep, ...]


class ChangePhase(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="phase"):
    """The operator puts all books of a segment into a phase now; leaving a call uncrosses it."""

    segment: str
    phase: str


class HaltTrading(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="halt"):
    """Stop trading in one instrument (rule 5.4.2); `entry` lets orders come in meanwhile, `flush`
    cancels all that stand in the book.
    """

    symbol: str
    entry: bool = False
    flush: bool = False


class ResumeTrading(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="resume"):
    """End a halt: by a call of ten minutes where the segment trades continuously, else into the
    segment's phase.
    """

    symbol: str


class SeedDraws(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="seed"):
    """What all random moments and slices follow from here on."""

    seed: int


class BustTrade(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="bust"):
    """Cancel a trade (rule 7.6); `restore` gives the quantity back to orders that still work or
    were filled. `reason` is a code of `values.BustReason`.
    """

    match_id: int
    reason: str = "E"
    restore: bool = False


class CorrectTrade(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="correct"):
    """Change price or quantity of a trade; a quantity is never more than before (rule 7.6)."""

    match_id: int
    price: int
    qty: int
    restore: bool = False


class VenueCancel(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="venue_cancel"):
    """The operator cancels what is left of an order."""

    order_id: int


class VenueRestate(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="venue_restate"):
    """The operator changes an order's total quantity or limit price; 0 leaves it as it is."""

    order_id: int
    qty: int = 0
    price: int = 0


class SplitShares(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="split"):
    """Each `old` shares of an instrument became `new` ones: its orders follow."""

    symbol: str
    new: int
    old: int


class RequestTradingSessionStatus(
    msgspec.Struct, frozen=True, array_like=True, gc=False, tag="session_status"
):
    """Report the phase of a segment, or of all (`segment` empty).

    `subscription` is SubscriptionRequestType(263): 0 once, 1 from now on, 2 no more.
    """

    session: str
    req_id: str
    segment: str = ""
    subscription: str = "0"


class RequestSecurityStatus(
    msgspec.Struct, frozen=True, array_like=True, gc=False, tag="security_status"
):
    """Report the phase of one instrument, once, from now on, or no more."""

    session: str
    req_id: str
    symbol: str
    subscription: str = "0"


class EndSubscriptions(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="unsubscribe"):
    """The session lost its connection, or logged out: nothing more goes to it unasked."""

    session: str


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
    | PlanPhases
    | ChangePhase
    | HaltTrading
    | ResumeTrading
    | SeedDraws
    | BustTrade
    | CorrectTrade
    | VenueCancel
    | VenueRestate
    | SplitShares
    | RequestTradingSessionStatus
    | RequestSecurityStatus
    | EndSubscriptions
)
