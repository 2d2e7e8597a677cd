"""A QuickFIX-format data dictionary, read into tables the decoder and encoder look things up in.

Reads any dictionary of that format: ours in `fix_specs/`, or the stock ones of a QuickFIX release
(tests hold our messages against those). Components are expanded on reading, so what remains is per
message: which tags, which of them required, which groups. What a field's type allows is one regular
expression per field, used alone by the step-by-step decoder and joined by `shapes`.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from importlib import resources

SOH = "\x01"

_NUMBER = r"-?[0-9]{1,18}(?:\.[0-9]{0,18})?"
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]{1,12})?"
_DATE = r"[0-9]{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_PATTERNS = {
    "INT": r"-?[0-9]{1,18}",
    "SEQNUM": r"[0-9]{1,18}",
    "LENGTH": r"[0-9]{1,18}",
    "NUMINGROUP": r"[0-9]{1,18}",
    "TAGNUM": r"[0-9]{1,18}",
    "DAYOFMONTH": r"(?:[1-9]|[12][0-9]|3[01])",
    "FLOAT": _NUMBER,
    "PRICE": _NUMBER,
    "PRICEOFFSET": _NUMBER,
    "QTY": _NUMBER,
    "AMT": _NUMBER,
    "PERCENTAGE": _NUMBER,
    "CHAR": r"[^\x01]",
    "BOOLEAN": r"[YN]",
    "UTCTIMESTAMP": rf"{_DATE}-{_TIME}",
    "UTCTIMEONLY": _TIME,
    "UTCDATE": _DATE,
    "UTCDATEONLY": _DATE,
    "LOCALMKTDATE": _DATE,
    "MONTHYEAR": r"[0-9]{6}(?:[0-9]{2}|-[0-9]{1,2}-[0-9]{1,2}|w[1-5])?",
}
TEXT_CHARS_MAX = 256
_ANY = rf"[^\x01]{{1,{TEXT_CHARS_MAX}}}"
"""Text of any kind; longer values are a format error, so that no report grows without bound."""
_COUNTS = frozenset({"NUMINGROUP", "INT"})
_MULTIPLE = frozenset({"MULTIPLEVALUESTRING", "MULTIPLESTRINGVALUE", "MULTIPLECHARVALUE"})


NESTING_MAX = 20
FIELDS_MAX = 1_000_000
"""More than any dictionary has; a file that goes beyond is none, or means harm."""


class DictionaryError(ValueError):
    """The text is no data dictionary; the message says which rule it breaks."""


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field: `pattern` is what its type allows, `enum_pattern` its legal values if listed."""

    tag: str
    name: str
    type: str
    enum: frozenset[str]

    @property
    def pattern(self) -> str:
        """Regular expression of a well-formed value (SessionRejectReason 6 otherwise)."""
        return _PATTERNS.get(self.type, _ANY)

    @property
    def enum_pattern(self) -> str | None:
        """Regular expression of a legal value (reason 5 otherwise); None when any will do."""
        if not self.enum:
            return None
        one = "|".join(re.escape(value) for value in sorted(self.enum, key=lambda v: (-len(v), v)))
        if self.type in _MULTIPLE:
            return rf"(?={_ANY}(?:\x01|\Z))(?:{one})(?: (?:{one}))*"
        return f"(?:{one})"


@dataclass(slots=True)
class GroupSpec:
    """Fields of a message or of one entry of a repeating group; `groups` by their count tag.

    `delimiter` is the tag every entry of a group begins with.
    """

    fields: dict[str, bool] = field(default_factory=dict)
    groups: dict[str, GroupSpec] = field(default_factory=dict)
    delimiter: str = ""

    @property
    def required(self) -> tuple[str, ...]:
        """Tags that must be there."""
        return tuple(tag for tag, needed in self.fields.items() if needed)


