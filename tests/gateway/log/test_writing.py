"""How the log uses the disk: one frame, one sync for what waits; files let go; modes; the thread.

A spy stands in for the disk and keeps the names of the operations.
"""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import pytest

from gateway.log import frames, segment_file
from gateway.log.disk import Disk, write_durably
from gateway.log.frames import SEGMENT_HEADER_BYTES, encode_frame, read_frame
from gateway.log.segment_file import LogLocked, SegmentLog
from gateway.log.sent_file import SentFile
from tests.support import logs
from tests.support.logs import FOUR_TURNS as TURNS
from tests.support.logs import Heard


class Spy(Disk):
    """A disk that keeps what is done to files, `fails` on writing if so wanted."""

    def __init__(self) -> None:
        self.tape: list[str] = []
        self.fails = False

    def create(self, file: Path) -> int:
        """A segment begins."""
        self.tape.append("create")
        return super().create(file)

    def write(self, fd: int, data: bytes | memoryview) -> int:
        """Bytes."""
        self.tape.append("write")
        if self.fails:
            raise OSError(errno.EIO, "Input/output error")
        return super().write(fd, data)

    def sync_data(self, fd: int) -> None:
        """Frames."""
        self.tape.append("sync_data")
        super().sync_data(fd)

    def unlink(self, file: Path) -> None:
        """A segment that holds nothing."""
        self.tape.append("unlink")
        super().unlink(file)

    def sync_folder(self, path: Path) -> None:
        """Names."""
        self.tape.append("sync_folder")
        super().sync_folder(path)


def unthreaded(folder: Path, spy: Spy) -> tuple[SegmentLog, Heard]:
    """A log that writes when it is told to, with nothing on the tape yet."""
    log, heard = SegmentLog(folder, "group", spy), Heard()
    log.threaded = False
    assert list(log.recover()) == []
    log.start(heard.durable, heard.error)
    spy.tape.clear()
    return log, heard


def test_what_waits_becomes_one_frame_with_one_sync(tmp_path: Path) -> None:
    """Pages of several frames could come to the disk in another order."""
    spy = Spy()
    log, heard = unthreaded(tmp_path, spy)
    logs.append(log, TURNS)
    log.write_waiting()
    (file,) = logs.segments(tmp_path)
    told = spy.tape[:], heard.so_far(), len(logs.frame_ends(file)) - 1
    log.close()
    assert told == (["write", "sync_data"], [6], 1)
    assert [record.seq for record in logs.read(tmp_path)] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(("most", "said"), [(0, [1, 3, 4, 6]), (1, [3, 6]), (2, [4, 6])])
def test_a_group_ends_with_the_turn_that_fills_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, said: list[int]
) -> None:
    """`most` turns' bytes and not one more: what is more waits for the next sync."""
    spy = Spy()
    log, heard = unthreaded(tmp_path, spy)
    logs.append(log, TURNS)
    sizes = [len(turn.encoded) for turn in queued(log)]
    monkeypatch.setattr(segment_file, "GROUP_BYTES_MAX", sum(sizes[:most]))
    log.write_waiting()
    log.close()
    assert heard.so_far() == said
    assert spy.tape == ["write", "sync_data"] * len(said) + ["sync_data"]


def queued(log: SegmentLog) -> list[segment_file.Turn]:
    """What waits, left waiting."""
    turns: list[segment_file.Turn] = []
    while not log._queue.empty():
        turn = log._queue.get()
        assert turn is not None
        turns.append(turn)
    for turn in turns:
        log._queue.put(turn)
    return turns


def test_nothing_is_written_behind_a_failed_write(tmp_path: Path) -> None:
    """With room again the log stays ended: the same error, and the disk is not touched."""
    spy = Spy()
    log, heard = unthreaded(tmp_path, spy)
    logs.append(log, TURNS[:1])
    spy.fails = True
    with pytest.raises(OSError, match="Input/output error"):
        log.write_waiting()
    spy.fails = False
    logs.append(log, TURNS[1:2])
    for again in (log.write_waiting, log.close):
        with pytest.raises(OSError, match="Input/output error"):
            again()
    assert (spy.tape, heard.so_far()) == (["write"], [])


def test_a_log_without_its_thread_writes_what_is_left_when_it_closes(tmp_path: Path) -> None:
    """Then it syncs once more, as every policy does at the end."""
    spy = Spy()
    log, heard = unthreaded(tmp_path, spy)
    logs.append(log, TURNS)
    log.close()
    assert (spy.tape, heard.so_far()) == (["write", "sync_data", "sync_data"], [6])


