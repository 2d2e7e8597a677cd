"""The operator's hand in the market: trades busted and corrected, orders canceled and restated.

What a report then says of an order: status, leaves, cum, average price. Rule 7.6 of the rule book,
scenario J.1 of FIX's order state matrices. Splits are test_splits, quantity that is given back
test_restores.
"""

from __future__ import annotations

import pytest

from tests.support.market import Rules, lines, play
from tests.support.tape_day import BEGIN, CLOCK, OPEN

LAST_100 = Rules(reference_price="100.00")

FILLED = """
    a NON sell 1000 @ 100.00
    b SHB sell 9000 @ 110.00
    X AVA buy 10000 @ 110.00
    -> a 1000 @ 100.00 AVA|NON
    -> b 9000 @ 110.00 AVA|SHB
"""


def test_rule_7_6_bust_takes_the_trade_back_and_does_not_restore() -> None:
    """CumQty and AvgPx shrink on both sides; what was busted does not work again."""
    tape = f"""{FILLED}
        prices
        -> last 110.00 open 100.00 close none
        bust T2
        -> T2 busted
        -> b CANCELED leaves 0 cum 0
        -> X CANCELED leaves 0 cum 1000 avg 100.00
        book
        prices
        -> last 100.00 open 100.00 close none
    """
    assert play(tape, LAST_100) == lines(tape)


def test_rule_7_6_bust_of_the_only_trade_finds_the_previous_close_again() -> None:
    """Without a trade today the last price is yesterday's."""
    tape = """
        a NON sell 100 @ 101.00
        X AVA buy  100 @ 101.00
        -> a 100 @ 101.00 AVA|NON
        bust T1
        -> T1 busted
        -> a CANCELED leaves 0 cum 0
        -> X CANCELED leaves 0 cum 0
        prices
        -> last 100.00 open 101.00 close none
    """
    assert play(tape, LAST_100) == lines(tape)


def test_rule_7_6_working_order_works_on_with_what_it_had_left() -> None:
    """An order partly filled keeps its leaves and its place."""
    tape = """
        a NON sell 300 @ 100.00
        b SHB sell 300 @ 100.00
        X AVA buy  100 @ 100.00
        -> a 100 @ 100.00 AVA|NON
        bust T1
        -> T1 busted
        -> a NEW leaves 200 cum 0
        -> X CANCELED leaves 0 cum 0
        book
        -> sell a 200 @ 100.00
        -> sell b 300 @ 100.00
        Y AVA buy 250 @ 100.00
        -> a 200 @ 100.00 AVA|NON
        -> b  50 @ 100.00 AVA|SHB
    """
    assert play(tape, LAST_100) == lines(tape)


def test_rule_7_6_stops_are_not_rewound() -> None:
    """A busted trade does not un-trigger, and finding the last price again triggers nobody."""
    tape = """
        S1 SHB sell 50 @ 101.00 stop=101.00
        S2 SHB sell 50 @ 100.00 stop=100.00
        a NON sell 100 @ 102.00
        X AVA buy  100 @ 102.00
        -> a 100 @ 102.00 AVA|NON
        b NON sell 100 @ 101.00
        Y AVA buy  100 @ 101.00
        -> b 100 @ 101.00 AVA|NON
        -> S1 triggered
        bust T2
        -> T2 busted
        -> b CANCELED leaves 0 cum 0
        -> Y CANCELED leaves 0 cum 0
        bust T1
        -> T1 busted
        -> a CANCELED leaves 0 cum 0
        -> X CANCELED leaves 0 cum 0
        book
        -> sell S1 50 @ 101.00
    """
    assert play(tape, LAST_100) == lines(tape)


def test_scenario_j_1_b_canceled_order_stays_canceled() -> None:
    """A bust and a correction of an order that was canceled change what it did, not what it is."""
    tape = """
        a NON sell 5000 @ 50.00
        X AVA buy 10000 @ 50.00
        -> a 5000 @ 50.00 AVA|NON
        b NON sell 4000 @ 50.00
        -> X 4000 @ 50.00 AVA|NON
        cancel X
        -> X 1000 canceled U
        bust T1
        -> T1 busted
        -> a CANCELED leaves 0 cum 0
        -> X CANCELED leaves 0 cum 4000 avg 50.00
        correct T2 4000 @ 51.00
        -> T2 is 4000 @ 51.00
        -> X CANCELED leaves 0 cum 4000 avg 51.00
        -> b FILLED leaves 0 cum 4000 avg 51.00
        book
    """
    assert play(tape) == lines(tape)


