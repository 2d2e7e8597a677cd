"""Who may come in: what a first message is refused for, what its sender hears, and that nothing of
a session moves before it has proved itself.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway.fix import door
from gateway.fix.door import is_allowed
from gateway.fix.times import NANOS_PER_SECOND
from gateway.fix.versions import FIX42, FIX44, FIX50SP2
from gateway.log.records import SessionState
from tests.support.passwords import PASSWORD, cheap_hash
from tests.support.session_venue import SessionVenue, config_with, guarded, order_entry

LOGON = "35=A|34={}|98=0|108=0"
SPEAKING = {"AVA42": FIX42, "AVA44": FIX44, "AVA50": FIX50SP2}
RIGHT = "{} connect\n{} > 35=A|34={}|98=0|108=0|554=sesam\n{} < 35=A|34={}|98=0|108=0"


def right(who: str, seq: int, answer: int) -> str:
    """The script of a Logon with the right password."""
    return RIGHT.format(who, who, seq, who, answer)


def refused(who: str, logon: str, answer: str = "") -> str:
    """The script of a Logon that is refused, with an answer or without a byte."""
    said = f"{who} < {answer}\n" if answer else ""
    return f"{who} connect\n{who} > {logon}\n{said}{who} closed"


def no(number: int, status: str = "") -> str:
    """What a peer hears that did not prove itself."""
    return f"35=5|34={number}|58=logon refused{status}"


# Addresses


@pytest.mark.parametrize(
    ("source", "networks", "allowed"),
    [
        ("127.0.0.1", (), True),
        ("", (), True),
        ("10.1.2.3", ("10.0.0.0/8",), True),
        ("11.1.2.3", ("10.0.0.0/8",), False),
        ("10.1.2.3", ("192.168.0.0/16", "10.1.2.3"), True),
        ("10.1.2.4", ("192.168.0.0/16", "10.1.2.3"), False),
        ("10.1.2.3", ("10.1.2.9/24",), True),
        ("::1", ("::1",), True),
        ("::1", ("127.0.0.0/8",), False),
        ("127.0.0.1", ("::1/128",), False),
        ("", ("127.0.0.0/8",), False),
        ("/run/fix.sock", ("0.0.0.0/0",), False),
    ],
)
def test_an_address_lies_in_a_network(
    source: str, networks: tuple[str, ...], *, allowed: bool
) -> None:
    """No networks allow everybody; what is no address lies in none."""
    assert is_allowed(source, networks) is allowed


def test_a_session_may_be_bound_to_addresses(tmp_path: Path) -> None:
    """From elsewhere it is dropped without a byte, right password or not; so for all of [fix]."""
    config = config_with(
        guarded("AVA", allow_from=("127.0.0.1",)),
        order_entry("NON"),
        allow_from=("127.0.0.0/8",),
    )
    sources = {"AVA:2": "127.0.0.2", "NON": "127.0.0.3", "NON:2": "10.0.0.1"}
    with SessionVenue(tmp_path, config, coming_from=sources) as venue:
        venue.plays(refused("AVA:2", f"{LOGON.format(1)}|554=sesam"))
        assert venue.refused("AVA") == "source address is not allowed for this session"
        assert venue.hashing.done == 0
        venue.plays(refused("NON:2", LOGON.format(1)))
        assert venue.refused("NON") == "source address is not allowed"
        venue.plays(right("AVA", 1, 1))
        venue.plays(f"NON connect\nNON > {LOGON.format(1)}\nNON < {LOGON.format(1)}")


# Passwords


@pytest.mark.parametrize(
    ("who", "credentials"),
    [
        ("AVA42", "95=5|96=sesam"),
        ("AVA42", "553=AVA42|554=sesam"),
        ("AVA44", "553=AVA44|554=sesam"),
        ("AVA44", "554=sesam"),
        ("AVA44", "95=5|96=sesam"),
        ("AVA50", "553=AVA50|554=sesam"),
        ("AVA50", "95=5|96=sesam"),
    ],
)
def test_a_password_has_two_places(tmp_path: Path, who: str, credentials: str) -> None:
    """Password(554), or RawData(96) where clients know no other; the name may be left out."""
    with SessionVenue(tmp_path, config_with(guarded(who)), speaking=SPEAKING) as venue:
        logon = LOGON.format(1)
        venue.plays(f"{who} connect\n{who} > {logon}|{credentials}\n{who} < {logon}")
        assert venue.refused(who) == ""


@pytest.mark.parametrize(
    ("who", "credentials"),
    [
        ("AVA42", "95=5|96=sesan"),
        ("AVA42", ""),
        ("AVA44", "554=sesan"),
        ("AVA44", "553=AVA42|554=sesam"),
        ("AVA44", "554=sesan|95=5|96=sesam"),
        ("AVA50", "553=ava50|554=sesam"),
        ("AVA50", "554=sesamsesam"),
    ],
)
def test_a_wrong_password_is_told_to_be_no_more_than_refused(
    tmp_path: Path, who: str, credentials: str
) -> None:
    """A Logout in the version of the Logon, with 1409=5 where there is one."""
    with SessionVenue(tmp_path, config_with(guarded(who)), speaking=SPEAKING) as venue:
        status = "|1409=5" if who == "AVA50" else ""
        logon = "|".join(part for part in (LOGON.format(1), credentials) if part)
        venue.plays(refused(who, logon, no(1, status)))
        assert venue.refused(who) == "password"
        venue.plays(right(who, 1, 1))


def test_a_session_may_log_on_by_another_name(tmp_path: Path) -> None:
    """Username(553) of the venue file prevails over the comp id."""
    config = config_with(guarded("AVA", username="desk"))
    with SessionVenue(tmp_path, config) as venue:
        venue.plays(refused("AVA", f"{LOGON.format(1)}|553=AVA|554=sesam", no(1)))
        assert venue.hashing.done == 0
        logon = LOGON.format(1)
        venue.plays(f"AVA connect\nAVA > {logon}|553=desk|554=sesam\nAVA < {logon}")


def test_a_password_may_be_any_text(tmp_path: Path) -> None:
    """It is hashed as UTF-8, and the wire's bytes are."""
    config = config_with(order_entry("AVA", password_scrypt=cheap_hash("Åsa€")))
    sent = "Åsa€".encode().decode("latin-1")
    with SessionVenue(tmp_path, config) as venue:
        venue.connect("AVA")
        venue.say("AVA", f"{LOGON.format(1)}|554={sent}")
        assert venue.numbers("AVA") == (2, 2, 0)


