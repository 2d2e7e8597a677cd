"""What a peer asked to have again: slices of resent messages and gap fills. No I/O.

Application messages go again with their number, PossDupFlag and OrigSendingTime; runs of anything
else become one SequenceReset-GapFill (FIX 4.4 volume 2, "Resend Request"). Slices bound how much is
made at once; none of this moves the next outgoing number.
"""

from __future__ import annotations

from typing import Protocol

from gateway.fix.dictionary import SOH
from gateway.fix.encoder import Header

RESEND_MESSAGES_PER_TURN = 100
"""A large resend goes out in slices, so that it starves nobody and fits the write buffer."""


class SentMessages(Protocol):
    """Application messages sent, by MsgSeqNum; what is missing was an admin message."""

    def append(self, seq: int, data: bytes) -> None:
        """Keep a message under the next or a later number."""

    def get(self, seq: int) -> bytes | None:
        """The message with this number, None for admin ones."""

    def clear(self) -> None:
        """Numbers start again at 1."""

    def __len__(self) -> int:
        """0 if there is no message at all."""


class Resend:
    """The range one session has been asked for and has not sent yet."""

    __slots__ = ("_end", "_next", "_sent", "header")

    header: Header

    def __init__(self, sent: SentMessages) -> None:
        self._sent = sent
        self._next = 1
        self._end = 0

    @property
    def pending(self) -> bool:
        """Whether `slice` has more to give."""
        return self._next <= self._end

    def ask(self, begin: int, end: int) -> None:
        """The peer wants `begin` to `end`; what it asked for before and has not got comes along."""
        begin = max(1, begin)
        if begin > end:
            return
        if self.pending:
            begin, end = min(begin, self._next), max(end, self._end)
        self._next, self._end = begin, end

    def stop(self) -> None:
        """Nothing is wanted any more."""
        self._next, self._end = 1, 0

    def slice(self, sending_time: str) -> list[bytes]:
        """The next messages of the range; a run of admin messages is never cut."""
        out: list[bytes] = []
        seq, end = self._next, self._end
        stop = seq + RESEND_MESSAGES_PER_TURN
        while seq <= end and seq < stop:
            data = self._sent.get(seq)
            if data is not None:
                out.append(self.header.encode_again(data, sending_time))
                seq += 1
                continue
            first = seq
            while seq <= end and self._sent.get(seq) is None:
                seq += 1
            out.append(self._gap_fill(first, seq, sending_time))
        self._next = seq
        return out

    def _gap_fill(self, first: int, new_seq_no: int, sending_time: str) -> bytes:
        body = f"36={new_seq_no}{SOH}123=Y{SOH}"
        gap = self.header.encode("4", first, sending_time, body)
        return self.header.encode_again(gap, sending_time)
