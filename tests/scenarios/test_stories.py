"""Plays the stories of story/*.fix against a real venue over TCP and compares the tapes.

A story is a tape: who sends what, what each session receives, in order. The player sends the
`>` lines, and writes for every other line what really happened, in the form of that line; the tape
played must be the tape written. The language:

    WHO logon [fields]   connect and send a Logon, by default with 98=0|108=30; it is answered
    WHO connect          only connect
    WHO > fields         send a message; header and TransactTime(60) are added if not given
    WHO < fields         the next message received: the tags named are compared, and MsgType(35)
    WHO logout           send a Logout; its answer and the end of the connection follow
    WHO drop             break the connection without a word; the venue has noticed it
    WHO end              the venue has closed the connection
    clock +SECONDS       market and session time pass, once all that was sent has been taken
    tape ...             the trade's line in the history, made of the two reports of one match:
                         SYMBOL QTY @ PRICE BUYER | SELLER, each code as its counterparty was told

Values: * present, with any value; - absent; {name} bound where first met, equal ever after.
A message is never passed over: at the end every session is asked whether more had come.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from gateway import timers
from gateway.fix.versions import FIX44
from tests.support.fix import pairs_of
from tests.support.fix_venue import Fields, FixVenue, HandClock, config_of, fields_of, serving
from tests.support.reports import complaints
from tests.support.scenario_table import presence_complaints

FOLDER = Path(__file__).parent / "story"
STORIES = sorted(path.stem for path in FOLDER.glob("*.fix"))

TIMER_PERIOD_SECONDS = 0.01
"""How soon the venue sees that the hand clock was moved."""

_NAMED = re.compile(r"{(\w+)}")


class Line(NamedTuple):
    """One line of a story: `AVA > 35=D|...`."""

    who: str
    verb: str
    rest: str

    def __str__(self) -> str:
        return " ".join(part for part in self if part)


def story_lines(text: str) -> Iterator[Line]:
    """The lines that are played; comments and blank lines are for the reader."""
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            who, verb, rest = [*line.split(None, 2), "", ""][:3]
            yield Line(who, verb, rest)


class Player:
    """Plays one story; `tape` is what happened so far."""

    def __init__(self, served: FixVenue, clock: HandClock) -> None:
        self.tape: list[str] = []
        self._served = served
        self._clock = clock
        self._bound: dict[str, str] = {}
        self._halves: dict[str, Fields] = {}
        self._trades: list[str] = []
        self._exec_ids: set[str] = set()

    async def play(self, lines: list[Line]) -> None:
        """All lines; stops where the venue leaves a client waiting."""
        try:
            for line in lines:
                self.tape.append(await self._happened(line))
            for who, client in self._served.clients.items():
                if client.connected:
                    self.tape += [f"{who} < {more}" for more in await client.so_far()]
            self.tape += self._trades
        except (TimeoutError, EOFError) as error:
            self.tape.append(repr(error))

    async def _happened(self, line: Line) -> str:
        """Do what the line says; returns the line as it was found to be."""
        if line.who == "clock":
            await self._served.until_taken()
            self._clock.advance(float(line.verb))
            return str(line)
        if line.who == "tape":
            return self._trades.pop(0) if self._trades else "tape: no trade"
        client = self._served.client(line.who)
        match line.verb:
            case "connect":
                await client.connect()
            case "logon":
                answer = await client.logon(line.rest or "98=0|108=30")
                return str(line) if answer.startswith("35=A|") else f"{line.who} < {answer}"
            case ">":
                client.send(self._filled(line.rest))
            case "<":
                return f"{line.who} < {self._seen(line.rest, await client.receive_fields())}"
            case "logout":
                *more, last = await client.logout()
                return "\n".join([*more, str(line) if last.startswith("35=5|") else last])
            case "drop":
                await client.drop()
                await self._served.until_gone(line.who)
            case "end":
                return "\n".join([*await client.rest(), str(line)])
            case _:
                raise ValueError(f"a story line must be in the language, was {line}")
        return str(line)

    def _filled(self, text: str) -> str:
        """The message to send: {names} replaced, TransactTime(60) where the type has one."""
        text = _NAMED.sub(lambda found: self._bound[found[1]], text)
        if re.match("35=[DFGq]([|]|$)", text) and "|60=" not in text:
            text += f"|60={self._clock.text()}"
        return text

    def _seen(self, expected: str, fields: Fields) -> str:
        """The received message, written as `expected` writes it where it agrees."""
        self._note_fill(fields)
        actual = dict(reversed(fields))
        wanted = fields_of(expected)
        if dict(wanted).get("35") != actual["35"]:
            wanted = [(tag, "") for tag in actual]
        return "|".join(
            f"{tag}={self._value(pattern, actual[tag])}" if tag in actual else f"{tag}=-"
            for tag, pattern in wanted
        )

    def _value(self, pattern: str, actual: str) -> str:
        if pattern == "*":
            return pattern
        name = _NAMED.fullmatch(pattern)
        if name is not None and self._bound.setdefault(name[1], actual) == actual:
            return pattern
        return actual

    def _note_fill(self, fields: Fields) -> None:
        """When both reports of a match are there, the trade is on the tape."""
        report = dict(fields)
        if report.get("150") != "F" or report["17"] in self._exec_ids:
            return
        self._exec_ids.add(report["17"])
        other = dict(self._halves.pop(report["527"], []))
        if not other:
            self._halves[report["527"]] = fields
            return
        buy, sell = (report, other) if report["54"] == "1" else (other, report)
        what = [f"{side['55']} {side['32']} @ {side['31']}" for side in (buy, sell)]
        assert what[0] == what[1], "both sides of a trade must be told the same"
        # Each side is told who the other one is.
        self._trades.append(f"tape {what[0]} {sell['375']} | {buy['375']}")


@pytest.mark.parametrize("story", STORIES)
async def test_the_tape_played_is_the_tape_written(
    story: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a story says is sent is answered, to every session, as the story says, and all of it
    is what a stock dictionary and the table of scenarios allow.
    """
    monkeypatch.setattr(timers, "PERIOD_SECONDS_MAX", TIMER_PERIOD_SECONDS)
    lines = list(story_lines((FOLDER / f"{story}.fix").read_text(encoding="utf-8")))
    clock = HandClock()
    async with serving(tmp_path, config_of(FOLDER / "venue.toml"), clock=clock) as served:
        player = Player(served, clock)
        await player.play(lines)
        heard = [data for client in served.clients.values() for data in client.heard]
    assert "\n".join(player.tape) == "\n".join(map(str, lines))
    assert [text for data in heard for text in complaints(data)] == []
    assert [text for data in heard for text in presence_complaints(pairs_of(data), FIX44)] == []
