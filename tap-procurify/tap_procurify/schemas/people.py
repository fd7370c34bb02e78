"""Users, departments, locations, currencies and accounts as they appear inside records."""

from __future__ import annotations

from tap_procurify.schemas.kinds import SCALAR, extend, rows, shape

NAMED = shape(whole="id", text="name")
CURRENCY_BRIEF = shape(whole="id", text="name", decimal="rate", flag="base")
CURRENCY = extend(CURRENCY_BRIEF, text="description", flag="active")

LOCATION_BRIEF = shape(whole="id", text="name", flag="headquarter")
ADDRESS = shape(
    whole="id addressAssociation last_changed_by",
    flag="is_active",
    when="created_at updated_at",
    text="name addressLineOne addressLineTwo postalCode city state_province country",
)
BRANCH = shape(
    whole=(
        "id language userLimit fiscalYearEndDay fiscalYearEndMonth localCurrency "
        "contactPerson buyerAddress shippingAddress"
    ),
    text="external_id name url logo locationTimezone phoneOne phoneTwo fax email setup_stage",
    flag=(
        "multipleLocations budgetOvertureToggle purchase_filtering catalog_permission "
        "separate_expense_approval standalone_travel_approval ported active activated"
    ),
    when="beginDate port_date",
)

DEPARTMENT_BRIEF = shape(
    whole="id",
    text="external_id name punchout_email",
    flag="active",
    nested={"branch": NAMED},
)
DEPARTMENT_OF_USER = shape(whole="id", text="name", nested={"location": LOCATION_BRIEF})

DELEGATEE = shape(whole="id department", text="firstName lastName email")
PERSON_BRIEF = shape(
    whole="id",
    text="firstName lastName email position profile_image",
    day="expected_return_date",
    nested={"approval_delegatee": DELEGATEE},
)
PERSON = extend(
    PERSON_BRIEF,
    whole="last_changed_by user",
    when="created_at updated_at",
    text="phone address slack_user_id",
    flag="notifications is_active mobile is_sso_enabled",
    nested={"department": DEPARTMENT_BRIEF},
)
PROFILE = shape(
    whole="id",
    text="firstName lastName email profile_image",
    nested={"role": shape(whole="type", text="name")},
)
PROFILE_WITH_DEPARTMENT = shape(
    whole="id", text="firstName lastName email", nested={"department": DEPARTMENT_OF_USER}
)
DELEGATION = shape(
    day="expected_return_date",
    nested={
        "approval_delegatee": PROFILE_WITH_DEPARTMENT,
        "delegator": PROFILE,
        "setter": PROFILE,
    },
)
COMMENT = shape(whole="id", text="comment", when="submit_date", nested={"userprofile": PERSON})
LOG_ENTRY = shape(
    whole="id action order lineItem PO inventoryItem stocking_parent",
    when="dateTime",
    decimal="line_qty_pass line_qty_fail",
    wholes="next_approvers",
    nested={
        "user": PERSON,
        "next_approver": PERSON,
        "nextApprover": PERSON,
        "approval_delegation": DELEGATION,
    },
)

ACCOUNT_CODE = shape(
    whole="id applied_accounts_count code_length account_type parent",
    text="description code",
    flag="active",
)
ACCOUNT = shape(
    whole="id",
    flag="active",
    when="start_datetime end_datetime",
    decimal=(
        "budget budget_used_approved budget_used_purchased balance_approved balance_purchased"
    ),
    nested={"account_code": ACCOUNT_CODE, "department": DEPARTMENT_BRIEF},
)
ACCOUNT_OF_EXPENSE = extend(ACCOUNT, flag="warning_indicator")
ACCOUNT_IN_DOCUMENT = extend(
    ACCOUNT_OF_EXPENSE, number="budget_used_approved budget_used_purchased"
)

ATTACHMENT = shape(
    whole="id user length",
    text="description uuid file name mimetype sha1_hash",
    when="created_at",
)
CUSTOM_FIELD = shape(
    whole="id content_type",
    text="name default_value field_type field_label",
    flag="is_required is_active",
    texts="field_choices",
)
CUSTOM_FIELD_VALUES = rows(shape(whole="id", nested={"value": SCALAR, "field": CUSTOM_FIELD}))
