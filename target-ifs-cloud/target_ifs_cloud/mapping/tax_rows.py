"""Which row of the tax codes fits a tax of Procurify. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from target_ifs_cloud.mapping.rules import TaxRow
from target_ifs_cloud.mapping.tables import table_key


def fitting_tax_row(
    rows: Sequence[TaxRow], name: str, percent: Decimal | None, *, has_amount: bool
) -> TaxRow | None:
    """The row by the tax's name and percentage. Units: ``percent`` in percent.

    A line without name, percentage and amount has no tax. A name without a percentage is enough
    when only one row has it.
    """
    key = table_key(name)
    if not key and not percent and not has_amount:
        return next((row for row in rows if row.is_no_tax), None)
    named = [row for row in rows if not row.is_no_tax and row.tax == key]
    if percent is None:
        return named[0] if len(named) == 1 and key else None
    return next((row for row in named if row.percent == percent), None)
