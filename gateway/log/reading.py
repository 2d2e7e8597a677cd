"""Reading a command log that may belong to a running venue: no lock is taken, nothing is changed.

What the venue has written when a segment is opened is read; a torn tail (a frame that is being
written, or that nobody was promised) ends the reading quietly. A later segment that appears
meanwhile is not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from gateway.log.disk import Disk
from gateway.log.frames import (
    SEGMENT_HEADER_BYTES,
    Frame,
    LogCorrupt,
    decode_segment_header,
    read_frame,
    read_frames,
)
from gateway.log.records import Record, decode
from gateway.log.voided import Voidings

_NAME = re.compile(r"\d{8}-(\d{20})\.log")


def segments(folder: Path) -> list[Path]:
    """The segment files in the order of their records. Raises OSError if there is no folder."""
    found = ((match[1], file) for file in folder.iterdir() if (match := _NAME.fullmatch(file.name)))
    return [file for _, file in sorted(found)]


def read(folder: Path) -> Iterator[Record]:
    """Every record of the log in `folder`, in order, `Voided` for a voided one.

    Raises LogCorrupt and OSError.
    """
    voidings = Voidings(folder, Disk())
    records = _as_written(folder)
    yield from map(voidings.apply, records) if voidings.by_seq else records


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


def _as_written(folder: Path) -> Iterator[Record]:
    """Every record, voided or not. Raises LogCorrupt and OSError."""
    files = segments(folder)
    next_seq, chain = 1, 0
    for i, file in enumerate(files):
        last = i == len(files) - 1
        try:
            data = file.read_bytes()
        except FileNotFoundError:
            if last:  # A starting venue takes away a segment that holds nothing.
                return
            raise
        header = decode_segment_header(data)
        if header is None:
            if last and len(data) <= SEGMENT_HEADER_BYTES:
                return
            raise LogCorrupt(f"{file.name}: bad segment header")
        if header.first_seq != next_seq or header.chain != chain:
            raise LogCorrupt(f"{file.name}: segment must begin at seq {next_seq}")
        start = SEGMENT_HEADER_BYTES
        for frame in read_frames(data, start, next_seq, chain, name=file.name, last=last):
            yield from _records(frame, file.name)
            next_seq, chain = frame.first_seq + frame.records, frame.crc


def _records(frame: Frame, name: str) -> list[Record]:
    try:
        return decode(frame.payload)
    except msgspec.DecodeError as error:  # ValidationError too: another version's record
        where = f"{name}: frame of seq {frame.first_seq}"
        raise LogCorrupt(f"{where} is unreadable: {error}") from error
