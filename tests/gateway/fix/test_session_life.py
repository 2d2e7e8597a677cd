"""What a Logon asks of a session and what it gets: the numbers both sides expect, another version,
a reset. Scripts as in tests/gateway/fix/test_session_logon.py.
"""

from __future__ import annotations

import pytest

from gateway.fix.session_settings import SessionSettings
from gateway.fix.versions import FIX42, FIX44, FIX50SP2
from tests.support.fix import MEMBER, SECOND, START, VENUE, message, our_versions, piped
from tests.support.session_tape import ORDER, SessionTape, logged_on, plays

SINCE = [FIX44, FIX50SP2]
"""The versions that have NextExpectedMsgSeqNum(789)."""


def tape_of(version: str = FIX44, **settings: object) -> SessionTape:
    """A session with these settings whose peer speaks this version."""
    whole = SessionSettings("", VENUE, MEMBER, **settings)  # type: ignore[arg-type]
    return SessionTape(version=our_versions()[version], settings=whole)


def numbers(tape: SessionTape) -> tuple[int, int, int]:
    """Next in, next out, resets."""
    return tape.session.next_in, tape.session.out.next_out, tape.session.resets


def left(version: str = FIX44, **settings: object) -> SessionTape:
    """The peer has a Logon and a report (1 and 2); two more (3 and 4) it has not."""
    tape = plays("> 35=A|34=1|98=0|108=30\n< 35=A|34=1|98=0|108=30", tape_of(version, **settings))
    tape.publish("8", "11=ID2")
    plays("< 35=8|34=2|11=ID2\ndisconnect", tape)
    tape.publish("8", "11=ID3")
    tape.publish("8", "11=ID4")
    return tape


# What the peer expects next


@pytest.mark.parametrize("version", SINCE)
def test_a_peer_that_misses_nothing_is_sent_nothing(version: str) -> None:
    """789 is our next number: the answer says what we expect after this Logon, and that is all."""
    tape = left(version)
    plays(
        """
        > 35=A|34=2|98=0|108=30|789=5
        < 35=A|34=5|98=0|108=30|789=3
        > 35=1|34=3|112=H
        < 35=0|34=6|112=H
        """,
        tape,
    )


@pytest.mark.parametrize("version", SINCE)
def test_what_a_peer_misses_is_sent_unasked(version: str) -> None:
    """Our Logon first, then what it has not got, then a gap fill over that Logon."""
    tape = left(version)
    plays(
        """
        wait 1
        > 35=A|34=2|98=0|108=30|789=3
        < 35=A|34=5|98=0|108=30|789=3
        < 35=8|34=3|43=Y|122={now-1}|11=ID3
        < 35=8|34=4|43=Y|122={now-1}|11=ID4
        < 35=4|34=5|43=Y|122={now}|36=6|123=Y
        > 35=1|34=3|112=H
        < 35=0|34=6|112=H
        """,
        tape,
    )


def test_a_peer_that_misses_a_logon_only_gets_a_gap_fill() -> None:
    """Admin messages are not sent again."""
    tape = plays("> 35=5|34=2\n< 35=5|34=2\nclosed", logged_on())
    plays(
        """
        > 35=A|34=3|98=0|108=30|789=2
        < 35=A|34=3|98=0|108=30|789=4
        < 35=4|34=2|43=Y|122={now}|36=4|123=Y
        """,
        tape,
    )


def test_a_peer_that_asks_nevertheless_is_answered() -> None:
    """A ResendRequest that 789 made needless brings the same again."""
    plays(
        """
        > 35=A|34=2|98=0|108=30|789=4
        < 35=A|34=5|98=0|108=30|789=3
        < 35=8|34=4|43=Y|122={now}|11=ID4
        < 35=4|34=5|43=Y|122={now}|36=6|123=Y
        > 35=2|34=3|7=4|16=4
        < 35=8|34=4|43=Y|122={now}|11=ID4
        """,
        left(),
    )


