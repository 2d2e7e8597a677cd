"""The venue as a process, and a small FIX client to talk to it over a real socket.

`VenueProcess` starts `fixpit serve` on a free port, reads its ready line, and ends it kindly or
not. `Client` blocks with deadlines: what does not come in time fails the test. It keeps its
numbers, what it sent and what it got, and can come back after a break. A message that comes again
must be what it was the first time, or taking it fails.
"""

from __future__ import annotations

import contextlib
import json
import resource
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.support import wire
from tests.support.wire import Fields, Reader, Received

WAIT_SECONDS_MAX = 20.0
"""For anything that must come; the machine may be busy."""

STOP_SECONDS_MAX = 10.0
"""What the venue promises after SIGTERM."""

CHECKOUT = Path(__file__).parents[2]


def serve_command(data_dir: Path | None, *options: str) -> list[str]:
    """The command line of a venue on a free port."""
    command = [sys.executable, "-m", "gateway.cli", "serve", "--fix-port", "0", *options]
    return command if data_dir is None else [*command, "--data-dir", str(data_dir)]


class VenueProcess:
    """A running `fixpit serve`; `ready` is its ready line."""

    def __init__(self, data_dir: Path, *options: str) -> None:
        data_dir.mkdir(parents=True, exist_ok=True)
        self.data_dir = data_dir
        self.stderr_path = data_dir / "stderr"
        with self.stderr_path.open("ab") as stderr:
            self._process = subprocess.Popen(
                serve_command(data_dir, *options),
                stdout=subprocess.PIPE,
                stderr=stderr,
                cwd=CHECKOUT,
            )
        self.first_line = self._line()
        self.ready: dict[str, Any] = json.loads(self.first_line or "null")
        if not self.ready:
            self.wait()
        assert self.ready, self.stderr()
        self.port: int = self.ready["fix"]["port"]

    def _line(self) -> str:
        stdout = self._process.stdout
        assert stdout is not None
        ready, _, _ = select.select([stdout], [], [], WAIT_SECONDS_MAX)
        return stdout.readline().decode() if ready else ""

    def wait(self, seconds: float = WAIT_SECONDS_MAX) -> int:
        """The exit code, once it has ended; the rest of its stdout is in `rest`."""
        try:
            code = self._process.wait(seconds)
        finally:
            if self._process.poll() is None:
                self._process.kill()
                self._process.wait()
            assert self._process.stdout is not None
            self.rest = self._process.stdout.read().decode()
            self._process.stdout.close()
        return code

    def ask_to_stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Ask for a clean stop."""
        self._process.send_signal(number)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask for a clean stop; returns the exit code, fails if it takes longer than promised."""
        self.ask_to_stop(number)
        return self.wait(STOP_SECONDS_MAX)

    def kill(self) -> None:
        """End it with kill -9, as a crash would."""
        self._process.kill()
        self.wait()

    def fill_disk(self, size: int) -> None:
        """From now on no file of the venue grows beyond `size` bytes."""
        resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (size, size))

    def stderr(self) -> str:
        """What it has logged."""
        return self.stderr_path.read_text()

    def __enter__(self) -> VenueProcess:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            self.kill()


def start_and_kill(data_dir: Path, seconds: float) -> None:
    """Start a venue and kill it so long after, whether or not it is ready by then."""
    process = subprocess.Popen(
        serve_command(data_dir), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=CHECKOUT
    )
    with process:
        assert process.stdout is not None
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and process.poll() is None:
            watched = [] if select.select([process.stdout], [], [], 0)[0] else [process.stdout]
            select.select(watched, [], [], left)
        process.kill()


def run_serve(*options: str, data_dir: Path | None = None) -> subprocess.CompletedProcess[str]:
    """A `fixpit serve` that must end by itself: its exit code, stdout and stderr."""
    command = serve_command(data_dir, *options)
    return subprocess.run(
        command, capture_output=True, text=True, cwd=CHECKOUT, timeout=WAIT_SECONDS_MAX, check=False
    )


