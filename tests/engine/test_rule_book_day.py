"""The trading day by its clock: phases, random ends, the night, First North.

EX-5.1 of the rule book. Halts are test_halts, volatility guards test_rule_book_guards.
"""

from __future__ import annotations

import pytest

from engine.commands import PassTime, SeedDraws
from engine.events import PhaseChanged
from engine.values import Phase
from tests.support.market import SECOND, Rules, Venue, lines, plan, play
from tests.support.tape_day import BEGIN, CLOCK, NIGHT, OPEN, STOCKHOLM
from tests.support.tape_orders import moment


def test_ex_5_1_the_day() -> None:
    """Entry before the opening, a random uncross, the closing call, and what is too late."""
    tape = f"""{BEGIN}
        at 08:30
        N1 NON buy  100 @ 100.00
        S1 SHB sell 300 @ 100.00
        C1 CAR buy  100 @ 99.00
        at 08:45
        -> segment OPENING_CALL
        -> ERIC-B OPENING_CALL
        indicative
        -> 100.00 paired 100 imbalance 200 S
        at 09:00
        -> segment CONTINUOUS
        at 09:00:02
        cancel C1
        -> C1 100 canceled U
        at 09:00:03.1
        at 09:00:03.3
        -> S1 100 @ 100.00 NON|SHB
        -> uncross O 100 @ 100.00
        -> ERIC-B CONTINUOUS
        at 17:25
        -> segment CLOSING_CALL
        -> ERIC-B CLOSING_CALL
        at 17:27
        A1 AVA buy 250 @ 100.00 IOC
        at 17:29:30
        -> segment POST_TRADE
        at 17:30
        -> A1 200 @ 100.00 AVA|SHB
        -> uncross C 200 @ 100.00
        -> ERIC-B POST_TRADE
        -> A1 50 canceled A
        at 17:31
        L1 NON buy 100 @ 100.00
        -> rejected PHASE_FORBIDS_ENTRY
        at 18:00
        -> segment CLOSED
        -> ERIC-B CLOSED
    """
    assert play(tape, CLOCK) == lines(tape)


def test_ex_5_1_cancel_after_the_close() -> None:
    """A cancel at 17:45 is accepted, one at 18:01 is not."""
    tape = f"""{BEGIN}
        G1 NON buy 100 @ 99.00 GTC
        G2 NON buy 100 @ 99.00 GTC
        {OPEN}
        at 17:25
        -> segment CLOSING_CALL
        -> ERIC-B CLOSING_CALL
        at 17:29:30
        -> segment POST_TRADE
        at 17:45
        -> uncross C nothing
        -> ERIC-B POST_TRADE
        cancel G1
        -> G1 100 canceled U
        at 18:01
        -> segment CLOSED
        -> ERIC-B CLOSED
        cancel G2
        -> refused EXCHANGE_CLOSED
    """
    assert play(tape, CLOCK) == lines(tape)


def _changes(seed: int, symbols: tuple[str, ...]) -> list[tuple[str, str, int]]:
    """Symbol, phase and moment of every change of a day without orders."""
    venue = Venue(CLOCK._replace(symbols=symbols))
    venue.apply(SeedDraws(seed))
    changes = []
    venue.at = moment("07:00")
    venue.apply(plan(STOCKHOLM.split(), venue.at))
    while (due := venue.exchange.next_deadline()) is not None:
        venue.at = due
        changes += [
            (event.symbol, event.phase, due)
            for event in venue.apply(PassTime())
            if isinstance(event, PhaseChanged)
        ]
    return changes


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_rule_4_4_books_uncross_at_random_moments(seed: int) -> None:
    """Openings lie in 09:00:00 to 09:00:05, closings in 17:29:30 to 17:30:00, each book's apart."""
    changes = _changes(seed, ("ERIC-B", "VOLV-B", "SAND"))
    opened = [at for _, phase, at in changes if phase == Phase.CONTINUOUS]
    closed = [at for _, phase, at in changes if phase == Phase.POST_TRADE]
    assert len(opened) == len(closed) == 6
    assert len(set(opened)) == len(set(closed)) == 6
    for day in (0, 24 * 3600 * SECOND):
        first, last = moment("09:00") + day, moment("09:00:05") + day
        assert sum(first <= at <= last for at in opened) == 3
        first, last = moment("17:29:30") + day, moment("17:30") + day
        assert sum(first <= at <= last for at in closed) == 3


