"""The script of the interop run, and what a received message must look like to satisfy a line.

Reads `scenario.fix` into steps and compares a message with the fields a step names. The language
is described at the head of that file. Knows no process, no socket and no client library.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

SOH: Final = "\x01"

# Quantities and prices: a library may write 87.3 as 87.30, and both are right.
NUMBERS: Final = frozenset({6, 14, 31, 32, 38, 44, 99, 151, 533, 911})

# Standard header and trailer, left out when a message is printed (34, 35 and 43 say something).
ENVELOPE: Final = frozenset({8, 9, 10, 49, 52, 56})

# The rules of engagement: every ExecutionReport about an order carries these.
REPORT_TAGS: Final = (6, 11, 14, 17, 37, 38, 39, 40, 54, 55, 59, 60, 150, 151)

Fields = list[tuple[int, str]]


# Marks a line or a field may carry; the head of the script says what they stand for.
VERSION_MARKS: Final = frozenset({"4.2", "4.4", "4.4+", "5.0"})
LIBRARY_MARKS: Final = frozenset(
    {"tls", "in-order", "at-once", "resends", "gap-fills", "asks", "expects"}
)
MARKS: Final = VERSION_MARKS | LIBRARY_MARKS
_MARKED: Final = re.compile(r"([a-z0-9.+-]+):(?=\s*\w)")


class Verb(StrEnum):
    """What a party does in a step."""

    LOGON = "logon"
    LOGOUT = "logout"
    SEND = ">"
    RECEIVE = "<"
    SENT = "sent"
    GOT = "got"
    LOSES = "loses"


@dataclass(frozen=True)
class Step:
    """One line of the script: who does what, with which fields or words."""

    line: int
    party: str
    verb: Verb
    argument: str


class BadScript(ValueError):
    """A line of the script is not in its language."""


def parse_script(text: str, marks: frozenset[str]) -> list[Step]:
    """Steps in the order of the lines, without the lines and fields under other marks than these.

    Raises BadScript with the number of the first bad line.
    """
    steps = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        kept = _under(marks, line.strip(), number)
        if kept is None:
            continue
        party, _, rest = kept.partition(" ")
        verb, _, argument = rest.strip().partition(" ")
        if verb not in set(Verb):
            raise BadScript(f"line {number} must say one of {', '.join(Verb)}, was {line!r}")
        fields = (_under(marks, field, number) for field in argument.strip().split("|"))
        steps.append(Step(number, party, Verb(verb), "|".join(filter(None, fields))))
    return steps


def _under(marks: frozenset[str], text: str, line: int) -> str | None:
    """The text without its mark; None where the mark is not among these."""
    marked = _MARKED.match(text)
    if marked is None:
        return text
    if marked[1] not in MARKS:
        raise BadScript(f"line {line}: mark must be one of {sorted(MARKS)}, was {marked[1]!r}")
    return text[marked.end() :].lstrip() if marked[1] in marks else None


def split_message(raw: str, delimiter: str = SOH) -> Fields:
    """Tags and values in the order of the text."""
    parts = (field.partition("=") for field in raw.split(delimiter) if field)
    return [(int(tag), value) for tag, _, value in parts]


def value_of(fields: Fields, tag: int) -> str | None:
    """The first value of the tag, None where it is not there."""
    return next((value for have, value in fields if have == tag), None)


def readable(fields: Fields) -> str:
    """One line without the parts of the header that tell a reader nothing."""
    return "|".join(f"{tag}={value}" for tag, value in fields if tag not in ENVELOPE)


def fill_in(text: str, bound: dict[str, str]) -> str:
    """The text with every {name} replaced that is bound by now; others stay as they are."""
    return re.sub(r"{(\w+)}", lambda found: bound.get(found[1], found[0]), text)


def differences(expected: str, actual: Fields, bound: dict[str, str]) -> list[str]:
    """What keeps the message from satisfying the line; empty when it does. Binds new {name}s."""
    found = []
    for tag, pattern in split_message(expected, "|"):
        rule = _broken_rule(tag, pattern, value_of(actual, tag), bound)
        if rule is not None:
            found.append(f"tag {tag} must be {rule}, was {value_of(actual, tag) or 'absent'}")
    return found + _incomplete_report(actual)


def _broken_rule(tag: int, pattern: str, value: str | None, bound: dict[str, str]) -> str | None:
    """The rule the value breaks, None when it keeps it."""
    if pattern == "-":
        return None if value is None else "absent"
    if value is None:
        return "there" if pattern == "*" else fill_in(pattern, bound)
    if pattern == "*":
        return None
    name = re.fullmatch(r"{(\w+)}", pattern)
    if name is not None and name[1] not in bound:
        bound[name[1]] = value
        return None
    wanted = fill_in(pattern, bound)
    if wanted.startswith("^"):
        return None if value.startswith(wanted[1:]) else f"text that begins {wanted[1:]}"
    return None if _same(tag, wanted, value) else wanted


def _same(tag: int, wanted: str, value: str) -> bool:
    if tag not in NUMBERS:
        return wanted == value
    try:
        return Decimal(wanted) == Decimal(value)
    except InvalidOperation:
        return False


def _incomplete_report(fields: Fields) -> list[str]:
    """The tags an ExecutionReport owes its reader and does not have."""
    if value_of(fields, 35) != "8":
        return []
    return [
        f"tag {tag} must be there, was absent"
        for tag in REPORT_TAGS
        if value_of(fields, tag) is None
    ]
