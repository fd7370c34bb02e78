"""Procurify purchase order to what stands for it in IFS, by default a posting proposal. Pure.

The posting proposal holds what is still open on the order. ``ifs_order`` makes an order of IFS.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from target_ifs_cloud.documents import BilledLine, CodeString, Mapped, SupplierId, SupplierInvoice
from target_ifs_cloud.mapping.coding import Coded, code_shares
from target_ifs_cloud.mapping.frame import (
    Frame,
    Inputs,
    ask_currency,
    ask_day,
    find_company,
    find_supplier,
)
from target_ifs_cloud.mapping.ifs_order import map_ifs_order
from target_ifs_cloud.mapping.invoices import Body, Draft, assemble
from target_ifs_cloud.mapping.problems import Findings
from target_ifs_cloud.mapping.records import (
    Record,
    as_record,
    identity,
    is_blank,
    pick,
    read_amount,
    read_id,
    read_rows,
    read_text,
    read_whole,
    shown,
    source_of,
)
from target_ifs_cloud.mapping.rules import ORDER_LINE_STATUSES, ORDER_STATES, OrderRules, Rules
from target_ifs_cloud.mapping.shares import (
    Reading,
    Share,
    check_currency,
    fit_shares,
    order_line_shares,
    row_name,
    sum_problem,
)
from target_ifs_cloud.money import parse_amount, split
from target_ifs_cloud.reference import Reference

FINAL_APPROVAL = 1
OPEN_REF = "open"
_NONE = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """A line that was ordered. ``shares`` add up to ``ordered``, its net amount."""

    id: str
    ordered: Decimal
    shares: tuple[Share, ...]
    record: Record


def map_purchase_order(
    record: object,
    *,
    rules: Rules,
    reference: Reference,
    links: Mapping[str, SupplierId],
    billed: Sequence[BilledLine],
) -> Mapped:
    """What the rules make of an order: the open amount, an order of IFS, problems, or nothing."""
    order = as_record(record)
    source = source_of("purchase_order", record)
    findings = Findings()
    reason = not_wanted_order(order, rules.purchase_order, findings)
    currency = read_text(pick(order, "purchased_currency.name")) or ""
    if reason:
        amount = parse_amount(order.get("total"))
        return Mapped(
            source=source,
            document=None,
            not_wanted=reason,
            amount=amount,
            currency=currency,
            is_over=_is_over(order),
        )
    inputs = Inputs(
        source=source,
        record=order,
        rules=rules,
        invoice=rules.purchase_order.invoice,
        reference=reference,
        links=links,
        findings=findings,
    )
    if not identity("purchase_order", order):
        findings.problem(
            "identity_missing",
            "uuid",
            "the order has no uuid, so it could not be recognised again",
            "Read the order again from Procurify; report it when it stays so.",
        )
    if rules.purchase_order.order is not None:
        return map_ifs_order(inputs, rules.purchase_order.order)
    return _map_wanted(inputs, _billed_of(order, billed))


def map_withdrawn_order(
    record: object, *, rules: Rules, reference: Reference, links: Mapping[str, SupplierId]
) -> SupplierInvoice | None:
    """The proposal that an order which is over, or fully billed, had while all of it was open."""
    own = rules.purchase_order
    wanted = [code for code, state in ORDER_STATES.items() if state in own.states]
    if own.post_as != "posting_proposal" or not wanted:
        return None
    before = {**as_record(record), "state": wanted[0], "active": True}
    mapped = map_purchase_order(before, rules=rules, reference=reference, links=links, billed=())
    return mapped.document if isinstance(mapped.document, SupplierInvoice) else None


def not_wanted_order(order: Record, rules: OrderRules, findings: Findings) -> str:
    """Why no proposal should exist for the order, or ``""``."""
    if rules.post_as == "none":
        return f"purchase orders are left out by {rules.invoice.where}"
    if order.get("active") is False:
        return "order is not active in Procurify"
    code = read_whole(order.get("state"))
    state = None if code is None else ORDER_STATES.get(code)
    if state is None:
        findings.problem(
            "status_unknown",
            "state",
            f"the order's state {shown(order.get('state'))} is not documented by Procurify",
            "Do not post it by hand before its meaning is clear; report it.",
        )
    elif state not in rules.states:
        return f"order is {state}"
    version = read_whole(order.get("version"))
    newest = read_whole(order.get("most_recent_version"))
    if version is not None and newest is not None and version < newest:
        findings.problem(
            "order_outdated",
            "version",
            f"this is version {version} of the order; the newest is {newest}",
            "Read the order again from Procurify.",
        )
    return ""


def _is_over(order: Record) -> bool:
    """Whether the order has run its course, rather than been called off."""
    code = read_whole(order.get("state"))
    return order.get("active") is not False and ORDER_STATES.get(code or 0) in {"Closed", "Paid"}


def order_names(record: object) -> frozenset[str]:
    """What a bill may call the order: its identity, and where the uuid is missing its number."""
    names = (identity("purchase_order", record), read_id(pick(record, "procurify_PO")))
    return frozenset(names) - {""}


def _billed_of(order: Record, billed: Sequence[BilledLine]) -> Mapping[str, Sequence[BilledLine]]:
    """The billed amounts of this order by its line."""
    names = order_names(order)
    found: dict[str, list[BilledLine]] = {}
    for line in billed:
        if line.order_id in names:
            found.setdefault(line.order_line_id, []).append(line)
    return found


def _map_wanted(inputs: Inputs, billed: Mapping[str, Sequence[BilledLine]]) -> Mapped:
    order, findings = inputs.record, inputs.findings
    code = ask_currency(inputs)
    day = ask_day(inputs)
    reading = Reading(
        code=code, record=as_record(order.get("purchased_currency")), findings=findings
    )
    lines = _read_lines(inputs, reading)
    shares = [share for line in lines for share in line.shares]
    if not findings.problems and not _is_open(lines, billed):
        return Mapped(
            source=inputs.source,
            document=None,
            not_wanted="nothing is open on the order",
            amount=_NONE,
            currency=code,
        )
    frame = Frame(
        inputs=inputs,
        company=find_company(shares, inputs.rules, day, findings),
        supplier=find_supplier(order.get("pref_vendor"), "pref_vendor", inputs),
        currency=code,
        day=day,
        approver=approver_of_order(order),
    )
    coded = [one for line in lines for one in _open_of(line, billed.get(line.id, ()), frame)]
    merged = _merge(coded)
    total = sum((_open_amount(line, billed.get(line.id, ())) for line in lines), _NONE)
    draft = Draft(
        ref=OPEN_REF,
        field="order_items",
        net=total,
        tax=_NONE,
        tax_name="",
        tax_percent=None,
        coded=merged,
        record=order,
    )
    rule = f"{inputs.invoice.where} open amount"
    return assemble(frame, Body(drafts=(draft,), amounts_rule=rule))


def _read_lines(inputs: Inputs, reading: Reading) -> tuple[OrderLine, ...]:
    findings = inputs.findings
    left_out = inputs.rules.purchase_order.line_statuses_left_out
    lines = []
    for position, row in enumerate(read_rows(inputs.record, "order_items", findings)):
        code = read_whole(row.get("status"))
        status = ORDER_LINE_STATUSES.get(code, "") if code is not None else ""
        is_inactive = row.get("is_active") is False or row.get("active") is False
        if status in left_out or is_inactive:
            continue
        field = row_name("order_items", row, position)
        line = _read_line(row, field, reading)
        if line is not None:
            lines.append(line)
    return tuple(lines)


def _read_line(row: Record, field: str, reading: Reading) -> OrderLine | None:
    if not check_currency(row.get("currency"), f"{field}.currency", reading):
        return None
    name = f"{field}.total_cost"
    ordered = read_amount(row.get("total_cost"), name, reading.code, reading.findings)
    if ordered is None and is_blank(row.get("total_cost")):
        reading.findings.problem(
            "amount_missing",
            name,
            f"{field} has no amount",
            "Enter the price of the line in Procurify.",
        )
    if not ordered:
        return None
    shares = order_line_shares(row, field, reading, cost=ordered)
    if shares is None:
        return None
    fitted = fit_shares(shares, ordered, also=_also(row, ordered), currency=reading.code)
    if fitted is None:
        sum_problem(f"{field}.spend_allocation", shares, ordered, reading)
        return None
    line_id = read_id(row.get("id")) or field
    return OrderLine(id=line_id, ordered=ordered, shares=fitted, record=row)


def _also(row: Record, ordered: Decimal) -> set[Decimal]:
    """Totals that a split may have instead: with tax, with shipping. Source: not documented."""
    extras = [parse_amount(row.get(name)) or _NONE for name in ("tax_amount", "shipping_amount")]
    return {ordered + extras[0], ordered + extras[1], ordered + sum(extras, _NONE)}


def _open_amount(line: OrderLine, billed: Sequence[BilledLine]) -> Decimal:
    """Ordered less billed."""
    return _rest(line.ordered, sum((one.amount for one in billed), _NONE))


def _rest(ordered: Decimal, taken: Decimal) -> Decimal:
    """What is left of an amount: never beyond nothing, and a credit never makes it larger."""
    low, high = min(ordered, _NONE), max(ordered, _NONE)
    return min(max(ordered - taken, low), high)


def _is_open(lines: Sequence[OrderLine], billed: Mapping[str, Sequence[BilledLine]]) -> bool:
    total = sum((_open_amount(line, billed.get(line.id, ())) for line in lines), _NONE)
    return total > 0


def _open_of(line: OrderLine, billed: Sequence[BilledLine], frame: Frame) -> tuple[Coded, ...]:
    """The open amount by code string.

    What was billed on a code string is taken off that code string first. When bills were coded
    differently from the order, the open amount keeps the proportions of what is left.
    """
    coded = code_shares(line.shares, line.record, line.record, frame)
    is_open = _open_amount(line, billed)
    if len(coded) != len(line.shares) or is_open == 0:
        return ()
    taken: dict[CodeString, Decimal] = {}
    for one in billed:
        taken[one.codes] = taken.get(one.codes, _NONE) + one.amount
    merged = _merge(coded)
    rests = [_rest(one.share.amount, taken.get(one.codes, _NONE)) for one in merged]
    if sum(rests, _NONE) != is_open:
        weights = rests if any(rests) else [one.share.amount for one in merged]
        rests = list(split(is_open, weights, frame.currency))
    return _with_amounts(merged, rests)


def _merge(coded: Sequence[Coded]) -> tuple[Coded, ...]:
    """One row per code string."""
    found: dict[CodeString, Coded] = {}
    for one in coded:
        known = found.get(one.codes)
        amount = one.share.amount + (known.share.amount if known else _NONE)
        share = (known or one).share
        found[one.codes] = Coded(
            share=Share(field=share.field, amount=amount, budget=share.budget), codes=one.codes
        )
    return tuple(one for one in found.values() if one.share.amount != 0)


def _with_amounts(coded: Sequence[Coded], amounts: Sequence[Decimal]) -> tuple[Coded, ...]:
    return tuple(
        Coded(
            share=Share(field=one.share.field, amount=amount, budget=one.share.budget),
            codes=one.codes,
        )
        for one, amount in zip(coded, amounts, strict=True)
        if amount != 0
    )


def approver_of_order(order: Record) -> Record:
    """The final approver of the first line that names one. Source: documented."""
    rows = order.get("order_items")
    for row in rows if isinstance(rows, list | tuple) else ():
        for name in ("approval_history", "logs"):
            entries = pick(row, name)
            for entry in entries if isinstance(entries, list | tuple) else ():
                if read_whole(pick(entry, "action")) == FINAL_APPROVAL:
                    return as_record(pick(entry, "user"))
    return {}
