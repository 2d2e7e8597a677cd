"""The session as a machine: messages in sequence, time, and what its owner is told.

Scripts as in tests/scenarios/session, against `FixSession` alone; test_session_logon and
test_session_gaps are the rest of its tests, and the session cases stand above them all.
"""

from __future__ import annotations

import pytest

from gateway.fix.message import Message, reject
from gateway.fix.session import FixSession
from tests.support.fix import SECOND, START, at
from tests.support.session_tape import LOGON, ORDER, SessionTape, logged_on, plays

# Numbers


@pytest.mark.parametrize("number", ["", "34=|", "34=x|", "34=-2|", f"34={'9' * 19}|", "34=2.0|"])
def test_a_message_without_a_number_ends_the_session(number: str) -> None:
    """Nothing that came after it could be in sequence."""
    plays(
        f"""
        > 8=FIX.4.4|35=0|{number}49=AVA|52={{now}}|56=PIT
        < 35=5|34=2|58=MsgSeqNum(34) must be a number
        closed
        """,
        logged_on(),
    )


def test_a_number_with_zeros_in_front_is_the_number() -> None:
    """As numbers go."""
    plays("> 35=1|34=0002|112=A\n< 35=0|34=2|112=A", logged_on())


def test_an_application_message_is_handed_on_with_its_number_taken() -> None:
    """First by the long way, then by its shape, then out of a gap."""
    seen: list[tuple[int, str]] = []
    tape = SessionTape(
        application=lambda session, m: seen.append((session.next_in, m.fields["34"]))
    )
    plays(
        f"""
        {LOGON}
        > 35=D|34=2|{ORDER}
        > 35=D|34=3|{ORDER}
        > 35=D|34=5|{ORDER}
        < 35=2|34=2|7=4|16=0
        > 35=D|34=4|{ORDER}
        """,
        tape,
    )
    assert seen == [(3, "2"), (4, "3"), (5, "4"), (6, "5")]
    assert tape.took[0].fields["60"] == at("{now}", START)


def test_the_quick_way_is_not_taken_for_what_is_out_of_order() -> None:
    """A known shape out of sequence, from somebody else or too old is treated like any other."""
    plays(
        f"""
        > 35=D|34=2|{ORDER}
        > 35=D|34=4|{ORDER}
        < 35=2|34=2|7=3|16=0
        > 35=D|34=2|{ORDER}
        < 35=5|34=3|58=MsgSeqNum too low, expecting 3 but received 2
        closed
        """,
        logged_on(),
    )
    plays(
        f"""
        > 35=D|34=2|{ORDER}
        > 35=D|34=3|52={{now-200}}|{ORDER}
        < 35=3|34=2|45=3|58=SendingTime accuracy problem|372=D|373=10
        < 35=5|34=3
        """,
        logged_on(),
    )


def test_a_garbled_message_is_silence() -> None:
    """Also for the count of silence it is a sign of life."""
    tape = logged_on()
    plays("wait 20\n> 8=FIX.4.4|9=5|34=2|35=0\n> 35=0|34=2|garbled\nwait 10\n< 35=0|34=2", tape)
    assert tape.session.next_in == 2


def test_the_application_may_reject_too() -> None:
    """What it finds wrong is rejected like what the dictionary finds; the number counts."""

    def refuse(session: FixSession, message: Message) -> None:
        raise reject(6, "432")

    plays(
        f"""
        {LOGON}
        > 35=D|34=2|{ORDER}
        < 35=3|34=2|45=2|58=Incorrect data format for value|371=432|372=D|373=6
        > 35=D|34=3|{ORDER}
        < 35=3|34=3|45=3|58=Incorrect data format for value|371=432|372=D|373=6
        """,
        SessionTape(application=refuse),
    )


def test_types_that_are_not_served_are_handed_on_unchecked() -> None:
    """The application says what it does not take; nobody asks whether it is well-formed."""
    tape = plays("> 35=B|34=2|999=x|148=\n> 35=AE|34=3", logged_on())
    assert [message.msg_type for message in tape.took] == ["B", "AE"]
    assert tape.took[0].pairs is not None


