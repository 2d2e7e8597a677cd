"""Questions about source text that linters do not ask: each returns what it found, with the line.

`impurities` is what could make two runs of the engine differ; `oversized` and `undocumented` are
the house's limits. They judge one module each and know nothing of the tree.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

FUNCTION_LINES_MAX = 60
MODULE_LINES_MAX = 400

BANNED_IMPORTS = frozenset(
    {
        "asyncio",
        "concurrent",
        "datetime",
        "decimal",
        "fix_specs",
        "fractions",
        "gateway",
        "logging",
        "multiprocessing",
        "os",
        "pathlib",
        "random",
        "secrets",
        "select",
        "signal",
        "socket",
        "structlog",
        "subprocess",
        "sys",
        "tempfile",
        "threading",
        "time",
        "uuid",
        "uvloop",
    }
)
BANNED_CALLS = frozenset({"float", "hash", "id", "input", "open", "print"})
SETS = frozenset({"set", "frozenset"})
WALKERS = frozenset({"deque", "dict", "enumerate", "iter", "list", "map", "tuple", "zip"})
"""Calls whose result has the order of what they are given; sorted, min, sum and len do not."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def impurities(source: str) -> list[str]:
    """What in a module of the engine could differ from run to run, as `line: what`."""
    tree = ast.parse(source)
    names = _names_of_sets(tree)
    found: list[tuple[int, str]] = []
    for node in ast.walk(tree):
        found += [(node.lineno, what) for what in _impurity(node, names)]  # type: ignore[attr-defined]
    return [f"{line}: {what}" for line, what in sorted(found)]


def _impurity(node: ast.AST, names: frozenset[str]) -> Iterator[str]:
    match node:
        case ast.Import() | ast.ImportFrom():
            yield from (f"import of {name}" for name in _imported(node) if name in BANNED_IMPORTS)
        case ast.Constant(value=float() | complex()):
            yield f"float {node.value!r}"
        case ast.BinOp(op=ast.Div()) | ast.AugAssign(op=ast.Div()):
            yield "true division gives a float"
        case ast.Call(func=ast.Name(id=name)) if name in BANNED_CALLS:
            yield f"call of {name}"
        case ast.For() | ast.AsyncFor():
            yield from _walk_over_set(node.iter, names)
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            for generator in node.generators:
                yield from _walk_over_set(generator.iter, names)
        case ast.Starred() | ast.YieldFrom():
            yield from _walk_over_set(node.value, names)
        case ast.Call(func=ast.Name(id=name)) if name in WALKERS:
            for argument in node.args:
                yield from _walk_over_set(argument, names)
        case _:
            pass


def _imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [(node.module or "").partition(".")[0]]
    return [alias.name.partition(".")[0] for alias in node.names]


def _walk_over_set(walked: ast.expr, names: frozenset[str]) -> Iterator[str]:
    if _is_set(walked) or (isinstance(walked, ast.Name) and walked.id in names):
        yield "walk over a set"


def _is_set(expression: ast.expr | None) -> bool:
    match expression:
        case ast.Set() | ast.SetComp():
            return True
        case ast.Call(func=ast.Name(id=name)):
            return name in SETS
        case _:
            return False


def _names_of_sets(tree: ast.Module) -> frozenset[str]:
    """Names that are bound to a set somewhere in the module."""
    names: list[str] = []
    for node in ast.walk(tree):
        match node:
            case ast.Assign() if _is_set(node.value):
                names += [target.id for target in node.targets if isinstance(target, ast.Name)]
            case ast.AnnAssign(target=ast.Name(id=name)) if _is_set(node.value):
                names.append(name)
    return frozenset(names)


def oversized(source: str) -> list[str]:
    """Functions and modules longer than the house allows; a function's decorators count."""
    found = []
    lines = len(source.splitlines())
    if lines > MODULE_LINES_MAX:
        found.append(f"1: module has {lines} lines")
    for function in _functions(ast.parse(source)):
        start = min((one.lineno for one in function.decorator_list), default=function.lineno)
        length = (function.end_lineno or start) - start + 1
        if length > FUNCTION_LINES_MAX:
            found.append(f"{function.lineno}: {function.name} has {length} lines")
    return found


def _functions(tree: ast.Module) -> list[Function]:
    functions = [one for one in ast.walk(tree) if isinstance(one, Function)]
    return sorted(functions, key=lambda function: function.lineno)


def undocumented(source: str) -> list[str]:
    """The module, and public classes and functions of it and of its classes, without a docstring.

    What a name with two underscores does is Python's convention, and needs no words.
    """
    tree = ast.parse(source)
    found = [] if ast.get_docstring(tree) else ["1: module"]
    return found + [f"{line}: {name}" for line, name in _undocumented(tree, "")]


def _undocumented(scope: ast.Module | ast.ClassDef, prefix: str) -> Iterator[tuple[int, str]]:
    for node in scope.body:
        if not isinstance(node, ast.ClassDef | Function) or node.name.startswith("_"):
            continue
        if not ast.get_docstring(node) and not _is_overload(node):
            yield node.lineno, f"{prefix}{node.name}"
        if isinstance(node, ast.ClassDef):
            yield from _undocumented(node, f"{node.name}.")


def _is_overload(node: ast.ClassDef | Function) -> bool:
    return any(isinstance(one, ast.Name) and one.id == "overload" for one in node.decorator_list)
