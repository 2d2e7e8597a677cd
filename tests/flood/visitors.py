"""Members with the right password who log on while the flood goes on, and how long that takes.

They keep their numbers from visit to visit: an answer with any other number than the next shows
that a bad logon has moved it.
"""

from __future__ import annotations

import socket
import ssl
import time

from tests.flood.stage import PASSWORD
from tests.support import wire
from tests.support.process import WAIT_SECONDS_MAX, Client


class Visitor(Client):
    """A member's client that comes from an address of its own, by TLS where it is given."""

    def __init__(self, comp_id: str, source: str, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(comp_id)
        self.source = source
        self._tls = tls
        self._number = 1

    def connect(self, port: int) -> None:
        """Open the socket only, from the member's address."""
        self.close()
        opened = socket.create_connection(("127.0.0.1", port), WAIT_SECONDS_MAX, (self.source, 0))
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._tls is not None:
            opened = self._tls.wrap_socket(opened, server_hostname="127.0.0.1")
        self._socket = opened
        self._reader, self._waiting = wire.Reader(), []
        self._connected_at = self.next_out

    def visit(self, port: int) -> float:
        """Log on with the next number, say something, log out; returns the seconds to be on."""
        begun = time.monotonic()
        self._number = self.next_out
        answer = self.logon(port, (554, PASSWORD))
        seconds = time.monotonic() - begun
        self._number = self.next_out
        assert answer.seq == self.next_in - 1, f"{self.comp_id}: {answer}"
        self.sync()
        self.logout()
        assert not self.asked_again, f"{self.comp_id}: asked for {self.asked_again}"
        return seconds

    def give_up(self) -> None:
        """After a failed visit: a Logon that was not accepted has used no number."""
        self.close()
        self.next_out = self._number
