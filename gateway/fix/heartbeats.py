"""When a session must say something, ask something, or give the peer up. No I/O, no clock.

Heartbeat after HeartBtInt without sending, TestRequest after 1.2 times that without receiving,
the end after 2.4 times; no Heartbeat while a TestRequest is unanswered (session test cases 4a, 6).
"""

from __future__ import annotations

from enum import Enum, auto

from gateway.fix.times import NANOS_PER_SECOND


class Due(Enum):
    """What silence asks for."""

    NOTHING = auto()
    HEARTBEAT = auto()
    TEST_REQUEST = auto()
    GIVE_UP = auto()


class Heartbeats:
    """The silence on both sides of one connection, in ns of real time."""

    __slots__ = (
        "_interval",
        "_logout_at",
        "_received_at",
        "_sent_at",
        "_tests",
        "heart_bt_int",
        "logout_timeout",
    )

    def __init__(self, logout_timeout_nanos: int) -> None:
        self.logout_timeout = logout_timeout_nanos
        self.start(0, 0)

    def start(self, heart_bt_int: int, now: int) -> None:
        """A connection begins; `heart_bt_int` seconds, 0 for none at all."""
        self.change(heart_bt_int)
        self._received_at = self._sent_at = now
        self._tests = 0
        self._logout_at = 0

    def change(self, heart_bt_int: int) -> None:
        """The peer wants another interval; whatever is awaited stays awaited."""
        self.heart_bt_int = heart_bt_int
        self._interval = heart_bt_int * NANOS_PER_SECOND

    def logout_sent(self, now: int) -> None:
        """We said Logout: only the peer's answer is awaited now."""
        self._logout_at = now

    def received(self, now: int) -> None:
        """Anything came."""
        self._received_at = now
        self._tests = 0

    def sent(self, now: int) -> None:
        """Anything went."""
        self._sent_at = now

    def next_deadline(self) -> int | None:
        """When `due` will want something; None for a session without heartbeats."""
        if self._logout_at:
            return self._logout_at + self.logout_timeout
        if not self._interval:
            return None
        test = self._received_at + self._interval * 6 * (self._tests + 1) // 5
        return test if self._tests else min(test, self._sent_at + self._interval)

    def due(self, now: int) -> Due:
        """What must be done now; it is taken as done."""
        if self._logout_at:
            late = now >= self._logout_at + self.logout_timeout
            return Due.GIVE_UP if late else Due.NOTHING
        interval = self._interval
        silence = now - self._received_at
        if not interval:
            return Due.NOTHING
        if 5 * silence >= 12 * interval:
            return Due.GIVE_UP
        if 5 * silence >= 6 * interval * (self._tests + 1):
            self._tests += 1
            return Due.TEST_REQUEST
        if not self._tests and now - self._sent_at >= interval:
            self._sent_at = now
            return Due.HEARTBEAT
        return Due.NOTHING
