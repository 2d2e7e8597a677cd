"""A member that trades and never reads: disconnected at the bound, and nobody else notices.

Its reports pile up, in the machine's socket buffers first and then in the venue's, until the
venue's bound for one connection; then it is cut off. It may come back, read what it missed and
trade on. `python -m tests.hardship.slow_consumer`, some seconds.
"""

from __future__ import annotations

import socket
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from gateway.fix.connection import WRITE_BUFFER_BYTES_MAX
from tests.flood.probe import Probe
from tests.flood.report import Row
from tests.hardship.member import Conforming, Waits
from tests.hardship.verdict import tell
from tests.support import wire
from tests.support.process import Client, VenueProcess

NAME = "SLOW"
ORDERS_PER_SECOND = 5_000
ORDERS_MAX = 200_000
SOCKET_BYTES_MAX = 8 * 1024 * 1024
"""What Linux may hold for one connection, at both ends together."""

REPORT_BYTES_MIN = 150
RECEIVE_BYTES = 65_536
QUIET_SECONDS = 1.0
ANSWER_MILLISECONDS_MAX = 1_000
RSS_MIB_MAX = 128.0
"""The bound for one connection, and what the venue keeps of the orders themselves."""


@dataclass(frozen=True, slots=True)
class Result:
    """One member that did not read."""

    orders: int
    """Orders it had sent when it was cut off; 0 if it never was."""

    reason: str
    """What the venue told the operator."""

    before: Waits
    during: Waits
    missed: int
    """Reports it had missed and was sent when it came back."""

    rss_mib: tuple[float, float]
    exit_code: int

    def rows(self) -> list[Row]:
        """Every promise, with what was seen."""
        least = WRITE_BUFFER_BYTES_MAX // 1_000
        most = (WRITE_BUFFER_BYTES_MAX + SOCKET_BYTES_MAX) // REPORT_BYTES_MIN
        grown = self.rss_mib[1] - self.rss_mib[0]
        return [
            Row(
                "disconnected",
                f"after {self.orders:,} orders whose reports it did not read: {self.reason}",
                least < self.orders < most and self.reason == "slow consumer",
            ),
            Row("member before", self.before.text(), kept=True),
            Row("  meanwhile", self.during.text(), self.during.max < ANSWER_MILLISECONDS_MAX),
            Row("when it is back", f"{self.missed:,} reports it had missed", self.missed > least),
            Row(
                "memory (RSS, MiB)",
                f"{self.rss_mib[0]:.0f} before, at most {self.rss_mib[1]:.0f}",
                grown < RSS_MIB_MAX,
            ),
            Row("exit code", str(self.exit_code), self.exit_code == 0),
        ]

    @property
    def kept(self) -> bool:
        """Whether every promise was kept."""
        return all(row.kept for row in self.rows())


class Deaf:
    """A session that sends orders at a steady rate and reads nothing behind its Logon."""

    def __init__(self, port: int) -> None:
        self.sent = 1
        self._socket = socket.create_connection(("127.0.0.1", port), 20)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
        self._send("A", [(98, "0"), (108, 0), (141, "Y")], 1)
        assert b"\x0135=A\x01" in self._socket.recv(4096)

    def trade(self) -> int:
        """Orders until the venue cuts it off; how many, 0 if it never does."""
        begin = time.monotonic()
        for number in range(1, ORDERS_MAX):
            self.sent += 1
            order = wire.order(f"S{number}", "12"[number % 2], 10, "87.30")
            try:
                self._send("D", order, self.sent)
            except ConnectionError:
                return number
            if number % 100 == 0:
                time.sleep(max(0.0, begin + number / ORDERS_PER_SECOND - time.monotonic()))
        return 0

    def _send(self, msg_type: str, fields: list[tuple[int, object]], seq: int) -> None:
        self._socket.sendall(wire.message(msg_type, NAME, seq, fields, now=time.time_ns()))

    def close(self) -> None:
        """Break the connection, if there is one."""
        self._socket.close()


def run(sync: str = "group") -> Result:
    """Two members, one of which never reads."""
    with (
        tempfile.TemporaryDirectory(prefix="fixpit-slow-") as folder,
        VenueProcess(Path(folder) / "data", "--sync", sync) as venue,
    ):
        probe = Probe(venue._process.pid, venue.stderr_path)
        member = Conforming(venue.port)
        try:
            before = member.work_for(QUIET_SECONDS)
            rss = probe.sights[-1].rss_mib
            orders, sent, during = _not_reading(venue.port, member)
            most = max(sight.rss_mib for sight in probe.sights)
            missed = _come_back(venue.port, sent)
            member.leave()
        finally:
            member.close()
            probe.close()
        said = venue.stderr()
        return Result(
            orders=orders,
            reason="slow consumer" if '"reason": "slow consumer"' in said else "no reason given",
            before=before,
            during=during,
            missed=missed,
            rss_mib=(rss, most),
            exit_code=venue.stop(),
        )


def _not_reading(port: int, member: Conforming) -> tuple[int, int, Waits]:
    """The one is deaf, the other goes on: orders and messages of the one, waits of the other."""
    deaf = Deaf(port)
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(deaf.trade()), name="deaf")
    thread.start()
    try:
        during = member.work_while(thread.is_alive)
    finally:
        thread.join()
        deaf.close()
    return found[0], deaf.sent, during


def _come_back(port: int, sent: int) -> int:
    """Log on with numbers that go on, ask for everything; how many reports come."""
    with Client(NAME) as client:
        # What the venue had not taken any more is asked for; all of it is skipped.
        client.sent = dict.fromkeys(range(1, sent + 1), ("0", (), time.time_ns()))
        client.next_out = sent + 1
        client.next_in = 2  # The first Logon was answered while it still listened.
        client.connect(port)
        client.send("A", [(98, "0"), (108, 0)])
        last = client.until(lambda message: message.type == "A")[0].seq
        client.send("2", [(7, 2), (16, last - 1)])
        while client.next_in < last:
            client.take()
        client.logout()
        return sum(1 for message in client.got.values() if message.type == "8")


def main() -> int:
    """One deaf member; 1 when a promise was broken."""
    return tell("a member that never reads", run().rows())


if __name__ == "__main__":
    sys.exit(main())
