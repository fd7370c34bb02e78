"""Put a supplier invoice together from its frame, lines and postings. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from target_ifs_cloud.documents import (
    BilledLine,
    CompanyId,
    Fields,
    Line,
    Mapped,
    Posting,
    SupplierId,
    SupplierInvoice,
    Value,
)
from target_ifs_cloud.mapping.checks import check
from target_ifs_cloud.mapping.coding import Coded, TaxQuestion, find_tax_code
from target_ifs_cloud.mapping.currency_rate import RateQuestion, find_rate
from target_ifs_cloud.mapping.expressions import Context
from target_ifs_cloud.mapping.frame import Frame, ask, ask_text
from target_ifs_cloud.mapping.operators import Take
from target_ifs_cloud.mapping.posting_period import settle_period
from target_ifs_cloud.mapping.records import Record, pick
from target_ifs_cloud.mapping.rules import FieldRules

_NONE = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A line to be: amounts in the document's currency, its tax in words, its coded split."""

    ref: str
    field: str
    net: Decimal
    tax: Decimal
    tax_name: str
    tax_percent: Decimal | None
    coded: tuple[Coded, ...]
    record: Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The lines of a document, and what it takes off purchase orders."""

    drafts: tuple[Draft, ...]
    billed: tuple[BilledLine, ...] = ()
    amounts_rule: str = ""
    stated_gross: Decimal | None = None

    @property
    def net(self) -> Decimal:
        """The sum of the lines without tax."""
        return sum((draft.net for draft in self.drafts), _NONE)

    @property
    def tax(self) -> Decimal:
        """The sum of the lines' tax."""
        return sum((draft.tax for draft in self.drafts), _NONE)


def assemble(frame: Frame, body: Body) -> Mapped:
    """The document, or every reason why there is none: those of the rules and those of IFS."""
    findings = frame.inputs.findings
    document = _document(frame, body)
    gross = document.gross
    if not findings.problems:
        return Mapped(
            source=frame.inputs.source,
            document=document,
            amount=gross,
            currency=frame.currency,
        )
    known = {problem.code for problem in findings.problems}
    refused = (
        problem
        for problem in check(document, frame.inputs.reference)
        if _counts_for_partial(problem.code, frame, known)
    )
    return Mapped(
        source=frame.inputs.source,
        document=None,
        problems=tuple(dict.fromkeys([*findings.problems, *refused])),
        amount=gross if body.drafts else body.stated_gross,
        currency=frame.currency,
        draft=document,
    )


def _counts_for_partial(code: str, frame: Frame, known: set[str]) -> bool:
    """A document with gaps is checked too, but its gaps are no further reasons."""
    if code in known or code in {"totals_differ", "number_missing"}:
        return False
    if "accrual_needed" in known and code in {"period_closed", "period_missing"}:
        return False
    if frame.company is None and code in {"company_unknown", "supplier_not_in_company"}:
        return False
    if not frame.supplier and code.startswith("supplier"):
        return False
    return bool(frame.currency) or code not in {"currency_unknown", "amount_decimals"}


def _document(frame: Frame, body: Body) -> SupplierInvoice:
    inputs = frame.inputs
    findings = inputs.findings
    number = ask_text(
        inputs.invoice.number,
        "InvoiceNo",
        Context(record=inputs.record, taken={"source_id": inputs.source.id}),
        findings,
        missing_code="number_missing",
    )
    taken = _taken(frame, body)
    header = dict(_fields(inputs.invoice.header, "header", inputs.record, frame, taken=taken))
    header = dict(settle_period(header, frame))
    net, tax = body.net, body.tax
    gross = net + tax
    if frame.company:
        where = frame.company.where
        findings.explain("series", frame.company.series, rule=where, source="companies.yml")
    for name, amount in (("net", net), ("tax", tax), ("gross", gross)):
        findings.explain(name, amount, rule=body.amounts_rule, source="sum of the lines")
    return SupplierInvoice(
        source=inputs.source,
        company=frame.company.company if frame.company else CompanyId(""),
        supplier=frame.supplier or SupplierId(""),
        series=frame.company.series if frame.company else "",
        number=number,
        currency=frame.currency,
        net=net,
        tax=tax,
        gross=gross,
        header=tuple(header.items()),
        lines=tuple(_line(draft, frame, body, taken) for draft in body.drafts),
        postings=tuple(_postings(frame, body, taken)),
        billed=body.billed,
        trace=findings.trace,
    )


