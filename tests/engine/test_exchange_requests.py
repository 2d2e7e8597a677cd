"""Requests about many orders at once, and questions."""

from __future__ import annotations

import pytest

from engine.commands import CancelOrder, MassCancel, ReplaceOrder, RequestMassStatus, RequestStatus
from engine.events import MassCanceled, MassStatusReported, OrderAccepted, StatusReported
from engine.rejects import Refusal, RejectReason
from tests.support.market import Rules, Venue, enter, lines, play, price

TWO = Rules(symbols=("ERIC-B", "VOLV-B"))

ORDERS = """
    A AVA buy  100 @ 10.00
    B AVA sell 100 @ 10.05
    C AVA buy  100 @ 10.00 GTC in VOLV-B
    D NON buy  100 @ 10.00
    E AVA buy  100 @  9.00 GTD=60
"""


# Mass cancel


@pytest.mark.parametrize(
    ("request_line", "canceled", "book"),
    [
        ("mass-cancel AVA", "A B C E", "D"),
        ("mass-cancel AVA in VOLV-B", "C", "A D E B"),
        ("mass-cancel AVA buy", "A C E", "D B"),
        ("mass-cancel AVA sell", "B", "A D E"),
        ("mass-cancel AVA buy in ERIC-B", "A E", "D B"),
        ("mass-cancel AVA short", "", "A D E B"),
        ("mass-cancel SHB", "", "A D E B"),
    ],
)
def test_mass_cancel_takes_the_sessions_orders_in_scope(
    request_line: str, canceled: str, book: str
) -> None:
    """All orders of the session, or those of a symbol or side, oldest first; then the count."""
    told = play(f"{ORDERS}{request_line}\nbook", TWO)[len(lines(ORDERS)) :]
    at = told.index("book")
    ids = canceled.split()
    assert told[:at] == [
        request_line,
        *(f"-> {cl_ord_id} 100 canceled M" for cl_ord_id in ids),
        f"-> {len(ids)} canceled",
    ]
    assert [line.split()[2] for line in told[at + 1 :]] == book.split()


def test_mass_cancel_leaves_the_ids_of_its_orders_alone() -> None:
    """Orders canceled together keep their ClOrdIDs, and nothing is named as their request."""
    venue = Venue()
    terms = enter("A AVA buy 100 @ 10.00")
    venue.apply(terms)
    request = MassCancel("AVA", "M", "7")
    canceled, report = venue.apply(request)
    found = venue.exchange.orders.find("AVA", "A")
    assert found is not None
    assert found.cl_ord_id == "A"
    assert getattr(canceled, "request", "none") is None
    assert report == MassCanceled(request, 1)
    assert venue.exchange.orders.find("AVA", "M") is None


@pytest.mark.parametrize(
    ("request_type", "symbol", "refusal"),
    [
        ("2", "ERIC-B", Refusal(RejectReason.MASS_CANCEL_TYPE_UNSUPPORTED, was="2")),
        ("1", "NOPE", Refusal(RejectReason.UNKNOWN_SYMBOL, was="NOPE")),
        ("1", "", Refusal(RejectReason.UNKNOWN_SYMBOL, was="")),
    ],
)
def test_mass_cancel_out_of_scope_cancels_nothing(
    request_type: str, symbol: str, refusal: Refusal
) -> None:
    """An unknown scope or symbol is refused as a whole."""
    venue = Venue()
    venue.apply(enter("A AVA buy 100 @ 10.00"))
    request = MassCancel("AVA", "M", request_type, symbol)
    assert venue.apply(request) == [MassCanceled(request, 0, refusal)]
    assert len(list(venue.exchange.orders.all_working())) == 1


def test_mass_cancel_of_everything_ignores_a_symbol() -> None:
    """Type 7 means all orders, whatever Symbol says."""
    venue = Venue()
    venue.apply(enter("A AVA buy 100 @ 10.00"))
    *_, report = venue.apply(MassCancel("AVA", "M", "7", "NOPE"))
    assert isinstance(report, MassCanceled)
    assert (report.affected, report.refusal) == (1, None)


# Cancel on disconnect


def test_disconnect_cancels_day_orders() -> None:
    """With scope `day` good-till orders stay, as do other sessions' orders."""
    tape = f"""{ORDERS}
        disconnect AVA day
        -> A 100 canceled D
        -> B 100 canceled D
        orders AVA
        -> C NEW leaves 100 cum 0
        -> E NEW leaves 100 cum 0
        -> 2 orders
        orders NON
        -> D NEW leaves 100 cum 0
        -> 1 orders
    """
    assert play(tape, TWO) == lines(tape)


