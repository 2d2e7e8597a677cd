"""Every tear, bit, failed operation and crash of a log: `python -m tests.hardship.tears`.

A log is cut at every byte, a bit of it flipped at every place, and its life is lived with the fault
at every operation of its disk; after each a start and a reader must find the same, and all of it.
The tests do this to small logs, `run` to larger ones. All in one process, on a disk in memory; how
that disk fails and what is promised on it is in `tests.support`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import NamedTuple

from gateway.log.frames import SEGMENT_HEADER_BYTES, LogCorrupt, read_frame
from gateway.log.records import Record, Voided
from tests.flood.report import Row
from tests.gateway.log.test_records import ENTRIES
from tests.hardship.verdict import tell
from tests.support import logs
from tests.support.faulty_disk import FaultyDisk
from tests.support.log_lives import (
    FOLDER,
    Explorer,
    Ledger,
    Reader,
    Tally,
    a_reader,
    go_on,
    live,
    look,
    scripts,
    small_segments,
)
from tests.support.logs import Turn

ONE_FRAME, NO_CHANGE = SEGMENT_HEADER_BYTES + 1, 2**40
"""Segments of one frame each, and one for all."""

RUNS: Sequence[Sequence[Sequence[Turn]]] = [
    [[[logs.order("A1")]], [[logs.order("A2"), logs.order("A3")], [logs.order("A4")]]],
    [[[logs.order("B1")], [logs.order("B2")], [logs.order("B3")]], [[logs.order("B4")]]],
    [[[logs.order("C1")]]],
]
"""From start to clean stop three times."""

ALL = slice(None)
EXAMPLES_MAX = 20


class Place(NamedTuple):
    """A frame: its segment, where it begins and ends there, how many records are before it."""

    name: str
    begin: int
    end: int
    before: int


@dataclass(frozen=True, slots=True)
class Written:
    """A log that was closed in order: its segments by name, its records, its frames in order."""

    image: dict[str, bytes]
    records: list[Record]
    frames: list[Place]


def write(turns: Sequence[Turn]) -> Written:
    """A log of these turns, a frame for each."""
    disk, book = FaultyDisk(), Ledger()
    live(disk, scripts([[turns]])[0], book)
    image = dict(sorted(disk.image().items()))
    befores = iter(accumulate((len(turn) for turn in turns), initial=0))
    frames = []
    for name, data in image.items():
        begin = SEGMENT_HEADER_BYTES
        while (frame := read_frame(data, begin)) is not None:
            frames.append(Place(name, begin, frame.end, next(befores)))
            begin = frame.end
    return Written(image, book.records, frames)


@dataclass(slots=True)
class Damages:
    """How often a log was damaged, and what came of it that must not, in words."""

    tried: int = 0
    wrong: list[str] = field(default_factory=list)

    def judge(self, where: str, check: Callable[[], None]) -> None:
        """One more damage; `check` raises AssertionError or LogCorrupt if it was not as it must."""
        self.tried += 1
        try:
            check()
        except (AssertionError, LogCorrupt) as error:
            self.wrong.append(f"{where}: {error}")


class Damager:
    """Damages one log in every way."""

    def __init__(self, log: Written, reader: Reader) -> None:
        self.log = log
        self._reader = reader
        self.tears = Damages()
        self.bits = Damages()

    def tear(self, frames: int) -> None:
        """Cut the last frames at every byte; also with zeros where the rest of the frame was."""
        for place in self.log.frames[-frames:]:
            data = self.log.image[place.name][: place.end]
            for size in range(place.begin, place.end):
                for damaged in (data[:size], data[:size] + bytes(place.end - size)):
                    if damaged != data:
                        self._torn(place, damaged, len(damaged) - place.begin)

    def tear_header(self) -> None:
        """Cut the last segment's header at every byte, as when it is just begun."""
        place = next(place for place in self.log.frames if place.name == self._last)
        for size in range(SEGMENT_HEADER_BYTES + 1):
            data = self.log.image[place.name][:size]
            self._torn(place, data, 0)

    def flip(self, places: Iterable[Place]) -> None:
        """Every bit of these frames: the last one is cut off, any other refused."""
        for place in places:
            for i in range(place.begin * 8, place.end * 8):
                damaged = _flipped(self.log.image[place.name], i)
                where = f"{place.name}: bit {i % 8} of byte {i // 8}"
                if place == self.log.frames[-1]:
                    torn = place.end - place.begin
                    self._judge_torn(self.bits, where, self._with(place, damaged), place, torn)
                else:
                    words = f"{place.name}: bad frame at byte {place.begin}, "
                    self._judge_refused(where, self._with(place, damaged), words)

    def flip_headers(self, segments: slice = ALL) -> None:
        """Every bit of these segments' headers: refused."""
        for name, data in [*self.log.image.items()][segments]:
            for i in range(SEGMENT_HEADER_BYTES * 8):
                disk = _disk({**self.log.image, name: _flipped(data, i)})
                where = f"{name}: bit {i % 8} of byte {i // 8}"
                self._judge_refused(where, disk, f"{name}: bad segment header")

    @property
    def _last(self) -> str:
        return self.log.frames[-1].name

    def _with(self, place: Place, data: bytes) -> FaultyDisk:
        """The log with other bytes in this frame's segment."""
        return _disk({**self.log.image, place.name: data})

    def _torn(self, place: Place, damaged: bytes, torn: int) -> None:
        """As `_judge_torn`, with no segment behind this one: there was none yet."""
        image = {name: data for name, data in self.log.image.items() if name < place.name}
        where = f"{place.name}: {len(damaged)} bytes"
        disk = _disk({**image, place.name: damaged})
        self._judge_torn(self.tears, where, disk, place, torn)

    def _judge_torn(
        self, damages: Damages, where: str, disk: FaultyDisk, place: Place, torn: int
    ) -> None:
        """The frames before the place are found, exactly, and a start can go on from there."""
        records = self.log.records[: place.before]

        def check() -> None:
            assert look(disk, self._reader) == (records, torn), "not the whole frames before"
            size = len(disk.image().get(place.name, b""))
            assert size == (place.begin if place.begin > SEGMENT_HEADER_BYTES else 0), size
            book = Ledger(records, [0, place.before], place.before, place.before)
            go_on(disk, book.copy(), self._reader)

        damages.judge(where, check)

    def _judge_refused(self, where: str, disk: FaultyDisk, words: str) -> None:
        """Neither a start nor a reader takes it; they say where, and nothing was changed."""

        def check() -> None:
            try:
                found, _ = look(disk, self._reader)
            except LogCorrupt as error:
                if not str(error).startswith(words):
                    raise
            else:
                raise AssertionError(f"{len(found)} records taken")

        self.bits.judge(where, check)


