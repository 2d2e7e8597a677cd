"""Bytes as they arrive -> whole FIX messages, and the checksum both ways need.

The framer trusts BodyLength(9) only after the trailer stands where it says and CheckSum(10) agrees.
A garbled message is passed over in silence, as FIX asks (volume 2, "garbled message"): after a
wrong BodyLength everything to the next trailer counts as that one message, so that a length that
is too large takes its successor with it (session test case 2m). Work is linear in the bytes, and
what is held for later is bounded.
"""

from __future__ import annotations

from zlib import adler32

MESSAGE_BYTES_MAX = 64 * 1024
"""Longer is refused: the longest legal order with every optional field is below 4 KiB."""

LOGON_BYTES_MAX = 4 * 1024
"""What a peer may send in one message before it is known."""

HEADER_BYTES_MIN = 2
TRAILER_BYTES = 7
_LENGTH_DIGITS_MAX = 9
"""Some clients pad BodyLength with zeros to seven digits; the value is bounded apart from that."""
_BEGIN_BYTES_MAX = 16
_BEGIN = b"8=FIX"

CHECK_SUMS = tuple(b"10=%03d\x01" % value for value in range(256))


class MessageTooLong(Exception):
    """The peer sent or announced a message beyond the limit; the connection cannot go on."""


def check_sum(data: bytes) -> int:
    """Sum of all bytes modulo 256: CheckSum(10) of what stands before it.

    The low half of an Adler-32 started at 0 is the byte sum modulo 65521, computed in C: exact as
    long as the sum stays below that, which 256 bytes of anything or 515 bytes of ASCII do.
    """
    size = len(data)
    if size <= 256 or (size <= 515 and data.isascii()):
        return adler32(data, 0) & 0xFF
    return sum(adler32(data[i : i + 256], 0) & 0xFFFF for i in range(0, size, 256)) & 0xFF


class Framer:
    """Cuts one connection's byte stream into messages; `garbled` counts those passed over."""

    __slots__ = ("_held", "_need", "bytes_max", "garbled")

    def __init__(self, bytes_max: int = MESSAGE_BYTES_MAX) -> None:
        self.bytes_max = bytes_max
        self.garbled = 0
        self._held = bytearray()
        self._need = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The messages completed by `data`, verified; raises MessageTooLong."""
        if self._held:
            self._held += data
            if len(self._held) < self._need:
                return []
            data = bytes(self._held)
            self._held.clear()
        frames: list[bytes] = []
        pos, size = 0, len(data)
        self._need = 0
        while pos < size:
            # The way almost every message goes: complete, right length, right sum.
            end_of_begin = data.find(b"\x019=", pos, pos + _BEGIN_BYTES_MAX)
            body = data.find(b"\x01", end_of_begin + 3, end_of_begin + 4 + _LENGTH_DIGITS_MAX)
            digits = data[end_of_begin + 3 : body]
            if end_of_begin > 0 and digits.isdigit() and data.startswith(_BEGIN, pos):
                end = body + 1 + int(digits) + TRAILER_BYTES
                trailer = data[end - TRAILER_BYTES : end]
                if (
                    trailer == CHECK_SUMS[check_sum(data[pos : end - TRAILER_BYTES])]
                    and data[end - TRAILER_BYTES - 1] == 1
                ):
                    frames.append(data[pos:end])
                    pos = end
                    continue
            pos, done = self._resynchronise(data, pos, size)
            if done:
                break
        if pos < size:
            self._hold(data, pos)
        return frames

    def _hold(self, data: bytes, pos: int) -> None:
        self._held += data[pos:]
        if max(len(self._held), self._need) > self.bytes_max:
            raise MessageTooLong
        self._need = max(self._need, len(self._held) + 1)

    def _resynchronise(self, data: bytes, pos: int, size: int) -> tuple[int, bool]:
        """What stands at `pos` is incomplete or garbled: returns where to go on, and whether to
        wait for more bytes there.
        """
        start = data.find(_BEGIN, pos)
        if start < 0:
            # No message begins here; the last bytes may be the beginning of one.
            self.garbled += 1
            keep = next((k for k in range(len(_BEGIN) - 1, 0, -1) if data.endswith(_BEGIN[:k])), 0)
            return max(pos, size - keep), True
        if start > pos:
            self.garbled += 1
            return start, False
        body, length, complete = self._header(data, pos, size)
        if not complete:
            return pos, True
        if length < 0:
            self.garbled += 1
            return pos + len(_BEGIN), False
        if body + length + TRAILER_BYTES > self.bytes_max + pos:
            raise MessageTooLong
        if body + length + TRAILER_BYTES > size:
            self._need = body + length + TRAILER_BYTES - pos
            return pos, True
        # Wrong length or wrong sum: the message ends with the next trailer after the body.
        trailer = data.find(b"\x0110=", body + length - 1)
        end = data.find(b"\x01", trailer + 1) if trailer >= 0 else -1
        if end < 0:
            return pos, True
        self.garbled += 1
        return end + 1, False

    @staticmethod
    def _header(data: bytes, pos: int, size: int) -> tuple[int, int, bool]:
        """Where the body begins, the announced length (-1: unreadable), whether it is all there."""
        begin = data.find(b"\x01", pos, pos + _BEGIN_BYTES_MAX)
        if begin < 0:
            return 0, -1, size - pos >= _BEGIN_BYTES_MAX
        if not data.startswith(b"9=", begin + 1):
            return 0, -1, size - begin > HEADER_BYTES_MIN
        body = data.find(b"\x01", begin + 3, begin + 4 + _LENGTH_DIGITS_MAX)
        if body < 0:
            return 0, -1, size - begin > 4 + _LENGTH_DIGITS_MAX
        digits = data[begin + 3 : body]
        return body + 1, int(digits) if digits.isdigit() else -1, True
