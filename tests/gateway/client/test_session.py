"""The client's FIX session: bytes and time in, bytes and events out."""

from __future__ import annotations

import pytest

from gateway.client.events import (
    Alive,
    Closed,
    Note,
    Received,
    SessionConfig,
)
from gateway.client.session import utc_timestamp
from gateway.client.wire import decode
from tests.gateway.client.tape import STAMP, START, Tape, frame


def received(text: str) -> Received:
    """The event for a message as `frame` writes it."""
    return Received(decode(frame(text)))


# Sequence


def test_messages_for_the_application_come_in_order() -> None:
    """Reports and rejects of both levels are handed on."""
    lines = ["35=8|34=2|11=X", "35=3|34=3|45=2", "35=j|34=4|45=3"]
    assert Tape().logged_on().feed(*lines) == [received(line) for line in lines]


def test_a_gap_is_asked_for_once_and_filled_in_order() -> None:
    """Messages beyond the gap are dropped: the answer to 16=0 brings them again."""
    tape = Tape().logged_on()
    gap = tape.feed("35=8|34=4|11=C", "35=8|34=5|11=D")
    filled = tape.feed(
        "35=8|34=2|43=Y|11=A", "35=4|34=3|43=Y|123=Y|36=4", "35=8|34=4|43=Y|11=C", "35=8|34=5|11=D"
    )
    assert (gap, tape.sent(), filled, tape.numbers.into) == (
        [Note("gap: expected MsgSeqNum(34) 2, was 4")],
        ["35=2|34=2|7=2|16=0"],
        [
            received("35=8|34=2|43=Y|11=A"),
            received("35=8|34=4|43=Y|11=C"),
            received("35=8|34=5|11=D"),
        ],
        6,
    )


def test_a_second_gap_is_asked_for_again() -> None:
    """Once the first gap is filled, the next is a new one."""
    tape = Tape().logged_on()
    tape.feed("35=0|34=4", "35=4|34=2|43=Y|123=Y|36=5", "35=0|34=7")
    assert tape.sent() == ["35=2|34=2|7=2|16=0", "35=2|34=3|7=5|16=0"]


def test_a_known_message_sent_again_is_passed_over() -> None:
    """PossDupFlag(43) on a number already seen means nothing new."""
    tape = Tape().logged_on()
    assert tape.feed("35=8|34=1|43=Y|11=A") == []


def test_a_number_too_low_ends_the_session() -> None:
    """Without PossDupFlag(43) the two sides disagree, and a Logout says so."""
    tape = Tape().logged_on()
    (event,) = tape.feed("35=8|34=1|11=A")
    assert (isinstance(event, Closed), tape.sent()) == (
        True,
        ["35=5|34=2|58=MsgSeqNum too low, expecting 2 but received 1"],
    )


@pytest.mark.parametrize(
    ("line", "into", "answer"),
    [
        ("35=4|34=2|123=Y|36=9", 9, []),
        ("35=4|34=99|36=9", 9, []),
        ("35=4|34=99|36=2", 2, []),
        (
            "35=4|34=99|36=1",
            2,
            ["35=3|34=2|45=99|58=Value is incorrect (out of range) for this tag|372=4|373=5"],
        ),
        (
            "35=4|34=2|123=Y|36=2",
            3,
            ["35=3|34=2|45=2|58=Value is incorrect (out of range) for this tag|372=4|373=5"],
        ),
    ],
)
def test_a_sequence_reset_moves_only_forward(line: str, into: int, answer: list[str]) -> None:
    """A gap fill counts from its own number, a reset from any; backwards is rejected."""
    tape = Tape().logged_on()
    tape.feed(line)
    assert (tape.numbers.into, tape.sent()) == (into, answer)


@pytest.mark.parametrize(
    ("request_line", "answer"),
    [
        ("35=2|34=2|7=1|16=0", [f"35=4|34=1|43=Y|122={STAMP}|123=Y|36=3"]),
        ("35=2|34=2|7=1|16=1", [f"35=4|34=1|43=Y|122={STAMP}|123=Y|36=2"]),
        ("35=2|34=2|7=2|16=999999", [f"35=4|34=2|43=Y|122={STAMP}|123=Y|36=3"]),
        ("35=2|34=2|7=3|16=0", []),
    ],
)
def test_a_resend_request_is_answered_with_a_gap_fill(request_line: str, answer: list[str]) -> None:
    """Orders are never sent twice; the number of the next message stays as it was."""
    tape = Tape().logged_on()
    tape.session.send_application("D", [(11, "X")], START)
    tape.sent()
    tape.feed(request_line)
    assert (tape.sent(), tape.numbers.out) == (answer, 3)


def test_a_resend_request_inside_a_gap_is_answered_at_once() -> None:
    """Else two sides that both miss something wait for each other."""
    tape = Tape().logged_on()
    tape.feed("35=2|34=5|7=1|16=0")
    assert tape.sent() == [f"35=4|34=1|43=Y|122={STAMP}|123=Y|36=2", "35=2|34=2|7=2|16=0"]


# Keeping alive


def test_a_test_request_is_answered_with_its_id() -> None:
    """Heartbeat(0) carries the TestReqID(112) of the request."""
    tape = Tape().logged_on()
    tape.feed("35=1|34=2|112=HELLO")
    assert tape.sent() == ["35=0|34=2|112=HELLO"]


