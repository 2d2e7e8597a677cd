"""Numbers out of order: gaps, gap fills, resets of numbers, resent messages, resend requests.

Scripts as in tests/scenarios/session, against `FixSession` alone.
"""

from __future__ import annotations

import pytest

from gateway.fix.session_settings import SessionSettings
from tests.support.fix import MEMBER, START, VENUE, message, pairs_of
from tests.support.session_tape import LOGON, ORDER, SessionTape, logged_on, plays

# Gaps


def test_a_rejected_resend_request_fills_its_place() -> None:
    """It was missing, it is malformed, and what waits behind it comes next."""
    plays(
        """
        > 35=1|34=3|112=HELLO
        < 35=2|34=2|7=2|16=0
        > 35=2|34=2|7=1
        < 35=3|34=3|45=2|58=Required tag missing|371=16|372=2|373=1
        < 35=0|34=4|112=HELLO
        """,
        logged_on(),
    )


def test_a_malformed_resend_request_too_early_still_shows_a_gap() -> None:
    """It is rejected, and what is missing before it is asked for."""
    plays(
        """
        > 35=2|34=3|7=1
        < 35=3|34=2|45=3|58=Required tag missing|371=16|372=2|373=1
        < 35=2|34=3|7=2|16=0
        """,
        logged_on(),
    )


def test_a_second_gap_is_asked_for_when_the_first_is_closed() -> None:
    """One request for each gap, not for each message behind it."""
    plays(
        """
        > 35=0|34=3
        < 35=2|34=2|7=2|16=0
        > 35=0|34=4
        > 35=0|34=2
        > 35=0|34=7
        < 35=2|34=3|7=5|16=0
        """,
        logged_on(),
    )


def test_a_gap_fill_may_go_over_what_was_kept() -> None:
    """Kept messages whose numbers it skips are not taken."""
    tape = plays(
        f"""
        > 35=D|34=4|{ORDER}
        < 35=2|34=2|7=2|16=0
        > 35=4|34=2|43=Y|122={{now}}|36=10|123=Y
        > 35=1|34=10|112=HELLO
        < 35=0|34=3|112=HELLO
        """,
        logged_on(),
    )
    assert tape.took == []


def test_a_reset_may_close_a_gap() -> None:
    """What is kept from its number on is taken."""
    plays(
        """
        > 35=1|34=5|112=HELLO
        < 35=2|34=2|7=2|16=0
        > 35=4|34=0|36=5
        < 35=0|34=3|112=HELLO
        """,
        logged_on(),
    )


def test_what_is_kept_waits_no_longer_than_the_session() -> None:
    """Behind a message that ends it nothing is taken; a new connection starts without a gap."""
    tape = plays(
        f"""
        > 35=D|34=3|{ORDER}
        < 35=2|34=2|7=2|16=0
        > 35=0|34=1
        < 35=5|34=3|58=MsgSeqNum too low, expecting 2 but received 1
        closed
        > 35=A|34=2|98=0|108=30
        < 35=A|34=4|98=0|108=30
        > 35=1|34=3|112=HELLO
        < 35=0|34=5|112=HELLO
        """,
        logged_on(),
    )
    assert tape.took == []


def test_nothing_kept_is_taken_after_the_end() -> None:
    """The missing message ends the session: the kept order behind it is not carried out."""
    tape = plays(
        f"""
        > 35=D|34=3|{ORDER}
        < 35=2|34=2|7=2|16=0
        > 35=0|34=2|49=NON
        < 35=3|34=3|45=2|58=CompID problem|372=0|373=9
        < 35=5|34=4
        > 35=5|34=4
        closed
        """,
        logged_on(),
    )
    assert tape.took == []


@pytest.mark.parametrize(
    ("fill", "answer"),
    [
        ("36=2|123=Y", "45=2|58=Value is incorrect (out of range) for this tag|371=36|372=4|373=5"),
        ("36=1|123=Y", "45=2|58=Value is incorrect (out of range) for this tag|371=36|372=4|373=5"),
        ("36=x|123=Y", "45=2|58=Incorrect data format for value|371=36|372=4|373=6"),
        ("123=Y", "45=2|58=Required tag missing|371=36|372=4|373=1"),
    ],
)
def test_a_gap_fill_goes_forward(fill: str, answer: str) -> None:
    """One that does not is rejected, and its own number counts."""
    plays(
        f"> 35=4|34=2|{fill}\n< 35=3|34=2|{answer}\n> 35=1|34=3|112=H\n< 35=0|34=3|112=H",
        logged_on(),
    )


