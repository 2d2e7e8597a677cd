"""Why a trade was made with this order and not with another: the ranking, asked afterwards.

`standings` copies who stands where in one book BEFORE a command; it then hears the command's events
in order, and before each trade it can be asked which key of the ranking (rules 2.1.1 and 4.5.2) put
the resting order first. Nothing here matches or changes an order, and nothing in the engine uses
it; times of day and sentences are the gateway's business.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from engine.commands import DefineSegment, OrderTerms
from engine.events import (
    Event,
    OrderAccepted,
    OrderCanceled,
    OrderDoneForDay,
    OrderExpired,
    OrderReplaced,
    OrderRestated,
    OrderState,
    OrderTriggered,
    PhaseChanged,
    TradeBusted,
    TradeCorrected,
    Traded,
)
from engine.exchange import Exchange
from engine.order import Order
from engine.order_kinds import Entry, Kind, entry, kind_of
from engine.phases import PERMITS
from engine.values import Phase, Restatement, Side

BUY = Side.BUY
MARKET_PRICE = 0
"""The price of an order that has none."""

_STOPS = (Kind.STOP, Kind.STOP_LIMIT, Kind.TRAILING_STOP)
_ASLEEP = (*_STOPS, Kind.PEGGED)
"""What waits for something else than a phase."""

_KEEPS_PLACE = (Restatement.RENEWED, Restatement.REDUCED, Restatement.SPLIT)
_BEHIND_ALL = 1 << 62
"""Above every `prio` of an exchange: who comes to rest during a command stands behind."""


class Key(StrEnum):
    """What put one order before another."""

    MARKET_ORDER = "market order"
    PRICE = "price"
    INTERNAL = "internal"
    DISPLAYED = "displayed"
    TIME = "time"
    ONLY_ORDER = "only order"
    MINIMUM_QUANTITY = "minimum quantity"
    NOT_TAKING_PART = "not taking part"


RANKING = (Key.MARKET_ORDER, Key.PRICE, Key.INTERNAL, Key.DISPLAYED, Key.TIME)
"""The keys in the order in which they decide; the others say why a rank did not count."""


class Place(msgspec.Struct, frozen=True, gc=False):
    """Where one order stands; `price` 0 is a market order's.

    An order that is not `active` waits outside the book.
    """

    order_id: int
    terms: OrderTerms
    price: int
    leaves_qty: int
    prio: int
    displayed: bool
    active: bool = True

    @property
    def is_buy(self) -> bool:
        """Which side it stands on."""
        return self.terms.side == BUY


class Rival(msgspec.Struct, frozen=True, gc=False):
    """An order that could have traded instead, and what put it behind.

    `earlier`: it had stood longer, so that it would have gone first by time alone. A reason that is
    no key of the ranking means it ranked first, yet took no part.
    """

    place: Place
    by: Key
    earlier: bool


class Choice(msgspec.Struct, frozen=True, gc=False):
    """Why a trade took its resting order; quantities are those before the trade.

    `decided_by` is the first key in which it differed from the next in line; `keys` are all that
    put it before some other order, in the order of the ranking. `rivals` are ranked.
    """

    trade: Traded
    first: Place
    incoming_qty: int
    decided_by: Key
    keys: tuple[Key, ...]
    rivals: tuple[Rival, ...]


Rank = tuple[int, int, int, int, int]


def rank(place: Place, member: str) -> Rank:
    """The key an order is ranked by, smaller first, one number for each of `RANKING`.

    `member` is that of the incoming order, "" when nobody is internal to it.
    """
    terms = place.terms
    return (
        0 if place.price == MARKET_PRICE else 1,
        -place.price if place.is_buy else place.price,
        0 if member and terms.member == member and not terms.no_internal else 1,
        0 if place.displayed else 1,
        place.prio,
    )


class Standings:
    """Who stands where in one book; follows the events of one command."""

    def __init__(self, symbol: str, rules: DefineSegment) -> None:
        self.symbol = symbol
        self.places: dict[int, Place] = {}
        self._rules = rules
        self._next_prio = _BEHIND_ALL

    def add(self, order: Order, *, active: bool) -> None:
        """Copy an order's place; for use before any event is heard."""
        self.places[order.order_id] = Place(
            order.order_id,
            order.terms,
            order.price or order.terms.price,
            order.leaves_qty,
            order.prio,
            order.displayed,
            active,
        )

    # Questions, before the trade is heard

    def choice(self, trade: Traded) -> Choice:
        """Why this trade took its resting order, of all that stood on its side."""
        first = self.taken(trade)
        member = self.internal_member(trade)
        own = rank(first, member)
        others = [
            place for place in self._side(is_buy=first.is_buy) if place.order_id != first.order_id
        ]
        others.sort(key=lambda place: rank(place, member))
        rivals = [self._rival(trade, first, place, member) for place in others]
        behind = [rival.by for rival in rivals if rank(rival.place, member) > own]
        return Choice(
            trade,
            first,
            trade.incoming.leaves_qty + trade.qty,
            behind[0] if behind else Key.ONLY_ORDER,
            tuple(key for key in RANKING if key in behind),
            tuple(rivals),
        )

    def wait(self, trade: Traded, order_id: int) -> Rival | None:
        """Why this trade did not take that order; None if the order was not there to be taken."""
        place = self.places.get(order_id)
        first = self.taken(trade)
        if place is None or place.is_buy is not first.is_buy or place.order_id == first.order_id:
            return None
        return self._rival(trade, first, place, self.internal_member(trade))

    def internal_member(self, trade: Traded) -> str:
        """The member whose orders were internal to the trade's incoming one, "" for nobody."""
        rules, terms = self._rules, trade.incoming.terms
        on = rules.internal_priority_in_calls if trade.cross else rules.internal_priority
        return terms.member if on and not terms.no_internal else ""

    def _rival(self, trade: Traded, first: Place, place: Place, member: str) -> Rival:
        earlier = place.prio < first.prio
        if not place.active:
            return Rival(place, Key.NOT_TAKING_PART, earlier)
        own, theirs = rank(first, member), rank(place, member)
        if theirs < own:
            return Rival(place, _not_taken(trade, place), earlier)
        differs = next(
            i for i, pair in enumerate(zip(own, theirs, strict=True)) if len({*pair}) > 1
        )
        return Rival(place, RANKING[differs], earlier)

    def _side(self, *, is_buy: bool) -> Iterator[Place]:
        for place in self.places.values():
            if place.active and place.is_buy is is_buy:
                yield place

    def taken(self, trade: Traded) -> Place:
        """Where the trade's resting order stood, as far as it is known.

        In continuous trading the price is its own (rule 2.2.1); a peg's is told by nothing else.
        """
        state = trade.resting
        known = self.places.get(state.order_id)
        if known is None:
            known = replace(self._new_place(state), leaves_qty=state.leaves_qty + trade.qty)
        return known if trade.cross else replace(known, price=trade.price)

    # Following the events

    def hear(self, event: Event) -> None:
        """Take over what an event changed."""
        match event:
            case Traded(symbol=self.symbol):
                self._execute(event.resting)
                self._execute(event.incoming)
            case OrderAccepted() | OrderTriggered():
                self._put(event.order, event.phase, keeps=False)
            case OrderReplaced():
                self._put(event.order, event.phase, keeps=event.kept_priority)
            case OrderRestated():
                self._restate(event)
            case OrderCanceled() | OrderExpired():
                self.places.pop(event.order.order_id, None)
            case OrderDoneForDay() if not event.order.leaves_qty:
                self.places.pop(event.order.order_id, None)
            case TradeBusted() | TradeCorrected():
                self._put(event.resting, event.phase, keeps=True)
                self._put(event.incoming, event.phase, keeps=True)
            case PhaseChanged(symbol=self.symbol):
                self._begin(Phase(event.phase))
            case _:
                pass

    def _put(self, state: OrderState, phase: str, *, keeps: bool) -> None:
        if state.terms.symbol != self.symbol:
            return
        known = self.places.get(state.order_id)
        if not state.leaves_qty:
            self.places.pop(state.order_id, None)
            return
        place = self._new_place(state)
        if keeps and known is not None:
            place = replace(place, prio=known.prio, active=known.active)
        else:
            place = replace(place, active=_is_active(state, phase))
        self.places[state.order_id] = place

    def _new_place(self, state: OrderState) -> Place:
        terms, standing = state.terms, state.standing
        self._next_prio += 1
        return Place(
            state.order_id,
            terms,
            (standing.price if standing is not None else 0) or terms.price,
            state.leaves_qty,
            self._next_prio,
            terms.displayed,
        )

    def _execute(self, state: OrderState) -> None:
        place = self.places.get(state.order_id)
        if place is None:
            return
        if state.leaves_qty:
            self.places[state.order_id] = replace(place, leaves_qty=state.leaves_qty)
        else:
            del self.places[state.order_id]

    def _restate(self, event: OrderRestated) -> None:
        """A new slice, another price, the operator's terms: new in time (rules 2.6.2 and 1.2)."""
        self._put(event.order, event.phase, keeps=event.reason in _KEEPS_PLACE)

    def _begin(self, phase: Phase) -> None:
        """Orders for a call join it behind all others; pegs follow no quotes where nothing matches.

        A peg that comes back is heard of when it gets its price.
        """
        permits = PERMITS[phase]
        for place in sorted(self.places.values(), key=lambda place: place.prio):
            if kind_of(place.terms) is Kind.PEGGED and not permits.match:
                self.places[place.order_id] = replace(place, active=False)
            elif place.active:
                continue
            elif joins_its_call(place.terms, phase):
                self._next_prio += 1
                self.places[place.order_id] = replace(place, active=True, prio=self._next_prio)


