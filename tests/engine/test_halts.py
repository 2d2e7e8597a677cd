"""Halts of single books: frozen or open, over the night, and how they end (rule 5.4)."""

from __future__ import annotations

from tests.support.market import Rules, lines, play
from tests.support.tape_day import BEGIN, CLOCK, OPEN

LAST_100 = Rules(reference_price="100.00")


def test_rule_5_4_2_halt_freezes_and_resumes_by_a_call_of_ten_minutes() -> None:
    """Only cancels while it is frozen; then a call, an uncross, and trading goes on."""
    tape = """
        seed 1
        B1 NON buy 100 @ 99.00
        B2 NON buy 100 @ 98.00
        halt ERIC-B
        -> ERIC-B HALT_FROZEN
        X SHB sell 100 @ 99.00
        -> rejected PHASE_FORBIDS_ENTRY
        replace B1 as B3 50 @ 99.00
        -> refused PHASE_FORBIDS_REPLACE
        cancel B2
        -> B2 100 canceled U
        at 1000
        resume ERIC-B
        -> ERIC-B HALT_OPEN
        Y SHB sell 100 @ 99.00
        at 1599
        at 1606
        -> Y 100 @ 99.00 NON|SHB
        -> uncross H 100 @ 99.00
        -> ERIC-B CONTINUOUS
    """
    assert play(tape, LAST_100) == lines(tape)


def test_rule_5_4_2_open_halt_collects() -> None:
    """Orders come in and cross; nothing trades before the end of the resumption's call."""
    tape = """
        halt ERIC-B entry
        -> ERIC-B HALT_OPEN
        B1 NON buy 100 @ 101.00
        S1 SHB sell 50 @ 100.00
        at 5000
        book
        -> buy B1 100 @ 101.00
        -> sell S1 50 @ 100.00
        resume ERIC-B
        at 5700
        -> B1 50 @ 101.00 NON|SHB
        -> uncross H 50 @ 101.00
        -> ERIC-B CONTINUOUS
    """
    assert play(tape, LAST_100) == lines(tape)


def test_rule_5_4_2_flush_cancels_all_that_stand_in_the_book() -> None:
    """Reason R; also stops and orders that wait."""
    tape = """
        B1 NON buy 100 @ 99.00
        C1 NON buy 100 @ 99.00 GTC
        S1 SHB sell 100 stop=98.00
        A1 SHB sell 100 @ 101.00 CLO
        halt ERIC-B flush
        -> ERIC-B HALT_FROZEN
        -> B1 100 canceled R
        -> C1 100 canceled R
        -> S1 100 canceled R
        -> A1 100 canceled R
        book
    """
    assert play(tape, LAST_100) == lines(tape)


def test_rule_5_4_2_resumption_after_17_25_goes_to_the_closing_call() -> None:
    """Where the segment has gone on, the book follows it."""
    tape = f"""{BEGIN}{OPEN}
        at 16:00
        halt ERIC-B
        -> ERIC-B HALT_FROZEN
        at 17:26
        -> segment CLOSING_CALL
        resume ERIC-B
        -> ERIC-B CLOSING_CALL
        at 17:30
        -> segment POST_TRADE
        -> uncross C nothing
        -> ERIC-B POST_TRADE
    """
    assert play(tape, CLOCK) == lines(tape)


def test_rule_5_4_2_resumption_that_runs_into_the_closing_call() -> None:
    """At 17:25 the closing call takes over, with what the resumption's call has collected."""
    tape = f"""{BEGIN}{OPEN}
        at 16:00
        halt ERIC-B
        -> ERIC-B HALT_FROZEN
        at 17:20
        resume ERIC-B
        -> ERIC-B HALT_OPEN
        B1 NON buy 100 @ 100.00
        S1 SHB sell 100 @ 100.00
        at 17:25
        -> segment CLOSING_CALL
        -> ERIC-B CLOSING_CALL
        at 17:29
        at 17:30
        -> segment POST_TRADE
        -> S1 100 @ 100.00 NON|SHB
        -> uncross C 100 @ 100.00
        -> ERIC-B POST_TRADE
    """
    assert play(tape, CLOCK) == lines(tape)


