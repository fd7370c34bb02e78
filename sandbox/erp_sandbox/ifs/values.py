"""The values of bodies: their types, and numbers that travel as texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from erp_sandbox.ifs.entity import DAY, FLAG, MOMENT, NUMBER, WHOLE
from erp_sandbox.ifs.refusal import Refusal
from erp_sandbox.ifs.store import Row

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[0-2]\d:[0-5]\d:[0-5]\d(Z|[+-]\d\d:\d\d)")


def with_numbers(kinds: Mapping[str, str], body: Row) -> Row:
    """Numbers that came as texts, as numbers.

    Raises:
        Refusal: a text is no number.
    """
    found = dict(body)
    for name, value in body.items():
        if kinds.get(name) in {NUMBER, WHOLE} and isinstance(value, str):
            try:
                number = Decimal(value)
            except InvalidOperation as error:
                raise Refusal(400, "ODP_DESERIALIZATION_ERROR") from error
            found[name] = int(number) if kinds[name] == WHOLE else number
    return found


def with_texts(value: Any) -> Any:  # noqa: ANN401 (any JSON)
    """Exact numbers and whole ones as texts, at any depth."""
    if isinstance(value, Mapping):
        return {name: with_texts(item) for name, item in value.items()}
    if isinstance(value, list):
        return [with_texts(item) for item in value]
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    return str(value) if is_number else value


def check_parameters(known: Mapping[str, str], body: Row) -> Row:
    """The parameters of an action.

    Raises:
        Refusal: an unknown one, or a wrong type (inferred).
    """
    for name, value in body.items():
        if name not in known or not fits(known[name], value):
            raise Refusal(400, "ODP_DESERIALIZATION_ERROR")
    return body


def fits(kind: str, value: object) -> bool:
    """Whether a value is of that kind; null is of any."""
    if value is None:
        return True
    test = _TESTS.get(kind)
    return isinstance(value, str) if test is None else test(value)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_moment(text: str) -> bool:
    """Whole seconds with a zone (documented; fractions only where an attribute declares them)."""
    return bool(_MOMENT.fullmatch(text)) and _is_day(text[:10])


# By exact type: there is no other in a body that was read from JSON.
_TESTS: Mapping[str, Callable[[Any], bool]] = {
    FLAG: lambda value: type(value) is bool,
    WHOLE: lambda value: type(value) is int,
    NUMBER: lambda value: type(value) in {int, Decimal},
    DAY: lambda value: isinstance(value, str) and _is_day(value),
    MOMENT: lambda value: isinstance(value, str) and _is_moment(value),
}
