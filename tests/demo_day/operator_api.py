"""The control API of the venue, as far as the demo day needs it: time, call, book, trades, reasons.

An answer that is an error ends the day.
"""

from __future__ import annotations

from datetime import datetime
from types import TracebackType
from typing import Any

import httpx

ANSWER_SECONDS_MAX = 30.0
"""An explanation reads the whole log, in a process of its own."""

Json = dict[str, Any]


class ApiFailed(Exception):
    """The venue answered with an error; the text is the venue's."""


class OperatorApi:
    """A connection to the control API."""

    def __init__(self, host: str, port: int) -> None:
        self._client = httpx.AsyncClient(
            base_url=f"http://{host}:{port}/api/v1", timeout=ANSWER_SECONDS_MAX
        )

    async def move_time(self, to: datetime) -> None:
        """Market time forward; what is due on the way has happened when this returns."""
        await self._call("POST", "/market-time", {"to": to.isoformat()})

    async def instrument(self, symbol: str) -> Json:
        """Reference data and the prices of the day."""
        return await self._call("GET", f"/instruments/{symbol}")

    async def auction(self, symbol: str) -> Json:
        """What would happen if the call ended now."""
        return await self._call("GET", f"/instruments/{symbol}/auction")

    async def book(self, symbol: str) -> Json:
        """Every order in its queue."""
        return await self._call("GET", f"/instruments/{symbol}/book")

    async def trades(self, symbol: str) -> list[Json]:
        """The trade history, oldest first."""
        found = await self._call("GET", f"/instruments/{symbol}/trades?limit=1000")
        trades: list[Json] = found["trades"]
        return trades[::-1]

    async def explain(self, trade: str) -> Json:
        """Why these two orders met."""
        return await self._call("GET", f"/trades/{trade}/explain")

    async def _call(self, method: str, path: str, body: Json | None = None) -> Json:
        answer = await self._client.request(method, path, json=body)
        if answer.is_error:
            raise ApiFailed(f"{method} {path}: {answer.text}")
        found: Json = answer.json()
        return found

    async def __aenter__(self) -> OperatorApi:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._client.aclose()
