"""The embedded command log: what is written comes back, and damage is told apart."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.log import segment_file
from gateway.log.frames import SEGMENT_HEADER_BYTES, LogCorrupt
from gateway.log.records import Record
from gateway.log.segment_file import LogLocked, SegmentLog
from tests.support import logs
from tests.support.logs import FOUR_TURNS as TURNS
from tests.support.logs import Heard

SYNCS = ["group", "interval:1", "none"]


@pytest.fixture
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    """A segment takes one frame of `TURNS`, then the next one begins."""
    monkeypatch.setattr(segment_file, "SEGMENT_BYTES_MAX", SEGMENT_HEADER_BYTES + 1)


def seqs(records: list[Record]) -> list[int]:
    """The numbers of some records."""
    return [record.seq for record in records]


# What is written comes back


@pytest.mark.parametrize("sync", SYNCS)
def test_records_come_back_after_a_restart(tmp_path: Path, sync: str) -> None:
    """All of them, in order, whatever the policy; and again with what the next run added."""
    first = logs.write(tmp_path, *TURNS, sync=sync)
    second = logs.write(tmp_path, [logs.order("B1")], [logs.order("B2")], sync=sync)
    assert (seqs(first), seqs(second), logs.read(tmp_path)) == (
        [*range(1, 7)],
        [*range(1, 9)],
        second,
    )


def test_a_turn_without_records_leaves_no_frame(tmp_path: Path) -> None:
    """Closing an idle turn writes nothing and promises nothing."""
    log, _, heard = logs.open_log(tmp_path)
    log.commit()
    log.close()
    assert (heard.so_far(), logs.segments(tmp_path)[0].stat().st_size) == ([], SEGMENT_HEADER_BYTES)


def test_closing_writes_the_turn_that_was_not_closed(tmp_path: Path) -> None:
    """What was appended last is not lost by a clean stop."""
    log, _, heard = logs.open_log(tmp_path, "group")
    log.append(logs.record(1))
    log.close()
    assert (heard.so_far(), seqs(logs.read(tmp_path))) == ([1], [1])


def test_a_record_out_of_order_is_a_bug(tmp_path: Path) -> None:
    """Numbers have no gaps; the log does not take one."""
    log, _, _ = logs.open_log(tmp_path)
    with pytest.raises(AssertionError):
        log.append(logs.record(2))
    log.close()


def test_what_is_read_back_is_synced_before_anything_follows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process killed before its sync left its last records in the cache: a power cut must not
    take them while it keeps what the next process wrote.
    """
    logs.write(tmp_path, *TURNS)
    old = logs.segments(tmp_path)[-1]
    synced: list[int] = []
    real = os.fsync

    def fsync(fd: int) -> None:
        synced.append(os.fstat(fd).st_ino)
        real(fd)

    monkeypatch.setattr(os, "fsync", fsync)
    log, _, _ = logs.open_log(tmp_path)
    new = logs.segments(tmp_path)[-1]
    log.close()
    assert synced.index(old.stat().st_ino) < synced.index(new.stat().st_ino)


# Promises


def test_a_durable_callback_follows_each_turn_in_order(tmp_path: Path) -> None:
    """Without syncs the promise is made inside `commit`."""
    log, _, heard = logs.open_log(tmp_path, "none")
    logs.append(log, TURNS)
    assert heard.so_far() == [1, 3, 4, 6]
    log.close()


@pytest.mark.parametrize("sync", ["group", "interval:1"])
def test_promises_come_in_order_and_end_with_the_last_record(tmp_path: Path, sync: str) -> None:
    """Always growing, never beyond a frame's last record; the last one covers everything."""
    log, _, heard = logs.open_log(tmp_path, sync)
    logs.append(log, TURNS * 50)
    said = heard.until(300)
    log.close()
    assert (
        said,
        [s for s in said if s not in {1, 3, 4, 0} and int(s) % 6 not in {1, 3, 4, 0}],
    ) == (
        sorted(said, key=int),
        [],
    )


