"""The calls about single orders and trades: cancel, restate, bust, correct, explain.

What the changes do is `market_desk`. An explanation comes out of the log, in a process of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.oms.trades import Trade
from engine.order import Order
from engine.values import BustReason
from gateway.decimals import parse_price
from gateway.explain.command import NotExplained, explain_in_process
from gateway.market_desk import MarketDesk
from gateway.web.answers import answer
from gateway.web.bodies import Nothing, read
from gateway.web.control import Control
from gateway.web.errors import ApiError, bad_value
from gateway.web.market_views import order_view, trade_view
from gateway.web.routing import match_id, only, order_id, route

ORDERS = "/api/v1/orders"
TRADES = "/api/v1/trades"

EXPLANATIONS_MAX = 8
"""So many at one time; each reads the whole log."""

RETRY_AFTER = {"Retry-After": "5"}

PriceText = Annotated[str, Meta(pattern=r"^[0-9]{1,9}(\.[0-9]{1,4})?\Z")]


class Bust(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `bust`: why, and whether the orders get their quantity back."""

    reason: BustReason
    restore: bool = False


class Correction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `correct`: what is left out stays as it is."""

    price: PriceText | None = None
    qty: int | None = None
    restore: bool = False


class Restatement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `restate`: what is left out stays as it is."""

    qty: int | None = None
    price: PriceText | None = None


class OrderRoutes:
    """Orders and trades over HTTP."""

    def __init__(self, control: Control, desk: MarketDesk) -> None:
        self._control = control
        self._desk = desk
        self._zone = ZoneInfo(control.config.venue.timezone)
        self._explaining = 0

    def routes(self) -> list[Route]:
        """What is served, by path and method."""
        order, trade = f"{ORDERS}/{{order_id}}", f"{TRADES}/{{match_id}}"
        return [
            route(f"{order}/cancel", POST=self.cancel),
            route(f"{order}/restate", POST=self.restate),
            route(f"{order}/explain", GET=self.explain_order),
            route(f"{trade}/bust", POST=self.bust),
            route(f"{trade}/correct", POST=self.correct),
            route(f"{trade}/explain", GET=self.explain_trade),
        ]

    # Orders

    async def cancel(self, request: Request) -> Response:
        """What is left of an order is canceled."""
        only(request)
        await read(request, Nothing)
        number = order_id(request)
        return await self._change_order(lambda: self._desk.cancel(number))

    async def restate(self, request: Request) -> Response:
        """Another quantity or limit for an order."""
        only(request)
        asked = await read(request, Restatement)
        if asked.qty is None and asked.price is None:
            bad_value("qty or price must be given, both were left out")
        number, price = order_id(request), _units(asked.price)
        return await self._change_order(lambda: self._desk.restate(number, asked.qty, price))

    async def _change_order(self, action: Callable[[], Order]) -> Response:
        """Carry it out; the answer shows the order as it was right after."""
        seen = order_view(self._control.change(action))
        await self._control.durable()
        return answer(seen)

    # Trades

    async def bust(self, request: Request) -> Response:
        """The trade never was."""
        only(request)
        asked = await read(request, Bust)
        number = match_id(request)
        return await self._change_trade(
            lambda: self._desk.bust(number, asked.reason, restore=asked.restore)
        )

    async def correct(self, request: Request) -> Response:
        """The trade was at another price, or for less."""
        only(request)
        asked = await read(request, Correction)
        if asked.qty is None and asked.price is None:
            bad_value("price or qty must be given, both were left out")
        number, price = match_id(request), _units(asked.price)
        return await self._change_trade(
            lambda: self._desk.correct(number, price, asked.qty, restore=asked.restore)
        )

    async def _change_trade(self, action: Callable[[], Trade]) -> Response:
        """Carry it out; the answer shows the trade as it was right after."""
        seen = trade_view(self._control.change(action), self._zone)
        await self._control.durable()
        return answer(seen)

    # Reasons

    async def explain_order(self, request: Request) -> Response:
        """What an order waited for, and what became of it."""
        only(request)
        return await self._explain(f"O{order_id(request)}")

    async def explain_trade(self, request: Request) -> Response:
        """Why these two traded, and whom they passed."""
        only(request)
        return await self._explain(f"T{match_id(request)}")

    async def _explain(self, what: str) -> Response:
        if self._explaining >= EXPLANATIONS_MAX:
            text = f"at most {EXPLANATIONS_MAX} explanations at one time"
            raise ApiError(503, "busy", text, RETRY_AFTER)
        self._explaining += 1
        try:
            await self._control.durable()  # the log must have what is asked about
            told = await explain_in_process(
                self._control.data_dir, what, timezone=self._control.config.venue.timezone
            )
            return answer(told)
        except NotExplained as error:
            if error.unknown:
                raise ApiError(404, "unknown", f"id must be in the log, was {what}") from None
            raise ApiError(503, "not_explained", str(error)) from None
        finally:
            self._explaining -= 1


def _units(text: str | None) -> int | None:
    """A price of a body in the engine's units."""
    if text is None:
        return None
    price = parse_price(text)
    if not price:
        bad_value(f"price must be above 0, was {text}")
    return price
