"""The trading day: phases of segments and books, their moments, what they do to orders.

A segment has a timetable; each of its books follows at its own moment, which may be drawn (rule
4.4), or stands apart for a while: a volatility auction (6.4), a halt (5.4), an extended call (4.7).
Which phase permits what is `phases`, how a call ends `uncrossing`. Nothing here knows a calendar.
"""

from __future__ import annotations

from msgspec.structs import replace

from engine import uncrossing
from engine.agenda import Due
from engine.book.auction import Equilibrium
from engine.commands import HaltTrading, PlanPhases
from engine.events import (
    CallExtended,
    OrderDoneForDay,
    OrderExpired,
    OrderRestated,
    PhaseChanged,
    SegmentPhaseChanged,
)
from engine.floor import Floor
from engine.followers import settle
from engine.instrument import Segment
from engine.market import Market
from engine.oms.lifetime import OUTLIVES_DAY
from engine.order import Order
from engine.order_kinds import STAYS_AFTER_AUCTION
from engine.phases import CROSS, DAY_IS_OVER, HALTS, PERMITS, uncrosses
from engine.values import (
    CancelReason,
    Cross,
    ExecInst,
    OrdStatus,
    Phase,
    Restatement,
    TimeInForce,
)

SECOND = 1_000_000_000
DYNAMIC_AUCTION_SECONDS = 60
STATIC_AUCTION_SECONDS = 180
EXTENSION_SECONDS = 180
RESUMPTION_SECONDS = 600
RANDOM_END_NANOS = 5 * SECOND
"""How much later than its nominal end an unscheduled call may end (rule 4.4.4)."""

SEGMENT_STEP, BOOK_STEP, BOOK_RETURN = "segment", "book", "return"
"""Kinds of entries of the agenda: the timetable, a book that follows it, a book's own call ends."""

# Segments


def plan_phases(command: PlanPhases, segment: Segment, markets: list[Market], floor: Floor) -> None:
    """Take a timetable; of the steps already past the last one is carried out, if it is new."""
    kept = [step for step in segment.plan if step.at < command.from_at]
    past = [step for step in command.steps if step.at <= floor.at]
    known = segment.planned_until > 0
    moments = [step.at for step in (*kept, *command.steps)]
    if segment.planned_until < command.from_at:
        moments.append(segment.planned_until)
    segment.planned_until = max(moments, default=0)
    segment.plan = kept + [step for step in command.steps if step.at > floor.at]
    if past and not known:
        change_segment(segment, Phase(past[-1].phase), markets, floor)
    _watch_plan(segment, floor)


def _watch_plan(segment: Segment, floor: Floor) -> None:
    """Have the next step of a timetable done at its moment."""
    segment.plan_token += 1
    if segment.plan:
        step = segment.plan[0]
        name = segment.definition.segment
        floor.agenda.add(step.at, SEGMENT_STEP, name, step.phase, segment.plan_token)


def take_step(segment: Segment, markets: list[Market], floor: Floor) -> None:
    """The next step of a timetable is due: the segment takes it, its books at their moments."""
    step = segment.plan.pop(0)
    _watch_plan(segment, floor)
    change_segment(segment, Phase(step.phase), markets, floor, step.random_nanos)


def change_segment(
    segment: Segment, phase: Phase, markets: list[Market], floor: Floor, random_nanos: int = 0
) -> None:
    """A segment is in another phase, its books now or up to so much later."""
    before = segment.phase
    segment.phase = phase
    name = segment.definition.segment
    floor.events.append(SegmentPhaseChanged(name, phase, before))
    floor.events += floor.subscriptions.on_segment(name, phase)
    for market in markets:
        market.step_token += 1
        delay = market.draw(random_nanos) if random_nanos else 0
        if delay:
            floor.agenda.add(floor.at + delay, BOOK_STEP, market.symbol, phase, market.step_token)
        else:
            follow(market, phase)


# Books


def carry_out(due: Due, market: Market) -> None:
    """A book's moment has come, unless it was overtaken."""
    token = market.step_token if due.kind == BOOK_STEP else market.phase_token
    if due.token != token:
        return
    if due.kind == BOOK_STEP:
        follow(market, Phase(due.phase))
    else:
        change_phase(market, Phase(due.phase), "schedule")


