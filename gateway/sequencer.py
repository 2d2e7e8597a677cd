"""The one entrance: whatever changes the venue gets its place in the log here, then happens.

`submit` stamps a command, appends it to the log, applies it to the exchange and gives the events to
the publisher, in one call stack. What the market had to do by then has been done before, each at
its own moment. `note` does the same for what moves a session only. `replay` does it all again from
the log, with the stamps it finds there; live and replay differ in nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from engine.commands import Command, PassTime
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


def _as_real_time(real: int) -> int:
    return real


class Sequencer:
    """Stamps, logs, applies, publishes.

    `now` is real time; `market_at` tells what o'clock it is then in the market. While
    `follows_real_time` is set the two are known to be the same, and nobody is asked.
    """

    def __init__(
        self,
        exchange: Exchange,
        log: CommandLog,
        publisher: Publisher,
        now: Callable[[], int],
        market_at: Callable[[int], int] = _as_real_time,
    ) -> None:
        self._exchange = exchange
        self._log = log
        self._publisher = publisher
        self._now = now
        self._market_at = market_at
        self.catch_up: Callable[[int], None] = self.carry_out
        self.follows_real_time = False
        self.seq = 0
        self.at = 0
        self.wall = 0

    def submit(self, command: Command, next_in: int = 0) -> None:
        """Carry out a command now; `next_in` is what its session expects next.

        What is due before it comes first, by `catch_up`: `carry_out`, unless somebody plans ahead.
        """
        wall = self._now()
        at = wall if self.follows_real_time else self._market_at(wall)
        if at < self.at:
            at = self.at
        exchange = self._exchange
        if exchange.next_at <= at:
            self.catch_up(at)
        # As `_stamp`, without the call: the way of every order.
        seq = self.seq + 1
        self.seq, self.at = seq, at
        self._log.append(Record(seq, at, wall, next_in, command))
        events = exchange.apply(command, seq, at)
        if events:
            self._publisher.publish(events, seq, at, wall)

    def submit_ahead(self, command: Command) -> None:
        """Carry out a command at the market time of the last one: before what is due by now."""
        self._stamp(command, self.at, self._now(), 0)

    def carry_out(self, until: int) -> None:
        """Let what is due up to `until` (market time) happen, each at its own moment."""
        exchange = self._exchange
        while (due := exchange.next_at) <= until:
            self._stamp(PassTime(), max(self.at, due), self._now(), 0)
            assert exchange.next_at > due, due  # else time would never pass

    def _stamp(self, command: Command, at: int, wall: int, next_in: int) -> None:
        seq = self.seq + 1
        self.seq, self.at = seq, at
        self._log.append(Record(seq, at, wall, next_in, command))
        events = self._exchange.apply(command, seq, at)
        if events:
            self._publisher.publish(events, seq, at, wall)

    def note(self, entry: Note, next_in: int = 0) -> None:
        """Log what a session has already done."""
        self.seq += 1
        self._log.append(Record(self.seq, self.at, self._now(), next_in, entry))

    def reply(self, entry: SessionReply, next_in: int) -> None:
        """Answer a session with a message that no event stands behind."""
        wall = self._now()
        self.seq += 1
        self._log.append(Record(self.seq, self.at, wall, next_in, entry))
        self._publisher.reply(entry, wall)

    def wall_now(self) -> int:
        """Real time, as the next record would be stamped."""
        return self._now()

    def replay(self, record: Record) -> None:
        """Let a record of the log happen again."""
        assert record.seq == self.seq + 1
        self.seq, self.at, self.wall = record.seq, record.at, record.wall
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
