"""The venue in words: what `fixpit check-config` says of a Config, and what is not served yet.

What must not be here: reading files and deciding what is allowed, which is `config`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.config_text import KeyPath, key_text, shown
from gateway.config_types import (
    Config,
    InstrumentConfig,
    ScheduleConfig,
    SegmentConfig,
    SessionConfig,
)
from gateway.decimals import format_price

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
    if session.role not in ("order-entry", "drop-copy"):
        instead = 'only "order-entry" and "drop-copy"'
        yield _not_served((*path, "role"), shown(session.role), instead)


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
