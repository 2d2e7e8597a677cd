"""The venue file as text: where each key stands, and how keys and values are written in an error.

What must not be here: reading files and deciding what is allowed, which is `config`, and the venue
in words, which is `config_words`.

The scanner walks text that tomllib has already accepted, so it only has to know where strings,
comments and brackets end. It notes a line for every path: ("sessions", 2, "role") for a key of the
third [[sessions]], ("schedules", 0, "phases", 4) for an element of an inline list. A path it
has no line for takes the line of the table it belongs to.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from typing import TypeAlias

KeyPath: TypeAlias = tuple[str | int, ...]

SHOWN_CHARACTERS_MAX = 60  # of a value in an error; the line is named, the rest is there
INTEGER_BITS_SHOWN_MAX = 128  # Python refuses to write out very long ones


def key_text(path: KeyPath) -> str:
    """A path as people write it: ("sessions", 2, "role") is `sessions[2].role`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += "." + (part if _BARE_KEY.fullmatch(part) else json.dumps(part))
    return text.removeprefix(".")


def shown(value: object) -> str:
    """A TOML value in an error: text in quotes, tables and lists by their kind."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and value.bit_length() > INTEGER_BITS_SHOWN_MAX:
        return "a larger integer"
    if not isinstance(value, str):
        return str(value)[:SHOWN_CHARACTERS_MAX]
    cut = value if len(value) <= SHOWN_CHARACTERS_MAX else value[:SHOWN_CHARACTERS_MAX] + "..."
    return json.dumps(cut, ensure_ascii=False)


# -- Where a key stands -----------------------------------------------------------------------


def key_lines(text: str) -> dict[KeyPath, int]:
    """The line (from 1) of every table, key and list element in TOML that tomllib accepts."""
    return _Scanner(text).scan()


def line_of(lines: Mapping[KeyPath, int], path: KeyPath) -> int:
    """The line of `path`, else of the nearest table around it, else 1."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY_PART = re.compile(r"""[A-Za-z0-9_-]+|"(?:\\.|[^"\\\n])*"|'[^'\n]*'""")
_DOT = re.compile(r"[ \t]*\.[ \t]*")
_STRING = re.compile(
    r'''"""(?:\\.|[^\\])*?"""(?:"{0,2})'''
    r"""|'{3}.*?'{3}(?:'{0,2})"""
    r'''|"(?:\\.|[^"\\\n])*"'''
    r"""|'[^'\n]*'""",
    re.DOTALL,
)
_BARE = re.compile(r"[^,\]}#\n]*")


class _Scanner:
    """One walk over the text. Every step moves forward, so it ends on any input."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._counted = 0  # newlines before _counted_to, so that counting stays linear
        self._counted_to = 0
        self._lines: dict[KeyPath, int] = {}
        self._array_length: dict[KeyPath, int] = {}

    def scan(self) -> dict[KeyPath, int]:
        table: KeyPath = ()
        while self._skip(_BLANK) and self._at < len(self._text):
            before = self._at
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._key_and_value(table)
            if self._at == before:  # not TOML after all: keep what was found
                break
        return self._lines

    def _skip(self, pattern: re.Pattern[str]) -> bool:
        match = pattern.match(self._text, self._at)
        if match is None:
            return False
        self._at = match.end()
        return True

    def _next_is(self, token: str) -> bool:
        """Step over `token` when it stands here, blanks and comments before it aside."""
        self._skip(_BLANK)
        here = self._text.startswith(token, self._at)
        self._at += len(token) if here else 0
        return here

    def _note(self, path: KeyPath, at: int) -> None:
        self._counted += self._text.count("\n", self._counted_to, at)
        self._counted_to = at
        self._lines.setdefault(path, self._counted + 1)

    def _header(self) -> KeyPath:
        """[table] or [[array of tables]]: the path that the keys below it belong to."""
        start = self._at
        is_array = self._next_is("[[")
        if not is_array:
            self._next_is("[")
        self._skip(_BLANK)
        path: KeyPath = ()
        for part in self._key():
            # Within an array of tables, a name means its latest element.
            length = self._array_length.get(path)
            path = (*path, part) if length is None else (*path, length - 1, part)
        if is_array:
            index = self._array_length.get(path, 0)
            self._array_length[path] = index + 1
            self._note(path, start)
            path = (*path, index)
        self._note(path, start)
        self._next_is("]]" if is_array else "]")
        return path

    def _key(self) -> list[str]:
        parts = []
        while match := _KEY_PART.match(self._text, self._at):
            self._at = match.end()
            part = match[0]
            parts.append(next(iter(tomllib.loads(f"{part}=0"))) if part[0] in "\"'" else part)
            if not self._skip(_DOT):
                break
        return parts

    def _key_and_value(self, table: KeyPath) -> None:
        start = self._at
        path = table
        for part in self._key():
            path = (*path, part)
            self._note(path, start)
        if self._next_is("="):
            self._value(path)

    def _value(self, path: KeyPath) -> None:
        self._skip(_BLANK)
        if self._next_is("["):
            index = 0
            while not self._next_is("]") and self._at < len(self._text):
                self._note((*path, index), self._at)
                self._value((*path, index))
                index += 1
                self._next_is(",")
        elif self._next_is("{"):
            while not self._next_is("}") and self._at < len(self._text):
                self._key_and_value(path)
                self._next_is(",")
        elif not self._skip(_STRING):
            self._skip(_BARE)
