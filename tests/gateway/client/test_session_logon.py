"""The client's FIX session: from the Logon(A) to its answer."""

from __future__ import annotations

import pytest

from gateway.client.events import (
    Closed,
    LoggedOn,
    Note,
    SequenceNumbers,
    SessionConfig,
)
from tests.gateway.client.tape import START, Tape, frame

KEPT = SessionConfig("AVA", "PIT", reset=False)
WITH_CREDENTIALS = SessionConfig("AVA", "PIT", "FIX.4.4", 5, username="ava", password="pw")  # noqa: S106


def kept(out: int, into: int) -> Tape:
    """A session that goes on with numbers of an earlier connection."""
    return Tape(KEPT, SequenceNumbers(out, into))


@pytest.mark.parametrize(
    ("config", "logon"),
    [
        (SessionConfig("AVA", "PIT"), "35=A|34=1|98=0|108=30|141=Y"),
        (KEPT, "35=A|34=7|98=0|108=30"),
        (
            WITH_CREDENTIALS,
            "35=A|34=1|98=0|108=5|141=Y|553=ava|554=pw",
        ),
        (
            SessionConfig("AVA", "PIT", begin_string="FIXT.1.1"),
            "35=A|34=1|98=0|108=30|141=Y|1137=9",
        ),
    ],
)
def test_the_logon_says_what_was_configured(config: SessionConfig, logon: str) -> None:
    """Without kept numbers the Logon asks for a reset; credentials are there if given."""
    tape = Tape(config, SequenceNumbers(7, 9))
    tape.session.start(START)
    assert tape.sent() == [logon]


def test_the_venues_logon_opens_the_session() -> None:
    """The heartbeat is the one the venue answers with."""
    tape = Tape()
    tape.session.start(START)
    assert tape.feed("35=A|34=1|98=0|108=10|141=Y") == [LoggedOn(10)]


def test_a_refused_logon_ends_with_the_venues_reason() -> None:
    """A Logout(5) in place of the Logon(A) is a refusal, and moves no number."""
    tape = kept(7, 9)
    tape.session.start(START)
    events = tape.feed("35=5|34=1|58=logon refused")
    assert (events, tape.numbers) == (
        [Closed("the venue refused the Logon(A): logon refused", clean=False)],
        SequenceNumbers(8, 9),
    )


def test_a_logon_refused_for_its_number_gets_a_hint() -> None:
    """Whoever deleted the state file is told what helps."""
    tape = kept(1, 1)
    tape.session.start(START)
    (event,) = tape.feed("35=5|34=9|58=MsgSeqNum too low, expecting 8 but received 1")
    assert event == Closed(
        "the venue refused the Logon(A): MsgSeqNum too low, expecting 8 but received 1"
        " (--reset starts both directions at 1)",
        clean=False,
    )


def test_a_venue_that_resets_unasked_is_followed() -> None:
    """141=Y in the answer only: the Logon was the first message, so the next is number 2."""
    tape = kept(7, 9)
    tape.session.start(START)
    tape.feed("35=A|34=1|98=0|108=30|141=Y")
    assert tape.numbers == SequenceNumbers(2, 2)


def test_a_logon_beyond_the_expected_number_is_taken_and_the_gap_asked_for() -> None:
    """What was missed between two connections is asked for after the Logon."""
    tape = kept(7, 3)
    tape.session.start(START)
    tape.sent()
    events = tape.feed("35=A|34=6|98=0|108=30")
    assert (events, tape.sent()) == (
        [LoggedOn(30), Note("gap: expected MsgSeqNum(34) 3, was 6")],
        ["35=2|34=8|7=3|16=0"],
    )


def test_a_logon_below_the_expected_number_ends_the_session() -> None:
    """A venue that has lost its numbers cannot be followed without a reset."""
    tape = kept(7, 3)
    tape.session.start(START)
    tape.sent()
    events = tape.feed("35=A|34=2|98=0|108=30")
    assert (events, tape.sent()) == (
        [
            Closed(
                "MsgSeqNum too low, expecting 3 but received 2"
                " (--reset starts both directions at 1)",
                clean=False,
            )
        ],
        ["35=5|34=8|58=MsgSeqNum too low, expecting 3 but received 2"],
    )


def test_a_venue_that_does_not_answer_the_logon_is_left() -> None:
    """Ten seconds are enough for an answer."""
    tape = Tape()
    tape.session.start(START)
    assert (tape.due, tape.tick(10)) == (
        10,
        [Closed("the venue did not answer the Logon(A) within 10 s", clean=False)],
    )


def test_a_connection_closed_before_the_logon_is_said_so() -> None:
    """Venues drop a Logon they do not like without a byte."""
    tape = Tape()
    tape.session.start(START)
    tape.session.connection_lost()
    assert tape.events() == [
        Closed("the venue closed the connection without answering the Logon(A)", clean=False)
    ]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (frame("35=0|34=1"), "MsgType(35) of the first answer must be A, was 0"),
        (frame("35=A|98=0"), "MsgSeqNum(34) must be a number, was missing"),
        (frame("35=A|34=1", sender="XXX"), "SenderCompID(49) must be PIT, was XXX"),
        (frame("35=A|34=1", target="NON"), "TargetCompID(56) must be AVA, was NON"),
        (
            frame("35=A|34=1")[:-2] + b"x\x01",
            "garbled message from the venue: BodyLength(9) must lead to CheckSum(10), leads to ",
        ),
    ],
)
def test_an_answer_that_breaks_the_rules_ends_the_session(data: bytes, reason: str) -> None:
    """The first answer has to be a Logon(A) between these two comp ids."""
    tape = Tape()
    tape.session.start(START)
    (event,) = tape.feed_bytes(data)
    assert isinstance(event, Closed)
    assert event.reason.startswith(reason)