def test_rule_5_4_halt_outlasts_the_night() -> None:
    """A book halted in the evening is halted in the morning; its Day orders expired meanwhile."""
    tape = f"""{BEGIN}{OPEN}
        D1 NON buy 100 @ 99.00
        C1 NON buy 100 @ 99.00 GTC
        at 17:00
        halt ERIC-B
        -> ERIC-B HALT_FROZEN
        at 18:00
        -> segment CLOSING_CALL
        -> segment POST_TRADE
        -> ERIC-B POST_TRADE
        -> D1 100 expired
        -> segment CLOSED
        -> ERIC-B CLOSED
        at 32:00
        -> segment PRE_OPEN
        -> ERIC-B HALT_FROZEN
        -> C1 renewed leaves 100
        at 33:30
        -> segment OPENING_CALL
        -> segment CONTINUOUS
        resume ERIC-B
        -> ERIC-B HALT_OPEN
        at 33:41
        -> uncross H nothing
        -> ERIC-B CONTINUOUS
    """
    assert play(tape, CLOCK) == lines(tape)


def test_rule_5_4_one_book_is_halted_and_others_trade() -> None:
    """A halt is one book's."""
    tape = """
        halt ERIC-B
        -> ERIC-B HALT_FROZEN
        B1 NON buy  100 @ 100.00 in VOLV-B
        S1 SHB sell 100 @ 100.00 in VOLV-B
        -> B1 100 @ 100.00 NON|SHB
        B2 NON buy  100 @ 100.00
        -> rejected PHASE_FORBIDS_ENTRY
    """
    assert play(tape, LAST_100._replace(symbols=("ERIC-B", "VOLV-B"))) == lines(tape)


def test_day_begins_before_what_was_collected_overnight_is_uncrossed() -> None:
    """Good till canceled orders that cross trade on the new day, whose first price it is."""
    tape = """
        halt ERIC-B entry
        -> ERIC-B HALT_OPEN
        B1 SHB buy  100 @ 101.00 GTC
        S1 NON sell  60 @ 101.00 GTC
        phase POST_TRADE
        -> segment POST_TRADE
        -> ERIC-B POST_TRADE
        resume ERIC-B
        phase CONTINUOUS
        -> segment CONTINUOUS
        -> B1 renewed leaves 100
        -> S1 renewed leaves 60
        -> B1 60 @ 101.00 SHB|NON
        -> uncross O 60 @ 101.00
        -> ERIC-B CONTINUOUS
        prices
        -> last 101.00 open 101.00 close none
    """
    assert play(tape, LAST_100) == lines(tape)


ON_OPEN = f"""{BEGIN}
    o1 NON buy 100 @ 99.00 OPG
    o2 NON buy 100 market OPG
    d1 SHB buy 100 @ 98.00
"""


def test_on_open_orders_of_a_book_halted_over_the_opening_are_over_at_the_closing_call() -> None:
    """Their auction never was, and they take part in no other (rules 4.1.4 and 5.4.2)."""
    tape = f"""{ON_OPEN}
        halt ERIC-B
        -> ERIC-B HALT_FROZEN
        at 17:26
        -> segment OPENING_CALL
        -> segment CONTINUOUS
        -> segment CLOSING_CALL
        resume ERIC-B
        -> ERIC-B CLOSING_CALL
        -> o1 100 canceled A
        -> o2 100 canceled A
        s1 CAR sell 100 @ 98.00
        indicative
        -> 98.00 paired 100 imbalance 0 N
    """
    assert play(tape, CLOCK) == lines(tape)


def test_on_open_orders_are_over_when_the_closing_call_takes_over_from_a_resumption() -> None:
    """A resumption's call that never ended was not their auction either."""
    tape = f"""{ON_OPEN}
        halt ERIC-B entry
        -> ERIC-B HALT_OPEN
        at 17:20
        -> segment OPENING_CALL
        -> segment CONTINUOUS
        resume ERIC-B
        at 17:25
        -> segment CLOSING_CALL
        -> ERIC-B CLOSING_CALL
        -> o1 100 canceled A
        -> o2 100 canceled A
        book
        -> buy d1 100 @ 98.00
    """
    assert play(tape, CLOCK) == lines(tape)