@pytest.mark.parametrize("version", SINCE)
def test_a_peer_that_expects_what_we_have_not_said_is_refused(version: str) -> None:
    """A Logout says what the most is; no number has moved, and the right one is let in."""
    tape = left(version)
    before, moves = numbers(tape), len(tape.admin_moves)
    plays(
        """
        > 35=A|34=2|98=0|108=30|789=6
        < 35=5|34=5|58=NextExpectedMsgSeqNum(789) must be at most 5, was 6
        closed
        """,
        tape,
    )
    assert (numbers(tape), len(tape.admin_moves), tape.abrupt) == (before, moves, False)
    plays("> 35=A|34=2|98=0|108=30|789=5\n< 35=A|34=5|98=0|108=30|789=3", tape)


def test_a_number_too_low_is_told_before_what_is_expected() -> None:
    """Of two things that are wrong the first is said."""
    plays(
        """
        > 35=A|34=1|98=0|108=30|789=99
        < 35=5|34=5|58=MsgSeqNum too low, expecting 2 but received 1
        closed
        """,
        left(),
    )


def test_both_sides_may_miss_something() -> None:
    """We send ours unasked and wait for theirs; nobody asks."""
    tape = left()
    plays(
        f"""
        > 35=A|34=4|98=0|108=30|789=4
        < 35=A|34=5|98=0|108=30|789=2
        < 35=8|34=4|43=Y|122={{now}}|11=ID4
        < 35=4|34=5|43=Y|122={{now}}|36=6|123=Y
        > 35=D|34=2|43=Y|122={{now}}|{ORDER}
        > 35=4|34=3|43=Y|122={{now}}|36=5|123=Y
        > 35=1|34=5|112=H
        < 35=0|34=6|112=H
        """,
        tape,
    )
    assert [message.fields["34"] for message in tape.took] == ["2"]


def test_a_peer_that_goes_on_without_sending_what_we_miss_is_asked() -> None:
    """It saw from our Logon what is missing, and did not send it."""
    plays(
        """
        > 35=A|34=4|98=0|108=30|789=5
        < 35=A|34=5|98=0|108=30|789=2
        > 35=0|34=5
        < 35=2|34=6|7=2|16=0
        > 35=0|34=6
        > 35=4|34=2|43=Y|122={now}|36=7|123=Y
        > 35=1|34=7|112=H
        < 35=0|34=7|112=H
        """,
        left(),
    )


def test_fix_4_2_has_no_789() -> None:
    """The field is none of it: not a byte is answered."""
    tape = plays("> 35=A|34=1|98=0|108=30|789=1\nclosed", tape_of(FIX42))
    assert (tape.why_not, numbers(tape)) == (
        "Invalid tag number (789)",
        (1, 1, 0),
    )


def test_a_reset_expects_1() -> None:
    """More than that with ResetSeqNumFlag is refused before anything is reset."""
    tape = left()
    before = numbers(tape)
    plays(
        """
        > 35=A|34=1|98=0|108=30|141=Y|789=2
        < 35=5|34=5|58=NextExpectedMsgSeqNum(789) must be at most 1, was 2
        closed
        """,
        tape,
    )
    assert numbers(tape) == before
    plays(
        "> 35=A|34=1|98=0|108=30|141=Y|789=1\n< 35=A|34=1|98=0|108=30|141=Y|789=2",
        tape,
    )
    assert numbers(tape) == (2, 2, 1)


def test_a_peer_does_not_know_of_a_reset_of_ours() -> None:
    """What it expects of numbers that are gone is not held against it."""
    tape = left(reset_on_logon=False)
    tape.session.configure(SessionSettings("", VENUE, MEMBER, reset_on_logon=True))
    plays("> 35=A|34=1|98=0|108=30|789=3\n< 35=A|34=1|98=0|108=30|141=Y|789=2", tape)


# Sizes and application versions


