"""The venue file: TOML text to one frozen Config, or a ConfigError that names file, line and key.

What lives here: `load`, from the file's text to the types of `config_types`. Nothing here opens a
socket, makes a directory or starts anything. What only the whole can show (references, duplicates,
exposure) is checked in `config_check`; finding a key in the text, and putting a Config into words,
is `config_text`.

`load` reads table by table, key by key, then asks for violations of the whole. Nothing is guessed
and nothing is repaired.

Indexes in keys count from 0: `sessions[2].role` is the role of the third [[sessions]].
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, get_args

import msgspec

from gateway.config_check import violations
from gateway.config_text import KeyPath, key_lines, key_text, line_of, shown
from gateway.config_types import (
    IN_FILE,
    Config,
    FixConfig,
    InstrumentConfig,
    LogConfig,
    MemberConfig,
    PhaseChange,
    PhaseList,
    PriceText,
    ScheduleConfig,
    SegmentConfig,
    SessionConfig,
    TlsConfig,
    VenueConfig,
)
from gateway.decimals import parse_price

__all__ = [
    "Config",
    "ConfigError",
    "FixConfig",
    "InstrumentConfig",
    "LogConfig",
    "MemberConfig",
    "PhaseChange",
    "ScheduleConfig",
    "SegmentConfig",
    "SessionConfig",
    "TlsConfig",
    "VenueConfig",
    "demo",
    "load",
    "session",
]

SECRETS = frozenset({"password_scrypt", "password_argon2"})
"""A password's hash is not repeated in an error, even when it is in the wrong place."""


class ConfigError(Exception):
    """What is wrong with the venue file, as `FILE:LINE: KEY: what is allowed, was VALUE`.

    Key "" stands for the file as a whole (it cannot be read, it is not TOML), line 0 for a line
    that nobody knows; the text leaves them out.
    """

    def __init__(self, file: str, line: int, key: str, message: str) -> None:
        place = f"{file}:{line}" if line else file
        super().__init__(": ".join(part for part in (place, key, message) if part))
        self.file = file
        self.line = line
        self.key = key
        self.message = message


def load(path: Path) -> Config:
    """Read the venue file at `path`; ConfigError when anything in it is not allowed."""
    text = _read(path)
    source = _Source(str(path), {})
    document = _parse(source, text)
    source = _Source(source.file, key_lines(text))
    config = _beside(path, _config(source, document))
    for place, message in violations(config):
        raise source.error(place, message)
    return config


def _beside(path: Path, config: Config) -> Config:
    """Paths of certificates are meant from the folder of the venue file."""
    if config.tls is None:
        return config
    keys = ("certificate", "key", "client_ca")
    paths = {key: getattr(config.tls, key) for key in keys}
    there = {key: str(path.parent / value) for key, value in paths.items() if value is not None}
    return msgspec.structs.replace(config, tls=msgspec.structs.replace(config.tls, **there))


def demo() -> Config:
    """The venue that `serve` runs without --config; its file is part of the package."""
    with as_file(files("fix_specs") / "venue" / "demo.toml") as path:
        return load(path)


def session(table: object, config: Config) -> SessionConfig:
    """One more session for the venue of `config`, from a table with the keys of [[sessions]].

    It is held to what the venue file is; the key in a ConfigError is that of the table.
    """
    source = _Source("", {(): 0})
    one = _struct(source, SessionConfig, (), table)
    for place, message in violations(msgspec.structs.replace(config, sessions=(one,))):
        if place[0] == "sessions":
            raise source.error(place[2:], message)
    return one


# -- Reading: from text to tables, from a table to its struct ---------------------------------

_T = TypeVar("_T", bound=msgspec.Struct)


class _Source(NamedTuple):
    """The file a value came from, and the line of each of its keys."""

    file: str
    lines: Mapping[KeyPath, int]

    def error(self, path: KeyPath, message: str) -> ConfigError:
        return ConfigError(self.file, line_of(self.lines, path), key_text(path), message)


