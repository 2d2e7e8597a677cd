"""A venue at half of what it can do, for as long as one likes: does it hold more and more?

First it is brought to where it remembers as many finished orders as it ever does: until then its
memory must grow. Then members send at a fixed rate, others come and go all the time, some of them
without a word. Memory and descriptors are looked at several times a second; they are flat when the
median of the last third is within 5 % of the middle third's. One thing must grow and is taken off:
each message sent has its place kept, eight bytes, as long as it can be asked for again.
`python -m tests.hardship.soak --minutes 30`, and a minute to warm up.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import linear_regression, median

from engine.oms.order_registry import DONE_ORDERS_MAX
from tests.flood.probe import Probe, Sight
from tests.flood.report import Row
from tests.hardship.load import LoadProcess, Tally
from tests.hardship.member import sustainable_rate
from tests.hardship.verdict import tell
from tests.support import wire
from tests.support.process import Client, VenueProcess

SHARE = 0.5
WARM_UP_SHARE = 0.7
WARM_UP_ORDERS = DONE_ORDERS_MAX * 1.05
FLAT = 0.05
MESSAGES_AN_ORDER, PLACE_BYTES = 2, 8
"""Its New and its Canceled; what a sent message leaves in memory until its session is reset."""

VISIT_SECONDS = 0.1
VISITORS = 8
ORDERS_A_VISIT = 5
SETTLE_SECONDS = 1.0
"""At both ends, while the load logs on and leaves."""


@dataclass(frozen=True, slots=True)
class Thirds:
    """Medians of a figure in the three parts of a run, and its slope a minute."""

    first: float
    middle: float
    last: float
    slope: float

    @property
    def is_flat(self) -> bool:
        """Whether the last third is as the middle one."""
        return abs(self.last - self.middle) <= FLAT * self.middle

    def text(self, unit: str) -> str:
        """For a row."""
        medians = f"{self.first:.1f}, {self.middle:.1f}, {self.last:.1f}"
        return f"medians of thirds {medians} {unit}, slope {self.slope:+.2f} {unit} a minute"


def thirds(sights: Sequence[Sight], figure: Callable[[Sight], float]) -> Thirds:
    """Of a figure, over all sights."""
    seen = [figure(sight) for sight in sights]
    cut = len(seen) // 3
    slope = linear_regression([sight.at / 60 for sight in sights], seen).slope
    return Thirds(median(seen[:cut]), median(seen[cut : 2 * cut]), median(seen[2 * cut :]), slope)


@dataclass(frozen=True, slots=True)
class Result:
    """One soak."""

    minutes: float
    rate: float
    load: Tally
    visits: int
    rss_mib: Thirds
    descriptors: Thirds
    exit_code: int

    @property
    def places_mib(self) -> float:
        """What the places of all that was sent take, a third's worth of the run."""
        sent = self.load.answered * MESSAGES_AN_ORDER / 3
        return sent * PLACE_BYTES / 1024 / 1024

    @property
    def rest_is_flat(self) -> bool:
        """Whether memory but for the places is in the last third as in the middle one."""
        grown = self.rss_mib.last - self.rss_mib.middle - self.places_mib
        return abs(grown) <= FLAT * self.rss_mib.middle

    def rows(self) -> list[Row]:
        """Every promise, with what was seen."""
        load = self.load
        return [
            Row(
                "load",
                f"{self.rate:,.0f} orders with cancels a second for {self.minutes:.1f} min,"
                f" {load.answered:,} of {load.sent:,} answered, {load.closed} disconnected",
                load.answered == load.sent and not load.closed,
            ),
            Row("members who came and went", f"{self.visits:,}", self.visits > 0),
            Row(
                "memory (RSS)",
                f"{self.rss_mib.text('MiB')}; places of what was sent"
                f" {self.places_mib:.0f} MiB a third",
                self.rest_is_flat,
            ),
            Row("descriptors", self.descriptors.text("open"), self.descriptors.is_flat),
            Row("exit code", str(self.exit_code), self.exit_code == 0),
        ]

    @property
    def kept(self) -> bool:
        """Whether every promise was kept."""
        return all(row.kept for row in self.rows())


def run(minutes: float = 10.0, sync: str = "group") -> Result:
    """Measure the rate, then soak in half of it."""
    seconds = minutes * 60
    with (
        tempfile.TemporaryDirectory(prefix="fixpit-soak-") as folder,
        VenueProcess(Path(folder) / "data", "--sync", sync) as venue,
    ):
        sustainable = sustainable_rate(venue.port)
        rate = sustainable * SHARE
        _warm_up(venue.port, sustainable * WARM_UP_SHARE)
        probe = Probe(venue._process.pid, venue.stderr_path)
        begin = time.monotonic()
        load = LoadProcess(venue.port, rate, seconds)
        try:
            visits = _come_and_go(venue.port, begin + seconds)
            tally = load.tally()
        finally:
            load.close()
            probe.close()
        exit_code = venue.stop()
    sights = probe.between(begin + SETTLE_SECONDS, begin + seconds - SETTLE_SECONDS)
    return Result(
        minutes=minutes,
        rate=rate,
        load=tally,
        visits=visits,
        rss_mib=thirds(sights, lambda sight: sight.rss_mib),
        descriptors=thirds(sights, lambda sight: sight.descriptors),
        exit_code=exit_code,
    )


def _warm_up(port: int, rate: float) -> None:
    load = LoadProcess(port, rate, WARM_UP_ORDERS / rate, "WARM")
    try:
        tally = load.tally()
    finally:
        load.close()
    assert tally.answered > DONE_ORDERS_MAX, tally


def _come_and_go(port: int, until: float) -> int:
    """One member after the other: log on, a few orders, leave; every other one just hangs up."""
    clients = [Client(f"VISIT{n}") for n in range(VISITORS)]
    visits = 0
    while (now := time.monotonic()) < until:
        client = clients[visits % VISITORS]
        client.logon(port, reset=True)
        for n in range(ORDERS_A_VISIT):
            name = f"V{visits}-{n}"
            client.send("D", wire.order(name, "1", 10, "262.0", "VOLV-B"))
            client.send("F", wire.cancel(f"C{name}", name, "1", "VOLV-B"))
        client.reports(2 * ORDERS_A_VISIT)
        if visits % 2:
            client.logout()
        else:
            client.close()
        visits += 1
        time.sleep(max(0.0, min(now + VISIT_SECONDS, until) - time.monotonic()))
    return visits


def main(argv: Sequence[str]) -> int:
    """Soak once, print what was found; 1 when something grew."""
    parser = argparse.ArgumentParser(prog="python -m tests.hardship.soak")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--sync", default="group", help="as for fixpit serve")
    args = parser.parse_args(argv)
    return tell("soak", run(args.minutes, args.sync).rows())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
