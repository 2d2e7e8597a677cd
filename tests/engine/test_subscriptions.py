"""Who is told of phases: requests and changes in, reports out."""

from __future__ import annotations

import pytest

from engine.commands import RequestSecurityStatus, RequestTradingSessionStatus
from engine.events import Event, SecurityStatusReported, TradingSessionReported
from engine.rejects import Refusal, RejectReason
from engine.subscriptions import SUBSCRIPTIONS_MAX, BookStatus, Subscriptions

SEGMENTS = {"STO": "CONTINUOUS", "FN": "SCHEDULED_AUCTION"}
ERIC = BookStatus("STO", "CONTINUOUS", 873_000)
BOOKS = {"ERIC-B": ERIC, "VOLV-B": BookStatus("STO", "CLOSED", 0)}


def told(events: list[Event]) -> list[str]:
    """Reports as words: whom, under which id, about what, and how."""
    return [_words(event) for event in events]


def _words(event: Event) -> str:
    assert isinstance(event, TradingSessionReported | SecurityStatusReported)
    about = event.segment if isinstance(event, TradingSessionReported) else event.symbol
    how = "unasked" if event.unsolicited else "asked"
    why = event.refusal.reason if event.refusal is not None else how
    return f"{event.request.session}/{event.request.req_id} {about} {event.phase} {why}"


class Told:
    """Subscriptions spoken to in short lines."""

    def __init__(self) -> None:
        self.subscriptions = Subscriptions()

    def session(self, line: str) -> list[str]:
        """`AVA 1 STO 0`: session, id, 263, segment (- all)."""
        session, req_id, kind, segment = line.split()
        request = RequestTradingSessionStatus(session, req_id, segment.strip("-"), kind)
        return told(self.subscriptions.request_session(request, SEGMENTS))

    def security(self, line: str) -> list[str]:
        """`AVA 1 0 ERIC-B`: session, id, 263, symbol."""
        session, req_id, kind, symbol = line.split()
        request = RequestSecurityStatus(session, req_id, symbol, kind)
        return told(self.subscriptions.request_security(request, BOOKS.get(symbol)))

    def on_segment(self, segment: str = "STO") -> list[str]:
        """The segment closes."""
        return told(self.subscriptions.on_segment(segment, "CLOSED"))

    def on_book(self, symbol: str = "ERIC-B") -> list[str]:
        """The book is halted."""
        return told(self.subscriptions.on_book(symbol, "STO", "HALT_FROZEN", 873_000))


def test_a_question_is_answered_once() -> None:
    """The segment that was named, all in the order of their definition, a book; then silence."""
    t = Told()
    assert [
        t.session("AVA 1 0 FN"),
        t.session("AVA 2 0 -"),
        t.security("AVA 1 0 ERIC-B"),
        t.on_segment(),
        t.on_book(),
    ] == [
        ["AVA/1 FN SCHEDULED_AUCTION asked"],
        ["AVA/2 STO CONTINUOUS asked", "AVA/2 FN SCHEDULED_AUCTION asked"],
        ["AVA/1 ERIC-B CONTINUOUS asked"],
        [],
        [],
    ]


def test_what_is_reported() -> None:
    """An answer and a report have the request, the phase, and of a book its last price."""
    t, request = Subscriptions(), RequestSecurityStatus("AVA", "1", "ERIC-B", "1")
    assert t.request_security(request, ERIC) == [
        SecurityStatusReported(request, "ERIC-B", "STO", "CONTINUOUS", 873_000)
    ]
    assert t.on_book("ERIC-B", "STO", "CLOSING_CALL", 874_000) == [
        SecurityStatusReported(request, "ERIC-B", "STO", "CLOSING_CALL", 874_000, unsolicited=True)
    ]


