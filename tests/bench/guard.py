"""`python -m tests.bench.guard`: fails when the venue's hot path has become a fifth dearer.

CPU time for an order, bytes in to bytes out, is divided by that of the yardstick (`yardstick.py`)
run right before it in the same process: a slow or busy machine slows both. Turns of the workloads
take turns, and the ratio is that of the low ends of the two distributions, where nothing else got
in the way; the search for garbage is off, since all that it adds is noise. How a process lies in
memory and hashes its strings makes some percent, so the median of a few processes counts. It is
compared with the ratio kept in guard.txt for this Python and this build; `--keep` writes it.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from fixpit.build import RUNNING
from tests.bench.hot_path import PIECE, SESSIONS, hot_path
from tests.bench.messages import WORKLOADS
from tests.bench.yardstick import MESSAGES, Yardstick

KEPT = Path(__file__).with_name("guard.txt")
LOSS_MAX = 0.20
PROCESSES = 5
TURNS = 60
TRIES = 2
"""A ratio that is too high is measured once more, and the lower one counts."""

LOW = 0.1
"""The quantile taken of either time. The very lowest scatters by a few percent more."""

_MEMORY = Path("/dev/shm")  # noqa: S108 - a place for the log that is no disk
_HEAD = """\
# CPU of the venue for an order as a multiple of the yardstick's for a message.
# Written by `python -m tests.bench.guard --keep`: Python, build, workload, ratio.
"""

Key = tuple[str, str, str]
"""Python version, build, workload."""


@dataclass(frozen=True, slots=True)
class Sample:
    """CPU seconds of one turn of the venue and of the yardstick's turn before it."""

    venue: float
    yardstick: float


def low(values: Sequence[float]) -> float:
    """The value at the low quantile."""
    return sorted(values)[int(len(values) * LOW)]


def ratio_of(samples: Sequence[Sample]) -> float:
    """Yardstick messages that one order costs."""
    venue = low([sample.venue for sample in samples]) / (SESSIONS * PIECE)
    return venue / (low([sample.yardstick for sample in samples]) / MESSAGES)


def measure(turns: int) -> dict[str, list[Sample]]:
    """Samples of every workload, measured in turn in this process."""
    clock = time.process_time
    place = _MEMORY if _MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(dir=place) as folder, ExitStack() as stack:
        paths = {}
        for name, workload in WORKLOADS.items():
            own = Path(folder, name)
            own.mkdir()
            paths[name] = stack.enter_context(hot_path(own, workload, turns))
        yardstick = Yardstick()
        samples: dict[str, list[Sample]] = {name: [] for name in paths}
        gc.collect()
        gc.disable()
        try:
            for _ in range(turns):
                for name, path in paths.items():
                    pieces = path.pieces()
                    begin = clock()
                    yardstick.turn()
                    middle = clock()
                    path.turn(pieces)
                    end = clock()
                    path.check()
                    samples[name].append(Sample(end - middle, middle - begin))
        finally:
            gc.enable()
    return samples


def parse(text: str) -> dict[Key, float]:
    """The ratios that were kept."""
    kept = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            python, build, workload, ratio = line.split()
            kept[python, build, workload] = float(ratio)
    return kept


def render(kept: Mapping[Key, float]) -> str:
    """The ratios to keep, as `parse` reads them."""
    return _HEAD + "".join(f"{' '.join(key)} {ratio:.3f}\n" for key, ratio in kept.items())


def loss(ratio: float, kept: float) -> float:
    """By how much of the kept ratio the new one is dearer; below 0 it is cheaper."""
    return ratio / kept - 1


def too_dear(ratios: Mapping[str, float], kept: Mapping[str, float]) -> list[str]:
    """The workloads whose ratio is further above the kept one than is allowed."""
    return [
        name
        for name, ratio in ratios.items()
        if name in kept and loss(ratio, kept[name]) > LOSS_MAX
    ]


def lines(ratios: Mapping[str, float], kept: Mapping[str, float]) -> list[str]:
    """What is said of every workload."""
    bad = too_dear(ratios, kept)
    shown = []
    for name, ratio in ratios.items():
        line = f"  {name:<7} {ratio:6.3f}"
        if name in kept:
            line += f"  kept {kept[name]:6.3f}  {loss(ratio, kept[name]):+6.1%}"
            line += "  TOO DEAR" if name in bad else ""
        else:
            line += "  nothing kept"
        shown.append(line)
    return shown


def measured_by_processes(turns: int) -> dict[str, float]:
    """The median ratio of every workload over processes with hash seeds of their own."""
    found: dict[str, list[float]] = {}
    for seed in range(1, PROCESSES + 1):
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.guard", "--one", f"--turns={turns}"],
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
            check=True,
        )
        for name, ratio in json.loads(done.stdout).items():
            found.setdefault(name, []).append(ratio)
    return {name: median(ratios) for name, ratios in found.items()}


def _measured(turns: int, kept: Mapping[str, float]) -> dict[str, float]:
    """The ratios, the lower of up to `TRIES` tries where the first was too high."""
    best: dict[str, float] = {}
    for _ in range(TRIES):
        for name, ratio in measured_by_processes(turns).items():
            best[name] = min(ratio, best.get(name, ratio))
        if not too_dear(best, kept):
            break
    return best


def main(argv: Sequence[str] | None = None) -> int:
    """Measures and compares; 1 when a ratio is too high or none was kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.guard", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="write the ratios to guard.txt")
    parser.add_argument("--turns", type=int, default=TURNS, help="turns of each workload")
    parser.add_argument("--one", action="store_true", help="only this process's ratios, as JSON")
    options = parser.parse_args(argv)
    if options.one:
        samples = measure(options.turns)
        print(json.dumps({name: ratio_of(turns) for name, turns in samples.items()}))
        return 0
    python, build = ".".join(platform.python_version_tuple()[:2]), RUNNING.name
    everything = parse(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    kept = {w: ratio for (p, b, w), ratio in everything.items() if (p, b) == (python, build)}
    ratios = _measured(options.turns, {} if options.keep else kept)
    print(f"CPU of an order / CPU of a yardstick message (CPython {python}, {build})")
    print("\n".join(lines(ratios, kept)), flush=True)
    if options.keep:
        everything |= {(python, build, name): ratio for name, ratio in ratios.items()}
        KEPT.write_text(render(everything), encoding="utf-8")
        return 0
    if ratios.keys() - kept.keys():
        print("nothing to compare with: python -m tests.bench.guard --keep", file=sys.stderr)
        return 1
    if too_dear(ratios, kept):
        print(f"more than {LOSS_MAX:.0%} above what was kept", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
