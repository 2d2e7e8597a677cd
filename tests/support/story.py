"""The language of stories and its player: what clients of a served venue say and hear, as a tape.

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
    market HH:MM:SS      market time of a venue process is moved to that time of its day
    tape ...             the trade's line in the history, made of the two reports of one match:
                         SYMBOL QTY @ PRICE BUYER | SELLER, each code as its counterparty was told

Values: * present, with any value; - absent; {name} bound where first met, equal ever after.
A message is never passed over: at the end every session is asked whether more had come.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple, Protocol

from tests.support.fix_venue import Fields, FixClient, fields_of


class Stage(Protocol):
    """Where a story is played: a venue that is served, its clients and its time."""

    @property
    def clients(self) -> Mapping[str, FixClient]:
        """The clients made so far, by comp id."""

    def client(self, comp_id: str) -> FixClient:
        """The client of a comp id, made on first use."""

    def time_text(self) -> str:
        """TransactTime(60) of a message sent now."""

    async def until_gone(self, comp_id: str) -> None:
        """Wait until the venue has noticed that a session lost its connection."""

    async def pass_time(self, line: Line) -> None:
        """Do what a `clock` or `market` line says."""


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

    def __init__(self, stage: Stage) -> None:
        self.tape: list[str] = []
        self._stage = stage
        self._bound: dict[str, str] = {}
        self._halves: dict[str, Fields] = {}
        self._trades: list[str] = []
        self._exec_ids: set[str] = set()

    async def play(self, lines: list[Line]) -> None:
        """All lines; stops where the venue leaves a client waiting."""
        try:
            for line in lines:
                self.tape.append(await self._happened(line))
            for who, client in self._stage.clients.items():
                if client.connected:
                    self.tape += [f"{who} < {more}" for more in await client.so_far()]
            self.tape += self._trades
        except (TimeoutError, EOFError) as error:
            self.tape.append(repr(error))

    async def _happened(self, line: Line) -> str:
        """Do what the line says; returns the line as it was found to be."""
        if line.who in ("clock", "market"):
            await self._stage.pass_time(line)
            return str(line)
        if line.who == "tape":
            return self._trades.pop(0) if self._trades else "tape: no trade"
        client = self._stage.client(line.who)
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
                await self._stage.until_gone(line.who)
            case "end":
                return "\n".join([*await client.rest(), str(line)])
            case _:
                raise ValueError(f"a story line must be in the language, was {line}")
        return str(line)

    def _filled(self, text: str) -> str:
        """The message to send: {names} replaced, TransactTime(60) where the type has one."""
        text = _NAMED.sub(lambda found: self._bound[found[1]], text)
        if re.match("35=[DFGq]([|]|$)", text) and "|60=" not in text:
            text += f"|60={self._stage.time_text()}"
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
