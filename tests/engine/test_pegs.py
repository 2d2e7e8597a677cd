"""Orders that follow quotes, and post-only orders, which look at them (rule 1.2).

Guards that stop trading under them are in test_rule_book_guards.
"""

from __future__ import annotations

import pytest

from tests.support.market import Rules, lines, play

LAST_100 = Rules(reference_price="100.00")

QUOTES = """
    b1 NON buy  100 @  99.00
    a1 NON sell 100 @ 101.00
"""

PEGS = """
    primary               buy   99.00
    primary               sell 101.00
    mid                   buy  100.00
    mid                   sell 100.00
    primary offset=-0.10  buy   98.90
    primary offset=-0.10  sell 100.90
    primary offset=0.10   buy   99.10
    primary offset=0.10   sell 101.10
    primary ticks=-3      buy   98.97
    primary ticks=3       sell 101.03
    primary ticks=3       buy   99.03
    market  offset=-0.10  buy  100.90
    market  offset=0.10   sell  99.10
    market  ticks=-1      buy  100.99
    market  ticks=1       sell  99.01
    mid     offset=-0.50  buy   99.50
    mid     offset=0.50   sell 100.50
    mid     ticks=-1      buy   99.99
    primary cap=98.50     buy   98.50
    primary cap=99.50     buy   99.00
    primary cap=101.50    sell 101.50
    primary cap=100.50    sell 101.00
    mid     cap=99.70     buy   99.70
    mid     cap=100.20    sell 100.20
    market  cap=100.50    buy  100.50
    market  cap=99.50     sell  99.50
    primary cap=99.00 offset=0.50 buy 99.00
"""


@pytest.mark.parametrize("case", lines(PEGS))
def test_where_a_peg_stands(case: str) -> None:
    """Between 99.00 and 101.00: own side, other side or middle, the offset added, then the cap."""
    peg, *options, side, at = case.split()
    told = play(
        f"""{QUOTES}
        P ENS {side} 100 peg={peg} {" ".join(options)}
        book
    """
    )
    assert f"-> {side} P 100 @ {at}" in told


def test_market_peg_without_offset_trades_at_once() -> None:
    """It stands at the other side's best price, so it takes it."""
    tape = f"""{QUOTES}
        P ENS buy 150 peg=market
        -> a1 100 @ 101.00 ENS|NON
    """
    assert play(tape)[: len(lines(tape))] == lines(tape)


def test_mid_of_an_odd_spread_lies_between_two_ticks() -> None:
    """99.00 and 100.01: 99.505 for both sides."""
    tape = """
        b1 NON buy  100 @  99.00
        a1 NON sell 100 @ 100.01
        P ENS buy 100 peg=mid
        Q SHB sell 40 peg=mid
        -> P 40 @ 99.505 ENS|SHB
    """
    assert play(tape) == lines(tape)


def test_two_mid_pegs_meet_at_the_middle() -> None:
    """The second is the incoming one."""
    tape = f"""{QUOTES}
        P ENS buy 100 peg=mid
        Q SHB sell 150 peg=mid
        -> P 100 @ 100.00 ENS|SHB
        book
        -> buy  b1 100 @ 99.00
        -> sell Q   50 @ 100.00
        -> sell a1 100 @ 101.00
    """
    assert play(tape) == lines(tape)


def test_peg_moves_with_the_quote_and_is_told() -> None:
    """A better bid, then a cancel: the peg follows both."""
    tape = f"""{QUOTES}
        P ENS buy 100 peg=primary
        b2 SHB buy 100 @ 99.50
        -> P pegged to 99.50
        cancel b2
        -> b2 100 canceled U
        -> P pegged to 99.00
        cancel b1
        -> b1 100 canceled U
        -> P pegged to no price
        book
        -> sell a1 100 @ 101.00
        b3 SHB buy 100 @ 98.00
        -> P pegged to 98.00
        book
        -> buy b3 100 @ 98.00
        -> buy P  100 @ 98.00
        -> sell a1 100 @ 101.00
    """
    assert play(tape) == lines(tape)


