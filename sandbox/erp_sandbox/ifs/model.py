"""The sets of the sandbox: one table that rows, refusals and $metadata share.

Names follow the data model that is known of IFS; those of invoices, proposals and basic data are
inferred, those of suppliers seen in code, company and code parts seen in code.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from erp_sandbox.ifs.entity import CODES as _CODES
from erp_sandbox.ifs.entity import (
    DAY,
    FLAG,
    INTERNAL,
    LETTERS,
    NUMBER,
    TEXT,
    WHOLE,
    Action,
    EntitySet,
)
from erp_sandbox.ifs.entity import texts as _texts
from erp_sandbox.ifs.model_company import COMPANY_SETS
from erp_sandbox.ifs.model_external import EXTERNAL_ACTIONS, EXTERNAL_SETS
from erp_sandbox.ifs.model_orders import ORDER_ACTIONS, ORDER_SETS
from erp_sandbox.ifs.model_suppliers import SUPPLIER_SETS
from erp_sandbox.ifs.model_system import SYSTEM_SETS
from erp_sandbox.ifs.model_vouchers import VOUCHER_SETS

_INVOICE_READ_ONLY = (
    "InvoiceId NetDomAmount VatDomAmount GrossDomAmount InvoiceVersion ProposalExist Creator "
    "VoucherNo Objstate"
)
_SETS = (
    EntitySet(
        name="ManSuppInvoiceSet",
        projection="ManualSupplierInvoiceHandling",
        lu="ManSuppInvoice",
        key=("Company", "InvoiceId"),
        fields={
            **_texts(
                "Company Identity PartyType SeriesId InvoiceNo InvoiceType PayTermId Currency "
                "DeliveryAddressId PoRefNumber NcfReference VoucherText InvoiceRecipient "
                "PrelimCode Creator VoucherType Objstate"
            ),
            **dict.fromkeys(("InvoiceId", "InvoiceVersion", "VoucherNo"), WHOLE),
            **dict.fromkeys(
                (
                    "InvoiceDate",
                    "ArrivalDate",
                    "DueDate",
                    "PlPayDate",
                    "PayTermBaseDate",
                    "DeliveryDate",
                    "CreationDate",
                    "VoucherDate",
                ),
                DAY,
            ),
            **dict.fromkeys(
                (
                    "CurrRate",
                    "DivFactor",
                    "TaxCurrRate",
                    "NetCurrAmount",
                    "VatCurrAmount",
                    "GrossCurrAmount",
                    "NetDomAmount",
                    "VatDomAmount",
                    "GrossDomAmount",
                ),
                NUMBER,
            ),
            **dict.fromkeys(
                (
                    "AdvInv",
                    "IntAllowed",
                    "AffBaseLedgPost",
                    "MultiCompanyInvoice",
                    "ProposalExist",
                ),
                FLAG,
            ),
        },
        numbered="InvoiceId",
        required=(
            "Company",
            "Identity",
            "PartyType",
            "SeriesId",
            "InvoiceNo",
            "InvoiceType",
            "InvoiceDate",
            "DueDate",
            "PayTermId",
            "CreationDate",
            "Currency",
            "CurrRate",
            "TaxCurrRate",
            "IntAllowed",
            "AffBaseLedgPost",
        ),
        read_only=tuple(_INVOICE_READ_ONLY.split()),
        is_writable=True,
    ),
    EntitySet(
        name="ManSuppInvoiceItemArray",
        projection="ManualSupplierInvoiceHandling",
        lu="ManSuppInvoiceItem",
        key=("Company", "InvoiceId", "ItemId"),
        parent="ManSuppInvoiceSet",
        fields={
            **_texts("Company VatCode PoRefNumber OrderNo LineNo ReleaseNo"),
            **dict.fromkeys(("InvoiceId", "ItemId", "ReceiptNo"), WHOLE),
            **dict.fromkeys(("NetCurrAmount", "VatCurrAmount"), NUMBER),
        },
        numbered="ItemId",
        required=("NetCurrAmount",),
        read_only=("ItemId",),
        is_writable=True,
    ),
    EntitySet(
        name="ManSuppInvoicePostingsArray",
        projection="ManualSupplierInvoiceHandling",
        lu="ManSuppInvoicePostings",
        key=("Company", "InvoiceId", "ItemId", "RowId"),
        parent="ManSuppInvoiceSet",
        fields={
            **_texts("Company PostingType VatCode VoucherCompany Text"),
            **_CODES,
            **dict.fromkeys(("InvoiceId", "ItemId", "RowId"), WHOLE),
            "CurrAmount": NUMBER,
        },
        numbered="RowId",
        required=("CodeA", "CurrAmount"),
        read_only=("RowId",),
        is_writable=True,
    ),
    EntitySet(
        name="PostingProposalHeadSet",
        projection="PostingProposalHandling",
        lu="PostingProposalHead",
        key=("Company", "ProposalId"),
        fields={
            **_texts("Company Identity SeriesId InvoiceNo Authorizer Objstate"),
            **dict.fromkeys(("ProposalId", "InvoiceId"), WHOLE),
            "Balance": NUMBER,
        },
        numbered="ProposalId",
    ),
    EntitySet(
        name="PostingProposalArray",
        projection="PostingProposalHandling",
        lu="PostingProposal",
        key=("Company", "ProposalId", "RowId"),
        parent="PostingProposalHeadSet",
        fields={
            **_texts("Company VatCode Text AuthId Objstate"),
            **_CODES,
            **dict.fromkeys(("ProposalId", "RowId"), WHOLE),
            "CurrAmount": NUMBER,
        },
        numbered="RowId",
        required=("CodeA", "CurrAmount"),
        read_only=("RowId", "Objstate"),
        is_writable=True,
    ),
    EntitySet(
        name="CompanySet",
        projection="CompanyHandling",
        lu="Company",
        key=("Company",),
        fields=_texts("Company Name Country"),
    ),
    *(
        EntitySet(
            name=name,
            projection="AccountsHandling",
            lu="Account",
            key=("Company", "Account"),
            fields={
                **_texts("Company Account Description"),
                **_texts(" ".join(f"ReqCode{letter}" for letter in LETTERS)),
                "ValidFrom": DAY,
                "ValidUntil": DAY,
                "BudgetAccountFlag": FLAG,
            },
            table="AccountSet",
        )
        for name in ("AccountSet", "MultiCompanyAccountSet")
    ),
    EntitySet(
        name="CompanyFinanceSet",
        projection="CodePartValuesHandling",
        lu="CompanyFinance",
        key=("Company",),
        fields=_texts("Company"),
    ),
    *(
        EntitySet(
            name=f"Code{letter}Array",
            projection="CodePartValuesHandling",
            lu=f"Code{letter}",
            key=("Company", f"Code{letter}"),
            parent="CompanyFinanceSet",
            fields={
                **_texts(f"Company CodePart Code{letter} Description"),
                "ValidFrom": DAY,
                "ValidUntil": DAY,
                "BudgetValueDb": FLAG,
            },
            required=(f"Code{letter}", "Description", "ValidFrom", "ValidUntil"),
            is_writable=True,
        )
        for letter in LETTERS
    ),
    EntitySet(
        name="StatutoryFeeSet",
        projection="TaxCodesHandling",
        lu="StatutoryFee",
        key=("Company", "FeeCode"),
        fields={
            **_texts("Company FeeCode FeeType"),
            "FeeRate": NUMBER,
            "ValidFrom": DAY,
            "ValidUntil": DAY,
        },
    ),
    EntitySet(
        name="PaymentTermSet",
        projection="PaymentTermHandling",
        lu="PaymentTerm",
        key=("Company", "PayTermId"),
        fields=_texts("Company PayTermId Description"),
    ),
    EntitySet(
        name="CurrencyCodeSet",
        projection="CurrencyCodesHandling",
        lu="CurrencyCode",
        key=("Company", "CurrencyCode"),
        fields=_texts("Company CurrencyCode"),
    ),
    EntitySet(
        name="CurrencyTypeSet",
        projection="CurrencyRateTypesHandling",
        lu="CurrencyType",
        key=("Company", "CurrencyType"),
        fields=_texts("Company CurrencyType"),
    ),
    EntitySet(
        name="CurrencyRateSet",
        projection="CurrencyRatesHandling",
        lu="CurrencyRate",
        key=("Company", "CurrencyType", "CurrencyCode", "ValidFrom"),
        fields={
            **_texts("Company CurrencyType CurrencyCode"),
            "ValidFrom": DAY,
            "CurrencyRate": NUMBER,
        },
    ),
    EntitySet(
        name="AccountingPeriodSet",
        projection="AccountingPeriodsHandling",
        lu="AccountingPeriod",
        key=("Company", "AccountingYear", "AccountingPeriod"),
        fields={
            **_texts("Company Description PeriodStatus"),
            **dict.fromkeys(("AccountingYear", "AccountingPeriod"), WHOLE),
            "DateFrom": DAY,
            "DateUntil": DAY,
        },
    ),
)


def _by_name(sets: tuple[EntitySet, ...]) -> Mapping[str, EntitySet]:
    """By name; a second set of the same name has its projection before it."""
    found: dict[str, EntitySet] = {}
    for entity in sets:
        taken = entity.name in found
        found[f"{entity.projection}.{entity.name}" if taken else entity.name] = entity
    return MappingProxyType(found)


SETS = _by_name(
    (
        *SUPPLIER_SETS,
        *_SETS,
        *COMPANY_SETS,
        *EXTERNAL_SETS,
        *ORDER_SETS,
        *SYSTEM_SETS,
        *VOUCHER_SETS,
    )
)


ACTIONS: Mapping[str, Action] = MappingProxyType(
    {
        "ManSuppInvoice_Cancel": Action(owner="ManSuppInvoiceSet"),
        "ManSuppInvoice_FinalPosting": Action(
            owner="ManSuppInvoiceSet",
            parameters={
                "VoucherType": TEXT,
                "UserGroup": TEXT,
                "VoucherDate": DAY,
                "AutomaticPayAuth": FLAG,
            },
        ),
        "PostingProposalHead_Authorize": Action(
            owner="PostingProposalHeadSet", parameters={"Authorizer": TEXT}
        ),
        **EXTERNAL_ACTIONS,
        **ORDER_ACTIONS,
    }
)
_PLACES = MappingProxyType({(entity.projection, entity.name): entity for entity in SETS.values()})


def find_set(projection: str, name: str) -> EntitySet | None:
    """The set of that name in a projection; one name may stand in several with other members."""
    return _PLACES.get((projection, name))


def sets_of(projection: str) -> list[EntitySet]:
    """The sets of one projection; empty when there is no such projection."""
    if projection == INTERNAL:
        return []
    return [entity for entity in SETS.values() if entity.projection == projection]


__all__ = [
    "ACTIONS",
    "DAY",
    "FLAG",
    "LETTERS",
    "NUMBER",
    "SETS",
    "TEXT",
    "WHOLE",
    "Action",
    "EntitySet",
    "find_set",
    "sets_of",
]
