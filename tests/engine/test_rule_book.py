"""The worked examples of the rule book, under their numbers, for what is built.

Each test is one tape: orders in, trades as `resting order, quantity, price, buyer|seller`, then the
book that is left. EX-6.x are about ticks and stand in test_tick_table.
"""

from __future__ import annotations

from tests.support.market import Rules, lines, play

EX_2_1_BOOK = """
    N1 NON buy  300 @ 100.00
    S1 SHB buy  200 @ 100.00
    A1 AVA buy  400 @ 100.00
    A0 AVA buy 1000 @  99.90
"""

EX_2_4_BOOK = """
    H1 ENS sell 500 @ 100.00 hidden
    D2 NON sell 200 @ 100.00
    H3 AVA sell 300 @ 100.00 hidden
    D4 AVA sell 100 @ 100.00
"""

EX_2_5_BOOK = """
    a NON sell 100 @ 10.00
    b SHB sell 500 @ 10.05
"""


def test_ex_2_1_internal_beats_time() -> None:
    """The member's own bid trades before earlier bids of others at the same price."""
    tape = f"""{EX_2_1_BOOK}
        X AVA sell 500 @ 100.00
        -> A1 400 @ 100.00 AVA|AVA
        -> N1 100 @ 100.00 NON|AVA
        book
        -> buy N1  200 @ 100.00
        -> buy S1  200 @ 100.00
        -> buy A0 1000 @  99.90
    """
    assert play(tape) == lines(tape)


def test_ex_2_2_outside_seller_meets_bids_by_time() -> None:
    """A seller without own bids meets the others by time."""
    tape = f"""{EX_2_1_BOOK}
        X ENS sell 500 @ 100.00
        -> N1 300 @ 100.00 NON|ENS
        -> S1 200 @ 100.00 SHB|ENS
        book
        -> buy A1  400 @ 100.00
        -> buy A0 1000 @  99.90
    """
    assert play(tape) == lines(tape)


def test_ex_2_3_price_beats_internal() -> None:
    """A better price of another member trades before the own one."""
    tape = """
        A1 AVA buy 400 @ 100.00
        N1 NON buy 100 @ 100.10
        X  AVA sell 200 @ 100.00
        -> N1 100 @ 100.10 NON|AVA
        -> A1 100 @ 100.00 AVA|AVA
        book
        -> buy A1 300 @ 100.00
    """
    assert play(tape) == lines(tape)


def test_ex_2_4_own_orders_first_displayed_before_hidden() -> None:
    """Within own orders and within the others', displayed ones trade before hidden ones."""
    tape = f"""{EX_2_4_BOOK}
        X AVA buy 800 @ 100.00
        -> D4 100 @ 100.00 AVA|AVA
        -> H3 300 @ 100.00 AVA|AVA
        -> D2 200 @ 100.00 AVA|NON
        -> H1 200 @ 100.00 AVA|ENS
        book
        -> sell H1 300 @ 100.00
    """
    assert play(tape) == lines(tape)


def test_ex_2_4_outsider_meets_displayed_before_hidden() -> None:
    """An outsider meets all displayed orders by time, then the hidden ones by time."""
    tape = f"""{EX_2_4_BOOK}
        X SHB buy 800 @ 100.00
        -> D2 200 @ 100.00 SHB|NON
        -> D4 100 @ 100.00 SHB|AVA
        -> H1 500 @ 100.00 SHB|ENS
        book
        -> sell H3 300 @ 100.00
    """
    assert play(tape) == lines(tape)


def test_ex_2_5_market_order_takes_the_best_level_only() -> None:
    """A market order trades at the best price and gives up the rest, whatever lies behind."""
    tape = f"""{EX_2_5_BOOK}
        X AVA buy 300 market
        -> a 100 @ 10.00 AVA|NON
        -> X 200 canceled I
        book
        -> sell b 500 @ 10.05
    """
    assert play(tape) == lines(tape)


def test_ex_2_6_ioc_sweeps_to_its_limit() -> None:
    """An immediate-or-cancel limit order walks through levels up to its limit."""
    tape = f"""{EX_2_5_BOOK}
        X AVA buy 300 @ 10.05 IOC
        -> a 100 @ 10.00 AVA|NON
        -> b 200 @ 10.05 AVA|SHB
        book
        -> sell b 300 @ 10.05
    """
    assert play(tape) == lines(tape)


def test_ex_2_7_fok_that_cannot_fill_changes_nothing() -> None:
    """A fill-or-kill order larger than what is for sale is killed, the book unchanged."""
    tape = f"""{EX_2_5_BOOK}
        X AVA buy 700 @ 10.05 FOK
        -> X 700 canceled I
        book
        -> sell a 100 @ 10.00
        -> sell b 500 @ 10.05
    """
    assert play(tape) == lines(tape)


def test_ex_2_7_fok_that_can_fill_does() -> None:
    """A fill-or-kill order of exactly what is for sale trades all of it."""
    tape = f"""{EX_2_5_BOOK}
        X AVA buy 600 @ 10.05 FOK
        -> a 100 @ 10.00 AVA|NON
        -> b 500 @ 10.05 AVA|SHB
        book
    """
    assert play(tape) == lines(tape)


