"""The market's words and units: enums whose values are the FIX codes, and the integer units.

The engine speaks FIX's vocabulary, not its syntax: a code that arrived in tag 54 is stored as it
came, so no mapping table stands between the wire and the book. Commands and orders hold these codes
as plain `str` (an unsupported but legal code must be refusable, hence representable); the enums
name the ones the market knows. Nothing here decides anything.

Units: price = integer of 10^-price_scale of the instrument's currency, quantity = integer shares,
time = nanoseconds since 1970 UTC.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NewType

Price = NewType("Price", int)
Qty = NewType("Qty", int)
Nanos = NewType("Nanos", int)
OrderId = NewType("OrderId", int)
MatchId = NewType("MatchId", int)

PRICE_SCALE = 4
"""Decimal places of a price unless the instrument says otherwise (rule 6.1.1)."""

ORDER_QTY_MAX = 999_999_999
"""Nine digits, the width of the quantity field in the Nordic feed (rule 6.2.2)."""

PRICE_MAX = 10**12
"""100 million in the instrument's currency at scale 4. A price and a quantity fit 64 bits each, but
not their product (up to 10^21): money travels as text where integers end (msgpack, JSON)."""


class Side(StrEnum):
    """Side(54) values this market trades."""

    BUY = "1"
    SELL = "2"
    SELL_SHORT = "5"


class OrdType(StrEnum):
    """OrdType(40) values this market trades."""

    MARKET = "1"
    LIMIT = "2"
    STOP = "3"
    STOP_LIMIT = "4"
    PEGGED = "P"


class TimeInForce(StrEnum):
    """TimeInForce(59) values this market trades."""

    DAY = "0"
    GOOD_TILL_CANCEL = "1"
    AT_THE_OPENING = "2"
    IMMEDIATE_OR_CANCEL = "3"
    FILL_OR_KILL = "4"
    GOOD_TILL_DATE = "6"
    AT_THE_CLOSE = "7"
    GOOD_FOR_AUCTION = "B"


class ExecInst(StrEnum):
    """ExecInst(18) values this market acts on; an order has at most one of them."""

    POST_ONLY = "6"
    CANCEL_ON_HALT = "K"
    CANCEL_IF_NOT_BEST = "Z"
    MID_PEG = "M"
    MARKET_PEG = "P"
    PRIMARY_PEG = "R"
    TRAILING_STOP = "a"


class PegOffsetType(StrEnum):
    """PegOffsetType(836): what PegOffsetValue(211) counts."""

    PRICE = "0"
    TICKS = "2"


class SelfMatch(StrEnum):
    """SelfMatchPreventionInstruction(2964): which order goes (rule 2.8.4)."""

    CANCEL_AGGRESSIVE = "1"
    CANCEL_PASSIVE = "2"
    CANCEL_BOTH = "3"


class SelfMatchLevel(StrEnum):
    """Whose orders an order must not meet (rule 2.8.1): this venue's own tag 20002."""

    TRADER = "1"
    MEMBER = "2"
    GROUP = "3"


class OrdStatus(StrEnum):
    """OrdStatus(39): where an order is in its life."""

    NEW = "0"
    PARTIALLY_FILLED = "1"
    FILLED = "2"
    DONE_FOR_DAY = "3"
    CANCELED = "4"
    REJECTED = "8"
    EXPIRED = "C"


class CancelReason(StrEnum):
    """Why an order left the book unfilled (the codes of the Nordic order protocol, rule 2.5.2)."""

    USER = "U"
    IMMEDIATE = "I"
    TIMEOUT = "T"
    MASS_CANCEL = "M"
    DISCONNECT = "D"
    SELF_MATCH = "Q"
    SUPERVISORY = "S"
    STATE = "R"
    AUCTION = "A"
    HALT = "H"
    NOT_BEST = "B"


class Restatement(StrEnum):
    """Why an order is reported again without its owner having asked."""

    RENEWED = "RENEWED"
    REFRESHED = "REFRESHED"
    REPRICED = "REPRICED"
    CHANGED = "CHANGED"
    REDUCED = "REDUCED"
    SPLIT = "SPLIT"


class BustReason(StrEnum):
    """Why a trade was canceled (rule 7.6)."""

    ERRONEOUS = "E"
    CONSENT = "C"
    SUPERVISORY = "S"


class Cross(StrEnum):
    """What kind of auction a trade was made in; continuous trades have none (rules 1.2, 7.4)."""

    OPENING = "O"
    CLOSING = "C"
    SCHEDULED = "I"
    HALT = "H"
    VOLATILITY = "V"


class Phase(StrEnum):
    """Part of the trading day of a segment (rule 5.2)."""

    CLOSED = "CLOSED"
    PRE_OPEN = "PRE_OPEN"
    OPENING_CALL = "OPENING_CALL"
    CONTINUOUS = "CONTINUOUS"
    VOLATILITY_AUCTION = "VOLATILITY_AUCTION"
    SCHEDULED_AUCTION = "SCHEDULED_AUCTION"
    CLOSING_CALL = "CLOSING_CALL"
    POST_TRADE = "POST_TRADE"
    HALT_OPEN = "HALT_OPEN"
    HALT_FROZEN = "HALT_FROZEN"


class MarketOrders(StrEnum):
    """How deep a market order reaches in continuous trading (rules 1.2 and 2.3.4)."""

    BEST_LEVEL = "best_level"
    SWEEP = "sweep"


class OffTick(StrEnum):
    """What becomes of a price off tick (rule 6.1.2)."""

    REJECT = "reject"
    ROUND = "round"


class PostOnly(StrEnum):
    """What a post-only order must do: narrow the spread (rule 1.2), or only not trade."""

    NARROW = "narrow"
    JOIN = "join"


NEVER = 2**63 - 1
"""A moment that does not come: the last one that 64 bits of nanoseconds can name."""
