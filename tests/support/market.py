"""The market as a tape: lines go in, and under each line stands what it caused.

    N1 NON buy 300 @ 100.00             order N1 of member NON; the session has the member's name
    X ENS sell 500 @ 100.00 IOC         options: Day GTC IOC FOK GTD=<moment> hidden no-internal
    -> N1 300 @ 100.00 NON|ENS          resting order, quantity, price, buyer|seller
    -> X 200 canceled I
    M1 AVA buy 300 market
    V1 AVA buy 300 @ 100.00 in VOLV-B   another symbol than ERIC-B
    cancel N1 / replace N1 as N2 200 @ 100.10 [options]
    mass-cancel AVA [buy|sell] [in VOLV-B] / disconnect AVA [day]
    status AVA N1 / orders AVA [in VOLV-B]
    at 30 / phase CLOSED                moment since the start / the segment's phase
    halt ERIC-B [entry] [flush] / resume ERIC-B
    bust T1 [restore] / correct T1 300 @ 10.00 [restore]
    venue-cancel N1 / venue-restate N1 200 [@ 10.00] / split ERIC-B 2 1
    plan 08:00 PRE_OPEN 09:00 OPENING_CALL 09:05 CONTINUOUS+5      a timetable; up to 5 s later
    seed 7
    book [in VOLV-B]                    what rests, bids then asks, as an outsider would meet it
    indicative                          the call's price, paired quantity, imbalance, direction
    prices                              last, open and close

A moment is a number of seconds, or a clock: 08:45, 09:00:03.2; 32:00 is 08:00 of the next day.
More options of an order, which stand after the others:

    OPG CLO GFA                         at the opening, at the close, good for auction
    floor=200 range=50 min=2000         a reserve order's slice, its variation; minimum quantity
    stop=99.00 trail=2.00               a stop's trigger; a trailing stop's distance
    peg=mid|primary|market [cap=10.00] [offset=0.05] [ticks=-1]
    post-only / cancel-on-halt / best-only        ExecInst(18) 6, K and Z
    cash=1000.00                        CashOrderQty(152), with a quantity of 0
    trader=T1 / self-match=passive|aggressive|both level=trader|member|group group=XX

`play` hears only the lines without an arrow and writes the arrows itself, so that
`assert play(TAPE) == lines(TAPE)` compares what happened with what the test says. An accepted entry
is silent. `engine.invariants.check` runs after every line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from engine.commands import (
    BustTrade,
    CancelOnDisconnect,
    CancelOrder,
    ChangePhase,
    Command,
    CorrectTrade,
    DefineInstrument,
    DefineMember,
    DefineSegment,
    EnterOrder,
    HaltTrading,
    MassCancel,
    PassTime,
    PhaseStep,
    PlanPhases,
    ReplaceOrder,
    RequestMassStatus,
    RequestStatus,
    ResumeTrading,
    SeedDraws,
    SplitShares,
    VenueCancel,
    VenueRestate,
)
from engine.events import Event
from engine.exchange import Exchange
from engine.invariants import check
from engine.market import Market
from engine.order import Order, new_order
from engine.uncrossing import indication
from gateway.decimals import format_price
from tests.support.tape_answers import tell
from tests.support.tape_orders import (
    SECOND,
    SIDES,
    SYMBOL,
    enter,
    lines,
    moment,
    price,
    terms,
)

__all__ = [
    "MEMBERS",
    "SECOND",
    "SIDES",
    "SYMBOL",
    "Rules",
    "Venue",
    "enter",
    "lines",
    "order",
    "orders",
    "plan",
    "play",
    "price",
]

MEMBERS = ("ABC", "AVA", "CAR", "ENS", "NON", "SHB")


class Rules(NamedTuple):
    """What the venue of a tape is like."""

    tick_size: str = "0.01"
    tick_table: str = ""
    lot: int = 1
    reference_price: str = "0"
    internal_priority: bool = True
    market_orders: str = "best_level"
    symbols: tuple[str, ...] = (SYMBOL,)
    phase: str = "CONTINUOUS"
    more: Mapping[str, Any] = {}

    def definitions(self) -> list[Command]:
        """The commands that set such a venue up."""
        ticks = ("", price(self.tick_size)) if not self.tick_table else (self.tick_table, 0)
        members = [DefineMember(member, member.title()) for member in MEMBERS]
        instruments = [
            DefineInstrument(
                symbol,
                "STO",
                *ticks,
                lot=self.lot,
                reference_price=price(self.reference_price),
            )
            for symbol in self.symbols
        ]
        return [*members, self.segment(self.phase), *instruments]

    def segment(self, phase: str) -> DefineSegment:
        """The one segment of the venue, in this phase."""
        more = dict(self.more)
        return DefineSegment("STO", phase, self.internal_priority, self.market_orders, **more)


class Venue:
    """An exchange with stamps that count by themselves, and every command and event so far."""

    def __init__(self, rules: Rules | None = None) -> None:
        self.rules = rules or Rules()
        self.exchange = Exchange()
        self.at = 0
        self.applied: list[tuple[Command, int, int]] = []
        self.events: list[Event] = []
        for command in self.rules.definitions():
            self.apply(command)

    def apply(self, command: Command) -> list[Event]:
        """Carry out a command at the venue's present time."""
        seq = len(self.applied) + 1
        self.applied.append((command, seq, self.at))
        events = self.exchange.apply(command, seq, self.at)
        self.events += events
        check(self.exchange)
        return events

    def apply_all(self, *commands: Command) -> list[Event]:
        """Carry out commands one after the other; what all of them caused."""
        return [event for command in commands for event in self.apply(command)]

    def market(self, symbol: str = SYMBOL) -> Market:
        """The market in one instrument."""
        return self.exchange.markets[symbol]


