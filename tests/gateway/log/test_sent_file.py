"""Messages kept for resend requests."""

from __future__ import annotations

from pathlib import Path
from zlib import crc32

import pytest

from gateway.log import sent_file
from gateway.log.sent_file import SentFile
from tests.support import logs


def test_messages_are_found_by_session_and_number(tmp_path: Path) -> None:
    """Two sessions share the file and see only their own; what was admin is None."""
    sent = SentFile(tmp_path / "sent.dat")
    ava, non = sent.open_session(), sent.open_session()
    ava.append(2, b"first of AVA")
    non.append(1, b"first of NON")
    ava.append(5, b"second of AVA")
    found = [ava.get(seq) for seq in range(7)], [non.get(seq) for seq in range(3)]
    sent.close()
    assert found == (
        [None, None, b"first of AVA", None, None, b"second of AVA", None],
        [None, b"first of NON", None],
    )


def test_a_session_that_starts_again_has_sent_nothing(tmp_path: Path) -> None:
    """After a reset the old numbers are gone, and new ones hold new messages."""
    sent = SentFile(tmp_path / "sent.dat")
    ava, non = sent.open_session(), sent.open_session()
    for seq in (1, 2, 3):
        ava.append(seq, b"old")
        non.append(seq, b"other")
    ava.clear()
    before = [ava.get(seq) for seq in range(5)]
    ava.append(2, b"new")
    after = [ava.get(seq) for seq in range(5)]
    others = [non.get(seq) for seq in range(1, 4)]
    sent.close()
    assert (before, after, others) == (
        [None] * 5,
        [None, None, b"new", None, None],
        [b"other"] * 3,
    )


