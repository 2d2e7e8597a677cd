"""The one entrance: whatever changes the venue gets its place in the log here, then happens.

`submit` stamps a command, appends it to the log, applies it to the exchange and gives the events to
the publisher, in one call stack. What the market had to do by then has been done before, each at
its own moment. `note` does the same for what moves a session only. `replay` does it all again from
the log, with the stamps it finds there; live and replay differ in nothing else. That they do not is
checked: `seal` logs a hash of all that was said, and a replay that says something else stops.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from engine.commands import Command, PassTime
from engine.exchange import Exchange
from gateway.log.frames import LogCorrupt
from gateway.log.records import Apart, Entry, Note, OutputHash, Record, SessionReply, Voided
from gateway.publisher import Publisher

SEAL_EVERY = 10_000
"""Records between two hashes of the output."""


class OutputDiffers(LogCorrupt):
    """The log happened again and something else was said than the first time: never go on."""


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
    `follows_real_time` is set the two are known to be the same, and nobody is asked. `poisoned`:
    the exchange has tripped over the last record.
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
        self.poisoned = False
        self.sealed_seq = 0
        self.seals_compared = 0
        self.seals_of_other_style = 0

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
        try:
            events = exchange.apply(command, seq, at)
        except Exception:
            self.poisoned = True
            raise
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
        try:
            events = self._exchange.apply(command, seq, at)
        except Exception:
            self.poisoned = True
            raise
        if events:
            self._publisher.publish(events, seq, at, wall)

    def note(self, entry: Note | OutputHash, next_in: int = 0) -> None:
        """Log what a session has already done."""
        self.seq += 1
        self._log.append(Record(self.seq, self.at, self._now(), next_in, entry))

    def reply(self, entry: SessionReply, next_in: int) -> None:
        """Answer a session with a message that no event stands behind."""
        wall = self._now()
        self.seq += 1
        self._log.append(Record(self.seq, self.at, wall, next_in, entry))
        self._publisher.reply(entry, wall)

    def seal_if_due(self) -> None:
        """`seal` once in a while; call once per turn. Raises OSError."""
        if self.seq - self.sealed_seq >= SEAL_EVERY:
            self.seal()

    def seal(self) -> None:
        """Log a hash of what was said since the last one, for replays to compare with.

        Call also before anything but the log changes what reports look like. Raises OSError.
        """
        self.note(self._publisher.sessions.take_output_hash())
        self.sealed_seq = self.seq

    def wall_now(self) -> int:
        """Real time, as the next record would be stamped."""
        return self._now()

    def replay(self, record: Record) -> None:
        """Let a record of the log happen again. Raises OutputDiffers, and OSError."""
        assert record.seq == self.seq + 1
        self.seq, self.at, self.wall = record.seq, record.at, record.wall
        entry: Entry = record.entry
        if isinstance(entry, Apart):
            self._replay_apart(entry, record)
        else:
            if record.next_in:
                session: str = getattr(entry, "session", "")
                self._publisher.sessions.restore_next_in(session, record.next_in)
            events = self._exchange.apply(entry, record.seq, record.at)
            self._publisher.publish(events, record.seq, record.at, record.wall)

    def _replay_apart(self, entry: Apart, record: Record) -> None:
        sessions = self._publisher.sessions
        match entry:
            case OutputHash():
                self._compare(entry, sessions.take_output_hash())
            case SessionReply():
                sessions.restore_next_in(entry.comp_id, record.next_in)
                self._publisher.reply(entry, record.wall)
            case Voided():
                if record.next_in:
                    sessions.restore_next_in(entry.session, record.next_in)
            case _:
                sessions.restore(entry, record.wall)

    def _compare(self, logged: OutputHash, now: OutputHash) -> None:
        since, self.sealed_seq = self.sealed_seq, self.seq
        if logged.style != now.style:
            self.seals_of_other_style += 1
            return
        self.seals_compared += 1
        if logged.crc != now.crc:
            raise OutputDiffers(
                f"what follows from seq {since + 1} to {self.seq - 1} must hash to"
                f" {logged.crc:08x} as it did, was {now.crc:08x} this time"
            )
