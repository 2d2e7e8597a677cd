"""The sending half of a session: numbers, keeps and resends what goes to the peer. No I/O.

`next_out` moves when a message is made, whether or not anybody is connected to get it; application
messages are kept for resending, admin messages only use up a number. Bytes for the connection of
the moment gather in `outbox` until its owner drains it.
"""

from __future__ import annotations

from collections.abc import Callable

from gateway.fix.encoder import Header
from gateway.fix.resend import Resend, SentMessages
from gateway.fix.times import format_utc_timestamp


class Outgoing:
    """What one session says; `on_output()` is called when `outbox` gets its first message."""

    __slots__ = ("_header", "_on_output", "connected", "next_out", "outbox", "resend", "sent")

    def __init__(self, header: Header, sent: SentMessages, on_output: Callable[[], None]) -> None:
        self.next_out = 1
        self.connected = False
        self.outbox: list[bytes] = []
        self.sent = sent
        self.resend = Resend(header, sent)
        self._header = header
        self._on_output = on_output

    def open(self) -> None:
        """A connection begins; nothing meant for an earlier one may reach it."""
        self.connected = True
        self.outbox.clear()
        self.resend.stop()

    def close(self) -> None:
        """The connection is gone."""
        self.connected = False
        self.outbox.clear()

    def reset(self) -> None:
        """Numbers start again at 1; nothing sent before can be resent."""
        self.next_out = 1
        self.resend.stop()
        self.sent.clear()

    def send_application(self, msg_type: str, body: str, sending_time: str) -> None:
        """Number and keep an application message, and send it if somebody is connected."""
        seq = self.next_out
        self.next_out = seq + 1
        data = self._header.encode(msg_type, seq, sending_time, body)
        self.sent.append(seq, data)
        if self.connected:
            self._put(data)

    def send_admin(self, msg_type: str, body: str, now: int) -> None:
        """Number an admin message, and send it if somebody is connected."""
        seq = self.next_out
        self.next_out = seq + 1
        if self.connected:
            self._put(self._header.encode(msg_type, seq, format_utc_timestamp(now), body))

    def unnumbered(self, msg_type: str, body: str, now: int) -> bytes:
        """A message for a peer that is not connected yet; no number moves."""
        return self._header.encode(msg_type, self.next_out, format_utc_timestamp(now), body)

    def ask_resend(self, begin: int, end: int) -> None:
        """The peer wants `begin` to `end` again, 0 meaning all there is (FIX 4.2 and later)."""
        last = self.next_out - 1
        self.resend.ask(begin, last if end == 0 else min(end, last))

    def continue_resend(self, now: int) -> None:
        """Send the next slice of what the peer asked for; call again while `resend.pending`."""
        for data in self.resend.slice(format_utc_timestamp(now)):
            self._put(data)

    def _put(self, data: bytes) -> None:
        if not self.outbox:
            self._on_output()
        self.outbox.append(data)
