"""What can be changed in a module so that some test ought to notice: its mutants. No I/O.

A mutant is one small change of the syntax tree. Left alone is what no test should be about: words
for people (docstrings, texts with a space in them, what is raised, `__repr__`), types, `__slots__`,
decorators, how a struct is stored, and asserts, which in a correct program do nothing.
"""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from tests.mutation.replacements import (
    ARITHMETIC,
    is_plain,
    is_truth,
    negation,
    replacements,
    with_fields,
)

Path = tuple[tuple[str, int], ...]
"""The way from the module to a node: field names, each with the place in its list or -1."""

Function = ast.FunctionDef | ast.AsyncFunctionDef

MODULE = "<module>"
"""The scope of what runs when the module is imported."""

_STORAGE = frozenset({"frozen", "gc", "kw_only", "slots"})
_TIGHT = frozenset({"left", "right", "operand", "values"})
_BODIES = frozenset({"body", "orelse", "finalbody", "handlers", "cases"})
_UNTOUCHED = (ast.Assert, ast.Raise, ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal)


class Mutant(NamedTuple):
    """One change: at `path` of the file's tree stands `new`.

    `scope` is the function it is in, outermost if they are nested; `first` and `last` are the lines
    of the statement. `name` is the same after lines have moved.
    """

    file: str
    scope: str
    line: int
    first: int
    last: int
    kind: str
    before: str
    after: str
    name: str
    path: Path
    new: ast.AST


class _Change(NamedTuple):
    path: Path
    old: ast.AST
    new: ast.AST
    kind: str
    scope: str
    statement: ast.stmt


def mutants(source: str, file: str) -> list[Mutant]:
    """All mutants of a module, by line."""
    tree = ast.parse(source)
    lines = source.splitlines()
    found: list[Mutant] = []
    seen: set[tuple[int, int, str, str]] = set()
    counts: Counter[str] = Counter()
    for change in _Finder().changes(tree):
        before, after = _shown(change, lines)
        old = change.old
        line, column = getattr(old, "lineno", 1), getattr(old, "col_offset", 0)
        if (line, column, before, after) in seen or before == after:
            continue
        seen.add((line, column, before, after))
        name = f"{file} {change.scope}: {before} => {after}"
        counts[name] += 1
        if counts[name] > 1:
            name += f" ({counts[name]})"
        first, last = _extent(change.statement)
        if not first <= line <= last:  # Positions inside f-strings are not to be trusted.
            line = first
        found.append(
            Mutant(
                file,
                change.scope,
                line,
                first,
                last,
                change.kind,
                before,
                after,
                name,
                change.path,
                change.new,
            )
        )
    return sorted(found, key=lambda one: one.line)


def mutated(source: str, mutant: Mutant) -> ast.Module:
    """The module's tree with the change in it."""
    tree = ast.parse(source)
    node: ast.AST = tree
    for field, at in mutant.path[:-1]:
        child = getattr(node, field)
        node = child if at < 0 else child[at]
    field, at = mutant.path[-1]
    new = copy.deepcopy(mutant.new)
    old = getattr(node, field) if at < 0 else getattr(node, field)[at]
    ast.copy_location(new, old)
    if at < 0:
        setattr(node, field, new)
    else:
        getattr(node, field)[at] = new
    return ast.fix_missing_locations(tree)


def scope_text(source: str, scope: str) -> str:
    """The text of a function, "" for the module: what a mutant's fate hangs on first."""
    nodes: list[ast.stmt] = ast.parse(source).body
    text = ""
    for name in [] if scope == MODULE else scope.split("."):
        for node in nodes:
            if isinstance(node, ast.ClassDef | Function) and node.name == name:
                nodes, text = node.body, ast.get_source_segment(source, node) or ""
                break
    return text


def _extent(statement: ast.stmt) -> tuple[int, int]:
    """First and last line of a statement; of one with a body only the head."""
    body = getattr(statement, "body", None)
    if isinstance(body, list):
        return statement.lineno, max(statement.lineno, body[0].lineno - 1)
    return statement.lineno, statement.end_lineno or statement.lineno


