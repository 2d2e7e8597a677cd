"""The border where bytes become frames: a stream gives the same however it arrives."""

from __future__ import annotations

import random
import zlib
from collections.abc import Hashable, Iterable
from typing import NamedTuple
from unittest.mock import patch

from gateway.fix import framing
from gateway.fix.framing import Framer, MessageTooLong
from tests.support.fix import check_sum_of

BYTES_MAX = 300
"""Small, so that the edge is near; a usual order is half of it."""


class Cut(NamedTuple):
    """All that a framer makes of a stream."""

    frames: list[bytes]
    garbled: int
    too_long: bool


def cut(chunks: Iterable[bytes], bytes_max: int = BYTES_MAX) -> Cut:
    """What comes of a stream that arrives in these chunks; a message too long ends it."""
    framer = Framer(bytes_max)
    frames: list[bytes] = []
    try:
        for chunk in chunks:
            frames += framer.feed(chunk)
    except MessageTooLong as error:
        return Cut(frames + error.frames, framer.garbled, too_long=True)
    return Cut(frames, framer.garbled, too_long=False)


def pieces(data: bytes) -> Iterable[bytes]:
    """The data in pieces whose sizes follow from it."""
    chance = random.Random(zlib.crc32(data))
    most = chance.choice((3, 20, 150))
    at = 0
    while at < len(data):
        size = 1 + chance.randrange(most)
        yield data[at : at + size]
        at += size


def run(data: bytes) -> Hashable:
    """Whole, byte by byte, in pieces, by the source: the same; each frame is what it says."""
    whole = cut([data])
    assert cut(data[i : i + 1] for i in range(len(data))) == whole, "byte by byte"
    assert cut(pieces(data)) == whole, "in pieces"
    with patch.object(framing, "cut", framing.cut_in_python):
        assert cut([data]) == whole, "by the source, where the loop is compiled"
    at = 0
    for frame in whole.frames:
        at = data.index(frame, at) + len(frame)
        check(frame)
    return min(len(whole.frames), 4), min(whole.garbled, 6), whole.too_long


def check(frame: bytes) -> None:
    """Beginning, length, sum and size, read the slow way."""
    begin, _, rest = frame.partition(b"\x019=")
    length, _, body = rest.partition(b"\x01")
    assert begin.startswith(b"8=FIX")
    assert int(length) == len(body) - len(b"10=000\x01")
    assert body[-8:-7] in (b"\x01", b"")
    assert frame.endswith(b"10=%03d\x01" % check_sum_of(frame[:-7]))
    assert len(frame) <= BYTES_MAX
