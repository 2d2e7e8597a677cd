"""The session cases in FIX 4.2, 4.4 and 5.0SP2: each script of `session/` against acceptor,
connection and session, in memory and over a socket.

They bear the numbers and names of the FIX session test cases as the QuickFIX family knows them; an
echo stands where the market is. What the venue says is compared byte for byte, and what a script
does not say must not come.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.fix.versions import FIX42, FIX44, FIX50SP2
from tests.session_cases.sockets import EchoOverSockets
from tests.support.echo_venue import EchoVenue
from tests.support.reports import complaints
from tests.support.script import play, steps

SCRIPTS = sorted((Path(__file__).parent / "session").glob("*.fix"))
CASES = [
    pytest.param(path, version, id=f"{version}-{path.stem}")
    for version in (FIX42, FIX44, FIX50SP2)
    for path in SCRIPTS
    if steps(path.read_text(encoding="utf-8"), version)
]


@pytest.mark.parametrize(("version", "count"), [(FIX42, 58), (FIX44, 59), (FIX50SP2, 60)])
def test_the_set_is_complete(version: str, count: int) -> None:
    """FIX has so many session test cases for each version."""
    assert len([case for case in CASES if case.values[1] == version]) == count


@pytest.mark.parametrize(("script", "version"), CASES)
def test_case(script: Path, version: str, tmp_path: Path) -> None:
    """The venue says what the script says, no more, and a stock dictionary accepts all of it."""
    with EchoVenue(tmp_path, version) as venue:
        actual, expected = play(script.read_text(encoding="utf-8"), venue, version=version)
    assert actual == expected
    assert [text for data in venue.said for text in complaints(data)] == []


@pytest.mark.parametrize(("script", "version"), CASES)
def test_case_over_a_socket(script: Path, version: str, tmp_path: Path) -> None:
    """The same when the venue has its own loop, and its clients are at the other end of TCP."""
    with EchoOverSockets(tmp_path, version) as venue:
        actual, expected = play(script.read_text(encoding="utf-8"), venue, version=version)
    assert actual == expected
    assert [text for data in venue.said for text in complaints(data)] == []
