"""No binary float on the way of an amount, from the API's answer to the request to IFS."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import tap_procurify
import target_ifs_cloud

TARGET, TAP = Path(target_ifs_cloud.__file__).parent, Path(tap_procurify.__file__).parent
NOT_MONEY = {
    *("wire", "limiter.py", "retry.py", "token.py", "transport.py", "vendor_client.py"),
}
"""These count seconds and requests; no record passes through their arithmetic."""
SECONDS = (
    *("sleep", "_s:", "_s ", "_s)", "_s,", "_s(", "second", "moment", "timestamp", "monotonic"),
)
"""Words of a statement that counts time: only there a float may stand."""
PLAIN_JSON = {
    "audit_export.py": "evidence, amounts are texts there",
    "cli.py": "shows a line of evidence as it is",
    "configuration.py": "settings",
    "given_files.py": "settings, STATE and catalog, only looked at",
    "entry.py": "the outbox, decimals are tagged texts",
    "outbox.py": "code strings",
    "memory.py": "bookmarks of the tap",
    "tap.py": "state of the tap",
    "token.py": "a token's answer",
    "vendor_client.py": "vendors of Procurify, which carry no amount",
}
"""Files that read JSON without exact decimals, and why no amount is in it."""


def modules() -> list[Path]:
    """Every module that an amount can pass."""
    found = [*TARGET.rglob("*.py"), *TAP.rglob("*.py")]
    return sorted(path for path in found if not NOT_MONEY & {path.name, path.parent.name})


def floats(tree: ast.AST) -> Iterator[tuple[ast.stmt, ast.AST]]:
    """Each binary float with the innermost statement around it."""
    for statement in ast.walk(tree):
        if not isinstance(statement, ast.stmt):
            continue
        inner = list(ast.iter_child_nodes(statement))
        while inner:
            node = inner.pop()
            if isinstance(node, ast.stmt):
                continue
            if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
                yield statement, node
            if isinstance(node, ast.Name) and node.id == "float":
                yield statement, node
            inner += ast.iter_child_nodes(node)


def head_of(statement: ast.stmt, source: str) -> str:
    """The statement's own text, without the statements inside it."""
    text = ast.get_source_segment(source, statement) or ""
    body = getattr(statement, "body", None)
    first = body[0] if isinstance(body, list) and body else None
    if first is None:
        return text
    return "\n".join(text.splitlines()[: first.lineno - statement.lineno])


def money_floats(source: str) -> list[int]:
    """The lines on which a float stands that does not count time."""
    found = floats(ast.parse(source))
    return [
        statement.lineno
        for statement, _ in found
        if not any(word in f"{head_of(statement, source).lower()} " for word in SECONDS)
    ]


@pytest.mark.parametrize("path", modules(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_float_stands_where_an_amount_passes(path: Path) -> None:
    """No literal with a point, no ``float``; times in seconds are told by their names."""
    assert money_floats(path.read_text("utf-8")) == []


EXACT_READERS = frozenset({"Decimal", "_decimal_or_text"})


def test_json_is_read_with_exact_decimals() -> None:
    """Every reader of JSON names one of these for numbers, or is known to read no amount."""
    plain = set()
    for path in [*TARGET.rglob("*.py"), *TAP.rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            is_reader = node.func.attr in {"loads", "load"} and (
                isinstance(node.func.value, ast.Name) and node.func.value.id == "json"
            )
            is_exact = any(
                word.arg == "parse_float" and isinstance(word.value, ast.Name)
                and word.value.id in EXACT_READERS
                for word in node.keywords
            )  # fmt: skip
            if is_reader and not is_exact:
                plain.add(path.name)
    assert plain <= set(PLAIN_JSON), plain - set(PLAIN_JSON)


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("rate = 1.5\n", [1]),
        ("def f(x: float) -> None:\n    y = x\n", [1]),
        ("def f():\n    return float(x)\n", [2]),
        ("timeout_s: float = 120.0\n", []),
        ("def f(sleep: Callable[[float], None]) -> None:\n    total = 0.1\n", [2]),
    ],
)
def test_the_search_finds_what_it_must(source: str, lines: list[int]) -> None:
    """A search that finds nothing proves nothing."""
    assert money_floats(source) == lines
