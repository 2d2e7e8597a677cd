"""A mutant gets into its function in this process, or into its module when that is imported."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator

import pytest

import engine
from engine import price_bands
from engine.price_bands import too_far
from tests.mutation import place
from tests.mutation.operators import Mutant, mutants
from tests.mutation.parts import ROOT

FILE = "engine/price_bands.py"
SOURCE = (ROOT / FILE).read_text(encoding="utf-8")


@pytest.fixture(name="mutant")
def _mutant() -> Mutant:
    """A price at exactly the percentage is outside."""
    change = "return abs(price - reference) * 100 >= reference * percent"
    return next(one for one in mutants(SOURCE, FILE) if one.after == change)


@pytest.fixture(autouse=True)
def _restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The module and its function are again what they were."""
    code = too_far.__code__
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.setattr(engine, "price_bands", price_bands)
    monkeypatch.setitem(sys.modules, "engine.price_bands", price_bands)
    yield
    too_far.__code__ = code


def test_the_function_itself_changes(mutant: Mutant) -> None:
    """Also for those who imported it before."""
    assert not too_far(110, 100, 10)
    assert place.in_function(SOURCE, mutant)
    assert too_far(110, 100, 10)


def test_the_module_changes_when_it_is_imported(mutant: Mutant) -> None:
    """What others have of it stays."""
    place.on_import(SOURCE, mutant)
    del sys.modules["engine.price_bands"]
    changed = importlib.import_module("engine.price_bands")
    assert changed.too_far(110, 100, 10)
    assert not too_far(110, 100, 10)
    assert changed.__file__ == price_bands.__file__


def test_what_runs_at_import_wants_a_fresh_process() -> None:
    """A default is no code of its function."""
    source = "def f(a=1): ...\n"
    assert not any(place.in_function(source, one) for one in mutants(source, FILE))
