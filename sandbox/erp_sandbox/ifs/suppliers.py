"""What a new row of a supplier must bring at a strict site."""

from __future__ import annotations

from erp_sandbox.ifs.behaviour import SetRules
from erp_sandbox.ifs.ledger import Ledger
from erp_sandbox.ifs.model_suppliers import COMPANY_ROW_ALL_REQUIRED, COMPANY_ROWS
from erp_sandbox.ifs.refusal import NOT_THERE, RECORD_ERROR, database_error
from erp_sandbox.ifs.store import Row


def check_new_company_row(ledger: Ledger, row: Row) -> None:
    """The company is there; much of the row is not nullable at some sites (inferred)."""
    if ledger.store.get("CompanySet", row["Company"]) is None:
        raise database_error(NOT_THERE, "Company", tag="NOTEXIST")
    needed = COMPANY_ROW_ALL_REQUIRED if ledger.knobs.company_row_needs_all else ()
    for name in needed:
        if row.get(name) in {None, ""}:
            raise database_error(RECORD_ERROR, "IdentityInvoiceInfo", tag="NULLVALUE", text=name)


RULES = {COMPANY_ROWS: SetRules(check_new=check_new_company_row)}
