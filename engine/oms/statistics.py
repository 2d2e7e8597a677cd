"""What the exchange publishes of a day: turnover, and each member's part in it (rule 7.7).

A busted trade does not count. Turnover counts each trade once; a member's share is what it bought
and sold, of twice the turnover, so that all shares together are the whole.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from engine.oms.trades import Trade


class MemberDay(msgspec.Struct, gc=False):
    """One member's day; quantities in shares, values in units of price x shares.

    `internal_value` is of trades with itself, counted once; `aggressive_value` of those in which
    its order was the incoming one in continuous trading. `trades` counts each it had a part in.
    """

    buy_qty: int = 0
    buy_value: int = 0
    sell_qty: int = 0
    sell_value: int = 0
    trades: int = 0
    internal_value: int = 0
    aggressive_value: int = 0


class Statistics(msgspec.Struct, gc=False):
    """A day of one book or more: turnover and volume, and the members by code."""

    turnover: int = 0
    volume: int = 0
    trades: int = 0
    members: dict[str, MemberDay] = {}

    def share(self, member: str) -> int:
        """The member's share in hundredths of a percent, rounded half up."""
        day = self.members.get(member)
        if day is None or not self.turnover:
            return 0
        return (10_000 * (day.buy_value + day.sell_value) + self.turnover) // (2 * self.turnover)


def statistics(trades: Iterable[Trade]) -> Statistics:
    """The statistics of these trades, busted ones left out."""
    told = Statistics(members={})
    for trade in trades:
        if trade.busted:
            continue
        value = trade.price * trade.qty
        buyer, seller = trade.buyer.member, trade.seller.member
        told.turnover += value
        told.volume += trade.qty
        told.trades += 1
        bought = told.members.setdefault(buyer, MemberDay())
        sold = told.members.setdefault(seller, MemberDay())
        bought.buy_qty += trade.qty
        bought.buy_value += value
        sold.sell_qty += trade.qty
        sold.sell_value += value
        bought.trades += 1
        if buyer == seller:
            bought.internal_value += value
        else:
            sold.trades += 1
        if not trade.cross:
            told.members[trade.incoming.member].aggressive_value += value
    return told
