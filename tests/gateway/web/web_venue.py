"""A running venue with its control API on a free port, and the means to speak to both.

`serving_http` is `serving` with the API beside it: `served.api` is an HTTP client (httpx) of it,
`served.fix` the venue with its FIX clients. `raw` sends bytes that no HTTP client would.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from gateway.clock import TellsTime
from gateway.config import Config
from gateway.web.listening import listen
from tests.support.fix_venue import DEADLINE_SECONDS, FixVenue, config_of, serving

SESSIONS = "/api/v1/sessions"
VERSION = "0.0.0-test"


class WebVenue:
    """A venue, its members' clients, and its operator's."""

    def __init__(self, fix: FixVenue, api: httpx.AsyncClient) -> None:
        self.fix = fix
        self.api = api
        assert fix.venue.http_address is not None
        self.host, self.port = fix.venue.http_address

    async def get(self, path: str, **headers: str) -> tuple[int, object]:
        """Status and JSON of a GET."""
        return _seen(await self.api.get(path, headers=headers))

    async def post(self, path: str, body: object = None) -> tuple[int, object]:
        """Status and JSON of a POST; no body where there is None."""
        if body is None:
            return _seen(await self.api.post(path))
        return _seen(await self.api.post(path, json=body))

    async def session(self, comp_id: str, *keys: str) -> list[object]:
        """What the API shows of a session under these keys."""
        status, shown = await self.get(f"{SESSIONS}/{comp_id}")
        assert status == 200, shown
        assert isinstance(shown, dict)
        return [shown[key] for key in keys]

    async def raw(self, data: bytes) -> bytes:
        """All that the API answers to these bytes until it closes the connection."""
        reader, writer = await asyncio.open_connection(self.host, self.port)
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                writer.write(data)
                return await reader.read()
        except ConnectionError:
            return b""  # reset: an end is an end
        finally:
            writer.transport.abort()


def _seen(response: httpx.Response) -> tuple[int, object]:
    return response.status_code, response.json() if response.content else None


def error_of(seen: tuple[int, object]) -> tuple[int, str, str]:
    """Status, code and message of a refusal."""
    status, shown = seen
    assert isinstance(shown, dict), shown
    assert set(shown) == {"error"}
    return status, shown["error"]["code"], shown["error"]["message"]


@asynccontextmanager
async def serving_http(
    data_dir: Path,
    config: Config | None = None,
    *,
    sync: str = "none",
    read_config: Callable[[], Config] | None = None,
    clock: TellsTime | None = None,
) -> AsyncIterator[WebVenue]:
    """A venue with its API for as long as the block runs; `read_config` is what reload reads."""
    used = config or config_of()
    async with serving(data_dir, used, sync=sync, clock=clock) as fix:
        listening = listen("127.0.0.1", 0)
        await fix.venue.start_http(listening, read_config or (lambda: used), VERSION)
        assert fix.venue.http_address is not None
        base_url = "http://{}:{}".format(*fix.venue.http_address)
        async with httpx.AsyncClient(base_url=base_url, trust_env=False) as api:
            yield WebVenue(fix, api)
