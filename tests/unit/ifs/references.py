"""Reference data for tests."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from target_ifs_cloud.documents import CompanyId
from target_ifs_cloud.reference import CompanyReference


def company(**changes: Any) -> CompanyReference:
    """A company without anything in it."""
    values: dict[str, Any] = {
        "company": CompanyId("HCA"),
        "name": "Harbour",
        "country": "CA",
        "uses_posting_proposal": True,
        "default_invoice_type": None,
        "accounts": {},
        "code_values": {},
        "tax_codes": None,
        "payment_terms": None,
        "currencies": None,
        "rates": None,
        "periods": None,
        "read_at": datetime(2026, 1, 1, tzinfo=timezone.utc),
    }
    return CompanyReference(**(values | changes))