@pytest.mark.parametrize(
    "wrong",
    [
        "35=A|34=1|98=0|108=0|141=Y|554=wrong",
        "35=A|34=99|98=0|108=0|554=wrong",
        "35=A|34=99|98=0|108=0|789=99|554=wrong",
        "35=A|34=3|98=0|108=0|789=1|554=wrong",
        "35=A|34=3|98=0|108=0|554=wrong|925=new password",
        "35=A|34=1|98=0|108=0|554=wrong",
        "35=A|34=3|52={now-500}|98=0|108=0|554=wrong",
        "8=FIX.4.2|35=A|34=1|49=AVA|52={now}|56=PIT|98=0|108=0|141=Y|96=wrong",
    ],
)
def test_no_number_moves_before_a_password_is_accepted(tmp_path: Path, wrong: str) -> None:
    """Whatever the Logon asks for: numbers, what was sent and the log are as before."""
    with SessionVenue(tmp_path, config_with(guarded(), order_entry("NON"))) as venue:
        venue.plays(right("AVA", 1, 1))
        venue.plays("AVA > 35=5|34=2\nAVA < 35=5|34=2\nAVA closed")
        before, records = venue.numbers("AVA"), venue.log.last_seq
        venue.connect("AVA")
        venue.say("AVA", wrong)
        ((_, answer), (_, end)) = venue.heard()
        assert answer is not None
        assert b"\x0135=5\x0134=3\x01" in answer
        assert end is None
        assert (venue.numbers("AVA"), venue.log.last_seq) == (before, records)
        venue.plays(right("AVA", 3, 3))


def test_no_secret_is_logged(tmp_path: Path) -> None:
    """Neither passwords nor hashes are in any line, whatever became of them."""
    words = ["wrong", PASSWORD, "short", "much better", "scrypt$"]
    with (
        capture_logs() as logs,
        SessionVenue(tmp_path, config_with(guarded())) as venue,
    ):
        venue.plays(refused("AVA", f"{LOGON.format(1)}|554=wrong", no(1)))
        for new in ("short", "much better"):
            venue.connect("AVA")
            seq = venue.numbers("AVA")[0]
            venue.say("AVA", f"{LOGON.format(seq)}|554=sesam|925={new}")
            venue.say("AVA", f"35=BE|34={seq + 1}|553=AVA|923=q|924=3|554=wrong|925=much better")
            venue.say("AVA", f"35=5|34={seq + 2}")
        assert [entry["event"] for entry in logs] == [
            "logon.refused",
            "logon.refused",
            "session.password_changed",
            "session.logon",
            "session.disconnected",
        ]
        text = repr(logs) + repr(venue.sessions.by_comp_id["AVA"].fix)
    assert [word for word in words if word in text] == []


