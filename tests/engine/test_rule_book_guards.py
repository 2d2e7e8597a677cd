"""Volatility guards: what stops continuous trading, and how it goes on (rule 6.4)."""

from __future__ import annotations

import pytest

from tests.support.market import Rules, lines, play
from tests.support.tape_day import BEGIN, CLOCK, OPEN

GUARDED = Rules(reference_price="100.00", more={"guard_dynamic": 3, "guard_static": 10})

EX_6_4 = """
    o1 CAR buy  10 @ 98.00
    o2 CAR sell 10 @ 98.00
    -> o1 10 @ 98.00 CAR|CAR
    o3 CAR buy  10 @ 100.00
    o4 CAR sell 10 @ 100.00
    -> o3 10 @ 100.00 CAR|CAR
    seed 1
"""


def test_ex_6_4_a_fill_outside_does_not_happen_and_an_auction_begins() -> None:
    """102.9 trades, 103.5 would be 3.5 % away: one minute of call, the rest stands in it."""
    tape = f"""{EX_6_4}
        a1 NON sell 200 @ 102.90
        a2 NON sell 400 @ 103.50
        X SHB buy 500 @ 104.00
        -> a1 200 @ 102.90 SHB|NON
        -> ERIC-B VOLATILITY_AUCTION
        book
        -> buy X 300 @ 104.00
        -> sell a2 400 @ 103.50
        at 59
        at 65
        -> a2 300 @ 103.50 SHB|NON
        -> uncross V 300 @ 103.50
        -> ERIC-B CONTINUOUS
    """
    assert play(tape, GUARDED) == lines(tape)


def test_ex_6_4_bounds_are_inclusive() -> None:
    """Exactly 3 % away is inside."""
    tape = f"""{EX_6_4}
        a1 NON sell 200 @ 103.00
        X SHB buy 200 @ 104.00
        -> a1 200 @ 103.00 SHB|NON
    """
    assert play(tape, GUARDED) == lines(tape)


@pytest.mark.parametrize("how", ["IOC", "market"])
def test_rule_6_4_5_rest_of_an_order_that_never_rests_is_canceled(how: str) -> None:
    """The guard stops it, the call begins, and it is not in it."""
    at = "market" if how == "market" else "@ 104.00 IOC"
    tape = f"""{EX_6_4}
        a2 NON sell 400 @ 103.50
        X SHB buy 500 {at}
        -> X 500 canceled I
        -> ERIC-B VOLATILITY_AUCTION
        book
        -> sell a2 400 @ 103.50
    """
    assert play(tape, GUARDED) == lines(tape)


def test_rule_6_4_5_best_level_market_order_does_not_reach_the_second_level() -> None:
    """It takes the best level, inside the bounds; what lies outside was never its matter."""
    tape = f"""{EX_6_4}
        a1 NON sell 200 @ 102.90
        a2 NON sell 400 @ 103.50
        X SHB buy 500 market
        -> a1 200 @ 102.90 SHB|NON
        -> X 300 canceled I
        book
        -> sell a2 400 @ 103.50
    """
    assert play(tape, GUARDED) == lines(tape)


def test_rule_6_4_5_dynamic_reference_is_frozen_while_an_order_walks() -> None:
    """Each of its fills is measured from the last price before it came, not from its own."""
    tape = f"""{EX_6_4}
        a1 NON sell 100 @ 102.00
        a2 NON sell 100 @ 103.00
        a3 NON sell 100 @ 103.01
        X SHB buy 300 @ 104.00
        -> a1 100 @ 102.00 SHB|NON
        -> a2 100 @ 103.00 SHB|NON
        -> ERIC-B VOLATILITY_AUCTION
    """
    assert play(tape, GUARDED) == lines(tape)


def test_rule_6_4_1_static_guard_measures_from_the_open() -> None:
    """Small steps pass the dynamic guard; 10 % from the day's opening price is the end: 180 s."""
    steps = ""
    for number, at in enumerate(("102.00", "104.00", "106.00", "107.80"), start=1):
        steps += f"""
        s{number} NON sell 10 @ {at}
        b{number} SHB buy  10 @ {at}
        -> s{number} 10 @ {at} SHB|NON
        """
    tape = f"""{EX_6_4}{steps}
        s9 NON sell 10 @ 107.81
        b9 SHB buy  10 @ 107.81
        -> ERIC-B VOLATILITY_AUCTION
        at 179
        at 185
        -> s9 10 @ 107.81 SHB|NON
        -> uncross V 10 @ 107.81
        -> ERIC-B CONTINUOUS
    """
    assert play(tape, GUARDED) == lines(tape)


