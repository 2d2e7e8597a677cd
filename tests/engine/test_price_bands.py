"""How far is too far: the numbers of the rule book, and both questions give one answer."""

from __future__ import annotations

import pytest

from engine.price_bands import bounds, too_far
from engine.values import PRICE_MAX
from gateway.decimals import format_price, parse_price


def _price(text: str) -> int:
    units = parse_price(text)
    assert units is not None, text
    return units


def _bounds(reference: str, percent: int) -> tuple[str, str]:
    low, high = bounds(_price(reference), percent)
    return format_price(low), format_price(high)


def _too_far(at: str, reference: str, percent: int) -> bool:
    return too_far(_price(at), _price(reference), percent)


@pytest.mark.parametrize(
    ("at", "extended"),
    [("111", True), ("110.0001", True), ("110.0", False), ("90", False), ("89.9999", True)],
)
def test_ex_4_16_price_extension(at: str, extended: bool) -> None:  # noqa: FBT001
    """Exactly the percentage is not too far, one unit of price more is."""
    assert _too_far(at, "100", 10) is extended


def test_ex_6_3_collar() -> None:
    """25 percent on the aggressive side, 75 on the passive one: which prices are inside."""
    aggressive, passive = bounds(_price("100"), 25), bounds(_price("100"), 75)
    buy = range(passive[0], aggressive[1] + 1)
    sell = range(aggressive[0], passive[1] + 1)
    bought = [_price(text) in buy for text in ("125", "125.1", "25", "24.9")]
    sold = [_price(text) in sell for text in ("75", "74.9", "175")]
    assert bought == [True, False, True, False]
    assert sold == [True, False, True]


def test_ex_6_4_guards() -> None:
    """The bounds of the dynamic and the static guard, inclusive."""
    assert _bounds("100.00", 3) == ("97.00", "103.00")
    assert _bounds("98.00", 10) == ("88.20", "107.80")
    assert [_too_far(at, "100.00", 3) for at in ("102.9", "103.0", "103.5")] == [False, False, True]


def test_nothing_is_too_far_without_reference_or_percentage() -> None:
    """0 means there is none: every price is inside."""
    assert bounds(0, 10) == bounds(1_000_000, 0) == (0, PRICE_MAX)
    assert [too_far(at, 0, 10) for at in (1, PRICE_MAX)] == [False, False]
    assert [too_far(at, 1_000_000, 0) for at in (1, PRICE_MAX)] == [False, False]


def test_bounds_are_the_last_prices_that_are_not_too_far() -> None:
    """Whatever the rounding, a price is too far exactly if it is out of bounds."""
    for reference in (1, 3, 7, 99, 100, 101):
        for percent in (1, 3, 33, 99, 100, 101, 250):
            low, high = bounds(reference, percent)
            near = [at for at in range(400) if not too_far(at, reference, percent)]
            assert near == list(range(low, high + 1)), (reference, percent)