def _disk(image: dict[str, bytes]) -> FaultyDisk:
    disk = FaultyDisk()
    disk.put({FOLDER / "EPOCH": b"1\n", **{FOLDER / name: data for name, data in image.items()}})
    return disk


def _flipped(data: bytes, bit: int) -> bytes:
    i = bit // 8
    return data[:i] + bytes([data[i] ^ 1 << bit % 8]) + data[i + 1 :]


# All of it


@dataclass(frozen=True, slots=True)
class Result:
    """What was tried, and what of it came out as it must not."""

    tears: int
    bits: int
    failed_operations: int
    crashes: int
    different: int
    """Disks as failed operations and crashes left them, those alike only once."""

    refused: int
    """Of them, those with a later unsynced frame whole and an earlier one not: refused like rot."""

    tears_wrong: list[str]
    bits_wrong: list[str]
    operations_wrong: list[str]
    seconds: float

    def rows(self) -> list[Row]:
        """Every promise, with what was tried."""
        wrong = self.operations_wrong
        found = f"; {self.different:,} different disks started on, {self.refused:,} refused as rot"
        return [
            Row("tears recovered", _figure(self.tears, self.tears_wrong), not self.tears_wrong),
            Row("bits noticed", _figure(self.bits, self.bits_wrong), not self.bits_wrong),
            Row("failed operations survived", _figure(self.failed_operations, wrong), not wrong),
            Row("crashes survived", _figure(self.crashes, wrong) + found, not wrong),
        ]

    @property
    def kept(self) -> bool:
        """Whether every promise was kept."""
        return all(row.kept for row in self.rows())


def _figure(tried: int, wrong: Sequence[str]) -> str:
    return f"{tried:,} tried, {len(wrong):,} wrong"


def damaged(
    turns: Sequence[Turn], reader: Reader, torn_frames: int, flipped: slice
) -> list[Damager]:
    """Damage a log of these turns in every way, in one segment and in a segment for each turn."""
    damagers = []
    for segment_bytes in (NO_CHANGE, ONE_FRAME):
        with small_segments(segment_bytes):
            log = write(turns)
            damager = Damager(log, reader)
            damager.tear(torn_frames)
            damager.tear_header()
            damager.flip(log.frames[flipped])
            damager.flip_headers()
            damagers.append(damager)
    return damagers


def explored(
    runs: Sequence[Sequence[Sequence[Turn]]], reader: Reader, *, again: bool = False
) -> Tally:
    """Live these runs with a fault at every operation, under every policy, in segments of any size.

    `again`: also with a second fault, at every operation of the recovery from a crash.
    """
    explorer = Explorer(reader)
    for segment_bytes in (NO_CHANGE, ONE_FRAME):
        with small_segments(segment_bytes):
            for script in scripts(runs):
                explorer.errors(FaultyDisk(), Ledger(), script, again=again)
                explorer.crashes(FaultyDisk(), Ledger(), script, again=again)
    return explorer.tally


def run(kinds: int | None = None, *, again: bool = True) -> Result:
    """One frame for every kind of record, and three runs of a venue, damaged in every way.

    For less: only so many `kinds` of records, no second fault in recoveries.
    """
    begin = time.monotonic()
    turns = [[entry] for entry in ENTRIES if not isinstance(entry, Voided)][:kinds]
    with a_reader() as reader:
        damagers = damaged(turns, reader, len(turns), slice(None))
        tally = explored(RUNS, reader, again=again)
    return Result(
        tears=sum(damager.tears.tried for damager in damagers),
        bits=sum(damager.bits.tried for damager in damagers),
        failed_operations=tally.failed,
        crashes=tally.crashes,
        different=tally.different,
        refused=tally.refused,
        tears_wrong=[wrong for damager in damagers for wrong in damager.tears.wrong],
        bits_wrong=[wrong for damager in damagers for wrong in damager.bits.wrong],
        operations_wrong=tally.wrong,
        seconds=time.monotonic() - begin,
    )


def main() -> int:
    """Try it all, print what was found and some of what was wrong; 1 when a promise was broken."""
    result = run()
    wrong = [*result.tears_wrong, *result.bits_wrong, *result.operations_wrong]
    for line in wrong[:EXAMPLES_MAX]:
        sys.stderr.write(f"{line}\n")
    return tell(f"every tear, bit, operation and crash, {result.seconds:.0f} s", result.rows())


if __name__ == "__main__":
    sys.exit(main())
