"""What Procurify uses and the rules do not know, or IFS lacks: with counts and amounts. Pure.

It reads records as they come and never stops at a faulty one; what a bill is held for is the
business of the mapping.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from target_ifs_cloud.documents import CompanyId, SupplierId
from target_ifs_cloud.mapping.coding import cost_context
from target_ifs_cloud.mapping.costs_seen import (
    CostSeen,
    DocumentSeen,
    rows_of,
    see_document,
)
from target_ifs_cloud.mapping.coverage_book import Book, Coverage, CoverageRow, Gap
from target_ifs_cloud.mapping.coverage_listed import take_listed
from target_ifs_cloud.mapping.expressions import Context, evaluate
from target_ifs_cloud.mapping.frame import place_keys, vendor_id_of
from target_ifs_cloud.mapping.records import pick, read_text, read_whole
from target_ifs_cloud.mapping.rules import ACCOUNTS_TABLE, VENDOR_TYPES, Rules
from target_ifs_cloud.mapping.tax_rows import fitting_tax_row
from target_ifs_cloud.money import parse_amount
from target_ifs_cloud.reference import CompanyReference, Reference

__all__ = ["Coverage", "CoverageRow", "coverage"]

_NONE = Decimal(0)


def coverage(
    rules: Rules,
    reference: Reference,
    records: Iterable[tuple[str, Mapping[str, object]]],
    links: Mapping[str, SupplierId] | None = None,
) -> Coverage:
    """How well rules and IFS cover these records, given with the names of their streams.

    Streams: ``bills`` and ``purchase_orders`` for what is used, ``vendors``, ``account_codes``,
    ``departments``, ``locations`` and ``custom_fields`` for what could be; others count nothing.
    """
    survey = _Survey(rules=rules, reference=reference, links=links or {})
    listed = []
    for stream, record in records:
        if not survey.take(stream, record):
            listed.append((stream, record))
    take_listed(listed, rules, survey.book)
    return survey.book.result()


@dataclass(slots=True, kw_only=True)
class _Survey:
    """Collects what is used while the records pass."""

    rules: Rules
    reference: Reference
    links: Mapping[str, SupplierId]
    book: Book = field(default_factory=Book)

    def take(self, stream: str, record: Mapping[str, object]) -> bool:
        """True for a document or vendor; other records only list what could be used."""
        if stream == "vendors":
            kind = VENDOR_TYPES.get(read_whole(record.get("type")) or 0)
            if record.get("active") is not False and kind in self.rules.vendor.types:
                self._vendor(record, "", None)
            return True
        document = see_document(stream, record, self.rules)
        if document is not None:
            self._document(document)
        return stream in {"bills", "purchase_orders"}

    def _document(self, document: DocumentSeen) -> None:
        companies = {self._cost(cost, document) for cost in document.costs}
        known = [company for company in companies if company is not None]
        company = known[0] if len(known) == 1 else None
        self._vendor(document.vendor, document.currency, document.gross)
        self._payment_term(document, company)
        if document.kind == "bill":
            self._taxes(document, company)

    def _cost(self, cost: CostSeen, document: DocumentSeen) -> CompanyId | None:
        keys = place_keys(cost.budget.get("department"))
        row = self.rules.find_company_row(keys, document.day)
        self.book.note(
            "location and department",
            f"{keys['location'] or '(none)'} / {keys['department'] or '(none)'}",
            "",
            gap=None if row else "no_rule",
            detail="" if row else "no row of `company_by` in companies.yml fits",
            currency=document.currency,
            amount=cost.amount,
        )
        company = row.company if row else None
        if company is not None:
            self._account(cost, document, company)
            self._code_parts(cost, document, company)
        return company

    def _account(self, cost: CostSeen, document: DocumentSeen, company: CompanyId) -> None:
        code = read_text(pick(cost.budget, "account_code.code")) or ""
        gap, detail = self._account_gap(code, company, document)
        title = read_text(pick(cost.budget, "account_code.description")) or ""
        self.book.note(
            "account code",
            f"{code or '(none)'} {title}".rstrip(),
            str(company),
            gap=gap,
            detail=detail,
            currency=document.currency,
            amount=cost.amount,
        )

    def _account_gap(
        self, code: str, company: CompanyId, document: DocumentSeen
    ) -> tuple[Gap | None, str]:
        table = self.rules.tables[ACCOUNTS_TABLE]
        row = table.find(code, company, document.day)
        if row is None:
            return "no_rule", f"no row in {table.file}"
        known = self._company(company)
        if known is not None and row.gives not in known.accounts:
            return "not_in_ifs", f"IFS has no account {row.gives} ({row.where})"
        return None, ""

    def _code_parts(self, cost: CostSeen, document: DocumentSeen, company: CompanyId) -> None:
        context = cost_context(cost.budget, cost.place, company=company, day=document.day)
        for letter, rule in self.rules.letters.get(company, ()):
            answer = evaluate(rule, context)
            if answer.problem is None and answer.value is None:
                continue
            value = read_text(answer.value) or ""
            known = self._company(company)
            values = known.code_values.get(letter, {}) if known else None
            gap: Gap | None = None
            detail = ""
            if answer.problem is not None:
                gap, detail, value = "no_rule", answer.problem.message, answer.problem.field
            elif values is not None and value not in values:
                gap, detail = "not_in_ifs", f"IFS has no such value ({rule.where})"
            self.book.note(
                f"code part {letter}",
                value,
                str(company),
                gap=gap,
                detail=detail,
                currency=document.currency,
                amount=cost.amount,
            )

    def _taxes(self, document: DocumentSeen, company: CompanyId | None) -> None:
        if company is None:
            return
        rows = [r for r in self.rules.tax_rows if r.limits.allow(company, document.day)]
        for item in rows_of(document.record, "items"):
            amount = parse_amount(item.get("tax_amount")) or _NONE
            percent = parse_amount(item.get("tax_percentage"))
            name = read_text(item.get("tax_name")) or ""
            row = fitting_tax_row(rows, name, percent, has_amount=amount != 0)
            known = self._company(company)
            gap: Gap | None = None if row else "no_rule"
            detail = "" if row else "no row in tax_codes.yml"
            codes = known.tax_codes if known else None
            if row is not None and codes is not None and row.code not in codes:
                gap, detail = "not_in_ifs", f"IFS has no tax code {row.code} ({row.where})"
            written = f"{percent.normalize():f}%" if percent is not None else ""
            self.book.note(
                "tax",
                f"{name or '(no tax)'} {written}".rstrip(),
                str(company),
                gap=gap,
                detail=detail,
                currency=document.currency,
                amount=amount,
            )

    def _payment_term(self, document: DocumentSeen, company: CompanyId | None) -> None:
        text = read_text(document.record.get("payment_terms")) or ""
        rule = dict(document.rules.header).get("PayTermId")
        if rule is None or not text:
            return
        context = Context(record=document.record, company=company, day=document.day)
        answer = evaluate(rule, context)
        gap: Gap | None = None
        detail = ""
        known = self._company(company) if company else None
        terms = known.payment_terms if known else None
        given = read_text(answer.value) or ""
        if answer.problem is not None:
            gap, detail = "no_rule", answer.problem.message
        elif given and terms is not None and given not in terms:
            gap, detail = "not_in_ifs", f"IFS has no payment term {given} ({rule.where})"
        self.book.note(
            "payment term",
            text,
            str(company or ""),
            gap=gap,
            detail=detail,
            currency=document.currency,
            amount=document.gross,
        )

    def _vendor(self, vendor: object, currency: str, amount: Decimal | None) -> None:
        vendor_id = vendor_id_of(vendor)
        external_id = read_text(pick(vendor, "external_id")) or ""
        supplier = self.links.get(vendor_id) or SupplierId(external_id)
        is_known = supplier in self.reference.suppliers
        name = read_text(pick(vendor, "name")) or "(without a name)"
        detail = f"IFS has no supplier {supplier}" if supplier else "no link and no external id"
        self.book.note(
            "vendor",
            f"{name} ({vendor_id or 'no id'})",
            "",
            gap=None if is_known else "not_in_ifs",
            detail="" if is_known else detail,
            currency=currency,
            amount=amount,
        )

    def _company(self, company: CompanyId) -> CompanyReference | None:
        return self.reference.companies.get(company)
