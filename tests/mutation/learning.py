"""What the tests of a part do without any mutant: which lines each runs, and how long it takes.

Learned in two children, so that this process has run nothing and every mutant starts from the same:
the first counts lines, the second times the tests in the order they will be run in, and both say
which tests fail already. Kept below `var/`; a changed test module is learned anew, and everything
when anything else has changed.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import coverage
import msgspec

from tests.mutation.children import forked
from tests.mutation.parts import ROOT
from tests.mutation.suite import Suite

SLOW_SECONDS = 10.0
"""A test that takes longer is not used."""


class Test(msgspec.Struct):
    """One test: the digest of its module, why it is not used ("": it is), and its lines by file."""

    text: str
    seconds: float
    left_out: str
    lines: dict[str, list[int]]


class Kept(msgspec.Struct):
    """What is kept: tests by name, and the digest of what all of them rest on."""

    base: str
    tests: dict[str, Test]


class Knowledge:
    """Of a suite: its tests by number, and the `world`, a digest of all that is known to matter."""

    def __init__(self, world: str, ids: list[str], kept: Kept) -> None:
        self.world = world
        self.ids = ids
        self.tests = [kept.tests[name] for name in ids]
        self._by_line: dict[str, dict[int, list[int]]] = {}
        for number, test in enumerate(self.tests):
            for file, lines in test.lines.items():
                by_line = self._by_line.setdefault(file, {})
                for line in lines:
                    by_line.setdefault(line, []).append(number)

    def order(self, file: str, lines: Iterable[int] | None) -> list[int]:
        """The tests that run any of these lines of a file (None: any line), fastest first, but
        scenarios, which are slower to tell less, behind all others.
        """
        known = self._by_line.get(file, {})
        found = {
            test for line in (known if lines is None else lines) for test in known.get(line, ())
        }
        usable = [test for test in found if not self.tests[test].left_out]
        return sorted(usable, key=self._haste)

    def _haste(self, number: int) -> tuple[bool, float, int]:
        return "/scenarios/" in self.ids[number], self.tests[number].seconds, number


def learn(suite: Suite, files: Sequence[str], file: Path) -> Knowledge:
    """What is known of a suite; learned now where it was not before."""
    base, texts = _digests()
    kept = Kept(base, {})
    if file.exists():
        before = msgspec.json.decode(file.read_bytes(), type=Kept)
        if before.base == base:
            kept = before
    new = []
    for number, name in enumerate(suite.ids):
        test = kept.tests.get(name)
        if test is None or test.text != texts[_module(name)]:
            new.append(number)
    if new:
        sys.stderr.write(f"learning what {len(new)} tests do ...\n")
        seconds, failed, lines = _watch(suite, new, files)
        order = sorted(new, key=lambda number: seconds[number])
        seconds, failed_again, _ = _watch(suite, order, ())
        for number in new:
            name, took = suite.ids[number], seconds[number]
            why = "slow" if took > SLOW_SECONDS else ""
            why = "fails" if number in failed | failed_again else why
            own = {file: at for file, by in lines.items() if (at := by.get(number))}
            kept.tests[name] = Test(texts[_module(name)], took, why, own)
        file.write_bytes(msgspec.json.encode(kept))
    world = hashlib.sha256(json.dumps([base, texts]).encode()).hexdigest()
    return Knowledge(world, suite.ids, kept)


def _module(name: str) -> str:
    return name.partition("::")[0]


def _digests() -> tuple[str, dict[str, str]]:
    """One of every source, tool and script of a test; and those of the test modules."""
    base = hashlib.sha256()
    texts = {}
    for top in ("engine", "gateway", "fix_specs", "tests"):
        for path in sorted((ROOT / top).rglob("*")):
            name = str(path.relative_to(ROOT))
            if not path.is_file() or path.suffix == ".pyc" or name.startswith("tests/mutation/"):
                continue
            if path.name.startswith("test_"):
                texts[name] = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
            elif top != "tests" or name.split("/")[1] in USED:
                base.update(f"{name}\n".encode() + path.read_bytes())
    return base.hexdigest(), texts


USED = frozenset(
    (
        "conftest.py",
        "support",
        "scenarios",
        "session_cases",
        "reference",
        "fuzz",
        "engine",
        "gateway",
    )
)
"""What tests of the parts rest on, of `tests/`."""

Seen = tuple[dict[int, float], set[int], dict[str, dict[int, list[int]]]]


def _watch(suite: Suite, order: list[int], files: Sequence[str]) -> Seen:
    """Run tests in a child; seconds of each, those that failed, and their lines in `files`."""

    def work(pipe: int) -> None:
        with os.fdopen(pipe, "w") as out:
            json.dump(_seen(suite, order, files), out)

    child = forked(work, [])
    try:
        with os.fdopen(os.dup(child.pipe)) as answer:
            text = answer.read()
    finally:
        child.stop()
    seen: dict[str, Any] = json.loads(text)
    lines = {file: _by_number(by_test) for file, by_test in seen["lines"].items()}
    return _by_number(seen["seconds"]), set(seen["failed"]), lines


def _by_number(answer: dict[str, Any]) -> dict[int, Any]:
    return {int(number): value for number, value in answer.items()}


def _seen(suite: Suite, order: list[int], files: Sequence[str]) -> dict[str, Any]:
    counter = coverage.Coverage(
        data_file=None, config_file=False, include=[str(ROOT / file) for file in files]
    )
    seconds: dict[int, float] = {}
    failed: list[int] = []
    if files:
        counter.start()
    for test, following in zip(order, [*order[1:], None], strict=True):
        if files:
            counter.switch_context(str(test))
        begun = time.perf_counter()
        if not suite.run(test, following):
            failed.append(test)
        seconds[test] = time.perf_counter() - begun
    lines: dict[str, dict[str, list[int]]] = {}
    if files:
        counter.stop()
        data = counter.get_data()
        for file in files:
            by_test = lines.setdefault(file, {})
            for line, tests in sorted(data.contexts_by_lineno(str(ROOT / file)).items()):
                for test_name in tests:
                    if test_name:
                        by_test.setdefault(test_name, []).append(line)
    return {"seconds": seconds, "failed": failed, "lines": lines}