def _taken(frame: Frame, body: Body) -> Mapping[str, Value]:
    """What the software has worked out, under the names that rules use."""
    company = frame.company
    supplier = frame.supplier_reference
    row = None
    if supplier and supplier.companies is not None and company:
        row = supplier.companies.get(company.company)
    is_credit = body.net + body.tax < 0
    return {
        "company": company.company if company else None,
        "company_currency": company.currency if company else None,
        "currency": frame.currency or None,
        "currency_rate": _rate(frame),
        "invoice_type": (company.credit_note_type if is_credit else company.invoice_type)
        if company
        else None,
        "voucher_type": company.voucher_type if company else None,
        "source_id": frame.inputs.source.id,
        "supplier_id": frame.supplier,
        "supplier_name": supplier.name if supplier else None,
        "supplier_country": supplier.country if supplier else None,
        "supplier_payment_term": (row.payment_term or None) if row else None,
    }


def _rate(frame: Frame) -> Decimal | None:
    if frame.company is None or frame.day is None or not frame.currency:
        return None
    inputs = frame.inputs
    question = RateQuestion(
        currency=frame.currency,
        day=frame.day,
        company=frame.company,
        base_currency=inputs.rules.base_currency,
        sources=inputs.invoice.rate_sources,
        where=inputs.invoice.rate_where,
    )
    answer = find_rate(question, inputs.record, frame.company_reference, inputs.findings)
    if answer is None:
        return None
    inputs.findings.explain("currency rate", answer.rate, rule=question.where, source=answer.source)
    return answer.rate


_NEEDS_COMPANY = frozenset(
    {"company", "company_currency", "currency_rate", "invoice_type", "voucher_type"}
)


def _fields(
    rules: FieldRules, place: str, record: Record, frame: Frame, *, taken: Mapping[str, Value]
) -> Fields:
    """Fields of IFS by their rules; empty ones are not sent."""
    findings = frame.inputs.findings
    owners = (record, record.get("orderitem"), frame.inputs.record)
    values: dict[str, Value] = {}
    context = Context(
        record=record,
        taken=taken,
        header=values,
        custom_fields=[pick(owner, "custom_fields") for owner in owners],
        company=frame.company.company if frame.company else None,
        day=frame.day,
    )
    for name, rule in rules:
        if isinstance(rule.operator, Take) and _is_explained_gap(rule.operator, frame, taken):
            continue
        value = ask(rule, f"{place}.{name}", context, findings)
        if value is not None:
            values[name] = value
    return tuple(values.items())


def _is_explained_gap(operator: Take, frame: Frame, taken: Mapping[str, Value]) -> bool:
    """True when the gap behind an empty field is already a problem of its own."""
    taking = operator.name
    if taken.get(taking) is not None:
        return False
    if taking in {"currency_rate", "currency"}:
        return True
    if taking in _NEEDS_COMPANY:
        return frame.company is None
    return taking.startswith("supplier") and not frame.supplier


def _line(draft: Draft, frame: Frame, body: Body, taken: Mapping[str, Value]) -> Line:
    question = TaxQuestion(
        field=draft.field, name=draft.tax_name, percent=draft.tax_percent, amount=draft.tax
    )
    findings = frame.inputs.findings
    findings.explain(f"{draft.field} net", draft.net, rule=body.amounts_rule, source=draft.field)
    findings.explain(f"{draft.field} tax", draft.tax, rule=body.amounts_rule, source=draft.field)
    return Line(
        ref=draft.ref,
        net=draft.net,
        tax=draft.tax,
        tax_code=find_tax_code(question, frame),
        values=_fields(
            frame.inputs.invoice.line_fields, draft.field, draft.record, frame, taken=taken
        ),
        tax_percent=draft.tax_percent,
    )


def _postings(frame: Frame, body: Body, taken: Mapping[str, Value]) -> list[Posting]:
    findings = frame.inputs.findings
    rules = frame.inputs.invoice.posting_fields
    postings = []
    for draft in body.drafts:
        values = _fields(rules, f"{draft.field} posting", draft.record, frame, taken=taken)
        for coded in draft.coded:
            share = coded.share
            findings.explain(
                f"{share.field} amount", share.amount, rule=body.amounts_rule, source=share.field
            )
            postings.append(
                Posting(ref=draft.ref, codes=coded.codes, amount=share.amount, values=values)
            )
    return postings
