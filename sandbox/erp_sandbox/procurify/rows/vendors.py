"""Rows of vendors in the four shapes that Procurify answers with (documented)."""

from __future__ import annotations

from erp_sandbox.exact_json import Fragment, JsonValue, fragment
from erp_sandbox.procurify.rows.reference import (
    CURRENCY_BY_ID,
    currency_full,
    term_object,
)
from erp_sandbox.procurify.rows.values import fixed, stamp
from erp_sandbox.purchases import Vendor

SHIPPING_TERM: JsonValue = {"id": 4, "name": "FOB", "description": "FOB", "active": True}
SHIPPING_METHOD: JsonValue = {
    "id": 5,
    "name": "Courier",
    "description": "Courier",
    "active": True,
}
FIRST_METHOD_ID = 7000


def payment_method_id(vendor: Vendor) -> int:
    """The id of the vendor's payment method."""
    return FIRST_METHOD_ID + vendor.id


def bank_data(vendor: Vendor) -> dict[str, JsonValue]:
    """Bank details as the API shows them: numbers masked but for their end (documented)."""
    return {
        "company_name": vendor.name,
        "account_number": f"****{vendor.bank_tail}",
        "routing_number": "****7892",
    }


def method_currency(vendor: Vendor) -> Fragment:
    """The currency of the vendor's payment method."""
    row = CURRENCY_BY_ID.get(vendor.currency_id or 0)
    return currency_full(row.code if row else "USD")


def _payment_methods(vendor: Vendor) -> list[JsonValue]:
    if vendor.bank_tail is None:
        return []
    return [
        {
            "id": payment_method_id(vendor),
            "name": f"{vendor.name} ACH",
            "type": 2,
            "data": bank_data(vendor),
            "currency": method_currency(vendor),
            "payment_rail": "ACH",
            "bank_account_country_code": "US",
        }
    ]


def _plain(vendor: Vendor) -> dict[str, JsonValue]:
    """What every shape has."""
    term = vendor.term_id
    return {
        "id": vendor.id,
        "name": vendor.name,
        "active": vendor.is_active,
        "addressLineOne": vendor.street,
        "addressLineTwo": vendor.street_two,
        "postalCode": vendor.postal_code,
        "city": vendor.city,
        "state_province": vendor.state,
        "country": vendor.country,
        "phoneOne": vendor.phone,
        "phoneTwo": vendor.phone_two,
        "fax": vendor.fax,
        "email": list(vendor.emails),
        "comments": vendor.comments,
        "contact": vendor.contact,
        "url": vendor.url,
        "external_id": vendor.external_id,
        "dateModified": stamp(vendor.modified),
        "currency": vendor.currency_id,
        "payment_term_ref": term_object(term) if term else None,
        "shipping_term_ref": SHIPPING_TERM,
        "payment_method_ref": None,
        "shipping_method_ref": SHIPPING_METHOD,
        "payment_methods": _payment_methods(vendor),
        "tax": vendor.tax_id,
        "type": vendor.type,
        "default_payment_method": vendor.default_payment_method,
        "creditcards": [],
        "is_1099_eligible": vendor.is_1099_eligible,
        "overall_score": vendor.overall_score,
        "is_auto_email_po_enabled": vendor.is_auto_email_po_enabled,
        "po_pdf_labels": vendor.po_pdf_labels,
        "email_configurations": {},
    }


def _request(vendor: Vendor) -> JsonValue:
    if not vendor.is_awaiting_approval:
        return None
    return {
        "id": vendor.id,
        "requester": "Amal Rojas",
        "submitted_date": stamp(vendor.modified),
        "next_approver": "Birgit Lund",
        "permissions": {},
    }


def vendor_list_row(vendor: Vendor) -> Fragment:
    """The list row, also the answer to PATCH: the score is a string here."""
    score = vendor.overall_score
    return fragment(
        {
            **_plain(vendor),
            "overall_score": None if score is None else fixed(score, 3),
            "vendor_request": _request(vendor),
        }
    )


def vendor_detail(vendor: Vendor) -> Fragment:
    """The answer to GET by id and to POST: the score is a number, with its parts."""
    return fragment(
        {
            **_plain(vendor),
            "performance": _performance(vendor),
            "vendor_request": _request(vendor),
        }
    )


def vendor_inside(vendor: Vendor) -> Fragment:
    """The vendor as orders, lines and bills carry it."""
    return fragment(_plain(vendor))


def vendor_replaced(vendor: Vendor) -> Fragment:
    """The answer to PUT: the four references are ids here."""
    return fragment(
        {
            **_plain(vendor),
            "payment_term_ref": vendor.term_id,
            "shipping_term_ref": 4,
            "payment_method_ref": None,
            "shipping_method_ref": 5,
        }
    )


def _performance(vendor: Vendor) -> JsonValue:
    score = vendor.overall_score
    if score is None:
        return None
    part: JsonValue = {"score": score, "weight": "0.2"}
    names = ("speed", "accuracy", "quality", "cost")
    return {
        "overall_score": score,
        "average_delivery_time": "3.500",
        "breakdown": dict.fromkeys(names, part),
    }


def vendor_method_row(vendor: Vendor) -> Fragment:
    """A vendor's payment method with its bank details."""
    return fragment(
        {
            "id": payment_method_id(vendor),
            "vendor": vendor.id,
            "name": f"{vendor.name} ACH",
            "type": 2,
            "data": bank_data(vendor),
            "currency": method_currency(vendor),
            "payment_rail": "ACH",
            "bank_account_country_code": "US",
            "flight_time": {"min": 1, "max": 3},
            "transaction_fee": {"type": "fixed", "value": "0.00"},
        }
    )


def company_methods() -> list[dict[str, JsonValue]]:
    """The tenant's own payment methods."""
    return [
        {
            "id": number,
            "name": name,
            "type": 0,
            "data": {"description": f"{name} account"},
            "currency": currency_full(code),
            "gl_code": gl_code,
        }
        for number, name, code, gl_code in (
            (2, "Operating", "USD", "1000"),
            (3, "Operating CAD", "CAD", "1010"),
        )
    ]
