"""The digest: equal for equal states on any machine, different for whatever differs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.commands import (
    CancelOrder,
    Command,
    DefineInstrument,
    DefineMember,
    DefineSegment,
    PassTime,
    ReplaceOrder,
)
from engine.digest import digest
from engine.exchange import Exchange
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


@pytest.mark.parametrize(
    "damage",
    [
        "leaves_qty",
        "cum_qty",
        "notional",
        "prio",
        "order_id",
    ],
)
def test_every_number_of_a_resting_order_shows(damage: str) -> None:
    """A single bit in a single order is enough to differ."""
    exchange = _venue().exchange
    before = digest(exchange)
    resting = next(exchange.markets[SYMBOL].book.bids.orders())
    setattr(resting, damage, getattr(resting, damage) ^ 1)
    assert digest(exchange) != before


def test_last_price_shows() -> None:
    """The band of the next sweep hangs on it."""
    exchange = _venue().exchange
    before = digest(exchange)
    exchange.markets[SYMBOL].last_price += 1
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
