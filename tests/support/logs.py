"""Command logs for tests: write one, read it back, run out of disk, hear what the writer says.

A log is written here as turns, each a list of commands. Records get times that follow from their
numbers, so that two logs of the same turns hold the same bytes.
"""

from __future__ import annotations

import queue
import resource
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from engine.commands import EnterOrder, PassTime
from gateway.log.frames import SEGMENT_HEADER_BYTES, read_frame
from gateway.log.records import Entry, Record
from gateway.log.segment_file import SegmentLog

WAIT_SECONDS_MAX = 10.0

Turn = Sequence[Entry]


def record(seq: int, entry: Entry | None = None) -> Record:
    """The record with this number; by default time passes in it."""
    return Record(seq, seq * 1_000, seq * 2_000, 0, entry or PassTime())


def order(cl_ord_id: str) -> EnterOrder:
    """An order, for records that are longer than a few bytes."""
    return EnterOrder("AVA", "AVA", cl_ord_id, "ERIC-B", "1", "2", 100, 873_000)


FOUR_TURNS: list[Turn] = [
    [order("A1")],
    [order("A2"), order("A3")],
    [order("A4")],
    [order("A5"), order("A6")],
]
"""A small log: its frames end with records 1, 3, 4 and 6."""


class Heard:
    """The callbacks of a log, as a tape: each durable seq, or the name of an error's type."""

    def __init__(self) -> None:
        self._tape: queue.SimpleQueue[int | str] = queue.SimpleQueue()
        self.all: list[int | str] = []

    def durable(self, seq: int) -> None:
        """For `on_durable`."""
        self._tape.put(seq)

    def error(self, error: BaseException) -> None:
        """For `on_error`."""
        self._tape.put(type(error).__name__)

    def until(self, wanted: int | str) -> list[int | str]:
        """All that was heard, once `wanted` was; raises queue.Empty if it never comes."""
        while wanted not in self.all:
            self.all.append(self._tape.get(timeout=WAIT_SECONDS_MAX))
        return self.all

    def so_far(self) -> list[int | str]:
        """All that was heard; complete once the log is closed."""
        while not self._tape.empty():
            self.all.append(self._tape.get())
        return self.all


def append(log: SegmentLog, turns: Sequence[Turn]) -> None:
    """One turn after the other."""
    for turn in turns:
        for entry in turn:
            log.append(record(log.last_seq + 1, entry))
        log.commit()


def open_log(path: Path, sync: str = "none") -> tuple[SegmentLog, list[Record], Heard]:
    """A log that is recovered and started: the log, what was in it, what it will say."""
    log = SegmentLog(path, sync)
    try:
        found = list(log.recover())
        heard = Heard()
        log.start(heard.durable, heard.error)
    except BaseException:
        log.close()
        raise
    return log, found, heard


def write(path: Path, *turns: Turn, sync: str = "none") -> list[Record]:
    """Open the log, add these turns, close it; returns all its records, old and new."""
    log, found, heard = open_log(path, sync)
    first = log.last_seq + 1
    for turn in turns:
        append(log, [turn])
        heard.until(log.last_seq)  # else several turns may become one frame
    log.close()
    entries = [entry for turn in turns for entry in turn]
    return found + [record(seq, entry) for seq, entry in enumerate(entries, first)]


def read(path: Path) -> list[Record]:
    """What a start would find in the log; raises LogCorrupt."""
    log = SegmentLog(path, "none")
    try:
        return list(log.recover())
    finally:
        log.close()


def segments(path: Path) -> list[Path]:
    """The segment files in the order of their records."""
    return sorted(path.glob("*.log"), key=lambda file: file.name.partition("-")[2])


def frame_ends(file: Path) -> list[int]:
    """Where a segment's header and each of its frames end."""
    data, ends = file.read_bytes(), [SEGMENT_HEADER_BYTES]
    while (frame := read_frame(data, ends[-1])) is not None:
        ends.append(frame.end)
    return ends


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """The disk is full: no file of this process grows beyond `size` bytes.

    A write across the limit is cut short, the next one fails (Python ignores SIGXFSZ).
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