def _shown(change: _Change, lines: list[str]) -> tuple[str, str]:
    """The lines of the change as they are and as they would be."""
    old, new, statement = change.old, change.new, change.statement
    if isinstance(old, ast.stmt):
        text = lines[old.lineno - 1].strip()
        return text + " ..." * (old.end_lineno != old.lineno), ast.unparse(new)
    if any(isinstance(node, ast.JoinedStr) for node in _head(statement)):
        return _as_statement(change)  # Positions inside f-strings are not to be trusted.
    assert isinstance(old, ast.expr)
    first, last = old.lineno, old.end_lineno or old.lineno
    before = lines[first - 1].encode()[: old.col_offset].decode().lstrip()
    after = lines[last - 1].encode()[old.end_col_offset :].decode()
    text = ast.unparse(new)
    if isinstance(new, ast.BoolOp | ast.BinOp | ast.IfExp) and change.path[-1][0] in _TIGHT:
        text = f"({text})"
    return " ".join(map(str.strip, lines[first - 1 : last])), (before + text + after).rstrip()


def _head(statement: ast.stmt) -> Iterator[ast.AST]:
    """The nodes of a statement, without those of its body."""
    for field, value in ast.iter_fields(statement):
        if field not in _BODIES:
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, ast.AST):
                    yield from ast.walk(one)


def _as_statement(change: _Change) -> tuple[str, str]:
    """The head of the whole statement, where the change has no lines of its own."""
    statement = change.statement
    marked = copy.deepcopy(statement)
    for node, twin in zip(ast.walk(statement), ast.walk(marked), strict=True):
        for (field, value), (_, same) in zip(
            ast.iter_fields(node), ast.iter_fields(twin), strict=True
        ):
            if value is change.old:
                setattr(twin, field, change.new)
            elif isinstance(value, list):
                for at, one in enumerate(value):
                    if one is change.old:
                        same[at] = change.new
    return ast.unparse(statement).partition("\n")[0], ast.unparse(marked).partition("\n")[0]


