"""Messages that came too early."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gateway.fix import gap
from gateway.fix.gap import KEPT_MESSAGES_MAX, Gap
from gateway.fix.message import Message


def early(seq: int) -> Message:
    """A message with this number."""
    return Message("0", {"34": str(seq)})


def gap_with(*seqs: int) -> Gap:
    """A gap behind which these wait."""
    gap = Gap()
    for seq in seqs:
        gap.keep(seq, early(seq))
    return gap


def test_what_is_missing_is_asked_for_once() -> None:
    """Until the gap is closed; then the next one is asked for again."""
    gap = Gap()
    assert [gap.open(5), gap.open(6), gap.open(9)] == [True, False, False]
    gap.close_below(5)
    assert gap.open(7) is False
    gap.close_below(6)
    assert gap.open(12) is True


def test_closing_what_is_not_open_does_nothing() -> None:
    """Numbers go on without a gap."""
    gap = Gap()
    gap.close_below(100)
    assert gap.open(101) is True


def test_kept_messages_come_out_in_their_turn() -> None:
    """Whatever order they came in; a number that has not come is waited for."""
    gap = gap_with(7, 5, 6)
    assert [gap.pop(4), gap.pop(5), gap.pop(6)] == [None, early(5), early(6)]
    assert gap
    assert gap.pop(7) == early(7)
    assert not gap


def test_messages_whose_turn_is_past_are_forgotten() -> None:
    """A gap fill has skipped them."""
    gap = gap_with(5, 6, 20)
    assert gap.pop(10) is None
    assert [gap.pop(5), gap.pop(20), bool(gap)] == [None, early(20), False]


def test_a_number_kept_twice_is_kept_once() -> None:
    """The later one counts."""
    gap = gap_with(5)
    gap.keep(5, Message("1", {"34": "5"}))
    assert gap.pop(5) == Message("1", {"34": "5"})
    assert not gap


def test_what_is_kept_is_bounded() -> None:
    """Beyond the limit a message is dropped: the peer sends it again with the rest."""
    gap = gap_with(*range(2, KEPT_MESSAGES_MAX + 3))
    assert gap.pop(KEPT_MESSAGES_MAX + 1) is not None
    assert gap.pop(KEPT_MESSAGES_MAX + 2) is None


def test_clear_forgets_everything() -> None:
    """A new connection, or numbers that start again."""
    gap = gap_with(5)
    gap.open(5)
    gap.clear()
    assert not gap
    assert gap.open(3) is True


def test_long_messages_are_kept_up_to_a_number_of_characters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Beyond the limit messages are dropped; once the kept ones are gone there is room again."""
    monkeypatch.setattr(gap, "KEPT_CHARS_MAX", 10)
    kept = gap.Gap()
    for seq in (5, 6, 7):
        kept.keep(seq, Message("0", {"112": "12345"}))
    assert [kept.pop(seq) is not None for seq in (5, 6, 7)] == [True, True, False]
    kept.keep(8, Message("0", {"112": "12345"}))
    assert kept.pop(8) is not None


# Asking for it in parts


@pytest.mark.parametrize(
    ("most", "next_in", "end", "request_"),
    [
        (0, 2, 1_000, (2, 0)),
        (100, 2, 1_000, (2, 101)),
        (100, 902, 1_000, (902, 0)),
        (100, 900, 1_000, (900, 0)),
        (100, 899, 1_000, (899, 998)),
        (1, 2, 3, (2, 0)),
        (1, 2, 4, (2, 2)),
    ],
)
def test_a_request_asks_for_so_many_at_most(
    most: int, next_in: int, end: int, request_: tuple[int, int]
) -> None:
    """The last one has no end: whatever came meanwhile belongs to it."""
    gap = Gap(most)
    assert gap.open(end)
    assert gap.next_request(next_in) == request_


def test_the_next_part_is_asked_for_when_the_last_has_come() -> None:
    """Not before all of it has, and never when nothing is missing any more."""
    gap = Gap(100)
    gap.open(250)
    asked = [gap.next_request(2)]
    wanted = [next_in for next_in in (2, 50, 101, 102) if gap.wants_more(next_in)]
    asked.append(gap.next_request(102))
    wanted += [next_in for next_in in (150, 201, 202) if gap.wants_more(next_in)]
    asked.append(gap.next_request(202))
    wanted += [next_in for next_in in (203, 249, 250, 251) if gap.wants_more(next_in)]
    assert (asked, wanted) == ([(2, 101), (102, 201), (202, 0)], [102, 202])


def test_a_gap_fill_over_the_rest_leaves_nothing_to_ask_for() -> None:
    """The peer has skipped to where it is now."""
    gap = Gap(100)
    gap.open(250)
    gap.next_request(2)
    gap.close_below(251)
    assert not gap.wants_more(251)
    assert not gap


# What the peer sends unasked


def test_what_is_promised_is_not_asked_for_at_once() -> None:
    """It is once the peer goes on without it; and that, too, once."""
    gap = Gap()
    gap.promise(5)
    assert gap
    assert not gap.wants_more(2)
    assert [gap.open(6), gap.open(7)] == [True, False]
    assert gap.next_request(2) == (2, 0)


def test_a_kept_promise_leaves_no_gap() -> None:
    """The next one that is missing is asked for as ever."""
    gap = Gap()
    gap.promise(5)
    gap.close_below(6)
    assert not gap
    assert gap.open(9) is True


def test_a_promise_is_forgotten_with_the_connection() -> None:
    """The next Logon says anew what is missing."""
    gap = Gap()
    gap.promise(5)
    gap.clear()
    assert not gap
    assert gap.open(4) is True


def test_room_is_counted_until_nothing_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as one waits, what was taken still counts; then all of the room is there again."""
    monkeypatch.setattr(gap, "KEPT_CHARS_MAX", 4)
    kept = gap_with(10, 11, 12)  # two characters each: the third one finds no room
    assert kept.pop(10) == early(10)
    kept.keep(13, early(13))
    assert [kept.pop(seq) for seq in (11, 12, 13)] == [early(11), None, None]
    for seq in (20, 21):
        kept.keep(seq, early(seq))
    assert [kept.pop(seq) for seq in (20, 21)] == [early(20), early(21)]


def test_what_is_past_goes_only_when_numbers_jump() -> None:
    """Looking at all that is kept with every message would be slow: 10,000 wait, and it is."""

    class Counted(dict[int, Message]):
        looks = 0

        def __iter__(self) -> Iterator[int]:
            Counted.looks += 1
            return super().__iter__()

    kept = gap_with()
    kept._kept = Counted({seq: early(seq) for seq in range(5, 105)})
    for seq in range(1, 50):
        kept.pop(seq)
    assert Counted.looks == 0
    kept.pop(60)
    assert (Counted.looks, kept.pop(55)) == (1, None)
