"""`GET /api/v1/status`: the venue at a glance, also when its disk stands still."""

from __future__ import annotations

import time
from itertools import islice
from zoneinfo import ZoneInfo

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from engine.digest import digest
from fixpit.build import RUNNING
from gateway.web.answers import answer
from gateway.web.control import Address, Control
from gateway.web.errors import bad_value
from gateway.web.texts import moment

HASHED_ORDERS_MAX = 10_000
"""The state hash of more working orders is computed where it is asked for only: nothing else
happens meanwhile, 2 us an order."""


class Listening(msgspec.Struct, frozen=True):
    """An address where the venue listens."""

    host: str
    port: int


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """What is answered. `commands` is the last seq of the log, `durable_seq` the last one kept.

    `build` is what runs, "compiled" or "pure", and `build_reason` why it is pure.
    `market_speed` is 0 where market time stands still, `phases` are those of the segments.
    `state_hash` is the exchange's after `commands`, null where it was left out.
    """

    version: str
    build: str
    build_reason: str
    sync: str
    market_time: str
    market_speed: float
    phases: dict[str, str]
    uptime_seconds: int
    sessions_up: int
    commands: int
    durable_seq: int
    recovered_commands: int
    state_hash: str | None
    fix: Listening | None
    fix_tls: Listening | None
    http: Listening | None


class StatusRoute:
    """Answers with the status of the moment."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._started = time.monotonic()
        self._zone = ZoneInfo(control.config.venue.timezone)

    async def show(self, request: Request) -> Response:
        """`?state_hash=yes` computes it whatever it takes, `no` leaves it out."""
        wanted = request.query_params.get("state_hash", "small")
        if wanted not in ("small", "yes", "no"):
            bad_value(f"state_hash must be small, yes or no, was {wanted[:60]}")
        return answer(self.status(wanted))

    def status(self, state_hash: str = "small") -> Status:
        """The venue now."""
        control = self._control
        return Status(
            version=control.version,
            build=RUNNING.name,
            build_reason=RUNNING.reason,
            sync=control.sync,
            market_time=moment(control.market.now, self._zone),
            market_speed=control.market.speed,
            phases={name: one.phase for name, one in control.exchange.segments.items()},
            uptime_seconds=int(time.monotonic() - self._started),
            sessions_up=len(control.sessions.connected()),
            commands=control.sequencer.seq,
            durable_seq=control.publisher.durable_seq,
            recovered_commands=control.recovered,
            state_hash=self._hash(state_hash),
            fix=_listening(control.fix),
            fix_tls=_listening(control.fix_tls),
            http=_listening(control.http),
        )

    def _hash(self, wanted: str) -> str | None:
        exchange = self._control.exchange
        if wanted == "no" or (wanted == "small" and self._is_large()):
            return None
        return digest(exchange)

    def _is_large(self) -> bool:
        working = self._control.exchange.orders.all_working()
        return sum(1 for _ in islice(working, HASHED_ORDERS_MAX + 1)) > HASHED_ORDERS_MAX


def _listening(address: Address) -> Listening | None:
    return Listening(*address) if address is not None else None
