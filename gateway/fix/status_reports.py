"""Events about phases -> TradingSessionStatus(h), SecurityStatus(f) in the version of a session.

`written` makes one message of one event; who gets it stands in the event. Tags ascend, and what the
dictionary of the version lacks is not written, as in `execution_reports`. FIX 4.2 has no words for
a refused request in these messages: there it is BusinessMessageReject(j).
"""

from __future__ import annotations

from typing import Final

from engine.events import SecurityStatusReported, TradingSessionReported
from engine.rejects import Refusal, RejectReason
from engine.values import Phase
from gateway.decimals import format_price
from gateway.fix.dictionary import SOH
from gateway.fix.report_style import ReportStyle
from gateway.fix.status_requests import DAY
from gateway.fix.versions import FIX42, FIX44, FIX50SP2

HALTED, OPEN, CLOSED, BEFORE_OPEN, BEFORE_CLOSE, REQUEST_REJECTED = 1, 2, 3, 4, 5, 6

TRAD_SES_STATUS: dict[str, int] = {
    Phase.CLOSED: CLOSED,
    Phase.PRE_OPEN: BEFORE_OPEN,
    Phase.OPENING_CALL: BEFORE_OPEN,
    Phase.CONTINUOUS: OPEN,
    Phase.VOLATILITY_AUCTION: OPEN,
    Phase.SCHEDULED_AUCTION: OPEN,
    Phase.CLOSING_CALL: BEFORE_CLOSE,
    Phase.POST_TRADE: CLOSED,
    Phase.HALT_OPEN: HALTED,
    Phase.HALT_FROZEN: HALTED,
}
"""Phase -> TradSesStatus(340). Auctions in the middle of the day are part of an open market."""

HALT, PRICE_INDICATION, READY, NOT_AVAILABLE, UNKNOWN = 2, 5, 17, 18, 20
PRE_OPEN, OPENING_ROTATION, PRE_CROSS, POST_CLOSE = 21, 22, 24, 26

_TRADING_STATUS_42: dict[str, int] = {
    Phase.CLOSED: NOT_AVAILABLE,
    Phase.PRE_OPEN: NOT_AVAILABLE,
    Phase.OPENING_CALL: PRICE_INDICATION,
    Phase.CONTINUOUS: READY,
    Phase.VOLATILITY_AUCTION: PRICE_INDICATION,
    Phase.SCHEDULED_AUCTION: PRICE_INDICATION,
    Phase.CLOSING_CALL: PRICE_INDICATION,
    Phase.POST_TRADE: NOT_AVAILABLE,
    Phase.HALT_OPEN: HALT,
    Phase.HALT_FROZEN: HALT,
}
_TRADING_STATUS_44 = _TRADING_STATUS_42 | {
    Phase.PRE_OPEN: PRE_OPEN,
    Phase.OPENING_CALL: OPENING_ROTATION,
}
_TRADING_STATUS_50 = _TRADING_STATUS_44 | {
    Phase.VOLATILITY_AUCTION: PRE_CROSS,
    Phase.SCHEDULED_AUCTION: PRE_CROSS,
    Phase.CLOSING_CALL: PRE_CROSS,
    Phase.POST_TRADE: POST_CLOSE,
}

SECURITY_TRADING_STATUS: dict[str, dict[str, int]] = {
    FIX42: _TRADING_STATUS_42,
    FIX44: _TRADING_STATUS_44,
    FIX50SP2: _TRADING_STATUS_50,
}
"""Version -> phase -> SecurityTradingStatus(326), the nearest word that the version has."""

NO_SEGMENT: Final = "NONE"
"""TradingSessionID(336), which h must have, of a refused request that named none."""

_OTHER = 0
_TRAD_SES_REJ: dict[RejectReason, int] = {RejectReason.UNKNOWN_SEGMENT: 1}
_OTHER_TRAD_SES_REJ = 99
_BUSINESS_REJ: dict[RejectReason, int] = {
    RejectReason.UNKNOWN_SEGMENT: 1,
    RejectReason.UNKNOWN_SYMBOL: 2,
}

Fields = dict[int, object]


def written(
    event: TradingSessionReported | SecurityStatusReported, style: ReportStyle, at: int
) -> tuple[str, str]:
    """MsgType and body of the message at market time `at` (ns UTC)."""
    is_session = isinstance(event, TradingSessionReported)
    refusal, req_id = event.refusal, event.request.req_id
    if refusal is not None and style.version == FIX42:
        asked = "g" if is_session else "e"
        return "j", _business_reject(asked, req_id, refusal, style)
    fields: Fields = _common(event, style, at)
    if isinstance(event, TradingSessionReported):
        return "h", _body(style, "h", fields | _session_fields(event))
    return "f", _body(style, "f", fields | _security_fields(event, style))


def _common(
    event: TradingSessionReported | SecurityStatusReported, style: ReportStyle, at: int
) -> Fields:
    refusal, is_50 = event.refusal, style.version == FIX50SP2
    is_session = isinstance(event, TradingSessionReported)
    # A book of which nothing is known has no segment; a refused request for all names none.
    segment = event.segment or (NO_SEGMENT if is_session else "")
    return {
        58: event.phase if refusal is None else style.texts.text(refusal),
        60: "" if is_session else style.time(at),
        325: "Y" if event.unsolicited else "N",
        336: DAY if is_50 and segment else segment,
        625: style.sub_ids.get(event.phase, ""),
        1300: event.segment if is_50 else "",
    }


def _session_fields(event: TradingSessionReported) -> Fields:
    req_id, refusal = event.request.req_id, event.refusal
    if refusal is None:
        return {335: req_id, 340: TRAD_SES_STATUS[event.phase]}
    reason = _TRAD_SES_REJ.get(refusal.reason, _OTHER_TRAD_SES_REJ)
    return {335: req_id, 340: REQUEST_REJECTED, 567: reason}


def _security_fields(event: SecurityStatusReported, style: ReportStyle) -> Fields:
    statuses = SECURITY_TRADING_STATUS[style.version]
    return {
        31: format_price(event.last_price) if event.last_price else "",
        55: event.symbol,
        324: event.request.req_id,
        326: UNKNOWN if event.refusal is not None else statuses[event.phase],
    }


def _body(style: ReportStyle, msg_type: str, fields: Fields) -> str:
    """Those of the fields that have a value and that the version defines for the message."""
    known = style.known[msg_type]
    return "".join(
        f"{tag}={value}{SOH}"
        for tag, value in sorted(fields.items())
        if value != "" and tag in known
    )


def _business_reject(asked: str, req_id: str, refusal: Refusal, style: ReportStyle) -> str:
    code = _BUSINESS_REJ.get(refusal.reason, _OTHER)
    fields: Fields = {58: style.texts.text(refusal), 372: asked, 379: req_id, 380: code}
    return _body(style, "j", fields)
