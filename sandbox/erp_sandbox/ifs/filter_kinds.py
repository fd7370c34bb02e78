"""The kinds of the parts of a ``$filter``, so that a wrong comparison is refused, not answered.

Source: the literals of each type are documented; that a comparison of two types, or of a member
that there is none of, is 400 follows OData 4 (inferred).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from odata_query import ast

from erp_sandbox.ifs.entity import DAY, FLAG, MOMENT, NUMBER, TEXT, WHOLE
from erp_sandbox.ifs.filter_functions import FUNCTIONS
from erp_sandbox.ifs.refusal import Refusal

ANY = ""
Kinds = Mapping[str, str]
_LITERALS: Mapping[type, str] = {
    ast.String: TEXT,
    ast.Integer: NUMBER,
    ast.Float: NUMBER,
    ast.Boolean: FLAG,
    ast.Date: DAY,
    ast.DateTime: MOMENT,
    ast.Null: ANY,
}


def check_kinds(node: Any, kinds: Kinds) -> str:  # noqa: ANN401 (a node of the library)
    """The kind of an expression; ``""`` when it could be any.

    Raises:
        Refusal: a member that there is none of, or two kinds that cannot meet.
    """
    if isinstance(node, ast.Identifier):
        if node.name not in kinds:
            raise Refusal(400, "ODP_BAD_REQUEST")
        return NUMBER if kinds[node.name] == WHOLE else kinds[node.name]
    if isinstance(node, ast.Call):
        return _of_call(node, kinds)
    own, parts = _parts(node)
    met = _meet([own, *(check_kinds(part, kinds) for part in parts)])
    return FLAG if isinstance(node, ast.Compare) else met


def _parts(node: Any) -> tuple[str, Sequence[Any]]:  # noqa: ANN401
    """The kind that an expression wants of its parts (``""``: the same), and these."""
    match node:
        case ast.List():
            return ANY, node.val
        case ast.Compare():
            return ANY, (node.left, node.right)
        case ast.BoolOp():
            return FLAG, (node.left, node.right)
        case ast.BinOp():
            return NUMBER, (node.left, node.right)
        case ast.UnaryOp():
            return FLAG if isinstance(node.op, ast.Not) else NUMBER, (node.operand,)
        case _:
            return _LITERALS.get(type(node), ANY), ()


def _of_call(node: Any, kinds: Kinds) -> str:  # noqa: ANN401
    function = FUNCTIONS.get(node.func.name)
    if function is None:
        return ANY
    for argument, wanted in zip(_arguments(node), function.takes, strict=False):
        kind = check_kinds(argument, kinds)
        if kind and kind not in wanted:
            raise Refusal(400, "ODP_BAD_REQUEST")
    return function.gives


def _arguments(node: Any) -> Sequence[Any]:  # noqa: ANN401
    """All but the name of the type that a cast is to."""
    arguments: Sequence[Any] = node.args
    return arguments[:1] if node.func.name == "cast" else arguments


def _meet(kinds: Sequence[str]) -> str:
    found = {kind for kind in kinds if kind}
    if len(found) > 1:
        raise Refusal(400, "ODP_BAD_REQUEST")
    return next(iter(found), ANY)
