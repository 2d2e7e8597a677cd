"""Self-match prevention (rule 2.8): whose orders, which of them goes, and where it does not apply.

EX-2.14 itself is in test_rule_book_orders.
"""

from __future__ import annotations

import pytest

from tests.support.market import Rules, lines, play

RESTING = """
    A1 AVA sell 100 @ 20.00 trader=T1 self-match=passive level=group group=XX
    N1 NON sell 100 @ 20.00 trader=T1 self-match=passive level=group group=XX
"""
"""The own order, and one of another member that says the same of itself."""

LEVELS = """
    trader trader=T1 meets
    trader trader=T2 passes
    member trader=T1 meets
    member trader=T2 meets
    group  trader=T1 group=XX meets
    group  trader=T2 group=XX meets
    group  trader=T1 group=YY passes
"""

ACTIONS = {
    "passive": """
        -> A1 100 canceled Q
        -> N1 100 @ 20.00 AVA|NON
        book
        -> buy X 50 @ 20.00
    """,
    "aggressive": """
        -> X 150 canceled Q
        book
        -> sell A1 100 @ 20.00
        -> sell N1 100 @ 20.00
    """,
    "both": """
        -> A1 100 canceled Q
        -> X 150 canceled Q
        book
        -> sell N1 100 @ 20.00
    """,
}

TRADES = """
    -> A1 100 @ 20.00 AVA|AVA
    -> N1  50 @ 20.00 AVA|NON
    book
    -> sell N1 50 @ 20.00
"""


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("case", lines(LEVELS))
def test_action_and_level(case: str, action: str) -> None:
    """Nine of action and level, and for each level whether the two are kept apart."""
    level, *words, outcome = case.split()
    tape = f"""{RESTING}
        X AVA buy 150 @ 20.00 {" ".join(words)} self-match={action} level={level}
        {ACTIONS[action] if outcome == "meets" else TRADES}
    """
    assert play(tape) == lines(tape)


@pytest.mark.parametrize("level", ["trader", "member", "group"])
def test_rule_2_8_1_never_across_members(level: str) -> None:
    """Trader T1 and group XX of another member are somebody else."""
    group = "group=XX" if level == "group" else ""
    tape = f"""
        N1 NON sell 100 @ 20.00 trader=T1 self-match=both level=group group=XX
        X AVA buy 100 @ 20.00 trader=T1 self-match=both level={level} {group}
        -> N1 100 @ 20.00 AVA|NON
    """
    assert play(tape) == lines(tape)


def test_rule_2_8_2_only_the_incoming_order_counts() -> None:
    """What the resting order says of itself prevents nothing."""
    tape = """
        A1 AVA sell 100 @ 20.00 trader=T1 self-match=both level=member
        X AVA buy 100 @ 20.00 trader=T1
        -> A1 100 @ 20.00 AVA|AVA
    """
    assert play(tape) == lines(tape)


def test_rule_2_8_2_resting_order_without_a_group_is_in_none() -> None:
    """The group must be equal on both."""
    tape = """
        A1 AVA sell 100 @ 20.00
        X AVA buy 100 @ 20.00 self-match=both level=group group=XX
        -> A1 100 @ 20.00 AVA|AVA
    """
    assert play(tape) == lines(tape)


def test_rule_2_8_3_own_orders_are_met_first_at_each_price() -> None:
    """A better price of others trades first; at the own order's price the own order is first."""
    tape = """
        N1 NON sell 100 @ 19.90
        N2 NON sell 100 @ 20.00
        A1 AVA sell 100 @ 20.00
        X AVA buy 300 @ 20.00 self-match=aggressive
        -> N1 100 @ 19.90 AVA|NON
        -> X 200 canceled Q
        book
        -> sell N2 100 @ 20.00
        -> sell A1 100 @ 20.00
    """
    assert play(tape) == lines(tape)


def test_without_internal_priority_own_orders_are_met_in_their_turn() -> None:
    """Where the segment has none, others that came earlier trade first."""
    tape = """
        N1 NON sell 100 @ 20.00
        A1 AVA sell 100 @ 20.00
        X AVA buy 150 @ 20.00 self-match=both
        -> N1 100 @ 20.00 AVA|NON
        -> A1 100 canceled Q
        -> X 50 canceled Q
    """
    assert play(tape, Rules(internal_priority=False)) == lines(tape)


def test_order_that_is_filled_before_it_meets_its_own_is_left_alone() -> None:
    """No match, nothing to prevent."""
    tape = """
        N1 NON sell 100 @ 19.90
        A1 AVA sell 100 @ 20.00
        X AVA buy 100 @ 20.00 self-match=both
        -> N1 100 @ 19.90 AVA|NON
        book
        -> sell A1 100 @ 20.00
    """
    assert play(tape) == lines(tape)


def test_cancel_passive_goes_through_all_own_orders() -> None:
    """Every one on the way, at every price, hidden and reserve ones as a whole."""
    tape = """
        A1 AVA sell 100 @ 20.00
        A2 AVA sell 500 @ 20.00 floor=100
        A3 AVA sell 100 @ 20.00 hidden
        N1 NON sell  50 @ 20.00
        A4 AVA sell 100 @ 20.10
        A5 AVA sell 100 @ 20.20
        X AVA buy 100 @ 20.10 self-match=passive
        -> A1 100 canceled Q
        -> A2 500 canceled Q
        -> A3 100 canceled Q
        -> N1  50 @ 20.00 AVA|NON
        -> A4 100 canceled Q
        book
        -> buy X 50 @ 20.10
        -> sell A5 100 @ 20.20
    """
    assert play(tape) == lines(tape)


