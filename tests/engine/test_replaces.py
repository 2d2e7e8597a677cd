"""Replaces that make another kind of order of one, or another reserve order (rule 2.4).

Trigger, instruction and offset belong to the kind an order was, and are gone with it. Which
replaces keep their place is test_exchange_changes.
"""

from __future__ import annotations

from tests.support.market import Rules, lines, play

LAST_100 = Rules(reference_price="100.00")

QUOTES = """
    b1 NON buy  100 @  99.00
    a1 NON sell 100 @ 101.00
"""


def test_stop_limit_becomes_a_limit_order() -> None:
    """It stands in the book at once; a trade at its old trigger means nothing to it."""
    tape = f"""{QUOTES}
        S1 SHB sell 100 @ 98.50 stop=99.00
        replace S1 as S2 100 @ 100.50
        -> S1 is now S2 NEW leaves 100 cum 0, goes last
        book
        -> buy b1 100 @ 99.00
        -> sell S2 100 @ 100.50
        -> sell a1 100 @ 101.00
        x CAR sell 10 @ 99.00
        -> b1 10 @ 99.00 NON|CAR
    """
    assert play(tape, LAST_100) == lines(tape)


def test_limit_order_becomes_a_stop_limit() -> None:
    """It leaves the book and waits for its trigger."""
    tape = f"""{QUOTES}
        L1 SHB sell 100 @ 100.50
        replace L1 as L2 100 @ 100.20 stop=99.00
        -> L1 is now L2 NEW leaves 100 cum 0, goes last
        book
        -> buy b1 100 @ 99.00
        -> sell a1 100 @ 101.00
        x CAR sell 10 @ 99.00
        -> b1 10 @ 99.00 NON|CAR
        -> L2 triggered
        book
        -> buy b1 90 @ 99.00
        -> sell L2 100 @ 100.20
        -> sell a1 100 @ 101.00
    """
    assert play(tape, LAST_100) == lines(tape)


def test_trailing_stop_becomes_a_stop() -> None:
    """Its trigger trails no longer."""
    tape = """
        T1 SHB sell 100 trail=2.00
        replace T1 as T2 100 stop=97.00
        -> T1 is now T2 NEW leaves 100 cum 0, goes last
        b1 NON buy 10 @ 103.00
        x CAR sell 10 @ 103.00
        -> b1 10 @ 103.00 NON|CAR
        b2 NON buy 10 @ 98.00
        y CAR sell 10 @ 98.00
        -> b2 10 @ 98.00 NON|CAR
        b3 NON buy 10 @ 97.00
        z CAR sell 10 @ 97.00
        -> b3 10 @ 97.00 NON|CAR
        -> T2 triggered
        -> T2 100 canceled I
    """
    assert play(tape, LAST_100) == lines(tape)


def test_post_only_order_becomes_a_market_order() -> None:
    """What must not trade on entry was asked of the limit order it was."""
    tape = f"""{QUOTES}
        P1 ENS buy 100 @ 99.50 post-only
        replace P1 as P2 60 market
        -> P1 is now P2 NEW leaves 60 cum 0, goes last
        -> a1 60 @ 101.00 ENS|NON
    """
    assert play(tape, LAST_100) == lines(tape)


def test_peg_becomes_a_limit_order() -> None:
    """It follows no quote any more."""
    tape = f"""{QUOTES}
        P1 ENS buy 100 peg=primary offset=-0.10
        replace P1 as P2 100 @ 98.50
        -> P1 is now P2 NEW leaves 100 cum 0, goes last
        b2 SHB buy 100 @ 99.50
        book
        -> buy b2 100 @ 99.50
        -> buy b1 100 @ 99.00
        -> buy P2 100 @ 98.50
        -> sell a1 100 @ 101.00
    """
    assert play(tape, LAST_100) == lines(tape)


def test_limit_order_becomes_a_peg_and_is_not_shown() -> None:
    """Pegs are never displayed (rule 1.2): it follows others and not itself."""
    tape = f"""{QUOTES}
        L1 ENS sell 100 @ 100.50
        replace L1 as L2 100 peg=primary ticks=-2
        -> L1 is now L2 NEW leaves 100 cum 0, goes last
        book
        -> buy b1 100 @ 99.00
        -> sell L2 100 @ 100.98
        -> sell a1 100 @ 101.00
        a2 SHB sell 100 @ 100.90
        -> L2 pegged to 100.88
    """
    assert play(tape, LAST_100) == lines(tape)


def test_reserve_order_with_another_floor_shows_all_of_it() -> None:
    """It goes last as if it were new (rule 2.4.2), so it shows a whole slice of the new size."""
    tape = """
        R1 NON sell 1000 @ 101.00 floor=200
        X SHB buy 150 @ 101.00
        -> R1 150 @ 101.00 SHB|NON
        replace R1 as R2 1000 @ 101.00 floor=300
        -> R1 is now R2 PARTIALLY_FILLED leaves 850 cum 150, goes last
        book
        -> sell R2 850 @ 101.00 shows 300
    """
    assert play(tape) == lines(tape)
