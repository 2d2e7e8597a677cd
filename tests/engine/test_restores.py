"""Busts and corrections that give the quantity back: to whom, and where it stands (rule 7.6)."""

from __future__ import annotations

import pytest

from tests.support.market import lines, play


def test_restore_gives_the_quantity_back_to_an_order_that_works() -> None:
    """The order works with more, in the place it has; the other side had ended."""
    tape = """
        a NON sell 300 @ 100.00
        b SHB sell 300 @ 100.00
        X AVA buy  400 @ 100.00 IOC
        -> a 300 @ 100.00 AVA|NON
        -> b 100 @ 100.00 AVA|SHB
        Y AVA buy  300 @ 100.00 IOC
        -> b 200 @ 100.00 AVA|SHB
        -> Y 100 canceled I
        bust T3 restore
        -> T3 busted
        -> b PARTIALLY_FILLED leaves 200 cum 100 avg 100.00
        -> Y CANCELED leaves 0 cum 0
        book
        -> sell b 200 @ 100.00
    """
    assert play(tape) == lines(tape)


def test_restored_order_stands_last() -> None:
    """An order that was filled works again behind those that came meanwhile."""
    tape = """
        a NON sell 300 @ 100.00
        X AVA buy  400 @ 100.00 IOC
        -> a 300 @ 100.00 AVA|NON
        -> X 100 canceled I
        b SHB sell 300 @ 100.00
        bust T1 restore
        -> T1 busted
        -> a NEW leaves 300 cum 0
        -> X CANCELED leaves 0 cum 0
        book
        -> sell b 300 @ 100.00
        -> sell a 300 @ 100.00
    """
    assert play(tape) == lines(tape)


CANNOT_WORK_AGAIN = {
    "immediate or cancel": "100 @ 100.00 IOC",
    "fill or kill": "100 @ 100.00 FOK",
    "market": "100 market",
}


@pytest.mark.parametrize("order", CANNOT_WORK_AGAIN.values(), ids=CANNOT_WORK_AGAIN)
def test_restore_gives_nothing_to_orders_that_never_rest(order: str) -> None:
    """What could not rest before cannot rest now: only the resting side works again."""
    tape = f"""
        a NON sell 100 @ 100.00
        X AVA buy  {order}
        -> a 100 @ 100.00 AVA|NON
        bust T1 restore
        -> T1 busted
        -> a NEW leaves 100 cum 0
        -> X CANCELED leaves 0 cum 0
        book
        -> sell a 100 @ 100.00
    """
    assert play(tape) == lines(tape)


def test_restore_gives_nothing_to_an_order_whose_time_is_up() -> None:
    """Its expire time has passed since it was filled."""
    tape = """
        a NON sell 100 @ 100.00 GTD=10
        X AVA buy  200 @ 100.00 IOC
        -> a 100 @ 100.00 AVA|NON
        -> X 100 canceled I
        at 20
        bust T1 restore
        -> T1 busted
        -> a CANCELED leaves 0 cum 0
        -> X CANCELED leaves 0 cum 0
        book
    """
    assert play(tape) == lines(tape)


@pytest.mark.parametrize("time_in_force", ["Day", "IOC"])
def test_restore_gives_nothing_to_orders_of_a_day_that_is_over(time_in_force: str) -> None:
    """After the close a Day order has expired, filled or not."""
    tape = f"""
        a NON sell 100 @ 100.00
        X AVA buy  100 @ 100.00 {time_in_force}
        -> a 100 @ 100.00 AVA|NON
        phase POST_TRADE
        -> segment POST_TRADE
        -> ERIC-B POST_TRADE
        bust T1 restore
        -> T1 busted
        -> a CANCELED leaves 0 cum 0
        -> X CANCELED leaves 0 cum 0
        book
    """
    assert play(tape) == lines(tape)


