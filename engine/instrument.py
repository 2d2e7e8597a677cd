"""Facts of an instrument and of the segment it trades in; whether a price and quantity fit them."""

from __future__ import annotations

from engine import tick_table
from engine.commands import DefineInstrument, DefineSegment
from engine.phases import PERMITS
from engine.rejects import Refusal, RejectReason
from engine.tick_table import TickTable
from engine.values import ORDER_QTY_MAX, PRICE_MAX, MarketOrders, Phase


class Segment:
    """A group of instruments that share rules and the phase of the day."""

    __slots__ = ("definition", "internal_priority", "market_orders", "permits", "phase")

    def __init__(self, command: DefineSegment) -> None:
        self.define(command)

    def define(self, command: DefineSegment) -> None:
        """Take the rules and the phase of the definition."""
        self.definition = command
        self.phase = Phase(command.phase)
        self.permits = PERMITS[self.phase]
        self.internal_priority = command.internal_priority
        self.market_orders = MarketOrders(command.market_orders)


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
