"""Build the rules from the trees of all files and check that they fit together. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal, cast

from target_ifs_cloud.documents import CompanyId
from target_ifs_cloud.mapping.case_builder import build_cases
from target_ifs_cloud.mapping.operators import Rule
from target_ifs_cloud.mapping.order_rules import build_order_rules
from target_ifs_cloud.mapping.rule_nodes import Fault, Node
from target_ifs_cloud.mapping.rule_parts import Parts, Place
from target_ifs_cloud.mapping.rules import (
    ACCOUNTS_TABLE,
    LEGAL_ENTITIES_TABLE,
    BillRules,
    CompanyRow,
    CompanyRules,
    DuplicateChoice,
    DuplicateRules,
    InvoiceRules,
    OrderRules,
    PeriodChoice,
    PeriodRules,
    RateSource,
    RoundingRules,
    RowRules,
    Rules,
    ShippingRules,
    SuspicionRules,
    TaxRow,
    VendorRules,
)
from target_ifs_cloud.mapping.schema_vendor import SUSPICION_WORDS
from target_ifs_cloud.mapping.tables import Limits, table_key

SINGLE = ("companies", "code_parts", "tax_codes", "bill", "purchase_order", "vendor")
_BILL, _BILL_LINE = frozenset({"bill"}), frozenset({"bill_item", "bill_cost"})
_ORDER, _VENDOR_SHAPE = frozenset({"order"}), frozenset({"vendor"})
PERCENT_MAX = Decimal(100)
_LIKENESSES = ("near_number", "same_amount_and_date", "twin_vendor")
_PLACES = (
    "legal_entity",
    "location",
    "location_id",
    "department",
    "department_external_id",
)

_INVOICE_TAKES = frozenset(
    {
        "company",
        "company_currency",
        "currency",
        "currency_rate",
        "invoice_type",
        "voucher_type",
        "source_id",
        "supplier_id",
        "supplier_name",
        "supplier_country",
        "supplier_payment_term",
    }
)
_IN_CODE_PART = Place(takes=frozenset({"company"}), shapes=frozenset({"cost"}))
_IN_VENDOR = Place(takes=frozenset({"source_id"}), shapes=_VENDOR_SHAPE)
_IN_SUPPLIER = Place(
    takes=_IN_VENDOR.takes | {"supplier_id", "supplier_name", "supplier_country"},
    shapes=_VENDOR_SHAPE,
)
_IN_SUPPLIER_ROW = Place(takes=_IN_SUPPLIER.takes, shapes=_VENDOR_SHAPE, is_row=True)
_IN_COMPANY_ROW = Place(
    takes=_IN_SUPPLIER.takes | {"company", "company_currency", "company_payment_term"},
    shapes=_VENDOR_SHAPE,
    is_row=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """The rules, or every fault that was found."""

    rules: Rules | None
    faults: tuple[Fault, ...]


def build_rules(roots: Sequence[Node], version: str) -> Built:
    """One value of all files; each file has already passed the schema."""
    parts = Parts()
    files = _by_subject(roots, parts)
    if len(files) < len(SINGLE):
        return Built(rules=None, faults=tuple(parts.faults))
    parts.companies = frozenset(name for name, _ in files["companies"]["companies"].children)
    for root in roots:
        parts.read_tables(root.get("tables"))
    if ACCOUNTS_TABLE not in parts.tables:
        message = f"no file has a table `{ACCOUNTS_TABLE}`, which gives the account of IFS"
        parts.faults.append(Fault(file=f"{ACCOUNTS_TABLE}.yml", line=1, message=message))
    rules = Rules(
        version=version,
        base_currency=files["companies"]["base_currency"].text,
        by_company=_companies(files["companies"]),
        company_rows=_company_rows(files["companies"], parts),
        letters=_letters(files["code_parts"]["code_parts"], parts),
        tables=parts.tables,
        tax_rows=_tax_rows(files["tax_codes"]["tax_codes"], parts),
        bill=_bill(files["bill"], parts),
        purchase_order=_purchase_order(files["purchase_order"], parts),
        vendor=replace(_vendor(files["vendor"], parts), owners=_owners(roots)),
    )
    rules = replace(rules, cases=tuple(case for x in roots for case in build_cases(x, parts)))
    faults = tuple(dict.fromkeys(sorted(parts.faults)))
    return Built(rules=None if faults else rules, faults=faults)


def _by_subject(roots: Sequence[Node], parts: Parts) -> Mapping[str, Node]:
    files: dict[str, Node] = {}
    for root in roots:
        subject = root["rules_for"]
        if subject.text in SINGLE and subject.text in files:
            first = files[subject.text].file
            parts.fault(subject, f"{first} is already about this; put both into one file")
        files.setdefault(subject.text, root)
    for subject_name in SINGLE:
        if subject_name not in files:
            message = f"no file begins with `rules_for: {subject_name}`; add {subject_name}.yml"
            parts.faults.append(Fault(file=f"{subject_name}.yml", line=1, message=message))
    return {name: node for name, node in files.items() if name in SINGLE}


def _owners(roots: Sequence[Node]) -> Mapping[str, str]:
    """One owner per field for both directions; without a file about suppliers nobody owns any."""
    about = (root for root in roots if root["rules_for"].text == "supplier")
    return {name: node.text for root in about for name, node in root["owners"].children}


def _companies(root: Node) -> Mapping[CompanyId, CompanyRules]:
    return {
        CompanyId(name): CompanyRules(
            company=CompanyId(name),
            currency=node["currency"].text,
            series=node["series"].text,
            invoice_type=node["invoice_type"].text,
            credit_note_type=node["credit_note_type"].text,
            voucher_type=node["voucher_type"].text,
            supplier_payment_term=node["supplier_payment_term"].text,
            where=node.where,
        )
        for name, node in root["companies"].children
    }


def _company_rows(root: Node, parts: Parts) -> tuple[CompanyRow, ...]:
    rows = []
    for _, node in root["company_by"].children:
        dates = parts.limits(node)
        limits = Limits(day_from=dates.day_from, day_until=dates.day_until)
        texts = {
            name: table_key(child.text if (child := node.get(name)) else "") for name in _PLACES
        }
        if not any(texts.values()):
            parts.fault(node, "the row says nothing of a location or department; add one")
        if texts["legal_entity"] and LEGAL_ENTITIES_TABLE not in parts.tables:
            parts.fault(
                node, f"`legal_entity` needs a table `{LEGAL_ENTITIES_TABLE}` by location; add it"
            )
        company = parts.company(node["company"])
        rows.append(CompanyRow(**texts, limits=limits, company=company, where=node.where))
    return tuple(rows)


def _letters(node: Node, parts: Parts) -> Mapping[CompanyId, tuple[tuple[str, Rule], ...]]:
    letters: dict[CompanyId, tuple[tuple[str, Rule], ...]] = {}
    for name, company in node.children:
        if name not in parts.companies:
            parts.fault(company, f"company `{name}` is not in the list of companies")
        rules = ((letter, parts.rule(rule, _IN_CODE_PART)) for letter, rule in company.children)
        letters[CompanyId(name)] = tuple(sorted(rules, key=lambda pair: pair[0]))
    for name in sorted(parts.companies - {name for name, _ in node.children}):
        parts.fault(node, f"company `{name}` is missing; write `{name}: {{}}` when it has none")
    return letters


def _tax_rows(node: Node, parts: Parts) -> tuple[TaxRow, ...]:
    rows = []
    for _, row in node.children:
        parts.company(row["company"])
        percent = row.get("percent")
        value = Decimal(percent.text) if percent else None
        if percent and value is not None and not 0 <= value <= PERCENT_MAX:
            parts.fault(percent, f"{percent.text} percent is not a tax rate")
        tax = row.get("tax")
        rows.append(
            TaxRow(
                tax=table_key(tax.text) if tax else "",
                percent=value,
                is_no_tax=row.get("no_tax") is not None,
                code=row["code"].text,
                limits=parts.limits(row),
                where=row.where,
            )
        )
    with_none = {row.limits.company for row in rows if row.is_no_tax}
    for name in sorted(parts.companies - {str(company) for company in with_none}):
        parts.fault(node, f"company `{name}` has no row with `no_tax: true`; add one")
    return tuple(rows)


def _invoice(
    root: Node, parts: Parts, *, header: frozenset[str], line: frozenset[str]
) -> InvoiceRules:
    """The rules of an invoice whose header and line paths start in these shapes."""
    sources = root["currency_rate"]
    of_header = Place(takes=_INVOICE_TAKES, shapes=header)
    of_line = Place(takes=_INVOICE_TAKES, shapes=line)
    return InvoiceRules(
        where=root["rules_for"].where.partition(" ")[0],
        number=parts.rule(root["number"], Place(takes=_IN_VENDOR.takes, shapes=header)),
        currency=parts.rule(root["currency"], Place(takes=frozenset(), shapes=header)),
        rate_sources=cast("tuple[RateSource, ...]", sources.words()),
        rate_where=sources.where,
        header=parts.fields(root["header"], of_header),
        line_fields=parts.fields(root.get("line_fields"), of_line),
        posting_fields=parts.fields(root.get("posting_fields"), of_line),
    )


def _bill(root: Node, parts: Parts) -> BillRules:
    types = root["types"]
    shipping = root["shipping"]
    account = shipping.get("account")
    missing = root["allocations"]["missing"].text
    other = root["allocations"].get("other_total")
    return BillRules(
        invoice=_invoice(root, parts, header=_BILL, line=_BILL_LINE),
        statuses=frozenset(root["post_when_status"].words()),
        types=frozenset(name for name, node in types.children if node.text == "post"),
        types_where=types.where,
        allocation_missing=cast('Literal["hold", "order_line"]', missing),
        allocation_other_total="hold" if other and other.text == "hold" else "divide",
        shipping=ShippingRules(
            unclear=cast('Literal["hold", "include", "leave_out"]', shipping["unclear"].text),
            account=account.text if account else "",
            where=shipping.where,
        ),
        rounding=_rounding(root.get("rounding")),
        period=_period(root.get("posting_period"), root),
        duplicates=_duplicates(root.get("suspected_duplicates"), root),
    )


def _rounding(node: Node | None) -> RoundingRules | None:
    if node is None:
        return None
    at_most = Decimal(node["at_most"].text)
    return RoundingRules(account=node["account"].text, at_most=at_most, where=node.where)


def _period(node: Node | None, root: Node) -> PeriodRules:
    """What happens without an open period; nothing said means hold."""
    if node is None:
        return PeriodRules(closed="hold", missing="hold", where=root["rules_for"].where)
    return PeriodRules(
        closed=cast(PeriodChoice, node["closed"].text),
        missing=cast(PeriodChoice, node["missing"].text),
        where=node.where,
    )


def _duplicates(node: Node | None, root: Node) -> DuplicateRules:
    """What happens to look-alikes; nothing said means that they are told and sent."""
    words = {name: node[name].text if node else "warn" for name in _LIKENESSES}
    return DuplicateRules(
        near_number=cast(DuplicateChoice, words["near_number"]),
        same_amount_and_date=cast(DuplicateChoice, words["same_amount_and_date"]),
        twin_vendor=cast(DuplicateChoice, words["twin_vendor"]),
        where=(node or root["rules_for"]).where,
    )


def _purchase_order(root: Node, parts: Parts) -> OrderRules:
    left_out = root.get("line_statuses_left_out")
    return OrderRules(
        invoice=_invoice(root, parts, header=_ORDER, line=_ORDER),
        post_as=cast('Literal["posting_proposal", "purchase_order", "none"]', root["post_as"].text),
        states=frozenset(root["post_when_state"].words()),
        line_statuses_left_out=frozenset(left_out.words() if left_out else ()),
        order=build_order_rules(root, parts),
    )


def _vendor(root: Node, parts: Parts) -> VendorRules:
    rows = []
    for _, node in root["rows"].children:
        once_per = node.get("once_per")
        is_per_company = once_per is not None and once_per.text == "company"
        place = _IN_COMPANY_ROW if is_per_company else _IN_SUPPLIER_ROW
        rows.append(
            RowRules(
                collection=node["collection"].text,
                is_per_company=is_per_company,
                fields=parts.fields(node["fields"], place),
                where=node.where,
            )
        )
    return VendorRules(
        where=root["rules_for"].where.partition(" ")[0],
        types=frozenset(root["types"].words()),
        is_sent_while_requested=root["awaiting_approval"].text == "send",
        supplier_id=parts.rule(root["supplier_id"], _IN_VENDOR),
        name=parts.rule(root["name"], _IN_VENDOR),
        country=parts.rule(root["country"], _IN_VENDOR),
        header=parts.fields(root["header"], _IN_SUPPLIER),
        rows=tuple(rows),
        suspicions=_suspicions(root.get("suspicions"), root),
    )


def _suspicions(node: Node | None, root: Node) -> SuspicionRules:
    """What happens to signs of fraud; nothing said means that they are told."""
    words = {name: node[name].text if node else "warn" for name in SUSPICION_WORDS}
    return SuspicionRules(
        payment_changed=cast(DuplicateChoice, words["payment_changed"]),
        mail_domain_changed=cast(DuplicateChoice, words["mail_domain_changed"]),
        name_alike=cast(DuplicateChoice, words["name_alike"]),
        where=(node or root["rules_for"]).where,
    )
