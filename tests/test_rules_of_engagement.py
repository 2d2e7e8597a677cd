"""The rules of engagement against the dictionaries, the refusals, and what the venue does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from engine.order_kinds import Kind, entry
from engine.values import Phase, TimeInForce
from gateway.fix.order_instructions import NOT_SERVED, SERVED_ONLY_AS
from gateway.fix.report_style import ReportStyle
from tests.specs.table import table
from tests.support.fix import ours as our_dictionary
from tests.support.fix_specs import (
    EXTENSIONS,
    FILES,
    FRAME,
    INBOUND,
    LATER_INBOUND,
    LATER_OUTBOUND,
    OUTBOUND,
    REASON_TAGS,
    SESSION,
    VERSIONS,
    Tags,
    codes_of,
    file_of,
    ours,
    parts_of,
    reasons,
    rules,
    stock,
    text_of,
)

SERVED = (*FRAME, *SESSION, *INBOUND, *OUTBOUND)
NAMES = dict(zip(VERSIONS, ("4.2", "4.4", "5.0SP2"), strict=True))
"""What the heads of columns call the versions."""


class Row(NamedTuple):
    """A line of a field table: its names by version and its presence in each."""

    names: dict[str, str]
    presence: dict[str, str]


def tables() -> dict[str, dict[Tags, Row]]:
    """The field tables by MsgType, Header or Trailer: path -> row."""
    found: dict[str, dict[Tags, Row]] = {}
    for section in re.split(r"^### ", rules(), flags=re.MULTILINE)[1:]:
        heading, _, text = section.partition("\n")
        match = re.fullmatch(r"\w+ \((\w+)\)|(\w+)", heading)
        if match and "| 5.0SP2 | Description |" in text:
            found[match[1] or match[2]] = dict(_rows(text.partition("\n#")[0]))
    return found


def _rows(section: str) -> Iterator[tuple[Tags, Row]]:
    groups: list[str] = []
    for arrows, tag, name, older, *presence in re.findall(
        r"^\| (→*) ?(\d+) \| (\w+)(?: \((.*?)\))? \|" + 3 * r" ([YNCX-]) \|",
        section,
        flags=re.MULTILINE,
    ):
        path = (*groups[: len(arrows)], tag)
        groups = list(path)
        names = dict.fromkeys(VERSIONS, name)
        for version, head in NAMES.items():
            renamed = re.search(rf"{re.escape(head)} (\w+)", older)
            names[version] = renamed[1] if renamed else name
        yield path, Row(names, dict(zip(VERSIONS, presence, strict=True)))


def test_each_message_has_its_table() -> None:
    """The rules describe every message that is served, the header and the trailer."""
    assert set(tables()) == set(SERVED)


def test_what_is_not_served_yet_is_named() -> None:
    """The messages of the dictionaries that have no table stand in two sentences."""
    named = re.findall(r"Not served yet, but in the dictionaries already: (.*)\.", rules())
    kinds = [tuple(re.findall(r"\((\w+)\)", line)) for line in named]
    assert kinds == [LATER_INBOUND, LATER_OUTBOUND]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("part", SERVED)
def test_tables_say_what_the_dictionary_says(part: str, version: str) -> None:
    """Each row names a field of the message, and whether it is there, required, or an extension."""
    name = file_of(version, part)
    spec = ours(name)
    entries = spec.entries(part) if part in parts_of(version) else {}
    own = EXTENSIONS.get(name, {}).get(part, frozenset())
    for path, row in tables()[part].items():
        presence = row.presence[version]
        assert (presence == "-") == (path not in entries), path
        if presence != "-":
            assert spec.fields[path[-1]].name == row.names[version], path
            assert (presence == "Y") == entries[path], path
            assert (presence == "X") == (path[0] in own), path


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("part", [*FRAME, *SESSION])
def test_tables_of_the_session_are_complete(part: str, version: str) -> None:
    """No field of frame or session messages is left out."""
    rows = {path for path, row in tables()[part].items() if row.presence[version] != "-"}
    assert rows == set(ours(file_of(version, part)).entries(part))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("part", INBOUND)
def test_tables_of_what_is_received_list_what_is_required(part: str, version: str) -> None:
    """A member who fills in the rows of the table sends a legal message."""
    if part in parts_of(version):
        entries = ours(VERSIONS[version]).entries(part)
        required = {path for path, needed in entries.items() if needed and len(path) == 1}
        assert required <= set(tables()[part])


@pytest.mark.parametrize("part", OUTBOUND)
def test_tables_of_what_is_sent_list_what_can_arrive(part: str) -> None:
    """Only what is marked as later in the table of all messages is left out."""
    rows = table().told(table().messages[part])
    later = {path for path, row in rows.items() if row.description.startswith("(later)")}
    assert set(tables()[part]) == set(rows) - later


def test_fields_are_called_by_their_names() -> None:
    """Every `Name(tag)` or `Name(MsgType)` in rules and refusals is what FIX calls it."""
    texts = rules() + "".join(text_of(name) for name in reasons())
    named = set(re.findall(r"\b([A-Z]\w+)\((\w+)\)", texts))
    specs = [read(name) for name in FILES for read in (stock, ours)]
    known = {(field.name, tag) for spec in specs for tag, field in spec.fields.items()}
    known |= {(e.attrib["name"], kind) for spec in specs for kind, e in spec.messages.items()}
    assert named <= known


def test_the_table_of_refusals_is_the_one_in_use() -> None:
    """Code, text and FIX numbers in the rules are those of reject_reasons.toml."""
    section = rules().partition("<!-- refusals")[2].partition("<!-- end -->")[0]
    rows = re.findall(
        r"^\| ([A-Z][A-Z_]{5,}) \| (.*) \| ([\d ]+) \| ([\d ]+) \| ([\d ]*?) ?\|$", section, re.M
    )
    assert [row[:2] for row in rows] == [(name, text_of(name)) for name in reasons()]
    for name, _, *cells in rows:
        for kind, cell in zip(REASON_TAGS, cells, strict=True):
            codes = [str(code) for code in codes_of(name, kind).values()]
            assert cell.split() == (codes if len(set(codes)) > 1 else codes[:1]), (name, kind)


def test_the_fields_that_are_refused_are_listed() -> None:
    """Section 4.5 names the fields that order entry refuses, and which values it does not."""
    section = rules().partition("### 4.5 ")[2].partition("### 4.6 ")[0]
    _, always, _, unless, _ = section.split("\n\n")[1:6]
    assert re.findall(r"\w+\(\d+\)", always) == list(NOT_SERVED.values())
    said = re.findall(r"(\w+\(\d+\))((?: \d)+)", unless)
    assert {name: frozenset(values.split()) for name, values in said} == dict(
        SERVED_ONLY_AS.values()
    )


def test_the_table_of_order_types_is_the_engines() -> None:
    """Every kind, time in force and phase: the letter in the table is what the engine does."""
    section = rules().partition("<!-- order types")[2].partition("<!-- end -->")[0]
    _, head, _, *rows = (line for line in section.splitlines() if line)
    phases = [name.strip().replace(" ", "_") for name in head.strip("|").split("|")[2:]]
    said = {}
    for row in rows:
        kind, times, *cells = (cell.strip() for cell in row.strip("|").split("|"))
        for time in times.split():
            for phase, cell in zip(phases, cells, strict=True):
                said[kind, time, phase] = cell
    assert phases == [*Phase]
    assert said == {
        (kind, time, phase): entry(kind, time, phase).value
        for kind, time, _ in said
        for phase in Phase
        for kind in [Kind(kind)]
    }
    missing = {(kind, time) for kind in Kind for time in TimeInForce} - {
        (kind, time) for kind, time, _ in said
    }
    assert {entry(kind, time, phase).value for kind, time in missing for phase in Phase} == {"-"}


def test_the_reasons_for_restatements_are_those_in_use() -> None:
    """The table of ExecRestatementReason(378) has the codes that reports carry."""
    section = rules().partition("ExecRestatementReason(378), in 4.2")[2].partition("\n- ")[0]
    rows = re.findall(r"^\| .* \| (D|4) \|(.*)\|(.*)\|(.*)\|$", section, re.MULTILINE)
    said = {version: [row[at].strip() for row in rows] for at, version in enumerate(VERSIONS, 1)}
    for version, codes in said.items():
        style = ReportStyle(version, our_dictionary(version))
        restated = [code for code, row in zip(codes, rows, strict=True) if row[0] == "D"]
        canceled = [code for code, row in zip(codes, rows, strict=True) if row[0] == "4" and code]
        assert sorted(restated) == sorted(style.restatement_codes.values()), version
        assert sorted(canceled) == sorted(style.cancel_codes.values()), version
