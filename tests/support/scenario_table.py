"""Whether a message of the venue is what the table says of its occasion: what must be in it is, and
nothing else.

An ExecutionReport that tells of a trade needs a LastPx; one that tells of a cancel may not have
one. `fix_specs/messages.txt` has a column for each such occasion, called scenario; here it is found
and its column compared with the tags that are there. Values are judged only as far as the table
does (OrdStatus, the flags that tell one scenario from another).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.specs.table import REQUIRED, Block, FieldPath, Row, Scenario, table

Pairs = Sequence[tuple[str, str]]
"""Tags and values of a message, in its order, with or without header and trailer."""

SENT = Scenario("sent", "sent", "", "", "", "")
"""The one scenario of a message that has no others."""

MUST, MAY, NEVER, BY_RULE = "R", "O", ".", "C"


def presence_complaints(message: Pairs, version: str) -> list[str]:
    """What the table finds wrong with a message the venue sends in a version; [] if nothing is.

    `version` is `FIX.4.2`, `FIX.4.4` or `FIX.5.0SP2`.
    """
    fields = _first_values(message)
    block = table().messages.get(fields.get("35", ""))
    if block is None or not block.is_out or block not in table().in_version(version):
        return [f"MsgType(35) {fields.get('35')} is not sent in {version}"]
    scenario = _scenario(block, fields, version)
    if scenario is None:
        return [f"{block.name}: none of its scenarios"]
    found = [f"{term} must hold" for term in scenario.holds.split() if not _holds(term, fields, "")]
    found += _Judge(message, version).complaints(block, _index(block, scenario))
    return [f"{block.name}, {scenario.name}: {complaint}" for complaint in found]


def scenario_of(message: Pairs, version: str) -> str:
    """The name of the occasion a message tells of, `trade` for example; "" if there is none."""
    fields = _first_values(message)
    block = table().messages.get(fields.get("35", ""))
    scenario = _scenario(block, fields, version) if block is not None else None
    return scenario.name if scenario is not None else ""


def _first_values(message: Pairs) -> dict[str, str]:
    return dict(reversed(message))


def _index(block: Block, scenario: Scenario) -> int:
    return block.order.index(scenario.key) if block.order else 0


def _scenario(block: Block, fields: dict[str, str], version: str) -> Scenario | None:
    if not block.order:
        return SENT
    for scenario in block.scenarios:
        if scenario.version == version and _fits(scenario.known_by, fields, version):
            return scenario
    return None


def _fits(terms: str, fields: dict[str, str], version: str) -> bool:
    return all(_holds(term, fields, version) for term in terms.split())


def _holds(term: str, fields: dict[str, str], version: str) -> bool:
    """One term of the table's language, see the head of messages.txt."""
    left, equal, right = term.partition("==")
    if equal:
        return left in fields and fields[left] == fields.get(right)
    left, equal, right = term.partition("!=")
    if equal:
        return fields.get(left) not in right.split("/")
    left, equal, right = term.partition("=")
    if left == "version":
        return version.removeprefix("FIX.").removesuffix("SP2") in right.split("/")
    if equal:
        return fields.get(left) in right.split("/")
    return term[1:] not in fields if term.startswith("!") else term in fields


class _Judge:
    """Compares one message with one column."""

    def __init__(self, message: Pairs, version: str) -> None:
        self._message = message
        self._version = version
        self._fields = _first_values(message)
        self._known: set[str] = set()

    def complaints(self, block: Block, index: int) -> Iterator[str]:
        for part, column in (("Header", 0), (block.key, index), ("Trailer", 0)):
            judged = part == block.key or "8" in self._fields
            of_part = list(self._part(table().parts[part], column))
            yield from of_part if judged else ()
        for tag in dict.fromkeys(tag for tag, _ in self._message):
            if tag not in self._known:
                yield f"{_called(tag, self._version)} is none of its fields"

    def _part(self, block: Block, column: int) -> Iterator[str]:
        for path, row in table().rows(block, self._version):
            if not row.scenarios:
                continue
            tag = path[-1]
            self._known.add(tag)
            letter = self._letter(row, column)
            if len(path) == 1:
                yield from self._field(tag, letter, self._fields)
            elif path[-2] in self._fields:
                for entry in self._entries(path):
                    yield from self._field(tag, letter, entry)

    def _field(self, tag: str, letter: str, fields: dict[str, str]) -> Iterator[str]:
        if letter == MUST and tag not in fields:
            yield f"{_called(tag, self._version)} is missing"
        if letter == NEVER and tag in fields:
            yield f"{_called(tag, self._version)} must not be there"

    def _letter(self, row: Row, column: int) -> str:
        if row.presence[self._version] == REQUIRED:
            return MUST
        letter = row.scenarios[column]
        if letter != BY_RULE:
            return letter
        for clause in row.rule.split(";"):
            then, _, terms = clause.strip().partition(" if ")
            if _fits(terms, self._fields, self._version):
                return then
        return NEVER

    def _entries(self, path: FieldPath) -> list[dict[str, str]]:
        """The entries of the group that `path` is a field of: as many as there are delimiters."""
        count_tag = path[-2]
        tags = [tag for tag, _ in self._message]
        begin = tags.index(count_tag) + 1
        entries: list[dict[str, str]] = []
        for tag, value in self._message[begin:]:
            if tag == tags[begin]:
                entries.append({})
            entries[-1].setdefault(tag, value)
        return entries


def _called(tag: str, version: str) -> str:
    field = table().fields.get(tag)
    return f"{field.name[version]}({tag})" if field is not None else f"{tag}"
