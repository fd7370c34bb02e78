"""What stands in IFS in the end, for tests and for the eye."""

from __future__ import annotations

from typing import Any

from erp_sandbox.ifs.invoices import ITEMS, POSTINGS, PROPOSAL_ROWS, proposal_of
from erp_sandbox.ifs.ledger import Ledger
from erp_sandbox.ifs.model_external import HEADS, LOADS
from erp_sandbox.ifs.model_orders import LINES, ORDERS
from erp_sandbox.ifs.model_vouchers import VOUCHER_ROWS, VOUCHERS


def books(ledger: Ledger) -> dict[str, Any]:
    """Every supplier, invoice, line and posting, with what belongs together."""
    tables = ledger.store.tables
    invoices = []
    for invoice in tables["ManSuppInvoiceSet"].values():
        head = proposal_of(ledger, invoice)
        invoices.append(
            {
                **invoice,
                "lines": ledger.children(ITEMS, invoice),
                "postings": ledger.children(POSTINGS, invoice),
                "proposal": head,
                "proposal_rows": ledger.children(PROPOSAL_ROWS, head) if head else [],
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
    vouchers = [
        {**voucher, "rows": ledger.children(VOUCHER_ROWS, voucher)}
        for voucher in tables[VOUCHERS].values()
    ]
    loads = [{**load, "heads": ledger.children(HEADS, load)} for load in tables[LOADS].values()]
    orders = [
        {**order, "lines": list(ledger.store.rows(LINES, {"OrderNo": order["OrderNo"]}))}
        for order in tables[ORDERS].values()
    ]
    return {
        "invoices": invoices,
        "suppliers": suppliers,
        "vouchers": vouchers,
        "loads": loads,
        "orders": orders,
    }
