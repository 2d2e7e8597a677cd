"""The FIX versions a venue speaks, found by what a message begins with."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.fix import versions as v
from gateway.fix.application import SERVED
from gateway.fix.dictionary import DataDictionary
from gateway.fix.message import ADMIN_TYPES
from gateway.fix.versions import FIX42, FIX44, FIX50SP2, NAMES, Versions
from tests.support.fix import our_versions, soh, stock
from tests.support.session_venue import SessionVenue, config_with, order_entry

ALL = (FIX42, FIX44, FIX50SP2)


@pytest.mark.parametrize(
    ("name", "begin_string", "appl_ver_id", "reason_max", "has_789"),
    [
        (FIX42, "FIX.4.2", "", 11, False),
        (FIX44, "FIX.4.4", "", 99, True),
        (FIX50SP2, "FIXT.1.1", "9", 99, True),
    ],
)
def test_what_a_version_is(
    name: str, begin_string: str, appl_ver_id: str, reason_max: int, *, has_789: bool
) -> None:
    """BeginString, DefaultApplVerID, the last reject reason, NextExpectedMsgSeqNum."""
    version = our_versions()[name]
    found = version.begin_string, version.appl_ver_id, version.reason_max
    assert found == (begin_string, appl_ver_id, reason_max)
    assert version.has_next_expected is has_789
    assert ("789" in version.decoder.dictionary.messages["A"].fields) is has_789
    assert repr(version) == f"<Version {name}>"


def test_reasons_end_where_the_version_ends() -> None:
    """The highest SessionRejectReason(373) of a stock dictionary of FIX 4.2 is 11."""
    assert max(map(int, stock(FIX42).fields["373"].enum)) == v.LAST_REASON_42


@pytest.mark.parametrize(
    ("begin", "name"),
    [
        ("8=FIX.4.2|9=5", FIX42),
        ("8=FIX.4.4|9=5", FIX44),
        ("8=FIXT.1.1|9=5", FIX50SP2),
        ("8=FIX.4.3|9=5", None),
        ("8=FIX.5.0|9=5", None),
        ("8=FIX.5.0SP2|9=5", None),
        ("8=|9=5", None),
        ("8=FIX.4.4", FIX44),
    ],
)
def test_a_frame_tells_its_version(begin: str, name: str | None) -> None:
    """By BeginString alone, which is exactly one of three."""
    version = our_versions().of_frame(soh(begin))
    assert (version.name if version is not None else None) == name


def test_a_version_is_made_when_it_is_asked_for_and_once() -> None:
    """Reading a dictionary costs more than the rest of a start."""
    read: list[str] = []

    def counted(name: str) -> DataDictionary:
        read.append(name)
        return v.ours(name)

    versions = Versions(SERVED, counted)
    assert read == []
    first = versions[FIX42]
    assert versions[FIX42] is first
    assert versions.of_frame(soh("8=FIX.4.2|9=5")) is first
    assert read == [FIX42]
    assert first.style() is first.style(3)
    assert first.style(6) is not first.style(3)


@pytest.mark.parametrize("name", ALL)
def test_what_is_served_is_what_the_version_has(name: str) -> None:
    """A type the venue takes is served in the versions whose dictionary has it."""
    version = our_versions()[name]
    missing = {"AF", "q", "BE", "x"} if name == FIX42 else set()
    assert version.served == SERVED - missing
    assert version.msg_types.isdisjoint(missing)
    assert version.msg_types >= ADMIN_TYPES


def test_names_are_the_begin_strings_of_a_venue_file() -> None:
    """One version for each, and what a session speaks at first is one of them."""
    assert list(NAMES) == ["FIX.4.2", "FIX.4.4", "FIXT.1.1"]
    assert v.DEFAULT in NAMES.values()
    assert set(NAMES.values()) == set(ALL)


# Over a restart


def venue_of(folder: Path, speaks: str, **keys: object) -> SessionVenue:
    """AVA in whatever version it logs on with, NON in FIX 4.4."""
    ava = order_entry("AVA", cancel_on_disconnect="all", **keys)
    config = config_with(ava, order_entry("NON"))
    return SessionVenue(folder, config, speaking={"AVA": speaks})


def kept(venue: SessionVenue) -> list[bytes | None]:
    """What AVA may ask for again."""
    out = venue.sessions.by_comp_id["AVA"].fix.out
    return [out.sent.get(seq) for seq in range(1, out.next_out)]


ORDER = "35=D|34=2|11=a|21=1|38=1|40=2|44=87.30|54=1|55=ERIC-B|60={now}"


@pytest.mark.parametrize("speaks", ALL)
def test_a_session_speaks_after_a_restart_what_it_spoke_before(tmp_path: Path, speaks: str) -> None:
    """Same bytes of the same orders; another version is dropped without a byte until a reset."""
    with venue_of(tmp_path, speaks) as venue:
        venue.connect("AVA")
        venue.say("AVA", "35=A|34=1|98=0|108=0")
        venue.say("AVA", ORDER)
        venue.disconnect("AVA")
        before = kept(venue)
    assert sum(data is not None for data in before) == 2
    other = FIX44 if speaks != FIX44 else FIX42
    with venue_of(tmp_path, other) as venue:
        assert kept(venue) == before
        venue.plays("AVA connect\nAVA > 35=A|34=3|98=0|108=0\nAVA closed")
        mine, its = (our_versions()[name].begin_string for name in (speaks, other))
        assert (
            venue.refused("AVA")
            == f"BeginString(8) must be {mine} until a reset (141=Y), was {its}"
        )
        logon = "35=A|34=1|98=0|108=0|141=Y"
        venue.plays(f"AVA connect\nAVA > {logon}\nAVA < {logon}")


def test_a_logon_that_is_refused_leaves_the_version_in_the_log(tmp_path: Path) -> None:
    """What follows is written by it, live and after a restart alike."""
    with venue_of(tmp_path, FIX42, may_reset=False) as venue:
        venue.plays(
            """
            AVA connect
            AVA > 35=A|34=1|98=0|108=0|141=Y
            AVA < 35=5|34=1|58=ResetSeqNumFlag(141)=Y is not allowed for this session
            AVA closed
            """
        )
        assert venue.sessions.by_comp_id["AVA"].fix.version.name == FIX42
    with venue_of(tmp_path, FIX42, may_reset=False) as venue:
        assert venue.sessions.by_comp_id["AVA"].fix.version.name == FIX42
