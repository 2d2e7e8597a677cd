"""JSON answers: encoded by msgspec, never kept by a cache, never taken for anything but JSON."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from starlette.responses import Response

HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

_encoder = msgspec.json.Encoder()


def answer(
    content: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """`content` as JSON; None is an answer without a body."""
    body = b"" if content is None else _encoder.encode(content)
    kind = None if content is None else "application/json"
    return Response(body, status, {**HEADERS, **(headers or {})}, kind)
