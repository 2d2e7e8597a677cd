"""The configuration as commands: only what differs from what the log has made of the exchange."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from engine.commands import Command, DefineInstrument, DefineMember, DefineSegment, EnterOrder
from engine.events import OrderAccepted
from engine.exchange import Exchange
from gateway import reference_data
from gateway.config import (
    Config,
    InstrumentConfig,
    MemberConfig,
    PhaseChange,
    ScheduleConfig,
    SegmentConfig,
    VenueConfig,
)

CONFIG = Config(
    venue=VenueConfig(comp_id="PIT"),
    members=(MemberConfig(id="AVA", name="Avanza"), MemberConfig(id="NON", name="Nordnet")),
    schedules=(
        ScheduleConfig(id="always", phases=(PhaseChange(at="00:00:00", phase="CONTINUOUS"),)),
        ScheduleConfig(id="never", phases=(PhaseChange(at="00:00:00", phase="CLOSED"),)),
        ScheduleConfig(
            id="day",
            phases=(
                PhaseChange(at="08:45:00", phase="OPENING_CALL"),
                PhaseChange(at="09:00:00", phase="CONTINUOUS"),
                PhaseChange(at="17:30:00", phase="CLOSED"),
            ),
        ),
    ),
    segments=(SegmentConfig(id="DEMO", name="Demo", schedule="always"),),
    instruments=(
        InstrumentConfig(
            symbol="ERIC-B",
            segment="DEMO",
            isin="SE0000108656",
            tick_table="rts11-6",
            reference_price=873_000,
        ),
        InstrumentConfig(symbol="BOND", segment="DEMO", tick_size=100, lot=10, currency="EUR"),
    ),
)
DEMO = DefineSegment("DEMO", "CONTINUOUS", name="Demo")
CALLS = replace(
    DEMO,
    phase="",
    collar_aggressive=25,
    collar_passive=75,
    guard_dynamic=5,
    guard_static=15,
    extension=15,
)
ERIC_B = DefineInstrument("ERIC-B", "DEMO", "rts11-6", 0, 1, "SEK", "SE0000108656", "CS", 873_000)
BOND = DefineInstrument("BOND", "DEMO", "", 100, 10, "EUR", "", "CS", 0)


def exchange_with(config: Config) -> Exchange:
    """An exchange that has been told all of `config`."""
    exchange = Exchange()
    bring_up(exchange, config)
    return exchange


def bring_up(exchange: Exchange, config: Config) -> list[Command]:
    """Apply what is to be said; returns it."""
    commands = []
    for command in reference_data.changes(config, exchange):
        exchange.apply(command, exchange.seq + 1, exchange.at)
        commands.append(command)
    return commands


def test_a_new_exchange_is_told_everything() -> None:
    """Members, then segments, then their instruments."""
    assert list(reference_data.changes(CONFIG, Exchange())) == [
        DefineMember("AVA", "Avanza"),
        DefineMember("NON", "Nordnet"),
        DEMO,
        ERIC_B,
        BOND,
    ]


def test_an_exchange_that_knows_is_told_nothing() -> None:
    """A restart with the same file says nothing."""
    assert list(reference_data.changes(CONFIG, exchange_with(CONFIG))) == []


def changed(table: str, i: int, **fields: Any) -> Config:
    """CONFIG with some fields of one row different."""
    rows = list(getattr(CONFIG, table))
    rows[i] = replace(rows[i], **fields)
    return replace(CONFIG, **{table: tuple(rows)})


@pytest.mark.parametrize(
    ("config", "commands"),
    [
        (changed("members", 1, name="Nordnet Bank"), [DefineMember("NON", "Nordnet Bank")]),
        (changed("members", 1, anonymous=True), [DefineMember("NON", "Nordnet", hides=True)]),
        (changed("segments", 0, done_for_day=True), [replace(DEMO, done_for_day=True)]),
        (
            changed("segments", 0, internal_priority=False),
            [replace(DEMO, internal_priority=False)],
        ),
        (changed("segments", 0, schedule="never"), [replace(DEMO, phase="CLOSED")]),
        (changed("segments", 0, schedule="day"), [CALLS]),
        (changed("segments", 0, off_tick="round"), [replace(DEMO, off_tick="round")]),
        (changed("segments", 0, off_lot="round"), [replace(DEMO, off_lot="round")]),
        (changed("segments", 0, post_only="join"), [replace(DEMO, post_only="join")]),
        (changed("segments", 0, gtc_days=0), [replace(DEMO, gtc_days=0)]),
        (changed("segments", 0, anonymity="index"), [replace(DEMO, anonymity="index")]),
        (
            changed("segments", 0, internal_priority_in_calls=False),
            [replace(DEMO, internal_priority_in_calls=False)],
        ),
        (changed("instruments", 0, lot=5), [replace(ERIC_B, lot=5)]),
        (changed("instruments", 1, tick_size=50), [replace(BOND, tick_size=50)]),
        (changed("instruments", 1, reference_price=1), [replace(BOND, reference_price=1)]),
        (changed("segments", 0, name="Another"), [replace(DEMO, name="Another")]),
        (replace(CONFIG, venue=VenueConfig(comp_id="PIT2")), []),
    ],
)
def test_only_what_differs_is_said(config: Config, commands: list[Command]) -> None:
    """One row of the file changed, one command; what the market does not need, none."""
    exchange = exchange_with(CONFIG)
    assert (bring_up(exchange, config), bring_up(exchange, config)) == (commands, [])


def test_what_is_no_longer_configured_stays() -> None:
    """Its orders and trades refer to it; it is just not spoken of."""
    exchange = exchange_with(CONFIG)
    smaller = replace(CONFIG, members=CONFIG.members[:1], instruments=CONFIG.instruments[:1])
    assert (bring_up(exchange, smaller), sorted(exchange.markets), sorted(exchange.members)) == (
        [],
        ["BOND", "ERIC-B"],
        ["AVA", "NON"],
    )


def test_a_changed_instrument_keeps_its_orders() -> None:
    """A new reference price in the file does not empty the book."""
    exchange = exchange_with(CONFIG)
    order = EnterOrder("AVA", "AVA", "A1", "ERIC-B", "2", "2", 10, 873_000)
    before = exchange.apply(order, exchange.seq + 1, 1)
    bring_up(exchange, changed("instruments", 0, reference_price=900_000))
    taker = EnterOrder("NON", "NON", "N1", "ERIC-B", "1", "2", 10, 873_000)
    after = exchange.apply(taker, exchange.seq + 1, 2)
    assert ([type(e) for e in before], len(after)) == ([OrderAccepted], 2)
