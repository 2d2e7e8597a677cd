"""Framed messages decoded: step by step, and by shapes that must not make a difference."""

from __future__ import annotations

import pytest
import simplefix
from hypothesis import example, given, settings

from gateway.fix import message as m
from gateway.fix.decoder import (
    SECRETS,
    SHAPE_TAGS_MAX,
    SHAPES_LEARNED_MAX,
    SHAPES_PER_SESSION_MAX,
    Decoder,
    Shapes,
)
from gateway.fix.message import Message, SessionReject
from tests.support.fix import (
    decoded,
    message,
    our_decoder,
    ours,
    pairs_of,
    soh,
    stock_decoder,
)
from tests.support.fix_mutations import VALID, fields_of, framed, mutants

ORDER = "35=D|34=2|11=ID|38=100|40=2|44=87.30|54=1|55=ERIC-B|59=0|60={now}"


def outcome(data: bytes, decoder: Decoder | None = None) -> Message | tuple[int | None, str] | None:
    """The message, or reason and tag of its reject, or None if it is garbled."""
    decoder = decoder or our_decoder()
    parsed = decoder.parse(data)
    if parsed is None or parsed.msg_type not in decoder.dictionary.messages:
        return None
    try:
        decoder.validate(parsed)
    except SessionReject as refusal:
        return refusal.reason, refusal.ref_tag
    return parsed


# Parsing


def test_a_message_is_parsed_into_pairs() -> None:
    """Every field in order of arrival, and by its tag; nothing is checked yet."""
    data = message("35=D|34=2|11=ID|999=|54=x=y")
    parsed = our_decoder().parse(data)
    assert parsed is not None
    assert parsed.pairs == pairs_of(data)
    assert parsed.fields == dict(pairs_of(data))
    assert (parsed.msg_type, parsed.groups) == ("D", None)


def test_the_first_of_two_counts() -> None:
    """A header field repeated in the body does not replace what the header says."""
    parsed = our_decoder().parse(message("35=D|34=2|11=ID|34=7"))
    assert parsed is not None
    assert parsed.fields["34"] == "2"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(soh("8=FIX.4.4|35=0|9=5|34=2|10=000"), id="35 before 9"),
        pytest.param(soh("9=5|8=FIX.4.4|35=0|34=2|10=000"), id="9 before 8"),
        pytest.param(soh("8=FIX.4.4|9=5|34=2|35=0|10=000"), id="34 before 35"),
        pytest.param(soh("8=FIX.4.4|9=5|10=000"), id="no 35"),
        pytest.param(message("35=0|34=2|garbled"), id="no equals sign"),
        pytest.param(message("35=0|34=2|=x"), id="no tag"),
        pytest.param(message("35=0|34=2|x1=x"), id="a tag that is no number"),
        pytest.param(message("35=0|34=2|1 =x"), id="a tag with a blank"),
        pytest.param(message("35=0|34=2|--1=x"), id="a tag with two signs"),
        pytest.param(message("35=0|34=2|²=x"), id="a tag in superscript"),
        pytest.param(message("35=D|34=2|95=5|96=abc"), id="data shorter than announced"),
        pytest.param(message("35=D|34=2|95=2|96=abc"), id="data longer than announced"),
        pytest.param(message(f"35=D|34=2|95={'9' * 18}|96=abc"), id="data without end"),
    ],
)
def test_garbled_messages(data: bytes) -> None:
    """What is not built of fields, or does not begin as a message must."""
    assert our_decoder().parse(data) is None


def test_data_fields_are_cut_by_their_length() -> None:
    """The separator, an equals sign or a whole message may stand in them."""
    data = message("35=B|34=2|354=13|355=\x01x=|10=000|=\x01|95=0|96=|58=end")
    parsed = our_decoder().parse(data)
    assert parsed is not None
    assert parsed.fields["355"] == "\x01x=\x0110=000\x01=\x01"
    assert (parsed.fields["96"], parsed.fields["58"]) == ("", "end")


@pytest.mark.parametrize("length", ["9" * 19, "9" * 5_000, "-1", "x", ""])
def test_a_length_that_is_none_cuts_nothing(length: str) -> None:
    """The data field is then read like any other; validation has its say about the length."""
    parsed = our_decoder().parse(message(f"35=D|34=2|354={length}|355=abc|58=end"))
    assert parsed is not None
    assert (parsed.fields["355"], parsed.fields["58"]) == ("abc", "end")


def test_a_length_counts_for_the_next_field_only() -> None:
    """A length without its data field has no effect."""
    parsed = our_decoder().parse(message("35=D|34=2|354=99|58=a|355=b"))
    assert parsed is not None
    assert (parsed.fields["58"], parsed.fields["355"]) == ("a", "b")


