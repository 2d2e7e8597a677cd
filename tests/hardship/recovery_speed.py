"""How long a start takes: from a log of a million commands, and from a snapshot of a large book.

The log is that of a day: members of sixteen sessions enter, replace and cancel orders, and some of
them meet. It is replayed by `fixpit replay` and by a real start of `fixpit serve`, which is timed
from the exec of the process to its ready line. The snapshot is of a book in which all orders are
still open, `fixpit serve` starts from it likewise. Times are of this machine, and of what else it
has to do meanwhile. `python -m tests.hardship.recovery_speed`, about two minutes.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from unittest.mock import patch

from engine.commands import CancelOrder, Command, DefineMember, EnterOrder, ReplaceOrder
from engine.order import Order
from gateway.log.records import SessionOpened
from tests.flood.report import Row
from tests.hardship.recorder import WALL_STEP, Recorder
from tests.hardship.verdict import tell
from tests.support import process
from tests.support.market import price
from tests.support.process import CHECKOUT, VenueProcess

COMMANDS, OPEN_ORDERS = 1_000_000, 200_000
QUICK_COMMANDS, QUICK_OPEN_ORDERS = 50_000, 20_000
REPLAY_SECONDS_MAX = 60.0
"""For a million commands, on one core; fewer have less."""

SNAPSHOT_SECONDS_MAX = 3.0
"""For 200,000 open orders."""

START_SECONDS_MAX = 600.0
SESSIONS = 16
TURN = 20
ENTERS, CANCELS = 0.55, 0.28
YOUNG = 2_000
"""How many orders ago those came, on average, that are canceled or replaced."""

TRIES = 20

TICK = price("0.10")
MIDDLES = {"ERIC-B": price("87.30"), "SEB-A": price("178.50"), "SHB-A": price("128.40")}
SYMBOLS = tuple(MIDDLES)
LEVELS = 300
"""Prices on each side of the large book."""

MEMBERS = tuple(f"M{n:02}" for n in range(SESSIONS))


@dataclass(frozen=True, slots=True)
class Result:
    """One log and one snapshot, and how long it took to begin with them."""

    commands: int
    records: int
    open_orders: int
    """In the snapshot."""

    left_open: int
    """At the end of the log."""

    replay_seconds: float
    serve_seconds: float
    snapshot_seconds: float
    day_snapshot_seconds: float
    """As `serve_seconds`, with a snapshot at the end of the log."""

    empty_seconds: float
    """Of a start with nothing to recover: Python, its libraries, the configuration."""

    def rows(self) -> list[Row]:
        """Every promise, with what was seen."""
        most = REPLAY_SECONDS_MAX * self.commands / COMMANDS + self.empty_seconds
        rate = self.records / self.replay_seconds
        serve_rate = self.records / self.serve_seconds
        return [
            Row(
                "log",
                f"{self.records:,} records, {self.left_open:,} orders still open at its end",
                self.records >= self.commands,
            ),
            Row(
                "fixpit replay",
                f"{self.replay_seconds:.2f} s of {most:.1f}, {rate:,.0f} records a second",
                self.replay_seconds <= most,
            ),
            Row(
                "fixpit serve until it listens",
                f"{self.serve_seconds:.2f} s of {most:.1f}, {serve_rate:,.0f} records a second",
                self.serve_seconds <= most,
            ),
            Row(
                "the same from a snapshot",
                f"{self.snapshot_seconds:.2f} s of {SNAPSHOT_SECONDS_MAX:.1f},"
                f" {self.open_orders:,} open orders",
                self.snapshot_seconds <= SNAPSHOT_SECONDS_MAX,
            ),
            Row(
                "the same from a snapshot at the end of that log",
                f"{self.day_snapshot_seconds:.2f} s, with all orders that ended",
                kept=True,
            ),
            Row("the same from nothing", f"{self.empty_seconds:.2f} s", kept=True),
        ]

    @property
    def kept(self) -> bool:
        """Whether every promise was kept."""
        return all(row.kept for row in self.rows())


class Trading:
    """What the members of a venue do: of 100 commands 55 enter, 28 cancel and 17 replace."""

    def __init__(self, venue: Recorder, seed: int) -> None:
        self._venue = venue
        self._draw = Random(seed)
        self._names = 0
        self._known: list[tuple[str, str]] = []

    def next(self) -> Command:
        """The next command of the day."""
        dice = self._draw.random()
        self._names += 1
        name = f"N{self._names}"
        order = None if dice < ENTERS else self._take()
        if order is None:
            return self._enter(name)
        terms = order.terms
        if dice < ENTERS + CANCELS:
            return CancelOrder(terms.session, name, terms.cl_ord_id, terms.symbol, terms.side)
        self._known.append((terms.session, name))
        limit = self._price(terms.symbol, terms.side)
        end = (terms.symbol, terms.side, "2", self._qty(), limit)
        return ReplaceOrder(terms.session, name, terms.cl_ord_id, *end)

    def _take(self) -> Order | None:
        """An order that works, a young one as a rule; it is known no more."""
        known = self._known
        for _ in range(min(TRIES, len(known))):
            place = max(0, len(known) - 1 - int(self._draw.expovariate(1 / YOUNG)))
            known[place], known[-1] = known[-1], known[place]
            order = self._venue.exchange.orders.find(*known.pop())
            if order is not None and order.leaves_qty:
                return order
        return None

    def _enter(self, name: str) -> EnterOrder:
        draw = self._draw
        member, symbol, side = draw.choice(MEMBERS), draw.choice(SYMBOLS), draw.choice("12")
        self._known.append((member, name))
        terms = (symbol, side, "2", self._qty(), self._price(symbol, side))
        return EnterOrder(member, member, name, *terms, time_in_force=draw.choice("0001"))

    def _qty(self) -> int:
        return 100 * (1 + self._draw.randrange(9))

    def _price(self, symbol: str, side: str) -> int:
        """Every fourth reaches over the middle, the others wait for somebody who does."""
        draw = self._draw
        ticks = -draw.randrange(3) if draw.random() < 0.25 else 1 + int(draw.expovariate(1 / 12))
        return MIDDLES[symbol] + TICK * (ticks if side == "2" else -ticks)


def write_day(data_dir: Path, commands: int, seed: int = 1) -> tuple[int, int]:
    """Log a day; how many records it has, and how many orders are open at its end."""
    with _recorder(data_dir, commands) as venue:
        trading = Trading(venue, seed)
        for n in range(commands):
            venue.at = venue.wall
            venue.apply(trading.next())
            if n % TURN == 0:
                venue.end_turn()
        venue.end_turn()
        return venue.sequencer.seq, sum(1 for _ in venue.exchange.orders.all_working())


def write_book(data_dir: Path, orders: int) -> None:
    """Log orders of which no two can meet, and take a snapshot of them."""
    draw = Random(orders)
    with _recorder(data_dir, orders) as venue:
        for n in range(orders):
            venue.at = venue.wall
            side, ticks = draw.choice("12"), 1 + draw.randrange(LEVELS)
            member, symbol = MEMBERS[n % SESSIONS], SYMBOLS[n % len(SYMBOLS)]
            limit = MIDDLES[symbol] + TICK * (ticks if side == "2" else -ticks)
            venue.apply(EnterOrder(member, member, f"N{n}", symbol, side, "2", 100, limit, "1"))
            if n % TURN == 0:
                venue.end_turn()
        venue.end_turn()
        working = sum(1 for _ in venue.exchange.orders.all_working())
        assert working == orders, working
    _fixpit("snapshot", data_dir)


def _recorder(data_dir: Path, commands: int) -> Recorder:
    """The demo venue, whose log ends about now: at a start nothing is due that ended overnight."""
    start = time.time_ns() - commands * WALL_STEP
    venue = Recorder(data_dir, [SessionOpened(one, one) for one in MEMBERS], start=start)
    for member in MEMBERS:
        venue.apply(DefineMember(member, member))
    return venue


def _fixpit(command: str, data_dir: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "gateway.cli", command, str(data_dir)],
        cwd=CHECKOUT,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def replay_seconds(data_dir: Path) -> float:
    """How long `fixpit replay` takes."""
    begin = time.monotonic()
    _fixpit("replay", data_dir)
    return time.monotonic() - begin


def start_seconds(data_dir: Path) -> tuple[float, int]:
    """How long `fixpit serve` takes to its ready line, and how many records it begins with."""
    with patch.object(process, "WAIT_SECONDS_MAX", START_SECONDS_MAX):
        begin = time.monotonic()
        with VenueProcess(data_dir, "--sync", "none") as venue:
            seconds = time.monotonic() - begin
            recovered = int(venue.ready["recovered_commands"])
            assert venue.stop() == 0, venue.stderr()
    return seconds, recovered


def run(commands: int = COMMANDS, open_orders: int = OPEN_ORDERS) -> Result:
    """Write a log and a snapshot, and begin with each."""
    with tempfile.TemporaryDirectory(prefix="fixpit-speed-") as name:
        folder = Path(name)
        empty, _ = start_seconds(folder / "empty")
        records, left_open = write_day(folder / "day", commands)
        replay = replay_seconds(folder / "day")
        serve, recovered = start_seconds(folder / "day")
        assert recovered == records, (recovered, records)
        _fixpit("snapshot", folder / "day")
        day_snapshot, _ = start_seconds(folder / "day")
        write_book(folder / "book", open_orders)
        snapshot, recovered = start_seconds(folder / "book")
        assert recovered >= open_orders, recovered
    return Result(
        commands=commands,
        records=records,
        open_orders=open_orders,
        left_open=left_open,
        replay_seconds=replay,
        serve_seconds=serve,
        snapshot_seconds=snapshot,
        day_snapshot_seconds=day_snapshot,
        empty_seconds=empty,
    )


def main(argv: Sequence[str]) -> int:
    """Measure, print what was found; 1 when a target was missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.hardship.recovery_speed")
    parser.add_argument("--commands", type=int, default=COMMANDS)
    parser.add_argument("--open-orders", type=int, default=OPEN_ORDERS)
    parser.add_argument("--quick", action="store_true", help="a twentieth and a tenth of that")
    args = parser.parse_args(argv)
    commands, open_orders = args.commands, args.open_orders
    if args.quick:
        commands, open_orders = QUICK_COMMANDS, QUICK_OPEN_ORDERS
    return tell("recovery", run(commands, open_orders).rows())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
