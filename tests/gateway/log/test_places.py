"""Reading from a place on: what a snapshot lacks, found by readers and by recovery alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.log import reading
from gateway.log.disk import Disk
from gateway.log.frames import (
    SEGMENT_HEADER_BYTES,
    LogCorrupt,
    decode_segment_header,
    encode_segment_header,
)
from gateway.log.reading import BEGINNING, Place, count, first_needed, holds, read_after
from gateway.log.records import Record, Voided
from gateway.log.segment_file import SegmentLog
from gateway.log.voided import Voidings, record_crc
from tests.support import logs
from tests.support.logs import FOUR_TURNS


def in_segments(folder: Path, *sizes: int) -> list[Record]:
    """`FOUR_TURNS` in segments of so many turns each."""
    turns = list(FOUR_TURNS)
    written: list[Record] = []
    for size in sizes:
        written = logs.write(folder, *turns[:size])
        del turns[:size]
    assert not turns
    return written


def recovered(folder: Path, place: Place) -> list[Record]:
    """What a start finds behind a place."""
    log = SegmentLog(folder, "none")
    try:
        return list(log.recover(place))
    finally:
        log.close()


SIZES = pytest.mark.parametrize("sizes", [(4,), (1, 3), (2, 2), (3, 1), (1, 1, 1, 1)], ids=str)


@SIZES
def test_behind_every_place_is_what_was_written_after_it(
    tmp_path: Path, sizes: tuple[int, ...]
) -> None:
    """For a reader and for a start, however the frames lie in segments."""
    written = in_segments(tmp_path, *sizes)
    places = [BEGINNING, *(place for place, _ in read_after(tmp_path, BEGINNING))]
    assert [place.seq for place in places] == [0, 1, 3, 4, 6]
    for place in places:
        rest = written[place.seq :]
        assert holds(tmp_path, place)
        assert [r for _, records in read_after(tmp_path, place) for r in records] == rest
        assert recovered(tmp_path, place) == rest


@SIZES
def test_a_place_that_no_frame_ends_at_is_refused(tmp_path: Path, sizes: tuple[int, ...]) -> None:
    """In the middle of a frame, behind the end, or with the CRC of another log."""
    in_segments(tmp_path, *sizes)
    places = [place for place, _ in read_after(tmp_path, BEGINNING)]
    wrong = [Place(2, 0), Place(7, places[-1].chain), *(Place(s, c ^ 1) for s, c in places)]
    for place in wrong:
        assert not holds(tmp_path, place)
        with pytest.raises(LogCorrupt, match=f"^no frame ends at seq {place.seq} with CRC "):
            list(read_after(tmp_path, place))


def test_a_place_before_the_first_segment_is_refused(tmp_path: Path) -> None:
    """Its records are gone: what follows later is not what follows it."""
    in_segments(tmp_path, 2, 2)
    first, second = (place for place, _ in list(read_after(tmp_path, BEGINNING))[:2])
    logs.segments(tmp_path)[0].unlink()
    assert holds(tmp_path, second)
    assert recovered(tmp_path, second) == list(reading_of(tmp_path, second))
    assert not holds(tmp_path, first)
    assert not holds(tmp_path, BEGINNING)


def reading_of(folder: Path, place: Place) -> list[Record]:
    """What a reader finds behind a place."""
    return [record for _, records in read_after(folder, place) for record in records]


def test_segments_that_hold_nothing_wanted_are_not_opened(tmp_path: Path) -> None:
    """Who reads from a place on does not notice that older segments are gone, or rotten."""
    written = in_segments(tmp_path, 1, 1, 1, 1)
    places = [place for place, _ in read_after(tmp_path, BEGINNING)]
    logs.segments(tmp_path)[0].write_bytes(b"rotten")
    assert reading_of(tmp_path, places[1]) == written[3:]
    assert [file.name[-8:-4] for file in reading.segments(tmp_path, 3)] == ["0004", "0005"]


@pytest.mark.parametrize(
    ("after", "first"), [(0, 0), (1, 0), (2, 0), (3, 1), (4, 1), (8, 1), (9, 2), (50, 2)]
)
def test_which_segment_is_needed_first(after: int, first: int) -> None:
    """Segments begin at 1, 4 and 10: one that begins right behind the place is enough."""
    assert first_needed([1, 4, 10], after) == first


def test_a_place_before_every_segment_needs_all(tmp_path: Path) -> None:
    """The reader then finds that something is missing."""
    assert first_needed([4, 10], 2) == 0
    assert first_needed([], 2) == 0


@SIZES
def test_records_are_counted_for_the_progress_bar(tmp_path: Path, sizes: tuple[int, ...]) -> None:
    """By the last segment, which says where it begins."""
    in_segments(tmp_path, *sizes)
    assert count(tmp_path) == 6


def test_no_log_counts_nothing(tmp_path: Path) -> None:
    """Neither a folder without segments nor a segment that is being begun."""
    assert count(tmp_path) == 0
    (tmp_path / f"{1:08d}-{1:020d}.log").write_bytes(b"half a header")
    assert count(tmp_path) == 0


@pytest.mark.parametrize("field", ["first_seq", "chain"])
def test_a_segment_that_says_something_else_is_refused(tmp_path: Path, field: str) -> None:
    """Its header is whole, and belongs to another log."""
    in_segments(tmp_path, 2, 2)
    file = logs.segments(tmp_path)[1]
    data = file.read_bytes()
    header = decode_segment_header(data)
    assert header is not None
    values = {**header._asdict(), field: getattr(header, field) + 1}
    file.write_bytes(encode_segment_header(**values) + data[SEGMENT_HEADER_BYTES:])
    with pytest.raises(LogCorrupt, match="segment must begin at seq 4"):
        list(reading.read(tmp_path))
    with pytest.raises(LogCorrupt, match="segment must begin at seq 4"):
        logs.read(tmp_path)


def test_a_bad_header_before_the_last_segment_is_refused(tmp_path: Path) -> None:
    """However short: only the last one can have been begun just now."""
    in_segments(tmp_path, 2, 2)
    file = logs.segments(tmp_path)[0]
    file.write_bytes(file.read_bytes()[: SEGMENT_HEADER_BYTES - 1])
    with pytest.raises(LogCorrupt, match=f"^{file.name}: bad segment header$"):
        list(reading.read(tmp_path))
    with pytest.raises(LogCorrupt, match=f"^{file.name}: bad segment header$"):
        logs.read(tmp_path)


def test_a_segment_that_vanishes_before_the_last_one_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A starting venue takes away the last one at most."""
    in_segments(tmp_path, 2, 2)
    found = reading.segments(tmp_path)
    monkeypatch.setattr(reading, "segments", lambda *_: [tmp_path / "gone", *found])
    with pytest.raises(FileNotFoundError):
        list(reading.read(tmp_path))


def test_a_voided_command_is_read_as_voided_by_all(tmp_path: Path) -> None:
    """Readers and a start find the same in its place, and all others as they were."""
    written = in_segments(tmp_path, 2, 2)
    Voidings(tmp_path, Disk()).add(written[3], "ticket 12", 5)
    wanted = list(written)
    wanted[3] = Record(*_stamps(written[3]), Voided("AVA", "ticket 12"))
    assert list(reading.read(tmp_path)) == wanted
    assert logs.read(tmp_path) == wanted


def test_a_voiding_of_another_record_is_refused(tmp_path: Path) -> None:
    """The file is from another log: its CRC says so."""
    written = in_segments(tmp_path, 4)
    other = Record(*_stamps(written[3]), logs.order("other"))
    assert record_crc(other) != record_crc(written[3])
    Voidings(tmp_path, Disk()).add(other, "ticket 12", 5)
    with pytest.raises(LogCorrupt, match=r"^VOIDED: seq 4 must be the record that was voided$"):
        list(reading.read(tmp_path))


def _stamps(record: Record) -> tuple[int, int, int, int]:
    return record.seq, record.at, record.wall, record.next_in
