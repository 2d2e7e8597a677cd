"""The rules of engagement against the dictionary, the refusals, and what the venue does."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from engine.refusals import PERMITTED
from gateway.fix.order_entry import NOT_SERVED
from tests.support.fix_specs import (
    FRAME,
    INBOUND,
    OUTBOUND,
    REASON_TAGS,
    SESSION,
    Tags,
    codes_of,
    ours,
    reasons,
    rules,
    stock,
    text_of,
)


def tables() -> dict[str, dict[Tags, tuple[str, str]]]:
    """The field tables by MsgType, Header or Trailer: path -> (name, required)."""
    found: dict[str, dict[Tags, tuple[str, str]]] = {}
    for section in re.split(r"^### ", rules(), flags=re.MULTILINE)[1:]:
        heading = section.partition("\n")[0]
        match = re.fullmatch(r"\w+ \((\w+)\)|(\w+)", heading)
        if match and "| Req'd |" in section:
            found[match[1] or match[2]] = dict(_rows(section))
    return found


def _rows(section: str) -> Iterator[tuple[Tags, tuple[str, str]]]:
    groups: list[str] = []
    for arrows, tag, name, required in re.findall(
        r"^\| (→*) ?(\d+) \| (\w+) \| ([YNC]) \|", section, flags=re.MULTILINE
    ):
        path = (*groups[: len(arrows)], tag)
        groups = list(path)
        yield path, (name, required)


def test_each_message_has_its_table() -> None:
    """The rules describe every message of the dictionary, the header and the trailer."""
    assert set(tables()) == {*FRAME, *SESSION, *INBOUND, *OUTBOUND}


@pytest.mark.parametrize("part", [*FRAME, *SESSION, *INBOUND, *OUTBOUND])
def test_tables_say_what_the_dictionary_says(part: str) -> None:
    """Each row names a field of the message, with its name and whether it is required."""
    entries = ours().entries(part)
    for path, (name, required) in tables()[part].items():
        assert path in entries, (path, name)
        assert ours().fields[path[-1]].name == name
        assert (required == "Y") == entries[path], (path, name)


@pytest.mark.parametrize("part", [*FRAME, *SESSION, *OUTBOUND])
def test_tables_of_what_is_sent_are_complete(part: str) -> None:
    """No field can arrive from the venue that the rules do not describe."""
    assert set(tables()[part]) == set(ours().entries(part))


@pytest.mark.parametrize("part", INBOUND)
def test_tables_of_what_is_received_list_what_is_required(part: str) -> None:
    """A member who fills in the rows of the table sends a legal message."""
    required = {path for path, needed in ours().entries(part).items() if needed}
    assert required <= set(tables()[part])


def test_fields_are_called_by_their_names() -> None:
    """Every `Name(tag)` or `Name(MsgType)` in rules and refusals is what FIX calls it."""
    texts = rules() + "".join(text_of(name) for name in reasons())
    named = set(re.findall(r"\b([A-Z]\w+)\((\w+)\)", texts))
    known = {(field.name, tag) for tag, field in (stock().fields | ours().fields).items()}
    known |= {(element.attrib["name"], kind) for kind, element in stock().messages.items()}
    assert named <= known


def test_the_table_of_refusals_is_the_one_in_use() -> None:
    """Code, text and FIX numbers in the rules are those of reject_reasons.toml."""
    rows = re.findall(
        r"^\| ([A-Z][A-Z_]{5,}) \| (.*) \| (\d+) \| (\d+) \| (\d*) ?\|$", rules(), re.M
    )
    expected = [
        (
            name,
            text_of(name),
            *(str(codes_of(name, kind).get("FIX.4.4", "")) for kind in REASON_TAGS),
        )
        for name in reasons()
    ]
    assert rows == expected


def test_the_fields_that_are_refused_are_listed() -> None:
    """Section 4.5 names the fields that order entry refuses, and no other."""
    section = rules().partition("### 4.5 ")[2].partition("## 5 ")[0]
    assert re.findall(r"\w+\(\d+\)", section) == list(NOT_SERVED.values())


def test_the_table_of_order_types_is_the_engines() -> None:
    """Order types and times in force combine as the engine permits."""
    head, *rows = re.findall(r"^\|(?: OrdType\(40\) | [12] \w+ )\|.*$", rules(), re.M)
    times = re.findall(r"59=(\w)", head)
    said = {
        (row[2], time)
        for row in rows
        for time, answer in zip(times, re.findall(r"\b(yes|no)\b", row), strict=True)
        if answer == "yes"
    }
    assert said == PERMITTED
