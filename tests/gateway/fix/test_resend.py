"""What a peer asked to have again."""

from __future__ import annotations

import pytest

from gateway.fix.encoder import Header
from gateway.fix.resend import RESEND_MESSAGES_PER_TURN, Resend
from tests.support.fix import FROM_VENUE, SECOND, START, SentInMemory, at

HEADER = Header("FIX.4.4", "PIT", "AVA")
FIRST = at("{now}", START)
NOW = at("{now}", START + SECOND)


def resend_of(*application: int) -> Resend:
    """A session that sent application messages with these numbers, all others were admin."""
    sent = SentInMemory()
    for seq in application:
        sent.append(seq, HEADER.encode("8", seq, FIRST, f"11=ID{seq}\x01"))
    resend = Resend(sent)
    resend.header = HEADER
    return resend


def said(resend: Resend) -> list[str]:
    """All slices, each message in short: `8:3` a report, `4:1>3` a gap fill from 1 to 3."""
    words = []
    while resend.pending:
        for data in resend.slice(NOW):
            fields = dict(f.split("=", 1) for f in data.decode("latin-1").split("\x01")[:-1])
            assert (fields["43"], fields["52"]) == ("Y", NOW)
            gap = f">{fields['36']}" if fields["35"] == "4" else ""
            words.append(f"{fields['35']}:{fields['34']}{gap}")
    return words


@pytest.mark.parametrize(
    ("application", "begin", "end", "again"),
    [
        ([], 1, 5, "4:1>6"),
        ([2, 3], 1, 4, "4:1>2 8:2 8:3 4:4>5"),
        ([2, 3], 2, 3, "8:2 8:3"),
        ([2, 3], 3, 3, "8:3"),
        ([5], 2, 3, "4:2>4"),
        ([5], 2, 6, "4:2>5 8:5 4:6>7"),
        ([1, 3, 5], 1, 6, "8:1 4:2>3 8:3 4:4>5 8:5 4:6>7"),
        ([1], 0, 1, "8:1"),
        ([1], 5, 3, ""),
        ([1], 2, 0, ""),
    ],
)
def test_a_range_is_sent_again(application: list[int], begin: int, end: int, again: str) -> None:
    """Application messages one by one, every run of others as one gap fill."""
    resend = resend_of(*application)
    resend.ask(begin, end)
    assert " ".join(said(resend)) == again


def test_messages_sent_again_in_full() -> None:
    """A report and a gap fill as they stand on the wire."""
    resend = resend_of(2)
    resend.ask(2, 4)
    report, gap = resend.slice(NOW)
    now = START + SECOND
    assert FROM_VENUE.short(report, now) == f"35=8|34=2|43=Y|122={FIRST}|11=ID2"
    assert FROM_VENUE.short(gap, now) == f"35=4|34=3|43=Y|122={NOW}|36=5|123=Y"


def test_a_long_range_comes_in_slices() -> None:
    """Each slice is bounded, and none is lost between two."""
    last = 2 * RESEND_MESSAGES_PER_TURN + 5
    resend = resend_of(*range(1, last + 1))
    resend.ask(1, last)
    sizes = []
    while resend.pending:
        sizes.append(len(resend.slice(NOW)))
    assert sizes == [RESEND_MESSAGES_PER_TURN, RESEND_MESSAGES_PER_TURN, 5]


def test_a_long_run_of_admin_messages_is_one_gap_fill() -> None:
    """However long it is, and wherever a slice would end."""
    resend = resend_of(1, 1_000)
    resend.ask(1, 1_000)
    assert said(resend) == ["8:1", "4:2>1000", "8:1000"]


@pytest.mark.parametrize(
    ("begin", "end", "again"),
    [(299, 300, (101, 300)), (50, 60, (50, 300)), (300, 305, (101, 305)), (7, 6, (101, 300))],
)
def test_a_new_request_is_joined_with_what_is_pending(
    begin: int, end: int, again: tuple[int, int]
) -> None:
    """Nothing the peer asked for is dropped because it asked for more."""
    resend = resend_of(*range(1, 311))
    resend.ask(1, 300)
    assert len(resend.slice(NOW)) == RESEND_MESSAGES_PER_TURN == 100
    resend.ask(begin, end)
    assert said(resend) == [f"8:{seq}" for seq in range(again[0], again[1] + 1)]


def test_nothing_is_pending_before_a_request_or_after_a_stop() -> None:
    """A session that was asked for nothing says nothing."""
    resend = resend_of(1, 2)
    assert not resend.pending
    resend.ask(1, 2)
    assert resend.pending
    resend.stop()
    assert not resend.pending
    assert resend.slice(NOW) == []
