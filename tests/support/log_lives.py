"""Lives of a log on a disk that fails: its promises are written down, and looked for afterwards.

An `Explorer` lives one life again and again, with the fault at each operation of it, and after each
looks what is found: by a start, by a reader, and on all that may have survived of what was not
synced. What must not be here: how the disk fails (`faulty_disk`), and damage to what was on it
(`tests.hardship.tears`).
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import SimpleQueue

from gateway.log import reading, segment_file
from gateway.log.frames import LogCorrupt
from gateway.log.records import Record
from gateway.log.segment_file import SegmentLog
from tests.simulation.disk import MachineDied
from tests.support import logs
from tests.support.faulty_disk import ERRORS, Fault, FaultyDisk
from tests.support.logs import Turn

FOLDER = Path("/log")


@dataclass(frozen=True, slots=True)
class Script:
    """What a log lives through: runs from start to clean stop, each of batches of turns.

    Without its thread a log writes a batch at once; with it, one turn after the other.
    """

    name: str
    sync: str
    runs: Sequence[Sequence[Sequence[Turn]]]
    threaded: bool = True


@dataclass(slots=True)
class Ledger:
    """What a log was given and what it promised.

    `ends` are the seqs that frames end with. `said` is the last seq the log called durable, `safe`
    the last one that also a crash of the machine must not take, by the log's policy.
    """

    records: list[Record] = field(default_factory=list)
    ends: list[int] = field(default_factory=lambda: [0])
    said: int = 0
    safe: int = 0
    broken: list[str] = field(default_factory=list)
    """Promises made that may not be made."""

    def copy(self) -> Ledger:
        """Another one to go on with."""
        return replace(self, records=self.records[:], ends=self.ends[:], broken=self.broken[:])

    def after_crash(self) -> Ledger:
        """What still counts after the machine died."""
        return replace(self.copy(), said=self.safe)

    def append(self, log: SegmentLog, turn: Turn) -> None:
        """Give the log one turn."""
        for entry in turn:
            record = logs.record(log.last_seq + 1, entry)
            log.append(record)
            self.records.append(record)
        self.ends.append(log.last_seq)
        log.commit()

    def recovered(self, found: list[Record]) -> None:
        """A start has read the log: what is promised is there, the rest is whole or not there."""
        count = len(found)
        assert found == self.records[:count], "other records than were written"
        assert count in self.ends, f"part of a turn: {count} of {self.ends}"
        assert count >= self.said, f"{self.said} promised, {count} found"
        del self.records[count:]
        self.ends = [end for end in self.ends if end <= count]
        # What was read back is on the disk before anything is built on it.
        self.said = self.safe = count


class _Life:
    """One try to live through a script on a disk."""

    def __init__(self, disk: FaultyDisk, script: Script, ledger: Ledger) -> None:
        self._disk = disk
        self._script = script
        self._ledger = ledger
        self._tape: SimpleQueue[int | BaseException] = SimpleQueue()
        disk.on_sync = self._synced

    def live(self) -> None:
        """Raises what the log raises: OSError, MachineDied, LogCorrupt."""
        for batches in self._script.runs:
            log = SegmentLog(FOLDER, self._script.sync, self._disk)
            if not self._script.threaded:
                log.threaded = False
            self._ledger.recovered(list(log.recover()))
            log.start(self._durable, self._tape.put)
            try:
                for batch in batches:
                    self._batch(log, batch)
            except OSError:
                self._insist(log)
                raise
            log.close()

    def _batch(self, log: SegmentLog, batch: Sequence[Turn]) -> None:
        for turn in batch:
            self._ledger.append(log, turn)
            if log.threaded:
                self._wait(log.last_seq)
        if not log.threaded:
            log.write_waiting()

    def _insist(self, log: SegmentLog) -> None:
        """The disk has failed: another turn, and a clean stop, must not come to the disk."""
        try:
            self._ledger.append(log, [logs.order("late")])
            log.close()
        except OSError:
            return
        self._ledger.broken.append("closed as if nothing had been")

    def _wait(self, seq: int) -> None:
        heard: int | BaseException = 0
        while heard != seq:
            heard = self._tape.get(timeout=logs.WAIT_SECONDS_MAX)
            if isinstance(heard, BaseException):
                raise heard

    def _durable(self, seq: int) -> None:
        if self._disk.fired:
            self._ledger.broken.append(f"{seq} durable after a failure")
        self._ledger.said = seq
        if self._script.sync == "group":
            self._ledger.safe = seq
        self._tape.put(seq)

    def _synced(self) -> None:
        self._ledger.safe = self._ledger.said


def live(disk: FaultyDisk, script: Script, ledger: Ledger) -> None:
    """Live through a script; raises what the log raises: OSError, MachineDied, LogCorrupt."""
    _Life(disk, script, ledger).live()


# Every operation of a life


LATER = (((logs.order("later"),),),)

POLICIES = {"group": True, "group at once": False, "interval:0": True, "none": True}
"""Each policy, with the log's thread or without: then a batch becomes one group."""


