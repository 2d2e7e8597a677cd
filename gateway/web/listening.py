"""The address the control API listens at: bound before members are admitted, served after.

A port that is taken is so known before the first Logon. Imports no HTTP library.
"""

from __future__ import annotations

import os
import socket

BACKLOG = 64


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens at the first address of `host`; port 0 is any free one. OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, _, _, _, address = found[0]
    try:
        listening = socket.create_server((host, address[1]), family=family, backlog=BACKLOG)
    except OSError as error:  # without the address that the text of this one repeats
        raise OSError(error.errno, os.strerror(error.errno or 0)) from error
    listening.setblocking(False)  # noqa: FBT003
    # Connections inherit it. asyncio would set it itself, but for sockets it has not made.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening
