"""Vouchers and their rows. Their units are seen in code, their projection is not: not served."""

from __future__ import annotations

from erp_sandbox.ifs.entity import CODES, DAY, INTERNAL, NUMBER, WHOLE, EntitySet, texts, typed

VOUCHERS, VOUCHER_ROWS = "Voucher", "VoucherRow"

VOUCHER_SETS = (
    EntitySet(
        name=VOUCHERS,
        projection=INTERNAL,
        lu="Voucher",
        key=("Company", "VoucherType", "VoucherNo"),
        fields={
            **texts("Company VoucherType UserGroup Currency"),
            **typed(WHOLE, "VoucherNo AccountingYear AccountingPeriod InvoiceId"),
            "VoucherDate": DAY,
        },
    ),
    EntitySet(
        name=VOUCHER_ROWS,
        projection=INTERNAL,
        lu="VoucherRow",
        key=("Company", "VoucherType", "VoucherNo", "RowNo"),
        parent=VOUCHERS,
        fields={
            **texts("Company VoucherType PostingType VatCode Text"),
            **CODES,
            **typed(WHOLE, "VoucherNo RowNo"),
            **typed(NUMBER, "CurrencyAmount Amount"),
        },
    ),
)
