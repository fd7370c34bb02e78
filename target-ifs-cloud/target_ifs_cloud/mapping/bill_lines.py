"""The lines of a bill: items and bill-level costs with amounts that agree. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from target_ifs_cloud.mapping.records import (
    Record,
    as_record,
    is_blank,
    pick,
    read_rows,
    read_text,
    shown,
)
from target_ifs_cloud.mapping.rules import BillRules
from target_ifs_cloud.mapping.shares import (
    Reading,
    Share,
    check_currency,
    fit_shares,
    order_line_shares,
    read_share,
    read_shares,
    row_name,
    sum_problem,
)
from target_ifs_cloud.money import parse_amount, quantum

_NONE = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class BillLine:
    """One line to come: its amounts, its tax in Procurify's words, and its split.

    ``shipping`` is the line's own shipping amount; ``is_shipping_inside`` says that ``net`` already
    holds it. ``is_goods`` is false for a line that is nothing but shipping. ``record`` is the
    Procurify row for further fields.
    """

    ref: str
    field: str
    net: Decimal
    tax: Decimal
    shares: tuple[Share, ...]
    record: Record
    tax_name: str = ""
    tax_percent: Decimal | None = None
    shipping: Decimal = _NONE
    is_shipping_inside: bool = False
    is_goods: bool = True

    @property
    def gross(self) -> Decimal:
        """What the line costs with its tax."""
        return self.net + self.tax

    @property
    def goods_net(self) -> Decimal:
        """The net amount without shipping."""
        return self.net - self.shipping if self.is_shipping_inside else self.net


@dataclass(frozen=True, slots=True, kw_only=True)
class _Amounts:
    net: Decimal
    tax: Decimal
    shipping: Decimal
    is_shipping_inside: bool = False


def read_items(record: Record, rules: BillRules, reading: Reading) -> tuple[BillLine, ...] | None:
    """The bill's item lines; ``None`` when one of them cannot be used (with its problems)."""
    rows = read_rows(record, "items", reading.findings)
    lines = [
        _item(row, row_name("items", row, position), rules, reading)
        for position, row in enumerate(rows)
    ]
    return _all_read(lines)


def read_costs(record: Record, reading: Reading) -> tuple[BillLine, ...] | None:
    """The bill-level costs as lines without tax; ``None`` when one cannot be used."""
    rows = enumerate(read_rows(record, "costs", reading.findings))
    filled = [(place, row) for place, row in rows if parse_amount(row.get("amount")) != 0]
    return _all_read([_cost(row, row_name("costs", row, place), reading) for place, row in filled])


def _all_read(lines: Sequence[BillLine | None]) -> tuple[BillLine, ...] | None:
    read = tuple(line for line in lines if line is not None)
    return read if len(read) == len(lines) else None


def _item(row: Record, field: str, rules: BillRules, reading: Reading) -> BillLine | None:
    if not check_currency(row.get("currency"), f"{field}.currency", reading):
        return None
    amounts = _item_amounts(row, field, reading)
    percent = _percent(row, field, reading)
    if amounts is None:
        return None
    shares = _item_shares(row, field, rules, reading)
    if shares is None:
        return None
    fitted = fit_shares(shares, amounts.net, also=_also(row, amounts, rules), currency=reading.code)
    if fitted is None:
        sum_problem(field, shares, amounts.net, reading)
        return None
    return BillLine(
        ref=field.partition("[")[2].rstrip("]"),
        field=field,
        net=amounts.net,
        tax=amounts.tax,
        shares=fitted,
        record=row,
        tax_name=read_text(row.get("tax_name")) or "",
        tax_percent=percent,
        shipping=amounts.shipping,
        is_shipping_inside=amounts.is_shipping_inside,
    )


def _also(row: Record, amounts: _Amounts, rules: BillRules) -> set[Decimal]:
    """What a split may add up to instead: with tax, with or without the line's shipping.

    Source: Procurify does not document which of its totals the allocations divide.
    """
    net, tax, shipping = amounts.net, amounts.tax, amounts.shipping
    bare = net - shipping if amounts.is_shipping_inside else net
    if rules.allocation_other_total == "divide":
        return {bare, bare + tax, bare + shipping, bare + tax + shipping}
    return {bare, net + tax} if row.get("tax_is_inclusive") is True else {bare}


def _percent(row: Record, field: str, reading: Reading) -> Decimal | None:
    value = row.get("tax_percentage")
    percent = parse_amount(value)
    if percent is None and not is_blank(value):
        reading.findings.problem(
            "amount_unreadable",
            f"{field}.tax_percentage",
            f"{field}.tax_percentage is not a number: {shown(value)}",
            "Correct the tax of the line in Procurify.",
        )
    return percent


