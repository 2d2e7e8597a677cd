"""The venue files that ship with the package: the promised demo venue, prices one could enter."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gateway.config import (
    FixConfig,
    LogConfig,
    PhaseChange,
    ScheduleConfig,
    SessionConfig,
    VenueConfig,
    demo,
    load,
)

VENUES = Path(__file__).parents[2] / "fix_specs" / "venue"


def test_the_demo_venue_is_the_promised_one() -> None:
    """Comp id PIT, five members with sessions of their names, eleven shares, always trading."""
    config = demo()
    codes = ("AVA", "NON", "SHB", "SEB", "SWB")
    assert (
        config.venue,
        config.fix,
        config.log,
        tuple(m.id for m in config.members),
        config.sessions,
        config.schedules,
        tuple((s.id, s.schedule) for s in config.segments),
        {i.segment for i in config.instruments},
        len(config.instruments),
    ) == (
        VenueConfig(comp_id="PIT"),
        FixConfig(accept_unknown=True),
        LogConfig(),
        codes,
        tuple(SessionConfig(comp_id=c, member=c, cancel_on_disconnect="none") for c in codes),
        (ScheduleConfig(id="always", phases=(PhaseChange(at="00:00:00", phase="CONTINUOUS"),)),),
        (("DEMO", "always"),),
        {"DEMO"},
        11,
    )


# RTS 11, Annex: the rows that the prices of the shipped venues fall into, as (from, to, tick) in
# 10^-4.
TICKS: Mapping[str, tuple[tuple[int, int, int], ...]] = {
    "rts11-1": ((20_000, 50_000, 200), (100_000, 200_000, 1_000)),
    "rts11-3": ((1_000_000, 2_000_000, 2_000),),
    "rts11-4": ((2_000_000, 5_000_000, 2_000),),
    "rts11-6": (
        (200_000, 500_000, 50),
        (500_000, 1_000_000, 100),
        (1_000_000, 2_000_000, 200),
        (2_000_000, 5_000_000, 500),
        (10_000_000, 20_000_000, 2_000),
    ),
}


def test_shipped_reference_prices_are_on_tick() -> None:
    """Every reference price of the shipped venues is a price one could enter."""
    venues = (demo(), load(VENUES / "stockholm.toml"))
    for instrument in (i for venue in venues for i in venue.instruments):
        price, table = instrument.reference_price, instrument.tick_table
        assert price is not None
        assert table is not None
        assert [price % tick for low, high, tick in TICKS[table] if low <= price < high] == [0], (
            instrument.symbol
        )


def isin_check_digit_holds(isin: str) -> bool:
    """ISO 6166: the sum of the digits, every second doubled, is a multiple of 10."""
    digits = [int(d) for c in isin for d in str(int(c, 36))]
    doubled = [d * 2 if n % 2 else d for n, d in enumerate(reversed(digits))]
    return sum(d // 10 + d % 10 for d in doubled) % 10 == 0


def test_shipped_isins_have_their_check_digit() -> None:
    """No ISIN in the shipped venues is mistyped."""
    venues = (demo(), load(VENUES / "stockholm.toml"))
    isins = [i.isin for venue in venues for i in venue.instruments if i.isin is not None]
    assert [isin for isin in isins if not isin_check_digit_holds(isin)] == []
