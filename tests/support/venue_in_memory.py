"""The venue without sockets: log, sequencer, turns, application, acceptor and connections as
`gateway.app` wires them, over transports that are lists, with a clock that stands still. Clients
are subjects of `tests.support.script`. Market time is real time unless a test says how it begins.

Timers of the loop (no logon in time, a close that is not read) run on the same clock: the loop's
own time is the venue's. The log is a real one that does not wait for the disk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any, Self

from engine.commands import Command
from engine.exchange import Exchange
from gateway import reference_data
from gateway.config import Config, demo
from gateway.fix.acceptor import Acceptor
from gateway.fix.application import SERVED, Application
from gateway.fix.connection import Connection
from gateway.fix.credentials import Credentials
from gateway.fix.door import Door
from gateway.fix.execution_reports import ReportWriter
from gateway.fix.message import Message
from gateway.fix.session import FixSession
from gateway.fix.times import format_utc_timestamp
from gateway.fix.versions import FIX42, FIX44, Versions
from gateway.log.segment_file import SegmentLog
from gateway.log.sent_file import SentFile
from gateway.market_clock import MarketClock, MarketOptions
from gateway.market_time import MarketTime
from gateway.publisher import Publisher
from gateway.sequencer import Sequencer
from gateway.session_times import SessionTimes
from gateway.sessions import SessionFactory, Sessions, VenueSession
from gateway.turns import Turns
from tests.support.fix import SECOND, START, Dialect, dialects, pairs_of

TURNS_MAX = 12
"""Rounds of the loop within which everything that follows from one event has happened."""


class _Loop(asyncio.SelectorEventLoop):
    """A loop that lives in the venue's time."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._nanos = now
        super().__init__()

    def time(self) -> float:
        return self._nanos() / SECOND