@pytest.mark.parametrize("version", [FIX42, FIX44, FIX50SP2])
def test_the_longest_message_is_told_to_who_tells_its_own(version: str) -> None:
    """MaxMessageSize in the answer is ours."""
    plays("> 35=A|34=1|98=0|108=30|383=8192\n< 35=A|34=1|98=0|108=30|383=65536", tape_of(version))


def test_the_answer_of_fixt_says_what_it_carries() -> None:
    """DefaultApplVerID(1137) of the answer is that of the Logon."""
    tape = tape_of(FIX50SP2)
    tape.say("", "35=A|34=1|98=0|108=30|1137=9")
    ((_, answer),) = tape.heard()
    assert answer is not None
    assert piped(answer).rpartition("|10=")[0].endswith("|56=AVA|98=0|108=30|1137=9")


@pytest.mark.parametrize("appl_ver_id", ["8", "7"])
def test_a_message_of_another_application_version_is_rejected(appl_ver_id: str) -> None:
    """ApplVerID(1128) must be that of the session: Reject 373=18, by either way of decoding."""
    order = ORDER.replace("{now}", "20261122-12:00:00")
    tape = plays(
        f"""
        > 35=A|34=1|98=0|108=30
        < 35=A|34=1|98=0|108=30
        > 35=D|34=2|1128=9|{order}
        > 35=D|34=3|1128=9|{order}
        > 35=D|34=4|1128={appl_ver_id}|{order}
        < 35=3|34=2|45=4|58=Invalid/Unsupported Application Version|371=1128|372=D|373=18
        > 35=D|34=5|{order}
        """,
        tape_of(FIX50SP2),
    )
    assert [message.fields["34"] for message in tape.took] == ["2", "3", "5"]


# Resets that may not be


@pytest.mark.parametrize("version", [FIX42, FIX44, FIX50SP2])
def test_a_reset_may_be_forbidden(version: str) -> None:
    """141=Y is refused with words, no number moves, and without it the session goes on."""
    tape = left(version, may_reset=False)
    before = numbers(tape)
    plays(
        """
        > 35=A|34=1|98=0|108=30|141=Y
        < 35=5|34=5|58=ResetSeqNumFlag(141)=Y is not allowed for this session
        closed
        """,
        tape,
    )
    assert (numbers(tape), tape.abrupt) == (before, False)
    plays("> 35=A|34=2|98=0|108=30\n< 35=A|34=5|98=0|108=30", tape)


def test_a_reset_in_session_may_be_forbidden() -> None:
    """It ends the session; nothing is reset."""
    tape = left(may_reset=False)
    plays(
        """
        > 35=A|34=2|98=0|108=30
        < 35=A|34=5|98=0|108=30
        > 35=A|34=1|98=0|108=30|141=Y
        < 35=5|34=6|58=ResetSeqNumFlag(141)=Y is not allowed for this session
        closed
        """,
        tape,
    )
    assert numbers(tape) == (3, 7, 0)


# Versions


@pytest.mark.parametrize("version", [FIX42, FIX44, FIX50SP2])
def test_a_reset_in_session_is_answered_in_its_version(version: str) -> None:
    """Both numbers start again; what a Logon of the version must have is in the answer."""
    tape = plays(
        """
        > 35=A|34=1|98=0|108=30
        < 35=A|34=1|98=0|108=30
        > 35=1|34=2|112=H
        < 35=0|34=2|112=H
        > 35=A|34=1|98=0|108=30|141=Y
        < 35=A|34=1|98=0|108=30|141=Y
        > 35=1|34=2|112=H
        < 35=0|34=2|112=H
        """,
        tape_of(version),
    )
    assert numbers(tape) == (3, 3, 1)