def test_disconnect_cancels_all_orders() -> None:
    """With scope `all` nothing of the session is left, also after executions."""
    tape = f"""{ORDERS}
        F SHB buy 40 @ 10.05
        -> B 40 @ 10.05 SHB|AVA
        disconnect AVA
        -> A 100 canceled D
        -> B  60 canceled D
        -> C 100 canceled D
        -> E 100 canceled D
        disconnect AVA
    """
    assert play(tape, TWO) == lines(tape)


# Status


def test_status_of_one_order() -> None:
    """The answer has the order as it stands, its present id, the phase and the request."""
    venue = Venue()
    (accepted,) = venue.apply(enter("A AVA buy 100 @ 10.00"))
    assert isinstance(accepted, OrderAccepted)
    request = RequestStatus("AVA", "A", "ERIC-B", "1", "S1")
    assert venue.apply(request) == [
        StatusReported("AVA", "A", "A", request, accepted.order, "CONTINUOUS")
    ]


def test_status_of_an_unknown_order() -> None:
    """An id that names no order of the session is answered so, also if another session has it."""
    venue = Venue()
    venue.apply(enter("A AVA buy 100 @ 10.00"))
    request = RequestStatus("NON", "A", "ERIC-B", "1")
    assert venue.apply(request) == [StatusReported("NON", "A", "A", request, None, "")]


def test_status_by_a_former_id_tells_the_present_one() -> None:
    """An order asked for by an id it bore before is answered under its last accepted id."""
    venue = Venue()
    venue.apply_all(
        enter("A AVA buy 100 @ 10.00"),
        ReplaceOrder("AVA", "B", "A", "ERIC-B", "1", "2", 60, price("10.00")),
        CancelOrder("AVA", "C", "B", "ERIC-B", "1"),
    )
    told = []
    for asked in "ABC":
        (report,) = venue.apply(RequestStatus("AVA", asked, "ERIC-B", "1"))
        assert isinstance(report, StatusReported)
        assert report.order is not None
        told.append((report.asked, report.cl_ord_id, report.order.terms.cl_ord_id))
    assert told == [("A", "C", "B"), ("B", "C", "B"), ("C", "C", "B")]


def test_questions_change_nothing() -> None:
    """Asking leaves book, orders and counters as they are."""
    tape = f"""{ORDERS}
        orders AVA
        -> A NEW leaves 100 cum 0
        -> B NEW leaves 100 cum 0
        -> C NEW leaves 100 cum 0
        -> E NEW leaves 100 cum 0
        -> 4 orders
        orders AVA in VOLV-B
        -> C NEW leaves 100 cum 0
        -> 1 orders
        orders SHB
        -> 0 orders
        status AVA A
        -> A NEW leaves 100 cum 0
        status AVA D
        -> D unknown
        book
        -> buy  A 100 @ 10.00
        -> buy  D 100 @ 10.00
        -> buy  E 100 @  9.00
        -> sell B 100 @ 10.05
    """
    assert play(tape, TWO) == lines(tape)


def test_mass_status_tells_each_order_with_its_phase() -> None:
    """Orders and phases of their instruments stand side by side, oldest order first."""
    venue = Venue()
    accepted = venue.apply_all(
        enter("A AVA buy 100 @ 10.00"), enter("B AVA sell 100 @ 10.05"), enter("C AVA buy 1 @ 9.00")
    )
    request = RequestMassStatus("AVA", "S", "7", side="1")
    states = [event.order for event in accepted if isinstance(event, OrderAccepted)]
    assert venue.apply(request) == [
        MassStatusReported(request, [states[0], states[2]], ["CONTINUOUS", "CONTINUOUS"])
    ]


@pytest.mark.parametrize(
    ("request_type", "refusal"),
    [
        ("3", Refusal(RejectReason.MASS_STATUS_TYPE_UNSUPPORTED, was="3")),
        ("1", Refusal(RejectReason.UNKNOWN_SYMBOL, was="NOPE")),
    ],
)
def test_mass_status_out_of_scope_tells_nothing(request_type: str, refusal: Refusal) -> None:
    """An unknown scope or symbol is refused."""
    venue = Venue()
    request = RequestMassStatus("AVA", "S", request_type, "NOPE")
    assert venue.apply(request) == [MassStatusReported(request, [], [], refusal)]
