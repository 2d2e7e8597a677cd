"""Explanations of any stream of commands: against a naive comparison, and against the book."""

from __future__ import annotations

import random
from collections.abc import Sequence
from copy import copy

import pytest

from engine.commands import (
    CancelOrder,
    ChangePhase,
    Command,
    EnterOrder,
    Instructions,
    ReplaceOrder,
)
from engine.events import OrderAccepted, OrderExpired, OrderReplaced, OrderState, Traded
from engine.explain import Key, rank, standings
from engine.order import Order
from tests.support.market import SECOND, SYMBOL, Rules, Venue, price
from tests.support.streams import Stream, random_steps

KEYS = ("price", "internal", "displayed", "time")


def naive_reason(first: Order, others: Sequence[Order], member: str) -> str:
    """How many keys of the ranking it takes to tell an order from all others."""

    def key(order: Order) -> tuple[int, bool, bool, int]:
        own = bool(member) and order.member == member and not order.terms.no_internal
        price = -order.price if order.is_buy else order.price
        return price, not own, not order.displayed, order.prio

    for count, name in enumerate(KEYS, start=1):
        if all(key(first)[:count] < key(other)[:count] for other in others):
            return name if others else "only order"
    raise AssertionError(first)


@pytest.mark.parametrize("internal", [True, False], ids=["internal", "no-internal"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_reason_agrees_with_a_naive_comparison(seed: int, *, internal: bool) -> None:
    """In any stream, for every trade: against all others, and against each of them."""
    stream = Stream(Rules(internal_priority=internal))
    compared: set[str] = set()
    for step in random_steps(seed, 600):
        before = standings(stream.venue.exchange, SYMBOL)
        book = stream.venue.market().book
        resting = {o.order_id: copy(o) for o in (*book.bids.orders(), *book.asks.orders())}
        _, events = stream.take(step)
        for event in events:
            if isinstance(event, Traded):
                first = resting[event.resting.order_id]
                others = [
                    order
                    for order in resting.values()
                    if order.is_buy is first.is_buy and order is not first
                ]
                incoming = event.incoming.terms
                own = incoming.member if internal and not incoming.no_internal else ""
                reason = naive_reason(first, others, own)
                assert before.choice(event).decided_by == reason
                for other in others:
                    rival = before.wait(event, other.order_id)
                    assert rival is not None
                    assert rival.by == naive_reason(first, [other], own)
                compared.add(reason)
                if not event.resting.leaves_qty:
                    del resting[first.order_id]
            elif isinstance(event, OrderExpired | OrderReplaced):
                resting.pop(event.order.order_id, None)
            before.hear(event)
    assert compared >= {"price", "displayed", "time", *(["internal"] if internal else [])}


PHASES = ("CONTINUOUS", "CONTINUOUS", "SCHEDULED_AUCTION", "CLOSING_CALL", "PRE_OPEN", "POST_TRADE")
KINDS = ("limit", "limit", "market", "reserve", "hidden", "minimum", "peg", "stop", "stop-limit")


def any_command(draw: random.Random, number: int, working: Sequence[Order]) -> Command:
    """An order of any kind, a change of phase, or a change of an order that works."""
    deed = draw.random()
    if deed < 0.08:
        return ChangePhase("STO", draw.choice(PHASES))
    name, side, qty = f"N{number}", draw.choice("12"), 1 + draw.randrange(8)
    near = price("99.98") + (draw.randrange(8) + (0 if side == "1" else 3)) * price("0.01")
    if deed < 0.25 and working:
        order = draw.choice(working)
        old, own = order.terms, order.cl_ord_id
        if deed < 0.15 or old.ord_type in ("3", "4"):
            return CancelOrder(old.session, name, own, SYMBOL, old.side)
        new_price = near if old.price else 0
        return ReplaceOrder(old.session, name, own, SYMBOL, old.side, old.ord_type, qty, new_price)
    kind, member = draw.choice(KINDS), draw.choice(("AVA", "NON", "SHB"))
    instructions = {
        "reserve": Instructions(max_floor=1 + qty // 3),
        "hidden": Instructions(max_floor=0),
        "minimum": Instructions(max_floor=0, min_qty=1 + qty // 2),
        "peg": Instructions(exec_inst=draw.choice("MPR")),
        "stop": Instructions(stop_px=near),
        "stop-limit": Instructions(stop_px=near),
    }
    types = {"market": "1", "stop": "3", "stop-limit": "4", "peg": "P"}
    return EnterOrder(
        *(member, member, name, SYMBOL, side, types.get(kind, "2"), qty),
        price=0 if kind in ("market", "stop", "peg") else near,
        time_in_force="0" if kind != "limit" else draw.choice("013"),
        displayed=kind not in ("hidden", "minimum", "peg"),
        no_internal=draw.random() < 0.2,
        instructions=instructions.get(kind),
    )


def _is_peg(state: OrderState) -> bool:
    return state.terms.ord_type == "P"


@pytest.mark.parametrize("seed", range(6))
def test_hearing_the_events_leads_to_the_book_that_is_there(seed: int) -> None:
    """With orders of every kind, calls and auctions: nobody who could trade was passed over."""
    draw = random.Random(seed)
    venue = Venue(Rules(reference_price="100.00"))
    trades = 0
    for number in range(300):
        venue.at += draw.randrange(3) * SECOND
        working = list(venue.exchange.orders.all_working())
        before = standings(venue.exchange, SYMBOL)
        pegs: set[int] = set()
        for event in venue.apply(any_command(draw, number, working)):
            if isinstance(event, Traded):
                trades += 1
                reasons = {rival.by for rival in before.choice(event).rivals}
                assert Key.NOT_TAKING_PART not in reasons
            if isinstance(event, OrderAccepted | OrderReplaced) and _is_peg(event.order):
                pegs.add(event.order.order_id)  # its price is in no event
            before.hear(event)
        book = venue.market().book
        for side in (book.bids, book.asks):
            heard = [p for p in before.places.values() if p.active and p.is_buy is side.is_buy]
            heard.sort(key=lambda place: rank(place, ""))
            assert [(p.order_id, p.leaves_qty) for p in heard if p.order_id not in pegs] == [
                (o.order_id, o.leaves_qty) for o in side.orders() if o.order_id not in pegs
            ]
    assert trades > 50
