"""Orders that only rest: as a crowd around what is measured, or to weigh them."""

from __future__ import annotations

import select
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.bench.check import Expectation
from tests.bench.load import STALL_SECONDS_MAX, WINDOW, logged_on
from tests.bench.load_session import LoadError, LoadSession
from tests.bench.messages import Tape

_KIB = 1024


@contextmanager
def crowd(
    address: tuple[str, int], tapes: Sequence[Tape], expectation: Expectation
) -> Iterator[int]:
    """All orders of these tapes rest while the block lasts; their sessions stay. How many."""
    with logged_on(address, tapes, WINDOW, expectation) as sessions:
        yield _fill(sessions)


def bytes_per_order(
    address: tuple[str, int], tapes: Sequence[Tape], pid: int, expectation: Expectation
) -> float:
    """By how much the server's resident memory grows for each order of these tapes, all in."""
    with logged_on(address, tapes, WINDOW, expectation) as sessions:
        before = resident_bytes(pid)
        orders = _fill(sessions)
        return (resident_bytes(pid) - before) / orders


def resident_bytes(pid: int) -> int:
    """Resident memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    for line in status.splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * _KIB
    raise LoadError(f"process {pid} has no resident memory")


def _fill(sessions: Sequence[LoadSession]) -> int:
    """Sends whole tapes and waits for every answer; how many orders that were."""
    by_fd = {session.fileno(): session for session in sessions}
    with select.epoll() as poller:
        for fd, session in by_fd.items():
            poller.register(fd, select.EPOLLIN)
            session.start()
        while not all(session.complete for session in sessions):
            ready = poller.poll(STALL_SECONDS_MAX)
            if not ready:
                raise LoadError(f"nothing came for {STALL_SECONDS_MAX:.0f} s")
            for fd, _ in ready:
                if by_fd[fd].step():
                    by_fd[fd].stop()  # wakes up for the last few answers too
    return sum(session.done for session in sessions)
