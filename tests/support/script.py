"""Scenario scripts: what a member says, what the venue answers, line by line, and their player.

    # why
    WHO connect             a client connects          WHO disconnect    the client closes
    WHO > fields            the client says            WHO < fields      the venue answers
    WHO closed              the venue closes           wait SECONDS      and nothing is due before
    venue WORDS             the operator, or market time, does that (`tests.support.operator`)
    venue file NAME MOMENT  the script's venue is that of this file, and it is then in its market
    [4.2 4.4] LINE          in these FIX versions only; the mark alone: so the whole script

WHO may be left out where there is one client. Fields are those of `tests.support.fix`. Whatever the
venue says stands in the script, in order and behind what it answers; a session script writes every
message in short but exact, an order script names the fields it is about, `-` for one not there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple, Protocol

from gateway.fix.versions import FIX44
from tests.support.fix import SECOND, at, piped

_VERBS = frozenset({"connect", "disconnect", "closed", "wait", "venue", ">", "<"})
_MARK = re.compile(r"\[([0-9SP. ]+)\] *")
_FILE = re.compile(r"^venue file (.*)$", re.MULTILINE)

Heard = tuple[int, str, bytes | None]
Said = Callable[[str], str]
Operate = Callable[[str], None]


class Subject(Protocol):
    """What a script is played against: a venue whose time stands still until it is told."""

    @property
    def now(self) -> int:
        """Its time, ns UTC."""

    def connect(self, who: str) -> None:
        """A client connects."""

    def say(self, who: str, text: str) -> None:
        """The client sends a message, written in short."""

    def short(self, who: str, data: bytes, when: int) -> str:
        """What the venue sent it at that time, written in short."""

    def disconnect(self, who: str) -> None:
        """The client closes."""

    def pass_time(self, until: int) -> list[Heard]:
        """Let time pass; what is heard on the way, and when."""

    def heard(self) -> list[tuple[str, bytes | None]]:
        """What the venue said since the last call, None: it closed the connection."""


class Step(NamedTuple):
    """One line of a script."""

    who: str
    verb: str
    argument: str


class Played(NamedTuple):
    """What happened and what should have, as scripts; they are equal when all is well."""

    actual: str
    expected: str


def setting(text: str) -> list[str]:
    """Name of the script's venue file and a moment of its market; nothing: the usual venue."""
    found = _FILE.search(text)
    return found[1].split() if found else []


def steps(text: str, version: str = FIX44, said: Said | None = None) -> list[Step]:
    """What happens in a script in this version; nothing if it is not made for it.

    `said` turns what the venue says in FIX 4.4 into the words of the version.
    """
    found = []
    for whole in text.splitlines():
        line = whole.partition("#")[0].strip()
        mark = _MARK.match(line)
        line = line[mark.end() :] if mark else line
        versions = mark[1].split() if mark else [_short(version), _short(FIX44)]
        elsewhere = _short(version) not in versions
        if elsewhere and not line:
            return []
        if elsewhere or not line or _FILE.match(line):
            continue
        who, _, rest = ("", "", line) if line.split()[0] in _VERBS else line.partition(" ")
        verb, _, argument = rest.strip().partition(" ")
        assert verb in _VERBS, line
        argument = argument.strip()
        if said is not None and verb == "<" and _short(FIX44) in versions:
            argument = said(argument)
        found.append(Step(who, verb, argument))
    return found


def _short(version: str) -> str:
    return version.removeprefix("FIX.")


def play(
    text: str,
    subject: Subject,
    *,
    exact: bool = True,
    version: str = FIX44,
    said: Said | None = None,
    operate: Operate | None = None,
) -> Played:
    """Play a script; `exact` compares whole messages, else the fields the script names."""
    player = _Player(subject, exact, operate)
    for step in steps(text, version, said):
        player.take(step)
    player.compare()
    return Played("\n".join(player.actual), "\n".join(player.expected))


class _Player:
    def __init__(self, subject: Subject, exact: bool, operate: Operate | None) -> None:  # noqa: FBT001
        self.actual: list[str] = []
        self.expected: list[str] = []
        self._subject = subject
        self._exact = exact
        self._operate = operate
        self._awaited: list[Step] = []
        self._heard: list[Heard] = [(subject.now, *one) for one in subject.heard()]

    def take(self, step: Step) -> None:
        if step.verb in {"<", "closed"}:
            self._awaited.append(step)
            return
        self.compare()
        line = _line(step.who, step.verb, step.argument)
        self.actual.append(line)
        self.expected.append(line)
        self._do(step)

    def _do(self, step: Step) -> None:
        subject, who = self._subject, step.who
        if step.verb == "connect":
            subject.connect(who)
        elif step.verb == "disconnect":
            subject.disconnect(who)
        elif step.verb == "wait":
            self._heard += subject.pass_time(subject.now + round(float(step.argument) * SECOND))
        elif step.verb == "venue":
            assert self._operate is not None, "nobody operates the venue of this script"
            self._operate(step.argument)
        else:
            subject.say(who, step.argument)
        self._heard += [(subject.now, *one) for one in subject.heard()]

    def compare(self) -> None:
        """Put what was heard beside what the script awaited, client by client."""
        heard = sorted(self._heard, key=lambda one: one[1])
        awaited = sorted(self._awaited, key=lambda step: step.who)
        self.expected += [
            _line(step.who, step.verb, at(step.argument, self._subject.now)) for step in awaited
        ]
        for i, (when, who, data) in enumerate(heard):
            early = (self._subject.now - when) / SECOND
            note = f"{early:g} s early: " if early else ""
            fields = awaited[i].argument if i < len(awaited) else ""
            self.actual.append(note + self._said(who, data, when, fields))
        self._heard, self._awaited = [], []

    def _said(self, who: str, data: bytes | None, when: int, fields: str) -> str:
        if data is None:
            return _line(who, "closed", "")
        if self._exact or not fields:
            return _line(who, "<", self._subject.short(who, data, when))
        return _line(who, "<", projected(data, fields))


def projected(data: bytes, fields: str) -> str:
    """Of a message the fields that are named, in that order, `-` for one that is not there."""
    has: dict[str, str] = {}
    for field in piped(data).split("|"):
        tag, _, value = field.partition("=")
        has.setdefault(tag, value)
    tags = [field.partition("=")[0] for field in fields.split("|")]
    return "|".join(f"{tag}={has.get(tag, '-')}" for tag in tags)


def _line(who: str, verb: str, argument: str) -> str:
    return " ".join(part for part in (who, verb, argument) if part)
