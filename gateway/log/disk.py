"""Every operation of the log on the file system, in one object.

`SegmentLog` touches the disk through a `Disk` only, so that a test can put one in its place that
loses what was not synced, fails at the Nth operation, or flips a bit. What must not be here: what
the bytes mean, and what to do when an operation fails.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC


class Disk:
    """The file system of this machine. Every method raises OSError."""

    def make_folder(self, path: Path) -> None:
        """Make the folder and those above it where they are missing."""
        path.mkdir(parents=True, exist_ok=True)

    def lock(self, file: Path) -> int:
        """Hold `file` against every other process; raises BlockingIOError if one holds it."""
        fd = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(fd)
            raise
        return fd

    def names(self, folder: Path) -> list[str]:
        """The names of the files in a folder, in no order."""
        return os.listdir(folder)

    def read(self, file: Path) -> bytes:
        """All of a file; raises FileNotFoundError."""
        return file.read_bytes()

    def create(self, file: Path) -> int:
        """A new file to append to; raises FileExistsError."""
        return os.open(file, _NEW_FILE | os.O_EXCL | os.O_APPEND, 0o644)

    def overwrite(self, file: Path) -> int:
        """A file to write from its beginning, empty."""
        return os.open(file, _NEW_FILE | os.O_TRUNC, 0o644)

    def write(self, fd: int, data: bytes | memoryview) -> int:
        """Write some of `data`; returns how many bytes it took."""
        return os.write(fd, data)

    def sync_data(self, fd: int) -> None:
        """What was written is on the disk."""
        os.fdatasync(fd)

    def sync(self, fd: int) -> None:
        """What was written, and what the file is, is on the disk."""
        os.fsync(fd)

    def close(self, fd: int) -> None:
        """Let a file go; of a locked one, the lock."""
        os.close(fd)

    def write_again(self, file: Path, data: bytes) -> None:
        """A file that begins with `data` holds nothing else, and all of it is on the disk then."""
        fd = os.open(file, os.O_WRONLY | os.O_CLOEXEC)
        try:
            write_all(self, fd, data)
            os.ftruncate(fd, len(data))
            os.fsync(fd)
        finally:
            os.close(fd)

    def replace(self, file: Path, target: Path) -> None:
        """Give `file` the name `target`, which is no other file's then."""
        file.replace(target)

    def unlink(self, file: Path) -> None:
        """Take a file away."""
        file.unlink()

    def sync_folder(self, path: Path) -> None:
        """Which files the folder holds is on the disk."""
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def write_all(disk: Disk, fd: int, data: bytes) -> None:
    """Write it all: a full disk shows first as a short write, only then as an error."""
    view = memoryview(data)
    while view:
        view = view[disk.write(fd, view) :]


def write_durably(disk: Disk, file: Path, data: bytes) -> None:
    """`file` holds `data`, or what it held before if the machine dies meanwhile."""
    fresh = file.with_name(file.name + ".new")
    fd = disk.overwrite(fresh)
    try:
        write_all(disk, fd, data)
        disk.sync(fd)
    finally:
        disk.close(fd)
    disk.replace(fresh, file)
    disk.sync_folder(file.parent)
