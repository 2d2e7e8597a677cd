"""Stops and trailing stops: what triggers them, when, and in which order (rule 1.4).

EX-1.1 and 1.2 are in test_rule_book_orders.
"""

from __future__ import annotations

import pytest

from tests.support.market import Rules, lines, play

LAST_100 = Rules(reference_price="100.00")


def test_stops_cascade() -> None:
    """What a stop trades may trigger the next one."""
    tape = """
        b1 NON buy 100 @ 99.00
        b2 NON buy 100 @ 98.00
        b3 NON buy 100 @ 97.00
        S1 SHB sell 100 stop=99.50
        S2 ENS sell 100 stop=98.50
        S3 CAR sell 100 stop=97.50
        X AVA sell 10 @ 99.00
        -> b1 10 @ 99.00 NON|AVA
        -> S1 triggered
        -> b1 90 @ 99.00 NON|SHB
        -> S1 10 canceled I
        Y AVA sell 10 @ 98.00
        -> b2 10 @ 98.00 NON|AVA
        -> S2 triggered
        -> b2 90 @ 98.00 NON|ENS
        -> S2 10 canceled I
        Z AVA sell 10 @ 97.00
        -> b3 10 @ 97.00 NON|AVA
        -> S3 triggered
        -> b3 90 @ 97.00 NON|CAR
        -> S3 10 canceled I
    """
    assert play(tape, LAST_100) == lines(tape)


def test_stops_cascade_through_levels() -> None:
    """One small trade sets off three stops, each through the print of the one before."""
    tape = """
        b1 NON buy  10 @ 99.00
        b2 NON buy 100 @ 98.00
        b3 NON buy 100 @ 97.00
        b4 NON buy 100 @ 96.00
        S1 SHB sell 100 stop=99.00
        S2 ENS sell 100 stop=98.00
        S3 CAR sell 100 stop=97.00
        X AVA sell 10 @ 99.00
        -> b1 10 @ 99.00 NON|AVA
        -> S1 triggered
        -> b2 100 @ 98.00 NON|SHB
        -> S2 triggered
        -> b3 100 @ 97.00 NON|ENS
        -> S3 triggered
        -> b4 100 @ 96.00 NON|CAR
    """
    assert play(tape, LAST_100) == lines(tape)


def test_stops_of_one_trade_fire_by_time_and_after_the_aggressor() -> None:
    """Not by their triggers: in order of prio (rule 1.4.3)."""
    tape = """
        b1 NON buy 100 @ 99.00
        b2 NON buy 100 @ 98.00
        b3 NON buy 100 @ 97.00
        S1 SHB sell 100 stop=98.50
        S2 ENS sell 100 stop=99.50
        X AVA sell 150 @ 98.00
        -> b1 100 @ 99.00 NON|AVA
        -> b2  50 @ 98.00 NON|AVA
        -> S1 triggered
        -> b2  50 @ 98.00 NON|SHB
        -> S1  50 canceled I
        -> S2 triggered
        -> b3 100 @ 97.00 NON|ENS
    """
    assert play(tape, LAST_100) == lines(tape)


def test_triggered_stop_limit_has_a_new_place_in_time() -> None:
    """It stands behind orders that came while it was parked."""
    tape = """
        S1 SHB sell 100 @ 100.50 stop=100.00
        a1 NON sell 100 @ 100.50
        b1 CAR buy   10 @ 100.00
        X AVA sell   10 @ 100.00
        -> b1 10 @ 100.00 CAR|AVA
        -> S1 triggered
        book
        -> sell a1 100 @ 100.50
        -> sell S1 100 @ 100.50
    """
    assert play(tape, LAST_100) == lines(tape)


def test_stop_waits_for_a_trade_even_if_the_last_price_is_there_already() -> None:
    """Only a trade triggers: an order entered on the far side of its trigger waits for one."""
    tape = """
        S1 SHB sell 100 @ 99.00 stop=105.00
        book
        b1 CAR buy   10 @ 100.00
        X AVA sell   10 @ 100.00
        -> b1 10 @ 100.00 CAR|AVA
        -> S1 triggered
    """
    assert play(tape, LAST_100) == lines(tape)


def test_parked_stop_is_replaced_and_canceled() -> None:
    """Another trigger counts from then on; a parked stop has no place to lose."""
    tape = """
        S1 SHB sell 100 stop=99.00
        replace S1 as S2 50 stop=98.00
        -> S1 is now S2 NEW leaves 50 cum 0, goes last
        b1 CAR buy   10 @ 99.00
        X AVA sell   10 @ 99.00
        -> b1 10 @ 99.00 CAR|AVA
        cancel S2
        -> S2 50 canceled U
        b2 CAR buy   10 @ 97.00
        Y AVA sell   10 @ 97.00
        -> b2 10 @ 97.00 CAR|AVA
    """
    assert play(tape, LAST_100) == lines(tape)