def test_peg_without_a_price_waits() -> None:
    """There is no quote to follow yet; it is accepted and stands nowhere."""
    tape = """
        P ENS buy 100 peg=mid
        b1 NON buy 100 @ 99.00
        book
        -> buy b1 100 @ 99.00
        a1 NON sell 100 @ 101.00
        -> P pegged to 100.00
        book
        -> buy P  100 @ 100.00
        -> buy b1 100 @ 99.00
        -> sell a1 100 @ 101.00
    """
    assert play(tape) == lines(tape)


def test_repricing_gives_another_place_in_time() -> None:
    """Of two pegs the first one that moved stands first; an unmoved hidden order before both."""
    tape = f"""{QUOTES}
        H SHB buy 100 @ 99.50 hidden
        P ENS buy 100 peg=primary
        Q CAR buy 100 @ 99.50 hidden
        b2 NON buy 10 @ 99.50
        -> P pegged to 99.50
        X AVA sell 310 @ 99.50
        -> b2 10 @ 99.50 NON|AVA
        -> H 100 @ 99.50 SHB|AVA
        -> Q 100 @ 99.50 CAR|AVA
        -> P 100 @ 99.50 ENS|AVA
    """
    assert play(tape)[: len(lines(tape))] == lines(tape)


def test_pegs_move_in_order_of_time() -> None:
    """Pegs that move together keep their order among themselves."""
    tape = f"""{QUOTES}
        P ENS buy 100 peg=primary
        Q CAR buy 100 peg=primary
        b2 NON buy 10 @ 99.50
        -> P pegged to 99.50
        -> Q pegged to 99.50
        X AVA sell 150 @ 99.50
        -> b2 10 @ 99.50 NON|AVA
        -> P 100 @ 99.50 ENS|AVA
        -> Q  40 @ 99.50 CAR|AVA
        -> Q pegged to 99.00
    """
    assert play(tape) == lines(tape)


def test_pegs_do_not_follow_hidden_orders_or_each_other() -> None:
    """Only what is shown is followed."""
    tape = f"""{QUOTES}
        H SHB buy 100 @ 99.50 hidden
        P ENS buy 100 peg=primary
        Q CAR buy 100 peg=primary ticks=5
        book
        -> buy H  100 @ 99.50
        -> buy Q  100 @ 99.05
        -> buy b1 100 @ 99.00
        -> buy P  100 @ 99.00
        -> sell a1 100 @ 101.00
    """
    assert play(tape) == lines(tape)


def test_capped_peg_stays_behind_the_quote() -> None:
    """At its cap it does not move, and comes back under it."""
    tape = f"""{QUOTES}
        P ENS buy 100 peg=primary cap=99.20
        b2 SHB buy 100 @ 99.50
        -> P pegged to 99.20
        b3 SHB buy 100 @ 99.60
        cancel b2
        -> b2 100 canceled U
        cancel b3
        -> b3 100 canceled U
        -> P pegged to 99.00
    """
    assert play(tape) == lines(tape)


def test_peg_that_moves_into_the_other_side_trades() -> None:
    """A hidden sell stands at the price that the peg moves to."""
    tape = f"""{QUOTES}
        H SHB sell 60 @ 99.50 hidden
        P ENS buy 100 peg=primary
        b2 NON buy 10 @ 99.40
        -> P pegged to 99.40
        b3 NON buy 10 @ 99.50
        -> H 10 @ 99.50 NON|SHB
        c1 CAR sell 10 @ 100.00
        P2 ENS buy 100 peg=mid
        -> H 50 @ 99.50 ENS|SHB
    """
    assert play(tape) == lines(tape)


@pytest.mark.parametrize(
    "phase", ["OPENING_CALL", "VOLATILITY_AUCTION", "SCHEDULED_AUCTION", "CLOSING_CALL"]
)
def test_pegs_wait_in_calls(phase: str) -> None:
    """There is no best price: they leave the book and take no part, and then come back."""
    tape = f"""{QUOTES}
        P ENS buy 100 peg=mid
        phase {phase}
        -> segment {phase}
        -> ERIC-B {phase}
        Q SHB sell 100 peg=primary
        book
        -> buy  b1 100 @ 99.00
        -> sell a1 100 @ 101.00
        x SHB sell 10 @ 98.00
        phase CONTINUOUS
        -> segment CONTINUOUS
        -> b1 10 @ 99.00 NON|SHB
        -> uncross {"OVIC"["OVSC".index(phase[0]) if phase[0] != "C" else 3]} 10 @ 99.00
        -> ERIC-B CONTINUOUS
        -> P pegged to 100.00
        -> Q pegged to 101.00
    """
    assert play(tape, LAST_100) == lines(tape)


