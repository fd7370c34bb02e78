"""Records as their schema says, and what is added to them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tap_procurify.conform import compile_schema
from tap_procurify.derived import merge_bill, merge_order, uuid_hex, vanished_bill
from tap_procurify.schemas.bills import BILLS, PAYMENTS
from tap_procurify.schemas.kinds import KINDS, rows, shape
from tap_procurify.schemas.reference import PAYMENT_METHODS
from tap_procurify.schemas.vendors import VENDORS

UUID = "847aae0ddda043e3be0b8a0203e4920b"
HYPHENATED = "847AAE0D-DDA0-43e3-be0b-8a0203e4920b"


def no_report(_name: str) -> None:
    """Nobody is told."""


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("decimal", Decimal("10.50"), "10.50"),
        ("decimal", Decimal("1E+3"), "1000"),
        ("decimal", 7, "7"),
        ("decimal", "10.50", "10.50"),
        ("number", "10.50", Decimal("10.50")),
        ("number", "many", "many"),
        ("number", "NaN", "NaN"),
        ("number", "9" * 99, "9" * 99),
        ("number", Decimal("0.1"), Decimal("0.1")),
        ("whole", "12", 12),
        ("whole", Decimal("12.0"), 12),
        ("whole", Decimal("12.5"), Decimal("12.5")),
        ("whole", True, True),
        ("text", 12, "12"),
        ("text", None, None),
        ("flag", False, False),
        ("wholes", ["1", 2], [1, 2]),
        ("wholes", "none", "none"),
        ("when", "2026-03-01T09:00:00-08:00", "2026-03-01T09:00:00-08:00"),
    ],
)
def test_a_value_takes_the_form_of_its_schema_and_keeps_its_digits(
    kind: Any, value: object, expected: object
) -> None:
    """The same amount may come as text or number; what cannot be converted stays as it is."""
    convert = compile_schema(shape(None, **{kind: "field"}), no_report)
    found = convert({"field": value})["field"]
    assert found == expected
    assert type(found) is type(expected)


def test_undeclared_fields_are_left_out_and_told_once_each() -> None:
    """Documented secrets go without a word."""
    told: list[str] = []
    convert = compile_schema(shape(whole="id", nested={"rows": rows(shape(text="a"))}), told.append)
    value = {"id": 1, "new": 2, "data": "canary", "rows": [{"a": "x", "b": 1}], "number": "4111"}
    assert convert(value) == {"id": 1, "rows": [{"a": "x"}]}
    assert told == ["new", "b"]


def test_free_objects_lose_what_sounds_like_a_secret() -> None:
    """Where the API documents no fields, names decide."""
    convert = compile_schema(shape(free="settings"), no_report)
    value = {
        "settings": {
            "cc": ["a@b.example"],
            "bank_name": "canary",
            "nested": [{"IBAN": "canary", "account_number": "canary", "account_code": "6000"}],
        }
    }
    assert convert(value) == {
        "settings": {"cc": ["a@b.example"], "nested": [{"account_code": "6000"}]}
    }


def test_no_bank_detail_has_a_place_in_any_schema() -> None:
    """Payment methods carry no data, cards no number, payments no account mask."""

    def names(schema: dict[str, Any]) -> set[str]:
        parts = {**schema.get("properties", {}), "": schema.get("items", {})}
        return set(parts).union(*(names(part) for part in parts.values() if part))

    assert "data" not in names(VENDORS) | names(BILLS) | names(PAYMENT_METHODS)
    assert "direct_debit_bank_account_mask" not in names(PAYMENTS)
    assert "number" not in VENDORS["properties"]["creditcards"]["items"]["properties"]


def test_a_kind_that_does_not_exist_is_a_mistake() -> None:
    """A typo in a schema module shows at import."""
    with pytest.raises(TypeError, match="wholse"):
        shape(wholse="id")
    assert set(KINDS) >= {"whole", "text", "decimal"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [(UUID, UUID), (HYPHENATED, UUID), (f" {UUID} ", UUID), ("7-7", "7-7"), (12, "12")],
)
def test_a_uuid_is_compared_without_hyphens(value: object, expected: str) -> None:
    """What is no uuid stays as it is."""
    assert uuid_hex(value) == expected


def test_the_detail_of_a_bill_wins_unless_it_has_nothing_to_say() -> None:
    """List items are bare ids and make way; the list's spelling of the uuid stays."""
    row = {"uuid": UUID, "items": [1], "past_due": True, "note": "a", "status": 1, "group": 7}
    detail = {"uuid": HYPHENATED, "items": [{"id": 1}], "note": "b", "status": 2, "group": None}
    bill = merge_bill(row, detail)
    assert bill["items"] == [{"id": 1}]
    assert (bill["uuid"], bill["past_due"], bill["note"], bill["group"]) == (UUID, True, "b", 7)
    assert bill["_procurify_eligible"] is True
    assert "items" not in merge_bill(row, None)
    assert merge_bill(row, None)["_procurify_eligible"] is False


