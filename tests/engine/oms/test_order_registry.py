"""Which orders a session can speak about, by which ids, and for how long."""

from __future__ import annotations

from engine.oms.order_registry import OrderRegistry
from engine.order import Order
from tests.support.market import order


def _registry(done_max: int = 100) -> tuple[OrderRegistry, list[Order]]:
    """A registry with orders A, B, C of AVA and D of NON, all working."""
    registry = OrderRegistry(done_max)
    orders = [
        order(f"{cl_ord_id} {member} buy 100 @ 1.00", number)
        for number, (cl_ord_id, member) in enumerate(
            [("A", "AVA"), ("B", "AVA"), ("C", "AVA"), ("D", "NON")], start=1
        )
    ]
    for one in orders:
        registry.add(one)
    return registry, orders


def _rename(registry: OrderRegistry, renamed: Order, cl_ord_id: str) -> None:
    former, renamed.cl_ord_id = renamed.cl_ord_id, cl_ord_id
    registry.rename(renamed, former)


def _found(registry: OrderRegistry, *cl_ord_ids: str) -> list[int]:
    """OrderIDs behind the ids of AVA, 0 for an id that finds nothing."""
    found = [registry.find("AVA", cl_ord_id) for cl_ord_id in cl_ord_ids]
    return [one.order_id if one else 0 for one in found]


def test_ids_belong_to_the_session_that_used_them() -> None:
    """An order is found by its own session only, and unknown sessions find nothing."""
    registry, (first, *_, last) = _registry()
    found = [
        registry.find("AVA", "A") is first,
        registry.find("NON", "D") is last,
        registry.find("AVA", "D"),
        registry.find("SHB", "A"),
    ]
    assert found == [True, True, None, None]


def test_sessions_may_use_the_same_id() -> None:
    """A ClOrdID is unique per session, not per venue."""
    registry, _ = _registry()
    other = order("A NON buy 100 @ 1.00", 5)
    registry.add(other)
    assert [_found(registry, "A"), registry.find("NON", "A") is other] == [[1], True]


def test_former_ids_still_find_the_order() -> None:
    """After replaces the order answers to every id it bore, oldest first."""
    registry, (first, *_) = _registry()
    _rename(registry, first, "A2")
    _rename(registry, first, "A3")
    assert _found(registry, "A", "A2", "A3") == [1, 1, 1]
    assert registry.cl_ord_ids(first) == ("A", "A2", "A3")


def test_working_orders_oldest_first() -> None:
    """A session's working orders come in order of entry, whatever their ids are now."""
    registry, (first, second, third, last) = _registry()
    _rename(registry, first, "Z")
    registry.finish(second)
    assert list(registry.working("AVA")) == [first, third]
    assert list(registry.all_working()) == [first, third, last]
    assert list(registry.working("SHB")) == []


def test_finished_orders_are_remembered() -> None:
    """A finished order is found and counted, but does not work any more."""
    registry, (first, second, *_) = _registry()
    registry.finish(second)
    registry.finish(first)
    assert [*_found(registry, "A", "B"), registry.done_count] == [1, 2, 2]
    assert list(registry.all_done()) == [second, first]


def test_oldest_finished_order_is_forgotten_beyond_the_limit() -> None:
    """Beyond the limit the order that finished first goes, with every id it bore."""
    registry, (first, second, third, _) = _registry(done_max=1)
    _rename(registry, second, "B2")
    registry.finish(second)
    before = _found(registry, "A", "B", "B2", "C")
    registry.finish(first)
    after = _found(registry, "A", "B", "B2", "C")
    assert [before, after] == [[1, 2, 2, 3], [1, 0, 0, 3]]
    assert [list(registry.all_done()), registry.cl_ord_ids(third)] == [[first], ("C",)]


def test_order_that_kept_its_id_is_forgotten_like_any_other() -> None:
    """A cancel without an id of its own notes no former id."""
    registry, (first, second, *_) = _registry(done_max=1)
    _rename(registry, first, "A")
    registry.finish(first)
    registry.finish(second)
    assert [registry.cl_ord_ids(first), registry.find("AVA", "A")] == [("A",), None]


def test_forgotten_ids_may_be_used_again() -> None:
    """An id of a forgotten order is as good as new."""
    registry, (first, second, *_) = _registry(done_max=0)
    registry.finish(first)
    again = order("A AVA buy 100 @ 1.00", 9)
    registry.add(again)
    assert [registry.find("AVA", "A"), registry.find("AVA", "B")] == [again, second]


def test_working_orders_are_never_forgotten() -> None:
    """The limit counts finished orders only."""
    registry, orders = _registry(done_max=0)
    registry.finish(orders[1])
    assert _found(registry, "A", "B", "C") == [1, 0, 3]
