"""`python -m tests.wheels.run`: builds both wheels, installs each elsewhere, and lets it run.

With a compiler the wheel has the compiled modules, without one it has none; either serves a client,
and says at /api/v1/status which it is. The wheels stay in var/wheels. Exit code 1: one does not.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

from fixpit.build import COMPILED, PURE

ROOT = Path(__file__).parents[2]
WHEELS = ROOT / "var" / "wheels"
SCRIPT = """\
sell 100 ERIC-B @ 87.30 as S
expect new
buy 100 ERIC-B @ 87.30 as B
expect filled id=B last=87.30 qty=100 contra=AVA
"""
NO_COMPILER = {"CC": "/nowhere/cc"}


def build(folder: Path, environment: dict[str, str]) -> Path:
    """The wheel of this checkout, built in this environment."""
    shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory() as copy:
        # A copy of what git knows: no compiled module of this checkout can get into the wheel.
        names = _said("git", "ls-files", "--cached", "--others", "--exclude-standard").splitlines()
        for name in names:
            if (ROOT / name).is_file():
                (Path(copy) / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, Path(copy) / name)
        pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check"]
        subprocess.run(
            [*pip, "--no-deps", "--wheel-dir", str(folder), copy],
            env=os.environ | environment,
            check=True,
        )
    (wheel,) = folder.glob("fixpit-*.whl")
    return wheel


def _said(*command: str) -> str:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def status_of(wheel: Path, folder: Path) -> dict[str, object]:
    """What the venue of this wheel says of itself; its dependencies are those of this Python."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    site = folder / "site"
    subprocess.run([*pip, "--no-deps", "--target", str(site), str(wheel)], check=True)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("FIXPIT_")}
    arguments = ["serve", "--fix-port", "0", "--http-port", "0", "--data-dir", str(folder / "data")]
    venue = subprocess.Popen(
        [sys.executable, "-m", "gateway.cli", *arguments],
        cwd=folder,
        env=environment | {"PYTHONPATH": str(site)},
        stdout=subprocess.PIPE,
        stderr=(folder / "venue.log").open("w"),
        text=True,
    )
    try:
        assert venue.stdout is not None
        ready = json.loads(venue.stdout.readline())
        url = f"http://127.0.0.1:{ready['http']['port']}/api/v1/status"
        with urllib.request.urlopen(url, timeout=10) as response:
            status: dict[str, object] = json.load(response)
        port = str(ready["fix"]["port"])
        client = [sys.executable, "-m", "gateway.cli", "client", "--port", port, "-"]
        said = subprocess.run(
            [*client, "--sender", "AVA"],
            cwd=folder,
            env=environment | {"PYTHONPATH": str(site)},
            input=SCRIPT,
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
        status["client"] = said.returncode
        status["said"] = said.stdout + said.stderr
    finally:
        venue.terminate()
        venue.wait()
    return status


def main(arguments: list[str] | None = None) -> int:
    """Build, install, ask; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, default=WHEELS, help="where the wheels stay")
    keep = parser.parse_args(arguments).keep
    failed = 0
    for name, environment in ((COMPILED, {"FIXPIT_BUILD": COMPILED}), (PURE, NO_COMPILER)):
        wheel = build(keep / name, environment)
        with tempfile.TemporaryDirectory() as folder:
            status = status_of(wheel, Path(folder))
            log = (Path(folder) / "venue.log").read_text(encoding="utf-8")
        ok = status["build"] == name and status["client"] == 0 and f'"build": "{name}"' in log
        size = wheel.stat().st_size / 1024
        print(
            f"{'ok  ' if ok else 'FAIL'}  {name:9} {wheel.name}, {size:,.0f} KiB: {_told(status)}"
        )
        failed += not ok
    return min(failed, 1)


def _told(status: dict[str, object]) -> str:
    reason = f" ({status['build_reason']})" if status["build_reason"] else ""
    said = re.sub(r"\s+", " ", str(status["said"]))
    return f"build {status['build']}{reason}; client: {said[-160:]}"


if __name__ == "__main__":
    sys.exit(main())
