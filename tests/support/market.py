"""The market as a tape: lines go in, and under each line stands what it caused.

    N1 NON buy 300 @ 100.00             order N1 of member NON; the session has the member's name
    X ENS sell 500 @ 100.00 IOC         options: Day GTC IOC FOK GTD=<second> hidden no-internal
    -> N1 300 @ 100.00 NON|ENS          resting order, quantity, price, buyer|seller
    -> X 200 canceled I
    M1 AVA buy 300 market
    V1 AVA buy 300 @ 100.00 in VOLV-B   another symbol than ERIC-B
    cancel N1 / replace N1 as N2 200 @ 100.10 [options]
    mass-cancel AVA [buy|sell] [in VOLV-B] / disconnect AVA [day]
    status AVA N1 / orders AVA [in VOLV-B]
    at 30 / phase CLOSED                seconds since the start / the segment's phase
    book [in VOLV-B]                    what rests, bids then asks, as an outsider would meet it

`play` hears only the lines without an arrow and writes the arrows itself, so that
`assert play(TAPE) == lines(TAPE)` compares what happened with what the test says. An accepted entry
is silent. `engine.invariants.check` runs after every line.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from engine.commands import (
    CancelOnDisconnect,
    CancelOrder,
    Command,
    DefineInstrument,
    DefineMember,
    DefineSegment,
    EnterOrder,
    MassCancel,
    PassTime,
    ReplaceOrder,
    RequestMassStatus,
    RequestStatus,
)
from engine.events import (
    CancelRejected,
    Event,
    MassCanceled,
    MassStatusReported,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderRejected,
    OrderReplaced,
    OrderState,
    StatusReported,
    Traded,
)
from engine.exchange import Exchange
from engine.invariants import check
from engine.market import Market
from engine.order import Order, new_order
from engine.values import OrdStatus
from gateway.decimals import format_price, parse_price

SECOND = 1_000_000_000
SYMBOL = "ERIC-B"
MEMBERS = ("ABC", "AVA", "CAR", "ENS", "NON", "SHB")
SIDES = {"buy": "1", "sell": "2", "short": "5"}
TIMES_IN_FORCE = {"Day": "0", "GTC": "1", "IOC": "3", "FOK": "4"}
MARKET, LIMIT = "1", "2"


def price(text: str) -> int:
    """A decimal price in the engine's units, exactly."""
    units = parse_price(text)
    assert units is not None, text
    return units


def lines(tape: str) -> list[str]:
    """The lines of a tape, words one space apart, without blank lines and notes after `#`."""
    stripped = (" ".join(line.partition("#")[0].split()) for line in tape.splitlines())
    return [line for line in stripped if line]


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
        return DefineSegment("STO", phase, self.internal_priority, self.market_orders)


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


def enter(line: str) -> EnterOrder:
    """The entry a line like `N1 NON buy 300 @ 100.00 IOC` stands for."""
    cl_ord_id, member, side, qty, *rest = line.split()
    fields: dict[str, Any] = {"time_in_force": "0", **_terms(rest)}
    fields.setdefault("symbol", SYMBOL)
    return EnterOrder(member, member, cl_ord_id, side=SIDES[side], qty=int(qty), **fields)


def order(line: str, number: int = 1) -> Order:
    """The order such a line becomes, with this OrderID and prio."""
    return new_order(number, enter(line), number)


def orders(table: str) -> list[Order]:
    """The orders of a table, numbered from 1."""
    return [order(line, number) for number, line in enumerate(lines(table), start=1)]


def _terms(words: list[str]) -> dict[str, Any]:
    """Fields that the words after the quantity set."""
    fields: dict[str, Any] = {"ord_type": MARKET if words[0] == "market" else LIMIT}
    later = iter(words)
    for word in later:
        name, _, value = word.partition("=")
        if word == "@":
            fields["price"] = price(next(later))
        elif word == "in":
            fields["symbol"] = next(later)
        elif word in TIMES_IN_FORCE:
            fields["time_in_force"] = TIMES_IN_FORCE[word]
        elif name == "GTD":
            fields |= {"time_in_force": "6", "expire_at": int(value) * SECOND}
        elif word == "hidden":
            fields["displayed"] = False
        elif word == "no-internal":
            fields["no_internal"] = True
        else:
            assert word == "market", word
    return fields


