"""What the venue file may say: one frozen struct for each table, and the form of every key.

Each type states in its annotation what the file may say, with the words that complete the sentence
"must be ...", so that the check and the error about it cannot drift apart. What must not be here:
reading files (`config`), and what only several keys together can show (`config_check`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

PHASES = (
    *("CLOSED", "PRE_OPEN", "OPENING_CALL", "CONTINUOUS", "SCHEDULED_AUCTION", "CLOSING_CALL"),
    "POST_TRADE",
)
"""Phases of a schedule. Halts and volatility auctions come about in the market."""
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
_PortOrOff = Annotated[
    int, Meta(ge=-1, le=65535, description="0 (any free port) to 65535, or -1 (off)")
]
_Sync = Annotated[
    str,
    _text("group|none|interval:[1-9][0-9]{0,3}", "group, none or interval:MS with MS 1 to 9999"),
]
_BeginString = Annotated[str, _one_of("FIX.4.2", "FIX.4.4", "FIXT.1.1")]
_Role = Annotated[str, _one_of("order-entry", "drop-copy", "market-data", "operator")]
_CancelOnDisconnect = Annotated[str, _one_of("none", "day", "all")]
_Reset = Annotated[str, _one_of("never", "daily", "weekly", "on_logon")]
_Time = Annotated[
    str,
    _text("([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]", 'a time of day in quotes, "HH:MM:SS"'),
]
_WeekTime = Annotated[
    str,
    _text(
        r"((Mon|Tue|Wed|Thu|Fri|Sat|Sun) )?([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]",
        'a time of day in quotes, "HH:MM:SS", or of the week, "Sun HH:MM:SS"',
    ),
]
_Duplicate = Annotated[str, _one_of("refuse", "replace")]
_Minimum = Annotated[str, _one_of("1.2", "1.3")]
_Digits = Annotated[int, Meta(ge=0, le=9, multiple_of=3, description="0, 3, 6 or 9")]
_Rate = Annotated[int, Meta(ge=0, le=1_000_000, description="0 (no limit) to 1000000")]
_Bytes = Annotated[int, Meta(ge=4096, le=1_000_000, description="4096 to 1000000 bytes")]
_Timeout = Annotated[int, Meta(ge=1, le=3600, description="1 to 3600 seconds")]
_Sources = Annotated[
    list[Annotated[str, _text("[0-9A-Fa-f:./]{1,50}", "an address or network in quotes")]],
    Meta(max_length=100, description='a list of addresses or networks, like ["10.0.0.0/8"]'),
]
_Phase = Annotated[str, _one_of(*PHASES)]
_Seconds = Annotated[int, Meta(ge=0, le=3600, description="0 to 3600 seconds")]
_Mic = Annotated[str, _text("[A-Z0-9]{4}", 'a market code (MIC) in quotes, like "XSTO"')]
_MarketOrders = Annotated[str, _one_of("best_level", "sweep")]
_OffTick = Annotated[str, _one_of("reject", "round")]
_OffLot = Annotated[str, _one_of("reject", "round")]
_PostOnly = Annotated[str, _one_of("narrow", "join")]
_Collar = Annotated[int, Meta(ge=0, le=1000, description="0 (off) to 1000 percent, whole")]
_Percent = Annotated[int, Meta(ge=0, le=100, description="0 (off) to 100 percent, whole")]
_Multiplier = Annotated[int, Meta(ge=1, le=2, description="1 or 2")]
_GtcDays = Annotated[int, Meta(ge=0, le=3650, description="0 (for ever) to 3650 days")]
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
PriceText = Annotated[
    str,
    _text(
        r"(?=[0-9.]*[1-9])[0-9]{1,9}(\.[0-9]{1,4})?",
        'a price above 0 in quotes with at most 4 decimals, like "0.01"',
    ),
]
PhaseList = Annotated[
    list[dict[str, object]],
    Meta(min_length=1, description='a list of one or more { at = "HH:MM:SS", phase = "..." }'),
]

# Keys whose form in the file is not the form in the struct: decimal text, nested tables.
IN_FILE: Mapping[str, object] = {
    "allow_from": _Sources,
    "tick_size": PriceText,
    "reference_price": PriceText,
    "phases": PhaseList,
    "half_day_phases": PhaseList,
}


class VenueConfig(msgspec.Struct, frozen=True, kw_only=True):
    """[venue]: who the venue is, and where it keeps its log."""

    comp_id: _Id  # what clients put in TargetCompID(56)
    timezone: _Name = "Europe/Stockholm"
    data_dir: _Name = "var"


class FixConfig(msgspec.Struct, frozen=True, kw_only=True):
    """[fix]: where the venue listens without TLS, whom it admits, and limits for all sessions.

    port -1: not at all. accept_unknown admits an unlisted SenderCompID(49). duplicate_logon says
    which connection goes when a connected session logs on again. allow_from empty: any address.
    """

    host: _Host = "127.0.0.1"
    port: _PortOrOff = 9880
    allow_plaintext: _Flag = False
    accept_unknown: _Flag = False
    duplicate_logon: _Duplicate = "refuse"
    allow_from: tuple[str, ...] = ()
    message_bytes_max: _Bytes = 65_536
    logon_timeout_seconds: _Timeout = 10
    logout_timeout_seconds: _Timeout = 2
    latency_seconds_max: _Timeout = 120


class TlsConfig(msgspec.Struct, frozen=True, kw_only=True):
    """[tls]: where the venue listens with TLS. Paths are relative to the venue file's folder.

    client_ca None: no client certificate is asked for.
    """

    certificate: _Name
    key: _Name
    client_ca: _Name | None = None
    host: _Host = "127.0.0.1"
    port: _Port = 9881
    minimum: _Minimum = "1.2"


class LogConfig(msgspec.Struct, frozen=True, kw_only=True):
    """[log]: when a command counts as durable: "group", "interval:MS" or "none"."""

    sync: _Sync = "group"


class MemberConfig(msgspec.Struct, frozen=True, kw_only=True):
    """[[members]]: a firm. Its id is the code in the trade history.

    anonymous: it is not shown there, in segments that leave it the choice.
    """

    id: _MemberId
    name: _Name
    anonymous: _Flag = False


class SessionConfig(msgspec.Struct, frozen=True, kw_only=True):
    """[[sessions]]: a FIX session; comp_id is what the client puts in SenderCompID(49).

    begin_string None: any version. No password_scrypt and no password_argon2: no password is asked
    for. username None: the comp id. certificate: name or SHA-256 fingerprint of the TLS client
    certificate that must be shown. open and close bound when the session may be up, reset_time is
    when a daily or weekly reset is due, all in timezone (None: the venue's). throttle is in
    messages a second, 0 for no limit; throttle_burst 0: twice that.
    """

    comp_id: _Id
    member: _MemberId
    begin_string: _BeginString | None = None
    role: _Role = "order-entry"
    cancel_on_disconnect: _CancelOnDisconnect = "day"
    reset: _Reset = "never"
    reset_time: _WeekTime | None = None
    open: _WeekTime | None = None
    close: _WeekTime | None = None
    timezone: _Name | None = None
    username: _Name | None = None
    password_scrypt: _Name | None = None
    password_argon2: _Name | None = None
    certificate: _Name | None = None
    allow_from: tuple[str, ...] = ()
    may_reset: _Flag = True
    resend_messages_max: _Rate = 0
    throttle: _Rate = 0
    throttle_burst: _Rate = 0
    time_digits: _Digits = 3

    def __repr__(self) -> str:
        """Without the hashes: records of the log hold it, and errors quote records."""
        shown = {name: getattr(self, name) for name in self.__struct_fields__}
        hidden = {name: "***" for name in shown if name.startswith("password_") and shown[name]}
        return f"SessionConfig({', '.join(f'{k}={v!r}' for k, v in (shown | hidden).items())})"


class PhaseChange(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a schedule: the phase begins at `at` local time, 0 to random_seconds later."""

    at: _Time
    phase: _Phase
    random_seconds: _Seconds = 0


class ScheduleConfig(msgspec.Struct, frozen=True, kw_only=True):
    """[[schedules]]: the trading day. calendar None: every day is a trading day.

    The last phase of a day lasts until the first change of the next. half_day_phases are the day's
    on which the calendar closes early; none: see `timetables.half_day`.
    """

    id: _Id
    calendar: _Mic | None = None
    phases: tuple[PhaseChange, ...]
    half_day_phases: tuple[PhaseChange, ...] = ()


class SegmentConfig(msgspec.Struct, frozen=True, kw_only=True):
    """[[segments]]: instruments that share a schedule and market rules.

    Percentages left out are those of `segment_rules`; guard_multiplier is for both guards.
    gtc_days: how long a good till canceled order lives. done_for_day: the end of the day is
    reported as such, also to orders that go on.
    """

    id: _Id
    name: _Name
    schedule: _Id
    internal_priority: _Flag = True
    internal_priority_in_calls: _Flag = True
    market_orders: _MarketOrders = "best_level"
    off_tick: _OffTick = "reject"
    anonymity: _Anonymity = "other"
    off_lot: _OffLot = "reject"
    post_only: _PostOnly = "narrow"
    collar_aggressive_percent: _Collar | None = None
    collar_passive_percent: _Collar | None = None
    guard_dynamic_percent: _Percent | None = None
    guard_static_percent: _Percent | None = None
    guard_multiplier: _Multiplier = 1
    extension_percent: _Percent | None = None
    gtc_days: _GtcDays = 90
    done_for_day: _Flag = False


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
    tls: TlsConfig | None = None
    log: LogConfig = LogConfig()
    members: tuple[MemberConfig, ...] = ()
    sessions: tuple[SessionConfig, ...] = ()
    schedules: tuple[ScheduleConfig, ...] = ()
    segments: tuple[SegmentConfig, ...] = ()
    instruments: tuple[InstrumentConfig, ...] = ()
