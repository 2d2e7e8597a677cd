"""Kill the venue again and again; the ledger must hold.

FIXPIT_KILLS and FIXPIT_SEED in the environment change how often and in which order of events.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from random import SystemRandom

from tests.crash.kills import Kills

KILLS = int(os.environ.get("FIXPIT_KILLS", "8"))
SEED = int(os.environ.get("FIXPIT_SEED", SystemRandom().randrange(1_000_000)))


def test_nothing_that_was_acknowledged_is_lost(tmp_path: Path) -> None:
    """After each kill -9: orders, priority, numbers, resent messages, no execution twice."""
    sys.stdout.write(f"seed {SEED}\n")
    result = Kills(tmp_path, SEED).run(KILLS)
    sys.stdout.write(f"{result.text()}\n")
    assert (result.kills, result.lost, result.repeated) == (KILLS, 0, 0)
    assert result.resent_compared > 0
