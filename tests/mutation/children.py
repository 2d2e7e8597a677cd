"""Processes that run tests with one mutant in them, and what becomes of them.

A child tells by a pipe which test it begins, and at the end whether one failed. It is watched test
by test: what takes ten times as long as it should, and five seconds more, is killed. It works in a
folder of its own, which goes when it is gone.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from tests.mutation import place
from tests.mutation.operators import Mutant
from tests.mutation.parts import ROOT
from tests.mutation.suite import Suite, settle_child

GRACE_SECONDS = 5.0
SLOWER_MAX = 10.0
START_SECONDS = 90.0
"""A fresh process imports and collects first."""

KILLED, TIMED_OUT, SURVIVED = "killed", "timed out", "survived"
FRESH = "fresh"
"""What a fork says whose mutant only a fresh process can show."""
LOST = "lost"
"""What a fresh process says that does not find its mutant: the source has changed meanwhile."""


class Fate(NamedTuple):
    """What became of a mutant, and by which test (its number, -1: none)."""

    status: str
    test: int


class Child:
    """One process; `fate` is None while it runs. `seconds` is how long each test usually takes."""

    def __init__(
        self, pid: int, pipe: int, seconds: Sequence[float], folder: str, wait: Callable[[], object]
    ) -> None:
        self.pipe = pipe
        self.fate: Fate | None = None
        self._pid, self._seconds = pid, seconds
        self._folder, self._wait = folder, wait
        self._text = b""
        self._test = -1
        self._deadline = time.monotonic() + START_SECONDS

    def read(self) -> None:
        """Take what it has told; call when `pipe` can be read."""
        data = os.read(self.pipe, 65536)
        self._text += data
        *lines, self._text = self._text.split(b"\n")
        for line in lines:
            word, _, number = line.decode().partition(" ")
            if word == "begin":
                self._test = int(number)
                usual = SLOWER_MAX * self._seconds[self._test]
                self._deadline = time.monotonic() + GRACE_SECONDS + usual
            else:
                self._end(Fate(word, self._test if word == KILLED else -1))
                return
        if not data:  # It died: of what the mutant did to it.
            self._end(Fate(KILLED, self._test))

    def check_time(self) -> None:
        """Give it up if the test of the moment takes too long."""
        if self.fate is None and time.monotonic() > self._deadline:
            self._end(Fate(TIMED_OUT, self._test))

    def stop(self) -> None:
        """End it, whatever it does."""
        if self.fate is None:
            self._end(Fate(SURVIVED, -1))

    def _end(self, fate: Fate) -> None:
        self.fate = fate
        try:
            os.killpg(self._pid, signal.SIGKILL)
        except ProcessLookupError:
            os.kill(self._pid, signal.SIGKILL)
        self._wait()
        os.close(self.pipe)
        shutil.rmtree(self._folder, ignore_errors=True)


def forked(work: Callable[[int], None], seconds: Sequence[float]) -> Child:
    """A copy of this process that does `work(pipe)` and ends."""
    folder = tempfile.mkdtemp(prefix="mutant-")
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(reading)
            os.setpgid(0, 0)
            settle_child(folder)
            work(writing)
        finally:
            os._exit(0)
    os.close(writing)
    return Child(pid, reading, seconds, folder, lambda: os.waitpid(pid, 0))


def tell(pipe: int, word: str, number: int | None = None) -> None:
    """Write a line to whoever watches."""
    os.write(pipe, f"{word}\n".encode() if number is None else f"{word} {number}\n".encode())


def run_tests(suite: Suite, numbers: Sequence[int], pipe: int) -> None:
    """Run tests in this order, telling of each, until one fails."""
    failed = suite.first_failure(numbers, lambda number: tell(pipe, "begin", number))
    tell(pipe, SURVIVED if failed is None else KILLED)


def with_mutant(
    suite: Suite, source: str, mutant: Mutant, numbers: Sequence[int], seconds: Sequence[float]
) -> Child:
    """A fork with the mutant in it, which says `FRESH` where only a fresh process will do."""

    def work(pipe: int) -> None:
        if not place.in_function(source, mutant):
            tell(pipe, FRESH)
            return
        run_tests(suite, numbers, pipe)

    return forked(work, seconds)


def fresh(suite: Suite, mutant: Mutant, numbers: Sequence[int], seconds: Sequence[float]) -> Child:
    """A process that imports the changed module and collects the files of these tests."""
    folder = tempfile.mkdtemp(prefix="mutant-")
    reading, writing = os.pipe()
    tests = [[number, suite.ids[number]] for number in numbers]
    task = os.path.join(folder, "task.json")
    with open(task, "w", encoding="utf-8") as out:
        json.dump({"file": mutant.file, "name": mutant.name, "tests": tests, "pipe": writing}, out)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.mutation.fresh", task],
        cwd=ROOT,
        pass_fds=(writing,),
        start_new_session=True,
    )
    os.close(writing)
    # Waited for through its object: one that is dropped unwaited warns, and pytest would lay that
    # to the charge of every test from then on.
    return Child(process.pid, reading, seconds, folder, process.wait)
