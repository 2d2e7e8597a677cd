"""Application messages of a member's session -> commands; the words of FIX end here.

One function per message type, found in `COMMANDS`. They only translate: what a value means for the
market, the engine decides. A value the engine's units cannot hold (half a share, a fifth decimal)
travels as a `Flaw`, so that the refusal comes from the same place as all others. What few orders
have (icebergs, stops, pegs) is read by `order_instructions`. The way back, events to reports, is
`execution_reports`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from engine.commands import (
    CancelOrder,
    Command,
    EnterOrder,
    Flaw,
    MassCancel,
    ReplaceOrder,
    RequestMassStatus,
    RequestStatus,
)
from engine.rejects import RejectReason
from engine.values import PRICE_MAX, PRICE_SCALE, OrdType
from gateway.decimals import format_price, parse_price, parse_qty
from gateway.fix import tags as t
from gateway.fix.message import INCORRECT_FORMAT, VALUE_INCORRECT, Message, reject
from gateway.fix.order_instructions import NOTHING, Extra, extra_of
from gateway.fix.order_instructions import TAGS as INSTRUCTION_TAGS
from gateway.fix.times import end_of_day, parse_utc_timestamp

NOT_NAMED = "NONE"
"""The order of a request that names none, which FIX 5.0 and later allow."""

EXPIRE_AT_MAX = 2**63 - 1
"""In April 2262 nanoseconds since 1970 leave 64 bits."""

_PRICED: frozenset[str] = frozenset({OrdType.LIMIT, OrdType.STOP_LIMIT})
_OF_A_SEGMENT = frozenset({"6", "9"})
_TRADER_ROLES = frozenset({"11", "12"})


class Sender(NamedTuple):
    """Who a session's orders belong to, and the time zone its dates are meant in."""

    session: str
    member: str
    timezone: str


def enter_order(message: Message, sender: Sender) -> EnterOrder:
    """NewOrderSingle(D)."""
    f = message.fields
    extra = NOTHING if INSTRUCTION_TAGS.isdisjoint(f) else extra_of(f, is_new=True)
    qty, price, expire_at, flaw = _terms(f, sender, extra)
    return EnterOrder(
        sender.session,
        sender.member,
        f[t.CL_ORD_ID],
        f.get(t.SYMBOL, ""),
        f[t.SIDE],
        f[t.ORD_TYPE],
        qty,
        price,
        f.get(t.TIME_IN_FORCE, "0"),
        expire_at,
        f.get(t.ACCOUNT, ""),
        f.get(t.SENDER_SUB_ID) or _trader(message),
        f.get(t.NO_INTERNAL) == "Y",
        extra.displayed,
        f.get(t.POSS_RESEND) == "Y",
        flaw,
        extra.instructions,
    )


def replace_order(message: Message, sender: Sender) -> ReplaceOrder:
    """OrderCancelReplaceRequest(G); what it leaves out stays as it is."""
    f = message.fields
    extra = NOTHING if INSTRUCTION_TAGS.isdisjoint(f) else extra_of(f, is_new=False)
    qty, price, expire_at, flaw = _terms(f, sender, extra)
    no_internal = f.get(t.NO_INTERNAL)
    return ReplaceOrder(
        sender.session,
        f[t.CL_ORD_ID],
        f.get(t.ORIG_CL_ORD_ID, NOT_NAMED),
        f.get(t.SYMBOL, ""),
        f[t.SIDE],
        f[t.ORD_TYPE],
        qty,
        price,
        f.get(t.TIME_IN_FORCE, ""),
        expire_at,
        f.get(t.ACCOUNT, ""),
        f.get(t.SENDER_SUB_ID) or _trader(message),
        None if no_internal is None else no_internal == "Y",
        flaw,
        extra.instructions,
    )


def cancel_order(message: Message, sender: Sender) -> CancelOrder:
    """OrderCancelRequest(F)."""
    f = message.fields
    return CancelOrder(
        sender.session,
        f[t.CL_ORD_ID],
        f.get(t.ORIG_CL_ORD_ID, NOT_NAMED),
        f.get(t.SYMBOL, ""),
        f[t.SIDE],
    )


def request_status(message: Message, sender: Sender) -> RequestStatus:
    """OrderStatusRequest(H)."""
    f = message.fields
    return RequestStatus(
        sender.session,
        f.get(t.CL_ORD_ID, NOT_NAMED),
        f.get(t.SYMBOL, ""),
        f[t.SIDE],
        f.get(t.ORD_STATUS_REQ_ID, ""),
    )


