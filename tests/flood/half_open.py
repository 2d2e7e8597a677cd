"""A link that is really cut: when the venue notices, and that the orders go then, once.

Two network namespaces with a cable (veth) between them, venue on one side, members on the other;
the far end is taken down, so that no FIN, no RST and no acknowledgement comes back. Needs root and
iproute2, touches no interface that was there: `python -m tests.flood.half_open`, ninety seconds.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from gateway.passwords import hash_password
from tests.flood.report import Row, table
from tests.flood.stage import PASSWORD
from tests.support import wire
from tests.support.process import CHECKOUT, WAIT_SECONDS_MAX, Client, VenueProcess

NEAR, FAR = "fixpit-near", "fixpit-far"
CABLE = "fixpit0", "fixpit1"
VENUE, MEMBERS = "192.0.2.1", "192.0.2.2"
"""Addresses that are kept for examples; nothing outside the two namespaces knows them."""

WATCH_SECONDS = 90.0
SETTLE_SECONDS = 0.5
"""Until the last acknowledgement is across; TCP may keep one back for a moment."""


class Case(NamedTuple):
    """A session whose cable is cut; `within` are the seconds until its orders must be gone."""

    comp_id: str
    heart_bt_int: int
    within: tuple[float, float]
    why: str
    is_sent_to: bool = False


CASES = (
    Case("HB5", 5, (10, 13), "2.4 times HeartBtInt 5"),
    Case("HB30", 30, (48, 54), "its Heartbeat after 30 s, not acknowledged for 20 s"),
    Case("SENT", 0, (19, 24), "no heartbeats, a report not acknowledged for 20 s", is_sent_to=True),
    Case("QUIET", 0, (68, 82), "no heartbeats, keepalive after 60 s"),
)
WATCHER, OTHER = "WATCH", "OTHER"

_SESSION = '[[sessions]]\ncomp_id = "{}"\nmember = "{}"\nrole = "{}"\npassword_scrypt = "{}"\n'
_VENUE_FILE = """\
[venue]
comp_id = "PIT"

[fix]
host = "{host}"
allow_plaintext = true

[[members]]
id = "M"
name = "M"

[[members]]
id = "O"
name = "O"

[[schedules]]
id = "always"
phases = [{{ at = "00:00:00", phase = "CONTINUOUS" }}]

[[segments]]
id = "S"
name = "S"
schedule = "always"
"""


def venue_text() -> str:
    """Members' sessions cancel Day orders on disconnect; the watcher gets copies of all reports."""
    hashed = hash_password(PASSWORD)
    sessions = [_SESSION.format(c.comp_id, "M", "order-entry", hashed) for c in CASES]
    sessions.append(_SESSION.format(WATCHER, "M", "drop-copy", hashed))
    sessions.append(_SESSION.format(OTHER, "O", "order-entry", hashed))
    books = [
        f'[[instruments]]\nsymbol = "{c.comp_id}"\nsegment = "S"\ntick_size = "0.01"\n'
        for c in CASES
    ]
    return "\n".join([_VENUE_FILE.format(host=VENUE), *sessions, *books])


# Namespaces


def _ip(*args: str) -> None:
    subprocess.run(["ip", *args], check=True)


@contextmanager
def cable() -> Iterator[None]:
    """Two namespaces and a cable between them, for as long as the block runs."""
    try:
        for name in (NEAR, FAR):
            _ip("netns", "add", name)
            _ip("-n", name, "link", "set", "lo", "up")
        _ip("-n", NEAR, "link", "add", CABLE[0], "type", "veth", "peer", CABLE[1], "netns", FAR)
        for name, end, address in zip((NEAR, FAR), CABLE, (VENUE, MEMBERS), strict=True):
            _ip("-n", name, "address", "add", f"{address}/30", "dev", end)
            _ip("-n", name, "link", "set", end, "up")
        yield
    finally:
        for name in (NEAR, FAR):
            subprocess.run(["ip", "netns", "delete", name], check=False)