@pytest.mark.parametrize("sync", SYNCS)
def test_what_is_promised_is_in_the_file(tmp_path: Path, sync: str) -> None:
    """At each promise, a copy of the folder recovers at least what was promised."""
    log = SegmentLog(tmp_path / "log", sync)
    assert list(log.recover()) == []
    heard, found = Heard(), []

    def durable(seq: int) -> None:
        copy = tmp_path / f"copy{seq}"
        copy.mkdir()
        for file in logs.segments(tmp_path / "log"):
            shutil.copy(file, copy)
        found.append(len(logs.read(copy)) >= seq)
        heard.durable(seq)

    log.start(durable, heard.error)
    logs.append(log, TURNS)
    heard.until(6)
    log.close()
    assert found == [True] * len(found) != []


def test_a_group_is_synced_before_it_is_promised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `group`, between two promises there is a sync of the file."""
    log, _, _ = logs.open_log(tmp_path, "none")
    log.close()
    tape: list[str] = []
    sync = os.fdatasync

    def told(fd: int) -> None:
        sync(fd)
        tape.append("sync")

    def durable(seq: int) -> None:
        tape.append("promise")
        heard.durable(seq)

    monkeypatch.setattr(os, "fdatasync", told)
    log = SegmentLog(tmp_path, "group")
    assert list(log.recover()) == []
    heard = Heard()
    log.start(durable, heard.error)
    for turn in TURNS:
        logs.append(log, [turn])
        heard.until(log.last_seq)
    log.close()
    assert tape == ["sync", "promise"] * len(TURNS) + ["sync"]


def test_an_interval_is_kept_under_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `interval`, a queue that is never empty does not put the sync off."""
    seconds = iter(range(1_000_000))
    monkeypatch.setattr(segment_file, "monotonic", lambda: float(next(seconds)))
    tape: list[object] = []
    monkeypatch.setattr(os, "fdatasync", lambda fd: tape.append("sync"))
    log = SegmentLog(tmp_path, "interval:5000")
    assert list(log.recover()) == []
    heard = Heard()

    def durable(seq: int) -> None:
        tape.append(seq)
        if seq == 1:
            logs.append(log, [[logs.order("B")]] * 20)
        heard.durable(seq)

    log.start(durable, heard.error)
    logs.append(log, [[logs.order("A")]])
    heard.until(21)
    syncs = tape.count("sync")
    log.close()
    assert syncs >= 3, tape


# Segments, epochs, the lock


@pytest.mark.usefixtures("small_segments")
@pytest.mark.parametrize("sync", SYNCS)
def test_a_full_segment_is_followed_by_the_next(tmp_path: Path, sync: str) -> None:
    """Named by epoch and first record; the records come back across all of them."""
    written = logs.write(tmp_path, *TURNS, sync=sync)
    names = [file.name for file in logs.segments(tmp_path)]
    assert (names, logs.read(tmp_path)) == (
        [f"00000001-{seq:020d}.log" for seq in (1, 2, 4, 5)],
        written,
    )


def test_every_start_is_a_new_epoch(tmp_path: Path) -> None:
    """The epoch grows by one and names the segments of that run."""
    for turn in TURNS:
        logs.write(tmp_path, turn)
    names = [file.name for file in logs.segments(tmp_path)]
    assert (names, (tmp_path / "EPOCH").read_text()) == (
        [f"{epoch:08d}-{seq:020d}.log" for epoch, seq in enumerate((1, 2, 4, 5), 1)],
        "4\n",
    )


def test_empty_segments_do_not_pile_up(tmp_path: Path) -> None:
    """Runs in which nothing happened leave one empty segment between them."""
    logs.write(tmp_path, TURNS[0])
    for _ in range(5):
        logs.write(tmp_path)
    assert [file.name for file in logs.segments(tmp_path)] == [
        "00000001-00000000000000000001.log",
        "00000006-00000000000000000002.log",
    ]


def test_an_epoch_that_is_no_number_is_corrupt(tmp_path: Path) -> None:
    """Refused; and the folder is free for whoever repairs it."""
    logs.write(tmp_path, *TURNS)
    (tmp_path / "EPOCH").write_text("one\n")
    for _ in range(2):
        with pytest.raises(LogCorrupt, match=r"^EPOCH: must be a number, was b'one'$"):
            SegmentLog(tmp_path, "none")


