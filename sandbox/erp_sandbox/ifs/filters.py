"""``$filter`` text to a function over rows. The grammar is that of the odata-query library.

Refused as documented by IFS: lambda, ``has``, ``mod``, geo and rounding functions, ``$count``
inside, any cast but to a string, fractions of a second. An enumeration is written
``IfsApp.<Projection>.<Enum>'Member'``; a plain string there is refused (inferred).
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

from erp_sandbox.ifs.entity import FLAG
from erp_sandbox.ifs.filter_functions import FUNCTIONS
from erp_sandbox.ifs.filter_kinds import ANY, check_kinds
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
_CALCULATE: dict[type, Callable[[Decimal, Decimal], Decimal]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
}
_TEXT = re.compile(r"'(?:[^']|'')*'")
# Documented as not supported, wherever the grammar of the library stands to it.
_UNSUPPORTED = re.compile(
    r"\bhas\b|\bmod\b|/(any|all)\(|\$count|\b(round|floor|ceiling|fractionalseconds|totalseconds|"
    r"totaloffsetminutes|mindatetime|maxdatetime|isof|hassubset|hassubsequence)\(|\bgeo\.",
    re.IGNORECASE,
)


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


def _parser() -> ODataParser:
    """The parser of the library, which knows no ``cast`` and is built once for its own class."""
    parser = ODataParser()
    call_known = parser._function_call  # noqa: SLF001 (the one place to add a function)

    def call(func: Any, args: list[Any]) -> Any:  # noqa: ANN401 (nodes of the library)
        if func.full_name() != "cast":
            return call_known(func, args)
        if len(args) != 2 or getattr(args[1], "full_name", str)() != "Edm.String":  # noqa: PLR2004
            raise Refusal(501, "ODP_NOT_IMPLEMENTED")
        return ast.Call(func, args)

    parser._function_call = call  # type: ignore[method-assign]  # noqa: SLF001 (this one parser)
    return parser


def compile_filter(
    text: str, enum_fields: frozenset[str], *, kinds: Mapping[str, str] | None = None, now: str = ""
) -> Filter:
    """The filter of a text; ``kinds`` are those of the members, ``now`` the moment in UTC.

    Raises:
        Refusal: syntax, something that IFS documents as not supported, a member that there is none
            of, or a comparison of two kinds.
    """
    marked = _ENUM.sub("Member", text)
    if any(re.search(rf"\b{name}\s+((eq|ne)\s+'|in\s*\(\s*')", marked) for name in enum_fields):
        raise Refusal(400, "ODP_BAD_REQUEST")
    if _UNSUPPORTED.search(_TEXT.sub("", marked)):
        raise Refusal(501, "ODP_NOT_IMPLEMENTED")
    try:
        tree = _parser().parse(ODataLexer().tokenize(_ENUM.sub(r"\1", text)))
    except ODataException as error:
        raise Refusal(400, "ODP_BAD_REQUEST") from error
    if kinds is not None and check_kinds(tree, kinds) not in {FLAG, ANY}:
        raise Refusal(400, "ODP_BAD_REQUEST")
    return Filter(_compile(tree, now), tree)


def _compile(node: Any, now: str) -> Test:  # noqa: ANN401 (a node of the library)
    for kind, compile_kind in _COMPILERS:
        if isinstance(node, kind):
            return compile_kind(node, now)
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


def _moment(text: str) -> str:
    """A moment of a filter: fractions are for attributes that declare them (documented)."""
    if "." in text:
        raise Refusal(400, "ODP_BAD_REQUEST")
    return in_utc(text)


def _compile_field(node: Any, _: str) -> Test:  # noqa: ANN401
    name = node.name
    return lambda row: row.get(name)


def _compile_comparison(node: Any, now: str) -> Test:  # noqa: ANN401
    compare = _COMPARE.get(type(node.comparator))
    if compare is None:
        return _compile_in(node, now)
    left, right = _compile(node.left, now), _compile(node.right, now)
    return lambda row: compare(left(row), right(row))


def _compile_junction(node: Any, now: str) -> Test:  # noqa: ANN401
    left, right = _compile(node.left, now), _compile(node.right, now)
    if isinstance(node.op, ast.And):
        return lambda row: left(row) and right(row)
    return lambda row: left(row) or right(row)


def _compile_unary(node: Any, now: str) -> Test:  # noqa: ANN401
    inner = _compile(node.operand, now)
    if isinstance(node.op, ast.Not):
        return lambda row: not inner(row)
    return lambda row: None if (value := inner(row)) is None else -value


def _compile_sum(node: Any, now: str) -> Test:  # noqa: ANN401
    """Arithmetic is documented but for ``mod``; with null it gives null (OData 4)."""
    calculate = _CALCULATE[type(node.op)]
    left, right = _compile(node.left, now), _compile(node.right, now)

    def run(row: Row) -> Decimal | None:
        a, b = left(row), right(row)
        try:
            return None if a is None or b is None else calculate(Decimal(a), Decimal(b))
        except ArithmeticError as error:
            raise Refusal(400, "ODP_BAD_REQUEST") from error

    return run


def _compile_call(node: Any, now: str) -> Test:  # noqa: ANN401
    name = node.func.name
    if name == "now":
        return _constant(now)
    function = FUNCTIONS.get(name)
    if function is None:
        raise Refusal(501, "ODP_NOT_IMPLEMENTED")
    given = node.args[:1] if name == "cast" else node.args
    arguments = [_compile(argument, now) for argument in given]
    return lambda row: function.run(*(a(row) for a in arguments))


def _compile_in(node: Any, now: str) -> Test:  # noqa: ANN401
    if not isinstance(node.comparator, ast.In):
        raise Refusal(501, "ODP_NOT_IMPLEMENTED")
    left = _compile(node.left, now)
    values = [_compile(item, now) for item in node.right.val]
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


_COMPILERS: tuple[tuple[Any, Callable[[Any, str], Test]], ...] = (
    (ast.Identifier, _compile_field),
    ((ast.Integer, ast.Float), lambda node, _: _constant(Decimal(node.val))),
    (ast.Null, lambda _, __: _constant(None)),
    (ast.Boolean, lambda node, _: _constant(node.val == "true")),
    ((ast.String, ast.Date), lambda node, _: _constant(node.val)),
    (ast.DateTime, lambda node, _: _constant(_moment(node.val))),
    (ast.Compare, _compile_comparison),
    (ast.BoolOp, _compile_junction),
    (ast.UnaryOp, _compile_unary),
    (ast.BinOp, _compile_sum),
    (ast.Call, _compile_call),
)
