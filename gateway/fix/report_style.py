"""What differs between reports to sessions of different FIX versions, as ready pieces of text.

Reports are written once, in `execution_reports`, from pieces that a version leaves empty or writes
in its own way. The dictionary of the version has the last word: a field that it does not define for
a message is not written (a strict client would reject the fill that carries it). What the pieces
say follows the report matrix of FIX 4.2, 4.4 and 5.0SP2.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.values import OrdStatus, Phase
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
"""Phase -> TradingSessionSubID(625)."""

TRADE = "F"
"""ExecType(150) of every fill from FIX 4.3 on; before, it was the OrdStatus(39)."""

_ENDED_BY_REPLACE: dict[str, str] = {OrdStatus.NEW: "5"}
"""FIX 4.2 reports a replaced order as Replaced unless it has been filled, in part or in full."""


class ReportStyle:
    """How one FIX version is written with one width of times (digits of a second).

    `known` are the tags of each message sent; `new` is ExecTransType(20) where there is one, and
    `new_order_id` that with the beginning of OrderID(37); `filled` by OrdStatus is ExecType(150) of
    a fill; `phases` by phase is TradingSessionSubID(625); `fill_tail(contra, match id, phase,
    liquidity)` is what follows LeavesQty(151) of a fill; `replaced` by OrdStatus is what 39 says
    then. `is_usual`: times have milliseconds, which whoever writes many reports of one time makes
    once.
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
        self.phases = {
            phase: f"625={code}\x01" if 625 in report else ""
            for phase, code in TRADING_SESSION_SUB_ID.items()
        }
        self.replaced: dict[str, str] = _ENDED_BY_REPLACE if self.has_exec_trans_type else {}
        self.fill_tail: Callable[[str, int, str, str], str] = _FILL_TAILS[version]

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