def test_a_malformed_reset_of_numbers_moves_nothing() -> None:
    """It is rejected, and even its own number stays due."""
    plays(
        """
        > 35=4|34=2|36=x
        < 35=3|34=2|45=2|58=Incorrect data format for value|371=36|372=4|373=6
        > 35=1|34=2|112=H
        < 35=0|34=3|112=H
        """,
        logged_on(),
    )


def test_a_reset_of_numbers_cannot_go_back() -> None:
    """The number that is due stays due (11c); to that very number it may go (11b)."""
    plays(
        """
        > 35=4|34=9|36=1
        < 35=3|34=2|45=9|58=Value is incorrect (out of range) for this tag|372=4|373=5
        > 35=4|34=9|36=2
        > 35=1|34=2|112=H
        < 35=0|34=3|112=H
        """,
        logged_on(),
    )


# Possible duplicates


def test_a_late_duplicate_is_ignored_if_its_times_make_sense() -> None:
    """Without OrigSendingTime it is rejected, with one after SendingTime it is the end."""
    plays(
        """
        > 35=0|34=2
        > 35=0|34=2|43=Y|122={now}
        > 35=0|34=2|43=Y
        < 35=3|34=2|45=2|58=Required tag missing|371=122|372=0|373=1
        > 35=0|34=2|43=Y|122={now+1}
        < 35=3|34=3|45=2|58=SendingTime accuracy problem|372=0|373=10
        < 35=5|34=4
        > 35=5|34=3
        closed
        """,
        logged_on(),
    )


def test_a_resent_message_in_its_turn_is_checked_like_one_that_is_late() -> None:
    """OrigSendingTime after SendingTime ends the session; a missing one costs the message."""
    plays(
        """
        > 35=0|34=2|43=Y
        < 35=3|34=2|45=2|58=Required tag missing|371=122|372=0|373=1
        > 35=0|34=3|43=Y|122={now+10}
        < 35=3|34=3|45=3|58=SendingTime accuracy problem|372=0|373=10
        < 35=5|34=4
        """,
        logged_on(),
    )


def test_a_late_resend_request_is_answered_if_it_is_new() -> None:
    """With 43=Y it is ignored; without it a peer that has lost count gets what it wants."""
    plays(
        """
        > 35=2|34=2|7=1|16=0
        < 35=4|34=1|43=Y|122={now}|36=2|123=Y
        > 35=2|34=2|43=Y|122={now}|7=1|16=0
        > 35=2|34=2|7=1|16=0
        < 35=4|34=1|43=Y|122={now}|36=2|123=Y
        > 35=1|34=3|112=H
        < 35=0|34=2|112=H
        """,
        logged_on(),
    )


def test_asking_for_what_was_never_sent_gets_nothing() -> None:
    """The request counts."""
    plays(
        "> 35=2|34=2|7=9|16=0\n> 35=2|34=3|7=2|16=1\n> 35=1|34=4|112=H\n< 35=0|34=2|112=H",
        logged_on(),
    )


def test_a_long_resend_goes_on_when_its_owner_says_so() -> None:
    """More than a turn's worth is left pending, and numbers go on beside it."""
    tape = logged_on()
    for n in range(250):
        tape.publish("8", f"11=ID{n}")
    tape.heard()
    tape.session.receive(message("35=2|34=2|7=1|16=0"), START)
    out = tape.session.out
    assert (len(out.outbox), out.resend.pending, out.next_out) == (100, True, 252)
    out.continue_resend(START)
    out.continue_resend(START)
    assert (len(out.outbox), out.resend.pending, out.next_out) == (251, False, 252)


def test_a_gap_filled_by_first_sendings_is_closed_too() -> None:
    """A peer may send the missing ones without PossDupFlag; the next gap is asked for again."""
    plays(
        """
        connect
        > 35=A|34=5|98=0|108=30
        < 35=A|34=1|98=0|108=30
        < 35=2|34=2|7=1|16=0
        > 35=0|34=1
        > 35=0|34=2
        > 35=0|34=3
        > 35=0|34=4
        > 35=0|34=5
        > 35=0|34=6
        > 35=0|34=9
        < 35=2|34=3|7=7|16=0
        """,
        SessionTape(),
    )


# Gaps of many


def in_parts(most: int) -> SessionTape:
    """A session that asks for so many messages at once, logged on."""
    settings = SessionSettings("", VENUE, MEMBER, resend_messages_max=most)
    return plays(LOGON, SessionTape(settings=settings))


