"""A decoded FIX message, and the one exception a malformed one is answered with.

Texts and reasons of session rejects are FIX's table of SessionRejectReason(373); the wording is
what QuickFIX-family peers compare with.
"""

from __future__ import annotations

import msgspec


class Message(msgspec.Struct, gc=False):
    """Fields by tag (both text, as they came), groups by their count tag.

    `pairs` holds the fields in order of arrival until the message has been validated, then None.
    """

    msg_type: str
    fields: dict[str, str]
    groups: dict[str, list[dict[str, str]]] | None = None
    pairs: list[tuple[str, str]] | None = None


class SessionReject(Exception):
    """The message breaks FIX's syntax: what Reject(3) says about it (FIX 4.4 volume 2)."""

    def __init__(self, reason: int, ref_tag: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason
        self.ref_tag = ref_tag
        self.text = text


ADMIN_TYPES = frozenset("012345A")
OUT_OF_TURN_TYPES = frozenset("245A")
"""Admin messages that may be acted on whatever their number."""

INVALID_TAG_NUMBER = 0
REQUIRED_TAG_MISSING = 1
TAG_NOT_DEFINED = 2
TAG_WITHOUT_VALUE = 4
VALUE_INCORRECT = 5
INCORRECT_FORMAT = 6
COMP_ID_PROBLEM = 9
SENDING_TIME_PROBLEM = 10
INVALID_MSG_TYPE = 11
TAG_REPEATED = 13
TAG_OUT_OF_ORDER = 14
GROUP_COUNT_WRONG = 16
APPL_VER_UNSUPPORTED = 18

TEXTS = {
    INVALID_TAG_NUMBER: "Invalid tag number",
    REQUIRED_TAG_MISSING: "Required tag missing",
    TAG_NOT_DEFINED: "Tag not defined for this message type",
    TAG_WITHOUT_VALUE: "Tag specified without a value",
    VALUE_INCORRECT: "Value is incorrect (out of range) for this tag",
    INCORRECT_FORMAT: "Incorrect data format for value",
    COMP_ID_PROBLEM: "CompID problem",
    SENDING_TIME_PROBLEM: "SendingTime accuracy problem",
    INVALID_MSG_TYPE: "Invalid MsgType",
    TAG_REPEATED: "Tag appears more than once",
    TAG_OUT_OF_ORDER: "Tag specified out of required order",
    GROUP_COUNT_WRONG: "Incorrect NumInGroup count for repeating group",
    APPL_VER_UNSUPPORTED: "Invalid/Unsupported Application Version",
}


def reject(reason: int, ref_tag: str = "") -> SessionReject:
    """The reject for a reason of the table."""
    return SessionReject(reason, ref_tag, TEXTS[reason])
