"""The sentences and the JSON values of an explanation; what is so is decided in `engine.explain`.

Prices are decimal text, quantities whole numbers, moments ISO 8601 in UTC. Sentences say moments in
the venue's own time.
"""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from engine.commands import OrderTerms
from engine.events import OrderState, Traded
from engine.explain import MARKET_PRICE, Choice, Key, Place, Rival
from engine.order_kinds import kind_of
from engine.values import NEVER, Cross, OrdStatus, Phase, Side
from gateway.decimals import format_avg_px, format_price
from gateway.explain.replaying import Since

Json = dict[str, object]
NANOS_PER_SECOND = 1_000_000_000
AUCTIONS = {
    Cross.OPENING: "opening auction",
    Cross.CLOSING: "closing auction",
    Cross.SCHEDULED: "scheduled auction",
    Cross.HALT: "auction after the halt",
    Cross.VOLATILITY: "volatility auction",
}
_TIMES_IN_FORCE = {
    "0": "for the day",
    "1": "good till canceled",
    "2": "for the opening auction",
    "3": "immediate or cancel",
    "4": "fill or kill",
    "6": "good till date",
    "7": "for the closing auction",
    "B": "good for auction",
}


def iso(at: int) -> str:
    """A moment (ns UTC) as data."""
    seconds, nanos = divmod(at, NANOS_PER_SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{nanos // 1000:06d}Z"


def clock(at: int, zone: ZoneInfo) -> str:
    """A moment as a sentence says it: local, in milliseconds."""
    seconds, nanos = divmod(at, NANOS_PER_SECOND)
    return f"{datetime.fromtimestamp(seconds, zone):%Y-%m-%d %H:%M:%S}.{nanos // 1_000_000:03d}"


def duration(nanos: int) -> str:
    """A length of time, in the two largest units that say something."""
    if nanos < 1_000_000:
        return f"{nanos // 1000} us" if nanos >= 1000 else f"{nanos} ns"
    if nanos < NANOS_PER_SECOND:
        return f"{nanos // 1_000_000} ms"
    seconds = nanos // NANOS_PER_SECOND
    units = ((seconds // 86_400, "d"), (seconds // 3600 % 24, "h"), (seconds // 60 % 60, "min"))
    said = [f"{count} {unit}" for count, unit in (*units, (seconds % 60, "s")) if count]
    return " ".join(said[:2])


def side(terms: OrderTerms) -> str:
    """The side of an order, in one word."""
    return "buy" if terms.side == Side.BUY else "sell"


def name(terms: OrderTerms) -> str:
    """What an order is called in a sentence."""
    return f"{terms.cl_ord_id} of {terms.member}"


def limit(price: int) -> str:
    """Where an order stands, in words."""
    return "at market" if price == MARKET_PRICE else f"at {format_price(price)}"


def auction(cross: str) -> str:
    """The name of the kind of auction."""
    return AUCTIONS[Cross(cross)]


def place_data(place: Place, since: Since) -> Json:
    """An order where it stood, as data."""
    terms = place.terms
    at = since.get(place.order_id)
    return {
        "order_id": f"O{place.order_id}",
        "cl_ord_id": terms.cl_ord_id,
        "session": terms.session,
        "member": terms.member,
        "side": side(terms),
        "price": None if place.price == MARKET_PRICE else format_price(place.price),
        "qty": place.leaves_qty,
        "displayed": place.displayed,
        "since": None if at is None else iso(at),
    }


def order_data(state: OrderState) -> Json:
    """An order at one moment, as data."""
    terms = state.terms
    expire_at = terms.expire_at
    return {
        "order_id": f"O{state.order_id}",
        "cl_ord_id": terms.cl_ord_id,
        "session": terms.session,
        "member": terms.member,
        "symbol": terms.symbol,
        "side": side(terms),
        "kind": str(kind_of(terms)),
        "time_in_force": terms.time_in_force,
        "expire_at": iso(expire_at) if 0 < expire_at < NEVER else None,
        "qty": terms.qty,
        "price": format_price(terms.price) if terms.price else None,
        "status": OrdStatus(state.status).name,
        "cum_qty": state.cum_qty,
        "leaves_qty": state.leaves_qty,
        "avg_px": format_avg_px(state.notional, state.cum_qty),
    }


def order_sentence(state: OrderState) -> str:
    """What an order asks for, without a full stop."""
    terms = state.terms
    kind = str(kind_of(terms))
    at = f" at {format_price(terms.price)}" if terms.price else ""
    lasts = _TIMES_IN_FORCE.get(terms.time_in_force, f"time in force {terms.time_in_force}")
    return f"{side(terms)} {terms.qty} {terms.symbol}{at} ({kind}, {lasts})"


# A trade


def trade_sentence(trade: Traded, at: int, zone: ZoneInfo) -> str:
    """What was traded, between whom, when."""
    resting, incoming = trade.resting.terms, trade.incoming.terms
    buyer, seller = (resting, incoming) if resting.side == Side.BUY else (incoming, resting)
    where = f"in the {auction(trade.cross)}" if trade.cross else "in continuous trading"
    return (
        f"At {clock(at, zone)} {name(buyer)} bought {trade.qty} {trade.symbol}"
        f" at {format_price(trade.price)} from {name(seller)}, {where}."
    )


def meeting_sentence(choice: Choice) -> str:
    """Which of the two orders chose, and among which."""
    trade = choice.trade
    incoming, resting = trade.incoming.terms, trade.resting.terms
    if trade.cross:
        return (
            f"The {side(incoming)} side had no more to trade than the {side(resting)} side, so its"
            f" orders met the {side(resting)} orders one after the other; it was the turn of"
            f" {name(incoming)}."
        )
    return (
        f"{name(incoming)} came in for {incoming.qty}, {choice.incoming_qty} still to trade;"
        f" it meets {side(resting)} orders in the order of their rank."
    )


def decided_sentence(choice: Choice, since: Since) -> str:
    """What put the order first, against the next in line."""
    first, trade = choice.first, choice.trade
    said = name(first.terms)
    if choice.decided_by is Key.ONLY_ORDER:
        return f"{said} was the only {side(first.terms)} order that could trade."
    behind = next(rival for rival in choice.rivals if rival.by is choice.decided_by)
    other = behind.place
    theirs = name(other.terms)
    match choice.decided_by:
        case Key.MARKET_ORDER:
            return f"{said} is a market order, next was {theirs} with a limit (market order)."
        case Key.PRICE:
            return (
                f"{said} had the best price, {format_price(first.price)};"
                f" next was {theirs} {limit(other.price)} (price)."
            )
        case Key.INTERNAL:
            return (
                f"{said} is of the member of the incoming order, {trade.incoming.terms.member};"
                f" next {limit(first.price)} was {theirs} (internal priority)."
            )
        case Key.DISPLAYED:
            return (
                f"{said} is displayed; next {limit(first.price)} was {theirs},"
                " which is not (displayed)."
            )
        case _:
            return (
                f"{said} stood {_longer(first, other, since)} than the next {limit(first.price)},"
                f" {theirs} (time)."
            )


def passed_sentence(choice: Choice, rival: Rival, since: Since) -> str:
    """Why an order that had stood longer, or ranked first, did not trade."""
    first, other, trade = choice.first, rival.place, choice.trade
    said, stood = name(other.terms), _longer(other, first, since)
    counter = _counterparty(trade)
    member = trade.incoming.terms.member
    match rival.by:
        case Key.MARKET_ORDER:
            return f"{said} stood {stood}, but has a limit: market orders go first (market order)."
        case Key.PRICE:
            bids = "bid" if first.is_buy else "asked"
            return (
                f"{said} stood {stood}, but {bids} {format_price(other.price)};"
                f" {first.terms.cl_ord_id} {bids} {format_price(first.price)} (price)."
            )
        case Key.INTERNAL:
            return (
                f"{said} stood {stood} {limit(other.price)}, but the {counter} was {member}, so"
                f" {member}'s own order {first.terms.cl_ord_id} went first (internal priority)."
            )
        case Key.DISPLAYED:
            return (
                f"{said} stood {stood} {limit(other.price)}, but is not displayed, and"
                f" {first.terms.cl_ord_id} is (displayed)."
            )
        case _:
            return f"{said} ranked first, but {_not_taken(choice.trade, rival)}."


def wait_sentence(trade: Traded, first: Place, rival: Rival, since: Since) -> str:
    """Why a trade went to `first` and not to the rival, whose owner asks."""
    went = f"{trade.qty} at {format_price(trade.price)} went to {name(first.terms)}"
    own = rival.place
    bids = "bid" if first.is_buy else "asked"
    match rival.by:
        case Key.MARKET_ORDER:
            return f"{went}: a market order, and those go first (market order)."
        case Key.PRICE if trade.cross and not reaches(own, trade.price):
            return (
                f"{went}: the auction's price did not reach this order's limit"
                f" {format_price(own.price)} (price)."
            )
        case Key.PRICE:
            theirs = format_price(first.price)
            return f"{went}: it {bids} {theirs}, this order {format_price(own.price)} (price)."
        case Key.INTERNAL:
            return (
                f"{went}: the {_counterparty(trade)} was {trade.incoming.terms.member} too, and"
                " own orders go first at one price (internal priority)."
            )
        case Key.DISPLAYED:
            return f"{went}: it is displayed, and this order is not (displayed)."
        case Key.TIME:
            return f"{went}: it stood {_longer(first, own, since)} {limit(own.price)} (time)."
        case _:
            return f"{went}, though this order ranked first: {_not_taken(trade, rival)}."


def reaches(place: Place, price: int) -> bool:
    """Whether an order may trade at a price."""
    if place.price == MARKET_PRICE:
        return True
    return place.price >= price if place.is_buy else place.price <= price


def _not_taken(trade: Traded, rival: Rival) -> str:
    instructions = rival.place.terms.instructions
    if rival.by is Key.MINIMUM_QUANTITY and instructions is not None:
        if trade.cross:
            return "with a minimum quantity it takes no part in an auction (minimum quantity)"
        least = min(instructions.min_qty, rival.place.leaves_qty)
        wanted = trade.incoming.leaves_qty + trade.qty
        return (
            f"it trades no less than {least}, and {name(trade.incoming.terms)}"
            f" wanted {wanted} (minimum quantity)"
        )
    return "it waited outside the book"


def _counterparty(trade: Traded) -> str:
    return "seller" if trade.resting.terms.side == Side.BUY else "buyer"


def _longer(one: Place, other: Place, since: Since) -> str:
    """How much longer one order had its place than another."""
    theirs, own = since.get(other.order_id), since.get(one.order_id)
    if theirs is None or own is None or theirs <= own:
        return "a moment longer"
    return f"{duration(theirs - own)} longer"


def phase_words(phase: str) -> str:
    """A phase in a sentence."""
    return str(Phase(phase)).lower().replace("_", " ")
