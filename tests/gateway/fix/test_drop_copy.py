"""Copies of a member's reports for its drop-copy sessions, each in the version of its reader."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.config import Config
from gateway.fix.drop_copy import Everyone, copied_from, is_copied
from gateway.fix.versions import FIX42, FIX44, FIX50SP2
from tests.support.fix import decoded, dialects, our_versions, pairs_of, stock_decoder
from tests.support.session_venue import SessionVenue, config_with, drop_copy, order_entry

SPEAKING = {"AVA": FIX42, "AVAC4": FIX44, "AVAC5": FIX50SP2, "AVAC2": FIX42, "AVA2": FIX44}
BEGIN = {FIX42: "FIX.4.2", FIX44: "FIX.4.4", FIX50SP2: "FIXT.1.1"}
LOGON = "35=A|34={}|98=0|108=0"
BUY = "35=D|34={}|11={}|21=1|38=100|40=2|44=87.30|54=1|55=ERIC-B|60={{now}}"
SELL = "35=D|34={}|11={}|21=1|38={}|40=2|44=87.30|54=2|55=ERIC-B|60={{now}}"
CANCEL = "35=F|34={}|11={}|41={}|54=1|55=ERIC-B|60={{now}}"

Fields = dict[str, str]


def config_of(*copies: str) -> Config:
    """AVA in FIX 4.2 and AVA2 in 4.4 with drop-copy sessions of these names; NON without any."""
    sessions = [order_entry("AVA", begin_string="FIX.4.2"), order_entry("AVA2"), order_entry("NON")]
    sessions += [drop_copy(name, begin_string=BEGIN[SPEAKING[name]]) for name in copies]
    return config_with(*sessions)


def venue_of(folder: Path, *copies: str) -> SessionVenue:
    """A venue with these drop-copy sessions of AVA."""
    return SessionVenue(folder, config_of(*copies), speaking=SPEAKING)


def log_on(venue: SessionVenue, *names: str) -> None:
    """Sessions whose next number is 1 log on."""
    for who in names:
        venue.connect(who)
        venue.say(who, LOGON.format(1))
    for who, data in venue.heard():
        assert data is not None, who
        assert dict(pairs_of(data))["35"] == "A"


def day(venue: SessionVenue) -> None:
    """Orders of AVA that rest, trade, are replaced, canceled, refused and asked about."""
    venue.say("AVA", BUY.format(2, "a"))
    venue.say("NON", SELL.format(2, "n", 40))
    replace = "35=G|34=3|11=b|41=a|21=1|38=90|40=2|44=87.30|54=1|55=ERIC-B|60={now}"
    venue.say("AVA", replace)
    venue.say("AVA", "35=H|34=4|11=b|54=1|55=ERIC-B")
    venue.say("AVA", BUY.format(5, "b"))
    venue.say("AVA", CANCEL.format(6, "c", "b"))
    venue.say("AVA", CANCEL.format(7, "d", "b"))
    venue.say("AVA", BUY.format(8, "x").replace("44=87.30", "44=87.305"))


def said(venue: SessionVenue) -> dict[str, list[bytes]]:
    """What each client was sent since the last call."""
    heard: dict[str, list[bytes]] = {}
    for who, data in venue.heard():
        assert data is not None
        heard.setdefault(who, []).append(data)
    return heard


def shown(messages: list[bytes], tags: str) -> list[str]:
    """These fields of each message."""
    rows = [dict(reversed(pairs_of(data))) for data in messages]
    return ["|".join(f"{tag}={row[tag]}" for tag in tags.split() if tag in row) for row in rows]


def test_a_member_is_told_twice_more_of_all_that_happens_to_its_orders(tmp_path: Path) -> None:
    """Same ids and same facts, each in its version; whose report it is says 115."""
    with venue_of(tmp_path, "AVAC4", "AVAC5") as venue:
        log_on(venue, "AVA", "NON", "AVAC4", "AVAC5")
        day(venue)
        heard = said(venue)
    assert shown(heard["AVA"], "35 8 11 150 20 39 14 115") == [
        "35=8|8=FIX.4.2|11=a|150=0|20=0|39=0|14=0",
        "35=8|8=FIX.4.2|11=a|150=1|20=0|39=1|14=40",
        "35=8|8=FIX.4.2|11=b|150=5|20=0|39=1|14=40",
        "35=8|8=FIX.4.2|11=b|150=1|20=3|39=1|14=40",
        "35=8|8=FIX.4.2|11=b|150=8|20=0|39=1|14=40",
        "35=8|8=FIX.4.2|11=c|150=4|20=0|39=4|14=40",
        "35=9|8=FIX.4.2|11=d|39=4",
        "35=8|8=FIX.4.2|11=x|150=8|20=0|39=8|14=0",
    ]
    for copy, begin in [("AVAC4", "FIX.4.4"), ("AVAC5", "FIXT.1.1")]:
        assert shown(heard[copy], "35 34 8 115 11 150 20 39 14") == [
            f"35=8|34=2|8={begin}|115=AVA|11=a|150=0|39=0|14=0",
            f"35=8|34=3|8={begin}|115=AVA|11=a|150=F|39=1|14=40",
            f"35=8|34=4|8={begin}|115=AVA|11=b|150=5|39=1|14=40",
            f"35=8|34=5|8={begin}|115=AVA|11=b|150=8|39=1|14=40",
            f"35=8|34=6|8={begin}|115=AVA|11=c|150=4|39=4|14=40",
            f"35=8|34=7|8={begin}|115=AVA|11=x|150=8|39=8|14=0",
        ]
        originals = [m for m in heard["AVA"] if b"\x0120=0\x01" in m]
        assert shown(heard[copy], "17 37 6 151") == shown(originals, "17 37 6 151")
    for who, messages in heard.items():
        for data in messages:
            decoded(data, stock_decoder(SPEAKING.get(who, FIX44)))


def test_a_fill_and_its_copies_in_full(tmp_path: Path) -> None:
    """One execution as three readers get it."""
    with venue_of(tmp_path, "AVAC4", "AVAC5") as venue:
        log_on(venue, "AVA", "NON", "AVAC4", "AVAC5")
        venue.say("AVA", BUY.format(2, "a").replace("|11=", "|50=anna|1=HUS|11="))
        said(venue)
        venue.say("NON", SELL.format(2, "n", 40))
        fills = {who: data for who, data in venue.heard() if data and who.startswith("AVA")}
        (exec_id,) = {dict(pairs_of(data))["17"] for data in fills.values()}
        now = venue.time_text()
        shorts = {
            who: dialects(who, SPEAKING[who])[1].short(data, venue.now)
            for who, data in fills.items()
        }
    order = f"37=O1|38=100|39=1|40=2|44=87.30|54=1|55=ERIC-B|59=0|60={now}"
    assert shorts == {
        "AVA": f"35=8|34=3|57=anna|1=HUS|6=87.30|11=a|14=40|17={exec_id}|20=0|31=87.30|32=40"
        f"|{order}|150=1|151=60|198=T1|382=1|375=NON",
        "AVAC4": f"35=8|34=3|57=anna|115=AVA|1=HUS|6=87.30|11=a|14=40|17={exec_id}|31=87.30|32=40"
        f"|{order}|150=F|151=60|382=1|375=NON|527=T1|625=3|851=1",
        "AVAC5": f"35=8|34=3|57=anna|115=AVA|1=HUS|6=87.30|11=a|14=40|17={exec_id}|31=87.30|32=40"
        f"|{order}|150=F|151=60|453=1|448=NON|447=D|452=17|625=3|851=1|880=T1",
    }


def test_a_trade_within_a_member_is_copied_from_both_sides(tmp_path: Path) -> None:
    """Behind all originals of the command, in their order; another member's are not."""
    with venue_of(tmp_path, "AVAC4") as venue:
        log_on(venue, "AVA", "AVA2", "NON", "AVAC4")
        venue.say("NON", BUY.format(2, "n"))
        venue.say("AVA", BUY.format(2, "a"))
        said(venue)
        venue.say("AVA2", SELL.format(2, "s", 150))
        heard = said(venue)
    assert shown(heard["AVAC4"], "115 11 150 375") == [
        "115=AVA2|11=s|150=0",
        "115=AVA|11=a|150=F|375=AVA",
        "115=AVA2|11=s|150=F|375=AVA",
        "115=AVA2|11=s|150=F|375=NON",
    ]
    exec_ids = {data: dict(pairs_of(data))["17"] for who in heard for data in heard[who]}
    originals = {exec_ids[data] for who in ("AVA", "AVA2") for data in heard[who]}
    assert {exec_ids[data] for data in heard["AVAC4"]} == originals
    assert len(originals) == 4


