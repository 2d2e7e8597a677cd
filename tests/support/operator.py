"""What the operator does in an order script: lines of words -> commands of the engine.

    phase SEGMENT PHASE                halt SYMBOL [entry] [flush]      resume SYMBOL
    bust T1 [restore]                  correct T1 QTY @ PRICE [restore]
    cancel O1                          restate O1 QTY @ PRICE           split SYMBOL NEW OLD
    enter SESSION buy QTY SYMBOL @ PRICE      an order that the session's member has phoned in
    at HH:MM:SS                        market time goes on to the next time the clocks show that

An order script is played against `OperatedVenue`, whose commands go the way of every other one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from engine.commands import (
    BustTrade,
    ChangePhase,
    Command,
    CorrectTrade,
    EnterOrder,
    HaltTrading,
    ResumeTrading,
    SplitShares,
    VenueCancel,
    VenueRestate,
)
from engine.values import OrdType, Side
from gateway import config as configuration
from gateway.config import Config
from gateway.decimals import parse_price
from gateway.fix.versions import FIX44
from gateway.market_clock import MarketOptions, parse_time
from tests.support.fix import SECOND
from tests.support.venue_in_memory import OrderVenue

SEED = 7
"""What the random moments and slices of every script follow from."""

SIDES = {"buy": Side.BUY, "sell": Side.SELL}

Words = list[str]


def command_of(text: str) -> Command:
    """The command that the operator's line means."""
    verb, *words = text.split()
    return _COMMANDS[verb]([word for word in words if word != "@"])


def _price(text: str) -> int:
    price = parse_price(text)
    assert price is not None, text
    return price


def _id(text: str) -> int:
    """The number of an OrderID(37) or a match id."""
    return int(text[1:])


def _bust(words: Words) -> Command:
    return BustTrade(_id(words[0]), restore=words[1:] == ["restore"])


def _correct(words: Words) -> Command:
    match, qty, price, *rest = words
    return CorrectTrade(_id(match), _price(price), int(qty), restore=rest == ["restore"])


def _halt(words: Words) -> Command:
    symbol, *how = words
    assert set(how) <= {"entry", "flush"}, how
    return HaltTrading(symbol, entry="entry" in how, flush="flush" in how)


def _restate(words: Words) -> Command:
    order, qty, price = words
    return VenueRestate(_id(order), int(qty), _price(price))


def _split(words: Words) -> Command:
    symbol, new, old = words
    return SplitShares(symbol, int(new), int(old))


def _enter(words: Words) -> Command:
    session, side, qty, symbol, price = words
    return EnterOrder(
        session, session, "", symbol, SIDES[side], OrdType.LIMIT, int(qty), _price(price)
    )


_COMMANDS: dict[str, Callable[[Words], Command]] = {
    "phase": lambda words: ChangePhase(*words),
    "halt": _halt,
    "resume": lambda words: ResumeTrading(*words),
    "bust": _bust,
    "correct": _correct,
    "cancel": lambda words: VenueCancel(_id(*words)),
    "restate": _restate,
    "split": _split,
    "enter": _enter,
}


class OperatedVenue(OrderVenue):
    """The venue of an order script: the demo venue, or that of a file at a moment of its market."""

    def __init__(self, folder: Path, setting: list[str], base: Path, version: str = FIX44) -> None:
        config: Config | None = None
        market = None
        if setting:
            file, moment = setting
            config = configuration.load(base / file)
            start = parse_time(moment, config.venue.timezone)
            market = MarketOptions(start=start, seed=SEED)
            self._timezone = ZoneInfo(config.venue.timezone)
        super().__init__(folder, config, version, market)

    def operate(self, text: str) -> None:
        """The operator does what the line says, and all that follows from it happens."""
        verb, _, rest = text.partition(" ")
        if verb == "at":
            self.advance(self._next(rest))
        else:
            self.submit(command_of(text))

    def _next(self, clock: str) -> int:
        """The next moment after now at which the clocks of the venue show this."""
        now = self.market.now
        here = datetime.fromtimestamp(now // SECOND, self._timezone)
        hour, minute, second = map(int, clock.split(":"))
        then = here.replace(hour=hour, minute=minute, second=second)
        while (moment := int(then.timestamp()) * SECOND) <= now:
            then += timedelta(days=1)
        return moment