def request_mass_status(message: Message, sender: Sender) -> RequestMassStatus:
    """OrderMassStatusRequest(AF)."""
    f = message.fields
    return RequestMassStatus(
        sender.session,
        f[t.MASS_STATUS_REQ_ID],
        f[t.MASS_STATUS_REQ_TYPE],
        f.get(t.SYMBOL, ""),
        f.get(t.SIDE, ""),
    )


def mass_cancel(message: Message, sender: Sender) -> MassCancel:
    """OrderMassCancelRequest(q); before FIX 5.0 a segment is named in TradingSessionID(336)."""
    f = message.fields
    request_type = f[t.MASS_CANCEL_REQUEST_TYPE]
    segment = f.get(t.MARKET_SEGMENT_ID) or f.get(t.TRADING_SESSION_ID, "")
    return MassCancel(
        sender.session,
        f[t.CL_ORD_ID],
        request_type,
        f.get(t.SYMBOL, ""),
        f.get(t.SIDE, ""),
        segment if request_type in _OF_A_SEGMENT else "",
    )


COMMANDS: dict[str, Callable[[Message, Sender], Command]] = {
    "D": enter_order,
    "F": cancel_order,
    "G": replace_order,
    "H": request_status,
    "AF": request_mass_status,
    "q": mass_cancel,
}
"""MsgType(35) -> its translation; every other application message is answered with `j`."""


def _terms(f: dict[str, str], sender: Sender, extra: Extra) -> tuple[int, int, int, Flaw | None]:
    """Quantity, price, expiry in the engine's units, and the first flaw of the whole order."""
    flaw = extra.flaw
    if flaw is not None and flaw.reason != RejectReason.UNSUPPORTED_FIELD:
        flaw = None
    text = f.get(t.ORDER_QTY)
    qty = 0
    if text is None:
        if extra.instructions is None or not extra.instructions.cash_order_qty:
            flaw = flaw or Flaw(RejectReason.ORDER_QTY_MISSING)
    else:
        whole = parse_qty(text)
        if whole is None:
            flaw = flaw or Flaw(RejectReason.ORDER_QTY_NOT_WHOLE, text)
        else:
            qty = whole
    text = f.get(t.PRICE)
    price = 0
    if text is not None:
        units = parse_price(text)
        if units is None:
            flaw = flaw or Flaw(RejectReason.PRICE_TOO_PRECISE, text, str(PRICE_SCALE))
        elif abs(units) > PRICE_MAX:
            flaw = flaw or _far_price(text, units)
        else:
            price = units
    elif f[t.ORD_TYPE] in _PRICED:
        flaw = flaw or Flaw(RejectReason.PRICE_MISSING)
    return qty, price, _expire_at(f, sender), flaw or extra.flaw


def _far_price(text: str, units: int) -> Flaw:
    """A price that fits no integer of the log; one that does is left to the engine."""
    if units < 0:
        return Flaw(RejectReason.PRICE_NOT_POSITIVE, text)
    return Flaw(RejectReason.PRICE_TOO_LARGE, text, format_price(PRICE_MAX))


def _expire_at(f: dict[str, str], sender: Sender) -> int:
    """ExpireTime(126), else the end of ExpireDate(432) where the venue is; 0 without either.

    Raises SessionReject for a day that no calendar has, or one too far for 64 bits of nanoseconds.
    """
    tag = t.EXPIRE_TIME if t.EXPIRE_TIME in f else t.EXPIRE_DATE
    text = f.get(tag)
    if text is None:
        return 0
    try:
        is_time = tag == t.EXPIRE_TIME
        at = parse_utc_timestamp(text) if is_time else end_of_day(text, sender.timezone)
    except (ValueError, OverflowError) as error:
        raise reject(INCORRECT_FORMAT, tag) from error
    if at > EXPIRE_AT_MAX:
        raise reject(VALUE_INCORRECT, tag)
    return at


def _trader(message: Message) -> str:
    """The trader named by Parties with role 11 (origination) or 12 (executing), else nobody."""
    if message.groups is None:
        return ""
    for party in message.groups.get(t.NO_PARTY_IDS, ()):
        if party.get(t.PARTY_ROLE) in _TRADER_ROLES:
            return party.get(t.PARTY_ID, "")
    return ""