def play(tape: str, rules: Rules | None = None) -> list[str]:
    """The tape as it really goes."""
    player = _Player(Venue(rules))
    told: list[str] = []
    for line in lines(tape):
        if not line.startswith("->"):
            told += [line, *(f"-> {answer}" for answer in player.hear(line))]
    return told


def order(line: str, number: int = 1) -> Order:
    """The order such a line becomes, with this OrderID and prio."""
    return new_order(number, enter(line), number)


def orders(table: str) -> list[Order]:
    """The orders of a table, numbered from 1."""
    return [order(line, number) for number, line in enumerate(lines(table), start=1)]


class _Player:
    """Turns lines into commands, and what they cause into lines."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self.owner: dict[str, EnterOrder] = {}
        self._questions: dict[str, Callable[[list[str]], list[str]]] = {
            "book": self._book,
            "indicative": self._indicative,
            "prices": self._prices,
        }
        self._verbs: dict[str, Callable[[list[str]], Command]] = {
            **_VERBS,
            "plan": lambda words: plan(words, self.venue.at),
            "venue-cancel": lambda words: VenueCancel(self._order_id(words[0])),
            "venue-restate": self._venue_restate,
            "cancel": self._cancel,
            "replace": self._replace,
        }

    def hear(self, line: str) -> list[str]:
        """Let a line happen; what it caused."""
        verb, *words = line.split()
        if verb in self._questions:
            return self._questions[verb](words)
        if verb == "at":
            self.venue.at = moment(words[0])
        told: list[str] = []
        for event in self.venue.apply(self._command(verb, words, line)):
            told += tell(event)
        return told

    def _command(self, verb: str, words: list[str], line: str) -> Command:
        known = self._verbs.get(verb)
        if known is not None:
            return known(words)
        entry = enter(line)
        self.owner[entry.cl_ord_id] = entry
        return entry

    def _order_id(self, cl_ord_id: str) -> int:
        entry = self.owner[cl_ord_id]
        order = self.venue.exchange.orders.find(entry.session, cl_ord_id)
        assert order is not None
        return order.order_id

    def _venue_restate(self, words: list[str]) -> Command:
        px = price(words[3]) if len(words) > 2 else 0
        return VenueRestate(self._order_id(words[0]), int(words[1]), px)

    def _cancel(self, words: list[str]) -> Command:
        entry = self.owner[words[0]]
        new = f"{words[0]}-cancel"
        return CancelOrder(entry.session, new, words[0], entry.symbol, entry.side)

    def _replace(self, words: list[str]) -> Command:
        orig, _, new, qty, *rest = words
        entry = self.owner[new] = self.owner[orig]
        fields = terms(rest)
        fields.pop("displayed", None)
        return ReplaceOrder(
            entry.session,
            new,
            orig,
            fields.pop("symbol", entry.symbol),
            entry.side,
            qty=int(qty),
            **fields,
        )

    def _book(self, words: list[str]) -> list[str]:
        book = self.venue.market(_symbol(words)).book
        return [
            f"{side} {resting.cl_ord_id} {resting.leaves_qty} {_stands_at(resting)}"
            for side, ranked in (("buy", book.bids.orders()), ("sell", book.asks.orders()))
            for resting in ranked
        ]

    def _indicative(self, words: list[str]) -> list[str]:
        found = indication(self.venue.market(_symbol(words)))
        if found.price:
            imbalance = f"imbalance {found.imbalance_qty} {found.direction}"
            return [f"{format_price(found.price)} paired {found.paired_qty} {imbalance}"]
        bid = f"{found.best_bid_qty} @ {_at(found.best_bid)}"
        ask = f"{found.best_ask_qty} @ {_at(found.best_ask)}"
        return [f"no price {found.direction} bid {bid} ask {ask}"]

    def _prices(self, words: list[str]) -> list[str]:
        market = self.venue.market(_symbol(words))
        last, first, close = market.last_price, market.open_price, market.close_price
        return [f"last {_at(last)} open {_at(first)} close {_at(close)}"]


def plan(words: list[str], from_at: int) -> PlanPhases:
    """A timetable: a moment and a phase with its random delay, and so on."""
    steps = []
    for at, step in zip(words[::2], words[1::2], strict=True):
        phase, _, delay = step.partition("+")
        steps.append(PhaseStep(moment(at), phase, int(delay or "0") * SECOND))
    return PlanPhases("STO", from_at, tuple(steps))


def _mass_cancel(words: list[str]) -> Command:
    side = next((SIDES[word] for word in words if word in SIDES), "")
    return MassCancel(words[0], "mass", *_scope(words), side)


def _correct(words: list[str]) -> Command:
    number, qty, _, px, *more = words
    return CorrectTrade(int(number[1:]), price(px), int(qty), restore=bool(more))


_VERBS: dict[str, Callable[[list[str]], Command]] = {
    "at": lambda _: PassTime(),
    "phase": lambda words: ChangePhase("STO", words[0]),
    "seed": lambda words: SeedDraws(int(words[0])),
    "halt": lambda words: HaltTrading(words[0], "entry" in words, "flush" in words),
    "resume": lambda words: ResumeTrading(words[0]),
    "bust": lambda words: BustTrade(int(words[0][1:]), restore="restore" in words),
    "correct": _correct,
    "split": lambda words: SplitShares(words[0], int(words[1]), int(words[2])),
    "mass-cancel": _mass_cancel,
    "disconnect": lambda words: CancelOnDisconnect(words[0], day_only="day" in words),
    "status": lambda words: RequestStatus(words[0], words[1], "", "1"),
    "orders": lambda words: RequestMassStatus(words[0], "mass", *_scope(words)),
}


def _at(units: int) -> str:
    return format_price(units) if units else "none"


def _stands_at(resting: Order) -> str:
    """Its price, and what a reserve order shows."""
    at = f"@ {format_price(resting.price)}" if resting.price else "market"
    return f"{at} shows {resting.special.shown}" if resting.special and resting.max_floor else at


def _symbol(words: list[str], default: str = SYMBOL) -> str:
    return words[words.index("in") + 1] if "in" in words else default


def _scope(words: list[str]) -> tuple[str, str]:
    """MassCancelRequestType or MassStatusReqType, and the symbol."""
    symbol = _symbol(words, "")
    return ("1", symbol) if symbol else ("7", "")
