"""The course of a flood: a venue, its members at work, bad logons, and right ones in between.

Each has a process of its own, so that none takes another one's time by Python's lock. What came of
it is kept in `Course` for `run` to judge; only what makes judging senseless raises.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import Any

from tests.flood.probe import Probe, Sight
from tests.flood.report import Sample
from tests.flood.stage import FENCED, FENCED_SOURCE, MEMBERS_SOURCE, SAFE, VAULT, Stage
from tests.flood.visitors import Visitor
from tests.support.process import CHECKOUT, VenueProcess

WARM_UP_SECONDS = 2.0
QUIET_SECONDS = 8.0
"""How long trading is measured before and after."""

START_SECONDS = 1.0
"""What Python takes to start is not counted as flood."""

VISIT_EVERY_SECONDS = 3.0
END_SECONDS_MAX = 60.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of it."""

    rate: float
    seconds: float
    seed: int
    sources: int
    sync: str


@dataclass
class Moments:
    """When what began, on the monotonic clock."""

    quiet: float = 0.0
    flood: float = 0.0
    over: float = 0.0
    """No bad logon is begun any more."""

    silence: float = 0.0
    """The last one has ended."""

    end: float = 0.0


@dataclass
class Course:
    """One flood and what came of it; `failures` are the broken promises of members' sessions."""

    stage: Stage
    plan: Plan
    at: Moments = field(default_factory=Moments)
    visits: list[float] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    sights: list[Sight] = field(default_factory=list)
    tally: dict[str, Any] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    unmoved: int = 0
    exit_code: int | None = None
    log: str = ""

    def carry_out(self) -> None:
        """All of it, from the start of the venue to its clean end."""
        options = ["--config", str(self.stage.venue_file), "--sync", self.plan.sync]
        with VenueProcess(self.stage.folder / "data", *options) as venue:
            self._ports = venue.port, int(venue.ready["fix_tls"]["port"])
            visitors = self._visitors()
            for visitor in visitors.values():
                assert self._visit(visitor) is not None, self.failures
            _prefer(venue._process.pid)
            probe = Probe(venue._process.pid, venue.stderr_path)
            try:
                self._measure(visitors)
            finally:
                probe.close()
            self.sights = probe.sights
            self.unmoved = sum(self._visit(one) is not None for one in visitors.values())
            self.exit_code = venue.stop()
            self.log = venue.stderr()

    # Members who come and go

    def _visitors(self) -> dict[str, Visitor]:
        visitors = {comp_id: Visitor(comp_id, MEMBERS_SOURCE) for comp_id in SAFE}
        visitors[VAULT] = Visitor(VAULT, MEMBERS_SOURCE, self.stage.vault)
        visitors[FENCED] = Visitor(FENCED, FENCED_SOURCE)
        return visitors

    def _visit(self, visitor: Visitor) -> float | None:
        """Seconds to be on; None, and a failure, where that did not go as it must."""
        try:
            return visitor.visit(self._ports[visitor.comp_id == VAULT])
        except (AssertionError, OSError, EOFError) as error:
            at = time.monotonic() - (self.at.flood or time.monotonic())
            self.failures.append(f"{visitor.comp_id} at {at:.1f} s: {error!r}")
            visitor.give_up()
            return None

    # Parts

    def _measure(self, visitors: dict[str, Visitor]) -> None:
        out = self.stage.folder / "samples.json"
        with self._start("traders", str(out)) as traders:
            time.sleep(START_SECONDS + WARM_UP_SECONDS)
            self.at.quiet = time.monotonic()
            time.sleep(QUIET_SECONDS)
            self._flood(visitors)
            self.at.silence = time.monotonic()
            time.sleep(QUIET_SECONDS)
            self.at.end = time.monotonic()
            _, errors = traders.communicate(timeout=END_SECONDS_MAX)
        if traders.returncode:
            self.failures.append(errors.decode().strip().rpartition("\n")[2])
        else:
            self.samples = [(due, took, late) for due, took, late in json.loads(out.read_text())]

    def _flood(self, visitors: dict[str, Visitor]) -> None:
        plan = self.plan
        amount = [f"--rate={plan.rate}", f"--seconds={plan.seconds}", f"--seed={plan.seed}"]
        with self._start("flood", *amount, f"--sources={plan.sources}") as flood:
            time.sleep(START_SECONDS)
            self.at.flood = time.monotonic()
            self.at.over = self.at.flood + plan.seconds - START_SECONDS
            turn = 0
            while time.monotonic() < self.at.over:
                for comp_id in (SAFE[turn % len(SAFE)], VAULT):
                    seconds = self._visit(visitors[comp_id])
                    self.visits += [] if seconds is None else [seconds]
                turn += 1
                time.sleep(min(VISIT_EVERY_SECONDS, max(self.at.over - time.monotonic(), 0)))
            said, errors = flood.communicate(timeout=END_SECONDS_MAX)
        assert flood.returncode == 0, errors.decode()
        self.tally = json.loads(said)

    def _start(self, module: str, *more: str) -> subprocess.Popen[bytes]:
        ports = [str(port) for port in self._ports]
        return subprocess.Popen(
            [sys.executable, "-m", f"tests.flood.{module}", str(self.stage.folder), *ports, *more],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=CHECKOUT,
        )


def _prefer(pid: int) -> None:
    """Let the venue go first: attackers, and whatever else runs here, take no time of its own."""
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            os.setpriority(os.PRIO_PROCESS, int(task), -10)
