"""Request bodies: bounded in bytes and time, JSON, one struct for each call.

What must not be here: what the fields may hold beyond their type.
"""

from __future__ import annotations

import asyncio
from typing import TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request

from gateway.web.errors import ApiError

BODY_BYTES_MAX = 64 * 1024
BODY_SECONDS_MAX = 5.0
"""From the headers to the last byte."""

JSON_TYPE = "application/json"
CLOSE = {"Connection": "close"}

_T = TypeVar("_T")


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a call that asks for nothing but itself; may be left out."""


async def read(request: Request, kind: type[_T], *, optional: bool = False) -> _T:
    """The body as `kind`; ApiError for one that is too large, too slow, no JSON or another form.

    `optional`: all its fields have defaults, and it may be left out.
    """
    data = await _read_bytes(request)
    if not data and (optional or kind is Nothing):
        return kind()
    content_type = request.headers.get("content-type", "")
    if content_type.partition(";")[0].strip().lower() != JSON_TYPE:
        was = content_type[:100] or "left out"
        raise ApiError(415, "not_json", f"Content-Type must be {JSON_TYPE}, was {was}")
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError as error:
        raise ApiError(422, "bad_value", f"body must have the right form: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ApiError(422, "bad_json", f"body must be JSON: {error}") from None


async def _read_bytes(request: Request) -> bytes:
    announced = request.headers.get("content-length", "0")
    if int(announced) > BODY_BYTES_MAX:  # a number: h11 has seen to it
        raise _too_large(f"{announced} bytes")
    data = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS_MAX):
            async for chunk in request.stream():
                data += chunk
                if len(data) > BODY_BYTES_MAX:
                    raise _too_large("longer")
    except TimeoutError:
        text = f"body must have come within {BODY_SECONDS_MAX:g} seconds"
        raise ApiError(408, "too_slow", text, CLOSE) from None
    except ClientDisconnect:
        raise ApiError(400, "gone", "the client left before its body had come") from None
    return bytes(data)


def _too_large(was: str) -> ApiError:
    text = f"body must be at most {BODY_BYTES_MAX} bytes, was {was}"
    return ApiError(413, "too_large", text)
