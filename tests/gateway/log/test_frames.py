"""The bytes of a log: what is whole, what is a torn tail, what is rot."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from zlib import crc32

import pytest

from gateway.log.frames import (
    FRAME_BYTES_MAX,
    FRAME_HEADER_BYTES,
    SEGMENT_HEADER_BYTES,
    LogCorrupt,
    SegmentHeader,
    decode_segment_header,
    encode_frame,
    encode_segment_header,
    read_frame,
    read_frames,
)

START = 0xC0FFEE
PAYLOADS = (b"one order", b"two\x00orders, and more of them", b"FPfr is no frame", b"last")
COUNTS = (1, 2, 3, 1)


def tape() -> tuple[bytes, list[int]]:
    """Four frames from seq 5 on, and where each ends."""
    data, chain, seq, ends = b"", START, 5, []
    for content, count in zip(PAYLOADS, COUNTS, strict=True):
        frame, chain = encode_frame(seq, count, content, chain)
        data += frame
        seq += count
        ends.append(len(data))
    return data, ends


DATA, ENDS = tape()
FRAMES = [DATA[begin:end] for begin, end in zip([0, *ENDS], ENDS, strict=False)]


def payloads(data: bytes, *, last: bool = True) -> list[bytes]:
    """The payloads of the frames found in `data`."""
    frames = read_frames(data, 0, 5, START, name="log", last=last)
    return [frame.payload for frame in frames]


def flips(data: bytes, begin: int, end: int) -> Iterator[bytes]:
    """`data` with each bit between two bytes turned over, one at a time."""
    for bit in range(begin * 8, end * 8):
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        yield bytes(damaged)


def test_a_segment_header_says_what_was_written() -> None:
    """Epoch, first seq and chain come back; the header has its fixed length."""
    header = encode_segment_header(3, 2**40, START)
    assert (len(header), decode_segment_header(header + DATA)) == (
        SEGMENT_HEADER_BYTES,
        SegmentHeader(3, 2**40, START),
    )


def test_a_damaged_segment_header_is_none() -> None:
    """Every bit and every byte of it counts, the padding too."""
    header = encode_segment_header(3, 5, START)
    cut = [header[:size] for size in range(SEGMENT_HEADER_BYTES)]
    found = [decode_segment_header(data) for data in [*flips(header, 0, len(header)), *cut]]
    assert found == [None] * (SEGMENT_HEADER_BYTES * 9)


def test_a_segment_of_another_format_is_none() -> None:
    """A whole header with another format version is not read by guess."""
    head = bytearray(encode_segment_header(3, 5, START)[:-4])
    head[11] += 1
    assert decode_segment_header(bytes(head) + struct.pack("<I", crc32(head))) is None


def test_frames_come_back_in_order() -> None:
    """Numbers, payloads and places as they were written."""
    frames = list(read_frames(DATA, 0, 5, START, name="log", last=False))
    assert [(f.first_seq, f.records, f.payload, f.end) for f in frames] == list(
        zip((5, 6, 8, 11), COUNTS, PAYLOADS, ENDS, strict=True)
    )


@pytest.mark.parametrize("frame", range(len(PAYLOADS)))
def test_a_tail_torn_at_any_byte_leaves_what_was_whole(frame: int) -> None:
    """Cut at each byte of each frame: exactly the frames before it are there."""
    begin = [0, *ENDS][frame]
    found = {tuple(payloads(DATA[:size])) for size in range(begin, ENDS[frame])}
    assert found == {PAYLOADS[:frame]}


def test_a_flipped_bit_in_the_last_frame_is_a_torn_tail() -> None:
    """Each bit of it, turned over, takes the frame away and no other."""
    found = {tuple(payloads(data)) for data in flips(DATA, ENDS[2], ENDS[3])}
    assert found == {PAYLOADS[:3]}


@pytest.mark.parametrize("frame", range(len(PAYLOADS) - 1))
def test_a_flipped_bit_before_a_good_frame_is_rot(frame: int) -> None:
    """Each bit of any frame but the last, turned over, is refused."""
    begin, refused = [0, *ENDS][frame], 0
    for data in flips(DATA, begin, ENDS[frame]):
        with pytest.raises(LogCorrupt, match=rf"^log: bad frame at byte {begin}, but a good one"):
            payloads(data)
        refused += 1
    assert refused == len(FRAMES[frame]) * 8


@pytest.mark.parametrize("size", [1, ENDS[0] - 1, ENDS[2] + 1, ENDS[3] - 1])
def test_a_torn_segment_before_another_one_is_rot(size: int) -> None:
    """Only the last segment may end in the middle of a frame."""
    with pytest.raises(
        LogCorrupt, match=r"^log: bad frame at byte .*, and a later segment exists$"
    ):
        payloads(DATA[:size], last=False)


@pytest.mark.parametrize(
    ("order", "place"),
    [((1, 2, 3), 0), ((0, 2, 3), 1), ((0, 1, 3), 2), ((1, 0, 2, 3), 0), ((0, 1, 1, 2, 3), 2)],
)
def test_a_frame_out_of_its_place_is_rot(order: tuple[int, ...], place: int) -> None:
    """Missing, exchanged and repeated frames are whole, and refused."""
    data = b"".join(FRAMES[i] for i in order)
    begin = sum(len(FRAMES[i]) for i in order[:place])
    with pytest.raises(LogCorrupt, match=f"^log: frame at byte {begin} must follow seq"):
        payloads(data)


def test_a_frame_of_another_history_is_rot() -> None:
    """Right number, wrong past: the chain tells them apart."""
    stranger, _ = encode_frame(6, 2, PAYLOADS[1], START)
    with pytest.raises(LogCorrupt, match=r"must follow seq 5, was first seq 6$"):
        payloads(FRAMES[0] + stranger)


@pytest.mark.parametrize(
    "rest",
    [b"\x00", bytes(4096), b"FPfr", b"FPfr" * 20, b"8=FIX.4.4", b"FPfr" + b"\xff" * 64],
)
def test_anything_that_holds_no_frame_is_a_torn_tail(rest: bytes) -> None:
    """What a dying machine may leave behind the last frame."""
    assert payloads(DATA + rest) == list(PAYLOADS)


def test_an_announced_size_beyond_the_limit_is_no_frame() -> None:
    """No more than FRAME_BYTES_MAX is believed."""
    head = struct.pack("<4sIQIII", b"FPfr", FRAME_BYTES_MAX + 1, 5, 1, START, 0)
    assert read_frame(head.ljust(FRAME_HEADER_BYTES + 9, b"\x00"), 0) is None
