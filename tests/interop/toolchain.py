"""Runs what brings a client library onto the machine, and remembers what has been made.

Everything that is built or downloaded lies in `.venv/interop`, outside git; the exceptions are
Debian's packages, which apt installs, and the download caches of Maven, Go and npm. What is there
already is used as it is, so a second run touches no network.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parents[1]
CACHE: Final = ROOT / ".venv" / "interop"


class CannotInstall(Exception):
    """What is missing on this machine and could not be put there."""


class NotHere(Exception):
    """A language this machine need not have: its client is left out, in so many words."""


def run_command(command: Sequence[str], cwd: Path = ROOT) -> str:
    """The command's output; all it said goes into the error when it fails."""
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise CannotInstall(f"{command[0]} must be on this machine, was not") from None
    if done.returncode != 0:
        raise CannotInstall(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def require(language: str, *programs: str) -> list[str]:
    """Paths of the programs. Raises NotHere with the names of those that are missing."""
    paths = {name: shutil.which(name) for name in programs}
    missing = [name for name, path in paths.items() if path is None]
    if missing:
        raise NotHere(f"no {' and no '.join(missing)} on this machine: install {language}")
    return [path for path in paths.values() if path is not None]


def install_debian(*packages: str) -> None:
    """Install what is missing of these packages, through apt."""
    missing = [name for name in packages if not _is_installed(name)]
    if not missing:
        return
    if shutil.which("apt-get") is None:
        raise CannotInstall(f"{' '.join(missing)} must be on this machine, and there is no apt-get")
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    environment = ["env", "DEBIAN_FRONTEND=noninteractive"]
    say(f"apt-get install {' '.join(missing)}")
    run_command([*sudo, "apt-get", "-q", "update"])
    install = ["apt-get", "-q", "install", "-y", "--no-install-recommends"]
    run_command([*sudo, *environment, *install, *missing])


def copy_project(source: Path, name: str) -> tuple[Path, str]:
    """A copy of a client's sources in the cache, and a stamp that changes when they do."""
    folder = CACHE / name
    shutil.copytree(source, folder, dirs_exist_ok=True)
    files = sorted(path for path in source.rglob("*") if path.is_file())
    return folder, stamp_of(*(path.read_bytes() for path in files))


def stamp_of(*parts: bytes) -> str:
    """A text that is the same exactly when all the parts are."""
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def is_made(folder: Path, stamp: str) -> bool:
    """Whether what is in the folder was made from what the stamp stands for."""
    folder.mkdir(parents=True, exist_ok=True)
    mark = folder / ".made"
    return mark.exists() and mark.read_text() == stamp


def mark_made(folder: Path, stamp: str) -> None:
    """Remember it; call it only when everything is in place."""
    (folder / ".made").write_text(stamp)


def say(text: str) -> None:
    """Tell whoever waits what is taking the time."""
    print(f"interop: {text}", flush=True)


def _is_installed(package: str) -> bool:
    if shutil.which("dpkg-query") is None:
        return False
    query = ["dpkg-query", "-W", "-f", "${db:Status-Status}", package]
    found = subprocess.run(query, capture_output=True, text=True, check=False)
    return found.stdout == "installed"
