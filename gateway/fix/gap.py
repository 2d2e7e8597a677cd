"""Messages that came too early, kept until the missing ones before them have come. No I/O."""

from __future__ import annotations

from gateway.fix.message import Message

KEPT_MESSAGES_MAX = 10_000
"""Messages kept behind a gap; later ones are dropped, the peer resends everything anyway."""


class Gap:
    """What is missing from one session's incoming numbers, and what waits behind it."""

    __slots__ = ("_end", "_kept")

    def __init__(self) -> None:
        self._kept: dict[int, Message] = {}
        self._end = 0

    def __bool__(self) -> bool:
        """Whether any message waits."""
        return bool(self._kept)

    def clear(self) -> None:
        """Nothing is missing any more, nothing is kept."""
        self._kept.clear()
        self._end = 0

    def keep(self, seq: int, message: Message) -> None:
        """A message came too early."""
        if len(self._kept) < KEPT_MESSAGES_MAX:
            self._kept[seq] = message

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
        return message