# Validation


@pytest.mark.parametrize("text", VALID)
def test_valid_messages_are_accepted(text: str) -> None:
    """By our dictionary; by the stock one as well, but for the field of our own."""
    assert isinstance(outcome(message(text)), Message)
    if "20001=" not in text:
        assert outcome(message(text), stock_decoder()) == outcome(message(text))


REJECTS = {
    "a tag that FIX does not have": (f"{ORDER}|999=x", m.INVALID_TAG_NUMBER, "999"),
    "tag 0": (f"{ORDER}|0=x", m.INVALID_TAG_NUMBER, "0"),
    "a negative tag": (f"{ORDER}|-1=x", m.INVALID_TAG_NUMBER, "-1"),
    "a tag with zeros in front": (f"{ORDER}|0058=x", m.INVALID_TAG_NUMBER, "0058"),
    "no header field": ("35=0", m.REQUIRED_TAG_MISSING, "34"),
    "no body field": ("35=1|34=2", m.REQUIRED_TAG_MISSING, "112"),
    "no field of the order": ("35=D|34=2|11=ID|40=2|60={now}", m.REQUIRED_TAG_MISSING, "54"),
    "no field of the entry": (f"{ORDER}|78=1|79=A|80=1|78=1", m.TAG_REPEATED, "78"),
    "a field of another message": ("35=0|34=2|55=ERIC-B", m.TAG_NOT_DEFINED, "55"),
    "a field of a group without the group": (f"{ORDER}|448=a", m.TAG_NOT_DEFINED, "448"),
    "a field of the header's group": (f"{ORDER}|628=HOP", m.TAG_NOT_DEFINED, "628"),
    "an empty value": (f"{ORDER}|58=", m.TAG_WITHOUT_VALUE, "58"),
    "an empty value in the header": ("35=0|34=2|50=", m.TAG_WITHOUT_VALUE, "50"),
    "an empty data field": (f"{ORDER}|354=0|355=", m.TAG_WITHOUT_VALUE, "355"),
    "a value that is not listed": (ORDER.replace("54=1", "54=Z"), m.VALUE_INCORRECT, "54"),
    "one of several not listed": (f"{ORDER}|18=1 !", m.VALUE_INCORRECT, "18"),
    "a number that is none": (ORDER.replace("38=100", "38=1OO"), m.INCORRECT_FORMAT, "38"),
    "a number with a plus": (ORDER.replace("38=100", "38=+1"), m.INCORRECT_FORMAT, "38"),
    "a flag that is none": ("35=4|34=2|36=9|123=1", m.INCORRECT_FORMAT, "123"),
    "a char that is two": (ORDER.replace("54=1", "54=11"), m.INCORRECT_FORMAT, "54"),
    "a time that is none": (ORDER.replace("60={now}", "60=today"), m.INCORRECT_FORMAT, "60"),
    "text of 257": (f"{ORDER}|58={'x' * 257}", m.INCORRECT_FORMAT, "58"),
    "values of 257": (f"{ORDER}|18={' '.join('1' * 129)}", m.INCORRECT_FORMAT, "18"),
    "a length of 19 digits": (f"{ORDER}|354={'9' * 19}|355=x", m.INCORRECT_FORMAT, "354"),
    "a field twice": (f"{ORDER}|55=ERIC-B", m.TAG_REPEATED, "55"),
    "a header field twice": ("35=0|34=2|34=2", m.TAG_REPEATED, "34"),
    "a header field in the body": (f"{ORDER}|50=anna", m.TAG_OUT_OF_ORDER, "50"),
    "a header field behind the trailer": (f"{ORDER}|93=1|89=x|97=Y", m.TAG_OUT_OF_ORDER, "97"),
    "too few entries": (f"{ORDER}|453=2|448=a|447=D|452=1", m.GROUP_COUNT_WRONG, "453"),
    "too many entries": (f"{ORDER}|453=1|448=a|452=1|448=b", m.GROUP_COUNT_WRONG, "453"),
    "entries of an empty group": (f"{ORDER}|453=0|448=a", m.GROUP_COUNT_WRONG, "453"),
    "no entries": (f"{ORDER}|453=1", m.GROUP_COUNT_WRONG, "453"),
    "an entry that begins otherwise": (f"{ORDER}|453=1|452=1|448=a", m.GROUP_COUNT_WRONG, "453"),
    "a negative count": (f"{ORDER}|453=-1", m.INCORRECT_FORMAT, "453"),
    "a field twice in an entry": (f"{ORDER}|453=1|448=a|452=1|452=3", m.TAG_REPEATED, "452"),
    "a wrong value in an entry": (f"{ORDER}|453=1|448=a|452=x", m.INCORRECT_FORMAT, "452"),
    "nothing in an entry": (f"{ORDER}|453=1|448=|452=1", m.TAG_WITHOUT_VALUE, "448"),
    "too few nested entries": (
        f"{ORDER}|453=1|448=a|452=1|802=2|523=s|803=1",
        m.GROUP_COUNT_WRONG,
        "802",
    ),
    "a wrong value in a nested entry": (
        f"{ORDER}|453=1|448=a|452=1|802=1|523=s|803=x",
        m.INCORRECT_FORMAT,
        "803",
    ),
    "no field of the allocation": (f"{ORDER}|78=1|79=A|467=I", None, ""),
}


