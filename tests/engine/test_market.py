"""One instrument's market: carrying out a plan, resting or canceling what is left."""

from __future__ import annotations

import pytest

from engine.commands import DefineInstrument
from engine.events import Event, OrderCanceled, Traded
from engine.floor import Floor
from engine.instrument import Instrument, Segment
from engine.market import Market
from engine.order import Order
from tests.support.market import Rules, lines, order, play, price

ASKS = """
    a NON sell 100 @ 100.00
    b SHB sell 100 @ 104.99
    c SHB sell 100 @ 105.00
    d SHB sell 100 @ 105.01
"""

BIDS = """
    a NON buy 100 @ 100.00
    b SHB buy 100 @  95.01
    c SHB buy 100 @  95.00
    d SHB buy 100 @  94.99
"""


def _market(rules: Rules | None = None) -> Market:
    rules = rules or Rules()
    definition = DefineInstrument("ERIC-B", "STO", tick_size=100, reference_price=price("87.30"))
    return Market(Instrument(definition), Segment(rules.segment(rules.phase)), Floor())


def _enter(market: Market, *orders: Order) -> tuple[list[Event], list[str]]:
    floor = market.floor
    for one in orders:
        floor.orders.add(one)
        market.enter(one)
    events, floor.events = floor.events, []
    return events, [one.cl_ord_id for one in floor.orders.all_done()]


def test_order_that_meets_nobody_rests() -> None:
    """Without a counter-order nothing happens, and the order stands in the book."""
    market = _market()
    bid, ask = order("A AVA buy 100 @ 10.00", 1), order("B AVA sell 100 @ 10.01", 2)
    assert _enter(market, bid, ask) == ([], [])
    assert [list(market.book.bids.orders()), list(market.book.asks.orders())] == [[bid], [ask]]


def test_trade_carries_both_orders_as_they_are_after_it() -> None:
    """A trade tells match, price of the resting order, quantity, both states and the phase."""
    market = _market()
    resting, incoming = order("A NON sell 100 @ 10.00", 1), order("B AVA buy 300 @ 10.05", 2)
    events, done = _enter(market, resting, incoming)
    assert events == [
        Traded(
            match_id=1,
            symbol="ERIC-B",
            price=price("10.00"),
            qty=100,
            resting=resting.state(),
            incoming=incoming.state(),
            phase="CONTINUOUS",
        )
    ]
    assert [resting.status, incoming.status, incoming.leaves_qty, done] == ["2", "1", 200, ["A"]]


def test_each_resting_order_is_a_match_of_its_own() -> None:
    """Matches are counted one per resting order, across instruments of one counter."""
    floor = Floor()
    segment = Segment(Rules().segment("CONTINUOUS"))
    instrument = Instrument(DefineInstrument("ERIC-B", "STO", tick_size=100))
    markets = [Market(instrument, segment, floor) for _ in range(2)]
    told: list[int] = []
    for market in markets:
        events, _ = _enter(
            market,
            order("A NON sell 100 @ 10.00", 1),
            order("B SHB sell 100 @ 10.00", 2),
            order("C AVA buy 200 @ 10.00", 3),
        )
        told += [event.match_id for event in events if isinstance(event, Traded)]
    assert told == [1, 2, 3, 4]


def test_ended_orders_are_handed_back_in_the_order_they_ended() -> None:
    """Filled resting orders first, then the incoming one, filled or canceled; all are kept."""
    market = _market()
    asks = [order(f"{name} NON sell 100 @ 10.0{name}", int(name)) for name in "123"]
    _enter(market, *asks)
    _, filled = _enter(market, order("B AVA buy 150 @ 10.05", 4))
    _, canceled = _enter(market, order("C AVA buy 500 @ 10.05 IOC", 5))
    assert [filled, canceled] == [["1", "B"], ["1", "B", "2", "3", "C"]]


def test_rest_of_an_order_that_never_rests_is_canceled() -> None:
    """What an immediate-or-cancel order does not trade is reported as canceled for that reason."""
    market = _market()
    incoming = order("B AVA buy 300 @ 10.05 IOC", 1)
    assert _enter(market, incoming) == (
        [OrderCanceled(incoming.state(), "I", "CONTINUOUS")],
        ["B"],
    )


def test_last_price_is_that_of_the_last_trade() -> None:
    """Before the first trade the reference price stands in for it."""
    market = _market()
    told = [market.last_price]
    _enter(market, order("A NON sell 100 @ 10.00", 1), order("B NON sell 100 @ 10.05", 2))
    told.append(market.last_price)
    _enter(market, order("C AVA buy 200 @ 10.10", 3))
    told.append(market.last_price)
    assert told == [price("87.30"), price("87.30"), price("10.05")]