def test_silence_of_ours_brings_a_heartbeat() -> None:
    """A Heartbeat(0) is due one interval after the last message sent, not before."""
    tape = Tape().logged_on()
    tape.feed("35=0|34=2", at=25)
    before = (tape.tick(29), tape.sent(), tape.due)
    assert (before, tape.tick(30), tape.sent()) == (([], [], 30), [], ["35=0|34=2"])


def test_silence_of_the_venue_brings_a_test_request_and_then_the_end() -> None:
    """1.2 intervals of silence are asked about, 2.4 end the session."""
    tape = Tape().logged_on()
    tape.tick(30)
    tape.tick(36)
    asked = tape.sent()
    tape.tick(66)
    assert (asked, tape.due, tape.tick(72)) == (
        ["35=0|34=2", "35=1|34=3|112=probe-1"],
        72,
        [Closed("nothing heard from the venue for 72 s", clean=False)],
    )


def test_an_answered_probe_is_not_told() -> None:
    """The session's own TestRequest(1) is its own business; the next silence gets a new one."""
    tape = Tape().logged_on()
    tape.tick(36)
    events = tape.feed("35=0|34=2|112=probe-1", at=37)
    tape.tick(74)
    assert (events, tape.sent()) == (
        [],
        ["35=1|34=2|112=probe-1", "35=1|34=3|112=probe-2"],
    )


def test_the_answer_to_a_test_is_told_with_its_time() -> None:
    """A TestRequest(1) of the user is answered after so many nanoseconds."""
    tape = Tape().logged_on()
    tape.session.test("T1", START)
    assert tape.feed("35=0|34=2|112=T1", at=0.0015) == [Alive("T1", 1_500_000)]


def test_without_heartbeats_nothing_is_due() -> None:
    """HeartBtInt(108) 0 switches all timers of an open session off."""
    tape = Tape(SessionConfig("AVA", "PIT", heartbeat_seconds=0))
    tape.session.start(START)
    tape.feed("35=A|34=1|98=0|108=0|141=Y")
    assert (tape.due, tape.tick(9999)) == (None, [])


# The end


def test_a_logout_of_ours_ends_clean_when_answered() -> None:
    """The session is over with the venue's Logout(5)."""
    tape = Tape().logged_on()
    tape.session.logout(START)
    sent = tape.sent()
    assert (sent, tape.feed("35=5|34=2")) == (["35=5|34=2"], [Closed("logged out", clean=True)])


def test_reports_before_the_venues_logout_are_still_taken() -> None:
    """Between the two Logouts nothing is lost."""
    tape = Tape().logged_on()
    tape.session.logout(START)
    assert tape.feed("35=8|34=2|11=X", "35=5|34=3") == [
        received("35=8|34=2|11=X"),
        Closed("logged out", clean=True),
    ]


NO_ANSWER = Closed("logged out, the venue did not answer the Logout(5)", clean=True)


def test_a_logout_is_given_two_seconds_for_its_answer() -> None:
    """A venue that is slow to say goodbye is left, clean all the same."""
    tape = Tape().logged_on()
    tape.session.logout(START)
    assert (tape.due, tape.tick(1.9), tape.tick(2)) == (2, [], [NO_ANSWER])


def test_the_end_of_the_connection_does_for_an_answer_to_a_logout() -> None:
    """Some venues just close."""
    tape = Tape().logged_on()
    tape.session.logout(START)
    tape.session.connection_lost()
    assert tape.events() == [NO_ANSWER]


def test_a_logout_of_the_venue_is_answered_and_told() -> None:
    """The application sees the Logout(5) too, so that a script can expect it."""
    tape = Tape().logged_on()
    events = tape.feed("35=5|34=2|58=venue closes")
    assert (events, tape.sent()) == (
        [
            received("35=5|34=2|58=venue closes"),
            Closed("the venue logged the session out: venue closes", clean=False),
        ],
        ["35=5|34=2"],
    )


def test_a_lost_connection_is_no_clean_end() -> None:
    """A venue that goes without a Logout(5) has failed."""
    tape = Tape().logged_on()
    tape.session.connection_lost()
    assert tape.events() == [
        Closed("the venue closed the connection without a Logout(5)", clean=False)
    ]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"garbage", "garbled message from the venue: message must begin with 8=FIX and 9=, "),
        (frame("35=A|34=2"), "the venue sent a second Logon(A)"),
        (frame("35=0|34=2", sender="NON"), "SenderCompID(49) must be PIT, was NON"),
        (frame("35=0|34=x"), "MsgSeqNum(34) must be a number, was x"),
    ],
)
def test_an_open_session_ends_with_the_rule_broken(data: bytes, reason: str) -> None:
    """One clear line says why, and nothing that follows is read."""
    tape = Tape().logged_on()
    (event,) = tape.feed_bytes(data + frame("35=8|34=2"))
    assert isinstance(event, Closed)
    assert event.reason.startswith(reason)


# Sending


def test_header_fields_given_replace_the_sessions_own() -> None:
    """A script may break the rules: its MsgSeqNum(34) is sent and does not move ours."""
    tape = Tape().logged_on()
    tape.session.send_application("D", [(11, "X"), (34, "9"), (50, "trader"), (97, "Y")], START)
    tape.session.send_application("D", [(11, "Y")], START)
    assert tape.sent() == ["35=D|34=9|50=trader|97=Y|11=X", "35=D|34=2|11=Y"]


def test_time_is_written_in_milliseconds() -> None:
    """UTCTimestamp with three decimals, cut and not rounded."""
    assert utc_timestamp(START + 999_999) == STAMP
