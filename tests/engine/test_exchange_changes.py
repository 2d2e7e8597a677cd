"""Cancels and replaces of orders in the book."""

from __future__ import annotations

from engine.commands import CancelOrder, ReplaceOrder
from engine.events import CancelRejected, OrderAccepted, OrderCanceled, OrderReplaced, Traded
from engine.rejects import Refusal, RejectReason
from tests.support.market import SECOND, Rules, Venue, enter, lines, play, price

# Cancel


def test_cancel_names_its_request() -> None:
    """A requested cancel is told with the request and the order as it ended."""
    venue = Venue()
    terms = enter("A AVA buy 100 @ 10.00")
    request = CancelOrder("AVA", "B", "A", "ERIC-B", "1")
    accepted, canceled = venue.apply_all(terms, request)
    assert isinstance(accepted, OrderAccepted)
    assert isinstance(canceled, OrderCanceled)
    told = (canceled.order.status, canceled.order.leaves_qty, canceled.order.terms)
    assert told == ("4", 0, terms)
    assert (canceled.reason, canceled.phase, canceled.request) == ("U", "CONTINUOUS", request)


def test_cancel_gives_up_the_rest() -> None:
    """What traded stays, what is left goes, and the order does not trade any more."""
    tape = """
        A AVA buy 100 @ 10.00
        B NON sell 40 @ 10.00
        -> A 40 @ 10.00 AVA|NON
        cancel A
        -> A 60 canceled U
        C NON sell 60 @ 10.00
        book
        -> sell C 60 @ 10.00
    """
    assert play(tape) == lines(tape)


def test_canceled_order_answers_to_both_ids() -> None:
    """After a cancel the order is found by its own id and by that of the request."""
    tape = """
        A AVA buy 100 @ 10.00
        cancel A
        -> A 100 canceled U
        status AVA A
        -> A CANCELED leaves 0 cum 0
        status AVA A-cancel
        -> A CANCELED leaves 0 cum 0
        A AVA buy 100 @ 10.00
        -> rejected DUPLICATE_CL_ORD_ID
        A-cancel AVA buy 100 @ 10.00
        -> rejected DUPLICATE_CL_ORD_ID
    """
    assert play(tape) == lines(tape)


def test_order_of_another_session_is_unknown() -> None:
    """A session can neither cancel nor replace what another one entered."""
    venue = Venue()
    venue.apply(enter("A AVA buy 100 @ 10.00"))
    cancel = CancelOrder("NON", "B", "A", "ERIC-B", "1")
    replacing = ReplaceOrder("NON", "B", "A", "ERIC-B", "1", "2", 50, price("10.00"))
    refusal = Refusal(RejectReason.UNKNOWN_ORDER, was="A")
    assert venue.apply_all(cancel, replacing) == [
        CancelRejected(cancel, refusal),
        CancelRejected(replacing, refusal),
    ]


def test_refused_change_tells_the_order_it_named() -> None:
    """The refusal carries the order as it stands, untouched."""
    venue = Venue()
    (accepted,) = venue.apply(enter("A AVA buy 100 @ 10.00"))
    assert isinstance(accepted, OrderAccepted)
    request = CancelOrder("AVA", "B", "A", "ERIC-B", "2")
    assert venue.apply(request) == [
        CancelRejected(request, Refusal(RejectReason.SIDE_CHANGED, "1", "2"), accepted.order)
    ]


def test_superseded_id_names_no_order_for_a_change() -> None:
    """After a replace only the new id may be used to change the order; status still finds it."""
    tape = """
        A AVA buy 100 @ 10.00
        replace A as A2 60 @ 10.00
        -> A is now A2 NEW leaves 60 cum 0, keeps its place
        cancel A
        -> refused UNKNOWN_ORDER
        replace A as A3 50 @ 10.00
        -> refused UNKNOWN_ORDER
        status AVA A
        -> A2 NEW leaves 60 cum 0
        cancel A2
        -> A2 60 canceled U
        cancel A2
        -> refused DUPLICATE_CL_ORD_ID
    """
    assert play(tape) == lines(tape)


def test_id_of_a_refused_change_stays_free() -> None:
    """A refused replace does not use up its ClOrdID."""
    tape = """
        A AVA buy 100 @ 10.00
        replace A as A2 60 @ 10.005
        -> refused PRICE_OFF_TICK
        replace A as A2 60 @ 10.00
        -> A is now A2 NEW leaves 60 cum 0, keeps its place
    """
    assert play(tape) == lines(tape)


# Replace


