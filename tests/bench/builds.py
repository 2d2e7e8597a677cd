"""Which builds of the venue there are to measure: pure Python, and compiled where it was compiled.

A checkout without a compiled module has one build and nobody needs to be told its name. With one,
`fixpit serve` runs it unless FIXPIT_PURE=1 says otherwise.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

PURE, COMPILED = "pure", "compiled"
_SOURCES = tuple(Path(__file__).parents[2] / name for name in ("engine", "gateway"))


@dataclass(frozen=True, slots=True)
class Build:
    """A build of the venue and how its servers are called; `environment` is what selects it."""

    name: str
    prefix: str = ""
    environment: tuple[tuple[str, str], ...] = ()

    @property
    def none(self) -> str:
        """The server whose log does not wait for the disk."""
        return f"{self.prefix}none"

    @property
    def group(self) -> str:
        """The server whose reports wait for the disk."""
        return f"{self.prefix}group"


def builds_of(*, compiled: bool) -> tuple[Build, ...]:
    """The builds of a checkout, the one that runs by itself first."""
    if not compiled:
        return (Build(PURE),)
    return (Build(COMPILED), Build(PURE, f"{PURE}-", (("FIXPIT_PURE", "1"),)))


def has_compiled(folders: tuple[Path, ...] = _SOURCES) -> bool:
    """Whether an extension module lies among the sources."""
    return any(
        file.name.endswith(suffix)
        for folder in folders
        for suffix in EXTENSION_SUFFIXES
        for file in folder.rglob(f"*{suffix}")
    )


def running_build() -> str:
    """The build that this process imports."""
    pure = os.environ.get("FIXPIT_PURE") == "1" or not has_compiled()
    return PURE if pure else COMPILED


BUILDS = builds_of(compiled=running_build() == COMPILED)
