"""The lives of orders in FIX 4.2, 4.4 and 5.0SP2: each script of `order_state/` against the whole
venue but loop and disk.

Named after the order state scenarios of FIX 4.4 volume 4, appendix D; V are the venue's own.
Scripts name the fields they are about, in the words of FIX 4.4: what is only another word for the
same in the other versions is translated here, and what is not has a mark in the script. What else a
report must have is asked of every message of every script: that a member with the dictionary of a
QuickFIX release takes it, and that it has what the venue's table of fields says of its occasion.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from engine import invariants
from gateway.fix.versions import FIX42, FIX44, FIX50SP2
from tests.support.busts import BustedQty
from tests.support.fix import pairs_of
from tests.support.operator import OperatedVenue
from tests.support.reports import complaints
from tests.support.scenario_table import presence_complaints
from tests.support.script import play, setting, steps

FOLDER = Path(__file__).parent / "order_state"
SCRIPTS = sorted(FOLDER.glob("*.fix"))
VERSIONS = (FIX42, FIX44, FIX50SP2)
PLAYED = [
    (path, version)
    for version in VERSIONS
    for path in SCRIPTS
    if steps(path.read_text(encoding="utf-8"), version)
]
CASES = [pytest.param(path, version, id=f"{version}-{path.stem}") for path, version in PLAYED]

SCENARIOS = (
    *("A.1.a", "A.1.b", "B.1.a", "B.1.b", "B.1.c", "B.1.d", "B.1.e", "B.1.f"),
    *("C.1.a", "C.1.b", "C.1.c", "C.2.a", "C.3.a", "C.3.b", "C.3.c"),
    *("D.1.a", "D.1.b", "D.1.c", "D.2.a", "D.2.b", "D.2.c", "D.2.d"),
    *("E.1.a", "E.1.b", "E.1.c", "E.1.d", "E.1.e", "E.1.f", "F.1.a", "F.1.b", "F.1.c"),
    *("G.1.a", "G.1.b", "G.1.c", "H.1.a", "H.1.b", "H.1.c", "H.1.d", "I.1.a", "I.1.b"),
    *("J.1.a", "J.1.b", "J.1.c", "J.1.d", "K.1.a", "K.1.b", "L.1.a", "L.1.b"),
)
"""The scenarios of the appendix, all of them."""

CANNOT_BE = {
    "F.1.c": "orders are told by voice to a broker: the venue knows no copy of one on the wire",
    "L.1.a": "nobody at the venue guarantees a price: there is no specialist, and no OrdStatus 7",
}
"""Those that no venue like this one can come to, and why."""

EXTRAS = {
    "auction uncross fills": "V.1.a V.1.b V.1.h V.1.i V.1.j",
    "order accepted before the opening call": "V.1.c",
    "at the open, at the close, good for auction, immediate in a call": "V.1.d V.1.e V.1.f V.1.g",
    "entry, replace and cancel refused by phase; expiry; the night": "V.2.a V.2.b V.2.c V.2.d",
    "volatility interruption": "V.3.a V.3.b",
    "iceberg refresh": "V.4.a",
    "minimum quantity": "V.4.b",
    "post-only refused": "V.4.c",
    "pegs re-pricing": "V.4.d",
    "stop, stop limit, trailing stop, cascade": "V.4.e V.4.f",
    "internal match": "V.4.g",
    "self-match prevention": "V.4.h",
    "anonymous trades": "V.4.i",
    "market orders; what a type needs; types changed": "V.4.j V.4.k V.4.l",
    "tick rounding, collar, refused orders": "V.5.a V.5.b V.5.c",
    "cancel on disconnect and recovery by ResendRequest": "V.6.a",
    "GTC over a session reset": "V.6.b",
    "throttle breach": "V.6.c",
    "traders; what is not served": "V.6.d V.6.e",
    "bust, halt, flush and phases by the operator": "V.7.a V.7.b V.7.c V.7.d V.7.e V.7.f",
    "mass cancel, mass status": "V.8.a V.8.b",
    "fills on entry, which FIX lists for exchanges": "A.1.c A.1.d",
    "maximum order value breach": "",
}
"""The venue's own scenarios; the last one has no script: the venue has no limit of value."""

TAGS = {
    FIX42: {"527": "198"},
    FIX44: {},
    FIX50SP2: {"111": "1138", "375": "448", "382": "453", "527": "880"},
}
"""Match id, counterparty and what is shown stand under other tags, by version."""

NOT_IN_42 = frozenset({"625", "636", "790", "839", "851"})
"""Fields of a report that FIX 4.2 does not have: there, they must be missing."""

CODES_42 = {"102": {"6": "2", "99": "2"}, "103": {"11": "0", "13": "0", "99": "0"}}
"""Reasons that FIX 4.2 does not have: it calls all of them the broker's own."""

