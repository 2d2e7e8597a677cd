"""Decimal text <-> the engine's integers; the only place where one becomes the other.

No float anywhere. Prices repeat, so both directions remember the last few thousand. Prices are
written with two decimals at least (`87.30`), more only where they carry something (`0.1032`).
"""

from __future__ import annotations

from functools import lru_cache

from engine.values import PRICE_SCALE

_UNIT: int = 10**PRICE_SCALE
_DECIMALS_MIN = 2
_AVG_PX_EXTRA = 4
"""AvgPx(6) is written with this many decimals more than a price, rounded half up."""


@lru_cache(maxsize=16_384)
def parse_price(text: str) -> int | None:
    """A well-formed decimal in units of 10^-PRICE_SCALE; None if it has more decimals than that."""
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0")
    if len(fraction) > PRICE_SCALE:
        return None
    negative = whole.startswith("-")
    units: int = int(whole.removeprefix("-")) * _UNIT + int(fraction.ljust(PRICE_SCALE, "0"))
    return -units if negative else units


def parse_qty(text: str) -> int | None:
    """A well-formed decimal as a whole number; None if it is not whole."""
    if text.isdecimal():
        return int(text)
    whole, _, fraction = text.partition(".")
    return None if fraction.strip("0") else int(whole)


@lru_cache(maxsize=16_384)
def format_price(units: int) -> str:
    """A price as text."""
    return _decimal(units, PRICE_SCALE)


def format_avg_px(notional: int, cum_qty: int) -> str:
    """AvgPx(6): notional / cum_qty, 0 when nothing is filled."""
    if not cum_qty:
        return "0"
    price, rest = divmod(notional, cum_qty)
    if not rest:
        return format_price(price)
    finer = 10**_AVG_PX_EXTRA
    return _decimal((2 * notional * finer + cum_qty) // (2 * cum_qty), PRICE_SCALE + _AVG_PX_EXTRA)


def _decimal(units: int, scale: int) -> str:
    sign = "-" if units < 0 else ""
    whole, rest = divmod(abs(units), 10**scale)
    fraction = f"{rest:0{scale}d}".rstrip("0").ljust(_DECIMALS_MIN, "0")
    return f"{sign}{whole}.{fraction}"
