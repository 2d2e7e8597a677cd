"""Junk costs what its length is: counted, so that no busy machine makes a difference.

The time is measured as well, against a bound that is generous everywhere: 1 MB of garbage in pieces
of 100 bytes, under a second of CPU.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

import pytest

from gateway.fix.framing import LOGON_BYTES_MAX, Framer
from tests.fuzz import run
from tests.fuzz.counting import feed, work
from tests.support.fix import message

MEGABYTE = 1_000_000
PIECE = 100
BYTES_MAX = 64 * 1024
CPU_SECONDS_MAX = 1.0

RATIO_MAX = 5
"""Four times the junk: four times the work, and some room."""

WORK_PER_BYTE_MAX = 16
"""Looks at and copies of each byte: appended, copied out, searched for a beginning, and so on."""

HEADER = b"8=FIX.4.4\x019="

JUNK = {
    "random bytes": random.Random(20261122).randbytes(MEGABYTE),
    "no separator": b"x",
    "separators": b"\x01",
    "digits": b"1234567890",
    "beginnings": b"8=FIX",
    "halves of beginnings": b"8=FI",
    "beginnings with a separator": b"8=FIX\x01",
    "headers": HEADER,
    "lengths without end": HEADER + b"1" * 60,
    "trailers": b"\x0110=",
    "trailers that do not end": HEADER + b"5\x01" + b"\x0110=xxxxxxxxxxxxxxxxx" * 2_000,
    "a length that is too short, no trailer": HEADER + b"5\x01" + b"x" * 65_000,
    "a length that never completes": HEADER + b"60000\x01" + b"x" * 200,
    "long lengths within each other": (HEADER + b"3000\x01") * 10,
    "short lengths": HEADER + b"20\x01",
    "a length far too long": HEADER + b"999999999\x01",
    "lengths of nothing": HEADER + b"0\x01",
    "sums that are wrong": message("35=0|34=2|10=000"),
    "a good message now and then": b"x" * 300 + message("35=0|34=2"),
}


def junk(kind: str, size: int) -> bytes:
    """So many bytes of it."""
    pattern = JUNK[kind]
    return (pattern * (size // len(pattern) + 1))[:size]


def cut(data: bytes) -> Iterator[bytes]:
    """In pieces."""
    for start in range(0, len(data), PIECE):
        yield data[start : start + PIECE]


def framer() -> Framer:
    """As a session's connection has it."""
    return Framer(BYTES_MAX)


@pytest.mark.parametrize("kind", JUNK)
def test_work_grows_with_the_junk(kind: str) -> None:
    """A megabyte costs four times what a quarter of it does, and a few looks at each byte."""
    quarter = work(cut(junk(kind, MEGABYTE // 4)), framer)
    whole = work(cut(junk(kind, MEGABYTE)), framer)
    run.say(f"{kind}: {whole / MEGABYTE:.1f} per byte, {whole / quarter:.1f} times a quarter's")
    assert whole <= RATIO_MAX * quarter
    assert whole <= WORK_PER_BYTE_MAX * MEGABYTE


class Forgetful(Framer):
    """Looks at everything that is held with every piece."""

    def feed(self, data: bytes) -> list[bytes]:
        """Forget how much is needed."""
        self._need = 0
        return super().feed(data)


def test_work_that_grows_faster_is_noticed() -> None:
    """The count sees what a framer does that begins anew with every piece."""
    kind = "a length that never completes"
    data = junk(kind, 50_000)
    assert work(cut(data), lambda: Forgetful(BYTES_MAX)) > 10 * WORK_PER_BYTE_MAX * len(data)
    assert work(cut(data), framer) <= WORK_PER_BYTE_MAX * len(data)


@pytest.mark.parametrize("bytes_max", [LOGON_BYTES_MAX, BYTES_MAX])
@pytest.mark.parametrize("kind", JUNK)
def test_a_megabyte_takes_no_second(kind: str, bytes_max: int) -> None:
    """In pieces of 100 bytes, before a Logon and behind it."""
    pieces = list(cut(junk(kind, MEGABYTE)))
    begun = time.process_time()
    found = feed(pieces, lambda: Framer(bytes_max))
    took = time.process_time() - begun
    run.say(f"{kind}: {took:.3f} s of CPU for 1 MB, {found} messages in it")
    assert took < CPU_SECONDS_MAX
