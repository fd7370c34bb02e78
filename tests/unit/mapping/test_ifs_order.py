"""A purchase order becomes a purchase order of IFS, where the rules say so."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from target_ifs_cloud.documents import ORDER_SERIES, Mapped, PurchaseOrder, SupplierId
from target_ifs_cloud.errors import ConfigurationError
from target_ifs_cloud.mapping import check, load_rules, map_purchase_order
from tests.unit.mapping.builders import (
    Record,
    account,
    order,
    order_line,
    reference,
)

TRANSFORMS = Path(__file__).parents[3] / "transforms"
OnOrder = Callable[[Record], Mapped]


def rules_with(folder: Path, *changes: tuple[str, str]) -> Path:
    """The shipped rules with some text of purchase_order.yml replaced."""
    copy = folder / "transforms"
    shutil.copytree(TRANSFORMS, copy)
    path = copy / "purchase_order.yml"
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return copy


AS_ORDER = ("post_as: posting_proposal", "post_as: purchase_order")


@pytest.fixture
def on_order(tmp_path: Path) -> OnOrder:
    """``map_purchase_order`` by the shipped rules with that one word changed."""
    rules = load_rules(rules_with(tmp_path, AS_ORDER))

    def call(record: Record) -> Mapped:
        return map_purchase_order(record, rules=rules, reference=reference(), links={}, billed=())

    return call


def line(number: int, quantity: object, price: str, total: str, **changes: object) -> Record:
    """An order line with its number, quantity and price."""
    values: Record = {
        "PO_line_num": number,
        "name": f"item {number}",
        "quantity": quantity,
        "price": price,
        "unit": "each",
        "created_at": "2026-03-01T09:00:00-08:00",
        **changes,
    }
    return order_line(190 + number, total, **values)


def ordered(mapped: Mapped) -> PurchaseOrder:
    """The document of an order that has no problem at all."""
    assert mapped.problems == ()
    assert isinstance(mapped.document, PurchaseOrder)
    assert check(mapped.document, reference()) == ()
    return mapped.document


def codes(mapped: Mapped) -> set[str]:
    """The reasons why there is no document."""
    assert mapped.document is None
    return {problem.code for problem in mapped.problems}


def test_header_and_lines_come_with_quantity_price_and_site(on_order: OnOrder) -> None:
    """The site is that of the company, the number that of the order, the net sum without tax."""
    lines = [
        line(1, Decimal("10.0"), "8.00000000", "80.00", date_required="2026-03-20T00:00:00-08:00"),
        line(2, "3.00000", "33.33000000", "99.99"),
    ]
    document = ordered(on_order(order(lines, promise_date="2026-03-16T00:00:00-07:00")))
    assert (document.number, document.series, document.company) == ("PF52", ORDER_SERIES, "HCA")
    assert (document.net, document.tax, document.postings) == (Decimal("179.99"), Decimal(0), ())
    header = dict(document.header)
    assert header["Contract"] == "HCA01"
    assert header["WantedReceiptDate"] == date(2026, 3, 16)
    assert header["InvoicingSupplier"] == document.supplier
    first, second = document.lines
    assert dict(first.values) == {
        "Description": "item 1",
        "BuyQtyDue": Decimal(10),
        "BuyUnitPrice": Decimal(8),
        "BuyUnitMeas": "PCS",
        "WantedDeliveryDate": date(2026, 3, 20),
    }
    assert (second.ref, second.net) == ("2", Decimal("99.99"))
    assert dict(second.values)["WantedDeliveryDate"] == date(2026, 3, 1)


def test_every_field_that_is_sent_is_explained(on_order: OnOrder) -> None:
    """By its rule and what it read."""
    document = ordered(on_order(order([line(1, 10, "8.00", "80.00")])))
    explained = {one.field: one.rule for one in document.trace}
    for name, _ in document.header:
        assert "purchase_order.yml" in explained[f"header.{name}"], name
    for name, _ in document.lines[0].values:
        assert "purchase_order.yml" in explained[f"order_items[191].{name}"], name


def test_a_line_received_by_amount_is_one_unit_at_its_amount(on_order: OnOrder) -> None:
    """A blanket order has no quantity that means anything."""
    lines = [line(1, 999, "0.00", "1234.56", receive_method=1)]
    document = ordered(on_order(order(lines)))
    values = dict(document.lines[0].values)
    assert (values["BuyQtyDue"], values["BuyUnitPrice"]) == (Decimal(1), Decimal("1234.56"))


def test_cancelled_and_inactive_lines_are_not_ordered(on_order: OnOrder) -> None:
    """The numbers of the others stay what they are."""
    lines = [
        line(1, 1, "5.00", "5.00", status=4),
        line(2, 1, "6.00", "6.00", is_active=False),
        line(3, 0, "7.00", "0.00"),
        line(4, 1, "8.00", "8.00"),
    ]
    document = ordered(on_order(order(lines)))
    assert [(one.ref, one.net) for one in document.lines] == [("4", Decimal(8))]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"quantity": 3}, "item_total_mismatch"),
        ({"price": None}, "amount_missing"),
        ({"quantity": "many"}, "amount_missing"),
        ({"total_cost": None}, "amount_missing"),
        ({"total_cost": "80.001"}, "amount_decimals"),
        ({"account": None}, "allocation_missing"),
        ({"account": account("6000", "CC-200") | {"department": None}}, "no_rule"),
        ({"name": ""}, "value_missing"),
        ({"PO_line_num": 10_000}, "value_unreadable"),
    ],
)
def test_a_line_that_contradicts_itself_or_lacks_something_holds_the_order(
    on_order: OnOrder, changes: Record, code: str
) -> None:
    """An amount is never made up from the others."""
    lines = [line(1, 10, "8.00", "80.00") | changes]
    assert code in codes(on_order(order(lines)))


def test_a_line_number_has_four_digits_at_most_and_else_its_place(on_order: OnOrder) -> None:
    """9999 fits; a line without a number has that of its place, counted from one."""
    lines = [
        line(1, 1, "5.00", "5.00", PO_line_num=9999),
        line(2, 1, "6.00", "6.00", PO_line_num=None),
        line(3, 1, "7.00", "7.00", PO_line_num=0),
    ]
    document = ordered(on_order(order(lines)))
    assert [(one.ref, one.net) for one in document.lines] == [
        ("9999", Decimal(5)),
        ("2", Decimal(6)),
        ("3", Decimal(7)),
    ]


@pytest.mark.parametrize("method", [0, 2, None, "other"])
def test_a_line_received_by_quantity_must_agree_with_it(on_order: OnOrder, method: object) -> None:
    """Only the method with code 1 goes by amount."""
    lines = [line(1, 999, "1.00", "1234.56", receive_method=method)]
    assert codes(on_order(order(lines))) == {"item_total_mismatch"}


def test_half_a_cent_is_rounded_up_when_quantity_meets_price(on_order: OnOrder) -> None:
    """3 at 1.115 are 3.345, which is 3.35."""
    document = ordered(on_order(order([line(1, 3, "1.115", "3.35")])))
    assert document.net == Decimal("3.35")
    assert codes(on_order(order([line(1, 3, "1.115", "3.34")]))) == {"item_total_mismatch"}


def test_limits_of_ifs_are_checked_of_the_order_itself(on_order: OnOrder) -> None:
    """Twelve characters of number, five thousand lines, amounts in cents, totals that agree."""
    document = ordered(on_order(order([line(1, 10, "8.00", "80.00")])))
    (first,) = document.lines
    crowd = tuple(replace(first, ref=str(at), net=Decimal("0.01")) for at in range(5001))

    def refused(**changes: Any) -> list[str]:
        return [problem.message for problem in check(replace(document, **changes), reference())]

    assert refused(number="9" * 12) == []
    assert refused(number="9" * 13) == ["the order number has 13 characters; 12 fit"]
    assert refused(number="") == ["the order has no number"]
    assert refused(lines=crowd[:5000], net=Decimal("50.00")) == []
    assert refused(lines=crowd, net=Decimal("50.01")) == ["the order has 5001 lines; 5000 fit"]
    assert refused(net=Decimal("80.01")) == ["the order comes to 80.01 USD, its lines to 80.00"]
    half = replace(first, net=Decimal("80.005"))
    assert refused(lines=(half,), net=Decimal("80.005")) == [
        "line 1 is 80.005, more decimals than USD has"
    ]
    assert refused(currency="EUR") == ["company HCA has no currency EUR"]
    assert refused(supplier=SupplierId("S-0")) == ["IFS has no supplier S-0"]


def test_two_lines_under_one_number_hold_the_order(on_order: OnOrder) -> None:
    """They could not be told apart in IFS."""
    lines = [line(1, 1, "5.00", "5.00"), line(1, 1, "6.00", "6.00")]
    assert codes(on_order(order(lines))) == {"value_unreadable"}


def test_an_order_without_lines_supplier_or_short_number_is_held_with_all_reasons(
    on_order: OnOrder,
) -> None:
    """Not one after the other."""
    record = order([], number="PF-2026-0000052", pref_vendor={"id": 99, "external_id": ""})
    assert {"lines_missing", "supplier_unknown", "value_too_long"} <= codes(on_order(record))


@pytest.mark.parametrize(
    ("changes", "reason", "is_over"),
    [
        ({"state": 3}, "order is Closed", True),
        ({"state": 4}, "order is Paid", True),
        ({"state": 1}, "order is Cancelled", False),
        ({"active": False}, "order is not active in Procurify", False),
        ({"active": False, "state": 3}, "order is not active in Procurify", False),
    ],
)
def test_an_order_that_is_over_is_told_from_one_that_was_called_off(
    on_order: OnOrder, changes: Record, reason: str, *, is_over: bool
) -> None:
    """The first is closed in IFS, the second cancelled."""
    mapped = on_order(order([line(1, 10, "8.00", "80.00")], **changes))
    assert (mapped.document, mapped.not_wanted, mapped.is_over) == (None, reason, is_over)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("    HUS: HUS01\n", "", "company `HUS` has no site"),
        ("    HUS: HUS01\n", "    HUS: A\n    HXX: B\n", "company `HXX` is not in the list"),
        ("{take: quantity}", "{take: voucher_type}", "`voucher_type` is not worked out here"),
        ("  number: {first_of", "  nummer: {first_of", "`number` is missing"),
    ],
)
def test_faults_of_the_block_are_told_with_their_place(
    tmp_path: Path, old: str, new: str, fault: str
) -> None:
    """The file and the line."""
    folder = rules_with(tmp_path, AS_ORDER, (old, new))
    with pytest.raises(ConfigurationError, match=r"purchase_order.yml:\d+") as caught:
        load_rules(folder)
    assert fault in str(caught.value)


def test_the_block_is_needed_only_where_it_is_used(tmp_path: Path) -> None:
    """A file without it keeps working as long as orders become something else."""
    folder = rules_with(tmp_path)
    path = folder / "purchase_order.yml"
    text = path.read_text(encoding="utf-8").partition("# Used with `post_as: purchase_order`")[0]
    path.write_text(text, encoding="utf-8")
    assert load_rules(folder).purchase_order.order is None
    path.write_text(text.replace(*AS_ORDER), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="needs a block `order:`"):
        load_rules(folder)
