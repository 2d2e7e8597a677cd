"""Brings each client library onto the machine and says how its client program is started.

Everything that is built or downloaded lies in `.venv/interop`, outside git; the one exception is
Debian's packages, which apt installs. What is there already is used as it is, so a second run
touches no network. A machine that cannot have a library is told so: no client is ever left out.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import fixcore

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parents[1]
CACHE: Final = ROOT / ".venv" / "interop"
DEBIAN_PACKAGES: Final = ("g++", "libquickfix-dev")

# The dictionary as QuickFIX publishes it; Debian's packages leave the file out.
STOCK_DICTIONARY: Final = Path(fixcore.__file__).parent / "specs" / "FIX44.xml"

# [host, port, sender, target, store folder, reset] -> the whole command
StartCommand = Callable[[Sequence[str]], list[str]]


class CannotInstall(Exception):
    """What is missing on this machine and could not be put there."""


@dataclass(frozen=True)
class Client:
    """A client library that is ready to run."""

    name: str
    run: str  # prefix of its ClOrdIDs: all three trade in one venue, on one day
    version: str
    command: StartCommand


def quickfix_cpp() -> Client:
    """Debian's QuickFIX with our client.cpp compiled against it."""
    _install_debian()
    source = HERE / "quickfix_cpp" / "client.cpp"
    program = CACHE / "quickfix_cpp" / "client"
    version = _run(["dpkg-query", "-W", "-f", "${Version}", "libquickfix-dev"])
    stamp = _digest(version.encode(), source.read_bytes())
    if not _is_made(program.parent, stamp):
        _say(f"compiling {source.relative_to(ROOT)}")
        # c++14: the library's headers still use exception specifications
        compiler = ["g++", "-std=c++14", "-O1", "-Wno-deprecated", "-pthread"]
        _run([*compiler, "-o", str(program), str(source), "-lquickfix"])
        _mark_made(program.parent, stamp)
    return Client(
        "QuickFIX C++",
        "qf",
        version,
        lambda session: [str(program), *session, str(STOCK_DICTIONARY)],
    )


def fixcore_engine() -> Client:
    """fixcore-engine, which the development environment has from PyPI."""
    program = HERE / "fixcore_client.py"
    return Client(
        "fixcore-engine",
        "fc",
        importlib.metadata.version("fixcore-engine"),
        lambda session: [sys.executable, str(program), *session],
    )


def jspurefix() -> Client:
    """jspurefix from npm, at the versions its lock file names."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise CannotInstall("node and npm must be on this machine, were not: install Node.js 20+")
    folder = CACHE / "jspurefix"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", "client.js"):
        shutil.copyfile(HERE / "jspurefix" / name, folder / name)
    stamp = _digest((folder / "package-lock.json").read_bytes())
    if not _is_made(folder, stamp):
        _say("npm ci: jspurefix")
        # its install script only unpacks dictionaries this run does not use
        _run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder)
        _mark_made(folder, stamp)
    package = json.loads((folder / "node_modules" / "jspurefix" / "package.json").read_text())
    return Client(
        "jspurefix",
        "js",
        package["version"],
        lambda session: [node, str(folder / "client.js"), *session],
    )


def _install_debian() -> None:
    missing = [name for name in DEBIAN_PACKAGES if not _is_installed(name)]
    if not missing:
        return
    if shutil.which("apt-get") is None:
        raise CannotInstall(f"{' '.join(missing)} must be on this machine, and there is no apt-get")
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    environment = ["env", "DEBIAN_FRONTEND=noninteractive"]
    _say(f"apt-get install {' '.join(missing)}")
    _run([*sudo, "apt-get", "-q", "update"])
    install = ["apt-get", "-q", "install", "-y", "--no-install-recommends"]
    _run([*sudo, *environment, *install, *missing])


def _is_installed(package: str) -> bool:
    if shutil.which("dpkg-query") is None:
        return False
    query = ["dpkg-query", "-W", "-f", "${db:Status-Status}", package]
    found = subprocess.run(query, capture_output=True, text=True, check=False)
    return found.stdout == "installed"


def _run(command: Sequence[str], cwd: Path = ROOT) -> str:
    """The command's output; all it said goes into the error when it fails."""
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise CannotInstall(f"{command[0]} must be on this machine, was not") from None
    if done.returncode != 0:
        raise CannotInstall(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _is_made(folder: Path, stamp: str) -> bool:
    folder.mkdir(parents=True, exist_ok=True)
    mark = folder / ".made"
    return mark.exists() and mark.read_text() == stamp


def _mark_made(folder: Path, stamp: str) -> None:
    (folder / ".made").write_text(stamp)


def _say(text: str) -> None:
    print(f"interop: {text}", flush=True)
