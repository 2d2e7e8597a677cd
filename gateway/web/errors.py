"""What the control API does not do, as `{"error": {"code", "message"}}` with a fitting status.

A code is stable and made for programs; the message says which rule and what was asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gateway.config import ConfigError
from gateway.session_desk import DeskRefusal
from gateway.turns import NotDurable
from gateway.web.answers import answer

DESK_STATUS = {"unknown": 404, "conflict": 409, "bad_value": 422}

log = structlog.get_logger()


class ApiError(Exception):
    """The request is not carried out; the text is for the one who sent it."""

    def __init__(
        self, status: int, code: str, text: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(text)
        self.status = status
        self.code = code
        self.headers = headers


def error(status: int, code: str, text: str, headers: Mapping[str, str] | None = None) -> Response:
    """The answer that says no."""
    return answer({"error": {"code": code, "message": text}}, status, headers)


async def _refused(_: Request, caught: Exception) -> Response:
    assert isinstance(caught, ApiError)
    return error(caught.status, caught.code, str(caught), caught.headers)


async def _refused_by_desk(_: Request, caught: Exception) -> Response:
    assert isinstance(caught, DeskRefusal)
    return error(DESK_STATUS[caught.code], caught.code, str(caught))


async def _bad_config(_: Request, caught: Exception) -> Response:
    return error(422, "bad_value", str(caught))


async def _not_durable(_: Request, __: Exception) -> Response:
    return error(503, "venue_failed", "the venue failed: whether this is kept, its log knows")


async def _not_routed(request: Request, caught: Exception) -> Response:
    """Starlette found no route, or one for other methods."""
    assert isinstance(caught, HTTPException)
    if caught.status_code == 405:
        allowed = ", ".join(sorted((caught.headers or {}).get("Allow", "").split(", ")))
        text = f"method must be one of {allowed}, was {request.method[:60]}"
        return error(405, "method_not_allowed", text, {"Allow": allowed})
    text = f"path must be one of the API, was {request.url.path[:200]}"
    return error(caught.status_code, "not_found", text)


async def _bug(request: Request, caught: Exception) -> Response:
    """A mistake of ours: the operator's log has it, whoever asked learns no more than that."""
    path = request.url.path[:200]
    log.error("http.failed", method=request.method, path=path, exc_info=caught)
    return error(500, "internal", "the venue made a mistake here; its log says which")


HANDLERS = {
    ApiError: _refused,
    DeskRefusal: _refused_by_desk,
    ConfigError: _bad_config,
    NotDurable: _not_durable,
    HTTPException: _not_routed,
    Exception: _bug,
}
"""Every exception that a request can end with, the nearest class first."""


def bad_value(text: str) -> NoReturn:
    """A field of the body may not be so."""
    raise ApiError(422, "bad_value", text)
