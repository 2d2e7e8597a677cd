"""The fuzz targets for as long as one likes: `python -m tests.fuzz.run --seconds 600`.

Targets take turns of a few seconds each, every turn with a seed of its own. A failure is printed as
a bytes literal with its seed, and kept in `tests/fuzz/cases/`, where `make test` replays it.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz.engine import CASES, Campaign, Failure
from tests.fuzz.targets import TARGETS

FAILURES_MAX = 3
"""A target that failed so often rests: more inputs would tell nothing new."""

TURN_SECONDS = 10.0
"""A corpus begins anew with every turn: what one seed does not find another one may."""


@dataclass(slots=True)
class Score:
    """What came of one target so far."""

    executions: int = 0
    escaped: int = 0
    outcomes: int = 0
    seconds: float = 0.0
    failures: list[Failure] = field(default_factory=list)

    def line(self, name: str) -> str:
        """One row of the table."""
        rate = self.executions / self.seconds if self.seconds else 0
        return (
            f"{name:12}{self.executions:>12,}{rate:>10,.0f}{self.outcomes:>10,}"
            f"{self.escaped:>10,}{len(self.failures):>10}"
        )


HEAD = (
    f"{'target':12}{'executions':>12}{'per s':>10}{'outcomes':>10}{'refused':>10}{'failures':>10}"
)


def say(text: str) -> None:
    """To whoever watches."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def turn(name: str, seed: int, seconds: float, score: Score, folder: Path) -> None:
    """One campaign, and what it adds to the score."""
    campaign = Campaign(name, TARGETS[name], seed)
    begun = time.monotonic()
    failure = campaign.run(sys.maxsize, seconds)
    score.seconds += time.monotonic() - begun
    score.executions += campaign.executions
    score.escaped += campaign.escaped
    score.outcomes = max(score.outcomes, campaign.outcomes)
    if failure is not None:
        score.failures.append(failure)
        say(f"{name} FAILED, kept in {failure.keep(folder)}\n{failure.text()}")


def run(
    seconds: float, seed: int, names: Sequence[str] = tuple(TARGETS), folder: Path = CASES
) -> dict[str, Score]:
    """All these targets in turns until the time is up; what came of each."""
    scores = {name: Score() for name in names}
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0 and names:
        for name in names:
            share = min(TURN_SECONDS, left / len(names))
            turn(name, seed, share, scores[name], folder)
        names = [name for name in names if len(scores[name].failures) < FAILURES_MAX]
        seed += 1
    return scores


def main(argv: list[str]) -> int:
    """Run until the time is up; 1 when anything failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.run", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="for all targets together")
    parser.add_argument("--target", choices=TARGETS, action="append", help="default: all")
    parser.add_argument("--seed", type=int, help="of the first turn; default: by chance")
    parser.add_argument("--cases", type=Path, default=CASES, help="where failing inputs are kept")
    args = parser.parse_args(argv)
    names = list(dict.fromkeys(args.target or TARGETS))
    seed = random.SystemRandom().randrange(10**9) if args.seed is None else args.seed
    say(f"fuzz seed {seed}, {args.seconds:g} s, {', '.join(names)}")
    scores = run(args.seconds, seed, names, args.cases)
    say("\n".join([HEAD, *(score.line(name) for name, score in scores.items())]))
    return 1 if any(score.failures for score in scores.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
