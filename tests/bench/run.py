"""`make bench`: fixpit beside its two baselines, in one run, and the table of what it should reach.

`python -m tests.bench.run --help` lists the options; --quick takes about a minute, with fewer and
shorter repetitions and 16 sessions only; the whole suite takes less than ten. The exit code is 0
when every run passed its checks, whatever the figures are.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.bench.aims import SESSIONS
from tests.bench.load import WINDOW, Timing
from tests.bench.load_session import LoadError
from tests.bench.machine import cores, describe
from tests.bench.messages import ORDER_QTY, SYMBOL, WORKLOADS
from tests.bench.report import json_report, text_report
from tests.bench.results import FIXPIT
from tests.bench.servers import SERVERS
from tests.bench.suite import PARTS, Suite

ALL_SESSIONS, QUICK_SESSIONS = (1, 4, 16), (16,)
REPEATS, OTHER_REPEATS, QUICK_REPEATS = 5, 3, 2
RESTING_ORDERS, QUICK_RESTING_ORDERS = 200_000, 60_000
GROWTH_MAX, QUICK_GROWTH_MAX = (1_000_000, 1_000), (10_000, 100)
"""Resting orders and sessions."""

QUICK_TIMING = Timing(warm_up=0.2, seconds=0.7)
_GROUPS = {"fixpit": FIXPIT, "baselines": ("simplefix", "canned")}
_NAMES = (*SERVERS, *_GROUPS, *WORKLOADS, *PARTS)


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
    parser.add_argument("--quick", action="store_true", help="short runs, few of them")
    parser.add_argument(
        "--only",
        type=_names,
        default=[],
        metavar="NAMES",
        help="servers and parts to measure, with commas between: " + ", ".join(_NAMES),
    )
    parser.add_argument("--sessions", type=_numbers, metavar="1,4,16")
    parser.add_argument("--seconds", type=float, help="measured time of a run")
    parser.add_argument("--repeats", type=int, help="runs of a server in each cell")
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
    parts = [part for part in PARTS if part in only]
    if not workloads and not parts:
        workloads, parts = [*WORKLOADS.values()], [*PARTS]
    quick = options.quick
    timing = QUICK_TIMING if quick else Timing()
    repeats = QUICK_REPEATS if quick else REPEATS
    return Suite(
        servers=servers or [*SERVERS.values()],
        workloads=workloads,
        sessions=options.sessions or (QUICK_SESSIONS if quick else ALL_SESSIONS),
        parts=parts,
        timing=Timing(timing.warm_up, options.seconds or timing.seconds),
        repeats=options.repeats or repeats,
        other_repeats=options.repeats or min(repeats, OTHER_REPEATS),
        resting_orders=QUICK_RESTING_ORDERS if quick else RESTING_ORDERS,
        growth_max=QUICK_GROWTH_MAX if quick else GROWTH_MAX,
        data_root=options.data_root,
        cores=cores(),
    )


def _settings(suite: Suite, *, quick: bool) -> dict[str, str]:
    settings = {
        "orders": (
            f"NewOrderSingle, limit, Day, {ORDER_QTY} {SYMBOL.decode()}, FIX.4.4; "
            f"{WINDOW} in flight on every session"
        ),
        "runs": (
            f"of {suite.timing.seconds:g} s after {suite.timing.warm_up:g} s of warm-up, "
            "each against a fresh process with an empty data directory; median of "
            f"{suite.repeats} with {SESSIONS} sessions, of {suite.other_repeats} with others"
        ),
    }
    if quick:
        settings["quick"] = (
            f"fewer and shorter runs than the {REPEATS} that a figure to quote needs, "
            f"memory of {suite.resting_orders:,} orders instead of {RESTING_ORDERS:,}, "
            f"growth to {QUICK_GROWTH_MAX[0]:,} orders and {QUICK_GROWTH_MAX[1]:,} sessions"
        )
    return settings


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
    settings = {
        **_settings(suite, quick=options.quick),
        "took": f"{time.monotonic() - begin:.0f} s in all",
    }
    print(text_report(machine, settings, suite.results), flush=True)
    if options.json:
        document = json_report(machine, settings, suite.results)
        options.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    if failure:
        print(f"\n{failure}\nThe report above ends there", file=sys.stderr)
    return 1 if failure else 0


if __name__ == "__main__":
    sys.exit(main())
