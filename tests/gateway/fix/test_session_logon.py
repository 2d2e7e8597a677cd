"""How a session begins and ends: numbers that go on, resets, who leaves and how.

Scripts as in tests/scenarios/session, against `FixSession` alone.
"""

from __future__ import annotations

import pytest

from gateway.fix.session_settings import SessionSettings
from tests.support.fix import SECOND, START, Dialect, our_versions
from tests.support.session_tape import LOGON, SessionTape, logged_on, plays

# Logon


@pytest.mark.parametrize(
    "logon",
    [
        "35=A|34=1|108=30",
        "35=A|34=1|98=0",
        "35=A|98=0|108=30",
        "35=A|34=1|98=0|108=30|55=ERIC-B",
        "35=A|34=1|98=0|108=x",
        "35=A|34=1|98=0|108=-1",
        "35=A|34=1|98=1|108=30",
        "35=A|34=5|98=0|108=30|141=Y",
        "35=A|34=1|52={now-121}|98=0|108=30",
        "35=A|34=1|49=NON|98=0|108=30",
        "8=FIX.4.2|35=A|34=1|49=AVA|52={now}|56=PIT|98=0|108=30",
    ],
)
def test_a_logon_that_may_not_be_leaves_no_trace(logon: str) -> None:
    """No byte, no number, no reset: as if nobody had been there."""
    tape = plays(
        f"> {logon}\nclosed", SessionTape(settings=SessionSettings("FIX.4.4", "PIT", "AVA"))
    )
    session = tape.session
    assert (session.next_in, session.out.next_out, session.resets) == (1, 1, 0)
    assert (tape.admin_moves, tape.outputs, session.connected) == ([], 0, False)


def test_numbers_go_on_from_one_connection_to_the_next() -> None:
    """What was said to nobody meanwhile is asked for; Logon and Logout count."""
    tape = logged_on()
    plays("> 35=5|34=2\n< 35=5|34=2\nclosed", tape)
    tape.publish("8", "11=ID")
    plays(
        """
        > 35=A|34=3|98=0|108=30
        < 35=A|34=4|98=0|108=30
        wait 1
        > 35=2|34=4|7=3|16=0
        < 35=8|34=3|43=Y|122={now-1}|11=ID
        < 35=4|34=4|43=Y|122={now}|36=5|123=Y
        """,
        tape,
    )


def test_a_logon_with_a_number_too_low_is_told_so() -> None:
    """The Logout says what was expected; the numbers are as before."""
    tape = logged_on()
    plays("> 35=5|34=2\n< 35=5|34=2\nclosed", tape)
    plays(
        """
        > 35=A|34=1|98=0|108=30
        < 35=5|34=3|58=MsgSeqNum too low, expecting 3 but received 1
        closed
        """,
        tape,
    )
    assert tape.session.next_in == 3


def test_a_logon_with_a_number_too_high_is_filled_in_later() -> None:
    """It is answered, the rest is asked for, and the gap fill goes over the Logon itself."""
    plays(
        """
        > 35=A|34=4|98=0|108=30
        < 35=A|34=1|98=0|108=30
        < 35=2|34=2|7=1|16=0
        > 35=1|34=5|112=HELLO
        > 35=4|34=1|43=Y|122={now}|36=5|123=Y
        < 35=0|34=3|112=HELLO
        """
    )


def test_a_reset_on_logon_starts_both_sides_at_1() -> None:
    """Asked for with 141=Y and 34=1; nothing from before can be had again."""
    tape = logged_on()
    tape.publish("8", "11=ID")
    plays("< 35=8|34=2|11=ID\ndisconnect", tape)
    plays(
        """
        > 35=A|34=1|98=0|108=30|141=Y
        < 35=A|34=1|98=0|108=30|141=Y
        > 35=2|34=2|7=1|16=0
        < 35=4|34=1|43=Y|122={now}|36=2|123=Y
        """,
        tape,
    )
    assert tape.session.resets == 1


def test_a_session_may_be_set_to_reset_on_every_logon() -> None:
    """The answer says so, for a peer that has not asked for it."""
    tape = plays("> 35=A|34=1|98=0|108=30\n< 35=A|34=1|98=0|108=30|141=Y\ndisconnect", _resets())
    plays("> 35=A|34=1|98=0|108=30\n< 35=A|34=1|98=0|108=30|141=Y", tape)


def _resets() -> SessionTape:
    return SessionTape(reset_on_logon=True)


def test_a_farewell_moves_no_number() -> None:
    """The Logout for a peer that does not get the session bears the number that stays next."""
    tape = SessionTape()
    data = tape.session.farewell("logon refused", START)
    assert tape.short("", data, START) == "35=5|34=1|58=logon refused"
    plays(LOGON, tape)


@pytest.mark.parametrize(
    ("name", "begin_string", "said"),
    [
        ("FIX.4.2", "FIX.4.2", "35=5|34=1|58=no"),
        ("FIX.4.4", "FIX.4.4", "35=5|34=1|58=no"),
        ("FIX.5.0SP2", "FIXT.1.1", "35=5|34=1|58=no|1409=5"),
    ],
)
def test_a_farewell_is_said_in_the_version_of_who_asked(
    name: str, begin_string: str, said: str
) -> None:
    """Whatever the session speaks; SessionStatus(1409) only where there is one."""
    session = SessionTape().session
    data = session.farewell("no", START, "5", our_versions()[name])
    assert Dialect("PIT", "AVA", begin_string).short(data) == said
    assert session.version.name == "FIX.4.4"


