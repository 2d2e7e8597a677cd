"""HTTP in the venue's own event loop: uvicorn's protocol on a socket that listens already.

uvicorn's own server object is left out: it would take over the signals, tick ten times a second and
log in its own form. The venue starts and ends this one.
"""

from __future__ import annotations

import asyncio
import socket

from starlette.types import ASGIApp
from uvicorn import Config
from uvicorn.server import ServerState

from gateway.web.limits import HEADER_BYTES_MAX, BoundedProtocol
from gateway.web.listening import BACKLOG

CLOSE_SECONDS_MAX = 2.0
"""How long requests that are being answered are waited for at the end."""

KEEP_ALIVE_SECONDS = 5


class HttpServer:
    """Serves one application on one socket."""

    def __init__(self, app: ASGIApp, listening: socket.socket) -> None:
        self._listening = listening
        self._state = ServerState()
        self._config = Config(
            app,
            interface="asgi3",
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            h11_max_incomplete_event_size=HEADER_BYTES_MAX,
        )
        self._config.load()
        self._server: asyncio.Server | None = None

    async def start(self) -> tuple[str, int]:
        """Accept connections; returns the address."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: BoundedProtocol(self._config, self._state, {}, loop),
            sock=self._listening,
            backlog=BACKLOG,
        )
        host, port = self._listening.getsockname()[:2]
        return str(host), int(port)

    async def close(self) -> None:
        """Accept nothing more, answer what was asked, end the connections."""
        if self._server is None:
            return
        self._server.close()
        tasks = list(self._state.tasks)
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=CLOSE_SECONDS_MAX)
            for task in late:
                task.cancel()
        for connection in list(self._state.connections):
            connection.transport.close()
        await asyncio.sleep(0)
        for connection in list(self._state.connections):
            connection.transport.abort()
