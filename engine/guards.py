"""How far trades and prices may move: volatility guards (rule 6.4) and the collar on entry (6.3).

Only questions; what follows when a guard trips is `trading_day`'s business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine import price_bands

if TYPE_CHECKING:
    from engine.market import Market

DYNAMIC, STATIC = "dynamic", "static"


def bounds(market: Market) -> tuple[int, int]:
    """The lowest and highest price, both inclusive, at which an order may trade (rule 6.4.5).

    Both references exist: there was a price today.
    """
    rules = market.segment.definition
    dynamic = price_bands.bounds(market.last_price, rules.guard_dynamic)
    static = price_bands.bounds(market.static_reference, rules.guard_static)
    return max(dynamic[0], static[0]), min(dynamic[1], static[1])


def tripped_by(market: Market, price: int, dynamic_reference: int) -> str:
    """Which guard stands before a trade at this price beyond the bound.

    `dynamic_reference` is the last price as it was when the order came; the dynamic guard is asked
    first (rule 6.4.5).
    """
    percent = market.segment.definition.guard_dynamic
    return DYNAMIC if price_bands.too_far(price, dynamic_reference, percent) else STATIC


def collar(market: Market, *, is_buy: bool) -> tuple[int, int]:
    """The lowest and highest limit an order may have (rule 6.3.2)."""
    rules = market.segment.definition
    reference = market.last_price
    low_percent, high_percent = rules.collar_passive, rules.collar_aggressive
    if not is_buy:
        low_percent, high_percent = high_percent, low_percent
    low = price_bands.bounds(reference, low_percent)[0]
    return low, price_bands.bounds(reference, high_percent)[1]
