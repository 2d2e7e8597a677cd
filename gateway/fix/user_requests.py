"""UserRequest(BE) and UserResponse(BF): a session changes its password or asks about itself.

Only one's own session can be asked about. What must not be here: hashing, and where a hash is kept.
"""

from __future__ import annotations

from gateway.fix import tags as t
from gateway.fix.dictionary import SOH
from gateway.fix.message import Message

MSG_TYPE = "BE"
ANSWER = "BF"

CHANGE_PASSWORD = "3"  # noqa: S105  a UserRequestType(924)
REQUEST_STATUS = "4"

LOGGED_IN, UNKNOWN_USER, WRONG_PASSWORD, CHANGED, OTHER = "1", "3", "4", "5", "6"
"""UserStatus(926)."""

WRONG_PASSWORDS_MAX = 3
"""On one connection; then whoever guesses has to log on again, where wrong ones cost time."""


def answer(request: Message, status: str, text: str = "") -> str:
    """The body of the UserResponse to a request; an empty text is left out."""
    fields = request.fields
    body = f"553={fields[t.USERNAME]}{SOH}923={fields[t.USER_REQUEST_ID]}{SOH}926={status}{SOH}"
    return body + (f"927={text}{SOH}" if text else "")
