"""Purchase orders, their lines, requisitions and receipts."""

from __future__ import annotations

from tap_procurify.schemas.kinds import CODE, extend, rows, shape, table
from tap_procurify.schemas.people import (
    ACCOUNT_CODE,
    ACCOUNT_IN_DOCUMENT,
    ADDRESS,
    ATTACHMENT,
    BRANCH,
    COMMENT,
    CURRENCY,
    CURRENCY_BRIEF,
    CUSTOM_FIELD_VALUES,
    DEPARTMENT_BRIEF,
    LOG_ENTRY,
    NAMED,
    PERSON,
    PERSON_BRIEF,
    PROFILE,
)
from tap_procurify.schemas.vendors import TERM, VENDOR_IN_DOCUMENT

COST_DETAILS = shape(decimal="subtotal total_cost total_cost_in_base_currency tax_amount")
BLANKET = shape(decimal="price", number="quantity amount")

SPEND_BRANCH = extend(BRANCH, text="fields_cache", number="timezone")
SPEND_ACCOUNT_CODE = shape(
    whole="id code_length account_type",
    text="description code",
    flag="active",
    nested={
        "parent": shape(
            whole="id code_length account_type parent", text="description code", flag="active"
        )
    },
)
SPEND_ACCOUNT = shape(
    whole="id",
    flag="active",
    nested={
        "account_code": SPEND_ACCOUNT_CODE,
        "department": extend(DEPARTMENT_BRIEF, nested={"branch": SPEND_BRANCH}),
    },
)
CATALOG_ITEM = shape(
    whole="id requested_count",
    text="description name image unitType internalSKU product_url",
    decimal="price",
    flag="rfo_lock",
    wholes="departments",
    when="last_requested_date",
    free="selected_account",
    nested={
        "pref_vendor": VENDOR_IN_DOCUMENT,
        "account_code": ACCOUNT_CODE,
        "currency": CURRENCY_BRIEF,
        "custom_fields": CUSTOM_FIELD_VALUES,
    },
)

ORDER_ITEM = shape(
    wholes="PO item_attachments",
    whole=(
        "PO_line_num account catalog_item currency id inventoryItem last_changed_by orderNum "
        "po_version pref_vendor purchase_order purchaser status receive_method type order_number"
    ),
    text="accountCode attachments external_id lineComment name num po_note sku unit vendor",
    flag="active hot is_active",
    decimal=(
        "approved_currency_rate approved_price approved_quantity approved_shipping_amount "
        "approved_tax_amount price quantity receivedFailQty receivedPassQty shipping_amount "
        "tax_amount total_cost"
    ),
    when="approved_datetime created_at dateInvoiced last_modified updated_at",
    nested={"blanket": BLANKET},
)

LINE_IN_BILL = extend(
    ORDER_ITEM,
    whole="confirmation_status order_status punchout_system punchout_vendor_reference",
    text=(
        "confirmation_status_description line_comment order_description order_uuid "
        "punchout_supplier_icon punchout_supplier_name purchase_order_number purchase_order_uuid"
    ),
    flag="has_sibling_items punchout_supplier_can_update_quantity",
    decimal="purchased_currency_rate",
    number="approved_quantity quantity receivedFailQty receivedPassQty",
    when="date_required submitted_date",
    day="fully_received_actual_receive_date",
    nested={
        "account": ACCOUNT_IN_DOCUMENT,
        "catalog_item": CATALOG_ITEM,
        "comments": rows(COMMENT),
        "cost_details": COST_DETAILS,
        "currency": CURRENCY_BRIEF,
        "custom_fields": CUSTOM_FIELD_VALUES,
        "item_attachments": rows(ATTACHMENT),
        "logs": rows(LOG_ENTRY),
        "pref_vendor": VENDOR_IN_DOCUMENT,
        "purchaser": PERSON,
        "recurrence": shape(
            whole="id frequency duration duration_quantity periods_count",
            day="start_date",
            decimal="recurring_price",
        ),
        "requester": PERSON_BRIEF,
        "spend_allocation": rows(
            shape(whole="id", decimal="amount", nested={"account": SPEND_ACCOUNT})
        ),
        "taxes": rows(shape(whole="id", text="name", decimal="value", nested={"type": CODE})),
    },
)

LINE_IN_ORDER = extend(
    LINE_IN_BILL,
    whole="receive_log_count",
    decimal="approved_total_cost",
    nested={
        "approval_history": rows(LOG_ENTRY),
        "attachments": rows(
            shape(whole="id user item", text="attachment name type", when="upload_datetime")
        ),
        "flags": rows(shape(whole="object_id content_type", text="color symbol")),
    },
)

PRICE_MODIFIER = shape(number="value", text="type")

VENDOR_BRIEF = shape(
    whole="id",
    text=(
        "name addressLineOne addressLineTwo postalCode city state_province country overall_score"
    ),
    flag="active is_auto_email_po_enabled",
)
ORDER_CARD = shape(
    whole="id type balance",
    text="name gl_code",
    when="last_reconciliation_date last_statement_date",
    number="last_reconciliation_balance",
    nested={
        "vendor": VENDOR_BRIEF,
        "currency": CURRENCY,
        "assignees": rows(PERSON_BRIEF),
        "session": shape(whole="creditcard", decimal="balance", when="statement_date"),
    },
)

