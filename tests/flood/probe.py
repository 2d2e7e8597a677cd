"""What a process holds, from /proc: descriptors and memory, seen several times a second."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path

PERIOD_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Sight:
    """One look at a process."""

    at: float
    descriptors: int
    rss_mib: float
    log_lines: int


class Probe:
    """Looks at process `pid` and at the file of its log until closed; `sights` in time's order."""

    def __init__(self, pid: int, log: Path) -> None:
        self.sights: list[Sight] = []
        self._pid = pid
        self._log = log
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="probe")
        self._thread.start()

    def close(self) -> None:
        """Look no more."""
        self._closed.set()
        self._thread.join()

    def between(self, begin: float, end: float) -> list[Sight]:
        """What was seen in this span of the monotonic clock."""
        return [sight for sight in self.sights if begin <= sight.at < end]

    def _run(self) -> None:
        while not self._closed.wait(PERIOD_SECONDS):
            self.sights.append(self._look())

    def _look(self) -> Sight:
        descriptors = len(os.listdir(f"/proc/{self._pid}/fd"))
        status = Path(f"/proc/{self._pid}/status").read_text(encoding="ascii")
        kib = next(int(line.split()[1]) for line in status.splitlines() if line[:6] == "VmRSS:")
        lines = self._log.read_bytes().count(b"\n")
        return Sight(time.monotonic(), descriptors, kib / 1024, lines)
