"""The sending half of a session: numbers, keeps and resends what goes to the peer. No I/O.

`next_out` moves when a message is made, whether or not anybody is connected to get it; application
messages are kept for resending, admin messages only use up a number. Bytes for the connection of
the moment gather in `outbox` until its owner drains it.
"""

from __future__ import annotations

from collections.abc import Callable

from gateway.fix.encoder import Header
from gateway.fix.report_style import ReportStyle
from gateway.fix.resend import Resend, SentMessages
from gateway.fix.times import format_utc_timestamp


class Outgoing:
    """What one session says; `on_output()` is called when `outbox` gets its first message."""

    __slots__ = (
        "_header",
        "_on_output",
        "connected",
        "next_out",
        "outbox",
        "resend",
        "sent",
        "style",
    )

    _header: Header
    style: ReportStyle

    def __init__(self, sent: SentMessages, on_output: Callable[[], None]) -> None:
        self.next_out = 1
        self.connected = False
        self.outbox: list[bytes] = []
        self.sent = sent
        self.resend = Resend(sent)
        self._on_output = on_output

    def use(self, header: Header, style: ReportStyle) -> None:
        """Write with this header, reports in this style; call before anything is sent."""
        self._header = self.resend.header = header
        self.style = style

    def time_text(self, now: int) -> str:
        """SendingTime(52) as this session's peer wants it."""
        return format_utc_timestamp(now, self.style.digits)

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
            self._put(self._header.encode(msg_type, seq, self.time_text(now), body))

    def say_unnumbered(self, msg_type: str, body: str, now: int) -> None:
        """Send a message with the next number, which stays the next."""
        self._put(self._header.encode(msg_type, self.next_out, self.time_text(now), body))

    def ask_resend(self, begin: int, end: int) -> None:
        """The peer wants `begin` to `end` again, 0 meaning all there is (FIX 4.2 and later)."""
        last = self.next_out - 1
        self.resend.ask(begin, last if end == 0 else min(end, last))

    def continue_resend(self, now: int) -> None:
        """Send the next slice of what the peer asked for; call again while `resend.pending`."""
        for data in self.resend.slice(self.time_text(now)):
            self._put(data)

    def _put(self, data: bytes) -> None:
        if not self.outbox:
            self._on_output()
        self.outbox.append(data)
