"""The functions that a ``$filter`` may call, and the kinds that they take and give.

Source: documented by IFS: string functions are supported, ``cast`` to ``Edm.String`` alone;
rounding, geo, collection and some date functions are not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from erp_sandbox.ifs.entity import DAY, FLAG, MOMENT, NUMBER, TEXT

TIME = "TimeOfDay"
_DATED = (DAY, MOMENT)
_CASTABLE = (TEXT, DAY, MOMENT, FLAG, NUMBER, TIME)


@dataclass(frozen=True, slots=True)
class Function:
    """``run`` gets the values as rows keep them; ``takes`` are the kinds of each argument."""

    run: Callable[..., Any]
    takes: tuple[tuple[str, ...], ...]
    gives: str


def _of_text(run: Callable[..., Any], gives: str = TEXT, *, count: int = 1) -> Function:
    """A function of texts; what is null reads as empty."""
    return Function(
        lambda *values: run(*("" if value is None else str(value) for value in values)),
        ((TEXT,),) * count,
        gives,
    )


def _digits(start: int, end: int) -> Callable[[str | None], Decimal | None]:
    """A number that stands at a place of the text of a day or moment."""
    return lambda text: None if text is None else Decimal(text[start:end])


def _substring(text: str | None, start: Decimal, length: Decimal | None = None) -> str | None:
    if text is None:
        return None
    end = None if length is None else int(start) + int(length)
    return text[int(start) : end]


def _cast(value: Any) -> str | None:  # noqa: ANN401 (a value of any kind)
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)


FUNCTIONS: Mapping[str, Function] = {
    "toupper": _of_text(lambda a: a.upper()),
    "tolower": _of_text(lambda a: a.lower()),
    "trim": _of_text(lambda a: a.strip()),
    "concat": _of_text(lambda a, b: a + b, count=2),
    "length": _of_text(lambda a: Decimal(len(a)), NUMBER),
    "contains": _of_text(lambda a, b: b in a, FLAG, count=2),
    "startswith": _of_text(lambda a, b: a.startswith(b), FLAG, count=2),
    "endswith": _of_text(lambda a, b: a.endswith(b), FLAG, count=2),
    "indexof": _of_text(lambda a, b: Decimal(a.find(b)), NUMBER, count=2),
    "substring": Function(_substring, ((TEXT,), (NUMBER,), (NUMBER,)), TEXT),
    "year": Function(_digits(0, 4), (_DATED,), NUMBER),
    "month": Function(_digits(5, 7), (_DATED,), NUMBER),
    "day": Function(_digits(8, 10), (_DATED,), NUMBER),
    "hour": Function(_digits(11, 13), ((MOMENT,),), NUMBER),
    "minute": Function(_digits(14, 16), ((MOMENT,),), NUMBER),
    "second": Function(_digits(17, 19), ((MOMENT,),), NUMBER),
    "date": Function(lambda text: text and text[:10], ((MOMENT,),), DAY),
    "time": Function(lambda text: text and text[11:19], ((MOMENT,),), TIME),
    "cast": Function(_cast, (_CASTABLE,), TEXT),
}
