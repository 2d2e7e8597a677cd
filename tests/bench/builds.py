"""Which builds of the venue there are to measure: pure Python, and compiled where it was compiled.

A checkout without compiled modules has one build and nobody needs to be told its name. With them,
`fixpit serve` runs them unless FIXPIT_PURE=1 says otherwise (`fixpit.build`).
"""

from __future__ import annotations

from dataclasses import dataclass

from fixpit.build import COMPILED, PURE, RUNNING


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


BUILDS = builds_of(compiled=RUNNING.name == COMPILED)
