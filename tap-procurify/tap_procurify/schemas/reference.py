"""Master data: accounts, departments, locations, currencies, users and the like."""

from __future__ import annotations

from tap_procurify.schemas.kinds import CODE, extend, rows, shape, table
from tap_procurify.schemas.people import (
    ACCOUNT,
    ACCOUNT_CODE,
    CURRENCY,
    CUSTOM_FIELD,
    DEPARTMENT_OF_USER,
    LOCATION_BRIEF,
    PROFILE,
)

DEPARTMENT = shape(
    whole="id",
    text="external_id name punchout_email",
    flag="active is_active_for_account_code",
    nested={"branch": LOCATION_BRIEF},
)
PLACE = shape(whole="id", text="name addressLineOne city postalCode state_province country")

ACCOUNT_CODES = table(
    ACCOUNT_CODE,
    keys=("id",),
    notes={
        "code": "The general ledger code.",
        "account_type": "0 assets, 1 liability, 2 expense, 3 income, 4 equity, 5 other.",
    },
)
ACCOUNTS = table(
    extend(ACCOUNT, nested={"department": DEPARTMENT}),
    keys=("id",),
    notes={"account_code": "One account is an account code in a department, with its budget."},
)
DEPARTMENTS = table(DEPARTMENT, keys=("id",), notes={"branch": "The department's location."})
LOCATIONS = table(
    shape(
        whole="id language department_count",
        text="name url logo phoneOne fax email locationTimezone external_id",
        flag="headquarter active",
        nested={
            "currency": CURRENCY,
            "primary_billing_address": PLACE,
            "primary_shipping_address": PLACE,
            "shipping_addresses": rows(PLACE),
            "legal_entity": shape(whole="id", text="uuid name"),
        },
    ),
    keys=("id",),
    notes={"external_id": "The location's key in another system."},
)
CURRENCIES = table(
    CURRENCY,
    keys=("id",),
    notes={
        "name": "The currency code.",
        "rate": "Worth of one unit in the base currency, as the tenant typed it in.",
        "base": "True for the tenant's one base currency.",
    },
)
CUSTOM_FIELDS = table(
    CUSTOM_FIELD,
    keys=("id",),
    notes={
        "field_type": (
            "t text, a long text, i integer, f decimal, b yes/no, m dropdown, d date, "
            "h date and time."
        )
    },
)
USERS = table(
    shape(
        whole="id user",
        text="firstName lastName email profile_image phone position",
        flag="is_active",
        day="expected_return_date",
        nested={
            "department": DEPARTMENT_OF_USER,
            "location": LOCATION_BRIEF,
            "role": shape(whole="id type", text="name"),
            "approval_delegatee": PROFILE,
            "pending_approvals_count": shape(whole="order expense travel bill payment"),
        },
    ),
    keys=("id",),
    notes={"email": "The user's sign-in address."},
)
PAYMENT_METHODS = table(
    shape(
        whole="id vendor type",
        text="owner name gl_code payment_rail bank_account_country_code",
        nested={
            "currency": CURRENCY,
            "flight_time": shape(whole="min max"),
            "transaction_fee": shape(decimal="value", nested={"type": CODE}),
        },
    ),
    keys=("owner", "id"),
    notes={
        "owner": "Derived: company or vendor, the list that the method was read from.",
        "vendor": "The vendor's id; null for the company's own methods.",
        "type": (
            "0 other, 1 check, 2 ACH, 3 EFT, 4 wire, 5 to 7 paid through Procurify (check, ACH, "
            "wire), 8 Airwallex."
        ),
    },
)
