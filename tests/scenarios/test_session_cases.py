"""The FIX 4.4 session cases: each script of `session/` against acceptor, connection and session.

They bear the numbers and names of the FIX session test cases as the QuickFIX family knows them; an
echo stands where the market is. What the venue says is compared byte for byte, and what a script
does not say must not come.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.echo_venue import EchoVenue
from tests.support.reports import complaints
from tests.support.script import play

CASES = sorted((Path(__file__).parent / "session").glob("*.fix"))


def test_the_set_is_complete() -> None:
    """The set for FIX.4.4 has 59 cases."""
    assert len(CASES) == 59


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_case(case: Path, tmp_path: Path) -> None:
    """The venue says what the script says, no more, and a stock dictionary accepts all of it."""
    with EchoVenue(tmp_path) as venue:
        actual, expected = play(case.read_text(encoding="utf-8"), venue)
    assert actual == expected
    assert [text for data in venue.said for text in complaints(data)] == []
