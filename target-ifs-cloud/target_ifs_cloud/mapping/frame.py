"""What a whole document has in common: company, supplier, currency, day, number. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from target_ifs_cloud.documents import CompanyId, Source, SupplierId, Value
from target_ifs_cloud.mapping.expressions import Answer, Context, describe, evaluate
from target_ifs_cloud.mapping.operators import Rule
from target_ifs_cloud.mapping.problems import Findings
from target_ifs_cloud.mapping.records import Record, as_record, pick, read_id, read_text, shown
from target_ifs_cloud.mapping.rules import CompanyRow, CompanyRules, InvoiceRules, Rules
from target_ifs_cloud.mapping.shares import Share
from target_ifs_cloud.reference import CompanyReference, Reference, SupplierReference

_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """Everything that one mapping looks at."""

    source: Source
    record: Record
    rules: Rules
    invoice: InvoiceRules
    reference: Reference
    links: Mapping[str, SupplierId]
    findings: Findings


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A document's common values; what is ``None`` or empty has a problem on record."""

    inputs: Inputs
    company: CompanyRules | None
    supplier: SupplierId | None
    currency: str
    day: date | None
    approver: Record

    @property
    def company_reference(self) -> CompanyReference | None:
        """What IFS holds of the company."""
        if self.company is None:
            return None
        return self.inputs.reference.companies.get(self.company.company)

    @property
    def supplier_reference(self) -> SupplierReference | None:
        """What IFS holds of the supplier."""
        return self.inputs.reference.suppliers.get(self.supplier) if self.supplier else None


def ask(
    rule: Rule,
    field: str,
    context: Context,
    findings: Findings,
    *,
    missing_code: str = "value_missing",
) -> Value:
    """A rule's value for a field, with its trace; a problem is kept and gives ``None``."""
    answer: Answer = evaluate(rule, context)
    if answer.problem is not None:
        findings.add(answer.problem)
        return None
    if answer.value is None:
        if rule.missing == "hold":
            name = describe(rule)
            findings.problem(
                missing_code,
                name,
                f"{field} needs {name}, which is empty (rule {rule.where})",
                "Fill it in Procurify, or let the rule state what counts instead.",
            )
        return None
    findings.explain(field, answer.value, rule=rule.where, source=answer.source)
    return answer.value


def ask_text(
    rule: Rule,
    field: str,
    context: Context,
    findings: Findings,
    *,
    missing_code: str = "value_missing",
) -> str:
    """The same for a field that must be a text; ``""`` when it has no value."""
    value = ask(rule, field, context, findings, missing_code=missing_code)
    return "" if value is None else (read_text(value) or "")


def ask_currency(inputs: Inputs) -> str:
    """The document's currency code; ``""`` with a problem."""
    rule = inputs.invoice.currency
    code = ask_text(rule, "currency", Context(record=inputs.record), inputs.findings).upper()
    if not code or _CURRENCY.fullmatch(code):
        return code
    inputs.findings.problem(
        "value_unreadable",
        describe(rule),
        f"{shown(code)} is no currency code (rule {rule.where})",
        "Name the currency in Procurify by its three letters.",
    )
    return ""


def ask_day(inputs: Inputs) -> date | None:
    """The invoice date: rows with dates and currency rates are chosen by it."""
    rule = next((rule for name, rule in inputs.invoice.header if name == "InvoiceDate"), None)
    answer = evaluate(rule, Context(record=inputs.record)) if rule else Answer()
    return answer.value if isinstance(answer.value, date) else None


def find_company(
    shares: Sequence[Share], rules: Rules, day: date | None, findings: Findings
) -> CompanyRules | None:
    """The one company that all shares belong to; ``None`` with a problem."""
    found: dict[CompanyId, tuple[Share, CompanyRow]] = {}
    is_complete = True
    for share in shares:
        row = _company_row(share, rules, day)
        if row is not None:
            found.setdefault(row.company, (share, row))
            continue
        is_complete = False
        _company_missing(share, findings)
    if len(found) > 1:
        names = ", ".join(f"{name} ({share.field})" for name, (share, _) in found.items())
        findings.problem(
            "company_mixed",
            "company",
            f"the costs belong to more than one company: {names}",
            "Split the document in Procurify so that each part belongs to one company.",
        )
        return None
    if not found or not is_complete:
        return None
    company, (share, row) = next(iter(found.items()))
    findings.explain("company", company, rule=row.where, source=f"{share.field}.department")
    return rules.by_company[company]


def _company_row(share: Share, rules: Rules, day: date | None) -> CompanyRow | None:
    return rules.find_company_row(place_keys(share.budget.get("department")), day)


def place_keys(department: object) -> Mapping[str, str]:
    """What tells to which company a cost of the department belongs."""
    location = as_record(pick(department, "branch"))
    return {
        "legal_entity": read_text(pick(location, "legal_entity.name")) or "",
        "location": read_text(location.get("name")) or "",
        "location_id": read_id(location.get("id")),
        "department": read_text(pick(department, "name")) or "",
        "department_external_id": read_text(pick(department, "external_id")) or "",
    }


def _company_missing(share: Share, findings: Findings) -> None:
    location = pick(share.budget, "department.branch.name")
    department = pick(share.budget, "department.name")
    findings.problem(
        "no_rule",
        f"{share.field}.department",
        f"no company belongs to location {shown(location)}, department {shown(department)}",
        "Add a row for it to `company_by` in companies.yml, or allocate the cost elsewhere.",
    )


def vendor_id_of(vendor: object) -> str:
    """A vendor's id, given as a record or as the bare id."""
    return read_id(pick(vendor, "id")) or read_id(vendor)


def possible_suppliers(record: object, links: Mapping[str, SupplierId]) -> set[SupplierId]:
    """The suppliers that a bill or order may belong to, to be read before it is mapped.

    Only what is readable as text: ids travel into look-ups.
    """
    found = set()
    for name in ("vendor", "pref_vendor"):
        vendor = pick(record, name)
        found.add(links.get(vendor_id_of(vendor), SupplierId("")))
        found.add(SupplierId(read_text(pick(vendor, "external_id")) or ""))
    return found - {SupplierId("")}


def find_supplier(vendor: object, field: str, inputs: Inputs) -> SupplierId | None:
    """The supplier of a vendor: its link, else its external id when IFS has it."""
    vendor_id = vendor_id_of(vendor)
    linked = inputs.links.get(vendor_id) if vendor_id else None
    if linked:
        source = f"{field}.id = {shown(vendor_id)}, stored link"
        inputs.findings.explain("supplier", linked, rule="links", source=source)
        return linked
    external_id = SupplierId(read_text(pick(vendor, "external_id")) or "")
    if external_id and external_id in inputs.reference.suppliers:
        source = f"{field}.external_id = {shown(external_id)}"
        inputs.findings.explain("supplier", external_id, rule="external id", source=source)
        return external_id
    inputs.findings.problem(
        "supplier_unknown",
        field,
        f"vendor {shown(pick(vendor, 'name'))} (id {vendor_id or 'missing'}, external id "
        f"{shown(external_id)}) is no supplier of IFS yet",
        "Link the vendor to its supplier, or see why the vendor itself is held.",
    )
    return None
