"""Build single rules and tables from their nodes, and collect what does not fit together. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import cast

from target_ifs_cloud.documents import CompanyId
from target_ifs_cloud.mapping.operators import (
    Condition,
    Constant,
    Copy,
    CustomField,
    Day,
    FirstItem,
    FirstOf,
    Join,
    Lookup,
    Missing,
    Operator,
    PerLine,
    Rule,
    SameAs,
    Sum,
    Take,
    When,
)
from target_ifs_cloud.mapping.record_fields import Kind, fields_of, find_kind, row_shapes
from target_ifs_cloud.mapping.rule_nodes import Fault, Node
from target_ifs_cloud.mapping.rules import FieldRules
from target_ifs_cloud.mapping.tables import Limits, Table, TableRow, table_key

NAMES_SHOWN_MAX = 12
_ITEMS = frozenset({Kind.LIST, Kind.VALUE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a rule may use where it stands.

    ``takes`` are the names for ``take``; ``shapes`` those of the record in which paths start (see
    ``record_fields``; none: paths are not checked); ``fields`` the header fields further up.
    """

    takes: frozenset[str]
    shapes: frozenset[str] = frozenset()
    fields: tuple[str, ...] = ()
    is_row: bool = False


@dataclass(slots=True, kw_only=True)
class Parts:
    """What the builder knows while it reads: companies, tables, rules by file and path, faults."""

    companies: frozenset[str] = frozenset()
    tables: dict[str, Table] = field(default_factory=dict)
    built: dict[tuple[str, str], Rule] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def fault(self, node: Node, message: str) -> None:
        """Keep a fault at the place of a node."""
        place = f"{node.path}: " if node.path else ""
        self.faults.append(Fault(file=node.file, line=node.line, message=f"{place}{message}"))

    def company(self, node: Node) -> CompanyId:
        """The company that a node names; it must be one of companies.yml."""
        if node.text not in self.companies:
            known = ", ".join(sorted(self.companies)) or "none"
            self.fault(node, f"company `{node.text}` is not in the list of companies ({known})")
        return CompanyId(node.text)

    def day(self, node: Node | None) -> date | None:
        """The day that a node names."""
        if node is None:
            return None
        try:
            return date.fromisoformat(node.text)
        except ValueError:
            self.fault(node, f"`{node.text}` is not a day of the calendar")
            return None

    def limits(self, node: Node) -> Limits:
        """Company and days of a row."""
        company = node.get("company")
        day_from = self.day(node.get("from"))
        day_until = self.day(node.get("until"))
        if day_from and day_until and day_from > day_until:
            self.fault(node, f"`from` {day_from} is after `until` {day_until}")
        return Limits(
            company=self.company(company) if company else None,
            day_from=day_from,
            day_until=day_until,
        )

    def read_tables(self, node: Node | None) -> None:
        """Add the tables of a file."""
        for name, table in node.children if node else ():
            if name in self.tables:
                self.fault(table, f"table `{name}` is already in {self.tables[name].file}")
                continue
            self.tables[name] = Table(
                name=name,
                file=table["rows"].file,
                reads=table["reads"].text,
                rows=self._table_rows(table["rows"]),
            )

    def _table_rows(self, node: Node) -> Mapping[str, tuple[TableRow, ...]]:
        rows: dict[str, tuple[TableRow, ...]] = {}
        for key, value in node.children:
            if table_key(key) in rows:
                self.fault(value, f"`{key}` stands in this table twice (case and blanks aside)")
            rows[table_key(key)] = self._answers(value)
        return rows

    def _answers(self, node: Node) -> tuple[TableRow, ...]:
        if not node.children:
            return (TableRow(gives=node.text, limits=Limits(), where=node.where),)
        answers = []
        for position, (_, row) in enumerate(node.children, start=1):
            limits = self.limits(row)
            answers.append(TableRow(gives=row["gives"].text, limits=limits, where=row.where))
            if limits == Limits() and position < len(node.children):
                self.fault(
                    row, "this row always fits, so the rows below it never count; move it last"
                )
        return tuple(answers)

    def fields(self, node: Node | None, place: Place) -> FieldRules:
        """Fields of IFS with their rules; a rule may use the fields above it by `same_as`."""
        rules: list[tuple[str, Rule]] = []
        for name, child in node.children if node else ():
            above = tuple(known for known, _ in rules)
            rules.append((name, self.rule(child, replace(place, fields=above))))
        return tuple(rules)

    def rule(self, node: Node, place: Place) -> Rule:
        """One rule; its faults are kept, so the answer only counts when there are none."""
        missing = node.get("missing")
        if missing and missing.text == "drop_row" and not place.is_row:
            self.fault(missing, "`drop_row` is only for the rows of a supplier")
        length = node.get("length_max")
        longer = node.get("longer")
        rule = Rule(
            where=node.where,
            operator=self._operator(node, place),
            missing=cast(Missing, missing.text) if missing else "hold",
            length_max=int(length.text) if length else None,
            is_cut=longer is not None and longer.text == "cut",
        )
        self.built[node.file, node.path] = rule
        return rule

    def _operator(self, node: Node, place: Place) -> Operator:  # noqa: C901, PLR0911, PLR0912  (one case per operator)
        for name, child in node.children:
            match name:
                case "copy":
                    return Copy(path=self._path(child, place))
                case "first_item":
                    return FirstItem(path=self._path(child, place, _ITEMS))
                case "constant":
                    is_text = isinstance(child.plain, str)
                    return Constant(value=child.text if is_text else child.plain)
                case "take":
                    return self._take(child, place)
                case "same_as":
                    return self._same_as(child, place)
                case "custom_field":
                    return CustomField(field=child.text)
                case "lookup":
                    return self._lookup(node, place)
                case "date":
                    days = node.get("plus_days")
                    return Day(
                        path=self._path(child, place),
                        plus_days=self.rule(days, place) if days else None,
                    )
                case "join":
                    return Join(parts=tuple(self._part(part, place) for _, part in child.children))
                case "sum":
                    return Sum(paths=tuple(self._path(path, place) for _, path in child.children))
                case "when":
                    return self._when(node, place)
                case "first_of":
                    rules = tuple(self.rule(choice, place) for _, choice in child.children)
                    return FirstOf(rules=rules)
                case "per_line":
                    return self._per_line(node, place)
        return Constant(value=None)  # the schema has already refused a rule without an operator

    def _path(
        self, node: Node, place: Place, kinds: frozenset[Kind] = frozenset({Kind.VALUE})
    ) -> str:
        """A path that leads somewhere in the record, to the kind of value that is needed."""
        if not place.shapes:
            return node.text
        root = node.text.partition(".")[0]
        known = sorted(fields_of(place.shapes))
        found = find_kind(place.shapes, node.text)
        if root not in known:
            near = difflib.get_close_matches(root, known, n=1)
            hint = f"did you mean `{near[0]}`? " if near else ""
            names = ", ".join(known) if len(known) <= NAMES_SHOWN_MAX else "see docs/rules.md"
            self.fault(node, f"a path cannot begin with `{root}` here; {hint}known: {names}")
        elif found is None:
            self.fault(node, f"no Procurify record has the field `{node.text}` here")
        elif found not in kinds:
            wanted = " or ".join(sorted(kind.value for kind in kinds))
            self.fault(node, f"`{node.text}` is {found.value}; this needs {wanted}")
        return node.text

    def _take(self, node: Node, place: Place) -> Operator:
        if node.text not in place.takes:
            known = ", ".join(sorted(place.takes))
            self.fault(node, f"`{node.text}` is not worked out here; known: {known}")
        return Take(name=node.text)

    def _same_as(self, node: Node, place: Place) -> Operator:
        if node.text not in place.fields:
            known = ", ".join(place.fields) or "none"
            self.fault(node, f"`{node.text}` is not a field further up (there are: {known})")
        return SameAs(name=node.text)

    def _lookup(self, node: Node, place: Place) -> Operator:
        name = node["lookup"]
        table = self.tables.get(name.text)
        if table is None:
            known = ", ".join(sorted(self.tables)) or "none"
            self.fault(name, f"there is no table `{name.text}`; tables: {known}")
            table = Table(name=name.text, file=node.file, reads="", rows={})
        default = node.get("default")
        unknown = node.get("unknown")
        return Lookup(
            table=table,
            key=self._path(node["key"], place),
            default=default.text if default else None,
            is_unknown_ignored=unknown is not None and unknown.text == "next",
        )

    def _part(self, node: Node, place: Place) -> Rule:
        if node.children:
            return self.rule(node, place)
        return Rule(where=node.where, operator=Constant(value=node.text))

    def _when(self, node: Node, place: Place) -> Operator:
        asked = node["when"]
        words = asked.get("is") or asked.get("is_not")
        is_empty = asked.get("is_empty")
        listed = None
        if words is not None:
            texts = words.words() if words.children else (words.text,)
            listed = frozenset(table_key(text) for text in texts)
        otherwise = node.get("else")
        return When(
            condition=Condition(
                path=self._path(asked["field"], place),
                words=listed,
                is_negated=asked.get("is_not") is not None
                or (is_empty is not None and is_empty.plain is False),
            ),
            then=self.rule(node["then"], place),
            otherwise=self.rule(otherwise, place) if otherwise else None,
        )

    def _per_line(self, node: Node, place: Place) -> Operator:
        separator = node.get("separator")
        path = self._path(node["per_line"], place, frozenset({Kind.ROWS}))
        inside = Place(takes=place.takes, shapes=row_shapes(place.shapes, path))
        return PerLine(
            path=path,
            give=self.rule(node["give"], inside),
            separator=separator.text if separator else ", ",
        )
