"""The sources keep the house's rules: a pure engine, small pieces, words on everything public.

Every rule is tried on a text that breaks it before it is asked of the tree, so that a rule that
cannot fail is noticed. `engine/ruff.toml` bans imports too, in the editor already; it is tried the
same way.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.support.tidy import impurities, oversized, undocumented

ROOT = Path(__file__).parents[1]
ENGINE = sorted((ROOT / "engine").rglob("*.py"))
GATEWAY = sorted((ROOT / "gateway").rglob("*.py"))


def _names(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


def test_there_are_sources_to_look_at() -> None:
    """The rules below are asked of real modules."""
    assert {"engine/exchange.py", "engine/book/matching.py"} <= set(_names(ENGINE))
    assert {"gateway/app.py", "gateway/fix/session.py"} <= set(_names(GATEWAY))


# The engine is pure

IMPURE = [
    ("import time", "1: import of time"),
    ("import os.path as p", "1: import of os"),
    ("from random import Random", "1: import of random"),
    ("from gateway.fix import tags", "1: import of gateway"),
    ("def f():\n    import asyncio", "2: import of asyncio"),
    ("import logging, socket", "1: import of logging"),
    ("import structlog", "1: import of structlog"),
    ("x = 0.5", "1: float 0.5"),
    ("x = 1e3", "1: float 1000.0"),
    ("x = float(1)", "1: call of float"),
    ("x = 1 / 2", "1: true division gives a float"),
    ("x /= 2", "1: true division gives a float"),
    ("x = hash('a')", "1: call of hash"),
    ("x = id(y)", "1: call of id"),
    ("print(1)", "1: call of print"),
    ("for x in {1, 2}: pass", "1: walk over a set"),
    ("for x in set(y): pass", "1: walk over a set"),
    ("x = [y for y in frozenset(z)]", "1: walk over a set"),
    ("x = [y for y in {z for z in w}]", "1: walk over a set"),
    ("x = [*{1, 2}]", "1: walk over a set"),
    ("x = tuple({1, 2})", "1: walk over a set"),
    ("S = frozenset({1})\nfor x in S: pass", "2: walk over a set"),
    ("S: set[int] = set()\nx = list(y for y in S)", "2: walk over a set"),
]


@pytest.mark.parametrize(("source", "finding"), IMPURE)
def test_impurity_is_noticed(source: str, finding: str) -> None:
    """What could make two runs differ is found, with its line."""
    assert finding in impurities(source)


def test_pure_code_passes() -> None:
    """Whole division, membership in a set, dicts and sorted names are fine."""
    source = """
import hashlib
from collections import deque
KINDS = frozenset({1, 2})
def f(x: dict[int, int]) -> list[int]:
    return [y // 2 for y in x if y in KINDS] + sorted(KINDS)
"""
    assert impurities(source) == []


@pytest.mark.parametrize("path", ENGINE, ids=_names(ENGINE))
def test_engine_is_pure(path: Path) -> None:
    """No module of the engine knows a clock, a float, an address or the order of a set."""
    assert impurities(path.read_text(encoding="utf-8")) == []


def _banned_by_ruff() -> list[str]:
    settings = tomllib.loads((ROOT / "engine" / "ruff.toml").read_text(encoding="utf-8"))
    return sorted(settings["lint"]["flake8-tidy-imports"]["banned-api"])


def _ruff(source: str, path: str) -> list[tuple[str, int]]:
    """Rule and line of what ruff says about this text, as if it were the module at `path`."""
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format=json"]
    done = subprocess.run(
        [*command, f"--stdin-filename={path}", "-"],
        cwd=ROOT,
        input=source,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    return [(one["code"], one["location"]["row"]) for one in json.loads(done.stdout)]


@pytest.mark.parametrize("module", ["engine/probe.py", "engine/book/probe.py"])
def test_ruff_bans_impure_imports_in_the_engine(module: str) -> None:
    """Each module that `engine/ruff.toml` names is refused anywhere below engine/."""
    banned = _banned_by_ruff()
    source = "".join(f"import {name}\n" for name in banned)
    told = [line for rule, line in _ruff(source, module) if rule == "TID251"]
    assert told == list(range(1, len(banned) + 1))


def test_ruff_bans_every_way_to_import() -> None:
    """Also a name out of a banned module, or an import inside a function, is refused."""
    source = "from time import time_ns\nfrom gateway.fix import tags\n\ndef f():\n    import time\n"
    told = [line for rule, line in _ruff(source, "engine/probe.py") if rule == "TID251"]
    assert told == [1, 2, 5]


def test_ruff_lets_the_gateway_read_the_clock() -> None:
    """The ban is the engine's own: outside of it the same import passes."""
    told = _ruff('"""Doc."""\n\nimport time\n\nNOW = time.time_ns()\n', "gateway/probe.py")
    assert told == []


def test_ruff_bans_what_the_purity_rule_names() -> None:
    """The editor warns of the imports that matter most; the test knows some more."""
    required = {"asyncio", "gateway", "logging", "os", "random", "socket", "structlog", "time"}
    assert required <= set(_banned_by_ruff())


# Small pieces


def test_long_function_is_noticed() -> None:
    """61 lines are one too many, counted from the decorator."""
    body = "    pass\n" * 59
    assert oversized(f"def f():\n{body}") == []
    assert oversized(f"@cache\ndef f():\n{body}") == ["2: f has 61 lines"]
    assert oversized(f"class C:\n  async def g(self):\n{body}    pass\n") == ["2: g has 61 lines"]


def test_long_module_is_noticed() -> None:
    """401 lines are one too many."""
    assert oversized("pass\n" * 400) == []
    assert oversized("pass\n" * 401) == ["1: module has 401 lines"]


@pytest.mark.parametrize("path", ENGINE + GATEWAY, ids=_names(ENGINE + GATEWAY))
def test_modules_and_functions_are_small(path: Path) -> None:
    """No function above 60 lines, no module above 400."""
    assert oversized(path.read_text(encoding="utf-8")) == []


# Words


def test_missing_docstring_is_noticed() -> None:
    """Module, class, method and function are asked for; private ones and dunders are not."""
    source = """
class C:
    def __init__(self): pass
    def m(self): pass
    def _p(self): pass
def f():
    def inner(): pass
class _Q:
    def m(self): pass
"""
    assert undocumented(source) == ["1: module", "2: C", "4: C.m", "6: f"]
    assert undocumented('"""Doc."""\n\ndef f():\n    """Doc."""\n') == []


@pytest.mark.parametrize("path", ENGINE + GATEWAY, ids=_names(ENGINE + GATEWAY))
def test_everything_public_is_documented(path: Path) -> None:
    """Each module says what lives in it, each public class and function what it promises."""
    assert undocumented(path.read_text(encoding="utf-8")) == []
