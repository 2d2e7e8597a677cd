"""What stands in fix_specs/, read the plainest way, and another maker's dictionaries beside it.

fixcore ships the dictionaries of a QuickFIX release; what FIX defines is asked there. A message is
a flat list of entries, a field of a group named by the path of count tags leading to it. Nothing
here uses the venue's own readers, so that a mistake in them cannot hide one in the data.
"""

from __future__ import annotations

import tomllib
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import fixcore

OURS = Path(__file__).parents[2] / "fix_specs"
STOCK = Path(fixcore.__file__).parent / "specs"

SESSION = ("A", "0", "1", "2", "3", "4", "5")
INBOUND = ("D", "F", "G", "H", "AF", "q", "BE", "x", "e", "g")
OUTBOUND = ("8", "9", "r", "j", "BF", "y", "f", "h")
LATER_INBOUND = ("V", "AD")
LATER_OUTBOUND = ("W", "X", "Y", "AE")
NOT_IN_42 = frozenset({"AF", "q", "r", "BE", "BF", "x", "y", "AD", "AE"})
FRAME = ("Header", "Trailer")
NO_INTERNAL = "20001"

SPOKEN = "FIX44.xml"
VERSIONS = {"FIX.4.2": "FIX42.xml", "FIX.4.4": "FIX44.xml", "FIX.5.0SP2": "FIX50SP2.xml"}
TRANSPORT = "FIXT11.xml"
"""Frame and session messages of FIX 5.0SP2; in the other versions they stand with the rest."""

FILES = (*VERSIONS.values(), TRANSPORT)

OWN_FIELDS = {
    NO_INTERNAL: ("NoInternal", "BOOLEAN"),
    "20002": ("SelfMatchLevel", "INT"),
    "20003": ("DisplayRange", "QTY"),
}
"""The venue's own fields: name and type."""

SELF_MATCH = frozenset({"2362", "2964"})
"""Fields of FIX 5.0SP2 that orders may carry before it."""

_OF_ORDERS = frozenset(OWN_FIELDS)

EXTENSIONS: dict[str, dict[str, frozenset[str]]] = {
    "FIX42.xml": {
        "D": _OF_ORDERS | SELF_MATCH,
        "G": _OF_ORDERS | SELF_MATCH,
        "A": frozenset({"553", "554", "925"}),
    },
    "FIX44.xml": {
        "D": _OF_ORDERS | SELF_MATCH,
        "G": _OF_ORDERS | SELF_MATCH,
        "A": frozenset({"925"}),
    },
    "FIX50SP2.xml": {"D": _OF_ORDERS, "G": _OF_ORDERS},
}
"""Fields that the venue takes beyond FIX, by file and MsgType."""

EXTENSION_VALUES: dict[tuple[str, str], frozenset[str]] = {
    ("FIX42.xml", "18"): frozenset({"a"}),
    ("FIX42.xml", "59"): frozenset({"7", "B"}),
    ("FIX44.xml", "59"): frozenset({"B"}),
}
"""Values that the venue takes beyond FIX, by file and tag."""

REASON_TAGS = {
    "ord_rej_reason": "103",
    "cxl_rej_reason": "102",
    "mass_cancel_reject_reason": "532",
}

Tags = tuple[str, ...]


class FieldFacts(NamedTuple):
    """What a dictionary says of a field wherever it occurs."""

    tag: str
    name: str
    type: str
    enum: frozenset[str]


class Spec:
    """One dictionary file, read the plainest way: components expanded, nothing interpreted."""

    def __init__(self, path: Path) -> None:
        self.root = ElementTree.parse(path).getroot()  # noqa: S314  files of ours and of a wheel
        self.fields = {facts.tag: facts for facts in map(_facts, self.root.iterfind("fields/*"))}
        self.tags = {facts.name: tag for tag, facts in self.fields.items()}
        self.components = {e.attrib["name"]: e for e in self.root.iterfind("components/component")}
        self.messages = {e.attrib["msgtype"]: e for e in self.root.iterfind("messages/message")}

    def entries(self, part: str) -> dict[Tags, bool]:
        """Every field of a message, Header or Trailer by its path, and whether it is required."""
        element = self.root.find(part.lower()) if part in FRAME else self.messages[part]
        assert element is not None
        return dict(self.walk(element, (), needed=True))

    def walk(
        self, element: ElementTree.Element, path: Tags, *, needed: bool
    ) -> Iterator[tuple[Tags, bool]]:
        """The entries below an element of the file, in its order, repeated ones repeated."""
        for child in element:
            required = needed and child.attrib["required"] == "Y"
            if child.tag == "component":
                component = self.components[child.attrib["name"]]
                yield from self.walk(component, path, needed=required)
                continue
            here = (*path, self.tags[child.attrib["name"]])
            yield here, required
            if child.tag == "group":
                yield from self.walk(child, here, needed=True)


def _facts(element: ElementTree.Element) -> FieldFacts:
    values = frozenset(value.attrib["enum"] for value in element)
    attributes = element.attrib
    return FieldFacts(attributes["number"], attributes["name"], attributes["type"], values)


def file_of(version: str, part: str) -> str:
    """The dictionary that a message, Header or Trailer of a version stands in."""
    carried = version == "FIX.5.0SP2" and part in (*FRAME, *SESSION)
    return TRANSPORT if carried else VERSIONS[version]


def parts_of(version: str) -> tuple[str, ...]:
    """Header, Trailer and every message that the venue speaks in a version, or will."""
    kinds = (*SESSION, *INBOUND, *LATER_INBOUND, *OUTBOUND, *LATER_OUTBOUND)
    return (*FRAME, *(k for k in kinds if version != "FIX.4.2" or k not in NOT_IN_42))


@cache
def ours(name: str = SPOKEN) -> Spec:
    """A dictionary of what this venue speaks."""
    return Spec(OURS / name)


@cache
def stock(name: str = SPOKEN) -> Spec:
    """A dictionary of the QuickFIX release that fixcore carries."""
    return Spec(STOCK / name)


@cache
def reasons() -> dict[str, dict[str, dict[str, int] | str]]:
    """The refusals by name, in the order of the file."""
    return tomllib.loads((OURS / "reject_reasons.toml").read_text(encoding="utf-8"))


@cache
def rules() -> str:
    """The rules of engagement as text."""
    return (OURS / "rules_of_engagement.md").read_text(encoding="utf-8")


def text_of(name: str) -> str:
    """The words of a refusal, with its placeholders."""
    text = reasons()[name]["text"]
    assert isinstance(text, str)
    return text


def codes_of(name: str, kind: str) -> dict[str, int]:
    """The codes of a refusal by FIX version, for one kind of answer."""
    codes = reasons()[name].get(kind, {})
    assert isinstance(codes, dict)
    return codes


def first_of_groups(entries: dict[Tags, bool]) -> dict[Tags, str]:
    """The tag each repeating group's entries begin with, by the path of the group."""
    firsts: dict[Tags, str] = {}
    for path in entries:
        if len(path) > 1:
            firsts.setdefault(path[:-1], path[-1])
    return firsts
