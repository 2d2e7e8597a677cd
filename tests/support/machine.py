"""A venue without loop or sockets: exchange, sequencer, publisher, sessions, a log in memory.

Time stands still until `now` is moved; a turn ends when `end_turn` is called; the log is durable as
far as `durable` says. A second machine on the `records` of the first one is a restart.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from engine.commands import CancelOnDisconnect, DefineMember
from engine.exchange import Exchange
from gateway import reference_data
from gateway.config import Config, demo
from gateway.fix.execution_reports import ReportWriter
from gateway.fix.message import Message
from gateway.fix.order_entry import COMMANDS
from gateway.fix.session import FixSession
from gateway.fix.versions import DEFAULT
from gateway.log.records import Record, SessionNumbers, SessionOpened, SessionReply
from gateway.log.sent_file import SentFile
from gateway.market_clock import MarketClock
from gateway.market_time import MarketTime
from gateway.publisher import Publisher
from gateway.sequencer import Sequencer
from gateway.sessions import SessionFactory, Sessions
from tests.support import wire
from tests.support.fix import our_versions
from tests.support.wire import Fields, Received

SECOND = 1_000_000_000
START = 1_795_000_000 * SECOND


class MemoryLog:
    """A command log that keeps its records, and how many there were at the end of each turn."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.turns: list[int] = []

    @property
    def last_seq(self) -> int:
        """The number of the last record."""
        return len(self.records)

    @last_seq.setter
    def last_seq(self, seq: int) -> None:
        raise AssertionError("follows from the records")

    def append(self, record: Record) -> None:
        """Keep a record; its number must be the next one."""
        assert record.seq == len(self.records) + 1
        self.records.append(record)

    def commit(self) -> None:
        """The turn is over."""
        self.turns.append(len(self.records))