def test_rule_4_4_5_the_same_seed_gives_the_same_moments() -> None:
    """And another seed others."""
    assert _changes(7, ("ERIC-B",)) == _changes(7, ("ERIC-B",))
    assert _changes(7, ("ERIC-B",)) != _changes(8, ("ERIC-B",))


# The night


def test_rule_1_3_night() -> None:
    """Day and stop orders of the day expire; GTC and GTD are renewed next morning, in order."""
    tape = f"""{BEGIN}{OPEN}
        D1 NON buy 100 @ 99.00
        C1 NON buy 100 @ 99.00 GTC
        T1 SHB buy 100 @ 99.00 GTD=40:00
        R1 SHB buy 500 @ 99.00 GTC floor=200
        S1 ENS buy 100 stop=105.00
        S2 ENS buy 100 stop=105.00 GTC
        X CAR sell 350 @ 99.00
        -> D1 100 @ 99.00 NON|CAR
        -> C1 100 @ 99.00 NON|CAR
        -> T1 100 @ 99.00 SHB|CAR
        -> R1  50 @ 99.00 SHB|CAR
        D2 NON buy 100 @ 98.00
        C2 NON buy 100 @ 98.00 GTC
        T2 SHB buy 100 @ 98.00 GTD=40:00
        A2 SHB buy 100 @ 98.00 CLO
        {NIGHT}
        -> uncross C nothing
        -> ERIC-B POST_TRADE
        -> A2 100 canceled A
        -> S1 100 expired
        -> D2 100 expired
        at 18:00
        -> segment CLOSED
        -> ERIC-B CLOSED
        book
        -> buy R1 450 @ 99.00 shows 200
        -> buy C2 100 @ 98.00
        -> buy T2 100 @ 98.00
        at 32:00
        -> segment PRE_OPEN
        -> ERIC-B PRE_OPEN
        -> R1 renewed leaves 450
        -> S2 renewed leaves 100
        -> C2 renewed leaves 100
        -> T2 renewed leaves 100
        book
        -> buy R1 450 @ 99.00 shows 200
        -> buy C2 100 @ 98.00
        -> buy T2 100 @ 98.00
        prices
        -> last 99.00 open none close none
        at 40:00
        -> segment OPENING_CALL
        -> ERIC-B OPENING_CALL
        -> segment CONTINUOUS
        -> uncross O nothing
        -> ERIC-B CONTINUOUS
        -> T2 100 expired
    """
    assert play(tape, CLOCK) == lines(tape)


@pytest.mark.parametrize("days", [1, 2, 90])
def test_rule_1_3_good_till_canceled_lives_so_many_days(days: int) -> None:
    """A good till canceled order expires when it is as old as the segment lets it be."""
    tape = f"""
        at 09:00
        C1 NON buy 100 @ 99.00 GTC
        at {8 + 24 * days}:59:59
        at {9 + 24 * days}:00
        -> C1 100 expired
    """
    assert play(tape, Rules(more={"gtc_days": days})) == lines(tape)


def test_rule_1_3_good_till_canceled_for_ever() -> None:
    """0 days mean no limit."""
    tape = """
        C1 NON buy 100 @ 99.00 GTC
        at 9000:00
        book
        -> buy C1 100 @ 99.00
    """
    assert play(tape, Rules(more={"gtc_days": 0})) == lines(tape)