class _AtOnce(Executor):
    """Does the work where it is asked for."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


class Transport(asyncio.Transport):
    """One end of a connection as a list: what was written, and whether it was closed."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closing = False
        self._reading = True

    def is_reading(self) -> bool:
        """Whether the venue wants what the peer sends."""
        return self._reading

    def pause_reading(self) -> None:
        """The venue wants nothing for now; whatever follows in the script comes later."""
        self._reading = False

    def resume_reading(self) -> None:
        """The venue goes on."""
        self._reading = True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Nothing may be written behind a close."""
        assert not self.closing
        self.written += bytes(data)

    def close(self) -> None:
        """The venue closes."""
        self.closing = True

    def abort(self) -> None:
        """The venue closes, now."""
        self.closing = True

    def is_closing(self) -> bool:
        """Whether the venue has closed."""
        return self.closing

    def get_write_buffer_size(self) -> int:
        """The peer reads at once."""
        return 0

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """There is no buffer."""


class VenueInMemory:
    """A venue and its clients, by name; one in a folder where another one was is its restart.

    `application` is what messages do to it, `version` what its clients speak, `market` how market
    time begins; without a seed in it there is none, and draws are the same in every test.
    """

    def __init__(
        self,
        folder: Path,
        config: Config,
        versions: Versions,
        *,
        application: type[Application] = Application,
        version: str = FIX44,
        market: MarketOptions | None = None,
    ) -> None:
        self.now = START
        self.version = version
        self.said: list[bytes] = []
        self.exchange = Exchange()
        self.log = SegmentLog(folder / "log", "none")
        self.sessions = Sessions(config.sessions, accept_unknown=config.fix.accept_unknown)
        self._sent = SentFile(folder / "sent.dat")
        self._lines: dict[str, tuple[Connection, Transport]] = {}
        self._heard: list[tuple[str, bytes | None]] = []
        self._loop = _Loop(self.clock)
        writer = ReportWriter(self.sessions.outgoing, self.sessions.copies)
        publisher = Publisher(self.sessions, writer)
        market = market or MarketOptions()
        market_clock = MarketClock(self.clock, market.speed)
        self._sequencer = Sequencer(self.exchange, self.log, publisher, self.clock, market_clock.at)
        self.market = MarketTime(config, self.exchange, self._sequencer, market_clock)
        self._turns = Turns(
            self.log,
            self._sent,
            publisher,
            self.sessions,
            lambda: self._acceptor.connections,
            self.clock,
            lambda action: action(),
            self._sequencer.seal_if_due,
        )
        credentials = Credentials(_AtOnce(), self._fail)
        self.application = application(
            self.exchange, self._sequencer, publisher, self.sessions, self._turns, credentials
        )
        self.sessions.use(
            SessionFactory(
                comp_id=config.venue.comp_id,
                timezone=config.venue.timezone,
                versions=versions,
                sent=self._sent,
                application=self.take,
                on_admin=self.application.numbers_moved,
                on_output=self._turns.speaks,
                fix=config.fix,
            )
        )
        replaces = config.fix.duplicate_logon == "replace"
        self._acceptor = Acceptor(
            self.sessions,
            versions,
            Door(self.sessions, config.venue.comp_id, config.fix.allow_from, replaces=replaces),
            credentials,
            self.clock,
            self,
            self._fail,
            config.fix.message_bytes_max,
            config.fix.logon_timeout_seconds,
        )
        self._times = SessionTimes(self.sessions, self.application.reset_if_due)
        for record in self.log.recover():
            self._sequencer.replay(record)
        self.log.start(self._turns.durable, self._fail)
        self._turns.start(self._loop)
        self.market.stand(market.start)
        for command in reference_data.changes(config, self.exchange):
            self._sequencer.submit(command)
        for entry in self.sessions.unsaid():
            self.application.define(entry)
        if market.seed is not None:
            self.market.seed(market.seed)
        self.market.begin(market.start)
        self._turns.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        for who in list(self._lines):
            self.disconnect(who)
        self._loop.close()
        self.log.close()
        self._sent.close()

    # As the venue does it

    def clock(self) -> int:
        """Real time."""
        return self.now

    def take(self, session: FixSession, message: Message) -> None:
        """A valid application message in sequence."""
        self.application.take(session, message)

    def open(self, comp_id: str, member: str) -> VenueSession:
        """Make an unknown session exist."""
        return self.application.open(comp_id, member)

    def attached(self, session: VenueSession, connection: Connection) -> None:
        """A connection carries the session."""
        self.application.attached(session, connection)

    def password_changed(self, session: VenueSession, hashed: str) -> None:
        """Keep the hash of a session's new password."""
        self.application.password_changed(session, hashed)

    def detached(self, session: VenueSession, *, abrupt: bool) -> None:
        """A connection does not carry the session any more."""
        self.application.detached(session, abrupt=abrupt)

    def _fail(self, error: BaseException) -> None:
        raise AssertionError("a bug reached the venue") from error

    def _in_loop(self, action: Callable[..., None], *args: object) -> None:
        """Something happens, and all that follows from it."""

        async def act() -> None:
            action(*args)
            for _ in range(TURNS_MAX):
                await asyncio.sleep(0)
                self._hear()

        self._loop.run_until_complete(act())

    def _hear(self) -> None:
        """Take what was written; connections that were closed are gone."""
        for who, (connection, transport) in list(self._lines.items()):
            written, transport.written = transport.written, b""
            messages = _messages(written)
            self.said += messages
            self._heard += [(who, data) for data in messages]
            if transport.closing:
                del self._lines[who]
                connection.connection_lost(None)
                self._heard.append((who, None))

    # As the clients do it

    def dialects(self, who: str) -> tuple[Dialect, Dialect]:
        """What the client writes in every message, what the venue writes: it is its comp id."""
        return dialects(who, self.version)

    def is_connected(self, who: str) -> bool:
        """Whether this client has a connection."""
        return who in self._lines

    def connect(self, who: str) -> None:
        """A client connects."""
        assert who not in self._lines
        line = Connection(self._acceptor), Transport()
        self._lines[who] = line
        self._in_loop(line[0].connection_made, line[1])

    def send(self, who: str, data: bytes) -> None:
        """Bytes of a client arrive."""
        if who in self._lines:
            self._in_loop(self._lines[who][0].data_received, data)

    def say(self, who: str, text: str) -> None:
        """A client sends a message, written in short."""
        self.send(who, self.dialects(who)[0].whole(text, self.now))

    def disconnect(self, who: str) -> None:
        """A client closes."""
        connection, _ = self._lines.pop(who)
        self._in_loop(connection.connection_lost, None)

    def heard(self) -> list[tuple[str, bytes | None]]:
        """What the venue said since the last call, None: it closed the connection."""
        heard, self._heard = self._heard, []
        return heard

    def short(self, who: str, data: bytes, when: int) -> str:
        """What the venue sent at that time, written in short."""
        return self.dialects(who)[1].short(data, when)

    # Time

    def time_text(self) -> str:
        """Now, as a UTCTimestamp."""
        return format_utc_timestamp(self.now)

    def pass_time(self, until: int) -> list[tuple[int, str, bytes | None]]:
        """Let time pass; what is heard on the way, and when."""
        heard: list[tuple[int, str, bytes | None]] = []
        while (due := self._next_deadline()) is not None and due <= until:
            self.now = max(self.now, due)
            self._in_loop(self._carry_out_due)
            heard += [(self.now, *one) for one in self.heard()]
        self.now = until
        self._in_loop(lambda: None)
        return heard

    def advance(self, to: int) -> None:
        """The operator moves market time; real time stands still."""
        self._in_loop(self._advance, to)

    def _advance(self, to: int) -> None:
        self.market.advance(to)
        self._turns.schedule()

    def submit(self, command: Command) -> None:
        """The operator gives an order."""
        self._in_loop(self._submit, command)

    def _submit(self, command: Command) -> None:
        self._sequencer.submit(command)
        self._turns.schedule()

    def _next_deadline(self) -> int | None:
        deadlines = [session.next_deadline() for session in self.sessions.connected()]
        deadlines += [self.market.next_deadline(), self._times.next_deadline()]
        return min((at for at in deadlines if at is not None), default=None)

    def _carry_out_due(self) -> None:
        now = self.clock()
        for session in self.sessions.connected():
            session.on_timer(now)
            if session.wants_close:
                self._turns.speaks(session)
        self._times.on_timer(now)
        if self.market.on_timer(now):
            self._turns.schedule()