def test_ex_2_8_which_replace_keeps_the_place_in_time() -> None:
    """A cut keeps the place; a raise and a change of price, there and back, lose it."""
    tape = """
        A NON buy 100 @ 50.00
        B SHB buy 100 @ 50.00
        C ENS buy 100 @ 50.00
        replace A as A2 60 @ 50.00
        -> A is now A2 NEW leaves 60 cum 0, keeps its place
        book
        -> buy A2  60 @ 50.00
        -> buy B  100 @ 50.00
        -> buy C  100 @ 50.00
        replace B as B2 150 @ 50.00
        -> B is now B2 NEW leaves 150 cum 0, goes last
        book
        -> buy A2  60 @ 50.00
        -> buy C  100 @ 50.00
        -> buy B2 150 @ 50.00
        replace C as C2 100 @ 50.10
        -> C is now C2 NEW leaves 100 cum 0, goes last
        replace C2 as C3 100 @ 50.00
        -> C2 is now C3 NEW leaves 100 cum 0, goes last
        book
        -> buy A2  60 @ 50.00
        -> buy B2 150 @ 50.00
        -> buy C3 100 @ 50.00
        X AVA sell 100 @ 50.00
        -> A2 60 @ 50.00 NON|AVA
        -> B2 40 @ 50.00 SHB|AVA
    """
    assert play(tape) == lines(tape)


def test_ex_2_9_new_quantity_counts_what_is_filled() -> None:
    """OrderQty is the total: above the filled quantity the rest shrinks, else it ends."""
    tape = """
        N1 NON buy 500 @ 50.00
        S1 SHB buy 100 @ 50.00
        X  AVA sell 200 @ 50.00
        -> N1 200 @ 50.00 NON|AVA
        replace N1 as N2 400 @ 50.00
        -> N1 is now N2 PARTIALLY_FILLED leaves 200 cum 200, keeps its place
        book
        -> buy N2 200 @ 50.00
        -> buy S1 100 @ 50.00
        replace N2 as N3 150 @ 50.00
        -> N2 is now N3 FILLED leaves 0 cum 200
        book
        -> buy S1 100 @ 50.00
    """
    assert play(tape) == lines(tape)


def test_ex_3_1_all_own_orders_before_the_first_other_one_at_each_price() -> None:
    """Every own order of a level trades before the first of others, but no worse price does."""
    tape = """
        A1 AVA sell 100 @ 20.00
        N1 NON sell 500 @ 20.00
        A2 AVA sell 200 @ 20.00
        A3 AVA sell 300 @ 20.02
        X  AVA buy 900 @ 20.02
        -> A1 100 @ 20.00 AVA|AVA
        -> A2 200 @ 20.00 AVA|AVA
        -> N1 500 @ 20.00 AVA|NON
        -> A3 100 @ 20.02 AVA|AVA
        book
        -> sell A3 200 @ 20.02
    """
    assert play(tape) == lines(tape)


def test_ex_3_2_no_internal_on_the_resting_order() -> None:
    """A resting order marked no-internal waits for its time, also for its own member."""
    tape = """
        N1 NON buy  300 @ 100.00
        S1 SHB buy  200 @ 100.00
        A1 AVA buy  400 @ 100.00 no-internal
        A0 AVA buy 1000 @  99.90
        X  AVA sell 500 @ 100.00
        -> N1 300 @ 100.00 NON|AVA
        -> S1 200 @ 100.00 SHB|AVA
        book
        -> buy A1  400 @ 100.00
        -> buy A0 1000 @  99.90
    """
    assert play(tape) == lines(tape)


def test_rule_3_8_no_internal_on_the_incoming_order() -> None:
    """An incoming order marked no-internal meets its member's orders by time."""
    tape = f"""{EX_2_1_BOOK}
        X AVA sell 500 @ 100.00 no-internal
        -> N1 300 @ 100.00 NON|AVA
        -> S1 200 @ 100.00 SHB|AVA
    """
    assert play(tape) == lines(tape)


def test_rule_3_8_internal_priority_is_a_rule_of_the_segment() -> None:
    """Where the segment has no internal priority, own orders wait for their time."""
    tape = f"""{EX_2_1_BOOK}
        X AVA sell 500 @ 100.00
        -> N1 300 @ 100.00 NON|AVA
        -> S1 200 @ 100.00 SHB|AVA
    """
    assert play(tape, Rules(internal_priority=False)) == lines(tape)


def test_rule_2_2_3_partly_filled_order_keeps_its_place() -> None:
    """What is left of a resting order stays where it stood."""
    tape = """
        N1 NON buy 300 @ 100.00
        S1 SHB buy 200 @ 100.00
        X  ENS sell 100 @ 100.00
        -> N1 100 @ 100.00 NON|ENS
        Y  ENS sell 250 @ 100.00
        -> N1 200 @ 100.00 NON|ENS
        -> S1  50 @ 100.00 SHB|ENS
    """
    assert play(tape) == lines(tape)


def test_rule_2_3_5_market_order_without_a_counter_side_is_canceled() -> None:
    """A market order never waits: with nothing on the other side all of it is canceled."""
    tape = """
        X AVA buy 300 market
        -> X 300 canceled I
        book
    """
    assert play(tape) == lines(tape)
