"""The servers under test and how a run starts, pins and stops one.

Each run gets a fresh process with an empty data directory, on a core of its own from its first
instruction. A server says where it listens with the ready line of `fixpit serve`, and must end with
exit code 0 on SIGTERM; anything else fails the run and shows the end of what it logged.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.builds import BUILDS, Build
from tests.bench.check import Expectation
from tests.bench.load_session import LoadError

START_SECONDS_MAX = 30.0
STOP_SECONDS_MAX = 15.0
_LOG_BYTES_SHOWN = 2_000
_CHECKOUT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Server:
    """A server under test: its name, what it is, its command line and what it promises."""

    name: str
    text: str
    arguments: Callable[[str], list[str]]
    """From a fresh data directory to the arguments behind the Python executable."""

    expectation: Expectation = Expectation()  # noqa: RUF009 - frozen
    environment: tuple[tuple[str, str], ...] = ()
    """What it finds there beside what the caller has."""


@dataclass(frozen=True, slots=True)
class Running:
    """A server that accepts connections."""

    address: tuple[str, int]
    pid: int
    started_after: float
    """Seconds from its exec to its ready line."""


def _fixpit(sync: str) -> Callable[[str], list[str]]:
    command = ["-m", "gateway.cli", "serve", "--fix-port", "0"]
    return lambda data_dir: [*command, "--data-dir", data_dir, "--sync", sync]


def _module(*arguments: str) -> Callable[[str], list[str]]:
    return lambda _: ["-m", *arguments]


GENERATOR_LIMIT = Server(
    "generator",
    "canned reports, one write a read: what the load generator can carry",
    _module("tests.bench.canned_server", "--one-write"),
    Expectation(sequence=False, fills=False),
)


def fixpit_servers(builds: Sequence[Build]) -> Iterator[Server]:
    """The venue without and with waiting for the disk, for each build."""
    for build in builds:
        which = f" ({build.name})" if len(builds) > 1 else ""
        for name, sync in ((build.none, "none"), (build.group, "group")):
            text = f"fixpit serve --sync {sync}{which}"
            yield Server(name, text, _fixpit(sync), environment=build.environment)


SERVERS = {
    server.name: server
    for server in (
        *fixpit_servers(BUILDS),
        Server(
            "simplefix",
            "uvloop and simplefix, New for each order, no book (baseline 1)",
            _module("tests.bench.simplefix_acceptor"),
            Expectation(fills=False),
        ),
        Server(
            "canned",
            "uvloop, one canned report and one write a message, nothing decoded (baseline 2)",
            _module("tests.bench.canned_server"),
            Expectation(sequence=False, fills=False),
        ),
    )
}


def pin(core: int | None) -> None:
    """Keeps this process, and what it starts from now on, on one core."""
    if core is not None:
        os.sched_setaffinity(0, {core})


@contextmanager
def running(
    server: Server, data_root: Path, cores: tuple[int | None, int | None]
) -> Iterator[Running]:
    """The server for as long as the block lasts; LoadError if it does not start or stop well.

    `cores` are the server's and the caller's own, None where they are not pinned.
    """
    server_core, load_core = cores
    data_dir = tempfile.mkdtemp(prefix="fixpit-bench-", dir=data_root)
    with tempfile.TemporaryFile() as log:
        pin(server_core)  # a child keeps the affinity it is born with
        begin = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *server.arguments(str(Path(data_dir, "data")))],
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=_CHECKOUT,
            env={**os.environ, **dict(server.environment)},
        )
        pin(load_core)
        try:
            address = _address(process)
            yield Running(address, process.pid, time.perf_counter() - begin)
            process.send_signal(signal.SIGTERM)
            code = process.wait(STOP_SECONDS_MAX)
            if code != 0:
                raise LoadError(f"{server.text} must exit with 0, was {code}")
        except (LoadError, OSError, subprocess.TimeoutExpired) as error:
            raise LoadError(f"{server.text}: {error}{_end_of(log.fileno())}") from error
        finally:
            process.kill()
            process.communicate()
            shutil.rmtree(data_dir)


def _address(process: subprocess.Popen[bytes]) -> tuple[str, int]:
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], START_SECONDS_MAX)
    line = process.stdout.readline() if ready else b""
    try:
        fix = json.loads(line)["fix"]
        return fix["host"], fix["port"]
    except (ValueError, KeyError, TypeError):
        raise LoadError(f"no ready line, stdout was {line.decode()!r}") from None


def _end_of(log: int) -> str:
    size = os.fstat(log).st_size
    end = os.pread(log, _LOG_BYTES_SHOWN, max(0, size - _LOG_BYTES_SHOWN))
    return f"\n--- the end of its log\n{end.decode(errors='replace')}" if end else ""
