"""What takes part in a call and what remains of it: on-auction orders, remainders (4.1 and 4.6)."""

from __future__ import annotations

import pytest

from tests.support.market import Rules, lines, play


def _call(phase: str = "OPENING_CALL", **more: object) -> Rules:
    reference = str(more.pop("reference", "100.00"))
    return Rules(reference_price=reference, phase=phase, more=more)


CALLS = [
    ("OPENING_CALL", "O"),
    ("VOLATILITY_AUCTION", "V"),
    ("SCHEDULED_AUCTION", "I"),
    ("CLOSING_CALL", "C"),
    ("HALT_OPEN", "H"),
]


@pytest.mark.parametrize(("phase", "cross"), CALLS)
def test_rule_4_6_2_no_equilibrium_the_book_opens(phase: str, cross: str) -> None:
    """Nothing crosses: no trade, orders stay, those for the auction only go."""
    tape = f"""
        b1 NON buy  100 @ 99.00
        b2 NON buy  100 @ 98.00 IOC
        b3 NON buy  100 @ 97.00 GFA
        s1 SHB sell 100 @ 100.00 GTC
        indicative
        -> no price O bid 100 @ 99.00 ask 100 @ 100.00
        phase CONTINUOUS
        -> segment CONTINUOUS
        -> uncross {cross} nothing
        -> ERIC-B CONTINUOUS
        -> b2 100 canceled A
        -> b3 100 canceled A
        book
        -> buy b1 100 @ 99.00
        -> sell s1 100 @ 100.00
        prices
        -> last 100.00 open none close none
    """
    assert play(tape, _call(phase)) == lines(tape)


@pytest.mark.parametrize(("phase", "cross"), CALLS)
def test_rule_4_6_1_what_remains_after_an_uncross(phase: str, cross: str) -> None:
    """Limits of Day, GTC and GTD go on with their time; everything else is over."""
    tape = f"""
        m1 ENS buy  300 market
        i1 ENS buy  100 @ 100.00 IOC
        g1 ENS buy  100 @ 100.00 GFA
        d1 AVA buy  100 @ 100.00
        c1 NON buy  100 @ 100.00 GTC
        t1 SHB buy  100 @ 100.00 GTD=1000
        s1 CAR sell 450 @ 100.00
        phase CONTINUOUS
        -> segment CONTINUOUS
        -> m1 300 @ 100.00 ENS|CAR
        -> i1 100 @ 100.00 ENS|CAR
        -> g1  50 @ 100.00 ENS|CAR
        -> uncross {cross} 450 @ 100.00
        -> ERIC-B CONTINUOUS
        -> g1 50 canceled A
        book
        -> buy d1 100 @ 100.00
        -> buy c1 100 @ 100.00
        -> buy t1 100 @ 100.00
    """
    assert play(tape, _call(phase)) == lines(tape)


def test_rule_4_6_1_market_remainder_is_canceled() -> None:
    """A market order that finds too little is over with the call."""
    tape = """
        m1 ENS buy  300 market
        m2 AVA buy  300 market IOC
        s1 CAR sell 400 @ 99.00
        phase CONTINUOUS
        -> segment CONTINUOUS
        -> m1 300 @ 99.00 ENS|CAR
        -> m2 100 @ 99.00 AVA|CAR
        -> uncross O 400 @ 99.00
        -> ERIC-B CONTINUOUS
        -> m2 200 canceled A
        book
    """
    assert play(tape, _call()) == lines(tape)


def test_rule_4_6_1_time_is_kept_for_continuous_trading() -> None:
    """Orders go on with the place in time they had in the call."""
    tape = """
        b1 NON buy 100 @ 100.00
        b2 SHB buy 100 @ 100.00
        s1 CAR sell 50 @ 100.00
        phase CONTINUOUS
        -> segment CONTINUOUS
        -> b1 50 @ 100.00 NON|CAR
        -> uncross O 50 @ 100.00
        -> ERIC-B CONTINUOUS
        b3 NON buy 100 @ 100.00
        X CAR sell 200 @ 100.00
        -> b1  50 @ 100.00 NON|CAR
        -> b2 100 @ 100.00 SHB|CAR
        -> b3  50 @ 100.00 NON|CAR
    """
    assert play(tape, _call()) == lines(tape)