@pytest.mark.parametrize("restore", ["", "restore"])
def test_scenario_j_1_b_restore_gives_nothing_back_to_a_canceled_order(restore: str) -> None:
    """Canceled keeps precedence, whatever is asked."""
    tape = f"""
        X AVA buy 10000 @ 50.00
        a NON sell 5000 @ 50.00 IOC
        -> X 5000 @ 50.00 AVA|NON
        cancel X
        -> X 5000 canceled U
        correct T1 4000 @ 50.00 {restore}
        -> T1 is 4000 @ 50.00
        -> X CANCELED leaves 0 cum 4000 avg 50.00
        -> a CANCELED leaves 0 cum 4000 avg 50.00
        book
    """
    assert play(tape) == lines(tape)


def test_correction_of_the_price_changes_the_average_only() -> None:
    """Quantities and statuses stay, the last price follows."""
    tape = f"""{FILLED}
        correct T2 9000 @ 120.00
        -> T2 is 9000 @ 120.00
        -> b FILLED leaves 0 cum 9000 avg 120.00
        -> X FILLED leaves 0 cum 10000 avg 118.00
        prices
        -> last 120.00 open 100.00 close none
    """
    assert play(tape) == lines(tape)


def test_correction_of_the_quantity_takes_back_the_difference() -> None:
    """Without restoring, less was filled and nothing more will be."""
    tape = f"""{FILLED}
        correct T2 8000 @ 110.00
        -> T2 is 8000 @ 110.00
        -> b CANCELED leaves 0 cum 8000 avg 110.00
        -> X CANCELED leaves 0 cum 9000 avg 108.8888
        book
    """
    assert play(tape) == lines(tape)


def test_correction_twice_and_a_bust_after_it() -> None:
    """Each goes by the trade as it stands then."""
    tape = f"""{FILLED}
        correct T2 8000 @ 111.00
        -> T2 is 8000 @ 111.00
        -> b CANCELED leaves 0 cum 8000 avg 111.00
        -> X CANCELED leaves 0 cum 9000 avg 109.7777
        correct T2 7000 @ 112.00
        -> T2 is 7000 @ 112.00
        -> b CANCELED leaves 0 cum 7000 avg 112.00
        -> X CANCELED leaves 0 cum 8000 avg 110.50
        bust T2
        -> T2 busted
        -> b CANCELED leaves 0 cum 0
        -> X CANCELED leaves 0 cum 1000 avg 100.00
    """
    assert play(tape) == lines(tape)


def test_scenario_j_1_a_correct_and_fill_on() -> None:
    """A price is corrected while the order works: the average follows, and the rest trades on."""
    tape = """
        X AVA buy 10000 @ 110.00
        a NON sell 1000 @ 100.00 IOC
        -> X 1000 @ 110.00 AVA|NON
        correct T1 1000 @ 100.00
        -> T1 is 1000 @ 100.00
        -> X PARTIALLY_FILLED leaves 9000 cum 1000 avg 100.00
        -> a FILLED leaves 0 cum 1000 avg 100.00
        b SHB sell 9500 @ 110.00 IOC
        -> X 9000 @ 110.00 AVA|SHB
        -> b 500 canceled I
        status AVA X
        -> X FILLED leaves 0 cum 10000
    """
    assert play(tape) == lines(tape)


def test_replace_counts_what_was_busted_as_gone() -> None:
    """A new total of 150 leaves 50 to an order that lost 100 by a bust."""
    tape = """
        a NON sell 300 @ 100.00
        X AVA buy  100 @ 100.00
        -> a 100 @ 100.00 AVA|NON
        bust T1
        -> T1 busted
        -> a NEW leaves 200 cum 0
        -> X CANCELED leaves 0 cum 0
        replace a as a2 150 @ 100.00
        -> a is now a2 NEW leaves 50 cum 0, keeps its place
    """
    assert play(tape) == lines(tape)


