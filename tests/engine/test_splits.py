"""Splits: orders, prices and what was executed follow the shares (scenario H.1)."""

from __future__ import annotations

from engine.commands import ChangePhase, SplitShares
from engine.events import OrderRestated
from tests.support.market import SECOND, Rules, Venue, enter, lines, play

LAST_100 = Rules(reference_price="100.00")


def test_scenario_h_1_b_split_of_a_good_till_canceled_order() -> None:
    """10000 with 2000 done at 50, two for one: 20000, 4000 done at 25, 16000 left."""
    tape = """
        G AVA buy 10000 @ 50.00 GTC
        a NON sell 2000 @ 50.00
        -> G 2000 @ 50.00 AVA|NON
        phase CLOSED
        -> segment CLOSED
        -> ERIC-B CLOSED
        split ERIC-B 2 1
        -> SPLIT qty 20000 G PARTIALLY_FILLED leaves 16000 cum 4000 avg 25.00
        book
        -> buy G 16000 @ 25.00
        phase CONTINUOUS
        -> segment CONTINUOUS
        -> G renewed leaves 16000
        -> uncross O nothing
        -> ERIC-B CONTINUOUS
        b NON sell 5000 @ 25.00
        -> G 5000 @ 25.00 AVA|NON
        c NON sell 11000 @ 25.00
        -> G 11000 @ 25.00 AVA|NON
        status AVA G
        -> G FILLED leaves 0 cum 20000
    """
    assert play(tape) == lines(tape)


def test_split_keeps_everybody_in_the_order_of_time() -> None:
    """After the split the level trades as before it."""
    tape = """
        b1 NON buy 100 @ 100.00 GTC
        b2 SHB buy 100 @ 100.00 GTC
        b3 ENS buy 100 @  50.00 GTC
        phase CLOSED
        -> segment CLOSED
        -> ERIC-B CLOSED
        split ERIC-B 2 1
        -> SPLIT qty 200 b1 NEW leaves 200 cum 0
        -> SPLIT qty 200 b2 NEW leaves 200 cum 0
        -> SPLIT qty 200 b3 NEW leaves 200 cum 0
        book
        -> buy b1 200 @ 50.00
        -> buy b2 200 @ 50.00
        -> buy b3 200 @ 25.00
    """
    assert play(tape) == lines(tape)


def test_split_while_trading_matches_nobody() -> None:
    """Both sides fall together: what did not cross before does not cross after."""
    tape = """
        s1 NON sell 100 @ 101.00
        b1 SHB buy  100 @ 99.00
        s2 NON sell 100 @ 102.00
        split ERIC-B 2 1
        -> SPLIT qty 200 s1 NEW leaves 200 cum 0
        -> SPLIT qty 200 b1 NEW leaves 200 cum 0
        -> SPLIT qty 200 s2 NEW leaves 200 cum 0
        book
        -> buy b1 200 @ 49.50
        -> sell s1 200 @ 50.50
        -> sell s2 200 @ 51.00
    """
    assert play(tape) == lines(tape)


def test_split_moves_triggers_slices_and_minimums() -> None:
    """What is said in shares grows, what is said in prices falls."""
    tape = """
        S1 NON sell 100 stop=99.00
        S2 NON sell 100 trail=2.00
        R1 SHB sell 1000 @ 101.00 floor=200
        H1 SHB sell 1000 @ 102.00 hidden min=200
        split ERIC-B 2 1
        -> SPLIT qty 200 S1 NEW leaves 200 cum 0
        -> SPLIT qty 200 S2 NEW leaves 200 cum 0
        -> SPLIT qty 2000 R1 NEW leaves 2000 cum 0
        -> SPLIT qty 2000 H1 NEW leaves 2000 cum 0
        book
        -> sell R1 2000 @ 50.50 shows 400
        -> sell H1 2000 @ 51.00
        a SHB sell 10 @ 50.00
        b ENS buy  10 @ 50.00
        -> a 10 @ 50.00 ENS|SHB
        c SHB sell 10 @ 49.50
        d ENS buy  10 @ 49.50
        -> c 10 @ 49.50 ENS|SHB
        -> S1 triggered
        -> S1 200 canceled I
    """
    assert play(tape, LAST_100) == lines(tape)


def test_split_never_makes_a_limit_a_market_order() -> None:
    """A buy whose price would fall below a tick cannot go on: it is canceled."""
    tape = """
        s1 NON sell 100 @ 100.00
        b1 SHB buy  100 @ 0.01
        split ERIC-B 10 1
        -> SPLIT qty 1000 s1 NEW leaves 1000 cum 0
        -> b1 100 canceled S
        book
        -> sell s1 1000 @ 10.00
    """
    assert play(tape) == lines(tape)


