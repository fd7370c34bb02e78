"""Procurify purchase order to a purchase order of IFS: header and lines. Pure.

An order in IFS belongs to a site, and says quantity and price per line; code strings stand on its
pre-postings, which have no documented call, so they are not sent. Taxes, freight and discounts of
the order's header belong to no line and are not part of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from target_ifs_cloud.documents import (
    ORDER_SERIES,
    CompanyId,
    Fields,
    Line,
    Mapped,
    PurchaseOrder,
    SupplierId,
    Value,
)
from target_ifs_cloud.mapping.expressions import Context
from target_ifs_cloud.mapping.frame import (
    Inputs,
    ask,
    ask_currency,
    ask_day,
    ask_text,
    find_company,
    find_supplier,
)
from target_ifs_cloud.mapping.order_checks import check_order
from target_ifs_cloud.mapping.records import (
    Record,
    as_record,
    read_amount,
    read_rows,
    read_whole,
    shown,
)
from target_ifs_cloud.mapping.rules import (
    ORDER_LINE_STATUSES,
    CompanyRules,
    FieldRules,
    IfsOrderRules,
)
from target_ifs_cloud.mapping.shares import (
    Reading,
    Share,
    check_currency,
    order_line_shares,
    row_name,
)
from target_ifs_cloud.money import parse_amount, round_amount

BY_AMOUNT = 1
"""A line that is received by its amount has no quantity. Source: documented by Procurify."""
LINE_NUMBER_MAX = 9999  # four characters in IFS. Source: inferred
_NONE, _ONE = Decimal(0), Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """A line of the order. Units: ``price`` per unit and ``net`` in the order's currency."""

    number: str
    field: str
    quantity: Decimal
    price: Decimal
    net: Decimal
    shares: tuple[Share, ...]
    record: Record


def map_ifs_order(inputs: Inputs, rules: IfsOrderRules) -> Mapped:
    """The order, or every reason why there is none: those of the rules and those of IFS."""
    order, findings = inputs.record, inputs.findings
    code, day = ask_currency(inputs), ask_day(inputs)
    reading = Reading(
        code=code, record=as_record(order.get("purchased_currency")), findings=findings
    )
    lines = _read_lines(inputs, reading)
    company = find_company(
        [share for line in lines for share in line.shares], inputs.rules, day, findings
    )
    supplier = find_supplier(order.get("pref_vendor"), "pref_vendor", inputs)
    taken = _taken(inputs, rules, company, supplier=supplier, currency=code)
    document = _document(inputs, rules, lines, taken=taken)
    if not findings.problems:
        return Mapped(source=inputs.source, document=document, amount=document.net, currency=code)
    known = {problem.code for problem in findings.problems} | {"company_unknown"}
    further = [p for p in check_order(document, inputs.reference) if p.code not in known]
    return Mapped(
        source=inputs.source,
        document=None,
        problems=tuple(dict.fromkeys([*findings.problems, *further])),
        amount=document.net if lines else parse_amount(order.get("total")),
        currency=code,
    )


def _document(
    inputs: Inputs,
    rules: IfsOrderRules,
    lines: tuple[Ordered, ...],
    *,
    taken: Mapping[str, Value],
) -> PurchaseOrder:
    findings = inputs.findings
    context = Context(record=inputs.record, taken={"source_id": inputs.source.id})
    number = ask_text(rules.number, "OrderNo", context, findings, missing_code="number_missing")
    header = _fields(rules.header, "header", inputs.record, inputs, taken=taken)
    net = sum((line.net for line in lines), _NONE)
    findings.explain("net", net, rule=f"{rules.where} lines", source="sum of the lines")
    return PurchaseOrder(
        source=inputs.source,
        company=CompanyId(str(taken["company"] or "")),
        supplier=SupplierId(str(taken["supplier_id"] or "")),
        series=ORDER_SERIES,
        number=number,
        currency=str(taken["currency"] or ""),
        net=net,
        tax=_NONE,
        gross=net,
        header=header,
        lines=tuple(_line(line, inputs, rules, taken=taken) for line in lines),
        postings=(),
        trace=findings.trace,
    )


def _taken(
    inputs: Inputs,
    rules: IfsOrderRules,
    company: CompanyRules | None,
    *,
    supplier: SupplierId | None,
    currency: str,
) -> Mapping[str, Value]:
    """What the software has worked out, under the names that rules use."""
    site = rules.site_by_company.get(company.company) if company else None
    return {
        "company": company.company if company else None,
        "site": site,
        "currency": currency or None,
        "source_id": inputs.source.id,
        "supplier_id": supplier,
    }


