"""Plays the stories of story/*.fix against a real venue over TCP and compares the tapes.

How a story is written is said in `tests.support.story`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from gateway import timers
from gateway.fix.versions import FIX44
from tests.support.fix import pairs_of
from tests.support.fix_venue import FixClient, FixVenue, HandClock, config_of, serving
from tests.support.reports import complaints
from tests.support.scenario_table import presence_complaints
from tests.support.story import Line, Player, story_lines

FOLDER = Path(__file__).parent / "story"
STORIES = sorted(path.stem for path in FOLDER.glob("*.fix"))

TIMER_PERIOD_SECONDS = 0.01
"""How soon the venue sees that the hand clock was moved."""


class Stage:
    """A venue in the test's own loop, and a clock that is moved by hand."""

    def __init__(self, served: FixVenue, clock: HandClock) -> None:
        self._served = served
        self._clock = clock

    @property
    def clients(self) -> Mapping[str, FixClient]:
        """The clients made so far, by comp id."""
        return self._served.clients

    def client(self, comp_id: str) -> FixClient:
        """The client of a comp id, made on first use."""
        return self._served.client(comp_id)

    def time_text(self) -> str:
        """The time of the clock."""
        return self._clock.text()

    async def until_gone(self, comp_id: str) -> None:
        """Wait until the venue has noticed that a session lost its connection."""
        await self._served.until_gone(comp_id)

    async def pass_time(self, line: Line) -> None:
        """`clock +SECONDS`."""
        assert line.who == "clock", line
        await self._served.until_taken()
        self._clock.advance(float(line.verb))


@pytest.mark.parametrize("story", STORIES)
async def test_the_tape_played_is_the_tape_written(
    story: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a story says is sent is answered, to every session, as the story says, and all of it
    is what a stock dictionary and the table of scenarios allow.
    """
    monkeypatch.setattr(timers, "PERIOD_SECONDS_MAX", TIMER_PERIOD_SECONDS)
    lines = list(story_lines((FOLDER / f"{story}.fix").read_text(encoding="utf-8")))
    clock = HandClock()
    async with serving(tmp_path, config_of(FOLDER / "venue.toml"), clock=clock) as served:
        player = Player(Stage(served, clock))
        await player.play(lines)
        heard = [data for client in served.clients.values() for data in client.heard]
    assert "\n".join(player.tape) == "\n".join(map(str, lines))
    assert [text for data in heard for text in complaints(data)] == []
    assert [text for data in heard for text in presence_complaints(pairs_of(data), FIX44)] == []
