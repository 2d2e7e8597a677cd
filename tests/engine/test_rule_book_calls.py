"""Call auctions through the market: allocation, extensions, what is published.

EX-4.1 and 4.13 to 4.16 of the rule book, and the rules around them. How the price is found is
tests/engine/book/test_auction; what takes part and what remains is test_on_auction_orders.
"""

from __future__ import annotations

import pytest

from tests.support.market import Rules, lines, play


def _call(phase: str = "OPENING_CALL", **more: object) -> Rules:
    reference = str(more.pop("reference", "100.00"))
    return Rules(reference_price=reference, phase=phase, more=more)


EX_4_13 = """
    b1 NON buy  300 @ 100.00
    b2 AVA buy  300 @ 100.00
    s1 AVA sell 200 @  99.00
    phase CONTINUOUS
    -> segment CONTINUOUS
"""


def test_ex_4_13_own_member_first_at_the_price() -> None:
    """At the auction's price the seller's own member's bid stands before an earlier one."""
    tape = f"""{EX_4_13}
        -> b2 200 @ 100.00 AVA|AVA
        -> uncross O 200 @ 100.00
        -> ERIC-B CONTINUOUS
        book
        -> buy b1 300 @ 100.00
        -> buy b2 100 @ 100.00
    """
    assert play(tape, _call(reference="99.50")) == lines(tape)


def test_ex_4_13_without_internal_priority_in_calls() -> None:
    """Switched off for calls, time decides."""
    tape = f"""{EX_4_13}
        -> b1 200 @ 100.00 NON|AVA
        -> uncross O 200 @ 100.00
        -> ERIC-B CONTINUOUS
        book
        -> buy b1 100 @ 100.00
        -> buy b2 300 @ 100.00
    """
    assert play(tape, _call(reference="99.50", internal_priority_in_calls=False)) == lines(tape)


EX_4_14 = """
    b1 NON buy 200 market
    b2 SHB buy 100 @ 101.00
    b3 ENS buy 300 @ 100.00
    b4 AVA buy 300 @ 100.00
    s1 CAR sell 350 @  99.00
    s2 AVA sell 150 @ 100.00
    indicative
    -> 100.00 paired 500 imbalance 400 B
    phase CONTINUOUS
    -> segment CONTINUOUS
    -> b1 200 @ 100.00 NON|CAR
    -> b2 100 @ 100.00 SHB|CAR
    -> b3  50 @ 100.00 ENS|CAR
"""


def test_ex_4_14_market_then_price_then_internal() -> None:
    """Market orders, then better limits, then at the price the own member's."""
    tape = f"""{EX_4_14}
        -> b4 150 @ 100.00 AVA|AVA
        -> uncross O 500 @ 100.00
        -> ERIC-B CONTINUOUS
        book
        -> buy b3 250 @ 100.00
        -> buy b4 150 @ 100.00
    """
    assert play(tape, _call()) == lines(tape)


def test_ex_4_14_without_internal_priority_in_calls() -> None:
    """The same by time."""
    tape = f"""{EX_4_14}
        -> b3 150 @ 100.00 ENS|AVA
        -> uncross O 500 @ 100.00
        -> ERIC-B CONTINUOUS
        book
        -> buy b3 100 @ 100.00
        -> buy b4 300 @ 100.00
    """
    assert play(tape, _call(internal_priority_in_calls=False)) == lines(tape)


EX_4_15 = """
    b1 ENS buy 300 @ 100.00 hidden
    b2 NON buy 200 @ 100.00
    b3 AVA buy 200 @ 100.00 hidden
    s1 AVA sell 450 @ 100.00
    phase CONTINUOUS
    -> segment CONTINUOUS
"""


def test_ex_4_15_internal_then_displayed_then_time() -> None:
    """The own hidden bid, then the displayed one, then the hidden one that came first."""
    tape = f"""{EX_4_15}
        -> b3 200 @ 100.00 AVA|AVA
        -> b2 200 @ 100.00 NON|AVA
        -> b1  50 @ 100.00 ENS|AVA
        -> uncross O 450 @ 100.00
        -> ERIC-B CONTINUOUS
        book
        -> buy b1 250 @ 100.00
    """
    assert play(tape, _call()) == lines(tape)


def test_ex_4_15_without_internal_priority_in_calls() -> None:
    """Displayed, then hidden by time."""
    tape = f"""{EX_4_15}
        -> b2 200 @ 100.00 NON|AVA
        -> b1 250 @ 100.00 ENS|AVA
        -> uncross O 450 @ 100.00
        -> ERIC-B CONTINUOUS
        book
        -> buy b1  50 @ 100.00
        -> buy b3 200 @ 100.00
    """
    assert play(tape, _call(internal_priority_in_calls=False)) == lines(tape)


