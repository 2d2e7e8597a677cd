"""The one table of what the venue speaks: `fix_specs/messages.txt` and `fix_specs/fields.txt`.

Reads the two files, whose first lines say how they are written, and answers questions about them;
dictionaries, rules of engagement and the check of what is sent are made from it by the modules
beside this one. A mistake in the files is a ValueError that names file and line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple

SPECS = Path(__file__).parents[2] / "fix_specs"

VERSIONS = ("FIX.4.2", "FIX.4.4", "FIX.5.0SP2")
SHORT = ("4.2", "4.4", "5.0")
"""What the table calls the versions."""

FRAME = ("Header", "Trailer")
SESSION = ("A", "0", "1", "2", "3", "4", "5")

REQUIRED, CONDITIONAL, OPTIONAL, EXTENSION, ABSENT = "Y", "C", "N", "X", "-"
"""Presence in a message of one version."""


class Field(NamedTuple):
    """A field by version: what it is called, its type, its values with a word for each, and which
    of them are the venue's own extensions.
    """

    tag: str
    name: dict[str, str]
    type: dict[str, str]
    values: dict[str, dict[str, str]]
    extensions: dict[str, set[str]]


class Row(NamedTuple):
    """A line of a message or component: a field, a group's count, or (tag "") a component.

    `told` rows describe a field that a component of the message holds, and add none.
    """

    depth: int
    tag: str
    name: str
    presence: dict[str, str]
    told: bool
    scenarios: tuple[str, ...]
    rule: str
    description: str


class Scenario(NamedTuple):
    """An occasion of a message: how it is known in a version, and what then holds besides."""

    key: str
    name: str
    version: str
    known_by: str
    holds: str
    words: str


@dataclass(slots=True)
class Block:
    """A message, a part of the frame, or a component; `key` is MsgType or name."""

    kind: str
    key: str
    name: str
    flags: frozenset[str] = frozenset()
    rows: list[Row] = field(default_factory=list)
    scenarios: list[Scenario] = field(default_factory=list)
    order: tuple[str, ...] = ()

    @property
    def is_in(self) -> bool:
        """Members may send it."""
        return not self.flags.isdisjoint({"in", "both"})

    @property
    def is_out(self) -> bool:
        """The venue may send it."""
        return not self.flags.isdisjoint({"out", "both"})

    @property
    def is_later(self) -> bool:
        """Not served yet."""
        return "later" in self.flags


FieldPath = tuple[str, ...]
"""A field by the count tags that lead to it, itself last."""


class Table:
    """The two files, read."""

    def __init__(self, messages: str, fields: str) -> None:
        self.fields = {f.tag: f for f in _fields(fields)}
        blocks = list(_blocks(messages))
        self.components = {b.key: b for b in blocks if b.kind == "component"}
        self.parts = {b.key: b for b in blocks if b.kind != "component"}
        self.messages = {b.key: b for b in blocks if b.kind == "message"}
        for block in blocks:
            self._check(block)

    def _check(self, block: Block) -> None:
        for row in block.rows:
            if not row.tag:
                if row.name not in self.components:
                    raise ValueError(f"messages.txt: {block.key}: no component {row.name}")
                continue
            names = self.fields[row.tag].name.values() if row.tag in self.fields else ()
            if row.name not in names:
                raise ValueError(f"messages.txt: {block.key}: {row.tag} is not {row.name}")

    def rows(self, block: Block, version: str) -> Iterator[tuple[FieldPath, Row]]:
        """The fields of a block in a version, components expanded, in the order of the file."""
        yield from self._walk(block, version, ())

    def _walk(
        self, block: Block, version: str, above: FieldPath
    ) -> Iterator[tuple[FieldPath, Row]]:
        groups: list[str] = []
        for row in block.rows:
            if row.told or row.presence[version] == ABSENT:
                continue
            del groups[row.depth :]
            path = (*above, *groups)
            if not row.tag:
                yield from self._walk(self.components[row.name], version, path)
                continue
            yield (*path, row.tag), row
            groups.append(row.tag)

    def told(self, block: Block) -> dict[FieldPath, Row]:
        """The rows that the rules of engagement print: those with a description, in order."""
        found: dict[FieldPath, Row] = {}
        groups: list[str] = []
        for row in block.rows:
            del groups[row.depth :]
            path = (*groups, row.tag)
            groups.append(row.tag)
            if row.tag and (row.told or row.description or block.is_out):
                found[path] = row
        return found

    def in_version(self, version: str) -> list[Block]:
        """The messages that a version has."""
        return [
            block
            for block in self.messages.values()
            if any(row.presence[version] != ABSENT for row in block.rows)
        ]


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield number, line


def _blocks(text: str) -> Iterator[Block]:
    block: Block | None = None
    for number, line in _lines(text):
        try:
            if line.startswith("["):
                if block is not None:
                    yield block
                block = _block(line)
            else:
                assert block is not None
                _add(block, line)
        except (AssertionError, KeyError, ValueError) as error:
            raise ValueError(f"messages.txt:{number}: {error}: {line}") from error
    if block is not None:
        yield block


def _block(line: str) -> Block:
    kind, key, *rest = line.strip("[]").split()
    name = rest.pop(0) if kind == "message" else key
    return Block(kind, key, name, frozenset(rest))


def _add(block: Block, line: str) -> None:
    cells = [cell.strip() for cell in line.split("|")]
    if cells[0] == "scenarios":
        block.order = tuple(cells[1].split())
    elif re.fullmatch(r"[a-z]+", cells[0]):
        key, name, versions, known_by, holds, words = cells
        block.scenarios += [
            Scenario(key, name, VERSIONS[SHORT.index(version)], known_by, holds, words)
            for version in versions.split()
        ]
    else:
        block.rows.append(_row(block, cells))


def _row(block: Block, cells: list[str]) -> Row:
    match = re.fullmatch(r"(\.?)\s*(>*)\s*(\d*)", cells[0])
    if match is None:
        raise ValueError(f"no tag: {cells[0]}")
    presence = dict(zip(VERSIONS, cells[2].split(), strict=True))
    told, arrows, tag = match.groups()
    scenarios: tuple[str, ...] = ()
    rule = ""
    if block.is_out and not told:
        scenarios, rule = tuple(cells[3].split()), cells[4]
        if len(scenarios) != len(block.order or ("sent",)):
            raise ValueError(f"{len(scenarios)} scenarios")
    description = cells[-1] if len(cells) > 3 else ""
    name = cells[1].strip("{}")
    return Row(len(arrows), tag, name, presence, bool(told), scenarios, rule, description)


def _fields(text: str) -> Iterator[Field]:
    found: Field | None = None
    for number, line in _lines(text):
        try:
            if line[0].isdigit():
                if found is not None:
                    yield found
                found = _field(line)
            else:
                assert found is not None
                value, word, *versions = line.split()
                for short in versions or SHORT:
                    version = VERSIONS[SHORT.index(short.removeprefix("*"))]
                    found.values[version][value] = word
                    if short.startswith("*"):
                        found.extensions[version].add(value)
        except (AssertionError, ValueError) as error:
            raise ValueError(f"fields.txt:{number}: {error}: {line}") from error
    if found is not None:
        yield found


def _field(line: str) -> Field:
    tag, name, type_, *others = (cell.strip() for cell in line.split("|"))
    found = Field(
        tag,
        dict.fromkeys(VERSIONS, name),
        dict.fromkeys(VERSIONS, type_),
        {version: {} for version in VERSIONS},
        {version: set() for version in VERSIONS},
    )
    for other in others[0].split(";") if others else ():
        short, other_name, other_type = other.replace(":", " ").split()
        version = VERSIONS[SHORT.index(short)]
        found.name[version], found.type[version] = other_name, other_type
    return found


def read(specs: Path = SPECS) -> Table:
    """The table of a folder."""
    messages, fields = (
        (specs / name).read_text(encoding="utf-8") for name in ("messages.txt", "fields.txt")
    )
    return Table(messages, fields)


@cache
def table() -> Table:
    """The table of `fix_specs/`."""
    return read()
