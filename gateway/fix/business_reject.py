"""BusinessMessageReject(j): a message that FIX allows and this venue, or this session, does not.

A reason is said with the code the version has for it, "other" where it has none.
"""

from __future__ import annotations

from typing import NamedTuple

from gateway.fix import tags as t
from gateway.fix.dictionary import SOH
from gateway.fix.message import Message

OTHER = 0


class Reason(NamedTuple):
    """Text(58), and BusinessRejectReason(380) by version."""

    text: str
    codes: dict[str, int]


UNSUPPORTED_MSG_TYPE = Reason(
    "Unsupported Message Type", {"FIX.4.2": 3, "FIX.4.4": 3, "FIX.5.0SP2": 3}
)
NOT_AUTHORIZED = Reason("Not authorized", {"FIX.4.4": 6, "FIX.5.0SP2": 6})
THROTTLED = Reason("Throttle limit exceeded", {"FIX.5.0SP2": 8})


def body(message: Message, reason: Reason, version: str) -> str:
    """What the reject of a message says; its ClOrdID, if it has one, as BusinessRejectRefID."""
    fields = message.fields
    cl_ord_id = fields.get(t.CL_ORD_ID, "")
    ref_id = f"379={cl_ord_id}{SOH}" if cl_ord_id and message.pairs is None else ""
    code = reason.codes.get(version, OTHER)
    return (
        f"45={fields[t.MSG_SEQ_NUM]}{SOH}58={reason.text}{SOH}372={message.msg_type}{SOH}{ref_id}"
        f"380={code}{SOH}"
    )