@pytest.mark.parametrize("what", REJECTS)
def test_rejects(what: str) -> None:
    """The reason and the tag at fault."""
    text, reason, tag = REJECTS[what]
    result = outcome(message(text))
    assert isinstance(result, Message) if reason is None else result == (reason, tag)


def test_what_an_entry_requires() -> None:
    """A field that a dictionary requires in every entry of a group."""
    news = "35=B|34=2|148=head|33=2|58=line|354=1|355=x"
    assert outcome(message(news), stock_decoder()) == (m.GROUP_COUNT_WRONG, "33")
    lists = "35=E|34=2|66=L|394=1|68=1|73=1|11=ID|67=1"
    assert outcome(message(lists), stock_decoder()) == (m.REQUIRED_TAG_MISSING, "54")


def test_the_first_fault_is_the_one_that_is_named() -> None:
    """From left to right; what is missing is looked for at the end."""
    assert outcome(message("35=D|34=2|54=Z|999=x|11=")) == (m.VALUE_INCORRECT, "54")


def test_order_within_header_and_body_is_free() -> None:
    """The same fields come out whatever order they came in."""
    data = fields_of(ORDER)
    shuffled = [data[0], *reversed(data[1:5]), *reversed(data[5:])]
    assert decoded(framed(shuffled)).fields == decoded(framed(data)).fields | {
        "10": dict(pairs_of(framed(shuffled)))["10"]
    }


def test_groups_are_read_entry_by_entry() -> None:
    """By their count tag, each entry with its own fields; the count itself stays a field."""
    text = f"{ORDER}|453=2|448=a|447=D|452=12|448=b|452=1|447=D|78=1|79=ACC|80=5|58=end"
    got = decoded(message(text))
    assert got.groups == {
        "453": [{"448": "a", "447": "D", "452": "12"}, {"448": "b", "452": "1", "447": "D"}],
        "78": [{"79": "ACC", "80": "5"}],
    }
    assert (got.fields["453"], got.fields["58"]) == ("2", "end")
    assert "448" not in got.fields


def test_nested_groups_are_walked_over() -> None:
    """Their fields are checked; the entry around them goes on behind them."""
    text = f"{ORDER}|453=2|448=a|802=2|523=s|803=1|523=t|803=2|452=12|448=b|452=1|58=end"
    got = decoded(message(text))
    assert got.groups == {"453": [{"448": "a", "802": "2", "452": "12"}, {"448": "b", "452": "1"}]}
    assert got.fields["58"] == "end"


def test_an_empty_group_is_legal() -> None:
    """A count of 0, and nothing follows."""
    assert decoded(message(f"{ORDER}|453=0|58=x")).groups == {"453": []}


def test_the_header_may_have_a_group() -> None:
    """Hops are read like any other group."""
    got = decoded(message("35=0|34=2|627=2|628=A|628=B|630=7|112=x"))
    assert got.groups == {"627": [{"628": "A"}, {"628": "B", "630": "7"}]}


# Shapes

UNLEARNED = {"89", "91", "96", "213", "355"} | SECRETS
"""Data fields, and what is secret."""


def shapes_that_know(*texts: str, decoder: Decoder | None = None) -> Shapes:
    """The shapes of a session whose client has sent these."""
    decoder = decoder or our_decoder()
    shapes = Shapes(decoder)
    for text in texts:
        shapes.learn(decoded(message(text), decoder))
    return shapes


PLAIN = tuple(
    text
    for text in VALID
    if decoded(message(text)).groups is None and SECRETS.isdisjoint(decoded(message(text)).fields)
)


@pytest.mark.parametrize("text", PLAIN)
def test_a_shape_gives_what_the_steps_give(text: str) -> None:
    """Once a message has been validated, its like is decoded in one go to the same fields."""
    shapes = shapes_that_know(text)
    assert shapes.decode(message(text)) == decoded(message(text))


