"""A disk in memory that loses, tears, fails and flips: what `gateway.log.disk.Disk` does, faked.

Each file knows what is written and what is synced, each folder which names are synced. What must
not be here: when a fault comes, which is the simulator's, and what the bytes mean.
"""

from __future__ import annotations

import errno
from pathlib import Path
from random import Random

from gateway.log.disk import Disk

ERRORS = (errno.EIO, errno.ENOSPC)


class MachineDied(BaseException):
    """The power went in the middle of an operation: nothing that follows happens."""


class File:
    """A file's bytes as the process sees them, and as they are on the disk."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.synced = b""
        self.lost = False
        """A sync has failed: the system takes for written what is not."""

    def sync(self) -> None:
        """All that is written is on the disk."""
        if self.lost:
            return
        if len(self.synced) != len(self.data) or self.synced != self.data:
            self.synced = bytes(self.data)

    def survive(self, rng: Random) -> None:
        """The machine died: what was synced is there, of the rest a beginning, maybe torn."""
        data, synced = bytes(self.data), self.synced
        if not data.startswith(synced):
            data = rng.choice((data, synced))
        elif len(data) > len(synced) and rng.random() < 0.7:
            end = rng.randint(len(synced), len(data))
            zeros = rng.randrange(512) if rng.random() < 0.3 else 0
            data = data[:end] + bytes(min(zeros, len(data) - end))
        else:
            data = synced
        self.data = bytearray(data)
        self.synced = data


class FakeDisk(Disk):
    """One machine's disk; folders need not be made.

    `fails_in` and `dies_in` count operations down to the one that fails, or in which the machine
    dies; 0: none does.
    """

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self.files: dict[Path, File] = {}
        self._synced_names: dict[Path, File] = {}
        self._changes: list[tuple[Path, File | None]] = []
        self._open: dict[int, File] = {}
        self._locks: dict[int, Path] = {}
        self._fd = 2
        self.fails_in = 0
        self.dies_in = 0
        self.dead = False
        self.operations = 0

    # Faults

    def _operation(self) -> None:
        """One more; it may not happen."""
        self.operations += 1
        if self.dead:
            raise MachineDied
        if self.dies_in:
            self.dies_in -= 1
            if not self.dies_in:
                self.dead = True
                raise MachineDied
        if self.fails_in:
            self.fails_in -= 1
            if not self.fails_in:
                raise OSError(self._rng.choice(ERRORS), "simulated")

    def kill(self) -> None:
        """The process is gone: its files and locks are let go, nothing is lost."""
        self._open.clear()
        self._locks.clear()
        self.fails_in = self.dies_in = 0
        self.dead = False

    def crash(self) -> None:
        """The machine is gone: what was not synced may be lost."""
        self.kill()
        kept = self._rng.randint(0, len(self._changes))
        names = dict(self._synced_names)
        for path, file in self._changes[:kept]:
            if file is None:
                names.pop(path, None)
            else:
                names[path] = file
        self._changes.clear()
        self.files = names
        self._synced_names = dict(names)
        for file in dict.fromkeys(names.values()):
            file.survive(self._rng)

    # Disk

    def make_folder(self, path: Path) -> None:
        """Folders are there."""
        self._operation()

    def lock(self, file: Path) -> int:
        """One at a time."""
        self._operation()
        if file in self._locks.values():
            raise BlockingIOError
        self._fd += 1
        self._locks[self._fd] = file
        return self._fd

    def names(self, folder: Path) -> list[str]:
        """In an order that means nothing."""
        self._operation()
        found = [path.name for path in self.files if path.parent == folder]
        self._rng.shuffle(found)
        return found

    def read(self, file: Path) -> bytes:
        """As the process sees it."""
        self._operation()
        if file not in self.files:
            raise FileNotFoundError(errno.ENOENT, str(file))
        return bytes(self.files[file].data)

    def create(self, file: Path) -> int:
        """A new one."""
        self._operation()
        if file in self.files:
            raise FileExistsError(errno.EEXIST, str(file))
        return self._begin(file)

    def overwrite(self, file: Path) -> int:
        """Empty it if it is there."""
        self._operation()
        known = self.files.get(file)
        if known is None:
            return self._begin(file)
        known.data.clear()
        known.lost = False
        self._fd += 1
        self._open[self._fd] = known
        return self._fd

    def _begin(self, file: Path) -> int:
        self.files[file] = made = File()
        self._changes.append((file, made))
        self._fd += 1
        self._open[self._fd] = made
        return self._fd

    def write(self, fd: int, data: bytes | memoryview) -> int:
        """Some or all of it; where it fails or the machine dies, some of it may have come."""
        file, size = self._open.get(fd), len(data)
        try:
            self._operation()
        except BaseException:
            if file is not None:
                file.data += data[: self._rng.randint(0, size)]
            raise
        assert file is not None
        if size > 1 and self._rng.random() < 0.05:
            size = self._rng.randrange(1, size)
        file.data += data[:size]
        return size

    def sync_data(self, fd: int) -> None:
        """All that was written to it."""
        file = self._open.get(fd)
        try:
            self._operation()
        except OSError:
            if file is not None:
                file.lost = True
            raise
        assert file is not None
        file.sync()

    def sync(self, fd: int) -> None:
        """The same."""
        self.sync_data(fd)

    def close(self, fd: int) -> None:
        """Of a lock, the lock; closing does not fail, except on a dead machine."""
        if self.dead:
            raise MachineDied
        self._open.pop(fd, None)
        self._locks.pop(fd, None)

    def write_again(self, file: Path, data: bytes) -> None:
        """Write the same over it, cut and sync."""
        self._operation()
        known = self.files[file]
        assert known.data.startswith(data)
        del known.data[len(data) :]
        self._operation()
        known.lost = False
        known.sync()

    def replace(self, file: Path, target: Path) -> None:
        """At once, but not durable before the folder is synced."""
        self._operation()
        known = self.files.pop(file)
        self.files[target] = known
        # One step: a crash never leaves the target without any file.
        self._changes.append((target, known))
        self._changes.append((file, None))

    def unlink(self, file: Path) -> None:
        """Not durable before the folder is synced."""
        self._operation()
        if self.files.pop(file, None) is None:
            raise FileNotFoundError(errno.ENOENT, str(file))
        self._changes.append((file, None))

    def sync_folder(self, path: Path) -> None:
        """The names in it."""
        self._operation()
        self._changes.clear()
        self._synced_names = dict(self.files)
