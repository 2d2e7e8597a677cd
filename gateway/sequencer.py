"""The one entrance: whatever changes the venue gets its place in the log here, then happens.

`submit` stamps a command, appends it to the log, applies it to the exchange and gives the events to
the publisher, in one call stack. `note` does the same for what moves a session only. `replay` does
it all again from the log, with the stamps it finds there; live and replay differ in nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from engine.commands import Command
from engine.exchange import Exchange
from gateway.log.records import Entry, Note, Record, SessionReply
from gateway.publisher import Publisher


class CommandLog(Protocol):
    """What the sequencer needs of a log; `segment_file` is the embedded one."""

    last_seq: int

    def append(self, record: Record) -> None:
        """Add the next record to the current turn."""

    def commit(self) -> None:
        """The turn is over: make what was appended durable, in order."""


class Sequencer:
    """Stamps, logs, applies, publishes."""

    def __init__(
        self,
        exchange: Exchange,
        log: CommandLog,
        publisher: Publisher,
        now: Callable[[], int],
    ) -> None:
        self._exchange = exchange
        self._log = log
        self._publisher = publisher
        self._now = now
        self._at = 0
        self.seq = 0
        self.wall = 0

    def submit(self, command: Command, next_in: int = 0) -> None:
        """Carry out a command now; `next_in` is what its session expects next."""
        wall = self._now()
        at = max(self._at, wall)
        seq = self.seq + 1
        self.seq, self._at = seq, at
        self._log.append(Record(seq, at, wall, next_in, command))
        events = self._exchange.apply(command, seq, at)
        if events:
            self._publisher.publish(events, seq, at, wall)

    def note(self, entry: Note, next_in: int = 0) -> None:
        """Log what a session has already done."""
        self.seq += 1
        self._log.append(Record(self.seq, self._at, self._now(), next_in, entry))

    def reply(self, entry: SessionReply, next_in: int) -> None:
        """Answer a session with a message that no event stands behind."""
        wall = self._now()
        self.seq += 1
        self._log.append(Record(self.seq, self._at, wall, next_in, entry))
        self._publisher.reply(entry, wall)

    def wall_now(self) -> int:
        """Real time, as the next record would be stamped."""
        return self._now()

    def replay(self, record: Record) -> None:
        """Let a record of the log happen again."""
        assert record.seq == self.seq + 1
        self.seq, self._at, self.wall = record.seq, record.at, record.wall
        entry: Entry = record.entry
        if isinstance(entry, Note):
            self._publisher.sessions.restore(entry, record.wall)
        elif isinstance(entry, SessionReply):
            self._publisher.sessions.restore_next_in(entry.comp_id, record.next_in)
            self._publisher.reply(entry, record.wall)
        else:
            if record.next_in:
                session: str = getattr(entry, "session", "")
                self._publisher.sessions.restore_next_in(session, record.next_in)
            events = self._exchange.apply(entry, record.seq, record.at)
            self._publisher.publish(events, record.seq, record.at, record.wall)
