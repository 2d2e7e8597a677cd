"""The TLS port: accepts connections, shakes hands with each, then hands it to the FIX connection.

`loop.create_server(..., ssl=context)` would do, but says nothing of the peers it refuses, and
counts none of those that take their time. Here the operator's log has the reason, and there is a
limit, at which the one that has taken longest goes. The peer only sees the connection end: asyncio
does not send the alert that would tell it why.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Callable

import structlog

from gateway.limited_log import LimitedLog
from gateway.tls import HANDSHAKE_SECONDS_MAX, handshake_problem

HANDSHAKES_MAX = 2_048
"""At a time. A core finishes some 700 a second, so a restart with everybody coming back fits."""

BACKLOG = 4_096

SECONDS_AFTER_ERROR = 1.0
"""How long nothing is accepted when the process has no descriptor left for it; as asyncio."""

log = structlog.get_logger()


class TlsListener:
    """One listening socket; `make()` gives the protocol of a connection.

    The protocol hears of its connection when the handshake is done, and of nothing before.
    """

    def __init__(
        self,
        context: ssl.SSLContext,
        make: Callable[[], asyncio.Protocol],
        seconds_max: float = HANDSHAKE_SECONDS_MAX,
        handshakes_max: int = HANDSHAKES_MAX,
    ) -> None:
        self._context = context
        self._make = make
        self._seconds_max = seconds_max
        self._handshakes_max = handshakes_max
        self._listening: socket.socket | None = None
        self._accepting: asyncio.Task[None] | None = None
        self._handshakes: dict[asyncio.Task[None], tuple[socket.socket, str]] = {}
        self._refusals = LimitedLog("tls.refused", time.monotonic_ns)

    async def start(self, host: str, port: int) -> tuple[str, int]:
        """Listen and return the address that was got; raises OSError."""
        self._loop = asyncio.get_running_loop()
        found = await self._loop.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        family, _, _, _, address = found[0]
        listening = socket.create_server((host, address[1]), family=family, backlog=BACKLOG)
        listening.setblocking(False)  # noqa: FBT003
        self._listening = listening
        self._accepting = self._loop.create_task(self._accept(listening))
        name = listening.getsockname()
        return str(name[0]), int(name[1])

    async def close(self) -> None:
        """Accept nothing more and end the handshakes under way; connections stay."""
        if self._accepting is None or self._listening is None:
            return
        sockets = dict(self._handshakes)
        for task in (self._accepting, *sockets):
            task.cancel()
        await asyncio.gather(self._accepting, *sockets, return_exceptions=True)
        # A task that had not begun when it was canceled has closed nothing.
        self._listening.close()
        for task, (peer, _) in sockets.items():
            if task.cancelled():
                peer.close()

    async def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                peer, address = await self._loop.sock_accept(listening)
            except ConnectionError:  # gone before it was accepted
                continue
            except OSError as error:
                log.warning("tls.not_accepted", error=str(error))
                await asyncio.sleep(SECONDS_AFTER_ERROR)
            else:
                self._begin(peer, str(address))

    def _begin(self, peer: socket.socket, address: str) -> None:
        if len(self._handshakes) >= self._handshakes_max:
            self._make_room()
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        task = self._loop.create_task(self._shake_hands(peer, address))
        self._handshakes[task] = peer, address
        task.add_done_callback(lambda done: self._handshakes.pop(done, None))

    def _make_room(self) -> None:
        """Whoever has been longest at it goes: a peer that means it takes two round trips."""
        task = next(iter(self._handshakes))
        peer, address = self._handshakes.pop(task)
        if task.cancel():
            # A task that had not begun when it was canceled has closed nothing.
            task.add_done_callback(lambda done: peer.close() if done.cancelled() else None)
            self._refusals.warning(peer=address, reason="made room for another handshake")

    async def _shake_hands(self, peer: socket.socket, address: str) -> None:
        try:
            await self._loop.connect_accepted_socket(
                self._make,
                peer,
                ssl=self._context,
                ssl_handshake_timeout=self._seconds_max,
            )
        except OSError as error:
            self._refusals.warning(peer=address, reason=handshake_problem(error))
