"""The lives of orders: each script of `order_state/` against the whole venue but loop and disk.

Named after the order state scenarios of FIX 4.4 volume 4, appendix D, where one is meant; Z are the
venue's own. Scripts name the fields they are about. What else a report must have is asked of every
message of every script: a member with the dictionary of a QuickFIX release takes it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import invariants
from tests.support.fix import pairs_of
from tests.support.reports import complaints
from tests.support.script import play
from tests.support.venue_in_memory import OrderVenue

SCRIPTS = sorted((Path(__file__).parent / "order_state").glob("*.fix"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_script(script: Path, tmp_path: Path) -> None:
    """The venue says what the script says, no more, and a stock dictionary accepts all of it."""
    with OrderVenue(tmp_path) as venue:
        actual, expected = play(script.read_text(encoding="utf-8"), venue, exact=False)
        invariants.check(venue.exchange)
    assert actual == expected
    assert [text for data in venue.said for text in complaints(data)] == []
    exec_ids = [fields["17"] for data in venue.said if "17" in (fields := dict(pairs_of(data)))]
    resent = [data for data in venue.said if ("43", "Y") in pairs_of(data)]
    assert resent or len(exec_ids) == len(set(exec_ids))