def scripts(runs: Sequence[Sequence[Sequence[Turn]]]) -> list[Script]:
    """These runs under every policy."""
    return [
        Script(name, name.partition(" ")[0], runs, threaded) for name, threaded in POLICIES.items()
    ]


@dataclass(slots=True)
class Tally:
    """What was tried: failed operations, disks found after crashes, wrong outcomes in words."""

    failed: int = 0
    crashes: int = 0
    different: int = 0
    """Disks that were started on: those alike in every byte and promise only once."""
    refused: int = 0
    """Of them, those a start refused, because pages had come to the disk out of order."""
    wrong: list[str] = field(default_factory=list)
    operations: set[str] = field(default_factory=set)
    """The names of the operations that failed or died."""


class Explorer:
    """Lives through scripts with a fault at every operation, and judges; `tally` is the sum."""

    def __init__(self, reader: Reader) -> None:
        self.tally = Tally()
        self._reader = reader
        self._lax = False
        """Whether the policy lets a crash leave a log that a start refuses."""
        self._judged: dict[tuple[frozenset[tuple[str, bytes]], int, int, bool], bool] = {}
        self._recovered: set[tuple[Hashable, int, int, int]] = set()

    def errors(
        self, base: FaultyDisk, ledger: Ledger, script: Script, *, again: bool = False
    ) -> None:
        """Each operation fails, in each way; the next process finds the disk as it was left.

        `again`: after a failed sync the machine also dies, in each operation of that process.
        """
        self._lax = script.sync != "group"
        for fault in ERRORS:
            for at, disk, book in self._each(base, ledger, script, fault):
                self.tally.failed += 1
                where = f"{script.name}: {fault.value} at {at}, {disk.done[at - 1]}"
                self._broken(where, disk, book)
                self._judge(where, disk.with_fault(0, fault), book.copy())
                for found, left in disk.survivors():
                    self._judge(f"{where}, then a crash, {left.value}", found, book.after_crash())
                lost = any(file.lost for file in disk.files.values())
                if again and lost and self._is_new(disk, book):
                    recovery = Script(f"{where}; recovery", script.sync, [LATER], threaded=False)
                    self.crashes(disk.with_fault(0, fault), book, recovery)

    def crashes(
        self, base: FaultyDisk, ledger: Ledger, script: Script, *, again: bool = False
    ) -> None:
        """The machine dies in each operation; `again` also in each of the recovery after it."""
        self._lax = script.sync != "group"
        for at, disk, book in self._each(base, ledger, script, Fault.CRASH):
            where = f"{script.name}: crash at {at}, {disk.done[at - 1]}"
            self._broken(where, disk, book)
            left = [(left.value, found, book.after_crash()) for found, left in disk.survivors()]
            # Or the process only was killed, and what is not synced can still be lost later.
            left.append(("killed", disk.with_fault(0, Fault.CRASH), book))
            for how, found, rest in left:
                self.tally.crashes += 1
                told = f"{where}, {how}"
                good = self._judge(told, found.with_fault(0, Fault.CRASH), rest.copy())
                if again and good and self._is_new(found, rest):
                    recovery = Script(f"{told}; recovery", script.sync, [LATER], threaded=False)
                    self.errors(found, rest, recovery)
                    self.crashes(found, rest, recovery)

    def _each(
        self, base: FaultyDisk, ledger: Ledger, script: Script, fault: Fault
    ) -> Iterator[tuple[int, FaultyDisk, Ledger]]:
        """The life with the fault at operation 1, 2 and so on, as far as there are any."""
        at = 0
        while True:
            at += 1
            disk, book = base.with_fault(at, fault), ledger.copy()
            with suppress(OSError, MachineDied):
                live(disk, script, book)
            if disk.operations < at:
                return
            if fault is Fault.SHORT and disk.done[at - 1] != "write":
                continue
            self.tally.operations.add(disk.done[at - 1])
            yield at, disk, book

    def _is_new(self, disk: FaultyDisk, book: Ledger) -> bool:
        """Whether no recovery was tried yet on such a disk, after such promises."""
        key = (disk.state(), book.said, book.safe, len(book.records))
        known = key in self._recovered
        self._recovered.add(key)
        return not known

    def _broken(self, where: str, disk: FaultyDisk, book: Ledger) -> None:
        """What was done after the fault that may not be done."""
        if disk.late:
            book.broken.append(f"goes on with {', '.join(disk.late)}")
        self.tally.wrong += [f"{where}: {what}" for what in book.broken]

    def _judge(self, where: str, disk: FaultyDisk, book: Ledger) -> bool:
        """Start on this disk and go on; whether that went well, now or before with the same."""
        key = (frozenset(disk.image().items()), book.said, len(book.records), self._lax)
        if key not in self._judged:
            self.tally.different += 1
            self._judged[key] = self._goes_well(where, disk, book)
        return self._judged[key]

    def _goes_well(self, where: str, disk: FaultyDisk, book: Ledger) -> bool:
        try:
            book.recovered(look(disk, self._reader)[0])
            go_on(disk, book, self._reader)
        except LogCorrupt as error:
            if self._lax and _out_of_order(error, self._reader.whole(disk.image()), book):
                self.tally.refused += 1
            else:
                self.tally.wrong.append(f"{where}: refused: {error}")
            return False
        except AssertionError as error:
            self.tally.wrong.append(f"{where}: {error}")
            return False
        return True


