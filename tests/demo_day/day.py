"""Plays the lines of a script against a running venue, and says what came of each.

Market time stands still between two lines; after each line every session is asked for a sign of
life, so that all the venue had to say about it has been heard. How it looks is `page`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

from gateway.client.reports import REJECTS
from gateway.client.wire import Message
from tests.demo_day import page
from tests.demo_day.hearing import Happening, Told, Trade, in_order
from tests.demo_day.member import Member
from tests.demo_day.operator_api import Json, OperatorApi
from tests.demo_day.script import Act, Explain, Line, Said, ScriptError

PHASE = "f"
"""SecurityStatus: the first member subscribes to it and hears of each phase when it begins."""


class Day:
    """One day of one instrument."""

    def __init__(
        self,
        symbol: str,
        members: Mapping[str, Member],
        api: OperatorApi,
        show: Callable[[str], object],
    ) -> None:
        self.fills: dict[str, list[Message]] = {code: [] for code in members}
        self._symbol = symbol
        self._members = members
        self._api = api
        self._show = show
        self._orders = 0
        self._clock = ""

    async def play(self, lines: Iterable[Line]) -> list[str]:
        """Play them all; returns the trades to explain."""
        first = next(iter(self._members.values()))
        first.say("e", ((324, "phases"), (55, self._symbol), (263, "1")))
        await self._hear()  # the phase it is in, before the day begins
        asked: list[str] = []
        spoke = False
        for line in lines:
            match line:
                case Said(text):
                    self._show(text if spoke else f"\n{text}")
                case Explain(trade):
                    asked.append(trade)
                case Act():
                    await self._act(line)
            spoke = isinstance(line, Said)
        return asked

    async def _act(self, act: Act) -> None:
        await self._api.move_time(act.at)
        self._clock = ""
        self._show_all(await self._hear())
        match act.who:
            case "clock":
                pass
            case "auction":
                self._show_table(act.at, page.auction_lines(await self._auction()))
            case "book":
                self._show_table(act.at, page.book_lines(await self._api.book(self._symbol)))
            case _:
                await self._order(act)

    async def _order(self, act: Act) -> None:
        """A member sends an order: the answer stands beside it, what follows below."""
        self._orders += 1
        in_call = (await self._auction())["in_call"]
        words = act.words.replace(f" {self._symbol}", "")
        if act.who not in self._members:
            allowed = ", ".join(["clock", "auction", "book", *self._members])
            raise ScriptError(f"who acts must be one of {allowed}, was {act.who}")
        self._members[act.who].send(act.words, f"#{self._orders}")
        answer, *rest = await self._hear()
        assert isinstance(answer, Told), answer
        outcome = page.outcome(answer, await self._auction() if in_call else None)
        text = page.order_text(act.who, words, outcome)
        self._show(page.row(self._new_clock(answer.at), text))
        if answer.kind in REJECTS:
            self._show(page.row("", f"  {answer.message.text(58)}"))
        self._show_all(rest)

    async def _auction(self) -> Json:
        return await self._api.auction(self._symbol)

    async def _hear(self) -> list[Happening]:
        for member in self._members.values():
            member.ask()
        heard = await asyncio.gather(*(member.heard() for member in self._members.values()))
        return in_order(dict(zip(self._members, heard, strict=True)))

    def _show_all(self, happenings: Iterable[Happening]) -> None:
        for happening in happenings:
            if isinstance(happening, Trade):
                self.fills[happening.buyer].append(happening.buy)
                self.fills[happening.seller].append(happening.sell)
                self._show(page.row(self._new_clock(happening.at), page.trade_text(happening)))
            elif happening.message.msg_type == PHASE:
                self._show(page.phase_line(happening))
            else:
                self._show(page.row(self._new_clock(happening.at), page.told_text(happening)))

    def _new_clock(self, stamp: str) -> str:
        """The time of day, if it is another one than that of the line before."""
        before, self._clock = self._clock, page.clock(stamp)
        return "" if self._clock == before else self._clock

    def _show_table(self, at: datetime, lines: Iterator[str]) -> None:
        clock = f"{at:%H:%M:%S}"
        for line in lines:
            self._show(page.row(clock, line))
            clock = ""
