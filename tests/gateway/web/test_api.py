"""The API as a whole: status, paths and methods, the form of bodies, who is let in, limits, end."""

from __future__ import annotations

import asyncio
import re
import socket
import time
from pathlib import Path

import httpx
import pytest

from engine.digest import digest
from fixpit.build import RUNNING
from gateway.web import bodies, limits, server, status
from gateway.web.listening import listen
from tests.gateway.web.web_venue import SESSIONS, VERSION, WebVenue, error_of, serving_http
from tests.support.fix_venue import DEADLINE_SECONDS, config_of, serving

ORDER = "35=D|11={}|55=ERIC-B|54=2|38=100|40=2|44=87.30|59=1|60=20261123-09:00:00"
STATUS = "/api/v1/status"


# What there is


async def test_health_and_status(tmp_path: Path) -> None:
    """Alive; and version, log, sessions, addresses."""
    async with serving_http(tmp_path, sync="group") as served:
        await served.fix.logged_on("AVA", "NON")
        venue = served.fix.venue
        assert await served.get("/healthz") == (200, {"status": "ok"})
        code, shown = await served.get(STATUS)
        assert isinstance(shown, dict)
        stamp = r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+0[12]:00"
        assert re.fullmatch(stamp, shown.pop("market_time"))
        assert (code, shown) == (
            200,
            {
                "version": VERSION,
                "build": RUNNING.name,
                "build_reason": RUNNING.reason,
                "sync": "group",
                "market_speed": 1,
                "phases": {"DEMO": "CONTINUOUS"},
                "uptime_seconds": 0,
                "sessions_up": 2,
                "commands": venue._sequencer.seq,
                "durable_seq": venue._sequencer.seq,
                "recovered_commands": 0,
                "state_hash": digest(venue._exchange),
                "fix": {"host": "127.0.0.1", "port": served.fix.port},
                "fix_tls": None,
                "http": {"host": "127.0.0.1", "port": served.port},
            },
        )


async def test_the_state_hash_is_the_same_after_a_restart(tmp_path: Path) -> None:
    """So an operator can tell that nothing was lost; what was recovered counts as durable."""
    seen: list[tuple[object, ...]] = []
    for _ in range(2):
        async with serving_http(tmp_path, sync="group") as served:
            if not seen:
                (ava,) = await served.fix.logged_on("AVA")
                ava.send(ORDER.format("A1"))
                await ava.receive()
                await ava.logout()
                await served.fix.until_gone("AVA")
            _, shown = await served.get(STATUS)
            assert isinstance(shown, dict)
            seen.append((shown["state_hash"], shown["commands"], shown["durable_seq"]))
    assert seen[0] == seen[1]


