"""No field of an exchange is left out of its snapshot, also none that somebody adds next year.

`differences` walks over everything that is reachable from two exchanges at once, whatever classes
it is of. An attribute that the loaded one does not have, has with another value, or has as two
objects where the saved one has one, is a difference. What is not compared stands in `NO_STATE`.
"""

from __future__ import annotations

import random
from collections import defaultdict, deque
from collections.abc import Iterator, Sized
from copy import copy
from enum import Enum
from hashlib import sha256
from itertools import chain
from operator import itemgetter
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType, SimpleNamespace
from typing import Any, get_args, get_type_hints

import msgspec
from sortedcontainers import SortedList

from engine import snapshot
from engine.book.line import Line
from engine.commands import (
    DefineInstrument,
    DefineMember,
    DefineSegment,
    RequestSecurityStatus,
    RequestTradingSessionStatus,
)
from engine.exchange import Exchange
from engine.oms.cl_ord_ids import ClOrdIds
from engine.order import Order
from tests.engine.test_everything import VENUES
from tests.engine.test_snapshot import FIRST, commands_of

NO_STATE = frozenset({("Floor", "events"), ("BookSide", "spare")})
"""The list that the last command's answer was: the next command begins another one. An empty level
to be used again."""

ALWAYS_THE_SAME = ["Exchange._handlers"]
"""Attributes that have one value in all exchanges that are looked at here."""

ENOUGH_ATTRIBUTES = 100
"""An exchange has more of them than this."""

_PLAIN = (bool, int, str, bytes, type(None))
_FUNCTIONS = (FunctionType, BuiltinFunctionType, type)

Pair = tuple[Any, Any, str]
"""What stands at one place on both sides, and the path to it."""


def fields_of(kind: type) -> list[str]:
    """Names of what an object of this class has in slots or fields of its own."""
    if issubclass(kind, msgspec.Struct):
        return list(kind.__struct_fields__)
    if issubclass(kind, tuple):
        return list(getattr(kind, "_fields", ()))
    slots = [
        base.__dict__.get("__mypyc_attrs__", base.__dict__.get("__slots__", ()))
        for base in kind.__mro__
    ]
    return [name for names in slots for name in ((names,) if isinstance(names, str) else names)]


def attributes(thing: object) -> dict[str, Any]:
    """Every attribute that an object has of its own, from wherever its class keeps them."""
    names = fields_of(type(thing))
    found = {name: getattr(thing, name) for name in names if hasattr(thing, name)}
    return {**found, **getattr(thing, "__dict__", {})}


def _sorted(filed: ClOrdIds) -> list[tuple[str, Order]]:
    return sorted(filed.items(), key=itemgetter(0))


def _is_method(thing: object) -> bool:
    """Whether it is a method of some object; those of compiled classes are builtin functions."""
    if isinstance(thing, BuiltinFunctionType):
        return not isinstance(thing.__self__, (ModuleType, type(None)))
    return isinstance(thing, MethodType)


def spoil(owner: object, name: str) -> bool:
    """Give an attribute a value that it never has; false if its class, compiled, takes no such."""
    try:
        setattr(owner, name, float)
    except TypeError:
        return False
    return True


