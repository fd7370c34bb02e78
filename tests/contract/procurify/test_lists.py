"""Envelopes, pages and filters, which all lists share."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from erp_sandbox.procurify import ProcurifyState
from erp_sandbox.procurify.knobs import change_knobs
from tests.contract.procurify.caller import HOST, Caller

BILLS = "/api/v3/ap/bills/"
LISTS = (
    BILLS,
    "/api/v3/vendors/",
    "/api/v3/vendors/all/",
    "/api/v2/purchase_orders/purchased/all/",
    "/api/v2/purchase_orders/receivable/open/",
    "/api/v3/order-items/",
    "/api/v2/global/order_items/",
    "/api/v2/global/orders/",
    "/api/v2/ap/items/",
    "/api/public/v1/payments/",
    "/api/v3/account-codes/",
    "/api/v3/accounts/",
    "/api/v3/departments/",
    "/api/v2/locations/",
    "/api/v2/currencies/",
    "/api/v3/custom-fields/order-items/",
    "/api/v3/users/",
    "/api/v2/ap/company-payment-methods/",
    "/api/v2/ap/vendor-payment-methods/",
)
PAGING = {"count", "next", "previous", "page_size", "num_pages", "current_page"}


@pytest.mark.parametrize("path", LISTS)
def test_list_has_its_paging_in_the_metadata(caller: Caller, path: str) -> None:
    """Source: documented."""
    reply = caller.get(path)
    paging = reply.json["metadata"]["pagination"]
    assert set(paging) == PAGING
    assert 0 < len(reply.data) <= paging["page_size"] == 10


def test_receipts_have_their_paging_on_top(caller: Caller) -> None:
    """Source: documented."""
    reply = caller.get("/api/v3/receipt/items/")
    assert set(reply.json) == {"pagination", "data"}
    assert set(reply.json["pagination"]) == PAGING


@pytest.mark.parametrize(
    ("path", "beside"),
    [
        (BILLS, {"permissions", "summary"}),
        ("/api/v2/ap/items/", {"summary"}),
        ("/api/v2/purchase_orders/purchased/all/", {"counts"}),
        ("/api/v3/vendors/", set()),
    ],
)
def test_some_lists_have_more_beside_their_paging(
    caller: Caller, path: str, beside: set[str]
) -> None:
    """Source: documented."""
    assert set(caller.get(path).json["metadata"]) == {"pagination", *beside}


@pytest.mark.parametrize("path", LISTS)
def test_pages_hold_every_row_once(caller: Caller, path: str) -> None:
    """No row is missing and none comes twice, whatever the size of the page."""
    count = caller.get(path).json["metadata"]["pagination"]["count"]
    for size in (7, 100):
        pages = -(-count // size)
        rows = [
            str(row)
            for page in range(1, pages + 1)
            for row in caller.get(f"{path}?page={page}&page_size={size}").data
        ]
        assert len(set(rows)) == len(rows) == count


def test_next_is_absolute_and_keeps_the_query(caller: Caller, state: ProcurifyState) -> None:
    """Source: absolute documented; the scheme seen as http on an https host."""
    wanted = "last_modified_datetime_0=2026-01-01T00%3A00%3A00Z&page_size=20"
    for scheme in ("http", "https"):
        state.turn_knobs(change_knobs(state.knobs, {"next_scheme": scheme}))
        paging = caller.get(f"{BILLS}?{wanted}&page=2").json["metadata"]["pagination"]
        parts = urlsplit(paging["next"])
        assert (parts.scheme, parts.netloc, parts.path) == (scheme, HOST, BILLS)
        assert parse_qs(parts.query) == {
            "page": ["3"],
            "page_size": ["20"],
            "last_modified_datetime_0": ["2026-01-01T00:00:00Z"],
        }
        assert parse_qs(urlsplit(paging["previous"]).query)["page"] == ["1"]


def test_large_page_size_is_quietly_reduced(caller: Caller) -> None:
    """Source: inferred; the envelope tells the size that was used."""
    reply = caller.get(f"{BILLS}?page_size=1000")
    assert reply.json["metadata"]["pagination"]["page_size"] == len(reply.data) == 100


@pytest.mark.parametrize("size", ["0", "-3", "many", ""])
def test_wrong_page_size_is_the_default_one(caller: Caller, size: str) -> None:
    """Source: inferred."""
    assert len(caller.get(f"{BILLS}?page_size={size}").data) == 10


@pytest.mark.parametrize("page", ["21", "0", "-1", "last", "1.0"])
def test_page_that_does_not_exist_is_not_found(caller: Caller, page: str) -> None:
    """Source: inferred."""
    reply = caller.get(f"{BILLS}?page={page}")
    assert (reply.status, reply.json) == (404, {"detail": "Invalid page."})


def test_page_past_the_end_may_be_empty(caller: Caller, state: ProcurifyState) -> None:
    """Source: unknown, so a knob."""
    state.turn_knobs(change_knobs(state.knobs, {"is_past_end_refused": False}))
    reply = caller.get(f"{BILLS}?page=21")
    assert (reply.data, reply.json["metadata"]["pagination"]["next"]) == ([], None)


def test_empty_result_has_one_empty_page(caller: Caller) -> None:
    """Source: inferred."""
    reply = caller.get(f"{BILLS}?creator=99999")
    assert reply.data == []
    assert reply.json["metadata"]["pagination"]["num_pages"] == 1


def test_unknown_parameter_is_passed_over(caller: Caller) -> None:
    """Source: seen in code. Bills cannot be filtered by status: a draft comes all the same."""
    rows = caller.all_rows(BILLS, "status=approved&no_such=1")
    assert len(rows) == 200
    assert 0 in {row["status"] for row in rows}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("last_modified_datetime_0=yesterday", "last_modified_datetime_0"),
        ("last_modified_datetime_0=2026-03-01T00:00:00+00:00", "last_modified_datetime_0"),
        ("due_date_1=2026-13-01", "due_date_1"),
        ("vendor=six", "vendor"),
        ("has_posting_date=maybe", "has_posting_date"),
    ],
)
def test_unreadable_filter_is_refused(caller: Caller, query: str, field: str) -> None:
    """Source: inferred. A plus that is not escaped arrives as a blank, as everywhere."""
    reply = caller.get(f"{BILLS}?{query}")
    assert (reply.status, list(reply.json)) == (400, [field])


def test_empty_filter_filters_nothing(caller: Caller) -> None:
    """Source: inferred."""
    count = caller.get(f"{BILLS}?vendor=&due_date_0=").json["metadata"]["pagination"]["count"]
    assert count == 200


def test_order_by_sorts_where_the_field_is_known(caller: Caller, state: ProcurifyState) -> None:
    """Source: documented for public payments; elsewhere a caller must not rely on it."""
    path = "/api/public/v1/payments/"
    rows = [row["updated_at"] for row in caller.all_rows(path, "order_by=updated_at")]
    assert rows == sorted(rows)
    assert caller.get(f"{path}?order_by=no_such").data == caller.get(path).data
    state.turn_knobs(change_knobs(state.knobs, {"is_order_by_honoured": False}))
    assert caller.get(f"{path}?order_by=-updated_at").data == caller.get(path).data


def test_csv_has_the_same_rows(caller: Caller) -> None:
    """Source: documented."""
    reply = caller.get("/api/v2/currencies/?format=csv")
    assert reply.headers["content-type"].startswith("text/csv")
    lines = reply.body.decode().splitlines()
    assert lines[0].startswith("id,name,description,rate")
    assert len(lines) == 3


def test_search_narrows_a_list(caller: Caller) -> None:
    """Source: documented as free text."""
    assert [row["name"] for row in caller.get("/api/v2/currencies/?search=cad").data] == ["CAD"]


@pytest.mark.parametrize(
    ("path", "query", "key", "wanted"),
    [
        ("/api/v3/account-codes/", "code=6100", "code", ["6100"]),
        ("/api/v2/currencies/", "base=true", "name", ["USD"]),
        ("/api/v2/currencies/", "rate=0.74", "name", ["CAD"]),
        ("/api/v3/departments/", "locations=2,3", "id", [3, 4, 5, 6]),
        ("/api/v3/departments/", "branch=1", "id", [1, 2]),
        ("/api/v2/locations/", "headquarter=false", "id", [2, 3]),
        ("/api/v3/users/", "is_active=false", "id", [40]),
        ("/api/v3/accounts/", "account_code=10,11&department=6", "id", [106, 112]),
        ("/api/v3/custom-fields/order-items/", "meta__is_active=true", "id", [54]),
        ("/api/v2/ap/company-payment-methods/", "currency=1", "id", [3]),
    ],
)
def test_filters_of_reference_data(
    *, caller: Caller, path: str, query: str, key: str, wanted: list[object]
) -> None:
    """Source: names documented."""
    assert [row[key] for row in caller.get(f"{path}?{query}").data] == wanted


def test_currency_rates_are_strings_with_six_places(caller: Caller) -> None:
    """Source: documented."""
    rates = {row["name"]: row["rate"] for row in caller.get("/api/v2/currencies/").data}
    assert rates == {"CAD": "0.740000", "USD": "1.000000"}


def test_location_names_its_legal_entity(caller: Caller) -> None:
    """Source: documented in the newer description."""
    entities = {
        row["external_id"]: row["legal_entity"]["name"]
        for row in caller.get("/api/v2/locations/").data
    }
    assert entities == {
        "LOC-VAN": "Harbour Research Inc.",
        "LOC-CGY": "Harbour Research Inc.",
        "LOC-AUS": "Harbour Research LLC",
    }


def test_me_is_the_user_that_the_token_acts_as(caller: Caller) -> None:
    """Source: documented; the role is a code here, unlike in the user list."""
    me = caller.get("/api/v3/users/me/").data
    listed = {row["id"]: row for row in caller.all_rows("/api/v3/users/")}[me["id"]]
    assert (me["email"], me["role"]) == (listed["email"], listed["role"]["type"])
    assert me["department"]["branch"]["external_id"] == "LOC-VAN"


@pytest.mark.parametrize(
    "path", ["/api/v2/purchase_orders/purchased/all/", "/api/public/v1/payments/"]
)
def test_two_lists_have_neither_format_nor_search(caller: Caller, path: str) -> None:
    """Both are unknown parameters there, hence passed over."""
    assert caller.get(f"{path}?format=csv&search=zzz").json == {
        **caller.get(path).json,
        "metadata": caller.get(f"{path}?format=csv&search=zzz").json["metadata"],
    }
