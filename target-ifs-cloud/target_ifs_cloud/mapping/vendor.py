"""Procurify vendor to supplier of IFS. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from target_ifs_cloud.documents import (
    Fields,
    Mapped,
    Source,
    Supplier,
    SupplierId,
    SupplierRow,
    Value,
)
from target_ifs_cloud.mapping.checks import check
from target_ifs_cloud.mapping.expressions import Context
from target_ifs_cloud.mapping.frame import ask, ask_text
from target_ifs_cloud.mapping.operators import Lookup, Take
from target_ifs_cloud.mapping.ownership import owned_fields
from target_ifs_cloud.mapping.problems import Findings
from target_ifs_cloud.mapping.records import (
    Record,
    as_record,
    identity,
    read_text,
    read_whole,
    shown,
    source_of,
)
from target_ifs_cloud.mapping.rules import VENDOR_TYPES, FieldRules, RowRules, Rules, VendorRules
from target_ifs_cloud.reference import Reference, SupplierReference

SUPPLIER_ID_LENGTH_MAX = 20  # Source: inferred, length of the supplier id in IFS


@dataclass(frozen=True, slots=True, kw_only=True)
class _Vendor:
    """Everything that one mapping looks at."""

    source: Source
    record: Record
    rules: Rules
    reference: Reference
    links: Mapping[str, SupplierId]
    findings: Findings


def map_vendor(
    record: object, *, rules: Rules, reference: Reference, links: Mapping[str, SupplierId]
) -> Mapped:
    """What the rules make of a vendor: a supplier, problems, or why none is wanted."""
    vendor = _Vendor(
        source=source_of("vendor", record),
        record=as_record(record),
        rules=rules,
        reference=reference,
        links=links,
        findings=Findings(),
    )
    reason = _not_wanted(vendor.record, rules.vendor, vendor.findings)
    if reason:
        return Mapped(source=vendor.source, document=None, not_wanted=reason)
    if not identity("vendor", vendor.record):
        vendor.findings.problem(
            "identity_missing",
            "id",
            "the vendor has no id, so it could not be recognised again",
            "Read the vendor again from Procurify; report it when it stays so.",
        )
    return _map_wanted(vendor)


def _not_wanted(record: Record, rules: VendorRules, findings: Findings) -> str:
    """Why no supplier should be made of the vendor, or ``""``."""
    code = read_whole(record.get("type"))
    kind = None if code is None else VENDOR_TYPES.get(code)
    if kind is None:
        findings.problem(
            "type_unknown",
            "type",
            f"the vendor's type {shown(record.get('type'))} is not documented by Procurify",
            "Choose another type for the vendor in Procurify, or report it.",
        )
    elif kind not in rules.types:
        return f"vendor is of type {kind.replace('_', ' ')}, which {rules.where} leaves out"
    if record.get("active") is False:
        return "vendor is inactive"
    if as_record(record.get("vendor_request")) and not rules.is_sent_while_requested:
        return "vendor awaits approval in Procurify"
    return ""


def _map_wanted(vendor: _Vendor) -> Mapped:
    rules, findings = vendor.rules.vendor, vendor.findings
    context = Context(record=vendor.record, taken={"source_id": vendor.source.id})
    name = ask_text(rules.name, "name", context, findings)
    country = ask_text(rules.country, "country", context, findings)
    supplier = _supplier_id(vendor, context, name=name, country=country)
    document = _document(vendor, supplier, name, country)
    known = vendor.reference.suppliers.get(supplier)
    if known is not None and not _is_doubtful(findings):
        # The supplier is there already: gaps in the vendor matter only for a new one.
        return Mapped(source=vendor.source, document=_as_known(document, known))
    problems = (*findings.problems, *check(document, vendor.reference))
    if problems:
        return Mapped(source=vendor.source, document=None, problems=problems)
    return Mapped(source=vendor.source, document=document)


def _is_doubtful(findings: Findings) -> bool:
    """True when it is not certain which supplier of IFS the vendor is."""
    codes = {"supplier_id_taken", "identity_missing", "type_unknown"}
    return any(problem.code in codes for problem in findings.problems)


def _as_known(document: Supplier, known: SupplierReference) -> Supplier:
    return Supplier(
        source=document.source,
        supplier=known.supplier,
        name=document.name or known.name,
        country=document.country or known.country,
        header=document.header,
        rows=document.rows,
        owned=document.owned,
        trace=document.trace,
    )


def _supplier_id(vendor: _Vendor, context: Context, *, name: str, country: str) -> SupplierId:
    """The supplier's id: a stored link, else by rule, unless IFS may have it under another."""
    findings = vendor.findings
    linked = vendor.links.get(vendor.source.id)
    if linked:
        findings.explain("supplier", linked, rule="links", source="stored link")
        return linked
    by_rule = SupplierId(ask_text(vendor.rules.vendor.supplier_id, "supplier", context, findings))
    if len(by_rule) > SUPPLIER_ID_LENGTH_MAX:
        findings.problem(
            "value_too_long",
            "supplier",
            f"the supplier id {shown(by_rule)} has {len(by_rule)} characters; "
            f"{SUPPLIER_ID_LENGTH_MAX} fit",
            "Shorten the vendor's external id in Procurify.",
        )
        return by_rule
    external_id = SupplierId(read_text(vendor.record.get("external_id")) or "")
    if external_id and external_id in vendor.reference.suppliers:
        return external_id
    _check_free(vendor, by_rule, name=name, country=country)
    return by_rule


