"""What holds for every stream of commands: agreement with the rule book, conservation, replay.

The streams are fixed unless `FIXPIT_SEED=<number>` asks for others; hypothesis shrinks a failing
one to the few steps that matter, and prints them.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from engine.commands import (
    CancelOnDisconnect,
    CancelOrder,
    Command,
    DefineSegment,
    EnterOrder,
    Flaw,
    MassCancel,
    PassTime,
    ReplaceOrder,
    RequestMassStatus,
    RequestStatus,
)
from engine.digest import digest
from engine.events import (
    Event,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderReplaced,
    OrderState,
    Traded,
)
from engine.exchange import Exchange
from engine.rejects import RejectReason
from engine.values import CancelReason
from tests.support.market import Rules, Venue, price
from tests.support.reference_market import ReferenceMarket
from tests.support.streams import STEP_MAX, Step, Stream, random_steps

SEED = os.environ.get("FIXPIT_SEED")
STEPS_MAX = 40
LONG = 800

VENUES = {
    "stockholm": Rules(),
    "baltic": Rules(internal_priority=False),
    "sweep": Rules(market_orders="sweep", reference_price="100.00"),
    "sweep-wide": Rules(market_orders="sweep", tick_size="0.0001"),
}
"""Segments with different rules; on the last one a sweep has no band before the first trade."""

_number = st.integers(0, STEP_MAX - 1)
_steps = st.lists(st.tuples(*(_number for _ in Step._fields)).map(Step._make), max_size=STEPS_MAX)


def any_of(
    name: str, values: st.SearchStrategy[Any], examples: int
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Run a test for so many values of its argument `name`."""

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        run: Callable[..., None] = settings(
            max_examples=examples,
            derandomize=SEED is None,
            database=None,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
            print_blob=True,
        )(given(**{name: values})(test))
        return run if SEED is None else seed(int(SEED))(run)

    return decorate


