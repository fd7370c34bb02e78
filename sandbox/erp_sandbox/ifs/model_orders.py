"""Purchase orders and their lines, on the page's projection and as entity services.

Source: sets, fields and keys are seen in code; creation over OData, the child collection for new
lines and the names of the actions are inferred.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from erp_sandbox.ifs.entity import (
    DAY,
    INTERNAL,
    MOMENT,
    NUMBER,
    WHOLE,
    Action,
    EntitySet,
    texts,
    typed,
)

ORDERS, LINES, SITES = "PurchaseOrderSet", "PurchaseOrderLineSet", "Site"
_HANDLING = "PurchaseOrderHandling"
_KEY = ("OrderNo", "LineNo", "ReleaseNo")
_LINE_READ_ONLY = ("NetAmtCurr", "GrossAmtCurr", "VendorNo", "PreAccountingId", "Objstate")
_LINE_FIELDS = {
    **texts(
        "OrderNo LineNo ReleaseNo PartNo Description BuyUnitMeas PriceUnitMeas CurrencyCode "
        "Contract VendorNo BuyerCode ProjectId CloseCode ReceiveCase PurchasePaymentType Objstate"
    ),
    **typed(NUMBER, "BuyQtyDue BuyUnitPrice FbuyUnitPrice ConvFactor NetAmtCurr GrossAmtCurr"),
    **typed(NUMBER, "CurrencyRate"),
    **typed(MOMENT, "WantedDeliveryDate PlannedReceiptDate"),
    "PreAccountingId": WHOLE,
}
_LINE_LENGTHS = {
    **dict.fromkeys(("LineNo", "ReleaseNo"), 4),
    "OrderNo": 12,
    "PartNo": 25,
    "Description": 200,
    "CurrencyCode": 3,
    "Contract": 5,
    "BuyUnitMeas": 30,
    "PriceUnitMeas": 30,
    "ProjectId": 10,
    "VendorNo": 20,
}


def _is_without_part(row: Mapping[str, Any]) -> bool:
    return not row.get("PartNo")


def _is_of_part(row: Mapping[str, Any]) -> bool:
    return bool(row.get("PartNo"))


def _lines(name: str, projection: str, **changes: Any) -> EntitySet:  # noqa: ANN401
    """A set that shows lines of orders."""
    settings: dict[str, Any] = {
        "lu": "PurchaseOrderLine",
        "required": ("OrderNo", "LineNo", "ReleaseNo", "BuyQtyDue", "BuyUnitMeas", "BuyUnitPrice"),
        "is_writable": True,
        "table": LINES,
        **changes,
    }
    return EntitySet(
        name=name,
        projection=projection,
        key=_KEY,
        fields=_LINE_FIELDS,
        read_only=_LINE_READ_ONLY,
        lengths=_LINE_LENGTHS,
        **settings,
    )


ORDER_SETS = (
    EntitySet(
        name=ORDERS,
        projection=_HANDLING,
        lu="PurchaseOrder",
        key=("OrderNo",),
        fields={
            **texts(
                "OrderNo VendorNo InvoicingSupplier Contract Company OrderCode BuyerCode "
                "AuthorizeCode CurrencyCode Objstate"
            ),
            "OrderDate": DAY,
            "WantedReceiptDate": MOMENT,
        },
        numbered="OrderNo",
        required=(
            "VendorNo",
            "InvoicingSupplier",
            "Contract",
            "OrderCode",
            "OrderDate",
            "WantedReceiptDate",
            "AuthorizeCode",
        ),
        read_only=("Company", "Objstate"),
        lengths={
            "OrderNo": 12,
            "VendorNo": 20,
            "InvoicingSupplier": 20,
            "Contract": 5,
            "OrderCode": 3,
            "BuyerCode": 20,
            "AuthorizeCode": 20,
            "CurrencyCode": 3,
        },
        is_writable=True,
    ),
    _lines(
        "PurchaseOrderLineNopartArray",
        _HANDLING,
        lu="PurchaseOrderLineNopart",
        parent=ORDERS,
        shows=_is_without_part,
    ),
    _lines(
        "PurchaseOrderLineNopartSet",
        _HANDLING,
        lu="PurchaseOrderLineNopart",
        shows=_is_without_part,
    ),
    _lines(LINES, "PurchaseOrderLineEntity", is_entity_service=True),
    _lines(
        "PurchaseOrderLinePartSet",
        "PurchaseOrderLinePartEntity",
        lu="PurchaseOrderLinePart",
        is_entity_service=True,
        shows=_is_of_part,
    ),
    # No set of sites is known; the rows say which company a site belongs to.
    EntitySet(
        name=SITES,
        projection=INTERNAL,
        lu="Site",
        key=("Contract",),
        fields=texts("Contract Company"),
    ),
)
ORDER_ACTIONS = {
    "PurchaseOrder_Release": Action(owner=ORDERS),
    "PurchaseOrder_Cancel": Action(owner=ORDERS),
    "PurchaseOrder_Close": Action(owner=ORDERS),
}
