"""A member of the demo day: one FIX session, on the parts of `fixpit client`.

Sends what the script says, keeps what the venue answers until it is asked for. Its orders are given
their ClOrdID(11) from outside, so that they are numbered through the day.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from gateway.client.commands import NewOrder
from gateway.client.connection import Connection, now
from gateway.client.events import Alive, Closed, Event, LoggedOn, Received, SessionConfig
from gateway.client.orders import OwnOrders
from gateway.client.parser import parse
from gateway.client.requests import Requests
from gateway.client.session import ClientSession, utc_timestamp
from gateway.client.wire import Field, Message

ANSWER_SECONDS_MAX = 20.0
"""Far more than any answer takes: the machine may be busy."""


class MemberFailed(Exception):
    """The session ended, or the venue did not answer."""


class Member:
    """A member and its session; its code is the comp id too."""

    def __init__(self, code: str, begin_string: str, venue: str) -> None:
        self.code = code
        self.begin_string = begin_string
        self.fills: list[Message] = []
        self._session = ClientSession(SessionConfig(code, venue, begin_string))
        self._connection = Connection(self._session, self._on_event, None)
        self._requests = Requests(OwnOrders(run_id=code), begin_string)
        self._heard: list[Message] = []
        self._news = asyncio.Event()
        self._logged_on = False
        self._closed = ""
        self._asked = self._answered = 0

    async def log_on(self, host: str, port: int) -> None:
        """Connect and log on; raises MemberFailed and OSError."""
        await self._connection.open(host, port)
        await self._until(lambda: self._logged_on)

    def send(self, words: str, cl_ord_id: str) -> None:
        """Send an order in the words of the client; raises CommandError."""
        command = parse(words)
        if not isinstance(command, NewOrder):
            raise MemberFailed(f"{self.code} must send an order, was {words!r}")
        stamp = now()
        request = self._requests.build(replace(command, cl_ord_id=cl_ord_id), utc_timestamp(stamp))
        self.say(request.msg_type, request.fields)

    def say(self, msg_type: str, fields: tuple[Field, ...]) -> None:
        """Send a message as it is."""
        self._session.send_application(msg_type, fields, now())
        self._connection.turn()

    def ask(self) -> None:
        """Ask for a sign of life: what the venue has said by then comes before it."""
        self._asked += 1
        self._session.test(f"alive-{self._asked}", now())
        self._connection.turn()

    async def heard(self) -> list[Message]:
        """Return and forget what the venue said before its answer to the last `ask`."""
        await self._until(lambda: self._answered == self._asked)
        heard, self._heard = self._heard, []
        return heard

    async def log_out(self) -> None:
        """Log out and wait for the venue's Logout(5)."""
        self._session.logout(now())
        self._connection.turn()
        async with asyncio.timeout(ANSWER_SECONDS_MAX):
            while not self._closed:
                self._news.clear()
                await self._news.wait()
        await self._connection.close()

    async def leave(self) -> None:
        """Cut the connection."""
        await self._connection.close()

    def _on_event(self, event: Event) -> None:
        match event:
            case LoggedOn():
                self._logged_on = True
            case Received(message):
                self._heard.append(message)
            case Alive():
                self._answered += 1
            case Closed(reason):
                self._closed = reason
            case _:
                pass
        self._news.set()

    async def _until(self, done: Callable[[], bool]) -> None:
        try:
            async with asyncio.timeout(ANSWER_SECONDS_MAX):
                while not done():
                    if self._closed:
                        raise MemberFailed(f"{self.code}: {self._closed}")
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise MemberFailed(f"{self.code}: no answer in {ANSWER_SECONDS_MAX:g} s") from None
