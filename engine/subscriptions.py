"""Who is told of phases: answers to status requests, and reports to those who subscribed.

Two kinds of report have subscribers: the phase of a segment (TradingSessionStatus) and that of a
book (SecurityStatus). Ids of the two kinds are apart. `Exchange` says what happened; nothing here
looks at the market or decides a phase. Reports go out in the order of subscribing.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Generic, NamedTuple, TypeVar

from engine.commands import RequestSecurityStatus, RequestTradingSessionStatus
from engine.events import Event, SecurityStatusReported, TradingSessionReported
from engine.rejects import Refusal, RejectReason

SUBSCRIPTIONS_MAX = 1_000
"""Per session, both kinds together: each costs a report at each change of a phase."""

ALL_SEGMENTS = ""


class SubscriptionType(StrEnum):
    """SubscriptionRequestType(263)."""

    ONCE = "0"
    FROM_NOW_ON = "1"
    NO_MORE = "2"


_TYPES = frozenset(SubscriptionType)


class BookStatus(NamedTuple):
    """What a report says of a book: its segment, its phase, and the last price, 0 for none."""

    segment: str
    phase: str
    last_price: int


Request = TypeVar("Request", RequestTradingSessionStatus, RequestSecurityStatus)
Key = tuple[str, str]
"""Session and request id."""


class Watchers(Generic[Request]):
    """Subscribers of one kind of report, by what they watch, oldest first."""

    __slots__ = ("_by_session", "_by_subject")

    def __init__(self) -> None:
        self._by_subject: dict[str, dict[Key, Request]] = {}
        self._by_session: dict[str, dict[str, str]] = {}

    def of(self, subject: str) -> list[Request]:
        """Those who watch one subject."""
        return list(self._by_subject.get(subject, {}).values())

    def has(self, session: str, req_id: str) -> bool:
        """Whether the session has a subscription of that id."""
        return req_id in self._by_session.get(session, {})

    def count(self, session: str) -> int:
        """How many subscriptions the session has."""
        return len(self._by_session.get(session, {}))

    def sessions(self) -> list[str]:
        """Sessions that have one at least."""
        return list(self._by_session)

    def add(self, subject: str, request: Request) -> None:
        """One more, in place of what has the same id."""
        session, req_id = request.session, request.req_id
        self.remove(session, req_id)
        self._by_session.setdefault(session, {})[req_id] = subject
        self._by_subject.setdefault(subject, {})[session, req_id] = request

    def remove(self, session: str, req_id: str) -> None:
        """One less, if there is one of that id."""
        ids = self._by_session.get(session, {})
        subject = ids.pop(req_id, None)
        if subject is None:
            return
        if not ids:
            del self._by_session[session]
        requests = self._by_subject[subject]
        del requests[session, req_id]
        if not requests:
            del self._by_subject[subject]

    def end(self, session: str) -> None:
        """None of that session any more."""
        for req_id in list(self._by_session.get(session, {})):
            self.remove(session, req_id)

    def state(self) -> tuple[tuple[str, tuple[Key, ...]], ...]:
        """Subjects in alphabetical order, the subscribers of each in the order of their reports."""
        return tuple(
            (subject, tuple(requests)) for subject, requests in sorted(self._by_subject.items())
        )


class Subscriptions:
    """All subscriptions of the venue."""

    __slots__ = ("_books", "_segments")

    def __init__(self) -> None:
        self._segments: Watchers[RequestTradingSessionStatus] = Watchers()
        self._books: Watchers[RequestSecurityStatus] = Watchers()

    # Requests

    def request_session(
        self, request: RequestTradingSessionStatus, segments: Mapping[str, str]
    ) -> list[Event]:
        """Answer, and note or end the subscription; `segments` are all phases by segment.

        A refused request changes nothing. One that names no segment is about all of them, those
        that will be defined later included, and is answered in the order of `segments`.
        """
        refusal = self._refuse(request, self._segments)
        named = [request.segment] if request.segment != ALL_SEGMENTS else list(segments)
        if refusal is None and not (named and named[0] in segments):
            refusal = Refusal(RejectReason.UNKNOWN_SEGMENT, was=request.segment)
        if refusal is not None:
            return [TradingSessionReported(request, request.segment, "", refusal=refusal)]
        self._note(request, request.segment, self._segments)
        return [TradingSessionReported(request, segment, segments[segment]) for segment in named]

    def request_security(
        self, request: RequestSecurityStatus, book: BookStatus | None
    ) -> list[Event]:
        """Answer, and note or end the subscription; `book` is None for an unknown symbol."""
        refusal = self._refuse(request, self._books)
        if refusal is None and book is None:
            refusal = Refusal(RejectReason.UNKNOWN_SYMBOL, was=request.symbol)
        if refusal is not None:
            return [SecurityStatusReported(request, request.symbol, "", "", 0, refusal=refusal)]
        assert book is not None
        self._note(request, request.symbol, self._books)
        return [SecurityStatusReported(request, request.symbol, *book)]

    def _refuse(self, request: Request, watchers: Watchers[Request]) -> Refusal | None:
        kind, session = request.subscription, request.session
        if kind not in _TYPES:
            return Refusal(RejectReason.SUBSCRIPTION_UNSUPPORTED, "0, 1 or 2", kind)
        is_new = kind == SubscriptionType.FROM_NOW_ON and not watchers.has(session, request.req_id)
        if is_new and self._count(session) >= SUBSCRIPTIONS_MAX:
            limit = f"0 or 2 with {SUBSCRIPTIONS_MAX} subscriptions open"
            return Refusal(RejectReason.SUBSCRIPTION_UNSUPPORTED, limit, kind)
        return None

    def _count(self, session: str) -> int:
        return self._segments.count(session) + self._books.count(session)

    @staticmethod
    def _note(request: Request, subject: str, watchers: Watchers[Request]) -> None:
        if request.subscription == SubscriptionType.FROM_NOW_ON:
            watchers.add(subject, request)
        elif request.subscription == SubscriptionType.NO_MORE:
            watchers.remove(request.session, request.req_id)

    # What happened

    def on_segment(self, segment: str, phase: str) -> list[Event]:
        """A segment is in this phase now: reports for those who watch all, then for its own."""
        watching = self._segments.of(ALL_SEGMENTS) + self._segments.of(segment)
        return [
            TradingSessionReported(request, segment, phase, unsolicited=True)
            for request in watching
        ]

    def on_book(self, symbol: str, segment: str, phase: str, last_price: int) -> list[Event]:
        """A book is in this phase now: reports for those who watch it."""
        return [
            SecurityStatusReported(request, symbol, segment, phase, last_price, unsolicited=True)
            for request in self._books.of(symbol)
        ]

    def end(self, session: str) -> None:
        """Nothing more goes to that session unasked."""
        self._segments.end(session)
        self._books.end(session)

    # What there is

    def sessions_with_any(self) -> list[str]:
        """Sessions that are subscribed to something, in alphabetical order."""
        return sorted(dict.fromkeys(self._segments.sessions() + self._books.sessions()))

    def has_any(self, session: str) -> bool:
        """Whether that session is subscribed to something."""
        return self._count(session) > 0

    def state(self) -> tuple[object, ...]:
        """All subscriptions; equal states will be reported to alike, for ever."""
        return (self._segments.state(), self._books.state())
