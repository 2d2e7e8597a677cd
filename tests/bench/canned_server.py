"""Baseline 2, the ceiling: uvloop answers each message with one canned report and one write.

No message is decoded: the ends of messages are counted by their CheckSum tag, and every report is
the same bytes. What is left is the cost of Python, uvloop and the sockets, below which no
server written this way can go. `--one-write` answers each read with a single write instead; that
is far faster than any server under test and shows what the load generator itself can carry.
"""

from __future__ import annotations

import asyncio
import re
import sys
from functools import partial
from typing import cast

from tests.bench.baseline import run_server
from tests.bench.messages import SYMBOL, TARGET_COMP_ID, frame, utc_timestamp

_END = b"\x0110="
_IS_CANCEL = b"\x0135=F\x01"
_SENDER = re.compile(rb"\x0149=([^\x01]+)\x01")


def _header(msg_type: bytes, client: bytes) -> bytes:
    values = (msg_type, TARGET_COMP_ID, utc_timestamp(), client)
    return b"35=%b\x0134=1\x0149=%b\x0152=%b\x0156=%b\x01" % values


def _report(client: bytes, exec_type: bytes, leaves_qty: int) -> bytes:
    values = (client, exec_type, SYMBOL, utc_timestamp(), exec_type, leaves_qty)
    return frame(
        _header(b"8", client) + b"6=0\x0111=%b-1\x0114=0\x0117=E1\x0137=O1\x0138=100\x0139=%b\x01"
        b"40=2\x0144=87.30\x0154=1\x0155=%b\x0159=0\x0160=%b\x01150=%b\x01151=%d\x01" % values
    )


class CannedProtocol(asyncio.Protocol):
    """Answers Logon and Logout, and any other message with a report that says New or Canceled."""

    def __init__(self, *, one_write: bool) -> None:
        self._one_write = one_write
        self._rest = b""
        self._answered = 0
        self._pairs = False  # every second message is a cancel
        self._client = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the transport."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Counts the messages that are complete with `data` and answers each."""
        data = self._rest + data
        cut = data.rfind(_END) + len(_END)
        if cut < len(_END):
            self._rest = data
            return
        self._rest = data[cut:]
        messages = data.count(_END)
        if not self._client:
            self._log_on(data)
            messages -= 1
        if messages == 1 and b"\x0135=5\x01" in data:
            self._transport.write(frame(_header(b"5", self._client)))
            self._transport.close()
            return
        if self._answered < 2:  # the second order message shows which workload this is
            self._pairs = _IS_CANCEL in data
        self._answer(messages)

    def _log_on(self, data: bytes) -> None:
        match = _SENDER.search(data)
        assert match is not None
        self._client = match[1]
        self._new = _report(self._client, b"0", 100)
        self._canceled = _report(self._client, b"4", 0)
        self._transport.write(frame(_header(b"A", self._client) + b"98=0\x01108=30\x01"))

    def _answer(self, messages: int) -> None:
        first = self._answered
        self._answered += messages
        if self._one_write:
            canceled = (self._answered // 2 - first // 2) if self._pairs else 0
            # Order does not matter to whoever only counts, and nobody else asks for this.
            self._transport.write(self._new * (messages - canceled) + self._canceled * canceled)
            return
        write = self._transport.write
        new = self._new
        if not self._pairs:
            for _ in range(messages):
                write(new)
            return
        reports = (new, self._canceled)
        for n in range(first, self._answered):
            write(reports[n & 1])


if __name__ == "__main__":
    run_server(partial(CannedProtocol, one_write="--one-write" in sys.argv[1:]))
