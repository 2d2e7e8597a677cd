"""What a Logon asks for, read and judged; whether the session then is on, the session decides.

The rules are those of FIX's session layer: 98=0, a HeartBtInt that is no negative number, 34=1 with
ResetSeqNumFlag, DefaultApplVerID where the transport carries several versions. What breaks them is
told to nobody but the operator: until a Logon is accepted, no byte leaves (cases 1c, 1d).
"""

from __future__ import annotations

from typing import NamedTuple

from gateway.fix import tags as t
from gateway.fix.message import Message, SessionReject
from gateway.fix.versions import Version

MAX_MESSAGE_SIZE_MIN = 4 * 1024
"""A peer that takes less than this could not be sent every report."""


class LogonTerms(NamedTuple):
    """A Logon's wishes; `next_expected` and `max_message_size` 0 where it says nothing of them."""

    seq: int
    heart_bt_int: int
    wants_reset: bool
    next_expected: int
    max_message_size: int


def read(message: Message, version: Version) -> LogonTerms | str:
    """The terms of a parsed Logon, or what is wrong with it, in words for the operator."""
    try:
        if message.pairs is not None:
            version.decoder.validate(message)
    except SessionReject as refusal:
        return f"{refusal.text} ({refusal.ref_tag})"
    fields = message.fields
    terms = LogonTerms(
        int(fields[t.MSG_SEQ_NUM]),
        int(fields[t.HEART_BT_INT]),
        fields.get(t.RESET_SEQ_NUM_FLAG) == "Y",
        int(fields.get(t.NEXT_EXPECTED_MSG_SEQ_NUM, "0")),
        int(fields.get(t.MAX_MESSAGE_SIZE, "0")),
    )
    return _broken_rule(fields, terms, version) or terms


def _broken_rule(fields: dict[str, str], terms: LogonTerms, version: Version) -> str:
    appl_ver_id = fields.get(t.DEFAULT_APPL_VER_ID, "")
    if appl_ver_id != version.appl_ver_id:
        return f"DefaultApplVerID(1137) must be {version.appl_ver_id}, was {appl_ver_id}"
    if fields[t.ENCRYPT_METHOD] != "0":
        return f"EncryptMethod(98) must be 0, was {fields[t.ENCRYPT_METHOD]}"
    if terms.heart_bt_int < 0:
        return f"HeartBtInt(108) must be at least 0, was {terms.heart_bt_int}"
    if terms.wants_reset and terms.seq != 1:
        return f"MsgSeqNum(34) must be 1 with ResetSeqNumFlag(141)=Y, was {terms.seq}"
    if 0 < terms.max_message_size < MAX_MESSAGE_SIZE_MIN:
        least = MAX_MESSAGE_SIZE_MIN
        return f"MaxMessageSize(383) must be at least {least}, was {terms.max_message_size}"
    return ""
