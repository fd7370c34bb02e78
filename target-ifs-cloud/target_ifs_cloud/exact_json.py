"""JSON with exact decimals, fast: msgspec where it can, the standard library for the rest.

What the standard library takes and msgspec refuses (``NaN``, half surrogate pairs), and a number
beyond any exponent, must reach the mapping, which holds that record with a reason; it must not end
a run.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec
import simplejson

_decoder = msgspec.json.Decoder(float_hook=Decimal)
_sorted_encoder = msgspec.json.Encoder(order="sorted")
_encoder = msgspec.json.Encoder(decimal_format="number")


def parse(text: str | bytes, *, constant: Callable[[str], Any] = str) -> Any:  # noqa: ANN401
    """The value of a JSON text; numbers with a point or an exponent are ``Decimal``.

    ``constant`` is asked for what stands for ``NaN`` and the infinities; by default their names.
    A number that no ``Decimal`` can hold comes as its text.

    Raises:
        ValueError: it is no JSON, or is cut short.
        RecursionError: it is nested too deeply.
    """
    try:
        return _decoder.decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError, InvalidOperation):
        return json.loads(text, parse_float=_decimal_or_text, parse_constant=constant)


def _decimal_or_text(digits: str) -> Decimal | str:
    try:
        return Decimal(digits)
    except InvalidOperation:
        return digits


def to_sorted_bytes(value: Any) -> bytes:  # noqa: ANN401
    """One text for one value, whatever order its members came in; decimals by their digits.

    Raises:
        ValueError, TypeError, RecursionError: the value has no such form.
    """
    try:
        return _sorted_encoder.encode(value)
    except (TypeError, ValueError):
        text = json.dumps(value, sort_keys=True, default=str)
        return text.encode("utf-8", "surrogatepass")


def to_bytes(value: Any) -> bytes:  # noqa: ANN401
    """A text that :func:`parse` reads back; a decimal without a point comes back as an ``int``.

    Raises:
        ValueError, TypeError, RecursionError: the value has no such form.
    """
    try:
        return _encoder.encode(value)
    except UnicodeEncodeError:  # half a surrogate pair, which stands in JSON as an escape
        return simplejson.dumps(value, use_decimal=True, allow_nan=True).encode()