def test_a_long_gap_is_asked_for_in_parts() -> None:
    """Each part when the one before has come; the last one to the end of whatever there is."""
    tape = in_parts(3)
    plays(
        f"""
        > 35=D|34=9|{ORDER}
        < 35=2|34=2|7=2|16=4
        > 35=D|34=10|{ORDER}
        > 35=D|34=2|43=Y|122={{now}}|{ORDER}
        > 35=4|34=3|43=Y|122={{now}}|36=4|123=Y
        > 35=D|34=4|43=Y|122={{now}}|{ORDER}
        < 35=2|34=3|7=5|16=7
        > 35=4|34=5|43=Y|122={{now}}|36=8|123=Y
        < 35=2|34=4|7=8|16=0
        > 35=D|34=8|43=Y|122={{now}}|{ORDER}
        > 35=1|34=11|112=H
        < 35=0|34=5|112=H
        """,
        tape,
    )
    assert [message.fields["34"] for message in tape.took] == ["2", "4", "8", "9", "10"]


def test_a_gap_of_thousands_is_filled_in_parts() -> None:
    """One request for each part, every message taken once and in order."""
    last, most = 5_000, 700
    tape = in_parts(most)
    tape.say("", f"35=D|34={last}|{ORDER}")
    requests = []
    while tape.session.next_in <= last:
        (request_,) = [pairs_of(data) for _, data in tape.heard() if data]
        fields = dict(request_)
        begin, end = int(fields["7"]), int(fields["16"]) or last
        requests.append((begin, int(fields["16"])))
        for seq in range(begin, min(end, last - 1) + 1):
            tape.say("", f"35=D|34={seq}|43=Y|122={{now}}|{ORDER}")
    assert requests == [*((2 + i * most, 1 + (i + 1) * most) for i in range(7)), (4_902, 0)]
    assert [int(message.fields["34"]) for message in tape.took] == list(range(2, last + 1))
    assert tape.heard() == []


def test_a_gap_fill_beyond_a_part_is_all_that_was_missing() -> None:
    """The peer may skip as far as it likes: nothing more is asked for."""
    plays(
        """
        > 35=0|34=9
        < 35=2|34=2|7=2|16=4
        > 35=4|34=2|43=Y|122={now}|36=9|123=Y
        > 35=1|34=10|112=H
        < 35=0|34=3|112=H
        """,
        in_parts(3),
    )


def test_a_gap_in_a_logon_is_asked_for_in_parts() -> None:
    """The Logon's own number is beyond the last of them."""
    settings = SessionSettings("", VENUE, MEMBER, resend_messages_max=2)
    plays(
        """
        > 35=A|34=5|98=0|108=30
        < 35=A|34=1|98=0|108=30
        < 35=2|34=2|7=1|16=2
        > 35=4|34=1|43=Y|122={now}|36=3|123=Y
        < 35=2|34=3|7=3|16=0
        > 35=4|34=3|43=Y|122={now}|36=6|123=Y
        > 35=1|34=6|112=H
        < 35=0|34=4|112=H
        """,
        SessionTape(settings=settings),
    )


def test_a_message_of_another_comp_id_uses_up_one_number() -> None:
    """It is rejected and ends the session; the next Logon has the number behind it."""
    tape = logged_on()
    plays(
        "> 35=1|34=2|49=XYZ|112=HELLO\n< 35=3|34=2|45=2|58=CompID problem|372=1|373=9\n< 35=5|34=3",
        tape,
    )
    assert tape.session.next_in == 3


def test_a_resent_resend_request_must_say_when_it_was_first_sent() -> None:
    """As every possible duplicate below the number that is due; it is not acted on."""
    plays(
        """
        > 35=0|34=2
        > 35=2|34=2|43=Y|7=1|16=0
        < 35=3|34=2|45=2|58=Required tag missing|371=122|372=2|373=1
        > 35=2|34=2|43=Y|122={now}|7=1|16=0
        """,
        logged_on(),
    )


def test_the_settings_of_a_running_session_say_how_much_is_asked_for() -> None:
    """From the next gap on."""
    tape = logged_on()
    tape.session.configure(SessionSettings("", VENUE, MEMBER, resend_messages_max=3))
    plays("> 35=0|34=9\n< 35=2|34=2|7=2|16=4", tape)


def test_a_session_learns_the_shapes_of_its_messages() -> None:
    """What came once the long way comes the short way from then on."""
    tape = plays(f"> 35=D|34=2|{ORDER}", logged_on())
    assert [shape.msg_type for shape in tape.session._shapes._shapes] == ["D"]


def test_a_resent_resend_request_whose_number_is_due_is_acted_on() -> None:
    """It was missed the first time."""
    plays(
        """
        > 35=2|34=2|43=Y|122={now}|7=1|16=0
        < 35=4|34=1|43=Y|122={now}|36=2|123=Y
        """,
        logged_on(),
    )
