"""The venue as a process of its own, the way a user starts it: `fixpit serve` on free ports.

Reads the ready line and nothing else; what the venue logs goes to a file beside its data.
"""

from __future__ import annotations

import json
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

from tests.interop.config import CONFIGS

READY_SECONDS_MAX = 20.0
STOP_SECONDS_MAX = 10.0  # what the venue promises after SIGTERM


class VenueFailed(Exception):
    """The venue did not start, or did not stop as it should."""


class Venue:
    """A running `fixpit serve` with configs/venue.toml and an empty data directory."""

    def __init__(self, folder: Path, certificates: Path, cwd: Path) -> None:
        self.log = folder / "venue.log"
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "venue.toml"
        config.write_text(
            (CONFIGS / "venue.toml").read_text().replace('"certs/', f'"{certificates}/')
        )
        command = [sys.executable, "-m", "gateway.cli", "serve", "--config", str(config)]
        command += ["--data-dir", str(folder / "data")]
        with self.log.open("w") as stderr:
            self._process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=stderr, text=True, cwd=cwd
            )
        try:
            ready = json.loads(self._ready_line())
            self.host: str = ready["fix"]["host"]
            self.port: int = ready["fix"]["port"]
            self.tls_port: int = ready["fix_tls"]["port"]
        except Exception:
            self._process.kill()
            raise

    def _ready_line(self) -> str:
        stdout = self._process.stdout
        assert stdout is not None
        until = time.monotonic() + READY_SECONDS_MAX
        if select.select([stdout], [], [], until - time.monotonic())[0]:
            line = stdout.readline()
            if line:
                return line
        raise VenueFailed(f"no ready line; the last of {self.log}:\n{self.last_words()}")

    def last_words(self) -> str:
        """The end of the venue's log."""
        return "\n".join(self.log.read_text().splitlines()[-20:])

    def stop(self) -> None:
        """Ask it to stop. Raises VenueFailed unless it ends in time with exit code 0."""
        self._process.send_signal(signal.SIGTERM)
        try:
            code = self._process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise VenueFailed("the venue must stop within 10 s of SIGTERM, did not") from None
        if code != 0:
            raise VenueFailed(f"exit code of the venue must be 0, was {code}\n{self.last_words()}")

    def __enter__(self) -> Venue:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            self.stop()
        else:
            self._process.kill()
            self._process.wait()
