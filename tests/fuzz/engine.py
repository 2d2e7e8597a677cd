"""What a fuzz target is, and campaigns against one: mutants of a corpus, until something gives.

A target runs one input and says in a few words what came of it (`outcome`); an outcome not seen
before puts its input into the corpus, which leads the search into corners without measuring
coverage. Anything that escapes from a target and is not on its list is a failure, and so is an
input that costs more CPU than any may. A failure is made smaller before it is told, and kept as a
text in `cases/`, where the tests replay it for ever.
"""

from __future__ import annotations

import ast
import hashlib
import random
import signal
import time
import traceback
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from tests.fuzz.mutations import Mutator

CASES = Path(__file__).parent / "cases"

CPU_SECONDS_MAX = 5.0
"""A thousand times what the slowest legal input needs: beyond it an input hangs."""

CORPUS_MAX = 3_000

SHRINK_RUNS_MAX = 2_000


class TooSlow(BaseException):
    """An input took more CPU than any may. Not an Exception: no target may catch it."""


@dataclass(frozen=True, slots=True)
class Target:
    """One border: `run` gives the outcome of an input, `escapes` is all that may get out instead.

    `executions` is its share of `make test`.
    """

    run: Callable[[bytes], Hashable]
    escapes: tuple[type[Exception], ...]
    seeds: Callable[[], Sequence[bytes]]
    words: tuple[bytes, ...]
    executions: int
    separator: bytes = b"\x01"


@dataclass(frozen=True, slots=True)
class Failure:
    """An input that did what none may, and how it was found."""

    name: str
    data: bytes
    seed: int
    execution: int
    error: str

    def text(self) -> str:
        """The case as it is kept: why in comments, the input as a bytes literal."""
        found = f"found with seed {self.seed}, execution {self.execution}"
        why = "".join(f"# {line}\n" for line in (found, *self.error.strip().splitlines()))
        return f"{why}{self.data!r}\n"

    def keep(self, folder: Path) -> Path:
        """Write it where it is replayed from, under a name that follows from the input."""
        path = folder / self.name / f"{hashlib.sha256(self.data).hexdigest()[:12]}.case"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.text(), encoding="utf-8")
        return path


def read_case(path: Path) -> bytes:
    """The input of a kept case."""
    data = ast.literal_eval(path.read_text(encoding="utf-8"))
    assert isinstance(data, bytes)
    return data


def cases(folder: Path = CASES) -> list[Path]:
    """All that is kept; the name of the folder is that of the target."""
    return sorted(folder.glob("*/*.case"))


class Campaign:
    """Runs of one target that follow from one seed."""

    def __init__(self, name: str, target: Target, seed: int) -> None:
        self.name = name
        self.seed = seed
        self.executions = 0
        self.escaped = 0
        self._target = target
        self._corpus = list(target.seeds())
        self._seeds = len(self._corpus)
        self._seen: set[Hashable] = set()
        chance = random.Random(f"{name} {seed}")
        self._mutator = Mutator(chance, target.words, target.separator)

    @property
    def outcomes(self) -> int:
        """How many different ones there were."""
        return len(self._seen)

    def run(self, executions: int, seconds: float = float("inf")) -> Failure | None:
        """So many more, for so long; ends with the first failure."""
        deadline = time.monotonic() + seconds
        with _cpu_limit():
            for _ in range(executions):
                if time.monotonic() > deadline:
                    break
                failure = self._execute()
                if failure is not None:
                    return failure
        return None

    def _execute(self) -> Failure | None:
        number = self.executions
        self.executions += 1
        first = number < self._seeds
        data = self._corpus[number] if first else self._mutator.mutant(self._corpus)
        try:
            outcome = self._outcome(data)
        except (Exception, TooSlow) as error:
            data = self._smaller(data, type(error))
            return Failure(self.name, data, self.seed, number, _told(error))
        if outcome not in self._seen:
            self._seen.add(outcome)
            if not first and len(self._corpus) < CORPUS_MAX:
                self._corpus.append(data)
        return None

    def _outcome(self, data: bytes) -> Hashable:
        signal.setitimer(signal.ITIMER_VIRTUAL, CPU_SECONDS_MAX)
        try:
            return self._target.run(data)
        except self._target.escapes as error:
            self.escaped += 1
            return type(error).__name__
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)

    def _smaller(self, data: bytes, kind: type[BaseException]) -> bytes:
        """The same failure with as little as a few attempts leave of the input."""
        if issubclass(kind, TooSlow):
            return data
        runs, size = 0, max(1, len(data) // 2)
        while size and runs < SHRINK_RUNS_MAX:
            start = 0
            while start < len(data) and runs < SHRINK_RUNS_MAX:
                shorter = data[:start] + data[start + size :]
                runs += 1
                if self._fails(shorter, kind):
                    data = shorter
                else:
                    start += size
            size //= 2
        return data

    def _fails(self, data: bytes, kind: type[BaseException]) -> bool:
        try:
            self._outcome(data)
        except kind:
            return True
        except (Exception, TooSlow):
            return False
        return False


def replay(target: Target, data: bytes) -> None:
    """Run one input; raises what a target must not let out."""
    with _cpu_limit():
        signal.setitimer(signal.ITIMER_VIRTUAL, CPU_SECONDS_MAX)
        try:
            target.run(data)
        except target.escapes:
            return
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)


@contextmanager
def _cpu_limit() -> Iterator[None]:
    """Whoever runs longer than the timer says is stopped."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise TooSlow(f"more than {CPU_SECONDS_MAX:g} s of CPU")

    before = signal.signal(signal.SIGVTALRM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGVTALRM, before)


def _told(error: BaseException) -> str:
    """What it was and where it came from."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}: {error}"
