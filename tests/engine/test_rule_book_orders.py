"""The worked examples of stops, reserve orders, minimum quantities and self-match prevention.

EX-1.1, 1.2 and 2.10 to 2.14 of the rule book, each variant a tape. More of stops and pegs is
test_pegs and test_stops, more of self-match prevention test_self_match.
"""

from __future__ import annotations

import pytest

from tests.support.market import Rules, lines, play

LAST_100 = Rules(reference_price="100.00")


def test_ex_1_1_stop_limit_fires_at_its_trigger_and_rests_at_its_limit() -> None:
    """A trade above the trigger does nothing; one at it makes the stop a limit order."""
    tape = """
        S1 NON sell 200 @ 98.80 stop=99.00
        a SHB sell 10 @ 99.10
        b ENS buy  10 @ 99.10
        -> a 10 @ 99.10 ENS|SHB
        book
        c SHB sell 10 @ 99.00
        d ENS buy  10 @ 99.00
        -> c 10 @ 99.00 ENS|SHB
        -> S1 triggered
        book
        -> sell S1 200 @ 98.80
    """
    assert play(tape, LAST_100) == lines(tape)


def test_ex_1_1_triggered_stop_comes_in_and_meets_the_book() -> None:
    """The stop is the incoming order: it trades at the resting bids' prices, best first."""
    tape = """
        S1 NON sell 200 @ 98.80 stop=99.00
        b1 ENS buy 50 @ 98.90
        b2 ENS buy 50 @ 98.80
        b3 ENS buy 50 @ 98.70
        c SHB sell 10 @ 99.00
        d ENS buy  10 @ 99.00
        -> c 10 @ 99.00 ENS|SHB
        -> S1 triggered
        -> b1 50 @ 98.90 ENS|NON
        -> b2 50 @ 98.80 ENS|NON
        book
        -> buy b3 50 @ 98.70
        -> sell S1 100 @ 98.80
    """
    assert play(tape, LAST_100) == lines(tape)


@pytest.mark.parametrize(
    ("traded", "fires"), [("99.10", False), ("99.01", False), ("99.00", True), ("98.99", True)]
)
def test_ex_1_1_sell_stop_fires_at_or_below_its_trigger(traded: str, fires: bool) -> None:  # noqa: FBT001
    """Rule 1.4.2 for a sell."""
    tape = f"""
        S1 NON sell 200 @ 98.00 stop=99.00
        a SHB sell 10 @ {traded}
        b ENS buy  10 @ {traded}
        -> a 10 @ {traded} ENS|SHB
        {"-> S1 triggered" if fires else ""}
    """
    assert play(tape, LAST_100) == lines(tape)


@pytest.mark.parametrize(
    ("traded", "fires"), [("100.90", False), ("100.99", False), ("101.00", True), ("101.01", True)]
)
def test_ex_1_1_buy_stop_fires_at_or_above_its_trigger(traded: str, fires: bool) -> None:  # noqa: FBT001
    """Rule 1.4.2 for a buy."""
    tape = f"""
        S1 NON buy 200 @ 102.00 stop=101.00
        a SHB sell 10 @ {traded}
        b ENS buy  10 @ {traded}
        -> a 10 @ {traded} ENS|SHB
        {"-> S1 triggered" if fires else ""}
    """
    assert play(tape, LAST_100) == lines(tape)


def _print(at: str, name: str) -> str:
    return f"""
        s{name} SHB sell 10 @ {at}
        b{name} ENS buy  10 @ {at}
        -> s{name} 10 @ {at} ENS|SHB
    """


def test_ex_1_2_trailing_sell_stop() -> None:
    """The trigger follows the best price at 2.00, up only, and fires when a trade reaches it."""
    tape = f"""
        T1 NON sell 200 trail=2.00
        {_print("101.00", "1")}
        {_print("103.00", "2")}
        {_print("102.00", "3")}
        {_print("101.01", "4")}
        {_print("101.00", "5")}
        -> T1 triggered
        -> T1 200 canceled I
    """
    assert play(tape, LAST_100) == lines(tape)


def test_ex_1_2_trailing_sell_stop_fires_at_its_first_trigger() -> None:
    """Entered at last 100.00 the trigger is 98.00; it does not follow downwards."""
    tape = f"""
        T1 NON sell 200 trail=2.00
        {_print("99.00", "1")}
        {_print("98.01", "2")}
        {_print("98.00", "3")}
        -> T1 triggered
        -> T1 200 canceled I
    """
    assert play(tape, LAST_100) == lines(tape)


def test_ex_1_2_trailing_buy_stop() -> None:
    """The mirror: down only, and fires at or above."""
    tape = f"""
        T1 NON buy 200 trail=2.00
        {_print("99.00", "1")}
        {_print("97.00", "2")}
        {_print("98.00", "3")}
        {_print("98.99", "4")}
        {_print("99.00", "5")}
        -> T1 triggered
        -> T1 200 canceled I
    """
    assert play(tape, LAST_100) == lines(tape)


