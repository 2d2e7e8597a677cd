"""Which build runs: all compiled modules or none, and why none."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

from fixpit.build import COMPILED, LISTED, PURE, RUNNING, Build, check_sum, found

SUFFIX = EXTENSION_SUFFIXES[0]
ROOT = Path(__file__).parents[1]


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    """A checkout with one module of each kind, both compiled."""
    lines = []
    for name in ("engine/book.py", "gateway/codec.pyx"):
        source = tmp_path / name
        source.parent.mkdir()
        source.write_bytes(b"ONE = 1\n")
        source.with_name(source.stem + SUFFIX).touch()
        lines.append(f"{check_sum(source.read_bytes())} {name}\n")
    file = tmp_path / "compiled.txt"
    file.write_text("".join(lines), encoding="ascii")
    return file


def test_what_was_compiled_from_these_sources_runs(listed: Path) -> None:
    """Nothing is missing and nothing has changed; line ends may be others."""
    assert found(listed, listed.parent) == Build(COMPILED)
    (listed.parent / "engine/book.py").write_bytes(b"ONE = 1\r\n")
    assert found(listed, listed.parent) == Build(COMPILED)


def test_a_changed_source_runs_itself(listed: Path) -> None:
    """Also where only one of them is another: compiled modules know each other too well."""
    (listed.parent / "gateway/codec.pyx").write_bytes(b"ONE = 2\n")
    reason = "gateway/codec.pyx has changed since it was compiled"
    assert found(listed, listed.parent) == Build(PURE, reason)


def test_another_python_runs_the_sources(listed: Path) -> None:
    """Modules compiled for one Python are not there for another."""
    (listed.parent / f"engine/book{SUFFIX}").rename(listed.parent / "engine/book.cpython-27.so")
    reason = "engine/book.py is not compiled for this Python"
    assert found(listed, listed.parent) == Build(PURE, reason)


def test_nothing_compiled_is_pure(tmp_path: Path) -> None:
    """An installation without a compiler has no list."""
    build = found(tmp_path / "compiled.txt", tmp_path)
    assert (build, str(build)) == (Build(PURE, "not compiled"), "pure (not compiled)")


def _modules(**environment: str) -> list[str]:
    """In another process: the build, and the files of two modules that can be compiled."""
    code = (
        "import engine.exchange as one, gateway.fix.session as other, fixpit.build, sys\n"
        "print(fixpit.build.RUNNING.name, one.__file__, other.__file__)\n"
        "print('gateway.fix.codec' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def test_the_sources_can_be_asked_for() -> None:
    """FIXPIT_PURE=1 takes every module from its source, the byte loops included."""
    name, *files, codec = _modules(FIXPIT_PURE="1")
    assert (name, codec) == (PURE, "False")
    assert {Path(file).suffix for file in files} == {".py"}


def test_a_process_runs_what_it_says() -> None:
    """All is compiled or nothing, as this build names itself."""
    compiled = found().name == COMPILED
    name, *files, codec = _modules(FIXPIT_PURE="0")
    assert (name, codec) == (COMPILED if compiled else PURE, str(compiled))
    assert {file.endswith(SUFFIX) for file in files} == {compiled}


def _typed() -> list[str]:
    """The modules that mypyc compiles, as setup.py lists them."""
    tree = ast.parse((ROOT / "setup.py").read_text(encoding="utf-8"))
    (names,) = (
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "TYPED"
    )
    return [str(name) for name in names]


def unfit(source: str) -> list[str]:
    """What mypyc is not trusted with: outside bases, and slices of what is no builtin sequence."""
    tree = ast.parse(source)
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            bases = [ast.unparse(base) for base in node.bases]
            found += [f"{node.name}({base})" for base in bases if base not in own | FIT_BASES]
        elif isinstance(node, ast.Slice):
            bounds = [bound for bound in (node.lower, node.upper, node.step) if bound]
            calls = [
                sub for bound in bounds for sub in ast.walk(bound) if isinstance(sub, ast.Call)
            ]
            found += [f"slice with {ast.unparse(call)}" for call in calls if not _is_len(call)]
    return found


def _is_len(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == "len"


FIT_BASES = {"ABC", "Enum", "LogCorrupt", "NamedTuple", "Protocol", "ReportBatch", "SessionLife"}
"""Bases that are compiled themselves, or that mypyc knows; an exception may have any."""


def test_what_is_unfit_is_noticed() -> None:
    """A protocol of asyncio, a struct, and a bound that mypyc may evaluate twice."""
    source = "class A(asyncio.Protocol): ...\nclass B(A): ...\nclass C(Struct): ...\n"
    source += "def f(v):\n    return v[write(v):], v[len(v):], v[1:2]\n"
    assert sorted(unfit(source)) == ["A(asyncio.Protocol)", "C(Struct)", "slice with write(v)"]


@pytest.mark.parametrize("name", _typed())
def test_what_is_compiled_is_fit_for_it(name: str) -> None:
    """The rule of setup.py, as far as a text shows it."""
    assert unfit((ROOT / name).read_text(encoding="utf-8")) == []


def test_this_suite_runs_one_build() -> None:
    """What is listed is loaded compiled here, or from its source, as the build says."""
    if RUNNING.name == COMPILED:
        names = [line.split()[1] for line in LISTED.read_text(encoding="ascii").splitlines()]
        assert "engine/exchange.py" in names
    loaded = [module for name, module in sys.modules.items() if name == "engine.exchange"]
    files = [str(module.__file__) for module in loaded]
    assert [file.endswith(SUFFIX) for file in files] == [RUNNING.name == COMPILED] * len(files)
