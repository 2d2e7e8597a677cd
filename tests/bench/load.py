"""The load generator: one thread, raw sockets, epoll (so Linux), messages encoded beforehand.

`throughput` keeps a window of orders in flight on every session and counts finished orders over
a span of time; `latency` sends one order, waits for its answer, sends the next. Both log on
before, log out after, and raise `LoadError` when anything the server sent was not as it must be.

By itself: `python -m tests.bench.load 127.0.0.1:9880 --workload cross --sessions 16`.
"""

from __future__ import annotations

import argparse
import gc
import os
import select
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil

from tests.bench.check import Expectation, check_stream
from tests.bench.load_session import LoadError, LoadSession
from tests.bench.messages import WORKLOADS, Tape, Workload, encode_tape

WINDOW = 256
DRAIN_SECONDS_MAX = 10.0
STALL_SECONDS_MAX = 5.0
LATENCY_WARM_UP_ORDERS = 500
COMPLAINTS_SHOWN_MAX = 5

_CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Throughput:
    """One run: finished orders per second over `seconds`, and the CPU shares (1.0 = a core)."""

    orders_per_second: float
    seconds: float
    load_cpu: float
    server_cpu: float | None


@dataclass(frozen=True, slots=True)
class Latency:
    """One run, one order in flight: from the write of an order to the read of its New, in us."""

    orders: int
    p50: float
    p99: float
    p999: float


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a run warms up and how long it is measured."""

    warm_up: float = 0.3
    seconds: float = 1.5

    @property
    def span(self) -> float:
        """Seconds for which orders are sent."""
        return self.warm_up + self.seconds


def encode_tapes(
    workload: Workload, sessions: int, messages: float, tag: bytes = b""
) -> list[Tape]:
    """Tapes for members L01, L02 ... with about `messages` messages in all."""
    per_order = 2 if workload.cancels else 1
    orders = 2 * ceil(messages / per_order / sessions / 2)  # even: a buy needs its sell
    return [encode_tape(workload, b"L%02d" % (k + 1), orders, tag) for k in range(sessions)]


def cpu_seconds(pid: int | None) -> float | None:
    """User and system time of a process with all its threads; None where /proc is missing."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / _CLOCK_TICKS


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """The generator does not stop to look for garbage."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def logged_on(
    address: tuple[str, int], tapes: Sequence[Tape], window: int, expectation: Expectation
) -> Iterator[list[LoadSession]]:
    """Sessions that are logged on; at the end they log out and everything received is checked."""
    sessions: list[LoadSession] = []
    try:
        for tape in tapes:
            sessions.append(LoadSession(address, tape, window))
            sessions[-1].log_on()
        yield sessions
        for session in sessions:
            session.log_out()
    finally:
        for session in sessions:
            session.close()
    if complaints := _complaints(sessions, expectation):
        raise LoadError(complaints)


def _complaints(sessions: Iterable[LoadSession], expectation: Expectation) -> str:
    """The first few things that were wrong with what the sessions received, a line each."""
    lines = [
        f"{session.tape.sender.decode()}: {complaint}"
        for session in sessions
        for complaint in check_stream(
            b"".join(session.received), session.tape.workload, session.orders_sent, expectation
        )
    ]
    return "\n".join(lines[:COMPLAINTS_SHOWN_MAX])


def throughput(
    address: tuple[str, int],
    tapes: Sequence[Tape],
    timing: Timing,
    *,
    window: int = WINDOW,
    server_pid: int | None = None,
    expectation: Expectation = Expectation(),  # noqa: B008 - frozen
) -> Throughput:
    """Measures one run; it ends early when a session has sent all of its tape."""
    with (
        logged_on(address, tapes, window, expectation) as sessions,
        select.epoll() as poller,
        no_garbage_collection(),
    ):
        by_fd = {session.fileno(): session for session in sessions}
        for fd in by_fd:
            poller.register(fd, select.EPOLLIN)
        for session in sessions:
            session.start()
        _pump(poller, by_fd, time.perf_counter() + timing.warm_up)
        before = _reading(sessions, server_pid)
        _pump(poller, by_fd, before[0] + timing.seconds)
        after = _reading(sessions, server_pid)
        _drain(poller, by_fd)
    seconds = after[0] - before[0]
    if not seconds > 0 or after[1] == before[1]:
        raise LoadError("nothing was left to measure after the warm-up")
    server_cpu = None
    if before[3] is not None and after[3] is not None:
        server_cpu = (after[3] - before[3]) / seconds
    return Throughput(
        orders_per_second=(after[1] - before[1]) / seconds,
        seconds=seconds,
        load_cpu=(after[2] - before[2]) / seconds,
        server_cpu=server_cpu,
    )


def _reading(
    sessions: Sequence[LoadSession], server_pid: int | None
) -> tuple[float, int, float, float | None]:
    """Clock, finished orders, own CPU time and the server's."""
    done = sum(session.done for session in sessions)
    return time.perf_counter(), done, time.process_time(), cpu_seconds(server_pid)


