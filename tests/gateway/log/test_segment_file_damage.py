"""Damage to a log: a torn tail is cut off, anything else is refused and left as it is."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from gateway.log import segment_file
from gateway.log.frames import SEGMENT_HEADER_BYTES, LogCorrupt, encode_frame, encode_segment_header
from gateway.log.records import encode_into, payload
from tests.support import logs
from tests.support.logs import FOUR_TURNS as TURNS


@pytest.fixture
def fast_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting for the disk, for tests that open a log hundreds of times."""
    monkeypatch.setattr(os, "fsync", lambda fd: None)
    monkeypatch.setattr(os, "fdatasync", lambda fd: None)


@pytest.fixture
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    """A segment takes one frame of `TURNS`, then the next one begins."""
    monkeypatch.setattr(segment_file, "SEGMENT_BYTES_MAX", SEGMENT_HEADER_BYTES + 1)


# Torn tails


@pytest.mark.usefixtures("fast_disk")
@pytest.mark.parametrize("frame", [1, 2, 3])
def test_a_log_torn_at_any_byte_gives_its_whole_frames(tmp_path: Path, frame: int) -> None:
    """Cut at each byte of the last three frames; what comes next continues from there."""
    written = logs.write(tmp_path / "whole", *TURNS)
    ends = logs.frame_ends(logs.segments(tmp_path / "whole")[0])
    kept = sum(len(turn) for turn in TURNS[:frame])
    data = logs.segments(tmp_path / "whole")[0].read_bytes()
    wrong = []
    for size in range(ends[frame], ends[frame + 1]):
        path = tmp_path / str(size)
        path.mkdir()
        (path / "00000001-00000000000000000001.log").write_bytes(data[:size])
        log, found, _ = logs.open_log(path)
        logs.append(log, [[logs.order("next")]])
        log.close()
        expected = [*written[:kept], logs.record(kept + 1, logs.order("next"))]
        if (found, log.torn_bytes, logs.read(path)) != (
            written[:kept],
            size - ends[frame],
            expected,
        ):
            wrong.append(size)
    assert (wrong, ends[-1]) == ([], len(data))


@pytest.mark.usefixtures("fast_disk")
def test_a_flipped_bit_in_the_last_frame_gives_the_frames_before(tmp_path: Path) -> None:
    """Each byte of it with one bit turned over."""
    written = logs.write(tmp_path / "whole", *TURNS)
    ends = logs.frame_ends(logs.segments(tmp_path / "whole")[0])
    data = logs.segments(tmp_path / "whole")[0].read_bytes()
    wrong = []
    for i in range(ends[-2], ends[-1]):
        path = tmp_path / str(i)
        path.mkdir()
        damaged = data[:i] + bytes([data[i] ^ 1 << i % 8]) + data[i + 1 :]
        (path / "00000001-00000000000000000001.log").write_bytes(damaged)
        if logs.read(path) != written[:4]:
            wrong.append(i)
    assert wrong == []


@pytest.mark.parametrize("size", range(0, SEGMENT_HEADER_BYTES + 1, 8))
def test_a_segment_that_was_just_begun_is_no_damage(tmp_path: Path, size: int) -> None:
    """The process died before its first frame; whatever is there of the header."""
    written = logs.write(tmp_path, *TURNS)
    logs.write(tmp_path)
    last = logs.segments(tmp_path)[-1]
    last.write_bytes(last.read_bytes()[:size])
    found = logs.read(tmp_path)
    assert (found, last.exists()) == (written, False)


@pytest.mark.usefixtures("small_segments")
def test_the_last_segment_may_be_torn_before_its_first_frame_is_whole(tmp_path: Path) -> None:
    """The torn frame is cut off, and with it the segment."""
    written = logs.write(tmp_path, *TURNS)
    last = logs.segments(tmp_path)[-1]
    last.write_bytes(last.read_bytes()[:-1])
    assert (logs.read(tmp_path), last.exists()) == (written[:4], False)


# Rot: refused, and left as it is


def refused(path: Path) -> str:
    """Why the log in `path` is refused; fails if the attempt changed a segment."""
    before = {file.name: file.read_bytes() for file in logs.segments(path)}
    with pytest.raises(LogCorrupt) as caught:
        logs.read(path)
    assert {file.name: file.read_bytes() for file in logs.segments(path)} == before
    return str(caught.value)


@pytest.mark.usefixtures("fast_disk")
def test_a_flipped_bit_in_a_middle_frame_is_corrupt(tmp_path: Path) -> None:
    """Each byte between the first frame's end and the last frame's begin."""
    logs.write(tmp_path / "whole", *TURNS)
    ends = logs.frame_ends(logs.segments(tmp_path / "whole")[0])
    name = "00000001-00000000000000000001.log"
    data = (tmp_path / "whole" / name).read_bytes()
    reasons = set()
    for i in range(ends[1], ends[2]):
        path = tmp_path / str(i)
        path.mkdir()
        damaged = data[:i] + bytes([data[i] ^ 1 << i % 8]) + data[i + 1 :]
        (path / name).write_bytes(damaged)
        reasons.add(refused(path))
    assert reasons == {f"{name}: bad frame at byte {ends[1]}, but a good one at byte {ends[2]}"}


