"""The composition root: makes every service of the venue, in the order of a sentence, and runs it.

`Venue` recovers the log, brings the configuration's reference data up to date, accepts connections,
watches the time, and leaves in order. Nothing else in the program constructs services.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import structlog

from gateway import reference_data
from gateway.clock import Clock, TellsTime
from gateway.config import Config
from gateway.fix.acceptor import CONNECTIONS_MAX, Acceptor
from gateway.fix.application import SERVED, Application
from gateway.fix.connection import Connection
from gateway.fix.credentials import Credentials
from gateway.fix.door import Door
from gateway.fix.execution_reports import ReportWriter
from gateway.fix.versions import Versions
from gateway.following import Follower
from gateway.log.segment_file import SegmentLog
from gateway.log.sent_file import SentFile
from gateway.market_clock import MarketClock, MarketOptions
from gateway.market_time import MarketTime
from gateway.publisher import Publisher
from gateway.recovery import Recovery
from gateway.sequencer import Sequencer
from gateway.session_desk import SessionDesk
from gateway.session_times import SessionTimes
from gateway.sessions import SessionFactory, Sessions
from gateway.timers import Timers
from gateway.tls import server_context
from gateway.tls_listener import TlsListener
from gateway.turns import Turns
from gateway.web.control import Control

if TYPE_CHECKING:
    from gateway.web.server import HttpServer

LOGOUT_SECONDS_MAX = 3.0
"""How long the peers' answers to our Logout are awaited on a clean stop."""

log = structlog.get_logger()


class CannotListen(Exception):
    """The configured address and port are not to be had."""


