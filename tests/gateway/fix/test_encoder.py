"""Bodies made messages, and messages made possible duplicates; simplefix as the second opinion."""

from __future__ import annotations

import pytest
import simplefix
from hypothesis import given
from hypothesis import strategies as st

from gateway.fix.encoder import Header
from tests.support.fix import SOH, check_sum_of, piped

AT, LATER = "20261122-12:00:00.000", "20261122-12:00:07.500"
HEADER = Header("FIX.4.4", "PIT", "AVA")


def body(text: str) -> str:
    """Fields with the separator behind each."""
    return "".join(f"{field}{SOH}" for field in text.split("|") if field)


@pytest.mark.parametrize(
    ("msg_type", "text", "whole"),
    [
        ("0", "", "8=FIX.4.4|9=49|35=0|34=7|49=PIT|52=20261122-12:00:00.000|56=AVA|10=135"),
        (
            "8",
            "57=anna|11=ID|58=hej",
            "8=FIX.4.4|9=70|35=8|34=7|49=PIT|52=20261122-12:00:00.000|56=AVA|57=anna|11=ID|58=hej"
            "|10=224",
        ),
    ],
)
def test_a_message_is_put_together(msg_type: str, text: str, whole: str) -> None:
    """The header ascends behind 8, 9 and 35; length and sum are those of the bytes."""
    assert piped(HEADER.encode(msg_type, 7, AT, body(text))) == whole


def test_what_latin_1_cannot_say_becomes_a_question_mark() -> None:
    """One character, one byte: length and sum stay right whatever a text holds."""
    data = HEADER.encode("8", 1, AT, body("58=Å€→"))
    assert b"58=\xc5??\x01" in data
    assert parsed_by_simplefix(data)[-2] == ("58", "Å??")


def parsed_by_simplefix(data: bytes) -> list[tuple[str, str]]:
    """Another maker's reading; it checks neither length nor sum, so they are checked here."""
    parser = simplefix.FixParser()
    parser.append_buffer(data)
    message = parser.get_message()
    assert message is not None
    assert parser.get_buffer() == b""
    pairs = [(tag.decode(), value.decode("latin-1")) for tag, value in message.pairs]
    before, _, rest = data.partition(b"\x0135=")
    assert int(pairs[1][1]) == len(b"35=" + rest) - len(b"10=000\x01")
    assert int(pairs[-1][1]) == check_sum_of(data[: -len(b"10=000\x01")])
    assert before.startswith(b"8=FIX.4.4\x019=")
    return pairs


TEXT = st.text(st.characters(codec="latin-1", exclude_characters=SOH), min_size=1, max_size=300)
BODIES = st.lists(st.tuples(st.sampled_from(["1", "11", "44", "55", "58"]), TEXT), max_size=9)


@given(BODIES, st.integers(1, 10**12))
def test_simplefix_reads_what_we_write(fields: list[tuple[str, str]], seq: int) -> None:
    """The same fields, whatever they hold."""
    text = "".join(f"{tag}={value}{SOH}" for tag, value in fields)
    pairs = parsed_by_simplefix(HEADER.encode("8", seq, AT, text))
    head = [("35", "8"), ("34", str(seq)), ("49", "PIT"), ("52", AT), ("56", "AVA")]
    assert pairs[2:-1] == [*head, *fields]


@pytest.mark.parametrize(
    ("text", "again"),
    [
        ("11=ID", "|43=Y|49=PIT|52={later}|56=AVA|122={at}|11=ID"),
        ("57=anna|11=ID|44=8", "|43=Y|49=PIT|52={later}|56=AVA|57=anna|122={at}|11=ID|44=8"),
        ("97=Y|11=ID|57=no", "|43=Y|49=PIT|52={later}|56=AVA|97=Y|122={at}|11=ID|57=no"),
        ("58=a=b", "|43=Y|49=PIT|52={later}|56=AVA|122={at}|58=a=b"),
    ],
)
def test_a_message_sent_again(text: str, again: str) -> None:
    """Number and body are those of the first time; the header says so, ascending."""
    first = HEADER.encode("8", 7, AT, body(text))
    second = HEADER.encode_again(first, LATER)
    pairs = parsed_by_simplefix(second)
    fields = "|".join(f"{tag}={value}" for tag, value in pairs[2:-1])
    assert fields == f"35=8|34=7{again.format(at=AT, later=LATER)}"


@given(BODIES.filter(bool))
def test_a_body_sent_again_is_the_same_to_the_byte(fields: list[tuple[str, str]]) -> None:
    """Groups, repeated tags and odd characters are left as they were."""
    text = "".join(f"{tag}={value}{SOH}" for tag, value in fields)
    first = HEADER.encode("8", 7, AT, text)
    second = HEADER.encode_again(first, LATER)
    assert parsed_by_simplefix(second)[9:-1] == parsed_by_simplefix(first)[7:-1]
