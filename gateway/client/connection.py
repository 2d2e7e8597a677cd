"""A client session on a TCP or TLS connection: the only socket code of the client, and its clock.

Whatever goes into the session is followed by one turn: numbers saved, bytes written, events handed
on, timer set to the next deadline. Nothing is decided here.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections.abc import Callable

from gateway.client.events import Closed, Event
from gateway.client.sequence_file import SequenceFile
from gateway.client.session import SECOND, ClientSession, State
from gateway.tls import HANDSHAKE_SECONDS_MAX, handshake_problem

_READ_BYTES = 64 * 1024


class Connection:
    """Carries one session; every event reaches `on_event` in order, Closed as the last."""

    def __init__(
        self, session: ClientSession, on_event: Callable[[Event], None], kept: SequenceFile | None
    ) -> None:
        self._session = session
        self._on_event = on_event
        self._kept = kept
        self._timer: asyncio.TimerHandle | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._over_tls = False

    async def open(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        """Connect and send the Logon(A); raise OSError, ssl.SSLError among them.

        With `tls` the venue's certificate must be for `host`.
        """
        seconds = HANDSHAKE_SECONDS_MAX if tls is not None else None
        reader, self._writer = await asyncio.open_connection(
            host, port, ssl=tls, ssl_handshake_timeout=seconds
        )
        self._over_tls = tls is not None
        self._session.start(now())
        self.turn()
        self._reading = asyncio.create_task(self._read(reader))
        self._reading.add_done_callback(self._reading_ended)

    def turn(self) -> None:
        """Carry out what the last input left in the session; call after every input."""
        session, writer = self._session, self._writer
        assert writer is not None
        data = session.bytes_to_send()
        self._save()
        if data and not writer.is_closing():
            writer.write(data)
        for event in session.events():
            self._on_event(event)
        if session.state is State.CLOSED:
            writer.close()
        self._set_timer()

    async def drain(self) -> None:
        """Wait until the venue has taken what was written, as far as that is needed."""
        if self._writer is not None and not self._writer.is_closing():
            # The reader notices too, and says so.
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                await self._writer.drain()

    async def close(self) -> None:
        """Cut the connection; no Logout(5) is sent."""
        if self._timer is not None:
            self._timer.cancel()
        if self._reading is not None:
            self._reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reading  # raises what went wrong in it
        if self._writer is not None:
            self._writer.close()
            await asyncio.gather(self._writer.wait_closed(), return_exceptions=True)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        reason = ""
        try:
            while data := await reader.read(_READ_BYTES):
                self._session.feed(data, now())
                self.turn()
        except ssl.SSLError as error:
            reason = handshake_problem(error)
        except ConnectionError:
            pass
        # With TLS 1.3 our certificate is refused after our side of the handshake, and by an asyncio
        # server without a word.
        if self._over_tls and not reason and self._session.state is State.LOGON_SENT:
            reason = "does it take our certificate?"
        self._session.connection_lost(reason)
        self.turn()

    def _reading_ended(self, task: asyncio.Task[None]) -> None:
        """Wake up whoever waits for the venue when nothing is read any more."""
        if not task.cancelled() and task.exception() is not None:
            self._on_event(Closed(f"reading failed: {task.exception()!r}", clean=False))

    def _save(self) -> None:
        if self._kept is not None:
            self._kept.save(self._session.numbers)

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        due = self._session.next_deadline()
        if due is not None:
            wait = max(0, due - now()) / SECOND
            self._timer = asyncio.get_running_loop().call_later(wait, self._tick)

    def _tick(self) -> None:
        self._session.tick(now())
        self.turn()


def now() -> int:
    """Read the clock: ns since 1970, UTC."""
    return time.time_ns()
