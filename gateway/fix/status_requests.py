"""Questions about phases -> commands: TradingSessionStatusRequest(g), SecurityStatusRequest(e).

They only translate; what is subscribed to is kept by `engine.subscriptions`, the way back is
`status_reports`. What must not be here: requests about orders (`order_entry`), and reference data,
which changes nothing and needs no command (`security_list`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from engine.commands import Command, RequestSecurityStatus, RequestTradingSessionStatus
from gateway.fix import tags as t
from gateway.fix.message import Message
from gateway.fix.order_entry import Sender

SUBSCRIPTION_REQUEST_TYPE: Final = "263"
SECURITY_STATUS_REQ_ID: Final = "324"
TRAD_SES_REQ_ID: Final = "335"
TRADING_SESSION_ID: Final = "336"
MARKET_SEGMENT_ID: Final = "1300"

FIXT11: Final = "FIXT.1.1"
DAY: Final = "1"
"""FIX 5.0SP2 travels in FIXT.1.1. There TradingSessionID(336) has fixed values, of which this venue
knows one, the day; a segment is named in MarketSegmentID(1300)."""


def request_trading_session_status(message: Message, sender: Sender) -> RequestTradingSessionStatus:
    """TradingSessionStatusRequest(g)."""
    f = message.fields
    return RequestTradingSessionStatus(
        sender.session, f[TRAD_SES_REQ_ID], _segment(f), f[SUBSCRIPTION_REQUEST_TYPE]
    )


def request_security_status(message: Message, sender: Sender) -> RequestSecurityStatus:
    """SecurityStatusRequest(e)."""
    f = message.fields
    return RequestSecurityStatus(
        sender.session,
        f[SECURITY_STATUS_REQ_ID],
        f.get(t.SYMBOL, ""),
        f[SUBSCRIPTION_REQUEST_TYPE],
    )


def _segment(f: dict[str, str]) -> str:
    """The segment a request names, "" for all; a trading session that is neither a segment nor the
    day comes back as it was, so that the engine refuses it by name.
    """
    named = f.get(TRADING_SESSION_ID, "")
    if f[t.BEGIN_STRING] != FIXT11:
        return named
    return f.get(MARKET_SEGMENT_ID, "") if named in ("", DAY) else named


STATUS_COMMANDS: dict[str, Callable[[Message, Sender], Command]] = {
    "g": request_trading_session_status,
    "e": request_security_status,
}
"""MsgType(35) -> its translation."""
