"""The dictionary and the refusals in fix_specs/ against FIX itself, the engine and the reports."""

from __future__ import annotations

import re
import tomllib

import pytest
from fixcore.message.data_dictionary import DataDictionary

from engine.commands import (
    CancelOrder,
    Command,
    DefineInstrument,
    DefineMember,
    DefineSegment,
    EnterOrder,
    MassCancel,
    RequestMassStatus,
    RequestStatus,
)
from engine.exchange import Exchange
from engine.rejects import RejectReason
from engine.values import OrdStatus, OrdType, Side, TimeInForce
from gateway.fix.execution_reports import ReportWriter
from tests.support.fix_specs import (
    FRAME,
    INBOUND,
    NO_INTERNAL,
    OURS,
    OUTBOUND,
    REASON_TAGS,
    SESSION,
    SPOKEN,
    VERSIONS,
    codes_of,
    first_of_groups,
    ours,
    reasons,
    stock,
    text_of,
)

TEXT_CHARS_MAX = 256

# The dictionary


def test_another_makers_reader_loads_the_dictionary() -> None:
    """A QuickFIX-format reader that is not ours finds every message the venue speaks."""
    dictionary = DataDictionary.from_xml(OURS / SPOKEN)
    found = {kind: dictionary.message_def(kind) is not None for kind in ours().messages}
    assert dictionary.version == "FIX.4.4"
    assert found == dict.fromkeys((*SESSION, *INBOUND, *OUTBOUND), True)


def test_every_name_is_defined_once_and_used() -> None:
    """Fields and components are each defined exactly once, and none lies idle."""
    root = ours().root
    defined = [e.attrib["name"] for e in root.iterfind("fields/field")]
    sections = [e for e in root if e.tag != "fields"]
    uses = [e for section in sections for e in section.iter() if "required" in e.attrib]
    assert len(defined) == len(set(defined)) == len(ours().fields)
    assert set(defined) == {e.attrib["name"] for e in uses if e.tag != "component"}
    assert set(ours().components) == {e.attrib["name"] for e in uses if e.tag == "component"}


def test_no_message_lists_a_field_twice() -> None:
    """A tag stands once in a message outside groups, and header and body share none."""
    for part in (*SESSION, *INBOUND, *OUTBOUND):
        spec = ours()
        element = spec.messages[part]
        paths = [path for path, _ in spec.walk(element, (), needed=True)]
        assert len(paths) == len(set(paths)), part
        frame = spec.entries("Header").keys() | spec.entries("Trailer").keys()
        assert not frame & set(paths), part


def test_fields_stand_in_the_order_of_their_numbers() -> None:
    """Whoever looks a tag up in the file finds it where it must be."""
    numbers = [int(tag) for tag in ours().fields]
    assert numbers == sorted(numbers)


def test_values_are_described_with_names_of_their_own() -> None:
    """Generated code can name every value: descriptions are words, unique within the field."""
    for element in ours().root.iterfind("fields/field"):
        words = [value.attrib["description"] for value in element]
        assert len(words) == len(set(words)), element.attrib
        assert all(re.fullmatch(r"[A-Za-z]\w*", word) for word in words), element.attrib


def test_fields_are_those_of_fix() -> None:
    """Number, name and type of each field are FIX's; NoInternal(20001) alone is the venue's own."""
    facts = {tag: field[:3] for tag, field in ours().fields.items() if tag != NO_INTERNAL}
    assert facts == {tag: stock().fields[tag][:3] for tag in facts}
    assert ours().fields[NO_INTERNAL][1:3] == ("NoInternal", "BOOLEAN")


@pytest.mark.parametrize("part", [*FRAME, *SESSION, *INBOUND])
def test_every_legal_field_is_accepted(part: str) -> None:
    """What FIX 4.4 defines for a message a member may send, groups and all, is defined here too."""
    own = {NO_INTERNAL} if part in ("D", "G") else set()
    entries = {
        path: required for path, required in ours().entries(part).items() if path[0] not in own
    }
    assert entries == stock().entries(part)
    assert first_of_groups(entries) == first_of_groups(stock().entries(part))


@pytest.mark.parametrize("part", OUTBOUND)
def test_reports_carry_nothing_that_fix_does_not_define(part: str) -> None:
    """A member with a stock dictionary accepts every report, whatever its session checks."""
    sent, known = ours().entries(part), stock().entries(part)
    assert sent == {path: known[path] for path in sent}
    assert {path for path, required in known.items() if required} <= set(sent)
    assert first_of_groups(sent).items() <= first_of_groups(known).items()