def test_a_removed_segment_is_gone_before_the_next_begins(tmp_path: Path) -> None:
    """On the disk too: a power cut must not leave both."""
    logs.write(tmp_path)
    spy = Spy()
    log = SegmentLog(tmp_path, "none", spy)
    assert list(log.recover()) == []
    log.start(Heard().durable, Heard().error)
    log.close()
    begun = spy.tape.index("unlink")
    assert spy.tape[begun : begun + 3] == ["unlink", "sync_folder", "create"]


def test_segments_take_what_fits_and_then_some(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two equal frames fill a segment here; the third one begins the next."""
    monkeypatch.setattr(segment_file, "SEGMENT_BYTES_MAX", SEGMENT_HEADER_BYTES + 100)
    turns = [[logs.order(f"A{n}")] for n in range(7)]
    written = logs.write(tmp_path, *turns)
    firsts = [int(file.stem.partition("-")[2]) for file in logs.segments(tmp_path)]
    assert (firsts, logs.read(tmp_path)) == ([1, 3, 5, 7], written)


def test_every_file_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log of many segments and a sent file with a base leave no descriptor open."""
    monkeypatch.setattr(segment_file, "SEGMENT_BYTES_MAX", SEGMENT_HEADER_BYTES + 1)
    before = len(os.listdir("/proc/self/fd"))
    logs.write(tmp_path / "log", *TURNS, sync="group")
    logs.write(tmp_path / "log", *TURNS, sync="none")
    write_durably(Disk(), tmp_path / "small", b"data")
    (tmp_path / "base").write_bytes(b"kept")
    sent = SentFile(tmp_path / "sent.dat")
    sent.begin_behind(tmp_path / "base", 0)
    sent.close()
    SentFile(tmp_path / "sent.dat").close()
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_refused_lock_leaves_nothing_open(tmp_path: Path) -> None:
    """Who tries again and again runs out of nothing."""
    log = SegmentLog(tmp_path, "none")
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        with pytest.raises(LogLocked):
            SegmentLog(tmp_path, "none")
    assert len(os.listdir("/proc/self/fd")) == before
    log.close()


def test_an_overdue_sync_is_done_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a pause longer than the interval: before the next turn is looked at."""
    spy = Spy()
    seconds = iter(range(0, 10_000_000, 1_000))
    monkeypatch.setattr(segment_file, "monotonic", lambda: float(next(seconds)))
    log, heard = SegmentLog(tmp_path, "interval:5000", spy), Heard()
    assert list(log.recover()) == []
    log.start(heard.durable, heard.error)
    spy.tape.clear()
    logs.append(log, TURNS[:1])
    heard.until(1)
    logs.append(log, TURNS[1:2])
    heard.until(3)
    log.close()
    assert spy.tape[:4] == ["write", "sync_data", "write", "sync_data"]


def test_files_are_readable_by_all_and_not_executable(tmp_path: Path) -> None:
    """As far as the umask lets them."""
    before = os.umask(0)
    try:
        logs.write(tmp_path, TURNS[0])
        SentFile(tmp_path / "sent.dat").close()
    finally:
        os.umask(before)
    modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    assert len(modes) == 4
    assert set(modes.values()) == {0o644}


@pytest.mark.parametrize("sync", ["group", "interval:1000"])
def test_the_writer_does_not_keep_a_process_alive(tmp_path: Path, sync: str) -> None:
    """A daemon thread named log, gone when the log is closed."""
    log, _, _ = logs.open_log(tmp_path, sync)
    (thread,) = [one for one in threading.enumerate() if one.name == "log"]
    daemon = thread.daemon
    log.close()
    assert (daemon, thread.is_alive()) == (True, False)


def test_with_an_interval_syncs_come_seldom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An hour in which nobody waits: one sync, when the log is closed."""
    spy = Spy()
    log, heard = SegmentLog(tmp_path, "interval:3600000", spy), Heard()
    assert list(log.recover()) == []
    log.start(heard.durable, heard.error)
    spy.tape.clear()
    for turn in TURNS:
        logs.append(log, [turn])
        heard.until(log.last_seq)
    log.close()
    assert spy.tape == ["write"] * 4 + ["sync_data"]


def test_a_frame_that_says_it_is_too_long_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """A damaged length does not make a reader take gigabytes."""
    data, _ = encode_frame(1, 1, b"12345", 0)
    monkeypatch.setattr(frames, "FRAME_BYTES_MAX", 5)
    assert read_frame(data, 0) is not None
    monkeypatch.setattr(frames, "FRAME_BYTES_MAX", 4)
    assert read_frame(data, 0) is None