@pytest.mark.parametrize("status", range(9))
def test_eligible_means_approved_or_later(status: int) -> None:
    """Codes 2, 6, 7, 8 and 4; never draft, confirmed, denied or withdrawn."""
    bill = merge_bill({"uuid": UUID, "status": status}, None)
    assert bill["_procurify_eligible"] is (status in {2, 4, 6, 7, 8})


def test_the_approver_is_the_user_of_the_latest_approval() -> None:
    """Other entries, and earlier approvals of a reworked bill, do not count."""

    def entry(status: int, when: str, name: str) -> dict[str, Any]:
        department = {"id": 2, "name": "Research", "external_id": "CC-200"}
        user = {"id": 15, "firstName": name, "lastName": "Lind", "department": department}
        return {"status": status, "date": when, "user": user}

    statuses = [
        entry(2, "2026-03-09T10:00:00-07:00", "Bo"),
        entry(2, "2026-03-09T19:00:00Z", "Cy"),
        entry(4, "2026-03-12T10:00:00-07:00", "Dee"),
        "nonsense",
    ]
    bill = merge_bill({"uuid": UUID}, {"uuid": UUID, "bill_statuses": statuses})
    assert bill["_procurify_approved_by_name"] == "Cy Lind"
    assert bill["_procurify_approved_at"] == "2026-03-09T19:00:00Z"
    assert bill["_procurify_approved_by_user_id"] == 15
    assert bill["_procurify_approved_by_department_id"] == 2
    assert bill["_procurify_approved_by_department_name"] == "Research"
    assert bill["_procurify_approved_by_department_external_id"] == "CC-200"


@pytest.mark.parametrize("statuses", [None, [], "x", [{"status": 1}]])
def test_a_bill_that_nobody_approved_has_no_approver(statuses: object) -> None:
    """Broken histories are no histories."""
    bill = merge_bill({"uuid": UUID}, {"uuid": UUID, "bill_statuses": statuses})
    assert "_procurify_approved_by_name" not in bill


def test_an_approval_without_user_names_nobody() -> None:
    """Every nested field may be null."""
    history = [{"status": 2, "date": None, "user": None}]
    bill = merge_bill({"uuid": UUID}, {"uuid": UUID, "bill_statuses": history})
    assert bill["_procurify_approved_by_name"] is None


@pytest.mark.parametrize(
    ("converted", "total", "expected"),
    [
        (Decimal("74.00"), Decimal("100.00"), "0.7400000000"),
        (Decimal(1), Decimal(3), "0.3333333333"),
        (Decimal("-7.4"), Decimal(-10), "0.7400000000"),
        (Decimal(1), Decimal(0), None),
        (None, Decimal(1), None),
        ("x", Decimal(1), None),
        (Decimal("1e60"), Decimal("1e-20"), None),
    ],
)
def test_the_home_rate_is_a_quotient_of_two_totals(
    converted: object, total: object, expected: str | None
) -> None:
    """Exact to ten places, absent when it cannot be told."""
    detail = {"uuid": UUID, "converted_total_cost": converted, "total_cost": total}
    assert merge_bill({"uuid": UUID}, detail).get("_procurify_home_currency_rate") == expected


def test_a_vanished_bill_has_its_keys_and_the_moment() -> None:
    """Nothing else is known of it."""
    assert vanished_bill(HYPHENATED, "2026-03-11T12:00:00Z") == {
        "uuid": HYPHENATED,
        "_procurify_uuid_hex": UUID,
        "_procurify_eligible": False,
        "_procurify_vanished_at": "2026-03-11T12:00:00Z",
    }


@pytest.mark.parametrize(
    ("listed", "detailed", "text"),
    [
        ("Courier", {"id": 5, "name": "Air"}, "Courier"),
        (None, {"id": 5, "name": "Air"}, "Air"),
        ("Courier", None, "Courier"),
        ("Courier", "Air", "Air"),
    ],
)
def test_the_shipping_method_of_an_order_stays_a_text(
    listed: object, detailed: object, text: str
) -> None:
    """The object of the detail has a field of its own."""
    order = merge_order({"shipping_method": listed}, {"shipping_method": detailed})
    assert order["shipping_method"] == text
    assert order.get("shipping_method_detail") == (detailed if isinstance(detailed, dict) else None)
