"""Examples of the rule book that need a trading day, over FIX, against a venue of its own process
whose market time stands still until the story moves it, by the control API.

How a story is written is said in `tests.support.story`; `MORNING` is when each begins.
"""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from gateway.clock import Clock
from gateway.fix.times import format_utc_timestamp
from gateway.fix.versions import FIX44
from tests.support.fix import pairs_of
from tests.support.fix_venue import FixClient
from tests.support.process import VenueProcess
from tests.support.reports import complaints
from tests.support.scenario_table import presence_complaints
from tests.support.story import Line, Player, story_lines

FOLDER = Path(__file__).parent / "day_story"
STORIES = sorted(path.stem for path in FOLDER.glob("*.fix"))

DAY, MORNING, SEED = "2026-11-23", "08:30:00", "7"
OPTIONS = ("--market-speed", "0", "--http-port", "0", "--sync", "none")


class Stage:
    """A venue process and its clients; real time passes by itself, market time does not."""

    def __init__(self, venue: VenueProcess) -> None:
        http = venue.ready["http"]
        self.clients: dict[str, FixClient] = {}
        self._port = venue.port
        self._api = f"http://{http['host']}:{http['port']}/api/v1"
        self._clock = Clock()

    def client(self, comp_id: str) -> FixClient:
        """The client of a comp id, made on first use."""
        if comp_id not in self.clients:
            self.clients[comp_id] = FixClient(self._port, comp_id, self._clock.now)
        return self.clients[comp_id]

    def time_text(self) -> str:
        """Real time."""
        return format_utc_timestamp(self._clock.now())

    async def until_gone(self, comp_id: str) -> None:
        """Nobody tells from outside; no story of a day needs it."""
        raise AssertionError(f"{comp_id}: a story of a day does not wait for an end")

    async def pass_time(self, line: Line) -> None:
        """`market HH:MM:SS`: all that was due on the way has happened."""
        assert line.who == "market", line
        async with httpx.AsyncClient() as api:
            moment = {"to": f"{DAY}T{line.verb}"}
            answer = await api.post(f"{self._api}/market-time", json=moment)
        assert answer.is_success, answer.text

    async def close(self) -> None:
        """All clients go."""
        for client in self.clients.values():
            await client.close()


@pytest.mark.parametrize("story", STORIES)
async def test_the_tape_played_is_the_tape_written(story: str, tmp_path: Path) -> None:
    """Whatever a story says is sent is answered, to every session, as the story says, and all of it
    is what a stock dictionary and the table of scenarios allow.
    """
    lines = list(story_lines((FOLDER / f"{story}.fix").read_text(encoding="utf-8")))
    where = ("--config", str(FOLDER / "venue.toml"), "--market-time", f"{DAY}T{MORNING}")
    with VenueProcess(tmp_path / "venue", *where, "--seed", SEED, *OPTIONS) as venue:
        stage = Stage(venue)
        player = Player(stage)
        await player.play(lines)
        await stage.close()
        assert venue.stop() == 0, venue.stderr()
    heard = [data for client in stage.clients.values() for data in client.heard]
    assert "\n".join(player.tape) == "\n".join(map(str, lines))
    assert [text for data in heard for text in complaints(data)] == []
    assert [text for data in heard for text in presence_complaints(pairs_of(data), FIX44)] == []
