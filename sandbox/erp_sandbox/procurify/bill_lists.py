"""The lists of bills, bill items and payments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from erp_sandbox.exact_json import JsonValue
from erp_sandbox.procurify.filters import (
    Filter,
    Getter,
    among,
    amount,
    any_among,
    any_of,
    day_range,
    flag,
    moment_after_before,
    moment_range,
    none_of,
    when_true,
    whole,
    word,
    word_in,
)
from erp_sandbox.procurify.listing import Listing
from erp_sandbox.procurify.rows.bill_lines import item_row
from erp_sandbox.procurify.rows.bills import ListStyle, bill_list_row, list_permissions
from erp_sandbox.procurify.rows.payments import (
    PAYMENT_STATES,
    has_payment,
    old_payment_row,
    payment_created,
    payment_id,
    payment_row,
    payment_updated,
)
from erp_sandbox.procurify.state import ProcurifyState
from erp_sandbox.purchases import EXPENSE_BILL, PAID, ZERO, Allocation, Bill, BillLine
from erp_sandbox.tenant import ACCOUNT_CODE, CURRENCY, budget_id, department

# A bill line with its bill.
LineOf: TypeAlias = "tuple[Bill, BillLine]"


def _bills(state: ProcurifyState, path: Mapping[str, Any]) -> Sequence[Bill]:
    """All bills, the newest first."""
    del path
    return sorted(state.bills.values(), key=lambda bill: -bill.id)


def _bill_row(state: ProcurifyState, bill: Bill) -> str:
    vendor = state.vendors[bill.vendor]

    def render() -> str:
        today = state.clock.now().date()
        style = ListStyle(today=today, mixes_plain_dates=state.knobs.does_list_mix_plain_dates)
        return bill_list_row(bill, vendor, style)

    return state.cached_row("bill", bill.id, (bill, vendor), render)


def _shares(bill: Bill) -> list[Allocation]:
    of_lines = [share for line in bill.lines for share in line.allocations]
    return of_lines + [cost.allocation for cost in bill.costs]


def _account_codes(bill: Bill) -> set[int]:
    return {ACCOUNT_CODE[share.account_code].id for share in _shares(bill)}


def _departments(bill: Bill) -> set[int]:
    return {share.department for share in _shares(bill)}


def _locations(bill: Bill) -> set[int]:
    return {department(number).location for number in _departments(bill)}


def _bill_summary(state: ProcurifyState, rows: Sequence[Bill]) -> Mapping[str, JsonValue]:
    """Permissions and the total of all rows of the query, not of the page (inferred)."""
    del state
    return {
        "permissions": list_permissions(),
        "summary": {
            "has_multiple_currency": len({bill.currency for bill in rows}) > 1,
            "total_cost": sum((bill.total for bill in rows), ZERO),
        },
    }


# There is no filter on the status: it is in neither published spec, so it is passed over.
# ``has_payment`` is labelled "Without Payment" by the vendor and does as the label says (inferred).
BILL_FILTERS: Mapping[str, Filter] = {
    **moment_range("last_modified_datetime", lambda row: row.modified),
    **day_range("modified_date", lambda row: row.modified),
    **day_range("invoice_date", lambda row: row.invoice_date),
    **day_range("due_date", lambda row: row.due_date),
    **day_range("gl_post_date", lambda row: row.gl_post_date),
    **day_range("submitted_date", lambda row: row.submitted),
    **day_range("last_export_date", lambda row: row.exported),
    **day_range("payment_date", lambda row: row.history[-1].at if row.status == PAID else None),
    "is_exported": flag(lambda row: row.exported is not None),
    "last_export_user": whole(lambda _: None),
    "has_payment": flag(lambda row: not has_payment(row)),
    "has_posting_date": flag(lambda row: row.gl_post_date is not None),
    "type": whole(lambda row: row.type),
    "group": whole(lambda row: row.group),
    "include_bill_group_ids": any_of(lambda row: row.group),
    "exclude_bill_group_ids": none_of(lambda row: row.group),
    "expense": when_true(lambda row: row.type == EXPENSE_BILL),
    "exclude_expense_bills": when_true(lambda row: row.type != EXPENSE_BILL),
    "vendor": any_of(lambda row: row.vendor),
    "vendor[]": any_of(lambda row: row.vendor),
    "currency": whole(lambda row: CURRENCY[row.currency].id),
    "approver": whole(lambda row: row.approver),
    "user": whole(lambda row: row.approver or row.creator),
    "creator": whole(lambda row: row.creator),
    "contract": whole(lambda _: None),
    "department": among(_departments),
    "location": among(_locations),
    "account_code": among(_account_codes),
    "is_invoice_created": flag(lambda _: False),
}
BILLS = Listing(
    name="bills",
    rows=_bills,
    render=_bill_row,
    filters=BILL_FILTERS,
    orders={
        "id": lambda row: row.id,
        "last_modified_datetime": lambda row: row.modified,
    },
    search=lambda row: f"{row.number} {row.id}",
    summary=_bill_summary,
)


def _items(state: ProcurifyState, path: Mapping[str, Any]) -> Sequence[LineOf]:
    del path
    return [(bill, line) for bill in state.bills.values() for line in bill.lines]


def _bill(get: Getter) -> Getter:
    return lambda row: get(row[0])


def _line(get: Getter) -> Getter:
    return lambda row: get(row[1])


def _item_summary(state: ProcurifyState, rows: Sequence[LineOf]) -> Mapping[str, JsonValue]:
    del state
    total = sum((line.net for _, line in rows), ZERO)
    return {"summary": {"total_items": len(rows), "total_cost": total}}


def _budgets(row: LineOf) -> set[int]:
    return {budget_id(share.account_code, share.department) for share in row[1].allocations}


def _item_departments(row: LineOf) -> set[int]:
    return {share.department for share in row[1].allocations}


def _item_locations(row: LineOf) -> set[int]:
    return {department(number).location for number in _item_departments(row)}


BILL_ITEMS = Listing(
    name="bill items",
    rows=_items,
    render=lambda state, row: item_row(row[0], row[1], state.parties_of(row[0])),
    filters={
        **day_range("created_at", _bill(lambda bill: bill.history[0].at)),
        **day_range("received_on", _line(lambda line: line.received_on)),
        "bill": whole(_bill(lambda bill: bill.id)),
        "bill_uuid": lambda values: word(_bill(lambda bill: bill.uuid))(
            [values[-1].replace("-", "").lower()]
        ),
        "billed": flag(lambda _: True),
        "budget": among(_budgets),
        "department": any_among(_item_departments),
        "location": any_among(_item_locations),
        "exclude": none_of(_line(lambda line: line.id)),
        "reimburse": flag(_bill(lambda bill: bill.type == EXPENSE_BILL)),
        "vendor": whole(_bill(lambda bill: bill.vendor)),
    },
    search=_line(lambda line: line.description),
    summary=_item_summary,
)


def _paid(state: ProcurifyState, path: Mapping[str, Any]) -> Sequence[Bill]:
    del path
    return [bill for bill in state.bills.values() if has_payment(bill)]


PAYMENTS = Listing(
    name="payments",
    has_format=False,
    rows=_paid,
    render=lambda state, bill: payment_row(bill, state.vendors[bill.vendor]),
    filters={
        **moment_after_before("created_at", payment_created),
        **moment_after_before("updated_at", payment_updated),
        **moment_after_before(
            "processing_date", lambda row: payment_updated(row) if row.status == PAID else None
        ),
        "status": word_in(lambda row: PAYMENT_STATES[row.status][0]),
        "vendor": whole(lambda row: row.vendor),
        "bill_groups": any_of(lambda row: row.group),
        "ids": any_of(payment_id),
        "currency": whole(lambda row: CURRENCY[row.currency].id),
        "invoice_number": word(lambda row: row.number),
        "payment_amount": amount(lambda row: row.total),
    },
    orders={"created_at": payment_created, "updated_at": payment_updated},
)
OLD_PAYMENTS = Listing(
    name="old payments",
    rows=_paid,
    render=lambda state, bill: old_payment_row(bill, state.vendors[bill.vendor]),
    filters={
        **day_range("payment_date", lambda row: row.history[-1].at if row.status == PAID else None),
        "approver": whole(lambda row: row.approver),
        "currency": whole(lambda row: CURRENCY[row.currency].id),
        "payment_method__type": whole(lambda _: 0),
    },
    summary=lambda _state, rows: {
        "permissions": list_permissions(),
        "summary": {"total_cost": sum((bill.total for bill in rows), ZERO)},
    },
    is_offered=lambda knobs: knobs.is_old_payment_list_offered,
)
