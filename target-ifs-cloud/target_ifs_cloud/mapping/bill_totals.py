"""Tie a bill's lines to its total: what shipping adds, and whether everything agrees. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from target_ifs_cloud.mapping.bill_lines import BillLine
from target_ifs_cloud.mapping.records import Record, is_blank
from target_ifs_cloud.mapping.rounding import rounding_lines
from target_ifs_cloud.mapping.rules import BillRules, ShippingRules
from target_ifs_cloud.mapping.shares import Reading, Share, spread, with_account

_NONE = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """What may come on top of the lines: shipping of lines, of the bill, and a rounding."""

    amount: Decimal
    is_of_lines: bool
    of_bill: Decimal
    rounding: Decimal = _NONE


_NO_EXTRA = Extra(amount=_NONE, is_of_lines=False, of_bill=_NONE)


def tie_lines(
    record: Record, lines: Sequence[BillLine], rules: BillRules, reading: Reading
) -> tuple[BillLine, ...] | None:
    """The lines with shipping where it belongs, when they add up to the bill; else ``None``.

    A rounding difference becomes a line of its own where a rule says on which account.
    """
    total = _read_total(record, reading)
    _check_tax(record, lines, reading)
    if total is None:
        return None
    extra = _choose_extra(record, lines, rules.shipping, reading=reading, total=total)
    if extra is None:
        return None
    tied = [*lines, *_shipping_lines(lines, extra, rules.shipping, reading.code)]
    if rules.rounding and extra.rounding != 0:
        tied += rounding_lines(lines, extra.rounding, rules.rounding, reading)
    if _gross(tied) != _gross(lines) + extra.amount + extra.rounding:
        reading.findings.problem(
            "shipping_unclear",
            "shipping_amount",
            "shipping has no line that it could be posted with",
            "Enter shipping as a cost of the bill in Procurify.",
        )
        return None
    return tuple(line for line in tied if line.net != 0 or line.tax != 0)


def _read_total(record: Record, reading: Reading) -> Decimal | None:
    name = "total_cost_with_tax"
    total = reading.amount(record.get(name), name)
    if is_blank(record.get(name)):
        reading.findings.problem(
            "total_missing",
            name,
            "the bill has no total",
            "Read the bill again from Procurify; without its total nothing proves the lines.",
        )
    return total


def _gross(lines: Sequence[BillLine]) -> Decimal:
    return sum((line.gross for line in lines), _NONE)


def _check_tax(record: Record, lines: Sequence[BillLine], reading: Reading) -> None:
    stated = reading.amount(record.get("tax_amount"), "tax_amount")
    found = sum((line.tax for line in lines), _NONE)
    if stated is not None and abs(stated - found) > reading.rounding_max:
        reading.findings.problem(
            "tax_mismatch",
            "tax_amount",
            f"the bill's tax is {stated} {reading.code}, its lines have {found}",
            "Correct the bill in Procurify so that the taxes agree.",
        )


def _choose_extra(
    record: Record,
    lines: Sequence[BillLine],
    rules: ShippingRules,
    *,
    reading: Reading,
    total: Decimal,
) -> Extra | None:
    """Which shipping comes on top. Source: documented names; whether totals hold it is not."""
    extras = _possible_extras(record, lines, reading)
    rest = total - _gross(lines)
    found = [extra for extra in extras if extra.amount == rest]
    if rest != 0 and len(found) == 1:
        return found[0]
    if abs(rest) <= reading.rounding_max:
        unclear = _unclear_extra(record, extras, rules, reading=reading, total=total)
        return replace(unclear, rounding=rest) if unclear else None
    near = [extra for extra in extras if abs(rest - extra.amount) <= reading.rounding_max]
    if len(near) == 1:
        return replace(near[0], rounding=rest - near[0].amount)
    reading.findings.problem(
        "total_mismatch",
        "total_cost_with_tax",
        f"the bill's total is {total} {reading.code}, its lines and costs add up to "
        f"{_gross(lines)}; no shipping amount explains the rest of {rest}",
        "Correct the bill in Procurify so that its parts add up to its total.",
    )
    return None


def _unclear_extra(
    record: Record,
    extras: Sequence[Extra],
    rules: ShippingRules,
    *,
    reading: Reading,
    total: Decimal,
) -> Extra | None:
    """The total leaves shipping out: the amount read from the invoice decides, else the rule."""
    if not extras:
        return _NO_EXTRA
    invoiced = reading.amount(record.get("invoice_total"), "invoice_total")
    found = [extra for extra in (_NO_EXTRA, *extras) if total + extra.amount == invoiced]
    if len(found) == 1:
        return found[0]
    if rules.unclear == "leave_out":
        return _NO_EXTRA
    if rules.unclear == "include" and len(extras) == 1:
        return extras[0]
    amounts = " or ".join(str(extra.amount) for extra in extras)
    reading.findings.problem(
        "shipping_unclear",
        "shipping_amount",
        f"shipping of {amounts} {reading.code} is not part of the bill's total of {total}, and the "
        f"invoice total does not say whether it is charged (rule {rules.where})",
        "Enter shipping as a cost of the bill in Procurify, or decide by `shipping: unclear`.",
    )
    return None


def _possible_extras(
    record: Record, lines: Sequence[BillLine], reading: Reading
) -> tuple[Extra, ...]:
    """Every distinct amount of shipping that is not yet in a line."""
    name = "shipping_amount"
    of_bill = reading.amount(record.get(name), name) or _NONE
    inside = sum((line.shipping for line in lines if line.is_shipping_inside), _NONE)
    outside = sum((line.shipping for line in lines if not line.is_shipping_inside), _NONE)
    if of_bill in {_NONE, outside, inside + outside}:
        choices = [(outside, _NONE)]
    else:
        choices = [
            (_NONE, of_bill - inside),
            (outside, of_bill),
            (outside, _NONE),
            (_NONE, of_bill),
        ]
    extras = {
        of_lines + rest: Extra(amount=of_lines + rest, is_of_lines=of_lines != 0, of_bill=rest)
        for of_lines, rest in choices
    }
    return tuple(extra for amount, extra in extras.items() if amount != 0)


def _shipping_lines(
    lines: Sequence[BillLine], extra: Extra, rules: ShippingRules, currency: str
) -> list[BillLine]:
    goods = [share for line in lines for share in line.shares]
    found = []
    for line in lines if extra.is_of_lines else ():
        if line.shipping != 0 and not line.is_shipping_inside:
            shares = spread(line.shipping, line.shares or goods, currency) or ()
            found.append(_shipping_line(line, shares, rules))
    if extra.of_bill != 0:
        shares = spread(extra.of_bill, goods, currency) or ()
        found.append(_shipping_line(None, shares, rules))
    return found


def _shipping_line(
    of_line: BillLine | None, shares: tuple[Share, ...], rules: ShippingRules
) -> BillLine:
    return BillLine(
        ref=f"{of_line.ref if of_line else 'bill'}-shipping",
        field=f"{of_line.field}.shipping_amount" if of_line else "shipping_amount",
        net=sum((share.amount for share in shares), _NONE),
        tax=_NONE,
        shares=with_account(shares, rules.account) if rules.account else shares,
        record=of_line.record if of_line else {"name": "Shipping"},
        is_goods=False,
    )
