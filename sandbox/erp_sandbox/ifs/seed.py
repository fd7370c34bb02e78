"""Fills the books of a site from the tenant: basic data, suppliers, invoices entered by hand."""

from __future__ import annotations

from decimal import Decimal

from erp_sandbox.ifs.entity import INTERNAL
from erp_sandbox.ifs.invoices import proposal_of
from erp_sandbox.ifs.ledger import Ledger
from erp_sandbox.ifs.model import LETTERS, SETS
from erp_sandbox.ledgers import IfsSupplier
from erp_sandbox.world import World


def seed(ledger: Ledger, world: World) -> None:
    """Everything that IFS holds before any run."""
    _seed_projections(ledger)
    _seed_basic_data(ledger, world)
    _seed_documents(ledger, world)


def _seed_basic_data(ledger: Ledger, world: World) -> None:
    store = ledger.store
    for company in world.companies:
        own = {"Company": company.id}
        store.put("CompanySet", {**own, "Name": company.name, "Country": company.country})
        store.put(
            "CompanyInvoiceInfoArray",
            {**own, "UsePostingProposal": ledger.knobs.use_posting_proposal},
        )
        store.put("CompanyInvoiceInfoDefInvTypes", {**own, "DefManSuppInvType": "SUPPINV"})
        store.put("CompanyInvoiceSuppInvWorkflows", {**own, "TwoAuthorizers": False})
        store.put("CompanyProcurementInfoArray", {**own, "AllowChangesToPo": True})
        store.put("CompanyPayments", own)
        store.put("CompanyFinanceSet", own)
        store.put("CurrencyTypeSet", {**own, "CurrencyType": "1"})
        store.put("Site", {**own, "Contract": f"{company.id}01"})
        for currency in world.currencies:
            store.put("CurrencyCodeSet", {**own, "CurrencyCode": currency.code})
    for account in world.accounts:
        row = {
            "Company": account.company,
            "Account": account.account,
            "Description": account.description,
            "ValidFrom": account.valid_from.isoformat(),
            "ValidUntil": account.valid_until.isoformat(),
            "BudgetAccountFlag": account.is_budget_only,
            **{f"ReqCode{x}": account.demands.get(x, "Blocked") for x in LETTERS},
        }
        store.put("AccountSet", row)
    for value in world.code_values:
        store.put(
            f"Code{value.letter}Array",
            {
                "Company": value.company,
                "CodePart": value.letter,
                f"Code{value.letter}": value.value,
                "Description": value.description,
                "ValidFrom": value.valid_from.isoformat(),
                "ValidUntil": value.valid_until.isoformat(),
                "BudgetValueDb": False,
            },
        )
    for code in world.tax_codes:
        store.put(
            "StatutoryFeeSet",
            {
                "Company": code.company,
                "FeeCode": code.code,
                "FeeRate": code.percentage,
                "FeeType": "Tax",
                "ValidFrom": code.valid_from.isoformat(),
                "ValidUntil": code.valid_until.isoformat(),
            },
        )
    for term in world.payment_terms:
        store.put(
            "PaymentTermSet",
            {"Company": term.company, "PayTermId": term.id, "Description": term.description},
        )
    for rate in world.currency_rates:
        store.put(
            "CurrencyRateSet",
            {
                "Company": rate.company,
                "CurrencyType": "1",
                "CurrencyCode": rate.currency,
                "ValidFrom": rate.valid_from.isoformat(),
                "CurrencyRate": rate.rate,
            },
        )
    for period in world.periods:
        store.put(
            "AccountingPeriodSet",
            {
                "Company": period.company,
                "AccountingYear": period.year,
                "AccountingPeriod": period.period,
                "DateFrom": period.first_day.isoformat(),
                "DateUntil": period.last_day.isoformat(),
                "PeriodStatus": "Open" if period.is_open else "Closed",
            },
        )


def _seed_projections(ledger: Ledger) -> None:
    """The list of projections names those that are served."""
    for name in sorted({entity.projection for entity in SETS.values()} - {INTERNAL}):
        ledger.store.put("Projections", {"ProjectionName": name, "Category": "Users"})


