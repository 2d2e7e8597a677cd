"""`fixpit session` against a running venue: tables, exit codes, and that passwords stay here."""

from __future__ import annotations

import asyncio
import io
import json
import socket
import sys
from pathlib import Path

import pytest

from gateway import cli
from gateway.session_command import DONE, MISUSED, REFUSED
from tests.gateway.web.web_venue import SESSIONS, WebVenue, serving_http

HEADS = "comp_id  member  role         state      connected  next_in  next_out  last_refusal"


async def fixpit(served: WebVenue, *arguments: str) -> int:
    """Run `fixpit session` beside the venue; returns its exit code."""
    argv = ["session", "--http", f"{served.host}:{served.port}", *arguments]
    return await asyncio.to_thread(cli.main, argv)


async def test_sessions_are_listed_as_a_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line each under heads; what came from outside cannot write on the terminal."""
    async with serving_http(tmp_path) as served:
        await served.fix.logged_on("AVA")
        await served.post(f"{SESSIONS}/SEB/suspend")
        served.fix.venue._sessions.by_comp_id["SWB"].refused = "a\x1b[2Jb"
        capsys.readouterr()
        assert await fixpit(served, "list") == DONE
        assert capsys.readouterr().out.splitlines() == [
            HEADS,
            "AVA      AVA     order-entry  active     yes        2        2         -",
            "NON      NON     order-entry  active     no         1        1         -",
            "SEB      SEB     order-entry  suspended  no         1        1         -",
            "SHB      SHB     order-entry  active     no         1        1         -",
            r"SWB      SWB     order-entry  active     no         1        1         a\x1b[2Jb",
        ]


async def test_a_session_is_added_shown_and_removed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its password comes from a pipe, and only a hash goes to the venue."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("sesame seeds\n"))
    sets = [
        *("--set", "role=order-entry", "--set", "throttle=100", "--set", "may_reset=false"),
        *("--set", "open=00:00:00", "--set", "close=23:59:59"),
        *("--set", 'allow_from=["127.0.0.1", "10.0.0.0/8"]'),
    ]
    async with serving_http(tmp_path) as served:
        assert await fixpit(served, "add", "AVA2", "--member", "AVA", "--password", *sets) == DONE
        hashed = served.fix.venue._sessions.by_comp_id["AVA2"].hashed
        client = served.fix.client("AVA2")
        assert (await client.logon("98=0|108=30|554=sesame seeds")).startswith("35=A|")
        await client.logout()
        await served.fix.until_gone("AVA2")
        capsys.readouterr()
        assert await fixpit(served, "show", "AVA2") == DONE
        said = capsys.readouterr().out
        rows = dict(line.split(maxsplit=1) for line in said.splitlines())
        keys = "password next_in throttle may_reset open close allow_from"
        assert [rows[key] for key in keys.split()] == [
            *("yes", "3", "100", "no", "00:00:00", "23:59:59", "127.0.0.1, 10.0.0.0/8")
        ]
        assert "begin_string" not in rows
        assert hashed not in said
        assert await fixpit(served, "remove", "AVA2") == DONE
        assert capsys.readouterr().out.splitlines()[-1] == "AVA2 is removed"
        assert (await served.get(f"{SESSIONS}/AVA2"))[0] == 404


async def test_a_session_is_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each action shows the session as it is then."""
    async with serving_http(tmp_path) as served:
        seen = []
        for action in (
            ("suspend", "AVA"),
            ("resume", "AVA"),
            ("sequence", "AVA", "--next-in", "7", "--next-out", "9"),
            ("sequence", "AVA", "--next-in", "5"),
            ("reset", "AVA"),
            ("disconnect", "AVA"),
        ):
            capsys.readouterr()
            assert await fixpit(served, *action) == DONE
            row = capsys.readouterr().out.splitlines()[-1].split()
            seen.append((row[0], row[3], row[5], row[6]))
        assert seen == [
            ("AVA", "suspended", "1", "1"),
            ("AVA", "active", "1", "1"),
            ("AVA", "active", "7", "9"),
            ("AVA", "active", "5", "9"),
            ("AVA", "active", "1", "1"),
            ("AVA", "active", "1", "1"),
        ]


async def test_the_answer_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For scripts: the JSON of the API."""
    async with serving_http(tmp_path) as served:
        assert await fixpit(served, "--json", "show", "AVA") == DONE
        assert json.loads(capsys.readouterr().out) == (await served.get(f"{SESSIONS}/AVA"))[1]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("show NOBODY", "comp_id must be that of a session, was NOBODY"),
        ("show A?B", "comp_id must be that of a session, was A?B"),
        ("remove AVA", "comp_id must be a session that is not in the venue file, was AVA"),
        ("add AVA --member AVA", "comp_id must be new, was AVA"),
        ("add B --member ZZ", "member: must be the id of one of the members"),
        ("add B --member AVA --set role=boss", "role: must be one of order-entry, "),
        ("sequence AVA", "next_in or next_out must be given, both were left out"),
        ("sequence AVA --next-in 0", "next_in must be 1 to 999999999, was 0"),
    ],
)
async def test_a_refusal_is_told(
    tmp_path: Path, arguments: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """On stderr in the venue's words, with exit code 1."""
    async with serving_http(tmp_path) as served:
        assert await fixpit(served, *arguments.split()) == REFUSED
        said = capsys.readouterr()
        assert (said.err[: len(text) + 16], "comp_id  member" in said.out) == (
            f"fixpit session: {text}",
            False,
        )


def test_no_venue_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody listens, or the address is none: exit code 2."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    for address in (f"127.0.0.1:{port}", "localhost", ":8080", "localhost:http", "localhost:99999"):
        assert cli.main(["session", "--http", address, "list"]) == MISUSED
        said = capsys.readouterr().err
        assert address in said
        assert said.startswith("fixpit session: ")


async def test_another_server_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """What answers without JSON is no venue: exit code 2."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    code = await asyncio.to_thread(cli.main, ["session", "--http", address, "list"])
    server.close()
    assert (code, "is not that of a venue" in capsys.readouterr().err) == (MISUSED, True)


def test_an_empty_password_is_not_sent(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 2, before the venue hears of it."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n"))
    assert cli.main(["session", "add", "B", "--member", "AVA", "--password"]) == MISUSED
    assert capsys.readouterr().err == "fixpit session: password must not be empty\n"


def test_a_setting_without_value_is_a_wrong_option(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, by the parser of options."""
    with pytest.raises(SystemExit) as caught:
        cli.main(["session", "add", "B", "--member", "AVA", "--set", "role"])
    assert (caught.value.code, "must be KEY=VALUE, was role" in capsys.readouterr().err) == (
        2,
        True,
    )