def test_replace_is_told_with_the_new_terms() -> None:
    """The order keeps its OrderID and has the new terms; the former id is named."""
    venue = Venue()
    venue.apply(enter("A AVA buy 100 @ 10.00"))
    request = ReplaceOrder("AVA", "B", "A", "ERIC-B", "1", "2", 150, price("10.05"), account="P1")
    (replaced,) = venue.apply(request)
    assert isinstance(replaced, OrderReplaced)
    terms = replaced.order.terms
    told = (terms.cl_ord_id, terms.qty, terms.price, terms.account, replaced.order.order_id)
    assert told == ("B", 150, price("10.05"), "P1", 1)
    assert (replaced.orig_cl_ord_id, replaced.kept_priority) == ("A", False)


def test_replace_that_reaches_the_other_side_trades_at_once() -> None:
    """A replaced order comes in like a new one: first replaced, then traded (rule 2.4.4)."""
    venue = Venue()
    venue.apply_all(enter("A AVA buy 100 @ 9.00"), enter("B NON sell 60 @ 10.00"))
    request = ReplaceOrder("AVA", "A2", "A", "ERIC-B", "1", "2", 100, price("10.00"))
    replaced, traded = venue.apply(request)
    assert isinstance(replaced, OrderReplaced)
    assert isinstance(traded, Traded)
    assert (replaced.order.status, replaced.order.leaves_qty) == ("0", 100)
    assert (traded.incoming.terms.cl_ord_id, traded.incoming.leaves_qty) == ("A2", 40)
    assert (traded.resting.terms.cl_ord_id, traded.price) == ("B", price("10.00"))


def test_replaced_order_meets_its_own_member_first() -> None:
    """As the incoming order of its member it has internal priority."""
    tape = """
        A AVA buy 100 @ 9.00
        B NON sell 60 @ 10.00
        C AVA sell 60 @ 10.00
        replace A as A2 100 @ 10.00
        -> A is now A2 NEW leaves 100 cum 0, goes last
        -> C 60 @ 10.00 AVA|AVA
        -> B 40 @ 10.00 AVA|NON
    """
    assert play(tape) == lines(tape)


def test_partly_filled_order_is_replaced_and_trades_on() -> None:
    """Leaves are the new total less what is filled; CumQty goes on counting."""
    tape = """
        A AVA buy 100 @ 10.00
        B NON sell 40 @ 10.00
        -> A 40 @ 10.00 AVA|NON
        replace A as A2 200 @ 10.05
        -> A is now A2 PARTIALLY_FILLED leaves 160 cum 40, goes last
        C NON sell 160 @ 10.00
        -> A2 160 @ 10.05 AVA|NON
        status AVA A2
        -> A2 FILLED leaves 0 cum 200
    """
    assert play(tape) == lines(tape)


def test_replace_to_what_is_filled_or_less_ends_the_order() -> None:
    """The rest is given up, OrderQty becomes what is filled and the order is done (rule 2.4.3)."""
    venue = Venue()
    venue.apply_all(enter("A AVA buy 100 @ 10.00"), enter("B NON sell 40 @ 10.00"))
    request = ReplaceOrder("AVA", "A2", "A", "ERIC-B", "1", "2", 30, price("10.05"))
    (replaced,) = venue.apply(request)
    assert isinstance(replaced, OrderReplaced)
    order = replaced.order
    assert (order.status, order.leaves_qty, order.cum_qty, order.terms.qty) == ("2", 0, 40, 40)
    assert list(venue.exchange.orders.all_working()) == []


def test_replace_to_immediate_or_cancel() -> None:
    """The order trades what it can under its new terms and does not come back to the book."""
    tape = """
        A AVA buy 100 @ 9.00
        B NON sell 60 @ 10.00
        replace A as A2 100 @ 10.00 IOC
        -> A is now A2 NEW leaves 100 cum 0, goes last
        -> B 60 @ 10.00 AVA|NON
        -> A2 40 canceled I
        book
    """
    assert play(tape) == lines(tape)


def test_replace_to_fill_or_kill() -> None:
    """If not all of it can trade, the order is gone without a trade."""
    tape = """
        A AVA buy 100 @ 9.00
        B NON sell 60 @ 10.00
        replace A as A2 100 @ 10.00 FOK
        -> A is now A2 NEW leaves 100 cum 0, goes last
        -> A2 100 canceled I
        book
        -> sell B 60 @ 10.00
    """
    assert play(tape) == lines(tape)


