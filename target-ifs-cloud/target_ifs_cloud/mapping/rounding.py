"""Rounding differences: a line of their own on the account that a rule names. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from target_ifs_cloud.mapping.bill_lines import BillLine
from target_ifs_cloud.mapping.rules import RoundingRules
from target_ifs_cloud.mapping.shares import Reading, with_account

ROUNDING_REF = "rounding"


def rounding_lines(
    lines: Sequence[BillLine], difference: Decimal, rules: RoundingRules, reading: Reading
) -> list[BillLine]:
    """The difference as a line without tax, at the department that bears most of the bill."""
    shares = [share for line in lines for share in line.shares]
    if not shares:
        return []
    largest = max(shares, key=lambda share: abs(share.amount))
    share = replace(largest, field="rounding difference", amount=difference)
    reading.findings.explain(
        "rounding difference",
        difference,
        rule=rules.where,
        source="total_cost_with_tax less the lines",
    )
    line = BillLine(
        ref=ROUNDING_REF,
        field="rounding difference",
        net=difference,
        tax=Decimal(0),
        shares=with_account([share], rules.account),
        record={"name": "Rounding difference"},
        is_goods=False,
    )
    return [line]
