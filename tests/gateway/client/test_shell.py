"""The client against a venue on a socket: scripts, their failures, what is shown."""

from __future__ import annotations

import asyncio

import pytest

from gateway.client.events import SessionConfig
from gateway.client.shell import FAILED, MISUSED, OK, Line, Shell, ShellConfig
from tests.gateway.client.venue import CUT, Answers, venue

REPORT = "35=8|37=O7|17=1|11={11}|55={55}|54={54}|38={38}|40={40}|44={44}|60=20261122-12:01:03.5"
NEW = f"{REPORT}|150=0|39=0|151={{38}}|14=0|6=0"
FILL = f"{REPORT}|150=F|39=2|151=0|14={{38}}|6={{44}}|32={{38}}|31={{44}}|382=1|375=NON"
NEW_LINE = "12:01:03.5 NEW      O7 buy 0/100 ERIC-B @ 87.30, leaves 100"
FILL_LINE = "12:01:03.5 FILL     O7 buy 100/100 ERIC-B @ 87.30, last 100 @ 87.30 from NON, leaves 0"
HELLO = "logged on as AVA at PIT, FIX.4.4, heartbeat 30 s"
BUY = "buy 100 ERIC-B @ 87.30"


async def play(
    script: str,
    answers: Answers,
    *,
    interactive: bool = False,
    raw: bool = False,
    timeout: float = 5,  # noqa: ASYNC109  the client's own, for what does not come
) -> tuple[int, list[str], list[str]]:
    """Run a script against a venue and return exit code, what was shown and complaints."""
    shown: list[str] = []
    complaints: list[str] = []
    config = ShellConfig(interactive=interactive, raw=raw, timeout=timeout)
    async with venue(answers) as port, asyncio.timeout(10):
        shell = Shell(config, SessionConfig("AVA", "PIT"), shown.append, complaints.append)
        code = FAILED
        if await shell.log_on("127.0.0.1", port):
            for number, text in enumerate(script.splitlines(), start=1):
                shell.lines.put_nowait(Line(text, f"{number}: "))
            shell.lines.put_nowait(None)
            code = await shell.run()
            await shell.leave()
        await shell.abandon()
    return code, shown, complaints


async def test_a_script_trades_and_logs_out() -> None:
    """Each report is one line; at the end the client waits, logs out and is content."""
    script = f"# the whole life\n{BUY}\nexpect new\nexpect filled last=87.30 qty=100 contra=NON"
    assert await play(script, {"D": [NEW, FILL]}) == (
        OK,
        [HELLO, NEW_LINE, FILL_LINE, "logged out"],
        [],
    )


@pytest.mark.parametrize(
    ("script", "complaints"),
    [
        (
            f"{BUY}\nexpect canceled text~x",
            [
                "2: expect canceled text~x: not within 0.5 s; since the last match came:"
                f"\n    {NEW_LINE}"
            ],
        ),
        (
            f"{BUY}\nexpect new within=5\nexpect fill within=0.05",
            ["3: expect fill: not within 0.05 s; since the last match came: none"],
        ),
        (f"{BUY}\nexpect nothing new within=5", [f"2: expect nothing new: came {NEW_LINE}"]),
        (f"{BUY}\ncancel as C\nwait", ["3: wait: not within 0.5 s; without an answer: C"]),
        (f"{BUY}\ncancel as C", ["wait: not within 0.5 s; without an answer: C"]),
        ("cancel", ["1: there is no working order"]),
    ],
)
async def test_a_script_that_is_let_down_ends_with_1(script: str, complaints: list[str]) -> None:
    """The complaint names the line, what was awaited and what came instead."""
    code, _, said = await play(script, {"D": [NEW]}, timeout=0.5)
    assert (code, said) == (FAILED, complaints)


async def test_a_line_that_is_no_command_ends_a_script_with_2() -> None:
    """Lines from a pipe are read one by one; the first bad one is the last."""
    code, _, said = await play("bye\nalso bad", {})
    assert (code, said) == (MISUSED, ["1: command must be one that help lists, was 'bye'"])


