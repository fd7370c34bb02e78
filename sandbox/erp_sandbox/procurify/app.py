"""The ASGI application: routes, the gate in front of them, single objects."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from erp_sandbox.exact_json import JsonValue
from erp_sandbox.procurify.answers import NOT_FOUND, answer, html_page, refuse, single
from erp_sandbox.procurify.bill_lists import BILL_ITEMS, BILLS, OLD_PAYMENTS, PAYMENTS
from erp_sandbox.procurify.listing import Listing, answer_list, describe_list
from erp_sandbox.procurify.office_writes import (
    close_order,
    mark_as_paid,
    patch_bill,
    reopen_order,
    where_allowed,
)
from erp_sandbox.procurify.order_lists import (
    ORDER_LINES,
    ORDERS,
    RECEIPTS,
    REQUISITIONS,
    ROLES,
    STATUSES,
)
from erp_sandbox.procurify.reference_lists import (
    ACCOUNT_CODE_LIST,
    ACCOUNT_LIST,
    CURRENCY_LIST,
    CUSTOM_FIELD_LIST,
    DEPARTMENT_LIST,
    LOCATION_LIST,
    USER_LIST,
)
from erp_sandbox.procurify.rows.bills import bill_detail, list_permissions
from erp_sandbox.procurify.rows.fulfilment import billing_row
from erp_sandbox.procurify.rows.orders import order_detail
from erp_sandbox.procurify.rows.people import user_me
from erp_sandbox.procurify.rows.reference import location_row
from erp_sandbox.procurify.rows.vendors import vendor_detail
from erp_sandbox.procurify.sparse import sparse
from erp_sandbox.procurify.state import ProcurifyState
from erp_sandbox.procurify.tokens import find_fault, issue_token
from erp_sandbox.procurify.vendor_lists import (
    COMPANY_METHODS,
    GROUPS,
    VENDOR_METHODS,
    VENDORS,
)
from erp_sandbox.procurify.vendor_writes import create_vendor, patch_vendor, replace_vendor
from erp_sandbox.tenant import API_USER_ID, LOCATIONS, USER

Handler = Callable[[Request], Awaitable[Response]]
READS, LISTED = ("GET",), ("GET", "OPTIONS")


def create_app(state: ProcurifyState) -> Starlette:
    """The stand-in for Procurify on that state."""
    app = Starlette(
        routes=_routes(),
        exception_handlers={404: _unknown_address, 405: _method_not_allowed},
    )
    app.router.redirect_slashes = False
    app.state.procurify = state
    app.add_middleware(Gate, state=state, routes=app.routes)
    return app


def _routes() -> list[BaseRoute]:
    lists = {
        "/api/v3/ap/bills/": BILLS,
        "/api/v2/purchase_orders/{role}/{status}/": ORDERS,
        "/api/v3/order-items/": ORDER_LINES,
        "/api/v2/global/order_items/": ORDER_LINES,
        "/api/v2/global/orders/": REQUISITIONS,
        "/api/v3/receipt/items/": RECEIPTS,
        "/api/v2/ap/items/": BILL_ITEMS,
        "/api/public/v1/payments/": PAYMENTS,
        "/api/v2/ap/payments/": OLD_PAYMENTS,
        "/api/v2/ap/company-payment-methods/": COMPANY_METHODS,
        "/api/v2/ap/vendor-payment-methods/": VENDOR_METHODS,
        "/api/v3/account-codes/": ACCOUNT_CODE_LIST,
        "/api/v3/accounts/": ACCOUNT_LIST,
        "/api/v3/departments/": DEPARTMENT_LIST,
        "/api/v2/locations/": LOCATION_LIST,
        "/api/v2/currencies/": CURRENCY_LIST,
        "/api/v3/custom-fields/order-items/": CUSTOM_FIELD_LIST,
        "/api/v3/users/": USER_LIST,
    }
    return [
        # They are tried in this order: first what is asked for most.
        Route("/api/v2/ap/bills/{uuid}/", _bill, methods=READS),
        *(Route(path, _listed(listing), methods=LISTED) for path, listing in lists.items()),
        Route("/oauth/token", issue_token, methods=["POST"]),
        Route("/api/v3/vendors/{vendor_id:int}/", _vendor, methods=READS),
        Route("/api/v3/vendors/{vendor_id:int}/", replace_vendor, methods=["PUT"]),
        Route("/api/v3/vendors/{vendor_id:int}/", patch_vendor, methods=["PATCH"]),
        Route("/api/v3/vendors/", _listed(VENDORS), methods=LISTED),
        Route("/api/v3/vendors/", create_vendor, methods=["POST"]),
        Route("/api/v3/vendors/{group}/", _listed(VENDORS), methods=LISTED),
        Route("/api/v2/purchase_orders/{key}/", _order, methods=READS),
        Route("/api/v3/purchase-orders/billing-history/", _billing_history, methods=READS),
        *_office_routes(),
        Route("/api/v2/locations/{location_id:int}/", _location, methods=READS),
        Route("/api/v3/users/me/", _me, methods=READS),
    ]


def _office_routes() -> list[BaseRoute]:
    """Writes that exist beside those of vendors; whether the user may do them is a knob."""
    order = "/api/v3/purchase-orders/{order_id:int}"
    writes = (
        (f"{order}/close/", "POST", close_order),
        (f"{order}/reopen/", "POST", reopen_order),
        ("/api/v3/ap/bills/mark-as-paid/", "POST", mark_as_paid),
        ("/api/v3/ap/bills/{uuid}/", "PATCH", patch_bill),
    )
    return [
        Route(path, where_allowed(handler), methods=[method]) for path, method, handler in writes
    ]


class Gate:
    """What happens before any route: the slash at the end, the token, the client header.

    Inferred: GET without the slash is redirected as the framework does, a write without it fails;
    every documented path but that of the token ends in a slash.
    """

    def __init__(self, app: ASGIApp, *, state: ProcurifyState, routes: list[BaseRoute]) -> None:
        self._app = app
        self._state = state
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or answer it here."""
        if scope["type"] != "http" or not scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return
        response = self._answer(scope)
        await (response or self._app)(scope, receive, send)

    def _answer(self, scope: Scope) -> Response | None:
        if not scope["path"].endswith("/"):
            return self._answer_without_slash(scope)
        fault = find_fault(self._state, Headers(scope=scope))
        return refuse(fault, 401) if fault else None

    def _answer_without_slash(self, scope: Scope) -> Response:
        path = f"{scope['path']}/"
        is_known = any(
            route.matches({**scope, "path": path})[0] is Match.FULL for route in self._routes
        )
        if not is_known or scope["method"] not in {"GET", "HEAD"}:
            return html_page(404, "Page not found")
        query = scope["query_string"].decode()
        return RedirectResponse(f"{path}?{query}" if query else path, status_code=301)