def test_what_a_version_does_not_have_is_copied_to_nobody(tmp_path: Path) -> None:
    """A mass cancel in FIX 4.4 beside a drop-copy session in 4.2, which knows no answer to one."""
    with venue_of(tmp_path, "AVAC2", "AVAC4") as venue:
        log_on(venue, "AVA2", "AVAC2", "AVAC4")
        venue.say("AVA2", BUY.format(2, "a"))
        venue.say("AVA2", BUY.format(3, "b"))
        venue.say("AVA2", "35=AF|34=4|584=all|585=7")
        said(venue)
        venue.say("AVA2", "35=q|34=5|11=m|530=7|60={now}")
        heard = said(venue)
    assert shown(heard["AVA2"], "35 11 150") == ["35=8|11=a|150=4", "35=8|11=b|150=4", "35=r|11=m"]
    for copy in ("AVAC2", "AVAC4"):
        assert shown(heard[copy], "35 11 150") == ["35=8|11=a|150=4", "35=8|11=b|150=4"]
        assert shown(heard[copy], "17") == shown(heard["AVA2"][:2], "17")


def kept(venue: SessionVenue) -> dict[str, list[bytes | None]]:
    """Every message each session may ask for again."""
    found = {}
    for comp_id, session in venue.sessions.by_comp_id.items():
        out = session.fix.out
        found[comp_id] = [out.sent.get(seq) for seq in range(1, out.next_out)]
    return found