class Venue:
    """One running venue over one data directory.

    `application` is what its sessions' messages do to it, `versions` what it speaks, `market` how
    its market time begins.
    """

    def __init__(
        self,
        config: Config,
        data_dir: Path,
        sync: str,
        clock: TellsTime | None = None,
        *,
        application: type[Application] = Application,
        versions: Versions | None = None,
        market: MarketOptions | None = None,
    ) -> None:
        self.config = config
        self._options = market or MarketOptions()
        self.failed: BaseException | None = None
        self._clock: TellsTime = clock or Clock()
        self._log = SegmentLog(data_dir / "log", sync)
        self._recovery = Recovery(data_dir, self._log)
        self._exchange = self._recovery.exchange
        self._sent = SentFile(data_dir / "sent.dat")
        self._sessions = Sessions(config.sessions, accept_unknown=config.fix.accept_unknown)
        writer = ReportWriter(self._sessions.outgoing, self._sessions.copies)
        self._publisher = Publisher(self._sessions, writer)
        now = self._clock.now
        market_clock = MarketClock(now, self._options.speed)
        self._sequencer = Sequencer(
            self._exchange, self._log, self._publisher, now, market_clock.at
        )
        self.market = MarketTime(config, self._exchange, self._sequencer, market_clock)
        self._turns = Turns(
            self._log,
            self._sent,
            self._publisher,
            self._sessions,
            lambda: self._acceptor.connections,
            now,
            self._guarded,
            self._sequencer.seal_if_due,
        )
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="password")
        self._credentials = Credentials(self._executor, self._fail)
        self._versions = versions or Versions(SERVED)
        self._application = application(
            self._exchange,
            self._sequencer,
            self._publisher,
            self._sessions,
            self._turns,
            self._credentials,
        )
        self._make_sessions()
        self._follower = Follower(data_dir, lambda: self._log.last_seq, lambda: self.config)
        self._timers = Timers(now, self._next_deadline, self._on_time)
        self._stop = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._tls: TlsListener | None = None
        self.address: tuple[str, int] | None = None
        self.tls_address: tuple[str, int] | None = None
        self.http_address: tuple[str, int] | None = None
        self._http: HttpServer | None = None

    def _make_sessions(self) -> None:
        """How sessions are made, who lets them in, and what watches over them."""
        config = self.config
        self._sessions.use(
            SessionFactory(
                comp_id=config.venue.comp_id,
                timezone=config.venue.timezone,
                versions=self._versions,
                sent=self._sent,
                application=self._application.take,
                on_admin=self._application.numbers_moved,
                on_output=self._turns.speaks,
                fix=config.fix,
            )
        )
        replaces = config.fix.duplicate_logon == "replace"
        door = Door(self._sessions, config.venue.comp_id, config.fix.allow_from, replaces=replaces)
        self._acceptor = Acceptor(
            self._sessions,
            self._versions,
            door,
            self._credentials,
            self._clock.now,
            self._application,
            self._fail,
            config.fix.message_bytes_max,
            config.fix.logon_timeout_seconds,
        )
        self._times = SessionTimes(self._sessions, self._application.reset_if_due)
        self.desk = SessionDesk(
            self._sessions,
            self._sequencer,
            self._application,
            self._acceptor,
            self._turns,
            self._times,
            self._publisher.unread,
        )

    def recover(self) -> None:
        """Let the log happen again.

        Raises LogCorrupt, OSError, and MarketTimeError if the market is to begin before it ends.
        """
        self._recovery.run(self._sequencer, self._sessions, self._sent)
        self.market.check_start(self._options.start)

    @property
    def recovered(self) -> int:
        """How many records of the log the venue has begun with."""
        return self._recovery.recovered

    async def start(self) -> None:
        """Open the log for writing, accept connections at `address` and `tls_address`.

        Raises CannotListen, TlsProblem, and OSError when the log cannot be written.
        """
        self._loop = asyncio.get_running_loop()
        self._start_log()
        self._turns.start(self._loop)
        self._begin()
        self._turns.end()
        fix, tls = self.config.fix, self.config.tls
        if fix.port >= 0:
            self.address = await self._listen(fix.host, fix.port)
        if tls is not None:
            context = server_context(
                Path(tls.certificate),
                Path(tls.key),
                Path(tls.client_ca) if tls.client_ca else None,
                "1.3" if tls.minimum == "1.3" else "1.2",
            )
            self._tls = TlsListener(context, lambda: Connection(self._acceptor))
            try:
                self.tls_address = await self._tls.start(tls.host, tls.port)
            except OSError as error:
                raise CannotListen(f"{tls.host}:{tls.port}: {error.strerror}") from error
        self._timers.start(self._loop)
        self._follower.start(self._recovery.snapshot_seq)

    def _begin(self) -> None:
        """Go on where the log ends: by the venue file as it is now, up to the time it is now."""
        self.market.stand(self._options.start)
        for command in reference_data.changes(self.config, self._exchange):
            self._sequencer.submit(command)
        for entry in self._sessions.unsaid():
            self._application.define(entry)
        for comp_id in self._exchange.subscriptions.sessions_with_any():
            self._application.end_subscriptions(comp_id)  # nobody is connected yet
        self.market.seed(self._options.seed)
        self.market.begin(self._options.start)

    async def start_http(
        self, listening: socket.socket, read_config: Callable[[], Config], version: str
    ) -> None:
        """Serve the control API on this socket, at `http_address`; call after `start`.

        `read_config` reads the venue file again, for a reload.
        """
        # Loaded here: a venue without HTTP does without its libraries.
        from gateway.web.api import make_api
        from gateway.web.server import HttpServer

        host, port = listening.getsockname()[:2]
        control = Control(
            version=version,
            sync=self._log.sync,
            config=self.config,
            exchange=self._exchange,
            sequencer=self._sequencer,
            publisher=self._publisher,
            sessions=self._sessions,
            turns=self._turns,
            desk=self.desk,
            recovered=self.recovered,
            fix=self.address,
            fix_tls=self.tls_address,
            http=(host, port),
            read_config=read_config,
            reload=self.reload,
            failed=self._fail,
            market=self.market,
            data_dir=self._log.path.parent,
        )
        self._http = HttpServer(make_api(control), listening)
        self.http_address = await self._http.start()

    async def _listen(self, host: str, port: int) -> tuple[str, int]:
        try:
            self._server = await self._loop.create_server(
                lambda: Connection(self._acceptor), host, port, backlog=CONNECTIONS_MAX
            )
        except OSError as error:
            raise CannotListen(f"{host}:{port}: {error.strerror}") from error
        host, port = self._server.sockets[0].getsockname()[:2]
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

    def reload(self, config: Config) -> list[str]:
        """The venue file was read again: sessions change at once, all else with the next start."""
        self._sequencer.seal()  # sessions may be told in another style from here on
        for command in reference_data.member_changes(config, self._exchange):
            self._sequencer.submit(command)
        self.config = msgspec.structs.replace(self.config, sessions=config.sessions)
        return self.desk.reload(config)

    def stop(self) -> None:
        """Ask for a clean stop."""
        self._stop.set()

    async def run(self) -> None:
        """Serve until stopped or failed, then leave in order."""
        await self._stop.wait()
        self._application.stopping = True
        self._timers.stop()
        await self._follower.stop()
        if self._server is not None:
            self._server.close()
        if self._tls is not None:
            await self._tls.close()
        if self._http is not None:
            await self._http.close()
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
            if self._sequencer.poisoned:
                self._keep_the_poison()
            for connection in list(self._acceptor.connections):
                connection.abort("venue failed")
            self._stop.set()

    def _keep_the_poison(self) -> None:
        """The log keeps a command that trips the exchange: it would come again with its sender, and
        so a start can tell which it is and the operator can void it. What came before it in this
        turn was carried out, and never acknowledged.
        """
        seq = self._log.last_seq
        try:
            self._log.close()
        except (OSError, ValueError) as error:
            log.error("log.not_closed", error=repr(error))
        else:
            log.error("log.poisoned", seq=seq)

    def _guarded(self, action: Callable[[], None]) -> None:
        """A bug stops the venue: what it left half-done is never acknowledged."""
        try:
            action()
        except Exception as error:
            self._fail(error)

    # Time

    def _next_deadline(self) -> int | None:
        deadlines = [session.next_deadline() for session in self._sessions.connected()]
        deadlines += [self.market.next_deadline(), self._times.next_deadline()]
        return min((at for at in deadlines if at is not None), default=None)

    def _on_time(self, now: int) -> None:
        self._guarded(lambda: self._carry_out_due(now))

    def _carry_out_due(self, now: int) -> None:
        # While nobody is read, nobody's silence counts.
        for session in [] if self._turns.paused else self._sessions.connected():
            session.on_timer(now)
            if session.wants_close:
                self._turns.speaks(session)
        self._times.on_timer(now)
        if self.market.on_timer(now):
            self._turns.schedule()