class _Player:
    """Turns lines into commands, and what they cause into lines."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self.owner: dict[str, EnterOrder] = {}

    def hear(self, line: str) -> list[str]:
        verb, *words = line.split()
        if verb == "book":
            return self._book(_symbol(words))
        if verb == "at":
            self.venue.at = int(words[0]) * SECOND
        told: list[str] = []
        for event in self.venue.apply(self._command(verb, words, line)):
            told += _tell(event)
        return told

    def _command(self, verb: str, words: list[str], line: str) -> Command:
        match verb:
            case "at":
                return PassTime()
            case "phase":
                return self.venue.rules.segment(words[0])
            case "cancel":
                entry = self.owner[words[0]]
                new = f"{words[0]}-cancel"
                return CancelOrder(entry.session, new, words[0], entry.symbol, entry.side)
            case "replace":
                return self._replace(words)
            case "mass-cancel":
                side = next((SIDES[word] for word in words if word in SIDES), "")
                return MassCancel(words[0], "mass", *_scope(words), side)
            case "disconnect":
                return CancelOnDisconnect(words[0], day_only="day" in words)
            case "status":
                return RequestStatus(words[0], words[1], "", "1")
            case "orders":
                return RequestMassStatus(words[0], "mass", *_scope(words))
            case _:
                entry = enter(line)
                self.owner[entry.cl_ord_id] = entry
                return entry

    def _replace(self, words: list[str]) -> ReplaceOrder:
        orig, _, new, qty, *rest = words
        entry = self.owner[new] = self.owner[orig]
        fields = _terms(rest)
        return ReplaceOrder(
            entry.session,
            new,
            orig,
            fields.pop("symbol", entry.symbol),
            entry.side,
            qty=int(qty),
            **fields,
        )

    def _book(self, symbol: str) -> list[str]:
        book = self.venue.market(symbol).book
        return [
            f"{side} {resting.cl_ord_id} {resting.leaves_qty} @ {format_price(resting.price)}"
            for side, ranked in (("buy", book.bids.orders()), ("sell", book.asks.orders()))
            for resting in ranked
        ]


def _symbol(words: list[str], default: str = SYMBOL) -> str:
    return words[words.index("in") + 1] if "in" in words else default


def _scope(words: list[str]) -> tuple[str, str]:
    """MassCancelRequestType or MassStatusReqType, and the symbol."""
    symbol = _symbol(words, "")
    return ("1", symbol) if symbol else ("7", "")


def _tell(event: Event) -> list[str]:
    match event:
        case OrderAccepted():
            return []
        case OrderRejected():
            return [f"rejected {event.refusal.reason}"]
        case CancelRejected():
            return [f"refused {event.refusal.reason}"]
        case Traded():
            return [_tell_trade(event)]
        case OrderCanceled():
            return [f"{_gave_up(event.order)} canceled {event.reason}"]
        case OrderExpired():
            return [f"{_gave_up(event.order)} expired"]
        case OrderReplaced():
            return [f"{event.orig_cl_ord_id} is now {_stands(event.order)}{_place(event)}"]
        case MassCanceled():
            refused = event.refusal
            return [f"refused {refused.reason}" if refused else f"{event.affected} canceled"]
        case StatusReported():
            return [_stands(event.order) if event.order else f"{event.asked} unknown"]
        case MassStatusReported():
            if event.refusal is not None:
                return [f"refused {event.refusal.reason}"]
            return [*map(_stands, event.orders), f"{len(event.orders)} orders"]
        case _:
            raise AssertionError(event)


def _tell_trade(trade: Traded) -> str:
    resting, incoming = trade.resting.terms, trade.incoming.terms
    buyer, seller = (resting, incoming) if resting.side == "1" else (incoming, resting)
    at = format_price(trade.price)
    return f"{resting.cl_ord_id} {trade.qty} @ {at} {buyer.member}|{seller.member}"


def _place(event: OrderReplaced) -> str:
    if not event.order.leaves_qty:
        return ""
    return ", keeps its place" if event.kept_priority else ", goes last"


def _gave_up(state: OrderState) -> str:
    return f"{state.terms.cl_ord_id} {state.terms.qty - state.cum_qty}"


def _stands(state: OrderState) -> str:
    status = OrdStatus(state.status).name
    return f"{state.terms.cl_ord_id} {status} leaves {state.leaves_qty} cum {state.cum_qty}"
