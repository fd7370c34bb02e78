"""Answers a list request: filter, sort, cut the page, put it into its envelope."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from erp_sandbox.exact_json import JsonValue, array
from erp_sandbox.procurify.answers import (
    INVALID_PAGE,
    answer,
    html_page,
    pagination,
    read_page,
    refuse,
    refuse_fields,
)
from erp_sandbox.procurify.filters import Filter, Getter, Predicate, build_predicates
from erp_sandbox.procurify.knobs import ProcurifyKnobs
from erp_sandbox.procurify.sparse import sparse
from erp_sandbox.procurify.state import ProcurifyState

PAGING_WORDS = {"page", "page_size", "format"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A list of the API as data.

    ``rows`` gives all records that the path names, in the list's own order; ``render`` writes one;
    ``orders`` are the fields that ``order_by`` knows; ``summary`` is metadata beside the paging;
    ``has_format`` is whether ``format=csv`` is more than an unknown parameter.
    """

    name: str
    rows: Callable[[ProcurifyState, Mapping[str, Any]], Sequence[Any]]
    render: Callable[[ProcurifyState, Any], str]
    filters: Mapping[str, Filter] = field(default_factory=dict)
    orders: Mapping[str, Getter] = field(default_factory=dict)
    search: Getter | None = None
    summary: Callable[[ProcurifyState, Sequence[Any]], Mapping[str, JsonValue]] | None = None
    is_pagination_on_top: bool = False
    has_format: bool = True
    is_offered: Callable[[ProcurifyKnobs], bool] = lambda _: True


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The records of a query and the metadata that goes with them."""

    rows: Sequence[Any]
    summary: Mapping[str, JsonValue]


def answer_list(listing: Listing, state: ProcurifyState, request: Request) -> Response:
    """The page of the list that was asked for, or why it cannot be given."""
    if not listing.is_offered(state.knobs):
        return html_page(404, "Page not found")
    query = request.query_params.multi_items()
    tests, faults = build_predicates(listing.filters, query)
    if faults:
        return refuse_fields(state.knobs, faults)
    relevant = tuple(pair for pair in query if pair[0] not in PAGING_WORDS)
    key = (listing.name, *request.path_params.values(), relevant)
    found: Found = state.cached_result(key, lambda: _find(listing, state, request, tests))
    page = read_page(request, state.knobs, len(found.rows))
    if page is None or (page.is_past_the_end and state.knobs.is_past_end_refused):
        return refuse(INVALID_PAGE, 404)
    rows = [listing.render(state, row) for row in found.rows[page.slice]]
    if state.knobs.null_every:
        rows = [sparse(state.knobs, row) for row in rows]
    if listing.has_format and request.query_params.get("format") == "csv":
        return _csv(rows)
    paging = pagination(request, state.knobs, page)
    data = array(rows)
    if listing.is_pagination_on_top:
        return answer({"pagination": paging, "data": data})
    return answer({"metadata": {**found.summary, "pagination": paging}, "data": data})


def describe_list(listing: Listing, state: ProcurifyState, request: Request) -> Response:
    """The fields and their types (documented); the form is that of the framework (inferred)."""
    rows = listing.rows(state, request.path_params)
    first = json.loads(listing.render(state, rows[0])) if rows else {}
    fields: dict[str, JsonValue] = {
        name: {"type": _word(value), "required": False, "read_only": True, "label": name}
        for name, value in first.items()
    }
    described: dict[str, JsonValue] = {
        "name": listing.name,
        "renders": ["application/json", "text/csv"] if listing.has_format else ["application/json"],
        "parses": ["application/json"],
        "actions": {"GET": fields},
    }
    return answer(described)


def _word(value: object) -> str:
    """The framework's word for the kind of a value."""
    if isinstance(value, bool):
        return "boolean"
    words = {int: "integer", float: "float", str: "string", list: "list", dict: "nested object"}
    return words.get(type(value), "field")


def _find(
    listing: Listing, state: ProcurifyState, request: Request, tests: Sequence[Predicate]
) -> Found:
    rows = listing.rows(state, request.path_params)
    wanted = request.query_params.get("search", "").casefold()
    get_text = listing.search
    if wanted and get_text is not None:
        rows = [row for row in rows if wanted in get_text(row).casefold()]
    for test in tests:
        rows = [row for row in rows if test(row)]
    rows = _sort(listing, state, request, rows)
    return Found(rows=rows, summary=listing.summary(state, rows) if listing.summary else {})


def _sort(
    listing: Listing, state: ProcurifyState, request: Request, rows: Sequence[Any]
) -> Sequence[Any]:
    """Sorted by a known field; anything else is passed over. Inferred but for public payments."""
    order_by = request.query_params.get("order_by", "")
    get = listing.orders.get(order_by.removeprefix("-"))
    if get is None or not state.knobs.is_order_by_honoured:
        return rows
    return sorted(rows, key=get, reverse=order_by.startswith("-"))


def _csv(rows: Sequence[str]) -> Response:
    """The same rows as text/csv (documented); what is nested is written as JSON."""
    records = [json.loads(row, parse_float=str) for row in rows]
    text = io.StringIO()
    if records:
        writer = csv.DictWriter(text, list(records[0]))
        writer.writeheader()
        for record in records:
            writer.writerow({name: _cell(value) for name, value in record.items()})
    return Response(text.getvalue(), media_type="text/csv")


def _cell(value: object) -> object:
    return json.dumps(value) if isinstance(value, (dict, list)) else value