# Lock-outs


def test_failed_logons_lock_out_their_source(tmp_path: Path) -> None:
    """After the third there is a wait that doubles; elsewhere and for others there is none."""
    sources = {"AVA:2": "127.0.0.2"}
    config = config_with(guarded("AVA"), guarded("NON"))
    with SessionVenue(tmp_path, config, coming_from=sources) as venue:
        bad, good = f"{LOGON.format(1)}|554=wrong", f"{LOGON.format(1)}|554=sesam"
        for _ in range(3):
            venue.plays(refused("AVA", bad, no(1)))
        assert (venue.refused("AVA"), venue.hashing.done) == ("password", 3)
        # Too early: the right one is not even hashed, and sounds no different.
        venue.plays(refused("AVA", good, no(1)))
        assert venue.refused("AVA") == "too many failed logons from there"
        assert venue.hashing.done == 3
        venue.wait(0.999)
        venue.plays(refused("AVA", bad, no(1)))
        assert venue.hashing.done == 3
        venue.plays(right("NON", 1, 1))
        venue.plays(right("AVA:2", 1, 1))
        venue.plays("AVA:2 > 35=5|34=2\nAVA:2 < 35=5|34=2\nAVA:2 closed")
        # The wait goes on for the first source alone, until it is over.
        venue.wait(0.001)
        venue.plays(refused("AVA", bad, no(3)))
        assert venue.refused("AVA") == "password"
        venue.wait(1.5)
        venue.plays(refused("AVA", f"{LOGON.format(3)}|554=sesam", no(3)))
        venue.wait(0.5)
        venue.plays(right("AVA", 3, 3))


def test_sessions_without_a_password_are_not_locked_out(tmp_path: Path) -> None:
    """There is nothing to fail at."""
    with SessionVenue(tmp_path, config_with(order_entry("AVA"))) as venue:
        for _ in range(4):
            venue.plays(refused("AVA", "35=A|34=1|98=0|108=-1"))
        venue.plays(f"AVA connect\nAVA > {LOGON.format(1)}\nAVA < {LOGON.format(1)}")


# States and hours


@pytest.mark.parametrize(("who", "status"), [("AVA44", ""), ("AVA50", "|1409=7")])
def test_a_suspended_session_is_told_so_once_it_has_proved_itself(
    tmp_path: Path, who: str, status: str
) -> None:
    """Who does not know the password learns nothing of it; no number moves."""
    with SessionVenue(tmp_path, config_with(guarded(who)), speaking=SPEAKING) as venue:
        venue.sessions.change_state(SessionState(who, "suspended"))
        wrong = no(1, status.replace("7", "5"))
        venue.plays(refused(who, f"{LOGON.format(1)}|554=wrong", wrong))
        said = f"35=5|34=1|58=session is suspended{status}"
        venue.plays(refused(who, f"{LOGON.format(1)}|554=sesam", said))
        assert (venue.refused(who), venue.numbers(who)) == ("session is suspended", (1, 1, 0))
        venue.sessions.change_state(SessionState(who, "active"))
        venue.plays(right(who, 1, 1))


def test_a_removed_session_is_a_stranger(tmp_path: Path) -> None:
    """Not a byte, not a hash."""
    with SessionVenue(tmp_path, config_with(guarded())) as venue:
        venue.sessions.change_state(SessionState("AVA", "removed"))
        venue.plays(refused("AVA", f"{LOGON.format(1)}|554=sesam"))
        assert venue.refused("AVA") == "session is no longer configured"
        assert venue.hashing.done == 0


@pytest.mark.parametrize(("who", "status"), [("AVA42", ""), ("AVA50", "|1409=7")])
def test_hours_are_told_to_who_has_proved_itself(tmp_path: Path, who: str, status: str) -> None:
    """Outside of them no number moves; the start is 12:00 UTC, 13:00 in Stockholm."""
    session = guarded(who, open="08:00:00", close="12:30:00")
    with SessionVenue(tmp_path, config_with(session), speaking=SPEAKING) as venue:
        venue.plays(refused(who, f"{LOGON.format(1)}|554=wrong", no(1, status.replace("7", "5"))))
        said = f"35=5|34=1|58=session is closed at this time{status}"
        venue.plays(refused(who, f"{LOGON.format(1)}|554=sesam", said))
        assert (venue.refused(who), venue.numbers(who)) == (
            "outside the hours of the session",
            (1, 1, 0),
        )
        venue.wait(19 * 3600)
        venue.plays(right(who, 1, 1))