def any_steps(examples: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Run a test for so many streams of steps."""
    return any_of("steps", _steps, examples)


def _long_streams() -> list[Any]:
    first = int(SEED or 1)
    return [pytest.param(number, id=f"seed{number}") for number in range(first, first + 3)]


# Agreement with the rule book


def _told(events: list[Event]) -> list[str]:
    """What the reference market says too, in its words."""
    told = []
    for event in events:
        match event:
            case Traded():
                met = f"{event.resting.order_id} {event.incoming.order_id}"
                told.append(f"trade {met} {event.qty} {event.price}")
            case OrderCanceled():
                told.append(f"cancel {event.order.order_id} {_given_up(event.order)}")
            case OrderExpired():
                told.append(f"expire {event.order.order_id} {_given_up(event.order)}")
            case _:
                pass
    return told


def _given_up(order: OrderState) -> int:
    return order.terms.qty - order.cum_qty


def _agrees(rules: Rules, steps: list[Step]) -> None:
    stream = Stream(rules)
    reference = ReferenceMarket(
        internal_priority=rules.internal_priority,
        best_level=rules.market_orders == "best_level",
        reference_price=price(rules.reference_price),
    )
    book = stream.venue.market().book
    for step in steps:
        command, events = stream.take(step)
        assert _told(events) == reference.apply(command, stream.venue.at)
        resting = [
            (order.order_id, order.leaves_qty)
            for side in (book.bids, book.asks)
            for order in side.orders()
        ]
        assert resting == reference.book()


@pytest.mark.parametrize("rules", VENUES.values(), ids=list(VENUES))
@any_steps(60)
def test_engine_agrees_with_the_rule_book(rules: Rules, steps: list[Step]) -> None:
    """Every command causes the same trades in the same order, and leaves the same book."""
    _agrees(rules, steps)


@pytest.mark.parametrize("rules", VENUES.values(), ids=list(VENUES))
@pytest.mark.parametrize("number", _long_streams())
def test_engine_agrees_with_the_rule_book_for_long(rules: Rules, number: int) -> None:
    """The same over hundreds of commands, when books are deep and orders old."""
    _agrees(rules, random_steps(number, LONG))


# Conservation


class Ledger:
    """Its own account of every order and member, from events alone."""

    def __init__(self) -> None:
        self.ordered: dict[int, int] = {}
        self.traded: defaultdict[int, int] = defaultdict(int)
        self.notional: defaultdict[int, int] = defaultdict(int)
        self.canceled: defaultdict[int, int] = defaultdict(int)
        self.shares: defaultdict[str, int] = defaultdict(int)
        self.cash: defaultdict[str, int] = defaultdict(int)

    def book(self, event: Event) -> None:
        """Take an event into account, and hold what it says against the account."""
        match event:
            case OrderAccepted():
                self._ordered(event.order)
            case OrderReplaced():
                self._ordered(event.order)
            case Traded():
                assert (event.resting.terms.side == "1") != (event.incoming.terms.side == "1")
                self._trade(event.resting, event)
                self._trade(event.incoming, event)
            case OrderCanceled() | OrderExpired():
                self.canceled[event.order.order_id] = self._left(event.order.order_id)
                self._compare(event.order)
            case _:
                pass

    def _ordered(self, order: OrderState) -> None:
        self.ordered[order.order_id] = order.terms.qty
        self._compare(order)

    def _trade(self, order: OrderState, trade: Traded) -> None:
        sign = 1 if order.terms.side == "1" else -1
        self.shares[order.terms.member] += sign * trade.qty
        self.cash[order.terms.member] -= sign * trade.qty * trade.price
        self.traded[order.order_id] += trade.qty
        self.notional[order.order_id] += trade.qty * trade.price
        self._compare(order)

    def _left(self, order_id: int) -> int:
        return self.ordered[order_id] - self.traded[order_id] - self.canceled[order_id]

    def _compare(self, order: OrderState) -> None:
        number = order.order_id
        account = (self.traded[number], self.notional[number], self._left(number))
        assert (order.cum_qty, order.notional, order.leaves_qty) == account
        assert order.leaves_qty >= 0


@pytest.mark.parametrize("number", _long_streams())
def test_nothing_is_lost_and_nothing_appears(number: int) -> None:
    """CumQty + LeavesQty + canceled = ordered; shares and money only change hands."""
    stream, ledger = Stream(Rules()), Ledger()
    for step in random_steps(number, LONG):
        for event in stream.take(step)[1]:
            ledger.book(event)
        assert sum(ledger.shares.values()) == 0
        assert sum(ledger.cash.values()) == 0
    working = {order.order_id: order for order in stream.venue.exchange.orders.all_working()}
    left = {number: order.leaves_qty for number, order in working.items()}
    assert left == {
        number: ledger._left(number) for number in ledger.ordered if ledger._left(number)
    }


def test_streams_reach_what_they_should() -> None:
    """The streams are worth their name: every kind of event and every reason to cancel occurs."""
    kinds: set[str] = set()
    reasons: set[str] = set()
    for number in range(1, 4):
        stream = Stream(Rules())
        for step in random_steps(number, LONG):
            stream.take(step)
        kinds |= {type(event).__name__ for event in stream.venue.events}
        reasons |= {
            event.reason for event in stream.venue.events if isinstance(event, OrderCanceled)
        }
    assert kinds == {
        "OrderAccepted",
        "Traded",
        "OrderCanceled",
        "OrderExpired",
        "OrderReplaced",
        "MassStatusReported",
        "MassCanceled",
    }
    assert reasons == {
        CancelReason.USER,
        CancelReason.IMMEDIATE,
        CancelReason.MASS_CANCEL,
        CancelReason.DISCONNECT,
    }


# Whatever is asked


def _mostly(good: list[Any], *bad: Any) -> st.SearchStrategy[Any]:
    """Good values about nine times in ten, so that most commands get past the first question."""
    return st.sampled_from([*good * (9 * max(1, len(bad)) // len(good) + 1), *bad])


_ids = _mostly([*"ABCDEF"], "")
_sessions = _mostly(["AVA", "AVA", "AVA", "NON"], "XXX", "")
_symbols = _mostly(["ERIC-B"], "NOPE", "")
_sides = _mostly(["1", "2"], "5", "9", "")
_types = _mostly(["2"], "1", "K", "")
_lasting = _mostly(["0", "1", "6", "6"], "3", "4", "7", "")
_qtys = _mostly([1, 2, 3, 5], 0, -1, 999_999_999, 10**12)
_prices = _mostly([9_900, 10_000, 10_100], 0, -100, 10_050, 10**12, 10**15)
_moments = _mostly([5, 10, 15, 20], 0, -1)
_scopes = _mostly(["7", "1"], "2", "")
_flaws = _mostly([None], Flaw(RejectReason.PRICE_TOO_PRECISE, "1.00001", "4"))

_entries = st.builds(
    EnterOrder,
    _sessions,
    _mostly(["AVA", "NON"], "XXX"),
    _ids,
    _symbols,
    _sides,
    _types,
    _qtys,
    _prices,
    _lasting,
    _moments,
    no_internal=st.booleans(),
    displayed=st.booleans(),
    poss_resend=st.integers(0, 9).map(lambda number: number == 7),
    flaw=_flaws,
)
_replaces = st.builds(
    ReplaceOrder,
    _sessions,
    _ids,
    _ids,
    _symbols,
    _sides,
    _types,
    _qtys,
    _prices,
    _lasting,
    _moments,
    no_internal=st.sampled_from([None, True, False]),
    flaw=_flaws,
)
_others = (
    st.builds(CancelOrder, _sessions, _ids, _ids, _symbols, _sides),
    st.builds(MassCancel, _sessions, _ids, _scopes, _symbols, _sides),
    st.builds(CancelOnDisconnect, _sessions, day_only=st.booleans()),
    st.builds(RequestStatus, _sessions, _ids, _symbols, _sides),
    st.builds(RequestMassStatus, _sessions, _ids, _scopes, _symbols, _sides),
    st.builds(DefineSegment, st.just("STO"), _mostly(["CONTINUOUS"], "CLOSED")),
    st.just(PassTime()),
)
_kinds: list[st.SearchStrategy[Command]] = [*[_entries] * 20, *[_replaces] * 15, *_others]
_anything = st.sampled_from(_kinds).flatmap(lambda kind: kind)
_anything_at = st.lists(
    st.tuples(_anything, _mostly([0], 1, 3)), min_size=STEPS_MAX // 2, max_size=2 * STEPS_MAX
)


@any_of("steps", _anything_at, 100)
def test_no_command_stops_the_exchange(steps: list[tuple[Command, int]]) -> None:
    """Whatever values a command carries, it is answered or refused, and the state stays sound."""
    venue, ledger = Venue(), Ledger()
    venue.exchange.orders.done_max = 2
    for command, waited in steps:
        venue.at += waited
        for event in venue.apply(command):
            ledger.book(event)


# Replay


@any_steps(60)
def test_replay_gives_equal_events_and_equal_state(steps: list[Step]) -> None:
    """The same commands with the same stamps cause the same, down to the digest of the state."""
    stream = Stream(Rules())
    for step in steps:
        stream.take(step)
    again = Exchange()
    events = [event for applied in stream.venue.applied for event in again.apply(*applied)]
    assert events == stream.venue.events
    assert digest(again, finished=True) == digest(stream.venue.exchange, finished=True)
