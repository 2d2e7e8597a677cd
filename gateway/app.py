"""The composition root: makes every service of the venue, in the order of a sentence, and runs it.

`Venue` recovers the log, brings the configuration's reference data up to date, accepts connections,
watches the time, and leaves in order. Nothing else in the program constructs services.
"""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from pathlib import Path

import structlog

from engine.commands import PassTime
from engine.exchange import Exchange
from gateway import reference_data
from gateway.clock import Clock
from gateway.config import Config
from gateway.fix import dictionary
from gateway.fix.acceptor import CONNECTIONS_MAX, Acceptor
from gateway.fix.application import Application
from gateway.fix.connection import Connection
from gateway.fix.decoder import Decoder
from gateway.fix.execution_reports import ReportWriter
from gateway.fix.order_entry import COMMANDS
from gateway.log.segment_file import SegmentLog
from gateway.log.sent_file import SentFile
from gateway.publisher import Publisher
from gateway.sequencer import Sequencer
from gateway.sessions import SessionFactory, Sessions
from gateway.timers import Timers
from gateway.turns import Turns

VERSION = "FIX.4.4"
LOGOUT_SECONDS_MAX = 3.0
"""How long the peers' answers to our Logout are awaited on a clean stop."""

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
        now = self._clock.now
        self._sequencer = Sequencer(self._exchange, self._log, self._publisher, now)
        self._turns = Turns(
            self._log,
            self._sent,
            self._publisher,
            self._sessions,
            lambda: self._acceptor.connections,
            now,
            self._guarded,
        )
        self._application = Application(
            self._exchange, self._sequencer, self._publisher, self._sessions, self._turns
        )
        decoder = Decoder(dictionary.load("FIX44"))
        self._sessions.use(
            SessionFactory(
                comp_id=config.venue.comp_id,
                timezone=config.venue.timezone,
                begin_string=VERSION,
                decoder=decoder,
                msg_types=_msg_types(),
                served=frozenset(COMMANDS),
                sent=self._sent,
                application=self._application.take,
                on_admin=self._application.numbers_moved,
                on_output=self._turns.speaks,
            )
        )
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="password")
        self._acceptor = Acceptor(
            self._sessions,
            decoder,
            config.venue.comp_id,
            now,
            self._executor,
            self._application.open,
            self._application.attached,
            self._application.detached,
            self._fail,
        )
        self._timers = Timers(now, self._next_deadline, self._on_time)
        self._stop = asyncio.Event()
        self._server: asyncio.Server | None = None

    def recover(self) -> None:
        """Let the log happen again; raises LogCorrupt."""
        for record in self._log.recover():
            self._sequencer.replay(record)
            self._sent.end_turn()
            self.recovered += 1
        if self._log.torn_bytes:
            log.warning("log.torn_tail", bytes=self._log.torn_bytes)

    async def start(self) -> tuple[str, int]:
        """Open the log for writing, accept connections; returns host and port.

        Raises CannotListen, and OSError when the log cannot be written.
        """
        self._loop = asyncio.get_running_loop()
        self._start_log()
        self._turns.start(self._loop)
        for command in reference_data.changes(self.config, self._exchange):
            self._sequencer.submit(command)
        for session in self._sessions.unopened():
            self._application.open(session.comp_id, session.member)
        self._turns.end()
        fix = self.config.fix
        try:
            self._server = await self._loop.create_server(
                lambda: Connection(self._acceptor), fix.host, fix.port, backlog=CONNECTIONS_MAX
            )
        except OSError as error:
            raise CannotListen(f"{fix.host}:{fix.port}: {error.strerror}") from error
        host, port = self._server.sockets[0].getsockname()[:2]
        self._timers.start(self._loop)
        return str(host), int(port)

    def _start_log(self) -> None:
        """The log calls back in the loop, whichever thread it writes in."""
        if self._log.sync == "none":
            self._log.start(self._turns.durable, self._fail)
            return
        self._log.start(
            lambda seq: self._post(self._turns.durable, seq),
            lambda error: self._post(self._fail, error),
        )

    def _post(self, callback: Callable[..., None], *args: object) -> None:
        """Call back in the loop; at the very end the loop may be gone, and nobody waits."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(callback, *args)

    def stop(self) -> None:
        """Ask for a clean stop."""
        self._stop.set()

    async def run(self) -> None:
        """Serve until stopped or failed, then leave in order."""
        await self._stop.wait()
        self._application.stopping = True
        self._timers.stop()
        if self._server is not None:
            self._server.close()
        self._acceptor.closed = True
        if self.failed is None:
            await self._log_everybody_out()
            self._turns.end()
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
        self._turns.end()
        deadline = self._loop.time() + LOGOUT_SECONDS_MAX
        while self._loop.time() < deadline and self._sessions.connected():  # noqa: ASYNC110
            await asyncio.sleep(0.01)  # connections end one by one, each by itself

    def _fail(self, error: BaseException) -> None:
        """A disk error or a bug: nothing more may leave, the log stays as it is."""
        if self.failed is None:
            self.failed = error
            self._turns.stop()
            log.error("venue.failed", error=repr(error), exc_info=error)
            for connection in list(self._acceptor.connections):
                connection.abort("venue failed")
            self._stop.set()

    def _guarded(self, action: Callable[[], None]) -> None:
        """A bug stops the venue: what it left half-done is never acknowledged."""
        try:
            action()
        except Exception as error:
            self._fail(error)

    # Time

    def _next_deadline(self) -> int | None:
        deadlines = [session.next_deadline() for session in self._sessions.connected()]
        deadlines.append(self._exchange.next_deadline())
        return min((at for at in deadlines if at is not None), default=None)

    def _on_time(self, now: int) -> None:
        self._guarded(lambda: self._carry_out_due(now))

    def _carry_out_due(self, now: int) -> None:
        # While nobody is read, nobody's silence counts.
        for session in [] if self._turns.paused else self._sessions.connected():
            session.on_timer(now)
            if session.wants_close:
                self._turns.speaks(session)
        due = self._exchange.next_deadline()
        if due is not None and now >= due:
            self._sequencer.submit(PassTime())
            self._turns.schedule()


def _msg_types() -> frozenset[str]:
    path = resources.files("fix_specs").joinpath("msg_types.toml")
    return frozenset(tomllib.loads(path.read_text(encoding="utf-8"))[VERSION])
