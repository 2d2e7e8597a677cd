"""Change the venue in small ways and see whether a test notices.

    python -m tests.mutation.run matching            what is not known yet
    python -m tests.mutation.run log --survivors     those that survived unexplained, again
    python -m tests.mutation.run session --sample 100 --seed 7

Prints mutants, killed, timed out, survived and the percentage killed, equivalent ones counted as
survivors; the exit code is 1 below 90 %. Results are kept in var/mutation and a run goes on where
another ended; --again forgets them. --report only prints them.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import select
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from fixpit.build import COMPILED, RUNNING
from tests.mutation import children, results
from tests.mutation.children import KILLED, SURVIVED, Child, Fate
from tests.mutation.learning import Knowledge, learn
from tests.mutation.operators import MODULE, Mutant, mutants, scope_text
from tests.mutation.parts import PARTS, ROOT, files
from tests.mutation.results import NO_TEST, PERCENT_MIN, Result
from tests.mutation.suite import Suite

EVERY_SECONDS = 15.0
UNSURE_SECONDS = 0.1
"""A test must pass alone and without a mutant before its kill counts: once, or each time if it
takes longer than this, for then it may depend on the machine's mood.
"""


class Run:
    """One run over a part."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        part = PARTS[options.part]
        self.files = [file for file in files(part) if options.module in file]
        self.sources = {file: (ROOT / file).read_text(encoding="utf-8") for file in self.files}
        self.mutants = [
            one
            for file, source in self.sources.items()
            for one in mutants(source, file)
            if _in_range(one, options.lines)
        ]
        self.folder = ROOT / "var" / "mutation"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.kept = self.folder / f"{options.part}.jsonl"
        if options.again:
            self.kept.unlink(missing_ok=True)
        self.results = results.load(self.kept)
        self.reasons = results.equivalents(results.EQUIVALENTS.read_text(encoding="utf-8"))
        self.texts = {
            (one.file, one.scope): _digest(scope_text(self.sources[one.file], one.scope))
            for one in self.mutants
        }
        self._killers: dict[tuple[str, str], list[int]] = {}

    def todo(self, world: str) -> list[Mutant]:
        """Mutants to try now, in random order."""
        draw = random.Random(self.options.seed)
        chosen = draw.sample(self.mutants, len(self.mutants))
        if self.options.sample:
            chosen = chosen[: self.options.sample]
        return [one for one in chosen if self._is_wanted(one, world)]

    def _is_wanted(self, mutant: Mutant, world: str) -> bool:
        known = self.results.get(mutant.name)
        survived = (
            known is not None and known.status == SURVIVED and mutant.name not in self.reasons
        )
        if self.options.survivors:
            return survived
        if known is None or known.text != self.texts[mutant.file, mutant.scope]:
            return True
        return survived and known.world != world and not self.options.new

    def job(self, suite: Suite) -> None:
        """Learn, then try every mutant."""
        if suite.broken:
            raise SystemExit("\n".join(suite.broken))
        knowledge = learn(suite, files(PARTS[self.options.part]), self._knowledge_file())
        for name, test in zip(knowledge.ids, knowledge.tests, strict=True):
            if test.left_out:
                sys.stderr.write(f"left out ({test.left_out}): {name}\n")
        todo = self.todo(knowledge.world)
        sys.stderr.write(f"{len(todo)} mutants, seed {self.options.seed}\n")
        Pool(self, suite, knowledge).go(todo)

    def _knowledge_file(self) -> Path:
        return self.folder / f"{self.options.part}.tests.json"

    def order(self, mutant: Mutant, knowledge: Knowledge) -> list[int]:
        """The tests for a mutant: those that killed another in its function, then the fastest."""
        lines = None if mutant.scope == MODULE else range(mutant.first, mutant.last + 1)
        order = knowledge.order(mutant.file, lines)
        if mutant.scope == MODULE:
            own = f"test_{Path(mutant.file).stem}"
            return sorted(order, key=lambda test: own not in knowledge.ids[test])
        usable = set(order)
        first = [
            test for test in self._killers.get((mutant.file, mutant.scope), ()) if test in usable
        ]
        return list(dict.fromkeys([*first, *order]))

    def keep(self, mutant: Mutant, fate: Fate, knowledge: Knowledge, seconds: float) -> None:
        """What became of a mutant."""
        by = knowledge.ids[fate.test] if fate.test >= 0 else ""
        if fate == NOBODY:
            by = NO_TEST
        text = self.texts[mutant.file, mutant.scope]
        result = Result(mutant.name, text, knowledge.world, fate.status, by, round(seconds, 2))
        self.results[mutant.name] = result
        results.add(self.kept, result)
        if fate.status == KILLED and fate.test >= 0:
            killers = self._killers.setdefault((mutant.file, mutant.scope), [])
            if fate.test in killers:
                killers.remove(fate.test)
            killers.insert(0, fate.test)
            del killers[KILLERS_MAX:]

    def report(self) -> int:
        """Print the table and the survivors."""
        text, percent = results.table(self.mutants, self.results)
        told = results.survivors(self.mutants, self.results, self.reasons)
        sys.stdout.write(f"{told}\n\n{text}\n")
        return 0 if percent >= PERCENT_MIN else 1


NOBODY = Fate(SURVIVED, -2)
KILLERS_MAX = 20
LEFT_OUT_MAX = 20


