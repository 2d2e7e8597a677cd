"""Is this header one of ours, now? The checks every message of a session passes, without I/O.

Comp ids, version and SendingTime of a session are known; what disagrees is a `SessionReject` with
the reason FIX gives it. A header field that is missing or malformed is left to the dictionary,
which has its own reason for that.
"""

from __future__ import annotations

from gateway.fix import message as m
from gateway.fix import tags as t
from gateway.fix.message import reject
from gateway.fix.session_settings import SessionSettings
from gateway.fix.times import SendingTimes, nanos_or_zero


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
