"""The embedded command log: segment files in one folder, one writer, group commit.

`append` gathers records of the current loop turn; `commit` closes the turn's frame and hands it to
one worker thread, which writes, syncs once for all frames that came meanwhile, and reports the last
durable seq (a file sync takes longer than a turn: waiting for it in the loop would halve the rate
and stop heartbeats). Policies: `group` reports after fdatasync, `interval:MS` after the write with
a sync every MS, `none` after the write: that survives the death of the process, not of the machine.

Any I/O error is final: the same descriptor is never synced again, because Linux marks the pages
clean after a failed sync. The folder is locked, and every start is a new epoch.
"""

from __future__ import annotations

import fcntl
import os
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty, SimpleQueue
from time import monotonic

import msgspec

from gateway.log.frames import (
    SEGMENT_HEADER_BYTES,
    Frame,
    LogCorrupt,
    decode_segment_header,
    encode_frame,
    encode_segment_header,
    read_frames,
)
from gateway.log.records import Record, decode, encode_into, payload

SEGMENT_BYTES_MAX = 64 * 1024 * 1024
_NAME = re.compile(r"(\d{8})-(\d{20})\.log")


class LogLocked(Exception):
    """Another process has the folder."""


class SegmentLog:
    """A command log in the folder `path`.

    Use: construct (locks), iterate `recover()` to the end, `start(...)`, then `append` and
    `commit`, at the end `close`.
    """

    def __init__(self, path: Path, sync: str) -> None:
        self.path = path
        self.sync = sync
        self.last_seq = 0
        self.torn_bytes = 0
        self._chain = 0
        self._buffer = bytearray()
        self._count = 0
        self._queue: SimpleQueue[tuple[bytes, int] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._started = False
        self._failure: BaseException | None = None
        path.mkdir(parents=True, exist_ok=True)
        self._lock_fd = os.open(path / "LOCK", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock_fd)
            raise LogLocked(str(path)) from error
        self._fd = -1
        self._segment_bytes = 0
        try:
            self._epoch = self._next_epoch()
        except BaseException:
            os.close(self._lock_fd)
            raise

    # Recovery

    def recover(self) -> Iterator[Record]:
        """Every record in order; a torn tail is cut off. Raises LogCorrupt for any other damage."""
        segments = sorted(
            (int(match[2]), int(match[1]), file)
            for file in self.path.iterdir()
            if (match := _NAME.fullmatch(file.name))
        )
        for i, (first_seq, _, file) in enumerate(segments):
            yield from self._recover_segment(file, first_seq, last=i == len(segments) - 1)

    def _recover_segment(self, file: Path, first_seq: int, *, last: bool) -> Iterator[Record]:
        data = file.read_bytes()
        header = decode_segment_header(data)
        if header is None:
            if last and len(data) <= SEGMENT_HEADER_BYTES:
                file.unlink()  # The process died while it began this segment: nothing is in it.
                return
            raise LogCorrupt(f"{file.name}: bad segment header")
        next_seq = self.last_seq + 1
        if header.first_seq != first_seq or first_seq != next_seq or header.chain != self._chain:
            raise LogCorrupt(f"{file.name}: segment must begin at seq {next_seq}, was {first_seq}")
        end = SEGMENT_HEADER_BYTES
        for frame in read_frames(data, end, next_seq, self._chain, name=file.name, last=last):
            yield from _records(frame, file.name)
            end, self._chain = frame.end, frame.crc
            self.last_seq = frame.first_seq + frame.records - 1
        if end < len(data):
            self.torn_bytes = len(data) - end
        if last:
            # Read back is not yet on disk: a process killed before its sync left it in the cache,
            # and what is built on it from here on must not outlive it.
            _truncate(file, end)
        if end == SEGMENT_HEADER_BYTES:
            file.unlink()

    def _next_epoch(self) -> int:
        """Count the starts; durable before anything is written in the new epoch."""
        file, fresh = self.path / "EPOCH", self.path / "EPOCH.new"
        text = file.read_bytes().strip() if file.exists() else b"0"
        if not text.isdigit():
            raise LogCorrupt(f"EPOCH: must be a number, was {text[:20]!r}")
        epoch = int(text) + 1
        fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
        try:
            _write_all(fd, f"{epoch}\n".encode())
            os.fsync(fd)
        finally:
            os.close(fd)
        fresh.replace(file)
        _sync_folder(self.path)
        return epoch

    # Writing

    def start(
        self, on_durable: Callable[[int], None], on_error: Callable[[BaseException], None]
    ) -> None:
        """Begin a segment and the writer; both callbacks come from the writer's thread.

        With policy `none` there is no thread: `on_durable` is called inside `commit`.
        """
        self._on_durable = on_durable
        self._on_error = on_error
        self._begin_segment(self.last_seq + 1, self._chain)
        self._started = True
        if self.sync != "none":
            self._thread = threading.Thread(target=self._write_loop, name="log", daemon=True)
            self._thread.start()

    def append(self, record: Record) -> None:
        """Add the next record to this turn's frame."""
        assert record.seq == self.last_seq + 1
        self.last_seq = record.seq
        self._count += 1
        encode_into(record, self._buffer)

    def commit(self) -> None:
        """Close this turn's frame and have it written; nothing when nothing was appended."""
        if not self._count:
            return
        first_seq = self.last_seq - self._count + 1
        data = payload(self._count, self._buffer)
        frame, self._chain = encode_frame(first_seq, self._count, data, self._chain)
        self._buffer.clear()
        self._count = 0
        if self._thread is None:
            self._write_now(frame)
            self._on_durable(self.last_seq)
            return
        self._queue.put((frame, self.last_seq))

    def close(self) -> None:
        """Write what is left, sync it whatever the policy, let the folder go.

        Raises the error that stopped the writer, if one did: then not all that was left is written.
        """
        try:
            if self._started:
                self.commit()
                self._join()
                os.fdatasync(self._fd)
        finally:
            if self._fd >= 0:
                self._close_segment()
            os.close(self._lock_fd)

    def _join(self) -> None:
        """Let the writer come to its end; raises what ended it before."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            self._thread = None
        if self._failure is not None:
            raise self._failure

    def _write_now(self, frame: bytes) -> None:
        try:
            self._write(frame)
        except OSError as error:
            self._failure = error
            raise

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
        """All frames that are waiting, then one sync, then the promise; until the log is closed."""
        closing = False
        while not closing:
            waiting = [self._queue.get()]
            while not self._queue.empty():
                waiting.append(self._queue.get())
            frames = [item for item in waiting if item is not None]
            closing = len(frames) < len(waiting)
            for frame, _ in frames:
                self._write(frame)
            if frames:
                os.fdatasync(self._fd)
                self._on_durable(frames[-1][1])

    def _write_with_interval(self, interval: float) -> None:
        """The promise right after the write, a sync every `interval` seconds while there is any."""
        sync_at: float | None = None
        while True:
            if sync_at is not None and monotonic() >= sync_at:
                os.fdatasync(self._fd)
                sync_at = None
            timeout = None if sync_at is None else max(0.0, sync_at - monotonic())
            try:
                item = self._queue.get(timeout=timeout)
            except Empty:
                continue
            if item is None:
                return
            self._write(item[0])
            self._on_durable(item[1])
            if sync_at is None:
                sync_at = monotonic() + interval

    def _write(self, frame: bytes) -> None:
        if self._segment_bytes >= SEGMENT_BYTES_MAX:
            os.fdatasync(self._fd)
            self._close_segment()
            first_seq, chain = _place_of(frame)
            self._begin_segment(first_seq, chain)
        _write_all(self._fd, frame)
        self._segment_bytes += len(frame)

    def _close_segment(self) -> None:
        fd, self._fd = self._fd, -1
        os.close(fd)

    def _begin_segment(self, first_seq: int, chain: int) -> None:
        file = self.path / f"{self._epoch:08d}-{first_seq:020d}.log"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        self._fd = os.open(file, flags, 0o644)
        _write_all(self._fd, encode_segment_header(self._epoch, first_seq, chain))
        os.fsync(self._fd)
        _sync_folder(self.path)
        self._segment_bytes = SEGMENT_HEADER_BYTES


def _records(frame: Frame, name: str) -> list[Record]:
    """What a frame holds. Raises LogCorrupt unless that is what its header says."""
    try:
        records = decode(frame.payload)
    except msgspec.DecodeError as error:  # ValidationError too: another version's record
        raise LogCorrupt(
            f"{name}: frame of seq {frame.first_seq} is unreadable: {error}"
        ) from error
    seqs = range(frame.first_seq, frame.first_seq + frame.records)
    if [record.seq for record in records] != list(seqs):
        raise LogCorrupt(f"{name}: frame of seq {frame.first_seq} holds other records")
    return records


def _place_of(frame: bytes) -> tuple[int, int]:
    """First seq of an encoded frame and the CRC it follows."""
    first_seq = int.from_bytes(frame[8:16], "little")
    return first_seq, int.from_bytes(frame[20:24], "little")


def _write_all(fd: int, data: bytes) -> None:
    """Write it all: a full disk shows first as a short write, only then as an error."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def _truncate(file: Path, size: int) -> None:
    fd = os.open(file, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.ftruncate(fd, size)
        os.fsync(fd)
    finally:
        os.close(fd)


def _sync_folder(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
