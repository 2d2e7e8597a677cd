"""A line of orders: by place, whatever leaves and comes back."""

from __future__ import annotations

import random

import pytest

from engine.book.line import HOLES_MIN, Line
from engine.order import Order
from tests.support.market import orders

SEED = 6


def _orders(count: int) -> list[Order]:
    return orders("\n".join(f"X{n} AVA buy 100 @ 1.00" for n in range(count)))


def test_orders_stand_by_place() -> None:
    """The youngest, the oldest and one in between leave; the others stay as they stood."""
    line, all_of_them = Line(), _orders(5)
    for place, order in enumerate(all_of_them):
        line.add(10 * place, order)
    for place in (40, 0, 20):
        line.remove(place)
    a, b = all_of_them[1], all_of_them[3]
    assert (list(line), list(line.places()), len(line)) == ([a, b], [(10, a), (30, b)], 2)
    assert [place for place in (0, 10, 20, 30, 40, 5, 99) if place in line] == [10, 30]


def test_an_order_comes_back_to_its_place() -> None:
    """In front, in the middle, at the end, and where a hole is or none is left."""
    line, all_of_them = Line(), _orders(6)
    for place, order in enumerate(all_of_them):
        line.add(place, order)
    for place in (0, 2, 5):
        line.remove(place)
    for place in (2, 5, 0):
        line.put_back(place, all_of_them[place])
    assert list(line) == all_of_them


def test_what_has_left_in_front_is_not_looked_at_again() -> None:
    """Holes in front are stepped over once, so that the next one finds its place at once."""
    line = Line()
    for place, order in enumerate(_orders(9)):
        line.add(place, order)
    for place in (1, 0, 2):
        line.remove(place)
    assert (line._first, next(iter(line.places()))[0]) == (3, 3)


@pytest.mark.parametrize("place", [1, 3])
def test_nobody_leaves_twice(place: int) -> None:
    """A place that is free, or never was, is a bug of the caller."""
    line = Line()
    for number, order in zip((0, 2, 4), _orders(3), strict=True):
        line.add(number, order)
    line.remove(2)
    with pytest.raises(AssertionError):
        line.remove(place)
    with pytest.raises(AssertionError):
        line.remove(2)


@pytest.mark.parametrize("seed", range(SEED, SEED + 8))
def test_a_line_is_like_a_sorted_dict(seed: int) -> None:
    """Long random lives, with leaving mostly in front, mostly at the end, or anywhere."""
    draw = random.Random(seed)
    line = Line()
    known: dict[int, Order] = {}
    gone: dict[int, Order] = {}
    some, place = _orders(1)[0], 0
    for step in range(4_000):
        choice = draw.random()
        if choice < 0.5 or not known:
            place += draw.randrange(1, 3)
            known[place] = some
            line.add(place, some)
        elif choice < 0.97:
            ranked = sorted(known)
            leaver = (ranked[0], ranked[-1], draw.choice(ranked))[(seed + draw.randrange(2)) % 3]
            gone[leaver] = known.pop(leaver)
            line.remove(leaver)
        elif gone:
            returner = draw.choice(sorted(gone))
            known[returner] = gone.pop(returner)
            line.put_back(returner, some)
        if step % 50 == 0:
            assert [p for p, _ in line.places()] == sorted(known), f"seed {seed}, step {step}"
            assert len(line) == len(known)
            assert len(line._orders) <= max(2 * len(known), len(known) + HOLES_MIN + 1)