def test_a_folder_has_one_owner(tmp_path: Path) -> None:
    """A second log on it is refused, until the first one is closed."""
    log = SegmentLog(tmp_path, "none")
    with pytest.raises(LogLocked, match=str(tmp_path)):
        SegmentLog(tmp_path, "none")
    log.close()
    SegmentLog(tmp_path, "none").close()


def test_another_process_is_refused(tmp_path: Path) -> None:
    """The lock holds between processes, and a refused one changes nothing."""
    logs.write(tmp_path, *TURNS)
    log = SegmentLog(tmp_path, "none")
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    code = (
        "import sys\nfrom pathlib import Path\nfrom gateway.log.segment_file import *\n"
        "try: SegmentLog(Path(sys.argv[1]), 'none')\nexcept LogLocked: print('locked')\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    run = subprocess.run(command, stdout=subprocess.PIPE, timeout=30, check=True)
    after = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    log.close()
    assert (run.stdout, after) == (b"locked\n", before)


# Disk errors


@pytest.mark.parametrize("sync", ["group", "interval:1000"])
def test_a_full_disk_is_told_once_and_nothing_is_promised_after(tmp_path: Path, sync: str) -> None:
    """The write is cut short, then fails: one error, no promise, what was promised is there."""
    log, _, heard = logs.open_log(tmp_path, sync)
    logs.append(log, TURNS[:2])
    heard.until(3)
    with logs.file_size_limit(logs.segments(tmp_path)[0].stat().st_size + 40):
        logs.append(log, TURNS[2:3])
        heard.until("OSError")
    logs.append(log, TURNS[3:])
    with pytest.raises(OSError, match="File too large"):
        log.close()
    said = heard.so_far()
    found, after = logs.read(tmp_path), logs.read(tmp_path)
    assert (said[said.index(3) :], seqs(found), found) == ([3, "OSError"], [1, 2, 3], after)


def test_a_full_disk_without_a_writer_thread_is_raised(tmp_path: Path) -> None:
    """With `none`, `commit` fails, and closing does not pretend that all went well."""
    log, _, heard = logs.open_log(tmp_path, "none")
    logs.append(log, TURNS[:1])
    with (
        logs.file_size_limit(logs.segments(tmp_path)[0].stat().st_size + 40),
        pytest.raises(OSError, match="File too large"),
    ):
        logs.append(log, TURNS[1:2])
    with pytest.raises(OSError, match="File too large"):
        log.close()
    assert (heard.so_far(), seqs(logs.read(tmp_path))) == ([1], [1])


@pytest.mark.usefixtures("small_segments")
def test_a_disk_that_is_full_at_the_next_segment_is_told(tmp_path: Path) -> None:
    """The error comes from beginning a segment; the folder is free afterwards."""
    log, _, heard = logs.open_log(tmp_path, "group")
    logs.append(log, TURNS[:1])
    heard.until(1)
    with logs.file_size_limit(SEGMENT_HEADER_BYTES - 1):
        logs.append(log, TURNS[1:2])
        heard.until("OSError")
    with pytest.raises(OSError, match="File too large"):
        log.close()
    assert (heard.so_far(), seqs(logs.read(tmp_path))) == ([1, "OSError"], [1])


@pytest.mark.parametrize("sync", ["group", "interval:1"])
def test_a_failed_sync_is_never_tried_again(
    tmp_path: Path, sync: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second sync would succeed without having written anything: there is none, at close neither.

    With `interval` the promise stands before the sync, which is what that policy says.
    """
    log, _, heard = logs.open_log(tmp_path, sync)
    calls: list[int] = []

    def broken(fd: int) -> None:
        calls.append(fd)
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fdatasync", broken)
    logs.append(log, TURNS[:1])
    heard.until("OSError")
    logs.append(log, TURNS[1:2])
    with pytest.raises(OSError, match="Input/output error"):
        log.close()
    promised: list[int | str] = [] if sync == "group" else [1]
    assert (heard.so_far(), len(calls)) == ([*promised, "OSError"], 1)
