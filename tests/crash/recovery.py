"""Kill -9 while a venue recovers: after it has locked its log, before its ready line.

Imports come before the lock and take longer than most recoveries, so a kill at any moment of the
start would nearly always hit them; here the lock is waited for. What must have survived is for
`ledger` to say.
"""

from __future__ import annotations

import os
import select
import subprocess
import time
from pathlib import Path
from random import Random

from tests.support.process import CHECKOUT, WAIT_SECONDS_MAX, serve_command

FIRST_SPAN_SECONDS = 0.05
SPAN_GROWTH = 1.3
"""The log grows, and its recovery with it; a span that has become too short would show nothing."""

POLL_SECONDS = 0.0005


class RecoveryKiller:
    """Starts venues over one data directory and kills them; `kills` came before they were ready."""

    def __init__(self, data_dir: Path, random: Random) -> None:
        self.kills = 0
        self._data_dir = data_dir
        self._random = random
        self._span = FIRST_SPAN_SECONDS

    def kill_one(self) -> None:
        """One start that ends with a kill: in recovery, or now and then a moment too late."""
        with (self._data_dir / "stderr").open("ab") as stderr:
            process = subprocess.Popen(
                serve_command(self._data_dir),
                stdout=subprocess.PIPE,
                stderr=stderr,
                cwd=CHECKOUT,
            )
        with process:
            assert process.stdout is not None
            try:
                locked_at = self._wait_for_lock(process)
                left = locked_at + self._random.random() * self._span - time.monotonic()
                ready, _, _ = select.select([process.stdout], [], [], max(left, 0))
            finally:
                process.kill()
        if ready:
            self._span = time.monotonic() - locked_at
        else:
            self.kills += 1
            self._span *= SPAN_GROWTH

    def _wait_for_lock(self, process: subprocess.Popen[bytes]) -> float:
        """When the log was seen to be locked."""
        lock = str((self._data_dir / "log" / "LOCK").resolve())
        until = time.monotonic() + WAIT_SECONDS_MAX
        while lock not in _open_files(process.pid):
            assert process.poll() is None, "the venue ended before it was killed"
            assert time.monotonic() < until, "the venue never locked its log"
            time.sleep(POLL_SECONDS)
        return time.monotonic()


def _open_files(pid: int) -> set[str]:
    found = set()
    folder = Path(f"/proc/{pid}/fd")
    for fd in folder.iterdir():
        try:
            found.add(os.readlink(fd))
        except FileNotFoundError:  # It was closed meanwhile.
            continue
    return found
