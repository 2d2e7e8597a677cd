"""Dictionaries of the QuickFIX format, read into tables."""

from __future__ import annotations

import re
from pathlib import Path

import fixcore
import pytest

from gateway.fix.dictionary import (
    TEXT_CHARS_MAX,
    DataDictionary,
    DictionaryError,
    FieldSpec,
    GroupSpec,
)
from tests.support import fix_specs
from tests.support.fix import ours, stock

SMALL = """
<fix type="FIX" major="4" minor="9">
 <header>
  <field name="BeginString" required="Y"/>
  <field name="MsgType" required="Y"/>
 </header>
 <trailer><field name="CheckSum" required="Y"/></trailer>
 <messages>
  <message name="Order" msgtype="D" msgcat="app">
   <field name="ClOrdID" required="Y"/>
   <component name="Needed" required="Y"/>
   <component name="Free" required="N"/>
  </message>
  <message name="Beat" msgtype="0" msgcat="admin"/>
 </messages>
 <components>
  <component name="Needed"><field name="Symbol" required="Y"/></component>
  <component name="Free">
   <field name="Side" required="Y"/>
   <group name="NoParties" required="N">
    <component name="Party" required="Y"/>
    <field name="Role" required="Y"/>
    <group name="NoSubs" required="N"><field name="SubID" required="N"/></group>
   </group>
  </component>
  <component name="Party"><field name="PartyID" required="Y"/></component>
 </components>
 <fields>
  <field number="8" name="BeginString" type="STRING"/>
  <field number="35" name="MsgType" type="STRING"/>
  <field number="10" name="CheckSum" type="STRING"/>
  <field number="11" name="ClOrdID" type="STRING"/>
  <field number="55" name="Symbol" type="String"/>
  <field number="54" name="Side" type="CHAR">
   <value enum="1" description="BUY"/><value enum="2" description="SELL"/>
  </field>
  <field number="453" name="NoParties" type="NUMINGROUP"/>
  <field number="448" name="PartyID" type="STRING"/>
  <field number="452" name="Role" type="INT"/>
  <field number="802" name="NoSubs" type="NUMINGROUP"/>
  <field number="523" name="SubID" type="STRING"/>
 </fields>
</fix>
"""


def test_a_dictionary_is_expanded_on_reading() -> None:
    """Components become fields; a field is required if all that leads to it is."""
    dictionary = DataDictionary(SMALL)
    subs = GroupSpec({"523": False}, {}, "523")
    party = GroupSpec({"448": True, "452": True, "802": False}, {"802": subs}, "448")
    fields = {"11": True, "55": True, "54": False, "453": False}
    assert dictionary.begin_string == "FIX.4.9"
    assert dictionary.messages == {"D": GroupSpec(fields, {"453": party}, "11"), "0": GroupSpec()}
    assert dictionary.header.required == ("8", "35")
    assert dictionary.trailer.required == ("10",)
    assert dictionary.messages["D"].required == ("11", "55")
    assert dictionary.admin == {"0"}
    assert dictionary.tags["Symbol"] == "55"
    assert dictionary.fields["55"] == FieldSpec("55", "Symbol", "STRING", frozenset())
    assert dictionary.fields["54"].enum == {"1", "2"}


def test_a_dictionary_without_messages_is_empty() -> None:
    """Sections that are not there hold nothing."""
    dictionary = DataDictionary('<fix major="4" minor="0"/>')
    assert (dictionary.begin_string, dictionary.messages) == ("FIX.4.0", {})
    assert dictionary.header == dictionary.trailer == GroupSpec()


def test_our_dictionary_is_read_as_it_is_written() -> None:
    """A plainer reader finds the same fields in every message, groups included."""
    for msg_type in fix_specs.ours().messages:
        assert _paths(ours().messages[msg_type], ()) == fix_specs.ours().entries(msg_type)


def _paths(spec: GroupSpec, path: tuple[str, ...]) -> dict[tuple[str, ...], bool]:
    found = {(*path, tag): needed for tag, needed in spec.fields.items()}
    for tag, group in spec.groups.items():
        found |= _paths(group, (*path, tag))
    return found


@pytest.mark.parametrize(
    ("name", "version", "messages"),
    [
        ("FIX42", "FIX.4.2", 46),
        ("FIX44", "FIX.4.4", 93),
        ("FIXT11", "FIXT.1.1", 8),
        ("FIX50SP2", "FIX.5.0", 156),
    ],
)
def test_stock_dictionaries_are_read(name: str, version: str, messages: int) -> None:
    """Those of a QuickFIX release, whatever version."""
    path = Path(fixcore.__file__).parent / "specs" / f"{name}.xml"
    dictionary = DataDictionary(path.read_text(encoding="utf-8"))
    assert (dictionary.begin_string, len(dictionary.messages)) == (version, messages)


LONG = "x" * TEXT_CHARS_MAX


