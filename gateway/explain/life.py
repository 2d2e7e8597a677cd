"""The moments of an order's life in words, and why what was left of it did not trade."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

from engine.events import (
    CallExtended,
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
    Uncrossed,
)
from engine.order_kinds import Entry, Kind, entry, kind_of
from engine.values import CancelReason, Phase, Restatement, Side
from gateway.decimals import format_price
from gateway.explain import words
from gateway.explain.words import Json

_STOPS = (Kind.STOP, Kind.STOP_LIMIT, Kind.TRAILING_STOP)
_CANCELED = {
    CancelReason.USER: "its owner asked for it",
    CancelReason.IMMEDIATE: "it had met all it could, and may not rest",
    CancelReason.TIMEOUT: "its time was up",
    CancelReason.MASS_CANCEL: "its session canceled many at once",
    CancelReason.DISCONNECT: "its session lost the connection",
    CancelReason.SELF_MATCH: "it would have met an order it must not meet (self-match prevention)",
    CancelReason.SUPERVISORY: "the operator canceled it",
    CancelReason.STATE: "the book's state does not allow it",
    CancelReason.AUCTION: "its auction was over",
    CancelReason.HALT: "trading was halted, and it asked to be canceled then",
    CancelReason.NOT_BEST: "somebody showed a better price, and it asked to be canceled then",
}
_RESTATED = {
    Restatement.RENEWED: "it was carried over to a new day",
    Restatement.REFRESHED: "a new slice was shown",
    Restatement.REPRICED: "it followed the quotes and stands behind the others there",
    Restatement.CHANGED: "the operator changed it",
    Restatement.REDUCED: "its quantity was reduced",
    Restatement.SPLIT: "its shares were split",
}
_NAMES: dict[type, str] = {
    OrderAccepted: "accepted",
    Traded: "traded",
    OrderCanceled: "canceled",
    OrderExpired: "expired",
    OrderDoneForDay: "done for the day",
    OrderReplaced: "replaced",
    OrderRestated: "restated",
    OrderTriggered: "triggered",
    TradeBusted: "trade busted",
    TradeCorrected: "trade corrected",
    PhaseChanged: "phase",
    Uncrossed: "uncrossed",
    CallExtended: "call extended",
}


class Moment(NamedTuple):
    """Something that happened to the order or to its book while it worked; `before` is its state
    before it.
    """

    seq: int
    nth: int
    at: int
    event: Event
    before: OrderState


def state_of(event: Event, order_id: int) -> OrderState | None:
    """The order's state after an event, None if the event is not about it."""
    match event:
        case (
            OrderAccepted(order=state)
            | OrderCanceled(order=state)
            | OrderExpired(order=state)
            | OrderDoneForDay(order=state)
            | OrderReplaced(order=state)
            | OrderRestated(order=state)
            | OrderTriggered(order=state)
        ):
            return state if state.order_id == order_id else None
        case Traded() | TradeBusted() | TradeCorrected():
            both = (event.resting, event.incoming)
            return next((state for state in both if state.order_id == order_id), None)
        case _:
            return None


def is_waiting_stop(state: OrderState) -> bool:
    """Whether an order is a stop that no trade has triggered yet."""
    triggered = state.standing is not None and state.standing.triggered
    return kind_of(state.terms) in _STOPS and not triggered


def moment_data(moment: Moment, zone: ZoneInfo) -> Json:
    """One moment, as data."""
    event = moment.event
    told: Json = {"at": words.iso(moment.at), "event": _NAMES[type(event)]}
    if isinstance(event, Traded):
        told |= {"match_id": f"T{event.match_id}", "qty": event.qty}
        told |= {"price": format_price(event.price)}
    said = _sentence(event, moment.before)
    return {**told, "sentence": f"{words.clock(moment.at, zone)}: {said}."}


def _sentence(event: Event, before: OrderState) -> str:
    """What happened, without the moment and without a full stop."""
    match event:
        case OrderAccepted():
            return f"accepted in phase {words.phase_words(event.phase)}{_waits(event)}"
        case Traded():
            return _traded(event, before)
        case OrderCanceled():
            why = _CANCELED[CancelReason(event.reason)]
            return f"the {_given_up(event.order)} left were canceled, because {why}"
        case OrderExpired():
            return f"the {_given_up(event.order)} left expired"
        case OrderDoneForDay():
            return _done_for_day(event.order)
        case OrderReplaced():
            place = "keeps its place" if event.kept_priority else "stands behind the others there"
            said = f"replaced by {words.order_sentence(event.order)}"
            return f"{said}; {place}" if event.order.leaves_qty else said
        case OrderRestated():
            return _restated(event)
        case OrderTriggered():
            return f"triggered by a trade that reached {_stop_px(before)}; it works from here on"
        case TradeBusted():
            return f"trade T{event.match_id} was canceled by the operator (reason {event.reason})"
        case TradeCorrected():
            new = f"{event.qty} at {format_price(event.price)}"
            return f"trade T{event.match_id} was corrected to {new}"
        case _:
            return _of_the_book(event, before)


