"""Which fields Procurify records have, so that a rule with a misspelt path is refused at load.

Source: documented by Procurify (bills, purchase orders and vendors, list and detail together), and
what tap-procurify derives. Bank and card details are left out on purpose: no rule can read them.

Each shape is a list of names: ``name`` is a plain value, ``name*`` a list of plain values,
``name:shape`` a record, ``name:shape*`` a list of records, ``name:shape?`` a record or a bare id;
``|`` is "or".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from functools import cache
from types import MappingProxyType

_TEXTS: Mapping[str, str] = {
    "bill": """
        version id uuid user:person vendor:vendor approval_chain approver:approver items:bill_item*
        costs:bill_cost* invoice_attachments:file* bill_statuses:bill_status* currency:currency
        comments:comment* version_choices:version* tax_amount inclusive_tax_amount
        exclusive_tax_amount subtotal_cost total_cost total_cost_with_tax converted_total_cost
        next_approver_choices:approver* locked bill_payment:bill_payment creditcard creditcard_name
        last_export_user:person last_export_date vendor_name vendor_contact vendor_address_one
        vendor_address_two vendor_postal_code vendor_city vendor_state_province vendor_country
        last_modified_datetime submitted_date invoice_number invoice_date due_date payment_terms
        status type active note gl_post_date group payment_method payment_method_name
        added_purchase_orders:added_order* shipping_amount invoice_uuid invoice_created
        invoice_total payment_uuid past_due creator:person
        _procurify_eligible _procurify_uuid_hex _procurify_home_currency_rate
        _procurify_approved_at _procurify_approved_by_user_id _procurify_approved_by_name
        _procurify_approved_by_department_id _procurify_approved_by_department_name
        _procurify_approved_by_department_external_id _procurify_vanished_at
    """,
    "bill_item": """
        id description orderitem:order_line? expense:expense bill bill_uuid
        bill_last_modified_datetime vendor:vendor sku po:order_brief unit quantity currency:currency
        total_cost received_on packing_slips:file* cost_allocations:allocation* archived
        expense_report:report same_unit_cost creditcard_item:card_item is_edited
        unit_cost_diff_log:cost_change tax_name tax_percentage tax_amount tax_is_inclusive tax
        total_cost_with_tax shipping_amount unit_cost custom_fields:custom_value* item_type type
        bill_by_cost
    """,
    "bill_cost": "id name amount bill cost currency:currency? cost_allocation:allocation",
    "bill_status": "id user:person date status bill",
    "bill_payment": "id payment:payment payment_method:named amount transaction",
    "added_order": "id number currency total_amount",
    "allocation": "id budget:account object_id amount currency:currency created_on",
    "spend_allocation": "id amount account:account",
    "cost_change": "changed_by changed_date original_unit_cost original_currency_label",
    "payment": """
        id user approver status currency amount payment_method payment_date memo reference_number
        is_processed
    """,
    "order": """
        version number uuid purchaser:person procurify_PO PO_Num date buyer_name buyer_contact
        buyer_addressLineOne buyer_postalCode buyer_city buyer_state_province buyer_country
        buyer_address:address receiver_name receiver_contact receiver_addressLineOne
        receiver_postalCode receiver_city receiver_state_province receiver_country
        receiver_address:address pref_vendor:vendor vendor_name vendor_contact vendor_addressLineOne
        vendor_postalCode vendor_city vendor_state_province vendor_country payment_terms
        shipping_terms shipping_method shipping_method_detail:named promise_date subtotal freight
        tax:modifier discount:modifier other total comment purchased_currency:currency
        purchased_currency_rate active state fulfilment_status disclaimer_description
        disclaimer_text recorded_date closed_date last_modified staged_for_export item_count
        most_recent_version punchout_system purchase_agreement purchase_agreement_status
        punchout_vendor_reference punchout_supplier_icon punchout_supplier_name
        punchout_is_retriable has_blanket_order_items expiry_date contract:named
        order_items:order_line* creditcard_is_editable custom_fields:custom_value*
        payment_term:named shipping_term:named cost_details:cost_details _procurify_uuid_hex
    """,
    "order_line": """
        id PO* PO_line_num account:account accountCode active approved_currency_rate
        approved_datetime approved_price approved_quantity approved_shipping_amount
        approved_tax_amount approved_total_cost attachments catalog_item:catalog_item created_at
        currency:currency dateInvoiced external_id hot inventoryItem is_active
        item_attachments:file* last_changed_by last_modified lineComment name num orderNum
        order_number po_note po_version pref_vendor:vendor price purchase_order purchaser:person
        quantity receivedFailQty receivedPassQty shipping_amount sku status tax_amount total_cost
        unit updated_at vendor receive_method type blanket:blanket comments:comment*
        confirmation_status confirmation_status_description cost_details:cost_details
        custom_fields:custom_value* date_required has_sibling_items line_comment logs:log*
        order_description order_status order_uuid punchout_supplier_icon punchout_supplier_name
        punchout_system punchout_vendor_reference punchout_supplier_can_update_quantity
        purchase_order_number purchase_order_uuid purchased_currency_rate recurrence:recurrence
        requester:person spend_allocation:spend_allocation* submitted_date taxes:adjustment*
        receive_log_count approval_history:log* flags:flag* fully_received_actual_receive_date
    """,
    "order_brief": "number id uuid vendor_name purchaser:person",
    "vendor": """
        id name active addressLineOne addressLineTwo postalCode city state_province country phoneOne
        phoneTwo fax email* comments contact url external_id dateModified currency
        payment_term_ref:named? shipping_term_ref:named? payment_method_ref:named?
        shipping_method_ref:named? tax type is_1099_eligible overall_score
        is_auto_email_po_enabled po_pdf_labels performance:performance vendor_request:vendor_request
        email_configurations:any
    """,
    "vendor_request": "id requester submitted_date next_approver permissions:any",
    "performance": "overall_score average_delivery_time breakdown:any",
    "account": """
        id account_code:account_code department:department warning_indicator budget_used_approved
        budget_used_purchased start_datetime end_datetime budget balance_approved balance_purchased
        active
    """,
    "account_code": """
        description id applied_accounts_count code code_length account_type active
        parent:account_code?
    """,
    "department": "id branch:location external_id name punchout_email active",
    "location": """
        id name external_id url language locationTimezone timezone headquarter phoneOne phoneTwo fax
        email active legal_entity:legal_entity logo multipleLocations userLimit
        budgetOvertureToggle purchase_filtering catalog_permission separate_expense_approval
        standalone_travel_approval fiscalYearEndDay fiscalYearEndMonth beginDate ported port_date
        fields_cache activated setup_stage localCurrency:currency? contactPerson buyerAddress
        shippingAddress
    """,
    "legal_entity": "id uuid name",
    "person": """
        id department:department created_at updated_at firstName lastName email position phone
        address notifications is_active mobile profile_image slack_user_id is_sso_enabled
        last_changed_by user approval_delegatee:delegatee expected_return_date department_name
        branch_name role:any
    """,
    "delegatee": "id department firstName lastName email",
    "approver": """
        id user:person amount_limit item_variance_amount_limit item_variance_percentage_limit
        approval_level firstName lastName profile_image approval_delegatee:delegatee
    """,
    "log": """
        id user:person next_approver:person nextApprover:person next_approvers*
        approval_delegation:any dateTime action line_qty_pass line_qty_fail order lineItem PO
        inventoryItem stocking_parent
    """,
    "currency": "description id name rate base active",
    "named": "id uuid name description active vendor type currency:currency",
    "address": """
        id is_active created_at updated_at name addressAssociation addressLineOne addressLineTwo
        postalCode city state_province country last_changed_by
    """,
    "modifier": "value type",
    "blanket": "price quantity amount",
    "cost_details": "subtotal total_cost total_cost_in_base_currency tax_amount",
    "adjustment": "id type value name",
    "recurrence": """
        id start_date frequency duration duration_quantity recurring_price periods_count
    """,
    "catalog_item": """
        description id name image unitType pref_vendor:vendor account_code:account_code internalSKU
        product_url currency:currency price rfo_lock departments* custom_fields:custom_value*
        requested_count last_requested_date selected_account
    """,
    "custom_value": "id value field:custom_field",
    "custom_field": """
        id name content_type default_value is_required field_choices* field_type field_label
        is_active
    """,
    "file": """
        description id uuid file name user mimetype length sha1_hash created_at attachment
        upload_datetime type item
    """,
    "comment": "userprofile:person id comment submit_date",
    "version": "version pk",
    "flag": "color symbol object_id content_type",
    "report": "id uuid user:person",
    "expense": """
        id account:account localCurrency:currency expense_type_fields:any expenseReport:report
        requester:person approver:person approved_date is_active created_at updated_at merchant
        transDate reimburse expense_type paymentType amount currency_rate_final
        exchange_rate_override tax_name tax_percentage tax_amount tax_is_inclusive notes attachment
        active last_changed_by tax account_id mileage_preset
    """,
    "card_item": """
        id po:order_brief expense:expense creditcard_is_editable matched_statement_items:any*
    """,
    "any": "",
    # Where a code part rule starts: the cost itself, and the documents around it.
    "cost": """
        department:department location:location account_code:account_code
        line:bill_item|bill_cost|order_line order_line:order_line approver:person record:bill|order
    """,
}


class Kind(Enum):
    """What stands at a path."""

    VALUE = "a plain value"
    LIST = "a list of plain values"
    RECORD = "a record"
    ROWS = "a list of records"


@cache
def _shape(name: str) -> Mapping[str, tuple[frozenset[str], Kind]]:
    """A shape's fields: the shapes behind each and what kind of value it holds."""
    fields: dict[str, tuple[frozenset[str], Kind]] = {}
    for word in _TEXTS[name].split():
        field, _, target = word.partition(":")
        kind = (Kind.RECORD if target else Kind.VALUE) if word[-1] != "*" else Kind.ROWS
        if kind is Kind.ROWS and not target:
            kind = Kind.LIST
        if word.endswith("?"):
            kind = Kind.VALUE
        behind = frozenset(target.rstrip("*?").split("|")) - {""}
        fields[field.rstrip("*")] = (behind, kind)
    return MappingProxyType(fields)