class _Finder:
    """A walk over a module that knows which function and which statement it is in."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._function: Function | None = None
        self._bound: Counter[str] = Counter()

    def changes(self, tree: ast.Module) -> Iterator[_Change]:
        """Every change of the module, in the order of its text."""
        yield from self._block(tree.body, (), "body")

    def _change(
        self, path: Path, old: ast.AST, new: ast.AST, kind: str, statement: ast.stmt
    ) -> _Change:
        scope = MODULE if self._function is None else ".".join(self._names)
        return _Change(path, old, new, kind, scope, statement)

    def _block(self, body: list[ast.stmt], path: Path, field: str) -> Iterator[_Change]:
        for at, statement in enumerate(body):
            here = (*path, (field, at))
            if isinstance(statement, _UNTOUCHED):
                if isinstance(statement, ast.Raise):
                    yield self._change(here, statement, ast.Pass(), "statement", statement)
            elif not _is_text(statement):
                yield from self._statement(statement, here)

    def _statement(self, statement: ast.stmt, path: Path) -> Iterator[_Change]:
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from self._in_function(statement, path)
                return
            case ast.ClassDef():
                yield from self._in_class(statement, path)
                return
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                return
            case _:
                pass
        if self._function is not None:
            yield from self._instead(statement, path)
        elif _is_declaration(statement):
            return
        for field, value in ast.iter_fields(statement):
            if field in ("body", "orelse", "finalbody"):
                yield from self._block(value, path, field)
            elif field in ("handlers", "cases"):
                for at, part in enumerate(value):
                    yield from self._block(part.body, (*path, (field, at)), "body")
            elif field != "annotation":
                yield from self._children(value, path, field, statement)

    def _in_function(self, node: Function, path: Path) -> Iterator[_Change]:
        if node.name == "__repr__":
            return
        arguments = (*path, ("args", -1))
        for field in ("defaults", "kw_defaults"):
            yield from self._children(getattr(node.args, field), arguments, field, node)
        outermost = self._function is None
        if outermost:
            self._names.append(node.name)
            self._function, self._bound = node, _bindings(node)
        yield from self._block(node.body, path, "body")
        if outermost:
            self._names.pop()
            self._function = None

    def _in_class(self, node: ast.ClassDef, path: Path) -> Iterator[_Change]:
        for at, keyword in enumerate(node.keywords):
            if keyword.arg not in _STORAGE:
                where = (*path, ("keywords", at))
                yield from self._children(keyword.value, where, "value", node)
        self._names.append(node.name)
        yield from self._block(node.body, path, "body")
        self._names.pop()

    def _instead(self, statement: ast.stmt, path: Path) -> Iterator[_Change]:
        """Without the statement, or with another in its place."""
        gone = self._change(path, statement, ast.Pass(), "statement", statement)
        match statement:
            case ast.AugAssign(op=op) if type(op) in ARITHMETIC:
                turned = with_fields(statement, op=ARITHMETIC[type(op)]())
                yield from (gone, gone._replace(new=turned, kind="arithmetic"))
            case ast.Expr() | ast.AugAssign() | ast.Delete():
                yield gone
            case ast.Assign() | ast.AnnAssign(value=ast.expr()) if self._is_noticed(statement):
                yield gone
            case ast.Return(value=None | ast.Constant()):
                assert self._function is not None
                if statement is not self._function.body[-1]:
                    yield gone
            case ast.Return(value=ast.BoolOp() | ast.Call() as value) if is_truth(value):
                yield self._change(
                    (*path, ("value", -1)), value, negation(value), "return", statement
                )
            case ast.Return(value=ast.expr() as value) if not is_truth(value):
                nothing = ast.Constant(value=None)
                yield self._change((*path, ("value", -1)), value, nothing, "return", statement)
            case ast.Break():
                yield gone._replace(new=ast.Continue(), kind="loop")
            case ast.Continue():
                yield gone._replace(new=ast.Break(), kind="loop")
            case ast.If(test=test) | ast.While(test=test) if is_plain(test):
                yield self._change((*path, ("test", -1)), test, negation(test), "logic", statement)
            case _:
                pass

    def _is_noticed(self, statement: ast.Assign | ast.AnnAssign) -> bool:
        """Whether taking an assignment away is more than a name that is missing."""
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        return any(
            isinstance(target, ast.Attribute | ast.Subscript)
            or any(self._bound[one.id] > 1 for one in ast.walk(target) if isinstance(one, ast.Name))
            for target in targets
        )

    def _children(
        self, value: object, path: Path, field: str, statement: ast.stmt
    ) -> Iterator[_Change]:
        if isinstance(value, list):
            for at, one in enumerate(value):
                if isinstance(one, ast.AST):
                    here = (*path, (field, at))
                    if field == "ifs" and is_plain(one):
                        yield self._change(here, one, negation(one), "logic", statement)
                    yield from self._expression(one, here, statement)
        elif isinstance(value, ast.AST):
            yield from self._expression(value, (*path, (field, -1)), statement)

    def _expression(self, node: ast.AST, path: Path, statement: ast.stmt) -> Iterator[_Change]:
        for new, kind in replacements(node):
            yield self._change(path, node, new, kind, statement)
        for field, value in ast.iter_fields(node):
            if field in ("ctx", "op", "ops", "annotation", "format_spec"):
                continue
            if isinstance(node, ast.JoinedStr):
                value = [None if _is_constant(one) else one for one in value]
            yield from self._children(value, path, field, statement)


def _is_constant(node: object) -> bool:
    return isinstance(node, ast.Constant)


def _is_text(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _is_declaration(statement: ast.stmt) -> bool:
    """Types, slots, words: what a module or class says without doing it."""
    match statement:
        case ast.Expr():
            return True
        case ast.Assign(targets=[ast.Name(id="__slots__")]):
            return True
        case ast.Assign(value=ast.Subscript()):
            return True
        case ast.Assign(value=ast.BinOp(op=ast.BitOr()) as value):
            return not any(isinstance(one, ast.Attribute) for one in ast.walk(value))
        case _:
            return False


def _bindings(function: Function) -> Counter[str]:
    """How often each name gets a value in a function, its arguments and loops included."""
    bound = Counter(
        node.id
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    )
    bound.update(one.arg for one in ast.walk(function.args) if isinstance(one, ast.arg))
    return bound