def _line(
    line: Ordered, inputs: Inputs, rules: IfsOrderRules, *, taken: Mapping[str, Value]
) -> Line:
    worked_out = {**taken, "quantity": line.quantity, "price": line.price}
    values = _fields(rules.line_fields, line.field, line.record, inputs, taken=worked_out)
    return Line(ref=line.number, net=line.net, tax=_NONE, tax_code=None, values=values)


def _fields(
    rules: FieldRules, place: str, record: Record, inputs: Inputs, *, taken: Mapping[str, Value]
) -> Fields:
    """Fields of IFS by their rules; what a gap with a reason of its own leaves open is left out."""
    values: dict[str, Value] = {}
    for name, rule in rules:
        taking = getattr(rule.operator, "name", "")
        if taking in taken and taken[taking] is None:
            continue
        company = CompanyId(str(taken["company"])) if taken["company"] else None
        context = Context(record=record, taken=taken, header=values, company=company)
        value = ask(rule, f"{place}.{name}", context, inputs.findings)
        if value is not None:
            values[name] = value
    return tuple(values.items())


def _read_lines(inputs: Inputs, reading: Reading) -> tuple[Ordered, ...]:
    """The lines that are ordered, by their number on the order."""
    left_out = inputs.rules.purchase_order.line_statuses_left_out
    lines: list[Ordered] = []
    for position, row in enumerate(read_rows(inputs.record, "order_items", inputs.findings)):
        code = read_whole(row.get("status"))
        status = ORDER_LINE_STATUSES.get(code, "") if code is not None else ""
        is_inactive = row.get("is_active") is False or row.get("active") is False
        if status in left_out or is_inactive:
            continue
        number = read_whole(row.get("PO_line_num")) or position + 1
        line = _read_line(row, row_name("order_items", row, position), reading, number=number)
        if line is not None:
            lines.append(line)
    _refuse_twins(lines, reading)
    return tuple(lines)


def _refuse_twins(lines: list[Ordered], reading: Reading) -> None:
    """Two lines under one number could not be told apart in IFS."""
    seen: set[str] = set()
    for line in lines:
        if line.number in seen or int(line.number) > LINE_NUMBER_MAX:
            reading.findings.problem(
                "value_unreadable",
                f"{line.field}.PO_line_num",
                f"line number {line.number} stands on the order twice or has more than 4 digits",
                "Correct the lines of the order in Procurify.",
            )
        seen.add(line.number)


def _read_line(row: Record, field: str, reading: Reading, *, number: int) -> Ordered | None:
    if not check_currency(row.get("currency"), f"{field}.currency", reading):
        return None
    net = read_amount(row.get("total_cost"), f"{field}.total_cost", reading.code, reading.findings)
    if net is None:
        _missing(f"{field}.total_cost", reading)
        return None
    measure = (_ONE, net) if read_whole(row.get("receive_method")) == BY_AMOUNT else None
    quantity, price = measure or _measure(row, field, reading, net=net)
    shares = order_line_shares(row, field, reading, cost=net)
    if shares is None or quantity == _NONE:
        return None
    return Ordered(
        number=str(number),
        field=field,
        quantity=quantity,
        price=price,
        net=net,
        shares=shares,
        record=row,
    )


def _measure(row: Record, field: str, reading: Reading, *, net: Decimal) -> tuple[Decimal, Decimal]:
    """Quantity and price of a line; they must come to its amount, to the last cent."""
    quantity, price = parse_amount(row.get("quantity")), parse_amount(row.get("price"))
    if quantity is None or price is None:
        _missing(f"{field}.quantity" if quantity is None else f"{field}.price", reading)
        return _ONE, net
    if round_amount(quantity * price, reading.code) != net:
        reading.findings.problem(
            "item_total_mismatch",
            f"{field}.total_cost",
            f"{shown(row.get('quantity'))} at {shown(row.get('price'))} do not come to {net}",
            "Correct quantity, price or total of the line in Procurify.",
        )
    return quantity, price


def _missing(field: str, reading: Reading) -> None:
    reading.findings.problem(
        "amount_missing",
        field,
        f"{field} is empty or no number",
        "Enter quantity and price of the line in Procurify.",
    )