class Walk:
    """One walk over two structures; `found` are differences as paths, `owners` has an object of the
    second for each attribute of each class that can change, `values` what the attribute was in the
    first: plain values, how long containers were, classes of other objects.
    """

    def __init__(self) -> None:
        self.found: list[str] = []
        self.owners: dict[tuple[str, str], object] = {}
        self.values: dict[tuple[str, str], set[object]] = defaultdict(set)
        self._there: dict[int, object] = {}
        self._here: dict[int, object] = {}

    def compare(self, one: Exchange, other: Exchange) -> None:
        """Note every difference below these two; no recursion, for structures may be deep."""
        todo: list[Pair] = [(one, other, "exchange")]
        while todo:
            mine, its, path = todo.pop()
            if type(mine) is not type(its):
                self.found.append(f"{path}: {mine!r} is {its!r}, of another type")
            elif isinstance(mine, (*_PLAIN, Enum)):
                if mine != its:
                    self.found.append(f"{path}: {mine!r} is {its!r}")
            elif isinstance(mine, _FUNCTIONS) and not _is_method(mine):
                if mine is not its:
                    self.found.append(f"{path}: another function or class")
            elif _is_value(mine) or not self._met(mine, its, path):
                todo += self._parts(mine, its, path)

    def _met(self, mine: object, its: object, path: str) -> bool:
        """Whether one of these was compared before: then both were, with each other."""
        there, here = self._there.get(id(mine)), self._here.get(id(its))
        if there is None and here is None:
            self._there[id(mine)], self._here[id(its)] = its, mine
            return False
        if there is not its or here is not mine:
            self.found.append(f"{path}: one object on one side is two on the other: {mine!r:.80}")
        return True

    def _parts(self, mine: Any, its: Any, path: str) -> Iterator[Pair]:
        if isinstance(mine, dict):
            yield tuple(mine), tuple(its), f"{path} keys"
            for key in [key for key in mine if key in its]:
                yield mine[key], its[key], f"{path}[{key!r}]"
        elif isinstance(mine, ClOrdIds):
            yield _sorted(mine), _sorted(its), path  # not the pieces
        elif isinstance(mine, Line):
            yield list(mine.places()), list(its.places()), path  # not the holes in it
        elif _is_method(mine):
            yield mine.__qualname__, its.__qualname__, f"{path} function"
            yield mine.__self__, its.__self__, f"{path} object"
        elif isinstance(mine, (list, tuple, deque, SortedList)) and not fields_of(type(mine)):
            if len(mine) != len(its):
                self.found.append(f"{path}: length {len(mine)} is {len(its)}")
            for nth, (part, its_part) in enumerate(zip(mine, its, strict=False)):
                yield part, its_part, f"{path}[{nth}]"
        else:
            assert type(mine).__module__.startswith("engine."), f"{path}: what is {mine!r}?"
            yield from self._attributes(mine, its, path)

    def _attributes(self, mine: Any, its: Any, path: str) -> Iterator[Pair]:
        kind = type(mine)
        here, there = attributes(mine), attributes(its)
        if list(here) != list(there):
            self.found.append(f"{path}: attributes {list(here)} are {list(there)}")
        for name in [name for name in here if name in there]:
            if (kind.__name__, name) in NO_STATE:
                continue
            one, other = here[name], there[name]
            if not _is_value(mine):
                if mine is not its:  # a tick table of the annex is one for all
                    self.owners.setdefault((kind.__name__, name), its)
                self._note(kind.__name__, name, one)
            if _declared(kind, name) == "str":  # where a code of an enum is the same as its text
                one, other = str(one), str(other)
            yield one, other, f"{path}.{name}"

    def _note(self, kind: str, name: str, value: object) -> None:
        if isinstance(value, (*_PLAIN, Enum, tuple)):
            self.values[kind, name].add(value)
        else:
            self.values[kind, name].add(len(value) if isinstance(value, Sized) else type(value))


def _declared(kind: type, name: str) -> str:
    """The type of an attribute as the source has it; "" if it says none."""
    declared = getattr(kind, "__annotations__", {}).get(name, "")
    return str(getattr(declared, "__forward_arg__", declared))


def _is_value(thing: object) -> bool:
    """Whether only its contents count: nobody can change it, so it may be one object or two."""
    frozen = isinstance(thing, msgspec.Struct) and thing.__struct_config__.frozen
    return frozen or isinstance(thing, (tuple, MethodType))


def walk(one: Exchange, other: Exchange) -> Walk:
    """Two exchanges compared."""
    walked = Walk()
    walked.compare(one, other)
    return walked


def _exchanges(first: int) -> Iterator[tuple[str, Exchange]]:
    """Exchanges in the middle of a day, of all venues of the streams, and where that is."""
    for name in VENUES:
        for seed in range(first, first + 3):
            commands = commands_of(name, seed)
            cuts = random.Random(seed).sample(range(len(commands)), 8)
            exchange = Exchange()
            for place, stamped in enumerate(commands):
                exchange.apply(*stamped)
                if place in cuts:
                    yield f"{name}, seed {seed}, after {place}", exchange


def _odd() -> Exchange:
    """An exchange with all that is the same in every stream otherwise, if need be by force."""
    exchange = Exchange()
    for stamped in commands_of("timetable", 1):
        exchange.apply(*stamped)
    for command in (
        DefineMember("NEW", "Newcomer"),
        DefineSegment("ODD", "", off_tick="round", anonymity="index"),
        DefineInstrument("ODD", "ODD", "rts11-2", lot=10),
        RequestSecurityStatus("AVA", "b", "ODD", "1"),
        RequestTradingSessionStatus("AVA", "s", "ODD", "1"),
    ):
        exchange.apply(command, exchange.seq + 1, exchange.at)
    exchange.orders.done_max = 2_000_000
    exchange.trades.trades_max = 100_000
    exchange.floor.expiries._size_max = 4096
    market = exchange.markets["ODD"]
    market.tripped, market.prints = "dynamic guard", [7, 8]
    trade = exchange.trades.find(exchange.trades.count)
    assert trade is not None
    trade.hides = "RI"
    return exchange