async def test_a_large_state_is_hashed_where_that_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loop does nothing else meanwhile."""
    monkeypatch.setattr(status, "HASHED_ORDERS_MAX", 1)
    async with serving_http(tmp_path) as served:
        (ava,) = await served.fix.logged_on("AVA")
        hashes = []
        for cl_ord_id in ("A1", "A2"):
            ava.send(ORDER.format(cl_ord_id))
            await ava.receive()
            for query in ("", "?state_hash=yes", "?state_hash=no"):
                _, shown = await served.get(STATUS + query)
                assert isinstance(shown, dict)
                hashes.append(shown["state_hash"] is not None)
        assert hashes == [True, True, False, False, True, False]
        refused = error_of(await served.get(STATUS + "?state_hash=maybe"))
        assert refused == (422, "bad_value", "state_hash must be small, yes or no, was maybe")


@pytest.mark.parametrize("path", ["/", "/api/v1", "/healthz/", SESSIONS + "/", SESSIONS + "/A/B"])
async def test_another_path_is_not_found(tmp_path: Path, path: str) -> None:
    """No guess is made at what was meant."""
    async with serving_http(tmp_path) as served:
        refused = error_of(await served.get(path))
        assert refused == (404, "not_found", f"path must be one of the API, was {path}")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/healthz", "GET, HEAD"),
        ("DELETE", STATUS, "GET, HEAD"),
        ("PUT", SESSIONS, "GET, HEAD, POST"),
        ("OPTIONS", SESSIONS, "GET, HEAD, POST"),
        ("PATCH", SESSIONS + "/AVA", "DELETE, GET, HEAD"),
        ("GET", SESSIONS + "/AVA/suspend", "POST"),
        ("GET", "/api/v1/reload", "POST"),
        ("GET", "/api/v1/market-time", "POST"),
        ("POST", "/api/v1/segments/DEMO", "GET, HEAD"),
        ("POST", "/api/v1/instruments/A/B/book", "GET, HEAD"),
        ("DELETE", "/api/v1/instruments/ERIC-B/halt", "POST"),
        ("GET", "/api/v1/orders/O1/cancel", "POST"),
    ],
)
async def test_another_method_is_not_allowed(
    tmp_path: Path, method: str, path: str, allowed: str
) -> None:
    """The answer says which ones are."""
    async with serving_http(tmp_path) as served:
        response = await served.api.request(method, path)
        refused = error_of((response.status_code, response.json()))
        text = f"method must be one of {allowed}, was {method}"
        assert refused == (405, "method_not_allowed", text)
        assert response.headers["allow"] == allowed


async def test_head_is_get_without_a_body(tmp_path: Path) -> None:
    """On all that can be looked at; and nothing is kept by a cache."""
    async with serving_http(tmp_path) as served:
        eric = "/api/v1/instruments/ERIC-B"
        for path in ("/healthz", STATUS, SESSIONS, SESSIONS + "/AVA", eric, eric + "/book"):
            response = await served.api.head(path)
            assert (response.status_code, response.content) == (200, b"")
            assert response.headers["cache-control"] == "no-store"
            assert response.headers["x-content-type-options"] == "nosniff"


# Bodies


async def refusal(served: WebVenue, content: bytes, **headers: str) -> tuple[int, str, str]:
    """How a body for a new session is refused."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    response = await served.api.post(SESSIONS, content=content, headers=names)
    return error_of((response.status_code, response.json()))


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "body must be JSON: Input data was truncated"),
        (b"{", "body must be JSON: Input data was truncated"),
        (b'{"a":\xff}', "body must be JSON: "),
        (b'{"a":' + b"[" * 60_000, "body must be JSON: maximum recursion depth"),
        (b"[]", "body must have the right form: Expected `object`, got `array`"),
        (b'{"comp_id":"\xff\xfe"}', "body must be JSON: "),
    ],
)
async def test_what_is_no_json_object_is_refused(tmp_path: Path, content: bytes, text: str) -> None:
    """With the place where it ceases to be one, if that can be told."""
    async with serving_http(tmp_path) as served:
        found = await refusal(served, content, content_type="application/json")
        assert (found[0], found[2][: len(text)]) == (422, text)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "json", ""])
async def test_a_body_must_be_called_json(tmp_path: Path, kind: str) -> None:
    """A form on a web page cannot say so."""
    async with serving_http(tmp_path) as served:
        found = await refusal(served, b'{"comp_id":"X"}', content_type=kind)
        was = kind or "left out"
        assert found == (415, "not_json", f"Content-Type must be application/json, was {was}")
        response = await served.api.post(
            f"{SESSIONS}/AVA/suspend", content=b"{}", headers={"Content-Type": kind}
        )
        assert response.status_code == 415
        right = {"Content-Type": "Application/JSON; charset=utf-8"}
        body = b'{"comp_id":"X","member":"AVA"}'
        assert (await served.api.post(SESSIONS, content=body, headers=right)).status_code == 201


async def test_a_body_that_asks_for_more_is_refused(tmp_path: Path) -> None:
    """Calls without fields take none."""
    async with serving_http(tmp_path) as served:
        refused = error_of(await served.post(f"{SESSIONS}/AVA/suspend", {"until": "noon"}))
        text = "body must have the right form: Object contains unknown field `until`"
        assert refused == (422, "bad_value", text)


