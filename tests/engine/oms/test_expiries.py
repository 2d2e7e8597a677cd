"""When good-till-date orders end: who is due, in which order, and when to ask next."""

from __future__ import annotations

from engine.oms.expiries import SIZE_MIN, Expiries
from engine.order import Order
from engine.values import NEVER
from tests.support.market import SECOND, enter, order


def _watched(*seconds: int) -> tuple[Expiries, list[Order]]:
    """Orders 1, 2 ... that end at these seconds, watched in this order."""
    expiries = Expiries()
    orders = [
        order(f"A{number} AVA buy 100 @ 1.00 GTD={second}", number)
        for number, second in enumerate(seconds, start=1)
    ]
    for one in orders:
        expiries.watch(one, one.terms.expire_at)
    return expiries, orders


def _due(expiries: Expiries, second: int) -> list[int]:
    return [one.order_id for one in expiries.due(second * SECOND)]


def test_nothing_to_wait_for() -> None:
    """Without orders there is no next moment and nobody is due."""
    expiries = Expiries()
    assert [expiries.next_at, _due(expiries, 100)] == [NEVER, []]


def test_due_earliest_first_then_oldest() -> None:
    """Orders end by moment, those of one moment by age, and each once."""
    expiries, _ = _watched(30, 20, 30, 10, 20)
    told = [(expiries.next_at, _due(expiries, second)) for second in (9, 20, 29, 30, 99)]
    assert told == [
        (10 * SECOND, []),
        (10 * SECOND, [4, 2, 5]),
        (30 * SECOND, []),
        (30 * SECOND, [1, 3]),
        (NEVER, []),
    ]


def test_order_that_ended_by_itself_is_not_due() -> None:
    """A canceled order is passed over at its moment, and the moment passes too."""
    expiries, (first, _) = _watched(10, 20)
    first.cancel()
    assert [_due(expiries, 10), expiries.next_at] == [[], 20 * SECOND]


def test_order_moved_later_is_due_then() -> None:
    """A replaced expiry counts, the former one does not."""
    expiries, (first,) = _watched(10)
    first.replace(enter("B AVA buy 100 @ 1.00 GTD=20"))
    expiries.watch(first, first.terms.expire_at)
    assert [_due(expiries, 19), _due(expiries, 20), expiries.next_at] == [[], [1], NEVER]


def test_order_moved_earlier_is_due_then_and_never_again() -> None:
    """An expiry brought forward ends the order once."""
    expiries, (first,) = _watched(20)
    first.replace(enter("B AVA buy 100 @ 1.00 GTD=10"))
    expiries.watch(first, first.terms.expire_at)
    told = _due(expiries, 10)
    first.expire()
    assert [told, _due(expiries, 20)] == [[1], []]


def test_order_watched_twice_is_due_once() -> None:
    """A replace that leaves the expiry alone, or brings it back, does not double the end."""
    expiries, (first,) = _watched(10)
    expiries.watch(first, first.terms.expire_at)
    for second in (20, 10):
        first.replace(enter(f"B AVA buy 100 @ 1.00 GTD={second}"))
        expiries.watch(first, first.terms.expire_at)
    assert _due(expiries, 10) == [1]


def test_order_that_is_good_till_date_no_more_is_not_due() -> None:
    """An order that is watched no more does not end by itself."""
    expiries, (first,) = _watched(10)
    expiries.watch(first, 0)
    assert _due(expiries, 10) == []


def test_moment_may_come_again_for_a_later_order() -> None:
    """After a moment has passed, orders are watched as before."""
    expiries, (first,) = _watched(10)
    told = [_due(expiries, 10)]
    expiries.watch(first, first.terms.expire_at)
    assert [*told, _due(expiries, 10)] == [[1], [1]]


def test_ended_orders_do_not_pile_up() -> None:
    """Orders that ended long before their moment are forgotten, those that wait are not."""
    expiries = Expiries()
    waiting = order("A0 AVA buy 100 @ 1.00 GTD=900", 0)
    expiries.watch(waiting, 900 * SECOND)
    for number in range(1, 5 * SIZE_MIN):
        ended = order(f"A{number} AVA buy 100 @ 1.00 GTD=900", number)
        expiries.watch(ended, 900 * SECOND)
        ended.cancel()
    assert (len(expiries) <= SIZE_MIN, _due(expiries, 900)) == (True, [0])
