"""Members who send at a fixed rate, whatever the venue does (an open loop), in their own process.

Each order is canceled right behind it; no two ever trade. What the venue does not take from a
socket stays due, is encoded when there is room for it, and is not sent any more once time is up:
then what was sent must all be answered. Messages are encoded as they go out, so that their
SendingTime is right for as long as one likes; what comes back is counted, not decoded.

`python -m tests.hardship.load PORT --rate 5000 --seconds 10` prints its `Tally` as JSON. How fast a
venue can be at most is not measured here but by `tests.bench`.
"""

from __future__ import annotations

import argparse
import json
import select
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from tests.bench.load_session import SplitCount
from tests.bench.messages import SYMBOL, TARGET_COMP_ID, WORKLOADS, frame, utc_timestamp
from tests.support.process import CHECKOUT

SESSIONS = 4
CHUNK = 200
"""Orders encoded at a time at most: what a socket does not take waits no longer than that."""

TICK_SECONDS = 0.002
DRAIN_SECONDS_MAX = 60.0
READ_BYTES = 262_144
PLAN = WORKLOADS["cancel"].plan

_HEAD = b"35=%b\x0134=%d\x0149=%b\x0152=%b\x0156=" + TARGET_COMP_ID + b"\x01"
_ORDER = (
    _HEAD
    + b"11=%b-%d\x0138=100\x0140=2\x0144=%b\x0154=%b\x0155="
    + SYMBOL
    + b"\x0159=0\x0160=%b\x01"
)
_CANCEL = _HEAD + b"11=%b-X%d\x0141=%b-%d\x0154=%b\x0155=" + SYMBOL + b"\x0160=%b\x01"


@dataclass(frozen=True, slots=True)
class Tally:
    """What came of it, in orders; each stands for two messages and two reports."""

    due: int
    sent: int
    answered: int
    drain_seconds: float
    """From the end of the load to the last answer."""

    closed: int
    """Connections that the venue ended."""


class Flow:
    """One session of the load."""

    def __init__(self, port: int, comp_id: bytes) -> None:
        self.comp_id = comp_id
        self.orders = self.answered = 0
        self.closed = False
        self._seq = 1
        self._waiting = memoryview(b"")
        self._count = SplitCount(b"\x01150=4\x01").add
        self._socket = socket.create_connection(("127.0.0.1", port), 20)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(frame(self._head(b"A") + b"98=0\x01108=0\x01141=Y\x01"))
        answer = self._socket.recv(4096)
        assert b"\x0135=A\x01" in answer, answer
        self._socket.setblocking(False)  # noqa: FBT003

    def fileno(self) -> int:
        """For `select`."""
        return self._socket.fileno()

    def push(self, due: int) -> None:
        """Send up to order number `due`, as far as the venue takes it."""
        while not self.closed:
            if not self._waiting:
                count = min(due - self.orders, CHUNK)
                if count <= 0:
                    return
                self._encode(count)
            if not self.flush():
                return

    def flush(self) -> bool:
        """Send what is encoded; whether all of it went."""
        try:
            while self._waiting and not self.closed:
                self._waiting = self._waiting[self._socket.send(self._waiting) :]
        except BlockingIOError:
            return False
        except ConnectionError:
            self.closed = True
        return not self._waiting

    def pull(self) -> None:
        """Count what has come."""
        try:
            data = self._socket.recv(READ_BYTES)
        except BlockingIOError:
            return
        except ConnectionError:
            data = b""
        self.closed = self.closed or not data
        self.answered += self._count(data)

    def log_out(self) -> None:
        """Leave."""
        if not self.closed:
            self._socket.setblocking(True)  # noqa: FBT003
            self._socket.sendall(frame(self._head(b"5")))
            while self._socket.recv(READ_BYTES):
                pass
        self._socket.close()

    def _encode(self, count: int) -> None:
        now, out, name = utc_timestamp(), [], self.comp_id
        for n in range(self.orders, self.orders + count):
            side, price = PLAN(n)
            order = (b"D", self._seq, name, now, name, n, price, side, now)
            cancel = (b"F", self._seq + 1, name, now, name, n, name, n, side, now)
            self._seq += 2
            out += [frame(_ORDER % order), frame(_CANCEL % cancel)]
        self.orders += count
        self._waiting = memoryview(b"".join(out))

    def _head(self, msg_type: bytes) -> bytes:
        self._seq += 1
        return _HEAD % (msg_type, self._seq - 1, self.comp_id, utc_timestamp())


def carry_out(port: int, rate: float, seconds: float, prefix: str = "LOAD") -> Tally:
    """So many orders a second in all, for so long; then wait for the answers."""
    flows = [Flow(port, f"{prefix}{k}".encode()) for k in range(SESSIONS)]
    begin = time.monotonic()
    while (passed := time.monotonic() - begin) < seconds and any(not f.closed for f in flows):
        due = int(passed * rate / SESSIONS)
        for flow in flows:
            flow.push(due)
        _pull(flows)
    over = time.monotonic()
    while time.monotonic() < over + DRAIN_SECONDS_MAX and any(map(_is_owed, flows)):
        for flow in flows:
            flow.flush()
        _pull(flows)
    drained = time.monotonic()
    closed = sum(flow.closed for flow in flows)
    for flow in flows:
        flow.log_out()
    return Tally(
        due=int(seconds * rate),
        sent=sum(flow.orders for flow in flows),
        answered=sum(flow.answered for flow in flows),
        drain_seconds=drained - over,
        closed=closed,
    )


def _is_owed(flow: Flow) -> bool:
    return not flow.closed and flow.answered < flow.orders


def _pull(flows: Sequence[Flow]) -> None:
    ready, _, _ = select.select([f for f in flows if not f.closed], [], [], TICK_SECONDS)
    for flow in ready:
        flow.pull()


# From the outside


class LoadProcess:
    """The same in a process of its own; `tally` waits for its end."""

    def __init__(self, port: int, rate: float, seconds: float, prefix: str = "LOAD") -> None:
        command = [sys.executable, "-m", "tests.hardship.load", str(port)]
        self._seconds = seconds
        self._process = subprocess.Popen(
            [*command, f"--rate={rate}", f"--seconds={seconds}", f"--prefix={prefix}"],
            stdout=subprocess.PIPE,
            cwd=CHECKOUT,
        )

    @property
    def is_running(self) -> bool:
        """Whether it is still at it."""
        return self._process.poll() is None

    def tally(self) -> Tally:
        """What came of it."""
        said, _ = self._process.communicate(timeout=self._seconds + 2 * DRAIN_SECONDS_MAX)
        assert self._process.returncode == 0, "the load ended with an error"
        return Tally(**json.loads(said))

    def close(self) -> None:
        """End it where it is."""
        self._process.kill()
        self._process.wait()


def main(argv: Sequence[str]) -> int:
    """Send, then print."""
    parser = argparse.ArgumentParser(prog="python -m tests.hardship.load")
    parser.add_argument("port", type=int)
    parser.add_argument("--rate", type=float, default=5000.0, help="orders a second in all")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--prefix", default="LOAD", help="SenderCompIDs are this and a number")
    args = parser.parse_args(argv)
    tally = carry_out(args.port, args.rate, args.seconds, args.prefix)
    sys.stdout.write(f"{json.dumps(asdict(tally))}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
