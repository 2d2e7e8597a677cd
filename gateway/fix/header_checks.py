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
from gateway.fix.times import MILLIS, NANOS_PER_SECOND, SendingTimes, nanos_or_zero

MAX_LATENCY_NANOS = 120 * NANOS_PER_SECOND
"""How far SendingTime(52) may be from our clock; QuickFIX's MaxLatency."""

LOGOUT_TIMEOUT_NANOS = 2 * NANOS_PER_SECOND
"""How long the peer's answer to our Logout is awaited."""

MESSAGE_BYTES_MAX = 64 * 1024
"""Longer is refused: the longest legal order with every optional field is below 4 KiB."""


class SessionSettings(msgspec.Struct, frozen=True, gc=False):
    """What does not change while a session lives.

    `begin_string` "" takes any version. `resend_messages_max` is how many messages are asked for in
    one ResendRequest, 0 for all that are missing. `time_digits` is the width of times we send.
    """

    begin_string: str
    sender_comp_id: str
    target_comp_id: str
    reset_on_logon: bool = False
    may_reset: bool = True
    resend_messages_max: int = 0
    time_digits: int = MILLIS
    max_latency_nanos: int = MAX_LATENCY_NANOS
    logout_timeout_nanos: int = LOGOUT_TIMEOUT_NANOS
    message_bytes_max: int = MESSAGE_BYTES_MAX


class HeaderChecks:
    """The checks of one session in one version; `sender_comp_id` in its settings is the venue.

    `appl_ver_id` is what ApplVerID(1128) may say, "" for a version that has no such field.
    """

    __slots__ = ("_appl_ver_id", "_begin_string", "_settings", "_times")

    def __init__(self, settings: SessionSettings, begin_string: str, appl_ver_id: str = "") -> None:
        self._settings = settings
        self._begin_string = begin_string
        self._appl_ver_id = appl_ver_id
        self._times = SendingTimes(settings.max_latency_nanos)

    def pass_all(self, fields: dict[str, str], now: int) -> bool:
        """Whether a validated message has nothing wrong in its header."""
        settings = self._settings
        return (
            fields[t.SENDER_COMP_ID] == settings.target_comp_id
            and fields[t.TARGET_COMP_ID] == settings.sender_comp_id
            and fields[t.BEGIN_STRING] == self._begin_string
            and self._times.are_near(fields[t.SENDING_TIME], now)
            and (not self._appl_ver_id or self._is_ours(fields))
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

    def check_version(self, fields: dict[str, str]) -> None:
        """ApplVerID(1128) of a validated message; raises SessionReject (FIXT.1.1)."""
        if self._appl_ver_id and not self._is_ours(fields):
            raise reject(m.APPL_VER_UNSUPPORTED, t.APPL_VER_ID)

    def _is_ours(self, fields: dict[str, str]) -> bool:
        return fields.get(t.APPL_VER_ID, self._appl_ver_id) == self._appl_ver_id


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