async def test_a_body_is_bounded(tmp_path: Path) -> None:
    """64 KiB, announced or not; the connection goes on afterwards or ends, the venue goes on."""
    most = bodies.BODY_BYTES_MAX

    async def chunks() -> object:
        for _ in range(most // 1024 + 1):
            yield b" " * 1024

    async with serving_http(tmp_path) as served:
        announced = await refusal(served, b" " * (most + 1), content_type="application/json")
        text = f"body must be at most {most} bytes, was"
        assert announced == (413, "too_large", f"{text} {most + 1} bytes")
        response = await served.api.post(
            SESSIONS,
            content=chunks(),  # type: ignore[arg-type]
            headers={"Content-Type": "application/json"},
        )
        found = error_of((response.status_code, response.json()))
        assert found == (413, "too_large", f"{text} longer")
        largest = b'{"comp_id":"X","member":"AVA"'.ljust(most - 1) + b"}"
        headers = {"Content-Type": "application/json"}
        response = await served.api.post(SESSIONS, content=largest, headers=headers)
        assert response.status_code == 201


# Who is let in


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.0.0.1:1", "127.9.9.9:80", "localhost", "LOCALHOST:8080", "[::1]:8080"],
)
async def test_a_host_on_this_machine_is_ours(tmp_path: Path, host: str) -> None:
    """By whichever name and port, as behind a tunnel; its own pages may call."""
    async with serving_http(tmp_path) as served:
        own = {"Host": host, "Origin": f"http://{host.lower()}"}
        assert (await served.get("/healthz", Host=host))[0] == 200
        assert (await served.get("/healthz", **own))[0] == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example:8080",
        "127.0.0.1.evil.example",
        "10.0.0.1",
        "0.0.0.0",  # noqa: S104
        "[::]",
        "[fe80::1]:80",
        "127.0.0.1:80:80",
        "127.0.0.1@evil.example",
        "a b",
        "",
    ],
)
async def test_another_host_is_not_listened_to(tmp_path: Path, host: str) -> None:
    """A name that was made to point here (DNS rebinding) is still another name."""
    async with serving_http(tmp_path) as served:
        for method in ("GET", "POST", "DELETE"):
            path = f"{SESSIONS}/AVA" if method == "DELETE" else SESSIONS
            response = await served.api.request(method, path, headers={"Host": host})
            found = error_of((response.status_code, response.json()))
            was = host or "left out"
            text = f"Host must be localhost or a loopback address, was {was}"
            assert found == (403, "foreign_host", text)


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "http://127.0.0.1:1", "https://{own}", "http://{own}.evil", ""],
)
async def test_a_page_of_another_site_is_not_listened_to(tmp_path: Path, origin: str) -> None:
    """Nothing it asks for is done, looking included."""
    async with serving_http(tmp_path) as served:
        own = f"127.0.0.1:{served.port}"
        headers = {"Origin": origin.format(own=own)}
        for method, path in (("GET", STATUS), ("POST", f"{SESSIONS}/AVA/suspend")):
            response = await served.api.request(method, path, headers=headers)
            found = error_of((response.status_code, response.json()))
            assert found[:2] == (403, "foreign_origin")
        assert await served.session("AVA", "state") == ["active"]


async def test_a_request_without_host_is_refused(tmp_path: Path) -> None:
    """HTTP/1.0 may leave it out; here it may not."""
    async with serving_http(tmp_path) as served:
        answer = await served.raw(b"GET /healthz HTTP/1.0\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 403 ")


# Limits


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"8=FIX.4.4\x019=70\x0135=A\x01\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * limits.HEADER_BYTES_MAX * 2,
        b"POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
    ],
)
async def test_what_is_no_http_is_told_so(tmp_path: Path, data: bytes) -> None:
    """In JSON, and the connection ends."""
    async with serving_http(tmp_path) as served:
        answer = await served.raw(data)
        assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
        assert answer.endswith(b'{"error":{"code":"bad_http","message":"request must be HTTP/1.1 '
                               b'with headers of at most 16 KiB"}}')  # fmt: skip
        assert (await served.get("/healthz"))[0] == 200