RESERVE_BOOK = """
    R1 NON sell 1000 @ 50.00 floor=200
    D2 SHB sell  300 @ 50.00
    H3 ENS sell  400 @ 50.00 hidden
"""


def test_ex_2_10_refreshed_slices_stand_last() -> None:
    """Each new slice stands behind what is shown, and in front of what is hidden."""
    tape = f"""{RESERVE_BOOK}
        X CAR buy 900 @ 50.00
        -> R1 200 @ 50.00 CAR|NON
        -> R1 shows 200
        -> D2 300 @ 50.00 CAR|SHB
        -> R1 200 @ 50.00 CAR|NON
        -> R1 shows 200
        -> R1 200 @ 50.00 CAR|NON
        -> R1 shows 200
        book
        -> sell R1 400 @ 50.00 shows 200
        -> sell H3 400 @ 50.00
    """
    assert play(tape) == lines(tape)


def test_ex_2_11_hidden_orders_wait_for_all_slices() -> None:
    """All slices of the reserve order trade before the fully hidden order."""
    tape = f"""{RESERVE_BOOK}
        X CAR buy 1600 @ 50.00
        -> R1 200 @ 50.00 CAR|NON
        -> R1 shows 200
        -> D2 300 @ 50.00 CAR|SHB
        -> R1 200 @ 50.00 CAR|NON
        -> R1 shows 200
        -> R1 200 @ 50.00 CAR|NON
        -> R1 shows 200
        -> R1 200 @ 50.00 CAR|NON
        -> R1 shows 200
        -> R1 200 @ 50.00 CAR|NON
        -> H3 300 @ 50.00 CAR|ENS
        book
        -> sell H3 100 @ 50.00
    """
    assert play(tape) == lines(tape)


def test_ex_2_12_every_refreshed_slice_is_still_internal() -> None:
    """The own member's reserve order trades slice after slice, and others wait."""
    tape = f"""{RESERVE_BOOK}
        X NON buy 900 @ 50.00
        -> R1 200 @ 50.00 NON|NON
        -> R1 shows 200
        -> R1 200 @ 50.00 NON|NON
        -> R1 shows 200
        -> R1 200 @ 50.00 NON|NON
        -> R1 shows 200
        -> R1 200 @ 50.00 NON|NON
        -> R1 shows 200
        -> R1 100 @ 50.00 NON|NON
        book
        -> sell D2 300 @ 50.00
        -> sell R1 100 @ 50.00 shows 100
        -> sell H3 400 @ 50.00
    """
    assert play(tape) == lines(tape)


def test_ex_2_12_without_internal_priority_slices_wait_their_turn() -> None:
    """Where the segment has no internal priority it goes as for an outsider."""
    tape = f"""{RESERVE_BOOK}
        X NON buy 900 @ 50.00
        -> R1 200 @ 50.00 NON|NON
        -> R1 shows 200
        -> D2 300 @ 50.00 NON|SHB
        -> R1 200 @ 50.00 NON|NON
        -> R1 shows 200
        -> R1 200 @ 50.00 NON|NON
        -> R1 shows 200
    """
    assert play(tape, Rules(internal_priority=False)) == lines(tape)


def test_rule_2_6_partly_traded_slice_keeps_its_place() -> None:
    """Only a slice that is gone is followed by a new one, which stands last (rule 2.6.2)."""
    tape = f"""{RESERVE_BOOK}
        X CAR buy 150 @ 50.00
        -> R1 150 @ 50.00 CAR|NON
        book
        -> sell R1 850 @ 50.00 shows 50
        -> sell D2 300 @ 50.00
        -> sell H3 400 @ 50.00
        Y CAR buy 100 @ 50.00
        -> R1 50 @ 50.00 CAR|NON
        -> R1 shows 200
        -> D2 50 @ 50.00 CAR|SHB
        book
        -> sell D2 250 @ 50.00
        -> sell R1 800 @ 50.00 shows 200
        -> sell H3 400 @ 50.00
    """
    assert play(tape) == lines(tape)


def test_rule_2_6_4_last_slice_is_what_is_left() -> None:
    """The slice is the smaller of the floor and the remainder."""
    tape = """
        R1 NON sell 250 @ 50.00 floor=200
        X CAR buy 200 @ 50.00
        -> R1 200 @ 50.00 CAR|NON
        -> R1 shows 50
        book
        -> sell R1 50 @ 50.00 shows 50
    """
    assert play(tape) == lines(tape)


def test_rule_2_6_two_reserve_orders_take_turns() -> None:
    """Slices of two orders alternate, as each new one stands behind the other."""
    tape = """
        R1 NON sell 300 @ 50.00 floor=100
        R2 SHB sell 300 @ 50.00 floor=100
        X CAR buy 350 @ 50.00
        -> R1 100 @ 50.00 CAR|NON
        -> R1 shows 100
        -> R2 100 @ 50.00 CAR|SHB
        -> R2 shows 100
        -> R1 100 @ 50.00 CAR|NON
        -> R1 shows 100
        -> R2 50 @ 50.00 CAR|SHB
        book
        -> sell R2 150 @ 50.00 shows 50
        -> sell R1 100 @ 50.00 shows 100
    """
    assert play(tape) == lines(tape)


