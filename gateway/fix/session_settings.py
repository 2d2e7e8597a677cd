"""What is agreed for a FIX session as long as it lives, and the limits that hold unless it is said.

No behaviour here.
"""

from __future__ import annotations

import msgspec

from gateway.fix.times import MILLIS, NANOS_PER_SECOND

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
