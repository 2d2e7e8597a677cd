"""The composition root: makes every service of the venue, in the order of a sentence, and runs it.

`Venue` recovers the log, brings the configuration's reference data up to date, accepts connections,
and ends each loop turn: commit the log, hand the sessions' output to the publisher. Nothing else in
the program constructs services.
"""

from __future__ import annotations

import asyncio
import gc
import tomllib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from pathlib import Path

import structlog

from engine.commands import CancelOnDisconnect, DefineMember, PassTime
from engine.exchange import Exchange
from gateway import reference_data
from gateway.clock import Clock
from gateway.config import Config
from gateway.fix import dictionary
from gateway.fix.acceptor import Acceptor
from gateway.fix.connection import Connection
from gateway.fix.decoder import Decoder
from gateway.fix.dictionary import SOH
from gateway.fix.execution_reports import ReportWriter
from gateway.fix.message import Message
from gateway.fix.order_entry import COMMANDS
from gateway.fix.session import FixSession
from gateway.log.records import SessionNumbers, SessionOpened, SessionReply
from gateway.log.segment_file import SegmentLog
from gateway.log.sent_file import SentFile
from gateway.publisher import Publisher
from gateway.sequencer import Sequencer
from gateway.sessions import SessionFactory, Sessions, VenueSession
from gateway.timers import Timers

VERSION = "FIX.4.4"
LOGOUT_SECONDS_MAX = 3.0
"""How long the peers' answers to our Logout are awaited on a clean stop."""

UNDURABLE_RECORDS_MAX = 50_000
"""When the disk is this far behind, nobody is read until half of it is written."""

RESEND_UNREAD_BYTES_MAX = 256 * 1024
RESEND_PAUSE_SECONDS = 0.01
"""A resend waits while the peer has more than this unread, else it would look like a slow one."""

UNSUPPORTED_MSG_TYPE = 3

log = structlog.get_logger()


class CannotListen(Exception):
    """The configured address and port are not to be had."""


