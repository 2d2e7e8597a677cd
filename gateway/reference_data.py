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
from gateway.config import Config


def changes(config: Config, exchange: Exchange) -> Iterator[Command]:
    """Commands that bring `exchange` to what `config` says."""
    for member in config.members:
        if exchange.members.get(member.id) != member.name:
            yield DefineMember(member.id, member.name)
    phases = {schedule.id: schedule.phases[0].phase for schedule in config.schedules}
    for segment in config.segments:
        wanted = DefineSegment(
            segment.id, phases[segment.schedule], segment.internal_priority, segment.market_orders
        )
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