@contextmanager
def inside(namespace: str) -> Iterator[None]:
    """What this thread opens in the block is opened there, and stays there."""
    libc = ctypes.CDLL(None, use_errno=True)
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open(f"/var/run/netns/{namespace}", os.O_RDONLY)
    try:
        assert libc.setns(there, 0) == 0, os.strerror(ctypes.get_errno())
        yield
    finally:
        libc.setns(home, 0)
        os.close(home)
        os.close(there)


class Member(Client):
    """A client in one of the namespaces."""

    def __init__(self, comp_id: str, namespace: str) -> None:
        super().__init__(comp_id)
        self._namespace = namespace

    def connect(self, port: int) -> None:
        """Open the socket only."""
        with inside(self._namespace):
            self._socket = socket.create_connection((VENUE, port), WAIT_SECONDS_MAX)
        self._reader, self._waiting = wire.Reader(), []
        self._connected_at = self.next_out


# The test


def watch(venue: VenueProcess) -> list[Row]:
    """Everybody logs on and enters an order; the cable is cut; when does which order go?"""
    watcher, other = Member(WATCHER, NEAR), Member(OTHER, NEAR)
    watcher.heart_bt_int = other.heart_bt_int = 0
    for client in (watcher, other):
        client.logon(venue.port, (554, PASSWORD))
    members = [Member(case.comp_id, FAR) for case in CASES]
    for case, member in zip(CASES, members, strict=True):
        member.heart_bt_int = case.heart_bt_int
        member.logon(venue.port, (554, PASSWORD))
        member.send("D", wire.order("DAY", "1", 10, "10.00", case.comp_id))
        member.reports(1)
    watcher.reports(len(CASES))
    time.sleep(SETTLE_SECONDS)
    _ip("-n", FAR, "link", "set", CABLE[1], "down")
    cut_at = time.monotonic()
    for case in CASES:
        if case.is_sent_to:
            other.send("D", wire.order(case.comp_id, "2", 5, "10.00", case.comp_id))
            other.reports(2)
    gone = _cancels(watcher, cut_at)
    for client in (watcher, other, *members):
        client.close()
    return [_row(case, gone.get(case.comp_id, [])) for case in CASES]


def _cancels(watcher: Client, cut_at: float) -> dict[str, list[float]]:
    """Seconds after the cut at which orders were canceled, by Symbol."""
    gone: dict[str, list[float]] = {}
    while (left := cut_at + WATCH_SECONDS - time.monotonic()) > 0:
        with contextlib.suppress(TimeoutError):
            message = watcher.take(left)
            if message.type == "8" and message[150] == "4":
                gone.setdefault(message[55], []).append(time.monotonic() - cut_at)
    return gone


def _row(case: Case, gone: list[float]) -> Row:
    seconds = ", ".join(f"{at:.1f} s" for at in gone) or f"not in {WATCH_SECONDS:.0f} s"
    kept = len(gone) == 1 and case.within[0] <= gone[0] <= case.within[1]
    return Row(case.comp_id, f"{seconds} after the cut ({case.why})", kept)


def main(argv: list[str]) -> int:
    """Make the cable, then do the rest inside; 1 when something was not noticed in time."""
    if argv != ["inside"]:
        if os.geteuid() != 0:
            sys.stderr.write("tests.flood.half_open: needs root, for network namespaces\n")
            return 2
        command = [sys.executable, "-m", "tests.flood.half_open", "inside"]
        with cable():
            done = subprocess.run(
                ["ip", "netns", "exec", NEAR, *command], cwd=CHECKOUT, check=False
            )
        return done.returncode
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "venue.toml"
        file.write_text(venue_text(), encoding="utf-8")
        with VenueProcess(Path(folder) / "data", "--config", str(file)) as venue:
            rows = watch(venue)
            code = venue.stop()
    sys.stdout.write(f"orders gone\n{table(rows)}\n")
    return 0 if code == 0 and all(row.kept for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