class DataDictionary:
    """The fields and messages of one FIX version as one dictionary file defines them.

    Raises DictionaryError.
    """

    def __init__(self, text: str) -> None:
        self.fields: dict[str, FieldSpec] = {}
        self.tags: dict[str, str] = {}
        self.messages: dict[str, GroupSpec] = {}
        self.admin: set[str] = set()
        self._collected = 0
        try:
            root = ElementTree.fromstring(text)  # noqa: S314  entities are not expanded by expat here
            self._read_all(root)
        except ElementTree.ParseError as error:
            raise DictionaryError(f"must be XML: {error}") from None
        except KeyError as error:
            raise DictionaryError(f"must define or have {error}") from None

    def _read_all(self, root: ElementTree.Element) -> None:
        self.begin_string = f"{root.get('type', 'FIX')}.{root.get('major')}.{root.get('minor')}"
        for element in root.iterfind("fields/field"):
            tag, name = element.attrib["number"], element.attrib["name"]
            if not tag.isdecimal():
                raise DictionaryError(f"number of field {name} must be decimal, was {tag}")
            enum = frozenset(value.attrib["enum"] for value in element.iterfind("value"))
            self.fields[tag] = FieldSpec(tag, name, element.attrib["type"].upper(), enum)
            self.tags[name] = tag
        components = {c.attrib["name"]: c for c in root.iterfind("components/component")}
        self.header = self._read(root.find("header"), components)
        self.trailer = self._read(root.find("trailer"), components)
        for element in root.iterfind("messages/message"):
            msg_type = element.attrib["msgtype"]
            self.messages[msg_type] = self._read(element, components)
            if element.get("msgcat") == "admin":
                self.admin.add(msg_type)

    def _read(
        self, element: ElementTree.Element | None, components: dict[str, ElementTree.Element]
    ) -> GroupSpec:
        spec = GroupSpec()
        if element is not None:
            self._collect(element, components, spec, needed=True, depth=0)
        return spec

    def _collect(
        self,
        element: ElementTree.Element,
        components: dict[str, ElementTree.Element],
        spec: GroupSpec,
        *,
        needed: bool,
        depth: int,
    ) -> None:
        """Add what `element` lists to `spec`; inside an optional component nothing is required."""
        self._collected += len(element)
        if depth > NESTING_MAX or self._collected > FIELDS_MAX:
            raise DictionaryError(f"must have at most {FIELDS_MAX} fields, {NESTING_MAX} deep")
        for child in element:
            required = needed and child.get("required", "N").upper() == "Y"
            if child.tag == "component":
                part = components[child.attrib["name"]]
                self._collect(part, components, spec, needed=required, depth=depth + 1)
                continue
            tag = self.tags[child.attrib["name"]]
            spec.fields[tag] = required
            spec.delimiter = spec.delimiter or tag
            if child.tag == "group":
                self._check_count(tag)
                entry = GroupSpec()
                self._collect(child, components, entry, needed=True, depth=depth + 1)
                spec.groups[tag] = entry

    def _check_count(self, tag: str) -> None:
        count = self.fields[tag]
        if count.type not in _COUNTS:
            raise DictionaryError(f"{count.name} must be a count of entries, was {count.type}")

    def carried_by(self, transport: DataDictionary) -> DataDictionary:
        """This version's application messages with the frame and session messages of `transport`:
        FIX 5.0 and later travel in FIXT.1.1. Both give up their own for the result.
        """
        self.begin_string = transport.begin_string
        self.header, self.trailer = transport.header, transport.trailer
        self.fields |= transport.fields
        self.tags |= transport.tags
        self.messages |= transport.messages
        self.admin |= transport.admin
        return self


def load(name: str, transport: str = "") -> DataDictionary:
    """The dictionary `name` of `fix_specs/`, for example `FIX44`, or `FIX50SP2` in `FIXT11`."""
    found = DataDictionary(_text(name))
    return found.carried_by(DataDictionary(_text(transport))) if transport else found


def _text(name: str) -> str:
    path = resources.files("fix_specs").joinpath(f"{name}.xml")
    return path.read_text(encoding="utf-8")
