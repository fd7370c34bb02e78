"""The books: seeding from the tenant, the rules that IFS keeps, and what stands in the end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from erp_sandbox.ifs.knobs import Knobs
from erp_sandbox.ifs.model import LETTERS, SETS, EntitySet
from erp_sandbox.ifs.refusal import (
    APPLICATION_ERROR,
    EXISTS,
    NOT_THERE,
    RECORD_ERROR,
    Refusal,
    database_error,
)
from erp_sandbox.ifs.store import Row, Store
from erp_sandbox.world import World

PRELIMINARY, CANCELLED = "Preliminary", "Cancelled"
_OPEN, _BALANCED = "Open", "Balanced"
_CODED = frozenset({"ManSuppInvoicePostingsArray", "PostingProposalArray"})
_UNDER_INVOICE = frozenset(
    {
        "ManSuppInvoiceSet",
        "ManSuppInvoiceItemArray",
        "ManSuppInvoicePostingsArray",
        "PostingProposalArray",
    }
)


class Ledger:
    """Rows and rules of one IFS site."""

    def __init__(self, world: World, knobs: Knobs) -> None:
        """Fill the basic data, the suppliers and the invoices that people have entered."""
        self.store = Store()
        self.knobs = knobs
        self._numbers: dict[tuple[str, str, str, str], str] = {}
        self._seed(world)

    # seeding

    def _seed(self, world: World) -> None:
        store = self.store
        for company in world.companies:
            own = {"Company": company.id}
            store.put("CompanySet", {**own, "Name": company.name, "Country": company.country})
            store.put(
                "CompanyInvoiceInfoArray",
                {**own, "UsePostingProposal": self.knobs.use_posting_proposal},
            )
            store.put("CompanyInvoiceInfoDefInvTypes", {**own, "DefManSuppInvType": "SUPPINV"})
            store.put("CompanyFinanceSet", own)
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
            store.put("AccountSet", dict(row))
            store.put("MultiCompanyAccountSet", dict(row))
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
        self._seed_documents(world)

    def _seed_documents(self, world: World) -> None:
        for supplier in world.ifs_suppliers:
            row = {
                "SupplierId": supplier.id,
                "Name": supplier.name,
                "Country": supplier.country,
                "AssociationNo": supplier.association_no,
                "PartyType": "Supplier",
            }
            self.store.put("SupplierInfoGeneralSet", row)
            for company in supplier.companies:
                self.store.put(
                    "SupplierInvoiceCompanies",
                    {
                        "Company": company,
                        "Identity": supplier.id,
                        "PartyType": "Supplier",
                        "PayTermId": supplier.payment_term,
                        "DefCurrency": supplier.currency,
                    },
                )
        for entered in world.ifs_invoices:
            net = sum((line.net for line in entered.lines), Decimal(0))
            tax = sum((line.tax for line in entered.lines), Decimal(0))
            invoice = self.create(
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
                self.create(
                    SETS["ManSuppInvoiceItemArray"],
                    {
                        **id_,
                        "NetCurrAmount": line.net,
                        "VatCode": line.tax_code,
                        "VatCurrAmount": line.tax,
                    },
                )
            head = self.proposal_of(invoice)
            for posting in entered.postings if head else ():
                codes = {f"Code{letter}": value for letter, value in posting.codes.items()}
                self.create(
                    SETS["PostingProposalArray"],
                    {
                        "Company": entered.company,
                        "ProposalId": head["ProposalId"] if head else 0,
                        **codes,
                        "CurrAmount": posting.amount,
                        "Text": posting.text,
                    },
                )

    # rules

    def create(self, entity: EntitySet, row: Row) -> Row:
        """Insert a row, as far as IFS would.

        Raises:
            Refusal: a mandatory value is missing, the key is there already, or a rule says no.
        """
        for name in entity.required:
            if row.get(name) in {None, ""}:
                raise database_error(RECORD_ERROR, entity.lu, tag="NULLVALUE", text=name)
        if entity.numbered and row.get(entity.numbered) is None:
            number = self.store.next_number()
            row[entity.numbered] = str(number) if entity.numbered == "SupplierId" else number
        if self.store.get(entity.name, *self.store.key_of(entity, row)) is not None:
            raise database_error(EXISTS, entity.lu, tag="EXIST")
        if entity.name == "ManSuppInvoiceSet":
            self._check_new_invoice(row)
        else:
            self.check_change(entity, row)
        if entity.name == "ManSuppInvoicePostingsArray" and self._uses_proposal(row["Company"]):
            raise database_error(RECORD_ERROR, entity.lu, tag="USEPROPOSAL")
        self.store.put(entity.name, row)
        if entity.name == "ManSuppInvoiceSet":
            self._make_proposal(row)
        self.balance(entity, row)
        return row

    def check_change(self, entity: EntitySet, row: Row) -> None:
        """What must hold for every new or changed row below an invoice.

        Raises:
            Refusal: the invoice is no longer preliminary, or the code string is wrong.
        """
        if entity.name in _UNDER_INVOICE:
            invoice = self.invoice_of(entity, row)
            if invoice["Objstate"] != PRELIMINARY:
                raise database_error(RECORD_ERROR, "ManSuppInvoice", tag="NOTPRELIMINARY")
            if entity.name in _CODED:
                day = invoice.get("VoucherDate") or invoice["InvoiceDate"]
                self._check_code_string(row, date.fromisoformat(day))

    def balance(self, entity: EntitySet, row: Row) -> None:
        """Keep the balance of the proposal: invoice net less the sum of its rows (documented)."""
        if entity.name not in _UNDER_INVOICE:
            return
        invoice = self.invoice_of(entity, row)
        head = self.proposal_of(invoice)
        if head is None:
            return
        fixed = {"Company": head["Company"], "ProposalId": str(head["ProposalId"])}
        rows = self.store.rows("PostingProposalArray", fixed)
        posted = sum((r["CurrAmount"] for r in rows), Decimal(0))
        left = (invoice.get("NetCurrAmount") or Decimal(0)) - posted
        state = _OPEN if left else _BALANCED
        if (head["Balance"], head["Objstate"]) != (left, state):
            self.store.put("PostingProposalHeadSet", {**head, "Balance": left, "Objstate": state})

    def cancel(self, invoice: Row) -> Row:
        """Cancel an invoice that is still preliminary.

        Raises:
            Refusal: it is posted or cancelled.
        """
        if invoice["Objstate"] != PRELIMINARY:
            raise database_error(RECORD_ERROR, "ManSuppInvoice", tag="NOTPRELIMINARY")
        self._numbers.pop(_number_key(invoice), None)
        return self.store.put("ManSuppInvoiceSet", {**invoice, "Objstate": CANCELLED})

    def invoice_of(self, entity: EntitySet, row: Mapping[str, Any]) -> Row:
        """The invoice that a row belongs to.

        Raises:
            Refusal: there is none.
        """
        id_ = row.get("InvoiceId")
        if entity.name == "PostingProposalArray":
            head = self.store.get("PostingProposalHeadSet", row["Company"], row["ProposalId"])
            id_ = head["InvoiceId"] if head else None
        invoice = self.store.get("ManSuppInvoiceSet", row["Company"], id_)
        if invoice is None:
            raise database_error(NOT_THERE, "ManSuppInvoice", tag="NOTEXIST")
        return invoice

    def proposal_of(self, invoice: Mapping[str, Any]) -> Row | None:
        """The proposal of an invoice; its id is the invoice's, which only this sandbox knows."""
        return self.store.get("PostingProposalHeadSet", invoice["Company"], invoice["InvoiceId"])

    def _uses_proposal(self, company: str) -> bool:
        info = self.store.get("CompanyInvoiceInfoArray", company)
        return bool(info and info["UsePostingProposal"])

    def _check_new_invoice(self, row: Row) -> None:
        store, company = self.store, row["Company"]
        if store.get("CompanySet", company) is None:
            raise database_error(NOT_THERE, "Company", tag="NOTEXIST")
        if store.get("SupplierInvoiceCompanies", company, row["Identity"], "Supplier") is None:
            raise database_error(NOT_THERE, "IdentityInvoiceInfo", tag="NOTEXIST")
        if store.get("PaymentTermSet", company, row["PayTermId"]) is None:
            raise database_error(NOT_THERE, "PaymentTerm", tag="NOTEXIST")
        if store.get("CurrencyCodeSet", company, row["Currency"]) is None:
            raise database_error(NOT_THERE, "CurrencyCode", tag="NOTEXIST")
        if self.knobs.unique_numbers and _number_key(row) in self._numbers:
            holder = self.store.get("ManSuppInvoiceSet", company, self._numbers[_number_key(row)])
            if holder is not None and holder["Objstate"] != CANCELLED:
                raise database_error(EXISTS, "ManSuppInvoice", tag="EXIST")
        row["Objstate"] = PRELIMINARY
        row["Creator"] = "MAN_SUPP_INVOICE_API"
        self._numbers[_number_key(row)] = str(row["InvoiceId"])

    def _make_proposal(self, invoice: Row) -> None:
        if self._uses_proposal(invoice["Company"]):
            self.store.put(
                "PostingProposalHeadSet",
                {
                    "Company": invoice["Company"],
                    "ProposalId": invoice["InvoiceId"],
                    "InvoiceId": invoice["InvoiceId"],
                    "Identity": invoice["Identity"],
                    "SeriesId": invoice["SeriesId"],
                    "InvoiceNo": invoice["InvoiceNo"],
                    "Balance": invoice.get("NetCurrAmount") or Decimal(0),
                    "Objstate": _OPEN,
                },
            )

    def _check_code_string(self, row: Row, day: date) -> None:
        """In the order in which IFS validates a code string (seen in code)."""
        account = self.store.get("AccountSet", row["Company"], row["CodeA"])
        if account is None:
            raise database_error(APPLICATION_ERROR, "Account", tag="NOTEXIST")
        _check_validity(account, day, "Account")
        if account["BudgetAccountFlag"]:
            raise database_error(APPLICATION_ERROR, "Account", tag="BUDGETONLY")
        for letter in LETTERS:
            value = row.get(f"Code{letter}")
            demand = account[f"ReqCode{letter}"]
            if value:
                found = self.store.get(f"Code{letter}Array", row["Company"], value)
                if found is None and demand != "Blocked":
                    raise database_error(APPLICATION_ERROR, f"Code{letter}", tag="NOTEXIST")
                if demand == "Blocked":
                    raise database_error(APPLICATION_ERROR, f"Code{letter}", tag="BLOCKED")
                if found is not None:
                    _check_validity(found, day, f"Code{letter}")
            elif demand == "Mandatory":
                raise database_error(APPLICATION_ERROR, f"Code{letter}", tag="MANDATORY")


