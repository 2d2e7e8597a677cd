"""One script against a venue of each FIX version: the client says the same of all three."""

from __future__ import annotations

import asyncio

import pytest

from gateway.client.events import SessionConfig
from gateway.client.shell import OK, Line, Shell, ShellConfig
from tests.gateway.client.venue import Answers, venue

REPORT = "35=8|37=O7|11={11}|55={55}|54={54}|38={38}|40={40}|44={44}|60=20261122-12:01:03.500"
NEW = f"{REPORT}|17=1|150=0|39=0|151={{38}}|14=0|6=0"
PART = f"{REPORT}|17=2|39=1|151=60|14=40|6=87.30|32=40|31=87.30"
REST = f"{REPORT}|17=3|39=2|151=0|14=100|6=87.30|32=60|31=87.30"
CONTRA, PARTY = "382=1|375=NON", "453=2|448=AVA|447=D|452=1|448=NON|447=D|452=17"
ANSWERS = {
    "FIX.4.2": {
        "A": ["35=A|98=0|108=30|141=Y"],
        "D": [
            f"{NEW}|20=0",
            f"{PART}|20=0|150=1|{CONTRA}|198=T5",
            f"{REST}|20=0|150=2|{CONTRA}|198=T6",
        ],
    },
    "FIX.4.4": {
        "A": ["35=A|98=0|108=30|141=Y"],
        "D": [NEW, f"{PART}|150=F|{CONTRA}|527=T5", f"{REST}|150=F|{CONTRA}|527=T6"],
    },
    "FIXT.1.1": {
        "A": ["35=A|98=0|108=30|141=Y|1137=9"],
        "D": [NEW, f"{PART}|150=F|{PARTY}|880=T5", f"{REST}|150=F|{PARTY}|880=T6"],
    },
}
SCRIPT = """\
buy 100 ERIC-B @ 87.30 as A
expect new
expect partial qty=40 contra=NON trade=T5
expect filled qty=60 leaves=0 contra=NON trade=T6
"""


async def play(begin_string: str, answers: Answers) -> tuple[int, list[str]]:
    """Run the script and return the exit code and the lines."""
    said: list[str] = []
    config = ShellConfig(interactive=False, raw=False, timeout=1)
    session = SessionConfig("AVA", "PIT", begin_string)
    async with venue(answers) as port, asyncio.timeout(10):
        shell = Shell(config, session, said.append, said.append)
        assert await shell.log_on("127.0.0.1", port), said
        for text in (*SCRIPT.splitlines(), None):
            shell.lines.put_nowait(None if text is None else Line(text))
        code = await shell.run()
        await shell.leave()
    return code, said


@pytest.mark.parametrize("begin_string", ANSWERS)
async def test_every_version_comes_out_in_the_same_words(begin_string: str) -> None:
    """Fills as ExecType F or 1 and 2, the match as 198, 527 or 880, the counterparty either way."""
    order = "@ 87.30, last"
    assert await play(begin_string, ANSWERS[begin_string]) == (
        OK,
        [
            f"logged on as AVA at PIT, {begin_string}, heartbeat 30 s",
            "12:01:03.500 NEW      A buy 0/100 ERIC-B @ 87.30, leaves 100",
            f"12:01:03.500 FILL     A buy 40/100 ERIC-B {order} 40 @ 87.30 from NON,"
            " leaves 60, trade T5",
            f"12:01:03.500 FILL     A buy 100/100 ERIC-B {order} 60 @ 87.30 from NON,"
            " leaves 0, trade T6",
            "logged out",
        ],
    )
