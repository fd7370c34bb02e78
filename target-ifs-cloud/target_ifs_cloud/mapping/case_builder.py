"""Build the examples of a rule file and check that each asks one question. Pure."""

from __future__ import annotations

from decimal import Decimal

from target_ifs_cloud.mapping.problems import CODES
from target_ifs_cloud.mapping.record_fields import fields_of
from target_ifs_cloud.mapping.rule_cases import (
    NOTHING,
    Case,
    CompanyCase,
    FieldCase,
    TableCase,
    TaxCase,
    problem_text,
)
from target_ifs_cloud.mapping.rule_csv import COMPANY_BY
from target_ifs_cloud.mapping.rule_nodes import Node
from target_ifs_cloud.mapping.rule_parts import Parts

_SUBJECTS = ("table", "tax", "no_tax", "company_of", "letter", "field")
_PLACES = frozenset(COMPANY_BY.known) - {"company", "from", "until"}
_ROOTS = {"bill": ("bill", "bill_item", "bill_cost"), "purchase_order": ("order", "order_line")}


def build_cases(root: Node, parts: Parts) -> tuple[Case, ...]:
    """The examples of one file; the rules of all files are built by now."""
    node = root.get("cases")
    found = (_case(child, root, parts) for _, child in node.children) if node else ()
    return tuple(case for case in found if case is not None)


def _case(node: Node, root: Node, parts: Parts) -> Case | None:
    named = [key for key in _SUBJECTS if node.get(key)]
    if len(named) != 1:
        parts.fault(node, f"an example asks for exactly one of {', '.join(_SUBJECTS)}")
        return None
    company = node.get("company")
    asks = _asks(named[0], node, root, parts)
    if asks is None:
        return None
    title = node.get("title")
    return Case(
        where=node.where,
        title=title.text if title else "",
        asks=asks,
        company=parts.company(company) if company else None,
        day=parts.day(node.get("on")),
        expected=_expected(node, parts),
    )


def _expected(node: Node, parts: Parts) -> str:
    gives, problem = node.get("gives"), node.get("problem")
    if problem is not None and problem.text not in CODES:
        parts.fault(problem, f"`{problem.text}` is no problem code; see docs/problems.md")
    if problem is not None:
        return problem_text(problem.text)
    return gives.text if gives else NOTHING


def _asks(
    subject: str, node: Node, root: Node, parts: Parts
) -> TableCase | TaxCase | CompanyCase | FieldCase | None:
    if subject == "table":
        return _table(node, parts)
    if subject in {"tax", "no_tax"}:
        return _tax(node, parts)
    if subject == "company_of":
        return _company(node["company_of"], parts)
    return _field(subject, node, root, parts)


def _table(node: Node, parts: Parts) -> TableCase | None:
    name, value = node["table"], node.get("value")
    if name.text not in parts.tables:
        known = ", ".join(sorted(parts.tables)) or "none"
        parts.fault(name, f"there is no table `{name.text}`; tables: {known}")
    if value is None:
        parts.fault(node, "`table` needs `value` beside it; add it")
        return None
    return TableCase(table=name.text, value=value.text)


def _tax(node: Node, parts: Parts) -> TaxCase | None:
    tax, percent = node.get("tax"), node.get("percent")
    if node.get("company") is None or (tax is not None and percent is None):
        parts.fault(node, "a tax needs `company` and `percent` beside it (`company` for no tax)")
        return None
    return TaxCase(tax=tax.text if tax else "", percent=Decimal(percent.text) if percent else None)


def _company(node: Node, parts: Parts) -> CompanyCase:
    for name, child in node.children:
        if name not in _PLACES:
            parts.fault(child, f"`{name}` is not known; known here: {', '.join(sorted(_PLACES))}")
    return CompanyCase(keys={name: child.text for name, child in node.children})


def _field(subject: str, node: Node, root: Node, parts: Parts) -> FieldCase | None:
    company, record = node.get("company"), node.get("record")
    path = node[subject].text
    if subject == "letter":
        path = f"code_parts.{company.text if company else ''}.{path}"
    rule = parts.built.get((root.file, path))
    if rule is None:
        parts.fault(node[subject], f"this file has no rule `{path}`")
        return None
    _check_record(record, root["rules_for"].text, parts)
    taken = node.get("taken")
    return FieldCase(
        rule=rule,
        record=record.plain if record else {},
        missing_code="number_missing" if path == "number" else "value_missing",
        taken={name: child.text for name, child in taken.children} if taken else {},
    )


def _check_record(record: Node | None, subject: str, parts: Parts) -> None:
    """A misspelt field in the example itself would make it prove nothing."""
    shapes = _ROOTS.get(subject, ("vendor",) if subject == "vendor" else ("cost",))
    known = fields_of(shapes)
    for name, child in record.children if record else ():
        if name not in known:
            parts.fault(child, f"no Procurify record has the field `{name}` here")
