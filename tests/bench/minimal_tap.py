"""The smallest tap that singer-sdk allows for lists of Procurify: what speed is compared with.

It trusts every page, has no bookmark and no retry of its own, and reads details one by one.
"""

from __future__ import annotations

from typing import Any, ClassVar

import requests
from singer_sdk import Stream, Tap
from singer_sdk.authenticators import BearerTokenAuthenticator
from singer_sdk.helpers.types import Context
from singer_sdk.pagination import BasePageNumberPaginator, SinglePagePaginator
from singer_sdk.streams import RESTStream
from typing_extensions import override

from tap_procurify.schemas.bills import BILL_ROW, BILLS
from tap_procurify.schemas.kinds import Schema, table
from tap_procurify.schemas.orders import ORDER_ITEMS
from tap_procurify.schemas.vendors import VENDORS

PAGE_SIZE = 100
DETAIL_PATH = "/api/v2/ap/bills/{uuid}/"


class _Pages(BasePageNumberPaginator):
    @override
    def has_more(self, response: requests.Response) -> bool:
        pages: dict[str, Any] = response.json()["metadata"]["pagination"]
        return bool(pages["next"])


class ListStream(RESTStream[int]):
    """A list, read to where its envelope says that it ends."""

    records_jsonpath = "$.data[*]"

    @property
    @override
    def url_base(self) -> str:
        """Where the tenant is."""
        return str(self.config["base_url"])

    @property
    @override
    def authenticator(self) -> BearerTokenAuthenticator:
        """The token, asked for by whoever measures."""
        return BearerTokenAuthenticator(token=self.config["token"])

    @property
    @override
    def http_headers(self) -> dict[str, str]:
        """What Procurify wants to see."""
        return {"X-Procurify-Client": "api"}

    @override
    def get_new_paginator(self) -> _Pages:
        """By number."""
        return _Pages(1)

    @override
    def get_url_params(
        self, context: Context | None, next_page_token: int | None
    ) -> dict[str, Any]:
        """The page and its size."""
        return {"page": next_page_token, "page_size": PAGE_SIZE}


class BillRows(ListStream):
    """Rows of bills, each with its detail to follow."""

    @override
    def get_child_context(self, record: dict[str, Any], context: Context | None) -> Context | None:
        """What the address of a detail needs."""
        return {"uuid": record["uuid"]}


class DetailStream(ListStream):
    """The detail of each bill, one after the other."""

    records_jsonpath = "$.data"
    parent_stream_type = BillRows

    @override
    def get_new_paginator(self) -> SinglePagePaginator:  # type: ignore[override]
        """There is one page."""
        return SinglePagePaginator()

    @override
    def get_url_params(
        self, context: Context | None, next_page_token: int | None
    ) -> dict[str, Any]:
        """None."""
        return {}


BILL_LIST: Schema = table(BILL_ROW, keys=("uuid",), notes={})
LISTS: dict[str, tuple[str, str, Schema]] = {
    "vendors": ("/api/v3/vendors/all/", "id", VENDORS),
    "bills": ("/api/v3/ap/bills/", "uuid", BILL_LIST),
    "order_items": ("/api/v3/order-items/", "id", ORDER_ITEMS),
}


class MinimalTap(Tap):
    """Vendors, rows of bills, order lines."""

    name = "tap-minimal"
    config_jsonschema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {"base_url": {"type": "string"}, "token": {"type": "string"}},
    }

    @override
    def discover_streams(self) -> list[Stream]:
        """The lists, and the details of bills."""
        streams: list[Stream] = []
        for name, (path, key, schema) in LISTS.items():
            kind = BillRows if name == "bills" else ListStream
            stream = kind(self, name=name, schema=schema, path=path)
            stream.primary_keys = [key]
            streams.append(stream)
        details = DetailStream(self, name="bill_details", schema=BILLS, path=DETAIL_PATH)
        details.primary_keys = ["uuid"]
        details.state_partitioning_keys = []
        return [*streams, details]
