"""Whom the control API listens to, before anything else is looked at.

It has no passwords yet and is on loopback, where web pages in a browser of this machine reach it
too. A page of another site sends its own Origin, and is refused. A page whose host name was made
to point here (DNS rebinding) sends that name as Host, and is refused.
"""

from __future__ import annotations

import re

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.config_door import is_loopback
from gateway.web.errors import error

_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9.-]{1,255}))(?::[0-9]{1,5})?")


class Gate:
    """An ASGI application in front of another one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or answer that it is not wanted."""
        headers = dict(scope["headers"])
        host = headers.get(b"host", b"").decode("latin-1")
        origin = headers.get(b"origin")
        if not _is_ours(host):
            text = f"Host must be localhost or a loopback address, was {host[:100] or 'left out'}"
            await error(403, "foreign_host", text)(scope, receive, send)
        elif origin is not None and origin.decode("latin-1").lower() != f"http://{host.lower()}":
            was = origin.decode("latin-1")[:100]
            text = f"Origin must be left out or http://{host}, was {was}"
            await error(403, "foreign_origin", text)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _is_ours(host: str) -> bool:
    match = _HOST.fullmatch(host)
    return match is not None and is_loopback(match[1] or match[2])
