"""How long an order lives: the moment at which it ends by itself (rule 1.3).

That Day orders end with the day is `trading_day`'s business; who is due is `expiries`.
"""

from __future__ import annotations

from engine.market import Market
from engine.order import Order
from engine.values import TimeInForce

DAY_NANOS = 86_400 * 1_000_000_000

OUTLIVES_DAY = frozenset({TimeInForce.GOOD_TILL_DATE, TimeInForce.GOOD_TILL_CANCEL})
"""What is carried over the night, and stays when a lost connection cancels the orders of the day
(rules 1.3 and 5.4.3)."""


def watch(order: Order, market: Market, was: str = "") -> None:
    """Have an order end at its time, or when it has lived as long as its segment lets it.

    `was` is the TimeInForce(59) it had before a replace: good till canceled counts from when it
    began.
    """
    terms, expiries, at = order.terms, market.floor.expiries, 0
    if terms.time_in_force == TimeInForce.GOOD_TILL_DATE:
        at = terms.expire_at
    elif terms.time_in_force == TimeInForce.GOOD_TILL_CANCEL:
        days = market.segment.definition.gtc_days
        at = market.floor.at + days * DAY_NANOS if days else 0
        if was == TimeInForce.GOOD_TILL_CANCEL:
            at = expiries.moment(order)
    expiries.watch(order, at)
