"""uvicorn's HTTP protocol with the limits it lacks: connections, and time where nothing happens.

A connection has a few seconds for the headers of each request and for taking each answer; what a
body may take is `bodies`. Refusals on this level are JSON too.
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
import msgspec
import structlog
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

CONNECTIONS_MAX = 64
HEADER_BYTES_MAX = 16 * 1024
HEADER_SECONDS_MAX = 5.0
"""From the connection, or the answer before, to the last header: idle ones end so too."""

UNREAD_SECONDS_MAX = 10.0
"""How long a peer may leave an answer unread."""

log = structlog.get_logger()


class BoundedProtocol(H11Protocol):
    """One HTTP connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._headers_timer: asyncio.TimerHandle | None = None
        self._unread_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A peer connected; there is room, or it is told that there is none."""
        super().connection_made(transport)
        if len(self.connections) > CONNECTIONS_MAX:
            log.warning("http.too_many_connections", peer=str(self.client))
            text = f"at most {CONNECTIONS_MAX} connections at one time"
            transport.write(_raw_answer(b"503 Service Unavailable", "too_many_connections", text))
            transport.close()
            return
        self._watch_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._stop_headers_timer()
        self._stop_unread_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes arrived: perhaps the last of the headers."""
        super().data_received(data)
        self._watch_headers()

    def on_response_complete(self) -> None:
        """The answer is written: the next request may come."""
        super().on_response_complete()
        self._watch_headers()

    def _watch_headers(self) -> None:
        """The timer runs while no request is being answered."""
        cycle: RequestResponseCycle | None = self.cycle  # None before the first request
        if cycle is not None and not cycle.response_complete:
            self._stop_headers_timer()
        elif self._headers_timer is None and not self.transport.is_closing():
            abort = self.transport.abort
            self._headers_timer = self.loop.call_later(HEADER_SECONDS_MAX, abort)

    def pause_writing(self) -> None:
        """The peer does not read its answer."""
        super().pause_writing()
        if self._unread_timer is None:
            abort = self.transport.abort
            self._unread_timer = self.loop.call_later(UNREAD_SECONDS_MAX, abort)

    def resume_writing(self) -> None:
        """It has read most of it."""
        super().resume_writing()
        self._stop_unread_timer()

    def _stop_headers_timer(self) -> None:
        if self._headers_timer is not None:
            self._headers_timer.cancel()
            self._headers_timer = None

    def _stop_unread_timer(self) -> None:
        if self._unread_timer is not None:
            self._unread_timer.cancel()
            self._unread_timer = None

    def send_400_response(self, msg: str) -> None:
        """What came is not HTTP."""
        if self.conn.our_state is h11.IDLE:
            text = "request must be HTTP/1.1 with headers of at most 16 KiB"
            self.transport.write(_raw_answer(b"400 Bad Request", "bad_http", text))
            self.transport.close()
        else:
            self.transport.abort()


def _raw_answer(status: bytes, code: str, text: str) -> bytes:
    body = msgspec.json.encode({"error": {"code": code, "message": text}})
    head = b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nConnection: close\r\n" % status
    return head + b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