def test_replace_to_market() -> None:
    """A market order with the old time in force trades at the best level and ends."""
    tape = """
        A AVA buy 100 @ 9.00
        B NON sell 60 @ 10.00
        C NON sell 60 @ 10.05
        replace A as A2 100 market
        -> A is now A2 NEW leaves 100 cum 0, goes last
        -> B 60 @ 10.00 AVA|NON
        -> A2 40 canceled I
        book
        -> sell C 60 @ 10.05
    """
    assert play(tape) == lines(tape)


def test_replace_to_market_needs_a_time_in_force_that_does_not_wait() -> None:
    """The old time in force holds on, and good-till-cancel does not go with a market order."""
    tape = """
        A AVA buy 100 @ 9.00 GTC
        replace A as A2 100 market
        -> refused UNSUPPORTED_COMBINATION
    """
    assert play(tape) == lines(tape)


def test_no_internal_can_be_switched_by_a_replace() -> None:
    """The order goes last and its own member meets it by time from then on."""
    tape = """
        N NON buy 100 @ 10.00
        A AVA buy 100 @ 10.00
        replace A as A2 100 @ 10.00 no-internal
        -> A is now A2 NEW leaves 100 cum 0, goes last
        X AVA sell 100 @ 10.00
        -> N 100 @ 10.00 NON|AVA
    """
    assert play(tape) == lines(tape)


def test_hidden_order_stays_hidden() -> None:
    """A replace cannot show a hidden order."""
    tape = """
        A AVA buy 100 @ 10.00 hidden
        replace A as A2 100 @ 10.01
        -> A is now A2 NEW leaves 100 cum 0, goes last
        B NON buy 100 @ 10.01
        X SHB sell 150 @ 10.01
        -> B 100 @ 10.01 NON|SHB
        -> A2 50 @ 10.01 AVA|SHB
    """
    assert play(tape) == lines(tape)


# Replace and expiry


def test_replaced_order_expires_once_at_its_old_moment() -> None:
    """A new price without a new expiry leaves the moment as it was, however often."""
    tape = """
        A AVA buy 100 @ 10.00 GTD=30
        replace A as A2 100 @ 10.01 GTD=30
        -> A is now A2 NEW leaves 100 cum 0, goes last
        replace A2 as A3 100 @ 10.02 GTD=40
        -> A2 is now A3 NEW leaves 100 cum 0, goes last
        replace A3 as A4 60 @ 10.02 GTD=30
        -> A3 is now A4 NEW leaves 60 cum 0, keeps its place
        at 30
        -> A4 60 expired
        at 40
    """
    assert play(tape) == lines(tape)


def test_replace_without_a_word_on_expiry_keeps_it() -> None:
    """A replace that says neither time in force nor expiry leaves the order good till its date."""
    venue = Venue()
    venue.apply(enter("A AVA buy 100 @ 10.00 GTD=30"))
    venue.apply(ReplaceOrder("AVA", "A2", "A", "ERIC-B", "1", "2", 100, price("10.01")))
    venue.at = 30 * SECOND
    told = [type(event).__name__ for event in venue.apply(enter("B NON sell 1 @ 99.00"))]
    assert told == ["OrderExpired", "OrderAccepted"]


def test_expiry_moved_by_a_replace_that_keeps_the_place() -> None:
    """A later expiry keeps the place in time; only the new moment ends the order."""
    tape = """
        A AVA buy 100 @ 10.00 GTD=30
        B NON buy 100 @ 10.00
        replace A as A2 100 @ 10.00 GTD=60
        -> A is now A2 NEW leaves 100 cum 0, keeps its place
        at 30
        book
        -> buy A2 100 @ 10.00
        -> buy B  100 @ 10.00
        at 60
        -> A2 100 expired
    """
    assert play(tape) == lines(tape)


def test_order_becomes_good_till_date_by_a_replace() -> None:
    """A Day order that gets a date keeps its place and ends then; and the other way round."""
    tape = """
        A AVA buy 100 @ 10.00
        B AVA buy 100 @ 10.00 GTD=30
        replace A as A2 100 @ 10.00 GTD=30
        -> A is now A2 NEW leaves 100 cum 0, keeps its place
        replace B as B2 100 @ 10.00 Day
        -> B is now B2 NEW leaves 100 cum 0, keeps its place
        at 30
        -> A2 100 expired
        book
        -> buy B2 100 @ 10.00
    """
    assert play(tape) == lines(tape)


def test_change_named_for_another_symbol_is_refused() -> None:
    """An order stays in its instrument."""
    tape = """
        A AVA buy 100 @ 10.00
        replace A as A2 100 @ 10.00 in VOLV-B
        -> refused SYMBOL_CHANGED
    """
    assert play(tape, Rules(symbols=("ERIC-B", "VOLV-B"))) == lines(tape)