class Client:
    """A member's FIX engine, blocking; `next_out` and `next_in` outlive its connections."""

    def __init__(self, comp_id: str) -> None:
        self.comp_id = comp_id
        self.next_out = 1
        self.next_in = 1
        self.sent: dict[int, tuple[str, Fields, int]] = {}
        self.got: dict[int, Received] = {}
        """Messages by MsgSeqNum, as first received."""

        self.asked_again: list[int] = []
        """BeginSeqNo(7) of each ResendRequest of the venue."""

        self.fills_gaps = False
        """Whether it gives up orders of earlier connections: they become gap fills."""

        self.heart_bt_int = 30
        self._socket: socket.socket | None = None
        self._connected_at = 1
        self._reader = Reader()
        self._waiting: list[Received] = []

    # Connection

    def connect(self, port: int) -> None:
        """Open the socket only; a connection there was is broken."""
        self.close()
        self._socket = socket.create_connection(("127.0.0.1", port), WAIT_SECONDS_MAX)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._reader, self._waiting = Reader(), []
        self._connected_at = self.next_out

    def logon(self, port: int, *fields: tuple[int, object], reset: bool = False) -> Received:
        """Connect and log on; returns the answer, whatever its number."""
        if reset:
            self.begin_again()
        self.connect(port)
        flag: list[tuple[int, object]] = [(141, "Y")] if reset else []
        self.send("A", [(98, "0"), (108, self.heart_bt_int), *flag, *fields])
        answer = self.take()
        assert answer.type == "A", answer
        return answer

    def begin_again(self) -> None:
        """Numbers start at 1 with the next message, in both directions."""
        self.next_out = self.next_in = 1
        self.sent.clear()
        self.got.clear()

    def logout(self) -> None:
        """Say Logout, take the answer, see the venue close."""
        self.send("5")
        self.until(lambda message: message.type == "5")
        self.until_closed()

    @property
    def connected(self) -> bool:
        """Whether it has a connection, as far as it knows."""
        return self._socket is not None

    def fileno(self) -> int:
        """For `select`."""
        assert self._socket is not None
        return self._socket.fileno()

    def close(self) -> None:
        """Break the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    # Sending

    def send(self, msg_type: str, fields: Fields = ()) -> int:
        """Send with the next number; returns it."""
        seq = self.next_out
        self.next_out += 1
        now = time.time_ns()
        fields = list(fields)
        self.sent[seq] = msg_type, fields, now
        self.send_raw(wire.message(msg_type, self.comp_id, seq, fields, now=now))
        return seq

    def send_raw(self, data: bytes) -> None:
        """Bytes as they are; a venue that is gone is for the reader to notice."""
        assert self._socket is not None
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._socket.sendall(data)

    def _resend(self, begin: int) -> None:
        """Everything from `begin` on again: orders as possible duplicates, the rest as gaps."""
        now, seq = time.time_ns(), begin
        while seq < self.next_out:
            msg_type, fields, first = self.sent[seq]
            if not self._is_gap(seq):
                data = wire.message(msg_type, self.comp_id, seq, fields, now=now, again=first)
                self.send_raw(data)
                seq += 1
                continue
            new = seq + 1
            while new < self.next_out and self._is_gap(new):
                new += 1
            gap = [(36, new), (123, "Y")]
            self.send_raw(wire.message("4", self.comp_id, seq, gap, now=now, again=first))
            seq = new

    def _is_gap(self, seq: int) -> bool:
        given_up = self.fills_gaps and seq < self._connected_at
        return given_up or self.sent[seq][0] in wire.ADMIN_TYPES

    # Receiving

    def take(self, seconds: float = WAIT_SECONDS_MAX) -> Received:
        """The next message; raises TimeoutError, or EOFError when the venue has closed."""
        deadline = time.monotonic() + seconds
        while not self._waiting:
            self._fill(deadline)
        message = self._waiting.pop(0)
        self._count(message)
        if message.type == "2":
            self.asked_again.append(int(message[7]))
            self._resend(int(message[7]))
        return message

    def _fill(self, deadline: float) -> None:
        assert self._socket is not None
        self._socket.settimeout(max(0.0005, deadline - time.monotonic()))
        try:
            data = self._socket.recv(65536)
        except ConnectionResetError:
            data = b""
        if not data:
            raise EOFError
        self._waiting += self._reader.feed(data)

    def _count(self, message: Received) -> None:
        """Keep it; one that is due moves the number, one that is known must say the same again."""
        known = self.got.setdefault(message.seq, message)
        if message.type == "4":
            passed = [
                self.got[seq] for seq in range(message.seq, int(message[36])) if seq in self.got
            ]
            assert all(other.type in wire.ADMIN_TYPES for other in passed), (message, passed)
        else:
            assert known.content() == message.content(), (known, message)
            assert known.first_sent == message.first_sent, (known, message)
        if message.seq == self.next_in:
            self.next_in += 1
            if message.type == "4":
                self.next_in = int(message[36])
            while self.next_in in self.got and self.got[self.next_in].type != "4":
                self.next_in += 1

    def take_ready(self) -> None:
        """Take what has arrived already; a connection that is gone is closed."""
        with contextlib.suppress(TimeoutError):
            try:
                while True:
                    self.take(0)
            except EOFError:
                self.close()

    def until(self, wanted: Callable[[Received], bool]) -> list[Received]:
        """All messages up to the first that is wanted."""
        found: list[Received] = []
        while not found or not wanted(found[-1]):
            found.append(self.take())
        return found

    def reports(self, count: int) -> list[Received]:
        """The next `count` messages, without heartbeats, resend requests and gap fills."""
        found: list[Received] = []
        while len(found) < count:
            message = self.take()
            if message.type not in "0124":
                found.append(message)
        return found

    def sync(self) -> list[Received]:
        """All that the venue said before it answered a TestRequest sent now."""
        text = f"SYNC{self.next_out}"
        self.send("1", [(112, text)])
        return self.until(lambda message: message.type == "0" and message.get(112) == text)[:-1]

    def until_closed(self) -> list[Received]:
        """All that still comes until the venue closes the connection."""
        found: list[Received] = []
        with contextlib.suppress(EOFError):
            while True:
                found.append(self.take())
        self.close()
        return found

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