def test_peg_is_replaced() -> None:
    """Another offset is another place; less of it keeps the place."""
    tape = f"""{QUOTES}
        P ENS buy 100 peg=primary
        Q SHB buy 100 peg=primary
        replace P as P2 80 peg=primary
        -> P is now P2 NEW leaves 80 cum 0, keeps its place
        book
        -> buy b1 100 @ 99.00
        -> buy P2  80 @ 99.00
        -> buy Q  100 @ 99.00
        -> sell a1 100 @ 101.00
        replace P2 as P3 80 peg=primary ticks=-1
        -> P2 is now P3 NEW leaves 80 cum 0, goes last
        book
        -> buy b1 100 @ 99.00
        -> buy Q  100 @ 99.00
        -> buy P3  80 @ 98.99
        -> sell a1 100 @ 101.00
    """
    assert play(tape) == lines(tape)


# Post-only


POST_ONLY = """
    buy   99.00 narrow no
    buy   99.01 narrow yes
    buy   98.99 narrow no
    buy  100.99 narrow yes
    buy  101.00 narrow no
    sell 101.00 narrow no
    sell 100.99 narrow yes
    sell 101.01 narrow no
    sell  99.01 narrow yes
    sell  99.00 narrow no
    buy   99.00 join yes
    buy   98.00 join yes
    buy  100.99 join yes
    buy  101.00 join no
    sell  99.00 join no
    sell  99.01 join yes
    sell 102.00 join yes
"""


@pytest.mark.parametrize("case", lines(POST_ONLY))
def test_post_only_between_99_and_101(case: str) -> None:
    """A narrowing one must be better than its own side's best; none may meet the other's."""
    side, at, mode, accepted = case.split()
    tape = f"""{QUOTES}
        P ENS {side} 100 @ {at} post-only
        {"" if accepted == "yes" else "-> rejected NOT_TOP_OF_BOOK"}
    """
    assert play(tape, Rules(more={"post_only": mode})) == lines(tape)


def test_post_only_in_an_empty_book_is_the_best() -> None:
    """There is no quote to be better than."""
    tape = """
        P ENS buy 100 @ 99.00 post-only
        book
        -> buy P 100 @ 99.00
    """
    assert play(tape) == lines(tape)


def test_post_only_may_hit_hidden_orders() -> None:
    """What nobody sees does not count."""
    tape = f"""{QUOTES}
        H SHB sell 40 @ 100.00 hidden
        P ENS buy 100 @ 100.00 post-only
        -> H 40 @ 100.00 ENS|SHB
        book
        -> buy P   60 @ 100.00
        -> buy b1 100 @ 99.00
        -> sell a1 100 @ 101.00
    """
    assert play(tape) == lines(tape)


def test_post_only_order_may_be_reduced_where_it_is_the_best() -> None:
    """It is not compared with itself: less of it keeps its place."""
    tape = f"""{QUOTES}
        P ENS buy 100 @ 99.50 post-only
        replace P as P2 50 @ 99.50
        -> P is now P2 NEW leaves 50 cum 0, keeps its place
    """
    assert play(tape) == lines(tape)


def test_post_only_order_may_be_reduced_in_a_call() -> None:
    """A call lets every order be changed (rule 5.2), also one that could not come in there."""
    tape = f"""{QUOTES}
        P ENS buy 100 @ 99.50 post-only
        phase CLOSING_CALL
        -> segment CLOSING_CALL
        -> ERIC-B CLOSING_CALL
        replace P as P2 50 @ 99.50
        -> P is now P2 NEW leaves 50 cum 0, keeps its place
    """
    assert play(tape) == lines(tape)
