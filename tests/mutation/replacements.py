"""What may stand for an expression: other comparisons, other numbers, less of a condition."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_CALLS = {
    "min": "max",
    "max": "min",
    "any": "all",
    "all": "any",
    "sorted": "list",
    "reversed": "list",
    "bisect_left": "bisect_right",
    "bisect_right": "bisect_left",
    "popleft": "pop",
    "round_down": "round_up",
    "round_up": "round_down",
    "next_above": "next_below",
    "next_below": "next_above",
}


def replacements(node: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """What may stand for an expression."""
    match node:
        case ast.Compare(ops=ops):
            for at, one in enumerate(ops):
                for turned in _COMPARISONS[type(one)]:
                    changed = [*ops[:at], turned(), *ops[at + 1 :]]
                    yield with_fields(node, ops=changed), "compare"
        case ast.BoolOp(op=op, values=values):
            yield with_fields(node, op=ast.Or() if isinstance(op, ast.And) else ast.And()), "logic"
            for at in range(len(values)):
                rest = [*values[:at], *values[at + 1 :]]
                yield (rest[0] if len(rest) == 1 else with_fields(node, values=rest)), "logic"
        case ast.UnaryOp(op=ast.Not() | ast.USub() | ast.Invert(), operand=operand):
            yield operand, "logic" if isinstance(node.op, ast.Not) else "arithmetic"
        case ast.BinOp(op=op) if type(op) in ARITHMETIC:
            yield with_fields(node, op=ARITHMETIC[type(op)]()), "arithmetic"
        case ast.IfExp(test=test) if is_plain(test):
            yield with_fields(node, test=negation(test)), "logic"
        case ast.Constant(value=value):
            for other in _constants(value):
                yield with_fields(node, value=other), "constant"
        case ast.Call(func=ast.Name() | ast.Attribute()):
            yield from _other_call(node)
        case _:
            pass


def _other_call(node: ast.Call) -> Iterator[tuple[ast.AST, str]]:
    function = node.func
    field = "id" if isinstance(function, ast.Name) else "attr"
    name = getattr(function, field)
    if name in _CALLS and not (name == "sorted" and node.keywords):  # list takes none of them
        yield with_fields(node, func=with_fields(function, **{field: _CALLS[name]})), "call"


def _constants(value: object) -> list[object]:
    match value:
        case bool():
            return [not value]
        case 1:
            return [0, 2]
        case int() | float():
            return [value + 1]
        case "":
            return ["mutated"]
        case str():
            return [] if " " in value else [""]
        case bytes():
            return [b""] if value else [b"mutated"]
        case _:
            return []


def with_fields(node: ast.AST, **fields: object) -> ast.AST:
    """A copy of a node with other fields."""
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def negation(node: ast.AST) -> ast.UnaryOp:
    """`not` before an expression."""
    assert isinstance(node, ast.expr)
    return ast.UnaryOp(op=ast.Not(), operand=node)


def is_plain(test: ast.AST) -> bool:
    """Whether nothing in a condition itself can be turned around."""
    return not isinstance(test, ast.Compare | ast.BoolOp | ast.Constant) and not (
        isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
    )


def is_truth(value: ast.expr) -> bool:
    """Whether an expression is true or false and nothing else."""
    match value:
        case ast.Compare() | ast.UnaryOp(op=ast.Not()):
            return True
        case ast.BoolOp(values=values):
            return all(map(is_truth, values))
        case ast.Call(func=ast.Name(id="any" | "all" | "bool" | "isinstance")):
            return True
        case _:
            return False
