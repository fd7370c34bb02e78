"""Compares what the sandbox's IFS holds with what the Procurify records ask for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.pipeline.expectation import Expected, Held, Record, expect_bill, key_of

Codes = tuple[tuple[str, str], ...]
BILL_STAMP, ORDER_STAMP = "Procurify bill ", "Procurify purchase order "
NOT_IN_LIST = frozenset({1, 5, 6})


@dataclass(frozen=True)
class Truth:
    """Both sides at one moment, straight from the two systems."""

    vendors: Sequence[Record]
    bills: Sequence[Record]
    orders: Sequence[Record]
    invoices: Sequence[Record]
    suppliers: Sequence[Record]

    def expected(self) -> dict[str, Expected | Held | None]:
        """Per bill uuid what must be the case, without regard to duplicates."""
        in_ifs = {supplier["SupplierId"] for supplier in self.suppliers}
        vendors = [*self.vendors, *(bill["vendor"] for bill in self.bills)]
        known = {v["id"]: v for v in vendors if (v["external_id"] or f"P{v['id']}") in in_ifs}
        return {bill["uuid"].replace("-", ""): expect_bill(bill, known) for bill in self.bills}

    def standing(self, stamp: str) -> dict[str, list[Record]]:
        """The invoices that count and carry this stamp, by the identity behind it."""
        found: dict[str, list[Record]] = defaultdict(list)
        for invoice in self.invoices:
            text = invoice.get("VoucherText") or ""
            if invoice["Objstate"] != "Cancelled" and text.startswith(stamp):
                found[text.removeprefix(stamp)].append(invoice)
        return found


def check_books(truth: Truth) -> None:
    """Every eligible bill exactly once and right to the cent, every other one absent."""
    wanted = {uuid: e for uuid, e in truth.expected().items() if isinstance(e, Expected)}
    by_key: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for uuid, item in wanted.items():
        by_key[key_of(item)].append(uuid)
    standing = truth.standing(BILL_STAMP)
    entered = {
        (i["Company"], i["Identity"], i["InvoiceNo"].upper())
        for i in truth.invoices
        if not i.get("VoucherText")
    }
    assert set(standing) <= set(wanted), "something is in IFS that has no business there"
    for key, uuids in by_key.items():
        found = [invoice for uuid in uuids for invoice in standing.get(uuid, [])]
        assert len(found) + (key in entered) == 1, (key, uuids)
    for uuid, invoices in standing.items():
        check_invoice(invoices[0], wanted[uuid])


def check_invoice(invoice: Record, expected: Expected) -> None:
    """Header, lines, tax and postings of one invoice, to the cent."""
    header = (invoice["NetCurrAmount"], invoice["VatCurrAmount"], invoice["GrossCurrAmount"])
    assert header == (expected.net, expected.tax, expected.net + expected.tax), invoice
    assert (invoice["Company"], invoice["Identity"]) == (expected.company, expected.supplier)
    assert (invoice["InvoiceNo"], invoice["Currency"]) == (expected.number, expected.currency)
    taxes: dict[str, Decimal] = defaultdict(Decimal)
    for line in invoice["lines"]:
        taxes[line["VatCode"]] += line["VatCurrAmount"]
    assert dict(taxes) == dict(expected.taxes), invoice
    assert sum(line["NetCurrAmount"] for line in invoice["lines"]) == expected.net
    assert postings_of(invoice) == expected.postings, invoice
    assert invoice["proposal"]["Balance"] == 0


def postings_of(invoice: Record) -> Mapping[Codes, Decimal]:
    """The amounts of an invoice by code string."""
    amounts: dict[Codes, Decimal] = defaultdict(Decimal)
    for row in invoice["proposal_rows"]:
        codes = tuple((x, row[f"Code{x}"]) for x in "ABCDEFGHIJ" if row.get(f"Code{x}"))
        amounts[codes] += row["CurrAmount"]
    return {codes: amount for codes, amount in amounts.items() if amount}


def open_amounts(truth: Truth) -> dict[str, Decimal]:
    """What is open per order: its lines less what the bills that stand in IFS take off them."""
    billed: dict[int, Decimal] = defaultdict(Decimal)
    by_hand = {(i["Identity"], i["InvoiceNo"]) for i in truth.invoices if not i.get("VoucherText")}
    stamped = set(truth.standing(BILL_STAMP))
    for bill in truth.bills:
        uuid = bill["uuid"].replace("-", "")
        is_adopted = (bill["vendor"]["external_id"], bill["invoice_number"]) in by_hand
        if uuid in stamped or is_adopted:
            for item in bill["items"]:
                if item["orderitem"]:
                    net = Decimal(str(item["total_cost_with_tax"])) - Decimal(
                        str(item["tax_amount"])
                    )
                    billed[item["orderitem"]["id"]] += net
    left: dict[str, Decimal] = {}
    for order in truth.orders:
        if order["state"] not in {0, 5}:
            continue
        amounts = [
            max(Decimal(0), min(total, total - billed[line["id"]]))
            for line in order["order_items"]
            for total in [Decimal(line["total_cost"])]
        ]
        if sum(amounts):
            left[order["uuid"].replace("-", "")] = sum(amounts, Decimal(0))
    return left


def check_orders(truth: Truth) -> None:
    """Every open order stands once, with what is open on it; the others do not stand."""
    standing = truth.standing(ORDER_STAMP)
    expected = open_amounts(truth)
    assert {uuid: [i["NetCurrAmount"] for i in found] for uuid, found in standing.items()} == {
        uuid: [amount] for uuid, amount in expected.items()
    }
    for invoices in standing.values():
        assert sum(postings_of(invoices[0]).values()) == invoices[0]["NetCurrAmount"]


def read_truth(procurify: Any, ifs: Any) -> Truth:
    """Ask both systems; ``procurify`` and ``ifs`` fetch JSON."""
    said, books = procurify, ifs
    return Truth(
        vendors=said["vendors"],
        bills=said["bills"],
        orders=said["purchase_orders"],
        invoices=books["invoices"],
        suppliers=books["suppliers"],
    )
