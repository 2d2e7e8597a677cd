"""Decimal text and the engine's integers."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.decimals import format_avg_px, format_price, parse_price, parse_qty

PRICES = st.integers(-(10**13), 10**13)


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("87.30", 873_000),
        ("87.3", 873_000),
        ("87", 870_000),
        ("87.", 870_000),
        ("0087.3000000", 873_000),
        ("0.0001", 1),
        ("0", 0),
        ("-0.5", -5_000),
        ("-0", 0),
        ("-1.25", -12_500),
        ("0.00001", None),
        ("87.30001", None),
        ("87.300010000", None),
    ],
)
def test_prices_are_read_exactly(text: str, units: int | None) -> None:
    """Four decimals are held; more of them, unless they are zeros, are not rounded away."""
    assert parse_price(text) == units


@pytest.mark.parametrize(
    ("text", "qty"),
    [
        ("100", 100),
        ("000100", 100),
        ("100.", 100),
        ("100.000", 100),
        ("-5", -5),
        ("0", 0),
        ("0.0", 0),
        ("100.5", None),
        ("-0.1", None),
    ],
)
def test_quantities_are_whole(text: str, qty: int | None) -> None:
    """Decimals are welcome as long as they say nothing."""
    assert parse_qty(text) == qty


@pytest.mark.parametrize(
    ("units", "text"),
    [
        (873_000, "87.30"),
        (870_000, "87.00"),
        (1_032, "0.1032"),
        (103_250, "10.325"),
        (1, "0.0001"),
        (0, "0.00"),
        (-12_500, "-1.25"),
        (-1, "-0.0001"),
        (10**12, "100000000.00"),
    ],
)
def test_prices_are_written_with_two_decimals_at_least(units: int, text: str) -> None:
    """More only where they carry something."""
    assert format_price(units) == text


@given(PRICES)
def test_a_price_written_is_the_price_read(units: int) -> None:
    """There and back without a loss, and Decimal agrees on the value."""
    assert parse_price(format_price(units)) == units
    assert Decimal(format_price(units)) == Decimal(units) / 10_000


@pytest.mark.parametrize(
    ("fills", "text"),
    [
        ([], "0"),
        ([(873_000, 100)], "87.30"),
        ([(873_000, 100), (874_000, 100)], "87.35"),
        ([(873_000, 100), (873_100, 200)], "87.30666667"),
        ([(1, 2), (2, 1)], "0.00013333"),
        ([(1, 1), (2, 7)], "0.0001875"),
        ([(10_000, 199_999_999), (10_001, 1)], "1.00"),
    ],
)
def test_avg_px_of_fills(fills: list[tuple[int, int]], text: str) -> None:
    """Up to eight decimals, rounded half up, and only those that carry something."""
    notional = sum(price * qty for price, qty in fills)
    assert format_avg_px(notional, sum(qty for _, qty in fills)) == text


@given(st.lists(st.tuples(st.integers(1, 10**12), st.integers(1, 10**9)), min_size=1, max_size=9))
def test_avg_px_is_the_exact_average(fills: list[tuple[int, int]]) -> None:
    """Decimal arithmetic comes to the same eight decimals."""
    notional, qty = sum(p * q for p, q in fills), sum(q for _, q in fills)
    exact = (Decimal(notional) / qty / 10_000).quantize(Decimal("1e-8"), ROUND_HALF_UP)
    assert Decimal(format_avg_px(notional, qty)) == exact
