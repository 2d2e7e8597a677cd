"""What became of mutants: kept line by line below `var/`, so that a run goes on where one ended.

A mutant that was killed stays so while its function is the same text. One that survived is tried
again as soon as any source or test is another, unless it is in `survivors.txt` beside this file:
those no test can kill, each with the reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from tests.mutation.children import KILLED, SURVIVED, TIMED_OUT
from tests.mutation.operators import Mutant

EQUIVALENTS = Path(__file__).with_name("survivors.txt")
PERCENT_MIN = 90.0
NO_TEST = "no test"
"""What a mutant survived by whose lines no test runs."""


class Result(msgspec.Struct, frozen=True):
    """One line: the mutant's name, the digest of its function's text, and what became of it."""

    name: str
    text: str
    world: str
    status: str
    by: str
    seconds: float


def load(file: Path) -> dict[str, Result]:
    """The last result of each mutant."""
    if not file.exists():
        return {}
    lines = file.read_bytes().splitlines()
    results = (msgspec.json.decode(line, type=Result) for line in lines)
    return {result.name: result for result in results}


def add(file: Path, result: Result) -> None:
    """Keep one more."""
    with file.open("ab") as out:
        out.write(msgspec.json.encode(result) + b"\n")


def equivalents(text: str) -> dict[str, str]:
    """Reasons by mutant's name, of blocks `name` / `reason` that stand apart by empty lines."""
    found = {}
    for block in text.split("\n\n"):
        lines = [line for line in block.splitlines() if line and not line.startswith("#")]
        if lines:
            name, *reason = lines
            assert reason, f"no reason: {name}"
            found[name] = " ".join(map(str.strip, reason))
    return found


def table(mutants: Sequence[Mutant], results: dict[str, Result]) -> tuple[str, float]:
    """A line for each file and one for all, and the percentage of all that was killed."""
    rows: dict[str, Counter[str]] = {}
    for mutant in mutants:
        if (result := results.get(mutant.name)) is not None:
            rows.setdefault(mutant.file, Counter())[result.status] += 1
    total = sum(rows.values(), Counter[str]())
    form = "{:<36}{:>8}{:>8}{:>10}{:>10}{:>9}"
    text = [form.format("", "mutants", KILLED, TIMED_OUT, SURVIVED, "percent")]
    for name, counts in [*sorted(rows.items()), ("all", total)]:
        numbers = [counts[status] for status in (KILLED, TIMED_OUT, SURVIVED)]
        text.append(form.format(name, counts.total(), *numbers, f"{_percent(counts):.1f}"))
    return "\n".join(text), _percent(total)


def _percent(counts: Counter[str]) -> float:
    all_of_them = counts.total()
    return 100 * (all_of_them - counts[SURVIVED]) / all_of_them if all_of_them else 0.0


def survivors(
    mutants: Iterable[Mutant], results: dict[str, Result], reasons: dict[str, str]
) -> str:
    """Each survivor, where it is and what was changed; why, where no test can kill it."""
    text = []
    for mutant in mutants:
        result = results.get(mutant.name)
        if result is None or result.status != SURVIVED:
            continue
        reason = reasons.get(mutant.name)
        text.append(
            f"{mutant.file}:{mutant.line} {mutant.scope} ({mutant.kind})"
            f"{', no test runs it' * (result.by == NO_TEST)}\n"
            f"    - {mutant.before}\n    + {mutant.after}"
            + (f"\n    equivalent: {reason}" if reason else "")
        )
    return "\n".join(text)