def test_messages_wait_until_they_are_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The end of a turn writes them beyond a limit; then they are few again."""
    monkeypatch.setattr(sent_file, "PENDING_BYTES_MAX", 30)
    sent = SentFile(tmp_path / "sent.dat")
    session, sizes = sent.open_session(), []
    for seq in range(1, 8):
        session.append(seq, b"8=FIX.4.4|")
        sent.end_turn()
        sizes.append((tmp_path / "sent.dat").stat().st_size)
    sent.close()
    assert sizes == [0, 32, 32, 32, 32, 72, 72]


def test_messages_are_written_when_they_are_asked_for(tmp_path: Path) -> None:
    """By somebody who wants one again, or by `flush`; a second one has nothing to do."""
    sent = SentFile(tmp_path / "sent.dat")
    session = sent.open_session()
    session.append(1, b"8=FIX.4.4")
    before = (tmp_path / "sent.dat").read_bytes()
    found = session.get(1)
    session.append(2, b"8=FIX.4.2")
    sent.flush()
    sent.flush()
    sent.close()
    assert (before, found, (tmp_path / "sent.dat").read_bytes()) == (
        b"",
        b"8=FIX.4.4",
        b"fixpit-sent\n8=FIX.4.48=FIX.4.2",
    )


def test_a_new_start_forgets_what_the_last_one_kept(tmp_path: Path) -> None:
    """The file is made anew: replay fills it again."""
    for text in (b"a long message of the first run", b"short"):
        sent = SentFile(tmp_path / "sent.dat")
        sent.open_session().append(1, text)
        sent.flush()
        sent.close()
    assert (tmp_path / "sent.dat").read_bytes() == b"fixpit-sent\nshort"


def test_the_longest_message_is_kept(tmp_path: Path) -> None:
    """One byte below 1 MiB, in front of another one."""
    sent = SentFile(tmp_path / "sent.dat")
    session = sent.open_session()
    session.append(1, b"x" * (2**20 - 1))
    session.append(2, b"y")
    found = session.get(1), session.get(2)
    sent.close()
    assert found == (b"x" * (2**20 - 1), b"y")


def test_a_full_disk_is_raised(tmp_path: Path) -> None:
    """A write cut short is tried to the end, and that fails."""
    sent = SentFile(tmp_path / "sent.dat")
    sent.open_session().append(1, b"x" * 100)
    with logs.file_size_limit(50), pytest.raises(OSError, match="File too large"):
        sent.flush()
    sent.close()
    assert (tmp_path / "sent.dat").stat().st_size == 50


# Behind a snapshot


def test_what_can_still_be_asked_for_is_saved_and_found_again(tmp_path: Path) -> None:
    """The next file goes on behind the saved one: numbers, bytes, and what is new."""
    sent = SentFile(tmp_path / "sent.dat")
    ava, non = sent.open_session(), sent.open_session()
    ava.append(2, b"first of AVA")
    non.append(1, b"of NON before its reset")
    non.clear()
    non.append(1, b"of NON")
    ava.append(3, b"second of AVA")
    places, crc = sent.save(tmp_path / "base", [ava, non])
    sent.close()
    saved = (tmp_path / "base").read_bytes()
    assert saved == b"fixpit-sent\nfirst of AVAsecond of AVAof NON"
    assert crc == crc32(saved)

    later = SentFile(tmp_path / "sent.dat")
    later.begin_behind(tmp_path / "base", 7)
    ava, non = later.open_session(), later.open_session()
    ava.restore(places[0])
    non.restore(places[1])
    assert later.crc == 7
    ava.append(4, b"third of AVA")
    non.append(2, b"more of NON")
    found = [ava.get(seq) for seq in range(6)], [non.get(seq) for seq in range(4)]
    kept = (tmp_path / "sent.dat").read_bytes()
    again, _ = later.save(tmp_path / "again", [ava, non])
    later.close()
    assert found == (
        [None, None, b"first of AVA", b"second of AVA", b"third of AVA", None],
        [None, b"of NON", b"more of NON", None],
    )
    assert kept == b"third of AVAmore of NON"
    assert (tmp_path / "again").read_bytes() == (
        b"fixpit-sent\nfirst of AVAsecond of AVAthird of AVAof NONmore of NON"
    )
    assert [len(one) for one in again] == [4 * 8, 2 * 8]


def test_the_crc_is_of_all_since_it_was_taken(tmp_path: Path) -> None:
    """Looking does not take it; a new file's begins with its head."""
    sent = SentFile(tmp_path / "sent.dat")
    session = sent.open_session()
    first = sent.take_crc()
    session.append(1, b"one")
    session.append(2, b"two")
    seen, taken, rest = sent.crc, sent.take_crc(), sent.crc
    session.append(3, b"three")
    last = sent.crc
    sent.close()
    assert (first, seen, taken, rest, last) == (
        crc32(b"fixpit-sent\n"),
        crc32(b"onetwo"),
        crc32(b"onetwo"),
        0,
        crc32(b"three"),
    )


def test_the_number_of_messages_is_that_of_the_last(tmp_path: Path) -> None:
    """Whatever lies before it; none after a reset."""
    sent = SentFile(tmp_path / "sent.dat")
    session = sent.open_session()
    lengths = [len(session)]
    session.append(4, b"fourth")
    lengths.append(len(session))
    session.clear()
    sent.close()
    assert [*lengths, len(session)] == [0, 4, 0]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_messages_are_found_whatever_chunk_their_place_is_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """Numbers left out may fill chunks too; what is saved and restored is the same again."""
    monkeypatch.setattr(sent_file, "CHUNK", size)
    sent = SentFile(tmp_path / "sent.dat")
    session = sent.open_session()
    numbers = [2, 3, 4, 9, 10, 15]
    wanted: list[bytes | None] = [None] * 17
    for seq in numbers:
        wanted[seq] = b"message %d" % seq
        session.append(seq, b"message %d" % seq)
    found = [session.get(seq) for seq in range(17)]
    places, crc = sent.save(tmp_path / "base", [session])
    told = len(session), len(list(session.places()))
    sent.close()
    later = SentFile(tmp_path / "sent.dat")
    later.begin_behind(tmp_path / "base", crc)
    session = later.open_session()
    session.restore(places[0])
    session.append(16, b"message 16")
    again = [session.get(seq) for seq in range(17)]
    later.close()
    assert (found, told, again) == (wanted, (15, 15), [*wanted[:16], b"message 16"])
