"""The sending half of a session."""

from __future__ import annotations

import pytest

from gateway.fix.encoder import Header
from gateway.fix.outgoing import Outgoing
from tests.support.fix import FROM_VENUE, SECOND, START, SentInMemory, at, our_versions, piped

TIME = at("{now}", START)


class Line:
    """A session's sending half, and how often it asked to be heard."""

    def __init__(self, *, connected: bool = True, digits: int = 3) -> None:
        self.calls = 0
        self.sent = SentInMemory()
        self.out = Outgoing(self.sent, self._count)
        self.out.use(Header("FIX.4.4", "PIT", "AVA"), our_versions()["FIX.4.4"].style(digits))
        if connected:
            self.out.open()

    def _count(self) -> None:
        self.calls += 1

    def heard(self, now: int = START) -> list[str]:
        """What is in the outbox, in short; it is drained."""
        said = [FROM_VENUE.short(data, now) for data in self.out.outbox]
        self.out.outbox.clear()
        return said


def test_messages_are_numbered_in_the_order_they_are_made() -> None:
    """Admin and application messages share one count, whose owner is told once per outbox."""
    line = Line()
    line.out.send_admin("A", "98=0\x01108=30\x01", START)
    line.out.send_application("8", "11=ID\x01", TIME)
    line.out.send_admin("0", "", START)
    assert line.heard() == ["35=A|34=1|98=0|108=30", "35=8|34=2|11=ID", "35=0|34=3"]
    assert (line.out.next_out, line.calls) == (4, 1)
    line.out.send_admin("0", "", START)
    assert (line.heard(), line.calls) == (["35=0|34=4"], 2)


def test_only_application_messages_are_kept() -> None:
    """As they were sent; an admin message only uses up its number."""
    line = Line()
    line.out.send_admin("0", "", START)
    line.out.send_application("8", "11=ID\x01", TIME)
    assert {seq: FROM_VENUE.short(data) for seq, data in line.sent.by_seq.items()} == {
        2: "35=8|34=2|11=ID"
    }


def test_numbers_move_while_nobody_listens() -> None:
    """What is made for an absent peer waits to be asked for, the rest of it is gone."""
    line = Line(connected=False)
    line.out.send_application("8", "11=ID1\x01", TIME)
    line.out.send_admin("5", "", START)
    line.out.send_application("8", "11=ID2\x01", TIME)
    assert (line.heard(), line.out.next_out, line.calls) == ([], 4, 0)
    line.out.open()
    line.out.ask_resend(1, 0)
    line.out.continue_resend(START + SECOND)
    assert line.heard(START + SECOND) == [
        f"35=8|34=1|43=Y|122={TIME}|11=ID1",
        f"35=4|34=2|43=Y|122={at('{now}', START + SECOND)}|36=3|123=Y",
        f"35=8|34=3|43=Y|122={TIME}|11=ID2",
    ]
    assert line.out.next_out == 4


def test_a_request_reaches_to_the_last_message_at_most() -> None:
    """0 means the last one, and so does any number beyond it."""
    line = Line()
    line.out.send_application("8", "11=ID\x01", TIME)
    line.heard()
    for end in (0, 1, 99):
        line.out.ask_resend(1, end)
        line.out.continue_resend(START)
        assert line.heard() == [f"35=8|34=1|43=Y|122={TIME}|11=ID"]
    line.out.ask_resend(2, 0)
    assert not line.out.resend.pending


def test_a_connection_gets_nothing_meant_for_an_earlier_one() -> None:
    """Neither what was not sent nor what it had asked for again."""
    line = Line()
    line.out.send_application("8", "11=ID\x01", TIME)
    line.out.ask_resend(1, 0)
    line.out.close()
    assert line.heard() == []
    line.out.open()
    assert not line.out.resend.pending
    line.out.continue_resend(START)
    assert line.heard() == []


def test_a_reset_forgets_what_was_sent() -> None:
    """Numbers start again at 1, and old messages cannot be asked for under new ones."""
    line = Line()
    line.out.send_application("8", "11=ID\x01", TIME)
    line.out.ask_resend(1, 0)
    line.out.reset()
    assert (line.out.next_out, line.out.resend.pending, line.sent.by_seq) == (1, False, {})
    line.heard()
    line.out.send_admin("A", "", START)
    assert line.heard() == ["35=A|34=1"]


def test_a_message_that_uses_up_no_number() -> None:
    """It bears the next number, which stays the next, and is not kept."""
    line = Line()
    line.out.say_unnumbered("5", "58=not now\x01", START)
    line.out.send_admin("0", "", START)
    assert line.heard() == ["35=5|34=1|58=not now", "35=0|34=1"]
    assert (line.out.next_out, line.sent.by_seq) == (2, {})


@pytest.mark.parametrize(
    ("digits", "time"),
    [(0, ""), (3, ".000"), (6, ".000000"), (9, ".000000000")],
)
def test_times_have_the_digits_that_a_session_is_set_to(digits: int, time: str) -> None:
    """SendingTime of everything it says itself, and of what it says again."""
    line = Line(digits=digits)
    line.out.send_admin("0", "", START)
    line.out.send_application("8", "11=ID\x01", line.out.time_text(START))
    line.out.ask_resend(2, 2)
    line.out.continue_resend(START)
    moment = f"20261122-12:00:00{time}"
    assert [piped(data).partition("|49=PIT|")[2][:-7] for data in line.out.outbox] == [
        f"52={moment}|56=AVA",
        f"52={moment}|56=AVA|11=ID",
        f"52={moment}|56=AVA|122={moment}|11=ID",
    ]


def test_a_session_may_go_on_with_another_header() -> None:
    """What is said from then on, and sent again, bears the new BeginString."""
    line = Line()
    line.out.use(Header("FIX.4.2", "PIT", "AVA"), our_versions()["FIX.4.2"].style())
    line.out.send_application("8", "11=ID\x01", TIME)
    line.out.ask_resend(1, 0)
    line.out.continue_resend(START)
    assert [piped(data).partition("|")[0] for data in line.out.outbox] == ["8=FIX.4.2"] * 2
    assert line.out.style.version == "FIX.4.2"


def test_what_was_meant_for_an_earlier_connection_is_dropped() -> None:
    """Whatever is left in the outbox when one ends and when the next begins."""
    line = Line()
    line.out.send_admin("0", "", START)
    line.out.close()
    closed = line.out.outbox[:]
    line.out.outbox.append(b"left over")
    line.out.open()
    assert (closed, line.out.outbox) == ([], [])
