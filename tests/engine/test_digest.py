"""The digest: equal for equal states on any machine, different for whatever differs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.commands import (
    BustTrade,
    CancelOrder,
    ChangePhase,
    Command,
    DefineInstrument,
    DefineMember,
    DefineSegment,
    HaltTrading,
    PassTime,
    PhaseStep,
    PlanPhases,
    ReplaceOrder,
    RequestSecurityStatus,
    RequestTradingSessionStatus,
    SeedDraws,
    SplitShares,
    VenueRestate,
)
from engine.digest import digest
from engine.exchange import Exchange
from engine.market import Market
from engine.order import Order, Place
from engine.values import Phase
from tests.support.market import SECOND, SYMBOL, Rules, Venue, enter, lines, price
from tests.support.streams import Stream, random_steps

ROOT = Path(__file__).parents[2]

ORDERS = """
    A AVA buy  100 @ 10.00
    B NON buy  200 @ 10.00 hidden
    C NON sell 300 @ 10.01 GTD=60
    D SHB buy   50 @ 10.01
"""

RUN_A_STREAM = """
from engine.digest import digest
from tests.support.market import Rules
from tests.support.streams import Stream, random_steps
stream = Stream(Rules())
for step in random_steps(7, 300):
    stream.take(step)
print(digest(stream.venue.exchange, finished=True))
print(stream.venue.events)
"""


def _venue() -> Venue:
    venue = Venue()
    venue.apply_all(*map(enter, lines(ORDERS)))
    return venue


def test_digest_is_short_text() -> None:
    """A digest is 32 hex digits."""
    told = digest(Exchange())
    assert len(told) == 32
    assert int(told, 16) >= 0


def test_same_commands_give_the_same_digest() -> None:
    """Two exchanges with the same history agree, finished orders included."""
    one, other = _venue().exchange, _venue().exchange
    assert [digest(one), digest(one, finished=True)] == [
        digest(other),
        digest(other, finished=True),
    ]


def test_asking_does_not_change_the_answer() -> None:
    """A digest reads the state only."""
    exchange = _venue().exchange
    assert digest(exchange) == digest(exchange)


def test_the_order_of_names_does_not_matter() -> None:
    """Members and instruments are the same whichever was defined first."""
    members: list[Command] = [DefineMember("AVA", "Avanza"), DefineMember("NON", "Nordnet")]
    instruments: list[Command] = [
        DefineInstrument("ERIC-B", "STO", tick_size=100),
        DefineInstrument("VOLV-B", "STO", tick_size=100),
    ]
    told = []
    for order in (1, -1):
        exchange = Exchange()
        commands = [*members[::order], DefineSegment("STO", "CONTINUOUS"), *instruments[::order]]
        for seq, command in enumerate(commands, start=1):
            exchange.apply(command, seq, 0)
        told.append(digest(exchange))
    assert told[0] == told[1]


NEXT: dict[str, Command] = {
    "another order": enter("E AVA buy 100 @ 9.00"),
    "a trade": enter("E AVA sell 100 @ 10.00"),
    "a cancel": CancelOrder("AVA", "A2", "A", SYMBOL, "1"),
    "a replace that keeps all terms but the id": ReplaceOrder(
        "AVA", "A2", "A", SYMBOL, "1", "2", 100, price("10.00")
    ),
    "a member": DefineMember("NEW", "New"),
    "a member's name": DefineMember("AVA", "Avanza"),
    "a phase": DefineSegment("STO", "CLOSED"),
    "a rule of the segment": Rules(internal_priority=False).segment("CONTINUOUS"),
    "an instrument": DefineInstrument("VOLV-B", "STO", tick_size=100),
    "a fact of an instrument": DefineInstrument(SYMBOL, "STO", tick_size=200),
    "only the place in the log": PassTime(),
    "a member's choice to hide": DefineMember("AVA", "Ava", hides=True),
    "a seed": SeedDraws(7),
    "another seed": SeedDraws(8),
    "a segment's phase": ChangePhase("STO", "CLOSING_CALL"),
    "a halt": HaltTrading(SYMBOL),
    "a halt of another kind": HaltTrading(SYMBOL, entry=True),
    "a timetable": PlanPhases("STO", 1, (PhaseStep(9, "CLOSED"),)),
    "a timetable with a random moment": PlanPhases("STO", 1, (PhaseStep(9, "CLOSED", 5),)),
    "a stop": enter("E AVA sell 100 stop=9.00"),
    "a stop at another trigger": enter("E AVA sell 100 stop=9.01"),
    "an order that waits for its call": enter("E AVA buy 100 @ 9.00 CLO"),
    "a reserve order": enter("E AVA buy 100 @ 9.00 floor=10"),
    "a reserve order with another slice": enter("E AVA buy 100 @ 9.00 floor=20"),
    "a peg": enter("E AVA buy 100 peg=primary"),
    "a subscription to a book": RequestSecurityStatus("AVA", "1", SYMBOL, "1"),
    "a subscription to a segment": RequestTradingSessionStatus("AVA", "1", "STO", "1"),
    "a subscription under another id": RequestSecurityStatus("AVA", "2", SYMBOL, "1"),
    "a busted trade": BustTrade(1),
    "a busted trade whose quantity works again": BustTrade(1, restore=True),
    "an order restated": VenueRestate(1, 50),
    "a split": SplitShares(SYMBOL, 2, 1),
}


def test_every_change_of_state_shows() -> None:
    """After any command the digest is another than before, and another than after any other."""
    told = {"nothing": digest(_venue().exchange)}
    for name, command in NEXT.items():
        venue = _venue()
        venue.apply(command)
        told[name] = digest(venue.exchange)
    assert sorted(told.values()) == sorted(set(told.values()))


def test_time_shows() -> None:
    """The same commands at another time leave another state."""
    told = []
    for at in (0, SECOND):
        venue = _venue()
        venue.at = at
        venue.apply(PassTime())
        told.append(digest(venue.exchange))
    assert told[0] != told[1]


def _old_venue() -> Venue:
    """A venue that has been through a night, with orders of every place and some of each memory."""
    venue = Venue(Rules(reference_price="10.00"))
    venue.apply(SeedDraws(7))
    venue.at = SECOND
    old = """
        G1 AVA buy  100 @ 10.00 GTC
        G2 AVA buy  100 @  9.90 GTC
        C1 NON sell  60 @ 10.00
        R1 NON sell 300 @ 10.10 GTC floor=100
    """
    new = """
        S1 SHB sell 100 stop=9.00
        A1 SHB buy  100 @ 9.00 CLO
        P1 ENS buy  100 peg=primary
        Z1 ENS sell 100 @ 10.10 best-only
        E1 SHB buy  100 @ 9.00 GTC
        X  CAR buy   40 @ 10.10
    """
    venue.apply_all(*map(enter, lines(old)))
    venue.apply_all(ChangePhase("STO", "CLOSED"), ChangePhase("STO", "CONTINUOUS"))
    venue.apply(PlanPhases("STO", 1, (PhaseStep(99 * SECOND, "CLOSING_CALL"),)))
    venue.apply_all(*map(enter, lines(new)))
    venue.apply(RequestSecurityStatus("AVA", "1", SYMBOL, "1"))
    venue.apply(DefineMember("SHB", "Shb", hides=True))
    return venue


def _order(exchange: Exchange, cl_ord_id: str) -> Order:
    return next(o for o in exchange.orders.all_working() if o.cl_ord_id == cl_ord_id)


def _market(exchange: Exchange) -> Market:
    return exchange.markets[SYMBOL]


def _set(part: object, **values: object) -> None:
    for name, value in values.items():
        assert getattr(part, name) != value, name
        setattr(part, name, value)


def _more(part: object, *names: str) -> None:
    for name in names:
        setattr(part, name, getattr(part, name) + 1)


DAMAGE: dict[str, Callable[[Exchange], object]] = {
    "resting leaves_qty": lambda e: _more(_order(e, "G2"), "leaves_qty"),
    "resting cum_qty": lambda e: _more(_order(e, "G2"), "cum_qty"),
    "resting notional": lambda e: _more(_order(e, "G2"), "notional"),
    "resting prio": lambda e: _more(_order(e, "G2"), "prio"),
    "resting order_id": lambda e: _more(_order(e, "G2"), "order_id"),
    "resting price": lambda e: _more(_order(e, "G2"), "price"),
    "resting status": lambda e: _set(_order(e, "G2"), status="1"),
    "waiting leaves_qty": lambda e: _more(_order(e, "A1"), "leaves_qty"),
    "waiting prio": lambda e: _more(_order(e, "S1"), "prio"),
    "place": lambda e: _set(_order(e, "S1").special, place=Place.WAITS),
    "shown": lambda e: _more(_order(e, "R1").special, "shown"),
    "refreshes": lambda e: _more(_order(e, "R1").special, "refreshes"),
    "stop_px": lambda e: _more(_order(e, "S1").special, "stop_px"),
    "triggered": lambda e: _set(_order(e, "S1").special, triggered=True),
    "cum_qty_before": lambda e: _more(_order(e, "G1").ledger, "cum_qty_before"),
    "notional_before": lambda e: _more(_order(e, "G1").ledger, "notional_before"),
    "busted_qty": lambda e: _more(_order(e, "G1").ledger, "busted_qty"),
    "last_price": lambda e: _more(_market(e), "last_price"),
    "reference_price": lambda e: _more(_market(e), "reference_price"),
    "open_price": lambda e: _more(_market(e), "open_price"),
    "close_price": lambda e: _more(_market(e), "close_price"),
    "static_reference": lambda e: _more(_market(e), "static_reference"),
    "phase": lambda e: _set(_market(e), phase=Phase.HALT_OPEN),
    "halted": lambda e: _set(_market(e), halted=True),
    "extended": lambda e: _set(_market(e), extended=True),
    "draws": lambda e: _more(_market(e), "draws"),
    "step_token": lambda e: _more(_market(e), "step_token"),
    "phase_token": lambda e: _more(_market(e), "phase_token"),
    "trades_before": lambda e: _more(_market(e), "trades_before"),
    "split_after": lambda e: _more(_market(e), "split_after"),
    "prints": lambda e: _market(e).prints.append(1),
    "segment's phase": lambda e: _set(e.segments["STO"], phase=Phase.HALT_OPEN),
    "plan": lambda e: e.segments["STO"].plan.clear(),
    "planned_until": lambda e: _more(e.segments["STO"], "planned_until"),
    "agenda": lambda e: e.floor.agenda.add(99 * SECOND, "return", SYMBOL, "CONTINUOUS", 1),
    "subscriptions": lambda e: e.floor.subscriptions.end("AVA"),
    "hiding": lambda e: e.floor.hiding.clear(),
    "seed": lambda e: _set(e.floor, seed=8),
    "order_count": lambda e: _more(e.floor, "order_count"),
    "prio": lambda e: _more(e.floor, "prio"),
    "trade count": lambda e: _more(e.floor.trades, "count"),
    "who must be the best": lambda e: _market(e).waiting.best_only.clear(),
    "when an order ends": lambda e: e.floor.expiries.watch(_order(e, "E1"), 90 * 86_400 * SECOND),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_every_part_of_the_state_shows(damage: Callable[[Exchange], object]) -> None:
    """A single number that differs, in whatever the next answer may depend on, is enough."""
    exchange = _old_venue().exchange
    before = digest(exchange)
    damage(exchange)
    assert digest(exchange) != before


def test_money_beyond_64_bits_is_no_obstacle() -> None:
    """The largest trade there can be has a notional that msgpack knows no integer for."""
    venue = Venue()
    venue.apply_all(
        enter("A AVA buy  999999999 @ 100000000.00 GTC"),
        enter("B NON sell 999999998 @ 100000000.00"),
    )
    (left,) = venue.exchange.orders.all_working()
    assert left.notional > 2**64
    assert len(digest(venue.exchange, finished=True)) == 32


def test_former_ids_show() -> None:
    """Orders that differ only in an id they bore before answer differently, so they differ."""
    told = []
    for between in ("B", "C"):
        venue = Venue()
        venue.apply_all(
            enter("A AVA buy 100 @ 10.00"),
            ReplaceOrder("AVA", between, "A", SYMBOL, "1", "2", 100, price("10.00")),
            ReplaceOrder("AVA", "D", between, SYMBOL, "1", "2", 100, price("10.00")),
        )
        told.append(digest(venue.exchange))
    assert told[0] != told[1]


def test_finished_orders_are_listed_on_request_only() -> None:
    """By default finished orders are counted; `finished` looks at each of them."""
    exchange = _venue().exchange
    before = digest(exchange), digest(exchange, finished=True)
    (done,) = exchange.orders.all_done()
    done.notional += 1
    after = digest(exchange), digest(exchange, finished=True)
    assert [after[0] == before[0], after[1] == before[1]] == [True, False]


def test_digest_is_the_same_under_every_hash_seed() -> None:
    """Events and state do not depend on how Python hashes strings."""
    told = [
        subprocess.run(
            [sys.executable, "-c", RUN_A_STREAM],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("0", "1", "4711")
    ]
    stream = Stream(Rules())
    for step in random_steps(7, 300):
        stream.take(step)
    here = f"{digest(stream.venue.exchange, finished=True)}\n{stream.venue.events}\n"
    assert told == [here] * 3
