"""An open loop: orders go out when they are due, at a fixed rate, whatever is still in flight.

An order's time runs from the moment it was due to the read of its New, so that a server (or a
generator) that falls behind pays for every order it holds up. The sessions take turns; reports of
one session come in the order of its orders, hence counting them is enough to know whose they are.
"""

from __future__ import annotations

import select
import time
from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench.check import Expectation
from tests.bench.load import (
    DRAIN_SECONDS_MAX,
    Timing,
    logged_on,
    no_garbage_collection,
    percentiles,
)
from tests.bench.load_session import LoadError, LoadSession
from tests.bench.messages import Tape

_NANOS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Pace:
    """One run at a fixed rate: from an order's due time to the read of its New, in us."""

    orders_per_second: float
    orders: int
    p50: float
    p99: float
    p999: float
    late_p99: float
    """By how much the generator itself was late, in us; it is part of the other figures."""


@dataclass(frozen=True, slots=True)
class Timetable:
    """When each of `orders` orders is due, on `sessions` sessions in turn, `gap` ns apart."""

    start: int
    gap: int
    sessions: int
    orders: int

    def due_at(self, order: int) -> int:
        """The moment of an order, counted from 0 over all sessions."""
        return self.start + order * self.gap

    def due_by(self, now: int) -> int:
        """How many orders are due by now."""
        return max(0, min((now - self.start) // self.gap + 1, self.orders))

    def share(self, session: int, due: int) -> int:
        """How many of the first `due` orders are this session's."""
        return (due - session + self.sessions - 1) // self.sessions

    def order(self, session: int, number: int) -> int:
        """Which order in all a session's order is."""
        return number * self.sessions + session


def paced(
    address: tuple[str, int],
    tapes: Sequence[Tape],
    orders_per_second: float,
    timing: Timing,
    *,
    expectation: Expectation = Expectation(),  # noqa: B008 - frozen
) -> Pace:
    """Measures one run of `timing`, whose tapes must be long enough for this rate."""
    each = int(orders_per_second * timing.span / len(tapes))
    if not 0 < each <= tapes[0].orders:
        raise LoadError(f"tapes of {each} orders are needed, was {tapes[0].orders}")
    with (
        logged_on(address, tapes, 1, expectation) as sessions,
        select.epoll() as poller,
        no_garbage_collection(),
    ):
        for session in sessions:
            poller.register(session.fileno(), select.EPOLLIN)
        gap = round(_NANOS / orders_per_second)
        start = time.perf_counter_ns() + gap
        timetable = Timetable(start, gap, len(sessions), each * len(sessions))
        spans, late = _run(poller, sessions, timetable)
        for session in sessions:
            session.finish_with_answered()
    warm = int(orders_per_second * timing.warm_up)
    measured = spans[warm:] or spans
    return Pace(orders_per_second, len(measured), *percentiles(measured), percentiles(late)[1])


def _run(
    poller: select.epoll, sessions: Sequence[LoadSession], timetable: Timetable
) -> tuple[list[int], list[int]]:
    """Spans of all orders as they are due, and how late they were sent, in ns."""
    clock, poll = time.perf_counter_ns, poller.poll
    numbers = {session.fileno(): number for number, session in enumerate(sessions)}
    spans = [0] * timetable.orders
    late: list[int] = []
    sent = done = 0
    deadline = timetable.due_at(timetable.orders) + int(DRAIN_SECONDS_MAX * _NANOS)
    while done < timetable.orders:
        due = timetable.due_by(clock())
        if due > sent:
            for order in range(sent, min(due, sent + len(sessions))):
                number = order % len(sessions)
                sessions[number].send_first(timetable.share(number, due))
            late.append(clock() - timetable.due_at(sent))
            sent = due
        elif sent == timetable.orders:
            _send_what_was_left(sessions, timetable)
        for fd, _ in poll(0):
            number = numbers[fd]
            session = sessions[number]
            first = session.done
            done += session.take()
            now = clock()
            for n in range(first, session.done):
                order = timetable.order(number, n)
                spans[order] = now - timetable.due_at(order)
        if clock() > deadline:
            raise LoadError(f"{timetable.orders - done} orders were not answered")
    return spans, late


def _send_what_was_left(sessions: Sequence[LoadSession], timetable: Timetable) -> None:
    """What the sockets did not take when it was due."""
    for number, session in enumerate(sessions):
        session.send_first(timetable.share(number, timetable.orders))
