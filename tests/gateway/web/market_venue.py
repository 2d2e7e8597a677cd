"""A venue with a trading day, its API and its clients, on a clock that stands still.

It is Monday 10:00 in Stockholm; market time is moved by the API only. Segment STO has a timetable,
LOOSE trades at any time. Orders are lines: `A1 buy 100 @ 87.30 [key=value of FIX ...]`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from engine.digest import digest
from engine.invariants import check
from gateway.config import Config
from tests.gateway.web.web_venue import WebVenue, serving_http
from tests.support.fix_venue import HandClock, config_of

API = "/api/v1"
TIME = f"{API}/market-time"
STO = f"{API}/segments/STO"
ERIC = f"{API}/instruments/ERIC-B"
LOOSE = f"{API}/instruments/A%2FB%20C"
"""The instrument `A/B C`."""

VENUE = """
[venue]
comp_id = "PIT"
timezone = "Europe/Stockholm"
[fix]
accept_unknown = true
[[members]]
id = "AVA"
name = "Avanza"
[[members]]
id = "NON"
name = "Nordnet"
[[schedules]]
id = "day"
phases = [
  { at = "08:00:00", phase = "PRE_OPEN" },
  { at = "08:45:00", phase = "OPENING_CALL" },
  { at = "09:00:00", phase = "CONTINUOUS", random_seconds = 5 },
  { at = "17:25:00", phase = "CLOSING_CALL" },
  { at = "17:29:30", phase = "POST_TRADE", random_seconds = 30 },
  { at = "18:00:00", phase = "CLOSED" },
]
[[schedules]]
id = "always"
phases = [{ at = "00:00:00", phase = "CONTINUOUS" }]
[[segments]]
id = "STO"
name = "Stockholm"
schedule = "day"
guard_dynamic_percent = 0
guard_static_percent = 0
[[segments]]
id = "LOOSE"
name = "Any time"
schedule = "always"
[[instruments]]
symbol = "ERIC-B"
isin = "SE0000108656"
segment = "STO"
tick_table = "rts11-6"
reference_price = "87.30"
[[instruments]]
symbol = "VOLV-B"
segment = "STO"
tick_table = "rts11-6"
[[instruments]]
symbol = "A/B C"
segment = "LOOSE"
tick_size = "0.05"
lot = 10
currency = "EUR"
security_type = "ETF"
"""

SIDES = {"buy": "1", "sell": "2", "short": "5"}


def market_config(folder: Path) -> Config:
    """The venue of this module, on any free port."""
    file = folder / "venue.toml"
    file.write_text(VENUE)
    return config_of(file)


class MarketVenue(WebVenue):
    """The venue of this module; order ids count from O1."""

    async def orders(self, *lines: str) -> None:
        """Members enter orders, those of names with A for AVA, else for NON; all are taken."""
        for line in lines:
            name, side, qty, *rest = line.split()
            fields = [f"11={name}|54={SIDES[side]}|38={qty}"]
            given = [word for word in rest if "=" in word]
            if "@" in rest:
                fields.append(f"44={rest[rest.index('@') + 1]}")
            given_tags = {word.partition("=")[0] for word in given}
            if "40" not in given_tags:
                fields.append(f"40={2 if '@' in rest else 1}")
            if "55" not in given_tags:
                fields.append("55=ERIC-B")
            client = self.fix.client("AVA" if name.startswith("A") else "NON")
            client.send("35=D|" + "|".join([*fields, *given]) + "|60=20261123-09:00:00")
            await self.fix.until_taken()

    async def said(self, comp_id: str, only: str) -> list[str]:
        """What a member has been told since the last call."""
        return await self.fix.client(comp_id).so_far(only)

    async def shown(self, path: str) -> dict[str, object]:
        """The answer to a GET that is not refused."""
        status, found = await self.get(path)
        assert status == 200, found
        assert isinstance(found, dict)
        return found

    async def done(self, path: str, body: object = None) -> dict[str, object]:
        """The answer to a POST that is not refused."""
        status, found = await self.post(path, body)
        assert status == 200, found
        assert isinstance(found, dict)
        return found

    async def keys(self, path: str, *keys: str) -> list[object]:
        """What a GET shows under these keys."""
        found = await self.shown(path)
        return [found[key] for key in keys]

    def digest(self) -> str:
        """The state of the exchange, which must be sound."""
        exchange = self.fix.venue._exchange
        check(exchange)
        return digest(exchange)


@asynccontextmanager
async def market(folder: Path, *members: str, sync: str = "none") -> AsyncIterator[MarketVenue]:
    """The venue of this module, at Monday 10:00 in Stockholm, for as long as the block runs.

    `members` log on first.
    """
    clock = HandClock()
    config = market_config(folder)
    async with serving_http(folder / "data", config, sync=sync, clock=clock) as served:
        venue = MarketVenue(served.fix, served.api)
        await served.fix.logged_on(*members)
        yield venue
        venue.digest()
