"""Master data, read whole on every run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from singer_sdk.helpers import types
from typing_extensions import override

from tap_procurify.schemas import reference
from tap_procurify.streams.core import ProcurifyStream


class AccountCodesStream(ProcurifyStream):
    """General ledger codes. Source: GET /api/v3/account-codes/, documented by Procurify."""

    name = "account_codes"
    path = "/api/v3/account-codes/"
    record_schema = reference.ACCOUNT_CODES


class AccountsStream(ProcurifyStream):
    """Account codes by department. Source: GET /api/v3/accounts/, documented by Procurify."""

    name = "accounts"
    path = "/api/v3/accounts/"
    record_schema = reference.ACCOUNTS


class DepartmentsStream(ProcurifyStream):
    """Departments. Source: GET /api/v3/departments/, documented by Procurify."""

    name = "departments"
    path = "/api/v3/departments/"
    record_schema = reference.DEPARTMENTS


class LocationsStream(ProcurifyStream):
    """Locations. Source: GET /api/v2/locations/, documented by Procurify."""

    name = "locations"
    path = "/api/v2/locations/"
    record_schema = reference.LOCATIONS


class CurrenciesStream(ProcurifyStream):
    """Currencies and their rates. Source: GET /api/v2/currencies/, documented by Procurify."""

    name = "currencies"
    path = "/api/v2/currencies/"
    record_schema = reference.CURRENCIES


class CustomFieldsStream(ProcurifyStream):
    """Custom fields of order lines.

    Source: GET /api/v3/custom-fields/order-items/, documented by Procurify.
    """

    name = "custom_fields"
    path = "/api/v3/custom-fields/order-items/"
    record_schema = reference.CUSTOM_FIELDS


class UsersStream(ProcurifyStream):
    """Users. Source: GET /api/v3/users/, documented by Procurify."""

    name = "users"
    path = "/api/v3/users/"
    record_schema = reference.USERS


class PaymentMethodsStream(ProcurifyStream):
    """How the company pays and how vendors are paid, without account numbers.

    Source: GET /api/v2/ap/company-payment-methods/ and /api/v2/ap/vendor-payment-methods/,
    documented by Procurify.
    """

    name = "payment_methods"
    path = "/api/v2/ap/{owner}-payment-methods/"
    record_schema = reference.PAYMENT_METHODS
    keys = ("owner", "id")
    owners = ("company", "vendor")

    @override
    def get_records(self, context: types.Context | None) -> Iterable[dict[str, Any]]:
        """The methods of the company, then those of the vendors."""
        for owner in self.owners:
            for row in self.list_rows(self.path.format(owner=owner), {}):
                yield {"owner": owner, **self.conform(row.data)}
