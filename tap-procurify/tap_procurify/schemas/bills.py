"""Bills, their items and payments."""

from __future__ import annotations

from tap_procurify.schemas.kinds import extend, or_id, rows, shape, table
from tap_procurify.schemas.orders import LINE_IN_BILL
from tap_procurify.schemas.people import (
    ACCOUNT_IN_DOCUMENT,
    ACCOUNT_OF_EXPENSE,
    ATTACHMENT,
    COMMENT,
    CURRENCY,
    CURRENCY_BRIEF,
    CUSTOM_FIELD_VALUES,
    NAMED,
    PERSON,
    PERSON_BRIEF,
)
from tap_procurify.schemas.vendors import CARD, VENDOR_IN_DOCUMENT

BILL_STATUSES = (
    "0 draft, 1 confirmed (waiting for approval), 2 approved, 3 denied, 4 paid, 5 withdrawn, "
    "6 payment confirmed, 7 payment approved, 8 payment limbo."
)

REPORT = shape(whole="id", text="uuid")
COST_ALLOCATION = shape(
    whole="id object_id",
    decimal="amount",
    when="created_on",
    nested={"budget": ACCOUNT_IN_DOCUMENT, "currency": CURRENCY},
)
APPROVER = shape(
    whole="id approval_level",
    decimal="amount_limit item_variance_amount_limit item_variance_percentage_limit",
    nested={"user": PERSON_BRIEF},
)
USER_IN_BILL = extend(PERSON, text="department_name branch_name")

EXPENSE = shape(
    whole="id expense_type paymentType last_changed_by tax account_id mileage_preset",
    when="approved_date created_at updated_at transDate",
    flag="is_active reimburse exchange_rate_override tax_is_inclusive active",
    text="merchant tax_name notes attachment",
    decimal="amount currency_rate_final tax_percentage tax_amount",
    free="expense_type_fields",
    nested={
        "account": ACCOUNT_OF_EXPENSE,
        "localCurrency": CURRENCY_BRIEF,
        "expenseReport": REPORT,
        "requester": PERSON_BRIEF,
        "approver": PERSON_BRIEF,
        "creditcard": or_id(NAMED),
    },
)
CARD_ITEM = shape(
    whole="id",
    flag="creditcard_is_editable",
    nested={
        "creditcard": CARD,
        "po": shape(text="number uuid vendor_name", nested={"purchaser": PERSON_BRIEF}),
        "expense": shape(
            text="merchant notes",
            nested={"expenseReport": extend(REPORT, nested={"user": PERSON_BRIEF})},
        ),
        "matched_statement_items": rows(
            shape(
                whole="id creditcard statement match duplicate_of",
                text="description",
                day="date",
                decimal="amount",
            )
        ),
    },
)
BILL_ITEM = shape(
    whole="id bill tax item_type",
    text="description sku unit tax_name type",
    decimal="quantity tax_percentage shipping_amount",
    number="total_cost tax_amount total_cost_with_tax unit_cost",
    when="received_on",
    flag="archived same_unit_cost is_edited tax_is_inclusive bill_by_cost",
    nested={
        "orderitem": LINE_IN_BILL,
        "expense": EXPENSE,
        "vendor": VENDOR_IN_DOCUMENT,
        "po": shape(whole="id", text="number uuid"),
        "currency": CURRENCY,
        "packing_slips": rows(ATTACHMENT),
        "cost_allocations": rows(COST_ALLOCATION),
        "expense_report": REPORT,
        "creditcard_item": CARD_ITEM,
        "unit_cost_diff_log": shape(
            text="changed_by changed_date original_currency_label", number="original_unit_cost"
        ),
        "custom_fields": CUSTOM_FIELD_VALUES,
    },
)
BILL_PAYMENT = shape(
    whole="id transaction",
    decimal="amount",
    nested={
        "payment": shape(
            whole="id user approver status currency payment_method",
            decimal="amount",
            day="payment_date",
            text="memo reference_number",
            flag="is_processed",
        ),
        "payment_method": shape(whole="id vendor type", text="name", nested={"currency": CURRENCY}),
    },
)

BILL_ROW = shape(
    whole="id version status group type",
    text="uuid invoice_number payment_uuid invoice_uuid",
    flag="locked past_due invoice_created",
    number="total_cost_with_tax invoice_total",
    when="last_modified_datetime submitted_date due_date invoice_date gl_post_date",
    day="last_export_date",
    nested={
        "currency": CURRENCY,
        "vendor": VENDOR_IN_DOCUMENT,
        "user": USER_IN_BILL,
        "creator": USER_IN_BILL,
        "last_export_user": extend(PERSON_BRIEF, text="department_name branch_name"),
        "approver": extend(
            APPROVER,
            text="firstName lastName profile_image",
            nested={"approval_delegatee": shape(whole="id", text="firstName lastName")},
        ),
        "next_approver_choices": rows(APPROVER),
    },
)
"""What a list row holds; its ``items`` are bare ids there and come from the detail instead."""

