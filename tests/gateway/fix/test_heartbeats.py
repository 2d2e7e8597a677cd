"""When silence asks for something. HeartBtInt is 10 s, time is in seconds."""

from __future__ import annotations

import pytest

from gateway.fix.heartbeats import Due, Heartbeats
from gateway.fix.session_settings import LOGOUT_TIMEOUT_NANOS
from gateway.fix.times import NANOS_PER_SECOND

START = 1_000


def nanos(seconds: float) -> int:
    """So many seconds after the start."""
    return START + round(seconds * NANOS_PER_SECOND)


class Silence:
    """A connection that began at 0; says when it does what, as `time word`."""

    def __init__(self, heart_bt_int: int = 10) -> None:
        self.heartbeats = Heartbeats(LOGOUT_TIMEOUT_NANOS)
        self.heartbeats.start(heart_bt_int, START)

    def until(self, end: float) -> list[str]:
        """What comes due by then, each at its deadline; saying something counts as sent."""
        said = []
        while (at := self.heartbeats.next_deadline()) is not None and at <= nanos(end):
            due = self.heartbeats.due(at)
            assert due is not Due.NOTHING, "a deadline for nothing"
            said.append(f"{(at - START) / NANOS_PER_SECOND:g} {due.name}")
            if due is Due.GIVE_UP:
                break
            self.heartbeats.sent(at)
        return said


def test_a_silent_peer_is_asked_then_given_up() -> None:
    """Heartbeat at 1, TestRequest at 1.2, the end at 2.4 times HeartBtInt, no Heartbeat between."""
    assert Silence().until(60) == ["10 HEARTBEAT", "12 TEST_REQUEST", "24 GIVE_UP"]


def test_a_peer_that_talks_hears_heartbeats() -> None:
    """One for each interval in which nothing was sent."""
    silence, said = Silence(), []
    for second in range(0, 60, 5):
        silence.heartbeats.received(nanos(second))
        said += silence.until(second + 4)
    assert said == [f"{second} HEARTBEAT" for second in (10, 20, 30, 40, 50)]


def test_whoever_sends_needs_no_heartbeat() -> None:
    """Any message counts as a sign of life of ours."""
    silence, said = Silence(), []
    for second in range(0, 40, 8):
        silence.heartbeats.received(nanos(second))
        silence.heartbeats.sent(nanos(second))
        said += silence.until(second + 7)
    assert said == []


def test_anything_received_answers_the_test_request() -> None:
    """The count begins anew."""
    silence = Silence()
    assert silence.until(12) == ["10 HEARTBEAT", "12 TEST_REQUEST"]
    silence.heartbeats.received(nanos(20))
    assert silence.until(60) == ["22 HEARTBEAT", "32 TEST_REQUEST", "44 GIVE_UP"]


def test_a_late_call_gives_up_at_once() -> None:
    """A venue that was away does not ask a peer that has been silent for so long."""
    assert Silence().heartbeats.due(nanos(24)) is Due.GIVE_UP


@pytest.mark.parametrize("seconds", [0, 5, 9.999])
def test_nothing_is_due_early(seconds: float) -> None:
    """A call before the deadline does nothing."""
    assert Silence().heartbeats.due(nanos(seconds)) is Due.NOTHING


def test_heart_bt_int_0_means_none_of_this() -> None:
    """No deadline, whatever the silence."""
    silence = Silence(0)
    assert silence.until(10**9) == []
    assert silence.heartbeats.due(nanos(10**9)) is Due.NOTHING


@pytest.mark.parametrize("heart_bt_int", [0, 10])
def test_the_answer_to_a_logout_is_awaited_briefly(heart_bt_int: int) -> None:
    """Two seconds, and nothing else is said meanwhile."""
    silence = Silence(heart_bt_int)
    silence.heartbeats.logout_sent(nanos(9.5))
    assert silence.heartbeats.due(nanos(11)) is Due.NOTHING
    assert silence.until(60) == ["11.5 GIVE_UP"]
    assert nanos(9.5) + LOGOUT_TIMEOUT_NANOS == nanos(11.5)


def test_a_new_connection_begins_anew() -> None:
    """Nothing is left of the one before."""
    silence = Silence()
    silence.until(12)
    silence.heartbeats.logout_sent(nanos(12))
    silence.heartbeats.start(10, nanos(100))
    assert silence.until(200) == ["110 HEARTBEAT", "112 TEST_REQUEST", "124 GIVE_UP"]
    assert silence.heartbeats.heart_bt_int == 10


def test_the_interval_may_change_under_way() -> None:
    """What is awaited stays awaited, by the new measure."""
    silence = Silence()
    assert silence.until(12) == ["10 HEARTBEAT", "12 TEST_REQUEST"]
    silence.heartbeats.change(20)
    assert silence.until(60) == ["48 GIVE_UP"]


def test_what_is_due_is_due_once() -> None:
    """Asked again before the next deadline, there is nothing to do."""
    heartbeats = Silence().heartbeats
    due = [heartbeats.due(nanos(second)) for second in (9.9, 10, 10.5, 11.9, 12, 12.5, 18, 23.9)]
    assert [one.name for one in due] == [
        *("NOTHING", "HEARTBEAT", "NOTHING", "NOTHING"),
        *("TEST_REQUEST", "NOTHING", "NOTHING", "NOTHING"),
    ]
    assert heartbeats.due(nanos(24)) is Due.GIVE_UP


def test_before_a_connection_nothing_is_due() -> None:
    """Whatever the time."""
    heartbeats = Heartbeats(LOGOUT_TIMEOUT_NANOS)
    assert (heartbeats.next_deadline(), heartbeats.due(nanos(1_000))) == (None, Due.NOTHING)