PURCHASE_ORDER_ROW = shape(
    whole=(
        "procurify_PO version state item_count most_recent_version punchout_system "
        "purchase_agreement purchase_agreement_status punchout_vendor_reference"
    ),
    text=(
        "number uuid PO_Num buyer_name buyer_contact buyer_addressLineOne buyer_postalCode "
        "buyer_city buyer_state_province buyer_country receiver_name receiver_contact "
        "receiver_addressLineOne receiver_postalCode receiver_city receiver_state_province "
        "receiver_country vendor_name vendor_contact vendor_addressLineOne vendor_postalCode "
        "vendor_city vendor_state_province vendor_country payment_terms shipping_terms "
        "shipping_method comment fulfilment_status disclaimer_description disclaimer_text "
        "punchout_supplier_icon punchout_supplier_name"
    ),
    when="date promise_date recorded_date closed_date last_modified expiry_date",
    decimal="subtotal freight other total purchased_currency_rate",
    flag="active staged_for_export has_blanket_order_items",
    nested={
        "purchaser": PERSON,
        "buyer_address": ADDRESS,
        "receiver_address": ADDRESS,
        "pref_vendor": VENDOR_IN_DOCUMENT,
        "tax": PRICE_MODIFIER,
        "discount": PRICE_MODIFIER,
        "purchased_currency": CURRENCY_BRIEF,
        "contract": shape(whole="id", text="uuid name"),
    },
)

PURCHASE_ORDERS = table(
    extend(
        PURCHASE_ORDER_ROW,
        flag="creditcard_is_editable punchout_is_retriable",
        text="_procurify_uuid_hex",
        nested={
            "order_items": rows(LINE_IN_ORDER),
            "custom_fields": CUSTOM_FIELD_VALUES,
            "creditcard": ORDER_CARD,
            "payment_term": TERM,
            "shipping_term": TERM,
            "shipping_method_detail": TERM,
            "cost_details": COST_DETAILS,
        },
    ),
    keys=("procurify_PO",),
    notes={
        "procurify_PO": "The order's number in Procurify; orders have no id.",
        "last_modified": "When the order's header last changed; the replication key.",
        "state": "0 purchased, 1 cancelled, 3 closed, 4 paid, 5 reopened.",
        "fulfilment_status": "How much was received: empty, partial or full.",
        "shipping_method": "The name of the shipping method, as lists show it.",
        "shipping_method_detail": (
            "The shipping method as an object; the API calls it shipping_method too."
        ),
        "_procurify_uuid_hex": "Derived: uuid in lower case without hyphens.",
    },
)

ORDER_ITEMS = table(
    ORDER_ITEM,
    keys=("id",),
    notes={
        "last_modified": "When the line last changed; the replication key.",
        "purchase_order": "Number of the purchase order (procurify_PO), if there is one yet.",
        "status": (
            "0 purchase pending, 1 purchaser in use, 2 receive pending, 3 received, 4 rejected "
            "for purchase, 5 partly received, 6 fulfilled, 7 approval denied, 8 request draft."
        ),
    },
)

REQUISITIONS = table(
    shape(
        text=(
            "description uuid ip_address punchout_supplier_name punchout_supplier_icon "
            "denial_comment"
        ),
        whole=(
            "num item_count lineCount purchasedCount status approval_delegatee "
            "punchout_vendor_reference denial_reason punchout_order_purchase_order_id"
        ),
        number="total_cost_in_base_currency",
        when="date dateRequired dateModified",
        decimal="totalPrice",
        flag="punchout_items_rejected has_blanket_order_items punchout_is_retriable",
        nested={
            "branch": BRANCH,
            "user": PERSON,
            "department": DEPARTMENT_BRIEF,
            "currency": CURRENCY_BRIEF,
            "logs": rows(LOG_ENTRY),
            "next_approver": PERSON,
            "next_approvers": rows(PERSON),
            "punchout_group": NAMED,
            "punchout_shipping_address": NAMED,
            "approval_workflow": shape(
                flag="is_complete can_self_approve can_peer_review",
                when="updated_at",
                free="current_step next_step",
            ),
        },
    ),
    keys=("num",),
    notes={
        "dateModified": "When the requisition last changed; the replication key.",
        "status": (
            "0 pending, 1 approved, 2 denied, 3 purchased, 4 cancelled (older rows), "
            "5 received, 6 draft."
        ),
    },
)

ITEM_RECEIPTS = table(
    shape(
        whole="id order_item",
        decimal="pass_quantity fail_quantity total_quantity",
        when="created_at",
        flag="is_edited",
        day="received_at",
        nested={"created_by": PROFILE},
    ),
    keys=("id",),
    notes={
        "order_item": "Id of the order line that was received.",
        "is_edited": "True once the receipt was changed; no stamp tells when.",
    },
)
