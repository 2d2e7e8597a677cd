"""Bodies of the admin messages a session writes, tags ascending (FIX 4.4 volume 2)."""

from __future__ import annotations

from gateway.fix import tags as t
from gateway.fix.dictionary import SOH, TEXT_CHARS_MAX
from gateway.fix.message import Message, SessionReject

TAG_DIGITS_MAX = 9
"""A longer tag is named in no Reject: readers of RefTagID(371) expect an int."""


LOGOUT_STATUS = {"password": "5", "hours": "7"}
"""Why a Logout is said -> SessionStatus(1409), which FIXT.1.1 alone has.

FIXT 1.1 as QuickFIX's dictionary has it ends at 8, so what later versions say with 9 (a number too
low) and 10 (NextExpectedMsgSeqNum too high) stands in the text alone.
"""

PASSWORD_WAS_CHANGED = "1"  # noqa: S105  a SessionStatus(1409)
PASSWORD_POLICY = "3"  # noqa: S105
"""SessionStatus(1409) where NewPassword(925) was accepted, and where it breaks a rule."""


def logon(heart_bt_int: int, *, reset: bool, extra: dict[int, object] | None = None) -> str:
    """Logon(A) as an answer; `extra` are further fields by tag, empty ones are left out."""
    fields: dict[int, object] = {98: 0, 108: heart_bt_int, 141: "Y" if reset else ""}
    fields |= extra or {}
    return "".join(f"{tag}={value}{SOH}" for tag, value in sorted(fields.items()) if value != "")


def logout(text: str, session_status: str = "") -> str:
    """Logout(5); what is empty is left out."""
    status = f"1409={session_status}{SOH}" if session_status else ""
    return (f"58={text}{SOH}" if text else "") + status


def resend_request(begin_seq_no: int, end_seq_no: int = 0) -> str:
    """ResendRequest(2), to infinity if no end is given."""
    return f"7={begin_seq_no}{SOH}16={end_seq_no}{SOH}"


def test_req(test_req_id: str) -> str:
    """TestRequest(1), and the Heartbeat(0) that answers one."""
    return f"112={test_req_id}{SOH}"


def session_reject(message: Message, refusal: SessionReject, reason_max: int = 99) -> str:
    """Reject(3); routing fields of the message come back reversed.

    What is said of the message has not been checked: what no field may hold is left out. So is a
    reason above `reason_max`, the last one that the version has.
    """
    fields = message.fields
    routing = sorted(
        (int(to), fields[tag]) for tag, to in t.ROUTING.items() if _may_be_sent(fields.get(tag, ""))
    )
    head = "".join(f"{tag}={value}{SOH}" for tag, value in routing)
    ref_tag = f"371={refusal.ref_tag}{SOH}" if 0 < len(refusal.ref_tag) <= TAG_DIGITS_MAX else ""
    ref_type = f"372={message.msg_type}{SOH}" if _may_be_sent(message.msg_type) else ""
    reason = f"373={refusal.reason}{SOH}" if refusal.reason <= reason_max else ""
    return f"{head}45={fields[t.MSG_SEQ_NUM]}{SOH}58={refusal.text}{SOH}{ref_tag}{ref_type}{reason}"


def _may_be_sent(text: str) -> bool:
    return 0 < len(text) <= TEXT_CHARS_MAX
