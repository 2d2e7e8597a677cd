"""The figures of a suite as tables for people and one document for programs.

What is shown of a cell is the median of its runs; a ratio compares fixpit with a baseline in the
same cell, measured in turn with it in the same minutes. The table of aims has a module of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from statistics import median

from tests.bench.aims import aim_lines, aims_document
from tests.bench.messages import CROWDED, WORKLOADS
from tests.bench.results import FIXPIT, FLOORS, Results
from tests.bench.servers import GENERATOR_LIMIT, SERVERS
from tests.bench.tables import aligned

_WORKLOADS = {**WORKLOADS, CROWDED.name: CROWDED}


def text_report(machine: dict[str, str], settings: dict[str, str], results: Results) -> str:
    """The whole report in plain text."""
    lines = ["fixpit bench", ""]
    lines += _facts({**machine, **settings})
    lines += ["", "servers", *_facts({name: SERVERS[name].text for name in results.servers()})]
    if names := dict.fromkeys(workload for workload, _ in results.cells()):
        lines += ["", "workloads", *_facts({name: _WORKLOADS[name].text for name in names})]
    for section in (
        _throughput_lines,
        _ratio_lines,
        _latency_lines,
        _pace_lines,
        _generator_lines,
        aim_lines,
    ):
        if body := list(section(results)):
            lines += ["", *body]
    return "\n".join(lines)


def _facts(facts: dict[str, str]) -> list[str]:
    width = max(map(len, facts), default=0)
    return [f"  {name:<{width}}  {text}" for name, text in facts.items()]


def _throughput_lines(results: Results) -> Iterator[str]:
    if not results.throughput:
        return
    yield "Acknowledged orders per second (CPU of server / of load generator, % of a core)"
    servers = results.servers()
    rows = [
        [workload, str(n), *(_throughput_cell(results, name, workload, n) for name in servers)]
        for workload, n in results.cells()
    ]
    yield from aligned(["workload", "sessions", *servers], rows)


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
    floors = ", ".join(f"{floor:g} x {base}" for base, floor in FLOORS.items())
    yield f"Times the baseline (floors: {floors}; ! falls short)"
    rows = [
        [workload, str(n), *(_ratio_cell(results, own, base, workload, n) for own, base in pairs)]
        for workload, n in results.cells()
    ]
    header = [f"{own} / {base}" for own, base in pairs]
    yield from aligned(["workload", "sessions", *header], rows)
    for own, base in pairs:
        ratios = [results.ratio(own, base, workload, n) for workload, n in results.cells()]
        yield from _verdict(f"{own} / {base}", FLOORS[base], [ratio for ratio in ratios if ratio])


def _verdict(pair: str, floor: float, ratios: Sequence[float]) -> Iterator[str]:
    if ratios:
        met = sum(ratio >= floor for ratio in ratios)
        yield (
            f"  {pair}: {min(ratios):.2f} to {max(ratios):.2f}, "
            f"floor {floor:g} met in {met} of {len(ratios)} cells"
        )


def _ratio_cell(results: Results, own: str, base: str, workload: str, sessions: int) -> str:
    ratio = results.ratio(own, base, workload, sessions)
    if ratio is None:
        return "-"
    return f"{'' if ratio >= FLOORS[base] else '! '}{ratio:.2f}"


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
    yield from aligned(["server", "p50", "p99", "p99.9", "orders"], rows)


def _pace_lines(results: Results) -> Iterator[str]:
    if not results.pace:
        return
    yield "Orders at half the maximum rate (16 sessions, rest): us from when one was due to its New"
    rows = [
        [
            name,
            *(
                f"{median(getattr(run, field) for run in runs):,.0f}"
                for field in ("orders_per_second", "p50", "p99", "p999", "late_p99")
            ),
        ]
        for name, runs in results.pace.items()
    ]
    yield from aligned(["server", "orders/s", "p50", "p99", "p99.9", "sent late p99"], rows)


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
        "floors": FLOORS,
        "throughput": [
            {
                "server": server,
                "workload": workload,
                "sessions": n,
                "orders_per_second": results.rate(server, workload, n),
                "ratios": {
                    base: results.ratio(server, base, workload, n)
                    for base in FLOORS
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
        "pace": [
            {"server": server, "runs": [asdict(run) for run in runs]}
            for server, runs in results.pace.items()
        ],
        "memory_bytes": results.memory,
        "start_seconds": results.start,
        "growth": [
            {"server": server, "of": unit, "times": times}
            for (server, unit), times in results.growth.items()
        ],
        "aims": aims_document(results),
        "generator": [asdict(run) for run in results.generator],
    }