class Pool:
    """As many children at once as the options say."""

    def __init__(self, run: Run, suite: Suite, knowledge: Knowledge) -> None:
        self._run, self._suite, self._knowledge = run, suite, knowledge
        self._seconds = [test.seconds for test in knowledge.tests]
        self._busy: dict[int, tuple[Child, Mutant, float]] = {}
        self._proven: set[int] = set()
        self._done = 0

    def go(self, todo: list[Mutant]) -> None:
        """Try them all."""
        begun = told = time.monotonic()
        waiting = iter(todo)
        try:
            while self._fill(waiting):
                self._wait()
                if time.monotonic() - told > EVERY_SECONDS:
                    told = time.monotonic()
                    sys.stderr.write(f"{self._done} of {len(todo)}, {told - begun:.0f} s\n")
        finally:
            for child, _, _ in self._busy.values():
                child.stop()

    def _fill(self, waiting: Iterator[Mutant]) -> bool:
        """Start children while there is room; returns whether any is at work."""
        while len(self._busy) < self._run.options.jobs:
            mutant = next(waiting, None)
            if mutant is None:
                break
            order = self._run.order(mutant, self._knowledge)
            if order:
                source = self._run.sources[mutant.file]
                self._add(
                    children.with_mutant(self._suite, source, mutant, order, self._seconds), mutant
                )
            else:
                self._end(mutant, NOBODY, 0.0)
        return bool(self._busy)

    def _add(self, child: Child, mutant: Mutant) -> None:
        self._busy[child.pipe] = (child, mutant, time.monotonic())

    def _wait(self) -> None:
        ready, _, _ = select.select(list(self._busy), [], [], 0.5)
        for pipe, (child, mutant, begun) in list(self._busy.items()):
            if pipe in ready:
                child.read()
            child.check_time()
            if child.fate is None:
                continue
            del self._busy[pipe]
            order = self._run.order(mutant, self._knowledge)
            if child.fate.status == children.FRESH:
                self._add(children.fresh(self._suite, mutant, order, self._seconds), mutant)
            elif child.fate.status == children.LOST:
                sys.stderr.write(f"changed meanwhile: {mutant.name}\n")
            elif self._is_sure(child.fate):
                self._end(mutant, child.fate, time.monotonic() - begun)
            else:
                self._leave_out(child.fate.test)
                order = self._run.order(mutant, self._knowledge)
                source = self._run.sources[mutant.file]
                self._add(
                    children.with_mutant(self._suite, source, mutant, order, self._seconds), mutant
                )

    def _leave_out(self, number: int) -> None:
        """Use a test no more that fails without a mutant."""
        self._knowledge.tests[number].left_out = "fails now and then"
        sys.stderr.write(f"left out (fails now and then): {self._knowledge.ids[number]}\n")
        if sum(bool(test.left_out) for test in self._knowledge.tests) > LEFT_OUT_MAX:
            raise SystemExit("too many tests fail without a mutant")

    def _is_sure(self, fate: Fate) -> bool:
        """Whether it was the mutant: the test passes without it."""
        quick = self._seconds[fate.test] < UNSURE_SECONDS
        if fate.status != KILLED or fate.test < 0 or (quick and fate.test in self._proven):
            return True
        child = children.forked(
            lambda pipe: children.run_tests(self._suite, [fate.test], pipe), self._seconds
        )
        while child.fate is None:
            if select.select([child.pipe], [], [], 0.5)[0]:
                child.read()
            child.check_time()
        if child.fate.status == SURVIVED:
            self._proven.add(fate.test)
        return child.fate.status == SURVIVED

    def _end(self, mutant: Mutant, fate: Fate, seconds: float) -> None:
        self._done += 1
        self._run.keep(mutant, fate, self._knowledge, seconds)
        if self._run.options.verbose:
            by = self._knowledge.ids[fate.test] if fate.test >= 0 else ""
            sys.stderr.write(f"{fate.status} {seconds:.1f} s {mutant.name} {by}\n")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _in_range(mutant: Mutant, lines: str) -> bool:
    first, _, last = lines.partition("-")
    return not lines or int(first) <= mutant.line <= int(last or first)


def main(argv: list[str]) -> int:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--module", default="", help="only files with this in their path")
    parser.add_argument("--lines", default="", help="only lines FIRST-LAST of them")
    parser.add_argument("--sample", type=int, default=0, help="only so many, drawn by the seed")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--jobs", type=int, default=1, help="processes at once")
    parser.add_argument("--survivors", action="store_true", help="only those that survived")
    parser.add_argument("--new", action="store_true", help="only those never tried as they are")
    parser.add_argument("--again", action="store_true", help="forget what is known")
    parser.add_argument("--report", action="store_true", help="print what is known")
    parser.add_argument("--verbose", action="store_true", help="tell of every mutant")
    options = parser.parse_args(argv)
    if RUNNING.name == COMPILED:
        parser.error("mutants are of sources: run with FIXPIT_PURE=1, as make mutants does")
    run = Run(options)
    if not run.options.report:
        try:
            Suite(run.job).collect([str(ROOT / path) for path in PARTS[run.options.part].tests])
        except KeyboardInterrupt:
            sys.stderr.write("stopped\n")
    return run.report()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