def test_rule_4_5_no_internal_order_waits_for_its_time_in_a_call() -> None:
    """An order marked no-internal has no standing with its own member (rule 3.8)."""
    tape = """
        b1 NON buy  300 @ 100.00
        b2 AVA buy  300 @ 100.00 no-internal
        s1 AVA sell 200 @  99.00
        phase CONTINUOUS
        -> segment CONTINUOUS
        -> b1 200 @ 100.00 NON|AVA
        -> uncross O 200 @ 100.00
        -> ERIC-B CONTINUOUS
    """
    assert play(tape, _call(reference="99.50")) == lines(tape)


# The price extension


FAR = """
    s1 NON sell 100 @ {price}
    b1 SHB buy  100 @ {price}
"""


@pytest.mark.parametrize(("phase", "cross"), [("OPENING_CALL", "O"), ("CLOSING_CALL", "C")])
def test_ex_4_16_price_too_far_extends_the_call(phase: str, cross: str) -> None:
    """11 % above the reference: three minutes more, then whatever the price is then."""
    tape = f"""{FAR.format(price="111.00")}
        phase CONTINUOUS
        -> segment CONTINUOUS
        -> extended at 111.00
        indicative
        -> 111.00 paired 100 imbalance 0 N
        b2 ENS buy  50 @ 112.00
        s2 CAR sell 50 @ 112.00
        at 179
        book
        -> buy b2 50 @ 112.00
        -> buy b1 100 @ 111.00
        -> sell s1 100 @ 111.00
        -> sell s2 50 @ 112.00
        at 180
        -> b2 50 @ 111.00 ENS|NON
        -> b1 50 @ 111.00 SHB|NON
        -> uncross {cross} 100 @ 111.00
        -> ERIC-B CONTINUOUS
    """
    assert play(tape, _call(phase, extension=10)) == lines(tape)


def test_ex_4_16_exactly_the_threshold_is_not_too_far() -> None:
    """10.0 % is inside."""
    tape = f"""{FAR.format(price="110.00")}
        phase CONTINUOUS
        -> segment CONTINUOUS
        -> s1 100 @ 110.00 SHB|NON
        -> uncross O 100 @ 110.00
        -> ERIC-B CONTINUOUS
    """
    assert play(tape, _call(extension=10)) == lines(tape)


@pytest.mark.parametrize(
    ("price", "extended"), [("110.01", True), ("90.00", False), ("89.99", True)]
)
def test_ex_4_16_bounds_above_and_below(price: str, extended: bool) -> None:  # noqa: FBT001
    """The threshold holds in both directions."""
    at = price
    ends = f"""
        -> s1 100 @ {at} SHB|NON
        -> uncross O 100 @ {at}
        -> ERIC-B CONTINUOUS
    """
    tape = f"""{FAR.format(price=price)}
        phase CONTINUOUS
        -> segment CONTINUOUS
        {f"-> extended at {at}" if extended else ends}
    """
    assert play(tape, _call(extension=10)) == lines(tape)


def test_rule_4_7_only_opening_and_closing_calls_are_extended() -> None:
    """A scheduled auction ends, however far its price is."""
    tape = f"""{FAR.format(price="111.00")}
        phase CONTINUOUS
        -> segment CONTINUOUS
        -> s1 100 @ 111.00 SHB|NON
        -> uncross I 100 @ 111.00
        -> ERIC-B CONTINUOUS
    """
    assert play(tape, _call("SCHEDULED_AUCTION", extension=10)) == lines(tape)


def test_rule_4_7_call_is_extended_once() -> None:
    """Cancels in the extension move the price even further: it ends all the same."""
    tape = f"""{FAR.format(price="111.00")}
        phase CONTINUOUS
        -> segment CONTINUOUS
        -> extended at 111.00
        cancel s1
        -> s1 100 canceled U
        cancel b1
        -> b1 100 canceled U
        s2 NON sell 100 @ 150.00
        b2 SHB buy  100 @ 150.00
        at 180
        -> s2 100 @ 150.00 SHB|NON
        -> uncross O 100 @ 150.00
        -> ERIC-B CONTINUOUS
    """
    assert play(tape, _call(extension=10)) == lines(tape)


def test_rule_4_7_extension_may_end_with_nothing() -> None:
    """When what crossed was canceled meanwhile, the book simply opens (rule 4.6.2)."""
    tape = f"""{FAR.format(price="111.00")}
        phase CONTINUOUS
        -> segment CONTINUOUS
        -> extended at 111.00
        cancel s1
        -> s1 100 canceled U
        at 180
        -> uncross O nothing
        -> ERIC-B CONTINUOUS
        book
        -> buy b1 100 @ 111.00
    """
    assert play(tape, _call(extension=10)) == lines(tape)