class Venue:
    """One running venue over one data directory."""

    def __init__(
        self, config: Config, data_dir: Path, sync: str, clock: Clock | None = None
    ) -> None:
        self.config = config
        self.failed: BaseException | None = None
        self.recovered = 0
        self._clock = clock or Clock()
        self._exchange = Exchange()
        self._log = SegmentLog(data_dir / "log", sync)
        self._sent = SentFile(data_dir / "sent.dat")
        self._sessions = Sessions(config.sessions, accept_unknown=config.fix.accept_unknown)
        self._publisher = Publisher(self._sessions, ReportWriter(VERSION))
        self._sequencer = Sequencer(self._exchange, self._log, self._publisher, self._clock.now)
        self._decoder = Decoder(dictionary.load("FIX44"))
        self._sessions.use(
            SessionFactory(
                comp_id=config.venue.comp_id,
                timezone=config.venue.timezone,
                begin_string=VERSION,
                decoder=self._decoder,
                msg_types=_msg_types(),
                served=frozenset(COMMANDS),
                sent=self._sent,
                application=self._on_application,
                on_admin=self._on_admin,
                on_output=self._on_output,
            )
        )
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="password")
        self._acceptor = Acceptor(
            self._sessions,
            self._decoder,
            config.venue.comp_id,
            self._clock.now,
            self._executor,
            self._open_session,
            self._attached,
            self._detached,
            self._fail,
        )
        self._timers = Timers(self._clock.now, self._next_deadline, self._on_time)
        self._talking: list[FixSession] = []
        self._turn_ends = False
        self._paused = False
        self._stopping = False
        self._stop = asyncio.Event()
        self._server: asyncio.Server | None = None

    # Start and stop

    def recover(self) -> None:
        """Let the log happen again."""
        for record in self._log.recover():
            self._sequencer.replay(record)
            self._sent.end_turn()
            self.recovered += 1
        self._talking.clear()
        if self._log.torn_bytes:
            log.warning("log.torn_tail", bytes=self._log.torn_bytes)

    async def start(self) -> tuple[str, int]:
        """Open the log for writing, accept connections; returns host and port.

        Raises CannotListen, and OSError when the log cannot be written.
        """
        self._loop = asyncio.get_running_loop()
        self._log.start(self._on_durable_in_thread(), self._on_error_in_thread())
        for command in reference_data.changes(self.config, self._exchange):
            self._sequencer.submit(command)
        for session in self._sessions.unopened():
            self._open_session(session.comp_id, session.member)
        self._end_turn()
        # What was recovered lives long: keep it out of every later garbage collection.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 50, 100)
        fix = self.config.fix
        try:
            self._server = await self._loop.create_server(
                lambda: Connection(self._acceptor), fix.host, fix.port, backlog=512
            )
        except OSError as error:
            raise CannotListen(f"{fix.host}:{fix.port}: {error.strerror}") from error
        host, port = self._server.sockets[0].getsockname()[:2]
        self._timers.start(self._loop)
        return str(host), int(port)

    def stop(self) -> None:
        """Ask for a clean stop."""
        self._stop.set()

    async def run(self) -> None:
        """Serve until stopped or failed, then leave in order."""
        await self._stop.wait()
        self._stopping = True
        self._timers.stop()
        if self._server is not None:
            self._server.close()
        self._acceptor.closed = True
        if self.failed is None:
            await self._log_everybody_out()
            self._end_turn()
        for connection in list(self._acceptor.connections):
            connection.finish() if self.failed is None else connection.abort("venue failed")
        await asyncio.sleep(0)
        self._executor.shutdown(wait=False)
        if self.failed is None:
            self._log.close()
            self._sent.flush()
        self._sent.close()

    async def _log_everybody_out(self) -> None:
        """Say Logout to all and wait a moment for their answers."""
        now = self._clock.now()
        for session in self._sessions.connected():
            session.logout("venue is stopping", now)
        self._end_turn()
        deadline = self._loop.time() + LOGOUT_SECONDS_MAX
        while self._loop.time() < deadline and self._sessions.connected():  # noqa: ASYNC110
            await asyncio.sleep(0.01)  # connections end one by one, each by itself

    def _fail(self, error: BaseException) -> None:
        """A disk error or a bug: nothing more may leave, the log stays as it is."""
        if self.failed is None:
            self.failed = error
            log.error("venue.failed", error=repr(error), exc_info=error)
            for connection in list(self._acceptor.connections):
                connection.abort("venue failed")
            self._stop.set()

    # Sessions

    def _open_session(self, comp_id: str, member: str) -> VenueSession:
        if member not in self._exchange.members:
            self._sequencer.submit(DefineMember(member, member))
        self._sequencer.note(SessionOpened(comp_id, member))
        self._schedule_turn_end()
        return self._sessions.open(comp_id, member)

    def _attached(self, session: VenueSession, connection: Connection) -> None:
        self._publisher.attach(session.fix, connection)

    def _detached(self, session: VenueSession, *, abrupt: bool) -> None:
        self._publisher.detach(session.fix)
        scope = session.config.cancel_on_disconnect
        if abrupt and scope != "none" and not self._stopping:
            self._guarded(
                lambda: self._sequencer.submit(
                    CancelOnDisconnect(session.fix.comp_id, scope == "day")
                )
            )

    def _on_application(self, session: FixSession, message: Message) -> None:
        """A valid application message in sequence: the way of every order."""
        translate = COMMANDS.get(message.msg_type)
        if translate is None:
            self._refuse_msg_type(session, message)
            return
        sender = self._sessions.by_comp_id[session.comp_id].sender
        self._sequencer.submit(translate(message, sender), session.next_in)
        if not self._turn_ends:
            self._schedule_turn_end()

    def _refuse_msg_type(self, session: FixSession, message: Message) -> None:
        if message.msg_type == "j":
            # Answering a refusal with a refusal could go on for ever.
            log.warning("session.refused_our_message", comp_id=session.comp_id)
            self._on_admin(session)
            return
        body = (
            f"45={message.fields['34']}{SOH}58=Unsupported Message Type{SOH}"
            f"372={message.msg_type}{SOH}380={UNSUPPORTED_MSG_TYPE}{SOH}"
        )
        self._sequencer.reply(SessionReply(session.comp_id, "j", body), session.next_in)
        self._schedule_turn_end()

    def _on_admin(self, session: FixSession) -> None:
        self._sequencer.note(
            SessionNumbers(session.comp_id, session.next_in, session.out.next_out, session.resets)
        )
        self._schedule_turn_end()

    def _on_output(self, session: FixSession) -> None:
        self._talking.append(session)
        self._schedule_turn_end()

    # Turns

    def _schedule_turn_end(self) -> None:
        if not self._turn_ends and self._server is not None:
            self._turn_ends = True
            self._loop.call_soon(self._guarded, self._end_turn)

    def _end_turn(self) -> None:
        """Commit what this turn appended and hold what it has to say until that is durable."""
        self._turn_ends = False
        if self.failed is not None:
            return
        talking, self._talking = self._talking, []
        for session in talking:
            if session.out.resend.pending:
                self._loop.call_soon(self._continue_resend, session)
        self._sent.end_turn()
        self._log.commit()
        self._publisher.collect(talking, self._log.last_seq, self._clock.now())
        behind = self._log.last_seq - self._publisher.durable_seq
        if behind > UNDURABLE_RECORDS_MAX and not self._paused:
            self._paused = True
            for connection in self._acceptor.connections:
                connection.pause_reading()

    def _continue_resend(self, session: FixSession) -> None:
        """The next slice, as soon as the peer has read most of what went before."""
        if not session.connected or self.failed is not None:
            return
        if self._publisher.unread(session) > RESEND_UNREAD_BYTES_MAX:
            self._loop.call_later(RESEND_PAUSE_SECONDS, self._continue_resend, session)
        else:
            session.out.continue_resend(self._clock.now())

    def _guarded(self, action: Callable[[], None]) -> None:
        """A bug stops the venue: what it left half-done is never acknowledged (DESIGN 12)."""
        try:
            action()
        except Exception as error:
            self._fail(error)

    def _on_durable_in_thread(self) -> Callable[[int], None]:
        if self._log.sync == "none":
            return self._on_durable
        return lambda seq: self._post(self._on_durable, seq)

    def _on_error_in_thread(self) -> Callable[[BaseException], None]:
        return lambda error: self._post(self._fail, error)

    def _post(self, callback: Callable[..., None], *args: object) -> None:
        """Call back in the loop; at the very end the loop may be gone, and nobody waits."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(callback, *args)

    def _on_durable(self, seq: int) -> None:
        if self.failed is not None:
            return
        self._publisher.release(seq)
        if self._paused and (self._log.last_seq - seq) * 2 < UNDURABLE_RECORDS_MAX:
            self._paused = False
            for connection in self._acceptor.connections:
                connection.resume_reading()

    # Time

    def _next_deadline(self) -> int | None:
        deadlines = [session.next_deadline() for session in self._sessions.connected()]
        deadlines.append(self._exchange.next_deadline())
        return min((at for at in deadlines if at is not None), default=None)

    def _on_time(self, now: int) -> None:
        self._guarded(lambda: self._carry_out_due(now))

    def _carry_out_due(self, now: int) -> None:
        for session in self._sessions.connected():
            session.on_timer(now)
            if session.wants_close:
                self._on_output(session)
        due = self._exchange.next_deadline()
        if due is not None and now >= due:
            self._sequencer.submit(PassTime())
            self._schedule_turn_end()


def _msg_types() -> frozenset[str]:
    path = resources.files("fix_specs").joinpath("msg_types.toml")
    return frozenset(tomllib.loads(path.read_text(encoding="utf-8"))[VERSION])