async def test_expecting_nothing_succeeds_when_nothing_comes() -> None:
    """What came before the last match does not count, nor do other kinds."""
    script = f"{BUY}\nexpect new\nexpect nothing within=0.05"
    assert (await play(script, {"D": [NEW]}))[0] == OK


async def test_a_lost_connection_ends_a_script_with_1() -> None:
    """The reason is told once, and again by the command that needed the session."""
    code, _, said = await play(f"{BUY}\nexpect new\n{BUY}", {"D": [CUT]})
    reason = "the venue closed the connection without a Logout(5)"
    assert (code, said) == (
        FAILED,
        [reason, f"2: expect new: {reason}; since the last match came: none"],
    )


async def test_a_logout_of_the_venue_may_be_expected() -> None:
    """A script about the venue closing down is a success."""
    script = f"{BUY}\nexpect logout text~closes"
    code, _, _ = await play(script, {"D": ["35=5|58=venue closes", CUT]})
    assert code == OK


async def test_a_refused_logon_is_told() -> None:
    """The venue's reason is on the screen, and the exit code is 1."""
    assert await play("", {"A": ["35=5|58=logon refused", CUT]}) == (
        FAILED,
        [],
        ["the venue refused the Logon(A): logon refused"],
    )


async def test_a_venue_that_is_not_there_is_told() -> None:
    """No traceback, one line."""
    said: list[str] = []
    async with venue({}) as port:
        pass
    config = ShellConfig(interactive=False, raw=False, timeout=1)
    shell = Shell(config, SessionConfig("AVA", "PIT"), said.append, said.append)
    stands = await shell.log_on("127.0.0.1", port)
    await shell.abandon()
    assert (stands, said) == (
        False,
        [f"cannot connect to 127.0.0.1:{port}: Connection refused"],
    )


async def test_at_a_terminal_a_failure_is_told_and_the_next_line_read() -> None:
    """Only `logout`, the end of input or of the session ends an interactive run."""
    script = f"bye\ncancel\n{BUY} as A\nexpect new\norders\nlogout\norders"
    code, shown, said = await play(script, {"D": [NEW]}, interactive=True)
    assert (code, shown[2:], said) == (
        OK,
        ["A buy 0/100 ERIC-B @ 87.30, new, leaves 100", "logged out"],
        ["1: command must be one that help lists, was 'bye'", "2: there is no working order"],
    )


async def test_drop_leaves_without_a_logout() -> None:
    """For scripts about what a venue does when a connection is lost."""
    _, shown, said = await play("drop", {}, raw=True)
    assert (shown[-1], [line for line in shown if "35=5" in line], said) == (
        "dropped the connection without a Logout(5)",
        [],
        [],
    )


async def test_a_test_request_is_answered_in_time() -> None:
    """`test` shows how long the answer took."""
    _, shown, _ = await play("test\nwait", {})
    assert shown[1].startswith("alive, answered T1 in ")


async def test_raw_shows_every_message_with_secrets_masked() -> None:
    """Both directions, with `|`."""
    _, shown, _ = await play("send 35=BE|923=1|553=ava|554=pw", {}, raw=True)
    (sent,) = [line for line in shown if "35=BE" in line]
    parts = [part for part in sent.split("|") if part[:3] not in ("52=", "10=")]
    assert parts == [
        *("> 8=FIX.4.4", "9=71", "35=BE", "49=AVA", "56=PIT", "34=2"),
        *("923=1", "553=ava", "554=***"),
    ]


async def test_what_the_venue_writes_cannot_move_the_cursor() -> None:
    """Control characters in a text are written out."""
    _, shown, _ = await play(f"{BUY}\nwait", {"D": ["35=j|45=2|372=D|380=0|58=\x1b[2Jgone"]})
    assert shown[1].endswith(" (MsgType D): \\x1b[2Jgone")
