"""Message text -> wire bytes: BodyLength, CheckSum, and the header with its tags ascending.

Bodies are written by their owners, tags ascending, each field ended by SOH. This module puts the
standard header in front and the trailer behind, and rewrites a message that is sent again.
"""

from __future__ import annotations

from gateway.fix.dictionary import SOH
from gateway.fix.framing import CHECK_SUMS, check_sum

_HEADER_TAGS = frozenset({"8", "9", "35", "34", "43", "49", "50", "52", "56", "57", "97", "115"})


def encode_in_python(
    begin: str, msg_type: str, seq: int, before: str, time: str, after: str, body: str
) -> bytes:
    """A whole message: `begin` up to 9=, 35=, 34=, `before` up to 52=, `after` up to the body.

    What is not Latin-1 becomes a question mark.
    """
    text = f"35={msg_type}{SOH}34={seq}{before}{time}{after}{body}"
    data = f"{begin}{len(text)}{SOH}{text}".encode("latin-1", "replace")
    return data + CHECK_SUMS[check_sum(data)]


try:
    from gateway.fix.codec import encode as encode
except ImportError:
    encode = encode_in_python


class Header:
    """The constant parts of one session's header, and the two calls that use them."""

    __slots__ = ("_begin", "_comp_ids_after", "_comp_ids_before")

    def __init__(self, begin_string: str, sender_comp_id: str, target_comp_id: str) -> None:
        self._begin = f"8={begin_string}{SOH}9="
        self._comp_ids_before = f"{SOH}49={sender_comp_id}{SOH}52="
        self._comp_ids_after = f"{SOH}56={target_comp_id}{SOH}"

    def encode(self, msg_type: str, seq: int, sending_time: str, body: str) -> bytes:
        """A whole message; `body` may begin with further header fields above 56."""
        before, after = self._comp_ids_before, self._comp_ids_after
        return encode(self._begin, msg_type, seq, before, sending_time, after, body)

    def encode_again(self, sent: bytes, sending_time: str) -> bytes:
        """The message `sent` as a possible duplicate: PossDupFlag, OrigSendingTime, a new time."""
        fields = sent.decode("latin-1").split(SOH)[2:-2]
        size = next(i for i, f in enumerate(fields) if f.partition("=")[0] not in _HEADER_TAGS)
        head = dict(field.split("=", 1) for field in fields[:size])
        head |= {"43": "Y", "122": head["52"], "52": sending_time}
        msg_type = head.pop("35")
        ascending = [f"{tag}={head[tag]}" for tag in sorted(head, key=int)]
        text = SOH.join([f"35={msg_type}", *ascending, *fields[size:], ""])
        data = f"{self._begin}{len(text)}{SOH}{text}".encode("latin-1")
        return data + CHECK_SUMS[check_sum(data)]
