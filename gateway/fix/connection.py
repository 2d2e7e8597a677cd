"""The only socket code for FIX: an asyncio.Protocol that feeds a `FixSession`.

Bytes in go through the framer; the first message must be a Logon and decides which session this
connection carries. Bytes out come from the publisher, never from here. Everything that waits is
bounded: the time and bytes before a Logon, the write buffer of a peer that does not read.
"""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, cast

import structlog

from gateway.fix.door import Peer
from gateway.fix.framing import LOGON_BYTES_MAX, Framer, MessageTooLong
from gateway.fix.session import FixSession
from gateway.tls import peer_certificate

if TYPE_CHECKING:
    from gateway.fix.acceptor import Acceptor

READ_BYTES_MAX = 64 * 1024
"""After a read of this much the others have their turn."""
WRITE_BUFFER_BYTES_MAX = 4 * 1024 * 1024
"""A peer that leaves more than this unread is cut off; it heals by a resend request."""

UNACKNOWLEDGED_MILLISECONDS_MAX = 20_000
"""A peer whose machine does not acknowledge what was sent to it is gone (TCP_USER_TIMEOUT)."""

KEEPALIVE_IDLE_SECONDS, KEEPALIVE_INTERVAL_SECONDS = 60, 10
"""For sessions without heartbeats: the machine asks whether the other one is still there."""

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
        self._held = False
        self._waiting: list[bytes] | None = None
        self.session: FixSession | None = None
        self.identity = Peer("")
        self.peer = ""

    # Called by the loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A peer connected; it has a few seconds to log on."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass
        self.identity = _identity(self._transport)
        self.peer = str(transport.get_extra_info("peername"))
        _notice_half_open(transport.get_extra_info("socket"))
        self._transport.set_write_buffer_limits(high=WRITE_BUFFER_BYTES_MAX)
        if not self._acceptor.admit(self):
            self._transport.abort()
            return
        self._set_timer(self._acceptor.logon_timeout_seconds, "no logon in time")

    def data_received(self, data: bytes) -> None:
        """Bytes arrived. What escapes from acting on them is a bug: it ends the venue."""
        try:
            self._take(data)
        except Exception as error:
            self._acceptor.failed(error)
        if len(data) >= READ_BYTES_MAX and self.session is not None:
            self._rest()

    def _rest(self) -> None:
        """Read nothing more in this turn: uvloop goes on as long as the peer has anything, and all
        it sends would become one turn, whose answers then come all at once.
        """
        if self._pause():
            asyncio.get_running_loop().call_soon(self._go_on)

    def _pause(self) -> bool:
        """Read nothing more for now; returns whether that was still to be said."""
        transport = self._transport
        if transport is None or not transport.is_reading():
            return False
        transport.pause_reading()
        return True

    def _go_on(self) -> None:
        """Read, unless the venue does not; not before the Logon is answered."""
        transport = self._transport
        if self._held or self._waiting is not None or transport is None or transport.is_closing():
            return
        transport.resume_reading()

    def _take(self, data: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            return  # with TLS, some may still come
        try:
            if self.session is not None:
                self._receive(self._framer.feed(data))
            elif self._waiting is not None:
                self._waiting += self._framer.feed(data)
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
        self._framer.bytes_max = self._acceptor.message_bytes_max
        waiting, self._waiting = self._waiting, None
        self._receive(waiting or [])
        self._go_on()

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

    def abort(self, reason: str, *, quietly: bool = False) -> None:
        """Close now, without another byte; `quietly` where the operator has been told."""
        if self._transport is not None:
            if self.session is None and not quietly:
                self._acceptor.turned_away(self, reason)
            elif not quietly:
                name = self.session.comp_id if self.session is not None else ""
                log.warning("connection.aborted", peer=self.peer, reason=reason, session=name)
            self._transport.abort()

    def pause_reading(self) -> None:
        """The log does not keep up: take nothing more for now."""
        self._held = True
        self._pause()

    def resume_reading(self) -> None:
        """The log keeps up again."""
        self._held = False
        self._go_on()

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
            # Nothing more is read until the Logon is answered: what waits is bounded by one read.
            self._waiting = frames[1:]
            self._pause()
            self._acceptor.logon(self, frames[0])
        elif self._framer.garbled:
            self.abort("first message garbled")

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
        most = self._acceptor.message_bytes_max
        text = f"BodyLength(9) must give a message of at most {most} bytes"
        self.session.close_with(text, self._acceptor.now())


def _identity(transport: asyncio.Transport) -> Peer:
    peername = transport.get_extra_info("peername")
    source = str(peername[0]) if isinstance(peername, tuple) else ""
    return Peer(source, peer_certificate(transport.get_extra_info("ssl_object")))


def _notice_half_open(sock: socket.socket | None) -> None:
    """Let the system notice a peer that is gone without a word; for heartbeats see the session."""
    if sock is None:
        return
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    options = {
        "TCP_USER_TIMEOUT": UNACKNOWLEDGED_MILLISECONDS_MAX,
        "TCP_KEEPIDLE": KEEPALIVE_IDLE_SECONDS,
        "TCP_KEEPINTVL": KEEPALIVE_INTERVAL_SECONDS,
    }
    for name, value in options.items():
        if hasattr(socket, name):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
