"""Reading a log beside the venue that writes it: no lock, no change, a torn tail is no error."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.log import reading
from gateway.log.frames import SEGMENT_HEADER_BYTES, LogCorrupt
from gateway.log.segment_file import SegmentLog
from tests.support import logs
from tests.support.logs import FOUR_TURNS


def files(folder: Path) -> dict[str, bytes]:
    """All files of a folder."""
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_what_was_written_is_read(tmp_path: Path) -> None:
    """Several segments, in order; the folder stays as it is."""
    logs.write(tmp_path, *FOUR_TURNS[:2])
    written = logs.write(tmp_path, *FOUR_TURNS[2:])
    before = files(tmp_path)
    assert list(reading.read(tmp_path)) == written
    assert files(tmp_path) == before
    assert len(reading.segments(tmp_path)) == 2


def test_a_log_that_is_being_written_is_read_up_to_now(tmp_path: Path) -> None:
    """The writer has the lock; the reader needs none and sees each turn."""
    log, _, _ = logs.open_log(tmp_path)
    found = []
    for turn in FOUR_TURNS:
        logs.append(log, [turn])
        found.append(len(list(reading.read(tmp_path))))
    log.close()
    assert found == [1, 3, 4, 6]


def test_a_torn_tail_ends_the_reading_wherever_it_is_torn(tmp_path: Path) -> None:
    """Every length of a file that may be seen while its last frame is written."""
    written = logs.write(tmp_path, *FOUR_TURNS)
    (file,) = logs.segments(tmp_path)
    data, ends = file.read_bytes(), logs.frame_ends(file)
    for size in range(ends[-2], len(data)):
        file.write_bytes(data[:size])
        assert list(reading.read(tmp_path)) == written[:4]


@pytest.mark.parametrize("size", [0, 1, SEGMENT_HEADER_BYTES - 1, SEGMENT_HEADER_BYTES])
def test_a_segment_that_is_being_begun_holds_nothing(tmp_path: Path, size: int) -> None:
    """The venue creates the file before it writes the header."""
    written = logs.write(tmp_path, *FOUR_TURNS)
    log, _, _ = logs.open_log(tmp_path)
    last = logs.segments(tmp_path)[-1]
    last.write_bytes(last.read_bytes()[:size])
    assert list(reading.read(tmp_path)) == written
    log.close()


def test_a_segment_that_vanishes_holds_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A starting venue takes an empty last segment away between our look and our reading."""
    written = logs.write(tmp_path, *FOUR_TURNS)
    gone = tmp_path / f"00000009-{len(written) + 1:020d}.log"
    found = [*reading.segments(tmp_path), gone]
    monkeypatch.setattr(reading, "segments", lambda *_: found)
    assert list(reading.read(tmp_path)) == written


def test_rot_is_an_error(tmp_path: Path) -> None:
    """A bad frame before a good one."""
    logs.write(tmp_path, *FOUR_TURNS)
    (file,) = logs.segments(tmp_path)
    data = bytearray(file.read_bytes())
    data[logs.frame_ends(file)[1] + 40] ^= 1
    file.write_bytes(data)
    with pytest.raises(LogCorrupt, match="bad frame at byte"):
        list(reading.read(tmp_path))


def test_a_missing_segment_is_an_error(tmp_path: Path) -> None:
    """The chain says so."""
    logs.write(tmp_path, *FOUR_TURNS[:2])
    logs.write(tmp_path, *FOUR_TURNS[2:])
    logs.segments(tmp_path)[0].unlink()
    with pytest.raises(LogCorrupt, match="segment must begin at seq 1"):
        list(reading.read(tmp_path))


def test_no_folder_is_an_error(tmp_path: Path) -> None:
    """Nothing is created."""
    with pytest.raises(FileNotFoundError):
        list(reading.read(tmp_path / "log"))
    assert list(tmp_path.iterdir()) == []


def test_a_start_finds_the_same(tmp_path: Path) -> None:
    """What a reader reads is what recovery would."""
    logs.write(tmp_path, *FOUR_TURNS)
    log = SegmentLog(tmp_path, "none")
    assert list(reading.read(tmp_path)) == list(log.recover())
    log.close()
