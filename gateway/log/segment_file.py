"""The embedded command log: segment files in one folder, one writer, group commit.

`append` gathers records of the current loop turn; `commit` hands the turn to one worker thread,
which writes all turns that came meanwhile as one frame, syncs, and reports the last durable seq (a
file sync takes longer than a turn: waiting for it in the loop would halve the rate and stop
heartbeats). Policies: `group` reports after fdatasync, `interval:MS` after the write with a sync
every MS, `none` after the write: that survives the death of the process, not of the machine.

Any I/O error is final: the same descriptor is never synced again, because Linux marks the pages
clean after a failed sync. The folder is locked, and every start is a new epoch.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty, SimpleQueue
from time import monotonic
from typing import NamedTuple

from gateway.log.disk import Disk, write_all, write_durably
from gateway.log.frames import (
    SEGMENT_HEADER_BYTES,
    LogCorrupt,
    decode_segment_header,
    encode_frame,
    encode_segment_header,
    read_frames,
)
from gateway.log.reading import BEGINNING, Place, first_needed, records_of
from gateway.log.records import Record, encode_into, payload
from gateway.log.voided import Voidings

SEGMENT_BYTES_MAX = 64 * 1024 * 1024
GROUP_BYTES_MAX = 4 * 1024 * 1024
"""Turns beyond this wait for the next sync."""

_NAME = re.compile(r"(\d{8})-(\d{20})\.log")


class LogLocked(Exception):
    """Another process has the folder."""


class Turn(NamedTuple):
    """The records of one loop turn, encoded one behind the other; `last_seq` is the last one's."""

    last_seq: int
    records: int
    encoded: bytes