def test_a_reset_in_session_of_fixt_says_what_it_carries() -> None:
    """Without DefaultApplVerID, or with another one, it is rejected and resets nothing."""
    plays(
        """
        > 35=A|34=1|98=0|108=30
        < 35=A|34=1|98=0|108=30
        > 8=FIXT.1.1|35=A|34=1|49=AVA|52={now}|56=PIT|98=0|108=30|141=Y
        < 35=3|34=2|45=1|58=Required tag missing|371=1137|372=A|373=1
        > 35=A|34=1|98=0|108=30|141=Y|1137=8
        < 35=3|34=3|45=1|58=Value is incorrect (out of range) for this tag|371=1137|372=A|373=5
        > 35=1|34=2|112=H
        < 35=0|34=4|112=H
        """,
        tape_of(FIX50SP2),
    )


def changed(tape: SessionTape, version: str) -> SessionTape:
    """The peer comes again in another version."""
    tape.version = our_versions()[version]
    return tape


@pytest.mark.parametrize("version", [FIX42, FIX50SP2])
def test_what_was_sent_in_one_version_is_not_sent_in_another(version: str) -> None:
    """While messages are kept, a Logon in another version is dropped without a byte."""
    tape = changed(left(), version)
    before, moves = numbers(tape), len(tape.admin_moves)
    plays("> 35=A|34=2|98=0|108=30\nclosed", tape)
    assert tape.why_not.startswith("BeginString(8) must be FIX.4.4 until a reset (141=Y), was FIX")
    assert (numbers(tape), len(tape.admin_moves)) == (before, moves)
    plays("> 35=A|34=2|98=0|108=30\n< 35=A|34=5|98=0|108=30", changed(tape, FIX44))


@pytest.mark.parametrize("version", [FIX42, FIX50SP2])
def test_a_reset_may_change_the_version(version: str) -> None:
    """Nothing is left that would have to be sent again; from there on it is the new one's."""
    tape = plays(
        """
        > 35=A|34=1|98=0|108=30|141=Y
        < 35=A|34=1|98=0|108=30|141=Y
        > 35=1|34=2|112=H
        < 35=0|34=2|112=H
        """,
        changed(left(), version),
    )
    assert (numbers(tape), tape.session.version.name) == ((3, 3, 1), version)


def test_a_forbidden_reset_changes_no_version() -> None:
    """What is kept would be lost to the peer for good: not a byte, and the old version goes on."""
    tape = changed(left(may_reset=False), FIX42)
    plays("> 35=A|34=1|98=0|108=30|141=Y\nclosed", tape)
    assert (tape.session.version.name, numbers(tape)) == (FIX44, (2, 5, 0))
    plays("> 35=A|34=2|98=0|108=30\n< 35=A|34=5|98=0|108=30", changed(tape, FIX44))


@pytest.mark.parametrize("version", [FIX42, FIX50SP2])
def test_a_session_that_was_sent_nothing_may_change_its_version(version: str) -> None:
    """Admin messages are not sent again, so numbers go on; the change is there for the log."""
    tape = plays("> 35=5|34=2\n< 35=5|34=2\nclosed", logged_on())
    moves = len(tape.admin_moves)
    plays("> 35=A|34=3|98=0|108=30\n< 35=A|34=3|98=0|108=30", changed(tape, version))
    assert tape.session.version.name == version
    assert tape.admin_moves[moves:] == [(3, 3), (4, 4)]


def test_a_version_that_is_configured_is_the_only_one() -> None:
    """A Logon in another one is dropped without a byte, reset or not."""
    settings = SessionSettings("FIX.4.2", VENUE, MEMBER)
    tape = SessionTape(version=our_versions()[FIX44], settings=settings)
    plays("> 35=A|34=1|98=0|108=30|141=Y\nclosed", tape)
    assert tape.why_not == "BeginString(8) must be FIX.4.2, was FIX.4.4"
    plays("> 35=A|34=1|98=0|108=30\n< 35=A|34=1|98=0|108=30", changed(tape, FIX42))


