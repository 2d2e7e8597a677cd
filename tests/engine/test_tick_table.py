"""Tick sizes: the annex of RTS 11 number by number, and stepping and rounding along it."""

from __future__ import annotations

import pytest

from engine.tick_table import RTS11, TickTable, fixed
from tests.support.market import price

ANNEX = """
    0        0.1     0.0005  0.0002  0.0001  0.0001  0.0001  0.0001
    0.1      0.2     0.001   0.0005  0.0002  0.0001  0.0001  0.0001
    0.2      0.5     0.002   0.001   0.0005  0.0002  0.0001  0.0001
    0.5      1       0.005   0.002   0.001   0.0005  0.0002  0.0001
    1        2       0.01    0.005   0.002   0.001   0.0005  0.0002
    2        5       0.02    0.01    0.005   0.002   0.001   0.0005
    5        10      0.05    0.02    0.01    0.005   0.002   0.001
    10       20      0.1     0.05    0.02    0.01    0.005   0.002
    20       50      0.2     0.1     0.05    0.02    0.01    0.005
    50       100     0.5     0.2     0.1     0.05    0.02    0.01
    100      200     1       0.5     0.2     0.1     0.05    0.02
    200      500     2       1       0.5     0.2     0.1     0.05
    500      1000    5       2       1       0.5     0.2     0.1
    1000     2000    10      5       2       1       0.5     0.2
    2000     5000    20      10      5       2       1       0.5
    5000     10000   50      20      10      5       2       1
    10000    20000   100     50      20      10      5       2
    20000    50000   200     100     50      20      10      5
    50000    -       500     200     100     50      20      10
"""
"""Delegated Regulation (EU) 2017/588, Annex: from, to, tick in liquidity bands 1 to 6."""

ROWS = [line.split() for line in ANNEX.strip().splitlines()]
ONE = 1
"""The smallest difference between two prices."""


@pytest.mark.parametrize("band", range(1, 7))
def test_ticks_are_those_of_the_annex(band: int) -> None:
    """In every range the tick is the annex's, from its first price to its last."""
    table = RTS11[f"rts11-{band}"]
    told = []
    for start, end, *_ in ROWS:
        last = price(start) * 10 + ONE if end == "-" else price(end) - ONE
        told.append((table.tick(price(start)), table.tick(last)))
    assert told == [(price(row[band + 1]), price(row[band + 1])) for row in ROWS]


def test_there_are_six_bands() -> None:
    """The tables are named as a configuration names them."""
    assert list(RTS11) == [f"rts11-{band}" for band in range(1, 7)]
    assert [table.name for table in RTS11.values()] == list(RTS11)


EX_6_1 = """
    4  100.03    100.0   100.1
    4   99.98     99.95  100.00
    3    0.10335   0.1032  0.1034
    6  250.27    250.25  250.30
    6   49.999    49.995  50.000
    4  100.00    100.00  100.00
    1    0.0004    0.0     0.0005
"""
"""Band, price, what a buy and what a sell is rounded to."""


def test_ex_6_1_rounding_to_the_less_aggressive_tick() -> None:
    """A buy is rounded down and a sell up, to a price that is valid itself."""
    told = []
    rows = [line.split() for line in EX_6_1.strip().splitlines()]
    for band, text, *_ in rows:
        # 0.10335 has a fifth decimal: an off-tick price of the rule book finer than the engine's
        # unit. Between two units nothing is on tick, so the unit below rounds the same way down,
        # the unit above the same way up.
        table = RTS11[f"rts11-{band}"]
        below, above = _units_around(text)
        told.append((table.round_down(below), table.round_up(above)))
    assert told == [(price(down), price(up)) for _, _, down, up in rows]


def _units_around(text: str) -> tuple[int, int]:
    whole, _, fraction = text.partition(".")
    below = price(f"{whole}.{fraction[:4]}")
    return below, below + ONE if fraction[4:].strip("0") else below


def test_ex_6_2_next_ticks_around_a_change_of_step() -> None:
    """Going up the step is that of the range entered, going down that of the range left behind."""
    table = RTS11["rts11-4"]
    told = [
        table.next_above(price("99.95")),
        table.next_above(price("100.00")),
        table.next_below(price("100.00")),
        table.next_above(price("99.96")),
        table.next_below(price("100.03")),
    ]
    assert told == [price(text) for text in ("100.00", "100.10", "99.95", "100.00", "100.00")]


def test_nothing_is_below_the_lowest_price() -> None:
    """Below the first tick there is no price, and 0 says so."""
    table = RTS11["rts11-1"]
    assert [table.next_below(price("0.0005")), table.next_below(0)] == [0, 0]


def test_on_tick() -> None:
    """A valid price is positive and a multiple of the step at that price."""
    table = RTS11["rts11-6"]
    texts = ("99.99", "100.00", "100.01", "100.02", "0.00", "0.0001", "-0.02")
    told = [text for text in texts if table.is_on_tick(price(text))]
    assert told == ["99.99", "100.00", "100.02", "0.0001"]


@pytest.mark.parametrize("table", RTS11.values(), ids=list(RTS11))
def test_stepping_up_and_down_meets_the_same_prices(table: TickTable) -> None:
    """Around every change of step, next_below undoes next_above and both are on tick."""
    for start in table.starts[1:]:
        above = table.next_above(start)
        assert table.is_on_tick(start)
        assert table.is_on_tick(above)
        assert table.next_below(above) == start
        assert table.next_above(table.next_below(start)) == start


def test_fixed_tick_is_the_same_at_every_price() -> None:
    """A fixed tick size applies from the first price on."""
    table = fixed(price("0.05"))
    assert table.name == "fixed-500"
    assert [table.tick(price(text)) for text in ("0", "0.05", "99999")] == [500, 500, 500]
    assert [table.round_down(price("1.99")), table.round_up(price("1.96"))] == [19500, 20000]
