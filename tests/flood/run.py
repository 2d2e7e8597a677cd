"""`make flood`: hundreds of bad logons a second against a venue whose members go on trading.

A real `fixpit serve`, four sessions that trade by the clock, a process full of bad logons, and
members with the right password who log on meanwhile; then a table of what the venue promises, and
the exit code 0 if it kept all of it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import SystemRandom

from tests.flood import report
from tests.flood.course import Course, Plan
from tests.flood.flood import SOURCES
from tests.flood.report import Latency, Row, latency, p99_limit
from tests.flood.stage import ATTACKED, PASSWORD, WORKING, WRONG, build

SECRETS = (WRONG, PASSWORD)
"""What no file of the venue may hold."""


def rows(course: Course) -> Iterator[Row]:
    """Every promise, with what was seen."""
    yield from _flood_rows(course)
    yield from _member_rows(course)
    yield from _process_rows(course)
    yield from _log_rows(course)


def _flood_rows(course: Course) -> Iterator[Row]:
    tally, plan = course.tally, course.plan
    rate = tally["attempts"] / tally["seconds"]
    amount = f"{tally['attempts']:,} in {tally['seconds']:.1f} s, {rate:.0f} a second"
    yield Row("bad logons", amount, rate > plan.rate * 0.95)
    heard: Counter[str] = Counter()
    for answers in tally["answers"].values():
        heard.update(answers)
    odd = [text for text in heard if text not in ("nothing", "logout")]
    counts = f"nothing {heard['nothing']:,}, a Logout that gives nothing away {heard['logout']:,}"
    yield Row("what they heard", f"{counts}{''.join(f'; {text}' for text in odd[:3])}", not odd)
    kind = max(tally["longest"], key=tally["longest"].__getitem__)
    seconds = tally["longest"][kind]
    yield Row(
        "longest life of one",
        f"{seconds:.1f} s ({kind.replace('_', ' ')})",
        seconds < report.STRANGER_SECONDS_MAX,
    )


def spans(course: Course) -> tuple[Latency, Latency, Latency]:
    """Latency before, during and after."""
    at, samples = course.at, course.samples
    return (
        latency(samples, at.quiet, at.quiet + (at.flood - at.quiet) * 0.8),
        latency(samples, at.flood, at.over),
        latency(samples, at.silence, at.end),
    )


def _member_rows(course: Course) -> Iterator[Row]:
    failures = course.failures
    yield Row(
        "sessions at work",
        f"{len(WORKING)}, all that they sent was answered in order, none was disconnected"
        if not failures
        else "; ".join(failures[:3]),
        not failures,
    )
    if course.samples:
        before, during, after = spans(course)
        most = p99_limit(before)
        yield Row("  before", before.text(), kept=True)
        yield Row("  during", f"{during.text()}; at most {most:.2f}", during.p99 <= most)
        yield Row("  after", f"{after.text()}; at most {most:.2f}", after.p99 <= most)
    slowest = max(course.visits, default=999.0)
    yield Row(
        "right logons meanwhile",
        f"{len(course.visits)}, the slowest on in {slowest:.2f} s",
        slowest < report.LOGON_SECONDS_MAX,
    )
    yield Row(
        "sessions attacked",
        f"{course.unmoved} of {len(ATTACKED)} log on with the numbers they had",
        course.unmoved == len(ATTACKED),
    )


def _process_rows(course: Course) -> Iterator[Row]:
    at = course.at
    before = [s for s in course.sights if s.at < at.flood - 1]
    during = [s for s in course.sights if at.flood <= s.at < at.silence]
    after = [s for s in course.sights if at.silence + 1 <= s.at < at.end]
    files = before[-1].descriptors, max(s.descriptors for s in during), after[-1].descriptors
    yield Row(
        "descriptors",
        f"{files[0]} before, at most {files[1]}, {files[2]} after",
        files[1] < report.DESCRIPTORS_MAX and files[2] == files[0],
    )
    memory = before[-1].rss_mib, max(s.rss_mib for s in during), after[-1].rss_mib
    yield Row(
        "memory (RSS, MiB)",
        f"{memory[0]:.0f} before, at most {memory[1]:.0f}, {memory[2]:.0f} after",
        max(memory) < memory[0] + report.RSS_MIB_MAX,
    )
    yield Row("exit code", str(course.exit_code), course.exit_code == 0)


def _log_rows(course: Course) -> Iterator[Row]:
    at = course.at
    lines = [s.log_lines for s in course.sights if at.flood - 1 <= s.at < at.silence]
    count = lines[-1] - lines[0]
    most = report.LOG_LINES_PER_SECOND_MAX * (at.silence - at.flood)
    yield Row("lines in the operator's log", f"{count:,}; at most {most:,.0f}", count <= most)
    files = [path for path in (course.stage.folder / "data").rglob("*") if path.is_file()]
    found = sum(path.read_bytes().count(secret.encode()) for path in files for secret in SECRETS)
    yield Row("passwords in log and data", str(found), found == 0)


def summary(course: Course) -> str:
    """The run in one line, for README."""
    tally, sights, at = course.tally, course.sights, course.at
    before, during, after = spans(course)
    held = [s for s in sights if at.flood <= s.at < at.silence]
    return (
        f"{tally['attempts']:,} bad logons of {len(tally['answers'])} kinds in"
        f" {tally['seconds']:.0f} s (seed {course.plan.seed}): {before.count + during.count:,}"
        f" messages of {len(WORKING)} sessions answered in order, p99 {before.p99:.2f} ms before,"
        f" {during.p99:.2f} during, {after.p99:.2f} after; {len(course.visits)} right logons on in"
        f" at most {max(course.visits):.2f} s; at most {max(s.descriptors for s in held)}"
        f" descriptors, memory {sights[0].rss_mib:.0f} to {max(s.rss_mib for s in held):.0f} MiB"
    )


def run(plan: Plan) -> tuple[Course, list[Row]]:
    """Flood a venue of its own; what was seen, and the verdicts."""
    with tempfile.TemporaryDirectory() as folder:
        course = Course(build(Path(folder)), plan)
        course.carry_out()
        return course, list(rows(course))


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.flood.run", description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0, help="how long the flood lasts")
    parser.add_argument("--rate", type=float, default=500.0, help="bad logons a second")
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(1_000_000))
    parser.add_argument(
        "--sync",
        default="none",
        help="as for fixpit serve; by default none, so that no disk hides what the flood does",
    )
    parser.add_argument(
        "--sources", type=int, default=len(SOURCES), help="addresses it comes from, 1 to 250"
    )
    return parser.parse_args(argv)


def main(argv: Sequence[str]) -> int:
    """Flood, judge, print; 1 when a promise was broken."""
    args = _arguments(argv)
    plan = Plan(args.rate, args.seconds, args.seed, args.sources, args.sync)
    sys.stdout.write(f"seed {plan.seed}\n")
    sys.stdout.flush()
    course, table = run(plan)
    last = f"\n{summary(course)}\n" if course.samples else ""
    sys.stdout.write(f"{report.table(table)}\n{last}")
    return 0 if all(row.kept for row in table) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
