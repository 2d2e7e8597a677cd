"""Where a pegged order stands: its price from the best prices shown (rule 1.2).

Primary follows its own side, market the other side, mid lies between. PegOffsetValue(211) is added
as it is signed; Price(44), if there is one, is a cap. Only displayed orders are followed, and pegs
are never displayed, so pegs do not chase each other.
"""

from __future__ import annotations

from engine.instrument import Instrument
from engine.order import Order
from engine.values import ExecInst, PegOffsetType


def peg_price(order: Order, instrument: Instrument, bid: int | None, ask: int | None) -> int:
    """The price of a pegged order beside these best displayed prices; 0 if it has none now.

    Rounded to the tick that is no more aggressive, but for a mid peg without an offset, which may
    stand between two ticks.
    """
    instructions = order.terms.instructions
    assert instructions is not None
    if instructions.exec_inst == ExecInst.MID_PEG:
        if bid is None or ask is None:
            return 0
        price = (bid + ask) // 2 if order.is_buy else -(-(bid + ask) // 2)
    else:
        own, other = (bid, ask) if order.is_buy else (ask, bid)
        follows = own if instructions.exec_inst == ExecInst.PRIMARY_PEG else other
        if follows is None:
            return 0
        price = follows
    if instructions.peg_offset:
        price = _moved(price, instructions.peg_offset, instructions.peg_offset_type, instrument)
        price = instrument.passive_tick(price, is_buy=order.is_buy) if price > 0 else 0
    cap = order.terms.price
    if cap and price:
        price = min(price, cap) if order.is_buy else max(price, cap)
    return max(0, price)


def _moved(price: int, offset: int, counted_in: str, instrument: Instrument) -> int:
    if counted_in != PegOffsetType.TICKS:
        return price + offset
    step = instrument.ticks.next_above if offset > 0 else instrument.ticks.next_below
    for _ in range(abs(offset)):
        price = step(price)
    return price