def test_copies_wait_for_a_session_that_is_away_and_outlive_a_restart(tmp_path: Path) -> None:
    """Replay makes the same bytes; the reader that comes at last gets them by its request."""
    with venue_of(tmp_path, "AVAC4", "AVAC5") as venue:
        log_on(venue, "AVA", "NON")
        day(venue)
        before = kept(venue)
        said(venue)
        now = venue.now
    with venue_of(tmp_path, "AVAC4", "AVAC5") as venue:
        assert kept(venue) == before
        assert len(before["AVAC5"]) == 6
        assert None not in before["AVAC5"]
        venue.now = now
        venue.connect("AVAC5")
        venue.say("AVAC5", LOGON.format(1))
        venue.say("AVAC5", "35=2|34=2|7=1|16=0")
        heard = said(venue)
    assert shown(heard["AVAC5"], "35 34 43 115 11 150 36") == [
        "35=A|34=7",
        "35=8|34=1|43=Y|115=AVA|11=a|150=0",
        "35=8|34=2|43=Y|115=AVA|11=a|150=F",
        "35=8|34=3|43=Y|115=AVA|11=b|150=5",
        "35=8|34=4|43=Y|115=AVA|11=b|150=8",
        "35=8|34=5|43=Y|115=AVA|11=c|150=4",
        "35=8|34=6|43=Y|115=AVA|11=x|150=8",
        "35=4|34=7|43=Y|36=8",
    ]
    for data in heard["AVAC5"]:
        decoded(data, stock_decoder(FIX50SP2))


@pytest.mark.parametrize(("name", "code"), [("AVAC2", "0"), ("AVAC4", "6"), ("AVAC5", "6")])
def test_a_drop_copy_session_only_reads(tmp_path: Path, name: str, code: str) -> None:
    """Orders and questions are refused by name, with the code the version has for it."""
    with venue_of(tmp_path, name) as venue:
        log_on(venue, name)
        venue.say(name, BUY.format(2, "a"))
        venue.say(name, "35=H|34=3|11=a|54=1|55=ERIC-B")
        venue.say(name, "35=1|34=4|112=here")
        heard = said(venue)
    assert shown(heard[name], "35 34 45 58 372 379 380 112") == [
        f"35=j|34=2|45=2|58=Not authorized|372=D|379=a|380={code}",
        f"35=j|34=3|45=3|58=Not authorized|372=H|379=a|380={code}",
        "35=0|34=4|112=here",
    ]
    for data in heard[name]:
        decoded(data, stock_decoder(SPEAKING[name]))


@pytest.mark.parametrize(
    ("msg_type", "body", "copied"),
    [
        ("8", "6=0|11=a|150=0|", True),
        ("8", "6=0|11=a|20=0|150=1|", True),
        ("8", "6=0|11=a|150=I|", False),
        ("8", "6=0|11=a|20=3|37=O1|150=1|", False),
        ("9", "11=a|39=4|", False),
        ("r", "11=a|", False),
        ("j", "45=2|", False),
    ],
)
def test_reports_are_copied_and_answers_are_not(msg_type: str, body: str, *, copied: bool) -> None:
    """A status in the words of either version, refusals and what is no report at all stay."""
    assert is_copied(msg_type, body.replace("|", "\x01")) is copied


@pytest.mark.parametrize(
    ("body", "copy"),
    [("6=0|11=a|", "115=AVA|6=0|11=a|"), ("57=anna|1=HUS|", "57=anna|115=AVA|1=HUS|")],
)
def test_whose_report_it_is_stands_in_the_header(body: str, copy: str) -> None:
    """Behind a trader's id, so that tags ascend."""
    assert copied_from("AVA", body.replace("|", "\x01")).replace("\x01", "|") == copy


def test_everyone_is_written_to_alike() -> None:
    """Whatever session is asked for, it is the one reader."""

    class Reader:
        style = our_versions()[FIX44].style()

    reader = Reader()
    everyone = Everyone(reader)
    assert everyone["AVA"] is everyone["NON"] is reader
