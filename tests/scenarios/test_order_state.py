"""The lives of orders in FIX 4.2, 4.4 and 5.0SP2: each script of `order_state/` against the whole
venue but loop and disk.

Named after the order state scenarios of FIX 4.4 volume 4, appendix D, where one is meant; Z are the
venue's own. Scripts name the fields they are about, in the words of FIX 4.4: what is only another
word for the same in the other versions is translated here, and what is not has a mark in the
script. What else a report must have is asked of every message of every script: that a member with
the dictionary of a QuickFIX release takes it, and that it has what the venue's table of fields says
of its occasion.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from engine import invariants
from gateway.fix.versions import FIX42, FIX44, FIX50SP2
from tests.support.fix import pairs_of
from tests.support.reports import complaints
from tests.support.scenario_table import presence_complaints
from tests.support.script import play, steps
from tests.support.venue_in_memory import OrderVenue

SCRIPTS = sorted((Path(__file__).parent / "order_state").glob("*.fix"))
CASES = [
    pytest.param(path, version, id=f"{version}-{path.stem}")
    for version in (FIX42, FIX44, FIX50SP2)
    for path in SCRIPTS
    if steps(path.read_text(encoding="utf-8"), version)
]

TAGS = {
    FIX42: {"527": "198"},
    FIX44: {},
    FIX50SP2: {"375": "448", "382": "453", "527": "880"},
}
"""Match id and counterparty stand under other tags, by version."""

NOT_IN_42 = frozenset({"625", "790", "851"})
"""Fields of a report that FIX 4.2 does not have: there, they must be missing."""

CODES_42 = {"102": {"99": "2"}, "103": {"11": "0", "99": "0"}}
"""Reasons that FIX 4.2 does not have: it calls all of them the broker's own."""


def in_version(fields: str, version: str) -> str:
    """What FIX 4.4 says so, in the words of another version."""
    said = {TAGS[version].get(tag, tag): value for tag, value in _pairs(fields)}
    if version == FIX42:
        said = _in_42(said)
    return "|".join(f"{tag}={value}" for tag, value in said.items())


def _in_42(said: dict[str, str]) -> dict[str, str]:
    """ExecType says what the order has become; ExecTransType, whether that is new."""
    said = {tag: "-" if tag in NOT_IN_42 else value for tag, value in said.items()}
    for tag, codes in CODES_42.items():
        if tag in said:
            said[tag] = codes.get(said[tag], said[tag])
    if said["35"] == "8":
        said["20"] = "3" if said["150"] == "I" else "0"
    if said.get("150") in {"F", "I"}:
        said["150"] = said["39"]
    if said.get("150") == "5" and said.get("39") == "0":
        said["39"] = "5"
    return said


def _pairs(fields: str) -> list[tuple[str, str]]:
    parts = (field.partition("=") for field in fields.split("|"))
    return [(tag, value) for tag, _, value in parts]


@pytest.mark.parametrize(("script", "version"), CASES)
def test_script(script: Path, version: str, tmp_path: Path) -> None:
    """The venue says what the script says, no more, and nothing is amiss with any of it."""
    with OrderVenue(tmp_path, version=version) as venue:
        actual, expected = play(
            script.read_text(encoding="utf-8"),
            venue,
            exact=False,
            version=version,
            said=partial(in_version, version=version),
        )
        invariants.check(venue.exchange)
    assert actual == expected
    assert [text for data in venue.said for text in complaints(data)] == []
    said = [pairs_of(data) for data in venue.said]
    assert [text for pairs in said for text in presence_complaints(pairs, version)] == []
    exec_ids = [fields["17"] for pairs in said if "17" in (fields := dict(pairs))]
    resent = [pairs for pairs in said if ("43", "Y") in pairs]
    assert resent or len(exec_ids) == len(set(exec_ids))
