"""The explanation of whatever an id stands for: an OrderID, a match id, or a ClOrdID(11).

All of it comes from the log in a data directory, for yesterday's orders too, and as plain data with
sentences in it. The log is read twice: to find the commands that matter, then to stop before each
of them and ask `engine.explain` who stood where.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from engine.events import OrderAccepted, OrderCanceled, OrderRejected, OrderReplaced
from gateway.explain import words
from gateway.explain.order import explain_order
from gateway.explain.replaying import replay
from gateway.explain.trade import explain_trade
from gateway.explain.words import Json
from gateway.fix.reject_texts import RejectTexts

_OWN_ID = re.compile(r"([OT])([1-9][0-9]{0,17})")


class Unknown(Exception):
    """The log has no such order or trade, or several that the name may mean."""


def explain(log: Path, what: str, session: str = "", timezone: str = "UTC") -> Json:
    """The explanation of `what` out of the log in folder `log`, as data that JSON can hold.

    `O12` is an OrderID, `T5` a match id, anything else a ClOrdID(11), of `session` if that is
    given; then `O12` too may be a ClOrdID. Raises Unknown, LogCorrupt, and OSError when there is no
    log.
    """
    zone = ZoneInfo(timezone)
    own = _OWN_ID.fullmatch(what)
    if own is not None and not session:
        told = (explain_order if own[1] == "O" else explain_trade)(log, int(own[2]), zone)
        if told is not None:
            return told
    found = _find(log, what, session)
    if isinstance(found, int):
        told = explain_order(log, found, zone)
        assert told is not None
        return told
    return _refused(*found, zone)


def _find(log: Path, what: str, session: str) -> int | tuple[OrderRejected, int]:
    """The OrderID behind a ClOrdID, or the entry that was refused and when; raises Unknown."""
    orders: dict[int, str] = {}
    refused: tuple[OrderRejected, int] | None = None
    for step in replay(log, {}):
        for event in step.events:
            match event:
                case OrderAccepted(order=state) | OrderReplaced(order=state):
                    owner, names = state.terms.session, {state.terms.cl_ord_id}
                case OrderCanceled(order=state, request=request) if request is not None:
                    owner, names = request.session, {request.cl_ord_id}
                case OrderRejected(terms=terms):
                    if terms.cl_ord_id == what and session in ("", terms.session):
                        refused = event, step.at
                    continue
                case _:
                    continue
            if what in names and session in ("", owner):
                orders[state.order_id] = owner
    if len(orders) > 1:
        raise Unknown(_several(what, orders))
    if orders:
        return next(iter(orders))
    if refused is None:
        raise Unknown(_nowhere(what, session))
    return refused


def _several(what: str, orders: Mapping[int, str]) -> str:
    named = ", ".join(f"O{order_id} of {session}" for order_id, session in orders.items())
    return f"ORDER_OR_TRADE must name one order, was {what}, which {len(orders)} had: {named}"


def _nowhere(what: str, session: str) -> str:
    of = f" of session {session}" if session else ""
    ids = "an OrderID (O12), a match id (T5) or a ClOrdID"
    return f"ORDER_OR_TRADE must be {ids} that is in the log, was {what}{of}"


def _refused(event: OrderRejected, at: int, zone: ZoneInfo) -> Json:
    text = RejectTexts("FIX.5.0SP2").text(event.refusal)
    terms = event.terms
    said = f"{words.name(terms)} was refused at {words.clock(at, zone)} and never became an order"
    return {
        "kind": "refused",
        "cl_ord_id": terms.cl_ord_id,
        "session": terms.session,
        "member": terms.member,
        "symbol": terms.symbol,
        "at": words.iso(at),
        "reason": str(event.refusal.reason),
        "sentences": [f"{said}: {text}."],
    }
