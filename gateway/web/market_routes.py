"""The calls about market time and segments. What they do is `market_desk`."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.instrument import Segment
from gateway.fix.times import NANOS_PER_SECOND
from gateway.market_clock import parse_time
from gateway.market_desk import MarketDesk
from gateway.market_time import ADVANCE_DAYS_MAX
from gateway.web.answers import answer
from gateway.web.bodies import read
from gateway.web.control import Control
from gateway.web.errors import bad_value
from gateway.web.market_views import SegmentView, segment_view
from gateway.web.routing import only, route
from gateway.web.texts import moment

TIME = "/api/v1/market-time"
SEGMENTS = "/api/v1/segments"

ADVANCE_SECONDS_MAX = ADVANCE_DAYS_MAX * 86_400


class Move(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `market-time`: the moment to go to, or how many seconds on."""

    to: str | None = None
    advance_seconds: float | None = None


class OrderedPhase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a segment's `phase`."""

    phase: str


class Moved(msgspec.Struct, frozen=True):
    """Market time after a move; `commands` is the last seq of the log, `phases` by segment."""

    market_time: str
    commands: int
    phases: dict[str, str]


class MarketRoutes:
    """Market time and segments over HTTP."""

    def __init__(self, control: Control, desk: MarketDesk) -> None:
        self._control = control
        self._desk = desk
        self._timezone = control.config.venue.timezone
        self._zone = ZoneInfo(self._timezone)

    def routes(self) -> list[Route]:
        """What is served, by path and method."""
        one = f"{SEGMENTS}/{{segment}}"
        return [
            route(TIME, POST=self.move),
            route(SEGMENTS, GET=self.list_all),
            route(one, GET=self.show),
            route(f"{one}/phase", POST=self.change_phase),
        ]

    async def move(self, request: Request) -> Response:
        """Market time forward; all that was due on the way has happened, and is kept."""
        only(request)
        action = self._meant(await read(request, Move))
        self._control.change(action)
        control = self._control
        phases: dict[str, str] = {
            name: segment.phase for name, segment in control.exchange.segments.items()
        }
        moved = Moved(moment(control.market.now, self._zone), control.sequencer.seq, phases)
        await control.durable()
        return answer(moved)

    def _meant(self, move: Move) -> Callable[[], None]:
        """What a body asks for; ApiError for one that no market could carry out."""
        if (move.to is None) == (move.advance_seconds is None):
            found = "both" if move.to is not None else "neither"
            bad_value(f"one of to and advance_seconds must be given, {found} was")
        if move.to is not None:
            try:
                to = parse_time(move.to, self._timezone)
            except ValueError as error:
                bad_value(f"to {error}")
            return lambda: self._desk.advance(to)
        seconds = move.advance_seconds
        assert seconds is not None
        if not 0 < seconds <= ADVANCE_SECONDS_MAX:
            most = f"{ADVANCE_SECONDS_MAX}, {ADVANCE_DAYS_MAX} days"
            bad_value(f"advance_seconds must be above 0 and at most {most}, was {seconds:.15g}")
        nanos = max(1, round(seconds * 1_000_000)) * (NANOS_PER_SECOND // 1_000_000)
        return lambda: self._desk.advance_by(nanos)

    async def list_all(self, request: Request) -> Response:
        """All segments, with the phases of their books."""
        only(request)
        segments = self._control.exchange.segments.values()
        return answer({"segments": [self._seen(segment) for segment in segments]})

    async def show(self, request: Request) -> Response:
        """One segment."""
        only(request)
        return answer(self._seen(self._desk.segment(request.path_params["segment"])))

    async def change_phase(self, request: Request) -> Response:
        """All books of a segment into a phase now; leaving a call uncrosses it."""
        only(request)
        ordered = await read(request, OrderedPhase)
        name = request.path_params["segment"]
        segment = self._control.change(lambda: self._desk.change_phase(name, ordered.phase))
        seen = self._seen(segment)
        await self._control.durable()
        return answer(seen)

    def _seen(self, segment: Segment) -> SegmentView:
        return segment_view(segment, self._control.exchange.markets.values(), self._zone)
