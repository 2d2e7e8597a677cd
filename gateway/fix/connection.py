"""The only socket code for FIX: an asyncio.Protocol that feeds a `FixSession`.

Bytes in go through the framer; the first message must be a Logon and decides which session this
connection carries. Bytes out come from the publisher, never from here. Everything that waits is
bounded: the time and bytes before a Logon, the write buffer of a peer that does not read.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

import structlog

from gateway.fix.framing import LOGON_BYTES_MAX, MESSAGE_BYTES_MAX, Framer, MessageTooLong
from gateway.fix.session import FixSession

if TYPE_CHECKING:
    from gateway.fix.acceptor import Acceptor

LOGON_TIMEOUT_SECONDS = 10.0
"""A connection that has not logged on by then is closed without a byte."""

WRITE_BUFFER_BYTES_MAX = 4 * 1024 * 1024
"""A peer that leaves more than this unread is cut off; it heals by a resend request."""

FRAMES_BEFORE_LOGON_MAX = 1_000
"""Messages kept while a password is being checked; a client waits for our Logon anyway."""

FINISH_SECONDS_MAX = 2.0
"""How long a closing connection waits for a peer that does not take what was written."""

FIRST_BYTES = b"8=FIX"
"""Whoever begins otherwise speaks another protocol."""

log = structlog.get_logger()


class Connection(asyncio.Protocol):
    """One TCP connection; carries at most one session in its life."""

    def __init__(self, acceptor: Acceptor) -> None:
        self._acceptor = acceptor
        self._framer = Framer(LOGON_BYTES_MAX)
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._beginning: bytes | None = b""
        self._waiting: list[bytes] | None = None
        self.session: FixSession | None = None
        self.peer = ""

    # Called by the loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A peer connected; it has a few seconds to log on."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass
        self.peer = str(transport.get_extra_info("peername"))
        self._transport.set_write_buffer_limits(high=WRITE_BUFFER_BYTES_MAX)
        if not self._acceptor.admit(self):
            self._transport.abort()
            return
        self._set_timer(LOGON_TIMEOUT_SECONDS, "no logon in time")

    def data_received(self, data: bytes) -> None:
        """Bytes arrived. What escapes from acting on them is a bug: it ends the venue."""
        try:
            self._take(data)
        except Exception as error:
            self._acceptor.failed(error)

    def _take(self, data: bytes) -> None:
        try:
            if self.session is not None:
                self._receive(self._framer.feed(data))
            elif self._waiting is not None:
                self._wait(self._framer.feed(data))
            else:
                self._begin(data)
        except MessageTooLong as error:
            self._refuse_length(error.frames)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone, whoever ended it."""
        self._transport = None
        self._cancel_timer()
        try:
            self._acceptor.lost(self)
        except Exception as error:
            self._acceptor.failed(error)

    def pause_writing(self) -> None:
        """The peer does not read: end it before its backlog grows."""
        self.abort("slow consumer")

    # Called by the acceptor and the publisher

    def begin(self, session: FixSession) -> None:
        """The Logon was accepted: carry this session; messages behind the Logon come next."""
        assert self.session is None
        self.session = session
        self._cancel_timer()
        self._framer.bytes_max = MESSAGE_BYTES_MAX
        waiting, self._waiting = self._waiting, None
        self._receive(waiting or [])

    def write(self, data: bytes) -> None:
        """Send; ignored when the connection is gone."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def finish(self) -> None:
        """Send what is written, then close; a peer that does not take it is not waited for."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.close()
            self._set_timer(FINISH_SECONDS_MAX, "what was written last was not read")

    def unread(self) -> int:
        """Bytes in the write buffer."""
        return 0 if self._transport is None else self._transport.get_write_buffer_size()

    def abort(self, reason: str) -> None:
        """Close now, without another byte."""
        if self._transport is not None:
            log.warning("connection.aborted", peer=self.peer, reason=reason, session=self._name())
            self._transport.abort()

    def pause_reading(self) -> None:
        """The log does not keep up: take nothing more for now."""
        if self._transport is not None and self._transport.is_reading():
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Go on."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    # Receiving

    def _begin(self, data: bytes) -> None:
        """A peer that does not begin with a whole message is not a FIX client, or not well."""
        if self._beginning is not None:
            data = self._beginning + data
            if len(data) < len(FIRST_BYTES):
                self._beginning = data
                return
            self._beginning = None
            if not data.startswith(FIRST_BYTES):
                self.abort("first bytes are not FIX")
                return
        frames = self._framer.feed(data)
        if frames:
            self._waiting = frames[1:]
            self._acceptor.logon(self, frames[0])
        elif self._framer.garbled:
            self.abort("first message garbled")

    def _wait(self, frames: list[bytes]) -> None:
        """The Logon's password is being checked."""
        assert self._waiting is not None
        self._waiting += frames
        if len(self._waiting) > FRAMES_BEFORE_LOGON_MAX:
            self.abort("too much before the logon was answered")

    def _receive(self, frames: list[bytes]) -> None:
        session = self.session
        assert session is not None
        now = self._acceptor.now()
        for frame in frames:
            if session.wants_close or self._transport is None:
                return
            session.receive(frame, now)

    # Limits

    def _set_timer(self, seconds: float, reason: str) -> None:
        """End the connection then, unless the timer is canceled."""
        self._cancel_timer()
        self._timer = asyncio.get_running_loop().call_later(seconds, self.abort, reason)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _refuse_length(self, frames: list[bytes]) -> None:
        """A message is too long: take those before it, then say so and close."""
        if self.session is None:
            self.abort("first message too long")
            return
        self._receive(frames)
        text = f"BodyLength(9) must give a message of at most {MESSAGE_BYTES_MAX} bytes"
        self.session.logout(text, self._acceptor.now())
        self.session.wants_close = True

    def _name(self) -> str:
        return self.session.comp_id if self.session is not None else ""