def test_incoming_reserve_order_is_a_whole() -> None:
    """A reserve order that comes in and is stopped is canceled with all it has."""
    tape = """
        A1 AVA sell 100 @ 20.00
        X AVA buy 900 @ 20.00 floor=100 self-match=aggressive
        -> X 900 canceled Q
        book
        -> sell A1 100 @ 20.00
    """
    assert play(tape) == lines(tape)


def test_reserve_slices_of_others_come_before_the_own_order_only_by_price() -> None:
    """At a better price all slices trade, then the own order stops the rest."""
    tape = """
        R1 NON sell 300 @ 19.90 floor=100
        A1 AVA sell 100 @ 20.00
        X AVA buy 500 @ 20.00 self-match=both
        -> R1 100 @ 19.90 AVA|NON
        -> R1 shows 100
        -> R1 100 @ 19.90 AVA|NON
        -> R1 shows 100
        -> R1 100 @ 19.90 AVA|NON
        -> A1 100 canceled Q
        -> X 200 canceled Q
        book
    """
    assert play(tape) == lines(tape)


FOK_BOOK = """
    A1 AVA sell 100 @ 20.00
    N1 NON sell 100 @ 20.00
"""


@pytest.mark.parametrize("action", ["passive", "aggressive", "both"])
def test_rule_2_3_3_fok_does_not_count_what_it_must_not_meet(action: str) -> None:
    """Without the own order there is too little: it is killed, and nothing else happens."""
    tape = f"""{FOK_BOOK}
        X AVA buy 150 @ 20.00 FOK self-match={action}
        -> X 150 canceled I
        book
        -> sell A1 100 @ 20.00
        -> sell N1 100 @ 20.00
    """
    assert play(tape) == lines(tape)


def test_rule_2_3_3_fok_that_others_can_fill_does_and_cancels_the_passive_own_order() -> None:
    """Enough stands beside the own order, which is in the way and goes."""
    tape = f"""{FOK_BOOK}
        X AVA buy 100 @ 20.00 FOK self-match=passive
        -> A1 100 canceled Q
        -> N1 100 @ 20.00 AVA|NON
        book
    """
    assert play(tape) == lines(tape)


def test_stopped_fok_is_over_without_a_trade() -> None:
    """With cancel aggressive the own order ends it before it is filled."""
    tape = f"""{FOK_BOOK}
        X AVA buy 100 @ 20.00 FOK self-match=aggressive
        book
        -> sell A1 100 @ 20.00
        -> sell N1 100 @ 20.00
    """
    told = play(tape)
    assert told[3] in ("-> X 100 canceled I", "-> X 100 canceled Q")
    assert [line for line in told if line != told[3]] == lines(tape)


@pytest.mark.parametrize("how", ["market", "@ 20.00 IOC"])
def test_immediate_orders_are_stopped_too(how: str) -> None:
    """An order that never rests is canceled for the same reason."""
    tape = f"""{FOK_BOOK}
        X AVA buy 150 {how} self-match=aggressive
        -> X 150 canceled Q
    """
    assert play(tape) == lines(tape)


def test_replaced_order_that_becomes_marketable_is_incoming() -> None:
    """It keeps what it said of self-matches, and they count now (rules 2.4.4 and 2.8.2)."""
    tape = """
        A1 AVA sell 100 @ 20.00
        X AVA buy 100 @ 19.00 self-match=passive
        replace X as Y 100 @ 20.00
        -> X is now Y NEW leaves 100 cum 0, goes last
        -> A1 100 canceled Q
        book
        -> buy Y 100 @ 20.00
    """
    assert play(tape) == lines(tape)


def test_triggered_stop_is_incoming() -> None:
    """A stop's instructions count when it comes in."""
    tape = """
        A1 AVA buy 100 @ 19.00
        S1 AVA sell 100 @ 19.00 stop=20.00 self-match=passive
        N1 NON buy 10 @ 20.00
        X SHB sell 10 @ 20.00
        -> N1 10 @ 20.00 NON|SHB
        -> S1 triggered
        -> A1 100 canceled Q
        book
        -> sell S1 100 @ 19.00
    """
    assert play(tape, Rules(reference_price="20.00")) == lines(tape)


@pytest.mark.parametrize("action", ["passive", "aggressive", "both"])
def test_rule_2_8_5_auctions_ignore_it(action: str) -> None:
    """In a call the two trade, whichever side asked."""
    tape = f"""
        A1 AVA sell 100 @ 20.00 self-match={action}
        A2 AVA buy  100 @ 20.00 self-match={action}
        phase CONTINUOUS
        -> segment CONTINUOUS
        -> A1 100 @ 20.00 AVA|AVA
        -> uncross O 100 @ 20.00
        -> ERIC-B CONTINUOUS
    """
    assert play(tape, Rules(phase="OPENING_CALL")) == lines(tape)


def test_incoming_minimum_that_self_match_prevention_spoils_ends_the_order() -> None:
    """Cancel aggressive means that the two must not stand against each other in the book either."""
    tape = """
        A1 AVA sell 300 @ 20.00
        X AVA buy 500 @ 20.00 hidden min=200 self-match=aggressive
        -> X 500 canceled Q
    """
    assert play(tape) == lines(tape)


REFUSED = """
    SELF_MATCH_WITHOUT_TRADER self-match=passive level=trader
    SELF_MATCH_WITHOUT_GROUP  self-match=passive level=group
    SELF_MATCH_UNSUPPORTED    level=member
"""


@pytest.mark.parametrize("case", lines(REFUSED))
def test_incomplete_prevention_is_refused(case: str) -> None:
    """A level needs what it compares, and an action."""
    reason, words = case.split(" ", 1)
    tape = f"""
        X AVA buy 100 @ 20.00 {words}
        -> rejected {reason}
    """
    assert play(tape) == lines(tape)