def follow(market: Market, phase: Phase) -> None:
    """A book takes its segment's phase; a halted one only the end of the day, and then waits."""
    if not market.halted:
        change_phase(market, phase, "schedule")
    elif phase in DAY_IS_OVER:
        _begin(market, phase, "schedule")
    elif market.phase in DAY_IS_OVER:
        _begin(market, Phase.HALT_FROZEN, "halt")


def change_phase(market: Market, phase: Phase, cause: str) -> None:
    """Put a book into a phase: uncross what was collected, if that is due, then begin the phase."""
    if phase is market.phase and not PERMITS[phase].is_call:
        return
    if not uncrosses(market.phase, phase):
        _begin(market, phase, cause)
        return
    if market.phase in DAY_IS_OVER and not market.extended:
        _begin_day(market)  # what trades now is of the new day
    cross = CROSS[market.phase]
    found = uncrossing.find_price(market)
    if uncrossing.is_extended(market, found, cross):
        assert found is not None
        _extend(market, phase, found)
        return
    uncrossing.uncross(market, found, cross)
    _note_prices(market, found, cross)
    _begin(market, phase, cause, ended=cross)


def _extend(market: Market, phase: Phase, found: Equilibrium) -> None:
    """The call goes on for a while, and then ends whatever its price is (rule 4.7)."""
    market.extended = True
    floor = market.floor
    floor.events.append(CallExtended(market.symbol, found.price, market.last_price, market.phase))
    market.step_token += 1
    at = floor.at + EXTENSION_SECONDS * SECOND
    floor.agenda.add(at, BOOK_STEP, market.symbol, phase, market.step_token)


def _note_prices(market: Market, found: Equilibrium | None, cross: Cross) -> None:
    """Both guards measure from the auction's price (rule 6.4.5); a closing price is official."""
    if found is not None:
        market.static_reference = found.price
        if cross is Cross.CLOSING:
            market.close_price = found.price


def _begin(market: Market, phase: Phase, cause: str, ended: Cross | None = None) -> None:
    """A book is in a phase from here on; `ended` is the auction that has just ended."""
    before = market.phase
    floor = market.floor
    market.set_phase(phase)
    if phase is not before:
        floor.events.append(PhaseChanged(market.symbol, phase, before, cause))
        name = market.segment.definition.segment
        floor.events += floor.subscriptions.on_book(market.symbol, name, phase, market.last_price)
    if ended is not None:
        market.extended = False
        _clear_after(market, ended)
    if phase in DAY_IS_OVER:
        if before not in DAY_IS_OVER:
            _end_day(market)
    elif before in DAY_IS_OVER and ended is None:
        _begin_day(market)
    elif phase is Phase.CLOSING_CALL:
        _cancel_on_open(market)
    if PERMITS[phase].is_call or phase is Phase.PRE_OPEN:
        _wake(market, closing=phase is Phase.CLOSING_CALL)
    if not PERMITS[phase].match:
        _rest_pegs(market)
    settle(market)


def _clear_after(market: Market, ended: Cross) -> None:
    """Cancel what was for this auction only, and show fresh slices (rule 4.6.1)."""
    for order in _orders(market):
        if not order.price or order.terms.time_in_force not in STAYS_AFTER_AUCTION:
            market.leave(order)
            market.floor.cancel(order, CancelReason.AUCTION, market.phase)
        elif order.special is not None and order.max_floor:
            order.special.refreshes += 1
            nth = order.special.refreshes
            order.special.shown = market.slice_size(order, order.leaves_qty, nth)


def _cancel_on_open(market: Market) -> None:
    """Orders for the opening, in a book that was halted over it, do not meet another auction."""
    for order in _orders(market):
        if order.terms.time_in_force == TimeInForce.AT_THE_OPENING:
            market.leave(order)
            market.floor.cancel(order, CancelReason.AUCTION, market.phase)


def _wake(market: Market, *, closing: bool) -> None:
    """On-auction orders join the call they waited for, behind those that stand there."""
    for order in market.waiting.for_call(closing=closing):
        market.waiting.remove(order)
        order.prio = market.floor.next_prio()
        order.price = order.terms.price
        market.rest(order)