def test_rule_7_6_closing_price_is_found_again_and_the_opening_price_is_not() -> None:
    """The close is that of the trades that stand; the open is what it was when the day began."""
    tape = f"""{BEGIN}{OPEN}
        a NON buy  10 @ 101.00
        b SHB sell 10 @ 101.00
        -> a 10 @ 101.00 NON|SHB
        at 17:25
        -> segment CLOSING_CALL
        -> ERIC-B CLOSING_CALL
        c NON buy  10 @ 103.00
        d SHB sell 10 @ 103.00
        at 17:30
        -> segment POST_TRADE
        -> d 10 @ 103.00 NON|SHB
        -> uncross C 10 @ 103.00
        -> ERIC-B POST_TRADE
        prices
        -> last 103.00 open 101.00 close 103.00
        bust T2
        -> T2 busted
        -> d CANCELED leaves 0 cum 0
        -> c CANCELED leaves 0 cum 0
        prices
        -> last 101.00 open 101.00 close 101.00
        bust T1
        -> T1 busted
        -> a CANCELED leaves 0 cum 0
        -> b CANCELED leaves 0 cum 0
        prices
        -> last 100.00 open 101.00 close 100.00
        at 32:00
        -> segment CLOSED
        -> ERIC-B CLOSED
        -> segment PRE_OPEN
        -> ERIC-B PRE_OPEN
        prices
        -> last 100.00 open none close none
    """
    assert play(tape, CLOCK) == lines(tape)


def test_rule_7_6_bust_after_a_night_belongs_to_the_day_of_its_trade() -> None:
    """The totals of today stay as they are, also where market time stood still over the night."""
    tape = """
        at 09:00
        G1 NON buy 1000 @ 100.00 GTC
        X SHB sell 300 @ 100.00
        -> G1 300 @ 100.00 NON|SHB
        phase CLOSED
        -> segment CLOSED
        -> ERIC-B CLOSED
        phase PRE_OPEN
        -> segment PRE_OPEN
        -> ERIC-B PRE_OPEN
        -> G1 renewed leaves 700
        bust T1
        -> T1 busted
        -> G1 NEW leaves 700 cum 0 today 0
        -> X CANCELED leaves 0 cum 0
    """
    assert play(tape, LAST_100) == lines(tape)


# Unasked changes of orders


def test_scenario_e_1_b_venue_cancels() -> None:
    """The operator cancels what is left of an order, in every state of it."""
    tape = """
        a NON sell 1000 @ 10.00
        X AVA buy   300 @ 10.00
        -> a 300 @ 10.00 AVA|NON
        venue-cancel a
        -> a 700 canceled S
        S1 NON sell 100 stop=9.00
        venue-cancel S1
        -> S1 100 canceled S
        book
    """
    assert play(tape) == lines(tape)


def test_scenario_e_1_d_venue_reduces_and_the_place_is_kept() -> None:
    """Less of it keeps the place in time."""
    tape = """
        a NON sell 1000 @ 10.00
        b SHB sell 1000 @ 10.00
        venue-restate a 600
        -> REDUCED a NEW leaves 600 cum 0
        book
        -> sell a  600 @ 10.00
        -> sell b 1000 @ 10.00
    """
    assert play(tape) == lines(tape)


def test_scenario_e_1_c_venue_reprices_and_the_order_comes_in_again() -> None:
    """Another price is another place in time, and may trade."""
    tape = """
        b SHB buy 100 @ 9.90
        a NON sell 300 @ 10.00
        venue-restate a 300 @ 9.90
        -> CHANGED a NEW leaves 300 cum 0
        -> b 100 @ 9.90 SHB|NON
        book
        -> sell a 200 @ 9.90
    """
    assert play(tape) == lines(tape)


def test_restated_reserve_order_that_goes_last_shows_a_whole_slice() -> None:
    """The operator moves its price: it stands there like an order that has just come in."""
    tape = """
        R1 NON sell 1000 @ 10.00 floor=200
        b1 AVA buy 150 @ 10.00
        -> R1 150 @ 10.00 AVA|NON
        venue-restate R1 1000 @ 10.05
        -> CHANGED R1 PARTIALLY_FILLED leaves 850 cum 150
        book
        -> sell R1 850 @ 10.05 shows 200
    """
    assert play(tape) == lines(tape)