def test_restore_of_both_sides_gives_it_to_the_resting_one() -> None:
    """Two orders that would meet again cannot both stand in a book that trades: the first does."""
    tape = """
        a NON sell 100 @ 100.00
        X AVA buy  100 @ 101.00
        -> a 100 @ 100.00 AVA|NON
        bust T1 restore
        -> T1 busted
        -> a NEW leaves 100 cum 0
        -> X CANCELED leaves 0 cum 0
        book
        -> sell a 100 @ 100.00
    """
    assert play(tape) == lines(tape)


def test_restore_of_both_sides_in_a_call() -> None:
    """Where nothing matches both come back, and the book is crossed like any in a call."""
    tape = """
        a NON sell 100 @ 100.00
        X AVA buy  100 @ 101.00
        -> a 100 @ 100.00 AVA|NON
        phase CLOSING_CALL
        -> segment CLOSING_CALL
        -> ERIC-B CLOSING_CALL
        bust T1 restore
        -> T1 busted
        -> a NEW leaves 100 cum 0
        -> X NEW leaves 100 cum 0
        book
        -> buy X 100 @ 101.00
        -> sell a 100 @ 100.00
    """
    assert play(tape) == lines(tape)


def test_restore_gives_nothing_to_an_order_that_would_meet_the_book() -> None:
    """Others stand there by now at a price it would take: it does not come in."""
    tape = """
        a NON sell 100 @ 100.00
        X AVA buy  100 @ 100.00 IOC
        -> a 100 @ 100.00 AVA|NON
        b SHB buy   50 @ 100.00
        bust T1 restore
        -> T1 busted
        -> a CANCELED leaves 0 cum 0
        -> X CANCELED leaves 0 cum 0
        book
        -> buy b 50 @ 100.00
    """
    assert play(tape) == lines(tape)


@pytest.mark.parametrize("time_in_force", ["GTC", "GTD=100000"])
def test_restore_gives_it_to_orders_that_outlive_the_day(time_in_force: str) -> None:
    """They stand in the book at night, and so may what they get back."""
    tape = f"""
        a NON sell 100 @ 100.00 {time_in_force}
        X AVA buy  100 @ 100.00
        -> a 100 @ 100.00 AVA|NON
        phase POST_TRADE
        -> segment POST_TRADE
        -> ERIC-B POST_TRADE
        bust T1 restore
        -> T1 busted
        -> a NEW leaves 100 cum 0
        -> X CANCELED leaves 0 cum 0
        book
        -> sell a 100 @ 100.00
    """
    assert play(tape) == lines(tape)


def test_correction_that_restores_gives_the_difference_back() -> None:
    """Less was traded: the rest of it works again, with a full slice where slices are shown."""
    tape = """
        R1 NON sell 300 @ 100.00 floor=200
        X AVA buy  300 @ 100.00
        -> R1 200 @ 100.00 AVA|NON
        -> R1 shows 100
        -> R1 100 @ 100.00 AVA|NON
        correct T1 50 @ 100.00 restore
        -> T1 is 50 @ 100.00
        -> R1 PARTIALLY_FILLED leaves 150 cum 150 avg 100.00
        -> X CANCELED leaves 0 cum 150 avg 100.00
        book
        -> sell R1 150 @ 100.00 shows 150
    """
    assert play(tape) == lines(tape)


def test_restored_order_that_must_be_the_best_is_watched_again() -> None:
    """What it asked for when it came in holds still: it leaves when somebody shows better."""
    tape = """
        Z1 NON buy 100 @ 99.00 best-only
        X SHB sell 100 @ 99.00 IOC
        -> Z1 100 @ 99.00 NON|SHB
        bust T1 restore
        -> T1 busted
        -> Z1 NEW leaves 100 cum 0
        -> X CANCELED leaves 0 cum 0
        b1 AVA buy 10 @ 99.50
        -> Z1 100 canceled B
    """
    assert play(tape) == lines(tape)