# Duplicate logons


def test_the_second_logon_of_a_session_is_dropped(tmp_path: Path) -> None:
    """Not a byte and not a hash for it, and the first connection notices nothing."""
    with SessionVenue(tmp_path, config_with(guarded())) as venue:
        venue.plays(right("AVA", 1, 1))
        venue.plays(refused("AVA:2", f"{LOGON.format(2)}|554=sesam"))
        assert (venue.refused("AVA"), venue.hashing.done) == ("session is already connected", 1)
        venue.plays("AVA > 35=1|34=2|112=here\nAVA < 35=0|34=2|112=here")


def test_a_second_logon_may_replace_the_first(tmp_path: Path) -> None:
    """The old connection gets a Logout and ends, the new one goes on with the next numbers."""
    with SessionVenue(tmp_path, config_with(guarded(), duplicate_logon="replace")) as venue:
        venue.plays(right("AVA", 1, 1))
        venue.plays(
            """
            AVA:2 connect
            AVA:2 > 35=A|34=2|98=0|108=0|554=sesam
            AVA < 35=5|34=2|58=another connection logged on to this session
            AVA closed
            AVA:2 < 35=A|34=2|98=0|108=0
            AVA:2 > 35=1|34=3|112=here
            AVA:2 < 35=0|34=3|112=here
            """
        )


@pytest.mark.parametrize(
    "logon",
    [
        "35=A|34=2|98=0|108=0|554=wrong",
        "35=A|34=2|98=0|108=-1|554=sesam",
        "35=A|34=2|52={now-500}|98=0|108=0|554=sesam",
        "8=FIX.4.2|35=A|34=2|49=AVA|52={now}|56=PIT|98=0|108=0|554=sesam",
    ],
)
def test_a_logon_that_may_not_be_replaces_nothing(tmp_path: Path, logon: str) -> None:
    """A wrong password, a broken rule, another version: the first connection lives."""
    config = config_with(guarded(begin_string="FIX.4.4"), duplicate_logon="replace")
    with SessionVenue(tmp_path, config) as venue:
        venue.plays(right("AVA", 1, 1))
        venue.connect("AVA:2")
        venue.say("AVA:2", logon)
        assert [who for who, _ in venue.heard()] in (["AVA:2"], ["AVA:2", "AVA:2"])
        assert not venue.is_connected("AVA:2")
        venue.plays("AVA > 35=1|34=2|112=here\nAVA < 35=0|34=2|112=here")


@pytest.mark.parametrize(("scope", "canceled"), [("none", False), ("day", True)])
def test_a_replaced_connection_ends_as_any_that_breaks_off(
    tmp_path: Path, scope: str, *, canceled: bool
) -> None:
    """Its orders are treated as configured; the reports are there for the new connection."""
    session = order_entry("AVA", cancel_on_disconnect=scope)
    with SessionVenue(tmp_path, config_with(session, duplicate_logon="replace")) as venue:
        venue.plays(f"AVA connect\nAVA > {LOGON.format(1)}\nAVA < {LOGON.format(1)}")
        venue.say("AVA", "35=D|34=2|11=a|38=1|40=2|44=87.30|54=1|55=ERIC-B|60={now}")
        venue.heard()
        venue.connect("AVA:2")
        venue.say("AVA:2", LOGON.format(3))
        venue.heard()
        venue.say("AVA:2", "35=H|34=4|11=a|54=1|55=ERIC-B")
        ((_, report),) = venue.heard()
    assert report is not None
    assert (b"\x0139=4\x01" in report) is canceled


def test_two_at_once_may_prove_themselves(tmp_path: Path) -> None:
    """While both passwords are checked nobody is connected; the later one replaces, or goes."""
    for policy, gone in [("replace", "AVA"), ("refuse", "AVA:2")]:
        config = config_with(guarded(), duplicate_logon=policy)
        with SessionVenue(tmp_path / policy, config, coming_from={"AVA:2": "127.0.0.2"}) as venue:
            venue.hashing.hold()
            for who in ("AVA", "AVA:2"):
                venue.connect(who)
                venue.say(who, f"{LOGON.format(1 if who == 'AVA' else 2)}|554=sesam")
            assert venue.heard() == []
            venue.answer_hashing()
            assert [who for who, data in venue.heard() if data is None] == [gone]


# Unknown sessions


