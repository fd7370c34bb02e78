"""Procurify bill to supplier invoice. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from target_ifs_cloud.documents import BilledLine, Mapped, SupplierId, SupplierInvoice, source_uuid
from target_ifs_cloud.mapping.bill_lines import BillLine, read_costs, read_items
from target_ifs_cloud.mapping.bill_totals import tie_lines
from target_ifs_cloud.mapping.coding import Coded, code_shares
from target_ifs_cloud.mapping.frame import (
    Frame,
    Inputs,
    ask_currency,
    ask_day,
    find_company,
    find_supplier,
)
from target_ifs_cloud.mapping.invoices import Body, Draft, assemble
from target_ifs_cloud.mapping.problems import Findings
from target_ifs_cloud.mapping.records import (
    Record,
    as_record,
    identity,
    pick,
    read_id,
    read_text,
    read_whole,
    shown,
    source_of,
)
from target_ifs_cloud.mapping.rules import BILL_STATUSES, BILL_TYPES, BillRules, Rules
from target_ifs_cloud.mapping.shares import Reading
from target_ifs_cloud.money import parse_amount, round_amount, split
from target_ifs_cloud.reference import Reference

APPROVED = 2
VANISHED_FIELD = "_procurify_vanished_at"


def map_bill(
    record: object, *, rules: Rules, reference: Reference, links: Mapping[str, SupplierId]
) -> Mapped:
    """What the rules make of a bill: a supplier invoice, problems, or why none is wanted."""
    bill = as_record(record)
    source = source_of("bill", record)
    findings = Findings()
    reason = not_wanted_bill(bill, rules.bill, findings)
    amount = parse_amount(bill.get("total_cost_with_tax"))
    if reason:
        currency = read_text(pick(bill, "currency.name")) or ""
        return Mapped(
            source=source, document=None, not_wanted=reason, amount=amount, currency=currency
        )
    inputs = Inputs(
        source=source,
        record=bill,
        rules=rules,
        invoice=rules.bill.invoice,
        reference=reference,
        links=links,
        findings=findings,
    )
    if not identity("bill", bill):
        findings.problem(
            "identity_missing",
            "uuid",
            "the bill has no uuid, so it could not be recognised again",
            "Read the bill again from Procurify; report it when it stays so.",
        )
    return _map_wanted(inputs, amount)


def map_withdrawn_bill(
    record: object, *, rules: Rules, reference: Reference, links: Mapping[str, SupplierId]
) -> SupplierInvoice | None:
    """What a bill that is not wanted any more would be, if its history says that it once was."""
    bill = as_record(record)
    history = bill.get("bill_statuses")
    codes = (
        [_code(as_record(one), "status") for one in history] if isinstance(history, list) else []
    )
    wanted = [code for code in codes if BILL_STATUSES.get(code) in rules.bill.statuses]
    if not wanted:
        return None
    before = {**bill, "status": wanted[-1], "active": True, VANISHED_FIELD: None}
    document = map_bill(before, rules=rules, reference=reference, links=links).document
    return document if isinstance(document, SupplierInvoice) else None


def not_wanted_bill(bill: Record, rules: BillRules, findings: Findings) -> str:
    """Why no invoice should exist for the bill, or ``""``."""
    if bill.get(VANISHED_FIELD):
        return "bill is gone from Procurify"
    if bill.get("active") is False:
        return "bill is not active in Procurify"
    status = BILL_STATUSES.get(_code(bill, "status"))
    kind = BILL_TYPES.get(_code(bill, "type"))
    if status is None:
        _unknown_code("status", bill, findings)
    elif status not in rules.statuses:
        return f"bill is {status}"
    if kind is None:
        _unknown_code("type", bill, findings)
    elif kind not in rules.types:
        words = kind.replace("_", " ")
        return f"bill is a {words} bill, which {rules.types_where} leaves out"
    return ""


def _code(bill: Record, name: str) -> int:
    code = read_whole(bill.get(name))
    return -1 if code is None else code


def _unknown_code(name: str, bill: Record, findings: Findings) -> None:
    findings.problem(
        f"{name}_unknown",
        name,
        f"the bill's {name} {shown(bill.get(name))} is not documented by Procurify",
        "Do not post it by hand before its meaning is clear; report it.",
    )


def _map_wanted(inputs: Inputs, stated: Decimal | None) -> Mapped:
    bill, rules, findings = inputs.record, inputs.rules.bill, inputs.findings
    code = ask_currency(inputs)
    day = ask_day(inputs)
    reading = Reading(
        code=code,
        record=as_record(bill.get("currency")),
        findings=findings,
        rounding_max=rules.rounding.at_most if rules.rounding else Decimal(0),
    )
    items = read_items(bill, rules, reading)
    costs = read_costs(bill, reading)
    lines = None
    if items is not None and costs is not None:
        lines = tie_lines(bill, [*items, *costs], rules, reading)
        if lines == () and not findings.problems:
            findings.problem(
                "lines_missing",
                "items",
                "the bill has no line with an amount",
                "Enter the lines in Procurify, or withdraw the bill.",
            )
    known = lines or (*(items or ()), *(costs or ()))
    shares = [share for line in known for share in line.shares]
    frame = Frame(
        inputs=inputs,
        company=find_company(shares, inputs.rules, day, findings),
        supplier=find_supplier(bill.get("vendor"), "vendor", inputs),
        currency=code,
        day=day,
        approver=approver_of_bill(bill),
    )
    drafts = [_draft(line, ref, frame) for line, ref in zip(known, _refs(known), strict=True)]
    billed = _billed(zip(known, drafts, strict=True), reading)
    body = Body(
        drafts=tuple(drafts),
        billed=tuple(billed),
        amounts_rule=f"{rules.invoice.where} amounts",
        stated_gross=stated,
    )
    return assemble(frame, body)


def approver_of_bill(bill: Record) -> Record:
    """The user of the last approval. Source: documented structure, inferred reading."""
    entries = bill.get("bill_statuses")
    rows = entries if isinstance(entries, list | tuple) else ()
    approvals = [row for row in rows if read_whole(pick(row, "status")) == APPROVED]
    latest = max(approvals, key=lambda row: read_whole(pick(row, "id")) or 0, default=None)
    return as_record(pick(latest, "user"))


def _refs(lines: Sequence[BillLine]) -> list[str]:
    """A name of its own for each line, also when two lines share an id."""
    seen: Counter[str] = Counter()
    refs = []
    for line in lines:
        seen[line.ref] += 1
        refs.append(f"{line.ref}/{seen[line.ref]}" if seen[line.ref] > 1 else line.ref)
    return refs


def _draft(line: BillLine, ref: str, frame: Frame) -> Draft:
    order_line = as_record(line.record.get("orderitem"))
    return Draft(
        ref=ref,
        field=line.field,
        net=line.net,
        tax=line.tax,
        tax_name=line.tax_name,
        tax_percent=line.tax_percent,
        coded=code_shares(line.shares, line.record, order_line, frame),
        record=line.record,
    )


def _billed(pairs: Iterable[tuple[BillLine, Draft]], currency: Reading) -> Iterable[BilledLine]:
    """What the bill takes off order lines, in the order's currency."""
    for line, draft in pairs:
        if not draft.coded or not line.is_goods:
            continue
        item = line.record
        order_line_id = read_id(pick(item, "orderitem.id")) or read_id(item.get("orderitem"))
        order_id = _order_id(item) if order_line_id else ""
        if not order_id:
            continue
        for coded, amount in zip(draft.coded, _goods(line, draft.coded, currency), strict=True):
            yield BilledLine(
                order_id=order_id,
                order_line_id=order_line_id,
                codes=coded.codes,
                amount=amount,
            )


def _order_id(item: Record) -> str:
    """The order's identity: its uuid from either place, else its number inside Procurify."""
    for path in ("po.uuid", "orderitem.purchase_order_uuid"):
        found = source_uuid(read_id(pick(item, path)))
        if found:
            return found
    return read_id(pick(item, "po.id")) or read_id(pick(item, "orderitem.purchase_order"))


def _goods(line: BillLine, coded: Sequence[Coded], currency: Reading) -> Sequence[Decimal]:
    """The goods' part of each posting, converted when the order is in another currency."""
    amounts = [one.share.amount for one in coded]
    order = as_record(pick(line.record, "orderitem.currency"))
    name = (read_text(order.get("name")) or currency.code).upper()
    goods = line.goods_net if sum(amounts, Decimal(0)) == line.net else sum(amounts, Decimal(0))
    if name != currency.code:
        rate = parse_amount(currency.record.get("rate"))
        order_rate = parse_amount(order.get("rate"))
        if rate and order_rate:
            goods = goods * rate / order_rate
    whole = round_amount(goods, name)
    if whole == sum(amounts, Decimal(0)) or not sum(amounts, Decimal(0)):
        return amounts
    return split(whole, amounts, name)
