"""Rows of bills: the list row, the detail with lines, charges and history, and flat bill items."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from erp_sandbox.exact_json import Fragment, JsonValue, fragment
from erp_sandbox.procurify.rows.bill_lines import BillParties, item_fields
from erp_sandbox.procurify.rows.payments import bill_payment
from erp_sandbox.procurify.rows.people import user_plain, user_short, user_summary
from erp_sandbox.procurify.rows.reference import (
    account,
    currency_full,
    currency_simple,
)
from erp_sandbox.procurify.rows.values import (
    fixed,
    midnight_or_none,
    money,
    stamp,
    stamp_or_none,
)
from erp_sandbox.purchases import (
    CARD_BILL,
    PAID,
    Bill,
    BillCost,
    PurchaseOrder,
    Vendor,
    to_cents,
)
from erp_sandbox.tenant import CURRENCY, USER

APPROVAL_CHAIN = 5
FREIGHT_CLASS = 2
CARD_ID = 31
PLAIN_DATE_EVERY = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ListStyle:
    """How the list writes what the contract leaves open."""

    today: date
    mixes_plain_dates: bool


def bill_list_row(bill: Bill, vendor: Vendor, style: ListStyle) -> Fragment:
    """The list row: ids of the lines, the vendor's name, no lines.

    Source: dates are date-times in one published spec and bare strings in the other, so some rows
    have plain dates.
    """
    is_plain = style.mixes_plain_dates and bill.id % PLAIN_DATE_EVERY == 0
    write: Callable[[date | None], str | None] = _plain_date if is_plain else midnight_or_none
    is_overdue = bill.due_date is not None and bill.due_date < style.today
    return fragment(
        {
            "id": bill.id,
            "status": bill.status,
            "version": bill.version,
            "locked": _is_locked(bill),
            "currency": currency_simple(bill.currency),
            "uuid": bill.uuid,
            "items": [line.id for line in bill.lines],
            "vendor": {"id": vendor.id, "name": vendor.name},
            "due_date": write(bill.due_date),
            "total_cost_with_tax": bill.total,
            "invoice_date": write(bill.invoice_date),
            "next_approver_choices": None,
            "last_export_user": None,
            "last_modified_datetime": stamp(bill.modified),
            "last_export_date": _plain_date(bill.exported),
            "submitted_date": stamp_or_none(bill.submitted),
            "gl_post_date": write(bill.gl_post_date),
            "invoice_number": bill.number,
            "group": bill.group,
            "type": bill.type,
            "user": user_plain(bill.approver or bill.creator),
            "approver": _list_approver(bill),
            "past_due": is_overdue and bill.status != PAID,
            "invoice_created": False,
            "invoice_uuid": None,
            "invoice_total": bill.total,
            "creator": user_plain(bill.creator),
        }
    )


def _plain_date(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _is_locked(bill: Bill) -> bool:
    """Inferred: a bill that is exported or paid is locked."""
    return bill.exported is not None or bill.status == PAID


def _list_approver(bill: Bill) -> JsonValue:
    if bill.approver is None:
        return None
    person = USER[bill.approver]
    return {
        "firstName": person.first_name,
        "lastName": person.last_name,
        "profile_image": None,
        "approval_delegatee": {},
    }


def bill_detail(bill: Bill, parties: BillParties) -> Fragment:
    """The bill with all that belongs to it.

    Source: computed totals are numbers, stored amounts strings, ``converted_total_cost`` is in the
    base currency (documented); that it contains the tax is inferred from a sample.
    """
    rate = CURRENCY[bill.currency].rate
    is_card = bill.type == CARD_BILL
    return fragment(
        {
            "version": bill.version,
            "id": bill.id,
            "uuid": bill.uuid,
            "user": user_summary(bill.approver or bill.creator),
            "vendor": parties.vendor_json,
            "approval_chain": APPROVAL_CHAIN if bill.approver else None,
            "approver": _approver(bill),
            "items": [item_fields(bill, line, parties) for line in bill.lines],
            "costs": [_cost(bill, cost) for cost in bill.costs],
            "invoice_attachments": _attachments(bill),
            "bill_statuses": _statuses(bill),
            "currency": currency_full(bill.currency),
            "comments": [],
            "version_choices": [{"pk": bill.id, "version": bill.version}],
            "tax_amount": bill.tax,
            "inclusive_tax_amount": bill.inclusive_tax,
            "exclusive_tax_amount": bill.tax - bill.inclusive_tax,
            "subtotal_cost": bill.subtotal,
            "total_cost": bill.cost,
            "total_cost_with_tax": bill.total,
            "converted_total_cost": to_cents(bill.total * rate),
            "next_approver_choices": None,
            "locked": _is_locked(bill),
            "bill_payment": bill_payment(bill),
            "creditcard": CARD_ID if is_card else None,
            "creditcard_name": "Company Card" if is_card else None,
            "last_export_user": None,
            "last_export_date": _plain_date(bill.exported),
            **_vendor_text(parties.vendor),
            "last_modified_datetime": stamp(bill.modified),
            "submitted_date": stamp_or_none(bill.submitted),
            "invoice_number": bill.number,
            "invoice_date": midnight_or_none(bill.invoice_date),
            "due_date": midnight_or_none(bill.due_date),
            "payment_terms": bill.term,
            "status": bill.status,
            "type": bill.type,
            "active": True,
            "note": bill.note,
            "gl_post_date": midnight_or_none(bill.gl_post_date),
            "group": bill.group,
            "payment_method": None,
            "payment_method_name": None,
            "added_purchase_orders": [_added_order(order) for order in parties.orders.values()],
            "shipping_amount": bill.shipping,
            "invoice_uuid": None,
            "invoice_total": bill.total,
            "creator": user_summary(bill.creator),
        }
    )


def _vendor_text(vendor: Vendor) -> dict[str, JsonValue]:
    """The vendor's address as the bill keeps it: text, never null."""
    return {
        "vendor_name": vendor.name[:100],
        "vendor_contact": vendor.contact or "",
        "vendor_address_one": vendor.street or "",
        "vendor_address_two": vendor.street_two or "",
        "vendor_postal_code": (vendor.postal_code or "")[:10],
        "vendor_city": vendor.city or "",
        "vendor_state_province": vendor.state or "",
        "vendor_country": vendor.country or "",
    }