def test_rule_4_5_2_reserve_order_counts_whole_and_shows_a_fresh_slice() -> None:
    """In a call there are no slices; afterwards a full one is shown (rules 2.6.5 and 4.6.1)."""
    tape = """
        R1 NON sell 1000 @ 100.00 floor=200
        s2 SHB sell  300 @ 100.00
        b1 CAR buy   900 @ 100.00
        indicative
        -> 100.00 paired 900 imbalance 400 S
        phase CONTINUOUS
        -> segment CONTINUOUS
        -> R1 900 @ 100.00 CAR|NON
        -> uncross O 900 @ 100.00
        -> ERIC-B CONTINUOUS
        book
        -> sell R1 100 @ 100.00 shows 100
        -> sell s2 300 @ 100.00
    """
    assert play(tape, _call()) == lines(tape)


def test_rule_4_3_1_minimum_takes_no_part() -> None:
    """A hidden order with a minimum is left out of a call, one with a minimum of 1 is not."""
    tape = """
        H1 NON sell 500 @ 99.00 hidden min=2
        H2 SHB sell 100 @ 99.50 hidden min=1
        b1 CAR buy  300 @ 100.00
        indicative
        -> 100.00 paired 100 imbalance 200 B
        phase CONTINUOUS
        -> segment CONTINUOUS
        -> b1 100 @ 100.00 CAR|SHB
        -> uncross O 100 @ 100.00
        -> ERIC-B CONTINUOUS
    """
    assert play(tape, _call()) == lines(tape)


def test_rule_4_1_4_on_open_orders_are_for_the_opening_only() -> None:
    """They take part in the opening, and the rest of them is canceled after it."""
    tape = """
        o1 NON buy 100 @ 100.00 OPG
        o2 NON buy 100 market OPG
        s1 SHB sell 150 @ 99.00
        phase OPENING_CALL
        -> segment OPENING_CALL
        -> ERIC-B OPENING_CALL
        phase CONTINUOUS
        -> segment CONTINUOUS
        -> o2 100 @ 100.00 NON|SHB
        -> o1  50 @ 100.00 NON|SHB
        -> uncross O 150 @ 100.00
        -> ERIC-B CONTINUOUS
        -> o1 50 canceled A
        o3 NON buy 100 @ 100.00 OPG
        -> rejected PHASE_FORBIDS_ORDER_TYPE
    """
    assert play(tape, _call("PRE_OPEN")) == lines(tape)


def test_rule_4_1_4_on_close_orders_sleep_until_the_closing_call() -> None:
    """Entered in the morning, they are in no book and meet nobody before the closing call."""
    tape = """
        c1 NON buy 100 @ 100.00 CLO
        c2 NON buy 100 market CLO
        s1 SHB sell 50 @ 99.00
        book
        -> sell s1 50 @ 99.00
        phase CONTINUOUS
        -> segment CONTINUOUS
        -> uncross O nothing
        -> ERIC-B CONTINUOUS
        X ENS sell 10 market
        -> X 10 canceled I
        book
        -> sell s1 50 @ 99.00
        phase CLOSING_CALL
        -> segment CLOSING_CALL
        -> ERIC-B CLOSING_CALL
        indicative
        -> 100.00 paired 50 imbalance 150 B
        phase POST_TRADE
        -> segment POST_TRADE
        -> c2 50 @ 100.00 NON|SHB
        -> uncross C 50 @ 100.00
        -> ERIC-B POST_TRADE
        -> c1 100 canceled A
        -> c2  50 canceled A
        prices
        -> last 100.00 open 100.00 close 100.00
    """
    assert play(tape, _call()) == lines(tape)


