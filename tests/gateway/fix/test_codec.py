"""The byte loops, compiled and in Python: two subjects, one answer.

In a build without compiled modules both subjects are the same one; `make test` runs either build.
"""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.fix import decoder, encoder, framing
from gateway.fix.decoder import ShapeField, ShapeInPython
from gateway.fix.message import Message
from tests.support.fix import decoded, message, our_decoder, stock_decoder
from tests.support.fix_mutations import VALID, mutants

SEED = 20261125


def cut_by_both(data: bytes, pos: int = 0, most: int = 4096) -> tuple[int, list[bytes]]:
    """What both say of these bytes, which must be the same."""
    one: list[bytes] = []
    other: list[bytes] = []
    ends = framing.cut(data, pos, most, one), framing.cut_in_python(data, pos, most, other)
    assert (ends[0], one) == (ends[1], other), data
    return ends[0], one


# Cutting


def test_good_messages_are_cut_up_to_the_first_that_is_not() -> None:
    """From any place on, and no further than what is whole."""
    one, other = message("35=0|34=2"), message("35=1|34=3|112=x")
    assert cut_by_both(one + other) == (len(one + other), [one, other])
    assert cut_by_both(one + other, len(one)) == (len(one + other), [other])
    assert cut_by_both(one + b"noise" + other) == (len(one), [one])
    for size in range(len(one)):
        assert cut_by_both(other + one[:size]) == (len(other), [other])


def test_the_limit_is_of_one_message() -> None:
    """A message of so many bytes is good, one byte more is left to others."""
    data = message("35=0|34=2") * 3
    size = len(data) // 3
    assert cut_by_both(data, most=size)[0] == 3 * size
    assert cut_by_both(data, most=size - 1) == (0, [])


@pytest.mark.parametrize("text", VALID)
def test_every_byte_counts(text: str) -> None:
    """A message with one byte changed, missing or doubled is cut by both or by neither."""
    whole = message(text)
    for at in range(len(whole)):
        for new in (b"", whole[at : at + 1] * 2, b"\x01", b"0", b"9", b"=", b"\xff", b"\x00"):
            cut_by_both(whole[:at] + new + whole[at + 1 :] + whole)


@given(
    st.lists(
        st.sampled_from(
            [b"8=FIX", b"\x019=", b"5", b"0", b"\x01", b"35=0\x01", b"10=", b"161", b"x"]
        )
    )
)
def test_pieces_of_messages_in_any_order(pieces: list[bytes]) -> None:
    """What looks like a message here and there is none, or is one, for both."""
    cut_by_both(b"".join(pieces) + message("35=0|34=2"))


@pytest.mark.parametrize(
    "digits", ["5", "05", "0000005", "000000005", "0000000005", "", "-5", "+5", "5 ", "²"]
)
def test_the_length_is_digits_only(digits: str) -> None:
    """At most nine of them, zeros in front included."""
    body = "35=0\x01"
    data = f"8=FIX.4.4\x019={digits}\x01{body}".encode("latin-1")
    cut_by_both(data + b"10=%03d\x01" % (sum(data) % 256))


# Decoding


def pair_of(sample: Message, dictionary: decoder.Decoder) -> tuple[decoder.Shape, ShapeInPython]:
    """The shape of a message, by either."""
    fields = [dictionary._shape_field(tag, sample.msg_type) for tag in sample.fields]
    return decoder.Shape(sample.msg_type, fields), ShapeInPython(sample.msg_type, fields)


PLAIN = [text for text in VALID if decoded(message(text)).groups is None]
SHAPES = [pair_of(decoded(message(text)), our_decoder()) for text in PLAIN]
"""They live through all tests: what a shape remembers must make no difference."""


@given(mutants())
@settings(max_examples=500, deadline=None)
def test_shapes_read_alike(frame: bytes) -> None:
    """Whatever comes, every shape reads the same fields in the same order, or nothing."""
    for compiled, python in SHAPES:
        one, other = compiled.read(frame), python.read(frame)
        assert one == other
        assert one is None or other is None or list(one) == list(other)