def test_subscribers_are_told_of_changes() -> None:
    """First those who watch all segments, then those of this one, each kind by age; no others."""
    t = Told()
    t.session("NON a 1 STO")
    t.session("AVA 1 1 FN")
    t.session("AVA 2 1 STO")
    t.session("SEB x 1 -")
    t.security("SEB x 1 ERIC-B")
    t.security("AVA 1 1 ERIC-B")
    assert [t.on_segment("STO"), t.on_segment("FN"), t.on_book(), t.on_book("VOLV-B")] == [
        ["SEB/x STO CLOSED unasked", "NON/a STO CLOSED unasked", "AVA/2 STO CLOSED unasked"],
        ["SEB/x FN CLOSED unasked", "AVA/1 FN CLOSED unasked"],
        ["SEB/x ERIC-B HALT_FROZEN unasked", "AVA/1 ERIC-B HALT_FROZEN unasked"],
        [],
    ]


def test_a_segment_defined_later_is_watched_by_those_who_watch_all() -> None:
    """They are told of it under the old id."""
    t = Told()
    t.session("AVA 1 1 -")
    assert t.on_segment("NEW") == ["AVA/1 NEW CLOSED unasked"]


def test_no_more_ends_it_with_a_last_answer() -> None:
    """By id, of this session and this kind only; also where there is nothing to end."""
    t = Told()
    for session in ("AVA", "NON"):
        t.session(f"{session} 1 1 STO")
        t.security(f"{session} 1 1 ERIC-B")
    assert [
        t.session("AVA 1 2 STO"),
        t.session("AVA 9 2 STO"),
        t.on_segment(),
        t.on_book(),
        t.security("AVA 1 2 VOLV-B"),
        t.on_book(),
    ] == [
        ["AVA/1 STO CONTINUOUS asked"],
        ["AVA/9 STO CONTINUOUS asked"],
        ["NON/1 STO CLOSED unasked"],
        ["AVA/1 ERIC-B HALT_FROZEN unasked", "NON/1 ERIC-B HALT_FROZEN unasked"],
        ["AVA/1 VOLV-B CLOSED asked"],
        ["NON/1 ERIC-B HALT_FROZEN unasked"],
    ]


def test_the_same_id_takes_the_place_of_the_old_one() -> None:
    """The subscription is about something else now, and youngest; a question alone changes none."""
    t = Told()
    t.security("AVA 1 1 ERIC-B")
    t.security("AVA 2 1 VOLV-B")
    t.security("AVA 1 0 ERIC-B")
    t.security("AVA 1 1 VOLV-B")
    assert [t.on_book("ERIC-B"), t.on_book("VOLV-B")] == [
        [],
        ["AVA/2 VOLV-B HALT_FROZEN unasked", "AVA/1 VOLV-B HALT_FROZEN unasked"],
    ]


def test_a_refused_request_changes_nothing() -> None:
    """An unknown segment or symbol, a 263 that is none: the old subscription stays."""
    t = Told()
    t.session("AVA 1 1 STO")
    t.security("AVA 1 1 ERIC-B")
    assert [
        t.session("AVA 1 1 NYC"),
        t.session("AVA 1 2 NYC"),
        t.session("AVA 1 3 STO"),
        t.security("AVA 1 1 NONE-SUCH"),
        t.security("AVA 1 2 NONE-SUCH"),
        t.security("AVA 1 3 ERIC-B"),
        t.on_segment(),
        t.on_book(),
    ] == [
        ["AVA/1 NYC  UNKNOWN_SEGMENT"],
        ["AVA/1 NYC  UNKNOWN_SEGMENT"],
        ["AVA/1 STO  SUBSCRIPTION_UNSUPPORTED"],
        ["AVA/1 NONE-SUCH  UNKNOWN_SYMBOL"],
        ["AVA/1 NONE-SUCH  UNKNOWN_SYMBOL"],
        ["AVA/1 ERIC-B  SUBSCRIPTION_UNSUPPORTED"],
        ["AVA/1 STO CLOSED unasked"],
        ["AVA/1 ERIC-B HALT_FROZEN unasked"],
    ]


