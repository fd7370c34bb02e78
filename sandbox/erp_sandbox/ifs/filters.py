"""``$filter`` text to a function over rows. The grammar is that of the odata-query library.

Refused as documented by IFS: lambda, ``has``, ``mod``, geo and rounding functions. An enumeration
is written ``IfsApp.<Projection>.<Enum>'Member'``; a plain string there is refused (inferred).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

from odata_query import ast
from odata_query.exceptions import ODataException
from odata_query.grammar import ODataLexer, ODataParser

from erp_sandbox.ifs.refusal import Refusal

Row = Mapping[str, Any]
Test = Callable[[Row], Any]
_ENUM = re.compile(r"IfsApp\.\w+\.\w+('(?:[^']|'')*')")
_COMPARE: dict[type, Callable[[Any, Any], bool]] = {
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
    ast.Lt: lambda a, b: a is not None and b is not None and a < b,
    ast.LtE: lambda a, b: a is not None and b is not None and a <= b,
    ast.Gt: lambda a, b: a is not None and b is not None and a > b,
    ast.GtE: lambda a, b: a is not None and b is not None and a >= b,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "toupper": lambda a: a.upper(),
    "tolower": lambda a: a.lower(),
    "trim": lambda a: a.strip(),
    "length": len,
    "contains": lambda a, b: b in a,
    "startswith": lambda a, b: a.startswith(b),
    "endswith": lambda a, b: a.endswith(b),
    "concat": lambda a, b: a + b,
    "indexof": lambda a, b: a.find(b),
}


def compile_filter(text: str, enum_fields: frozenset[str]) -> Test:
    """A function that answers whether a row passes.

    Raises:
        Refusal: syntax, or something that IFS documents as not supported.
    """
    plain, found = _ENUM.subn(r"\1", text)
    if not found and any(re.search(rf"\b{name}\s+(eq|ne)\s+'", text) for name in enum_fields):
        raise Refusal(400, "ODP_BAD_REQUEST")
    try:
        tree = ODataParser().parse(ODataLexer().tokenize(plain))
    except ODataException as error:
        raise Refusal(400, "ODP_BAD_REQUEST") from error
    return _compile(tree)


def _compile(node: Any) -> Test:  # noqa: ANN401 (a node of the library)
    for kind, compile_kind in _COMPILERS:
        if isinstance(node, kind):
            return compile_kind(node)
    raise Refusal(501, "ODP_NOT_IMPLEMENTED")


def _constant(value: object) -> Test:
    return lambda _: value


def in_utc(text: str) -> str:
    """A moment as rows keep it: whole seconds of UTC.

    Raises:
        Refusal: it is none.
    """
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise Refusal(400, "ODP_BAD_REQUEST") from error
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _compile_field(node: Any) -> Test:  # noqa: ANN401
    name = node.name
    return lambda row: row.get(name)


def _compile_comparison(node: Any) -> Test:  # noqa: ANN401
    compare = _COMPARE.get(type(node.comparator))
    if compare is None:
        return _compile_in(node)
    left, right = _compile(node.left), _compile(node.right)
    return lambda row: compare(left(row), right(row))


def _compile_junction(node: Any) -> Test:  # noqa: ANN401
    left, right = _compile(node.left), _compile(node.right)
    if isinstance(node.op, ast.And):
        return lambda row: left(row) and right(row)
    return lambda row: left(row) or right(row)


def _compile_not(node: Any) -> Test:  # noqa: ANN401
    inner = _compile(node.operand)
    return lambda row: not inner(row)


def _compile_call(node: Any) -> Test:  # noqa: ANN401
    function = _FUNCTIONS.get(node.func.name)
    if function is None:
        raise Refusal(501, "ODP_NOT_IMPLEMENTED")
    arguments = [_compile(argument) for argument in node.args]
    return lambda row: function(*(str(a(row) or "") for a in arguments))


def _compile_in(node: Any) -> Test:  # noqa: ANN401
    if not isinstance(node.comparator, ast.In):
        raise Refusal(501, "ODP_NOT_IMPLEMENTED")
    left = _compile(node.left)
    values = [_compile(item) for item in node.right.val]
    return lambda row: left(row) in [value(row) for value in values]


_COMPILERS: tuple[tuple[Any, Callable[[Any], Test]], ...] = (
    (ast.Identifier, _compile_field),
    ((ast.Integer, ast.Float), lambda node: _constant(Decimal(node.val))),
    (ast.Null, lambda _: _constant(None)),
    (ast.Boolean, lambda node: _constant(node.val == "true")),
    ((ast.String, ast.Date), lambda node: _constant(node.val)),
    (ast.DateTime, lambda node: _constant(in_utc(node.val))),
    (ast.Compare, _compile_comparison),
    (ast.BoolOp, _compile_junction),
    (ast.UnaryOp, _compile_not),
    (ast.Call, _compile_call),
)
