"""The table as dictionaries in QuickFIX format, one text per file of `fix_specs/`.

FIX 5.0SP2 travels in FIXT.1.1: header, trailer and session messages stand in FIXT11.xml, the
application messages in FIX50SP2.xml. Nothing is listed that no message of the file uses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple
from xml.sax.saxutils import quoteattr

from tests.specs.table import ABSENT, FRAME, SESSION, VERSIONS, Block, Field, Table

MSG_TYPE = "35"

_FLAGS = {"Y": "Y", "C": "N", "N": "N", "X": "N"}


class Dictionary(NamedTuple):
    """One file: its root element, the version whose columns it shows, and what it holds."""

    version: str
    root: str
    session: bool
    application: bool


DICTIONARIES = {
    "FIX42.xml": Dictionary(
        VERSIONS[0],
        'type="FIX" major="4" minor="2" servicepack="0"',
        session=True,
        application=True,
    ),
    "FIX44.xml": Dictionary(
        VERSIONS[1],
        'type="FIX" major="4" minor="4" servicepack="0"',
        session=True,
        application=True,
    ),
    "FIXT11.xml": Dictionary(
        VERSIONS[2],
        'type="FIXT" major="1" minor="1" servicepack="0"',
        session=True,
        application=False,
    ),
    "FIX50SP2.xml": Dictionary(
        VERSIONS[2],
        'type="FIX" major="5" minor="0" servicepack="2"',
        session=False,
        application=True,
    ),
}

HEAD = """\
<?xml version="1.0" encoding="UTF-8"?>
<!-- What fixpit speaks of this version, in the dictionary format of the QuickFIX family.

     Messages that members send list every field the version defines for them (FIX 5.0SP2: those
     that an equity venue meets), so that nobody is turned away for a legal field the venue does
     not use. Messages that the venue sends list what it sends and nothing else, all of it inside
     the version. The words for people are in rules_of_engagement.md.

     Written by `make specs` from messages.txt and fields.txt: change those. -->
"""


def dictionary(table: Table, name: str, codes: dict[str, frozenset[str]]) -> str:
    """The text of a dictionary file; `codes` by tag are the values in use of refusal codes."""
    return "".join(f"{line}\n" for line in _Writer(table, DICTIONARIES[name], codes).lines())


class _Writer:
    def __init__(self, table: Table, about: Dictionary, codes: dict[str, frozenset[str]]) -> None:
        self._table = table
        self._about = about
        self._codes = codes
        self._components: dict[str, None] = {}
        self._tags: set[str] = set()

    def lines(self) -> Iterator[str]:
        about = self._about
        yield HEAD.rstrip("\n")
        yield f"<fix {about.root}>"
        yield from self._frame("Header")
        yield " <messages>"
        for block in self._table.in_version(about.version):
            session = block.key in SESSION
            if about.session if session else about.application:
                category = "admin" if session else "app"
                yield (f'  <message name="{block.name}" msgtype="{block.key}" msgcat="{category}">')
                yield from self._entries(block, 3)
                yield "  </message>"
        yield " </messages>"
        yield from self._frame("Trailer")
        yield " <components>"
        for name in self._reachable():
            yield f'  <component name="{name}">'
            yield from self._entries(self._table.components[name], 3)
            yield "  </component>"
        yield " </components>"
        yield " <fields>"
        for tag in sorted(self._tags, key=int):
            yield from self._field(self._table.fields[tag])
        yield " </fields>"
        yield "</fix>"

    def _frame(self, part: str) -> Iterator[str]:
        assert part in FRAME
        if not self._about.session:
            yield f" <{part.lower()}/>"
            return
        yield f" <{part.lower()}>"
        yield from self._entries(self._table.parts[part], 2)
        yield f" </{part.lower()}>"

    def _entries(self, block: Block, indent: int) -> Iterator[str]:
        version = self._about.version
        rows = [row for row in block.rows if not row.told and row.presence[version] != ABSENT]
        open_groups = 0
        for row, following in zip(rows, [*rows[1:], None], strict=True):
            while open_groups > row.depth:
                open_groups -= 1
                yield f"{' ' * (indent + open_groups)}</group>"
            pad = " " * (indent + row.depth)
            flag = _FLAGS[row.presence[version]]
            if not row.tag:
                self._components[row.name] = None
                yield f'{pad}<component name="{row.name}" required="{flag}"/>'
                continue
            self._tags.add(row.tag)
            name = self._table.fields[row.tag].name[version]
            if following is not None and following.depth > row.depth:
                yield f'{pad}<group name="{name}" required="{flag}">'
                open_groups += 1
            else:
                yield f'{pad}<field name="{name}" required="{flag}"/>'
        while open_groups:
            open_groups -= 1
            yield f"{' ' * (indent + open_groups)}</group>"

    def _reachable(self) -> list[str]:
        """The components in use, those that components use included, in the table's order."""
        found = list(self._components)
        for name in found:
            for row in self._table.components[name].rows:
                present = row.presence[self._about.version] != ABSENT
                if not row.tag and present and row.name not in found:
                    found.append(row.name)
        return [name for name in self._table.components if name in found]

    def _field(self, field: Field) -> Iterator[str]:
        version = self._about.version
        start = (
            f'  <field number="{field.tag}" name="{field.name[version]}" '
            f'type="{field.type[version]}"'
        )
        values = dict(self._values(field))
        if not values:
            yield f"{start}/>"
            return
        yield f"{start}>"
        for value, word in values.items():
            yield f"   <value enum={quoteattr(value)} description={quoteattr(word)}/>"
        yield "  </field>"

    def _values(self, field: Field) -> Iterable[tuple[str, str]]:
        if field.tag == MSG_TYPE:
            blocks = self._table.in_version(self._about.version)
            return [(block.key, _words(block.name)) for block in blocks]
        used = self._codes.get(field.tag)
        values = field.values[self._about.version].items()
        return [(v, word) for v, word in values if used is None or v in used]


def _words(name: str) -> str:
    """NewOrderSingle -> NEW_ORDER_SINGLE."""
    words = "".join(f"_{char}" if char.isupper() else char for char in name)
    return words.strip("_").upper()