def _of_the_book(event: Event, state: OrderState) -> str:
    match event:
        case PhaseChanged():
            return f"the book went into phase {words.phase_words(event.phase)} ({event.cause})"
        case CallExtended():
            price = format_price(event.price)
            return f"the call was extended, because its price would have been {price}"
        case Uncrossed(qty=0):
            return f"the {words.auction(event.cross)} found no price at which anything could trade"
        case Uncrossed():
            price = format_price(event.price)
            said = f"the {words.auction(event.cross)} traded {event.qty} at {price}"
            limit = state.terms.price
            if limit and (event.price > limit if _buys(state) else event.price < limit):
                return f"{said}, which this order's limit {format_price(limit)} did not reach"
            return said
        case _:
            raise AssertionError(event)


def _traded(event: Traded, before: OrderState) -> str:
    own_rests = event.resting.order_id == before.order_id
    own, other = (event.resting, event.incoming) if own_rests else (event.incoming, event.resting)
    verb = "bought" if _buys(own) else "sold"
    partner = "from" if _buys(own) else "to"
    price = format_price(event.price)
    said = f"{verb} {event.qty} at {price} {partner} {words.name(other.terms)} (T{event.match_id})"
    return f"{said}, {own.leaves_qty} left"


def _done_for_day(state: OrderState) -> str:
    left = state.leaves_qty or _given_up(state)
    goes_on = "they go on tomorrow" if state.leaves_qty else "they ended with it"
    return f"the day was over for the {left} left; {goes_on}"


def _restated(event: OrderRestated) -> str:
    said = _RESTATED[Restatement(event.reason)]
    standing = event.order.standing
    if event.reason == Restatement.REFRESHED and standing is not None:
        return f"{said}, {standing.shown} of {event.order.leaves_qty}; it stands behind the others"
    if event.reason == Restatement.REPRICED and standing is not None and standing.price:
        return f"{said}, now at {format_price(standing.price)}"
    return said


def _waits(event: OrderAccepted) -> str:
    state = event.order
    kind = kind_of(state.terms)
    if is_waiting_stop(state):
        return f"; it waits for a trade at {_stop_px(state)}"
    if entry(kind, state.terms.time_in_force, Phase(event.phase)) is Entry.WAITS:
        return "; it waits outside the book"
    return ""


# Why not


def open_sentences(
    moments: Sequence[Moment], state: OrderState, best: int | None, *, matched: bool, waited: bool
) -> list[str]:
    """Why what was left of the order did not trade; nothing if nothing was left.

    `best` is the best price of the other side while it stood, `matched` whether there was
    continuous trading meanwhile, `waited` whether anything traded at a price it could have had.
    """
    events = [moment.event for moment in moments]
    terms = state.terms
    if not _given_up(state):
        return []
    kind = kind_of(terms)
    if is_waiting_stop(state):
        return [f"It waited for a trade at {_stop_px(state)}; there was none."]
    phases = [event.phase for event in events if isinstance(event, OrderAccepted | PhaseChanged)]
    asleep = [entry(kind, terms.time_in_force, Phase(phase)) is Entry.WAITS for phase in phases]
    if kind not in _STOPS and all(asleep):
        what = "a price to follow" if kind is Kind.PEGGED else "its call"
        return [f"It waited outside the book for {what}."]
    if not matched and not any(isinstance(event, Uncrossed) for event in events):
        named = ", ".join(dict.fromkeys(map(words.phase_words, phases)))
        return [f"Nothing could trade while it stood: the book was in phase {named}."]
    return _beyond_limit(state, best, waited=waited) if matched and terms.price else []


def _beyond_limit(state: OrderState, best: int | None, *, waited: bool) -> list[str]:
    limit, price = state.terms.price, format_price(state.terms.price)
    nobody = "Nobody else" if waited else "Nobody"
    if best is None:
        return [f"{nobody} {'sold' if _buys(state) else 'bought'} while it stood."]
    if _buys(state) and best > limit:
        found = f"the lowest price asked was {format_price(best)}"
        return [f"{nobody} sold at {price} or lower: {found}."]
    if not _buys(state) and best < limit:
        found = f"the highest price bid was {format_price(best)}"
        return [f"{nobody} bought at {price} or higher: {found}."]
    return []


def _buys(state: OrderState) -> bool:
    return state.terms.side == Side.BUY


def _given_up(state: OrderState) -> int:
    """What neither traded nor was in a trade that was busted."""
    busted = state.standing.busted_qty if state.standing is not None else 0
    return state.terms.qty - state.cum_qty - busted


def _stop_px(state: OrderState) -> str:
    """Where a stop triggers, in words."""
    standing, instructions = state.standing, state.terms.instructions
    price = standing.stop_px if standing is not None else 0
    if not price and instructions is not None:
        price = instructions.stop_px
    if not price:
        return "its trigger price"
    return f"{format_price(price)} or {'higher' if _buys(state) else 'lower'}"
