"""The venue file: TOML text to one frozen Config, or a ConfigError that names file, line and key.

What lives here: the types every other module reads its settings from, and `load`. Nothing here
opens a socket, makes a directory or starts anything. What only the whole can show (references,
duplicates, exposure) is checked in `config_check`; finding a key in the text, and putting a Config
into words, is `config_text`.

How it works: each type states in its annotations what the file may say, so that the check and the
sentence about it ("must be ..., was ...") cannot drift apart. `load` reads table by table, key by
key, then asks for violations of the whole. Nothing is guessed and nothing is repaired.

Indexes in keys count from 0: `sessions[2].role` is the role of the third [[sessions]].
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypeVar, get_args

import msgspec
from msgspec import Meta

from gateway.config_check import violations
from gateway.config_text import KeyPath, key_lines, key_text, line_of, shown
from gateway.decimals import parse_price

PHASES = (
    *("CLOSED", "PRE_OPEN", "OPENING_CALL", "CONTINUOUS", "VOLATILITY_AUCTION"),
    *("SCHEDULED_AUCTION", "CLOSING_CALL", "POST_TRADE", "HALT_OPEN", "HALT_FROZEN"),
)
TICK_TABLES = tuple(f"rts11-{band}" for band in range(1, 7))


def _one_of(*allowed: str) -> Meta:
    pattern = "|".join(re.escape(value) for value in allowed)
    return Meta(pattern=rf"^(?:{pattern})\Z", description="one of " + ", ".join(allowed))


def _text(pattern: str, allowed: str) -> Meta:
    return Meta(pattern=rf"^(?:{pattern})\Z", description=allowed)


# What the file may say. The description completes the sentence "must be ...".
_Flag = Annotated[bool, Meta(description="true or false")]
_Name = Annotated[str, _text(r"[^\x00-\x1f\x7f]{1,200}", "text in quotes, 1 to 200 characters")]
_Id = Annotated[str, _text(r"[A-Za-z0-9_.-]{1,32}", "1 to 32 of A-Z a-z 0-9 _ . - in quotes")]
_MemberId = Annotated[str, _text(r"[A-Za-z0-9_-]{1,16}", "1 to 16 of A-Z a-z 0-9 _ - in quotes")]
_Host = Annotated[str, _text(r"[!-~]{1,255}", "a host name or address in quotes")]
_Port = Annotated[int, Meta(ge=0, le=65535, description="0 (any free port) to 65535")]
_Sync = Annotated[
    str,
    _text("group|none|interval:[1-9][0-9]{0,3}", "group, none or interval:MS with MS 1 to 9999"),
]
_BeginString = Annotated[str, _one_of("FIX.4.2", "FIX.4.4", "FIXT.1.1")]
_Role = Annotated[str, _one_of("order-entry", "drop-copy", "market-data", "operator")]
_CancelOnDisconnect = Annotated[str, _one_of("none", "day", "all")]
_Reset = Annotated[str, _one_of("never", "daily", "on_logon")]
_Time = Annotated[
    str,
    _text("([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]", 'a time of day in quotes, "HH:MM:SS"'),
]
_Phase = Annotated[str, _one_of(*PHASES)]
_Seconds = Annotated[int, Meta(ge=0, le=3600, description="0 to 3600 seconds")]
_Mic = Annotated[str, _text("[A-Z0-9]{4}", 'a market code (MIC) in quotes, like "XSTO"')]
_MarketOrders = Annotated[str, _one_of("best_level", "sweep")]
_OffTick = Annotated[str, _one_of("reject", "round")]
_Anonymity = Annotated[str, _one_of("index", "large", "other")]
_Symbol = Annotated[
    str,
    _text(
        r"[A-Za-z0-9]([A-Za-z0-9 ._/&-]{0,30}[A-Za-z0-9])?",
        "1 to 32 of A-Z a-z 0-9 . _ / & - in quotes, inner blanks allowed",
    ),
]
_Isin = Annotated[
    str, _text("[A-Z]{2}[A-Z0-9]{9}[0-9]", "two letters, nine letters or digits, one digit")
]
_Currency = Annotated[str, _text("[A-Z]{3}", 'three capital letters in quotes, like "SEK"')]
_SecurityType = Annotated[str, _text("[A-Z0-9]{1,12}", 'a SecurityType(167) code, like "CS"')]
_TickTable = Annotated[str, _one_of(*TICK_TABLES)]
_Lot = Annotated[int, Meta(ge=1, le=999_999_999, description="1 to 999999999 shares")]
_PriceText = Annotated[
    str,
    _text(
        r"(?=[0-9.]*[1-9])[0-9]{1,9}(\.[0-9]{1,4})?",
        'a price above 0 in quotes with at most 4 decimals, like "0.01"',
    ),
]
_PhaseList = Annotated[
    list[dict[str, object]],
    Meta(min_length=1, description='a list of one or more { at = "HH:MM:SS", phase = "..." }'),
]

# Keys whose form in the file is not the form in the struct: decimal text, nested tables.
_IN_FILE: Mapping[str, object] = {
    "tick_size": _PriceText,
    "reference_price": _PriceText,
    "phases": _PhaseList,
}


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


class VenueConfig(msgspec.Struct, frozen=True, kw_only=True):
    """[venue]: who the venue is, and where it keeps its log."""

    comp_id: _Id  # what clients put in TargetCompID(56)
    timezone: _Name = "Europe/Stockholm"
    data_dir: _Name = "var"


class FixConfig(msgspec.Struct, frozen=True, kw_only=True):
    """[fix]: where the venue listens, and whether it admits an unlisted SenderCompID(49)."""

    host: _Host = "127.0.0.1"
    port: _Port = 9880
    accept_unknown: _Flag = False


class LogConfig(msgspec.Struct, frozen=True, kw_only=True):
    """[log]: when a command counts as durable: "group", "interval:MS" or "none"."""

    sync: _Sync = "group"


class MemberConfig(msgspec.Struct, frozen=True, kw_only=True):
    """[[members]]: a firm. Its id is the code in the trade history."""

    id: _MemberId
    name: _Name


class SessionConfig(msgspec.Struct, frozen=True, kw_only=True):
    """[[sessions]]: a FIX session; comp_id is what the client puts in SenderCompID(49).

    begin_string None: any version. password_scrypt None: no password is asked for.
    """

    comp_id: _Id
    member: _MemberId
    begin_string: _BeginString | None = None
    role: _Role = "order-entry"
    cancel_on_disconnect: _CancelOnDisconnect = "day"
    reset: _Reset = "never"
    password_scrypt: _Name | None = None


class PhaseChange(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a schedule: the phase begins at `at` local time, 0 to random_seconds later."""

    at: _Time
    phase: _Phase
    random_seconds: _Seconds = 0


