"""A member that keeps to the rules while others do not, and how fast a venue can go at most.

The judgement of what was seen belongs to the hardships themselves.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import quantiles
from typing import NamedTuple

from tests.bench.load import Timing, encode_tapes, throughput
from tests.bench.messages import WORKLOADS
from tests.hardship.load import SESSIONS
from tests.support import wire
from tests.support.process import Client

SYMBOL = "VOLV-B"
"""A book in which the load does nothing."""

PERIOD_SECONDS = 0.02
CALIBRATION = Timing(0.5, 1.5)
MESSAGES_PER_SECOND_MAX = 100_000


class Waits(NamedTuple):
    """How long answers took, in milliseconds."""

    number: int
    p50: float
    p99: float
    max: float

    def text(self) -> str:
        """For a row."""
        return f"p50 {self.p50:.1f} ms, p99 {self.p99:.1f}, max {self.max:.0f} of {self.number:,}"


class Conforming:
    """One member: an order, its answer, a cancel, its answer, some fifty of each a second."""

    def __init__(self, port: int, comp_id: str = "GOOD") -> None:
        self._client = Client(comp_id)
        self._client.logon(port, reset=True)
        self._number = 0

    def work_while(self, goes_on: Callable[[], bool]) -> Waits:
        """Trade until told to stop; an answer that is wrong, or late by far, is an error."""
        waits: list[float] = []
        due = time.monotonic()
        while goes_on() or len(waits) < 2:
            waits += self._once()
            due = max(due + PERIOD_SECONDS, time.monotonic())
            time.sleep(max(0.0, due - time.monotonic()))
        waits.sort()
        cuts = quantiles(waits, n=100, method="inclusive")
        return Waits(len(waits), cuts[49], cuts[98], waits[-1])

    def work_for(self, seconds: float) -> Waits:
        """Trade for so long."""
        until = time.monotonic() + seconds
        return self.work_while(lambda: time.monotonic() < until)

    def _once(self) -> list[float]:
        self._number += 1
        name = f"G{self._number}"
        order = wire.order(name, "1", 10, "262.0", SYMBOL)
        cancel = wire.cancel(f"C{self._number}", name, "1", SYMBOL)
        return [self._ask("D", order, "0"), self._ask("F", cancel, "4")]

    def _ask(self, msg_type: str, fields: list[tuple[int, object]], exec_type: str) -> float:
        begin = time.monotonic()
        self._client.send(msg_type, fields)
        answer = self._client.reports(1)[0]
        assert answer.get(150) == exec_type, answer
        return (time.monotonic() - begin) * 1000

    def leave(self) -> None:
        """Log out."""
        self._client.logout()

    def close(self) -> None:
        """Break the connection, if there is one."""
        self._client.close()


def sustainable_rate(port: int) -> float:
    """Orders a second, each with its cancel, that the venue finishes when it is never idle."""
    messages = MESSAGES_PER_SECOND_MAX * CALIBRATION.span
    tapes = encode_tapes(WORKLOADS["cancel"], SESSIONS, messages, b"-cal")
    return throughput(("127.0.0.1", port), tapes, CALIBRATION).orders_per_second
