"""Carries out commands on a session and shows what comes back.

One shell serves both modes. In a script the first failure ends it; at a terminal a failure is
shown and the next line is read. Lines come through a queue whose end is None, so that keyboard,
pipe, file and the end of the connection all arrive at one place.
"""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from gateway.client.commands import HELP, Command, CommandError, Expect, Simple, Word
from gateway.client.connection import Connection, now
from gateway.client.events import (
    Alive,
    Closed,
    Event,
    LoggedOn,
    Note,
    Received,
    SequenceNumbers,
    SessionConfig,
    Wire,
)
from gateway.client.expectations import Inbox, Report, describe
from gateway.client.orders import OwnOrders
from gateway.client.parser import parse
from gateway.client.reports import kind_of, line_of, order_line
from gateway.client.requests import OrderCommand, Requests
from gateway.client.sequence_file import SequenceFile
from gateway.client.session import ClientSession, State, utc_timestamp
from gateway.client.wire import decode, piped
from gateway.tls import handshake_problem
from gateway.view import mask, printable

OK, FAILED, MISUSED = 0, 1, 2


class Failure(Exception):
    """What the script relied on did not happen."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of input and where it stands, for messages about it."""

    text: str
    place: str = ""


Lines = asyncio.Queue[Line | None]


@dataclass(frozen=True, slots=True)
class ShellConfig:
    """How the shell behaves; `timeout` in seconds is for `expect` and `wait`."""

    interactive: bool
    raw: bool
    timeout: float