def _rest_pegs(market: Market) -> None:
    """Outside continuous trading there is no best price to follow."""
    for order in list(market.waiting.pegs.values()):
        market.leave(order)
        order.price = 0
        market.waiting.add_sleeper(order)


def _orders(market: Market) -> list[Order]:
    """What stands in the book, by time."""
    orders = [*market.book.bids.orders(), *market.book.asks.orders()]
    return sorted(orders, key=lambda order: order.prio)


# Days


def _end_day(market: Market) -> None:
    """Everything but GTC and GTD expires (rule 1.3), and the closing price is fixed (rule 7.5)."""
    reports = market.segment.definition.done_for_day
    everybody = [*_orders(market), *market.waiting.orders()]
    for order in sorted(everybody, key=lambda order: order.prio):
        if order.terms.time_in_force not in OUTLIVES_DAY:
            market.leave(order)
            market.floor.orders.finish(order)
            if reports:
                done = order.expire(OrdStatus.DONE_FOR_DAY)
                market.floor.events.append(OrderDoneForDay(done, market.phase))
            else:
                market.floor.events.append(OrderExpired(order.expire(), market.phase))
        elif reports:
            done = replace(order.state(), status=OrdStatus.DONE_FOR_DAY)
            market.floor.events.append(OrderDoneForDay(done, market.phase))
    if not market.close_price:
        market.close_price = market.last_price


def _begin_day(market: Market) -> None:
    """Yesterday's close is the reference; orders carried over are renewed (scenario H.1.a).

    They keep their order in time, and reserve orders show a full slice again (rule 1.3).
    """
    market.reference_price = market.close_price or market.reference_price
    market.last_price = market.reference_price
    market.open_price = market.close_price = market.static_reference = 0
    market.trades_before = market.floor.trades.count
    market.extended = False
    everybody = [*_orders(market), *market.waiting.orders()]
    for order in sorted(everybody, key=lambda order: order.prio):
        if order.special is not None and order.max_floor:
            order.special.shown = min(order.max_floor, order.leaves_qty)
        state = order.renew(market.floor.trades.count)
        market.floor.events.append(OrderRestated(state, Restatement.RENEWED, market.phase))


# Standing apart


def begin_volatility_auction(market: Market, guard: str) -> None:
    """A guard has stopped trading: a call of one or three minutes, then on (rule 6.4.3)."""
    seconds = DYNAMIC_AUCTION_SECONDS if guard == "dynamic" else STATIC_AUCTION_SECONDS
    _begin(market, Phase.VOLATILITY_AUCTION, f"{guard} guard")
    _return_in(market, seconds)


def _return_in(market: Market, seconds: int) -> None:
    """The book goes back to continuous trading after so long and a little more."""
    at = market.floor.at + seconds * SECOND + market.draw(RANDOM_END_NANOS)
    phase = Phase.CONTINUOUS
    market.floor.agenda.add(at, BOOK_RETURN, market.symbol, phase, market.phase_token)


def halt(command: HaltTrading, market: Market) -> None:
    """Stop trading in one instrument (rule 5.4.2)."""
    market.halted = True
    market.step_token += 1
    market.phase_token += 1
    if market.phase not in DAY_IS_OVER:
        phase = Phase.HALT_OPEN if command.entry else Phase.HALT_FROZEN
        if market.phase is not phase:
            _begin(market, phase, "halt")
    for order in [*_orders(market), *market.waiting.orders()]:
        if command.flush or _asked(order, ExecInst.CANCEL_ON_HALT):
            market.leave(order)
            reason = CancelReason.STATE if command.flush else CancelReason.HALT
            market.floor.cancel(order, reason, market.phase)


def _asked(order: Order, exec_inst: ExecInst) -> bool:
    instructions = order.terms.instructions
    return instructions is not None and instructions.exec_inst == exec_inst


def resume(market: Market) -> None:
    """End a halt: a call of ten minutes, or the phase the segment is in by now (rule 5.4.2)."""
    market.halted = False
    phase = market.segment.phase
    if market.phase not in HALTS:
        return
    if PERMITS[phase].match:
        _begin(market, Phase.HALT_OPEN, "resume")
        _return_in(market, RESUMPTION_SECONDS)
    else:
        _begin(market, phase, "resume")
