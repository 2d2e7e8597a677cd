"""One client program as a child process, and the events its library's callbacks print.

A thread reads the child's stdout into a queue, so that every wait has a limit. What the program
does with a line, and which lines it prints, is described at its head (quickfix_cpp/client.cpp).
Says nothing about what an event should be: that is the story's business.
"""

from __future__ import annotations

import json
import queue
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.interop.tape import Fields, split_message

EXIT_SECONDS_MAX = 10.0


class ClientFailed(Exception):
    """The client ended, fell silent or said something it should not have."""


@dataclass(frozen=True)
class Event:
    """A callback of the library: logon, logout, or a message on its way in or out."""

    kind: str  # logon | logout | app_in | app_out | admin_in | admin_out
    fields: Fields


class ClientProcess:
    """A running client program; its stderr, the library's log, goes to a file."""

    def __init__(self, command: Sequence[str], log: Path, cwd: Path) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a") as stderr:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                encoding="latin-1",
                cwd=cwd,
            )
        self._events: queue.Queue[Event | str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._events.put(_event_of(line))
        self._events.put(None)

    def tell(self, line: str) -> None:
        """Write one command line. Raises ClientFailed when the program has ended."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise ClientFailed("the client program has ended") from None

    def next_event(self, until: float) -> Event | None:
        """The next event, None at the end of the output. Raises ClientFailed at `until`."""
        try:
            event = self._events.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            raise ClientFailed("nothing came in time") from None
        if isinstance(event, str):
            raise ClientFailed(f"the client program must print events only, was {event!r}")
        return event

    def wait(self) -> int:
        """The exit code; a program that does not end by itself is killed."""
        try:
            return self._process.wait(EXIT_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.kill()
            raise ClientFailed("the client program did not end after its logout") from None

    def kill(self) -> None:
        """End the program, whatever it is doing."""
        self._process.kill()
        self._process.wait()


def _event_of(line: str) -> Event | str:
    """The event, or the line itself if it is none."""
    try:
        data = json.loads(line)
        return Event(data["event"], split_message(data.get("fix", "")))
    except (ValueError, LookupError, TypeError):
        return line
