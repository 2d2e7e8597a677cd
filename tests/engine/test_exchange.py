"""The whole market behind one door: stamps, reference data, entries and time.

Events are compared whole here. Requests about orders that are in the book stand in
test_exchange_changes, those about many orders and questions in test_exchange_requests.
"""

from __future__ import annotations

import pytest

from engine.commands import DefineInstrument, DefineMember, EnterOrder, PassTime
from engine.events import (
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderRejected,
    OrderState,
    StatusReported,
    Traded,
)
from engine.exchange import Exchange
from engine.rejects import Refusal, RejectReason
from engine.values import OrdStatus
from tests.support.market import SECOND, Rules, Venue, enter, lines, play, price

PRICE = price("10.00")


def _state(terms: EnterOrder, order_id: int, status: OrdStatus, cum: int = 0) -> OrderState:
    """An order that traded at 10.00 only; nothing is left of it unless it works."""
    works = status in (OrdStatus.NEW, OrdStatus.PARTIALLY_FILLED)
    leaves = terms.qty - cum if works else 0
    return OrderState(order_id, terms, status, leaves, cum, cum * PRICE)


# Stamps


def test_seq_has_to_grow() -> None:
    """A command with the place of an earlier one is a bug of the caller and stops."""
    exchange = Exchange()
    exchange.apply(PassTime(), 5, 0)
    with pytest.raises(AssertionError):
        exchange.apply(PassTime(), 5, 0)


def test_seq_may_leave_gaps() -> None:
    """The log also counts entries that are none of the engine's business."""
    exchange = Exchange()
    told = [exchange.apply(PassTime(), seq, 0) for seq in (1, 7)]
    assert [*told, exchange.seq] == [[], [], 7]


def test_time_never_goes_back() -> None:
    """A command stamped before the last one is a bug of the caller and stops."""
    exchange = Exchange()
    exchange.apply(PassTime(), 1, 10)
    exchange.apply(PassTime(), 2, 10)
    with pytest.raises(AssertionError):
        exchange.apply(PassTime(), 3, 9)


# Reference data


def test_reference_data_causes_no_events() -> None:
    """Members, segments and instruments are there after their commands, and nobody is told."""
    venue = Venue(Rules(symbols=("ERIC-B", "VOLV-B")))
    assert venue.events == []
    assert list(venue.exchange.markets) == ["ERIC-B", "VOLV-B"]
    assert venue.exchange.members["AVA"] == "Ava"


def test_member_defined_again_has_the_new_name() -> None:
    """Defining a member twice changes its name, nothing else."""
    venue = Venue()
    venue.apply(DefineMember("AVA", "Avanza Bank"))
    assert venue.exchange.members["AVA"] == "Avanza Bank"


def test_instrument_defined_again_keeps_its_book() -> None:
    """New facts of an instrument hold for entries after them; what rests, rests on."""
    venue = Venue()
    venue.apply(enter("A AVA buy 100 @ 10.01"))
    venue.apply(DefineInstrument("ERIC-B", "STO", tick_size=price("0.05")))
    (refused,) = venue.apply(enter("B AVA buy 100 @ 10.01"))
    accepted, traded = venue.apply(enter("C NON sell 100 @ 10.00"))
    assert isinstance(refused, OrderRejected)
    assert refused.refusal == Refusal(RejectReason.PRICE_OFF_TICK, price("0.05"), price("10.01"))
    assert isinstance(accepted, OrderAccepted)
    assert isinstance(traded, Traded)


def test_segment_defined_in_another_phase_goes_there() -> None:
    """A segment without a timetable has the phase of its definition; rules alone do not move it."""
    venue = Venue()
    told = []
    for segment in (
        Rules(internal_priority=False).segment("CONTINUOUS"),
        Rules().segment("CLOSED"),
        Rules().segment(""),
    ):
        events = venue.apply(segment)
        told.append([type(event).__name__ for event in events])
    assert told == [[], ["SegmentPhaseChanged", "PhaseChanged"], []]


