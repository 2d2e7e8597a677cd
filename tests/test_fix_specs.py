"""The dictionaries and the refusals in fix_specs/ against FIX, the engine and the reports."""

from __future__ import annotations

import re
import tomllib

import pytest
from fixcore.message.data_dictionary import DataDictionary

from engine.rejects import RejectReason
from engine.values import OrdStatus, OrdType, Side, TimeInForce
from tests.support.fix_specs import (
    EXTENSION_VALUES,
    EXTENSIONS,
    FILES,
    FRAME,
    INBOUND,
    LATER_INBOUND,
    LATER_OUTBOUND,
    OURS,
    OUTBOUND,
    OWN_FIELDS,
    REASON_TAGS,
    SESSION,
    VERSIONS,
    Spec,
    Tags,
    codes_of,
    file_of,
    first_of_groups,
    ours,
    parts_of,
    reasons,
    stock,
    text_of,
)

TEXT_CHARS_MAX = 256
FIX50SP2_BYTES_MAX = 300_000
"""The stock dictionary of FIX 5.0SP2 takes 1.5 MB and a second to read."""

PARTS = [(version, part) for version in VERSIONS for part in parts_of(version)]
RECEIVED = [
    (version, part)
    for version, part in PARTS
    if part in (*FRAME, *SESSION, *INBOUND, *LATER_INBOUND)
]
SENT = [(version, part) for version, part in PARTS if part in (*OUTBOUND, *LATER_OUTBOUND)]

# The dictionaries


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("FIX42.xml", "FIX.4.2"),
        ("FIX44.xml", "FIX.4.4"),
        ("FIXT11.xml", "FIXT.1.1"),
        ("FIX50SP2.xml", "FIX.5.0SP2"),
    ],
)
def test_another_makers_reader_loads_the_dictionary(name: str, version: str) -> None:
    """A QuickFIX-format reader that is not ours finds every message of the file."""
    dictionary = DataDictionary.from_xml(OURS / name)
    found = [kind for kind in ours(name).messages if dictionary.message_def(kind) is None]
    assert (dictionary.version, found) == (version, [])


def test_every_message_has_its_place() -> None:
    """The venue's messages stand in the dictionary of their version, and no others."""
    for name in FILES:
        placed = {part for version, part in PARTS if file_of(version, part) == name}
        assert set(ours(name).messages) == placed - set(FRAME), name


@pytest.mark.parametrize("name", FILES)
def test_every_name_is_defined_once_and_used(name: str) -> None:
    """Fields and components are each defined exactly once, and none lies idle."""
    root = ours(name).root
    defined = [e.attrib["name"] for e in root.iterfind("fields/field")]
    sections = [e for e in root if e.tag != "fields"]
    uses = [e for section in sections for e in section.iter() if "required" in e.attrib]
    assert len(defined) == len(set(defined)) == len(ours(name).fields)
    assert set(defined) == {e.attrib["name"] for e in uses if e.tag != "component"}
    assert set(ours(name).components) == {e.attrib["name"] for e in uses if e.tag == "component"}


@pytest.mark.parametrize(("version", "part"), PARTS)
def test_no_message_lists_a_field_twice(version: str, part: str) -> None:
    """A tag stands once in a message outside groups, and header and body share none."""
    spec = ours(file_of(version, part))
    element = spec.root.find(part.lower()) if part in FRAME else spec.messages[part]
    assert element is not None
    paths = [path for path, _ in spec.walk(element, (), needed=True)]
    assert len(paths) == len(set(paths))
    if part not in FRAME:
        frame = ours(file_of(version, "Header"))
        assert not (frame.entries("Header").keys() | frame.entries("Trailer").keys()) & set(paths)


@pytest.mark.parametrize("name", FILES)
def test_fields_stand_in_the_order_of_their_numbers(name: str) -> None:
    """Whoever looks a tag up in the file finds it where it must be."""
    numbers = [int(tag) for tag in ours(name).fields]
    assert numbers == sorted(numbers)


@pytest.mark.parametrize("name", FILES)
def test_values_are_described_with_names_of_their_own(name: str) -> None:
    """Generated code can name every value: descriptions are words, unique within the field."""
    for element in ours(name).root.iterfind("fields/field"):
        words = [value.attrib["description"] for value in element]
        assert len(words) == len(set(words)), element.attrib
        assert all(re.fullmatch(r"[A-Za-z]\w*", word) for word in words), element.attrib


@pytest.mark.parametrize("name", FILES)
def test_fields_are_those_of_fix(name: str) -> None:
    """Number, name and type of each field are FIX's, but for those that are the venue's own.

    What an extension borrows from a later version is what it is there.
    """
    own = {tag for tags in EXTENSIONS.get(name, {}).values() for tag in tags}
    newest = stock(VERSIONS["FIX.5.0SP2"]).fields | stock().fields
    known = {tag: newest[tag] for tag in own - OWN_FIELDS.keys()} | stock(name).fields
    fields = {tag: field[:3] for tag, field in ours(name).fields.items()}
    facts = {tag: field for tag, field in fields.items() if tag not in OWN_FIELDS}
    assert facts == {tag: known[tag][:3] for tag in facts}
    assert {tag: fields[tag][1:] for tag in own & OWN_FIELDS.keys()} == {
        tag: OWN_FIELDS[tag] for tag in own & OWN_FIELDS.keys()
    }


