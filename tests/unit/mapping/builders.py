"""Records of the tenant "harbour" and what its IFS holds, for the tests of the mapping."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any, cast

from target_ifs_cloud.documents import CompanyId, SupplierId
from target_ifs_cloud.reference import (
    Account,
    CodeValue,
    CompanyReference,
    Demand,
    Period,
    Rate,
    Reference,
    SupplierCompany,
    SupplierReference,
    TaxCode,
)

Record = dict[str, Any]

HCA, HUS = CompanyId("HCA"), CompanyId("HUS")
USD: Record = {"id": 3, "name": "USD", "rate": "1.000000", "base": True, "active": True}
CAD: Record = {"id": 1, "name": "CAD", "rate": "0.740000", "base": False, "active": True}
LOCATIONS: Mapping[int, str] = {1: "Vancouver", 2: "Calgary", 3: "Austin"}
DEPARTMENTS: Mapping[str, tuple[int, str, int]] = {
    "CC-100": (1, "Finance", 1),
    "CC-200": (2, "Research", 1),
    "CC-300": (3, "Operations", 2),
    "CC-310": (4, "Field Service", 2),
    "CC-400": (5, "Sales", 3),
    "CC-410": (6, "IT", 3),
}
_PROJECT_LETTER = {HCA: "C", HUS: "F"}
_COST_CENTRE_LETTER = {HCA: "B", HUS: "C"}
_COST_CENTRES = {HCA: ("100", "200", "300", "310"), HUS: ("400", "410")}
_TAXES = {
    HCA: {"GST5": "5", "PST7": "7", "HST13": "13", "EX0": "0"},
    HUS: {"TX825": "8.25", "EX0": "0"},
}


def department(external_id: str | None) -> Record:
    """A department as it stands inside accounts and users."""
    number, name, location = DEPARTMENTS.get(external_id or "", (99, "Elsewhere", 1))
    return {
        "id": number,
        "name": name,
        "external_id": external_id,
        "branch": {"id": location, "name": LOCATIONS[location]},
        "active": True,
    }


def account(code: str = "6000", where: str | None = "CC-200") -> Record:
    """A Procurify account: account code and department."""
    number = int(code) if code.isdigit() else 0
    return {
        "id": number,
        "account_code": {"id": number, "code": code, "description": f"Account {code}"},
        "department": department(where),
    }


def allocation(
    amount: object, code: str = "6000", where: str | None = "CC-200", **changes: object
) -> Record:
    """One row of a bill line's split."""
    row = {"id": 301, "amount": amount, "currency": USD, "budget": account(code, where)}
    return {**row, **changes}


def project(value: object) -> Record:
    """The custom field "Project" of an order item."""
    return {"id": 901, "value": value, "field": {"id": 54, "name": "Project", "field_type": "m"}}


def item(number: int = 8801, cost: str = "80.00", tax: str = "0.00", **changes: object) -> Record:
    """A bill line whose tax comes on top, allocated to lab supplies of Research."""
    amount = Decimal(cost)
    row: Record = {
        "id": number,
        "description": f"Line {number}",
        "currency": USD,
        "total_cost": amount,
        "tax_amount": Decimal(tax),
        "total_cost_with_tax": amount + Decimal(tax),
        "tax_name": "",
        "tax_percentage": None,
        "tax_is_inclusive": False,
        "shipping_amount": None,
        "cost_allocations": [allocation(cost)],
        "custom_fields": [],
        "orderitem": None,
        "po": None,
    }
    if Decimal(tax):
        percent = Decimal(tax) * 100 / amount
        names = {Decimal(5): "GST", Decimal(7): "PST", Decimal(13): "HST"}
        row["tax_name"] = names.get(percent, "GST")
        row["tax_percentage"] = f"{percent:.8f}"
    return {**row, **changes}


def cost(amount: str = "15.00", **changes: object) -> Record:
    """A bill-level cost."""
    row = {
        "id": 55,
        "name": "Freight",
        "amount": amount,
        "currency": 3,
        "cost_allocation": allocation(amount, "6300"),
    }
    return {**row, **changes}


def vendor(number: int = 6, **changes: object) -> Record:
    """A vendor that IFS has as supplier ``V-10006``."""
    row = {
        "id": number,
        "name": "Five Star Instruments",
        "active": True,
        "type": 4,
        "addressLineOne": "55 West Hampton Ave",
        "addressLineTwo": "",
        "postalCode": "V6C 1T1",
        "city": "Vancouver",
        "state_province": "BC",
        "country": "Canada",
        "phoneOne": "604-555-0101",
        "phoneTwo": "",
        "email": ["", "ap@vendor6.example"],
        "external_id": f"V-{10000 + number}",
        "dateModified": "2026-03-04T09:12:44.910221-08:00",
        "currency": 3,
        "payment_term_ref": {"id": 11, "name": "Net 30"},
        "vendor_request": None,
    }
    return {**row, **changes}


