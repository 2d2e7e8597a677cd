"""`make demo-day`: eight members trade through a day in Stockholm, in a few seconds.

Starts `fixpit serve` with venue.toml, an empty data directory and a market time that stands still
until it is moved; logs eight members on in three FIX versions; plays day.txt; prints the tape, what
each member did, and why two trades were made as they were. All that is printed was said by the
venue, over FIX or its control API.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from gateway.client.commands import CommandError
from gateway.config import Config, load
from tests.demo_day import page, script
from tests.demo_day.day import Day
from tests.demo_day.member import Member, MemberFailed
from tests.demo_day.operator_api import ApiFailed, OperatorApi
from tests.support.process import VenueProcess

FOLDER = Path(__file__).parent
VENUE_FILE = FOLDER / "venue.toml"
OPTIONS = (
    *("--config", str(VENUE_FILE), "--sync", "none", "--http-port", "0"),
    *("--market-time", "2026-11-25T07:59:00+01:00", "--market-speed", "0", "--seed", "2026"),
)

Show = Callable[[str], object]


def main() -> int:
    """Play the day on the screen; 1 when it did not go as the script has it."""
    started = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="fixpit-demo-day-") as folder:
            play(Path(folder), lambda line: sys.stdout.write(f"{line}\n"))
    except (MemberFailed, ApiFailed, CommandError, script.ScriptError) as error:
        sys.stderr.write(f"demo-day: {error}\n")
        return 1
    except BrokenPipeError:  # whoever reads has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    sys.stdout.write(f"\nThat day took {time.monotonic() - started:.1f} seconds.\n")
    return 0


def play(data_dir: Path, show: Show) -> None:
    """Start the venue, play the day, stop the venue; every line goes to `show`."""
    lines = script.read((FOLDER / "day.txt").read_text())
    with VenueProcess(data_dir, *OPTIONS) as venue:
        asyncio.run(_play(venue, load(VENUE_FILE), lines, show))
        code = venue.stop()
        assert code == 0, venue.stderr()


async def _play(venue: VenueProcess, config: Config, lines: list[script.Line], show: Show) -> None:
    symbol = config.instruments[0].symbol
    http = venue.ready["http"]
    async with OperatorApi(http["host"], http["port"]) as api, _members(venue, config) as members:
        names = {member.id: member.name for member in config.members}
        versions = {code: member.begin_string for code, member in members.items()}
        title = await api.instrument(symbol), config.venue.comp_id, names, versions
        _show_part(show, page.title_lines(*title))
        day = Day(symbol, members, api, show)
        wanted = await day.play(lines)
        _show_part(show, page.tape_lines(await api.trades(symbol)), "The tape")
        _show_part(show, page.member_lines(names, day.fills), "The members")
        for trade in wanted:
            reasons = page.explanation_lines(await api.explain(trade))
            _show_part(show, reasons, f"Why {trade}?")


@asynccontextmanager
async def _members(venue: VenueProcess, config: Config) -> AsyncIterator[dict[str, Member]]:
    """All members of the venue file, logged on, and logged out at the end."""
    members = {
        one.comp_id: Member(one.comp_id, one.begin_string or "FIX.4.4", config.venue.comp_id)
        for one in config.sessions
    }
    try:
        for member in members.values():
            await member.log_on(venue.ready["fix"]["host"], venue.port)
        yield members
        for member in members.values():
            await member.log_out()
    finally:
        for member in members.values():
            await member.leave()


def _show_part(show: Show, lines: Iterator[str], title: str = "") -> None:
    if title:
        show(page.heading(title))
    for line in lines:
        show(line)


if __name__ == "__main__":
    sys.exit(main())
