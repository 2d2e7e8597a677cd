"""A venue made again from its log, in the quiet: no network, no clock, nothing written to the log.

`Rebuilt` is what a start makes of the log, without what a running venue adds. It serves whoever
wants to know what the log leads to: `fixpit replay`, `fixpit verify`, proofs that two replays
agree. The log is only read, also beside a running venue.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NoReturn

from engine.commands import Command
from engine.events import Event
from engine.exchange import Exchange
from gateway import snapshots
from gateway.config import Config
from gateway.fix.application import SERVED
from gateway.fix.execution_reports import ReportWriter
from gateway.fix.message import Message
from gateway.fix.session import FixSession
from gateway.fix.versions import Versions
from gateway.log.frames import LogCorrupt
from gateway.log.reading import Place
from gateway.log.records import Apart, Record
from gateway.log.sent_file import SentFile
from gateway.publisher import Publisher
from gateway.sequencer import Sequencer
from gateway.sessions import SessionFactory, Sessions
from gateway.snapshots import SavedVenue, Snapshot

OUTPUT_DIGEST_BYTES = 16


class PoisonCommand(LogCorrupt):
    """A command of the log trips an assert: the venue cannot start with it."""

    def __init__(self, record: Record, error: BaseException) -> None:
        name = type(record.entry).__name__
        what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        super().__init__(
            f"seq {record.seq} ({name}) cannot be carried out, it ends in {what};"
            f" `fixpit void DIR {record.seq} --reason TEXT` lets the venue start without it"
        )
        self.seq = record.seq


def replay_record(sequencer: Sequencer, record: Record) -> None:
    """Let a record happen again. Raises PoisonCommand, OutputDiffers and OSError."""
    try:
        sequencer.replay(record)
    except (LogCorrupt, OSError):
        raise
    except Exception as error:
        if isinstance(record.entry, Apart):
            raise
        raise PoisonCommand(record, error) from error


class Rebuilt:
    """A venue as its log makes it; `sent` is a file to be made that keeps what it told sessions.

    It begins where `base` stands, else empty. `config` counts for what reports look like; one that
    differs from the venue's only means that hashes of the output are not compared.
    """

    def __init__(self, config: Config, sent: Path, base: Snapshot | None = None) -> None:
        self.exchange = Exchange() if base is None else base.exchange
        self._sent = SentFile(sent)
        self._sent_path = sent
        self.sessions = Sessions(config.sessions, accept_unknown=config.fix.accept_unknown)
        publisher = Publisher(
            self.sessions, ReportWriter(self.sessions.outgoing, self.sessions.copies)
        )
        self.sequencer = Sequencer(self.exchange, _Closed(), publisher, _no_time)
        self.sessions.use(
            SessionFactory(
                comp_id=config.venue.comp_id,
                timezone=config.venue.timezone,
                versions=Versions(SERVED),
                sent=self._sent,
                application=_nobody_speaks,
                on_admin=_ignore,
                on_output=_ignore,
                fix=config.fix,
            )
        )
        if base is not None:
            base.restore(self.sequencer, self.sessions, self._sent)

    def take(self, record: Record) -> None:
        """Let a record happen. Raises PoisonCommand, OutputDiffers and OSError."""
        replay_record(self.sequencer, record)
        self._sent.end_turn()

    def take_telling(self, record: Record) -> list[Event]:
        """As `take` for the exchange alone: no sessions, but the events. Raises PoisonCommand."""
        if isinstance(record.entry, Apart):
            return []
        command: Command = record.entry
        try:
            return self.exchange.apply(command, record.seq, record.at)
        except Exception as error:
            raise PoisonCommand(record, error) from error

    def save(self, data_dir: Path, place: Place) -> Path:
        """Write a snapshot: the log up to `place` has been taken. Raises OSError."""
        return snapshots.write(
            data_dir, place, self.exchange, self.sequencer, self.sessions, self._sent
        )

    def saved(self, place: Place, messages: Path) -> SavedVenue:
        """What `save` would write, for comparison; what can be asked for goes to `messages`."""
        return snapshots.save(
            place, self.exchange, self.sequencer, self.sessions, self._sent, messages
        )

    def output_digest(self) -> str:
        """The hash of all application messages to all sessions, in order; 32 hex digits."""
        self._sent.flush()
        state = hashlib.blake2b(digest_size=OUTPUT_DIGEST_BYTES)
        with self._sent_path.open("rb") as file:
            while chunk := file.read(1 << 20):
                state.update(chunk)
        return state.hexdigest()

    def close(self) -> None:
        """Let the file go."""
        self._sent.close()


class _Closed:
    """The log of a venue that only looks back."""

    last_seq = 0

    def append(self, record: Record) -> NoReturn:
        """Nothing new happens."""
        raise AssertionError(record)

    def commit(self) -> None:
        """There is nothing to commit."""


def _no_time() -> NoReturn:
    raise AssertionError("a replay asks no clock")


def _nobody_speaks(session: FixSession, message: Message) -> NoReturn:
    raise AssertionError((session.comp_id, message))


def _ignore(session: FixSession) -> None:
    """Nobody is connected."""