EXEC_INST_NOT_IN_42 = frozenset({"a", "K", "Z"})
"""ExecInst(18) codes that FIX 4.2 does not have."""

CODES_50 = {
    "PRICE_OFF_TICK": {"102": "18", "103": "18"},
    "PRICE_OUTSIDE_COLLAR": {"102": "8", "103": "16"},
}
"""Reasons for which FIX 5.0 has a code of its own."""

TRIGGERED = "stop price reached"


def in_version(fields: str, version: str) -> str:
    """What FIX 4.4 says so, in the words of another version."""
    said = {TAGS[version].get(tag, tag): value for tag, value in _pairs(fields)}
    if version == FIX42:
        said = _in_42(said)
    elif version == FIX50SP2:
        said = _in_50(said)
    return "|".join(f"{tag}={value}" for tag, value in said.items())


def _in_42(said: dict[str, str]) -> dict[str, str]:
    """ExecType says what the order has become; ExecTransType, whether that is new."""
    said = {tag: "-" if tag in NOT_IN_42 else value for tag, value in said.items()}
    for tag, codes in CODES_42.items():
        if tag in said:
            said[tag] = codes.get(said[tag], said[tag])
    if said["35"] != "8":
        return said
    if said.get("378", "-") not in "012345":
        said["378"] = "4" if said["150"] == "D" else "-"
    if said.get("18") in EXEC_INST_NOT_IN_42:
        said["18"] = "-"
    if said.get("58") == TRIGGERED:
        return said | {"20": "0", "150": "D", "378": "4"}
    said["20"] = {"I": "3", "H": "1", "G": "2"}.get(said["150"], "0")
    if said["150"] in set("FIHG"):
        said["150"] = said["39"]
    if said["150"] == "5" and said.get("39") == "0":
        said["39"] = "5"
    return said


def _in_50(said: dict[str, str]) -> dict[str, str]:
    """More reasons have a code, and a fill in an auction says that it is one."""
    text = said.get("58", "")
    said |= {t: c for t, c in CODES_50.get(text.partition(":")[0], {}).items() if t in said}
    if said.get("378") == "3":
        said["378"] = "11"
    if said.get("150") == "F" and said.get("851") == "-":
        said["851"] = "4"
    if said.get("625") == "9":
        said["625"] = "6"
    return said | ({"150": "L"} if text == TRIGGERED else {})


def _pairs(fields: str) -> list[tuple[str, str]]:
    parts = (field.partition("=") for field in fields.split("|"))
    return [(tag, value) for tag, _, value in parts]


def scenario_of(script: Path) -> str:
    """The id that the script's name begins with."""
    return script.stem.partition("_")[0]


def scenarios_in(version: str) -> set[str]:
    """The ids that are played in a version."""
    return {scenario_of(path) for path, played in PLAYED if played == version}


@pytest.mark.parametrize(("script", "version"), CASES)
def test_script(script: Path, version: str, tmp_path: Path) -> None:
    """The venue says what the script says, no more, and nothing is amiss with any of it."""
    text = script.read_text(encoding="utf-8")
    is_phoned = "venue enter " in text
    with OperatedVenue(tmp_path, setting(text), FOLDER, version) as venue:
        actual, expected = play(
            text,
            venue,
            exact=False,
            version=version,
            said=partial(in_version, version=version),
            operate=venue.operate,
        )
        invariants.check(venue.exchange)
    assert actual == expected
    busted = BustedQty()
    found = [text for data in venue.said for text in complaints(data, busted.after(data))]
    assert [text for text in found if not (is_phoned and text.startswith("11 missing"))] == []
    said = [pairs_of(data) for data in venue.said]
    assert [text for pairs in said for text in presence_complaints(pairs, version)] == []
    exec_ids = [fields["17"] for pairs in said if "17" in (fields := dict(pairs))]
    resent = [pairs for pairs in said if ("43", "Y") in pairs]
    assert resent or len(exec_ids) == len(set(exec_ids))


@pytest.mark.parametrize("version", VERSIONS)
def test_every_scenario_has_a_script(version: str) -> None:
    """No scenario of the appendix is forgotten: it is played, or it is said why it cannot be."""
    unplayed = [scenario for scenario in SCENARIOS if scenario not in scenarios_in(version)]
    assert unplayed == sorted(CANNOT_BE)


def test_every_script_is_of_a_list() -> None:
    """A script belongs to the appendix or to the venue's own list, and all of those are there."""
    own = " ".join(EXTRAS.values()).split()
    assert {scenario_of(path) for path in SCRIPTS} == {*SCENARIOS, *own} - set(CANNOT_BE)
