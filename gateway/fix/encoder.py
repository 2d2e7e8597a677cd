"""Message text -> wire bytes: BodyLength, CheckSum, and the header with its tags ascending.

Bodies are written by their owners, tags ascending, each field ended by SOH. This module puts the
standard header in front and the trailer behind, and rewrites a message that is sent again.
"""

from __future__ import annotations

from gateway.fix.dictionary import SOH
from gateway.fix.framing import CHECK_SUMS, check_sum

_HEADER_TAGS = frozenset({"8", "9", "35", "34", "43", "49", "50", "52", "56", "57", "97"})


class Header:
    """The constant parts of one session's header, and the two calls that use them."""

    __slots__ = ("_begin", "_comp_ids_after", "_comp_ids_before")

    def __init__(self, begin_string: str, sender_comp_id: str, target_comp_id: str) -> None:
        self._begin = f"8={begin_string}{SOH}9="
        self._comp_ids_before = f"{SOH}49={sender_comp_id}{SOH}52="
        self._comp_ids_after = f"{SOH}56={target_comp_id}{SOH}"

    def encode(self, msg_type: str, seq: int, sending_time: str, body: str) -> bytes:
        """A whole message; `body` may begin with further header fields above 56."""
        text = (
            f"35={msg_type}{SOH}34={seq}{self._comp_ids_before}{sending_time}"
            f"{self._comp_ids_after}{body}"
        )
        data = f"{self._begin}{len(text)}{SOH}{text}".encode("latin-1", "replace")
        return data + CHECK_SUMS[check_sum(data)]

    def encode_again(self, sent: bytes, sending_time: str) -> bytes:
        """The message `sent` as a possible duplicate: PossDupFlag, OrigSendingTime, a new time."""
        fields = sent.decode("latin-1").split(SOH)[2:-2]
        head: list[str] = []
        for i, field in enumerate(fields):
            tag, _, value = field.partition("=")
            if tag not in _HEADER_TAGS:
                break
            if tag == "52":
                head.append(f"52={sending_time}")
                original = value
            else:
                head.append(field)
            if tag == "34":
                head.append("43=Y")
        text = SOH.join([*head, f"122={original}", *fields[i:], ""])
        data = f"{self._begin}{len(text)}{SOH}{text}".encode("latin-1")
        return data + CHECK_SUMS[check_sum(data)]
