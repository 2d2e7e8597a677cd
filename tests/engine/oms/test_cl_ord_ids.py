"""Orders by ClOrdID: found however many there are, and filed without a long pause."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from engine.oms import cl_ord_ids
from engine.oms.cl_ord_ids import SHARES, ClOrdIds
from engine.order import Order
from tests.support.market import orders

SEED = 66
ONE, OTHER = orders("A AVA buy 100 @ 1.00 \n B AVA buy 100 @ 1.00")

KINDS: dict[str, Callable[[int, random.Random], str]] = {
    "counted": lambda n, _: f"{n}",
    "counted with a prefix": lambda n, _: f"AVA-20261125-{n:08}",
    "drawn": lambda _, draw: f"{draw.getrandbits(128):032x}",
    "one letter": lambda n, _: chr(32 + n),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_filed_is_found_until_it_is_forgotten(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever ids a client makes, below and above the size at which they are parted."""
    monkeypatch.setattr(cl_ord_ids, "FEW", 20)
    draw = random.Random(SEED)
    ids = ClOrdIds()
    known: dict[str, Order] = {}
    made = [KINDS[kind](n, draw) for n in range(90)]
    for n, cl_ord_id in enumerate(made):
        assert ids.find(cl_ord_id) is None
        ids.file(cl_ord_id, (ONE, OTHER)[n % 2])
        known[cl_ord_id] = (ONE, OTHER)[n % 2]
        if n % 3 == 2:
            gone = draw.choice(sorted(known))
            ids.forget(gone)
            del known[gone]
    ids.forget("never filed")
    assert {cl_ord_id: ids.find(cl_ord_id) for cl_ord_id in made} == {
        cl_ord_id: known.get(cl_ord_id) for cl_ord_id in made
    }
    assert dict(ids.items()) == known


def test_the_parts_grow_one_after_another() -> None:
    """Counted ids, as most clients make them: a share of one to nearly two for every part."""
    ids = ClOrdIds()
    for n in range(50_000):
        ids.file(f"AVA-{n}", ONE)
    sizes = [len(part) for part in ids._parts]
    assert len(set(sizes)) == len(SHARES)
    assert 1.5 < max(sizes) / min(sizes) < 2.5
    assert len(ids._few) + sum(sizes) == 50_000