def test_unknown_sessions_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each costs memory for ever; beyond the limit a new comp id is not known."""
    monkeypatch.setattr(door, "UNKNOWN_SESSIONS_MAX", 1)
    config = config_with(accept_unknown=True)
    with SessionVenue(tmp_path, config) as venue:
        venue.plays(f"ONE connect\nONE > {LOGON.format(1)}\nONE < {LOGON.format(1)}")
        venue.plays(refused("TWO", LOGON.format(1)))
        assert list(venue.sessions.by_comp_id) == ["ONE"]
    with SessionVenue(tmp_path, config) as again:
        again.plays(refused("TWO", LOGON.format(1)))


def test_one_at_a_time_proves_itself_from_one_address(tmp_path: Path) -> None:
    """A second Logon of the session from there, while the first is checked, gets not a byte."""
    with SessionVenue(tmp_path, config_with(guarded())) as venue:
        venue.hashing.hold()
        for who in ("AVA", "AVA:2"):
            venue.connect(who)
            venue.say(who, f"{LOGON.format(1)}|554=sesam")
        assert venue.heard() == [("AVA:2", None)]
        assert venue.refused("AVA") == "too many logons at once"
        venue.answer_hashing()
        assert [who for who, data in venue.heard() if data] == ["AVA"]


def test_a_flood_of_hashing_is_turned_away(tmp_path: Path) -> None:
    """More Logons at once than may wait get not a byte and come again."""
    sessions = [guarded(f"A{number:02d}") for number in range(66)]
    with SessionVenue(tmp_path, config_with(*sessions)) as venue:
        venue.hashing.hold()
        for session in sessions:
            venue.connect(session.comp_id)
            venue.say(session.comp_id, f"{LOGON.format(1)}|554=sesam")
        assert venue.heard() == [("A65", None)]
        assert venue.refused("A65") == "too many logons at once"
        venue.answer_hashing()
        assert len(venue.heard()) == 65
        venue.hashing.release()
        venue.plays(right("A65", 1, 1))


def test_who_is_known_at_an_address_does_not_wait_behind_a_flood(tmp_path: Path) -> None:
    """A session that proved itself from there before is neither turned away nor served last."""
    flood = [guarded(f"A{number:02d}") for number in range(66)]
    with SessionVenue(tmp_path, config_with(guarded("NON"), *flood)) as venue:
        venue.plays(right("NON", 1, 1))
        venue.plays("NON > 35=5|34=2\nNON < 35=5|34=2\nNON closed")
        venue.hashing.hold()
        for session in flood:
            venue.connect(session.comp_id)
            venue.say(session.comp_id, f"{LOGON.format(1)}|554=wrong")
        assert venue.heard() == [("A65", None)]
        venue.connect("NON")
        venue.say("NON", f"{LOGON.format(3)}|554=sesam")
        assert venue.heard() == []
        venue.answer_hashing()
        served = [who for who, data in venue.heard() if data]
        assert served[:2] == ["A00", "NON"]
        assert len(served) == 66


def test_what_a_flood_is_refused_for_is_counted(tmp_path: Path) -> None:
    """Twenty lines a second, then how many more there were."""
    with (
        capture_logs() as logs,
        SessionVenue(tmp_path, config_with(order_entry("AVA"))) as venue,
    ):
        for number in range(50):
            venue.plays(refused(f"X{number}", LOGON.format(1)))
        venue.now += NANOS_PER_SECOND
        venue.plays(refused("Y\x7f" + "y" * 99, LOGON.format(1)))
    refusals = [entry for entry in logs if entry["event"] == "logon.refused"]
    assert len(refusals) == 21
    assert refusals[-1]["comp_id"] == "Y?" + "y" * 62
    assert [entry["count"] for entry in logs if entry["event"] == "logon.refused_too"] == [30]


def test_the_session_keeps_why_its_last_logon_was_refused(tmp_path: Path) -> None:
    """With time and place; a Logon that is answered by a Logout is refused too."""
    config = config_with(order_entry("AVA", may_reset=False))
    with SessionVenue(tmp_path, config) as venue:
        said = "ResetSeqNumFlag(141)=Y is not allowed for this session"
        venue.plays(refused("AVA", f"{LOGON.format(1)}|141=Y", f"35=5|34=1|58={said}"))
        session = venue.sessions.by_comp_id["AVA"]
        assert session.refused == f"{venue.time_text()} ('127.0.0.1', 40000): {said}"
        venue.plays(f"AVA connect\nAVA > {LOGON.format(1)}\nAVA < {LOGON.format(1)}")
        assert session.refused == ""
