"""Trades of the venue by match id: what a bust or correction, the history and statistics need.

The newest `TRADES_MAX` at least are remembered, counted and not timed, so that a replay forgets the
same ones.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from engine.order import Order

TRADES_MAX = 250_000

HIDDEN = "-"
"""What stands for a member that is not shown (rule 7.3)."""


class Trade(msgspec.Struct, gc=False):
    """One match, as it stands after corrections; `cross` and `hides` as in `events.Traded`."""

    match_id: int
    at: int
    symbol: str
    price: int
    qty: int
    resting: Order
    incoming: Order
    cross: str = ""
    hides: str = ""
    busted: bool = False

    @property
    def history_line(self) -> tuple[str, str]:
        """Buyer and seller as the trade history shows them, HIDDEN for one that is not (7.2)."""
        resting = HIDDEN if "R" in self.hides else self.resting.member
        incoming = HIDDEN if "I" in self.hides else self.incoming.member
        return (resting, incoming) if self.resting.is_buy else (incoming, resting)

    @property
    def buyer(self) -> Order:
        """The buying order."""
        return self.resting if self.resting.is_buy else self.incoming

    @property
    def seller(self) -> Order:
        """The selling order."""
        return self.incoming if self.resting.is_buy else self.resting


class Trades:
    """All trades that are remembered; `count` is how many there ever were."""

    __slots__ = ("_trades", "count", "trades_max")

    def __init__(self, trades_max: int = TRADES_MAX) -> None:
        self.trades_max = trades_max
        self.count = 0
        self._trades: list[Trade] = []

    def add(self, trade: Trade) -> None:
        """Remember a trade; its match id is the next one."""
        self.count += 1
        assert trade.match_id == self.count
        self._trades.append(trade)
        if len(self._trades) >= 2 * self.trades_max:
            del self._trades[: self.trades_max]

    def find(self, match_id: int) -> Trade | None:
        """The trade of this match id, if there was one and it is remembered."""
        at = match_id - 1 - (self.count - len(self._trades))
        return self._trades[at] if match_id > 0 and 0 <= at < len(self._trades) else None

    def of(self, symbol: str) -> Iterator[Trade]:
        """Remembered trades of an instrument, the last one first."""
        return (trade for trade in reversed(self._trades) if trade.symbol == symbol)