class SegmentLog:
    """A command log in the folder `path`.

    Use: construct (locks), iterate `recover()` to the end, `start(...)`, then `append` and
    `commit`, at the end `close`.
    """

    def __init__(self, path: Path, sync: str, disk: Disk | None = None) -> None:
        self.path = path
        self.sync = sync
        self.threaded = sync != "none"
        self._disk = disk or Disk()
        self.last_seq = 0
        self.torn_bytes = 0
        self._chain = 0
        self._buffer = bytearray()
        self._count = 0
        self._queue: SimpleQueue[Turn | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._started = False
        self._failure: BaseException | None = None
        self._disk.make_folder(path)
        try:
            self._lock_fd = self._disk.lock(path / "LOCK")
        except BlockingIOError as error:
            raise LogLocked(str(path)) from error
        self._fd = -1
        self._segment_bytes = 0
        try:
            self._epoch = self._next_epoch()
        except BaseException:
            self._disk.close(self._lock_fd)
            raise

    # Recovery

    def recover(self, after: Place = BEGINNING) -> Iterator[Record]:
        """Every record behind a place that the log `holds`, in order, `Voided` for a voided one.

        A torn tail is cut off. Raises LogCorrupt for any other damage in what is read.
        """
        voidings = Voidings(self.path, self._disk)
        segments = sorted(
            (int(match[2]), int(match[1]), self.path / name)
            for name in self._disk.names(self.path)
            if (match := _NAME.fullmatch(name))
        )
        segments = segments[first_needed([first_seq for first_seq, _, _ in segments], after.seq) :]
        if after.seq:
            self.last_seq = segments[0][0] - 1
            self._chain = _chain_before(self._disk.read(segments[0][2]))
        for i, (first_seq, _, file) in enumerate(segments):
            last = i == len(segments) - 1
            records = self._recover_segment(file, first_seq, after, last=last)
            yield from map(voidings.apply, records) if voidings.by_seq else records
        assert self.last_seq >= after.seq

    def _recover_segment(
        self, file: Path, first_seq: int, after: Place, *, last: bool
    ) -> Iterator[Record]:
        data = self._disk.read(file)
        header = decode_segment_header(data)
        if header is None:
            if last and len(data) <= SEGMENT_HEADER_BYTES:
                # The process died while it began this segment: nothing is in it.
                self._remove(file)
                return
            raise LogCorrupt(f"{file.name}: bad segment header")
        next_seq = self.last_seq + 1
        if header.first_seq != first_seq or first_seq != next_seq or header.chain != self._chain:
            raise LogCorrupt(f"{file.name}: segment must begin at seq {next_seq}, was {first_seq}")
        end = SEGMENT_HEADER_BYTES
        for frame in read_frames(data, end, next_seq, self._chain, name=file.name, last=last):
            if frame.first_seq > after.seq:
                yield from records_of(frame, file.name)
            end, self._chain = frame.end, frame.crc
            self.last_seq = frame.first_seq + frame.records - 1
            assert self.last_seq != after.seq or self._chain == after.chain
        if end < len(data):
            self.torn_bytes = len(data) - end
        if end == SEGMENT_HEADER_BYTES:
            self._remove(file)
        elif last:
            # Read back is not yet on disk: a process killed before its sync left it in the cache,
            # and what is built on it from here on must not outlive it. After a sync that failed
            # the system even takes it for written, so it is written once more.
            self._disk.write_again(file, data[:end])

    def _remove(self, file: Path) -> None:
        """Take a segment away, on the disk too before the next one begins."""
        self._disk.unlink(file)
        self._disk.sync_folder(self.path)

    def _next_epoch(self) -> int:
        """Count the starts; durable before anything is written in the new epoch."""
        file = self.path / "EPOCH"
        try:
            text = self._disk.read(file).strip()
        except FileNotFoundError:
            text = b"0"
        if not text.isdigit():
            raise LogCorrupt(f"EPOCH: must be a number, was {text[:20]!r}")
        epoch = int(text) + 1
        write_durably(self._disk, file, f"{epoch}\n".encode())
        return epoch

    # Writing

    def start(
        self, on_durable: Callable[[int], None], on_error: Callable[[BaseException], None]
    ) -> None:
        """Begin a segment and the writer; both callbacks come from the writer's thread.

        With policy `none` there is no thread: `on_durable` is called inside `commit`. With
        `threaded` off there is none either: whoever runs the log calls `write_waiting`.
        """
        self._on_durable = on_durable
        self._on_error = on_error
        self._begin_segment(self.last_seq + 1, self._chain)
        self._started = True
        if self.threaded:
            self._thread = threading.Thread(target=self._write_loop, name="log", daemon=True)
            self._thread.start()

    def append(self, record: Record) -> None:
        """Add the next record to this turn's frame."""
        assert record.seq == self.last_seq + 1
        self.last_seq = record.seq
        self._count += 1
        encode_into(record, self._buffer)

    def commit(self) -> None:
        """The turn is over, have it written; nothing when nothing was appended."""
        if not self._count:
            return
        count, self._count = self._count, 0
        if self.sync == "none":
            self._write_now(count)
            self._on_durable(self.last_seq)
            return
        self._queue.put(Turn(self.last_seq, count, bytes(self._buffer)))
        self._buffer.clear()

    def close(self) -> None:
        """Write what is left, sync it whatever the policy, let the folder go.

        Raises the error that stopped the writer, if one did: then not all that was left is written.
        """
        try:
            if self._started:
                self.commit()
                self._join()
                self._disk.sync_data(self._fd)
        finally:
            try:
                if self._fd >= 0:
                    self._close_segment()
            finally:
                self._disk.close(self._lock_fd)

    def _join(self) -> None:
        """Let the writer come to its end; raises what ended it before."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            self._thread = None
        elif self._failure is None:
            self.write_waiting()
        self._go_on()

    def _write_now(self, count: int) -> None:
        self._go_on()
        try:
            self._write(self.last_seq, count, self._buffer)
        except OSError as error:
            self._failure = error
            raise
        self._buffer.clear()

    def _go_on(self) -> None:
        """Behind a frame that was not written nothing may be: raises what ended the log."""
        if self._failure is not None:
            raise self._failure

    def _write_loop(self) -> None:
        milliseconds = self.sync.partition(":")[2]
        try:
            if milliseconds:
                self._write_with_interval(int(milliseconds) / 1000)
            else:
                self._write_in_groups()
        except BaseException as error:
            self._failure = error
            self._on_error(error)

    def _write_in_groups(self) -> None:
        """All turns that wait, then one sync, then the promise; until the log is closed."""
        while self._write_group(self._queue.get()):
            pass

    def write_waiting(self) -> None:
        """Write and sync what is waiting, for a log without a thread. Raises OSError."""
        self._go_on()
        try:
            while not self._queue.empty():
                self._write_group(self._queue.get())
        except OSError as error:
            self._failure = error
            raise

    def _write_group(self, turn: Turn | None) -> bool:
        """This turn and those that wait behind it, as one frame; returns whether the log goes on.

        Several frames before one sync may come to the disk in another order, and a whole one behind
        one that is not would look like rot.
        """
        group: list[Turn] = []
        size = 0
        while turn is not None:
            group.append(turn)
            size += len(turn.encoded)
            if size > GROUP_BYTES_MAX or self._queue.empty():
                break
            turn = self._queue.get()
        if group:
            last_seq, count = group[-1].last_seq, sum(turn.records for turn in group)
            self._write(last_seq, count, b"".join(turn.encoded for turn in group))
            self._disk.sync_data(self._fd)
            self._on_durable(last_seq)
        return turn is not None

    def _write_with_interval(self, interval: float) -> None:
        """The promise right after the write, a sync every `interval` seconds while there is any."""
        sync_at: float | None = None
        while True:
            if sync_at is not None and monotonic() >= sync_at:
                self._disk.sync_data(self._fd)
                sync_at = None
            timeout = None if sync_at is None else max(0.0, sync_at - monotonic())
            try:
                turn = self._queue.get(timeout=timeout)
            except Empty:
                continue
            if turn is None:
                return
            self._write(*turn)
            self._on_durable(turn.last_seq)
            if sync_at is None:
                sync_at = monotonic() + interval

    def _write(self, last_seq: int, count: int, encoded: bytes | bytearray) -> None:
        """So many records that end with this one, as one frame."""
        first_seq = last_seq - count + 1
        if self._segment_bytes >= SEGMENT_BYTES_MAX:
            self._disk.sync_data(self._fd)
            self._close_segment()
            self._begin_segment(first_seq, self._chain)
        data = payload(count, encoded)
        frame, self._chain = encode_frame(first_seq, count, data, self._chain)
        write_all(self._disk, self._fd, frame)
        self._segment_bytes += len(frame)

    def _close_segment(self) -> None:
        fd, self._fd = self._fd, -1
        self._disk.close(fd)

    def _begin_segment(self, first_seq: int, chain: int) -> None:
        file = self.path / f"{self._epoch:08d}-{first_seq:020d}.log"
        self._fd = self._disk.create(file)
        write_all(self._disk, self._fd, encode_segment_header(self._epoch, first_seq, chain))
        self._disk.sync(self._fd)
        self._disk.sync_folder(self.path)
        self._segment_bytes = SEGMENT_HEADER_BYTES


def _chain_before(segment: bytes) -> int:
    """What the first frame of a segment chains to; 0 if there is no telling."""
    header = decode_segment_header(segment)
    return 0 if header is None else header.chain
