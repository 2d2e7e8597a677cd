"""A venue without network that writes its log as a running one does, as fast as it can be told.

Commands go through the real sequencer, log, sessions and publisher, so that all that a running
venue says to its sessions is said, numbered and sealed here too. There is no loop and no socket: a
turn is as many commands as one likes. What is told to it is for others to think up.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Self

from engine.commands import Command
from engine.events import Event
from gateway import reference_data
from gateway.config import demo
from gateway.log.records import DEFAULT_VERSION, SessionNumbers, SessionOpened, SessionReply
from gateway.log.segment_file import SegmentLog
from gateway.replay import Rebuilt
from gateway.sequencer import Sequencer
from tests.support.fix import START
from tests.support.market import Rules, Venue

WALL_STEP = 1_000_000
"""Real nanoseconds from one record to the next: times in reports differ."""


class Recorder(Venue):
    """A venue for streams of commands: `apply` happens in market time `at`, and is logged.

    `rules` None: the demo venue, so that a start under its configuration finds nothing to change.
    """

    def __init__(
        self,
        data_dir: Path,
        sessions: Iterable[SessionOpened],
        rules: Rules | None = None,
        start: int = START,
    ) -> None:
        self.rules = rules or Rules()
        self.at = self.wall = start
        self.log = SegmentLog(data_dir / "log", "none")
        assert list(self.log.recover()) == []
        self.log.start(_ignore, _fail)
        self.rebuilt = Rebuilt(demo(), data_dir / "recorded.dat")
        self.exchange = self.rebuilt.exchange
        publisher = self.rebuilt.sequencer._publisher
        self.sequencer = Sequencer(self.exchange, self.log, publisher, self._now, lambda _: self.at)
        for entry in sessions:
            self.rebuilt.sessions.open(entry)
            self.sequencer.note(entry)
        changes = reference_data.changes(demo(), self.exchange)
        for command in changes if rules is None else rules.definitions():
            self.apply(command)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _now(self) -> int:
        self.wall += WALL_STEP
        return self.wall

    def apply(self, command: Command) -> list[Event]:
        """Carry out a command; one of a session counts as its next message.

        The events are for the sessions: none are returned.
        """
        next_in = 0
        comp_id = getattr(command, "session", "")
        if comp_id:
            fix = self.rebuilt.sessions.by_comp_id[comp_id].fix
            next_in = fix.next_in = fix.next_in + 1
        self.sequencer.submit(command, next_in)
        return []

    def reply(self, comp_id: str, msg_type: str, body: str) -> None:
        """A session asked for something that no command answers."""
        fix = self.rebuilt.sessions.by_comp_id[comp_id].fix
        fix.next_in += 1
        self.sequencer.reply(SessionReply(comp_id, msg_type, body), fix.next_in)

    def begin_again(self, comp_id: str) -> None:
        """The numbers of a session start again at 1."""
        fix = self.rebuilt.sessions.by_comp_id[comp_id].fix
        entry = SessionNumbers(comp_id, 1, 1, fix.resets + 1, DEFAULT_VERSION)
        self.rebuilt.sessions.restore(entry, self.wall)
        self.sequencer.note(entry)

    def end_turn(self) -> None:
        """Write what happened since the last turn; a hash of what was said when it is due."""
        self.sequencer.seal_if_due()
        self.log.commit()
        self.rebuilt._sent.end_turn()

    def seal(self) -> None:
        """Log a hash of what was said, due or not."""
        self.sequencer.seal()

    def close(self) -> None:
        """Let the log go."""
        self.log.close()
        self.rebuilt.close()


def _ignore(_seq: int) -> None:
    """Nobody waits for it."""


def _fail(error: BaseException) -> None:
    raise error
