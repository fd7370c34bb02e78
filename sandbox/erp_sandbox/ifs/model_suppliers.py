"""Suppliers and what hangs below them.

Source: sets and fields are seen in code; what a new row must bring is inferred, and so are the keys
of contacts, messages and of the rows per company.
"""

from __future__ import annotations

from erp_sandbox.ifs.entity import DAY, FLAG, NUMBER, WHOLE, EntitySet, texts, typed

HANDLING, SUPPLIERS, COMPANY_ROWS = (
    "SupplierHandling",
    "SupplierInfoGeneralSet",
    "SupplierInvoiceCompanies",
)
_ADDRESSES = "SupplierInfoAddresses"
_HEADER_FIELDS = {
    **texts(
        "SupplierId Name AssociationNo Country CountryCode DefaultLanguage PartyType Party "
        "SupplierCategory CorporateForm IdentifierReference IdentifierRefValidation SuppliersOwnId "
        "BusinessClassification VisibleDataSubConstColumn"
    ),
    "CreationDate": DAY,
    "PictureId": WHOLE,
    **typed(FLAG, "DefaultDomain OneTime B2bSupplier ValidDataProcessingPurpose"),
}
_COMPANY_ROW_FLAGS = (
    "AllowQuantityDiff AllowTolerance AutomaticInvoice AutomaticPayAuthFlag CountryTaxRegistered "
    "CreateTolerancePosting DigitalInvoice ExcFromSpesometroDec ExcludeInvoiceImage "
    "ExcludePostingAuth InvoiceFee InvoicingSupplier LegalIdentity PrintTaxCodeText "
    "ReportAndWithhold SecondTin ServiceCodeRequired TaxCertificateForm TaxExempt "
    "UsePostingProposal UtilityBillProvider"
)
COMPANY_ROW_ALL_REQUIRED = (
    "AllowQuantityDiff",
    "AllowTolerance",
    "AutomaticInvoice",
    "AutomaticPayAuthFlag",
    "Company",
    "CountryTaxRegistered",
    "CreateTolerancePosting",
    "DefCurrency",
    "DigitalInvoice",
    "ExcFromSpesometroDec",
    "ExcludeInvoiceImage",
    "ExcludePostingAuth",
    "GroupId",
    "Identity",
    "IdentityType",
    "IncInvCurrRateBase",
    "InvoiceFee",
    "InvoiceRecipientFrom",
    "InvoicingSupplier",
    "LegalIdentity",
    "MatchingLevel",
    "NcfReferenceCheck",
    "PartyType",
    "PayTermId",
    "PoRefRecRefValMethod",
    "PrintTaxCodeText",
    "ReportAndWithhold",
    "SecondTin",
    "ServiceCodeRequired",
    "TaxBuyCurrRateBase",
    "TaxCertificateForm",
    "TaxExempt",
    "TaxLiability",
    "UtilityBillProvider",
    "VotingSharePercentage",
    "WithholdingBaseAmount",
)


def _child(name: str, lu: str, key: str, fields: dict[str, str], **more: object) -> EntitySet:
    """A writable collection below a supplier or one of its children."""
    names = tuple(key.split())
    settings: dict[str, object] = {"parent": SUPPLIERS, "is_writable": True, **more}
    return EntitySet(
        name=name,
        projection=HANDLING,
        lu=lu,
        key=names,
        fields={**texts(key), **fields},
        **settings,  # type: ignore[arg-type]  # the settings of an EntitySet by their names
    )


