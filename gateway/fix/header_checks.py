"""Is this header one of ours, now? The checks every message of a session passes, without I/O.

Comp ids, version and SendingTime of a session are known; what disagrees is a `SessionReject` with
the reason FIX gives it. A header field that is missing or malformed is left to the dictionary,
which has its own reason for that.
"""

from __future__ import annotations

import msgspec

from gateway.fix import message as m
from gateway.fix import tags as t
from gateway.fix.message import reject
from gateway.fix.times import NANOS_PER_SECOND, SendingTimes, nanos_or_zero

MAX_LATENCY_NANOS = 120 * NANOS_PER_SECOND
"""How far SendingTime(52) may be from our clock; QuickFIX's MaxLatency."""


class SessionSettings(msgspec.Struct, frozen=True, gc=False):
    """What does not change while a session lives."""

    begin_string: str
    sender_comp_id: str
    target_comp_id: str
    reset_on_logon: bool = False


class HeaderChecks:
    """The checks of one session; `sender_comp_id` in its settings is the venue."""

    __slots__ = ("_settings", "_times")

    def __init__(self, settings: SessionSettings) -> None:
        self._settings = settings
        self._times = SendingTimes(MAX_LATENCY_NANOS)

    def pass_all(self, fields: dict[str, str], now: int) -> bool:
        """Whether a validated message has nothing wrong in its header."""
        settings = self._settings
        return (
            fields[t.SENDER_COMP_ID] == settings.target_comp_id
            and fields[t.TARGET_COMP_ID] == settings.sender_comp_id
            and fields[t.BEGIN_STRING] == settings.begin_string
            and self._times.are_near(fields[t.SENDING_TIME], now)
        )

    def check(self, fields: dict[str, str], now: int) -> None:
        """Comp ids and SendingTime of an unvalidated message; raises SessionReject (2k, 2o)."""
        settings = self._settings
        if fields.get(t.SENDER_COMP_ID) not in (None, "", settings.target_comp_id):
            raise reject(m.COMP_ID_PROBLEM)
        if fields.get(t.TARGET_COMP_ID) not in (None, "", settings.sender_comp_id):
            raise reject(m.COMP_ID_PROBLEM)
        sending_time = fields.get(t.SENDING_TIME, "")
        if len(sending_time) >= 17 and not self._times.are_near(sending_time, now):
            raise reject(m.SENDING_TIME_PROBLEM)

    def accept_logon(self, fields: dict[str, str], now: int) -> bool:
        """Whether a validated Logon may open the session (1c, 1d); 141=Y must come with 34=1."""
        wants_reset = fields.get(t.RESET_SEQ_NUM_FLAG) == "Y"
        return (
            self.pass_all(fields, now)
            and fields[t.ENCRYPT_METHOD] == "0"
            and int(fields[t.HEART_BT_INT]) >= 0
            and (not wants_reset or int(fields[t.MSG_SEQ_NUM]) == 1)
        )


def check_resent(fields: dict[str, str]) -> None:
    """A possible duplicate must say when it was first sent, and not after now (2f, 2g).

    Raises SessionReject.
    """
    if fields.get(t.POSS_DUP_FLAG) != "Y":
        return
    original = fields.get(t.ORIG_SENDING_TIME)
    if original is None:
        raise reject(m.REQUIRED_TAG_MISSING, t.ORIG_SENDING_TIME)
    if nanos_or_zero(original) > nanos_or_zero(fields.get(t.SENDING_TIME, "")):
        raise reject(m.SENDING_TIME_PROBLEM)
