"""The tick size tables of RTS 11 (Delegated Regulation (EU) 2017/588, Annex) and fixed ticks.

A `TickTable` answers one question: which price step applies at this price. Bands are liquidity
bands 1 (fewest trades a day) to 6. All numbers are integers of 10^-4 currency units (rule 6.1.1);
an instrument with another price scale has a fixed tick size.
"""

from __future__ import annotations

from bisect import bisect_right

_STARTS_IN_TENTHS = (
    *(0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000),
    *(10_000, 20_000, 50_000, 100_000, 200_000, 500_000),
)
_RANGE_STARTS = tuple(tenths * 1000 for tenths in _STARTS_IN_TENTHS)
"""0, 0.1, 0.2, 0.5, 1, 2, 5 ... 50 000 in units of 0.0001: where each of the 19 rows begins."""

_SERIES = (1, 2, 5)


def _steps() -> tuple[int, ...]:
    """The ladder every column of the annex walks along: 1, 2, 5, 10, 20, 50 ... ten-thousandths."""
    return tuple(digit * 10**power for power in range(8) for digit in _SERIES)


def _column(band: int) -> tuple[int, ...]:
    """Tick per price range for a band: the annex moves one step per row and one per band.

    Row 0 of band 1 is 0.0005, the third step; no tick is smaller than 0.0001.
    """
    steps = _steps()
    return tuple(steps[max(0, row + 3 - band)] for row in range(len(_RANGE_STARTS)))


class TickTable:
    """Price steps by price range; `starts[i] <= price < starts[i + 1]` has step `ticks[i]`."""

    __slots__ = ("name", "starts", "ticks")

    def __init__(self, name: str, starts: tuple[int, ...], ticks: tuple[int, ...]) -> None:
        assert len(starts) == len(ticks)
        assert starts[0] == 0
        self.name = name
        self.starts = starts
        self.ticks = ticks

    def tick(self, price: int) -> int:
        """The step that applies at `price` (rule 6.1, ranges are from <= price < to)."""
        return self.ticks[bisect_right(self.starts, price) - 1]

    def is_on_tick(self, price: int) -> bool:
        """Whether `price` is a valid price: positive and a multiple of its step."""
        return price > 0 and price % self.ticks[bisect_right(self.starts, price) - 1] == 0

    def round_down(self, price: int) -> int:
        """The highest valid price <= `price` (what a buy is rounded to, rule 6.1.2)."""
        return price - price % self.tick(price)

    def round_up(self, price: int) -> int:
        """The lowest valid price >= `price` (what a sell is rounded to)."""
        tick = self.tick(price)
        return -(-price // tick) * tick

    def next_above(self, price: int) -> int:
        """The lowest valid price > `price`."""
        return self.round_up(price + 1)

    def next_below(self, price: int) -> int:
        """The highest valid price < `price`; 0 when there is none."""
        return self.round_down(price - 1) if price > 0 else 0


RTS11: dict[str, TickTable] = {
    f"rts11-{band}": TickTable(f"rts11-{band}", _RANGE_STARTS, _column(band))
    for band in range(1, 7)
}


def fixed(tick_size: int) -> TickTable:
    """A table with one step at every price."""
    assert tick_size > 0
    return TickTable(f"fixed-{tick_size}", (0,), (tick_size,))
