"""Every place of a module that can be changed into something that a test should notice. Pure."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import cast

_SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
}


def places(tree: ast.Module) -> list[ast.AST]:
    """The nodes that :func:`change` can change, in a fixed order; annotations are left out."""
    return [node for node in _walk(tree) if _is_changeable(node)]


def change(node: ast.AST) -> str:
    """Change a node in place; the answer says how."""
    match node:
        case ast.Compare():
            node.ops[0] = cast("ast.cmpop", _swapped(node.ops[0]))
            return "comparison turned"
        case ast.BoolOp() | ast.BinOp():
            setattr(node, "op", _swapped(node.op))  # noqa: B010 (either kind of operator)
            return "operator swapped"
        case ast.If() | ast.IfExp() | ast.While():
            node.test = ast.UnaryOp(ast.Not(), node.test)
            return "condition negated"
        case ast.Constant(value=bool(truth)):
            node.value = not truth
            return "truth turned"
        case ast.Constant(value=int(number)):
            node.value = number + 1
            return "number raised by one"
        case ast.Return():
            node.value = ast.Constant(None)
            return "answer is None"
        case _:
            message = f"no way to change a {type(node).__name__}"
            raise TypeError(message)


def _swapped(operator: ast.AST) -> ast.AST:
    return _SWAPPED[type(operator)]()


def _is_changeable(node: ast.AST) -> bool:
    match node:
        case ast.Compare():
            return type(node.ops[0]) in _SWAPPED
        case ast.BoolOp() | ast.BinOp():
            return type(node.op) in _SWAPPED
        case ast.Return():
            return node.value is not None and not _is_none(node.value)
        case ast.Constant():
            return isinstance(node.value, int)
        case _:
            return isinstance(node, ast.If | ast.IfExp | ast.While)


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """Depth first, without annotations, decorators and texts of errors: no behaviour is in them."""
    for name, value in ast.iter_fields(node):
        if name in {"annotation", "returns", "decorator_list", "type_params"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield child
                yield from _walk(child)
