"""Sets of the external supplier invoice interface.

Source: the process is documented by IFS, the unit of the load seen in code; every OData name and
the keys are inferred.
"""

from __future__ import annotations

from erp_sandbox.ifs.entity import CODES, DAY, NUMBER, WHOLE, Action, EntitySet, texts, typed

PROJECTION = "ExternalSupplierInvoiceHandling"
LOADS, HEADS = "ExtIncInvLoadInfoSet", "ExtIncInvHeadArray"
ITEMS, POSTINGS, TAXES = "ExtIncInvItemArray", "ExtIncInvPostingArray", "ExtIncInvTaxArray"

EXTERNAL_SETS = (
    EntitySet(
        name=LOADS,
        projection=PROJECTION,
        lu="ExtIncInvLoadInfo",
        key=("Company", "LoadId"),
        fields={**texts("Company LoadId LoadType UserId Objstate"), "LoadDate": DAY},
        numbered="LoadId",
        required=("Company", "LoadType"),
        read_only=("Objstate",),
        lengths={"Company": 20, "LoadId": 20, "LoadType": 20},
        is_writable=True,
    ),
    EntitySet(
        name=HEADS,
        projection=PROJECTION,
        lu="ExtIncInvHead",
        key=("Company", "LoadId", "RecordNo"),
        parent=LOADS,
        fields={
            **texts(
                "Company LoadId Identity AssociationNo SeriesId InvoiceNo InvoiceType PayTermId "
                "Currency PoRefNumber NcfReference ErrorCode VoucherType Objstate"
            ),
            **typed(WHOLE, "RecordNo VoucherNo"),
            **typed(DAY, "InvoiceDate ArrivalDate DueDate"),
            **typed(NUMBER, "CurrRate NetCurrAmount VatCurrAmount GrossCurrAmount"),
        },
        numbered="RecordNo",
        required=("Identity", "Currency", "InvoiceDate", "DueDate"),
        read_only=("ErrorCode", "VoucherNo", "Objstate"),
        lengths={"Identity": 20, "InvoiceNo": 50, "InvoiceType": 20, "PoRefNumber": 2000},
        is_writable=True,
    ),
    EntitySet(
        name=ITEMS,
        projection=PROJECTION,
        lu="ExtIncInvItem",
        key=("Company", "LoadId", "RecordNo", "ItemId"),
        parent=HEADS,
        fields={
            **texts("Company LoadId VatCode OrderNo LineNo ReleaseNo Text"),
            **typed(WHOLE, "RecordNo ItemId ReceiptNo"),
            **typed(NUMBER, "NetCurrAmount VatCurrAmount"),
        },
        numbered="ItemId",
        required=("NetCurrAmount",),
        lengths={"VatCode": 20, "OrderNo": 12},
        is_writable=True,
    ),
    EntitySet(
        name=POSTINGS,
        projection=PROJECTION,
        lu="ExtIncInvPosting",
        key=("Company", "LoadId", "RecordNo", "RowId"),
        parent=HEADS,
        fields={
            **texts("Company LoadId VatCode Text"),
            **CODES,
            **typed(WHOLE, "RecordNo RowId"),
            "CurrAmount": NUMBER,
        },
        numbered="RowId",
        required=("CodeA", "CurrAmount"),
        lengths={"Text": 200, **dict.fromkeys(CODES, 20)},
        is_writable=True,
    ),
    EntitySet(
        name=TAXES,
        projection=PROJECTION,
        lu="ExtIncInvTax",
        key=("Company", "LoadId", "RecordNo", "VatCode"),
        parent=HEADS,
        fields={
            **texts("Company LoadId VatCode"),
            "RecordNo": WHOLE,
            "VatCurrAmount": NUMBER,
        },
        required=("VatCode", "VatCurrAmount"),
        is_writable=True,
    ),
)
EXTERNAL_ACTIONS = {
    "ExtIncInvLoadInfo_Check": Action(owner=LOADS),
    "ExtIncInvLoadInfo_Create": Action(owner=LOADS),
}