def _number_key(row: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """What must be unique among invoices that are not cancelled. The scope is inferred."""
    return row["Company"], row["Identity"], row["SeriesId"], row["InvoiceNo"]


def _check_validity(row: Mapping[str, Any], day: date, lu: str) -> None:
    if not date.fromisoformat(row["ValidFrom"]) <= day <= date.fromisoformat(row["ValidUntil"]):
        raise database_error(APPLICATION_ERROR, lu, tag="NOTVALID")


def books(ledger: Ledger) -> dict[str, Any]:
    """What stands in IFS: every supplier, invoice, line and posting, with what belongs together."""
    tables = ledger.store.tables
    invoices = []
    for invoice in tables["ManSuppInvoiceSet"].values():
        own = {"Company": invoice["Company"], "InvoiceId": str(invoice["InvoiceId"])}
        head = ledger.proposal_of(invoice)
        fixed = {"Company": invoice["Company"], "ProposalId": str(invoice["InvoiceId"])}
        invoices.append(
            {
                **invoice,
                "lines": list(ledger.store.rows("ManSuppInvoiceItemArray", own)),
                "postings": list(ledger.store.rows("ManSuppInvoicePostingsArray", own)),
                "proposal": head,
                "proposal_rows": list(ledger.store.rows("PostingProposalArray", fixed)),
            }
        )
    suppliers = [
        {
            **supplier,
            "companies": [
                row["Company"]
                for row in tables["SupplierInvoiceCompanies"].values()
                if row["Identity"] == supplier["SupplierId"]
            ],
        }
        for supplier in tables["SupplierInfoGeneralSet"].values()
    ]
    return {"invoices": invoices, "suppliers": suppliers}


__all__ = ["Ledger", "Refusal", "books"]
