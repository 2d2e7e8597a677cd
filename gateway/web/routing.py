"""Routes, and what stands in a path or query: ids, whole numbers. Strict, like the bodies."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.web.errors import ApiError, bad_value

Handler = Callable[[Request], Awaitable[Response]]

_ID = re.compile("[OT]([1-9][0-9]{0,17})")
_WHOLE = re.compile("[0-9]{1,18}")


def route(path: str, **handlers: Handler) -> Route:
    """One route for all methods of a path: what is refused then names them all."""

    async def endpoint(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        return await handlers[method](request)

    return Route(path, endpoint, methods=list(handlers))


def order_id(request: Request) -> int:
    """The number of the OrderID(37) in the path, `O12`."""
    text = str(request.path_params["order_id"])
    number = _number_of(text, "O")
    if number is None:
        raise ApiError(404, "unknown", f"order id must be like O12, was {text[:64]}")
    return number


def match_id(request: Request) -> int:
    """The number of the match id in the path, `T5`."""
    text = str(request.path_params["match_id"])
    number = _number_of(text, "T")
    if number is None:
        raise ApiError(404, "unknown", f"match id must be like T5, was {text[:64]}")
    return number


def only(request: Request, *names: str) -> None:
    """The query may say these and nothing else."""
    for name in request.query_params:
        if name not in names:
            may = f"one of {', '.join(names)}" if names else "left out"
            bad_value(f"query must be {may}, was {name[:60]}")


def whole(request: Request, name: str, usual: int, most: int) -> int:
    """A number from 1 to `most` in the query, `usual` where it is left out."""
    text = request.query_params.get(name)
    if text is None:
        return usual
    if not _WHOLE.fullmatch(text) or not 1 <= int(text) <= most:
        bad_value(f"{name} must be a whole number from 1 to {most}, was {text[:60]}")
    return int(text)


def before(request: Request) -> int | None:
    """The match id in the query, only trades before which are wanted."""
    text = request.query_params.get("before")
    if text is None:
        return None
    number = _number_of(text, "T")
    if number is None:
        bad_value(f"before must be a match id like T5, was {text[:60]}")
    return number


def _number_of(text: str, kind: str) -> int | None:
    found = _ID.fullmatch(text)
    return int(found[1]) if found is not None and text[0] == kind else None
