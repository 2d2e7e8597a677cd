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


class TimeInForce(StrEnum):
    """TimeInForce(59) values this market trades."""

    DAY = "0"
    GOOD_TILL_CANCEL = "1"
    IMMEDIATE_OR_CANCEL = "3"
    FILL_OR_KILL = "4"
    GOOD_TILL_DATE = "6"


class OrdStatus(StrEnum):
    """OrdStatus(39): where an order is in its life."""

    NEW = "0"
    PARTIALLY_FILLED = "1"
    FILLED = "2"
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
