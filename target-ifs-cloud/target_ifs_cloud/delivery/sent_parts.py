"""What was sent of a document below its amounts: kept as text, and read back. Pure.

With it an edit by another hand in IFS can be told from what was written from here.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from target_ifs_cloud.documents import Line, Posting, SupplierInvoice

_DATE_TAG = "__date__"
_DECIMAL_TAG = "__decimal__"


def parts_text(document: SupplierInvoice) -> str:
    """Header fields, lines and postings of a document as one text."""
    lines = [[x.ref, x.net, x.tax, x.tax_code, x.values] for x in document.lines]
    postings = [[x.ref, x.codes, x.amount, x.values] for x in document.postings]
    return _encoder.encode([document.header, lines, postings])


def with_parts(document: SupplierInvoice, text: str) -> SupplierInvoice:
    """The document with the parts that :func:`parts_text` has kept."""
    header, lines, postings = json.loads(text, object_hook=_untag, parse_float=Decimal)
    return replace(
        document,
        header=_pairs(header),
        lines=tuple(
            Line(ref=ref, net=net, tax=tax, tax_code=tax_code, values=_pairs(values))
            for ref, net, tax, tax_code, values in lines
        ),
        postings=tuple(
            Posting(ref=ref, codes=_pairs(codes), amount=amount, values=_pairs(values))
            for ref, codes, amount, values in postings
        ),
    )


def _pairs(found: list[list[Any]]) -> tuple[tuple[str, Any], ...]:
    return tuple((name, value) for name, value in found)


def _tag(value: object) -> dict[str, str]:
    if isinstance(value, Decimal):
        return {_DECIMAL_TAG: str(value)}
    if isinstance(value, date):
        return {_DATE_TAG: value.isoformat()}
    message = f"a document holds a {type(value).__name__}, which JSON has no form for"
    raise TypeError(message)


_encoder = json.JSONEncoder(default=_tag, separators=(",", ":"))


def _untag(value: dict[str, str]) -> Decimal | date:
    ((tag, text),) = value.items()
    return Decimal(text) if tag == _DECIMAL_TAG else date.fromisoformat(text)