@pytest.mark.parametrize(("phase", "cross"), [("OPENING_CALL", "O"), ("VOLATILITY_AUCTION", "V")])
def test_stops_fire_by_the_uncross_into_continuous_trading(phase: str, cross: str) -> None:
    """The auction's price triggers them; they meet the book that the auction has left."""
    tape = f"""
        S1 SHB sell 100 stop=99.00
        b1 NON buy 100 @ 99.00
        b2 NON buy 100 @ 98.00
        phase {phase}
        -> segment {phase}
        -> ERIC-B {phase}
        a1 ENS sell 100 @ 99.00
        phase CONTINUOUS
        -> segment CONTINUOUS
        -> a1 100 @ 99.00 NON|ENS
        -> uncross {cross} 100 @ 99.00
        -> ERIC-B CONTINUOUS
        -> S1 triggered
        -> b2 100 @ 98.00 NON|SHB
    """
    assert play(tape, LAST_100) == lines(tape)


def test_stop_fired_by_one_auction_takes_part_in_the_next() -> None:
    """Where the book stays in call, the triggered stop is collected."""
    tape = """
        S1 SHB sell 100 stop=99.00
        b1 NON buy  300 @ 99.00
        a1 ENS sell 100 @ 99.00
        phase SCHEDULED_AUCTION
        -> segment SCHEDULED_AUCTION
        -> b1 100 @ 99.00 NON|ENS
        -> uncross I 100 @ 99.00
        -> S1 triggered
        phase SCHEDULED_AUCTION
        -> segment SCHEDULED_AUCTION
        -> b1 100 @ 99.00 NON|SHB
        -> uncross I 100 @ 99.00
    """
    assert play(tape, LAST_100._replace(phase="SCHEDULED_AUCTION")) == lines(tape)


def test_stops_called_by_the_closing_price_come_in_next_morning() -> None:
    """Nothing can come in after the close: the print waits, and so do the stops that outlive the
    day; those that find nobody in the opening auction end with it.
    """
    tape = """
        S1 SHB sell 100 stop=99.00 GTC
        S2 SHB sell 100 stop=98.40 GTC
        S3 SHB sell 100 stop=99.00
        S4 ENS sell 100 @ 98.50 stop=99.00 GTC
        b1 NON buy  100 @ 99.00
        a1 ENS sell 100 @ 99.00
        phase POST_TRADE
        -> segment POST_TRADE
        -> a1 100 @ 99.00 NON|ENS
        -> uncross C 100 @ 99.00
        -> ERIC-B POST_TRADE
        -> S3 100 expired
        phase CLOSED
        -> segment CLOSED
        -> ERIC-B CLOSED
        phase PRE_OPEN
        -> segment PRE_OPEN
        -> ERIC-B PRE_OPEN
        -> S1 renewed leaves 100
        -> S2 renewed leaves 100
        -> S4 renewed leaves 100
        -> S1 triggered
        -> S4 triggered
        book
        -> sell S1 100 market
        -> sell S4 100 @ 98.50
        b2 NON buy 50 @ 98.60
        phase CONTINUOUS
        -> segment CONTINUOUS
        -> S1 50 @ 98.50 NON|SHB
        -> uncross O 50 @ 98.50
        -> ERIC-B CONTINUOUS
        -> S1 50 canceled A
        book
        -> sell S4 100 @ 98.50
    """
    assert play(tape, LAST_100._replace(phase="CLOSING_CALL")) == lines(tape)


def test_stops_called_in_a_halted_book_come_in_when_orders_may() -> None:
    """A frozen book takes no order, a stop neither; the call after the halt does."""
    tape = """
        S1 SHB sell 100 @ 98.00 stop=99.00
        b1 NON buy  100 @ 99.00
        a1 ENS sell 100 @ 99.00
        phase HALT_FROZEN
        -> segment HALT_FROZEN
        -> a1 100 @ 99.00 NON|ENS
        -> uncross O 100 @ 99.00
        -> ERIC-B HALT_FROZEN
        phase HALT_OPEN
        -> segment HALT_OPEN
        -> ERIC-B HALT_OPEN
        -> S1 triggered
        book
        -> sell S1 100 @ 98.00
    """
    assert play(tape, LAST_100._replace(phase="OPENING_CALL")) == lines(tape)


def test_stops_do_not_trigger_in_a_call() -> None:
    """Nothing trades there."""
    tape = """
        S1 SHB sell 100 stop=99.00
        b1 NON buy  100 @ 99.00
        a1 ENS sell 100 @ 99.00
        book
        -> buy  b1 100 @ 99.00
        -> sell a1 100 @ 99.00
    """
    assert play(tape, LAST_100._replace(phase="OPENING_CALL")) == lines(tape)


def test_trailing_stop_needs_a_price_to_trail() -> None:
    """Without a last price there is nothing to measure from."""
    tape = """
        T1 SHB sell 100 trail=2.00
        -> rejected NO_REFERENCE_PRICE
    """
    assert play(tape) == lines(tape)