def test_another_version_in_the_middle_ends_the_session() -> None:
    """The Logout says so, and no number moves (2i)."""
    tape = plays(
        """
        > 8=FIX.4.2|35=0|34=2|49=AVA|52={now}|56=PIT
        < 35=5|34=2|58=Incorrect BeginString
        > 8=FIX.4.2|35=0|34=3|49=AVA|52={now}|56=PIT
        wait 2
        closed
        """,
        logged_on(),
    )
    assert tape.session.next_in == 2


def test_a_stranger_out_of_sequence_moves_no_number() -> None:
    """The wrong comp id is what is rejected, whatever the number (2k)."""
    tape = plays(
        """
        > 35=0|34=9|49=NON
        < 35=3|34=2|45=9|58=CompID problem|372=0|373=9
        < 35=5|34=3
        """,
        logged_on(),
    )
    assert tape.session.next_in == 2


def test_a_type_that_fix_does_not_have() -> None:
    """Rejected without a look at its fields; its number counts (2q)."""
    plays(
        """
        > 35=ZZ|34=2|999=x
        < 35=3|34=2|45=2|58=Invalid MsgType|372=ZZ|373=11
        > 35=1|34=3|112=H
        < 35=0|34=3|112=H
        """,
        logged_on(),
    )


# Time


def test_a_session_without_a_connection_awaits_nothing() -> None:
    """Neither before the first nor after the last."""
    tape = SessionTape()
    assert tape.session.next_deadline() is None
    tape.session.on_timer(START)
    plays(LOGON, tape)
    assert tape.session.next_deadline() == START + 30 * SECOND
    tape.disconnect("")
    assert tape.session.next_deadline() is None


def test_a_call_before_anything_is_due_does_nothing() -> None:
    """The owner's timer may be early."""
    tape = logged_on()
    tape.session.on_timer(START + 29 * SECOND)
    assert (tape.session.out.outbox, tape.session.wants_close) == ([], False)


def test_a_silent_peer_is_left_without_a_logout() -> None:
    """Its orders are those of a lost connection."""
    tape = plays(
        """
        wait 30
        < 35=0|34=2
        wait 6
        < 35=1|34=3|112=TEST
        wait 36
        closed
        """,
        logged_on(),
    )
    assert tape.abrupt is True


def test_application_messages_keep_heartbeats_away() -> None:
    """Heartbeats are for silence."""
    tape = logged_on()
    plays("wait 20\n> 35=0|34=2", tape)
    tape.publish("8", "11=ID")
    plays("< 35=8|34=2|11=ID\nwait 29\nwait 1\n< 35=0|34=3", tape)


def test_no_heartbeats_at_all_if_none_are_wanted() -> None:
    """HeartBtInt 0."""
    plays("> 35=A|34=1|98=0|108=0\n< 35=A|34=1|98=0|108=0\nwait 100000")


def test_the_largest_interval_there_can_be() -> None:
    """Eighteen digits are a number like any other."""
    tape = plays(f"> 35=A|34=1|98=0|108={'9' * 18}\n< 35=A|34=1|98=0|108={'9' * 18}")
    assert tape.session.next_deadline() == START + (10**18 - 1) * SECOND


# What the owner is told


def test_the_owner_hears_of_every_number_that_moves() -> None:
    """After each admin message, in or out: what is expected next, what is sent next."""
    tape = plays(
        """
        > 35=0|34=2
        > 35=1|34=3|112=H
        < 35=0|34=2|112=H
        > 35=3|34=4|45=2
        > 35=4|34=5|36=9|123=Y
        > 35=5|34=9
        < 35=5|34=3
        closed
        """,
        logged_on(),
    )
    assert tape.admin_moves == [(2, 2), (3, 2), (4, 3), (5, 3), (9, 3), (10, 4)]


def test_a_session_shows_who_and_where_it_is() -> None:
    """For the operator's log."""
    tape = logged_on()
    assert repr(tape.session) == "<FixSession AVA FIX.4.4 connected in=2 out=2>"
    tape.disconnect("")
    assert repr(tape.session) == "<FixSession AVA FIX.4.4 disconnected in=2 out=2>"
