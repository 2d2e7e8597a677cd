"""What the venue should reach, and whether it does: one table of ratios from one run.

Each aim has two marks: what must be reached at least, and what is aimed for. Its samples, one for
each repetition, come from the results; a ratio is taken between runs of the same turn, so that
whatever the machine did meanwhile met both. Nothing here fails a run: it is information.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from tests.bench.builds import BUILDS, Build
from tests.bench.messages import CROWD_ORDERS, CROWDED
from tests.bench.results import Results, in_turn
from tests.bench.tables import aligned

SESSIONS = 16
BOTH, LEAST, NEITHER = "aim", "at least", "no"
FLAT = 1.1
"""A curve that ends at so many times its beginning is flat, as far as a run can tell."""

Samples = Callable[[Results, Build], list[float]]


@dataclass(frozen=True, slots=True)
class Aim:
    """One row: what is measured, its two marks, and where its samples are."""

    text: str
    at_least: float
    aim_for: float
    samples: Samples
    digits: int = 2
    unit: str = ""

    @property
    def more_is_better(self) -> bool:
        """Whether the figure should be high; the marks say so."""
        return self.aim_for > self.at_least

    def reached(self, value: float) -> str:
        """Which of the two marks the value reaches: `BOTH`, `LEAST` or `NEITHER`."""
        sign = 1 if self.more_is_better else -1
        if sign * value >= sign * self.aim_for:
            return BOTH
        return LEAST if sign * value >= sign * self.at_least else NEITHER

    def number(self, value: float) -> str:
        """A value of this row, without its unit."""
        return f"{value:,.{self.digits}f}"

    def mark(self, value: float) -> str:
        """A mark of this row."""
        return f"{'>=' if self.more_is_better else '<='} {value:,g}{self.unit}"


@dataclass(frozen=True, slots=True)
class Figure:
    """The median of the repetitions and their spread."""

    median: float
    low: float
    high: float


def figure(samples: Sequence[float]) -> Figure | None:
    """What is shown of these samples; None where there are none."""
    return Figure(median(samples), min(samples), max(samples)) if samples else None


def _against(base: str, workload: str) -> Samples:
    def samples(results: Results, build: Build) -> list[float]:
        own = results.rates(build.none, workload, SESSIONS)
        return in_turn(own, results.rates(base, workload, SESSIONS))

    return samples


def _group_against_none(results: Results, build: Build) -> list[float]:
    group = results.rates(build.group, "rest", SESSIONS)
    return in_turn(group, results.rates(build.none, "rest", SESSIONS))


def _one_at_a_time(results: Results, build: Build) -> list[float]:
    own = [run.p50 for run in results.latency.get(build.none, [])]
    return in_turn(own, [run.p50 for run in results.latency.get("canned", [])])


def _pace(results: Results, build: Build) -> list[float]:
    return [run.p99 / 1000 for run in results.pace.get(build.none, [])]


def _memory(results: Results, build: Build) -> list[float]:
    return results.memory.get(build.none, [])


def _growth(unit: str) -> Samples:
    return lambda results, build: results.growth.get((build.none, unit), [])


def _start(results: Results, build: Build) -> list[float]:
    return results.start.get(build.none, [])


AIMS = (
    Aim("all rest / canned server", 0.25, 0.5, _against("canned", "rest")),
    Aim("half cross / canned server", 0.18, 0.4, _against("canned", "cross")),
    Aim("new + cancel / canned server", 0.15, 0.35, _against("canned", "cancel")),
    Aim(
        f"new + cancel, {CROWD_ORDERS:,} others resting / canned server",
        *(0.15, 0.35, _against("canned", CROWDED.name)),
    ),
    Aim("all rest / simplefix acceptor", 8, 14, _against("simplefix", "rest"), digits=1),
    Aim("one at a time, p50 / canned server's", 2.2, 1.5, _one_at_a_time),
    Aim("p99 at half the maximum rate", 2, 0.5, _pace, unit=" ms"),
    Aim("all rest, --sync group / --sync none", 0.7, 0.9, _group_against_none),
    Aim("cost of an order, 1,000,000 / 10 resting orders", 1.3, FLAT, _growth("resting orders")),
    Aim("cost of an order, 1,000 sessions / 1", 1.3, FLAT, _growth("sessions")),
    Aim("memory of a resting order, all in", 1_200, 600, _memory, digits=0, unit=" B"),
    Aim("start to ready line", 0.6, 0.3, _start, unit=" s"),
)


def _measured(results: Results, builds: Sequence[Build]) -> list[Build]:
    """The builds of which there is anything."""
    return [build for build in builds if any(aim.samples(results, build) for aim in AIMS)]


def _repetitions(results: Results, builds: Sequence[Build]) -> str:
    numbers = {len(aim.samples(results, build)) for aim in AIMS for build in builds} - {0}
    span = f"{min(numbers)}" if len(numbers) == 1 else f"{min(numbers)} to {max(numbers)}"
    return f"{span} repetition" + ("" if span == "1" else "s")


def aim_lines(results: Results, builds: Sequence[Build] = BUILDS) -> Iterator[str]:
    """The table; nothing where nothing of it was measured."""
    measured = _measured(results, builds)
    if not measured:
        return
    header = ["", "at least", "aim for"]
    for build in measured:
        header += [build.name if len(builds) > 1 else "median", "min to max", "reached"]
    rows = [
        [aim.text, aim.mark(aim.at_least), aim.mark(aim.aim_for), *cells]
        for aim in AIMS
        if any(cells := [cell for build in measured for cell in _cells(aim, results, build)])
    ]
    yield (
        f"Aims: {SESSIONS} sessions, --sync none where nothing is said, median of "
        f"{_repetitions(results, measured)}, each ratio taken within one"
    )
    yield from aligned(header, rows)


def _cells(aim: Aim, results: Results, build: Build) -> list[str]:
    shown = figure(aim.samples(results, build))
    if shown is None:
        return ["", "", ""]
    spread = f"{aim.number(shown.low)} to {aim.number(shown.high)}"
    return [aim.number(shown.median) + aim.unit, spread, aim.reached(shown.median)]


def aims_document(results: Results, builds: Sequence[Build] = BUILDS) -> list[dict[str, object]]:
    """The table and every sample behind it, for programs."""
    return [
        {
            "text": aim.text,
            "at_least": aim.at_least,
            "aim_for": aim.aim_for,
            "unit": aim.unit.strip(),
            "builds": {
                build.name: {
                    "median": shown.median,
                    "min": shown.low,
                    "max": shown.high,
                    "reached": aim.reached(shown.median),
                    "samples": samples,
                }
                for build in builds
                if (samples := aim.samples(results, build)) and (shown := figure(samples))
            },
        }
        for aim in AIMS
    ]