class Line:
    """A connection as a list: what was written, message by message, then `closed`."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.writes = 0
        self.closed = False
        self.not_taken = 0

    def write(self, data: bytes) -> None:
        """One write of whole messages; none follows `finish`."""
        assert not self.closed
        self.writes += 1
        self.received += wire.read(data)

    def finish(self) -> None:
        """Closed after what was written."""
        self.closed = True

    def unread(self) -> int:
        """What the test says the peer has not taken."""
        return self.not_taken

    def tape(self, *tags: int) -> list[str]:
        """What came since the last call, each as `35=..|` and the given tags; then `closed`."""
        got, self.received = self.received, []
        return [message.text(35, *tags) for message in got] + ["closed"] * self.closed


class Machine:
    """The parts of a venue that remember, and the way messages take through them."""

    def __init__(self, folder: Path, config: Config | None = None) -> None:
        self.config = config or demo()
        self.now = START
        self.exchange = Exchange()
        self.log = MemoryLog()
        folder.mkdir(parents=True, exist_ok=True)
        self.sent_path = folder / "sent.dat"
        self.sent = SentFile(self.sent_path)
        self.sessions = Sessions(
            self.config.sessions, accept_unknown=self.config.fix.accept_unknown
        )
        self.publisher = Publisher(
            self.sessions, ReportWriter(self.sessions.outgoing, self.sessions.copies)
        )
        market_clock = MarketClock(lambda: self.now)
        self.sequencer = Sequencer(
            self.exchange, self.log, self.publisher, lambda: self.now, market_clock.at
        )
        self.market = MarketTime(self.config, self.exchange, self.sequencer, market_clock)
        self.versions = our_versions()
        self.sessions.use(
            SessionFactory(
                comp_id=self.config.venue.comp_id,
                timezone=self.config.venue.timezone,
                versions=self.versions,
                sent=self.sent,
                application=self._on_application,
                on_admin=self._on_admin,
                on_output=lambda session: self._talking.append(session),
            )
        )
        self._talking: list[FixSession] = []
        self._next_out: dict[str, int] = {}

    # As the venue does it

    def begin(self) -> None:
        """Say what the configuration adds to what is known, in a durable turn.

        Market time is real time from then on.
        """
        self.market.stand(None)
        for command in reference_data.changes(self.config, self.exchange):
            self.sequencer.submit(command)
        for entry in self.sessions.unsaid():
            self.define(entry)
        self.market.begin(None)
        self.turn()

    def replay(self, records: Iterable[Record]) -> None:
        """A restart: let another machine's records happen here, as if they had been read back."""
        for record in records:
            self.sequencer.replay(record)
            self.log.records.append(record)
            self.sent.end_turn()

    def open(self, comp_id: str, member: str) -> None:
        """A session exists from here on."""
        self.define(SessionOpened(comp_id, member))

    def define(self, entry: SessionOpened) -> None:
        """A session exists from here on, as the record says."""
        if entry.member not in self.exchange.members:
            self.sequencer.submit(DefineMember(entry.member, entry.member))
        self.sequencer.note(entry)
        self.sessions.open(entry)

    def _on_application(self, session: FixSession, message: Message) -> None:
        translate = COMMANDS.get(message.msg_type)
        if translate is None:
            reply = SessionReply(session.comp_id, "j", f"45={session.next_in - 1}\x01380=3\x01")
            self.sequencer.reply(reply, session.next_in)
            return
        sender = self.sessions.by_comp_id[session.comp_id].sender
        self.sequencer.submit(translate(message, sender), session.next_in)

    def _on_admin(self, session: FixSession) -> None:
        numbers = session.comp_id, session.next_in, session.out.next_out, session.resets
        self.sequencer.note(SessionNumbers(*numbers, session.version.name))

    def end_turn(self) -> None:
        """The end of a loop turn: output is held until the log is durable."""
        talking, self._talking = self._talking, []
        self.sent.end_turn()
        self.log.commit()
        self.publisher.collect(talking, self.log.last_seq, self.now)

    def durable(self, seq: int | None = None) -> None:
        """The log is durable up to `seq`, or all of it."""
        self.publisher.release(self.log.last_seq if seq is None else seq)

    def turn(self) -> None:
        """A turn ends, and is durable."""
        self.end_turn()
        self.durable()

    # As a client does it

    def session(self, comp_id: str) -> FixSession:
        """The session of a comp id."""
        return self.sessions.by_comp_id[comp_id].fix

    def logon(
        self,
        comp_id: str,
        *,
        reset: bool = False,
        seq: int | None = None,
        version_name: str = DEFAULT,
    ) -> Line:
        """Connect and log on; the answer comes with the turn."""
        if reset:
            self._next_out[comp_id] = 1
        fields = [(98, "0"), (108, "30")] + [(141, "Y")] * reset
        frame = self._frame(comp_id, "A", fields, seq)
        version = self.versions[version_name]
        parsed = version.decoder.parse(frame)
        assert parsed is not None
        line = Line()
        self.publisher.attach(self.session(comp_id), line)
        assert self.session(comp_id).connect(parsed, version, self.now) == ""
        return line

    def send(
        self, comp_id: str, msg_type: str, fields: Fields = (), *, seq: int | None = None
    ) -> None:
        """Take a message of a connected client; `seq` instead of its next number."""
        self.session(comp_id).receive(self._frame(comp_id, msg_type, fields, seq), self.now)

    def drop(self, comp_id: str) -> None:
        """The client's connection is gone."""
        abrupt = self.session(comp_id).disconnect()
        self.publisher.detach(self.session(comp_id))
        if abrupt:
            self.sequencer.submit(CancelOnDisconnect(comp_id, day_only=True))

    def next_out(self, comp_id: str, seq: int) -> None:
        """The client goes on from another number."""
        self._next_out[comp_id] = seq

    def _frame(self, comp_id: str, msg_type: str, fields: Fields, seq: int | None) -> bytes:
        due = self._next_out.get(comp_id, 1)
        if seq is None:
            self._next_out[comp_id] = due + 1
        number = due if seq is None else seq
        return wire.message(msg_type, comp_id, number, fields, now=self.now)

    # What a restart must bring back

    def state(self) -> dict[str, object]:
        """Numbers and sent messages of every session, and the size of the file of the latter."""
        self.sent.flush()
        found: dict[str, object] = {}
        for comp_id, session in self.sessions.by_comp_id.items():
            fix = session.fix
            kept = [fix.out.sent.get(seq) for seq in range(1, fix.out.next_out)]
            found[comp_id] = fix.next_in, fix.out.next_out, fix.resets, kept
        found["file"] = self.sent_path.stat().st_size
        return found

    def close(self) -> None:
        """Let the file go."""
        self.sent.close()
