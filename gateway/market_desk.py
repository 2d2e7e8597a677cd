"""What the operator does to the market: time, phases, halts, trades, single orders, splits.

Whether he may is asked here and answered in words; what it means is the engine's business, which
takes for granted that it was asked. Every change is a command of the log. What must not be here:
who may use the desk, and how (HTTP).
"""

from __future__ import annotations

import structlog

from engine.commands import (
    BustTrade,
    ChangePhase,
    Command,
    CorrectTrade,
    HaltTrading,
    PassTime,
    ResumeTrading,
    SplitShares,
    VenueCancel,
    VenueRestate,
)
from engine.exchange import Exchange
from engine.instrument import Segment
from engine.market import Market
from engine.oms.corrections import refuse_bust, refuse_correction
from engine.oms.trades import Trade
from engine.order import Order
from engine.refusals import HAS_LIMIT
from engine.rejects import Refusal
from engine.values import ORDER_QTY_MAX, PRICE_MAX, BustReason, Phase
from gateway.decimals import format_price
from gateway.fix.reject_texts import RejectTexts
from gateway.fix.versions import FIX50SP2
from gateway.market_clock import MarketTimeError, text_of
from gateway.market_time import ADVANCE_DAYS_MAX, MarketTime
from gateway.sequencer import Sequencer
from gateway.session_desk import DeskRefusal
from gateway.timetables import DAY_NANOS
from gateway.turns import Turns

SPLIT_MAX = 1000
"""The largest number on either side of a split."""

log = structlog.get_logger()


