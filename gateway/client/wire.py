"""FIX messages as bytes: writing and reading them with simplefix, and the checks simplefix lacks.

simplefix looks at neither BodyLength(9) nor CheckSum(10), and a garbled tag makes its parser raise
the same error for ever. So the framer below cuts one message out of the stream by BodyLength,
verifies both fields, and hands exactly those bytes to a fresh parser. Whatever does not pass is a
`GarbledError`: a client that talks to one venue has no reason to search for the next message.

No sessions, no clock, no sockets here. Values are text and stay text: no number is ever converted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import simplefix
import simplefix.errors

Field = tuple[int, str]

FRAME_BYTES_MAX = 64 * 1024  # what venues accept at most; an ExecutionReport has about 300 bytes
_HEAD = re.compile(rb"8=(FIXT?\.\d\.\d)\x019=(\d{1,6})\x01")
_HEAD_BYTES_MAX = len(b"8=FIXT.1.1|9=123456|")
_TRAILER = re.compile(rb"10=(\d{3})\x01")
_TRAILER_BYTES = len(b"10=123|")


class GarbledError(Exception):
    """The bytes from the venue are no FIX message; the text says which rule they break."""


@dataclass(frozen=True, slots=True)
class Message:
    """One FIX message as it came: MsgType(35) and every field, header and trailer included."""

    msg_type: str
    fields: tuple[Field, ...]

    def get(self, tag: int) -> str | None:
        """Return the first value of the tag, or None."""
        return next((value for t, value in self.fields if t == tag), None)

    def text(self, tag: int) -> str:
        """Return the first value of the tag, or an empty text."""
        return self.get(tag) or ""


def encode(begin_string: str, msg_type: str, fields: Iterable[Field]) -> bytes:
    """Write a message; `fields` start with the header after MsgType(35), 9 and 10 are computed."""
    message = simplefix.FixMessage()
    message.append_pair(8, begin_string)
    message.append_pair(35, msg_type)
    for tag, value in fields:
        message.append_pair(tag, value)
    return bytes(message.encode())


def decode(frame: bytes) -> Message:
    """Read one whole message; raise GarbledError for a field that is none."""
    parser = simplefix.FixParser()
    parser.append_buffer(frame)
    try:
        parsed = parser.get_message()
    except simplefix.errors.ParsingError as error:
        raise GarbledError(f"field cannot be read ({type(error).__name__}: {error})") from None
    if parsed is None or parser.get_buffer():
        raise GarbledError("CheckSum(10) must be the last field and only there")
    fields = tuple((int(tag), value.decode(errors="backslashreplace")) for tag, value in parsed)
    if fields[2][0] != 35:
        raise GarbledError(f"MsgType(35) must be the third field, was tag {fields[2][0]}")
    return Message(fields[2][1], fields)


class Framer:
    """Cuts a stream of bytes into messages whose BodyLength(9) and CheckSum(10) are right."""

    def __init__(self) -> None:
        self._buffer = b""

    def append(self, data: bytes) -> None:
        """Add bytes as they came from the socket."""
        self._buffer += data

    def next_frame(self) -> bytes | None:
        """Return the next whole message, None while it is incomplete; raise GarbledError."""
        head = _HEAD.match(self._buffer)
        if head is None:
            if _may_become_head(self._buffer):
                return None
            raise GarbledError(f"message must begin with 8=FIX and 9=, was {_shown(self._buffer)}")
        end = head.end() + int(head[2])
        if end + _TRAILER_BYTES > FRAME_BYTES_MAX:
            raise GarbledError(f"BodyLength(9) must be under {FRAME_BYTES_MAX}, was {int(head[2])}")
        if len(self._buffer) < end + _TRAILER_BYTES:
            return None
        end_of_frame = end + _TRAILER_BYTES
        frame, self._buffer = self._buffer[:end_of_frame], self._buffer[end_of_frame:]
        _check_trailer(frame, end)
        return frame


def _check_trailer(frame: bytes, end: int) -> None:
    trailer = _TRAILER.fullmatch(frame, end)
    if trailer is None or frame[end - 1] != 1:
        raise GarbledError(
            f"BodyLength(9) must lead to CheckSum(10), leads to {_shown(frame[end:])}"
        )
    expected = sum(frame[:end]) % 256
    if int(trailer[1]) != expected:
        raise GarbledError(f"CheckSum(10) must be {expected:03}, was {trailer[1].decode()}")


def _may_become_head(data: bytes) -> bool:
    """A head has at most 20 bytes; shorter input that starts like one may still grow into one."""
    return len(data) < _HEAD_BYTES_MAX and (b"8=FIX".startswith(data[:5]) or data[:5] == b"8=FIX")


def _shown(data: bytes) -> str:
    return repr(data[:40].replace(b"\x01", b"|").decode(errors="backslashreplace"))


def parse_fields(text: str) -> tuple[Field, ...]:
    """Read `35=D|11=X`, fields apart by `|`, SOH or `^A`; raise ValueError with the bad field."""
    parts = re.split(r"\||\x01|\^A", text.strip())
    return tuple(_parse_field(part) for part in parts if part)


def _parse_field(part: str) -> Field:
    tag, equals, value = part.partition("=")
    if not equals or not tag.isdecimal() or not tag.isascii() or not value:
        raise ValueError(f"field must be TAG=VALUE, was {part!r}")
    return int(tag), value


def piped(fields: Sequence[Field]) -> str:
    """Write fields the way people write FIX: `55=ERIC-B|54=1`."""
    return "|".join(f"{tag}={value}" for tag, value in fields)
