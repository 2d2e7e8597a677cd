"""Members at work: orders and cancels at fixed times, whatever the venue does (an open loop).

A latency counts from the moment a message was due, not from when it was sent, so that a venue or a
machine that stands still is seen in all of them. Every answer must be the one that is due, in order
and with the next number; anything else ends the process with an AssertionError. Each session has a
book of its own, so what must come is known: most orders are canceled, some are traded.

`python -m tests.flood.traders FOLDER PORT TLS_PORT OUT` trades until its stdin ends, and writes
(due, latency, lateness) of every message to OUT, in seconds of the monotonic clock.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import heapq
import json
import os
import select
import socket
import ssl
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.flood.stage import OVER_TLS, WORKING, Stage, symbol_of
from tests.support import wire
from tests.support.wire import Received

ANSWER_SECONDS_MAX = 20.0
CANCEL_AFTER_SECONDS = 0.01
TRADED_EVERY = 5
PRICE = "10.00"


class Trader:
    """One working session; `samples` has what `OUT` gets."""

    def __init__(self, comp_id: str, address: tuple[str, int], tls: ssl.SSLContext | None) -> None:
        self.comp_id = comp_id
        self.next_out = self.next_in = 1
        self.samples: list[tuple[float, float, float]] = []
        self._due: deque[tuple[list[str], float, float]] = deque()
        self._reader = wire.Reader()
        self._orders = 0
        self._socket = socket.create_connection(address, ANSWER_SECONDS_MAX)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is not None:
            self._socket = tls.wrap_socket(self._socket, server_hostname="127.0.0.1")
        self._socket.settimeout(ANSWER_SECONDS_MAX)
        self._send("A", [(98, "0"), (108, 5), (141, "Y")])
        (answer,) = self._reader.feed(self._socket.recv(4096))
        assert answer.type == "A", answer
        self.next_in = 2
        self._socket.setblocking(False)  # noqa: FBT003

    def fileno(self) -> int:
        """For `select`."""
        return self._socket.fileno()

    @property
    def unanswered(self) -> int:
        """Messages whose answer is awaited."""
        return len(self._due)

    # Sending

    def enter(self, due: float) -> None:
        """An order that was to be sent at `due`."""
        self._orders += 1
        self._order("1", f"B{self._orders}", due, ["0"])

    def follow(self, due: float) -> None:
        """What comes next for it: a cancel, or the seller."""
        n = self._orders
        if n % TRADED_EVERY == 0:
            self._order("2", f"S{n}", due, ["0", "F", "F"])
            return
        cancel = wire.cancel(f"C{n}", f"B{n}", "1", symbol_of(self.comp_id))
        self._await(["4"], due)
        self._send("F", cancel)

    def _order(self, side: str, cl_ord_id: str, due: float, answers: list[str]) -> None:
        self._await(answers, due)
        self._send("D", wire.order(cl_ord_id, side, 10, PRICE, symbol_of(self.comp_id)))

    def _await(self, answers: list[str], due: float) -> None:
        self._due.append((answers, due, time.monotonic() - due))

    def _send(self, msg_type: str, fields: list[tuple[int, object]]) -> None:
        data = wire.message(msg_type, self.comp_id, self.next_out, fields, now=time.time_ns())
        self.next_out += 1
        sent = self._socket.send(data)
        assert sent == len(data), f"{self.comp_id}: the venue does not read"

    # Receiving

    def read(self) -> None:
        """Take what has come."""
        with contextlib.suppress(BlockingIOError, ssl.SSLWantReadError):
            while True:
                data = self._socket.recv(65536)
                now = time.monotonic()
                assert data, f"{self.comp_id}: disconnected"
                for message in self._reader.feed(data):
                    self._take(message, now)

    def _take(self, message: Received, now: float) -> None:
        assert message.seq == self.next_in, f"{self.comp_id}: expected {self.next_in}: {message}"
        self.next_in += 1
        if message.type == "0":
            return
        if message.type == "1":
            self._send("0", [(112, message[112])])
            return
        assert message.type == "8", f"{self.comp_id}: {message}"
        answers, due, late = self._due[0]
        assert answers[0] == message[150], f"{self.comp_id}: expected {answers}: {message}"
        del answers[0]
        if not answers:
            self._due.popleft()
            self.samples.append((due, now - due, late))

    def log_out(self) -> None:
        """Leave."""
        self._send("5", [])
        self._socket.close()


def trade(traders: Sequence[Trader], rate: float) -> None:
    """So many orders a second on each session, until stdin ends; then until all is answered."""
    for due, trader, is_first in _timetable(traders, rate):
        if not _read_until(traders, due):
            break
        (trader.enter if is_first else trader.follow)(due)
    until = time.monotonic() + ANSWER_SECONDS_MAX
    while any(trader.unanswered for trader in traders):
        assert time.monotonic() < until, [(t.comp_id, t.unanswered) for t in traders]
        _read_until(traders, time.monotonic() + 0.01)


def _timetable(traders: Sequence[Trader], rate: float) -> Iterator[tuple[float, Trader, bool]]:
    """When what is due: an order of each session in turn, and what follows it a moment later."""
    gap = 1 / rate
    begun = time.monotonic() + gap
    coming = [
        (begun + gap * k / len(traders) + later, k, later == 0)
        for k in range(len(traders))
        for later in (0.0, CANCEL_AFTER_SECONDS)
    ]
    heapq.heapify(coming)
    while True:
        due, k, is_first = coming[0]
        yield due, traders[k], is_first
        heapq.heapreplace(coming, (due + gap, k, is_first))


def _read_until(traders: Sequence[Trader], due: float) -> bool:
    """Take what comes until the moment `due`; whether stdin goes on."""
    goes_on = True
    while (left := due - time.monotonic()) > 0:
        # Not epoll, which knows no time shorter than a millisecond.
        ready, _, _ = select.select([sys.stdin, *traders] if goes_on else traders, [], [], left)
        for one in ready:
            if one is sys.stdin:
                goes_on = False
            else:
                one.read()
    return goes_on


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.flood.traders", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("port", type=int)
    parser.add_argument("tls_port", type=int)
    parser.add_argument("out", type=Path)
    parser.add_argument("--rate", type=float, default=50, help="orders a second on each session")
    return parser.parse_args(argv)


def main(argv: Sequence[str]) -> int:
    """Trade, then write the samples."""
    args = _arguments(argv)
    with contextlib.suppress(OSError):
        # What is measured is the venue, not when this process is let run.
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    stage = Stage(args.folder)
    traders = [
        Trader(comp_id, ("127.0.0.1", args.tls_port), stage.member)
        if comp_id == OVER_TLS
        else Trader(comp_id, ("127.0.0.1", args.port), None)
        for comp_id in WORKING
    ]
    gc.disable()
    trade(traders, args.rate)
    for trader in traders:
        trader.log_out()
    samples = sorted(sample for trader in traders for sample in trader.samples)
    args.out.write_text(json.dumps(samples), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
