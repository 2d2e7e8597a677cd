"""What no client sends: damaged requests get an answer or an end, and nothing is a bug of ours."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway.web import bodies, limits
from tests.gateway.web.web_venue import SESSIONS, serving_http

REQUESTS = [
    b"GET /api/v1/status?state_hash=yes HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n",
    b"DELETE /api/v1/sessions/AVA2 HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n\r\n",
    b"POST /api/v1/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b'Content-Length: 34\r\n\r\n{"comp_id":"AVA2","member":"AVA" }',
    b"POST /api/v1/sessions/AVA/sequence HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    b'7\r\n{"next_\r\n6\r\nin":5}\r\n0\r\n\r\n',
    b"POST /api/v1/sessions/AVA/suspend HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}",
    b"GET /api/v1/instruments/ERIC-B/trades?limit=5&before=T7 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /api/v1/instruments/A%2FB%20C/book?depth=3 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"POST /api/v1/market-time HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b'Content-Length: 23\r\n\r\n{"advance_seconds":1.5}',
    b"POST /api/v1/segments/DEMO/phase HTTP/1.1\r\nHost: localhost\r\n"
    b'Content-Type: application/json\r\nContent-Length: 22\r\n\r\n{"phase":"CONTINUOUS"}',
    b"POST /api/v1/trades/T1/correct HTTP/1.1\r\nHost: localhost\r\n"
    b'Content-Type: application/json\r\nContent-Length: 26\r\n\r\n{"price":"87.30","qty":50}',
]
ROUNDS = 300


def damaged(rng: random.Random, data: bytes) -> bytes:
    """One to three changes: a byte, a cut, a piece again, a piece of another request."""
    for _ in range(rng.randint(1, 3)):
        at, to = sorted(rng.randrange(len(data) + 1) for _ in range(2))
        other = rng.choice(REQUESTS)
        piece = other[rng.randrange(len(other)) :][: rng.randint(1, 30)]
        data = rng.choice(
            [
                data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :],
                data[:at] + data[to:],
                data[:to] + data[at:],
                data[:at] + piece + data[at:],
            ]
        )
    return data


@pytest.mark.parametrize("seed", [1, 2])
async def test_damaged_requests_harm_nobody(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is answered by JSON or by an end of the connection; no handler fails."""
    monkeypatch.setattr(limits, "HEADER_SECONDS_MAX", 0.01)
    monkeypatch.setattr(bodies, "BODY_SECONDS_MAX", 0.01)
    rng = random.Random(seed)
    with capture_logs() as logged:
        async with serving_http(tmp_path) as served:
            for _ in range(ROUNDS):
                data = damaged(rng, rng.choice(REQUESTS))
                answer = await served.raw(data)
                assert not answer or answer.startswith(b"HTTP/1.1 "), (data, answer)
                assert b"HTTP/1.1 500" not in answer, (data, answer)
            status, _ = await served.get(SESSIONS)
    assert (status, [one for one in logged if one["log_level"] == "error"]) == (200, [])
