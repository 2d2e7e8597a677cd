"""The same log is the same market to the byte, whatever PYTHONHASHSEED, event loop and build.

A quick version of `python -m tests.hardship.determinism`, with its parts.
"""

from __future__ import annotations

from pathlib import Path

from tests.hardship import determinism
from tests.hardship.determinism import HASH_SEEDS

SEED = 11


def test_replays_under_other_hash_seeds(tmp_path: Path) -> None:
    """State, output and each session's messages are those of the venue that wrote the log."""
    recorded = determinism.record(tmp_path, 600, SEED)
    replays = determinism.replays(tmp_path)
    assert dict(replays) == dict.fromkeys(HASH_SEEDS, recorded), f"seed {SEED}"
    assert set(recorded.sessions) == {entry.comp_id for entry in determinism.SESSIONS}


def test_a_day_under_both_loops(tmp_path: Path) -> None:
    """Over TCP each client gets the same bytes, and what is resent by a restart under the other
    loop is the same too; so are the log and the state.
    """
    runs = (("asyncio", "0"), ("uvloop", "1 source"))
    one, other = determinism.days(tmp_path, 20, SEED, runs).values()
    assert one == other, f"seed {SEED}"
    assert all(count > 20 for count, _ in one.heard.values())