def test_the_dictionary_lists_what_is_sent() -> None:
    """Reports about a short day of trading carry every field listed for them, and no other."""
    day: list[Command] = [
        DefineMember("AVA", "Avanza"),
        DefineSegment("DEMO", "CONTINUOUS"),
        DefineInstrument("ERIC-B", "DEMO", "rts11-6"),
        EnterOrder("AVA", "AVA", "1", "ERIC-B", "1", "2", 500, 873000, "6", 10**18, "A", "T"),
        EnterOrder("AVA", "AVA", "2", "ERIC-B", "2", "2", 100, 873000),
        EnterOrder("AVA", "AVA", "2", "ERIC-B", "2", "2", 100, 873000),
        RequestStatus("AVA", "9", "ERIC-B", "1", "S"),
        RequestMassStatus("AVA", "M", "7"),
        CancelOrder("AVA", "3", "2", "ERIC-B", "2"),
        CancelOrder("AVA", "3", "1", "ERIC-B", "1"),
        MassCancel("AVA", "4", "1", "NONE-SUCH", "1"),
    ]
    exchange, writer = Exchange(), ReportWriter("FIX.4.4")
    sent: dict[str, set[str]] = {"8": set(), "9": set(), "r": set()}
    for seq, command in enumerate(day, 1):
        for _, msg_type, body in writer.write(exchange.apply(command, seq, seq), seq, seq):
            sent[msg_type] |= set(re.findall(r"(?:^|\x01)(\d+)=", body)) - {"57"}
    listed = {part: {path[-1] for path in ours().entries(part)} for part in sent}
    assert sent == listed


def test_values_are_those_of_fix() -> None:
    """No value is listed that FIX lacks, and none is left out that a member may send."""
    inbound = {
        tag
        for part in (*FRAME, *SESSION, *INBOUND)
        for path in ours().entries(part)
        for tag in path
    }
    for tag, field in ours().fields.items():
        legal = stock().fields[tag].enum if tag != NO_INTERNAL else frozenset()
        assert field.enum <= legal, field.name
        if tag in inbound and field.type != "BOOLEAN" and field.name != "MsgType":
            assert field.enum == legal, field.name
    assert ours().fields["35"].enum == {*SESSION, *INBOUND, *OUTBOUND}


def test_message_types_are_those_of_fix() -> None:
    """The list that tells an unsupported message from an impossible one is FIX's own."""
    types = tomllib.loads((OURS / "msg_types.toml").read_text(encoding="utf-8"))
    assert set(types["FIX.4.4"]) == stock().fields["35"].enum
    assert len(types["FIX.4.4"]) == len(set(types["FIX.4.4"]))
    assert set(ours().messages) <= set(types["FIX.4.4"])


def test_the_engines_codes_are_in_the_dictionary() -> None:
    """What the engine calls a side, type, time in force or status has that code in FIX."""
    values = {tag: field.enum for tag, field in ours().fields.items()}
    assert set(Side) <= values["54"]
    assert set(OrdType) <= values["40"]
    assert set(TimeInForce) <= values["59"]
    assert set(OrdStatus) == values["39"]


# The refusals


def test_refusals_are_the_engines_in_the_same_order() -> None:
    """Every reason the engine can give has its words and codes, in the engine's order."""
    assert list(reasons()) == [reason.value for reason in RejectReason]


@pytest.mark.parametrize("name", list(RejectReason))
def test_refusals_are_worded_alike(name: str) -> None:
    """`Name(tag) rule, was value`: one rule, at most two placeholders, no full stop, short."""
    text = text_of(name)
    assert re.fullmatch(r"[^.]+ must [^.]+, was (\{was\}|missing)", text)
    assert set(re.findall(r"\{.*?\}", text)) <= {"{limit}", "{was}"}
    assert len(f"{name}: {text}") <= TEXT_CHARS_MAX - 100  # leaves room for limit and value


@pytest.mark.parametrize("name", list(RejectReason))
def test_refusals_have_codes_their_version_defines(name: str) -> None:
    """An order or cancel refused on any version gets a code that a client of it knows."""
    assert set(reasons()[name]) - {"mass_cancel_reject_reason"} == {
        "text",
        "ord_rej_reason",
        "cxl_rej_reason",
    }
    for kind, tag in REASON_TAGS.items():
        codes = codes_of(name, kind)
        assert kind == "mass_cancel_reject_reason" or set(codes) == set(VERSIONS)
        for version, code in codes.items():
            assert str(code) in stock(VERSIONS[version]).fields[tag].enum, (kind, version)


@pytest.mark.parametrize(("kind", "tag"), REASON_TAGS.items())
def test_the_dictionary_lists_the_codes_in_use(kind: str, tag: str) -> None:
    """The values of 103, 102 and 532 are the ones that refusals use, no more."""
    used = {str(codes_of(name, kind)["FIX.4.4"]) for name in reasons() if codes_of(name, kind)}
    assert ours().fields[tag].enum == used


def test_refusals_name_what_is_served() -> None:
    """Where a text lists the legal values they are the engine's."""
    served = {
        "UNSUPPORTED_SIDE": Side,
        "UNSUPPORTED_ORD_TYPE": OrdType,
        "UNSUPPORTED_TIME_IN_FORCE": TimeInForce,
    }
    for name, values in served.items():
        rule = text_of(name).partition(" must be ")[2]
        assert re.findall(r"\d", rule) == sorted(values), name
