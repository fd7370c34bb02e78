"""Compares a document with the invoice that IFS shows. Pure.

Rows have no identity that both sides know, so they are paired by content: equal rows first, then
what is left in order. Only what is sent is compared, and only where IFS shows it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from target_ifs_cloud.documents import Line, Posting, SupplierInvoice
from target_ifs_cloud.ifs.invoices import InvoiceDetails, InvoiceShown
from target_ifs_cloud.ifs.profile import SiteProfile
from target_ifs_cloud.ifs.profile_names import CodedRowNames, ItemNames
from target_ifs_cloud.ifs.rows import RowShown, amount, is_same

LETTERS = "ABCDEFGHIJ"
_ROWS_NAMED_MAX = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Rows of a document against rows of IFS; rows that are equal are in neither list.

    ``changed``: what to send and the row to change. ``missing``: what to add. ``surplus``: what to
    remove.
    """

    changed: tuple[tuple[dict[str, Any], RowShown], ...]
    missing: tuple[dict[str, Any], ...]
    surplus: tuple[RowShown, ...]


def header_fields(document: SupplierInvoice, profile: SiteProfile) -> dict[str, Any]:
    """Every header field that is sent for a document, by its IFS name; empty ones are left out."""
    names = profile.invoice
    fields: dict[str, Any] = {
        **names.constants,
        names.company: document.company,
        names.supplier: document.supplier,
        names.series: document.series,
        names.currency: document.currency,
        names.net: document.net,
        names.tax: document.tax,
    }
    if names.gross:
        fields[names.gross] = document.gross
    fields |= dict(document.header)
    fields[names.number_field(document.series)] = document.number
    return {name: value for name, value in fields.items() if value is not None}


def line_fields(line: Line, names: ItemNames) -> dict[str, Any]:
    """What is sent for a line, by IFS names; empty fields are left out."""
    fields: dict[str, Any] = {names.net: line.net}
    if names.tax:
        fields[names.tax] = line.tax
    if names.tax_code:
        fields[names.tax_code] = line.tax_code
    fields |= dict(line.values)
    return {name: value for name, value in fields.items() if value is not None}


def posting_fields(posting: Posting, names: CodedRowNames) -> dict[str, Any]:
    """What is sent for a posting, by IFS names."""
    codes = {names.code_field(letter): value for letter, value in posting.codes}
    return {**codes, names.amount: posting.amount, **dict(posting.values)}


def pair_lines(lines: Sequence[Line], shown: Sequence[RowShown], names: ItemNames) -> Pairs:
    """Lines of the document against lines of the invoice."""
    return _pair([line_fields(line, names) for line in lines], shown, needed={names.net})


def pair_postings(
    postings: Sequence[Posting], shown: Sequence[RowShown], names: CodedRowNames
) -> Pairs:
    """Postings of the document against postings or proposal rows.

    A code part that IFS shows filled and the document leaves empty is a difference too.
    """
    blank = {names.code_field(letter): None for letter in LETTERS}
    wanted = [{**blank, **posting_fields(posting, names)} for posting in postings]
    pairs = _pair(wanted, shown, needed={names.amount, names.code_field("A")})
    return Pairs(
        changed=tuple((_without_absent(fields, row), row) for fields, row in pairs.changed),
        missing=tuple(
            {name: value for name, value in fields.items() if value is not None}
            for fields in pairs.missing
        ),
        surplus=pairs.surplus,
    )


def _without_absent(fields: Mapping[str, Any], row: RowShown) -> dict[str, Any]:
    """Nulls only where IFS shows a value to clear."""
    return {
        name: value
        for name, value in fields.items()
        if value is not None or not is_same(None, row.values.get(name))
    }


def _pair(
    wanted: Sequence[dict[str, Any]], shown: Sequence[RowShown], *, needed: set[str]
) -> Pairs:
    left = list(shown)
    differing = []
    for fields in wanted:
        twin = next((row for row in left if _is_equal(fields, row, needed)), None)
        if twin is None:
            differing.append(fields)
        else:
            left.remove(twin)
    both = min(len(differing), len(left))
    return Pairs(
        changed=tuple(zip(differing[:both], left[:both], strict=True)),
        missing=tuple(differing[both:]),
        surplus=tuple(left[both:]),
    )