@pytest.mark.parametrize("decoder", [our_decoder(), stock_decoder()], ids=["ours", "stock"])
@given(data=mutants())
@settings(max_examples=400, deadline=None)
@example(data=message(ORDER.replace("54=1", "54=11")))
@example(data=message(VALID[10].replace("18=1 G", "18=" + "1 " * 128 + "1")))
def test_shapes_never_disagree_with_the_steps(decoder: Decoder, data: bytes) -> None:
    """Whatever is sent: a shape that fits says what the steps say, and what they accept, it fits.

    The shapes are those of the message's own kind, so that most mutants are near misses.
    """
    stepwise = outcome(data, decoder)
    known = [text for text in PLAIN if "20001=" not in text or decoder is our_decoder()]
    for text in known:
        quick = shapes_that_know(text, decoder=decoder).decode(data)
        assert quick is None or quick == stepwise
    if isinstance(stepwise, Message):
        shapes = Shapes(decoder)
        shapes.learn(stepwise)
        fits = stepwise.groups is None and not UNLEARNED & {*stepwise.fields}
        assert shapes.decode(data) == (stepwise if fits else None)


def test_no_shape_is_learned_of_a_password() -> None:
    """A shape may keep the last value of a field, and a password is to be kept nowhere."""
    logon = "35=A|34=2|98=0|108=30|553=AVA|554=secret"
    change = "35=BE|34=2|923=1|924=3|553=AVA|554=secret|925=also secret"
    for text in (logon, change):
        assert decoded(message(text)).fields["554"] == "secret"
        assert shapes_that_know(text).decode(message(text)) is None


def test_a_shape_is_for_its_message_type_only() -> None:
    """Two types with the same tags do not share one."""
    shapes = shapes_that_know("35=0|34=2|112=HELLO")
    assert shapes.decode(message("35=1|34=2|112=HELLO")) is None


def test_what_no_shape_is_learned_from() -> None:
    """Groups, data fields, and more tags than are worth it go the long way every time."""
    listed = [ours().fields[tag] for tag in ours().messages["D"].fields]
    values = {"STRING": "x", "INT": "1", "PRICE": "1", "QTY": "1", "AMT": "1", "FLOAT": "1"}
    free = [f for f in listed if f.type in values and not f.enum and f"|{f.tag}=" not in ORDER]
    many = "|".join(f"{field.tag}={values[field.type]}" for field in free)
    texts = [f"{ORDER}|453=0", f"{ORDER}|354=1|355=x", f"{ORDER}|{many}"]
    fields = [decoded(message(text)).fields for text in texts]
    assert len(fields[2]) > SHAPE_TAGS_MAX
    assert [shapes_that_know(text).decode(message(text)) for text in texts] == [None, None, None]


def numbered(n: int) -> str:
    """One of many shapes: an order with optional fields chosen by the bits of `n`."""
    optional = ("1=A", "21=1", "50=t", "58=x", "97=Y")
    header = [f for i, f in enumerate(optional) if n >> i & 1 and f[:2] in {"50", "97"}]
    body = [f for i, f in enumerate(optional) if n >> i & 1 and f[:2] not in {"50", "97"}]
    return "|".join(["35=D|34=2", *header, *body, "11=ID|40=1|54=1|60={now}"])


def test_a_session_knows_few_shapes() -> None:
    """The first ones stay; the last place goes to the latest."""
    texts = [numbered(n) for n in range(SHAPES_PER_SESSION_MAX + 2)]
    shapes = shapes_that_know(*texts)
    known = [text for text in texts if shapes.decode(message(text)) is not None]
    assert known == [*texts[: SHAPES_PER_SESSION_MAX - 1], texts[-1]]


def test_a_session_that_keeps_changing_stops_learning() -> None:
    """Compiling is not free: after so many new shapes no more are made."""
    texts = [numbered(n) for n in range(SHAPES_LEARNED_MAX + 1)]
    shapes = shapes_that_know(*texts)
    assert shapes.decode(message(texts[-1])) is None
    assert shapes.decode(message(texts[-2])) is not None


def test_a_shape_is_learned_once() -> None:
    """A message that was validated twice does not use up another place."""
    shapes = shapes_that_know(*[ORDER] * (SHAPES_LEARNED_MAX + 1), numbered(1))
    assert shapes.decode(message(numbered(1))) is not None


# A second opinion


@pytest.mark.parametrize("text", VALID)
def test_what_simplefix_writes_is_decoded(text: str) -> None:
    """Another maker's encoder, its length and sum."""
    written = simplefix.FixMessage()
    for tag, value in pairs_of(message(text))[:-1]:
        if tag != "9":
            written.append_pair(tag, value)
    data = written.encode()
    assert data == message(text)
    assert isinstance(outcome(data), Message)
