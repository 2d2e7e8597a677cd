"""What a script waits for: does a report match, and which of those that came is the next match.

Reports are looked through in the order they came, from behind the last match; those in between are
passed over. Quantities and prices are compared as numbers (`87.3` is `87.30`), the rest as text.
Pure; the waiting itself is done by the shell.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from gateway.client.commands import KEYS, SIDES, Condition, Expect
from gateway.client.reports import FILLS, REJECTS, STATUSES, contra_of, kind_of, trade_of
from gateway.client.wire import Message

_NUMBERS = frozenset((6, 14, 31, 32, 38, 44, 99, 110, 111, 151, 533, 1138))
_KIND_GROUPS = {"fill": FILLS, "rejected": REJECTS}


@dataclass(frozen=True, slots=True)
class Report:
    """A message that came, the name of its order, and the line that was printed."""

    message: Message
    name: str
    line: str


class Inbox:
    """Reports in the order they came, and how far the script has looked."""

    def __init__(self) -> None:
        self._reports: list[Report] = []

    def add(self, report: Report) -> None:
        """Take a report that has just come."""
        self._reports.append(report)

    def take(self, expect: Expect) -> Report | None:
        """Return the next match and forget it with all before it; None: not there yet."""
        for at, report in enumerate(self._reports):
            if matches(expect, report):
                del self._reports[: at + 1]
                return report
        return None

    def lines(self) -> list[str]:
        """Return the lines of what came since the last match."""
        return [report.line for report in self._reports]


def matches(expect: Expect, report: Report) -> bool:
    """Say whether the report is of the kind and meets every condition."""
    kind = kind_of(report.message)
    if expect.kind is not None and kind not in _KIND_GROUPS.get(expect.kind, (expect.kind,)):
        return False
    return all(_meets(condition, report, kind) for condition in expect.conditions)


def describe(expect: Expect) -> str:
    """Write the expectation as the script has it."""
    conditions = [f"{c.key}{c.operator}{c.value}" for c in expect.conditions]
    words = ["nothing"] if expect.nothing else []
    return " ".join(["expect", *words, *([expect.kind] if expect.kind else []), *conditions])


def _meets(condition: Condition, report: Report, kind: str) -> bool:
    values = _values(condition.key, report, kind)
    if condition.operator == "~":
        return any(condition.value in value for value in values)
    equal = _same_number if _tag(condition.key, kind) in _NUMBERS else str.__eq__
    return any(equal(value, condition.value) for value in values)


def _tag(key: str, kind: str) -> int:
    if key == "qty" and kind in FILLS:
        return 32
    return int(key) if key.isdecimal() else KEYS[key]


def _values(key: str, report: Report, kind: str) -> list[str]:
    """A name may be meant by its word or by its code; a tag in a group may come several times."""
    special = _SPECIAL.get(key)
    if special is not None:
        return special(report)
    tag = _tag(key, kind)
    return [value for t, value in report.message.fields if t == tag]


def _ids(report: Report) -> list[str]:
    return [report.name, report.message.text(11)]


def _contra(report: Report) -> list[str]:
    return [contra_of(report.message) or ""]


def _trade(report: Report) -> list[str]:
    return [trade_of(report.message) or ""]


def _side(report: Report) -> list[str]:
    side = report.message.text(54)
    return [side, *(word for word, code in SIDES.items() if code == side)]


def _status(report: Report) -> list[str]:
    status = report.message.text(39)
    return [status, STATUSES.get(status, "")]


_SPECIAL: dict[str, Callable[[Report], list[str]]] = {
    "id": _ids,
    "contra": _contra,
    "trade": _trade,
    "side": _side,
    "status": _status,
}


def _same_number(one: str, other: str) -> bool:
    try:
        return Decimal(one) == Decimal(other)
    except InvalidOperation:
        return one == other
