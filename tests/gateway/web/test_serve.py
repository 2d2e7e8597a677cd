"""`fixpit serve` with the control API: the ready line, options, stops, and death."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from gateway import cli
from tests.support.process import CHECKOUT, STOP_SECONDS_MAX, Client, VenueProcess, run_serve

SESSIONS = "/api/v1/sessions"


def call(venue: VenueProcess, method: str, path: str, body: object = None) -> tuple[int, object]:
    """Status and JSON of one call."""
    address = venue.ready["http"]
    connection = http.client.HTTPConnection(address["host"], address["port"], timeout=20)
    data = None if body is None else json.dumps(body)
    headers = {} if body is None else {"Content-Type": "application/json"}
    connection.request(method, path, data, headers)
    response = connection.getresponse()
    answer = response.read()
    connection.close()
    return response.status, json.loads(answer or b"null")


def test_the_ready_line_says_where_the_api_is(tmp_path: Path) -> None:
    """It is there then; a stop ends it in time, open connections or not."""
    with VenueProcess(tmp_path, "--http-port", "0") as venue:
        address = venue.ready["http"]
        status, shown = call(venue, "GET", "/api/v1/status")
        assert isinstance(shown, dict)
        keys = ("version", "sync", "http", "fix")
        assert (status, [shown[key] for key in keys]) == (200, [venue.ready[key] for key in keys])
        with socket.create_connection((address["host"], address["port"])) as idle:
            assert (venue.stop(), venue.rest) == (cli.CLEAN, "")
            assert idle.recv(1) == b""


@pytest.mark.parametrize("host", ["127.0.0.2", "localhost", "::1"])
def test_other_names_of_this_machine(tmp_path: Path, host: str) -> None:
    """Any loopback address will do."""
    with VenueProcess(tmp_path, "--http-host", host, "--http-port", "0") as venue:
        assert call(venue, "GET", "/healthz") == (200, {"status": "ok"})
        assert venue.stop() == cli.CLEAN


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (
            ("--http-host", "0.0.0.0"),  # noqa: S104
            "arguments: --http-host: must be localhost or a loopback address, was 0.0.0.0",
        ),
        (
            ("--http-host", "example.org", "--http-port", "0"),
            "arguments: --http-host: must be localhost or a loopback address, was example.org",
        ),
        (
            ("--http-port", "65536"),
            "arguments: --http-port: must be 0 (any free port) to 65535, or -1 (off), was 65536",
        ),
        (
            ("--http-port", "-2"),
            "arguments: --http-port: must be 0 (any free port) to 65535, or -1 (off), was -2",
        ),
    ],
)
def test_options_that_may_not_be(tmp_path: Path, options: tuple[str, str], complaint: str) -> None:
    """Exit code 2 and a sentence; nothing is created."""
    run = run_serve(*options, data_dir=tmp_path / "data")
    assert (run.returncode, run.stdout, run.stderr) == (
        cli.BAD_CONFIGURATION,
        "",
        f"fixpit: {complaint}\n",
    )
    assert not (tmp_path / "data").exists()


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    """Exit code 2 and a sentence, before any member is admitted."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = run_serve("--http-port", str(port), data_dir=tmp_path)
    text = f"fixpit: cannot serve HTTP at 127.0.0.1:{port}: Address already in use\n"
    assert (run.returncode, run.stdout, run.stderr) == (cli.BAD_CONFIGURATION, "", text)


def test_without_http_its_libraries_are_not_loaded() -> None:
    """A start does not pay for what is off."""
    code = (
        "import sys, gateway.cli; "
        "print([m for m in ('starlette', 'uvicorn', 'h11', 'http.client') if m in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=CHECKOUT, check=True
    )
    assert run.stdout == "[]\n"


def test_what_was_answered_survives_the_process(tmp_path: Path) -> None:
    """Killed right after the answer: the session is there and may log on."""
    with VenueProcess(tmp_path, "--http-port", "0") as venue:
        assert call(venue, "POST", SESSIONS, {"comp_id": "AVA2", "member": "AVA"})[0] == 201
        assert call(venue, "POST", f"{SESSIONS}/AVA/suspend")[0] == 200
        venue.kill()
    with VenueProcess(tmp_path, "--http-port", "0") as venue, Client("AVA2") as client:
        client.logon(venue.port)
        _, shown = call(venue, "GET", f"{SESSIONS}/AVA")
        assert isinstance(shown, dict)
        assert shown["state"] == "suspended"
        assert venue.stop() == cli.CLEAN


def test_market_time_that_stands_still_is_moved(tmp_path: Path) -> None:
    """It begins where the options say and goes where the API says, over a restart too."""
    options = ("--http-port", "0", "--market-speed", "0")
    path = "/api/v1/market-time"
    with VenueProcess(tmp_path, *options, "--market-time", "2026-11-25T08:00:00") as venue:
        seen = [call(venue, "GET", "/api/v1/status")[1]]
        moves = ({"advance_seconds": 60}, {"to": "2026-11-25T12:00:00"})
        seen += [call(venue, "POST", path, move)[1] for move in moves]
        venue.kill()
    with VenueProcess(tmp_path, *options, "--market-time", "2026-11-25T12:00:00") as venue:
        seen.append(call(venue, "GET", "/api/v1/status")[1])
        assert venue.stop() == cli.CLEAN
    assert [shown["market_time"][11:19] for shown in seen if isinstance(shown, dict)] == [
        "08:00:00",
        "08:01:00",
        "12:00:00",
        "12:00:00",
    ]
    last = seen[-1]
    assert isinstance(last, dict)
    assert last["market_speed"] == 0


def test_reload_reads_the_file_that_serve_was_given(tmp_path: Path) -> None:
    """As SIGHUP does; a mistake in it is answered with its line."""
    file = tmp_path / "venue.toml"
    text = (CHECKOUT / "fix_specs" / "venue" / "demo.toml").read_text()
    file.write_text(text)
    with VenueProcess(tmp_path / "data", "--config", str(file), "--http-port", "0") as venue:
        file.write_text(text + '\n[[sessions]]\ncomp_id = "NEW"\nmember = "AVA"\n')
        assert call(venue, "POST", "/api/v1/reload") == (200, {"changed": ["NEW"]})
        file.write_text("[venue\n")
        status, shown = call(venue, "POST", "/api/v1/reload")
        assert isinstance(shown, dict)
        assert (status, f"{file}:1: must be TOML" in shown["error"]["message"]) == (422, True)
        assert call(venue, "GET", f"{SESSIONS}/NEW")[0] == 200
        venue.ask_to_stop(signal.SIGTERM)
        assert venue.wait(STOP_SECONDS_MAX) == cli.CLEAN
