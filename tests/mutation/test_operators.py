"""What is changed in a module and what is left alone, on texts that have few mutants."""

from __future__ import annotations

import ast

import pytest

from tests.mutation.operators import MODULE, mutants, mutated, scope_text


def _changes(*body: str) -> list[str]:
    """Mutants of a function with this body, as `before => after`."""
    lines = "".join(f"    {line}\n" for line in body)
    return [f"{one.before} => {one.after}" for one in mutants(f"def f(a, b):\n{lines}", "m.py")]


OPERATORS = [
    ("if a < b: a()", ["a <= b", "a >= b"]),
    ("if a is b: a()", ["a is not b"]),
    ("if a in b: a()", ["a not in b"]),
    ("if a and b: a()", ["(a or b)", "b", "a"]),
    ("if a: a()", ["not a"]),
    ("if not a: a()", ["a"]),
]


@pytest.mark.parametrize(("line", "tests"), OPERATORS)
def test_conditions(line: str, tests: list[str]) -> None:
    """Each comparison is shifted and turned, each part of a condition dropped."""
    head = [change for change in _changes(line) if change.endswith(": a()")]
    assert sorted(head) == sorted(
        f"{line} => if {test}: a()".replace("(a or b)", "a or b") for test in tests
    )


RETURNS = [
    ("return a", ["return a => return None"]),
    ("return a - b", ["return a - b => return None", "return a - b => return a + b"]),
    ("return a > b", ["return a > b => return a >= b", "return a > b => return a <= b"]),
    ("return True", ["return True => return False"]),
    ("return 0", ["return 0 => return 1"]),
    ("return 1", ["return 1 => return 0", "return 1 => return 2"]),
    ('return ""', ["return \"\" => return 'mutated'"]),
    ('return "Y"', ["return \"Y\" => return ''"]),
    ("return any(a)", ["return any(a) => return not any(a)", "return any(a) => return all(a)"]),
    ("return min(a)", ["return min(a) => return None", "return min(a) => return max(a)"]),
]


@pytest.mark.parametrize(("line", "changes"), RETURNS)
def test_values(line: str, changes: list[str]) -> None:
    """A value becomes another, or none."""
    assert _changes(line) == changes


STATEMENTS = [
    ("a.clear()", ["a.clear() => pass"]),
    ("a.b = b", ["a.b = b => pass"]),
    ("a += b", ["a += b => pass", "a += b => a -= b"]),
    ("del a[b]", ["del a[b] => pass"]),
    ("raise a", ["raise a => pass"]),
    ("yield a", ["yield a => pass"]),
    ("for a in b: break", ["break => continue"]),
    ("for a in b: continue", ["continue => break"]),
]


@pytest.mark.parametrize(("line", "changes"), STATEMENTS)
def test_statements(line: str, changes: list[str]) -> None:
    """A statement that does something is taken away, or turned around."""
    found = [change.removeprefix("for a in b: ") for change in _changes(line)]
    assert [change.rpartition(": ")[2] for change in found] == changes


LEFT_ALONE = [
    '"""Words."""',
    'assert a, "words"',
    "c = a",
    'a: "C"',
    "import c",
]


@pytest.mark.parametrize("line", LEFT_ALONE)
def test_left_alone(line: str) -> None:
    """Words, asserts, types, and what only a missing name would show."""
    assert _changes(line) == []


def test_words_for_people_are_left_alone() -> None:
    """Texts with a space in them, what is raised, what an object looks like."""
    source = """
class C:
    __slots__ = ("a",)
    def __repr__(self): return "C"
    def f(self):
        raise C(f"{1} of 2")
    def g(self):
        self.h("no such thing")
"""
    assert [(one.scope, one.before) for one in mutants(source, "m.py")] == [
        ("C.f", 'raise C(f"{1} of 2")'),
        ("C.g", 'self.h("no such thing")'),
    ]


def test_what_runs_at_import_belongs_to_the_module() -> None:
    """Constants, defaults and what a class says of itself, but for how it is stored."""
    source = """
N = 2
class C(B, frozen=True, tag='c'):
    n: int = 0
    def f(self, m=True): return
"""
    assert [(one.scope, one.after) for one in mutants(source, "m.py")] == [
        (MODULE, "N = 3"),
        (MODULE, "class C(B, frozen=True, tag=''):"),
        (MODULE, "n: int = 1"),
        (MODULE, "def f(self, m=False): return"),
    ]


def test_every_mutant_is_the_tree_with_one_change() -> None:
    """The tree of a mutant reads as it was announced, and the source is what it was."""
    source = "def f(a):\n    if a > 1:\n        return [a, -1]\n    return 0\n"
    texts = [ast.unparse(mutated(source, one)) for one in mutants(source, "m.py")]
    assert ast.unparse(ast.parse(source)) not in texts
    assert len(set(texts)) == len(texts)
    assert "def f(a):\n    if a >= 1:\n        return [a, -1]\n    return 0" in texts


def test_two_alike_have_two_names() -> None:
    """A name stays the same when lines move, and is one mutant's only."""
    source = "def f(a):\n    a()\n    a()\n"
    names = [one.name for one in mutants(source, "m.py")]
    assert names == ["m.py f: a() => pass", "m.py f: a() => pass (2)"]
    assert [one.name for one in mutants("\n\n" + source, "m.py")] == names


def test_text_of_a_scope() -> None:
    """A function's own lines; none for what runs at import."""
    source = "class C:\n    def f(self):\n        return 1\n"
    assert scope_text(source, "C.f") == "def f(self):\n        return 1"
    assert scope_text(source, MODULE) == ""
