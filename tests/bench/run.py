"""`make bench`: fixpit beside its two baselines, in one run and one table.

`python -m tests.bench.run --help` lists the options; --quick takes about a minute, the whole suite
about five. The exit code is 0 when every run passed its checks, whatever the figures are.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.bench.load import WINDOW, Timing
from tests.bench.load_session import LoadError
from tests.bench.machine import cores, describe
from tests.bench.messages import ORDER_QTY, SYMBOL, WORKLOADS
from tests.bench.report import FIXPIT, json_report, text_report
from tests.bench.servers import SERVERS
from tests.bench.suite import Suite

SESSIONS = (1, 4, 16)
LATENCY = "latency"
_GROUPS = {"fixpit": FIXPIT, "baselines": ("simplefix", "canned")}
_NAMES = (*SERVERS, *_GROUPS, *WORKLOADS, LATENCY)


def _names(text: str) -> list[str]:
    names = text.split(",")
    for name in names:
        if name not in _NAMES:
            raise argparse.ArgumentTypeError(f"must be among {', '.join(_NAMES)}, was {name}")
    return [single for name in names for single in _GROUPS.get(name, (name,))]


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.run", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short run a cell")
    parser.add_argument(
        "--only",
        type=_names,
        default=[],
        metavar="NAMES",
        help="servers and parts to measure, with commas between: " + ", ".join(_NAMES),
    )
    parser.add_argument("--sessions", type=_numbers, default=[*SESSIONS], metavar="1,4,16")
    parser.add_argument("--seconds", type=float, help="measured time of a run")
    parser.add_argument("--repeats", type=int, help="runs a cell; the median is shown")
    parser.add_argument("--json", type=Path, metavar="FILE", help="every figure, for programs")
    parser.add_argument(
        "--data-root",
        type=Path,
        default=Path(tempfile.gettempdir()),
        metavar="DIR",
        help="where the data directories are made; decides what --sync group costs",
    )
    return parser.parse_args(argv)


def _suite(options: argparse.Namespace) -> Suite:
    """The suite that was asked for: names of one kind leave out the others of their kind."""
    only = set(options.only)
    servers = [server for name, server in SERVERS.items() if name in only]
    workloads = [workload for name, workload in WORKLOADS.items() if name in only]
    if not workloads and LATENCY not in only:
        workloads = [*WORKLOADS.values()]
    defaults = Timing(warm_up=0.2, seconds=0.7) if options.quick else Timing()
    return Suite(
        servers=servers or [*SERVERS.values()],
        workloads=workloads,
        sessions=options.sessions,
        with_latency=LATENCY in only or not only & {*WORKLOADS},
        timing=Timing(defaults.warm_up, options.seconds or defaults.seconds),
        repeats=options.repeats or (1 if options.quick else 3),
        data_root=options.data_root,
        cores=cores(),
    )


def _settings(suite: Suite) -> dict[str, str]:
    runs = "one run" if suite.repeats == 1 else f"median of {suite.repeats} runs"
    return {
        "orders": (
            f"NewOrderSingle, limit, Day, {ORDER_QTY} {SYMBOL.decode()}, FIX.4.4; "
            f"{WINDOW} in flight on every session"
        ),
        "runs": (
            f"{runs} of {suite.timing.seconds:g} s after {suite.timing.warm_up:g} s of warm-up, "
            "each against a fresh process with an empty data directory"
        ),
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Measures, prints the report; 1 when a server did not pass the checks of a run."""
    options = _arguments(argv)
    suite = _suite(options)
    machine = describe(options.data_root, suite.cores)
    begin = time.monotonic()
    failure = ""
    try:
        suite.run()
    except LoadError as error:
        failure = f"FAILED {suite.current}: {error}"
    settings = {**_settings(suite), "took": f"{time.monotonic() - begin:.0f} s in all"}
    print(text_report(machine, settings, suite.results), flush=True)
    if options.json:
        document = json_report(machine, settings, suite.results)
        options.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    if failure:
        print(f"\n{failure}\nThe report above ends there", file=sys.stderr)
    return 1 if failure else 0


if __name__ == "__main__":
    sys.exit(main())
