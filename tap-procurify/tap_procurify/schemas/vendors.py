"""Vendors: the stream and the vendor that documents carry."""

from __future__ import annotations

from tap_procurify.schemas.kinds import extend, rows, shape, table
from tap_procurify.schemas.people import CURRENCY, PERSON_BRIEF

TERM = shape(whole="id", text="name description", flag="active")

PAYMENT_METHOD_BRIEF = shape(
    whole="id type",
    text="name payment_rail bank_account_country_code",
    nested={"currency": CURRENCY},
)
"""Without ``data``, which holds bank account details."""

CARD = shape(
    whole="id balance type category last_changed_by vendor payment_method currency creator",
    text="uuid name gl_code external_id status",
    flag="is_active require_activation",
    when="created_at updated_at",
)
"""A purchasing card without its number."""

VENDOR_CARD = extend(CARD, text="currency_name", nested={"assignees": rows(PERSON_BRIEF)})

VENDOR_IN_DOCUMENT = shape(
    whole="id currency tax type default_payment_method",
    text=(
        "name addressLineOne addressLineTwo postalCode city state_province country "
        "phoneOne phoneTwo fax comments contact url external_id po_pdf_labels"
    ),
    flag="active is_1099_eligible is_auto_email_po_enabled",
    texts="email",
    when="dateModified",
    number="overall_score",
    free="email_configurations",
    nested={
        "payment_term_ref": TERM,
        "shipping_term_ref": TERM,
        "payment_method_ref": TERM,
        "shipping_method_ref": TERM,
        "payment_methods": rows(PAYMENT_METHOD_BRIEF),
        "creditcards": rows(VENDOR_CARD),
    },
)

VENDORS = table(
    extend(
        VENDOR_IN_DOCUMENT,
        decimal="overall_score",
        nested={
            "vendor_request": shape(
                whole="id",
                text="requester next_approver",
                when="submitted_date",
                free="permissions",
            )
        },
    ),
    keys=("id",),
    notes={
        "external_id": "The vendor's key in another system, such as the supplier id of the ERP.",
        "dateModified": "When the vendor last changed; the replication key.",
        "type": (
            "1 other (the placeholder vendor), 2 hidden or punch-out, 3 preferred, 4 regular, "
            "5 employee, 6 card provider, 7 checkout."
        ),
        "payment_methods": "How the vendor is paid, without any account number.",
    },
)
