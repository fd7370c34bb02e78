"""Users in the four shapes in which they appear."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import cache

from erp_sandbox.exact_json import Fragment, fragment
from erp_sandbox.procurify.rows.reference import department_summary, location_row, place_row
from erp_sandbox.procurify.rows.values import utc_stamp
from erp_sandbox.tenant import USER, User, department, location

USERS_CREATED = datetime(2023, 1, 9, 18, 0, 0, 120222, tzinfo=timezone.utc)
USERS_UPDATED = datetime(2026, 1, 15, 17, 30, 40, 724146, tzinfo=timezone.utc)


@cache
def user_summary(user_id: int) -> Fragment:
    """A user as documents carry them, with the department."""
    row = USER[user_id]
    return fragment(
        {
            "id": row.id,
            "department": department_summary(row.department),
            "created_at": utc_stamp(USERS_CREATED),
            "updated_at": utc_stamp(USERS_UPDATED),
            "firstName": row.first_name,
            "lastName": row.last_name,
            "email": row.email,
            "position": "",
            "phone": "-",
            "address": "",
            "notifications": True,
            "is_active": row.is_active,
            "mobile": False,
            "profile_image": None,
            "slack_user_id": "",
            "is_sso_enabled": False,
            "last_changed_by": None,
            "user": row.id,
            "approval_delegatee": None,
            "expected_return_date": None,
        }
    )


@cache
def user_short(user_id: int) -> Fragment:
    """A user without department, as requesters and approvers are shown."""
    row = USER[user_id]
    return fragment(
        {
            "id": row.id,
            "firstName": row.first_name,
            "lastName": row.last_name,
            "email": row.email,
            "position": "",
            "profile_image": None,
            "approval_delegatee": None,
            "expected_return_date": None,
        }
    )


@cache
def user_plain(user_id: int) -> Fragment:
    """A user as the bill list carries them."""
    row = USER[user_id]
    return fragment(
        {
            "id": row.id,
            "firstName": row.first_name,
            "lastName": row.last_name,
            "email": row.email,
            "profile_image": None,
        }
    )


def user_row(row: User) -> Fragment:
    """A user of the user list."""
    holder = department(row.department)
    place = place_row(location(holder.location))
    role, kind = row.role
    return fragment(
        {
            "id": row.id,
            "firstName": row.first_name,
            "lastName": row.last_name,
            "user": row.id,
            "email": row.email,
            "department": {"id": holder.id, "name": holder.name, "location": place},
            "location": place,
            "profile_image": None,
            "is_active": row.is_active,
            "phone": None,
            "position": None,
            "role": {"id": kind + 1, "name": role, "type": kind},
            "approval_delegatee": None,
            "pending_approvals_count": {
                "order": 0,
                "expense": 0,
                "travel": 0,
                "bill": 0,
                "payment": 0,
            },
            "expected_return_date": None,
        }
    )


def user_me(row: User) -> Fragment:
    """The user that the token acts as (documented): role as a code, location as a whole row."""
    holder = department(row.department)
    return fragment(
        {
            "id": row.id,
            "domains": {"active": False, "procurify_domains": []},
            "headquarter_logo": "",
            "systemaccess_cache": None,
            "approval_delegatee": None,
            "is_approval_delegatee": False,
            "department": {
                "id": holder.id,
                "branch": location_row(location(holder.location)),
                "external_id": holder.external_id,
                "name": holder.name,
                "active": True,
                "punchout_email": None,
            },
            "created_at": utc_stamp(USERS_CREATED),
            "updated_at": utc_stamp(USERS_UPDATED),
            "firstName": row.first_name,
            "lastName": row.last_name,
            "email": row.email,
            "position": None,
            "phone": None,
            "address": None,
            "notifications": True,
            "is_active": row.is_active,
            "pending_invite": False,
            "role": row.role[1],
            "mobile": False,
            "profile_image": None,
            "slack_user_id": "",
            "is_sso_enabled": False,
            "last_changed_by": None,
            "user": row.id,
            "uuid": None,
        }
    )
