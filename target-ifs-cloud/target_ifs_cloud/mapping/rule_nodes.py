"""Rule files as a tree in which every value knows its line. Pure: text in, tree out.

The files are YAML 1.2 in spirit: only ``true`` and ``false`` are booleans (so ``NO`` is Norway),
numbers with a point are exact decimals, dates stay text. Anchors, aliases, tags and keys given
twice are refused: a rule must read the same for a person and for the software.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import yaml
from typing_extensions import override

DEPTH_MAX = 20
FILE_SIZE_MAX = 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Fault:
    """One thing that is wrong with a rule file, and the cure."""

    file: str
    line: int
    message: str

    @override
    def __str__(self) -> str:
        """The fault as ``file:line: message``."""
        return f"{self.file}:{self.line}: {self.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A value of a rule file with its place.

    ``text`` is a scalar as it was written (``007`` stays ``007``); ``plain`` is the value that the
    schema sees; ``children`` are the members of a mapping or list by key or position.
    """

    file: str
    line: int
    path: str
    plain: Any
    text: str = ""
    children: tuple[tuple[str, Node], ...] = ()

    @property
    def where(self) -> str:
        """The place for people: ``bill.yml:23 header.DueDate``."""
        return f"{self.file}:{self.line} {self.path}".rstrip()

    def get(self, key: str) -> Node | None:
        """The child of that name or position, if there is one."""
        return next((child for name, child in self.children if name == key), None)

    def __getitem__(self, key: str) -> Node:
        child = self.get(key)
        if child is None:
            raise KeyError(key)
        return child

    def words(self) -> tuple[str, ...]:
        """The texts of a list."""
        return tuple(child.text for _, child in self.children)


class _FaultyError(Exception):
    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader with fewer surprises in plain scalars, and without aliases."""

    @override
    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            line = event.start_mark.line + 1 if event.start_mark else 1
            raise _FaultyError(
                line, "anchors (&) and aliases (*) are not used in rules; write it out"
            )
        return super().compose_node(parent, index)


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("tag:yaml.org,2002:bool", r"^(?:true|false)$", "tf"),
    ("tag:yaml.org,2002:int", r"^[-+]?(?:0|[1-9][0-9]*)$", "-+0123456789"),
    ("tag:yaml.org,2002:float", r"^[-+]?(?:0|[1-9][0-9]*)\.[0-9]+$", "-+0123456789"),
    ("tag:yaml.org,2002:null", r"^(?:~|null|)$", ["~", "n", ""]),
):
    _Loader.add_implicit_resolver(_tag, re.compile(_pattern), list(_first))


def parse_rules(text: str, file: str) -> tuple[Node | None, tuple[Fault, ...]]:
    """The tree of one file, or why it cannot be read."""
    if len(text) > FILE_SIZE_MAX:
        return None, (Fault(file=file, line=1, message="the file is too large for a rule file"),)
    try:
        return _node(_compose(text), file, "", 0), ()
    except _FaultyError as error:
        return None, (Fault(file=file, line=error.line, message=str(error)),)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        message = f"this is not readable YAML ({error.problem}); check indents, colons and quotes"
        return None, (Fault(file=file, line=line, message=message),)
    except yaml.YAMLError as error:
        message = f"this is not readable YAML ({type(error).__name__}); check its characters"
        return None, (Fault(file=file, line=1, message=message),)


def _compose(text: str) -> yaml.Node:
    root = _Loader(text).get_single_node()
    if root is None:
        raise _FaultyError(1, "the file is empty; give it a line such as `rules_for: tables`")
    return root


def _node(raw: yaml.Node, file: str, path: str, depth: int) -> Node:
    line = raw.start_mark.line + 1
    if depth > DEPTH_MAX:
        raise _FaultyError(line, f"this is nested deeper than {DEPTH_MAX} levels; simplify it")
    if isinstance(raw, yaml.MappingNode):
        return _mapping(raw, file, path, depth)
    if isinstance(raw, yaml.SequenceNode):
        members = tuple(
            (str(place), _node(item, file, f"{path}[{place + 1}]", depth + 1))
            for place, item in enumerate(raw.value)
        )
        plain = [child.plain for _, child in members]
        return Node(file=file, line=line, path=path, plain=plain, children=members)
    value = _scalar(raw.tag, raw.value, line)
    return Node(file=file, line=line, path=path, plain=value, text=str(raw.value))


def _mapping(raw: yaml.MappingNode, file: str, path: str, depth: int) -> Node:
    members: list[tuple[str, Node]] = []
    seen: dict[str, int] = {}
    for key_node, value_node in raw.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            raise _FaultyError(line, "a key must be a plain word or a quoted text")
        key = str(key_node.value)
        if key in seen:
            raise _FaultyError(
                line, f"`{key}` stands here a second time (first in line {seen[key]}); keep one"
            )
        seen[key] = line
        child = _node(value_node, file, f"{path}.{key}" if path else key, depth + 1)
        members.append((key, _at_line(child, line)))
    return Node(
        file=file,
        line=raw.start_mark.line + 1,
        path=path,
        plain={name: child.plain for name, child in members},
        children=tuple(members),
    )


def _at_line(node: Node, line: int) -> Node:
    """The value of a key is found where its key stands."""
    return Node(
        file=node.file,
        line=line,
        path=node.path,
        plain=node.plain,
        text=node.text,
        children=node.children,
    )


def _scalar(tag: str, text: str, line: int) -> Any:  # noqa: ANN401  (what the schema will judge)
    match tag.rpartition(":")[2]:
        case "bool":
            return text == "true"
        case "int" | "float":
            try:
                return int(text) if text.lstrip("+-").isdigit() else Decimal(text)
            except (ValueError, InvalidOperation):
                raise _FaultyError(line, f"`{text[:20]}…` is not a number") from None
        case "null":
            return None
        case "str":
            return text
        case _:
            raise _FaultyError(line, f"the tag {tag} is not used in rules; remove it")
