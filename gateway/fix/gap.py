"""Messages that came too early, kept until the missing ones before them have come. No I/O."""

from __future__ import annotations

from gateway.fix.message import Message

KEPT_MESSAGES_MAX = 10_000
KEPT_CHARS_MAX = 4 * 1024 * 1024
"""What is kept behind a gap; more is dropped, the peer resends everything anyway."""


class Gap:
    """What is missing from one session's incoming numbers, and what waits behind it."""

    __slots__ = ("_chars", "_end", "_kept")

    def __init__(self) -> None:
        self._kept: dict[int, Message] = {}
        self._chars = 0
        self._end = 0

    def __bool__(self) -> bool:
        """Whether any message waits, or missing ones have been asked for."""
        return self._end > 0 or bool(self._kept)

    def clear(self) -> None:
        """Nothing is missing any more, nothing is kept."""
        self._kept.clear()
        self._chars = 0
        self._end = 0

    def keep(self, seq: int, message: Message) -> None:
        """A message came too early."""
        chars = sum(map(len, message.fields.values()))
        if len(self._kept) < KEPT_MESSAGES_MAX and self._chars + chars <= KEPT_CHARS_MAX:
            self._kept[seq] = message
            self._chars += chars

    def open(self, seq: int) -> bool:
        """Numbers before `seq` are missing; returns whether they have to be asked for now."""
        if self._end:
            return False
        self._end = seq
        return True

    def close_below(self, next_in: int) -> None:
        """Everything below `next_in` has come: a gap that ended there is closed."""
        if self._end and next_in > self._end:
            self._end = 0

    def pop(self, next_in: int) -> Message | None:
        """The kept message whose turn it is; those whose turn is past are forgotten."""
        message = self._kept.pop(next_in, None)
        if message is None:
            for seq in [seq for seq in self._kept if seq < next_in]:
                del self._kept[seq]
        if not self._kept:
            self._chars = 0
        return message
