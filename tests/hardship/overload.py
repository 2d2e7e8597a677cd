"""Twice as much as the venue can do, for a minute, and a member that keeps to the rules.

First the rate is measured that the venue sustains; then members send at twice that rate whatever it
does. It must not crash, hold no more memory than the orders it took explain, answer the other
member, and be as before when it is over: `python -m tests.hardship.overload [--seconds 60]`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.flood.probe import Probe, Sight
from tests.flood.report import Row
from tests.hardship.load import LoadProcess, Tally
from tests.hardship.member import Conforming, Waits, sustainable_rate
from tests.hardship.verdict import tell
from tests.support.process import VenueProcess

FACTOR = 2.0
QUIET_SECONDS = 2.0
ANSWER_MILLISECONDS_MAX = 1_000
BUFFERS_MIB_MAX = 64.0
"""What sockets' buffers and one long turn may hold, with four sessions and more."""

ORDER_BYTES_MAX = 2_048
"""What the venue may remember of an order for the day."""

AFTER_FACTOR, AFTER_ALLOWANCE_MS = 2.0, 10.0
"""The median after it may be so much more than the one before."""


@dataclass(frozen=True, slots=True)
class Result:
    """One overload."""

    sustainable: float
    """Orders a second, each with its cancel."""

    load: Tally
    seconds: float
    before: Waits
    during: Waits
    after: Waits
    rss_mib: tuple[float, float, float]
    """Before, at most, at the end."""

    exit_code: int

    @property
    def bytes_per_order(self) -> float:
        """What the venue holds at the end for each order of the load."""
        return (self.rss_mib[2] - self.rss_mib[0]) * 1024 * 1024 / max(self.load.answered, 1)

    def rows(self) -> list[Row]:
        """Every promise, with what was seen."""
        load, rss = self.load, self.rss_mib
        offered = load.due / self.seconds
        most = BUFFERS_MIB_MAX + load.answered * ORDER_BYTES_MAX / 1024 / 1024
        calm = self.before.p50 * AFTER_FACTOR + AFTER_ALLOWANCE_MS
        return [
            Row(
                "load",
                f"{offered:,.0f} orders with cancels a second for {self.seconds:.0f} s,"
                f" sustainable {self.sustainable:,.0f}; taken {load.sent / self.seconds:,.0f}",
                offered > self.sustainable * FACTOR * 0.95 and load.sent < load.due,
            ),
            Row(
                "what was taken is answered",
                f"{load.answered:,} of {load.sent:,}, the last {load.drain_seconds:.1f} s after;"
                f" {load.closed} sessions disconnected",
                load.answered == load.sent and not load.closed,
            ),
            Row("member before", self.before.text(), kept=True),
            Row("  during", self.during.text(), self.during.max < ANSWER_MILLISECONDS_MAX),
            Row("  after", self.after.text(), self.after.p50 <= calm),
            Row(
                "memory (RSS, MiB)",
                f"{rss[0]:.0f} before, at most {rss[1]:.0f}, {rss[2]:.0f} after:"
                f" {self.bytes_per_order:,.0f} bytes an order; at most {most:.0f} more",
                rss[1] - rss[0] < most,
            ),
            Row("exit code", str(self.exit_code), self.exit_code == 0),
        ]

    @property
    def kept(self) -> bool:
        """Whether every promise was kept."""
        return all(row.kept for row in self.rows())


def run(seconds: float = 60.0, sync: str = "group") -> Result:
    """Measure, overload, look."""
    with (
        tempfile.TemporaryDirectory(prefix="fixpit-overload-") as folder,
        VenueProcess(Path(folder) / "data", "--sync", sync) as venue,
    ):
        sustainable = sustainable_rate(venue.port)
        probe = Probe(venue._process.pid, venue.stderr_path)
        member = Conforming(venue.port)
        try:
            before = member.work_for(QUIET_SECONDS)
            begin = time.monotonic()
            during, load = _overload(venue.port, member, sustainable * FACTOR, seconds)
            over = time.monotonic()
            after = member.work_for(QUIET_SECONDS)
            member.leave()
        finally:
            member.close()
            probe.close()
        exit_code = venue.stop()
    calm = probe.between(0, begin)
    return Result(
        sustainable=sustainable,
        load=load,
        seconds=seconds,
        before=before,
        during=during,
        after=after,
        rss_mib=(
            calm[-1].rss_mib,
            _most(probe.sights),
            probe.between(over, begin + 1e9)[-1].rss_mib,
        ),
        exit_code=exit_code,
    )


def _overload(port: int, member: Conforming, rate: float, seconds: float) -> tuple[Waits, Tally]:
    load = LoadProcess(port, rate, seconds)
    try:
        during = member.work_while(lambda: load.is_running)
        return during, load.tally()
    finally:
        load.close()


def _most(sights: Sequence[Sight]) -> float:
    return max(sight.rss_mib for sight in sights)


def main(argv: Sequence[str]) -> int:
    """Overload once, print what was found; 1 when a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.hardship.overload")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--sync", default="group", help="as for fixpit serve")
    args = parser.parse_args(argv)
    return tell("overload", run(args.seconds, args.sync).rows())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
