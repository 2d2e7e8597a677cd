"""The bytes of a log file: a header per segment, then CRC-chained frames.

A frame is what one loop turn appended; it is whole or it is not there. Its CRC covers the CRC of
the frame before, across segments, so that a missing, stale or reordered frame breaks the chain.
Reading tells apart two kinds of damage: a *torn tail* (nothing valid behind the bad bytes; can only
be what nobody was promised) and *rot* (something valid behind them; never repaired here).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple
from zlib import crc32

SEGMENT_MAGIC = b"fixpit-log\x00\x01"
_SEGMENT = struct.Struct("<12sQQI")
"""Magic with format version, epoch, first seq, CRC the chain stands at; padded."""
SEGMENT_HEADER_BYTES = 64

FRAME_MAGIC = b"FPfr"
_FRAME = struct.Struct("<4sIQIII")
"""Magic, payload bytes, first seq, record count, CRC of the frame before, own CRC."""
FRAME_HEADER_BYTES = _FRAME.size
FRAME_BYTES_MAX = 256 * 1024 * 1024


class LogCorrupt(Exception):
    """The log has damage that is not a torn tail: the venue must not start on it."""


class Frame(NamedTuple):
    """A verified frame and where it ends in its file."""

    first_seq: int
    records: int
    payload: bytes
    crc: int
    end: int


class SegmentHeader(NamedTuple):
    """What a segment says about itself."""

    epoch: int
    first_seq: int
    chain: int


def encode_segment_header(epoch: int, first_seq: int, chain: int) -> bytes:
    """The first bytes of a segment."""
    head = _SEGMENT.pack(SEGMENT_MAGIC, epoch, first_seq, chain)
    head = head.ljust(SEGMENT_HEADER_BYTES - 4, b"\x00")
    return head + struct.pack("<I", crc32(head))


def decode_segment_header(data: bytes) -> SegmentHeader | None:
    """What a file begins with; None if that is no whole segment header."""
    head = data[: SEGMENT_HEADER_BYTES - 4]
    crc = data[SEGMENT_HEADER_BYTES - 4 : SEGMENT_HEADER_BYTES]
    if len(crc) < 4 or struct.unpack("<I", crc)[0] != crc32(head):
        return None
    magic, epoch, first_seq, chain = _SEGMENT.unpack_from(head)
    return SegmentHeader(epoch, first_seq, chain) if magic == SEGMENT_MAGIC else None


def encode_frame(first_seq: int, count: int, payload: bytes, chain: int) -> tuple[bytes, int]:
    """A frame's bytes and its CRC, which the next one chains to."""
    fields = struct.pack("<IQII", len(payload), first_seq, count, chain)
    crc = crc32(payload, crc32(fields))
    return FRAME_MAGIC + fields + struct.pack("<I", crc) + payload, crc


def read_frame(data: bytes, pos: int) -> Frame | None:
    """The whole frame at `pos`, whatever it chains to; None if there is none."""
    if len(data) - pos < FRAME_HEADER_BYTES:
        return None
    magic, size, first_seq, count, _, crc = _FRAME.unpack_from(data, pos)
    end = pos + FRAME_HEADER_BYTES + size
    if magic != FRAME_MAGIC or size > FRAME_BYTES_MAX or end > len(data):
        return None
    payload = data[pos + FRAME_HEADER_BYTES : end]
    if crc32(payload, crc32(data[pos + 4 : pos + FRAME_HEADER_BYTES - 4])) != crc:
        return None
    return Frame(first_seq, count, payload, crc, end)


def chain_of(data: bytes, pos: int) -> int:
    """The CRC that the frame at `pos` says it follows."""
    chain: int = _FRAME.unpack_from(data, pos)[4]
    return chain


def read_frames(
    data: bytes, pos: int, next_seq: int, chain: int, *, name: str, last: bool
) -> Iterator[Frame]:
    """Frames of one segment in order; stops at a torn tail if this is the `last` segment.

    Raises LogCorrupt for rot: a bad frame before a valid one, or a frame out of its place.
    """
    while pos < len(data):
        frame = read_frame(data, pos)
        if frame is None:
            if not last:
                raise LogCorrupt(f"{name}: bad frame at byte {pos}, and a later segment exists")
            later = _find_frame(data, pos + 1)
            if later is not None:
                raise LogCorrupt(f"{name}: bad frame at byte {pos}, but a good one at byte {later}")
            return
        if frame.first_seq != next_seq or chain_of(data, pos) != chain:
            raise LogCorrupt(
                f"{name}: frame at byte {pos} must follow seq {next_seq - 1},"
                f" was first seq {frame.first_seq}"
            )
        yield frame
        pos, next_seq, chain = frame.end, next_seq + frame.records, frame.crc


def _find_frame(data: bytes, pos: int) -> int | None:
    while (pos := data.find(FRAME_MAGIC, pos)) >= 0:
        if read_frame(data, pos) is not None:
            return pos
        pos += 1
    return None
