"""The price of a call auction: found from what both sides want, before anything moves (rule 4.3).

Here are the equilibrium price, the table that shows why it was chosen, and the indicative message.
Who gets what at that price is `uncrossing`, when a call ends is `trading_day`. Everything works on
one `Demand` a side: open quantity per price level, whoever it belongs to and whether it is shown.

The candidates are the valid prices from the lowest limit to the highest, and each limit itself: one
that went off tick when the tick table changed must still trade. B(p), what is bought at p or
higher, and S(p), what is sold at p or lower, change only at limits. So a level is one candidate,
and an open gap between two neighbours is one more: all its prices are alike but for their distance
from the reference. The cost follows the number of levels, never that of ticks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from engine.tick_table import TickTable


class Demand(NamedTuple):
    """What one side wants: open quantity per limit, each limit once, in any order, and without one.

    Quantities are positive; `market_qty` may be 0. Which orders count is rule 4.3.1.
    """

    limits: Sequence[tuple[int, int]]
    market_qty: int = 0


class Equilibrium(NamedTuple):
    """The price of an auction, the quantity that trades, and buys minus sells at that price."""

    price: int
    qty: int
    imbalance: int


class PriceRow(NamedTuple):
    """A candidate price: B, S, min(B, S) and B - S of rule 4.3.3."""

    price: int
    buy_qty: int
    sell_qty: int
    tradable: int
    imbalance: int


class Indicative(NamedTuple):
    """The indicative message (rule 4.2.1): a price, or if there is none the best bid and ask.

    0 stands for no price; `imbalance_qty` has no sign, `direction` tells.
    """

    price: int
    paired_qty: int
    imbalance_qty: int
    direction: str
    best_bid: int
    best_bid_qty: int
    best_ask: int
    best_ask_qty: int


def equilibrium(
    buys: Demand, sells: Demand, reference: int, ticks: TickTable
) -> Equilibrium | None:
    """The price of the auction by the five steps of rule 4.3.4; None if nothing can trade.

    `reference` may be off tick. 0 means there is none: then the lowest price stands where the
    reference would decide, and without any limit there is no price.
    """
    ladder = _ladder(buys, sells, reference, ticks)
    tradable = list(map(min, ladder.buy_qty, ladder.sell_qty))
    most = max(tradable, default=0)
    if most == 0:
        return None
    # Step 1: B falls and S rises with the price, so the levels that trade most are neighbours, the
    # gaps between them trade as much, and no gap outside of them does.
    first = tradable.index(most)
    last = first + tradable.count(most) - 1
    rows = list(_rows(ladder, first, last, reference, ticks))
    assert all(row.tradable == most for row in rows)
    least = min(abs(row.imbalance) for row in rows)
    chosen = _choose([row for row in rows if abs(row.imbalance) == least], reference)  # step 2
    return Equilibrium(chosen.price, most, chosen.imbalance)


def price_table(buys: Demand, sells: Demand, reference: int, ticks: TickTable) -> list[PriceRow]:
    """Every price that may become the auction's, lowest first: why it is this one.

    A row for each limit, and one for each gap between two of them: the gap's price that
    steps 3 and 4 of rule 4.3.4 prefer.
    """
    ladder = _ladder(buys, sells, reference, ticks)
    return list(_rows(ladder, 0, len(ladder.prices) - 1, reference, ticks))


def direction(found: Equilibrium | None) -> str:
    """What is left over (rule 4.2.1): B buys, S sells, N nothing; O if there is no price."""
    if found is None:
        return "O"
    if found.imbalance == 0:
        return "N"
    return "B" if found.imbalance > 0 else "S"


def indicative(buys: Demand, sells: Demand, reference: int, ticks: TickTable) -> Indicative:
    """What would happen if the call ended now (rule 4.2).

    The book counts as crossed if anything could trade, be it a market order: so the message has a
    price, or a best bid and ask, never both.
    """
    found = equilibrium(buys, sells, reference, ticks)
    if found is not None:
        price, paired, imbalance = found
        return Indicative(price, paired, abs(imbalance), direction(found), 0, 0, 0, 0)
    bid = max(buys.limits, default=(0, 0))
    ask = min(sells.limits, default=(0, 0))
    return Indicative(0, 0, 0, direction(None), *bid, *ask)


class _Ladder(NamedTuple):
    """Every limit of the book, lowest first, with B and S there."""

    prices: list[int]
    buy_qty: list[int]
    sell_qty: list[int]


def _ladder(buys: Demand, sells: Demand, reference: int, ticks: TickTable) -> _Ladder:
    bought, sold = _levels(buys), _levels(sells)
    prices = sorted(bought | sold)
    if not prices and reference:
        # Rule 4.3.2: without any limit the reference is the only candidate.
        prices = [_nearest(reference, ticks.next_above(0), ticks.round_up(reference), ticks)]
    sell_qty = accumulate((sold.get(price, 0) for price in prices), initial=sells.market_qty)
    falling = (bought.get(price, 0) for price in reversed(prices))
    buy_qty = list(accumulate(falling, initial=buys.market_qty))
    return _Ladder(prices, buy_qty[:0:-1], list(sell_qty)[1:])


def _levels(side: Demand) -> dict[int, int]:
    levels = dict(side.limits)
    assert len(levels) == len(side.limits)
    assert all(levels.values())  # an empty level would widen the range of prices
    return levels


def _rows(
    ladder: _Ladder, first: int, last: int, reference: int, ticks: TickTable
) -> Iterator[PriceRow]:
    """The candidates from one level to another, lowest first."""
    prices, buy_qty, sell_qty = ladder
    for at in range(first, last + 1):
        if at > first:
            low = ticks.next_above(prices[at - 1])
            if low < prices[at]:
                buy, sell = buy_qty[at], sell_qty[at - 1]
                high = ticks.next_below(prices[at])
                yield _row(_best(low, high, buy - sell, reference, ticks), buy, sell)
        yield _row(prices[at], buy_qty[at], sell_qty[at])


def _row(price: int, buy: int, sell: int) -> PriceRow:
    return PriceRow(price, buy, sell, min(buy, sell), buy - sell)


def _best(low: int, high: int, imbalance: int, reference: int, ticks: TickTable) -> int:
    """The price that steps 3 and 4 prefer among equal ones from `low` to `high`, both on tick."""
    if imbalance:
        return high if imbalance > 0 else low
    return _nearest(reference, low, high, ticks)


def _nearest(reference: int, low: int, high: int, ticks: TickTable) -> int:
    """The valid price nearest to the reference from `low` to `high`, the higher of two."""
    if reference <= low:
        return low
    if reference >= high:
        return high
    below, above = ticks.round_down(reference), ticks.round_up(reference)
    return below if reference - below < above - reference else above


def _choose(rows: list[PriceRow], reference: int) -> PriceRow:
    """Steps 3 to 5 among rows of the same tradable quantity and the same |I|, lowest first."""
    if rows[-1].imbalance > 0:
        return rows[-1]  # step 3, buy pressure: I falls with the price, so it is > 0 in all rows
    if rows[0].imbalance < 0:
        return rows[0]  # step 3, sell pressure
    if rows[0].imbalance:
        # Step 5: the highest with I > 0 against the lowest with I < 0.
        up = sum(row.imbalance > 0 for row in rows)
        rows = rows[up - 1 : up + 1]
    return min(rows, key=lambda row: (abs(row.price - reference), -row.price))  # steps 4 and 5