@pytest.mark.parametrize("i", range(SEGMENT_HEADER_BYTES))
@pytest.mark.usefixtures("fast_disk")
def test_a_damaged_header_before_frames_is_corrupt(tmp_path: Path, i: int) -> None:
    """Every byte of it counts."""
    logs.write(tmp_path, *TURNS)
    (file,) = logs.segments(tmp_path)
    data = bytearray(file.read_bytes())
    data[i] ^= 0x10
    file.write_bytes(data)
    assert refused(tmp_path) == f"{file.name}: bad segment header"


def segment_name(epoch: int, seq: int) -> str:
    """The name of a segment."""
    return f"{epoch:08d}-{seq:020d}.log"


@pytest.mark.parametrize("missing", [0, 1, 2])
@pytest.mark.usefixtures("small_segments")
def test_a_missing_segment_is_corrupt(tmp_path: Path, missing: int) -> None:
    """Any one that others follow."""
    logs.write(tmp_path, *TURNS)
    files = logs.segments(tmp_path)
    files[missing].unlink()
    due = (1, 2, 4)[missing]
    assert refused(tmp_path) == (
        f"{files[missing + 1].name}: segment must begin at seq {due}, was {(2, 4, 5)[missing]}"
    )


@pytest.mark.usefixtures("small_segments")
def test_exchanged_segments_are_corrupt(tmp_path: Path) -> None:
    """Two with each other's names: the header knows better than the name."""
    logs.write(tmp_path, *TURNS)
    first, second = logs.segments(tmp_path)[1:3]
    data = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(data)
    assert refused(tmp_path) == f"{first.name}: segment must begin at seq 2, was 2"


@pytest.mark.usefixtures("small_segments")
def test_a_stale_segment_is_corrupt(tmp_path: Path) -> None:
    """The same place in another history, as from an old backup: the chain does not fit."""
    logs.write(tmp_path / "now", *TURNS)
    logs.write(tmp_path / "old", [logs.order("Z1")], [logs.order("Z2"), logs.order("Z3")])
    name = segment_name(1, 2)
    shutil.copy(tmp_path / "old" / name, tmp_path / "now" / name)
    assert refused(tmp_path / "now") == f"{name}: segment must begin at seq 2, was 2"


def test_a_segment_of_an_earlier_epoch_beside_the_right_one_is_corrupt(tmp_path: Path) -> None:
    """Two segments for the same records: nobody can say which one happened."""
    logs.write(tmp_path, TURNS[0])
    shutil.copytree(tmp_path, tmp_path / "fork")
    logs.write(tmp_path / "fork", TURNS[1])
    logs.write(tmp_path)
    logs.write(tmp_path, TURNS[1])
    shutil.copy(tmp_path / "fork" / segment_name(2, 2), tmp_path)
    assert refused(tmp_path) == f"{segment_name(3, 2)}: segment must begin at seq 4, was 2"


@pytest.mark.usefixtures("small_segments")
def test_a_torn_segment_before_another_is_corrupt(tmp_path: Path) -> None:
    """A segment is synced before the next one begins: this cannot be a torn tail."""
    logs.write(tmp_path, *TURNS)
    file = logs.segments(tmp_path)[1]
    file.write_bytes(file.read_bytes()[:-1])
    assert refused(tmp_path) == (
        f"{file.name}: bad frame at byte {SEGMENT_HEADER_BYTES}, and a later segment exists"
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xdd\x00\x00\x00\x01\xc0", "is unreadable: Expected `array`"),
        (b"not msgpack", "is unreadable: Expected `array`"),
        (b"\xdd\x00\x00\x00\x00", "holds other records"),
    ],
)
def test_a_whole_frame_with_other_contents_is_corrupt(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    """Its checksum is right, but it does not hold the record it announces."""
    frame, _ = encode_frame(1, 1, content, 0)
    (tmp_path / segment_name(1, 1)).write_bytes(encode_segment_header(1, 1, 0) + frame)
    assert refused(tmp_path).startswith(f"{segment_name(1, 1)}: frame of seq 1 {reason}")


def test_a_frame_with_another_records_number_is_corrupt(tmp_path: Path) -> None:
    """The records inside must be those the frame counts."""
    buffer = bytearray()
    encode_into(logs.record(2), buffer)
    frame, _ = encode_frame(1, 1, payload(1, bytes(buffer)), 0)
    (tmp_path / segment_name(1, 1)).write_bytes(encode_segment_header(1, 1, 0) + frame)
    assert refused(tmp_path) == f"{segment_name(1, 1)}: frame of seq 1 holds other records"


def test_other_files_in_the_folder_are_left_alone(tmp_path: Path) -> None:
    """Only names of segments count."""
    written = logs.write(tmp_path, *TURNS)
    (tmp_path / "1-1.log").write_bytes(b"x")
    (tmp_path / f"{segment_name(1, 1)}.bak").write_bytes(b"x")
    assert logs.read(tmp_path) == written
