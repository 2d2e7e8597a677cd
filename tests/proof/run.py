"""`make proof`: nothing acknowledged is lost, nothing happens twice, one log makes one market.

Runs everything that could show otherwise and puts what it found into one table, on stdout and in a
file. The exit code is 1 where a promise was broken. `--quick` does a little of most parts; `make
test` runs that.
"""

from __future__ import annotations

import argparse
import platform
import sys
import time
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import SystemRandom

from tests.bench.machine import cpu_model
from tests.flood.report import Row, table
from tests.proof.parts import FULL, PARTS, QUICK, Part, Size

TABLE = Path("var/proof.txt")


def carry_out(part: Part, size: Size, seed: int) -> list[Row]:
    """The rows of one part; one that ends in an exception has broken its promise."""
    try:
        return part(size, seed)
    except Exception as error:
        sys.stderr.write(traceback.format_exc())
        return [Row("broken", f"{type(error).__name__}: {error}"[:200], kept=False)]


def prove(size: Size, seed: int, names: Sequence[str] = tuple(PARTS)) -> tuple[str, bool]:
    """Carry out these parts one after the other; the table, and whether all promises were kept."""
    begun = time.monotonic()
    lines: list[str] = []
    kept = True
    for name in names:
        sys.stderr.write(f"{name} ...\n")
        since = time.monotonic()
        rows = carry_out(PARTS[name], size, seed)
        if rows:
            kept = kept and all(row.kept for row in rows)
            lines += [f"{name} ({time.monotonic() - since:.0f} s)", table(rows), ""]
    minutes = (time.monotonic() - begun) / 60
    verdict = "every promise was kept" if kept else "A PROMISE WAS BROKEN"
    lines.append(f"{verdict}; seed {seed}, {minutes:.1f} minutes")
    return "\n".join([*_head(), "", *lines]), kept


def _head() -> list[str]:
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return [f"fixpit proof, {datetime.now(UTC):%Y-%m-%d}, {python}, {cpu_model()}"]


def main(argv: Sequence[str]) -> int:
    """Prove, print, keep the table; 1 when a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.proof.run", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a little of most parts")
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(1_000_000))
    parser.add_argument("--kills", type=int, help="how often the venue is killed")
    parser.add_argument("--seeds", type=int, help="how many lives are simulated")
    parser.add_argument("--only", choices=PARTS, action="append", help="default: all parts")
    parser.add_argument("--table", type=Path, default=TABLE, help="where the table is kept")
    args = parser.parse_args(argv)
    size = QUICK if args.quick else FULL
    size = size._replace(kills=args.kills or size.kills, seeds=args.seeds or size.seeds)
    text, kept = prove(size, args.seed, args.only or tuple(PARTS))
    args.table.parent.mkdir(parents=True, exist_ok=True)
    args.table.write_text(f"{text}\n", encoding="utf-8")
    sys.stdout.write(f"{text}\n")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
