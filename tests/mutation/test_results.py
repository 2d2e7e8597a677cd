"""What is kept of mutants and told of them, and the list of those that no test can kill."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutation import results
from tests.mutation.operators import Mutant, mutants
from tests.mutation.parts import PARTS, ROOT, files
from tests.mutation.results import NO_TEST, Result

MUTANTS = mutants("def f(a):\n    a()\n    return a\n", "m.py")


def _result(mutant: Mutant, status: str, by: str = "") -> Result:
    return Result(mutant.name, "text", "world", status, by, 0.1)


def test_the_last_result_of_a_mutant_counts(tmp_path: Path) -> None:
    """Results are added to a file, and read as one for each mutant."""
    file = tmp_path / "results"
    assert results.load(file) == {}
    for status in ("survived", "killed"):
        results.add(file, _result(MUTANTS[0], status))
    assert results.load(file) == {MUTANTS[0].name: _result(MUTANTS[0], "killed")}


def test_the_table_counts_by_file() -> None:
    """What is not known yet is not counted; a mutant that ran out of time counts as killed."""
    known = {
        one.name: _result(one, status)
        for one, status in zip(MUTANTS, ("timed out", "survived"), strict=True)
    }
    text, percent = results.table(MUTANTS, known)
    assert [line.split() for line in text.splitlines()[1:]] == [
        ["m.py", "2", "0", "1", "1", "50.0"],
        ["all", "2", "0", "1", "1", "50.0"],
    ]
    assert percent == 50
    assert results.table(MUTANTS, {})[1] == 0


def test_survivors_are_told_with_place_change_and_reason() -> None:
    """Those that were killed are not; a reason stands where one was given."""
    first, second = MUTANTS
    known = {
        first.name: _result(first, "killed"),
        second.name: _result(second, "survived", NO_TEST),
    }
    told = "m.py:3 f (return), no test runs it\n    - return a\n    + return None"
    assert results.survivors(MUTANTS, known, {}) == told
    reasons = {second.name: "nobody asks"}
    assert results.survivors(MUTANTS, known, reasons) == f"{told}\n    equivalent: nobody asks"


def test_equivalents_are_blocks_of_name_and_reason() -> None:
    """Comments say nothing; a name without a reason is an error."""
    text = "# Words.\n\nm.py f: a => b\n  one\n  two\n\nm.py g: c => d\nthree\n"
    assert results.equivalents(text) == {"m.py f: a => b": "one two", "m.py g: c => d": "three"}
    with pytest.raises(AssertionError, match="no reason"):
        results.equivalents("m.py f: a => b\n")


def test_every_equivalent_is_a_mutant_of_today() -> None:
    """The list says nothing of code that is gone."""
    listed = results.equivalents(results.EQUIVALENTS.read_text(encoding="utf-8"))
    today = {
        one.name
        for part in PARTS.values()
        for file in files(part)
        for one in mutants((ROOT / file).read_text(encoding="utf-8"), file)
    }
    assert sorted(listed.keys() - today) == []