def test_segments_instruments_see_its_new_rules() -> None:
    """A segment defined again changes how its instruments match from then on."""
    venue = Venue()
    venue.apply_all(
        enter("A NON buy 100 @ 10.00"),
        enter("B AVA buy 100 @ 10.00"),
        Rules(internal_priority=False).segment("CONTINUOUS"),
    )
    _, traded = venue.apply(enter("C AVA sell 100 @ 10.00"))
    assert isinstance(traded, Traded)
    assert traded.resting.terms.cl_ord_id == "A"


# Entries


def test_accepted_entry_is_told_with_its_terms() -> None:
    """An entry gets the next OrderID and stands with all of its quantity left."""
    venue = Venue()
    first, second = enter("A AVA buy 100 @ 10.00"), enter("B AVA buy 100 @ 9.00 GTC")
    assert venue.apply_all(first, second) == [
        OrderAccepted(_state(first, 1, OrdStatus.NEW), "CONTINUOUS"),
        OrderAccepted(_state(second, 2, OrdStatus.NEW), "CONTINUOUS"),
    ]


def test_accepted_before_it_trades() -> None:
    """An order that trades on entry is first told as new, then its executions in order."""
    venue = Venue()
    asks = [enter("A NON sell 100 @ 10.00"), enter("B SHB sell 100 @ 10.00")]
    venue.apply_all(*asks)
    terms = enter("C AVA buy 250 @ 10.00")
    assert venue.apply(terms) == [
        OrderAccepted(_state(terms, 3, OrdStatus.NEW), "CONTINUOUS"),
        Traded(
            1,
            "ERIC-B",
            PRICE,
            100,
            _state(asks[0], 1, OrdStatus.FILLED, 100),
            _state(terms, 3, OrdStatus.PARTIALLY_FILLED, 100),
            "CONTINUOUS",
        ),
        Traded(
            2,
            "ERIC-B",
            PRICE,
            100,
            _state(asks[1], 2, OrdStatus.FILLED, 100),
            _state(terms, 3, OrdStatus.PARTIALLY_FILLED, 200),
            "CONTINUOUS",
        ),
    ]


def test_ioc_is_accepted_then_canceled() -> None:
    """An immediate-or-cancel order is told as new before what did not trade is canceled."""
    venue = Venue()
    terms = enter("A AVA buy 100 @ 10.00 IOC")
    assert venue.apply(terms) == [
        OrderAccepted(_state(terms, 1, OrdStatus.NEW), "CONTINUOUS"),
        OrderCanceled(_state(terms, 1, OrdStatus.CANCELED), "I", "CONTINUOUS"),
    ]


def test_rejected_entry_changes_nothing() -> None:
    """A refused entry uses neither an OrderID nor its ClOrdID."""
    venue = Venue()
    bad, good = enter("A AVA buy 0 @ 10.00"), enter("A AVA buy 100 @ 10.00")
    refusal = Refusal(RejectReason.ORDER_QTY_TOO_SMALL, limit=1, was=0)
    assert venue.apply_all(bad, good) == [
        OrderRejected(bad, refusal),
        OrderAccepted(_state(good, 1, OrdStatus.NEW), "CONTINUOUS"),
    ]


def test_entry_of_nobody_and_into_nothing_is_rejected() -> None:
    """An unknown member and an unknown symbol are refused, the member first."""
    venue = Venue()
    nobody = enter("A XXX buy 100 @ 10.00 in NOPE")
    nothing = enter("A AVA buy 100 @ 10.00 in NOPE")
    assert venue.apply_all(nobody, nothing) == [
        OrderRejected(nobody, Refusal(RejectReason.UNKNOWN_MEMBER, was="XXX")),
        OrderRejected(nothing, Refusal(RejectReason.UNKNOWN_SYMBOL, was="NOPE")),
    ]


