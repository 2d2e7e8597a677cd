"""The venue file as text and the venue in words: what people read about a Config.

What lives here: finding the line of a key in TOML source (tomllib tells none), how a key and a
value are written in an error, `describe` for `fixpit check-config`, and `not_yet_served`. What
must not: reading files and deciding what is allowed, which is `config`.

The scanner walks text that tomllib has already accepted, so it only has to know where strings,
comments and brackets end. It notes a line for every path: ("sessions", 2, "role") for a key of the
third [[sessions]], ("schedules", 0, "phases", 4) for an element of an inline list. A path it
has no line for takes the line of the table it belongs to.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from gateway.decimals import format_price

if TYPE_CHECKING:
    from gateway.config import (
        Config,
        InstrumentConfig,
        ScheduleConfig,
        SegmentConfig,
        SessionConfig,
    )

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


# -- The venue in words -----------------------------------------------------------------------

_SYNC = {
    "group": "what was acknowledged is on disk (sync = group)",
    "none": "the operating system writes it when it likes, a power cut loses the end (sync = none)",
}
_ON_DISCONNECT = {
    "none": "orders stay when it disconnects",
    "day": "its day orders are canceled when it disconnects",
    "all": "all its orders are canceled when it disconnects",
}
_RESET = {
    "never": "sequence numbers never reset",
    "daily": "sequence numbers reset daily",
    "on_logon": "sequence numbers reset at every Logon",
}
_MARKET_ORDERS = {
    "best_level": "market orders take the best price level and no more",
    "sweep": "market orders take as many price levels as they need",
}
_OFF_TICK = {
    "reject": "a price off tick is rejected",
    "round": "a price off tick is rounded to the less aggressive tick",
}
_ANONYMITY = {
    "index": "the trade history hides both members",
    "large": "the trade history hides members that asked for it",
    "other": "the trade history shows both members",
}


def describe(config: Config) -> str:
    """The venue in words, for people who check a file: who may log on, what trades, when, how."""
    blocks = (
        _venue_words(config),
        _listed("member", [f"{m.id} {m.name}" for m in config.members]),
        _listed("session", [_session_words(s) for s in config.sessions]),
        _listed("schedule", [_schedule_words(s) for s in config.schedules]),
        _listed("segment", [_segment_words(s, config.instruments) for s in config.segments]),
        _listed("instrument", [_instrument_words(i) for i in config.instruments]),
    )
    return "\n\n".join(blocks) + "\n"


def _venue_words(config: Config) -> str:
    venue, fix = config.venue, config.fix
    unknown = (
        "an unlisted SenderCompID(49) is accepted as a member of that name"
        if fix.accept_unknown
        else "only listed sessions may log on"
    )
    sync = config.log.sync
    interval = f"up to {sync.removeprefix('interval:')} ms of it can be lost (sync = {sync})"
    return "\n".join(
        (
            f"Venue {venue.comp_id}, local time {venue.timezone}.",
            f"FIX on {fix.host} port {fix.port or 'chosen at start'}: {unknown}.",
            f"Log in {venue.data_dir}: {_SYNC.get(sync, interval)}.",
        )
    )


def _listed(noun: str, rows: Sequence[str]) -> str:
    """A count, then one line for each."""
    if not rows:
        return f"No {noun}s."
    plural = "" if len(rows) == 1 else "s"
    return "\n".join([f"{len(rows)} {noun}{plural}:", *(f"  {row}" for row in rows)])


def _session_words(session: SessionConfig) -> str:
    words = (
        f"{session.comp_id} of {session.member}: {session.role}",
        session.begin_string or "any FIX version",
        "no password" if session.password_scrypt is None else "password",
        _ON_DISCONNECT[session.cancel_on_disconnect],
        _RESET[session.reset],
    )
    return ", ".join(words)


def _schedule_words(schedule: ScheduleConfig) -> str:
    days = f"trading days of {schedule.calendar}" if schedule.calendar else "every day"
    if len(schedule.phases) == 1:
        return f"{schedule.id}: {days}, {schedule.phases[0].phase} around the clock"
    steps = (
        f"{change.at} {change.phase}"
        + (f" (0 to {change.random_seconds} s later)" if change.random_seconds else "")
        for change in schedule.phases
    )
    return f"{schedule.id}: {days}, " + ", ".join(steps)


def _segment_words(segment: SegmentConfig, instruments: Sequence[InstrumentConfig]) -> str:
    count = sum(i.segment == segment.id for i in instruments)
    continuous = "price-internal-time" if segment.internal_priority else "price-time"
    in_calls = "price-internal-time" if segment.internal_priority_in_calls else "price-time"
    words = (
        f"{segment.id} {segment.name}, schedule {segment.schedule}, instruments {count}:",
        f"{continuous} priority, in calls {in_calls}",
        _MARKET_ORDERS[segment.market_orders],
        _OFF_TICK[segment.off_tick],
        _ANONYMITY[segment.anonymity],
    )
    return "\n    ".join(words)


def _instrument_words(instrument: InstrumentConfig) -> str:
    tick = (
        f"tick table {instrument.tick_table}"
        if instrument.tick_size is None
        else f"tick {format_price(instrument.tick_size)}"
    )
    reference = (
        "no reference price"
        if instrument.reference_price is None
        else f"reference {format_price(instrument.reference_price)}"
    )
    name = f"{instrument.symbol} {instrument.isin}" if instrument.isin else instrument.symbol
    kind = f"{instrument.security_type} in {instrument.currency}"
    return (
        f"{name}: {kind}, segment {instrument.segment}, {tick}, lot {instrument.lot}, {reference}"
    )


# -- What this version parses and does not serve ----------------------------------------------


def not_yet_served(config: Config) -> list[str]:
    """Sentences on what the file may say but this version cannot do yet; empty: serve it."""
    sentences: list[str] = []
    for index, session in enumerate(config.sessions):
        sentences += _session_not_served(("sessions", index), session)
    kept_by_segments = {segment.schedule for segment in config.segments}
    for index, schedule in enumerate(config.schedules):
        if schedule.id in kept_by_segments:
            sentences += _schedule_not_served(("schedules", index), schedule)
    for index, segment in enumerate(config.segments):
        sentences += _segment_not_served(("segments", index), segment)
    return sentences


def _session_not_served(path: KeyPath, session: SessionConfig) -> Iterator[str]:
    if session.begin_string not in (None, "FIX.4.4"):
        yield _not_served((*path, "begin_string"), shown(session.begin_string), 'only "FIX.4.4"')
    if session.role != "order-entry":
        yield _not_served((*path, "role"), shown(session.role), 'only "order-entry"')
    if session.reset == "daily":
        yield _not_served((*path, "reset"), '"daily"', 'only "never" and "on_logon"')


def _schedule_not_served(path: KeyPath, schedule: ScheduleConfig) -> Iterator[str]:
    allowed = "only one phase, CONTINUOUS or CLOSED"
    if schedule.calendar is not None:
        yield _not_served((*path, "calendar"), shown(schedule.calendar), "only every day (no key)")
    if len(schedule.phases) > 1:
        yield _not_served((*path, "phases"), f"a day of {len(schedule.phases)} phases", allowed)
    elif schedule.phases[0].phase not in ("CONTINUOUS", "CLOSED"):
        place = (*path, "phases", 0, "phase")
        yield _not_served(place, shown(schedule.phases[0].phase), allowed)


def _segment_not_served(path: KeyPath, segment: SegmentConfig) -> Iterator[str]:
    if segment.off_tick != "reject":
        yield _not_served((*path, "off_tick"), shown(segment.off_tick), 'only "reject"')
    if segment.anonymity != "other":
        yield _not_served((*path, "anonymity"), shown(segment.anonymity), 'only "other"')


def _not_served(path: KeyPath, what: str, instead: str) -> str:
    return f"{key_text(path)}: {what} is not served by this version, {instead}"