MINIMUM_BOOK = """
    H1 ENS sell 5000 @ 30.00 hidden min=2000
    D2 NON sell  500 @ 30.00
"""


def test_ex_2_13_order_too_small_for_the_minimum_passes_it() -> None:
    """After the displayed order too little is left for the minimum: the rest locks the book."""
    tape = f"""{MINIMUM_BOOK}
        X SHB buy 1500 @ 30.00
        -> D2 500 @ 30.00 SHB|NON
        book
        -> buy X 1000 @ 30.00
        -> sell H1 5000 @ 30.00
    """
    assert play(tape) == lines(tape)


def test_ex_2_13_order_large_enough_meets_the_minimum() -> None:
    """What is left after the displayed order is more than the minimum, and trades."""
    tape = f"""{MINIMUM_BOOK}
        X SHB buy 3000 @ 30.00
        -> D2 500 @ 30.00 SHB|NON
        -> H1 2500 @ 30.00 SHB|ENS
        book
        -> sell H1 2500 @ 30.00
    """
    assert play(tape) == lines(tape)


@pytest.mark.parametrize(("qty", "taken"), [(2499, 0), (2500, 2000)])
def test_ex_2_13_minimum_is_inclusive(qty: int, taken: int) -> None:
    """Exactly the minimum is enough."""
    tape = f"""{MINIMUM_BOOK}
        X SHB buy {qty} @ 30.00
        -> D2 500 @ 30.00 SHB|NON
        {f"-> H1 {taken} @ 30.00 SHB|ENS" if taken else ""}
    """
    assert play(tape) == lines(tape)


def test_rule_2_7_1_minimum_shrinks_with_what_is_left() -> None:
    """An order with less left than its minimum is as good as one whose minimum is that."""
    tape = """
        H1 ENS sell 5000 @ 30.00 hidden min=2000
        X SHB buy 4000 @ 30.00
        -> H1 4000 @ 30.00 SHB|ENS
        Y SHB buy 999 @ 30.00
        book
        -> buy Y 999 @ 30.00
        -> sell H1 1000 @ 30.00
        Z SHB buy 1000 @ 30.00
        -> H1 1000 @ 30.00 SHB|ENS
    """
    assert play(tape) == lines(tape)


def test_rule_2_7_1_skipped_order_does_not_hold_up_those_behind_it() -> None:
    """A minimum that is not met is passed over, and worse prices are reached."""
    tape = """
        H1 ENS sell 5000 @ 30.00 hidden min=2000
        D2 NON sell  500 @ 30.01
        X SHB buy 500 @ 30.01
        -> D2 500 @ 30.01 SHB|NON
    """
    assert play(tape) == lines(tape)


def test_rule_2_3_3_fok_counts_a_minimum_that_it_meets() -> None:
    """Hidden volume counts for a fill-or-kill order, if its minimum is respected."""
    tape = f"""{MINIMUM_BOOK}
        X SHB buy 2000 @ 30.00 FOK
        -> X 2000 canceled I
        Y SHB buy 2500 @ 30.00 FOK
        -> D2 500 @ 30.00 SHB|NON
        -> H1 2000 @ 30.00 SHB|ENS
    """
    assert play(tape) == lines(tape)


EX_2_14_BOOK = """
    N1 NON sell 100 @ 20.00
    A1 AVA sell 100 @ 20.00 trader=T1
"""


def test_ex_2_14_cancel_passive() -> None:
    """The own order goes, the other one trades, the rest stays."""
    tape = f"""{EX_2_14_BOOK}
        X AVA buy 150 @ 20.00 trader=T1 self-match=passive level=trader
        -> A1 100 canceled Q
        -> N1 100 @ 20.00 AVA|NON
        book
        -> buy X 50 @ 20.00
    """
    assert play(tape) == lines(tape)


def test_ex_2_14_cancel_aggressive() -> None:
    """The own order ranks first, so the incoming one goes without a trade."""
    tape = f"""{EX_2_14_BOOK}
        X AVA buy 150 @ 20.00 trader=T1 self-match=aggressive level=trader
        -> X 150 canceled Q
        book
        -> sell N1 100 @ 20.00
        -> sell A1 100 @ 20.00
    """
    assert play(tape) == lines(tape)


def test_ex_2_14_cancel_both() -> None:
    """Both of them go."""
    tape = f"""{EX_2_14_BOOK}
        X AVA buy 150 @ 20.00 trader=T1 self-match=both level=trader
        -> A1 100 canceled Q
        -> X 150 canceled Q
        book
        -> sell N1 100 @ 20.00
    """
    assert play(tape) == lines(tape)


def test_ex_2_14_without_prevention_they_trade() -> None:
    """Off by default: the own order is simply internal."""
    tape = f"""{EX_2_14_BOOK}
        X AVA buy 150 @ 20.00 trader=T1
        -> A1 100 @ 20.00 AVA|AVA
        -> N1 50 @ 20.00 AVA|NON
    """
    assert play(tape) == lines(tape)
