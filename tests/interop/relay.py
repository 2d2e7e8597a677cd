"""A relay between one party and the venue that can lose a message, as a bad line does.

TCP itself loses nothing, so a gap in the sequence numbers has to be made: the relay cuts the
stream into FIX messages and keeps back the one it was told to lose. Knows no more of FIX than where
a message ends and whether the application sent it.
"""

from __future__ import annotations

import re
import socket
import threading
from contextlib import suppress
from typing import Final

TO_VENUE: Final = ">"
TO_CLIENT: Final = "<"

_END = re.compile(rb"\x0110=\d{3}\x01")
_ADMIN_OR_RESENT = re.compile(rb"\x01(35=[0-5A]|43=Y)\x01")


def cut(stream: bytes) -> tuple[list[bytes], bytes]:
    """The whole messages at the front of a stream, and what is left of it."""
    messages = []
    start = 0
    for end in _END.finditer(stream):
        messages.append(stream[start : end.end()])
        start = end.end()
    return messages, stream[start:]


class Relay:
    """Listens on a free port of loopback and passes every connection on to the venue."""

    def __init__(self, host: str, port: int) -> None:
        self._venue = (host, port)
        self._to_lose = {TO_VENUE: 0, TO_CLIENT: 0}
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def lose(self, direction: str) -> None:
        """Keep back the next application message on its way there that is sent for the first time.

        One that is resent may still be on its way from a gap that is healed already.
        """
        with self._lock:
            self._to_lose[direction] += 1

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):  # the listener was closed
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        """One connection, both ways, until both sides have ended it."""
        with client, suppress(OSError), socket.create_connection(self._venue) as venue:
            back = threading.Thread(target=self._pump, args=(venue, client, TO_CLIENT), daemon=True)
            back.start()
            self._pump(client, venue, TO_VENUE)
            back.join()

    def _pump(self, source: socket.socket, sink: socket.socket, direction: str) -> None:
        rest = b""
        with suppress(OSError):  # either side may break the connection off at any time
            while data := source.recv(65536):
                messages, rest = cut(rest + data)
                for message in messages:
                    if not self._loses(message, direction):
                        sink.sendall(message)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    def _loses(self, message: bytes, direction: str) -> bool:
        with self._lock:
            if not self._to_lose[direction] or _ADMIN_OR_RESENT.search(message):
                return False
            self._to_lose[direction] -= 1
            return True