def _item_amounts(row: Record, field: str, reading: Reading) -> _Amounts | None:
    """The line's amounts, when all readings of them agree.

    Source: documented by Procurify, ``total_cost`` has no tax; what it holds with inclusive tax or
    with shipping on the line is not documented.
    """
    names = ("total_cost_with_tax", "tax_amount", "total_cost", "shipping_amount")
    values = {name: reading.amount(row.get(name), f"{field}.{name}") for name in names}
    if any(values[name] is None and not is_blank(row.get(name)) for name in names):
        return None
    gross, tax, cost, shipping = (values[name] for name in names)
    if tax is None and gross is not None and cost is not None:
        tax = gross - cost
    elif tax is None and not parse_amount(row.get("tax_percentage")):
        tax = _NONE
    if gross is None and cost is not None and tax is not None:
        gross = cost + tax
    if gross is None or tax is None:
        reading.findings.problem(
            "amount_missing",
            field,
            f"{field} has neither a total with tax nor what it could be worked out from",
            "Enter the line's amount in Procurify.",
        )
        return None
    amounts = _Amounts(net=gross - tax, tax=tax, shipping=shipping or _NONE)
    return _agreeing(row, field, reading, amounts, cost=cost)


def _agreeing(
    row: Record, field: str, reading: Reading, amounts: _Amounts, *, cost: Decimal | None
) -> _Amounts | None:
    net, tax, shipping = amounts.net, amounts.tax, amounts.shipping
    is_inclusive = row.get("tax_is_inclusive") is True
    slack = quantum(reading.code) if reading.rounding_max else _NONE
    if cost is None or abs(cost - net) <= slack:
        return amounts
    if is_inclusive and abs(cost - net - tax) <= slack:
        return amounts
    if shipping != 0 and abs(cost - net + shipping) <= slack:
        return _Amounts(net=net, tax=tax, shipping=shipping, is_shipping_inside=True)
    reading.findings.problem(
        "item_total_mismatch",
        field,
        f"{field}: total with tax {net + tax} less tax {tax} is {net}, but total_cost says {cost}",
        "Correct the line in Procurify so that its amounts agree.",
    )
    return None


def _item_shares(
    row: Record, field: str, rules: BillRules, reading: Reading
) -> tuple[Share, ...] | None:
    shares = read_shares(row, field, "cost_allocations", reading)
    if shares is None or shares:
        return shares
    cost = parse_amount(row.get("total_cost"))
    order_line = as_record(row.get("orderitem"))
    if rules.allocation_missing == "order_line" and order_line:
        return order_line_shares(order_line, f"{field}.orderitem", reading, cost=cost)
    if not cost and not parse_amount(row.get("total_cost_with_tax")):
        return ()
    reading.findings.problem(
        "allocation_missing",
        f"{field}.cost_allocations",
        f"{field} is not allocated to any account and department",
        "Allocate the line in Procurify, or let bill.yml use the order line's account.",
    )
    return None


def _cost(row: Record, field: str, reading: Reading) -> BillLine | None:
    if not check_currency(row.get("currency"), f"{field}.currency", reading):
        return None
    amount = reading.amount(row.get("amount"), f"{field}.amount")
    if amount is None:
        if is_blank(row.get("amount")):
            reading.findings.problem(
                "amount_missing",
                f"{field}.amount",
                f"{field} has no amount",
                "Enter the cost's amount in Procurify.",
            )
        return None
    share = _cost_share(row, field, amount, reading)
    if share is None:
        return None
    fitted = fit_shares([share], amount, currency=reading.code)
    if fitted is None:
        sum_problem(field, [share], amount, reading)
        return None
    ref = f"cost-{field.partition('[')[2].rstrip(']')}"
    return BillLine(ref=ref, field=field, net=amount, tax=_NONE, shares=fitted, record=row)


def _cost_share(row: Record, field: str, amount: Decimal, reading: Reading) -> Share | None:
    allocation = as_record(row.get("cost_allocation"))
    if not as_record(pick(allocation, "budget")):
        reading.findings.problem(
            "allocation_missing",
            f"{field}.cost_allocation",
            f"{field} is not allocated to any account and department",
            "Allocate the cost in Procurify.",
        )
        return None
    is_stated = not is_blank(allocation.get("amount"))
    filled = allocation if is_stated else {**allocation, "amount": amount}
    return read_share(filled, f"{field}.cost_allocation", reading)