def bill(items: Sequence[Record] | None = None, **changes: object) -> Record:
    """An approved bill; its totals follow from its items and costs unless they are given."""
    lines = [item()] if items is None else list(items)
    costs = cast("list[Record]", changes.get("costs", []))
    tax = sum((_amount(line["tax_amount"]) for line in lines), Decimal(0))
    gross = sum((_amount(line["total_cost_with_tax"]) for line in lines), Decimal(0))
    gross += sum((_amount(row["amount"]) for row in costs), Decimal(0))
    row: Record = {
        "id": 624,
        "uuid": "847AAE0D-DDA0-43E3-BE0B-8A0203E4920B",
        "version": 1,
        "status": 2,
        "type": 0,
        "active": True,
        "currency": USD,
        "vendor": vendor(),
        "items": lines,
        "costs": [],
        "bill_statuses": [
            {"id": 9000, "status": 0, "user": {"id": 21, "department": department("CC-300")}},
            {"id": 9002, "status": 2, "user": {"id": 15, "department": department("CC-100")}},
        ],
        "added_purchase_orders": [],
        "invoice_number": "INV-7781",
        "invoice_date": "2026-03-09T00:00:00-07:00",
        "due_date": "2026-04-08T00:00:00-07:00",
        "gl_post_date": "2026-03-11T23:30:00-07:00",
        "submitted_date": "2026-03-10T11:04:10-07:00",
        "payment_terms": "Net 30",
        "tax_amount": tax,
        "total_cost_with_tax": gross,
        "converted_total_cost": gross,
        "shipping_amount": Decimal("0.0"),
        "invoice_total": None,
    }
    return {**row, **changes}


def _amount(value: object) -> Decimal:
    return Decimal(str(value))


def order_line(number: int = 193, total: str = "80.00", **changes: object) -> Record:
    """A purchase order line, one account for all of it."""
    row: Record = {
        "id": number,
        "account": account(),
        "spend_allocation": [],
        "currency": USD,
        "total_cost": total,
        "tax_amount": "4.00000000",
        "shipping_amount": None,
        "status": 3,
        "is_active": True,
        "custom_fields": [],
        "approval_history": [],
    }
    return {**row, **changes}


def order(lines: Sequence[Record] | None = None, **changes: object) -> Record:
    """An open purchase order."""
    row: Record = {
        "procurify_PO": 52,
        "uuid": "8325e590-3b53-11e7-bfdd-021a9831e76d",
        "number": "PF52",
        "version": 1,
        "most_recent_version": 1,
        "state": 0,
        "active": True,
        "date": "2026-03-03T08:52:33-08:00",
        "payment_terms": "Net 30",
        "purchased_currency": USD,
        "purchased_currency_rate": "1.000000",
        "pref_vendor": vendor(),
        "total": "80.00",
        "order_items": [order_line()] if lines is None else list(lines),
    }
    return {**row, **changes}


def company_reference(company: CompanyId, **changes: object) -> CompanyReference:
    """What IFS holds of a company of the tenant."""
    cost_centre, projects = _COST_CENTRE_LETTER[company], _PROJECT_LETTER[company]
    codes = ("1510", "4010", "4110", "4210", "4310", "4410", "4510", "4610", "4900")
    values: dict[str, Any] = {
        "company": company,
        "name": str(company),
        "country": "CA" if company == HCA else "US",
        "uses_posting_proposal": True,
        "default_invoice_type": "SUPPINV",
        "accounts": {code: _account(code, cost_centre, projects) for code in codes},
        "code_values": {
            cost_centre: {code: CodeValue(value=code) for code in _COST_CENTRES[company]},
            projects: {code: CodeValue(value=code) for code in ("P-1", "P-2", "P-3")},
        },
        "tax_codes": {
            code: TaxCode(value=code, rate=Decimal(rate)) for code, rate in _TAXES[company].items()
        },
        "payment_terms": frozenset({"0", "15", "30", "45", "60"}),
        "currencies": frozenset({"CAD", "USD"}),
        "rates": (
            Rate(currency="EUR", valid_from=date(2026, 1, 1), rate=Decimal("1.60")),
            Rate(
                currency="USD" if company == HCA else "CAD",
                valid_from=date(2025, 1, 1),
                rate=Decimal("1.35") if company == HCA else Decimal("0.74"),
            ),
            *(
                (Rate(currency="USD", valid_from=date(2026, 7, 1), rate=Decimal("1.36")),)
                if company == HCA
                else ()
            ),
        ),
        "periods": (
            Period(date_from=date(2025, 1, 1), date_until=date(2025, 12, 31), is_open=False),
            Period(date_from=date(2026, 1, 1), date_until=date(2026, 12, 31), is_open=True),
        ),
        "read_at": datetime(2026, 3, 12, tzinfo=timezone.utc),
    }
    return CompanyReference(**{**values, **changes})


def _account(code: str, cost_centre: str, projects: str) -> Account:
    demands = dict.fromkeys("BCDEFGHIJ", Demand.BLOCKED)
    demands[cost_centre] = Demand.CAN if code == "1510" else Demand.MANDATORY
    demands[projects] = {"4110": Demand.BLOCKED, "4900": Demand.MANDATORY}.get(code, Demand.CAN)
    return Account(value=code, demands=demands)


def supplier_reference(
    supplier: str = "V-10006", name: str = "Five Star Instruments", country: str = "CA"
) -> SupplierReference:
    """A supplier with invoice data in both companies."""
    row = SupplierCompany(payment_term="45", uses_posting_proposal=None)
    return SupplierReference(
        supplier=SupplierId(supplier),
        name=name,
        country=country,
        companies={HCA: row, HUS: row},
    )


def reference(
    *companies: CompanyReference, suppliers: Sequence[SupplierReference] | None = None
) -> Reference:
    """What IFS holds of the tenant; given companies replace those of the same id."""
    known = {one.company: one for one in (company_reference(HCA), company_reference(HUS))}
    known.update({one.company: one for one in companies})
    rows = [supplier_reference()] if suppliers is None else suppliers
    return Reference(companies=known, suppliers={one.supplier: one for one in rows})
