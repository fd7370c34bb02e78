"""Rows of purchase orders: the header of the list, and the detail with its lines."""

from __future__ import annotations

from erp_sandbox.exact_json import Fragment, JsonValue, fragment
from erp_sandbox.procurify.rows.order_lines import detail_line
from erp_sandbox.procurify.rows.people import user_plain, user_summary
from erp_sandbox.procurify.rows.reference import currency_simple, currency_summary, term_object
from erp_sandbox.procurify.rows.values import fixed, midnight, stamp, stamp_or_none, utc_stamp
from erp_sandbox.procurify.rows.vendors import SHIPPING_METHOD, SHIPPING_TERM
from erp_sandbox.purchases import PurchaseOrder, Vendor
from erp_sandbox.tenant import CURRENCY, TERM, USER, location


def _address(order: PurchaseOrder, association: int) -> dict[str, JsonValue]:
    place = location(order.location)
    created = utc_stamp(order.created.replace(year=2023, microsecond=0))
    return {
        "id": place.id * 10 + association,
        "is_active": True,
        "created_at": created,
        "updated_at": created,
        "name": place.name,
        "addressAssociation": association,
        "addressLineOne": place.street,
        "addressLineTwo": "",
        "postalCode": place.postal_code,
        "city": place.name,
        "state_province": place.state,
        "country": place.country,
        "last_changed_by": None,
    }


def _party(
    order: PurchaseOrder, prefix: str, contact: int, association: int
) -> dict[str, JsonValue]:
    """The buyer or the receiver: flat fields and an address object."""
    place = location(order.location)
    person = USER[contact]
    return {
        f"{prefix}_name": place.name,
        f"{prefix}_contact": f"{person.first_name} {person.last_name}",
        f"{prefix}_addressLineOne": place.street,
        f"{prefix}_postalCode": place.postal_code,
        f"{prefix}_city": place.name,
        f"{prefix}_state_province": place.state,
        f"{prefix}_country": place.country,
        f"{prefix}_address": _address(order, association),
    }


def _vendor_text(vendor: Vendor) -> dict[str, JsonValue]:
    return {
        "vendor_name": vendor.name,
        "vendor_contact": vendor.contact,
        "vendor_addressLineOne": vendor.street,
        "vendor_postalCode": vendor.postal_code,
        "vendor_city": vendor.city,
        "vendor_state_province": vendor.state,
        "vendor_country": vendor.country,
    }


def order_fields(
    order: PurchaseOrder, vendor: Vendor, vendor_json: Fragment
) -> dict[str, JsonValue]:
    """The header of an order as the list shows it.

    Source: ``tax`` and ``discount`` are objects with a number, the other amounts strings
    (documented). There is no department, location, account or requester in a header.
    """
    rate = CURRENCY[order.currency].rate
    return {
        "number": order.number,
        "uuid": order.uuid,
        "purchaser": user_summary(order.purchaser),
        "procurify_PO": order.id,
        "PO_Num": order.custom_number,
        "date": stamp(order.created),
        **_party(order, "buyer", order.purchaser, 1),
        **_party(order, "receiver", order.requester, 2),
        "pref_vendor": vendor_json,
        **_vendor_text(vendor),
        "payment_terms": order.term,
        "shipping_terms": "FOB",
        "shipping_method": "Courier",
        "promise_date": midnight(order.promised.date()),
        "subtotal": fixed(order.subtotal, 2),
        "freight": fixed(order.freight, 6),
        "tax": {"value": order.tax, "type": "amount"},
        "discount": {"value": order.discount, "type": "amount"},
        "other": None if order.id % 5 == 0 else "0.000000",
        "total": fixed(order.total, 2),
        "comment": None if order.id % 3 == 0 else "",
        "purchased_currency": currency_summary(order.currency),
        "purchased_currency_rate": fixed(rate, 6),
        "active": True,
        "state": order.state,
        "fulfilment_status": order.fulfilment,
        "disclaimer_description": None,
        "disclaimer_text": None,
        "recorded_date": None,
        "closed_date": stamp_or_none(order.closed),
        "last_modified": stamp(order.modified),
        "staged_for_export": False,
        "version": order.version,
        "item_count": len(order.lines),
        "most_recent_version": order.version,
        "punchout_system": None,
        "purchase_agreement": None,
        "purchase_agreement_status": None,
        "punchout_vendor_reference": None,
        "punchout_supplier_icon": None,
        "punchout_supplier_name": None,
        "has_blanket_order_items": False,
        "expiry_date": None,
        "contract": None,
    }


def order_detail(order: PurchaseOrder, vendor: Vendor, vendor_json: Fragment) -> Fragment:
    """An order by its number or uuid: header with the shipping method as an object, and lines."""
    return fragment(
        {
            **order_fields(order, vendor, vendor_json),
            "shipping_method": SHIPPING_METHOD,
            "order_items": [detail_line(order, line, vendor, vendor_json) for line in order.lines],
            "creditcard_is_editable": False,
            "custom_fields": [],
            "creditcard": None,
            "payment_term": term_object(TERM[order.term].id),
            "shipping_term": SHIPPING_TERM,
            "cost_details": None,
            "punchout_is_retriable": False,
        }
    )


def order_brief(order: PurchaseOrder, vendor: Vendor) -> Fragment:
    """The short form, which closing an order answers with."""
    full = order_fields(order, vendor, Fragment("null"))
    same = (
        "version PO_Num date discount freight fulfilment_status item_count last_modified number "
        "other procurify_PO promise_date punchout_system purchase_agreement "
        "purchase_agreement_status purchased_currency_rate state subtotal total uuid"
    )
    return fragment(
        {
            **{name: full[name] for name in same.split()},
            "id": order.id,
            "pref_vendor": {"id": vendor.id, "name": vendor.name},
            "purchaser": user_plain(order.purchaser),
            "purchased_currency": currency_simple(order.currency),
            "currency": order.currency,
            "total_amount": fixed(order.total, 2),
            "punchout_items_rejected": False,
            "email_status": None,
            "email_status_updated_at": None,
        }
    )