def test_rule_4_1_4_on_close_orders_have_their_place_in_time_beside_others() -> None:
    """An on-close order shares a level with orders that came while it slept."""
    tape = """
        c1 NON buy 100 @ 100.00 CLO
        d1 SHB buy 100 @ 100.00
        phase CLOSING_CALL
        -> segment CLOSING_CALL
        -> ERIC-B CLOSING_CALL
        d2 ENS buy 100 @ 100.00
        s1 CAR sell 300 @ 100.00
        indicative
        -> 100.00 paired 300 imbalance 0 N
    """
    assert play(tape, _call("CONTINUOUS")) == lines(tape)


def test_good_for_auction_sleeps_in_continuous_trading_and_wakes_in_the_next_call() -> None:
    """It is in no book before the next call, whichever that is, and is over after it (1.3)."""
    tape = """
        g1 NON buy 100 @ 100.00 GFA
        X SHB sell 10 @ 100.00 IOC
        -> X 10 canceled I
        phase SCHEDULED_AUCTION
        -> segment SCHEDULED_AUCTION
        -> ERIC-B SCHEDULED_AUCTION
        s1 SHB sell 30 @ 100.00
        phase CONTINUOUS
        -> segment CONTINUOUS
        -> g1 30 @ 100.00 NON|SHB
        -> uncross I 30 @ 100.00
        -> ERIC-B CONTINUOUS
        -> g1 70 canceled A
    """
    told = play(tape, _call("CONTINUOUS"))
    assert [line.replace("s1 30", "g1 30") for line in told] == lines(tape)


def test_good_for_auction_wakes_beside_later_orders() -> None:
    """A woken order shares a level with an order that came while it slept."""
    tape = """
        g1 NON buy 100 @ 100.00 GFA
        d1 SHB buy 100 @ 100.00
        phase SCHEDULED_AUCTION
        -> segment SCHEDULED_AUCTION
        -> ERIC-B SCHEDULED_AUCTION
        s1 CAR sell 200 @ 100.00
        indicative
        -> 100.00 paired 200 imbalance 0 N
    """
    assert play(tape, _call("CONTINUOUS")) == lines(tape)


def test_good_for_auction_order_is_canceled_by_the_no_price_uncross() -> None:
    """The next uncross ends it, also when nothing trades (rule 1.3)."""
    tape = """
        g1 NON buy 100 @ 100.00 GFA
        phase CONTINUOUS
        -> segment CONTINUOUS
        -> uncross O nothing
        -> ERIC-B CONTINUOUS
        -> g1 100 canceled A
    """
    assert play(tape, _call()) == lines(tape)


def test_rule_4_6_3_after_the_closing_uncross_day_orders_expire() -> None:
    """Nothing matches any more, and only GTC and GTD stay."""
    tape = """
        d1 NON buy 100 @ 100.00
        c1 NON buy 100 @ 100.00 GTC
        t1 NON buy 100 @ 100.00 GTD=100000
        s1 SHB sell 50 @ 100.00
        i1 SHB buy 50 @ 99.00 IOC
        phase POST_TRADE
        -> segment POST_TRADE
        -> d1 50 @ 100.00 NON|SHB
        -> uncross C 50 @ 100.00
        -> ERIC-B POST_TRADE
        -> i1 50 canceled A
        -> d1 50 expired
        book
        -> buy c1 100 @ 100.00
        -> buy t1 100 @ 100.00
        prices
        -> last 100.00 open 100.00 close 100.00
        X SHB sell 50 @ 100.00
        -> rejected PHASE_FORBIDS_ENTRY
    """
    told = play(tape, _call("CLOSING_CALL"))
    assert [line.replace("s1 50 @", "d1 50 @") for line in told] == lines(tape)