def _approver(bill: Bill) -> JsonValue:
    """The approver row; its id is not that of the user (documented)."""
    if bill.approver is None:
        return None
    return {
        "id": 70 + bill.approver,
        "user": user_short(bill.approver),
        "amount_limit": "100000.00",
        "item_variance_amount_limit": None,
        "item_variance_percentage_limit": "10.00",
        "approval_level": 1,
    }


def _cost(bill: Bill, cost: BillCost) -> JsonValue:
    share = cost.allocation
    return {
        "id": cost.id,
        "cost_allocation": {
            "id": 900_000 + cost.id,
            "budget": account(share.account_code, share.department),
            "object_id": cost.id,
            "amount": money(share.amount),
            "currency": currency_full(bill.currency),
            "created_on": stamp(bill.history[0].at),
        },
        "name": cost.name,
        "amount": money(share.amount),
        "bill": bill.id,
        "cost": FREIGHT_CLASS,
        "currency": CURRENCY[bill.currency].id,
    }


def _attachments(bill: Bill) -> list[JsonValue]:
    return [
        {
            "id": 3000 + bill.id,
            "uuid": bill.uuid,
            "file": f"https://files.harbour.example/{bill.uuid}",
            "name": f"{bill.id}.pdf",
            "user": bill.creator,
            "description": "",
            "mimetype": "application/pdf",
            "length": 48_213,
            "sha1_hash": f"{bill.id:040x}",
            "created_at": stamp(bill.history[0].at),
        }
    ]


def _statuses(bill: Bill) -> list[JsonValue]:
    return [
        {
            "id": bill.id * 10 + position,
            "user": user_summary(change.user),
            "date": stamp(change.at),
            "status": change.status,
            "bill": bill.id,
        }
        for position, change in enumerate(bill.history)
    ]


def _added_order(order: PurchaseOrder) -> JsonValue:
    return {
        "id": order.id,
        "number": order.number,
        "currency": order.currency,
        "total_amount": fixed(order.total, 2),
    }


def list_permissions() -> dict[str, JsonValue]:
    """What the calling user may do with bills: nothing."""
    return {"can_edit": False, "can_delete": False, "can_approve": False}
