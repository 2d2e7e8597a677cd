"""Bytes as they arrive, and the messages in them.

Most tests ask for the same three times: all at once, byte by byte, in pieces of any size.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.fix.framing import (
    CHECK_SUMS,
    LOGON_BYTES_MAX,
    Framer,
    MessageTooLong,
    check_sum,
)
from gateway.fix.session_settings import MESSAGE_BYTES_MAX
from tests.support.fix import check_sum_of, complete, message, soh

ONE = message("35=0|34=2")
TWO = message("35=1|34=3|112=HELLO")
THREE = message("35=D|34=4|11=ID|38=100|40=2|44=87.30|54=1|55=ERIC-B|60={now}")
PADDED = complete("8=FIX.4.4|9=0000024|35=0|34=5|49=AVA|56=PIT")


def pieces(data: bytes, sizes: list[int]) -> list[bytes]:
    """The data cut into pieces of these sizes, and the rest."""
    cut = []
    for size in sizes:
        cut.append(data[:size])
        data = data[size:]
    return [*cut, data]


def frames(*chunks: bytes, bytes_max: int = MESSAGE_BYTES_MAX) -> list[bytes]:
    """The messages found in these chunks."""
    framer = Framer(bytes_max)
    return [frame for chunk in chunks for frame in framer.feed(chunk)]


def byte_by_byte(data: bytes) -> list[bytes]:
    """The messages found when every byte comes alone."""
    return frames(*(data[i : i + 1] for i in range(len(data))))


@pytest.mark.parametrize(
    ("data", "found"),
    [
        pytest.param(b"", [], id="nothing"),
        pytest.param(ONE, [ONE], id="one"),
        pytest.param(ONE + TWO + THREE, [ONE, TWO, THREE], id="three"),
        pytest.param(ONE[:-1], [], id="not all of one"),
        pytest.param(b"HELO\r\n" + ONE, [ONE], id="garbage before"),
        pytest.param(ONE + b"\x01\x00garbage=" + TWO, [ONE, TWO], id="garbage between"),
        pytest.param(ONE + b"8=FIX.4.4\x01" + TWO, [ONE, TWO], id="a beginning between"),
        pytest.param(ONE + b"8=FI" + TWO, [ONE, TWO], id="less than a beginning between"),
        pytest.param(b"8=FIX" * 5 + b"\x01" + ONE, [ONE], id="beginnings"),
        pytest.param(b"8=FIX.4.4\x019=x1\x01" + ONE, [ONE], id="a length that is no number"),
        pytest.param(b"8=FIX.4.4\x019=\x01" + ONE, [ONE], id="a length that is empty"),
        pytest.param(b"8=FIX.4.4\x019=1234567890\x01" + ONE, [ONE], id="a length of ten digits"),
        pytest.param(b"8=FIX.4.4\x019=-5\x01" + ONE, [ONE], id="a negative length"),
        pytest.param(b"8=FIX.4.4.4.4.4.4.4\x01" + ONE, [ONE], id="a version too long"),
        pytest.param(b"8=FIX.4.4\x0135=0\x01" + ONE, [ONE], id="no length"),
        pytest.param(PADDED, [PADDED], id="a length padded with zeros"),
        pytest.param(complete("8=FIX.4.4|9=0|10=161"), [], id="no body"),
        pytest.param(message("35=0|34=2|10=256") + TWO, [TWO], id="a sum that cannot be"),
        pytest.param(message("35=0|34=2|10=001") + TWO, [TWO], id="a wrong sum"),
        pytest.param(message("35=0|34=2|10=1") + TWO, [TWO], id="a sum of one digit"),
    ],
)
def test_messages_are_found(data: bytes, found: list[bytes]) -> None:
    """What is whole and right comes out, however it arrives; what is not is passed over."""
    assert frames(data) == found
    assert byte_by_byte(data) == found


def wrong_length(by: int) -> bytes:
    """THREE with a BodyLength that is wrong by so much, and the sum that goes with it."""
    begin, length, rest = THREE.split(b"\x01", 2)
    size = int(length.removeprefix(b"9=")) + by
    text = b"\x01".join([begin, b"9=%d" % size, rest[:-7]])
    return text + b"10=%03d\x01" % check_sum_of(text)


@pytest.mark.parametrize("by", [-100, -20, -8, -7, -6, -2, -1])
def test_a_length_too_short_costs_the_message(by: int) -> None:
    """The message ends where its trailer is; the next one is untouched (2m)."""
    data = ONE + wrong_length(by) + TWO
    assert frames(data) == byte_by_byte(data) == [ONE, TWO]


@pytest.mark.parametrize("by", [1, 2, 6, 7, 8, 20, len(TWO) - 1, len(TWO)])
def test_a_length_too_long_costs_the_next_one_too(by: int) -> None:
    """The trailer behind the announced end is that of the next message (2m)."""
    data = ONE + wrong_length(by) + TWO + THREE
    assert frames(data) == byte_by_byte(data) == [ONE, THREE]


def test_what_is_passed_over_is_counted() -> None:
    """Garbage and garbled messages show in the count; good ones do not."""
    framer = Framer(MESSAGE_BYTES_MAX)
    framer.feed(ONE + TWO)
    assert framer.garbled == 0
    framer.feed(message("35=0|34=2|10=000"))
    assert framer.garbled == 1
    framer.feed(b"garbage")
    assert framer.garbled == 2


def test_data_fields_may_look_like_anything() -> None:
    """BodyLength decides where a message ends, not a trailer within a data field."""
    inner = "35=B|34=2|95=30|96=x|10=000|8=FIX.4.4|9=5|35=0|10|148=news"
    data = message(inner)
    assert frames(data + ONE) == byte_by_byte(data + ONE) == [data, ONE]


# Any split gives the same

SOME = st.sampled_from(
    [
        ONE,
        TWO,
        THREE,
        PADDED,
        message("35=0|34=2|10=000"),
        wrong_length(-3),
        wrong_length(9),
        b"garbage",
        b"8=FIX",
        b"8=FIX.4.4\x019=12\x01",
        b"10=000\x01",
        b"\x01",
    ]
)


@given(st.lists(SOME, max_size=12), st.lists(st.integers(1, 150), max_size=20))
def test_pieces_do_not_matter(parts: list[bytes], sizes: list[int]) -> None:
    """The same bytes give the same messages, whole, byte by byte and in any pieces."""
    data = b"".join(parts)
    whole = frames(data)
    assert frames(*pieces(data, sizes)) == whole
    assert byte_by_byte(data) == whole


@given(st.binary(max_size=200), st.lists(st.integers(1, 40), max_size=10))
def test_noise_before_a_message(noise: bytes, sizes: list[int]) -> None:
    """Noise that announces nothing takes no message with it."""
    data = noise.replace(b"8", b"7") + ONE + TWO
    assert frames(*pieces(data, sizes)) == [ONE, TWO]


# Limits


def body_of(size: int) -> bytes:
    """A message of exactly so many bytes."""
    data = message("35=B|34=2|58=")
    text = "x" * (size - len(data))
    for slack in range(4):
        data = message(f"35=B|34=2|58={text[slack:]}")
        if len(data) == size:
            return data
    raise AssertionError(size)


def test_the_longest_message_is_taken() -> None:
    """The limit itself is allowed, in one piece or in many."""
    data = body_of(MESSAGE_BYTES_MAX)
    assert frames(data, ONE) == frames(*pieces(data, [1000] * 60), ONE) == [data, ONE]


@pytest.mark.parametrize("bytes_max", [LOGON_BYTES_MAX, MESSAGE_BYTES_MAX])
def test_a_longer_one_is_refused_when_it_is_announced(bytes_max: int) -> None:
    """The length in the header is enough; the body is not waited for."""
    framer = Framer(bytes_max)
    with pytest.raises(MessageTooLong):
        framer.feed(b"8=FIX.4.4\x019=%d\x0135=B\x01" % bytes_max)


def test_a_message_that_never_ends_is_refused() -> None:
    """Without the trailer that its length promises nothing is held beyond the limit."""
    framer = Framer(1_000)
    framer.feed(b"8=FIX.4.4\x019=100\x01")
    for _ in range(10):
        assert framer.feed(b"x" * 98) == []
    with pytest.raises(MessageTooLong):
        framer.feed(b"x" * 10)


def test_messages_before_one_that_is_too_long_in_pieces() -> None:
    """What came in earlier pieces has been handed over."""
    framer = Framer(1_000)
    assert framer.feed(ONE) == [ONE]
    with pytest.raises(MessageTooLong):
        framer.feed(b"8=FIX.4.4\x019=1001\x01")


@dataclass(frozen=True, slots=True)
class Cut:
    """All that a framer made of a stream."""

    frames: list[bytes]
    garbled: int
    too_long: bool = False


def cut(chunks: Iterable[bytes], bytes_max: int = 300) -> Cut:
    """What comes of a stream; a message too long ends it."""
    framer = Framer(bytes_max)
    found: list[bytes] = []
    try:
        for chunk in chunks:
            found += framer.feed(chunk)
    except MessageTooLong as error:
        return Cut(found + error.frames, framer.garbled, too_long=True)
    return Cut(found, framer.garbled)


LONG = message(f"35=B|34=2|58={'x' * 300}")
ODD_HEADER = b"8=FIX\x011=x\x019=5\x0135=0\x01"
NOT_ENDED = b"8=FIX.4.4\x019=5\x01" + b"x" * 300


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(ONE + LONG, Cut([ONE], 0, too_long=True), id="a good one"),
        pytest.param(NOT_ENDED + b"\x0110=000\x01" + ONE, Cut([], 0, too_long=True), id="garbled"),
        pytest.param(NOT_ENDED[:250] + b"\x0110=000\x01" + ONE, Cut([ONE], 1), id="not too long"),
        pytest.param(b"garbage" + ONE + b"8=FIvegarbage", Cut([ONE], 2), id="noise"),
        pytest.param(b"garb8=FI8=FIage8=FIX" + ONE, Cut([ONE], 2), id="nearly a beginning"),
        pytest.param(
            ODD_HEADER + b"10=%03d\x01" % check_sum_of(ODD_HEADER),
            Cut([ODD_HEADER + b"10=%03d\x01" % check_sum_of(ODD_HEADER)], 0),
            id="BodyLength in third place",
        ),
    ],
)
def test_the_pieces_make_no_difference_to_limits_and_counts(data: bytes, expected: Cut) -> None:
    """What is too long or garbled is so in one piece, byte by byte and in any halves."""
    assert cut([data]) == expected
    assert cut(data[i : i + 1] for i in range(len(data))) == expected
    for i in range(len(data)):
        assert cut([data[:i], data[i:]]) == expected


def test_garbage_is_not_held() -> None:
    """A megabyte of it in small pieces leaves a few bytes behind, and is soon through."""
    noise = random.Random(20261122)
    framer = Framer(LOGON_BYTES_MAX)
    begun = time.process_time()
    for _ in range(10_000):
        assert framer.feed(noise.randbytes(100)) == []
    assert time.process_time() - begun < 5
    assert framer.feed(b"\x01" + ONE) == [ONE]


def test_a_message_in_a_thousand_pieces() -> None:
    """A long message that trickles in is looked at once it is complete, not with every piece."""
    data = body_of(MESSAGE_BYTES_MAX)
    begun = time.process_time()
    assert frames(*pieces(data, [64] * (len(data) // 64))) == [data]
    assert time.process_time() - begun < 5


# CheckSum


@given(st.binary(max_size=3_000))
def test_check_sum_of_anything(data: bytes) -> None:
    """The sum of all bytes modulo 256."""
    assert check_sum(data) == check_sum_of(data)


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 515, 516, 512, 65_536])
@pytest.mark.parametrize("byte", [b"\x00", b"\x7f", b"\xff"])
def test_check_sum_at_the_edges(size: int, byte: bytes) -> None:
    """The largest sums the fast way can hold, and the first it cannot."""
    assert check_sum(byte * size) == check_sum_of(byte * size)


def test_check_sums_are_written_with_three_digits() -> None:
    """The whole trailer, ready to be put behind a message."""
    assert [CHECK_SUMS[n] for n in (0, 7, 99, 255)] == [
        *(soh("10=000"), soh("10=007"), soh("10=099"), soh("10=255"))
    ]


def test_messages_before_one_that_is_too_long_are_not_lost() -> None:
    """The exception carries them: TCP may have put all of it into one segment."""
    framer = Framer(1000)
    with pytest.raises(MessageTooLong) as caught:
        framer.feed(ONE + b"8=FIX.4.4\x019=1001\x01")
    assert caught.value.frames == [ONE]


def test_a_garbled_message_is_searched_once_for_its_end() -> None:
    """Byte by byte the end of a garbled message is found where it is, and the next one is whole."""
    garbled = (
        b"8=FIX.4.4\x019=5\x0135=0\x01" + b"58=x\x01" * 200 + b"10=12345678901234567\x0110=000\x01"
    )
    framer = Framer(4096)
    found = [frame for byte in garbled + ONE for frame in framer.feed(bytes([byte]))]
    assert (found, framer.garbled, Framer(4096).feed(garbled + ONE)) == ([ONE], 1, [ONE])