def waits_for_a_call(terms: OrderTerms, phase: Phase) -> bool:
    """Whether an order that comes in in this phase waits for its call, outside the book."""
    kind = kind_of(terms)
    return kind not in _ASLEEP and entry(kind, terms.time_in_force, phase) is Entry.WAITS


def joins_its_call(terms: OrderTerms, phase: Phase) -> bool:
    """Whether an order that waits for its call stands in the book when this phase begins."""
    kind = kind_of(terms)
    return kind not in _ASLEEP and entry(kind, terms.time_in_force, phase) is Entry.COLLECTED


def _is_active(state: OrderState, phase: str) -> bool:
    """Whether an order of which this is heard stands in the book."""
    standing, kind = state.standing, kind_of(state.terms)
    if kind in _STOPS:
        return standing is not None and standing.triggered
    if kind is Kind.PEGGED and (standing is None or not standing.price):
        return False
    return entry(kind, state.terms.time_in_force, Phase(phase)) is not Entry.WAITS


def _not_taken(trade: Traded, place: Place) -> Key:
    """Why an order that ranked first was passed over."""
    instructions = place.terms.instructions
    if instructions is not None:
        least = min(instructions.min_qty, place.leaves_qty)
        wanted = trade.incoming.leaves_qty + trade.qty
        if least > (1 if trade.cross else wanted):
            return Key.MINIMUM_QUANTITY
    return Key.NOT_TAKING_PART


def standings(exchange: Exchange, symbol: str) -> Standings:
    """Who stands where in the book of `symbol` now; to be taken before a command is applied."""
    market = exchange.markets[symbol]
    found = Standings(symbol, market.segment.definition)
    for side in (market.book.bids, market.book.asks):
        for order in side.orders():
            found.add(order, active=True)
    for order in market.waiting.orders():
        found.add(order, active=False)
    return found