def _is_equal(fields: Mapping[str, Any], row: RowShown, needed: set[str]) -> bool:
    """Equal wherever IFS shows the field; the needed ones must be shown."""
    values = row.values
    return all(
        is_same(value, values[name]) if name in values else name not in needed
        for name, value in fields.items()
    )


def changed_header(
    document: SupplierInvoice, shown: InvoiceShown, profile: SiteProfile
) -> dict[str, Any]:
    """The header fields that IFS shows otherwise; key fields and constants never change."""
    names = profile.invoice
    number = names.number_field(document.series)
    fixed = {names.company, names.supplier, names.series, number, *names.constants}
    wanted = header_fields(document, profile)
    return {
        name: value
        for name, value in wanted.items()
        if name not in fixed | names.not_compared
        and name in shown.row
        and not is_same(value, shown.row[name])
    }


def differences(
    document: SupplierInvoice, shown: InvoiceShown, details: InvoiceDetails, profile: SiteProfile
) -> list[str]:
    """What differs, in words: field names, counts and amounts, one text per difference."""
    stamp = profile.invoice.source_reference
    wanted = dict(document.header).get(stamp)
    is_by_hand = wanted is not None and not is_same(wanted, shown.row.get(stamp))
    # Who enters an invoice by hand leaves out what may be left out, and our own mark.
    found = [
        f"{name}: IFS has {_shown(shown.row[name])}, the document {_shown(value)}"
        for name, value in changed_header(document, shown, profile).items()
        if not (is_by_hand and (name == stamp or is_same(None, shown.row[name])))
    ]
    lines = pair_lines(document.lines, details.lines, profile.invoice.items)
    found += _words("line", lines, profile.invoice.items.net)
    names = _coded_names(details, profile)
    if names is not None:
        rows = details.coded_rows
        found += _words("posting", pair_postings(document.postings, rows, names), names.amount)
    return found


def is_whole(shown: InvoiceShown, details: InvoiceDetails, profile: SiteProfile) -> bool:
    """Whether lines add up to the header and postings to its net amount."""
    items = profile.invoice.items
    names = _coded_names(details, profile)
    net = _sum(details.lines, items.net)
    tax = _sum(details.lines, items.tax) if items.tax else shown.tax
    is_posted = names is not None and _sum(details.coded_rows, names.amount) == shown.net
    return bool(details.lines) and (net, tax) == (shown.net, shown.tax) and is_posted


def are_doubled(sent: Iterable[Decimal], shown: Sequence[RowShown], name: str) -> bool:
    """Whether IFS shows more rows of an amount than were sent; ``name`` is its field.

    A row that is shown late, or that IFS adds by itself with another amount, is no sign of that.
    """
    there = Counter(amount(row.values, name) for row in shown)
    return any(there[value] > count for value, count in Counter(sent).items())


def _coded_names(details: InvoiceDetails, profile: SiteProfile) -> CodedRowNames | None:
    if not details.uses_proposal:
        return profile.invoice.postings
    return profile.proposal.rows if profile.proposal else None


def _sum(rows: Sequence[RowShown], name: str) -> Decimal:
    return sum((amount(row.values, name) or Decimal(0) for row in rows), Decimal(0))


def _words(kind: str, pairs: Pairs, amount_field: str) -> list[str]:
    texts = [
        f"{kind} of {_shown(fields.get(amount_field))}: IFS has another "
        f"{', '.join(_differing(fields, row))}"
        for fields, row in pairs.changed
    ]
    texts += [
        f"{kind} of {_shown(fields.get(amount_field))} is missing in IFS"
        for fields in pairs.missing
    ]
    texts += [
        f"{kind} of {_shown(row.values.get(amount_field))} stands in IFS and not in the document"
        for row in pairs.surplus
    ]
    more = len(texts) - _ROWS_NAMED_MAX
    return [*texts[:_ROWS_NAMED_MAX], f"and {more} more {kind}(s)"] if more > 0 else texts


def _differing(fields: Mapping[str, Any], row: RowShown) -> list[str]:
    values = row.values
    return [n for n, value in fields.items() if n in values and not is_same(value, values[n])]


def _shown(value: object) -> str:
    return "nothing" if value is None or value == "" else str(value)