def _messages(data: bytes) -> list[bytes]:
    """Whole messages, cut at their CheckSum."""
    found, start = [], 0
    while start < len(data):
        # Nothing that the venue writes contains a field that looks like it.
        end = data.index(b"\x0110=", start) + 8
        found.append(data[start:end])
        start = end
    return found


class OrderVenue(VenueInMemory):
    """The demo venue. Clients log on when they first say something, and number their messages
    themselves where a script does not.
    """

    def __init__(
        self,
        folder: Path,
        config: Config | None = None,
        version: str = FIX44,
        market: MarketOptions | None = None,
    ) -> None:
        versions = Versions(SERVED)
        super().__init__(folder, config or demo(), versions, version=version, market=market)
        self._next_out: dict[str, int] = {}

    def say(self, who: str, text: str) -> None:
        """A client sends a message, logged on and numbered if the script does not say otherwise."""
        if not self.is_connected(who):
            self.connect(who)
            self._say(who, "35=A|98=0|108=30")
            self._heard = [one for one in self._heard if not _is_logon(one[1])]
        self._say(who, text)

    def _say(self, who: str, text: str) -> None:
        """The script's fields, and those that are there for FIX's sake only."""
        if text[3:5] in {"D|", "F|", "G|", "q|"} and "|60=" not in text:
            text += "|60={now}"
        if text[3:5] in {"D|", "G|"} and self.version == FIX42 and "|21=" not in text:
            text += "|21=1"
        if "|34=" not in text:
            seq = self._next_out[who] = self._next_out.get(who, 0) + 1
            msg_type, bar, rest = text.partition("|")
            text = f"{msg_type}|34={seq}{bar}{rest}"
        super().say(who, text)


def _is_logon(data: bytes | None) -> bool:
    return data is not None and dict(pairs_of(data))["35"] == "A"