def test_a_venue_without_segments_says_so() -> None:
    """Even then there is an answer."""
    request = RequestTradingSessionStatus("AVA", "1")
    assert Subscriptions().request_session(request, {}) == [
        TradingSessionReported(request, "", "", refusal=Refusal(RejectReason.UNKNOWN_SEGMENT))
    ]


@pytest.mark.parametrize(
    ("kind", "limit"),
    [
        ("7", "0, 1 or 2"),
        ("1", "0 or 2 with 1000 subscriptions open"),
    ],
)
def test_subscriptions_have_a_limit(kind: str, limit: str) -> None:
    """The session learns which values it may use; what it has may be replaced and ended."""
    t = Told()
    for i in range(SUBSCRIPTIONS_MAX - 1):
        t.security(f"AVA {i} 1 ERIC-B")
    assert t.session("AVA a 1 STO") == ["AVA/a STO CONTINUOUS asked"]
    request = RequestTradingSessionStatus("AVA", "b", "STO", kind)
    assert t.subscriptions.request_session(request, SEGMENTS) == [
        TradingSessionReported(
            request,
            "STO",
            "",
            refusal=Refusal(RejectReason.SUBSCRIPTION_UNSUPPORTED, limit, kind),
        )
    ]
    assert [
        t.session("NON b 1 STO"),
        t.session("AVA a 1 FN"),
        t.security("AVA 0 2 ERIC-B"),
        t.session("AVA b 1 STO"),
    ] == [
        ["NON/b STO CONTINUOUS asked"],
        ["AVA/a FN SCHEDULED_AUCTION asked"],
        ["AVA/0 ERIC-B CONTINUOUS asked"],
        ["AVA/b STO CONTINUOUS asked"],
    ]


def test_the_end_of_a_connection_ends_all_of_it() -> None:
    """Both kinds, of that session only."""
    t = Told()
    for session in ("SEB", "AVA"):
        t.session(f"{session} 1 1 -")
        t.session(f"{session} 2 1 STO")
        t.security(f"{session} 1 1 ERIC-B")
    t.subscriptions.end("AVA")
    t.subscriptions.end("NON")
    assert [t.on_segment(), t.on_book()] == [
        ["SEB/1 STO CLOSED unasked", "SEB/2 STO CLOSED unasked"],
        ["SEB/1 ERIC-B HALT_FROZEN unasked"],
    ]


def test_who_is_subscribed_is_known() -> None:
    """In alphabetical order, each once, whichever the kind; a question leaves no trace."""
    t, s = Told(), Told().subscriptions
    assert (s.sessions_with_any(), s.has_any("AVA")) == ([], False)
    t.session("SEB 1 1 STO")
    t.security("SEB 1 1 ERIC-B")
    t.security("AVA 1 1 ERIC-B")
    t.security("NON 1 0 ERIC-B")
    s = t.subscriptions
    assert (s.sessions_with_any(), s.has_any("SEB"), s.has_any("NON")) == (
        ["AVA", "SEB"],
        True,
        False,
    )


def test_state_tells_apart_what_will_be_reported_differently() -> None:
    """Subjects, kinds, sessions, ids and the order of reports are in it; a detour is not."""
    lines = ["AVA 1 1 ERIC-B", "NON 1 1 ERIC-B"]

    def after(*said: str) -> tuple[object, ...]:
        t = Told()
        for line in said:
            t.security(line)
        return t.subscriptions.state()

    assert after() == Subscriptions().state() == after("AVA 1 0 ERIC-B")
    assert after(*lines) == (
        (),
        (("ERIC-B", (("AVA", "1"), ("NON", "1"))),),
    )
    assert after(*lines) == after("SEB 1 1 VOLV-B", *lines, "SEB 1 2 VOLV-B")
    assert after(*lines) != after(*reversed(lines))
    t = Told()
    t.session("AVA 1 1 STO")
    assert t.subscriptions.state() == ((("STO", (("AVA", "1"),)),), ())
