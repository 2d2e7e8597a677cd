"""The flood, a process of its own: bad logons at a steady rate, whatever becomes of those before.

`python -m tests.flood.flood FOLDER PORT TLS_PORT --rate 500 --seconds 30 --seed 1` prints one JSON
object when the last of them has ended. `run` starts it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import resource
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

import uvloop

from tests.flood.attacks import ATTACKS, Attack, Attacker, carry_out, judge
from tests.flood.stage import Stage

PERIOD_SECONDS = 0.004
"""So often as many as are due are begun."""

SOURCES = ("127.0.0.1", *(f"127.0.0.{n}" for n in range(2, 10)))


@dataclass
class Tally:
    """What came of the attacks so far."""

    attempts: int = 0
    seconds: float = 0.0
    answers: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    longest: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def note(self, name: str, heard: bytes, seconds: float) -> None:
        """One attack has ended."""
        self.answers[name][judge(heard)] += 1
        self.longest[name] = max(self.longest[name], seconds)


async def attack_once(attack: Attack, attacker: Attacker, tally: Tally) -> None:
    """One attack, and what it adds to the tally."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    heard = await carry_out(attack, attacker)
    tally.note(attack.__name__, heard, loop.time() - begun)


async def flood(attacker: Attacker, rate: float, seconds: float, sources: Sequence[str]) -> Tally:
    """So many attacks a second, of all kinds in turn, from all sources by chance."""
    loop = asyncio.get_running_loop()
    tally = Tally()
    begun = loop.time()
    random = attacker.random
    async with asyncio.TaskGroup() as group:
        while (passed := loop.time() - begun) < seconds:
            for n in range(tally.attempts, int(passed * rate)):
                from_there = replace(attacker, source=random.choice(sources))
                group.create_task(attack_once(ATTACKS[n % len(ATTACKS)], from_there, tally))
                tally.attempts += 1
            await asyncio.sleep(PERIOD_SECONDS)
        tally.seconds = passed
    return tally


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.flood.flood", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("port", type=int)
    parser.add_argument("tls_port", type=int)
    parser.add_argument("--rate", type=float, default=500)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sources", type=int, default=len(SOURCES), help="addresses, 1 to 250")
    return parser.parse_args(argv)


def main(argv: Sequence[str]) -> int:
    """Flood, then print the tally as JSON."""
    args = _arguments(argv)
    with contextlib.suppress(OSError):
        os.nice(10)  # attackers have machines of their own, and take no time of members'
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    attacker = Attacker(Stage(args.folder), args.port, args.tls_port, Random(args.seed))
    sources = SOURCES[: args.sources]
    if args.sources > len(SOURCES):
        sources = tuple(f"127.0.1.{n}" for n in range(1, args.sources + 1))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        tally = runner.run(flood(attacker, args.rate, args.seconds, sources))
    json.dump(
        {
            "attempts": tally.attempts,
            "seconds": tally.seconds,
            "answers": tally.answers,
            "longest": tally.longest,
        },
        sys.stdout,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