@contextmanager
def a_reader() -> Iterator[Reader]:
    """One with a folder of its own, in memory where there is a file system for that."""
    memory = Path("/dev/shm")  # noqa: S108
    where = memory if os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="fixpit-log-", dir=where) as scratch:
        yield Reader(Path(scratch))


class Reader:
    """`reading`, which reads real files only, over the segments of a disk in memory.

    They are copied to the folder `scratch`, which must be empty at first.
    """

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._copied: dict[str, bytes] = {}

    def read(self, image: dict[str, bytes]) -> list[Record]:
        """What it finds. Raises LogCorrupt."""
        return list(self._records(image))

    def whole(self, image: dict[str, bytes]) -> list[Record]:
        """What it finds before it finds damage."""
        found = []
        with suppress(LogCorrupt):
            for record in self._records(image):
                found.append(record)  # noqa: PERF402 - what was found stays, whatever follows
        return found

    def _records(self, image: dict[str, bytes]) -> Iterator[Record]:
        for name in self._copied.keys() - image.keys():
            (self._scratch / name).unlink()
        for name, data in image.items():
            if self._copied.get(name) != data:
                (self._scratch / name).write_bytes(data)
        self._copied = image
        return reading.read(self._scratch)


def look(disk: FaultyDisk, reader: Reader) -> tuple[list[Record], int]:
    """What a start finds on this disk, and how many torn bytes; the reader finds the same.

    Raises LogCorrupt if both refuse and nothing was changed, AssertionError if they differ.
    """
    before = disk.image()
    try:
        read: list[Record] | str = reader.read(before)
    except LogCorrupt as error:
        read = str(error)
    log = SegmentLog(FOLDER, "none", disk)
    try:
        found = list(log.recover())
    except LogCorrupt as error:
        assert disk.image() == before, "refused, and changed"
        if not isinstance(read, str):
            raise AssertionError(f"{error}: not so for the reader") from error
        raise
    finally:
        log.close()
    assert found == read, f"a start finds {len(found)}, the reader {read}"
    assert reader.read(disk.image()) == found, "the reader differs after recovery"
    return found, log.torn_bytes


def go_on(disk: FaultyDisk, book: Ledger, reader: Reader) -> None:
    """The next process starts on this disk and adds a turn: it is there, behind the others."""
    live(disk, Script("", "group", [LATER], threaded=False), book)
    assert reader.read(disk.image()) == book.records, "what came later is not there"


def _out_of_order(error: LogCorrupt, whole: list[Record], book: Ledger) -> bool:
    """Whether a later frame came to the disk and an earlier one did not, both of them unsynced.

    Such a log looks like rot and is refused, though all that was promised is there, before that.
    With a sync for every frame it cannot be.
    """
    unsynced = sum(end > book.said for end in book.ends)
    there = len(whole) >= book.said and whole == book.records[: len(whole)]
    return there and unsynced > 1 and "but a good one" in str(error)


@contextmanager
def small_segments(size: int) -> Iterator[None]:
    """A log begins a new segment behind this many bytes."""
    usual = segment_file.SEGMENT_BYTES_MAX
    segment_file.SEGMENT_BYTES_MAX = size
    try:
        yield
    finally:
        segment_file.SEGMENT_BYTES_MAX = usual
