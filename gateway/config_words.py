"""The venue in words: what `fixpit check-config` says of a Config, and what is not served yet.

What must not be here: reading files and deciding what is allowed, which is `config`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.config_text import KeyPath, key_text, shown
from gateway.config_types import (
    Config,
    InstrumentConfig,
    MemberConfig,
    PhaseChange,
    ScheduleConfig,
    SegmentConfig,
    SessionConfig,
)
from gateway.decimals import format_price
from gateway.segment_rules import SegmentRules, rules_of
from gateway.timetables import has_timetable

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
    "weekly": "sequence numbers reset weekly",
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
_OFF_LOT = {
    "reject": "a quantity off lot is rejected",
    "round": "a quantity off lot is rounded down to whole lots",
}
_POST_ONLY = {
    "narrow": "a top-of-book order must narrow the spread",
    "join": "a top-of-book order may join the best price",
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
        _listed("member", [_member_words(m) for m in config.members]),
        _listed("session", [_session_words(s) for s in config.sessions]),
        _listed("schedule", [_schedule_words(s) for s in config.schedules]),
        _listed("segment", [_segment_words(s, config) for s in config.segments]),
        _listed("instrument", [_instrument_words(i) for i in config.instruments]),
    )
    return "\n\n".join(blocks) + "\n"


def _venue_words(config: Config) -> str:
    venue = config.venue
    sync = config.log.sync
    interval = f"up to {sync.removeprefix('interval:')} ms of it can be lost (sync = {sync})"
    return "\n".join(
        (
            f"Venue {venue.comp_id}, local time {venue.timezone}.",
            *_door_words(config),
            f"Log in {venue.data_dir}: {_SYNC.get(sync, interval)}.",
        )
    )


def _door_words(config: Config) -> Iterator[str]:
    """Where the venue listens, and to whom."""
    fix, tls = config.fix, config.tls
    unknown = (
        "an unlisted SenderCompID(49) is accepted as a member of that name"
        if fix.accept_unknown
        else "only listed sessions may log on"
    )
    if fix.port >= 0:
        yield f"FIX on {fix.host} port {fix.port or 'chosen at start'}: {unknown}."
    if tls is not None:
        shows = "whoever shows a certificate" if tls.client_ca else "no certificate is asked for"
        port = tls.port or "chosen at start"
        yield f"FIX with TLS {tls.minimum} or later on {tls.host} port {port}: {shows}, {unknown}."
    if fix.allow_from:
        yield f"Only from {', '.join(fix.allow_from)}."


def _listed(noun: str, rows: Sequence[str]) -> str:
    """A count, then one line for each."""
    if not rows:
        return f"No {noun}s."
    plural = "" if len(rows) == 1 else "s"
    return "\n".join([f"{len(rows)} {noun}{plural}:", *(f"  {row}" for row in rows)])


def _session_words(session: SessionConfig) -> str:
    return ", ".join(
        (
            f"{session.comp_id} of {session.member}: {session.role}",
            session.begin_string or "any FIX version",
            *_proof_words(session),
            _ON_DISCONNECT[session.cancel_on_disconnect],
            _RESET[session.reset] + (f" at {session.reset_time}" if session.reset_time else ""),
            *_limit_words(session),
        )
    )


def _proof_words(session: SessionConfig) -> Iterator[str]:
    has_password = session.password_scrypt or session.password_argon2
    yield "password" if has_password else "no password"
    if session.certificate:
        yield f"certificate {session.certificate}"
    if session.allow_from:
        yield f"from {', '.join(session.allow_from)} only"


def _limit_words(session: SessionConfig) -> Iterator[str]:
    if session.open:
        yield f"up from {session.open} to {session.close}"
    if session.timezone:
        yield f"local time {session.timezone}"
    if session.throttle:
        yield f"at most {session.throttle} messages a second"
    if not session.may_reset:
        yield "may not ask for a reset"


def _schedule_words(schedule: ScheduleConfig) -> str:
    days = f"trading days of {schedule.calendar}" if schedule.calendar else "every day"
    if not has_timetable(schedule):
        return f"{schedule.id}: {days}, {schedule.phases[0].phase} around the clock"
    words = f"{schedule.id}: {days}, {_phase_words(schedule.phases)}"
    if schedule.half_day_phases:
        words += f"\n    half days: {_phase_words(schedule.half_day_phases)}"
    return words


def _phase_words(phases: Sequence[PhaseChange]) -> str:
    return ", ".join(
        f"{change.at} {change.phase}"
        + (f" (0 to {change.random_seconds} s later)" if change.random_seconds else "")
        for change in phases
    )


def _member_words(member: MemberConfig) -> str:
    return f"{member.id} {member.name}" + (", not shown where it may choose" * member.anonymous)


def _segment_words(segment: SegmentConfig, config: Config) -> str:
    schedule = next(one for one in config.schedules if one.id == segment.schedule)
    count = sum(i.segment == segment.id for i in config.instruments)
    continuous = "price-internal-time" if segment.internal_priority else "price-time"
    in_calls = "price-internal-time" if segment.internal_priority_in_calls else "price-time"
    words = (
        f"{segment.id} {segment.name}, schedule {segment.schedule}, instruments {count}:",
        f"{continuous} priority, in calls {in_calls}",
        _MARKET_ORDERS[segment.market_orders],
        f"{_OFF_TICK[segment.off_tick]}, {_OFF_LOT[segment.off_lot]}",
        *_limit_words_of(rules_of(segment, schedule)),
        _POST_ONLY[segment.post_only],
        "good till canceled orders live "
        + (f"{segment.gtc_days} days" if segment.gtc_days else "for ever"),
        *(["the end of the day is reported to every order"] * segment.done_for_day),
        _ANONYMITY[segment.anonymity],
    )
    return "\n    ".join(words)


def _limit_words_of(rules: SegmentRules) -> Iterator[str]:
    """What a price must not do, and what happens when it does."""
    collar = _percents(("aggressive", rules.collar_aggressive), ("passive", rules.collar_passive))
    guards = _percents(("dynamic", rules.guard_dynamic), ("static", rules.guard_static))
    yield f"price collar {collar}" if collar else "no price collar"
    yield f"volatility guards {guards}" if guards else "no volatility guards"
    if rules.extension:
        yield f"a call is extended when its price is more than {rules.extension} % away"


def _percents(*named: tuple[str, int]) -> str:
    return ", ".join(f"{percent} % {name}" for name, percent in named if percent)


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
    return sentences


def _session_not_served(path: KeyPath, session: SessionConfig) -> Iterator[str]:
    if session.role == "operator":
        instead = 'only "order-entry", "drop-copy" and "market-data"'
        yield _not_served((*path, "role"), shown(session.role), instead)


def _not_served(path: KeyPath, what: str, instead: str) -> str:
    return f"{key_text(path)}: {what} is not served by this version, {instead}"
