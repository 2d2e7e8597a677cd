"""The client's codec: simplefix, and the checks it lacks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.client.wire import Framer, GarbledError, decode, encode, parse_fields, piped

HEARTBEAT = b"8=FIX.4.4|9=49|35=0|49=PIT|56=AVA|34=2|52=20261122-12:01:03.214|10=141|".replace(
    b"|", b"\x01"
)


def frames(*chunks: bytes) -> list[bytes]:
    """Feed the chunks one by one and return all messages."""
    framer, found = Framer(), []
    for chunk in chunks:
        framer.append(chunk)
        found += list(iter(framer.next_frame, None))
    return found


def test_a_message_is_written_with_length_and_checksum() -> None:
    """BodyLength(9) and CheckSum(10) are computed, the fields keep their order."""
    header = [(49, "PIT"), (56, "AVA"), (34, "2"), (52, "20261122-12:01:03.214")]
    assert encode("FIX.4.4", "0", header) == HEARTBEAT


def test_a_message_is_read_with_all_its_fields() -> None:
    """Reading gives every field as text, header and trailer included."""
    assert (
        piped(decode(HEARTBEAT).fields)
        == "8=FIX.4.4|9=49|35=0|49=PIT|56=AVA|34=2|52=20261122-12:01:03.214|10=141"
    )


def test_messages_come_out_whole_however_the_bytes_come() -> None:
    """Two messages in one chunk and the same byte by byte give the same frames."""
    data = HEARTBEAT * 2
    single = [data[i : i + 1] for i in range(len(data))]
    assert frames(data) == frames(*single) == [HEARTBEAT, HEARTBEAT]


@pytest.mark.parametrize(
    ("garbage", "text"),
    [
        (HEARTBEAT.replace(b"10=141", b"10=142"), "CheckSum(10) must be 141, was 142"),
        (
            HEARTBEAT.replace(b"9=49", b"9=48"),
            "BodyLength(9) must lead to CheckSum(10), leads to '|10=141'",
        ),
        (
            HEARTBEAT.replace(b"9=49", b"9=65536"),
            "BodyLength(9) must be under 65536, was 65536",
        ),
        (
            b"HTTP/1.1 400 Bad Request\r\n",
            "message must begin with 8=FIX and 9=, was 'HTTP/1.1 400 Bad Request\\r\\n'",
        ),
        (
            b"8=FIX.4.4\x0135=0\x019=5\x0134=2\x01",
            "message must begin with 8=FIX and 9=, was '8=FIX.4.4|35=0|9=5|34=2|'",
        ),
    ],
)
def test_garbage_is_named(garbage: bytes, text: str) -> None:
    """Bytes that are no message raise at once, with the rule they break."""
    with pytest.raises(GarbledError) as caught:
        frames(garbage)
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"35=0\x01x=1\x01", "field cannot be read (TagNotNumberError: "),
        (b"35=0\x0158=\x01", "field cannot be read (EmptyValueError: 58)"),
        (b"35=A\x0195=x\x0196=y\x01", "field cannot be read (RawLengthNotNumberError: "),
        (b"34=2\x0135=0\x01", "MsgType(35) must be the third field, was tag 34"),
        (b"35=0\x0110=123\x0158=x\x01", "CheckSum(10) must be the last field and only there"),
        (b"35=A\x0195=99\x0196=y\x01", "CheckSum(10) must be the last field and only there"),
    ],
)
def test_a_frame_that_holds_no_message_is_named(body: bytes, text: str) -> None:
    """A right sum does not make a message: each field is checked too."""
    head = b"8=FIX.4.4\x019=%d\x01%b" % (len(body), body)
    (frame,) = frames(b"%b10=%03d\x01" % (head, sum(head) % 256))
    with pytest.raises(GarbledError) as caught:
        decode(frame)
    assert str(caught.value).startswith(text)


@given(st.binary(max_size=80))
def test_any_bytes_give_messages_or_garbled(tail: bytes) -> None:
    """Whatever follows a message, the message comes out and nothing but GarbledError is raised."""
    framer = Framer()
    framer.append(HEARTBEAT + tail)
    found = framer.next_frame()
    try:
        while (frame := framer.next_frame()) is not None:
            decode(frame)
    except GarbledError:
        pass
    assert found == HEARTBEAT


def test_fields_are_read_with_each_separator() -> None:
    """People write FIX with `|`, `^A` or the real separator."""
    assert parse_fields("35=D|11=X^A58=a=b\x01") == ((35, "D"), (11, "X"), (58, "a=b"))


@pytest.mark.parametrize("text", ["35", "35=", "x=1", "=1", "-1=2"])
def test_what_is_no_field_is_named(text: str) -> None:
    """A part without number, equals sign or value is refused."""
    with pytest.raises(ValueError, match="field must be TAG=VALUE, was "):
        parse_fields(f"11=X|{text}")
