"""Facts of an instrument and of the segment it trades in; whether a price and quantity fit them."""

from __future__ import annotations

from engine import tick_table
from engine.commands import DefineInstrument, DefineSegment, PhaseStep
from engine.rejects import Refusal, RejectReason
from engine.tick_table import TickTable
from engine.values import ORDER_QTY_MAX, PRICE_MAX, MarketOrders, OffTick, Phase, PostOnly


class Segment:
    """A group of instruments that share rules and a timetable.

    `phase` is the nominal one: a book follows at its own moment, and may be halted. `plan` holds
    the steps still to come, `planned_until` the moment of the last step ever planned, 0 for none.
    """

    __slots__ = (
        *("definition", "guarded", "has_collar", "internal_in_calls", "internal_priority"),
        *("market_orders", "phase", "plan", "plan_token", "planned_until", "post_only", "rounds"),
        "shows_all",
    )

    def __init__(self, command: DefineSegment) -> None:
        self.phase = Phase(command.phase) if command.phase else Phase.CLOSED
        self.plan: list[PhaseStep] = []
        self.planned_until = 0
        self.plan_token = 0
        self.define(command)

    def define(self, command: DefineSegment) -> None:
        """Take the rules of the definition."""
        self.definition = command
        self.internal_priority = command.internal_priority
        self.internal_in_calls = command.internal_priority_in_calls
        self.market_orders = MarketOrders(command.market_orders)
        self.post_only = PostOnly(command.post_only)
        self.rounds = OffTick.ROUND in (command.off_tick, command.off_lot)
        self.shows_all = command.anonymity == "other"
        self.guarded = bool(command.guard_dynamic or command.guard_static)
        self.has_collar = bool(command.collar_aggressive or command.collar_passive)


class Instrument:
    """What may be traded and in which steps."""

    __slots__ = ("definition", "lot", "symbol", "ticks")

    def __init__(self, command: DefineInstrument) -> None:
        self.symbol = command.symbol
        self.definition = command
        self.lot = command.lot
        self.ticks: TickTable = (
            tick_table.fixed(command.tick_size)
            if command.tick_size
            else tick_table.RTS11[command.tick_table]
        )

    def refuse_qty(self, qty: int) -> Refusal | None:
        """Rule 6.2: whole lots, at least one, at most nine digits."""
        if 0 < qty <= ORDER_QTY_MAX and qty % self.lot == 0:
            return None
        if qty <= 0:
            return Refusal(RejectReason.ORDER_QTY_TOO_SMALL, self.lot, qty)
        if qty > ORDER_QTY_MAX:
            return Refusal(RejectReason.ORDER_QTY_TOO_LARGE, ORDER_QTY_MAX, qty)
        return Refusal(RejectReason.ORDER_QTY_OFF_LOT, self.lot, qty)

    def refuse_price(self, price: int) -> Refusal | None:
        """Rule 6.1: positive and on tick."""
        if self.ticks.is_on_tick(price) and price <= PRICE_MAX:
            return None
        if price <= 0:
            return Refusal(RejectReason.PRICE_NOT_POSITIVE, 0, price)
        if price > PRICE_MAX:
            return Refusal(RejectReason.PRICE_TOO_LARGE, PRICE_MAX, price)
        return Refusal(RejectReason.PRICE_OFF_TICK, self.ticks.tick(price), price)

    def refuse_stop_px(self, price: int) -> Refusal | None:
        """A trigger price is a price a trade can have."""
        if self.ticks.is_on_tick(price) and price <= PRICE_MAX:
            return None
        if price <= 0:
            return Refusal(RejectReason.STOP_PX_NOT_POSITIVE, 0, price)
        if price > PRICE_MAX:
            return Refusal(RejectReason.STOP_PX_TOO_LARGE, PRICE_MAX, price)
        return Refusal(RejectReason.STOP_PX_OFF_TICK, self.ticks.tick(price), price)

    def passive_tick(self, price: int, *, is_buy: bool) -> int:
        """The valid price that is no more aggressive than this one (rule 6.1.2)."""
        return self.ticks.round_down(price) if is_buy else self.ticks.round_up(price)