def shape_names() -> tuple[str, ...]:
    """The names of all shapes."""
    return tuple(_TEXTS)


def fields_of(shapes: Iterable[str]) -> frozenset[str]:
    """The names that may begin a path in one of these shapes."""
    return frozenset(field for shape in shapes for field in _shape(shape))


def find_kind(shapes: Iterable[str], path: str) -> Kind | None:
    """What stands at a dotted path that begins in one of these shapes; ``None``: no such field."""
    found = _walk(frozenset(shapes), path)
    return found[1] if found else None


def row_shapes(shapes: Iterable[str], path: str) -> frozenset[str]:
    """The shape of the rows of the list at a path."""
    found = _walk(frozenset(shapes), path)
    return found[0] if found else frozenset()


def _walk(shapes: frozenset[str], path: str) -> tuple[frozenset[str], Kind] | None:
    """Follow a path; a shape of any content accepts every further step."""
    kind: Kind | None = None
    for step in path.split("."):
        if kind in {Kind.ROWS, Kind.LIST} or not shapes:
            return None
        if "any" in shapes:
            return shapes, Kind.VALUE
        found = [_shape(shape)[step] for shape in shapes if step in _shape(shape)]
        if not found:
            return None
        kind = found[0][1]
        shapes = frozenset().union(*(behind for behind, _ in found))
    return (shapes, kind) if kind else None