def test_reverse_split_that_leaves_nothing_is_not_a_fill() -> None:
    """5 old shares are not one new share: the order is over, and nothing of it was filled."""
    tape = """
        b1 SHB buy 5 @ 1.00
        split ERIC-B 1 10
        -> b1 5 canceled S
        book
    """
    assert play(tape) == lines(tape)


def test_reverse_split_of_less_than_a_share_executed() -> None:
    """3 of 500 done are nothing of 50: the order is as if new."""
    tape = """
        b1 SHB buy 500 @ 1.00
        s1 NON sell  3 @ 1.00
        -> b1 3 @ 1.00 SHB|NON
        split ERIC-B 1 10
        -> SPLIT qty 50 b1 NEW leaves 50 cum 0
    """
    assert play(tape) == lines(tape)


def test_reverse_split_of_less_than_a_share_executed_on_an_earlier_day() -> None:
    """Nothing is left of it in the totals of the day either, neither shares nor money."""
    venue = Venue()
    tape = "b1 SHB buy 500 @ 1.00 GTC \n s1 NON sell 3 @ 1.00"
    venue.apply_all(*map(enter, lines(tape)))
    venue.at = SECOND
    venue.apply_all(ChangePhase("STO", "CLOSED"), ChangePhase("STO", "CONTINUOUS"))
    (event,) = venue.apply(SplitShares("ERIC-B", 1, 10))
    assert isinstance(event, OrderRestated)
    state, standing = event.order, event.order.standing
    assert standing is not None
    assert (state.cum_qty, state.notional) == (0, 0)
    assert (standing.day_cum_qty, standing.day_notional) == (0, 0)


def test_split_lets_nobody_meet_who_stood_against_each_other_before() -> None:
    """A minimum that the auction left out locks the book; after the split it does so still."""
    tape = """
        h1 NON sell 100 @ 100.00 hidden min=80
        b1 SHB buy   80 @ 100.00
        phase CONTINUOUS
        -> segment CONTINUOUS
        -> uncross O nothing
        -> ERIC-B CONTINUOUS
        split ERIC-B 2 1
        -> SPLIT qty 200 h1 NEW leaves 200 cum 0
        -> SPLIT qty 160 b1 NEW leaves 160 cum 0
        book
        -> buy b1 160 @ 50.00
        -> sell h1 200 @ 50.00
    """
    assert play(tape, LAST_100._replace(phase="OPENING_CALL")) == lines(tape)


def test_split_moves_pegs_with_the_quotes_they_follow() -> None:
    """Offsets in price fall in the ratio, those in ticks stay."""
    tape = """
        b1 NON buy  100 @ 99.00
        a1 NON sell 100 @ 101.00
        P1 ENS buy 100 peg=primary offset=-0.10
        P2 ENS buy 100 peg=primary ticks=-2
        split ERIC-B 2 1
        -> SPLIT qty 200 b1 NEW leaves 200 cum 0
        -> SPLIT qty 200 a1 NEW leaves 200 cum 0
        -> SPLIT qty 200 P1 NEW leaves 200 cum 0
        -> SPLIT qty 200 P2 NEW leaves 200 cum 0
        -> P1 pegged to 49.45
        -> P2 pegged to 49.48
        book
        -> buy b1 200 @ 49.50
        -> buy P2 200 @ 49.48
        -> buy P1 200 @ 49.45
        -> sell a1 200 @ 50.50
    """
    assert play(tape, LAST_100) == lines(tape)


def test_split_does_not_price_pegs_from_a_book_that_is_not_complete() -> None:
    """A peg older than the best offer stands where that offer says, not where an older one said."""
    tape = """
        a1 NON sell 100 @ 105.00
        a0 NON sell 100 @ 101.00
        P1 ENS buy  100 peg=market offset=-1.00
        a2 SHB sell 100 @ 101.00
        cancel a0
        -> a0 100 canceled U
        split ERIC-B 2 1
        book
        -> buy P1 200 @ 50.00
        -> sell a2 200 @ 50.50
        -> sell a1 200 @ 52.50
    """
    told = play(tape, LAST_100)
    split = told.index("split ERIC-B 2 1")
    assert not [line for line in told[split:] if "ENS|SHB" in line]
    assert told[-4:] == lines(tape)[-4:]


def test_split_last_price_follows() -> None:
    """The last price and the reference fall in the ratio."""
    tape = """
        a NON sell 10 @ 100.00
        b SHB buy  10 @ 100.00
        -> a 10 @ 100.00 SHB|NON
        split ERIC-B 4 1
        prices
        -> last 25.00 open 25.00 close none
    """
    assert play(tape, LAST_100) == lines(tape)