def _seed_address(ledger: Ledger, supplier: IfsSupplier) -> None:
    """One address with its purposes and an e-mail; the purchasing row of the supplier."""
    key = {"SupplierId": supplier.id, "AddressId": "1"}
    ledger.store.put(
        "SupplierInfoAddresses",
        {
            **key,
            "Name": supplier.name,
            "Address1": supplier.street,
            "ZipCode": supplier.postal_code,
            "City": supplier.city,
            "State": supplier.state,
            "Country": supplier.country,
            "CountryCode": supplier.country,
            "PartyType": "Supplier",
            "DefaultDomain": True,
        },
    )
    for purpose in ("Delivery", "Document", "Pay", "Visit"):
        ledger.store.put("AddressTypes", {**key, "AddressTypeCode": purpose, "DefAddress": True})
    if supplier.email:
        ledger.store.put(
            "AddressCommunicationMethods",
            {
                "PartyType": "Supplier",
                "Identity": supplier.id,
                "AddressId": "1",
                "CommId": 1,
                "MethodId": "EMail",
                "Value": supplier.email,
                "MethodDefault": True,
                "AddressDefault": True,
            },
        )
    ledger.store.put(
        "SupplierPurchases",
        {
            "VendorNo": supplier.id,
            "CurrencyCode": supplier.currency,
            "PayTermId": supplier.payment_term,
        },
    )


def _seed_documents(ledger: Ledger, world: World) -> None:
    for supplier in world.ifs_suppliers:
        row = {
            "SupplierId": supplier.id,
            "Name": supplier.name,
            "Country": supplier.country,
            "AssociationNo": supplier.association_no,
            "PartyType": "Supplier",
        }
        ledger.store.put("SupplierInfoGeneralSet", row)
        for company in supplier.companies:
            ledger.store.put(
                "SupplierInvoiceCompanies",
                {
                    "Company": company,
                    "Identity": supplier.id,
                    "PartyType": "Supplier",
                    "PayTermId": supplier.payment_term,
                    "DefCurrency": supplier.currency,
                },
            )
        _seed_address(ledger, supplier)
    for entered in world.ifs_invoices:
        net = sum((line.net for line in entered.lines), Decimal(0))
        tax = sum((line.tax for line in entered.lines), Decimal(0))
        invoice = ledger.create(
            SETS["ManSuppInvoiceSet"],
            {
                "Company": entered.company,
                "Identity": entered.supplier,
                "PartyType": "Supplier",
                "SeriesId": entered.series,
                "InvoiceNo": entered.number,
                "InvoiceType": entered.invoice_type,
                "InvoiceDate": entered.invoice_date.isoformat(),
                "DueDate": entered.due_date.isoformat(),
                "CreationDate": entered.invoice_date.isoformat(),
                "VoucherDate": entered.voucher_date.isoformat(),
                "PayTermId": entered.payment_term,
                "Currency": entered.currency,
                "CurrRate": entered.rate,
                "TaxCurrRate": entered.rate,
                "IntAllowed": True,
                "AffBaseLedgPost": True,
                "NetCurrAmount": net,
                "VatCurrAmount": tax,
                "GrossCurrAmount": net + tax,
            },
        )
        id_ = {"Company": entered.company, "InvoiceId": invoice["InvoiceId"]}
        for line in entered.lines:
            ledger.create(
                SETS["ManSuppInvoiceItemArray"],
                {
                    **id_,
                    "NetCurrAmount": line.net,
                    "VatCode": line.tax_code,
                    "VatCurrAmount": line.tax,
                },
            )
        head = proposal_of(ledger, invoice)
        for posting in entered.postings if head else ():
            codes = {f"Code{letter}": value for letter, value in posting.codes.items()}
            ledger.create(
                SETS["PostingProposalArray"],
                {
                    "Company": entered.company,
                    "ProposalId": head["ProposalId"] if head else 0,
                    **codes,
                    "CurrAmount": posting.amount,
                    "Text": posting.text,
                },
            )
