"""A venue whose disk is full: it stops with exit code 5, and nothing acknowledged is lost.

The data directory is a tmpfs of a few MiB, so that it is the file system that says no. Needs root,
for the mount, which is always taken away again: `python -m tests.hardship.disk_full`, some seconds.
What a venue says of its disk errors one at a time is in `tests.gateway`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.flood.report import Row
from tests.hardship.verdict import tell
from tests.support import wire
from tests.support.process import Client, VenueProcess

DISK_ERROR = 5
SMALL, LARGE = "8m", "64m"
BATCH = 200
"""Orders in flight at a time."""

GOOD_TILL_CANCEL = "1"


@dataclass(frozen=True, slots=True)
class Result:
    """One disk that was filled."""

    sent: int
    acknowledged: int
    recovered: int
    """Of the acknowledged ones, those that work after the restart."""

    unknown: int
    """Orders after the restart that nobody ever sent."""

    exit_code: int
    seconds: float

    def rows(self) -> list[Row]:
        """Every promise, with what was seen."""
        orders = f"{self.recovered:,} of {self.acknowledged:,} acknowledged ({self.sent:,} sent)"
        return [
            Row(
                "exit code when the disk is full", str(self.exit_code), self.exit_code == DISK_ERROR
            ),
            Row("orders there after it", orders, 0 < self.acknowledged == self.recovered),
            Row("orders nobody sent", str(self.unknown), self.unknown == 0),
        ]

    @property
    def kept(self) -> bool:
        """Whether every promise was kept."""
        return all(row.kept for row in self.rows())


@contextmanager
def small_disk(at: Path, size: str = SMALL) -> Iterator[None]:
    """A file system of this size for as long as the block runs."""
    at.mkdir()
    _mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(at))
    try:
        yield
    finally:
        subprocess.run(["umount", str(at)], check=True)


def enlarge(at: Path, size: str = LARGE) -> None:
    """Room again, with the files as they are."""
    _mount("-o", f"remount,size={size}", str(at))


def _mount(*args: str) -> None:
    subprocess.run(["mount", *args], check=True)


def run(seconds_max: float = 120.0, sync: str = "group") -> Result:
    """Fill a disk with orders, make room, look for them; must be root."""
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="fixpit-full-") as folder, Client("AVA") as member:
        data_dir = Path(folder) / "data"
        with small_disk(data_dir):
            # What the venue says goes elsewhere: the disk is full of orders, not of its words.
            (data_dir / "stderr").symlink_to(Path(folder) / "stderr")
            with VenueProcess(data_dir, "--sync", sync) as venue:
                acknowledged = _fill(venue, member, begin + seconds_max)
                exit_code = venue.wait()
            enlarge(data_dir)
            with VenueProcess(data_dir, "--sync", sync) as venue:
                working = _working(venue, member)
                assert venue.stop() == 0, venue.stderr()
    sent = {str(dict(fields)[11]) for kind, fields, _ in member.sent.values() if kind == "D"}
    return Result(
        sent=len(sent),
        acknowledged=len(acknowledged),
        recovered=len(acknowledged & working),
        unknown=len(working - sent),
        exit_code=exit_code,
        seconds=time.monotonic() - begin,
    )


def _fill(venue: VenueProcess, member: Client, until: float) -> set[str]:
    """Enter orders until the venue is gone; those it has acknowledged."""
    member.logon(venue.port)
    acknowledged: set[str] = set()
    number = 0
    try:
        while time.monotonic() < until:
            for _ in range(BATCH):
                number += 1
                order = wire.order(f"FULL{number}", "1", 10, "87.30", _59=GOOD_TILL_CANCEL)
                member.send("D", order)
            for _ in range(BATCH):
                report = member.reports(1)[0]
                if report.get(150) == "0":
                    acknowledged.add(report[11])
    except EOFError:
        member.close()
        return acknowledged
    raise AssertionError(f"the disk was not full after {number} orders")


def _working(venue: VenueProcess, member: Client) -> set[str]:
    """The member's orders as the venue has them now; what it had not taken is not sent again."""
    member.fills_gaps = True
    missed = member.next_in
    member.logon(venue.port)
    # Its own question for what is missing is answered before ours: no later message becomes a gap.
    member.send("2", [(7, missed), (16, 0)])
    member.until(lambda message: message.get(43) == "Y")
    member.sync()
    member.send("AF", [(584, "ALL"), (585, "7")])
    answers = member.until(lambda message: message.get(912) == "Y")
    return {answer[11] for answer in answers if answer.get(584) == "ALL" and 11 in answer}


def main() -> int:
    """Fill one disk, print what was found; 1 when a promise was broken, 2 without root."""
    if os.geteuid() != 0:
        sys.stderr.write("tests.hardship.disk_full: needs root, for a mount\n")
        return 2
    result = run()
    return tell(f"disk of {SMALL}iB full, {result.seconds:.0f} s", result.rows())


if __name__ == "__main__":
    sys.exit(main())
