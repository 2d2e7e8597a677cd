"""The day as a table of lines: `day.txt` -> what is said, done and asked, in order.

    date 2026-11-25                      the day of the lines below
    08:31 AVA buy 200 DUNI @ 96.50       a member's order, in the words of `fixpit client`
    08:45 clock | auction | book         time passes; then show the call, or the book
    > The opening call.                  said to the reader
    explain T4                           at the end of the day
    # not for the reader

Pure; what the words of an order mean is the client's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Stockholm")

_ACT = re.compile(r"([0-9]{2}:[0-9]{2}(?::[0-9]{2})?) (\w+)(?: (.+))?")


class ScriptError(Exception):
    """A line is none of the script; the text says which."""


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence for the reader."""

    text: str


@dataclass(frozen=True, slots=True)
class Act:
    """At this moment `who` does something: a member with `words`, or clock, auction, book."""

    at: datetime
    who: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Explain:
    """Explain a trade by its match id at the end of the day."""

    trade: str


Line = Said | Act | Explain


def read(text: str) -> list[Line]:
    """The lines of a script; raises ScriptError."""
    return list(_lines(text))


def _lines(text: str) -> Iterator[Line]:
    day: date | None = None
    for number, line in enumerate(text.splitlines(), 1):
        word, _, rest = line.partition(" ")
        act = _ACT.fullmatch(line)
        if not line or word == "#":
            continue
        if word == ">":
            yield Said(rest)
        elif word == "explain":
            yield Explain(rest)
        elif word == "date":
            day = date.fromisoformat(rest)
        elif act is not None and day is not None:
            at = datetime.combine(day, time.fromisoformat(act[1]), ZONE)
            yield Act(at, act[2], act[3] or "")
        else:
            raise ScriptError(f"line {number} must be one of the script, was {line!r}")