class ScheduleConfig(msgspec.Struct, frozen=True, kw_only=True):
    """[[schedules]]: the trading day. calendar None: every day is a trading day.

    The last phase of a day lasts until the first change of the next.
    """

    id: _Id
    calendar: _Mic | None = None
    phases: tuple[PhaseChange, ...]


class SegmentConfig(msgspec.Struct, frozen=True, kw_only=True):
    """[[segments]]: instruments that share a schedule and market rules."""

    id: _Id
    name: _Name
    schedule: _Id
    internal_priority: _Flag = True
    internal_priority_in_calls: _Flag = True
    market_orders: _MarketOrders = "best_level"
    off_tick: _OffTick = "reject"
    anonymity: _Anonymity = "other"


class InstrumentConfig(msgspec.Struct, frozen=True, kw_only=True):
    """[[instruments]]: one order book.

    Exactly one of tick_table and tick_size is set. tick_size and reference_price are integers of
    10^-4 of the currency; a reference price off tick is allowed.
    """

    symbol: _Symbol
    isin: _Isin | None = None
    segment: _Id
    currency: _Currency = "SEK"
    security_type: _SecurityType = "CS"
    tick_table: _TickTable | None = None
    tick_size: int | None = None
    lot: _Lot = 1
    reference_price: int | None = None


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """The whole venue file. `load` is the only maker whose result holds no violation."""

    venue: VenueConfig
    fix: FixConfig = FixConfig()
    log: LogConfig = LogConfig()
    members: tuple[MemberConfig, ...] = ()
    sessions: tuple[SessionConfig, ...] = ()
    schedules: tuple[ScheduleConfig, ...] = ()
    segments: tuple[SegmentConfig, ...] = ()
    instruments: tuple[InstrumentConfig, ...] = ()


def load(path: Path) -> Config:
    """Read the venue file at `path`; ConfigError when anything in it is not allowed."""
    text = _read(path)
    source = _Source(str(path), {})
    document = _parse(source, text)
    source = _Source(source.file, key_lines(text))
    config = _config(source, document)
    for place, message in violations(config):
        raise source.error(place, message)
    return config


def demo() -> Config:
    """The venue that `serve` runs without --config; its file is part of the package."""
    with as_file(files("fix_specs") / "venue" / "demo.toml") as path:
        return load(path)


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
        in_file = _IN_FILE.get(field.name, field.type)
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
        # A password's hash is a secret even when it is in the wrong place.
        was = "a secret" if path[-1] == "password_scrypt" else shown(value)
        raise source.error(path, f"must be {_allowed(in_file)}, was {was}") from None
    if in_file is _PriceText:
        return parse_price(str(value))
    if isinstance(value, list):
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
    "log": LogConfig,
}
_ARRAYS: Mapping[str, type[msgspec.Struct]] = {
    "members": MemberConfig,
    "sessions": SessionConfig,
    "schedules": ScheduleConfig,
    "segments": SegmentConfig,
    "instruments": InstrumentConfig,
}
