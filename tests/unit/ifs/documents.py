"""Documents and IFS rows for tests of supplier invoices."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from target_ifs_cloud.documents import (
    CompanyId,
    Line,
    Posting,
    Source,
    SupplierId,
    SupplierInvoice,
)
from target_ifs_cloud.ifs.invoices import (
    InvoiceDetails,
    InvoiceShown,
    ProposalShown,
    shown_invoice,
)
from target_ifs_cloud.ifs.profile import load_profile
from target_ifs_cloud.ifs.rows import RowShown

PROFILE = load_profile()
HEAD_PATH = "PostingProposalHeadSet(Company='HCA',ProposalId=9)"


def invoice(**changes: Any) -> SupplierInvoice:
    """A bill of two lines and three postings."""
    values: dict[str, Any] = {
        "source": Source(kind="bill", id="u1", version=1, hash="h", label="bill INV-1"),
        "company": CompanyId("HCA"),
        "supplier": SupplierId("V-1"),
        "series": "II",
        "number": "Inv-1",
        "currency": "CAD",
        "net": Decimal("100.00"),
        "tax": Decimal("5.00"),
        "gross": Decimal("105.00"),
        "header": (
            ("InvoiceDate", date(2026, 1, 31)),
            ("CreationDate", date(2026, 2, 1)),
            ("PoRefNumber", None),
            ("IntAllowed", True),
        ),
        "lines": (
            Line(ref="1", net=Decimal("60.00"), tax=Decimal("3.00"), tax_code="GST5"),
            Line(ref="2", net=Decimal("40.00"), tax=Decimal("2.00"), tax_code="GST5"),
        ),
        "postings": (
            posting("4010", "60.00", B="200"),
            posting("4010", "30.00", B="100", C="P-1"),
            posting("4210", "10.00", B="100"),
        ),
    }
    return SupplierInvoice(**(values | changes))


def posting(account: str, amount: str, **codes: str) -> Posting:
    """One cost posting."""
    return Posting(ref="1", codes=(("A", account), *sorted(codes.items())), amount=Decimal(amount))


def row(**changes: Any) -> dict[str, Any]:
    """The invoice as IFS shows it when all is well."""
    values = {
        "@odata.etag": 'W/"h1"',
        "Company": "HCA",
        "InvoiceId": 7,
        "Identity": "V-1",
        "PartyType": "Supplier",
        "SeriesId": "II",
        "InvoiceNo": "Inv-1",
        "Currency": "CAD",
        "NetCurrAmount": Decimal(100),
        "VatCurrAmount": Decimal("5.0"),
        "GrossCurrAmount": 105,
        "InvoiceDate": "2026-01-31",
        "CreationDate": "2026-03-09",
        "IntAllowed": "TRUE",
        "Objstate": "Preliminary",
        "luname": "ManSuppInvoice",
    }
    return values | changes


def shown(**changes: Any) -> InvoiceShown:
    """The same as a value."""
    return shown_invoice(row(**changes), PROFILE)


def child(path: str, etag: str, **values: object) -> RowShown:
    """One row below an invoice or a proposal."""
    return RowShown(path=path, etag=etag, values=values)


def lines() -> tuple[RowShown, ...]:
    """Lines that agree with the document, in another order."""
    return tuple(
        child(
            f"ManSuppInvoiceSet(Company='HCA',InvoiceId=7)/ManSuppInvoiceItemArray(ItemId={n})",
            f'W/"l{n}"',
            NetCurrAmount=Decimal(net),
            VatCurrAmount=Decimal(tax),
            VatCode="GST5",
        )
        for n, (net, tax) in enumerate([("40", "2"), ("60", "3")], start=1)
    )


def proposal_rows() -> tuple[RowShown, ...]:
    """Proposal rows that agree with the document."""
    rows = (("4010", "60", "200", None), ("4010", "30", "100", "P-1"), ("4210", "10", "100", ""))
    return tuple(
        child(
            f"{HEAD_PATH}/PostingProposalArray(RowId={n})",
            f'W/"p{n}"',
            CodeA=account,
            CodeB=centre,
            CodeC=project,
            CurrAmount=amount,
        )
        for n, (account, amount, centre, project) in enumerate(rows, start=1)
    )


def details(**changes: Any) -> InvoiceDetails:
    """Lines and proposal that agree with the document."""
    head = ProposalShown(
        path=HEAD_PATH, etag='W/"q"', state="Balanced", balance=Decimal(0), rows=proposal_rows()
    )
    values: dict[str, Any] = {"uses_proposal": True, "lines": lines(), "proposal": head}
    return InvoiceDetails(**(values | changes))
