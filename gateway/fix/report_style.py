"""What differs between reports to sessions of different FIX versions, as ready pieces of text.

Reports are written once, in `execution_reports`, from pieces that a version leaves empty or writes
in its own way. The dictionary of the version has the last word: a field that it does not define for
a message is not written (a strict client would reject the fill that carries it). What the pieces
say follows the report matrix of FIX 4.2, 4.4 and 5.0SP2.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.values import CancelReason, ExecInst, OrdStatus, Phase, Restatement
from gateway.fix.dictionary import DataDictionary
from gateway.fix.reject_texts import RejectTexts
from gateway.fix.times import MILLIS, format_utc_timestamp

TRADING_SESSION_SUB_ID: dict[str, str] = {
    Phase.CLOSED: "7",
    Phase.PRE_OPEN: "1",
    Phase.OPENING_CALL: "2",
    Phase.CONTINUOUS: "3",
    Phase.CLOSING_CALL: "4",
    Phase.POST_TRADE: "5",
    Phase.SCHEDULED_AUCTION: "6",
    Phase.VOLATILITY_AUCTION: "9",
    Phase.HALT_OPEN: "7",
    Phase.HALT_FROZEN: "7",
}
"""Phase -> TradingSessionSubID(625) in FIX 4.4, where any value is allowed."""

_SUB_ID_50 = TRADING_SESSION_SUB_ID | {Phase.VOLATILITY_AUCTION: "6"}
"""FIX 5.0SP2 as released ends at 7: an unscheduled auction is an intraday auction there."""

TRADE = "F"
"""ExecType(150) of every fill from FIX 4.3 on; before, it was the OrdStatus(39)."""

_ENDED_BY_REPLACE: dict[str, str] = {OrdStatus.NEW: "5"}
"""FIX 4.2 reports a replaced order as Replaced unless it has been filled, in part or in full."""

_NOT_IN_42: dict[str, str] = {
    ExecInst.TRAILING_STOP: "",
    ExecInst.CANCEL_ON_HALT: "",
    ExecInst.CANCEL_IF_NOT_BEST: "",
}
"""ExecInst(18) codes that FIX 4.2 lacks are not said there."""

_BROKER_OPTION, _MARKET_OPTION, _OTHER = "4", "8", "99"
_ALIKE: dict[str, str] = {
    Restatement.RENEWED: "1",
    Restatement.REPRICED: "3",
    Restatement.REDUCED: "5",
    Restatement.SPLIT: "0",
}
_RESTATEMENT_CODES: dict[str, dict[str, str]] = {
    "FIX.4.2": _ALIKE
    | {Restatement.REFRESHED: _BROKER_OPTION, Restatement.CHANGED: _BROKER_OPTION},
    "FIX.4.4": _ALIKE
    | {Restatement.REFRESHED: _MARKET_OPTION, Restatement.CHANGED: _MARKET_OPTION},
    "FIX.5.0SP2": _ALIKE
    | {
        Restatement.REPRICED: "11",
        Restatement.REFRESHED: _MARKET_OPTION,
        Restatement.CHANGED: _MARKET_OPTION,
    },
}
"""Version -> reason -> ExecRestatementReason(378), the nearest that the version has: in 5.0SP2 as
released. Codes above 11 came later, and engines with the older dictionary reject the report.
"""

_FROM_44_ON: dict[str, str] = {
    CancelReason.STATE: "6",
    CancelReason.HALT: "6",
    CancelReason.SUPERVISORY: _MARKET_OPTION,
    CancelReason.NOT_BEST: "9",
    CancelReason.DISCONNECT: _OTHER,
    CancelReason.SELF_MATCH: _OTHER,
}
_CANCEL_CODES: dict[str, dict[str, str]] = {
    "FIX.4.2": {},
    "FIX.4.4": _FROM_44_ON,
    "FIX.5.0SP2": _FROM_44_ON,
}
"""The same of orders that the venue canceled; what the order itself asked for has none."""

_TRIGGERED: dict[str, tuple[str, str]] = {
    "FIX.4.2": ("D", _BROKER_OPTION),
    "FIX.4.4": ("0", ""),
    "FIX.5.0SP2": ("L", ""),
}
"""Version -> ExecType(150) and 378 of a stop whose price is reached."""


class ReportStyle:
    """How one FIX version is written with one width of times (digits of a second).

    `known` are the tags of each message sent; `new` is ExecTransType(20) where there is one, and
    `new_order_id` that with the beginning of OrderID(37); `filled` by OrdStatus is ExecType(150) of
    a fill; `sub_ids` by phase is TradingSessionSubID(625), `phases` the same as a field;
    `fill_tail(contra, match id, phase, liquidity)` is what follows LeavesQty(151) of a fill,
    `cross_tail` the same of an auction's, in which LastLiquidityInd(851) is `auction_liquidity`;
    `replaced` by OrdStatus is what 39 says then, `exec_inst` what 18 says where it is not the code
    itself. `restatement_codes` and `cancel_codes` by reason are ExecRestatementReason(378),
    `cancels` the latter as a piece;
    `triggered` and `triggered_code` are 150 and 378 of a triggered stop. `is_usual`: times have
    milliseconds, which whoever writes many reports of one time makes once.
    """

    def __init__(self, version: str, dictionary: DataDictionary, digits: int = MILLIS) -> None:
        self.version = version
        self.digits = digits
        self.is_usual = digits == MILLIS
        self.texts = RejectTexts(version)
        self.known = {
            msg_type: frozenset(map(int, spec.fields.keys() | dictionary.header.fields.keys()))
            for msg_type, spec in dictionary.messages.items()
        }
        report = self.known["8"]
        self.has_exec_trans_type = 20 in report
        self.new = "20=0\x01" if self.has_exec_trans_type else ""
        self.new_order_id = f"{self.new}37=O"
        self.filled: dict[str, str] = {
            status: f"150={status if self.has_exec_trans_type else TRADE}\x01"
            for status in (OrdStatus.PARTIALLY_FILLED, OrdStatus.FILLED)
        }
        self.sub_ids = _SUB_ID_50 if version == "FIX.5.0SP2" else TRADING_SESSION_SUB_ID
        self.phases = {
            phase: f"625={code}\x01" if 625 in report else ""
            for phase, code in self.sub_ids.items()
        }
        self.replaced: dict[str, str] = _ENDED_BY_REPLACE if self.has_exec_trans_type else {}
        self.exec_inst: dict[str, str] = _NOT_IN_42 if self.has_exec_trans_type else {}
        self.fill_tail: Callable[[str, int, str, str], str] = _FILL_TAILS[version]
        self.cross_tail: Callable[[str, int, str], str] = _CROSS_TAILS[version]
        self.auction_liquidity = _AUCTION_LIQUIDITY.get(version, "")
        self.restatement_codes = _RESTATEMENT_CODES[version]
        self.cancel_codes = _CANCEL_CODES[version]
        self.cancels: dict[str, str] = {
            reason: f"378={self.cancel_codes[reason]}\x01" if reason in self.cancel_codes else ""
            for reason in CancelReason
        }
        self.triggered, self.triggered_code = _TRIGGERED[version]

    def time(self, at: int) -> str:
        """A time as this session reads it."""
        return format_utc_timestamp(at, self.digits)


def _fill_tail_42(contra: str, match_id: int, phase: str, liquidity: str) -> str:
    return f"198=T{match_id}\x01382=1\x01375={contra}\x01"


def _fill_tail_44(contra: str, match_id: int, phase: str, liquidity: str) -> str:
    return f"382=1\x01375={contra}\x01527=T{match_id}\x01{phase}851={liquidity}\x01"


def _fill_tail_50(contra: str, match_id: int, phase: str, liquidity: str) -> str:
    return (
        f"453=1\x01448={contra}\x01447=D\x01452=17\x01{phase}851={liquidity}\x01880=T{match_id}\x01"
    )


_FILL_TAILS = {
    "FIX.4.2": _fill_tail_42,
    "FIX.4.4": _fill_tail_44,
    "FIX.5.0SP2": _fill_tail_50,
}
"""The counterparty and the match id, each where the version has a place for it."""

_AUCTION_LIQUIDITY = {"FIX.5.0SP2": "4"}
"""LastLiquidityInd(851) where nobody is aggressor; before 5.0 there is no code for it."""


def _cross_tail_42(contra: str, match_id: int, phase: str) -> str:
    return f"198=T{match_id}\x01382=1\x01375={contra}\x01"


def _cross_tail_44(contra: str, match_id: int, phase: str) -> str:
    return f"382=1\x01375={contra}\x01527=T{match_id}\x01{phase}"


def _cross_tail_50(contra: str, match_id: int, phase: str) -> str:
    return _fill_tail_50(contra, match_id, phase, "4")


_CROSS_TAILS = {
    "FIX.4.2": _cross_tail_42,
    "FIX.4.4": _cross_tail_44,
    "FIX.5.0SP2": _cross_tail_50,
}
"""The same of a fill in an auction."""
