"""Reading a command log that may belong to a running venue: no lock is taken, nothing is changed.

What the venue has written when a segment is opened is read; a torn tail (a frame that is being
written, or that nobody was promised) ends the reading quietly. A later segment that appears
meanwhile is not read. Who has a snapshot reads from its place on, and nothing before that segment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from gateway.log.disk import Disk
from gateway.log.frames import (
    SEGMENT_HEADER_BYTES,
    Frame,
    LogCorrupt,
    SegmentHeader,
    decode_segment_header,
    read_frame,
    read_frames,
)
from gateway.log.records import Record, decode
from gateway.log.voided import Voidings

_NAME = re.compile(r"\d{8}-(\d{20})\.log")


class Place(NamedTuple):
    """The end of a frame: seq of its last record, and its CRC, which the next one chains to."""

    seq: int
    chain: int


BEGINNING = Place(0, 0)


def segments(folder: Path, after: int = 0) -> list[Path]:
    """The segment files in the order of their records, those before the one with `after` left out.

    Raises OSError if there is no folder.
    """
    found = (
        (int(match[1]), file) for file in folder.iterdir() if (match := _NAME.fullmatch(file.name))
    )
    files = sorted(found)
    begin = first_needed([first_seq for first_seq, _ in files], after)
    return [file for _, file in files[begin:]]


def first_needed(first_seqs: list[int], after: int) -> int:
    """Which of the segments with these first seqs, in order, is the first with what is `after`."""
    if not after:
        return 0
    begun = [first_seq for first_seq in first_seqs if first_seq <= after + 1]
    return first_seqs.index(begun[-1]) if begun else 0


def read(folder: Path) -> Iterator[Record]:
    """Every record of the log in `folder`, in order, `Voided` for a voided one.

    Raises LogCorrupt and OSError.
    """
    for _, records in read_after(folder, BEGINNING):
        yield from records


def read_after(folder: Path, place: Place) -> Iterator[tuple[Place, list[Record]]]:
    """The records behind `place`, frame by frame, each with its own place; as `read`.

    Raises LogCorrupt also if the log has no such place.
    """
    voidings = Voidings(folder, Disk())
    for frame, name in _frames(folder, place):
        records = records_of(frame, name)
        if voidings.by_seq:
            records = [voidings.apply(record) for record in records]
        yield Place(frame.first_seq + frame.records - 1, frame.crc), records


def holds(folder: Path, place: Place) -> bool:
    """Whether the log has a frame that ends at `place`. Raises OSError."""
    try:
        for _ in _frames(folder, place):
            break
    except LogCorrupt:
        return False
    return True


def count(folder: Path) -> int:
    """How many records the log in `folder` has, about: for a progress bar. Raises OSError."""
    files = segments(folder)
    if not files:
        return 0
    data = files[-1].read_bytes()
    header = decode_segment_header(data)
    if header is None:
        return 0
    pos, records = SEGMENT_HEADER_BYTES, header.first_seq - 1
    while (frame := read_frame(data, pos)) is not None:
        pos, records = frame.end, records + frame.records
    return records


def _frames(folder: Path, place: Place) -> Iterator[tuple[Frame, str]]:
    """The frames behind `place`, each with the name of its file."""
    files = segments(folder, place.seq)
    next_seq, chain = 1, 0
    stands = place == BEGINNING
    for i, file in enumerate(files):
        last = i == len(files) - 1
        data, header = _segment(file, last=last)
        if header is None:
            break
        if place.seq and i == 0:
            next_seq, chain = header.first_seq, header.chain
            stands = _stands_at(place, header)
        if header.first_seq != next_seq or header.chain != chain:
            raise LogCorrupt(f"{file.name}: segment must begin at seq {next_seq}")
        start = SEGMENT_HEADER_BYTES
        for frame in read_frames(data, start, next_seq, chain, name=file.name, last=last):
            next_seq, chain = frame.first_seq + frame.records, frame.crc
            if stands:
                yield frame, file.name
            elif next_seq - 1 >= place.seq:
                stands = Place(next_seq - 1, chain) == place
                if not stands:
                    raise _no_such(place)
    if not stands:
        raise _no_such(place)


def _segment(file: Path, *, last: bool) -> tuple[bytes, SegmentHeader | None]:
    """A segment's bytes and its header; None for one that holds nothing yet, or nothing any more.

    Raises LogCorrupt for a damaged header.
    """
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        if last:  # A starting venue takes away a segment that holds nothing.
            return b"", None
        raise
    header = decode_segment_header(data)
    if header is None and not (last and len(data) <= SEGMENT_HEADER_BYTES):
        raise LogCorrupt(f"{file.name}: bad segment header")
    return data, header


def _stands_at(place: Place, header: SegmentHeader) -> bool:
    """Whether a segment begins at `place`. Raises LogCorrupt if it begins where that cannot be."""
    if header.first_seq > place.seq + 1:
        raise _no_such(place)
    return (header.first_seq - 1, header.chain) == place


def _no_such(place: Place) -> LogCorrupt:
    return LogCorrupt(f"no frame ends at seq {place.seq} with CRC {place.chain:08x}")


def records_of(frame: Frame, name: str) -> list[Record]:
    """What a frame holds. Raises LogCorrupt unless that is what its header says."""
    where = f"{name}: frame of seq {frame.first_seq}"
    try:
        records = decode(frame.payload)
    except msgspec.DecodeError as error:  # ValidationError too: another version's record
        raise LogCorrupt(f"{where} is unreadable: {error}") from error
    seqs = range(frame.first_seq, frame.first_seq + frame.records)
    if [record.seq for record in records] != list(seqs):
        raise LogCorrupt(f"{where} holds other records")
    return records
