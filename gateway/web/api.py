"""The application: every path of the control API, with the gate in front."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from gateway.market_desk import MarketDesk
from gateway.web.answers import answer
from gateway.web.control import Control
from gateway.web.errors import HANDLERS
from gateway.web.gate import Gate
from gateway.web.instrument_routes import InstrumentRoutes
from gateway.web.market_routes import MarketRoutes
from gateway.web.order_routes import OrderRoutes
from gateway.web.session_routes import SessionRoutes
from gateway.web.status import StatusRoute


def make_api(control: Control) -> ASGIApp:
    """The control API of a venue."""
    market = MarketDesk(control.exchange, control.sequencer, control.market, control.turns)
    routes = [
        Route("/healthz", _healthz, methods=["GET"]),
        Route("/api/v1/status", StatusRoute(control).show, methods=["GET"]),
        *SessionRoutes(control).routes(),
        *MarketRoutes(control, market).routes(),
        *InstrumentRoutes(control, market).routes(),
        *OrderRoutes(control, market).routes(),
    ]
    app = Starlette(routes=routes, exception_handlers=HANDLERS)
    app.router.redirect_slashes = False
    return Gate(app)


async def _healthz(_: Request) -> Response:
    """The loop turns."""
    return answer({"status": "ok"})