def test_rule_4_7_what_was_collected_overnight_is_extended_once_at_most() -> None:
    """A book that goes from the night into trading uncrosses first; it gets there in the end."""
    tape = """
        halt ERIC-B entry
        b1 SHB buy  100 @ 111.00 GTC
        s1 NON sell 100 @ 111.00 GTC
        phase POST_TRADE
        resume ERIC-B
        phase CONTINUOUS
        at 180
        at 360
        at 540
    """
    told = play(tape, _call("CONTINUOUS", extension=10))
    assert told.count("-> extended at 111.00") <= 1
    assert told.count("-> b1 renewed leaves 100") == 1
    assert told.count("-> uncross O 100 @ 111.00") == 1


def test_rule_4_7_other_books_go_on() -> None:
    """Only the book whose price is too far stays in its call."""
    tape = f"""{FAR.format(price="111.00")}
        s2 NON sell 100 @ 100.00 in VOLV-B
        b2 SHB buy  100 @ 100.00 in VOLV-B
        phase CONTINUOUS
        -> segment CONTINUOUS
        -> extended at 111.00
        -> s2 100 @ 100.00 SHB|NON
        -> uncross O 100 @ 100.00
        -> VOLV-B CONTINUOUS
    """
    rules = _call(extension=10)._replace(symbols=("ERIC-B", "VOLV-B"))
    assert play(tape, rules) == lines(tape)


# More of calls


def test_rule_2_8_5_self_match_prevention_is_ignored_in_calls() -> None:
    """Two orders of one trader meet in an auction."""
    tape = """
        b1 AVA buy  100 @ 100.00 trader=T1
        s1 AVA sell 100 @ 100.00 trader=T1 self-match=both level=trader
        phase CONTINUOUS
        -> segment CONTINUOUS
        -> s1 100 @ 100.00 AVA|AVA
        -> uncross O 100 @ 100.00
        -> ERIC-B CONTINUOUS
    """
    told = play(tape, _call())
    trade = next(line for line in told if "AVA|AVA" in line)
    assert trade in ("-> s1 100 @ 100.00 AVA|AVA", "-> b1 100 @ 100.00 AVA|AVA")
    assert [line for line in told if line != trade] == [
        line for line in lines(tape) if "AVA|AVA" not in line
    ]


def test_rule_4_5_4_market_orders_alone_trade_at_the_reference() -> None:
    """EX-4.9 through the market: buy 300, sell 200, reference 50."""
    tape = """
        b1 NON buy  300 market
        s1 SHB sell 200 market
        phase CONTINUOUS
        -> segment CONTINUOUS
        -> b1 200 @ 50.00 NON|SHB
        -> uncross O 200 @ 50.00
        -> ERIC-B CONTINUOUS
        -> b1 100 canceled A
        prices
        -> last 50.00 open 50.00 close none
    """
    assert play(tape, _call(reference="50.00")) == lines(tape)


def test_fill_or_kill_and_post_only_are_refused_in_a_call() -> None:
    """All now or nothing, and narrowing a spread, mean nothing where nothing trades (1.3, 1.2)."""
    tape = """
        f1 NON buy 300 @ 100.00 FOK
        -> rejected PHASE_FORBIDS_ORDER_TYPE
        p1 NON buy 300 @ 100.00 post-only
        -> rejected PHASE_FORBIDS_ORDER_TYPE
    """
    assert play(tape, _call()) == lines(tape)


def test_rule_4_1_2_amend_and_cancel_are_free_in_a_call() -> None:
    """Until the uncross orders may change, into the crossed region too, and nothing matches."""
    tape = """
        b1 NON buy  100 @ 99.00
        s1 SHB sell 100 @ 100.00
        replace b1 as b2 150 @ 101.00
        -> b1 is now b2 NEW leaves 150 cum 0, goes last
        indicative
        -> 101.00 paired 100 imbalance 50 B
        cancel s1
        -> s1 100 canceled U
        indicative
        -> no price O bid 150 @ 101.00 ask 0 @ none
    """
    assert play(tape, _call()) == lines(tape)


def test_ex_4_1_indicative_message() -> None:
    """EX-4.1 and the book of EX-4.3: paired, imbalance, direction."""
    tape = """
        b1 NON buy 300 @ 100.50
        b2 NON buy 400 @ 100.00
        b3 NON buy 500 @ 99.50
        s1 SHB sell 200 @ 99.00
        s2 SHB sell 300 @ 99.50
        s3 SHB sell 600 @ 100.00
        indicative
        -> 100.00 paired 700 imbalance 400 S
    """
    rules = _call()._replace(tick_size="0.1")
    assert play(tape, rules) == lines(tape)
