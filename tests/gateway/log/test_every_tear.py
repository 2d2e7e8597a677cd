"""A log that is damaged anywhere: a torn tail gives the whole frames before, all else is refused.

Samples of damage, and what is said of each kind, are in `test_segment_file_damage`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.commands import CancelOrder, PassTime
from gateway.log.records import OutputHash, SessionNumbers, SessionOpened, SessionReply
from tests.hardship.tears import NO_CHANGE, ONE_FRAME, Damager, write
from tests.support import logs
from tests.support.log_lives import a_reader, small_segments
from tests.support.logs import Turn

TURNS: list[Turn] = [
    [SessionOpened("AVA", "AVA"), SessionNumbers("AVA", 2, 2, 1, "FIX.4.4")],
    [logs.order("A1")],
    [logs.order("A2"), PassTime(), CancelOrder("AVA", "A3", "A2", "ERIC-B", "1")],
    [SessionReply("AVA", "j", "45=7\x01372=B\x01380=3\x01")],
    [OutputHash(2**32 - 1, 17)],
    [logs.order("A4")],
]


@pytest.fixture(params=[NO_CHANGE, ONE_FRAME], ids=["one segment", "a segment each"])
def damager(request: pytest.FixtureRequest) -> Iterator[Damager]:
    """Of a log with these turns."""
    with small_segments(request.param), a_reader() as reader:
        yield Damager(write(TURNS), reader)


def test_the_last_five_frames_torn_at_any_byte_give_the_frames_before(damager: Damager) -> None:
    """And what comes next continues there; a segment with no whole frame vanishes."""
    damager.tear(5)
    damager.tear_header()
    assert damager.tears.wrong == []
    assert damager.tears.tried > 900


def test_every_bit_of_a_frame_in_the_middle_is_refused(damager: Damager) -> None:
    """A start and a reader say which segment and which byte, and change nothing."""
    place = damager.log.frames[2]
    damager.flip([place])
    assert (damager.bits.wrong, damager.bits.tried) == ([], (place.end - place.begin) * 8)


def test_every_bit_of_the_last_frame_makes_it_a_torn_tail(damager: Damager) -> None:
    """It is never taken with another content, and what comes next continues before it."""
    place = damager.log.frames[-1]
    damager.flip([place])
    assert (damager.bits.wrong, damager.bits.tried) == ([], (place.end - place.begin) * 8)


def test_every_bit_of_a_segment_header_is_refused(damager: Damager) -> None:
    """Of the first segment and the last one; a start and a reader say which it is."""
    headers = len(damager.log.image)
    damager.flip_headers(slice(None, None, max(1, headers - 1)))
    assert (damager.bits.wrong, damager.bits.tried) == ([], min(headers, 2) * 64 * 8)
