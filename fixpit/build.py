"""Which build of the venue runs: its modules as source, or those of them that are compiled.

Where a C compiler was at hand, the modules that `setup.py` lists lie compiled beside their sources,
and Python takes them by itself. They are taken all or not at all: `choose`, which `engine` and
`gateway` call before any module of theirs is loaded, passes them over if they are not what the
sources say now (somebody has changed one), or FIXPIT_PURE=1 asks for the sources.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    FileFinder,
    ModuleSpec,
    SourceFileLoader,
)
from pathlib import Path
from types import ModuleType
from typing import NamedTuple
from zlib import crc32

COMPILED, PURE = "compiled", "pure"
PACKAGES = frozenset({"engine", "gateway"})

LISTED = Path(__file__).with_name("compiled.txt")
"""Written when the modules were compiled: a line with the check sum and the path of each source."""


class Build(NamedTuple):
    """`name` is COMPILED or PURE, `reason` why it is pure."""

    name: str
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.reason})" if self.reason else self.name


def check_sum(source: bytes) -> str:
    """What tells one text of a source from another; line ends apart, which packers change."""
    same = source.replace(b"\r\n", b"\n")
    return f"{crc32(same):08x}"


def found(listed: Path = LISTED, root: Path = LISTED.parents[1]) -> Build:
    """The build that can run, whatever was asked for."""
    try:
        lines = listed.read_text(encoding="ascii").splitlines()
    except FileNotFoundError:
        return Build(PURE, "not compiled")
    for line in lines:
        was, name = line.split()
        source = root / name
        module = source.with_name(source.stem.partition(".")[0] + EXTENSION_SUFFIXES[0])
        if not module.exists():
            return Build(PURE, f"{name} is not compiled for this Python")
        if check_sum(source.read_bytes()) != was:
            return Build(PURE, f"{name} has changed since it was compiled")
    return Build(COMPILED)


class Sources:
    """Finds the modules of `PACKAGES` as sources, whatever else lies beside them."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """As importlib.abc.MetaPathFinder; None: let others look. Raises ModuleNotFoundError."""
        if path is None or name.partition(".")[0] not in PACKAGES:
            return None
        for folder in path:
            spec = FileFinder(folder, (SourceFileLoader, SOURCE_SUFFIXES)).find_spec(name)
            if spec is not None:
                return spec
        raise ModuleNotFoundError(f"No module named {name!r} as a source", name=name)


def choose() -> Build:
    """Make imports find the modules of one build."""
    build = found()
    if os.environ.get("FIXPIT_PURE") == "1":
        build = Build(PURE, "FIXPIT_PURE=1")
    if build.name == PURE:
        sys.meta_path.insert(0, Sources)
    return build


RUNNING = choose()
"""The build of this process."""

if __name__ == "__main__":  # --is-compiled: nothing is said, but whether there is something to run
    sys.exit(found().name != COMPILED)
