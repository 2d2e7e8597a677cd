"""How far a price may be from a reference, in whole percent, exactly.

Used by the extension of a call (rule 4.7), the collar on entry (6.3) and the volatility guards
(6.4). A price at exactly the percentage is inside. Which reference and percentage apply, and what
follows from a price outside, is not decided here.
"""

from __future__ import annotations

from engine.values import PRICE_MAX


def bounds(reference: int, percent: int) -> tuple[int, int]:
    """The lowest and the highest price that are at most `percent` away from the reference.

    Prices are whole, so both are rounded towards the reference, and may be off tick. Without a
    reference or a percentage (0) every price from 0 to `PRICE_MAX` is inside.
    """
    if not reference or not percent:
        return 0, PRICE_MAX
    low = -(-reference * (100 - percent) // 100)
    return max(0, low), reference * (100 + percent) // 100


def too_far(price: int, reference: int, percent: int) -> bool:
    """Whether the price is more than `percent` away from the reference (rule 4.7.1).

    Never without a reference or a percentage (0).
    """
    if not reference or not percent:
        return False
    return abs(price - reference) * 100 > reference * percent