def test_everything_reachable_is_as_it_was() -> None:
    """Each attribute of each object below a loaded exchange is that of the saved one."""
    for where, exchange in chain(_exchanges(FIRST), [("odd", _odd())]):
        assert walk(exchange, snapshot.load(snapshot.save(exchange))).found == [], where


def test_nothing_that_is_not_saved_can_hide() -> None:
    """Each attribute has more than one value in what is looked at, so a load has to set it."""
    values: dict[str, set[object]] = defaultdict(set)
    for _, exchange in chain(_exchanges(1), [("odd", _odd())]):
        for (kind, name), seen in walk(exchange, exchange).values.items():
            values[f"{kind}.{name}"] |= seen
    only = {name: next(iter(seen)) for name, seen in values.items() if len(seen) == 1}
    same = [name for name, value in only.items() if not isinstance(value, type)]
    assert sorted(same) == ALWAYS_THE_SAME


# The walk itself


def _pair() -> tuple[Exchange, Exchange]:
    exchange = _odd()
    return exchange, snapshot.load(snapshot.save(exchange))


def test_the_walk_notices_any_attribute_that_is_not_restored() -> None:
    """Whichever attribute of whichever class is another one, the walk finds it."""
    exchange, loaded = _pair()
    owners = walk(exchange, loaded).owners
    assert len(owners) > ENOUGH_ATTRIBUTES
    for (kind, name), owner in owners.items():
        kept = getattr(owner, name)
        if not spoil(owner, name):
            continue
        assert walk(exchange, loaded).found, (kind, name)
        setattr(owner, name, kept)
    assert walk(exchange, loaded).found == []


def test_the_walk_notices_an_attribute_that_came_later() -> None:
    """A new attribute that a load does not set is a difference."""
    one, other = SimpleNamespace(seq=1, later=1), SimpleNamespace(seq=1)
    noticed = Walk()
    assert list(noticed._attributes(one, other, "exchange")) == [(1, 1, "exchange.seq")]
    assert noticed.found == ["exchange: attributes ['seq', 'later'] are ['seq']"]


def test_the_walk_notices_an_order_that_became_two() -> None:
    """An order that the book and the registry would hold as two equal objects is a difference."""
    exchange, loaded = _pair()
    session, working = next((s, w) for s, w in loaded.orders._working.items() if len(w))
    order_id, order = next(iter(working.places()))
    working.remove(order_id)
    working.put_back(order_id, copy(order))
    assert next(iter(working)) == order
    assert any("two on the other" in found for found in walk(exchange, loaded).found), session


def test_the_walk_notices_another_order_of_things() -> None:
    """Dicts with the same entries in another order are different."""
    exchange, loaded = _pair()
    members = loaded.members
    first = next(iter(members))
    members[first] = members.pop(first)
    assert len(walk(exchange, loaded).found) == len(members)


# The form

FORMS = {1: "58d03788722f6724"}
"""The hash of the form of each layout there was; a form that changes needs another layout."""


def _form() -> str:
    """All structs of a snapshot with their fields, in order, as they are declared."""
    told: dict[str, list[str]] = {}
    todo: list[Any] = [snapshot.SavedExchange]
    while todo:
        kind = todo.pop()
        todo += get_args(kind)
        is_record = isinstance(kind, type) and issubclass(kind, (msgspec.Struct, tuple))
        if is_record and kind.__name__ not in told:
            told[kind.__name__] = [f"{name}: {_declared(kind, name)}" for name in fields_of(kind)]
            todo += get_type_hints(kind).values()
    return "\n".join(f"{name}({', '.join(told[name])})" for name in sorted(told))


def test_another_form_is_another_layout() -> None:
    """Old snapshots are never read as if they had the present form: when a field comes, goes or
    moves, also in an order or a definition, `LAYOUT` is counted up and the new hash noted here.
    """
    form = _form()
    assert "\nOrder(order_id: int, " in form
    assert {snapshot.LAYOUT: sha256(form.encode()).hexdigest()[:16]}.items() <= FORMS.items(), form
