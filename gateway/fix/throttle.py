"""How many messages a session may send: a token bucket, and a larger one for whoever floods.

What must not live here: a clock, and what a refused message is answered with. Tokens are counted in
billionths, so that `rate` of them come in every nanosecond: nothing is ever rounded.
"""

from __future__ import annotations

from enum import Enum, auto

from gateway.fix.times import NANOS_PER_SECOND

FLOOD_FACTOR = 5
"""So many times the rate and the burst, refused messages included, is not a mistake any more."""

_TOKEN = NANOS_PER_SECOND


class Verdict(Enum):
    """What becomes of a message."""

    PASS = auto()
    REJECT = auto()
    DISCONNECT = auto()


class Throttle:
    """`rate` messages a second pass, and `burst` at once after a silence; both at least 1.

    Time that stands still brings no tokens, time that jumps ahead a full bucket at the most, and
    time that goes back none, but from there on it counts again.
    """

    __slots__ = ("_at", "_burst", "_flood", "_flood_burst", "_rate", "_tokens")

    def __init__(self, rate: int, burst: int) -> None:
        assert rate >= 1, "a session that may never send"
        assert burst >= 1, "a bucket that holds no message"
        self._rate = rate
        self._burst = self._tokens = burst * _TOKEN
        self._flood_burst = self._flood = burst * _TOKEN * FLOOD_FACTOR
        self._at = 0

    def take(self, now: int) -> Verdict:
        """One message came."""
        if now > self._at:
            came = (now - self._at) * self._rate
            self._tokens = min(self._tokens + came, self._burst)
            self._flood = min(self._flood + came * FLOOD_FACTOR, self._flood_burst)
        self._at = now
        if self._tokens >= _TOKEN:
            self._tokens -= _TOKEN
            self._flood -= _TOKEN
            return Verdict.PASS
        if self._flood >= _TOKEN:
            self._flood -= _TOKEN
            return Verdict.REJECT
        return Verdict.DISCONNECT
