"""The readings of the documented figure 5000: rows of a page, and elements of arrays in a body."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from erp_sandbox.exact_json import JsonValue
from erp_sandbox.ifs.knobs import Knobs
from erp_sandbox.ifs.refusal import Refusal

_NESTED = {list, dict}


def rows_of_page(knobs: Knobs, wanted: int) -> int:
    """How many rows a page may have at most when so many are wanted.

    Raises:
        Refusal: more than the site gives, and the site does not cut quietly.
    """
    if not knobs.page_rows_max or wanted <= knobs.page_rows_max:
        return wanted
    if knobs.page_rows_over == "refused":
        raise Refusal(400, "ODP_BAD_REQUEST")
    return knobs.page_rows_max


def check_arrays(knobs: Knobs, body: Mapping[str, JsonValue]) -> None:
    """Refuse a body whose arrays are too large for the server.

    Raises:
        Refusal: 500 unless the site answers otherwise.
    """
    if not any(type(value) in _NESTED for value in body.values()):
        return
    lengths = list(_array_lengths(body))
    count = sum(lengths) if knobs.array_counting == "all" else max(lengths, default=0)
    if knobs.array_elements_max and count > knobs.array_elements_max:
        raise Refusal(knobs.array_over_status, "ODP_INTERNAL_ERROR")


def _array_lengths(value: JsonValue) -> Iterator[int]:
    if isinstance(value, dict):
        for item in value.values():
            if isinstance(item, dict | list):
                yield from _array_lengths(item)
    elif isinstance(value, list):
        yield len(value)
        for item in value:
            yield from _array_lengths(item)
