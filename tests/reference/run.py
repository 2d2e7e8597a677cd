"""The engine against the rule book for as long as one likes.

    python -m tests.reference.run --commands 1000000 --seed 1

Every episode is another venue with a seed of its own, counted up from the first. It stops at the
first difference and prints the shortest tape that still shows it.
"""

from __future__ import annotations

import argparse
import sys
import time

from tests.reference.compare import EPISODE, Episode, run_episode
from tests.reference.stream import random_rules

EVERY_SECONDS = 5.0


def say(text: str) -> None:
    """To whoever watches."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def run(commands: int, seed: int, *, tell: bool = True) -> Episode:
    """So many commands, in episodes from this seed on; ends early where the two differ."""
    begun = told = time.monotonic()
    done = trades = 0
    while done < commands:
        episode = run_episode(random_rules(seed), seed, min(EPISODE, commands - done))
        done += episode.commands
        trades += episode.trades
        now = time.monotonic()
        if tell and (now - told >= EVERY_SECONDS or done >= commands or episode.difference):
            told = now
            rate = done / (now - begun)
            say(f"seed {seed}: {done:,} commands, {trades:,} trades, {rate:,.0f} commands/s")
        if episode.difference is not None:
            return Episode(done, trades, episode.difference)
        seed += 1
    return Episode(done, trades)


def main(argv: list[str]) -> int:
    """Run; 1 when the two differ."""
    parser = argparse.ArgumentParser(prog="python -m tests.reference.run", description=__doc__)
    parser.add_argument("--commands", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1, help="of the first episode")
    args = parser.parse_args(argv)
    outcome = run(args.commands, args.seed)
    if outcome.difference is not None:
        say(f"THEY DIFFER\n{outcome.difference.text()}")
        return 1
    say(f"{outcome.commands:,} commands, {outcome.trades:,} trades, no difference")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