def test_a_second_logon_without_reset_only_counts() -> None:
    """Whatever it wants, the session is on already."""
    tape = logged_on()
    plays("> 35=A|34=2|98=0|108=5\n> 35=1|34=3|112=HELLO\n< 35=0|34=2|112=HELLO", tape)
    assert tape.session.next_deadline() == START + 30 * SECOND


@pytest.mark.parametrize(
    ("logon", "answer"),
    [
        (
            "35=A|34=1|98=0|141=Y",
            "35=3|34=2|45=1|58=Required tag missing|371=108|372=A|373=1",
        ),
        (
            "35=A|34=1|98=0|108=-5|141=Y",
            "35=3|34=2|45=1|58=Value is incorrect (out of range) for this tag|371=108|372=A|373=5",
        ),
    ],
)
def test_a_malformed_reset_resets_nothing(logon: str, answer: str) -> None:
    """It is rejected and the numbers go on."""
    plays(f"> {logon}\n< {answer}\n> 35=1|34=2|112=H\n< 35=0|34=3|112=H", logged_on())


def test_a_reset_in_session_begins_at_1() -> None:
    """Any other number with 141=Y ends the session."""
    plays(
        """
        > 35=A|34=2|98=0|108=30|141=Y
        < 35=5|34=2|58=MsgSeqNum(34) must be 1 with ResetSeqNumFlag(141)=Y
        closed
        """,
        logged_on(),
    )


def test_a_reset_in_session_may_change_the_interval() -> None:
    """HeartBtInt of the new Logon holds from there on."""
    plays(
        """
        > 35=A|34=1|98=0|108=5|141=Y
        < 35=A|34=1|98=0|108=5|141=Y
        wait 5
        < 35=0|34=2
        """,
        logged_on(),
    )


# Logout


def test_our_logout_is_said_once_and_the_answer_awaited() -> None:
    """Then the connection is closed, in order."""
    tape = logged_on()
    tape.session.logout("venue is stopping", tape.now)
    tape.session.logout("again", tape.now)
    outputs = tape.outputs
    assert [tape.short("", d, START) for d in tape.session.out.outbox] == [
        "35=5|34=2|58=venue is stopping"
    ]
    tape.session.out.outbox.clear()
    plays("> 35=5|34=2\nclosed", tape)
    assert (tape.outputs, tape.abrupt) == (outputs + 1, False)


def test_a_peer_that_does_not_answer_our_logout_is_left() -> None:
    """After two seconds; other messages are still taken meanwhile."""
    tape = logged_on()
    tape.session.logout("", tape.now)
    tape.session.out.outbox.clear()
    plays("> 35=1|34=2|112=HELLO\n< 35=0|34=3|112=HELLO\nwait 2\nclosed", tape)
    assert tape.session.next_in == 3


def test_a_peer_that_answers_our_logout_with_a_reset_is_left_too() -> None:
    """It is answered, and the two seconds go on."""
    tape = logged_on()
    tape.session.logout("", tape.now)
    tape.session.out.outbox.clear()
    plays(
        """
        wait 1
        > 35=A|34=1|98=0|108=30|141=Y
        < 35=A|34=1|98=0|108=30|141=Y
        wait 1
        closed
        """,
        tape,
    )


def test_logout_without_a_connection_says_nothing() -> None:
    """There is nobody to say it to."""
    tape = SessionTape()
    tape.session.logout("bye", START)
    assert (tape.session.out.next_out, tape.outputs) == (1, 0)


def test_a_connection_that_breaks_off_is_told_from_one_that_ends() -> None:
    """What becomes of open orders depends on it; a connection that never was is neither."""
    broken = plays("disconnect", logged_on())
    ended = plays("> 35=5|34=2\n< 35=5|34=2\nclosed", logged_on())
    never = plays("disconnect", SessionTape())
    assert (broken.abrupt, ended.abrupt, never.abrupt) == (True, False, False)


def test_a_logout_inside_a_gap_leaves_the_gap_due() -> None:
    """The next connection asks for what is still missing (quickfixn 896)."""
    tape = plays(
        """
        > 35=0|34=5
        < 35=2|34=2|7=2|16=0
        > 35=5|34=6
        < 35=5|34=3
        closed
        > 35=A|34=7|98=0|108=30
        < 35=A|34=4|98=0|108=30
        < 35=2|34=5|7=2|16=0
        """,
        logged_on(),
    )
    assert tape.session.next_in == 2


@pytest.mark.parametrize("logout", ["35=5|34=1", "35=5|34=1|43=Y|122={now}"])
def test_a_logout_with_a_number_too_low(logout: str) -> None:
    """It is answered as any other, and it is the end; the number that was due stays due."""
    tape = plays(f"> {logout}\n< 35=5|34=2\nclosed", logged_on())
    assert tape.session.next_in == 2