class MarketDesk:
    """The operator's hand on the market; every method raises DeskRefusal where it does nothing."""

    def __init__(
        self, exchange: Exchange, sequencer: Sequencer, time: MarketTime, turns: Turns
    ) -> None:
        self._exchange = exchange
        self._sequencer = sequencer
        self._time = time
        self._turns = turns
        self._texts = RejectTexts(FIX50SP2)

    # Looking

    def segment(self, name: str) -> Segment:
        """The segment of this id."""
        segment = self._exchange.segments.get(name)
        if segment is None:
            known = ", ".join(self._exchange.segments)
            raise DeskRefusal("unknown", f"segment must be one of {known}, was {name[:64]}")
        return segment

    def market(self, symbol: str) -> Market:
        """The market in an instrument."""
        market = self._exchange.markets.get(symbol)
        if market is None:
            text = f"symbol must be that of an instrument, was {symbol[:64]}"
            raise DeskRefusal("unknown", text)
        return market

    def trade(self, match_id: int) -> Trade:
        """The trade of this match id, if it is remembered."""
        trade = self._exchange.trades.find(match_id)
        if trade is None:
            text = f"match id must be that of a trade that is remembered, was T{match_id}"
            raise DeskRefusal("unknown", text)
        return trade

    def working(self, order_id: int) -> Order:
        """The working order of this number."""
        order = self._exchange.orders.by_order_id(order_id)
        if order is None:
            was = f"was O{order_id}"
            if not 0 < order_id <= self._exchange.floor.order_count:
                raise DeskRefusal("unknown", f"order id must be that of an order, {was}")
            raise DeskRefusal("conflict", f"order must still work, {was}, which has ended")
        return order

    # Time and phases

    def advance(self, to: int) -> None:
        """Market time goes on to `to`, ns UTC; what is due on the way has happened then."""
        now = self._time.now
        if to // 1000 == now // 1000:
            to = now  # what is shown of it has microseconds
        if to < now:
            text = f"to must not be before now, {text_of(now)}, was {text_of(to)}"
            raise DeskRefusal("conflict", text)
        if to - now > ADVANCE_DAYS_MAX * DAY_NANOS:
            text = (
                f"market time must be moved by at most {ADVANCE_DAYS_MAX} days, was {text_of(to)}"
            )
            raise DeskRefusal("bad_value", text)
        try:
            self._time.advance(to)
        except MarketTimeError as error:  # it has gone on by itself meanwhile
            raise DeskRefusal("conflict", str(error)) from error
        self._turns.schedule()
        log.info("market.time_moved", to=text_of(to))

    def advance_by(self, nanos: int) -> None:
        """Market time goes on by so much."""
        self.advance(self._time.now + nanos)

    def change_phase(self, name: str, phase: str) -> Segment:
        """All books of a segment are in this phase from here on; leaving a call uncrosses it."""
        segment = self.segment(name)
        if phase not in Phase.__members__:
            text = f"phase must be one of {', '.join(Phase)}, was {phase[:64]}"
            raise DeskRefusal("bad_value", text)
        self._catch_up()
        self._submit(ChangePhase(name, phase))
        log.info("market.phase_ordered", segment=name, phase=phase)
        return segment

    def halt(self, symbol: str, *, entry: bool, flush: bool) -> Market:
        """No trading in this instrument until it is resumed; `entry`, `flush` as in the command."""
        market = self.market(symbol)
        self._catch_up()
        self._submit(HaltTrading(symbol, entry, flush))
        log.info("market.halted", symbol=symbol, entry=entry, flush=flush)
        return market

    def resume(self, symbol: str) -> Market:
        """The end of `halt`."""
        market = self.market(symbol)
        self._catch_up()
        if not market.halted:
            raise DeskRefusal("conflict", f"symbol must be halted, was {symbol} in {market.phase}")
        self._submit(ResumeTrading(symbol))
        log.info("market.resumed", symbol=symbol)
        return market

    # Trades

    def bust(self, match_id: int, reason: BustReason, *, restore: bool) -> Trade:
        """The trade never was; `restore` gives its quantity back to the orders."""
        trade = self.trade(match_id)
        self._catch_up()
        refused = refuse_bust(trade, self._exchange.markets)
        if refused:
            raise _conflict(refused, trade)
        self._submit(BustTrade(match_id, reason, restore))
        log.info("trade.busted", match_id=f"T{match_id}", reason=reason, restore=restore)
        return trade

    def correct(self, match_id: int, price: int | None, qty: int | None, *, restore: bool) -> Trade:
        """The trade was at another price or for less; None leaves it as it is."""
        trade = self.trade(match_id)
        self._catch_up()
        refused = refuse_bust(trade, self._exchange.markets)
        if refused:
            raise _conflict(refused, trade)
        price = trade.price if price is None else price
        qty = trade.qty if qty is None else qty
        refused = refuse_correction(trade, self._exchange.markets, price, qty)
        if refused:
            raise DeskRefusal("conflict", refused)
        if (price, qty) == (trade.price, trade.qty):
            raise _conflict("price or qty must be another one", trade)
        self._submit(CorrectTrade(match_id, price, qty, restore))
        log.info(
            "trade.corrected",
            match_id=f"T{match_id}",
            price=format_price(price),
            qty=qty,
            restore=restore,
        )
        return trade

    # Orders

    def cancel(self, order_id: int) -> Order:
        """What is left of an order is canceled."""
        self._catch_up()
        order = self._changeable(order_id)
        self._submit(VenueCancel(order_id))
        log.info("order.canceled", order_id=f"O{order_id}")
        return order

    def restate(self, order_id: int, qty: int | None, price: int | None) -> Order:
        """An order has another quantity or limit; None leaves it as it is."""
        self._catch_up()
        order = self._changeable(order_id)
        terms = order.terms
        if qty is not None:
            self._refuse_qty(order, qty)
        if price is not None:
            self._refuse_price(order, price)
        if (qty or terms.qty, price or terms.price) == (terms.qty, terms.price):
            raise DeskRefusal("conflict", f"qty or price must be another one, was O{order_id}'s")
        self._submit(VenueRestate(order_id, qty or 0, price or 0))
        text = "unchanged" if price is None else format_price(price)
        log.info("order.restated", order_id=f"O{order_id}", qty=qty or "unchanged", price=text)
        return order

    def _changeable(self, order_id: int) -> Order:
        order = self.working(order_id)
        market = self._exchange.markets[order.terms.symbol]
        if not market.permits.cancel:
            text = f"order must be in a book whose phase permits cancels, was in {market.phase}"
            raise DeskRefusal("conflict", text)
        return order

    def _refuse_qty(self, order: Order, qty: int) -> None:
        market = self._exchange.markets[order.terms.symbol]
        self._refuse(market.instrument.refuse_qty(qty))
        if qty <= order.gone_qty:
            text = f"qty must be above {order.gone_qty}, what has traded, was {qty}"
            raise DeskRefusal("conflict", text)

    def _refuse_price(self, order: Order, price: int) -> None:
        if order.terms.ord_type not in HAS_LIMIT:
            text = f"price must be left out for an order without a limit, was {format_price(price)}"
            raise DeskRefusal("conflict", text)
        market = self._exchange.markets[order.terms.symbol]
        self._refuse(market.instrument.refuse_price(price))

    def _refuse(self, refusal: Refusal | None) -> None:
        """Say what a member would be told of such a value."""
        if refusal is not None:
            raise DeskRefusal("bad_value", self._texts.text(refusal))

    # Splits

    def split(self, symbol: str, new: int, old: int) -> Market:
        """Each `old` shares became `new` ones; orders follow (scenario H.1.b)."""
        market = self.market(symbol)
        _refuse_ratio(new, old)
        self._catch_up()
        for order in self._exchange.orders.all_working():
            if order.terms.symbol == symbol:
                _refuse_split(order, market, new, old)
        self._submit(SplitShares(symbol, new, old))
        log.info("market.split", symbol=symbol, new=new, old=old)
        return market

    # The way of every change

    def _catch_up(self) -> None:
        """Let happen what is due by now, so that nothing comes between a check and its command."""
        self._sequencer.submit(PassTime())
        self._turns.schedule()

    def _submit(self, command: Command) -> None:
        """Carry it out at the moment of `_catch_up`."""
        self._sequencer.submit_ahead(command)


def _conflict(rule: str, trade: Trade) -> DeskRefusal:
    return DeskRefusal("conflict", f"{rule}, was T{trade.match_id}")


def _refuse_ratio(new: int, old: int) -> None:
    for name, value in (("new", new), ("old", old)):
        if not 1 <= value <= SPLIT_MAX:
            raise DeskRefusal("bad_value", f"{name} must be 1 to {SPLIT_MAX}, was {value}")
    if new == old:
        raise DeskRefusal("bad_value", f"new must be another number than old, was {new}")


def _refuse_split(order: Order, market: Market, new: int, old: int) -> None:
    """What the split would make of an order must still be an order."""
    terms, lot = order.terms, market.instrument.lot
    qty = terms.qty * new // old
    left = qty - order.gone_qty * new // old
    if qty > ORDER_QTY_MAX or left < lot:
        text = f"split must leave orders with {lot} to {ORDER_QTY_MAX} shares"
        raise DeskRefusal("conflict", f"{text}, O{order.order_id} would have {min(qty, left)}")
    price = market.instrument.passive_tick(terms.price * old // new, is_buy=order.is_buy)
    if terms.price and not 0 < price <= PRICE_MAX:
        text = "split must leave orders with a price above 0 and no more than 100 million"
        raise DeskRefusal("conflict", f"{text}, O{order.order_id} would have {format_price(price)}")