@pytest.mark.parametrize("version", [FIX42, FIX44, FIX50SP2])
def test_another_begin_string_ends_the_session(version: str) -> None:
    """Once it is on, every message must be of its version (2i)."""
    other = "FIX.4.4" if version != FIX44 else "FIX.4.2"
    plays(
        f"""
        > 35=A|34=1|98=0|108=30
        < 35=A|34=1|98=0|108=30
        > 8={other}|35=0|34=2|49=AVA|52={{now}}|56=PIT
        < 35=5|34=2|58=Incorrect BeginString
        wait 2
        closed
        """,
        tape_of(version),
    )


# Why a session ended


@pytest.mark.parametrize(("version", "status"), [(FIX42, ""), (FIX44, ""), (FIX50SP2, "|1409=7")])
def test_a_status_is_said_where_there_is_one(version: str, status: str) -> None:
    """Logout says it in FIXT.1.1, elsewhere the text has to do."""
    tape = plays("> 35=A|34=1|98=0|108=30\n< 35=A|34=1|98=0|108=30", tape_of(version))
    tape.session.logout("session end", tape.now, "7")
    said = [tape.short("", data, START) for data in tape.session.out.outbox]
    assert said == [f"35=5|34=2|58=session end{status}"]
    assert tape.session.last_words == "session end"


# Settings that change


def test_settings_may_change_under_way() -> None:
    """A shorter wait for the answer to a Logout holds at once; the version stays."""
    tape = logged_on()
    tape.session.configure(
        SessionSettings("FIX.4.2", VENUE, MEMBER, logout_timeout_nanos=SECOND, time_digits=6)
    )
    assert tape.session.version.name == FIX44
    tape.session.logout("", tape.now)
    assert tape.session.next_deadline() == tape.now + SECOND
    assert b"\x0152=20261122-12:00:00.000000\x01" in tape.session.out.outbox[0]


def test_what_is_wrong_with_a_logon_can_be_asked_beforehand() -> None:
    """`objects_to` says what `connect` will, changes nothing, and the Logon may be used then."""
    tape = logged_on()
    version = our_versions()[FIX44]
    for text, why in [
        ("35=A|34=3|98=0|108=-1", "HeartBtInt(108) must be at least 0, was -1"),
        ("35=A|34=3|98=0|108=30", ""),
    ]:
        logon = version.decoder.parse(message(text, tape.now))
        assert logon is not None
        assert tape.session.objects_to(logon, version, tape.now) == why
        assert (numbers(tape), tape.session.connected) == ((2, 2, 0), True)
    tape.disconnect("")
    assert logon is not None
    assert tape.session.connect(logon, version, tape.now) == ""


def test_closing_without_a_connection_does_nothing() -> None:
    """Whoever asks may learn late that the peer has gone: the next connection is not its end."""
    tape = logged_on()
    tape.disconnect("")
    tape.session.close_with("too late", tape.now)
    assert (tape.session.wants_close, tape.session.out.outbox) == (False, [])


def test_what_a_peer_misses_is_sent_with_the_answer() -> None:
    """The first slice of it, before the turn ends."""
    tape = left()
    logon = message("35=A|34=2|98=0|108=30|789=3")
    parsed = tape.version.decoder.parse(logon)
    assert parsed is not None
    assert tape.session.connect(parsed, tape.version, tape.now) == ""
    assert len(tape.session.out.outbox) == 4


def test_a_logout_is_sent_at_the_time_it_is_said() -> None:
    """Not at that of the last message."""
    tape = logged_on()
    tape.now += 5 * SECOND
    tape.session.logout("venue is stopping", tape.now)
    tape._drain()
    ((_, data),) = tape.heard()
    assert data is not None
    assert tape.short("", data, tape.now) == "35=5|34=2|58=venue is stopping"


def test_a_farewell_says_no_status_unless_it_is_given_one() -> None:
    """SessionStatus(1409), in the version that has it."""
    session = tape_of(FIX50SP2).session
    said = [
        session.farewell("no", START),
        session.farewell("no", START, "5"),
        session.farewell("no", START, "5", our_versions()[FIX44]),
    ]
    assert [b"\x011409=" in data for data in said] == [False, True, False]