@pytest.mark.parametrize("first", [b"", b"GET /healthz HTTP/1.1\r\nHost: local"])
async def test_headers_must_come_in_time(
    tmp_path: Path, first: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a new connection, and behind an answer; a trickle does not help."""
    monkeypatch.setattr(limits, "HEADER_SECONDS_MAX", 0.05)
    request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    async with serving_http(tmp_path) as served:
        assert await served.raw(first) == b""
        answer = await served.raw(request + first)
        assert answer.endswith(b'{"status":"ok"}')
        reader, writer = await asyncio.open_connection(served.host, served.port)
        ends = asyncio.create_task(reader.read())
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not ends.done():
                writer.write(b"X")
                await asyncio.wait([ends], timeout=0.005)
        writer.transport.abort()
        await asyncio.gather(ends, return_exceptions=True)
        await served.fix.until(lambda: not connections(served))


async def test_a_body_must_come_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest is not waited for."""
    monkeypatch.setattr(bodies, "BODY_SECONDS_MAX", 0.05)
    head = b"POST /api/v1/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n"
    async with serving_http(tmp_path) as served:
        answer = await served.raw(head + b"{")
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert answer.endswith(
            b'{"error":{"code":"too_slow","message":"body must have come within 0.05 seconds"}}'
        )


def connections(served: WebVenue) -> int:
    """How many HTTP connections the venue holds."""
    http = served.fix.venue._http
    assert http is not None
    return len(http._state.connections)


async def test_connections_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One too many is told so; when others have gone there is room again."""
    monkeypatch.setattr(limits, "CONNECTIONS_MAX", 3)
    async with serving_http(tmp_path) as served:
        held = [await asyncio.open_connection(served.host, served.port) for _ in range(3)]
        await served.fix.until(lambda: connections(served) == 3)
        answer = await served.raw(b"")
        assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
        assert b'"code":"too_many_connections"' in answer
        for _, writer in held:
            writer.transport.abort()
        await served.fix.until(lambda: not connections(served))
        assert (await served.get("/healthz"))[0] == 200


async def test_a_peer_that_does_not_read_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its answers do not gather without bound."""
    monkeypatch.setattr(limits, "UNREAD_SECONDS_MAX", 0.05)
    request = b"GET /api/v1/sessions HTTP/1.1\r\nHost: localhost\r\n\r\n"
    async with serving_http(tmp_path) as served:
        _, writer = await asyncio.open_connection(served.host, served.port)
        writer.write(request * 20_000)
        await served.fix.until(lambda: connections(served) == 1)
        await served.fix.until(lambda: not connections(served))
        writer.transport.abort()
        assert (await served.get("/healthz"))[0] == 200


async def test_requests_in_one_piece_are_answered_in_order(tmp_path: Path) -> None:
    """Each once, the connection ends with the last."""
    one = b"GET %b HTTP/1.1\r\nHost: localhost\r\n%b\r\n"
    async with serving_http(tmp_path) as served:
        paths = [b"/healthz", b"/nothing", b"/healthz"]
        data = b"".join(
            one % (path, b"Connection: close\r\n" if i == 2 else b"")
            for i, path in enumerate(paths)
        )
        answers = (await served.raw(data)).split(b"HTTP/1.1 ")[1:]
        assert [answer[:3] for answer in answers] == [b"200", b"404", b"200"]


# The end


async def test_a_stop_answers_what_was_asked_and_ends_the_rest(tmp_path: Path) -> None:
    """Idle connections do not hold it up, and a request that never ends does so for a moment."""
    async with serving(tmp_path) as fix:
        listening = listen("127.0.0.1", 0)
        await fix.venue.start_http(listening, config_of, VERSION)
        assert fix.venue.http_address is not None
        host, port = fix.venue.http_address
        idle = await asyncio.open_connection(host, port)
        asking = await asyncio.open_connection(host, port)
        asking[1].write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n")
        await asyncio.sleep(0)
    ends = [await reader.read() for reader, _ in (idle, asking)]
    for _, writer in (idle, asking):
        writer.transport.abort()
    assert ends == [b"", b""]
    with pytest.raises(OSError, match=r".*"):
        await asyncio.open_connection(host, port)


async def test_a_request_that_never_ends_does_not_hold_up_the_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is given up after a while."""
    monkeypatch.setattr(server, "CLOSE_SECONDS_MAX", 0.05)
    head = b"POST /api/v1/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n"
    async with serving_http(tmp_path) as served:
        reader, writer = await asyncio.open_connection(served.host, served.port)
        writer.write(head)
        http = served.fix.venue._http
        assert http is not None
        await served.fix.until(lambda: len(http._state.tasks) == 1)
        before = time.monotonic()
    assert time.monotonic() - before < bodies.BODY_SECONDS_MAX
    await asyncio.gather(reader.read(), return_exceptions=True)
    writer.transport.abort()


async def test_a_port_that_is_taken_is_an_error_before_anything_is_served() -> None:
    """And port 0 is any free one."""
    with listen("localhost", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(OSError, match="in use"):
            listen("localhost", port)


async def test_an_answer_does_not_wait_for_the_client_to_have_heard_the_last_one(
    tmp_path: Path,
) -> None:
    """Head and body of an answer are two writes: together with a delayed ACK 40 ms each time."""
    async with serving_http(tmp_path) as served:
        await served.get("/healthz")
        http = served.fix.venue._http
        assert http is not None
        (connection,) = http._state.connections
        sock = connection.transport.get_extra_info("socket")
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


async def test_another_client_library_is_served_too(tmp_path: Path) -> None:
    """One connection for many requests."""
    async with serving_http(tmp_path) as served:
        async with httpx.AsyncClient(base_url=f"http://localhost:{served.port}") as client:
            answers = [await client.get("/healthz") for _ in range(5)]
        assert [answer.status_code for answer in answers] == [200] * 5
        await served.fix.until(lambda: connections(served) == 0)