@pytest.mark.parametrize(("version", "part"), RECEIVED)
def test_every_legal_field_is_accepted(version: str, part: str) -> None:
    """What FIX defines for a message a member may send, groups and all, is defined here too; of
    FIX 5.0SP2's application messages at least what it has in common with FIX 4.4.
    """
    name = file_of(version, part)
    own = EXTENSIONS.get(name, {}).get(part, frozenset())
    entries = {path: y for path, y in ours(name).entries(part).items() if path[0] not in own}
    legal = stock(name).entries(part)
    if name == VERSIONS["FIX.5.0SP2"]:
        assert entries.keys() >= legal.keys() & stock().entries(part).keys()
        legal = _reduced(legal, entries)
    assert entries == legal
    assert first_of_groups(entries).items() <= first_of_groups(stock(name).entries(part)).items()
    assert own == {path[0] for path in ours(name).entries(part)} - {path[0] for path in legal}


@pytest.mark.parametrize(("version", "part"), SENT)
def test_reports_carry_nothing_that_fix_does_not_define(version: str, part: str) -> None:
    """A member with a stock dictionary accepts every report, whatever its session checks."""
    sent = ours(file_of(version, part)).entries(part)
    known = stock(file_of(version, part)).entries(part)
    assert sent == _reduced(known, sent)
    assert first_of_groups(sent).items() <= first_of_groups(known).items()


def _reduced(known: dict[Tags, bool], kept: dict[Tags, bool]) -> dict[Tags, bool]:
    """Of a stock message what is kept, and what must not be left out of that."""
    return {
        path: needed
        for path, needed in known.items()
        if path in kept or (needed and (len(path) == 1 or path[:-1] in kept))
    }


@pytest.mark.parametrize("name", FILES)
def test_values_are_those_of_fix(name: str) -> None:
    """No value is listed that FIX lacks, and none is left out that a member may send."""
    received = {
        tag
        for version, part in RECEIVED
        if file_of(version, part) == name
        for path in ours(name).entries(part)
        for tag in path
    }
    for tag, field in ours(name).fields.items():
        if field.name == "MsgType" or tag not in stock(name).fields:
            continue
        legal = stock(name).fields[tag].enum | EXTENSION_VALUES.get((name, tag), frozenset())
        assert field.enum <= legal, field.name
        if tag in received and field.type != "BOOLEAN":
            assert field.enum == legal, field.name


@pytest.mark.parametrize("version", VERSIONS)
def test_the_types_of_messages_are_named(version: str) -> None:
    """MsgType(35) lists all that the venue speaks, in FIXT.1.1 what it carries included."""
    spoken = {part for part in parts_of(version) if part not in FRAME}
    assert ours(file_of(version, "Header")).fields["35"].enum == spoken


def test_the_dictionary_of_50sp2_stays_small() -> None:
    """It is read at the start of a venue: no derivatives, nothing that no equity order has."""
    assert (OURS / VERSIONS["FIX.5.0SP2"]).stat().st_size < FIX50SP2_BYTES_MAX


@pytest.mark.parametrize(("version", "name"), VERSIONS.items())
def test_message_types_are_those_of_fix(version: str, name: str) -> None:
    """The list that tells an unsupported message from an impossible one is FIX's own."""
    types = tomllib.loads((OURS / "msg_types.toml").read_text(encoding="utf-8"))[version]
    assert set(types) == stock(name).fields["35"].enum
    assert len(types) == len(set(types))
    assert set(ours(name).messages) | set(ours(file_of(version, "A")).messages) <= set(types)


@pytest.mark.parametrize("name", VERSIONS.values())
def test_the_engines_codes_are_in_the_dictionary(name: str) -> None:
    """What the engine calls a side, type, time in force or status has that code in FIX."""
    values = {tag: field.enum for tag, field in ours(name).fields.items()}
    replaced = {"5"} if name == VERSIONS["FIX.4.2"] else set()
    assert set(Side) <= values["54"]
    assert set(OrdType) <= values["40"]
    assert set(TimeInForce) <= values["59"]
    assert set(OrdStatus) | replaced == values["39"]


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
@pytest.mark.parametrize("version", VERSIONS)
def test_the_dictionary_lists_the_codes_in_use(kind: str, tag: str, version: str) -> None:
    """The values of 103, 102 and 532 are the ones that refusals use, no more."""
    used = {
        str(codes_of(name, kind)[version]) for name in reasons() if version in codes_of(name, kind)
    }
    spec: Spec = ours(VERSIONS[version])
    assert (spec.fields[tag].enum if tag in spec.fields else frozenset()) == used


def test_refusals_name_what_is_served() -> None:
    """Where a text lists the legal values they are the engine's."""
    served = {
        "UNSUPPORTED_SIDE": Side,
        "UNSUPPORTED_ORD_TYPE": OrdType,
        "UNSUPPORTED_TIME_IN_FORCE": TimeInForce,
    }
    for name, values in served.items():
        rule = text_of(name).partition(" must be ")[2]
        assert re.findall(r"\b\w\b", rule.partition(", was ")[0]) == sorted(values), name
