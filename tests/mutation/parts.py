"""The parts of the venue whose tests are put to the test, and where those tests are.

Tests that take long to say little of a part (real processes, floods, whole simulated lives) are not
among them.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]


class Part(NamedTuple):
    """Modules that are changed, and the tests that ought to notice; both relative to the root."""

    sources: tuple[str, ...]
    tests: tuple[str, ...]


def _modules(folder: str, names: str, prefix: str = "") -> tuple[str, ...]:
    return tuple(f"{folder}/{prefix}{name}.py" for name in names.split())


PARTS = {
    "matching": Part(
        sources=("engine/book/*.py", "engine/uncrossing.py"),
        tests=(
            "tests/engine",
            *_modules("tests/scenarios", "order_state stories day_stories", "test_"),
        ),
    ),
    "session": Part(
        sources=_modules(
            "gateway/fix",
            "session session_life gap resend outgoing heartbeats header_checks logon report_batch",
        ),
        tests=(
            "tests/gateway/fix",
            "tests/session_cases",
            "tests/fuzz/test_fix_border.py",
            *_modules("tests/gateway", "sessions session_times sequencer", "test_"),
            *_modules("tests/scenarios", "session_cases resend stories message_types", "test_"),
        ),
    ),
    "log": Part(
        sources=("gateway/log/*.py",),
        tests=(
            "tests/gateway/log",
            *_modules(
                "tests/gateway",
                "sequencer snapshots log_commands app sessions publisher determinism",
                "test_",
            ),
            "tests/scenarios/test_resend.py",
        ),
    ),
}


def files(part: Part) -> list[str]:
    """The modules of a part."""
    return sorted(
        str(path.relative_to(ROOT)) for source in part.sources for path in ROOT.glob(source)
    )


def module_of(file: str) -> str:
    """The name a module is imported by."""
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