DERIVED = {
    "_procurify_eligible": (
        "Derived: true when the status is approved or a later one (2, 6, 7, 8 or 4)."
    ),
    "_procurify_uuid_hex": "Derived: uuid in lower case without hyphens.",
    "_procurify_home_currency_rate": (
        "Derived: converted_total_cost divided by total_cost, to ten places; bills store no rate."
    ),
    "_procurify_approved_at": "Derived: date of the latest status entry that says approved.",
    "_procurify_approved_by_user_id": "Derived: id of the user in that entry.",
    "_procurify_approved_by_name": "Derived: first and last name of that user.",
    "_procurify_approved_by_department_id": "Derived: id of that user's department.",
    "_procurify_approved_by_department_name": "Derived: name of that user's department.",
    "_procurify_approved_by_department_external_id": (
        "Derived: external id of that user's department."
    ),
    "_procurify_vanished_at": (
        "Derived: when the tap found the bill gone from Procurify. Such a record has the keys only."
    ),
}

BILLS = table(
    extend(
        BILL_ROW,
        whole=(
            "approval_chain creditcard payment_method _procurify_approved_by_user_id "
            "_procurify_approved_by_department_id"
        ),
        text=(
            "creditcard_name vendor_name vendor_contact vendor_address_one vendor_address_two "
            "vendor_postal_code vendor_city vendor_state_province vendor_country payment_terms "
            "note payment_method_name _procurify_uuid_hex _procurify_approved_by_name "
            "_procurify_approved_by_department_name _procurify_approved_by_department_external_id"
        ),
        number=(
            "tax_amount inclusive_tax_amount exclusive_tax_amount subtotal_cost total_cost "
            "converted_total_cost shipping_amount"
        ),
        decimal="_procurify_home_currency_rate",
        flag="active _procurify_eligible",
        when="_procurify_approved_at _procurify_vanished_at",
        nested={
            "items": rows(BILL_ITEM),
            "costs": rows(
                shape(
                    whole="id bill cost currency",
                    text="name",
                    decimal="amount",
                    nested={"cost_allocation": COST_ALLOCATION},
                )
            ),
            "invoice_attachments": rows(ATTACHMENT),
            "bill_statuses": rows(
                shape(whole="id status bill", when="date", nested={"user": PERSON})
            ),
            "comments": rows(COMMENT),
            "version_choices": rows(shape(whole="version pk")),
            "bill_payment": BILL_PAYMENT,
            "added_purchase_orders": rows(
                shape(whole="id", text="number currency", decimal="total_amount")
            ),
        },
    ),
    keys=("uuid",),
    notes={
        "uuid": "The bill's key, as the list spells it.",
        "last_modified_datetime": "When the bill last changed; the replication key.",
        "status": BILL_STATUSES,
        "type": "0 order, 1 expense, 2 credit card.",
        "total_cost": "Items and bill-level costs, without tax and shipping.",
        "subtotal_cost": "Items only, without tax and shipping.",
        "converted_total_cost": "In the tenant's base currency.",
        "gl_post_date": "Posting date; may be missing.",
        **DERIVED,
    },
)

BILL_ITEMS = table(
    extend(BILL_ITEM, text="bill_uuid", when="bill_last_modified_datetime"),
    keys=("id",),
    notes={
        "bill": "Id of the bill (its numeric id).",
        "bill_uuid": "Derived: uuid of the bill that the item was read from.",
        "bill_last_modified_datetime": "Derived: change stamp of that bill; items have none.",
        "cost_allocations": "The split over accounts; account code and department stand here.",
    },
)

PAYMENTS = table(
    shape(
        whole="id external_payment_source_id",
        text=(
            "uuid payment_source_name payment_source_type status processing_date vendor_name "
            "gl_code vendor_payment_method_country_code vendor_payment_method_rail"
        ),
        when="created_at updated_at",
        decimal="amount",
        day="posted_date",
        wholes="bill_groups",
        nested={"creator": shape(text="email first_name last_name"), "currency": NAMED},
    ),
    keys=("id",),
    notes={
        "updated_at": "When the payment last changed; the replication key.",
        "bill_groups": "The groups of the bills that were paid (bill field group).",
        "status": (
            "draft, pending_approval, approved, denied, paid, processing, failed or scheduled."
        ),
    },
)
