"""``$filter`` text to a function over rows. The grammar is that of the odata-query library.

Refused as documented by IFS: lambda, ``has``, ``mod``, geo and rounding functions. An enumeration
is written ``IfsApp.<Projection>.<Enum>'Member'``; a plain string there is refused (inferred).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

from odata_query import ast
from odata_query.exceptions import ODataException
from odata_query.grammar import ODataLexer, ODataParser

from erp_sandbox.ifs.refusal import Refusal

Row = Mapping[str, Any]
Test = Callable[[Row], Any]
Found = Mapping[tuple[str, ...], None]
"""Keys of rows in an order that does not change."""
Index = Callable[[str, str], Found]
"""The rows whose member (first) is this text (second), but for case and white space around it."""
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


@dataclass(frozen=True, slots=True)
class Filter:
    """Answers whether a row passes, and which rows need be asked at all."""

    test: Test
    tree: Any

    def __call__(self, row: Row) -> bool:
        """Whether the row passes."""
        return bool(self.test(row))

    def candidates(self, index: Index) -> Found | None:
        """The keys of the rows that can pass, from an index; ``None`` when any row could."""
        return _candidates(self.tree, index)


def compile_filter(text: str, enum_fields: frozenset[str]) -> Filter:
    """The filter of a text.

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
    return Filter(_compile(tree), tree)


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


def _candidates(node: Any, index: Index) -> Found | None:  # noqa: ANN401
    if isinstance(node, ast.Compare):
        return _candidates_of_comparison(node, index)
    if not isinstance(node, ast.BoolOp):
        return None
    sides = [_candidates(node.left, index), _candidates(node.right, index)]
    known = [side for side in sides if side is not None]
    if isinstance(node.op, ast.And):
        return min(known, key=len, default=None)
    return {**known[0], **known[1]} if len(known) == len(sides) else None


def _candidates_of_comparison(node: Any, index: Index) -> Found | None:  # noqa: ANN401
    name, right = _indexed_member(node.left), node.right
    is_list = isinstance(node.comparator, ast.In)
    if not name or not (is_list or isinstance(node.comparator, ast.Eq)):
        return None
    values = right.val if is_list else [right]
    if not all(isinstance(value, ast.String | ast.Integer) for value in values):
        return None
    return {key: None for value in values for key in index(name, value.val)}


def _indexed_member(node: Any) -> str:  # noqa: ANN401
    """The member of an expression that an index by folded text can answer; ``""`` for others."""
    while isinstance(node, ast.Call) and node.func.name in {"tolower", "trim"}:
        node = node.args[0]
    return str(node.name) if isinstance(node, ast.Identifier) else ""


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
