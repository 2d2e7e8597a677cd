"""The figures of a suite as one table for people and one document for programs.

Results come in one run at a time; what is shown of a cell is the median of its runs. A ratio
compares fixpit with a baseline in the same cell, measured in turn with it in the same minutes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median

from tests.bench.load import Latency, Throughput
from tests.bench.messages import WORKLOADS
from tests.bench.servers import GENERATOR_LIMIT, SERVERS

AIMS = {"simplefix": 4.0, "canned": 0.12}
"""At least so many times the baseline, with everything on."""

FIXPIT = ("none", "group")


@dataclass(slots=True)
class Results:
    """All runs so far."""

    throughput: dict[tuple[str, str, int], list[Throughput]] = field(default_factory=dict)
    """By server, workload and number of sessions."""

    latency: dict[str, list[Latency]] = field(default_factory=dict)
    """By server."""

    generator: list[Throughput] = field(default_factory=list)
    """What the load generator carries when the server does next to nothing."""

    def rate(self, server: str, workload: str, sessions: int) -> float | None:
        """Orders per second of a cell, None where it was not measured."""
        runs = self.throughput.get((server, workload, sessions))
        return median(run.orders_per_second for run in runs) if runs else None

    def ratio(self, server: str, base: str, workload: str, sessions: int) -> float | None:
        """How many times the baseline a server reaches in one cell."""
        rate = self.rate(server, workload, sessions)
        base_rate = self.rate(base, workload, sessions)
        return rate / base_rate if rate and base_rate else None

    def cells(self) -> list[tuple[str, int]]:
        """The (workload, sessions) measured, in the order they were."""
        return list(dict.fromkeys((workload, n) for _, workload, n in self.throughput))

    def servers(self) -> list[str]:
        """The servers measured, in the order of `SERVERS`."""
        seen = {server for server, *_ in self.throughput} | set(self.latency)
        return [name for name in SERVERS if name in seen]

    def pairs(self) -> list[tuple[str, str]]:
        """The (fixpit, baseline) columns that can be compared."""
        have = self.servers()
        return [(own, base) for own in FIXPIT for base in AIMS if own in have and base in have]


def text_report(machine: dict[str, str], settings: dict[str, str], results: Results) -> str:
    """The whole report in plain text."""
    lines = ["fixpit bench", ""]
    lines += _facts({**machine, **settings})
    lines += ["", "servers", *_facts({name: SERVERS[name].text for name in results.servers()})]
    if names := dict.fromkeys(workload for workload, _ in results.cells()):
        lines += ["", "workloads", *_facts({name: WORKLOADS[name].text for name in names})]
    for section in (_throughput_lines, _ratio_lines, _latency_lines, _generator_lines):
        if body := list(section(results)):
            lines += ["", *body]
    return "\n".join(lines)


def _facts(facts: dict[str, str]) -> list[str]:
    width = max(map(len, facts), default=0)
    return [f"  {name:<{width}}  {text}" for name, text in facts.items()]


def _aligned(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns two spaces apart, the first to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    for row in (header, *rows):
        cells = [text.rjust(width) for text, width in zip(row, widths, strict=True)]
        cells[0] = row[0].ljust(widths[0])
        yield "  " + "  ".join(cells)


def _throughput_lines(results: Results) -> Iterator[str]:
    if not results.throughput:
        return
    yield "Acknowledged orders per second (CPU of server / of load generator, % of a core)"
    servers = results.servers()
    rows = [
        [workload, str(n), *(_throughput_cell(results, name, workload, n) for name in servers)]
        for workload, n in results.cells()
    ]
    yield from _aligned(["workload", "sessions", *servers], rows)


def _throughput_cell(results: Results, server: str, workload: str, sessions: int) -> str:
    runs = results.throughput.get((server, workload, sessions))
    if not runs:
        return "-"
    rate = median(run.orders_per_second for run in runs)
    shares = [run.server_cpu for run in runs if run.server_cpu is not None]
    of_server = f"{median(shares) * 100:3.0f}" if shares else "?"
    return f"{rate:,.0f} ({of_server}/{median(run.load_cpu for run in runs) * 100:3.0f})"


def _ratio_lines(results: Results) -> Iterator[str]:
    pairs = results.pairs()
    if not pairs or not results.cells():
        return
    aims = ", ".join(f"{aim:g} x {base}" for base, aim in AIMS.items())
    yield f"Times the baseline (aims: {aims}; ! falls short)"
    rows = [
        [workload, str(n), *(_ratio_cell(results, own, base, workload, n) for own, base in pairs)]
        for workload, n in results.cells()
    ]
    header = [f"{own} / {base}" for own, base in pairs]
    yield from _aligned(["workload", "sessions", *header], rows)
    for own, base in pairs:
        ratios = [results.ratio(own, base, workload, n) for workload, n in results.cells()]
        yield from _verdict(f"{own} / {base}", AIMS[base], [ratio for ratio in ratios if ratio])


def _verdict(pair: str, aim: float, ratios: Sequence[float]) -> Iterator[str]:
    if ratios:
        met = sum(ratio >= aim for ratio in ratios)
        yield (
            f"  {pair}: {min(ratios):.2f} to {max(ratios):.2f}, "
            f"aim {aim:g} met in {met} of {len(ratios)} cells"
        )


def _ratio_cell(results: Results, own: str, base: str, workload: str, sessions: int) -> str:
    ratio = results.ratio(own, base, workload, sessions)
    if ratio is None:
        return "-"
    return f"{'' if ratio >= AIMS[base] else '! '}{ratio:.2f}"


def _latency_lines(results: Results) -> Iterator[str]:
    if not results.latency:
        return
    yield "One order at a time (one session, rest): microseconds from its write to the read of New"
    rows = [
        [
            name,
            *(
                f"{median(getattr(run, field) for run in runs):,.0f}"
                for field in ("p50", "p99", "p999")
            ),
            f"{sum(run.orders for run in runs):,}",
        ]
        for name in results.servers()
        if (runs := results.latency.get(name))
    ]
    yield from _aligned(["server", "p50", "p99", "p99.9", "orders"], rows)


def _generator_lines(results: Results) -> Iterator[str]:
    if not results.generator:
        return
    limit = median(run.orders_per_second for run in results.generator)
    yield "The load generator itself"
    yield f"  {limit:,.0f} orders/s against {GENERATOR_LIMIT.text}"


def json_report(
    machine: dict[str, str], settings: dict[str, str], results: Results
) -> dict[str, object]:
    """The same figures, every run of them, for programs."""
    return {
        "machine": machine,
        "settings": settings,
        "aims": AIMS,
        "throughput": [
            {
                "server": server,
                "workload": workload,
                "sessions": n,
                "orders_per_second": results.rate(server, workload, n),
                "ratios": {
                    base: results.ratio(server, base, workload, n)
                    for base in AIMS
                    if server in FIXPIT
                },
                "runs": [asdict(run) for run in runs],
            }
            for (server, workload, n), runs in results.throughput.items()
        ],
        "latency_us": [
            {"server": server, "runs": [asdict(run) for run in runs]}
            for server, runs in results.latency.items()
        ],
        "generator": [asdict(run) for run in results.generator],
    }
