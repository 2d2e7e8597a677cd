"""The tables of the rules of engagement, between their comment marks; the prose is left alone.

A region begins with `<!-- NAME: written by make specs -->` and ends with `<!-- end -->`. Of the
table those rows are shown that have a description and are served.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from engine.order_kinds import PHASES, TABLE, Kind
from engine.values import TimeInForce
from gateway.fix import business_reject
from gateway.fix.message import COMP_ID_PROBLEM, SENDING_TIME_PROBLEM, TEXTS
from tests.specs.table import FRAME, SESSION, VERSIONS, Block, FieldPath, Row, Table

Reasons = dict[str, dict[str, Any]]
"""`reject_reasons.toml` as it is read."""

LATER = "(later)"

VERSION_HEADS = ("4.2", "4.4", "5.0SP2")
ENDS_THE_SESSION = frozenset({COMP_ID_PROBLEM, SENDING_TIME_PROBLEM})

_REGION = re.compile(r"(<!-- ([\w ]+): written by make specs -->\n).*?(<!-- end -->)", re.DOTALL)


def rules(text: str, table: Table, reasons: Reasons) -> str:
    """The rules of engagement with their tables as they must be."""
    regions = {
        "order types": "\n".join(_order_types()),
        "messages in": _messages(table, [b for b in table.messages.values() if _is(b, "in")]),
        "messages out": _messages(table, [b for b in table.messages.values() if _is(b, "out")]),
        "session messages": _messages(table, [table.parts[key] for key in (*FRAME, *SESSION)]),
        "refusals": "\n".join(_refusals(reasons)),
        "session rejects": "\n".join(_session_rejects()),
        "business rejects": "\n".join(_business_rejects()),
    }
    return _REGION.sub(lambda found: f"{found[1]}\n{regions[found[2]]}\n\n{found[3]}", text)


def served_rows(table: Table, block: Block) -> dict[FieldPath, Row]:
    """The rows of a message that its table shows."""
    rows = table.told(block).items()
    return {path: row for path, row in rows if not row.description.startswith(LATER)}


def _is(block: Block, way: str) -> bool:
    return way in block.flags


def _messages(table: Table, blocks: list[Block]) -> str:
    parts = ["\n".join(_message(table, block)) for block in blocks if not block.is_later]
    later = ", ".join(f"{block.name}({block.key})" for block in blocks if block.is_later)
    if later:
        parts.append(f"Not served yet, but in the dictionaries already: {later}.")
    return "\n\n".join(parts)


def _message(table: Table, block: Block) -> Iterator[str]:
    heading = block.name if block.name == block.key else f"{block.name} ({block.key})"
    yield f"### {heading}"
    yield ""
    yield f"| Tag | Name | {' | '.join(VERSION_HEADS)} | Description |"
    yield "|---|---|---|---|---|---|"
    rows = served_rows(table, block)
    for row in rows.values():
        arrows = "→" * row.depth + " " if row.depth else ""
        presence = " | ".join(row.presence[version] for version in VERSIONS)
        yield _line(f"{arrows}{row.tag}", _name(table, row), presence, row.description)
    if block.scenarios:
        yield ""
        yield from _scenarios(block, list(rows.values()))


def _name(table: Table, row: Row) -> str:
    """The newest name, and older ones where a version has the field under another."""
    names = table.fields[row.tag].name
    others = [
        f"{head} {names[version]}"
        for head, version in zip(VERSION_HEADS, VERSIONS, strict=True)
        if row.presence[version] != "-" and names[version] != row.name
    ]
    return f"{row.name} ({', '.join(others)})" if others else row.name


def _scenarios(block: Block, rows: list[Row]) -> Iterator[str]:
    words = {s.key: s.name.replace("_", " ") for s in block.scenarios if LATER not in s.words}
    shown = [i for i, key in enumerate(block.order) if key in words]
    yield f"#### {block.name} by occasion"
    yield ""
    yield _line("Tag", "Name", *(words[block.order[i]] for i in shown), "C means")
    yield "|---" * (len(shown) + 3) + "|"
    for row in rows:
        arrows = "→" * row.depth + " " if row.depth else ""
        letters = (row.scenarios[i].strip(".") for i in shown)
        yield _line(f"{arrows}{row.tag}", row.name, *letters, row.rule)


def _order_types() -> Iterator[str]:
    """A line for each kind of order and the times in force that go with it alike."""
    yield _line("Order", "TimeInForce(59)", *(phase.replace("_", " ") for phase in PHASES))
    yield "|---" * (len(PHASES) + 2) + "|"
    for kind in Kind:
        lines: dict[tuple[str, ...], list[str]] = {}
        for time_in_force in TimeInForce:
            row = TABLE.get((kind, time_in_force))
            if row is not None:
                cells = tuple(row[phase].value for phase in PHASES)
                lines.setdefault(cells, []).append(time_in_force)
        for cells, times_in_force in lines.items():
            yield _line(kind, " ".join(times_in_force), *cells)


def _refusals(reasons: Reasons) -> Iterator[str]:
    yield "| Code | Text | 103 | 102 | 532 |"
    yield "|---|---|---|---|---|"
    kinds = ("ord_rej_reason", "cxl_rej_reason", "mass_cancel_reject_reason")
    for name, reason in reasons.items():
        yield _line(name, reason["text"], *(_codes(reason.get(kind, {})) for kind in kinds))


def _codes(codes: dict[str, int]) -> str:
    """One number where all versions agree, else each version's in turn."""
    numbers = [str(codes[version]) for version in VERSIONS if version in codes]
    return numbers[0] if len(set(numbers)) == 1 else " ".join(numbers)


def _session_rejects() -> Iterator[str]:
    yield "| 373 | Text(58) |"
    yield "|---|---|"
    for reason, text in TEXTS.items():
        yield _line(str(reason), text + " (followed by Logout)" * (reason in ENDS_THE_SESSION))


def _business_rejects() -> Iterator[str]:
    yield f"| Text(58) | 380 in {' | '.join(VERSION_HEADS)} |"
    yield "|---|---|---|---|"
    for reason in vars(business_reject).values():
        if isinstance(reason, business_reject.Reason):
            codes = (reason.codes.get(version, business_reject.OTHER) for version in VERSIONS)
            yield _line(reason.text, *map(str, codes))


def _line(*cells: str) -> str:
    return "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|"
