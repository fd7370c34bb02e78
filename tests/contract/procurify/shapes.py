"""The fields of Procurify's rows, in this project's own shorthand.

Source: the published API description of August 2026 and, for what is inferred there, samples.
A kind with ``?`` may be null. Kinds: ``int``, ``bool``, ``text``, ``uuid``, ``num`` (JSON number),
``dec`` (decimal in a string), ``stamp`` (date-time with offset), ``day`` (plain date),
``when`` (either), ``list``, ``object``, ``any``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

Kinds = Mapping[str, str]


def _fields(kind: str, names: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), kind)


VENDOR_COMMON: Kinds = {
    **_fields("int", "id type"),
    **_fields("text", "name po_pdf_labels"),
    **_fields("bool", "active is_auto_email_po_enabled"),
    **_fields(
        "text?",
        "addressLineOne addressLineTwo postalCode city state_province country phoneOne phoneTwo "
        "fax comments contact url external_id",
    ),
    **_fields("list", "email payment_methods creditcards"),
    **_fields("int?", "currency tax default_payment_method"),
    **_fields("object?", "payment_term_ref shipping_term_ref"),
    **_fields("object?", "payment_method_ref shipping_method_ref"),
    "is_1099_eligible": "bool?",
    "email_configurations": "object",
    "dateModified": "stamp",
}
VENDOR_INSIDE: Kinds = {**VENDOR_COMMON, "overall_score": "num?"}
VENDOR_ROW: Kinds = {**VENDOR_COMMON, "overall_score": "dec?", "vendor_request": "object?"}
VENDOR_DETAIL: Kinds = {
    **VENDOR_INSIDE,
    "vendor_request": "object?",
    "performance": "object?",
}
VENDOR_REPLACED: Kinds = {
    **VENDOR_INSIDE,
    **_fields("int?", "payment_term_ref shipping_term_ref payment_method_ref shipping_method_ref"),
}
ORDER_COMMON: Kinds = {
    **_fields("int", "version procurify_PO item_count most_recent_version"),
    **_fields("uuid", "uuid"),
    **_fields(
        "text",
        "number buyer_name buyer_contact buyer_addressLineOne buyer_postalCode buyer_city "
        "buyer_state_province buyer_country receiver_name receiver_contact "
        "receiver_addressLineOne receiver_postalCode receiver_city receiver_state_province "
        "receiver_country payment_terms shipping_terms fulfilment_status",
    ),
    **_fields(
        "text?",
        "PO_Num vendor_name vendor_contact vendor_addressLineOne vendor_postalCode vendor_city "
        "vendor_state_province vendor_country comment disclaimer_description disclaimer_text "
        "punchout_supplier_icon punchout_supplier_name",
    ),
    **_fields("object", "purchaser buyer_address receiver_address pref_vendor purchased_currency"),
    **_fields("object?", "tax discount contract"),
    **_fields("stamp", "date promise_date last_modified"),
    **_fields("stamp?", "recorded_date closed_date expiry_date"),
    **_fields("dec", "subtotal total"),
    **_fields("dec?", "freight other purchased_currency_rate"),
    **_fields("bool", "active staged_for_export has_blanket_order_items"),
    **_fields(
        "int?",
        "state punchout_system purchase_agreement purchase_agreement_status "
        "punchout_vendor_reference",
    ),
}
ORDER_ROW: Kinds = {**ORDER_COMMON, "shipping_method": "text"}
ORDER_DETAIL: Kinds = {
    **ORDER_COMMON,
    **_fields("object", "shipping_method"),
    **_fields("list", "order_items custom_fields"),
    **_fields("object?", "creditcard payment_term shipping_term cost_details"),
    **_fields("bool", "creditcard_is_editable punchout_is_retriable"),
}
LINE_COMMON: Kinds = {
    **_fields("list", "PO item_attachments"),
    **_fields("int", "PO_line_num id po_version receive_method type"),
    **_fields("int?", "inventoryItem last_changed_by orderNum purchase_order status order_number"),
    **_fields("text", "accountCode external_id name num po_note sku unit"),
    **_fields("text?", "lineComment vendor"),
    **_fields("bool", "active hot is_active"),
    **_fields("stamp", "created_at last_modified updated_at"),
    **_fields("stamp?", "approved_datetime dateInvoiced"),
    **_fields("dec", "price total_cost"),
    **_fields(
        "dec?",
        "approved_currency_rate approved_price approved_shipping_amount approved_tax_amount "
        "shipping_amount tax_amount",
    ),
    "blanket": "object?",
}
FLAT_LINE: Kinds = {
    **LINE_COMMON,
    **_fields("int", "account currency pref_vendor"),
    **_fields("int?", "catalog_item purchaser"),
    **_fields("dec", "quantity receivedFailQty receivedPassQty"),
    "approved_quantity": "dec?",
    "attachments": "text",
}
LINE_INSIDE: Kinds = {
    **LINE_COMMON,
    **_fields("object", "account currency pref_vendor"),
    **_fields("object?", "catalog_item purchaser cost_details recurrence requester"),
    **_fields("num", "quantity approved_quantity receivedFailQty receivedPassQty"),
    **_fields("list", "comments custom_fields logs spend_allocation"),
    **_fields("list?", "taxes"),
    **_fields("int?", "confirmation_status punchout_system punchout_vendor_reference order_status"),
    **_fields(
        "text?", "confirmation_status_description punchout_supplier_icon punchout_supplier_name"
    ),
    **_fields("text", "line_comment order_description purchase_order_number attachments"),
    **_fields("bool", "has_sibling_items punchout_supplier_can_update_quantity"),
    **_fields("stamp", "date_required submitted_date"),
    **_fields("uuid", "order_uuid purchase_order_uuid"),
    "purchased_currency_rate": "dec",
    "fully_received_actual_receive_date": "day?",
}
LINE_DETAIL: Kinds = {
    **LINE_INSIDE,
    **_fields("list", "approval_history flags attachments"),
    "receive_log_count": "int",
    "approved_total_cost": "dec",
}
BILL_ROW: Kinds = {
    **_fields("int", "version id status type"),
    **_fields("object", "currency vendor user creator"),
    **_fields("object?", "last_export_user approver"),
    **_fields("bool", "locked past_due invoice_created"),
    **_fields("when?", "due_date invoice_date gl_post_date"),
    **_fields("num", "total_cost_with_tax"),
    **_fields("num?", "invoice_total"),
    **_fields("text", "invoice_number"),
    **_fields("text?", "invoice_uuid"),
    "uuid": "uuid",
    "items": "list",
    "next_approver_choices": "list?",
    "last_modified_datetime": "stamp",
    "last_export_date": "day?",
    "submitted_date": "stamp?",
    "group": "int?",
}
BILL_DETAIL: Kinds = {
    **_fields("int", "version id status type"),
    **_fields("uuid", "uuid"),
    **_fields("object", "user vendor currency creator"),
    **_fields("object?", "approver bill_payment last_export_user"),
    **_fields("int?", "approval_chain creditcard group payment_method"),
    **_fields(
        "list",
        "items costs invoice_attachments bill_statuses comments version_choices "
        "added_purchase_orders",
    ),
    **_fields("list?", "next_approver_choices"),
    **_fields(
        "num",
        "tax_amount inclusive_tax_amount exclusive_tax_amount subtotal_cost total_cost "
        "total_cost_with_tax converted_total_cost shipping_amount",
    ),
    **_fields("num?", "invoice_total"),
    **_fields("bool", "locked active"),
    **_fields("text?", "creditcard_name payment_method_name invoice_uuid"),
    **_fields(
        "text",
        "vendor_name vendor_contact vendor_address_one vendor_address_two vendor_postal_code "
        "vendor_city vendor_state_province vendor_country invoice_number payment_terms note",
    ),
    **_fields("stamp?", "submitted_date invoice_date due_date gl_post_date"),
    **_fields("stamp", "last_modified_datetime"),
    **_fields("day?", "last_export_date"),
}
BILL_ITEM: Kinds = {
    **_fields("int", "id"),
    **_fields("int?", "bill tax"),
    **_fields("text", "description sku unit tax_name type"),
    **_fields("object", "vendor currency"),
    **_fields("object?", "orderitem expense po expense_report creditcard_item unit_cost_diff_log"),
    **_fields("list", "packing_slips cost_allocations custom_fields"),
    **_fields("bool", "archived same_unit_cost is_edited tax_is_inclusive bill_by_cost"),
    **_fields("num", "total_cost tax_amount total_cost_with_tax unit_cost"),
    **_fields("dec", "quantity"),
    **_fields("dec?", "tax_percentage shipping_amount"),
    "received_on": "stamp?",
}
SHARE: Kinds = {
    **_fields("int", "id"),
    **_fields("int?", "object_id"),
    **_fields("object", "budget currency"),
    "amount": "dec",
    "created_on": "stamp",
}
COST: Kinds = {
    **_fields("int", "id bill"),
    **_fields("int?", "cost currency"),
    "cost_allocation": "object?",
    "name": "text",
    "amount": "dec",
}
BUDGET: Kinds = {
    **_fields("int", "id"),
    **_fields("object", "account_code department"),
    **_fields("bool", "warning_indicator active"),
    **_fields("num", "budget_used_approved budget_used_purchased"),
    **_fields("dec", "budget balance_approved balance_purchased"),
    **_fields("stamp?", "start_datetime end_datetime"),
}
PAYMENT: Kinds = {
    **_fields("int", "id"),
    **_fields("uuid", "uuid"),
    **_fields(
        "text?",
        "payment_source_name payment_source_type direct_debit_bank_account_mask vendor_name "
        "gl_code vendor_payment_method_country_code vendor_payment_method_rail status",
    ),
    **_fields("int?", "external_payment_source_id"),
    **_fields("object", "creator currency"),
    **_fields("stamp", "created_at updated_at"),
    **_fields("day?", "processing_date posted_date"),
    "amount": "dec",
    "bill_groups": "list",
}
RECEIPT: Kinds = {
    **_fields("int", "id order_item"),
    **_fields("dec", "pass_quantity fail_quantity"),
    **_fields("object", "created_by"),
    "created_at": "stamp",
    "is_edited": "bool",
    "total_quantity": "dec?",
    "received_at": "day?",
}
LOCATION: Kinds = {
    **_fields("int", "id language department_count"),
    **_fields("text", "name logo phoneOne"),
    **_fields("text?", "url fax email locationTimezone external_id"),
    **_fields("object", "currency primary_billing_address primary_shipping_address"),
    **_fields("bool", "headquarter active"),
    "shipping_addresses": "list",
    "legal_entity": "object?",
}


def _is_day(value: object) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"\d{4}-\d\d-\d\d", value))


def _is_stamp(value: object) -> bool:
    if not isinstance(value, str) or "T" not in value:
        return False
    return datetime.fromisoformat(value.replace("Z", "+00:00")).tzinfo is not None


_TESTS: Mapping[str, Callable[[Any], bool]] = {
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "bool": lambda value: isinstance(value, bool),
    "text": lambda value: isinstance(value, str),
    "uuid": lambda value: bool(re.fullmatch(r"[0-9a-f]{32}", value.replace("-", ""))),
    "num": lambda value: isinstance(value, Decimal),
    "dec": lambda value: isinstance(value, str) and Decimal(value).is_finite(),
    "stamp": _is_stamp,
    "day": _is_day,
    "when": lambda value: _is_day(value) or _is_stamp(value),
    "list": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}


def faults_of(row: Mapping[str, Any], kinds: Kinds) -> list[str]:
    """What is wrong with a row: fields that lack, are too many, or are of another kind."""
    faults = [f"{name} lacks" for name in kinds.keys() - row.keys()]
    faults += [f"{name} is unknown" for name in row.keys() - kinds.keys()]
    for name in kinds.keys() & row.keys():
        kind, value = kinds[name], row[name]
        is_null = value is None and kind.endswith("?")
        if not is_null and (value is None or not _TESTS[kind.removesuffix("?")](value)):
            faults.append(f"{name} is no {kind}: {value!r}")
    return faults
