"""Bodies of the admin messages a session writes, tags ascending (FIX 4.4 volume 2)."""

from __future__ import annotations

from gateway.fix import tags as t
from gateway.fix.dictionary import SOH, TEXT_CHARS_MAX
from gateway.fix.message import Message, SessionReject

TAG_DIGITS_MAX = 9
"""A longer tag is named in no Reject: readers of RefTagID(371) expect an int."""


def logon(heart_bt_int: int, *, reset: bool) -> str:
    """Logon(A) as an answer."""
    return f"98=0{SOH}108={heart_bt_int}{SOH}" + (f"141=Y{SOH}" if reset else "")


def logout(text: str) -> str:
    """Logout(5); an empty text is left out."""
    return f"58={text}{SOH}" if text else ""


def resend_request(begin_seq_no: int) -> str:
    """ResendRequest(2) from a number to infinity."""
    return f"7={begin_seq_no}{SOH}16=0{SOH}"


def test_req(test_req_id: str) -> str:
    """TestRequest(1), and the Heartbeat(0) that answers one."""
    return f"112={test_req_id}{SOH}"


def session_reject(message: Message, refusal: SessionReject) -> str:
    """Reject(3); routing fields of the message come back reversed.

    What is said of the message has not been checked: what no field may hold is left out.
    """
    fields = message.fields
    routing = sorted(
        (int(to), fields[tag]) for tag, to in t.ROUTING.items() if _may_be_sent(fields.get(tag, ""))
    )
    head = "".join(f"{tag}={value}{SOH}" for tag, value in routing)
    ref_tag = f"371={refusal.ref_tag}{SOH}" if 0 < len(refusal.ref_tag) <= TAG_DIGITS_MAX else ""
    ref_type = f"372={message.msg_type}{SOH}" if _may_be_sent(message.msg_type) else ""
    return (
        f"{head}45={fields[t.MSG_SEQ_NUM]}{SOH}58={refusal.text}{SOH}{ref_tag}"
        f"{ref_type}373={refusal.reason}{SOH}"
    )


def _may_be_sent(text: str) -> bool:
    return 0 < len(text) <= TEXT_CHARS_MAX
