"""``$filter`` text to a function over rows. The grammar is that of the odata-query library.

Refused as documented by IFS: lambda, ``has``, ``mod``, geo and rounding functions, ``$count``
inside, any cast but to a string, fractions of a second. An enumeration is written
``IfsApp.<Projection>.<Enum>'Member'``; a plain string there is refused (inferred).

Most of the work is reading the text, and callers ask the same with other values. So a text is taken
apart into its shape and the values between quotes, and each shape is read once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal
from functools import lru_cache
from typing import Any

from odata_query import ast
from odata_query.exceptions import ODataException
from odata_query.grammar import ODataLexer, ODataParser

from erp_sandbox.ifs.entity import FLAG
from erp_sandbox.ifs.filter_functions import FUNCTIONS
from erp_sandbox.ifs.filter_kinds import ANY, check_kinds
from erp_sandbox.ifs.refusal import Refusal

Row = Mapping[str, Any]
Given = tuple[str, ...]
"""The moment in UTC, then the values between quotes in their order."""
Test = Callable[[Row, Given], Any]
Found = Mapping[tuple[str, ...], None]
"""Keys of rows in an order that does not change."""
Index = Callable[[str, str], Found]
"""The rows whose member (first) is this text (second), but for case and white space around it."""
SHAPES_MAX = 512
_QUOTED = re.compile(r"(IfsApp\.\w+\.\w+|[\w.]+)?('(?:[^']|'')*')")
# What stands in a shape for a value; no caller can type it.
_PLACE = re.compile(r"\x00(\d+)")
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
    given: Given

    def __call__(self, row: Row) -> bool:
        """Whether the row passes."""
        return bool(self.test(row, self.given))

    def candidates(self, index: Index) -> Found | None:
        """The keys of the rows that can pass, from an index; ``None`` when any row could."""
        return _candidates(self.tree, lambda name, value: index(name, _value(value, self.given)))


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
    given = [now]

    def take_out(found: re.Match[str]) -> str:
        before = found[1] or ""
        if before and not before.startswith("IfsApp."):
            return found[0]  # another literal, or no filter at all
        given.append(found[2][1:-1].replace("''", "'"))
        return f"{before}'\x00{len(given) - 1}'"

    shape = _QUOTED.sub(take_out, text)
    tree, test = _read(shape, enum_fields, None if kinds is None else tuple(kinds.items()))
    return Filter(test, tree, tuple(given))


@lru_cache(maxsize=SHAPES_MAX)
def _read(
    shape: str, enum_fields: frozenset[str], kinds: tuple[tuple[str, str], ...] | None
) -> tuple[Any, Test]:
    """The tree of a shape and its function."""
    marked = _ENUM.sub("Member", shape)
    if any(re.search(rf"\b{name}\s+((eq|ne)\s+'|in\s*\(\s*')", marked) for name in enum_fields):
        raise Refusal(400, "ODP_BAD_REQUEST")
    if _UNSUPPORTED.search(_TEXT.sub("", marked)):
        raise Refusal(501, "ODP_NOT_IMPLEMENTED")
    try:
        tree = _parser().parse(ODataLexer().tokenize(_ENUM.sub(r"\1", shape)))
    except ODataException as error:
        raise Refusal(400, "ODP_BAD_REQUEST") from error
    if kinds is not None and check_kinds(tree, dict(kinds)) not in {FLAG, ANY}:
        raise Refusal(400, "ODP_BAD_REQUEST")
    return tree, _compile(tree)


def _value(text: str, given: Given) -> str:
    """The value that stands at a place of a shape; any other text is a value itself."""
    place = _PLACE.fullmatch(text)
    return given[int(place[1])] if place else text


def _compile(node: Any) -> Test:  # noqa: ANN401 (a node of the library)
    for kind, compile_kind in _COMPILERS:
        if isinstance(node, kind):
            return compile_kind(node)
    raise Refusal(501, "ODP_NOT_IMPLEMENTED")


def _constant(value: object) -> Test:
    return lambda _, __: value


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


def _compile_field(node: Any) -> Test:  # noqa: ANN401
    name = node.name
    return lambda row, _: row.get(name)


def _compile_text(node: Any) -> Test:  # noqa: ANN401
    place = _PLACE.fullmatch(node.val)
    if place is None:
        return _constant(node.val)
    number = int(place[1])
    return lambda _, given: given[number]


def _compile_comparison(node: Any) -> Test:  # noqa: ANN401
    compare = _COMPARE.get(type(node.comparator))
    if compare is None:
        return _compile_in(node)
    left, right = _compile(node.left), _compile(node.right)
    return lambda row, given: compare(left(row, given), right(row, given))


def _compile_junction(node: Any) -> Test:  # noqa: ANN401
    left, right = _compile(node.left), _compile(node.right)
    if isinstance(node.op, ast.And):
        return lambda row, given: left(row, given) and right(row, given)
    return lambda row, given: left(row, given) or right(row, given)


def _compile_unary(node: Any) -> Test:  # noqa: ANN401
    inner = _compile(node.operand)
    if isinstance(node.op, ast.Not):
        return lambda row, given: not inner(row, given)
    return lambda row, given: None if (value := inner(row, given)) is None else -value


def _compile_sum(node: Any) -> Test:  # noqa: ANN401
    """Arithmetic is documented but for ``mod``; with null it gives null (OData 4)."""
    calculate = _CALCULATE[type(node.op)]
    left, right = _compile(node.left), _compile(node.right)

    def run(row: Row, given: Given) -> Decimal | None:
        a, b = left(row, given), right(row, given)
        try:
            return None if a is None or b is None else calculate(Decimal(a), Decimal(b))
        except ArithmeticError as error:
            raise Refusal(400, "ODP_BAD_REQUEST") from error

    return run


def _compile_call(node: Any) -> Test:  # noqa: ANN401
    name = node.func.name
    if name == "now":
        return lambda _, given: given[0]
    function = FUNCTIONS.get(name)
    if function is None:
        raise Refusal(501, "ODP_NOT_IMPLEMENTED")
    given = node.args[:1] if name == "cast" else node.args
    arguments = [_compile(argument) for argument in given]
    return lambda row, given: function.run(*(a(row, given) for a in arguments))


def _compile_in(node: Any) -> Test:  # noqa: ANN401
    if not isinstance(node.comparator, ast.In):
        raise Refusal(501, "ODP_NOT_IMPLEMENTED")
    left = _compile(node.left)
    values = [_compile(item) for item in node.right.val]
    return lambda row, given: left(row, given) in [value(row, given) for value in values]


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
    if len(values) == 1:
        return index(name, values[0].val)
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
    (ast.String, _compile_text),
    (ast.Date, lambda node: _constant(node.val)),
    (ast.DateTime, lambda node: _constant(_moment(node.val))),
    (ast.Compare, _compile_comparison),
    (ast.BoolOp, _compile_junction),
    (ast.UnaryOp, _compile_unary),
    (ast.BinOp, _compile_sum),
    (ast.Call, _compile_call),
)
