"""How values of the market stand in answers: prices as decimal text, moments in local time, words.

0 for "there is none" is the engine's; here it is null.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from engine.values import OrdStatus, Side, TimeInForce
from gateway.decimals import format_price

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

SIDES: dict[str, str] = {side: side.name.lower() for side in Side}
STATUSES: dict[str, str] = {status: status.name.lower() for status in OrdStatus}
TIMES_IN_FORCE: dict[str, str] = {one: one.name.lower() for one in TimeInForce}


def moment(at: int, zone: ZoneInfo) -> str:
    """A moment, ns UTC, as ISO 8601 with microseconds and the offset that holds there then."""
    utc = _EPOCH + timedelta(microseconds=at // 1000)
    return utc.astimezone(zone).isoformat(timespec="microseconds")


def price(units: int) -> str | None:
    """A price as decimal text."""
    return format_price(units) if units else None