def test_rule_6_4_5_after_the_auction_both_references_are_its_price() -> None:
    """From 103.50 on, 3 % is 106.60 and 10 % is 113.85."""
    tape = f"""{EX_6_4}
        a2 NON sell 400 @ 103.50
        X SHB buy 400 @ 104.00
        -> ERIC-B VOLATILITY_AUCTION
        at 65
        -> a2 400 @ 103.50 SHB|NON
        -> uncross V 400 @ 103.50
        -> ERIC-B CONTINUOUS
        a3 NON sell 10 @ 106.60
        b3 SHB buy  10 @ 106.60
        -> a3 10 @ 106.60 SHB|NON
        a4 NON sell 10 @ 109.79
        b4 SHB buy  10 @ 109.79
        -> a4 10 @ 109.79 SHB|NON
        a5 NON sell 10 @ 113.00
        b5 SHB buy  10 @ 113.00
        -> a5 10 @ 113.00 SHB|NON
        a6 NON sell 10 @ 113.86
        b6 SHB buy  10 @ 113.86
        -> ERIC-B VOLATILITY_AUCTION
    """
    assert play(tape, GUARDED) == lines(tape)


def test_rule_6_4_5_no_guard_before_the_first_price_of_the_day() -> None:
    """The first trade may be anywhere."""
    tape = """
        a1 NON sell 10 @ 150.00
        b1 SHB buy  10 @ 150.00
        -> a1 10 @ 150.00 SHB|NON
    """
    assert play(tape, GUARDED) == lines(tape)


def test_rule_6_4_fill_or_kill_outside_the_guard_changes_nothing() -> None:
    """Not all of it can trade now: it is killed, and no auction begins (rule 2.3.3)."""
    tape = f"""{EX_6_4}
        a1 NON sell 200 @ 102.90
        a2 NON sell 400 @ 103.50
        X SHB buy 500 @ 104.00 FOK
        -> X 500 canceled I
        book
        -> sell a1 200 @ 102.90
        -> sell a2 400 @ 103.50
    """
    assert play(tape, GUARDED) == lines(tape)


def test_rule_6_4_a_fill_that_would_not_happen_stops_nobody() -> None:
    """Outside the bounds stands only a minimum that the order does not meet: it simply rests."""
    tape = f"""{EX_6_4}
        h1 NON sell 4000 @ 103.50 hidden min=2000
        X SHB buy 500 @ 104.00
        book
        -> buy X 500 @ 104.00
        -> sell h1 4000 @ 103.50
    """
    assert play(tape, GUARDED) == lines(tape)


def test_rule_6_4_continuous_trading_stops_for_stops_too() -> None:
    """Stops that the last fill has triggered come into the auction; nothing trades before it."""
    tape = f"""{EX_6_4}
        S1 CAR buy 100 @ 103.60 stop=102.90
        a1 NON sell 200 @ 102.90
        a2 NON sell 400 @ 103.50
        X SHB buy 500 @ 104.00
        -> a1 200 @ 102.90 SHB|NON
        -> ERIC-B VOLATILITY_AUCTION
        -> S1 triggered
        book
        -> buy X  300 @ 104.00
        -> buy S1 100 @ 103.60
        -> sell a2 400 @ 103.50
    """
    assert play(tape, GUARDED) == lines(tape)


def test_rule_6_4_continuous_trading_stops_for_pegs_too() -> None:
    """Pegs do not follow the quotes of a book that a guard has just stopped; they wait."""
    tape = f"""{EX_6_4}
        b1 CAR buy  200 @ 102.00
        a1 NON sell 200 @ 102.90
        a2 NON sell 400 @ 103.50
        P1 ENS sell 100 peg=mid cap=103.00
        X SHB buy 500 @ 104.00
        -> a1 200 @ 102.90 SHB|NON
        -> P1 100 @ 103.00 SHB|ENS
        -> ERIC-B VOLATILITY_AUCTION
        book
        -> buy X  200 @ 104.00
        -> buy b1 200 @ 102.00
        -> sell a2 400 @ 103.50
    """
    assert play(tape, GUARDED) == lines(tape)


def test_rule_6_4_no_peg_trades_once_a_guard_has_stopped_the_book() -> None:
    """With the rest in the book it looks crossed; a peg must not be priced from that."""
    tape = f"""{EX_6_4}
        P1 ENS sell 100 peg=mid
        a1 NON sell 200 @ 102.90
        a2 NON sell 400 @ 103.50
        X SHB buy 500 @ 104.00
        -> a1 200 @ 102.90 SHB|NON
        -> ERIC-B VOLATILITY_AUCTION
        book
        -> buy X  300 @ 104.00
        -> sell a2 400 @ 103.50
    """
    assert play(tape, GUARDED) == lines(tape)


