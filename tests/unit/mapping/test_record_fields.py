"""The rules know the fields of Procurify's records, and no others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tap_procurify.schemas.bills import BILLS
from tap_procurify.schemas.orders import PURCHASE_ORDERS
from tap_procurify.schemas.vendors import VENDORS
from target_ifs_cloud.mapping.record_fields import (
    Kind,
    fields_of,
    find_kind,
    row_shapes,
    shape_names,
)

BANK = {"payment_methods", "creditcards", "creditcard", "default_payment_method"}
STREAMS: list[tuple[str, Mapping[str, Any]]] = [
    ("bill", BILLS),
    ("order", PURCHASE_ORDERS),
    ("vendor", VENDORS),
]
DEPTH_MAX = 6


def paths(
    schema: Mapping[str, Any], shapes: frozenset[str]
) -> Iterator[tuple[frozenset[str], str]]:
    """Every field that the tap can send, each with the shape that it is a field of."""
    todo = [(schema, shapes, "")]
    while todo:
        node, within, prefix = todo.pop()
        for name, field in node.get("properties", {}).items():
            path = f"{prefix}{name}"
            if name in BANK or path.count(".") > DEPTH_MAX:
                continue
            yield within, path
            if "array" in field["type"] and "properties" in field["items"]:
                inner = row_shapes(within, path)
                if inner and inner != {"any"}:
                    todo.append((field["items"], inner, ""))
            elif "properties" in field:
                todo.append((field, within, f"{path}."))


@pytest.mark.parametrize(("shape", "schema"), STREAMS)
def test_every_field_that_the_tap_sends_can_be_used_in_a_rule(
    shape: str, schema: Mapping[str, Any]
) -> None:
    """Two lists made apart from each other: the tap's schema and the rules' own."""
    found = list(paths(schema, frozenset({shape})))
    assert len(found) > 30
    unknown = [path for shapes, path in found if find_kind(shapes, path) is None]
    assert unknown == []


def test_bank_and_card_details_are_no_fields() -> None:
    """A rule could not read them if it wanted to."""
    known = {name for shape in shape_names() for name in fields_of([shape])}
    assert not known & {"payment_methods", "creditcards", "data", "direct_debit_bank_account_mask"}


@pytest.mark.parametrize(
    ("shape", "path", "kind"),
    [
        ("bill", "invoice_number", Kind.VALUE),
        ("bill", "vendor", Kind.RECORD),
        ("bill", "vendor.payment_term_ref.name", Kind.VALUE),
        ("bill", "items", Kind.ROWS),
        ("bill", "items.po", None),
        ("bill", "vendor.email", Kind.LIST),
        ("bill", "vendor.name.first", None),
        ("bill", "nothing", None),
        ("cost", "line.tax_name", Kind.VALUE),
        ("cost", "record.PO_Num", Kind.VALUE),
        ("cost", "approver.department.branch.name", Kind.VALUE),
        ("vendor", "email_configurations.anything.at.all", Kind.VALUE),
        ("vendor", "email_configurations", Kind.RECORD),
        ("vendor", "email_configurations.anything", Kind.VALUE),
        ("bill", "vendor.email.first", None),
        ("bill", "items.cost_allocations", None),
        ("bill_item", "cost_allocations", Kind.ROWS),
        ("order_line", "PO", Kind.LIST),
        ("bill_item", "orderitem", Kind.VALUE),
        ("bill_item", "orderitem.PO_line_num", Kind.VALUE),
    ],
)
def test_a_path_leads_to_one_kind_of_value(shape: str, path: str, kind: Kind | None) -> None:
    """Plain value, list, record, list of records, or nowhere."""
    assert find_kind([shape], path) is kind
