"""The bodies that Procurify answers with: envelopes, pages and errors."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import uuid4

from starlette.datastructures import URL
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from erp_sandbox.exact_json import JsonValue, encode
from erp_sandbox.procurify.knobs import ProcurifyKnobs

JSON_TYPE = "application/json"
NOT_FOUND = "Not found."
INVALID_PAGE = "Invalid page."


def answer(value: JsonValue, status: int = 200) -> Response:
    """A JSON answer with a request id (seen in code)."""
    return Response(
        encode(value),
        status_code=status,
        media_type=JSON_TYPE,
        headers={"x-request-id": uuid4().hex},
    )


def single(data: JsonValue, *, metadata: Mapping[str, JsonValue] | None = None) -> JsonValue:
    """The envelope of one object (documented)."""
    return {"metadata": metadata or {}, "data": data}


def refuse(detail: str, status: int) -> Response:
    """An error with a ``detail`` text. Inferred: no error body is documented."""
    return answer({"detail": detail}, status)


def refuse_whole(knobs: ProcurifyKnobs, fault: str) -> Response:
    """400 for a body as a whole: ``detail``, or ``errors`` under the name ``null``.

    Source: the second is documented for the vendor's own integration, assumed for the rest.
    """
    if knobs.error_shape == "errors":
        return answer({"errors": {"null": {"message": fault, "code": "INVALID"}}}, 400)
    return refuse(fault, 400)


def html_page(status: int, title: str) -> Response:
    """The page that an unknown address answers with (seen in code)."""
    head = f"<head><title>{title}</title></head>"
    page = f"<!doctype html><html>{head}<body><h1>{title}</h1></body></html>"
    return HTMLResponse(page, status_code=status)


def refuse_fields(knobs: ProcurifyKnobs, faults: Mapping[str, str]) -> Response:
    """400 with what is wrong by field, in one of the two shapes that the contract expects."""
    body: JsonValue = {name: [fault] for name, fault in faults.items()}
    if knobs.error_shape == "errors":
        body = {
            "errors": {
                name: {"message": fault, "code": "INVALID"} for name, fault in faults.items()
            }
        }
    return answer(body, 400)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Which rows of how many an answer holds."""

    number: int
    size: int
    count: int

    @property
    def pages(self) -> int:
        """How many pages there are; an empty list has one."""
        return max(1, math.ceil(self.count / self.size))

    @property
    def slice(self) -> slice:
        """The rows of the page."""
        return slice((self.number - 1) * self.size, self.number * self.size)

    @property
    def is_past_the_end(self) -> bool:
        """Whether the list has no such page."""
        return self.number > self.pages


def read_page(request: Request, knobs: ProcurifyKnobs, count: int) -> Page | None:
    """The wanted page, or ``None`` when its number is no number.

    Inferred from the framework: a wrong page size is the default one, a large one is quietly cut.
    """
    number = request.query_params.get("page") or "1"
    if not number.isdecimal() or int(number) < 1:
        return None
    size_text = request.query_params.get("page_size") or ""
    size = int(size_text) if size_text.isdecimal() else 0
    wanted = min(size, knobs.page_size_cap) if size else knobs.page_size_default
    return Page(number=int(number), size=wanted, count=count)


def pagination(request: Request, knobs: ProcurifyKnobs, page: Page) -> dict[str, JsonValue]:
    """The paging part of a list's envelope: ``next`` and ``previous`` are absolute (documented)."""
    has_next = page.number < page.pages
    has_previous = 1 < page.number <= page.pages
    return {
        "count": page.count,
        "next": _page_url(request, knobs, page.number + 1) if has_next else None,
        "previous": _page_url(request, knobs, page.number - 1) if has_previous else None,
        "page_size": page.size,
        "num_pages": page.pages,
        "current_page": page.number,
    }


def _page_url(request: Request, knobs: ProcurifyKnobs, number: int) -> str:
    url: URL = request.url
    others = [(name, value) for name, value in request.query_params.multi_items() if name != "page"]
    query = urlencode([("page", str(number)), *others])
    return f"{knobs.next_scheme}://{url.netloc}{url.path}?{query}"
