"""Facts of instruments and segments: which quantities and prices fit."""

from __future__ import annotations

from engine.commands import DefineInstrument, DefineSegment
from engine.instrument import Instrument, Segment
from engine.rejects import Refusal
from engine.values import MarketOrders, Phase
from tests.support.market import price

QUANTITIES = """
             1  ORDER_QTY_OFF_LOT    100
            99  ORDER_QTY_OFF_LOT    100
           100  -
           150  ORDER_QTY_OFF_LOT    100
   999_999_900  -
   999_999_999  ORDER_QTY_OFF_LOT    100
 1_000_000_000  ORDER_QTY_TOO_LARGE  999999999
             0  ORDER_QTY_TOO_SMALL  100
          -100  ORDER_QTY_TOO_SMALL  100
"""

PRICES = """
           0.01  -
           0.02  -
          87.33  -
         87.335  PRICE_OFF_TICK      0.01
              0  PRICE_NOT_POSITIVE  0
          -0.01  PRICE_NOT_POSITIVE  0
      100000000  -
   100000000.01  PRICE_TOO_LARGE     100000000
"""


def _told(refusal: Refusal | None) -> list[str]:
    return ["-"] if refusal is None else [refusal.reason, str(refusal.limit)]


def test_quantities_are_whole_lots_within_nine_digits() -> None:
    """A quantity is a positive multiple of the lot; the refusal names the limit it broke."""
    instrument = Instrument(DefineInstrument("ERIC-B", "STO", tick_size=100, lot=100))
    rows = [line.split() for line in QUANTITIES.strip().splitlines()]
    told = [[qty, *_told(instrument.refuse_qty(int(qty)))] for qty, *_ in rows]
    assert told == rows


def test_largest_quantity_is_nine_digits() -> None:
    """999,999,999 shares may be ordered where the lot is one, one more may not."""
    instrument = Instrument(DefineInstrument("ERIC-B", "STO", tick_size=100))
    told = [_told(instrument.refuse_qty(qty)) for qty in (999_999_999, 1_000_000_000)]
    assert told == [["-"], ["ORDER_QTY_TOO_LARGE", "999999999"]]


def test_prices_are_positive_and_on_tick() -> None:
    """A price is a positive multiple of its tick; the refusal names the limit it broke."""
    instrument = Instrument(DefineInstrument("ERIC-B", "STO", tick_size=100))
    rows = [line.split() for line in PRICES.strip().splitlines()]
    told = [[text, *_told(instrument.refuse_price(price(text)))] for text, *_ in rows]
    expected = [[*row[:2], *(str(price(limit)) for limit in row[2:])] for row in rows]
    assert told == expected


def test_refusals_carry_the_value_that_broke_the_rule() -> None:
    """What was sent goes back as it came, in the engine's units."""
    instrument = Instrument(DefineInstrument("ERIC-B", "STO", tick_table="rts11-6", lot=10))
    refusals = [instrument.refuse_qty(15), instrument.refuse_price(price("87.335"))]
    assert [refusal and (refusal.limit, refusal.was) for refusal in refusals] == [
        (10, 15),
        (price("0.01"), price("87.335")),
    ]


def test_a_fixed_tick_goes_before_a_table() -> None:
    """With a tick size of its own, an instrument does not look at a table."""
    both = DefineInstrument("ERIC-B", "STO", tick_table="rts11-6", tick_size=500)
    table = DefineInstrument("ERIC-B", "STO", tick_table="rts11-6")
    assert [Instrument(both).ticks.name, Instrument(table).ticks.name] == ["fixed-500", "rts11-6"]


def test_segment_takes_the_rules_of_its_last_definition() -> None:
    """A segment defined again has the new rules; its phase changes by order only."""
    segment = Segment(DefineSegment("STO", "CONTINUOUS"))
    first = (segment.phase, segment.internal_priority, segment.market_orders)
    segment.define(DefineSegment("STO", "CLOSED", internal_priority=False, market_orders="sweep"))
    second = (segment.phase, segment.internal_priority, segment.market_orders)
    assert [first, second] == [
        (Phase.CONTINUOUS, True, MarketOrders.BEST_LEVEL),
        (Phase.CONTINUOUS, False, MarketOrders.SWEEP),
    ]