def _state(request: Request) -> ProcurifyState:
    state: ProcurifyState = request.app.state.procurify
    return state


def _listed(listing: Listing) -> Handler:
    async def handle(request: Request) -> Response:
        path = request.path_params
        is_known = (
            path.get("group", "all") in GROUPS
            and path.get("role", ROLES[0]) in ROLES
            and path.get("status", STATUSES[0]) in STATUSES
        )
        if not is_known:
            return refuse(NOT_FOUND, 404)
        if request.method == "OPTIONS":
            return describe_list(listing, _state(request), request)
        return answer_list(listing, _state(request), request)

    return handle


async def _vendor(request: Request) -> Response:
    state = _state(request)
    vendor = state.vendors.get(request.path_params["vendor_id"])
    if vendor is None:
        return refuse(NOT_FOUND, 404)
    row = state.cached_row("vendor detail", vendor.id, (vendor,), lambda: vendor_detail(vendor))
    return answer(single(sparse(state.knobs, row)))


async def _order(request: Request) -> Response:
    state = _state(request)
    order = state.find_order(request.path_params["key"])
    if order is None:
        return refuse(NOT_FOUND, 404)
    vendor = state.vendors[order.vendor]
    row = state.cached_row(
        "order detail",
        order.id,
        (order, vendor),
        lambda: order_detail(order, vendor, state.vendor_json(vendor.id)),
    )
    return answer(
        single(sparse(state.knobs, row), metadata={"can_edit": False, "can_delete": False})
    )


async def _billing_history(request: Request) -> Response:
    """All orders that can still be billed. Unknown: how a server chooses them."""
    state = _state(request)
    billed = state.billed_quantities()
    return answer(
        single([billing_row(order, billed) for order in state.orders.values() if order.is_open])
    )


async def _bill(request: Request) -> Response:
    """The detail of a bill, by uuid only (documented)."""
    state = _state(request)
    bill = state.find_bill(request.path_params["uuid"])
    if bill is None:
        return refuse(NOT_FOUND, 404)
    summary: JsonValue = {"has_multiple_currency": False, "total_cost": bill.total}
    metadata: dict[str, JsonValue] = {"permissions": list_permissions(), "summary": summary}
    parties = state.parties_of(bill)
    row = state.cached_row(
        "bill detail",
        bill.id,
        (bill, parties.vendor, *parties.orders.values()),
        lambda: bill_detail(bill, parties),
    )
    return answer(single(sparse(state.knobs, row), metadata=metadata))


async def _location(request: Request) -> Response:
    wanted = request.path_params["location_id"]
    found = next((place for place in LOCATIONS if place.id == wanted), None)
    if found is None:
        return refuse(NOT_FOUND, 404)
    return answer(single(sparse(_state(request).knobs, location_row(found))))


async def _me(request: Request) -> Response:
    del request
    return answer(single(user_me(USER[API_USER_ID])))


async def _unknown_address(request: Request, fault: Exception) -> Response:
    """An HTML page for an unknown address (seen in code)."""
    del request, fault
    return html_page(404, "Page not found")


async def _method_not_allowed(request: Request, fault: Exception) -> Response:
    """405, on POST and DELETE of bills for one (seen in code)."""
    del fault
    return refuse(f'Method "{request.method}" not allowed.', 405)
