"""Prices and quantities on entry: collars, ticks and lots, refused or rounded.

EX-6.1 and 6.3 of the rule book.
"""

from __future__ import annotations

import pytest

from tests.support.market import Rules, lines, play

COLLARS = Rules(
    reference_price="100.00",
    tick_size="0.1",
    more={"collar_aggressive": 25, "collar_passive": 75},
)

EX_6_3 = """
    buy  125.0 yes
    buy  125.1 no
    buy   25.0 yes
    buy   24.9 no
    sell  75.0 yes
    sell  74.9 no
    sell 175.0 yes
    sell 175.1 no
    short 74.9 no
    short 75.0 yes
"""


@pytest.mark.parametrize("case", lines(EX_6_3))
def test_ex_6_3_collar(case: str) -> None:
    """25 % on the aggressive side, 75 % on the passive one, both inclusive."""
    side, at, accepted = case.split()
    tape = f"""
        X NON {side} 100 @ {at}
        {"" if accepted == "yes" else "-> rejected PRICE_OUTSIDE_COLLAR"}
    """
    assert play(tape, COLLARS) == lines(tape)


EX_6_1 = """
    rts11-4 buy  100.03  100.00
    rts11-4 sell 100.03  100.10
    rts11-4 buy   99.98   99.95
    rts11-4 sell  99.98  100.00
    rts11-3 buy  0.10335   0.1032
    rts11-3 sell 0.10335   0.1034
    rts11-6 buy  250.27  250.25
    rts11-6 sell 250.27  250.30
    rts11-6 sell  49.999  50.00
    rts11-6 short 49.999  50.00
"""


@pytest.mark.parametrize("case", [one for one in lines(EX_6_1) if "0.10335" not in one])
def test_ex_6_1_price_off_tick_is_rounded_to_the_less_aggressive_one(case: str) -> None:
    """Buys down, sells up, where the segment rounds."""
    table, side, at, rounded = case.split()
    word = "buy" if side == "buy" else "sell"
    tape = f"""
        X NON {side} 100 @ {at}
        book
        -> {word} X 100 @ {rounded}
    """
    assert play(tape, Rules(tick_table=table, more={"off_tick": "round"})) == lines(tape)


@pytest.mark.parametrize("case", [one for one in lines(EX_6_1) if "0.10335" not in one])
def test_ex_6_1_price_off_tick_is_rejected_by_default(case: str) -> None:
    """Where the segment does not round."""
    table, side, at, _ = case.split()
    tape = f"""
        X NON {side} 100 @ {at}
        -> rejected PRICE_OFF_TICK
    """
    assert play(tape, Rules(tick_table=table)) == lines(tape)


def test_rule_6_1_2_replace_is_rounded_too() -> None:
    """A price off tick becomes the tick below, and the place is kept if that was the price."""
    tape = """
        X NON buy 100 @ 100.00
        replace X as Y 100 @ 100.03
        -> X is now Y NEW leaves 100 cum 0, keeps its place
        replace Y as Z 100 @ 100.18
        -> Y is now Z NEW leaves 100 cum 0, goes last
        book
        -> buy Z 100 @ 100.10
    """
    assert play(tape, Rules(tick_size="0.1", more={"off_tick": "round"})) == lines(tape)


def test_rule_6_1_2_quantity_off_lot_is_rounded_down() -> None:
    """Whole lots only; less than one lot is refused."""
    tape = """
        X NON buy 170 @ 100.00
        book
        -> buy X 150 @ 100.00
        Y NON buy 49 @ 100.00
        -> rejected ORDER_QTY_OFF_LOT
    """
    assert play(tape, Rules(lot=50, more={"off_lot": "round"})) == lines(tape)


def test_rule_6_2_quantity_off_lot_is_rejected_by_default() -> None:
    """Where the segment does not round."""
    tape = """
        X NON buy 170 @ 100.00
        -> rejected ORDER_QTY_OFF_LOT
    """
    assert play(tape, Rules(lot=50)) == lines(tape)