def test_duplicate_of_a_live_order_tells_its_state() -> None:
    """A ClOrdID used before is refused together with the order that bears it (scenario F.1.a)."""
    venue = Venue()
    first = enter("A AVA buy 100 @ 10.00")
    venue.apply_all(first, enter("B NON sell 40 @ 10.00"))
    again = enter("A AVA buy 150 @ 10.00")
    assert venue.apply(again) == [
        OrderRejected(
            again,
            Refusal(RejectReason.DUPLICATE_CL_ORD_ID, was="A"),
            live=_state(first, 1, OrdStatus.PARTIALLY_FILLED, 40),
        )
    ]


def test_same_id_in_another_session_is_no_duplicate() -> None:
    """ClOrdIDs of different sessions have nothing to do with each other."""
    tape = """
        A AVA buy 100 @ 10.00
        A NON buy 100 @ 10.00
    """
    assert play(tape) == lines(tape)


def test_possible_resend_of_a_known_order_is_answered_with_its_state() -> None:
    """PossResend with a known id enters nothing, whatever else it says (scenario F.1.b)."""
    venue = Venue()
    first = enter("A AVA buy 100 @ 10.00")
    venue.apply(first)
    again = EnterOrder("AVA", "AVA", "A", "NOPE", "9", "K", 0, poss_resend=True)
    assert venue.apply(again) == [
        StatusReported("AVA", "A", "A", None, _state(first, 1, OrdStatus.NEW), "CONTINUOUS")
    ]


def test_possible_resend_of_an_unknown_order_is_an_entry() -> None:
    """PossResend with a new id is an entry like any other."""
    venue = Venue()
    terms = EnterOrder("AVA", "AVA", "A", "ERIC-B", "1", "2", 100, PRICE, poss_resend=True)
    assert venue.apply(terms) == [OrderAccepted(_state(terms, 1, OrdStatus.NEW), "CONTINUOUS")]


def test_short_sale_sells() -> None:
    """A short sale rests among the sells, ranks by time there, and meets buys."""
    tape = """
        A AVA short 100 @ 10.00
        B NON sell  100 @ 10.00
        C SHB buy   150 @ 10.00
        -> A 100 @ 10.00 SHB|AVA
        -> B  50 @ 10.00 SHB|NON
        D NON buy   100 @  9.99
        E ENS short 150 @  9.99
        -> D 100 @  9.99 NON|ENS
        book
        -> sell E 50 @  9.99
        -> sell B 50 @ 10.00
    """
    assert play(tape) == lines(tape)


def test_instruments_have_books_of_their_own() -> None:
    """Orders of different instruments never meet."""
    tape = """
        A NON sell 100 @ 10.00
        B NON sell 100 @ 10.00 in VOLV-B
        C AVA buy  150 @ 10.00 in VOLV-B
        -> B 100 @ 10.00 AVA|NON
        book
        -> sell A 100 @ 10.00
        book in VOLV-B
        -> buy C 50 @ 10.00
    """
    assert play(tape, Rules(symbols=("ERIC-B", "VOLV-B"))) == lines(tape)


# Phases


def test_closed_market_refuses_what_would_change_it() -> None:
    """While closed nothing is entered, changed or canceled; reopened, everything is as it was."""
    tape = """
        A AVA buy 100 @ 10.00 GTC
        phase CLOSED
        -> segment CLOSED
        -> ERIC-B CLOSED
        B NON sell 100 @ 10.00
        -> rejected EXCHANGE_CLOSED
        replace A as A2 50 @ 10.00
        -> refused EXCHANGE_CLOSED
        cancel A
        -> refused EXCHANGE_CLOSED
        mass-cancel AVA
        -> 0 canceled
        disconnect AVA
        status AVA A
        -> A NEW leaves 100 cum 0
        orders AVA
        -> A NEW leaves 100 cum 0
        -> 1 orders
        phase CONTINUOUS
        -> segment CONTINUOUS
        -> A renewed leaves 100
        -> uncross O nothing
        -> ERIC-B CONTINUOUS
        B NON sell 100 @ 10.00
        -> A 100 @ 10.00 AVA|NON
    """
    assert play(tape) == lines(tape)


