"""Books kept from events alone: what every order was told, and whether it adds up.

`Audit.hear` takes the events of one command and asserts what must hold of them, whatever the
command was. It knows orders only as events report them, never as the engine keeps them; the one
look into the engine is `before`, which remembers what stood in the books when the command came.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.commands import Command, SplitShares
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
    TradeBusted,
    TradeCorrected,
    Traded,
    Uncrossed,
)
from engine.phases import DAY_IS_OVER, PERMITS
from engine.values import Phase
from tests.support.auction_brute_force import Book, brute_force
from tests.support.market import Venue

OVER = ("2", "3", "4", "C")


@dataclass
class Account:
    """One order as its reports add up."""

    qty: int
    cum: int = 0
    notional: int = 0
    busted: int = 0
    given_up: int = 0
    fills: dict[int, tuple[int, int]] = field(default_factory=dict)
    is_split: bool = False
    of_today: dict[int, None] | None = None
    """Fills since it was carried over a night, None for an order that was not."""


@dataclass
class Stood:
    """An order in a book when the command came."""

    symbol: str
    is_buy: bool
    limit: int
    leaves: int
    takes_part: bool


class Audit:
    """Keeps the accounts of all orders of a venue."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self.accounts: dict[int, Account] = {}
        self.stood: dict[int, Stood] = {}
        self.references: dict[str, int] = {}
        self.bought = 0
        self.sold = 0
        self._ratio = (1, 1)
        self._split: dict[int, None] = {}

    def before(self, command: Command) -> None:
        """Remember the books as they stand before a command, and what it splits."""
        self._ratio, self._split = (1, 1), {}
        if isinstance(command, SplitShares):
            self._ratio = (command.new, command.old)
        self.stood = {
            order.order_id: Stood(
                symbol, order.is_buy, order.price, order.leaves_qty, order.min_qty <= 1
            )
            for symbol, market in self.venue.exchange.markets.items()
            for side in (market.book.bids, market.book.asks)
            for order in side.orders()
        }
        self.references = {
            symbol: market.last_price
            if market.phase not in DAY_IS_OVER
            else market.close_price or market.reference_price  # what trades next is of a new day
            for symbol, market in self.venue.exchange.markets.items()
        }

    def hear(self, _: Command, events: list[Event]) -> None:
        """Book the events of a command; then every order must add up as it stands now."""
        self._book(events)
        self._settle()

    def _book(self, events: list[Event]) -> None:
        for at, event in enumerate(events):
            match event:
                case OrderAccepted():
                    assert event.order.order_id not in self.accounts, "OrderID used twice"
                    self.accounts[event.order.order_id] = Account(event.order.terms.qty)
                    self._agrees(event.order)
                case Traded():
                    self._trade(event)
                case OrderCanceled() | OrderExpired():
                    self._splits(event.order)
                    self._gives_up(event.order)
                case OrderDoneForDay() if not event.order.leaves_qty:
                    self._gives_up(event.order)
                case OrderRestated(reason="SPLIT"):
                    self._splits(event.order)
                    self._changes(event.order)
                case OrderRestated(reason="RENEWED"):
                    self.accounts[event.order.order_id].of_today = {}
                    self._changes(event.order)
                case OrderReplaced() | OrderRestated() | OrderTriggered():
                    self._changes(event.order)
                case TradeBusted() | TradeCorrected():
                    self._corrected(event)
                case Uncrossed():
                    self._uncrossed(event, events[:at])
                case _:
                    pass

    def _settle(self) -> None:
        """Nothing was bought that nobody sold."""
        assert self.bought == self.sold
        for order in self.venue.exchange.orders.all_working():
            account = self.accounts[order.order_id]
            assert not account.given_up, ("works after its end", order)
            told = (account.cum, account.notional)
            assert (order.cum_qty, order.notional) == told, (order, account)
            rest = account.qty - account.cum - account.busted
            assert order.leaves_qty == rest, (order, account)

    def _trade(self, trade: Traded) -> None:
        assert trade.qty > 0
        assert trade.price > 0
        assert PERMITS[Phase(trade.phase)].match or trade.cross, ("trades in", trade.phase)
        sides = set()
        for state in (trade.resting, trade.incoming):
            self._keeps_limit(trade, state)
            account = self.accounts[state.order_id]
            assert not account.given_up, ("trades after its end", state)
            account.cum += trade.qty
            account.notional += trade.qty * trade.price
            account.fills[trade.match_id] = (trade.price, trade.qty)
            if account.of_today is not None:
                account.of_today[trade.match_id] = None
            sides.add(state.terms.side == "1")
            if state.terms.side == "1":
                self.bought += trade.qty
            else:
                self.sold += trade.qty
            self._agrees(state)
        assert sides == {True, False}, ("two of one side met", trade)

    def _keeps_limit(self, trade: Traded, state: OrderState) -> None:
        limit = state.terms.price
        if limit:
            worse = trade.price > limit if state.terms.side == "1" else trade.price < limit
            assert not worse, ("worse than the limit", trade, state)

    def _changes(self, state: OrderState) -> None:
        self.accounts[state.order_id].qty = state.terms.qty
        self._agrees(state)

    def _splits(self, state: OrderState) -> None:
        """What was executed counts in new shares, if the command is a split (scenario H.1.b)."""
        new, old = self._ratio
        account = self.accounts[state.order_id]
        if new == old or state.order_id in self._split:
            return
        self._split[state.order_id] = None
        account.is_split = True
        account.qty = state.terms.qty
        account.cum = account.cum * new // old
        account.busted = account.busted * new // old
        if not account.cum:
            account.notional = 0  # less than a new share counts as nothing

    def _gives_up(self, state: OrderState) -> None:
        account = self.accounts[state.order_id]
        account.given_up = account.qty - account.cum - account.busted
        assert account.given_up > 0, ("ended with nothing left", state)
        assert state.leaves_qty == 0
        self._adds_up(state, account)

    def _corrected(self, event: TradeBusted | TradeCorrected) -> None:
        for state in (event.resting, event.incoming):
            account = self.accounts[state.order_id]
            old_price, old_qty = account.fills.pop(event.match_id)
            is_of_today = account.of_today is not None and event.match_id in account.of_today
            if account.of_today is not None and is_of_today:
                del account.of_today[event.match_id]
            qty = 0
            if isinstance(event, TradeCorrected):
                qty = event.qty
                account.fills[event.match_id] = (event.price, event.qty)
                if account.of_today is not None and is_of_today:
                    account.of_today[event.match_id] = None
            account.cum += qty - old_qty
            account.notional += event.price * qty - old_price * old_qty
            missing = account.qty - account.cum - account.given_up - state.leaves_qty
            account.busted = missing
            assert missing >= 0, ("more than was ordered", state, account)
            self._agrees(state)
            delta = old_qty - qty
            if state.terms.side == "1":
                self.bought -= delta
            else:
                self.sold -= delta

    def _agrees(self, state: OrderState) -> None:
        account = self.accounts[state.order_id]
        self._adds_up(state, account)
        if state.status not in OVER:
            assert state.leaves_qty > 0, ("works with nothing left", state)
        rest = account.qty - account.cum - account.busted - account.given_up
        assert state.leaves_qty == rest, ("does not add up", state, account)

    def _adds_up(self, state: OrderState, account: Account) -> None:
        told = (account.cum, account.notional)
        assert (state.cum_qty, state.notional) == told, (state, account)
        assert state.cum_qty + state.leaves_qty <= state.terms.qty, state
        self._is_today(state, account)

    def _is_today(self, state: OrderState, account: Account) -> None:
        """The totals of the day are those of fills since the order was renewed (H.1.a)."""
        standing = state.standing
        if standing is None or not standing.renewed:
            assert account.of_today is None, ("not renewed", state)
            return
        assert account.of_today is not None, ("renewed and not told", state)
        fills = [account.fills[match_id] for match_id in account.of_today]
        today = (sum(qty for _, qty in fills), sum(px * qty for px, qty in fills))
        if not account.is_split:
            assert (standing.day_cum_qty, standing.day_notional) == today, (state, account)
        assert 0 <= standing.day_cum_qty <= state.cum_qty, (state, account)
        assert 0 <= standing.day_notional <= state.notional, (state, account)

    # Auctions

    def _uncrossed(self, uncrossed: Uncrossed, before: list[Event]) -> None:
        """One price for all, the right one; better limits are filled (rules 4.3.4 and 4.3.6)."""
        symbol = uncrossed.symbol
        if any(isinstance(e, Uncrossed) and e.symbol == symbol for e in before):
            return  # what stood in the book after the first one is not known
        gone = {e.order.order_id for e in before if isinstance(e, OrderCanceled | OrderExpired)}
        trades = [e for e in before if isinstance(e, Traded) and e.symbol == symbol and e.cross]
        assert len(trades) == uncrossed.trades
        assert sum(trade.qty for trade in trades) == uncrossed.qty
        assert {trade.price for trade in trades} <= {uncrossed.price}
        stood = {
            order_id: one
            for order_id, one in self.stood.items()
            if one.symbol == symbol and one.takes_part and order_id not in gone
        }
        self._right_price(uncrossed, list(stood.values()))
        if not uncrossed.trades:
            return
        traded: dict[int, int] = {}
        for trade in trades:
            for state in (trade.resting, trade.incoming):
                traded[state.order_id] = traded.get(state.order_id, 0) + trade.qty
        for order_id, one in stood.items():
            better = one.limit > uncrossed.price if one.is_buy else one.limit < uncrossed.price
            if one.limit and better:
                assert traded.get(order_id) == one.leaves, ("better and not filled", one)

    def _right_price(self, uncrossed: Uncrossed, stood: list[Stood]) -> None:
        def limits(*, is_buy: bool) -> list[tuple[int, int]]:
            return [(o.limit, o.leaves) for o in stood if o.is_buy is is_buy and o.limit]

        def market(*, is_buy: bool) -> int:
            return sum([o.leaves for o in stood if o.is_buy is is_buy and not o.limit])

        buys, sells = limits(is_buy=True), limits(is_buy=False)
        tick = self.venue.market(uncrossed.symbol).instrument.ticks.tick(1)
        reference = self.references[uncrossed.symbol]
        known = [price for price, _ in [*buys, *sells]] or [reference]
        valid = range(min(known) - min(known) % tick, max(known) + tick + 1, tick)
        found = brute_force(
            Book(buys, market(is_buy=True), sells, market(is_buy=False), reference, valid)
        )
        said = (found.price, found.volume) if found else (0, 0)
        assert (uncrossed.price, uncrossed.qty) == said, (uncrossed, found, stood)