def test_order_that_leaves_is_not_met_any_more() -> None:
    """A resting order taken out does not trade; the others do."""
    market = _market()
    asks = [order("A NON sell 100 @ 10.00", 1), order("B NON sell 100 @ 10.00", 2)]
    _enter(market, *asks)
    market.leave(asks[0])
    _, done = _enter(market, order("C AVA buy 100 @ 10.00", 3))
    assert done == ["B", "C"]


SWEEP = Rules(market_orders="sweep", reference_price="100.00")


@pytest.mark.parametrize("time_in_force", ["Day", "IOC"])
def test_market_order_sweeps_levels_up_to_the_band(time_in_force: str) -> None:
    """Where market orders sweep, they stop 5 % above the last price, that price included."""
    tape = f"""{ASKS}
        X AVA buy 400 market {time_in_force}
        -> a 100 @ 100.00 AVA|NON
        -> b 100 @ 104.99 AVA|SHB
        -> c 100 @ 105.00 AVA|SHB
        -> X 100 canceled I
    """
    assert play(tape, SWEEP) == lines(tape)


def test_market_sell_sweeps_levels_down_to_the_band() -> None:
    """A selling market order stops 5 % below the last price, that price included."""
    tape = f"""{BIDS}
        X AVA sell 400 market
        -> a 100 @ 100.00 NON|AVA
        -> b 100 @ 95.01 SHB|AVA
        -> c 100 @ 95.00 SHB|AVA
        -> X 100 canceled I
    """
    assert play(tape, SWEEP) == lines(tape)


def test_band_is_that_of_the_last_price_before_the_order() -> None:
    """Its own fills do not move an order's band; the next order's is where they left it."""
    tape = f"""{ASKS}
        X AVA buy 300 market
        -> a 100 @ 100.00 AVA|NON
        -> b 100 @ 104.99 AVA|SHB
        -> c 100 @ 105.00 AVA|SHB
        Y AVA buy 100 market
        -> d 100 @ 105.01 AVA|SHB
    """
    assert play(tape, SWEEP) == lines(tape)


def test_band_between_two_prices_rounds_inwards() -> None:
    """5 % below 1.0001 is 0.950095: 0.9501 trades, 0.9500 is beyond."""
    tape = """
        a NON buy 100 @ 0.9501
        b NON buy 100 @ 0.9500
        X AVA sell 200 market
        -> a 100 @ 0.9501 NON|AVA
        -> X 100 canceled I
    """
    rules = Rules(tick_size="0.0001", market_orders="sweep", reference_price="1.0001")
    assert play(tape, rules) == lines(tape)


def test_sweep_without_any_price_to_hold_to_has_no_band() -> None:
    """Before the first trade of an instrument without a reference price nothing bounds a sweep."""
    tape = f"""{ASKS}
        X AVA buy 400 market
        -> a 100 @ 100.00 AVA|NON
        -> b 100 @ 104.99 AVA|SHB
        -> c 100 @ 105.00 AVA|SHB
        -> d 100 @ 105.01 AVA|SHB
    """
    assert play(tape, Rules(market_orders="sweep")) == lines(tape)


@pytest.mark.parametrize("market_orders", ["best_level", "sweep"])
def test_fill_or_kill_market_order_counts_what_it_may_reach(market_orders: str) -> None:
    """A fill-or-kill market order needs all of it at the best level, or within the band."""
    sweeps = market_orders == "sweep"
    reached = """
        -> a 100 @ 100.00 AVA|NON
        -> b 100 @ 104.99 AVA|SHB
        -> c  50 @ 105.00 AVA|SHB
    """
    tape = f"""{ASKS}
        W AVA buy 350 market FOK
        -> W 350 canceled I
        X AVA buy 250 market FOK
        {reached if sweeps else "-> X 250 canceled I"}
    """
    assert play(tape, Rules(market_orders=market_orders, reference_price="100.00")) == lines(tape)


def test_fill_or_kill_counts_hidden_quantity() -> None:
    """Hidden orders count towards what a fill-or-kill order can trade."""
    tape = """
        a NON sell 100 @ 10.00
        b SHB sell 100 @ 10.00 hidden
        X AVA buy 200 @ 10.00 FOK
        -> a 100 @ 10.00 AVA|NON
        -> b 100 @ 10.00 AVA|SHB
    """
    assert play(tape) == lines(tape)
