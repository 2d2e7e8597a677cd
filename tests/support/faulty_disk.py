"""A disk whose Nth operation fails, or at which the machine dies, with all that may be left then.

No chance is here: the same fault at the same operation leaves the same. The simulator draws its
faults, on the disk that this one is built on. What must not be here: what is done on the disk, and
what must be found on it (`log_lives`).
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable, Hashable, Iterator
from enum import Enum
from pathlib import Path
from random import Random
from typing import NamedTuple

from tests.simulation.disk import FakeDisk, File, MachineDied


class Fault(Enum):
    """What happens at the Nth operation."""

    ERROR = "EIO"
    FULL = "ENOSPC"
    """A write takes half; whatever needs room from then on fails, everything else goes on."""
    SHORT = "short write"
    """A write takes half, and nothing is wrong."""
    CRASH = "crash"


ERRORS = (Fault.ERROR, Fault.FULL, Fault.SHORT)

NEEDS_ROOM = ("write", "create", "overwrite")


_ANY_ORDER = Random(0)
"""Draws nothing but the order in which names are listed."""


class Left(Enum):
    """What a crash leaves of the bytes that were written to a file and not synced."""

    NOTHING = "nothing"
    HALF = "half"
    ALL = "all"
    ZEROS = "zeros"
    """The size, not the bytes."""
    END = "the end"
    """Zeros, then the second half: pages go to the disk in any order."""


class Survivor(NamedTuple):
    """One disk that may be found after a crash."""

    disk: FaultyDisk
    left: Left


class FaultyDisk(FakeDisk):
    """A disk in memory with one fault, at operation `at` (0: none).

    `fired` once the fault was noticed by whoever asked; `late` are the operations that were tried
    after that, other than closing a file. `on_sync` is called after each
    sync of frames.
    """

    def __init__(self, at: int = 0, fault: Fault = Fault.ERROR) -> None:
        super().__init__(_ANY_ORDER)
        self._at = at
        self._fault = fault
        self._full = False
        self.fired = False
        self.done: list[str] = []
        self.late: list[str] = []
        self.on_sync: Callable[[], None] = _nothing

    def with_fault(self, at: int, fault: Fault) -> FaultyDisk:
        """As the next process finds this disk, files unsynced as they are, with a fault."""
        disk = FaultyDisk(at, fault)
        copies = {id(file): _copy(file) for file in self.files.values()}
        copies |= {id(file): _copy(file) for file in self._synced_names.values()}
        for _, file in self._changes:
            if file is not None:
                copies.setdefault(id(file), _copy(file))
        disk.files = {path: copies[id(file)] for path, file in self.files.items()}
        disk._synced_names = {path: copies[id(file)] for path, file in self._synced_names.items()}
        disk._changes = [(path, file and copies[id(file)]) for path, file in self._changes]
        return disk

    def survivors(self) -> list[Survivor]:
        """All that may be found after the machine died now, each once."""
        found: dict[frozenset[tuple[Path, bytes]], Survivor] = {}
        for names in self._surviving_names():
            for left in Left:
                contents = {path: _survives(file, left) for path, file in names.items()}
                key = frozenset(contents.items())
                if key not in found:
                    disk = FaultyDisk()
                    disk.put(contents)
                    found[key] = Survivor(disk, left)
        return list(found.values())

    def _surviving_names(self) -> Iterator[dict[Path, File]]:
        """The synced names, then those after each further change."""
        names = dict(self._synced_names)
        yield dict(names)
        for path, file in self._changes:
            if file is None:
                names.pop(path, None)
            else:
                names[path] = file
            yield dict(names)

    def put(self, contents: dict[Path, bytes]) -> None:
        """The disk holds these files, synced."""
        for path, data in contents.items():
            self.files[path] = file = File()
            file.data += data
            file.sync()
        self._synced_names = dict(self.files)

    def state(self) -> Hashable:
        """All that the next process may find here, now and after a crash."""
        return (
            frozenset(
                (p, bytes(file.data), file.synced, file.lost) for p, file in self.files.items()
            ),
            frozenset((path, file.synced) for path, file in self._synced_names.items()),
        )

    def image(self) -> dict[str, bytes]:
        """The segments by name, and what is in them as a process sees it."""
        return {p.name: bytes(f.data) for p, f in self.files.items() if p.suffix == ".log"}

    # Disk

    def _operation(self, name: str = "") -> None:
        """One more, named as the method that asks; it may not happen."""
        name = name or sys._getframe(1).f_code.co_name
        if self.dead:
            raise MachineDied
        self.operations += 1
        self.done.append(name)
        if self.fired:
            self.late.append(name)
        if self._full and name in NEEDS_ROOM:
            self._fail(errno.ENOSPC)
        if self.operations != self._at or self._fault is Fault.SHORT:
            return
        if self._fault is Fault.CRASH:
            self.dead = self.fired = True
            raise MachineDied
        if self._fault is Fault.ERROR:
            self._fail(errno.EIO)
        self._full = True
        if name != "write":
            self._fail(errno.ENOSPC)

    def _fail(self, code: int) -> None:
        self.fired = True
        raise OSError(code, "simulated")

    def write(self, fd: int, data: bytes | memoryview) -> int:
        """All of it; half where the fault says so; what comes of it in a crash, `survivors` say."""
        size = len(data)
        try:
            self._operation()
        except MachineDied:
            if fd in self._open:
                self._open[fd].data += data
            raise
        if self.operations == self._at and self._fault in (Fault.FULL, Fault.SHORT):
            size = (size + 1) // 2
        self._open[fd].data += data[:size]
        return size

    def sync_data(self, fd: int) -> None:
        """As the others."""
        self._sync(fd, "sync_data")
        self.on_sync()

    def sync(self, fd: int) -> None:
        """The same, for files that hold no frames yet."""
        self._sync(fd, "sync")

    def _sync(self, fd: int, name: str) -> None:
        file = self._open.get(fd)
        try:
            self._operation(name)
        except OSError:
            if file is not None:
                file.lost = True
            raise
        assert file is not None
        file.sync()

    def close(self, fd: int) -> None:
        """May fail like any other; the file is let go all the same."""
        super().close(fd)
        if not self.fired:
            self._operation()


def _nothing() -> None:
    """For nobody who listens."""


def _copy(file: File) -> File:
    copy = File()
    copy.data += file.data
    copy.synced = file.synced
    copy.lost = file.lost
    return copy


def _survives(file: File, left: Left) -> bytes:
    data, synced = bytes(file.data), file.synced
    if left is Left.NOTHING:
        return synced
    if synced.startswith(data):
        return data  # it was cut
    kept = len(synced) if data.startswith(synced) else 0
    half = (kept + len(data)) // 2
    if left is Left.HALF:
        return data[:half]
    if left is Left.ZEROS:
        return data[:kept] + bytes(len(data) - kept)
    if left is Left.END:
        return data[:kept] + bytes(half - kept) + data[half:]
    return data
