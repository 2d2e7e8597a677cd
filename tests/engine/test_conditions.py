"""Orders that a halt cancels, orders that only stand while they are the best, orders for a sum.

ExecInst(18) K and Z (scenario E.1.e) and CashOrderQty(152) (scenario L.1.b).
"""

from __future__ import annotations

import pytest

from tests.support.market import Rules, lines, play

LAST_100 = Rules(reference_price="100.00")


def test_halt_cancels_what_asked_for_it() -> None:
    """Also stops and orders that wait; the others stay."""
    tape = """
        L1 NON buy 100 @ 99.00 cancel-on-halt
        L2 NON buy 100 @ 99.00
        S1 SHB sell 100 @ 98.00 stop=98.50 cancel-on-halt
        A1 SHB sell 100 @ 101.00 CLO cancel-on-halt
        V1 SHB sell 100 @ 101.00 cancel-on-halt in VOLV-B
        halt ERIC-B
        -> ERIC-B HALT_FROZEN
        -> L1 100 canceled H
        -> S1 100 canceled H
        -> A1 100 canceled H
        book
        -> buy L2 100 @ 99.00
        book in VOLV-B
        -> sell V1 100 @ 101.00
    """
    assert play(tape, LAST_100._replace(symbols=("ERIC-B", "VOLV-B"))) == lines(tape)


def test_halt_while_the_book_is_closed_cancels_too() -> None:
    """The halt is the book's, whatever phase it is in."""
    tape = """
        G1 NON buy 100 @ 99.00 GTC cancel-on-halt
        phase CLOSED
        -> segment CLOSED
        -> ERIC-B CLOSED
        halt ERIC-B
        -> G1 100 canceled H
    """
    assert play(tape, LAST_100) == lines(tape)


def test_best_only_order_leaves_when_somebody_shows_better() -> None:
    """Equal is good enough; a hidden order does not count."""
    tape = """
        Z1 NON buy 100 @ 99.00 best-only
        b2 SHB buy 100 @ 99.00
        h1 SHB buy 100 @ 99.20 hidden
        b3 ENS buy  10 @ 99.10
        -> Z1 100 canceled B
        book
        -> buy h1 100 @ 99.20
        -> buy b3  10 @ 99.10
        -> buy b2 100 @ 99.00
    """
    assert play(tape) == lines(tape)


def test_best_only_order_that_is_not_the_best_does_not_stay() -> None:
    """It may trade on entry; what is left goes if a better price is shown."""
    tape = """
        b1 SHB buy 100 @ 99.50
        Z1 NON buy 100 @ 99.00 best-only
        -> Z1 100 canceled B
        a1 CAR sell 40 @ 100.00
        Z2 NON buy 100 @ 100.00 best-only
        -> a1 40 @ 100.00 NON|CAR
        book
        -> buy Z2  60 @ 100.00
        -> buy b1 100 @ 99.50
    """
    assert play(tape) == lines(tape)


def test_best_only_sell_order() -> None:
    """The mirror."""
    tape = """
        Z1 NON sell 100 @ 101.00 best-only
        a2 SHB sell 100 @ 101.10
        a3 SHB sell 100 @ 100.90
        -> Z1 100 canceled B
    """
    assert play(tape) == lines(tape)


def test_best_only_order_that_nobody_sees_is_the_best_alone() -> None:
    """A hidden one leaves when a better price is shown, not when none is."""
    tape = """
        Z1 NON buy 100 @ 99.00 hidden best-only
        b1 SHB buy 100 @ 98.50
        book
        -> buy Z1 100 @ 99.00
        -> buy b1 100 @ 98.50
        b2 SHB buy 10 @ 99.10
        -> Z1 100 canceled B
    """
    assert play(tape) == lines(tape)


def test_best_only_order_is_asked_when_continuous_trading_begins() -> None:
    """In a call there is no best price; the book that the auction leaves has one."""
    tape = """
        Z1 NON buy 100 @ 99.00 best-only
        b1 SHB buy 100 @ 99.50
        phase CONTINUOUS
        -> segment CONTINUOUS
        -> uncross O nothing
        -> ERIC-B CONTINUOUS
        -> Z1 100 canceled B
    """
    assert play(tape, Rules(phase="OPENING_CALL")) == lines(tape)


CASH = """
    @ 10.00  cash=1005.00  100
    @ 10.00  cash=999.99    99
    @ 10.00  cash=10.00      1
    market   cash=1005.00   10
"""
"""An order, and the shares it buys: the last price is 100.00."""


@pytest.mark.parametrize("case", lines(CASH))
def test_scenario_l_1_b_cash_buys_whole_shares(case: str) -> None:
    """As many as it pays for at the limit, or at the last price where there is none."""
    *words, qty = case.split()
    tape = f"""
        X NON buy 0 {" ".join(words)}
        status NON X
        -> X NEW leaves {qty} cum 0
    """
    assert play(tape, LAST_100._replace(phase="OPENING_CALL")) == lines(tape)


def test_scenario_l_1_b_cash_buys_whole_lots() -> None:
    """A lot is what trades; the rest of the money is not spent."""
    tape = """
        X NON buy 0 @ 10.00 cash=1999.00
        book
        -> buy X 150 @ 10.00
    """
    assert play(tape, Rules(lot=50)) == lines(tape)


NO_SHARE = """
    @ 10.00 cash=9.99    ORDER_QTY_TOO_SMALL
    market  cash=1000.00 ORDER_QTY_TOO_SMALL
"""


@pytest.mark.parametrize("case", lines(NO_SHARE))
def test_scenario_l_1_b_cash_that_buys_nothing_is_refused(case: str) -> None:
    """Too little for one share, or no price to count with."""
    *words, reason = case.split()
    tape = f"""
        X NON buy 0 {" ".join(words)}
        -> rejected {reason}
    """
    assert play(tape) == lines(tape)
