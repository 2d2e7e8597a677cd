"""The configuration as commands: what must be said to the exchange so that it trades what is
written.

Reference data is in the log like everything else. At each start the configuration is compared with
what the log has made of the exchange, and only differences become commands; what is no longer
configured stays as it was (its orders and trades refer to it).
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.commands import Command, DefineInstrument, DefineMember, DefineSegment
from engine.exchange import Exchange
from gateway.config import Config, ScheduleConfig, SegmentConfig
from gateway.segment_rules import rules_of
from gateway.timetables import has_timetable


def changes(config: Config, exchange: Exchange) -> Iterator[Command]:
    """Commands that bring `exchange` to what `config` says."""
    yield from member_changes(config, exchange)
    schedules = {schedule.id: schedule for schedule in config.schedules}
    for segment in config.segments:
        wanted = _segment(segment, schedules[segment.schedule])
        known = exchange.segments.get(segment.id)
        if known is None or known.definition != wanted:
            yield wanted
    for instrument in config.instruments:
        listing = DefineInstrument(
            instrument.symbol,
            instrument.segment,
            instrument.tick_table or "",
            instrument.tick_size or 0,
            instrument.lot,
            instrument.currency,
            instrument.isin or "",
            instrument.security_type,
            instrument.reference_price or 0,
        )
        market = exchange.markets.get(instrument.symbol)
        if market is None or market.instrument.definition != listing:
            yield listing


def member_changes(config: Config, exchange: Exchange) -> Iterator[Command]:
    """Commands about the members, who may change while the venue runs."""
    for member in config.members:
        known = exchange.members.get(member.id), exchange.hides(member.id)
        if known != (member.name, member.anonymous):
            yield DefineMember(member.id, member.name, member.anonymous)


def _segment(segment: SegmentConfig, schedule: ScheduleConfig) -> DefineSegment:
    rules = rules_of(segment, schedule)
    return DefineSegment(
        segment.id,
        "" if has_timetable(schedule) else schedule.phases[0].phase,
        segment.internal_priority,
        segment.market_orders,
        segment.internal_priority_in_calls,
        segment.off_tick,
        segment.off_lot,
        segment.post_only,
        rules.collar_aggressive,
        rules.collar_passive,
        rules.guard_dynamic,
        rules.guard_static,
        rules.extension,
        segment.gtc_days,
        segment.name,
        segment.anonymity,
        segment.done_for_day,
    )
