"""The venue's FIX side without sockets and files on the way: acceptor, connections, sessions,
publisher as `gateway.app` wires them, over transports that are lists, with a clock that stands
still. `OrderVenue` trades; `echo_venue` is what session cases are played against. Both are subjects
of `tests.support.script`.

The one timer that belongs to the loop (no logon in time) runs on the same clock: the loop's own
time is the venue's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any, Self

from engine.commands import CancelOnDisconnect, DefineMember, PassTime
from engine.exchange import Exchange
from gateway import reference_data
from gateway.config import Config, demo
from gateway.fix import tags as t
from gateway.fix.acceptor import Acceptor
from gateway.fix.connection import Connection
from gateway.fix.decoder import Decoder
from gateway.fix.execution_reports import ReportWriter
from gateway.fix.message import Message
from gateway.fix.order_entry import COMMANDS
from gateway.fix.session import FixSession
from gateway.fix.times import format_utc_timestamp
from gateway.log.records import Record, SessionNumbers, SessionOpened, SessionReply
from gateway.log.sent_file import SentFile
from gateway.publisher import Publisher
from gateway.sequencer import Sequencer
from gateway.sessions import SessionFactory, Sessions, VenueSession
from tests.support.fix import (
    MSG_TYPES,
    SECOND,
    SERVED,
    SOH,
    START,
    Dialect,
    our_decoder,
    pairs_of,
)

VERSION = "FIX.4.4"


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
    """Sessions behind connections; `application` is what a subclass does with a message."""

    def __init__(self, folder: Path, config: Config, decoder: Decoder) -> None:
        self.now = START
        self.config = config
        self.decoder = decoder
        self.failed: BaseException | None = None
        self.sessions = Sessions(config.sessions, accept_unknown=config.fix.accept_unknown)
        self.publisher = Publisher(self.sessions, ReportWriter(VERSION))
        self._loop = _Loop(lambda: self.now)
        self._sent = SentFile(folder / "sent.dat")
        self._talking: list[FixSession] = []
        self._lines: dict[str, tuple[Connection, Transport]] = {}
        self._heard: list[tuple[str, bytes | None]] = []
        self.said: list[bytes] = []
        self.sessions.use(
            SessionFactory(
                comp_id=config.venue.comp_id,
                timezone=config.venue.timezone,
                begin_string=VERSION,
                decoder=decoder,
                msg_types=self.msg_types,
                served=self.served,
                sent=self._sent,
                application=self.application,
                on_admin=self.on_admin,
                on_output=self._talking.append,
            )
        )
        self._acceptor = Acceptor(
            self.sessions,
            decoder,
            config.venue.comp_id,
            lambda: self.now,
            _AtOnce(),
            self.open_session,
            lambda session, connection: self.publisher.attach(session.fix, connection),
            self._detached,
            self._fail,
        )

    msg_types = MSG_TYPES
    served = SERVED

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        for who in list(self._lines):
            self.disconnect(who)
        self._loop.close()
        self._sent.close()

    # What a subclass decides

    def application(self, session: FixSession, message: Message) -> None:
        """A valid application message in sequence."""
        raise NotImplementedError

    def on_admin(self, session: FixSession) -> None:
        """Numbers moved by admin messages."""

    def open_session(self, comp_id: str, member: str) -> VenueSession:
        """A session exists from here on."""
        return self.sessions.open(comp_id, member)

    def detached(self, session: VenueSession, *, abrupt: bool) -> None:
        """A connection does not carry the session any more."""

    def dialects(self, who: str) -> tuple[Dialect, Dialect]:
        """What the client writes in every message, what the venue writes."""
        raise NotImplementedError

    # As the venue does it

    def _detached(self, session: VenueSession, *, abrupt: bool) -> None:
        self.publisher.detach(session.fix)
        self.detached(session, abrupt=abrupt)

    def _fail(self, error: BaseException) -> None:
        raise AssertionError("a bug reached the connection") from error

    def end_turn(self) -> None:
        """Everything said goes out; connections that were closed are gone."""
        talking, self._talking[:] = list(self._talking), []
        for session in talking:
            while session.out.resend.pending:
                session.out.continue_resend(self.now)
        self._sent.flush()
        self.publisher.collect(talking, 0, self.now)
        for who, (connection, transport) in list(self._lines.items()):
            written, transport.written = transport.written, b""
            messages = _messages(written)
            self.said += messages
            self._heard += [(who, data) for data in messages]
            if transport.closing:
                del self._lines[who]
                connection.connection_lost(None)
                self._heard.append((who, None))

    def _in_loop(self, action: Callable[..., None], *args: object) -> None:
        async def act() -> None:
            action(*args)
            for _ in range(4):  # what the action left for the loop to do, and what follows
                await asyncio.sleep(0)
            self.end_turn()

        self._loop.run_until_complete(act())

    # As the clients do it

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

    def is_connected(self, who: str) -> bool:
        """Whether this client has a connection."""
        return who in self._lines

    def time_text(self) -> str:
        """Now, as a UTCTimestamp."""
        return format_utc_timestamp(self.now)

    def short(self, who: str, data: bytes, when: int) -> str:
        """What the venue sent at that time, written in short."""
        return self.dialects(who)[1].short(data, when)

    def pass_time(self, until: int) -> list[tuple[int, str, bytes | None]]:
        """Let time pass; what is heard on the way, and when."""
        heard: list[tuple[int, str, bytes | None]] = []
        while (due := self.next_deadline()) is not None and due <= until:
            self.now = max(self.now, due)
            self._in_loop(self.carry_out_due)
            heard += [(self.now, *one) for one in self.heard()]
        self.now = until
        self._in_loop(lambda: None)
        return heard

    def next_deadline(self) -> int | None:
        """When time will do something by itself."""
        deadlines = [session.next_deadline() for session in self.sessions.connected()]
        return min((at for at in deadlines if at is not None), default=None)

    def carry_out_due(self) -> None:
        """What is due now happens."""
        for session in self.sessions.connected():
            session.on_timer(self.now)
            if session.wants_close:
                self._talking.append(session)

    def heard(self) -> list[tuple[str, bytes | None]]:
        """What the venue said since the last call, None: it closed the connection."""
        heard, self._heard = self._heard, []
        return heard


def _messages(data: bytes) -> list[bytes]:
    """Whole messages, cut at their CheckSum."""
    found, start = [], 0
    while start < len(data):
        # Nothing that the venue writes contains a field that looks like it.
        end = data.index(b"\x0110=", start) + 8
        found.append(data[start:end])
        start = end
    return found


def unsupported(message: Message) -> str:
    """Body of the BusinessMessageReject for a type that is not taken, as the venue words it."""
    seq = message.fields[t.MSG_SEQ_NUM]
    text = f"45={seq}|58=Unsupported Message Type|372={message.msg_type}|380=3|"
    return text.replace("|", SOH)


class _Log:
    """The command log of a venue that is never started again."""

    last_seq = 0

    def append(self, record: Record) -> None:
        """Count it."""
        self.last_seq = record.seq

    def commit(self) -> None:
        """Nothing is kept."""


class OrderVenue(VenueInMemory):
    """The demo venue; clients are comp ids, log on when they first say something, and number their
    messages themselves where a script does not."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, demo(), our_decoder())
        self.exchange = Exchange()
        self._sequencer = Sequencer(self.exchange, _Log(), self.publisher, lambda: self.now)
        self._next_out: dict[str, int] = {}
        for command in reference_data.changes(self.config, self.exchange):
            self._sequencer.submit(command)
        for session in self.sessions.unopened():
            self.open_session(session.comp_id, session.member)

    def dialects(self, who: str) -> tuple[Dialect, Dialect]:
        """A client is called by its comp id."""
        return Dialect(who, "PIT"), Dialect("PIT", who)

    def open_session(self, comp_id: str, member: str) -> VenueSession:
        """As the venue does it, in the log first."""
        if member not in self.exchange.members:
            self._sequencer.submit(DefineMember(member, member))
        self._sequencer.note(SessionOpened(comp_id, member))
        return self.sessions.open(comp_id, member)

    def application(self, session: FixSession, message: Message) -> None:
        """To the market, or `j`."""
        translate = COMMANDS.get(message.msg_type)
        if translate is None:
            reply = SessionReply(session.comp_id, "j", unsupported(message))
            self._sequencer.reply(reply, session.next_in)
            return
        sender = self.sessions.by_comp_id[session.comp_id].sender
        self._sequencer.submit(translate(message, sender), session.next_in)

    def on_admin(self, session: FixSession) -> None:
        """The log hears of it."""
        numbers = session.comp_id, session.next_in, session.out.next_out, session.resets
        self._sequencer.note(SessionNumbers(*numbers))

    def detached(self, session: VenueSession, *, abrupt: bool) -> None:
        """Orders may go with the connection."""
        scope = session.config.cancel_on_disconnect
        if abrupt and scope != "none":
            self._sequencer.submit(CancelOnDisconnect(session.fix.comp_id, scope == "day"))

    def next_deadline(self) -> int | None:
        """Orders have deadlines too."""
        deadlines = (super().next_deadline(), self.exchange.next_deadline())
        return min((at for at in deadlines if at is not None), default=None)

    def carry_out_due(self) -> None:
        """What is due now happens, in the sessions and in the market."""
        super().carry_out_due()
        due = self.exchange.next_deadline()
        if due is not None and due <= self.now:
            self._sequencer.submit(PassTime())

    def say(self, who: str, text: str) -> None:
        """A client sends a message, logged on and numbered if the script does not say otherwise."""
        if who not in self._lines:
            self.connect(who)
            self._say(who, "35=A|98=0|108=30")
            self._heard = [one for one in self._heard if not _is_logon(one[1])]
        self._say(who, text)

    def _say(self, who: str, text: str) -> None:
        """The script's fields, and those that are there for FIX's sake only."""
        if text[3:5] in {"D|", "F|", "G|", "q|"} and "|60=" not in text:
            text += "|60={now}"
        if "|34=" not in text:
            seq = self._next_out[who] = self._next_out.get(who, 0) + 1
            msg_type, bar, rest = text.partition("|")
            text = f"{msg_type}|34={seq}{bar}{rest}"
        super().say(who, text)


def _is_logon(data: bytes | None) -> bool:
    return data is not None and dict(pairs_of(data))["35"] == "A"
