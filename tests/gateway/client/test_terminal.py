"""`fixpit client` as a process: options, script, pipe, exit codes, state file."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import pty
import sys
from pathlib import Path

import pytest

from gateway.client import terminal
from tests.gateway.client.venue import Answers, venue

NEW = (
    "35=8|37=O7|17=1|11={11}|55={55}|54={54}|38={38}|40={40}|44={44}"
    "|150=0|39=0|151={38}|14=0|6=0|60=20261122-12:01:03.5"
)
NEW_LINE = "12:01:03.5 NEW      O7 buy 0/100 ERIC-B @ 87.30, leaves 100"
HELLO = "logged on as AVA at PIT, FIX.4.4, heartbeat 30 s"
CLIENT = (
    "import argparse, sys; from gateway.client import terminal; p = argparse.ArgumentParser();"
    "terminal.add_arguments(p); sys.exit(terminal.run(p.parse_args()))"
)


def parsed(*args: str) -> argparse.Namespace:
    """The options as the command line gives them."""
    parser = argparse.ArgumentParser()
    terminal.add_arguments(parser)
    return parser.parse_args(args)


async def client(
    *args: str, answers: Answers | None = None, typed: bytes = b""
) -> tuple[int | None, str, str]:
    """Run the client as a process against a venue; return exit code, output and complaints."""
    async with venue(answers or {"D": [NEW]}) as port, asyncio.timeout(20):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", CLIENT, "--port", str(port), "--timeout", "5", *args),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate(typed)
    return process.returncode, out.decode(), err.decode()


async def test_a_script_from_a_file(tmp_path: Path) -> None:
    """The file is the one argument."""
    script = tmp_path / "script.txt"
    script.write_text("buy 100 ERIC-B @ 87.30\nexpect new id=O7\n")
    assert await client(str(script)) == (0, f"{HELLO}\n{NEW_LINE}\nlogged out\n", "")


async def test_a_script_from_a_pipe() -> None:
    """Without a file, standard input is the script, the last line with or without its end."""
    typed = b"buy 100 ERIC-B @ 87.30\nexpect new"
    assert await client(typed=typed) == (0, f"{HELLO}\n{NEW_LINE}\nlogged out\n", "")


async def test_a_failing_script_ends_with_1() -> None:
    """The complaint goes to standard error and names the line."""
    code, _, complaint = await client(typed=b"\nexpect fill within=0.05\n")
    assert (code, complaint) == (
        1,
        "fixpit client: line 2: expect fill: not within 0.05 s; since the last match came: none\n",
    )


async def test_the_state_file_carries_the_numbers_to_the_next_run(tmp_path: Path) -> None:
    """Logon, order and Logout are three messages; without a reset the next is the fourth."""
    state = tmp_path / "state.json"
    first = await client("--state", str(state), typed=b"buy 100 ERIC-B @ 87.30\n")
    assert (first[0], json.loads(state.read_text())) == (
        0,
        {"sender": "AVA", "target": "PIT", "next_out": 4, "next_in": 4},
    )


def test_a_bad_line_in_a_file_is_told_before_anything_is_sent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, and no venue is needed to find out."""
    script = tmp_path / "script.txt"
    script.write_text("buy 100 ERIC-B @ 87.30\nsell\n")
    assert (terminal.run(parsed(str(script), "--port", "1")), capsys.readouterr().err) == (
        2,
        f"fixpit client: {script}:2: sell must have quantity, was missing\n",
    )


@pytest.mark.parametrize(
    ("args", "complaint"),
    [
        (("a", "--script", "b"), "script must be given once, was given twice"),
        (("/nonexistent",), "[Errno 2] No such file or directory: '/nonexistent'"),
        (("/dev/null", "--ca", "/nonexistent"), "/nonexistent: No such file or directory"),
        (("/dev/null", "--key", "/x"), "/x: a key needs its certificate, was missing"),
        (
            ("/dev/null", "--password-file", "/nonexistent"),
            "[Errno 2] No such file or directory: '/nonexistent'",
        ),
    ],
)
def test_wrong_options_end_with_2(
    args: tuple[str, ...], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line, no traceback."""
    assert (terminal.run(parsed(*args)), capsys.readouterr().err) == (
        2,
        f"fixpit client: {complaint}\n",
    )


async def test_a_terminal_has_a_prompt_that_reports_move_aside() -> None:
    """What is typed is echoed by the terminal; a report clears the line and prompts again."""
    keyboard, tty = pty.openpty()
    async with venue({"D": [NEW]}) as port, asyncio.timeout(20):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", CLIENT, "--port", str(port)),
            stdin=tty,
            stdout=tty,
            stderr=tty,
        )
        os.close(tty)
        screen = await _until(keyboard, "", "AVA> ")
        os.write(keyboard, b"buy 100 ERIC-B @ 87.30\n")
        screen = await _until(keyboard, screen, f"{NEW_LINE}\r\nAVA> ")
        os.write(keyboard, b"quit\n")
        screen = await _until(keyboard, screen, "logged out\r\n")
        code = await process.wait()
        os.close(keyboard)
    assert (code, screen.replace("\r\x1b[K", "").split("\r\n")) == (
        0,
        [
            HELLO,
            "help lists the commands",
            "AVA> buy 100 ERIC-B @ 87.30",
            f"AVA> {NEW_LINE}",
            "AVA> quit",
            "AVA> logged out",
            "",
        ],
    )


async def _until(keyboard: int, screen: str, end: str) -> str:
    """Read the screen until it shows `end`."""
    while end not in screen:
        screen += (await asyncio.to_thread(os.read, keyboard, 4096)).decode()
    return screen.partition("logged out\r\n")[0] + "logged out\r\n" * ("logged out" in screen)


@pytest.mark.parametrize(
    ("args", "begin_string"),
    [
        ((), "FIX.4.4"),
        (("--version", "4.2"), "FIX.4.2"),
        (("--version", "4.4"), "FIX.4.4"),
        (("--version", "5.0SP2"), "FIXT.1.1"),
        (("--begin-string", "FIXT.1.1"), "FIXT.1.1"),
    ],
)
def test_the_version_goes_by_either_name(args: tuple[str, ...], begin_string: str) -> None:
    """As people say it, or as BeginString(8) has it."""
    assert parsed(*args).begin_string == begin_string


def test_another_version_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """With the list of those there are."""
    with pytest.raises(SystemExit):
        parsed("--version", "5.0")
    assert capsys.readouterr().err.endswith("must be 4.2, 4.4, 5.0SP2, was 5.0\n")
