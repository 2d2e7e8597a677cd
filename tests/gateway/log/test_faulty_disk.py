"""Whichever operation of the disk fails, or the machine dies in: nothing promised is lost.

Each test lives a log's life once for every operation in it. Longer lives, and a second crash in the
recovery from any first one, are in `tests.hardship.tears`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from gateway.log import segment_file
from gateway.log.disk import Disk
from gateway.log.segment_file import SegmentLog
from gateway.log.voided import Voidings
from tests.hardship.tears import NO_CHANGE, ONE_FRAME
from tests.simulation.disk import MachineDied
from tests.support import logs
from tests.support.faulty_disk import Fault, FaultyDisk
from tests.support.log_lives import (
    FOLDER,
    Explorer,
    Ledger,
    Script,
    a_reader,
    scripts,
    small_segments,
)
from tests.support.logs import Turn

RUNS: list[list[list[Turn]]] = [
    [[[logs.order("A1")]], [[logs.order("A2"), logs.order("A3")], [logs.order("A4")]]],
    [[[logs.order("B1")]]],
]
SHORT: list[list[list[Turn]]] = [[[[logs.order("A1")]], [[logs.order("A2")]]]]

SEGMENTS = pytest.mark.parametrize(
    "segment_bytes", [NO_CHANGE, ONE_FRAME], ids=["one segment", "a segment each"]
)


@pytest.fixture
def explorer() -> Iterator[Explorer]:
    """With a reader."""
    with a_reader() as reader:
        yield Explorer(reader)


def under_every_policy(runs: list[list[list[Turn]]]) -> pytest.MarkDecorator:
    """A test with these runs under each policy."""
    every = scripts(runs)
    return pytest.mark.parametrize("script", every, ids=[script.name for script in every])


@SEGMENTS
@under_every_policy(RUNS)
def test_a_failed_operation_ends_the_log_and_loses_nothing(
    explorer: Explorer, script: Script, segment_bytes: int
) -> None:
    """Nothing is called durable after it, nothing is tried again; a restart, also after a crash,
    finds all that was promised.
    """
    with small_segments(segment_bytes):
        explorer.errors(FaultyDisk(), Ledger(), script)
    assert explorer.tally.wrong == []
    assert explorer.tally.failed > 90


@SEGMENTS
@under_every_policy(RUNS)
def test_a_crash_in_any_operation_loses_nothing(
    explorer: Explorer, script: Script, segment_bytes: int
) -> None:
    """Whatever is left of what was not synced: nothing, half, all, zeros, the end of it."""
    with small_segments(segment_bytes):
        explorer.crashes(FaultyDisk(), Ledger(), script)
    assert explorer.tally.wrong == []
    assert explorer.tally.crashes > 150


@SEGMENTS
@pytest.mark.parametrize("script", [scripts(SHORT)[1], scripts(SHORT)[3]], ids=["group", "none"])
def test_a_fault_in_any_operation_of_any_recovery_loses_nothing(
    explorer: Explorer, script: Script, segment_bytes: int
) -> None:
    """A failure or a second crash in the start after a crash, and in the turn after that."""
    with small_segments(segment_bytes):
        explorer.crashes(FaultyDisk(), Ledger(), script, again=True)
        explorer.errors(FaultyDisk(), Ledger(), script, again=True)
    assert explorer.tally.wrong == []


def test_every_operation_of_a_disk_is_tried(explorer: Explorer) -> None:
    """None is forgotten, so that a new one is noticed here."""
    with small_segments(ONE_FRAME):
        explorer.crashes(FaultyDisk(), Ledger(), scripts(RUNS)[1])
        explorer.crashes(FaultyDisk(), Ledger(), scripts(SHORT)[1], again=True)
    methods = {name for name, _ in inspect.getmembers(Disk, inspect.isfunction)}
    assert explorer.tally.operations == methods


# The file of voided commands


def test_a_fault_while_a_command_is_voided_leaves_the_file_before_or_after() -> None:
    """At any operation, whatever survives; and once voiding has returned, the command is voided."""
    before = FaultyDisk()
    Voidings(FOLDER, before).add(logs.record(1, logs.order("A1")), "first", 1)
    faults = [Fault.ERROR, Fault.FULL, Fault.SHORT, Fault.CRASH, None]
    outcomes = {fault: _voided_after(before, fault) for fault in faults}
    # A short write alone is gone on with; an error may come late, when all but a sync is done.
    assert outcomes == {
        Fault.ERROR: {(1,), (1, 2)},
        Fault.FULL: {(1,), (1, 2)},
        Fault.SHORT: {(1, 2)},
        Fault.CRASH: {(1,), (1, 2)},
        None: {(1, 2)},
    }


def _voided_after(before: FaultyDisk, fault: Fault | None) -> set[tuple[int, ...]]:
    """What may be voided after a fault in voiding seq 2, at each operation of it in turn."""
    found: set[tuple[int, ...]] = set()
    at = 0
    while True:
        at += 1
        disk = before.with_fault(at if fault else 0, fault or Fault.CRASH)
        with suppress(OSError, MachineDied):
            Voidings(FOLDER, disk).add(logs.record(2, logs.order("A2")), "second", 2)
        if disk.operations < at:
            return found
        if fault is not Fault.SHORT or disk.done[at - 1] == "write":
            for survivor, _ in disk.survivors():
                found.add(tuple(Voidings(FOLDER, survivor).by_seq))


# What is looked for is found


def promise_first(log: SegmentLog, turn: segment_file.Turn) -> bool:
    """Durable before the sync."""
    log._write(*turn)
    log._on_durable(turn.last_seq)
    log._disk.sync_data(log._fd)
    return True


def try_again(log: SegmentLog, turn: segment_file.Turn) -> bool:
    """A failed sync is tried once more."""
    log._write(*turn)
    try:
        log._disk.sync_data(log._fd)
    except OSError:
        log._disk.sync_data(log._fd)
    log._on_durable(turn.last_seq)
    return True


def a_frame_each(log: SegmentLog, turn: segment_file.Turn) -> bool:
    """Several frames before one sync."""
    log._write(*turn)
    while not log._queue.empty():
        later = log._queue.get()
        assert later is not None
        log._write(*later)
        turn = later
    log._disk.sync_data(log._fd)
    log._on_durable(turn.last_seq)
    return True


def cut_only(disk: FaultyDisk, file: Path, data: bytes) -> None:
    """Cut a file and do not sync it."""
    disk._operation("write_again")
    del disk.files[file].data[len(data) :]


def cut_and_sync(disk: FaultyDisk, file: Path, data: bytes) -> None:
    """Cut a file and sync it, as if every sync before had done what it should."""
    cut_only(disk, file, data)
    disk.files[file].sync()


def nothing(*_: object) -> None:
    """For an operation that is left out."""


@pytest.mark.parametrize(
    ("owner", "method", "mistake", "words"),
    [
        (SegmentLog, "_write_group", promise_first, "promised"),
        (SegmentLog, "_write_group", try_again, "goes on with sync_data"),
        (SegmentLog, "_write_group", a_frame_each, "refused"),
        (SegmentLog, "_go_on", nothing, "goes on with"),
        (FaultyDisk, "write_again", cut_only, "promised"),
        (FaultyDisk, "write_again", cut_and_sync, "promised"),
        (FaultyDisk, "sync_folder", nothing, "promised"),
        (FaultyDisk, "sync_data", nothing, "promised"),
    ],
)
def test_a_mistake_of_the_log_is_noticed(
    explorer: Explorer,
    monkeypatch: pytest.MonkeyPatch,
    owner: type,
    method: str,
    mistake: Callable[..., object],
    words: str,
) -> None:
    """These tests fail for a log that promises too early, tries again, or forgets a sync."""
    monkeypatch.setattr(owner, method, mistake)
    script = scripts(RUNS if mistake is a_frame_each else SHORT)[1]
    # A recovery's mistakes show after a second crash only.
    again = method == "write_again"
    explorer.errors(FaultyDisk(), Ledger(), script, again=again)
    explorer.crashes(FaultyDisk(), Ledger(), script, again=again)
    assert [wrong for wrong in explorer.tally.wrong if words in wrong]