def test_rule_1_3_a_replace_does_not_make_it_younger() -> None:
    """The days count from when it became good till canceled, not from the last replace."""
    tape = """
        C1 NON buy 100 @ 99.00 GTC
        at 12:00
        replace C1 as C2 100 @ 98.00
        -> C1 is now C2 NEW leaves 100 cum 0, goes last
        at 23:59:59
        at 24:00
        -> C2 100 expired
    """
    assert play(tape, Rules(more={"gtc_days": 1})) == lines(tape)


def test_rule_1_3_expiry_over_a_night_comes_at_its_moment() -> None:
    """A good till date order whose time comes while the book is closed expires then."""
    tape = f"""{BEGIN}{OPEN}
        T1 SHB buy 100 @ 99.00 GTD=20:00
        {NIGHT}
        -> uncross C nothing
        -> ERIC-B POST_TRADE
        at 20:00
        -> segment CLOSED
        -> ERIC-B CLOSED
        -> T1 100 expired
    """
    assert play(tape, CLOCK) == lines(tape)


def test_rule_7_5_closing_price_is_tomorrows_reference() -> None:
    """The day's last trade where the closing call had none."""
    tape = f"""{BEGIN}{OPEN}
        a NON buy  10 @ 101.00
        b SHB sell 10 @ 101.00
        -> a 10 @ 101.00 NON|SHB
        {NIGHT}
        -> uncross C nothing
        -> ERIC-B POST_TRADE
        prices
        -> last 101.00 open 101.00 close 101.00
        at 32:00
        -> segment CLOSED
        -> ERIC-B CLOSED
        -> segment PRE_OPEN
        -> ERIC-B PRE_OPEN
        prices
        -> last 101.00 open none close none
    """
    assert play(tape, CLOCK) == lines(tape)


# First North: five auctions


FIRST_NORTH = (
    "08:00 PRE_OPEN 08:45 OPENING_CALL 09:00 SCHEDULED_AUCTION 11:00 SCHEDULED_AUCTION "
    "13:00 SCHEDULED_AUCTION 15:00 SCHEDULED_AUCTION 17:25 CLOSING_CALL 17:29:30 POST_TRADE "
    "18:00 CLOSED"
)


def test_rule_5_1_first_north_has_five_auctions() -> None:
    """Between the auctions the book stays in call; what remains takes part in the next."""
    tape = f"""
        at 07:00
        plan {FIRST_NORTH}
        at 08:45
        -> segment PRE_OPEN
        -> ERIC-B PRE_OPEN
        -> segment OPENING_CALL
        -> ERIC-B OPENING_CALL
        B1 NON buy 500 @ 100.00
        I1 NON buy 50 @ 99.00 IOC
        S1 SHB sell 100 @ 100.00
        at 09:00
        -> segment SCHEDULED_AUCTION
        -> B1 100 @ 100.00 NON|SHB
        -> uncross O 100 @ 100.00
        -> ERIC-B SCHEDULED_AUCTION
        -> I1 50 canceled A
        S2 SHB sell 100 @ 100.00
        G2 NON buy 100 @ 98.00 GFA
        at 11:00
        -> segment SCHEDULED_AUCTION
        -> B1 100 @ 100.00 NON|SHB
        -> uncross I 100 @ 100.00
        -> G2 100 canceled A
        S3 SHB sell 100 @ 100.00
        at 13:00
        -> segment SCHEDULED_AUCTION
        -> B1 100 @ 100.00 NON|SHB
        -> uncross I 100 @ 100.00
        at 15:00
        -> segment SCHEDULED_AUCTION
        -> uncross I nothing
        S5 SHB sell 300 @ 100.00
        at 17:25
        -> segment CLOSING_CALL
        -> ERIC-B CLOSING_CALL
        at 17:29:30
        -> segment POST_TRADE
        -> S5 200 @ 100.00 NON|SHB
        -> uncross C 200 @ 100.00
        -> ERIC-B POST_TRADE
        -> S5 100 expired
    """
    assert play(tape, CLOCK) == lines(tape)
