"""Messages that came too early, kept until the missing ones before them have come. No I/O.

What is missing is asked for once. A limit on how much one request may ask for makes it several, one
after the other; a peer that knows from our Logon what is missing (NextExpectedMsgSeqNum) is asked
only if it goes on without sending it.
"""

from __future__ import annotations

from gateway.fix.message import Message

KEPT_MESSAGES_MAX = 10_000
KEPT_CHARS_MAX = 4 * 1024 * 1024
"""What is kept behind a gap; more is dropped, the peer resends everything anyway."""


class Gap:
    """What is missing from one session's incoming numbers, and what waits behind it.

    `messages_max` is how many one ResendRequest asks for, 0 for all.
    """

    __slots__ = ("_asked_to", "_chars", "_end", "_kept", "_looked", "_promised", "messages_max")

    def __init__(self, messages_max: int = 0) -> None:
        self.messages_max = messages_max
        self._kept: dict[int, Message] = {}
        self.clear()

    def __bool__(self) -> bool:
        """Whether any message waits, or missing ones have been asked for."""
        return self._end > 0 or bool(self._kept)

    def clear(self) -> None:
        """Nothing is missing any more, nothing is kept."""
        self._kept.clear()
        self._looked = 0
        self._chars = 0
        self._end = 0
        self._asked_to = 0
        self._promised = False

    def keep(self, seq: int, message: Message) -> None:
        """A message came too early."""
        chars = sum(map(len, message.fields.values()))
        if len(self._kept) < KEPT_MESSAGES_MAX and self._chars + chars <= KEPT_CHARS_MAX:
            self._kept[seq] = message
            self._chars += chars

    def promise(self, seq: int) -> None:
        """Numbers before `seq` are missing, and the peer will send them unasked."""
        self._end = seq
        self._promised = True

    def open(self, seq: int) -> bool:
        """Numbers before `seq` are missing; returns whether they have to be asked for now."""
        if self._end and not self._promised:
            return False
        self._promised = False
        self._end = max(self._end, seq)
        return True

    def next_request(self, next_in: int) -> tuple[int, int]:
        """BeginSeqNo and EndSeqNo of the request to send now; the last one has no end."""
        last = next_in + self.messages_max - 1
        self._asked_to = last if self.messages_max and last < self._end - 1 else 0
        return next_in, self._asked_to

    def wants_more(self, next_in: int) -> bool:
        """Whether all that was asked for has come and the gap is still open."""
        return 0 < self._asked_to < next_in <= self._end

    def close_below(self, next_in: int) -> None:
        """Everything below `next_in` has come: a gap that ended there is closed."""
        if self._end and next_in > self._end:
            self._end = self._asked_to = 0
            self._promised = False

    def pop(self, next_in: int) -> Message | None:
        """The kept message whose turn it is; those whose turn is past are forgotten."""
        message = self._kept.pop(next_in, None)
        if next_in > self._looked + 1:
            # The numbers jumped. Only then: looking at all that is kept with every message is slow.
            for seq in [seq for seq in self._kept if seq < next_in]:
                del self._kept[seq]
        self._looked = next_in
        if not self._kept:
            self._chars = 0
        return message