@pytest.mark.parametrize("how", ["@ 99.00", "@ 99.00 IOC", "market"])
def test_rule_6_4_1_a_trade_too_far_on_the_other_side_stops_trading_too(how: str) -> None:
    """A seller who meets a bid 3.5 % above the last price would trade too far from it, though he
    asked for less.
    """
    stays = "-> sell X 100 @ 99.00" if how == "@ 99.00" else ""
    goes = "" if stays else "-> X 100 canceled I"
    tape = f"""{EX_6_4}
        b1 NON buy  100 @ 103.50
        X  SHB sell 100 {how}
        {goes}
        -> ERIC-B VOLATILITY_AUCTION
        book
        -> buy b1 100 @ 103.50
        {stays}
    """
    assert play(tape, GUARDED) == lines(tape)


def test_rule_6_4_own_order_that_is_canceled_is_no_trade_outside() -> None:
    """The market order's level was its own member's; the next one, inside, is not its matter."""
    tape = f"""{EX_6_4}
        a1 SHB sell 100 @ 101.00
        a2 NON sell 100 @ 102.00
        X SHB buy 100 market self-match=passive
        -> a1 100 canceled Q
        -> X 100 canceled I
        book
        -> sell a2 100 @ 102.00
    """
    assert play(tape, GUARDED) == lines(tape)


OWN_OUTSIDE = {
    "passive": "-> a1 100 canceled Q\n book\n -> buy X 100 @ 105.00",
    "aggressive": "-> X 100 canceled Q\n book\n -> sell a1 100 @ 104.00",
    "both": "-> a1 100 canceled Q\n -> X 100 canceled Q\n book",
}


@pytest.mark.parametrize("action", OWN_OUTSIDE)
def test_rule_6_4_own_order_outside_the_guard_is_prevented_and_stops_nobody(action: str) -> None:
    """No trade would come next, so no guard trips; and the two do not stay crossed (rule 2.8)."""
    tape = f"""{EX_6_4}
        a1 SHB sell 100 @ 104.00
        X SHB buy 100 @ 105.00 self-match={action}
        {OWN_OUTSIDE[action]}
    """
    assert play(tape, GUARDED) == lines(tape)


def test_rule_7_6_guards_are_not_rewound_by_a_bust() -> None:
    """The static guard measures from the first price of the day, though that trade is gone; and an
    auction that a busted trade has caused goes on.
    """
    tape = f"""{EX_6_4}
        bust T1
        -> T1 busted
        -> o1 CANCELED leaves 0 cum 0
        -> o2 CANCELED leaves 0 cum 0
        a1 NON sell 10 @ 107.80
        b1 SHB buy  10 @ 107.80
        -> a1 10 @ 107.80 SHB|NON
        a2 NON sell 10 @ 107.81
        b2 SHB buy  10 @ 107.81
        -> ERIC-B VOLATILITY_AUCTION
        bust T3
        -> T3 busted
        -> a1 CANCELED leaves 0 cum 0
        -> b1 CANCELED leaves 0 cum 0
        prices
        -> last 100.00 open 98.00 close none
        at 179
        at 185
        -> a2 10 @ 107.81 SHB|NON
        -> uncross V 10 @ 107.81
        -> ERIC-B CONTINUOUS
    """
    assert play(tape, GUARDED._replace(more={"guard_static": 10})) == lines(tape)


def test_ex_6_5_volatility_auction_ends_before_the_closing_call() -> None:
    """An auction begun at 17:24:40 uncrosses at 17:25, and the closing call begins at once."""
    tape = f"""{BEGIN}{OPEN}
        at 17:24:40
        {EX_6_4.replace("seed 1", "")}
        a2 NON sell 400 @ 103.50
        X SHB buy 300 @ 104.00
        -> ERIC-B VOLATILITY_AUCTION
        at 17:24:59
        at 17:25
        -> segment CLOSING_CALL
        -> a2 300 @ 103.50 SHB|NON
        -> uncross V 300 @ 103.50
        -> ERIC-B CLOSING_CALL
        at 17:26
        book
        -> sell a2 100 @ 103.50
    """
    rules = CLOCK._replace(more=GUARDED.more)
    assert play(tape, rules) == lines(tape)
