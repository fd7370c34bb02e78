"""The sets of the sandbox: one table that rows, refusals and $metadata share.

Names follow the data model that is known of IFS; those of invoices, proposals and basic data are
inferred, those of suppliers seen in code, company and code parts seen in code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
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
from erp_sandbox.ifs.model_attachments import ATTACHMENT_SETS
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
# Lengths are inferred, those of numbers and references documented for the external interface.
_CODED_LENGTHS = {**dict.fromkeys(_CODES, 20), "VatCode": 20, "Text": 200}
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
        lengths={
            **dict.fromkeys(
                ("Company", "Identity", "SeriesId", "InvoiceType", "PayTermId", "PrelimCode"), 20
            ),
            "InvoiceRecipient": 20,
            **dict.fromkeys(("InvoiceNo", "DeliveryAddressId", "NcfReference"), 50),
            **dict.fromkeys(("Currency", "VoucherType"), 3),
            "PoRefNumber": 2000,
            "VoucherText": 200,
        },
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
        lengths={"VatCode": 20},
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
        lengths={**_CODED_LENGTHS, "PostingType": 10, "VoucherCompany": 20},
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
        lengths=_CODED_LENGTHS,
        required=("CodeA", "CurrAmount"),
        read_only=("RowId", "Objstate"),
        is_writable=True,
    ),
    EntitySet(
        name="PostingProposalAuthMultiArray",
        projection="PostingProposalHandling",
        lu="PostingProposalAuthMulti",
        key=("Company", "ProposalId", "AuthId"),
        parent="PostingProposalHeadSet",
        fields={**_texts("Company AuthId Objstate"), "ProposalId": WHOLE},
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
            lengths={"Company": 20, "Account": 10, "Description": 100},
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
        *ATTACHMENT_SETS,
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
        # A helper of the page of accounts, no check of a code string (seen in code).
        "Account_ValidateAccount": Action(owner="AccountSet", is_change=False),
        **EXTERNAL_ACTIONS,
        **ORDER_ACTIONS,
    }
)
# Unbound functions by projection, with what they answer. Source: the two names are seen in code.
FUNCTIONS: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("AccountsHandling", "GetDefaultCompany"): "default_company",
        ("AccountsHandling", "GetSelectedCompany"): "default_company",
    }
)
_BY_PROJECTION = MappingProxyType(
    {
        projection: tuple(one for one in SETS.values() if one.projection == projection)
        for projection in {entity.projection for entity in SETS.values()} - {INTERNAL}
    }
)
_PLACES = MappingProxyType({(entity.projection, entity.name): entity for entity in SETS.values()})


def find_set(projection: str, name: str, custom: tuple[str, ...] = ()) -> EntitySet | None:
    """The set of that name in a projection; one name may stand in several with other members."""
    found = _PLACES.get((projection, name))
    return with_custom(found, custom) if found and custom else found


def with_custom(entity: EntitySet, custom: tuple[str, ...]) -> EntitySet:
    """The set with the custom fields of a site, named as in ``ManSuppInvoiceSet.Cf_Source``."""
    pairs = (place.split(".") for place in custom)
    own = {member: TEXT for set_, member in pairs if set_ == entity.name}
    return replace(entity, fields={**entity.fields, **own}) if own else entity


def sets_of(projection: str, custom: tuple[str, ...] = ()) -> list[EntitySet]:
    """The sets of one projection; empty when there is no such projection."""
    found = _BY_PROJECTION.get(projection, ())
    return [with_custom(one, custom) for one in found] if custom else list(found)


__all__ = [
    "ACTIONS",
    "DAY",
    "FLAG",
    "FUNCTIONS",
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