def _pump(poller: select.epoll, by_fd: dict[int, LoadSession], until: float) -> None:
    """Keeps all windows full until the moment `until` or the end of a tape."""
    clock = time.perf_counter
    poll = poller.poll
    over = False
    while not over and clock() < until:
        ready = poll(STALL_SECONDS_MAX)
        if not ready:
            raise LoadError(f"nothing came for {STALL_SECONDS_MAX:.0f} s\n{_odd(by_fd)}")
        for fd, _ in ready:
            over |= by_fd[fd].step()


def _drain(poller: select.epoll, by_fd: dict[int, LoadSession]) -> None:
    """Waits until every order that was sent is answered."""
    for session in by_fd.values():
        session.stop()
    deadline = time.perf_counter() + DRAIN_SECONDS_MAX
    while not all(session.complete for session in by_fd.values()):
        if time.perf_counter() > deadline:
            missing = sum(session.orders_sent - session.done for session in by_fd.values())
            raise LoadError(f"{missing} orders were not answered\n{_odd(by_fd)}")
        for fd, _ in poller.poll(0.5):
            by_fd[fd].step()


def _odd(by_fd: dict[int, LoadSession]) -> str:
    """What came instead of answers; counts are of no use here, since the run did not end."""
    return _complaints(by_fd.values(), Expectation(sequence=False))


def latency(
    address: tuple[str, int],
    tape: Tape,
    seconds: float,
    *,
    expectation: Expectation = Expectation(),  # noqa: B008 - frozen
) -> Latency:
    """Measures single orders, spinning on the socket, for `seconds` or to the end of the tape."""
    clock = time.perf_counter_ns
    spans: list[int] = []
    with logged_on(address, [tape], 1, expectation) as (session,), no_garbage_collection():
        until = clock() + int(seconds * 1e9)
        for n in range(tape.orders):
            begin = clock()
            session.round_trip(n)
            now = clock()
            spans.append(now - begin)
            if now > until and n % 2:
                break
        session.finish_with_answered()
    del spans[: min(LATENCY_WARM_UP_ORDERS, len(spans) // 2)]
    return Latency(len(spans), *percentiles(spans))


def percentiles(nanos: Sequence[int]) -> tuple[float, float, float]:
    """The 50th, 99th and 99.9th percentile, in microseconds."""
    ordered = sorted(nanos)
    p50, p99, p999 = (ordered[int(len(ordered) * share)] / 1000 for share in (0.5, 0.99, 0.999))
    return p50, p99, p999


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.load", description=__doc__)
    parser.add_argument("address", metavar="HOST:PORT", help="a venue that speaks FIX.4.4")
    parser.add_argument("--workload", choices=[*WORKLOADS], default="rest")
    parser.add_argument("--sessions", type=int, default=1, metavar="N")
    parser.add_argument("--window", type=int, default=WINDOW, help="orders in flight a session")
    parser.add_argument("--seconds", type=float, default=Timing().seconds)
    parser.add_argument("--warm-up", type=float, default=Timing().warm_up)
    parser.add_argument("--latency", action="store_true", help="one order at a time instead")
    parser.add_argument("--rate-max", type=float, default=400_000, help="messages/s to encode for")
    parser.add_argument("--server-pid", type=int, help="report this process's CPU share as well")
    parser.add_argument("--core", type=int, help="run on this core")
    parser.add_argument(
        "--expect",
        choices=["venue", "acks", "count"],
        default="venue",
        help="acks: nothing trades; count: MsgSeqNum is not checked either",
    )
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one measurement against a server that is already up; 1 when a check failed."""
    options = _arguments(argv)
    host, _, port = options.address.rpartition(":")
    if options.core is not None:
        os.sched_setaffinity(0, {options.core})
    expectation = Expectation(sequence=options.expect != "count", fills=options.expect == "venue")
    timing = Timing(options.warm_up, options.seconds)
    workload = WORKLOADS[options.workload]
    tag = b"-%x" % int(time.time() * 1000)  # the server may have met L01 before
    tapes = encode_tapes(workload, options.sessions, options.rate_max * timing.span, tag)
    try:
        result = (
            latency((host, int(port)), tapes[0], timing.seconds, expectation=expectation)
            if options.latency
            else throughput(
                (host, int(port)),
                tapes,
                timing,
                window=options.window,
                server_pid=options.server_pid,
                expectation=expectation,
            )
        )
    except LoadError as error:
        print(f"FAILED {error}", file=sys.stderr)
        return 1
    print(result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