class Shell:
    """One client from Logon(A) to the end."""

    def __init__(
        self,
        config: ShellConfig,
        session_config: SessionConfig,
        show: Callable[[str], None],
        complain: Callable[[str], None],
        kept: SequenceFile | None = None,
    ) -> None:
        numbers = kept.load() if kept is not None else SequenceNumbers()
        self.lines: Lines = asyncio.Queue()
        self._config = config
        self._ids = session_config.sender_comp_id, session_config.target_comp_id
        self._session = ClientSession(session_config, numbers)
        self._connection = Connection(self._session, self._on_event, kept)
        self._orders = OwnOrders(run_id=f"{now() // 1_000_000:x}")
        self._requests = Requests(self._orders, session_config.begin_string)
        self._inbox = Inbox()
        self._show = show
        self._complain = complain
        self._news = asyncio.Event()
        self._closed: Closed | None = None
        self._expected_logout = False
        self._tests = 0

    async def log_on(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> bool:
        """Connect and log on; say on failure why, and return False."""
        try:
            await self._connection.open(host, port, tls)
        except OSError as error:
            self._complain(f"cannot connect to {host}:{port}: {_reason(error, tls)}")
            return False
        await self._until(lambda: self._session.state is not State.LOGON_SENT, None)
        return self._session.state is State.ACTIVE

    async def run(self) -> int:
        """Carry out lines until their end, `logout`, `drop` or a failure; return the exit code."""
        code = OK
        while code == OK and (line := await self.lines.get()) is not None:
            try:
                await self._execute(parse(line.text))
            except (CommandError, Failure) as error:
                self._complain(f"{line.place}{error}")
                if not self._config.interactive:
                    code = FAILED if isinstance(error, Failure) else MISUSED
            if self._closed is not None and self._closed.clean:
                return code
        return code or await self._end()

    async def leave(self) -> None:
        """Log out if the session still stands, and close the connection."""
        if self._standing:
            await self._log_out()
        await self._connection.close()

    async def abandon(self) -> None:
        """Leave at once, after an interrupt: send a Logout(5), wait for nothing."""
        if self._standing:
            self._session.logout(now())
            self._connection.turn()
        await self._connection.close()

    @property
    def _standing(self) -> bool:
        return self._closed is None and self._session.state is State.ACTIVE

    # Commands

    async def _execute(self, command: Command) -> None:
        match command:
            case None:
                return
            case Expect():
                await self._expect(command)
            case Simple(word):
                await self._simple(word)
            case _:
                self._request(command)
                await self._connection.drain()

    def _request(self, command: OrderCommand) -> None:
        self._need_session()
        stamp = now()
        try:
            request = self._requests.build(command, utc_timestamp(stamp))
        except CommandError as error:
            raise Failure(str(error)) from None
        seq = self._session.send_application(request.msg_type, request.fields, stamp)
        self._orders.sent(request.msg_type, request.fields, seq)
        self._connection.turn()

    async def _simple(self, word: Word) -> None:
        match word:
            case "help":
                self._show(HELP)
            case "orders":
                self._show("\n".join(map(order_line, self._orders)) or "no orders in this run")
            case "test":
                self._need_session()
                self._tests += 1
                self._orders.tested(f"T{self._tests}")
                self._session.test(f"T{self._tests}", now())
                self._connection.turn()
            case "wait":
                await self._wait()
            case "logout":
                await self._log_out()
            case "drop":
                await self._connection.close()
                self._on_event(Closed("dropped the connection without a Logout(5)", clean=True))

    async def _expect(self, expect: Expect) -> None:
        seconds = self._config.timeout if expect.within is None else expect.within
        found: list[Report] = []

        def look() -> bool:
            report = self._inbox.take(expect)
            found.extend([report] if report is not None else [])
            return report is not None

        await self._until(look, seconds)
        if expect.nothing and found:
            raise Failure(f"{describe(expect)}: came {found[0].line}")
        if not expect.nothing and not found:
            why = f"not within {seconds:g} s" if self._closed is None else self._closed.reason
            seen = "".join(f"\n    {line}" for line in self._inbox.lines())
            raise Failure(f"{describe(expect)}: {why}; since the last match came:{seen or ' none'}")
        if found and kind_of(found[0].message) == "logout":
            self._expected_logout = True

    async def _wait(self) -> None:
        done = await self._until(lambda: not self._orders.unanswered(), self._config.timeout)
        if not done:
            names = ", ".join(self._orders.unanswered())
            why = self._closed.reason if self._closed else f"not within {self._config.timeout:g} s"
            raise Failure(f"wait: {why}; without an answer: {names}")

    async def _log_out(self) -> None:
        self._need_session()
        self._session.logout(now())
        self._connection.turn()
        await self._until(lambda: self._closed is not None, None)

    async def _end(self) -> int:
        """Input is over: every request of a script has to be answered, the session to stand."""
        if self._closed is not None:
            return OK if self._closed.clean or self._expected_logout else FAILED
        if not self._config.interactive:
            try:
                await self._wait()
            except Failure as failure:
                self._complain(str(failure))
                return FAILED
        return OK

    def _need_session(self) -> None:
        if self._closed is not None:
            raise Failure(f"the session is over: {self._closed.reason}")

    async def _until(self, done: Callable[[], bool], seconds: float | None) -> bool:
        """Wait for `done`, asked after each event; False when the time or the session is over."""
        try:
            async with asyncio.timeout(seconds):
                while not done():
                    if self._closed is not None:
                        return False
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return False
        return True

    # Events

    def _on_event(self, event: Event) -> None:
        match event:
            case Wire(direction, frame):
                if self._config.raw:
                    self._show(printable(f"{direction} {piped(mask(decode(frame).fields))}"))
            case Received(message):
                name = self._orders.take(message)
                line = printable(line_of(message, name))
                self._inbox.add(Report(message, name, line))
                self._show(line)
            case LoggedOn(heartbeat_seconds):
                sender, target = self._ids
                self._show(
                    f"logged on as {sender} at {target}, {self._requests.begin_string}, "
                    f"heartbeat {heartbeat_seconds} s"
                )
            case Alive(test_req_id, elapsed):
                self._orders.answered(test_req_id)
                self._show(f"alive, answered {test_req_id} in {elapsed / 1e6:.1f} ms")
            case Note(text):
                self._show(text)
            case Closed(reason, clean):
                self._closed = event
                (self._show if clean else self._complain)(printable(reason))
                self.lines.put_nowait(None)
        self._news.set()


def _reason(error: OSError, tls: ssl.SSLContext | None) -> str:
    """Say why there is no connection, without the address, which has been said already."""
    ended = isinstance(error, ConnectionResetError | ConnectionAbortedError)
    if isinstance(error, ssl.SSLError) or (tls is not None and ended):
        return handshake_problem(error)
    if error.errno and error.errno > 0:
        return os.strerror(error.errno)  # asyncio puts the address into strerror
    return str(error.strerror or error)
