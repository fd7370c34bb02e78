"""What was sent of a document comes back exactly as it was sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from target_ifs_cloud.delivery.sent_parts import parts_text, with_parts
from target_ifs_cloud.documents import Line, Posting
from tests.unit.ifs.documents import invoice

VALUES: tuple[tuple[str, Any], ...] = (
    ("Day", date(2026, 1, 31)),
    ("Rate", Decimal("1.3500")),
    ("Count", 1),
    ("Yes", True),
    ("Text", "2026-01-31"),
    ("Nothing", None),
)
SENT = invoice(
    header=VALUES,
    lines=(
        Line(ref="1", net=Decimal("60.00"), tax=Decimal("3.0"), tax_code=None, values=VALUES),
        Line(ref="2", net=Decimal("40.00"), tax=Decimal(2), tax_code="GST5", values=()),
    ),
    postings=(
        Posting(ref="1", codes=(("A", "4010"), ("B", "")), amount=Decimal(100), values=VALUES),
        Posting(ref="1", codes=(), amount=Decimal("-0.00"), values=()),
    ),
)


def test_header_lines_and_postings_come_back_with_their_types() -> None:
    """A day is no text, a decimal keeps its digits; what is kept elsewhere is not touched."""
    edited = invoice(number="Inv-2", net=Decimal(1), header=(), lines=(), postings=())
    found = with_parts(edited, parts_text(SENT))
    assert found == replace(SENT, number="Inv-2", net=Decimal(1))
    assert repr((found.header, found.lines, found.postings)) == repr(
        (SENT.header, SENT.lines, SENT.postings)
    )


def test_a_value_without_a_form_is_a_defect() -> None:
    """A float cannot be kept exactly by chance."""
    with pytest.raises(TypeError, match="a document holds a set"):
        parts_text(replace(SENT, header=(("Odd", {1}),)))  # type: ignore[arg-type]
