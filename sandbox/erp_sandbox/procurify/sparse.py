"""Rows with null in every member that may be null, as the published description says.

Source: that they may be null is documented; that many are at once is inferred: a reader should
survive it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from erp_sandbox.exact_json import Fragment, fragment
from erp_sandbox.procurify.knobs import ProcurifyKnobs

# Members that may be null in every kind of object that has them.
_EVERYWHERE = frozenset(
    [
        "PO_Num",
        "action",
        "address",
        "approval_chain",
        "approval_delegation",
        "approved_currency_rate",
        "approved_datetime",
        "approved_price",
        "approved_shipping_amount",
        "approved_tax_amount",
        "average_delivery_time",
        "bank_account_country_code",
        "beginDate",
        "bill_payment",
        "bill_payments",
        "blanket",
        "buyerAddress",
        "catalog_item",
        "category",
        "closed_date",
        "confirmation_status",
        "confirmation_status_description",
        "contact",
        "contactPerson",
        "contract",
        "cost_allocation",
        "cost_details",
        "creditcard_item",
        "creditcard_name",
        "current_step",
        "dateInvoiced",
        "default_payment_method",
        "denial_comment",
        "denial_reason",
        "direct_debit_bank_account_mask",
        "disclaimer_description",
        "disclaimer_text",
        "discount",
        "due_date",
        "duplicate_of",
        "end_datetime",
        "expense_report",
        "expiry_date",
        "external_payment_source_id",
        "fax",
        "fields_cache",
        "fiscalYearEndDay",
        "fiscalYearEndMonth",
        "freight",
        "fully_received_actual_receive_date",
        "gl_post_date",
        "inventoryItem",
        "invoice_date",
        "invoice_total",
        "invoice_uuid",
        "ip_address",
        "is_1099_eligible",
        "item_variance_amount_limit",
        "item_variance_percentage_limit",
        "last_changed_by",
        "last_export_date",
        "last_export_user",
        "last_requested_date",
        "legal_entity",
        "length",
        "lineComment",
        "lineCount",
        "lineItem",
        "line_qty_fail",
        "line_qty_pass",
        "locationTimezone",
        "match",
        "mileage_preset",
        "nextApprover",
        "next_step",
        "notes",
        "orderNum",
        "order_number",
        "orderitem",
        "other",
        "parent",
        "payment_date",
        "payment_method_name",
        "payment_method_ref",
        "payment_source_name",
        "payment_source_type",
        "payment_term",
        "payment_term_ref",
        "performance",
        "phone",
        "phoneTwo",
        "port_date",
        "position",
        "posted_date",
        "processing_date",
        "product_url",
        "profile_image",
        "punchout_email",
        "punchout_group",
        "punchout_order_purchase_order_id",
        "punchout_shipping_address",
        "punchout_supplier_icon",
        "punchout_supplier_name",
        "punchout_system",
        "punchout_vendor_reference",
        "purchase_agreement",
        "purchase_agreement_status",
        "purchase_order",
        "received_at",
        "received_on",
        "recorded_date",
        "recurrence",
        "selected_account",
        "shippingAddress",
        "shipping_method_ref",
        "shipping_term",
        "shipping_term_ref",
        "start_datetime",
        "statement",
        "statement_date",
        "stocking_parent",
        "tax",
        "taxes",
        "totalPrice",
        "total_quantity",
        "transaction",
        "unit_cost_diff_log",
        "url",
        "vendor_addressLineOne",
        "vendor_payment_method_country_code",
        "vendor_payment_method_rail",
        "vendor_postalCode",
        "vendor_request",
    ]
)
# What more may be null in an object that has a certain member.
_WITH: Mapping[str, frozenset[str]] = {
    name: frozenset(words.split())
    for name, words in {
        "po_pdf_labels": (
            "addressLineOne addressLineTwo city comments country currency external_id "
            "overall_score phoneOne postalCode state_province"
        ),
        "procurify_PO": (
            "comment creditcard purchased_currency_rate state vendor_city vendor_contact "
            "vendor_country vendor_name vendor_state_province"
        ),
        "creditcard_is_editable": "shipping_method",
        "accountCode": "purchaser shipping_amount status tax_amount",
        "spend_allocation": "requester",
        "flags": "attachments",
        "locked": "approver group next_approver_choices submitted_date",
        "bill_statuses": "creditcard payment_method",
        "cost_allocations": "bill expense po shipping_amount tax_percentage",
        "cost_allocation": "cost currency",
        "created_on": "object_id",
        "total_cost_in_base_currency": "description",
        "nextApprover": "next_approver order",
        "locationTimezone": "email external_id",
        "punchout_email": "external_id",
        "payment_source_name": "gl_code status vendor_name",
        "field": "value",
        "payment_method_type": "payment_method",
        "is_processed": "approver payment_method",
        "pending_approvals_count": (
            "approval_delegatee department expected_return_date location role"
        ),
        "is_sso_enabled": "approval_delegatee department expected_return_date",
    }.items()
}
# A line of an order in the flat list, which alone has no fields of the tenant's own.
_FLAT_LINE = frozenset({"approved_quantity", "vendor"})
_IDS = ("id", "procurify_PO", "num")


def sparse(knobs: ProcurifyKnobs, row: str) -> Fragment:
    """The row as it is, or every so often with all its nullable members null."""
    if not knobs.null_every:
        return Fragment(row)
    read = json.loads(row, parse_float=Decimal)
    number = next((read[name] for name in _IDS if isinstance(read.get(name), int)), 1)
    return fragment(_without(read)) if number % knobs.null_every == 0 else Fragment(row)


def _without(value: Any) -> Any:  # noqa: ANN401 (any JSON)
    if isinstance(value, list):
        return [_without(item) for item in value]
    if not isinstance(value, dict):
        return value
    more = frozenset().union(*(_WITH[name] for name in value if name in _WITH))
    if "accountCode" in value and "custom_fields" not in value:
        more |= _FLAT_LINE
    return {
        name: None if name in _EVERYWHERE or name in more else _without(item)
        for name, item in value.items()
    }