# Time


def test_order_expires_at_its_moment() -> None:
    """A good-till-date order ends when its time has come, not before."""
    tape = """
        A AVA buy 100 @ 10.00 GTD=30
        at 29
        book
        -> buy A 100 @ 10.00
        at 30
        -> A 100 expired
        book
    """
    assert play(tape) == lines(tape)


def test_what_is_due_happens_before_the_command_that_comes_later() -> None:
    """An order whose time is up cannot trade, even if nothing happened between."""
    venue = Venue()
    terms = enter("A AVA buy 100 @ 10.00 GTD=30")
    venue.apply(terms)
    venue.at = 31 * SECOND
    late = enter("B NON sell 100 @ 10.00")
    assert venue.apply(late) == [
        OrderExpired(_state(terms, 1, OrdStatus.EXPIRED), "CONTINUOUS"),
        OrderAccepted(_state(late, 2, OrdStatus.NEW), "CONTINUOUS"),
    ]


def test_partly_filled_order_expires_with_the_rest() -> None:
    """Only what is left expires; what traded stays traded."""
    tape = """
        A AVA buy 100 @ 10.00 GTD=30
        B NON sell 40 @ 10.00
        -> A 40 @ 10.00 AVA|NON
        at 30
        -> A 60 expired
        status AVA A
        -> A EXPIRED leaves 0 cum 40
        cancel A
        -> refused TOO_LATE_TO_CANCEL
    """
    assert play(tape) == lines(tape)


def test_orders_expire_by_moment_then_age() -> None:
    """What became due in one step happens in the order of time, then of entry."""
    tape = """
        A AVA buy 100 @ 10.00 GTD=30
        B NON buy 100 @ 10.00 GTD=20
        C SHB buy 100 @ 10.00 GTD=30
        D SHB buy 100 @ 10.00 GTD=99
        at 60
        -> B 100 expired
        -> A 100 expired
        -> C 100 expired
    """
    assert play(tape) == lines(tape)


def test_orders_that_ended_before_their_moment_do_not_expire() -> None:
    """A canceled and a filled order have nothing left to give up."""
    tape = """
        A AVA buy 100 @ 10.00 GTD=30
        B AVA buy 100 @  9.00 GTD=30
        C NON sell 100 @ 10.00
        -> A 100 @ 10.00 AVA|NON
        cancel B
        -> B 100 canceled U
        at 30
    """
    assert play(tape) == lines(tape)


def test_orders_expire_while_the_market_is_closed() -> None:
    """Time passes for orders whatever the phase."""
    tape = """
        A AVA buy 100 @ 10.00 GTD=30
        phase CLOSED
        -> segment CLOSED
        -> ERIC-B CLOSED
        at 30
        -> A 100 expired
    """
    assert play(tape) == lines(tape)


def test_expiry_that_is_never_reached_has_no_deadline() -> None:
    """The next deadline is that of the first good-till-date order that rests."""
    venue = Venue()
    told = [venue.exchange.next_deadline()]
    for line in (
        "A AVA buy 100 @ 10.00",
        "B AVA buy 100 @ 10.00 GTD=30",
        "C AVA buy 1 @ 9.00 GTD=20",
    ):
        venue.apply(enter(line))
        told.append(venue.exchange.next_deadline())
    venue.at = 20 * SECOND
    venue.apply(PassTime())
    told.append(venue.exchange.next_deadline())
    assert told == [None, None, 30 * SECOND, 20 * SECOND, 30 * SECOND]


def test_order_that_trades_on_entry_is_not_watched() -> None:
    """A good-till-date order that is filled at once leaves no deadline behind."""
    venue = Venue()
    venue.apply_all(enter("A NON sell 100 @ 10.00"), enter("B AVA buy 100 @ 10.00 GTD=30"))
    assert venue.exchange.next_deadline() is None
