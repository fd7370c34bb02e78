"""What IFS proposes for a new row: ``Set/IfsApp.<Projection>.<Entity>_Default()``.

Source: the call is seen in code, its full name inferred; the values are this sandbox's own.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from erp_sandbox.ifs.entity import DAY, FLAG, EntitySet

SUFFIX = "_Default"
_TODAY = frozenset({"CreationDate", "InvoiceDate", "ArrivalDate", "OrderDate", "LoadDate"})
_TRUE = frozenset({"DefaultDomain", "IntAllowed", "AffBaseLedgPost", "CountryTaxRegistered"})
_TEXTS = {
    "PartyType": "Supplier",
    "DefaultLanguage": "en",
    "SupplierCategory": "Supplier",
    "IdentifierRefValidation": "None",
    "IdentityType": "External",
    "GroupId": "0",
    "TaxLiability": "TAX",
    "IncInvCurrRateBase": "InvoiceDate",
    "TaxBuyCurrRateBase": "InvoiceDate",
    "InvoiceRecipientFrom": "Manual",
    "MatchingLevel": "Order",
    "NcfReferenceCheck": "None",
    "PoRefRecRefValMethod": "None",
    "WithholdingBaseAmount": "Net",
    "OrderCode": "1",
    "ReleaseNo": "1",
}


def default_name(entity: EntitySet) -> str:
    """The name of the call for one set."""
    return f"{entity.lu}{SUFFIX}"


def defaults(entity: EntitySet, fixed: dict[str, str], today: date) -> dict[str, Any]:
    """The members of a new row that have a value before anybody has typed one."""
    found: dict[str, Any] = dict(fixed)
    for name, kind in entity.fields.items():
        if name in found or name in entity.read_only:
            continue
        if kind == FLAG:
            found[name] = name in _TRUE
        elif kind == DAY and name in _TODAY:
            found[name] = today.isoformat()
        elif name in _TEXTS:
            found[name] = _TEXTS[name]
    return found
