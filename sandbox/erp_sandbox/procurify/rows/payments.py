"""Payments, derived from the bills that are in a payment status."""

from __future__ import annotations

from datetime import datetime

from erp_sandbox.exact_json import Fragment, JsonValue, fragment
from erp_sandbox.procurify.rows.people import user_short
from erp_sandbox.procurify.rows.reference import currency_full
from erp_sandbox.procurify.rows.values import fixed, midnight_or_none, money, utc_stamp
from erp_sandbox.procurify.rows.vendors import company_methods, vendor_method_row
from erp_sandbox.purchases import (
    PAID,
    PAYMENT_APPROVED,
    PAYMENT_CONFIRMED,
    PAYMENT_LIMBO,
    Bill,
    Vendor,
)
from erp_sandbox.tenant import CURRENCY, USER

# Bill status -> status word of public payments, status code of the payment inside a bill.
PAYMENT_STATES = {
    PAYMENT_CONFIRMED: ("pending_approval", 1),
    PAYMENT_APPROVED: ("approved", 2),
    PAYMENT_LIMBO: ("processing", 7),
    PAID: ("paid", 5),
}
FIRST_PAYMENT_ID = 71_000
OPERATING = {"USD": (2, "Operating", "1000"), "CAD": (3, "Operating CAD", "1010")}


def _operating(bill: Bill) -> tuple[int, str, str]:
    """The account that pays the bill: that of its currency, else the one in the base currency."""
    return OPERATING.get(bill.currency, OPERATING["USD"])


def has_payment(bill: Bill) -> bool:
    """Whether a payment exists for the bill."""
    return bill.status in PAYMENT_STATES


def payment_id(bill: Bill) -> int:
    """The id of the bill's payment."""
    return FIRST_PAYMENT_ID + bill.id


def payment_created(bill: Bill) -> datetime:
    """When the payment was made: at the first payment status."""
    return next(change.at for change in bill.history if change.status in PAYMENT_STATES)


def payment_updated(bill: Bill) -> datetime:
    """When the payment moved last."""
    return bill.history[-1].at


def payment_row(bill: Bill, vendor: Vendor) -> Fragment:
    """A payment of the public API; it names its bills by their group."""
    method, source, gl_code = _operating(bill)
    creator = USER[bill.creator]
    moved = payment_updated(bill).date().isoformat()
    is_paid = bill.status == PAID
    return fragment(
        {
            "id": payment_id(bill),
            "uuid": f"{payment_id(bill):032x}",
            "payment_source_name": source,
            "payment_source_type": "external",
            "external_payment_source_id": method,
            "creator": {
                "email": creator.email,
                "first_name": creator.first_name,
                "last_name": creator.last_name,
            },
            "created_at": utc_stamp(payment_created(bill)),
            "updated_at": utc_stamp(payment_updated(bill)),
            "amount": fixed(bill.total, 2),
            "currency": {"id": CURRENCY[bill.currency].id, "name": bill.currency},
            "status": PAYMENT_STATES[bill.status][0],
            "processing_date": moved if is_paid else None,
            "direct_debit_bank_account_mask": None,
            "vendor_name": vendor.name,
            "posted_date": moved if is_paid else None,
            "gl_code": gl_code,
            "vendor_payment_method_country_code": None,
            "vendor_payment_method_rail": None,
            "bill_groups": [bill.group],
        }
    )


def bill_payment(bill: Bill) -> JsonValue:
    """The payment inside a bill's detail, if there is one."""
    if not has_payment(bill):
        return None
    method, name, _ = _operating(bill)
    is_paid = bill.status == PAID
    return {
        "id": payment_id(bill),
        "payment": {
            "id": payment_id(bill),
            "user": bill.creator,
            "approver": bill.approver,
            "status": PAYMENT_STATES[bill.status][1],
            "currency": CURRENCY[bill.currency].id,
            "amount": money(bill.total),
            "payment_method": method,
            "payment_date": payment_updated(bill).date().isoformat() if is_paid else None,
            "memo": "",
            "reference_number": "",
            "is_processed": is_paid,
        },
        "payment_method": {
            "id": method,
            "vendor": bill.vendor,
            "name": name,
            "type": 0,
            "data": {},
            "currency": currency_full(bill.currency),
        },
        "amount": money(bill.total),
        "transaction": None,
    }


def old_payment_row(bill: Bill, vendor: Vendor) -> Fragment:
    """A payment of the list that is marked for removal; it holds its bills."""
    own, _, _ = _operating(bill)
    total = money(bill.total)
    taxes = (bill.tax, bill.inclusive_tax, bill.tax - bill.inclusive_tax)
    names = ("tax_amount", "inclusive_tax_amount", "exclusive_tax_amount")
    return fragment(
        {
            "id": payment_id(bill),
            "bill_payments": [
                {
                    "id": payment_id(bill),
                    "bill": {
                        "id": bill.id,
                        "uuid": bill.uuid,
                        "vendor": {"id": vendor.id, "name": vendor.name},
                        "tax_amount": bill.tax,
                        "vendor_name": vendor.name[:100],
                        "due_date": midnight_or_none(bill.due_date),
                        "status": bill.status,
                        "type": bill.type,
                        "group": bill.group,
                    },
                    "user": user_short(bill.creator),
                    "payment_method": vendor_method_row(vendor),
                    "amount": total,
                    "transaction": None,
                }
            ],
            "payment_method_type": 0,
            "payment_method": next(one for one in company_methods() if one["id"] == own),
            "payment_date": payment_updated(bill).date().isoformat()
            if bill.status == PAID
            else None,
            "amount": total,
            "total_amount_with_tax": total,
            **{name: money(tax) for name, tax in zip(names, taxes, strict=True)},
            "currency": currency_full(bill.currency),
            "status": PAYMENT_STATES[bill.status][1],
            "ach_number": 0,
            "next_approver_choices": [],
        }
    )