@pytest.mark.parametrize(
    ("type_", "good", "bad"),
    [
        ("INT", ["0", "-5", "007", "9" * 18], ["", "+1", "1.0", "9" * 19, "a", "1 "]),
        ("SEQNUM", ["1", "0"], ["-1", "1.", ""]),
        ("LENGTH", ["0", "0000080"], ["-1"]),
        ("NUMINGROUP", ["0", "2"], ["-1", "two"]),
        ("PRICE", ["87.30", "87", "87.", "-1.5", "0.0"], ["", ".5", "1,5", "1e5", "NaN", "+1"]),
        ("QTY", ["100", "002000.00"], ["+200.00", "1 000", "- 1"]),
        ("CHAR", ["1", " ", "é"], ["", "12"]),
        ("BOOLEAN", ["Y", "N"], ["y", "1", "", "YN"]),
        ("STRING", ["a", " a b ", "ä=|", LONG], ["", LONG + "x"]),
        ("CURRENCY", ["SEK"], [""]),
        ("UTCTIMESTAMP", ["20261122-12:00:00", "20261122-23:59:60.123456"], ["20261122 12:00:00"]),
        ("UTCTIMESTAMP", ["20261122-12:00:00.1"], ["20261122-24:00:00", "20261322-12:00:00"]),
        ("UTCTIMESTAMP", ["20261122-12:00:00.123456789012"], ["20261122-12:00", "now", ""]),
        ("LOCALMKTDATE", ["20261122", "20260231"], ["20261132", "2026-11-22", "261122"]),
        ("UTCTIMEONLY", ["12:00:00", "12:00:00.5"], ["12:00", "25:00:00"]),
        ("MONTHYEAR", ["202611", "20261122", "202611w2"], ["2026", "202611w6"]),
        ("DAYOFMONTH", ["1", "31"], ["0", "32", "01"]),
    ],
)
def test_what_a_type_allows(type_: str, good: list[str], bad: list[str]) -> None:
    """The pattern of a field fits the whole value or does not."""
    pattern = FieldSpec("9999", "Any", type_, frozenset()).pattern
    assert [value for value in good if not re.fullmatch(pattern, value)] == []
    assert [value for value in bad if re.fullmatch(pattern, value)] == []


def test_listed_values_are_legal_and_no_others() -> None:
    """Each as a whole, the longer ones first; without a list there is nothing to ask."""
    pattern = FieldSpec("167", "SecurityType", "STRING", frozenset({"C", "CS", "C+"})).enum_pattern
    assert pattern is not None
    fits = [
        value for value in ("C", "CS", "C+", "CC", "", "CSS", "X") if re.fullmatch(pattern, value)
    ]
    assert fits == ["C", "CS", "C+"]
    assert FieldSpec("11", "ClOrdID", "STRING", frozenset()).enum_pattern is None


def test_multiple_values_are_legal_one_by_one() -> None:
    """Separated by single blanks, as long as text may be."""
    pattern = FieldSpec("18", "ExecInst", "MULTIPLEVALUESTRING", frozenset("1aZ")).enum_pattern
    assert pattern is not None
    longest = " ".join("1" * 128)
    values = ("1", "1 a Z", "a a", "1  a", " 1", "1 ", "1a", "b", "", longest, longest + " 1")
    assert [v for v in values if re.fullmatch(pattern, v)] == ["1", "1 a Z", "a a", longest]


def test_no_listed_value_breaks_its_own_type() -> None:
    """Checking a listed field by its list alone is as strict as checking format and list."""
    for dictionary in (ours(), stock()):
        for field in dictionary.fields.values():
            assert all(re.fullmatch(field.pattern, value) for value in field.enum), field


# What is no dictionary


def _text(fields: str, body: str, components: str = "") -> str:
    return (
        '<fix type="FIX" major="4" minor="4">'
        f'<messages><message name="X" msgtype="X">{body}</message></messages>'
        f"<components>{components}</components><fields>{fields}</fields></fix>"
    )


SIDE = '<field number="54" name="Side" type="CHAR"/>'


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "must be XML: no element found"),
        (_text(SIDE, '<field name="Price"/>'), "must define or have 'Price'"),
        (_text('<field number="54" name="Side"/>', ""), "must define or have 'type'"),
        (
            _text('<field number="x" name="Side" type="CHAR"/>', ""),
            "number of field Side must be decimal, was x",
        ),
        (
            _text(SIDE, '<group name="Side"/>'),
            "Side must be a count of entries, was CHAR",
        ),
        (
            _text(
                SIDE,
                '<component name="A"/>',
                '<component name="A"><component name="A"/></component>',
            ),
            "must have at most 1000000 fields, 20 deep",
        ),
    ],
)
def test_a_text_that_is_no_dictionary(text: str, rule: str) -> None:
    """One exception says which rule it breaks, whatever is wrong with it."""
    with pytest.raises(DictionaryError, match=re.escape(rule)):
        DataDictionary(text)


def test_components_that_multiply_are_stopped() -> None:
    """Each names the next one twice: sixty levels would take longer than the universe has."""
    components = "".join(
        f'<component name="C{i}">{f"""<component name="C{i + 1}"/>""" * 2}</component>'
        for i in range(19)
    )
    text = _text(SIDE, '<component name="C0"/>', f'{components}<component name="C19"/>')
    with pytest.raises(DictionaryError, match="at most 1000000 fields"):
        DataDictionary(text)