VALUES = {
    *(
        "",
        "0",
        "1",
        "9",
        "00",
        "-1",
        "--1",
        "-",
        "+1",
        "1.",
        "1.0",
        ".1",
        "-.1",
        "1.2.3",
        "1e5",
        " 1",
    ),
    *("9" * 18, "9" * 19, "-" + "9" * 18, "1." + "9" * 18, "1." + "9" * 19, "1 ", "٣", "²"),
    *(
        "Y",
        "N",
        "y",
        "YN",
        "A",
        "AB",
        "\xe5",
        "\x00",
        "=",
        "a=b",
        "x" * 256,
        "x" * 257,
        "x" * 43,
        "x" * 44,
    ),
    *("20261125", "20261325", "20261100", "20261132", "2026112", "00000101", "202611", "202611w1"),
    *(
        "20261125-10:00:00",
        "20261125-24:00:00",
        "20261125-10:60:00",
        "20261125-23:59:60",
        "20261125-23:59:61",
    ),
    *("20261125-10:00:00.", "20261125-10:00:00.1", "20261125-10:00:00.123456789012"),
    *(
        "20261125-10:00:00.1234567890123",
        "20261125 10:00:00",
        "20261125-10:00",
        "10:00:00",
        "10:00:00.5",
    ),
    *("1 2", "1  2", "G 1", "1 G ", " ", "2 3 Z", "D", "8", "AE", "FIX.4.4"),
}
"""What may be a value of one type and not of another, at the edges."""


@pytest.mark.parametrize("known", [our_decoder(), stock_decoder()], ids=["ours", "stock"])
def test_every_field_takes_the_same_values(known: decoder.Decoder) -> None:
    """Each field of the dictionary with each value, twice, and with another one in between."""
    for tag, spec in known.dictionary.fields.items():
        if spec.type == "DATA" or tag in ("35", "8", "9", "10"):
            continue
        fields: list[ShapeField] = [known._shape_field(tag, "D")]
        one, other = decoder.Shape("D", fields), ShapeInPython("D", fields)
        legal = sorted(spec.enum)[:5]
        for value in [*sorted(VALUES), *legal, *(f"{value} {value}" for value in legal), *legal]:
            frame = f"{tag}={value}\x01".encode("latin-1", "replace")
            expected = other.read(frame)
            assert one.read(frame) == one.read(frame) == expected, (tag, spec.type, value)
            assert one.read(frame + b"58=x\x01") is None


def test_a_shape_forgets_nothing_it_gave() -> None:
    """What was read stays as it was, whatever is read later and whatever its reader does to it."""
    frames = [message(f"35=0|34={number}|112=T{number % 3}") for number in range(2, 40)]
    shape = pair_of(decoded(frames[0]), our_decoder())[0]
    read = [shape.read(frame) for frame in frames]
    for one in read[::2]:
        assert one is not None
        one["112"] = "spoilt"
    again = [shape.read(frame) for frame in frames]
    assert again == [dict(decoded(frame).fields) for frame in frames]
    assert read[1::2] == again[1::2]


# Encoding


@given(
    st.tuples(
        *[st.text(st.characters(max_codepoint=0x2FF, exclude_characters="\x00"), max_size=9)] * 6
    ),
    st.integers(0, 2**64 - 1),
)
def test_messages_are_written_alike(texts: tuple[str, ...], seq: int) -> None:
    """The same bytes for any parts; what is not Latin-1 is a question mark."""
    begin, msg_type, before, time, after, body = texts
    parts = begin, msg_type, seq, before, time, after, body
    assert encoder.encode(*parts) == encoder.encode_in_python(*parts)


def test_long_messages_have_the_right_sum() -> None:
    """Sums beyond 256 and lengths of one to five digits."""
    draw = random.Random(SEED)
    for size in (0, 1, 60, 88, 89, 90, 500, 987, 988, 9_970, 70_000):
        body = "".join(chr(draw.randrange(1, 256)) for _ in range(size)) + "\x01"
        parts = "8=FIX.4.4\x019=", "8", size, "\x0149=A\x0152=", "t", "\x0156=B\x01", body
        data = encoder.encode(*parts)
        assert data == encoder.encode_in_python(*parts)
        assert cut_by_both(data, most=10**6) == (len(data), [data])