def _read(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as e:
        raise ConfigError(str(path), 0, "", f"cannot be read: {e.strerror}") from e
    try:
        return data.decode()
    except UnicodeDecodeError as e:
        line = data.count(b"\n", 0, e.start) + 1
        raise ConfigError(str(path), line, "", f"must be UTF-8, was {data[e.start]:#x}") from e


def _parse(source: _Source, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as e:  # TOMLDecodeError, and an integer out of bounds
        found = re.search(r"\(at line (\d+)", str(e))
        at_end = "at end of document" in str(e)
        line = int(found[1]) if found else at_end * (text.rstrip().count("\n") + 1)
        raise ConfigError(source.file, line, "", f"must be TOML: {e}") from e


def _config(source: _Source, document: Mapping[str, object]) -> Config:
    _known_keys(source, Config, (), document)
    tables: dict[str, object] = {}
    for name, kind in _SINGLE.items():
        if name in document or name == "venue":
            tables[name] = _struct(source, kind, (name,), document.get(name))
    for name, kind in _ARRAYS.items():
        rows = document.get(name, [])
        if not isinstance(rows, list):
            raise source.error((name,), f"must be tables headed [[{name}]], was {shown(rows)}")
        tables[name] = [_struct(source, kind, (name, i), row) for i, row in enumerate(rows)]
    return msgspec.convert(tables, Config)


def _struct(source: _Source, kind: type[_T], path: KeyPath, table: object) -> _T:
    """One table as its struct: every key known, of its type, within what it may be."""
    if not isinstance(table, dict):
        was = "left out" if table is None else shown(table)
        raise source.error(path, f"must be a table of settings, was {was}")
    _known_keys(source, kind, path, table)
    values = dict(table)
    for field in _fields(kind):
        in_file = IN_FILE.get(field.name, field.type)
        if field.name in table:
            values[field.name] = _value(source, in_file, (*path, field.name), table[field.name])
        elif field.required:
            place = (*path, field.name)
            raise source.error(place, f"must be {_allowed(in_file)}, was left out")
    return msgspec.convert(values, kind)


@cache
def _fields(kind: type[msgspec.Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    """msgspec evaluates the annotations at every call: costly when there are 5,000 instruments."""
    return msgspec.structs.fields(kind)


def _known_keys(
    source: _Source, kind: type[msgspec.Struct], path: KeyPath, table: Mapping[str, object]
) -> None:
    known = [f.name for f in _fields(kind)]
    for name in table:
        if name not in known:
            message = f"must be one of the keys {', '.join(known)}, was {shown(name)}"
            raise source.error((*path, name), message)


def _value(source: _Source, in_file: object, path: KeyPath, value: object) -> object:
    try:
        msgspec.convert(value, in_file)
    except msgspec.ValidationError:
        was = "a secret" if path[-1] in SECRETS else shown(value)
        raise source.error(path, f"must be {_allowed(in_file)}, was {was}") from None
    if in_file is PriceText:
        return parse_price(str(value))
    if in_file is PhaseList and isinstance(value, list):
        return [_struct(source, PhaseChange, (*path, i), row) for i, row in enumerate(value)]
    return value


def _allowed(in_file: object) -> str:
    """The words that belong to a type: the description of its Meta, or of its part's."""
    for part in (in_file, *get_args(in_file)):
        for meta in getattr(part, "__metadata__", ()):
            return str(meta.description)
    raise AssertionError(f"{in_file} must carry a description")


_SINGLE: Mapping[str, type[msgspec.Struct]] = {
    "venue": VenueConfig,
    "fix": FixConfig,
    "tls": TlsConfig,
    "log": LogConfig,
}
_ARRAYS: Mapping[str, type[msgspec.Struct]] = {
    "members": MemberConfig,
    "sessions": SessionConfig,
    "schedules": ScheduleConfig,
    "segments": SegmentConfig,
    "instruments": InstrumentConfig,
}
