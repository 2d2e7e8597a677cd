"""Following a log to take a snapshot of where it leads, beside the venue that writes it.

`take_snapshot` is the work, from the newest snapshot on; `Follower` has a running venue's done in a
process of its own once in a while, behind everything else on the machine, so that orders never wait
for it. The child gets the venue's configuration as it is now on its stdin, because what reports
look like depends on it: `python -m gateway.following DATA_DIR`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec
import structlog

from gateway import snapshots
from gateway.config import Config
from gateway.log.disk import Disk
from gateway.log.reading import BEGINNING, Place, holds, read_after, segments
from gateway.log.records import Record
from gateway.replay import Rebuilt

SNAPSHOT_EVERY = 1_000_000
"""Records between two snapshots: a start replays no more than about twice as many."""
LOOK_SECONDS = 5.0
_NICENESS = 10

Frames = Iterable[tuple[Place, list[Record]]]

log = structlog.get_logger()


class SnapshotLocked(Exception):
    """Somebody else is taking one."""


def take_snapshot(
    data_dir: Path, config: Config, shown: Callable[[Frames], Frames] = iter
) -> Place | None:
    """Follow the log from the newest snapshot to its end, and write one there.

    Returns where, None if there is nothing new. `shown` may draw a bar. Raises SnapshotLocked,
    LogCorrupt, PoisonCommand and OutputDiffers (then there must be none), and OSError.
    """
    folder, disk = data_dir / snapshots.FOLDER, Disk()
    disk.make_folder(folder)
    try:
        lock = disk.lock(folder / "LOCK")
    except BlockingIOError as error:
        raise SnapshotLocked(str(folder)) from error
    try:
        return _follow(data_dir, config, shown)
    finally:
        disk.close(lock)


def _follow(data_dir: Path, config: Config, shown: Callable[[Frames], Frames]) -> Place | None:
    folder = data_dir / "log"
    base = snapshots.newest(data_dir, lambda place: holds(folder, place))
    place = begin = BEGINNING if base is None else base.place
    with tempfile.TemporaryDirectory(dir=data_dir / snapshots.FOLDER) as temporary:
        rebuilt = Rebuilt(config, Path(temporary) / "sent.dat", base)
        try:
            for place, records in shown(read_after(folder, begin)):  # noqa: B007 - used behind
                for record in records:
                    rebuilt.take(record)
            if place == begin:
                return None
            _sync(folder, begin)
            rebuilt.save(data_dir, place)
        finally:
            rebuilt.close()
    return place


def _sync(folder: Path, begin: Place) -> None:
    """What was read may not be on the disk yet, and the snapshot must not outlive it."""
    for file in segments(folder, begin.seq):
        fd = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
    Disk().sync_folder(folder)


class Follower:
    """Has snapshots of a running venue taken; `last_seq` tells how far its log is by now."""

    def __init__(
        self, data_dir: Path, last_seq: Callable[[], int], config: Callable[[], Config]
    ) -> None:
        self._data_dir = data_dir
        self._last_seq = last_seq
        self._config = config
        self._task: asyncio.Task[None] | None = None
        self.taken = 0

    def start(self, seq: int) -> None:
        """Begin to look; the newest snapshot is at `seq`."""
        self._task = asyncio.get_running_loop().create_task(self._look(seq))

    async def stop(self) -> None:
        """Stop looking; one that is being taken is given up."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _look(self, seq: int) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if self._last_seq() - seq >= SNAPSHOT_EVERY:
                seq = self._last_seq()
                await self._take()

    async def _take(self) -> None:
        """One snapshot; a failure is the operator's to know and changes nothing for the venue."""
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "gateway.following", str(self._data_dir)),
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
        )
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, process.pid, _NICENESS)
        try:
            out, complaint = await process.communicate(msgspec.msgpack.encode(self._config()))
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if process.returncode == 0:
            self.taken += 1
            log.info("snapshot.taken", seq=int(out))
        else:
            text = complaint.decode(errors="replace").strip().rpartition("\n")[2]
            log.error("snapshot.failed", error=text, exit_code=process.returncode)


def main() -> int:
    """The child: the data directory is its argument, the configuration comes on stdin."""
    config = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Config)
    place = take_snapshot(Path(sys.argv[1]), config)
    sys.stdout.write(str(place.seq if place is not None else 0))
    return 0


if __name__ == "__main__":
    sys.exit(main())
