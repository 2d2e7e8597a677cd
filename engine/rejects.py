"""Why the market says no: one enum, by subject; which is asked first is in `refusals`.

A refusal is a value, never an exception: `Refusal` carries the reason, the rule's limit and the
value that broke it, both as raw integers or text. How a refusal is worded and which FIX code it
gets per version is data (`fix_specs/reject_reasons.toml`); a test holds the names here against it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class RejectReason(StrEnum):
    """Stable name of a refusal."""

    UNKNOWN_MEMBER = "UNKNOWN_MEMBER"
    UNKNOWN_SYMBOL = "UNKNOWN_SYMBOL"
    EXCHANGE_CLOSED = "EXCHANGE_CLOSED"
    UNKNOWN_ORDER = "UNKNOWN_ORDER"
    DUPLICATE_CL_ORD_ID = "DUPLICATE_CL_ORD_ID"
    TOO_LATE_TO_CANCEL = "TOO_LATE_TO_CANCEL"
    SYMBOL_CHANGED = "SYMBOL_CHANGED"
    SIDE_CHANGED = "SIDE_CHANGED"
    UNSUPPORTED_SIDE = "UNSUPPORTED_SIDE"
    UNSUPPORTED_ORD_TYPE = "UNSUPPORTED_ORD_TYPE"
    UNSUPPORTED_TIME_IN_FORCE = "UNSUPPORTED_TIME_IN_FORCE"
    UNSUPPORTED_COMBINATION = "UNSUPPORTED_COMBINATION"
    UNSUPPORTED_FIELD = "UNSUPPORTED_FIELD"
    ORDER_QTY_MISSING = "ORDER_QTY_MISSING"
    ORDER_QTY_NOT_WHOLE = "ORDER_QTY_NOT_WHOLE"
    ORDER_QTY_TOO_SMALL = "ORDER_QTY_TOO_SMALL"
    ORDER_QTY_TOO_LARGE = "ORDER_QTY_TOO_LARGE"
    ORDER_QTY_OFF_LOT = "ORDER_QTY_OFF_LOT"
    PRICE_MISSING = "PRICE_MISSING"
    PRICE_NOT_ALLOWED = "PRICE_NOT_ALLOWED"
    PRICE_NOT_POSITIVE = "PRICE_NOT_POSITIVE"
    PRICE_TOO_PRECISE = "PRICE_TOO_PRECISE"
    PRICE_TOO_LARGE = "PRICE_TOO_LARGE"
    PRICE_OFF_TICK = "PRICE_OFF_TICK"
    EXPIRE_TIME_MISSING = "EXPIRE_TIME_MISSING"
    EXPIRE_TIME_PAST = "EXPIRE_TIME_PAST"
    PHASE_FORBIDS_ENTRY = "PHASE_FORBIDS_ENTRY"
    PHASE_FORBIDS_REPLACE = "PHASE_FORBIDS_REPLACE"
    PHASE_FORBIDS_CANCEL = "PHASE_FORBIDS_CANCEL"
    PHASE_FORBIDS_ORDER_TYPE = "PHASE_FORBIDS_ORDER_TYPE"
    MASS_CANCEL_TYPE_UNSUPPORTED = "MASS_CANCEL_TYPE_UNSUPPORTED"
    MASS_STATUS_TYPE_UNSUPPORTED = "MASS_STATUS_TYPE_UNSUPPORTED"


class Refusal(NamedTuple):
    """A reason with the limit of the rule and the value that broke it.

    An `int` in `limit` or `was` is a price where the reason is about a price, else a plain number.
    """

    reason: RejectReason
    limit: int | str = ""
    was: int | str = ""