SUPPLIER_SETS = (
    EntitySet(
        name=SUPPLIERS,
        projection=HANDLING,
        lu="SupplierInfoGeneral",
        key=("SupplierId",),
        fields=_HEADER_FIELDS,
        numbered="SupplierId",
        required=(
            "B2bSupplier",
            "Country",
            "CreationDate",
            "DefaultDomain",
            "DefaultLanguage",
            "IdentifierRefValidation",
            "Name",
            "OneTime",
            "PartyType",
            "SupplierCategory",
            "ValidDataProcessingPurpose",
        ),
        lengths={"SupplierId": 20, "Name": 100, "AssociationNo": 50, "CountryCode": 2},
        is_writable=True,
    ),
    EntitySet(
        name=SUPPLIERS,
        projection="SuppliersHandling",
        lu="SupplierInfoGeneral",
        key=("SupplierId",),
        fields=_HEADER_FIELDS,
        table=SUPPLIERS,
    ),
    EntitySet(
        name=SUPPLIERS,
        projection="SupplierInfoGeneralEntity",
        lu="SupplierInfoGeneral",
        key=("SupplierId",),
        fields=_HEADER_FIELDS,
        table=SUPPLIERS,
        is_entity_service=True,
    ),
    _child(
        _ADDRESSES,
        "SupplierInfoAddress",
        "SupplierId AddressId",
        {
            **texts(
                "Name Address Address1 Address2 Address3 Address4 Address5 Address6 ZipCode City "
                "County State Country CountryCode CountryDesc EanLocation PartyType Party CommId "
                "OutputMedia SupplierBranch"
            ),
            **typed(DAY, "ValidFrom ValidTo"),
            "DefaultDomain": FLAG,
        },
        required=("AddressId", "Country", "DefaultDomain", "PartyType", "SupplierId"),
    ),
    _child(
        "AddressTypes",
        "SupplierInfoAddressType",
        "SupplierId AddressId AddressTypeCode",
        {**texts("Party"), **typed(FLAG, "DefAddress DefaultDomain")},
        parent=_ADDRESSES,
    ),
    _child(
        "AddressCommunicationMethods",
        "CommMethod",
        "PartyType Identity CommId",
        {
            **texts("AddressId MethodId Value Name Description"),
            "CommId": WHOLE,
            **typed(DAY, "ValidFrom ValidTo"),
            **typed(FLAG, "AddressDefault MethodDefault"),
        },
        parent=_ADDRESSES,
        aliases={"Identity": "SupplierId"},
        numbered="CommId",
        required=("AddressDefault", "Identity", "MethodDefault", "MethodId", "PartyType", "Value"),
    ),
    _child(
        "SupplierInfoContacts",
        "SupplierInfoContact",
        "SupplierId PersonId Guid",
        {
            **texts("AddressId Role Email Phone Mobile"),
            **typed(DAY, "Created Changed"),
            "SupplierPrimary": FLAG,
        },
        parent=_ADDRESSES,
        numbered="Guid",
        required=("PersonId",),
    ),
    _child(
        "SupplierDeliveryTaxInfoArray",
        "SupplierDeliveryTaxInfo",
        "SupplierId AddressId Company",
        {**texts("TaxCalcStructureId"), "UseSuppAddressForTax": FLAG},
        parent=_ADDRESSES,
        required=("Company",),
    ),
    _child(
        "SupplierDeliveryTaxCodeArray",
        "SupplierDeliveryTaxCode",
        "SupplierId AddressId Company TaxCode",
        {"ValidationDate": DAY},
        parent="SupplierDeliveryTaxInfoArray",
        required=("TaxCode",),
    ),
    _child(
        "SupplierAddresses",
        "SupplierAddress",
        "SupplierId AddressId",
        texts("DeliveryTerms ShipViaCode SupplierCalendarId Contact"),
        parent=_ADDRESSES,
    ),
    _child(
        "SuppOutboundAddrInfoArray",
        "SuppOutboundAddrInfo",
        "SupplierId AddressId",
        {},
        parent=_ADDRESSES,
    ),
    _child(
        "MessageSetups",
        "SupplierMessageSetup",
        "SupplierId SequenceNo",
        {
            **texts("MessageClass MediaCode Address"),
            "SequenceNo": WHOLE,
            "MethodDefault": FLAG,
        },
        numbered="SequenceNo",
        required=("MessageClass",),
    ),
    _child(
        COMPANY_ROWS,
        "IdentityInvoiceInfo",
        "Company Identity PartyType",
        {
            **texts(
                "PayTermId DefCurrency GroupId IdentityType IncInvCurrRateBase "
                "InvoiceRecipientFrom MatchingLevel NcfReferenceCheck PoRefRecRefValMethod "
                "TaxBuyCurrRateBase TaxLiability WithholdingBaseAmount DefVatCode "
                "DefManSuppInvType DefAutoInvoiceType DefAuthorizer DefPreliminaryCode "
                "ToleranceCurrency InvoiceRecipient DefaultCurrencyRateType PostingTemplateId "
                "FiscalNo BiTimestamp"
            ),
            **typed(FLAG, _COMPANY_ROW_FLAGS),
            **typed(NUMBER, "VotingSharePercentage PercentTolerance AmountTolerance"),
            "PaymDevDays": WHOLE,
        },
        aliases={"Identity": "SupplierId"},
        required=("Company", "Identity", "PartyType", "PayTermId", "DefCurrency", "GroupId"),
    ),
    _child(
        "SupplierPayments",
        "IdentityPayInfo",
        "Company Identity PartyType",
        {
            **texts("DefaultPaymentMethod PaymentMode"),
            "BlockedForPayment": FLAG,
            "Priority": WHOLE,
        },
        aliases={"Identity": "SupplierId"},
        required=("Company", "Identity", "PartyType"),
    ),
    _child(
        "PaymentWayArray",
        "PaymentWayPerIdentity",
        "Company Identity PartyType WayId",
        {**texts("FormatType"), **typed(FLAG, "DefaultPaymentWay OneTimeSupplier")},
        parent="SupplierPayments",
        required=(
            "Company",
            "DefaultPaymentWay",
            "Identity",
            "OneTimeSupplier",
            "PartyType",
            "WayId",
        ),
    ),
    _child(
        "SupplierPurchases",
        "Supplier",
        "VendorNo",
        {
            **texts("CurrencyCode BuyerCode SuppGrp PayTermId TaxLiability OurCustomerNo"),
            "PurchOrderFlag": FLAG,
        },
        aliases={"VendorNo": "SupplierId"},
        required=("VendorNo",),
    ),
)
