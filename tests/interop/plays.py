"""Carries out the plays: the script with one library in one FIX version, two of them at a time.

A play waits far more than it works, so two lanes halve the time even on two cores. Each lane has a
venue of its own, because in one book the plays would trade with each other; within a lane they
follow each other in the same venue, and only a play that failed, and so leaves orders, costs a new
one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.interop.config import FixVersion, Session
from tests.interop.makers import Client
from tests.interop.story import Stage, Story, StoryFailed
from tests.interop.tape import Step, parse_script
from tests.interop.toolchain import CACHE, HERE, ROOT
from tests.interop.venue import Venue

FOLDER: Final = CACHE / "run"
CERTIFICATES: Final = FOLDER / "certs"
LANES: Final = 2
MARKS: Final = {
    FixVersion.FIX42: frozenset({"4.2"}),
    FixVersion.FIX44: frozenset({"4.4", "4.4+"}),
    FixVersion.FIX50SP2: frozenset({"5.0", "4.4+"}),
}


@dataclass(frozen=True)
class Play:
    """The script with one library in one FIX version."""

    client: Client
    version: FixVersion

    @property
    def suffix(self) -> str:
        """What the comp ids end in: configs/venue.toml has a session for each version."""
        return self.version.replace(".", "")

    @property
    def home(self) -> Path:
        """Where its tape, logs, configuration files and stores are."""
        return FOLDER / f"{self.client.run}-{self.suffix}"

    @property
    def has_tls(self) -> bool:
        """Whether the library can do TLS."""
        return "tls" in self.client.marks

    def steps(self) -> list[Step]:
        """The lines of the script that are for this play."""
        script = (HERE / "scenario.fix").read_text()
        return parse_script(script, MARKS[self.version] | self.client.marks)


@dataclass(frozen=True)
class Result:
    """What one play has to show for itself."""

    play: Play
    messages: int
    rejects: int
    is_ok: bool


Report = Callable[[str], None]


def carry_out(plays: Sequence[Play], report: Report) -> list[Result]:
    """Every play, in the lanes; results in the order of the plays. `report` gets a text for each.

    Raises VenueFailed when a venue does not start or stop as it should.
    """
    waiting = _Waiting(plays)
    results: dict[int, Result] = {}
    with ThreadPoolExecutor(LANES) as lanes:
        for lane in [lanes.submit(_lane, waiting, results, report) for _ in range(LANES)]:
            lane.result()
    return [results[number] for number in sorted(results)]


class _Waiting:
    """The plays nobody has taken yet, with their numbers. Safe to use from the lanes."""

    def __init__(self, plays: Sequence[Play]) -> None:
        self._plays = list(enumerate(plays))
        self._lock = threading.Lock()

    def take(self) -> tuple[int, Play] | None:
        """The next play, None when all are taken."""
        with self._lock:
            return self._plays.pop(0) if self._plays else None


def _lane(waiting: _Waiting, results: dict[int, Result], report: Report) -> None:
    taken = waiting.take()
    while taken is not None:
        with Venue(FOLDER / f"venue-{taken[0] + 1}", CERTIFICATES, ROOT) as venue:
            exec_ids: dict[str, str] = {}
            is_clean = True
            while taken is not None and is_clean:
                number, play = taken
                result = _play(play, Stage(venue, play.suffix, CERTIFICATES, exec_ids), report)
                results[number] = result
                is_clean = result.is_ok
                taken = waiting.take()


def _play(play: Play, stage: Stage, report: Report) -> Result:
    """The whole script with one client library."""
    client, version, home = play.client, play.version, play.home

    def starter(session: Session) -> Sequence[str]:
        config = session.store.parent / "client.cfg"
        config.write_text(client.config(version, session))
        return client.command(config)

    home.mkdir(parents=True)
    start = time.monotonic()
    name = f"{client.name} {client.version}, FIX {version}"
    with (home / "tape.txt").open("w") as tape:
        story = Story(f"{client.run}{play.suffix}", starter, stage, home, tape)
        try:
            story.play(play.steps())
            is_ok = True
            report(f"{name}: ok, {time.monotonic() - start:.1f} s")
        except StoryFailed as failure:
            is_ok = False
            told = (home / "tape.txt").read_text()
            logs = f"{stage.venue.log} {home}/*/client.log"
            report(f"{name}: FAILED\n{told}\nat {failure}\nlogs: {logs}")
    return Result(play, story.messages, story.rejects, is_ok)
