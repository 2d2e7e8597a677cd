"""The calls about instruments: facts, book, trades, auction; halt, resume, split.

A symbol may hold slashes and blanks; in a path they may be percent-encoded or not. What the changes
do is `market_desk`, what the answers hold `market_views` and `book_views`.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import dropwhile, islice
from zoneinfo import ZoneInfo

import msgspec
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.market import Market
from gateway.market_desk import MarketDesk
from gateway.web.answers import answer
from gateway.web.bodies import Nothing, read
from gateway.web.book_views import auction_view, book_view
from gateway.web.control import Control
from gateway.web.market_views import instrument_view, trade_view
from gateway.web.routing import before, only, route, whole

INSTRUMENTS = "/api/v1/instruments"

LEVELS_MAX = 10_000
BOOK_ORDERS_MAX = 10_000
"""Orders shown of each side: nothing else happens meanwhile, 2 us an order."""

TRADES_USUAL, TRADES_MAX = 100, 1000

_PARTS = ("book", "trades", "auction", "halt", "resume", "split")


class _SymbolConvertor(StringConvertor):
    """A symbol with all its slashes; the last part of a path that means something is none of it."""

    regex = rf"(?:(?!/(?:{'|'.join(_PARTS)})$).)+"


register_url_convertor("symbol", _SymbolConvertor())


class Halt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `halt`: whether orders may come in meanwhile, whether those in the book go."""

    entry: bool = False
    flush: bool = False


class Split(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `split`: so many new shares for so many old ones."""

    new: int
    old: int


class InstrumentRoutes:
    """Instruments over HTTP."""

    def __init__(self, control: Control, desk: MarketDesk) -> None:
        self._control = control
        self._desk = desk
        self._zone = ZoneInfo(control.config.venue.timezone)

    def routes(self) -> list[Route]:
        """What is served, by path and method."""
        one = f"{INSTRUMENTS}/{{symbol:symbol}}"
        return [
            route(INSTRUMENTS, GET=self.list_all),
            route(one, GET=self.show),
            route(f"{one}/book", GET=self.book),
            route(f"{one}/trades", GET=self.trades),
            route(f"{one}/auction", GET=self.auction),
            route(f"{one}/halt", POST=self.halt),
            route(f"{one}/resume", POST=self.resume),
            route(f"{one}/split", POST=self.split),
        ]

    # Looking

    async def list_all(self, request: Request) -> Response:
        """All instruments, by symbol."""
        only(request)
        markets = self._control.exchange.markets
        return answer({"instruments": [instrument_view(markets[name]) for name in sorted(markets)]})

    async def show(self, request: Request) -> Response:
        """One instrument."""
        only(request)
        return answer(instrument_view(self._market(request)))

    async def book(self, request: Request) -> Response:
        """Every order in its queue; `?depth=N` for so many levels."""
        only(request, "depth")
        depth = whole(request, "depth", LEVELS_MAX, LEVELS_MAX)
        return answer(book_view(self._market(request), depth, BOOK_ORDERS_MAX))

    async def trades(self, request: Request) -> Response:
        """The last trades, last one first; `?before=T5` goes on where an answer said `next`."""
        only(request, "limit", "before")
        limit = whole(request, "limit", TRADES_USUAL, TRADES_MAX)
        until = before(request)
        market = self._market(request)
        found = self._control.exchange.trades.of(market.symbol)
        if until is not None:
            found = dropwhile(lambda trade: trade.match_id >= until, found)
        trades = [trade_view(trade, self._zone) for trade in islice(found, limit + 1)]
        shown = trades[:limit]
        following = shown[-1].match_id if len(trades) > limit else None
        return answer({"symbol": market.symbol, "trades": shown, "next": following})

    async def auction(self, request: Request) -> Response:
        """What would happen if the call ended now."""
        only(request)
        return answer(auction_view(self._market(request)))

    def _market(self, request: Request) -> Market:
        return self._desk.market(_symbol(request))

    # Changing

    async def halt(self, request: Request) -> Response:
        """No trading until it is resumed."""
        only(request)
        asked = await read(request, Halt, optional=True)
        symbol = _symbol(request)
        return await self._change(
            lambda: self._desk.halt(symbol, entry=asked.entry, flush=asked.flush)
        )

    async def resume(self, request: Request) -> Response:
        """The end of a halt: by a call, where the segment trades."""
        only(request)
        await read(request, Nothing)
        symbol = _symbol(request)
        return await self._change(lambda: self._desk.resume(symbol))

    async def split(self, request: Request) -> Response:
        """Other shares for the old ones; orders follow."""
        only(request)
        ratio = await read(request, Split)
        symbol = _symbol(request)
        return await self._change(lambda: self._desk.split(symbol, ratio.new, ratio.old))

    async def _change(self, action: Callable[[], Market]) -> Response:
        """Carry it out; the answer shows the instrument as it was right after."""
        seen = instrument_view(self._control.change(action))
        await self._control.durable()
        return answer(seen)


def _symbol(request: Request) -> str:
    return str(request.path_params["symbol"])
