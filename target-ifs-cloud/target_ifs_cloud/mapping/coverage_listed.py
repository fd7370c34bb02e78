"""What Procurify's own lists hold that no rule knows, used or not. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from target_ifs_cloud.mapping.coverage_book import Book
from target_ifs_cloud.mapping.frame import place_keys
from target_ifs_cloud.mapping.operators import CustomField, FirstOf, Join, Rule, When
from target_ifs_cloud.mapping.records import read_id, read_text
from target_ifs_cloud.mapping.rules import ACCOUNTS_TABLE, Rules
from target_ifs_cloud.mapping.tables import table_key

UNUSED = "; not used so far"


def take_listed(
    records: Iterable[tuple[str, Mapping[str, object]]], rules: Rules, book: Book
) -> None:
    """Note account codes, places and custom fields; the book has what documents use already."""
    for stream, record in records:
        if stream == "account_codes" and record.get("active") is not False:
            _account_code(record, rules, book)
        elif stream == "departments" and record.get("active") is not False:
            _place(place_keys(record), rules, book)
        elif stream == "locations" and record.get("active") is not False:
            _place(place_keys({"branch": record}), rules, book)
        elif stream == "custom_fields" and record.get("is_active") is not False:
            _custom_field(record, rules, book)


def _account_code(record: Mapping[str, object], rules: Rules, book: Book) -> None:
    code = read_text(record.get("code")) or ""
    title = read_text(record.get("description")) or ""
    table = rules.tables[ACCOUNTS_TABLE]
    if table.rows.get(table_key(code)) or book.has("account code", code):
        return
    detail = f"no row in {table.file}{UNUSED}"
    book.note("account code", f"{code} {title}".rstrip(), "", gap="no_rule", detail=detail)


def _place(keys: Mapping[str, str], rules: Rules, book: Book) -> None:
    names = [keys["location"] or "(none)", keys["department"]]
    name = " / ".join(name for name in names if name)
    if rules.find_company_row(keys, None) or book.has("location and department", name):
        return
    detail = f"no row of `company_by` in companies.yml fits{UNUSED}"
    book.note("location and department", name, "", gap="no_rule", detail=detail)


def _custom_field(record: Mapping[str, object], rules: Rules, book: Book) -> None:
    name = read_text(record.get("name")) or ""
    known = {table_key(text) for text in custom_fields_of(rules)}
    is_used = table_key(name) in known or read_id(record.get("id")) in known
    detail = "" if is_used else "no rule reads it"
    book.note("custom field", name, "", gap=None if is_used else "unused", detail=detail)


def custom_fields_of(rules: Rules) -> frozenset[str]:
    """The custom fields, by name or id, that any rule of a document reads."""
    roots: list[Rule] = [rule for letters in rules.letters.values() for _, rule in letters]
    for invoice in (rules.bill.invoice, rules.purchase_order.invoice):
        for fields in (invoice.header, invoice.line_fields, invoice.posting_fields):
            roots += [rule for _, rule in fields]
    return frozenset(name for rule in roots for name in _custom_fields(rule))


def _custom_fields(rule: Rule) -> Sequence[str]:
    operator = rule.operator
    if isinstance(operator, CustomField):
        return (operator.field,)
    inner: Sequence[Rule] = ()
    if isinstance(operator, FirstOf):
        inner = operator.rules
    elif isinstance(operator, Join):
        inner = operator.parts
    elif isinstance(operator, When):
        inner = [x for x in (operator.then, operator.otherwise) if x]
    return [name for one in inner for name in _custom_fields(one)]