def _check_free(vendor: _Vendor, by_rule: SupplierId, *, name: str, country: str) -> None:
    """A new id must not belong to another supplier, nor the vendor be there under another id."""
    wanted = matching_name(name)
    taken = vendor.reference.suppliers.get(by_rule)
    if taken is not None:
        if matching_name(taken.name) != wanted:
            vendor.findings.problem(
                "supplier_id_taken",
                "supplier",
                f"IFS has supplier {by_rule} already, under the name {shown(taken.name)}",
                "Link the vendor to its supplier, or give it an external id in Procurify.",
            )
        return
    linked = set(vendor.links.values())
    for other in vendor.reference.suppliers.values() if wanted else ():
        is_free = other.supplier not in linked
        if (
            is_free
            and matching_name(other.name) == wanted
            and _same_country(vendor, other, country)
        ):
            vendor.findings.problem(
                "supplier_lookalike",
                "name",
                f"IFS has supplier {other.supplier} with the same name {shown(other.name)} and "
                "country",
                f"Link the vendor to {other.supplier} if it is the same, or rename one of them.",
            )


def leading_vendors(links: Mapping[str, SupplierId]) -> dict[SupplierId, str]:
    """Of the vendors linked to a supplier the one that follows and decides: the oldest by id."""
    leaders: dict[SupplierId, str] = {}
    for vendor in sorted(links, key=lambda id_: (len(id_), id_), reverse=True):
        leaders[links[vendor]] = vendor
    return leaders


def matching_name(name: str) -> str:
    """A name for comparing: letters and digits only, without case and accents of form."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return " ".join("".join(x if x.isalnum() else " " for x in folded).split())


def _same_country(vendor: _Vendor, other: SupplierReference, country: str) -> bool:
    """True unless the countries are known to differ. IFS shows a code or a name: site-dependent."""
    if not other.country or not country:
        return True
    operator = vendor.rules.vendor.country.operator
    row = operator.table.find(other.country, None, None) if isinstance(operator, Lookup) else None
    return (row.gives if row else other.country).casefold() == country.casefold()


def _document(vendor: _Vendor, supplier: SupplierId, name: str, country: str) -> Supplier:
    taken: Mapping[str, Value] = {
        "source_id": vendor.source.id,
        "supplier_id": supplier or None,
        "supplier_name": name or None,
        "supplier_country": country or None,
    }
    header = _fields(vendor.rules.vendor.header, "header", vendor, taken)
    rows = [row for rule in vendor.rules.vendor.rows for row in _rows(rule, vendor, taken)]
    return Supplier(
        source=vendor.source,
        supplier=supplier,
        name=name,
        country=country,
        header=header or (),
        rows=tuple(rows),
        owned=owned_fields(vendor.rules.vendor.header, vendor.rules.vendor),
        trace=vendor.findings.trace,
    )


def _rows(rule: RowRules, vendor: _Vendor, taken: Mapping[str, Value]) -> list[SupplierRow]:
    if not rule.is_per_company:
        fields = _fields(rule.fields, rule.collection, vendor, taken)
        if fields is None:
            return []
        owned = owned_fields(rule.fields, vendor.rules.vendor)
        return [SupplierRow(collection=rule.collection, values=fields, owned=owned)]
    rows = []
    for company in vendor.rules.by_company.values():
        of_company: Mapping[str, Value] = {
            **taken,
            "company": company.company,
            "company_currency": company.currency,
            "company_payment_term": company.supplier_payment_term,
        }
        place = f"{rule.collection}[{company.company}]"
        fields = _fields(rule.fields, place, vendor, of_company)
        if fields is not None:
            rows.append(SupplierRow(collection=rule.collection, values=fields))
    return rows


def _fields(
    rules: FieldRules, place: str, vendor: _Vendor, taken: Mapping[str, Value]
) -> Fields | None:
    """Fields of IFS by their rules; ``None`` when the row is to be dropped."""
    values: dict[str, Value] = {}
    for name, rule in rules:
        if isinstance(rule.operator, Take) and taken.get(rule.operator.name) is None:
            continue  # the gap behind it is a problem of its own
        context = Context(record=vendor.record, taken=taken, header=values)
        value = ask(rule, f"{place}.{name}", context, vendor.findings)
        if value is None and rule.missing == "drop_row":
            return None
        if value is not None:
            values[name] = value
    return tuple(values.items())
