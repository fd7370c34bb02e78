"""Splits of a line over accounts, and the tax row that fits, by themselves."""

from __future__ import annotations

from decimal import Decimal

import pytest

from target_ifs_cloud.mapping.rules import TaxRow
from target_ifs_cloud.mapping.shares import Share, fit_shares, spread
from target_ifs_cloud.mapping.tables import Limits, table_key
from target_ifs_cloud.mapping.tax_rows import fitting_tax_row


def shares(*amounts: str) -> list[Share]:
    """Shares of these amounts."""
    return [Share(field=f"[{a}]", amount=Decimal(a), budget={"id": a}) for a in amounts]


def amounts_of(found: tuple[Share, ...] | None) -> list[str] | None:
    """The amounts, or nothing when the split does not fit."""
    return None if found is None else [str(share.amount) for share in found]


@pytest.mark.parametrize(
    ("split", "net", "also", "fitted"),
    [
        (("60.00", "40.00"), "100.00", (), ["60.00", "40.00"]),
        (("60.00", "40.00", "0.00"), "100.00", (), ["60.00", "40.00"]),
        (("60.00", "39.99"), "100.00", (), None),
        (("60.00", "40.01"), "100.00", (), None),
        (("33.335", "66.665"), "100.00", (), ["33.34", "66.66"]),
        (("33.335", "66.669"), "100.00", (), ["33.33", "66.67"]),
        (("33.335", "66.67"), "100.00", (), None),
        (("67.80", "45.20"), "100.00", ("113.00",), ["60.00", "40.00"]),
        (("67.80", "45.20"), "100.00", ("112.99",), None),
        (("-60.00", "-40.00"), "-100.00", (), ["-60.00", "-40.00"]),
        (("150.00", "-50.00"), "100.00", (), ["150.00", "-50.00"]),
        (("50.00", "-50.00"), "0.00", (), ["50.00", "-50.00"]),
        (("50.00", "-50.00"), "100.00", ("0.00",), None),
        ((), "0.00", (), []),
        ((), "100.00", ("0.00",), None),
    ],
)
def test_a_split_fits_its_line_or_one_of_the_totals_that_mean_it(
    split: tuple[str, ...], net: str, also: tuple[str, ...], fitted: list[str] | None
) -> None:
    """To the cent, and never by chance: a cent too much is no fit."""
    totals = [Decimal(total) for total in also]
    found = fit_shares(shares(*split), Decimal(net), also=totals, currency="USD")
    assert amounts_of(found) == fitted
    if found is not None:
        assert sum((share.amount for share in found), Decimal(0)) == Decimal(net)


@pytest.mark.parametrize(
    ("over", "amount", "parts"),
    [
        (("60.00", "40.00"), "10.00", ["6.00", "4.00"]),
        (("60.00", "-40.00"), "10.00", ["10.00"]),
        (("-60.00", "-40.00"), "10.00", ["6.00", "4.00"]),
        (("1.00", "1.00", "1.00"), "0.01", ["0.01"]),
        (("0.00",), "10.00", None),
        ((), "10.00", None),
    ],
)
def test_an_extra_amount_is_spread_over_what_costs(
    over: tuple[str, ...], amount: str, parts: list[str] | None
) -> None:
    """Over what returns only when nothing costs; over nothing not at all."""
    assert amounts_of(spread(Decimal(amount), shares(*over), "USD")) == parts


def row(tax: str, percent: str | None, code: str) -> TaxRow:
    """One row of the tax codes."""
    return TaxRow(
        tax=table_key(tax),
        percent=None if percent is None else Decimal(percent),
        is_no_tax=not tax and percent is None,
        code=code,
        limits=Limits(),
        where="tax_codes.yml",
    )


ROWS = (
    row("GST", "5", "G5"),
    row("HST", "13", "H13"),
    row("HST", "15", "H15"),
    row("", "7", "U7"),
    row("", None, "NONE"),
)


@pytest.mark.parametrize(
    ("name", "percent", "has_amount", "code"),
    [
        ("GST", "5", True, "G5"),
        (" gst ", "5.00", True, "G5"),
        ("GST", "6", True, None),
        ("GST", None, True, "G5"),
        ("HST", None, True, None),
        ("HST", "15", True, "H15"),
        ("", None, False, "NONE"),
        ("", "0", False, "NONE"),
        ("", None, True, None),
        ("", "7", True, "U7"),
        ("", "7", False, "U7"),
        ("", "9", False, None),
        ("GST", None, False, "G5"),
        ("PST", "7", True, None),
    ],
)
def test_the_tax_row_fits_by_name_and_percentage(
    *, name: str, percent: str | None, has_amount: bool, code: str | None
) -> None:
    """A name is enough only when one row has it; no tax is only what has none of the three."""
    asked = None if percent is None else Decimal(percent)
    found = fitting_tax_row(ROWS, name, asked, has_amount=has_amount)
    assert (found.code if found else None) == code
