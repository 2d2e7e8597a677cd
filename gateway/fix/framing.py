"""Bytes as they arrive -> whole FIX messages, and the checksum both ways need.

The framer trusts BodyLength(9) only after the trailer stands where it says and CheckSum(10) agrees.
A garbled message is passed over in silence, as FIX asks (volume 2, "garbled message"): after a
wrong BodyLength everything to the next trailer counts as that one message, so that a length that
is too large takes its successor with it (session test case 2m). Work is linear in the bytes, and
what is held for later is bounded. In what pieces the bytes arrive makes no difference: not to the
messages, not to the count of what was passed over, not to what is too long.
"""

from __future__ import annotations

from zlib import adler32

LOGON_BYTES_MAX = 4 * 1024
"""What a peer may send in one message before it is known."""

_TRAILER = b"\x0110="
_TRAILER_SEARCH_BYTES = 16
"""A CheckSum field longer than this is none."""
TRAILER_BYTES = 7
_LENGTH_DIGITS_MAX = 9
"""Some clients pad BodyLength with zeros to seven digits; the value is bounded apart from that."""
_BEGIN_BYTES_MAX = 16
"""Within so many bytes the BeginString has ended and BodyLength begun."""
_BEGIN = b"8=FIX"

CHECK_SUMS = tuple(b"10=%03d\x01" % value for value in range(256))


def cut_in_python(data: bytes, pos: int, bytes_max: int, frames: list[bytes]) -> int:
    """Append to `frames` the good messages that stand one behind the other from `pos` on; returns
    where they end.
    """
    size = len(data)
    while pos < size:
        end_of_begin = data.find(b"\x019=", pos, pos + _BEGIN_BYTES_MAX)
        length = end_of_begin + 3
        if (
            end_of_begin < 0
            or (body := data.find(b"\x01", length, length + 1 + _LENGTH_DIGITS_MAX)) < 0
            or not (digits := data[length:body]).isdigit()
            or not data.startswith(_BEGIN, pos)
        ):
            return pos
        end = body + 1 + int(digits) + TRAILER_BYTES
        if (
            end - pos > bytes_max
            or data[end - TRAILER_BYTES : end]
            != CHECK_SUMS[check_sum(data[pos : end - TRAILER_BYTES])]
            or data[end - TRAILER_BYTES - 1] != 1
        ):
            return pos
        frames.append(data[pos:end])
        pos = end
    return pos


try:
    from gateway.fix.codec import cut as cut
except ImportError:
    cut = cut_in_python


class MessageTooLong(Exception):
    """The peer sent or announced a message beyond the limit; the connection cannot go on.

    `frames` are the good messages that came before it.
    """

    def __init__(self, frames: list[bytes]) -> None:
        super().__init__("message too long")
        self.frames = frames


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
    """Cuts one connection's byte stream into messages.

    `garbled` counts those passed over; noise up to the next beginning of a message counts as one.
    """

    __slots__ = ("_held", "_need", "_noise", "_seek", "bytes_max", "garbled")

    def __init__(self, bytes_max: int) -> None:
        self.bytes_max = bytes_max
        self.garbled = 0
        self._held = bytearray()
        self._need = 0
        self._noise = False
        self._seek = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The messages completed by `data`, verified; raises MessageTooLong."""
        if self._held:
            self._held += data
            if len(self._held) < self._need or (self._seek and not self._skip_garbled()):
                return []
            data = bytes(self._held)
            self._held.clear()
        frames: list[bytes] = []
        pos, size = 0, len(data)
        self._need = 0
        while pos < size:
            good = cut(data, pos, self.bytes_max, frames)
            if good > pos:
                self._noise = False
                pos = good
                continue
            pos, done = self._resynchronise(data, pos, size)
            if done:
                break
        if pos < size:
            self._held += data[pos:]
            if max(len(self._held), self._need) > self.bytes_max:
                raise MessageTooLong(frames)
            self._need = max(self._need, len(self._held) + 1)
        return frames

    def _skip_garbled(self) -> bool:
        """Drop the garbled message that is held, once its trailer has come."""
        end, self._seek = _end_of_garbled(self._held, self._seek)
        if (end or len(self._held)) > self.bytes_max:
            raise MessageTooLong([])
        if end:
            del self._held[:end]
            self.garbled += 1
        return end > 0

    def _resynchronise(self, data: bytes, pos: int, size: int) -> tuple[int, bool]:
        """What stands at `pos` is incomplete or garbled: returns where to go on, and whether to
        wait for more bytes there.
        """
        start = data.find(_BEGIN, pos)
        if start < 0:
            # No message begins here; the last bytes may be the beginning of one.
            keep = next((k for k in range(len(_BEGIN) - 1, 0, -1) if data.endswith(_BEGIN[:k])), 0)
            if size - keep > pos:
                self._pass_over_noise(pos)
                self._noise = True
            return max(pos, size - keep), True
        if start > pos:
            self._pass_over_noise(pos)
            return start, False
        self._noise = False
        body, length, complete = self._header(data, pos, size)
        if not complete:
            return pos, True
        if length < 0:
            self.garbled += 1
            return pos + len(_BEGIN), False
        end = body + length + TRAILER_BYTES
        if end > size or end - pos > self.bytes_max:
            self._need = end - pos
            return pos, True
        # Wrong length or wrong sum: the message ends with the next trailer after the body.
        end, seek = _end_of_garbled(data, body + length - 1)
        if not end:
            self._seek = seek - pos
            return pos, True
        if end - pos > self.bytes_max:
            self._need = end - pos
            return pos, True
        self.garbled += 1
        return end, False

    def _pass_over_noise(self, pos: int) -> None:
        """Count what stands at `pos`, unless it goes on with the noise before it."""
        self.garbled += pos > 0 or not self._noise
        self._noise = False

    @staticmethod
    def _header(data: bytes, pos: int, size: int) -> tuple[int, int, bool]:
        """Where the body begins, the announced length (-1: unreadable), whether it is all there."""
        begin = data.find(b"\x019=", pos, pos + _BEGIN_BYTES_MAX)
        if begin < 0:
            return 0, -1, size - pos >= _BEGIN_BYTES_MAX
        body = data.find(b"\x01", begin + 3, begin + 4 + _LENGTH_DIGITS_MAX)
        if body < 0:
            return 0, -1, size - begin > 4 + _LENGTH_DIGITS_MAX
        digits = data[begin + 3 : body]
        return body + 1, int(digits) if digits.isdigit() else -1, True


def _end_of_garbled(data: bytes | bytearray, seek: int) -> tuple[int, int]:
    """Where the next trailer at or behind `seek` ends, 0 if it has not come; then also from where
    to search when there is more, so that no byte is looked at twice.
    """
    while (trailer := data.find(_TRAILER, seek)) >= 0:
        end = data.find(b"\x01", trailer + 1, trailer + _TRAILER_SEARCH_BYTES)
        if end >= 0:
            return end + 1, 0
        if len(data) < trailer + _TRAILER_SEARCH_BYTES:
            return 0, trailer
        seek = trailer + 1
    return 0, max(seek, len(data) - len(_TRAILER) + 1)
