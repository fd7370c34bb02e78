"""Orders and their bills from approval to close: commitment and spend are never counted twice.

The sandbox plays both systems in processes of its own; the target runs in this one. After every
step the open proposals and invoices in IFS together are what is ordered and not yet billed, plus
what is billed, per company, account and cost centre, worked out here from the Procurify records.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from erp_sandbox.control_client import IfsControl, ProcurifyControl
from target_ifs_cloud.delivery.run import open_run
from target_ifs_cloud.settings import Settings, read_settings
from target_ifs_cloud.target import TargetIFSCloud
from tests.conftest import Sandbox, run_sandbox
from tests.pipeline.books import BILL_STAMP, ORDER_STAMP, Codes, Truth, postings_of, read_truth
from tests.pipeline.expectation import (
    ACCOUNT_OF,
    COMPANY_OF,
    COST_CENTRE_PART,
    ELIGIBLE,
    PROJECT_PART,
    Record,
    number,
)

pytestmark = pytest.mark.timeout(600)
OPEN_STATES = {0, 5}
SETTLED = {0, 3}
DENIED_LINE = 4

Sums = Mapping[tuple[str, Codes], Decimal]
"""Amounts by company and code string."""


@dataclass
class Tenant:
    """Both systems, and the target in this process with an outbox of its own."""

    procurify: ProcurifyControl
    ifs: IfsControl
    settings: Settings
    orders: list[str] = field(default_factory=list)
    bills: list[str] = field(default_factory=list)
    changes: dict[int, Mapping[str, Any]] = field(default_factory=dict)

    def run(self, truth: Truth) -> None:
        """One run over the records of this life cycle, as the tap would bring them."""
        orders, bills = self.own_orders(truth), self.own_bills(truth)
        vendors = {record["id"]: record for record in truth.vendors}
        named = [o["pref_vendor"]["id"] for o in orders] + [b["vendor"]["id"] for b in bills]
        gone = set(self.bills) - {_hex(bill["uuid"]) for bill in bills}
        moment = "2026-09-30T00:00:00+00:00"
        vanished = [{"uuid": uuid, "_procurify_vanished_at": moment} for uuid in sorted(gone)]
        run = open_run(self.settings, log=logging.getLogger("life-cycles"), sleep=lambda _: None)
        try:
            run.begin()
            run.take_vendors([vendors[id_] for id_ in dict.fromkeys(named)])
            run.take_purchase_orders(orders)
            run.take_bills([*bills, *vanished])
            assert run.finish() in SETTLED
        finally:
            run.close()

    def truth(self) -> Truth:
        """Both sides now."""
        return read_truth(self.procurify.truth(), self.ifs.books())

    def own_orders(self, truth: Truth) -> list[Record]:
        """The orders of this life cycle, with what the test has changed of their lines."""
        found = [order for order in truth.orders if _hex(order["uuid"]) in self.orders]
        return [
            {
                **order,
                "order_items": [
                    {**line, **self.changes.get(line["id"], {})} for line in order["order_items"]
                ],
            }
            for order in found
        ]

    def own_bills(self, truth: Truth) -> list[Record]:
        """The bills of this life cycle that Procurify still has."""
        return [bill for bill in truth.bills if _hex(bill["uuid"]) in self.bills]

    # what people do

    def order(self, **plan: Any) -> Sequence[int]:
        """A new order; the answer is the ids of its lines."""
        done = self.procurify.edit("add_purchase_order", **plan)
        self.orders.append(_hex(done["uuid"]))
        lines: Sequence[int] = done["lines"]
        return lines

    def bill(self, **plan: Any) -> str:
        """A new approved bill; the answer is its uuid."""
        done = self.procurify.edit("add_bill", **plan)
        self.bills.append(_hex(done["uuid"]))
        return str(done["uuid"])

    def edit(self, operation: str, **arguments: Any) -> None:
        """Any other edit."""
        self.procurify.edit(operation, **arguments)

    def end_order(self, operation: str) -> None:
        """Close, cancel, reopen or pay the order."""
        self.procurify.edit(operation, uuid=self.orders[0])


def _hex(uuid: str) -> str:
    return uuid.replace("-", "")


# the truth, worked out from Procurify


def codes_of(budget: Record, project: str) -> tuple[str, Codes]:
    """Company and code string of an account of Procurify."""
    department = budget["department"]
    company = COMPANY_OF[department["branch"]["name"]]
    codes = {
        "A": ACCOUNT_OF[budget["account_code"]["code"]],
        COST_CENTRE_PART[company]: department["external_id"][3:],
    }
    if project:
        codes[PROJECT_PART[company]] = project
    return company, tuple(sorted(codes.items()))


def spend(bills: Sequence[Record]) -> Sums:
    """What the approved bills cost without tax."""
    found: dict[tuple[str, Codes], Decimal] = defaultdict(Decimal)
    for bill in bills:
        if bill["status"] not in ELIGIBLE:
            continue
        for item in bill["items"]:
            for share in item["cost_allocations"]:
                found[codes_of(share["budget"], "")] += number(share["amount"])
        for cost in bill["costs"]:
            found[codes_of(cost["cost_allocation"]["budget"], "")] += number(cost["amount"])
    return found


def commitment(orders: Sequence[Record], bills: Sequence[Record]) -> Sums:
    """What is ordered and not billed, line by line, never below nothing."""
    billed: dict[int, Decimal] = defaultdict(Decimal)
    for bill in bills:
        if bill["status"] in ELIGIBLE:
            for item in bill["items"]:
                if item["orderitem"]:
                    net = number(item["total_cost_with_tax"]) - number(item["tax_amount"])
                    billed[item["orderitem"]["id"]] += net
    found: dict[tuple[str, Codes], Decimal] = defaultdict(Decimal)
    for order in orders:
        for line in order["order_items"] if order["state"] in OPEN_STATES else ():
            if line["status"] == DENIED_LINE:
                continue
            ordered = number(line["total_cost"])
            rest = min(max(ordered - billed[line["id"]], Decimal(0)), ordered)
            found[codes_of(line["account"], "")] += rest
    return found


def books(tenant: Tenant, truth: Truth) -> Sums:
    """What stands in IFS for the documents of this life cycle."""
    found: dict[tuple[str, Codes], Decimal] = defaultdict(Decimal)
    for stamp, own in ((BILL_STAMP, tenant.bills), (ORDER_STAMP, tenant.orders)):
        for uuid, invoices in truth.standing(stamp).items():
            if uuid in own:
                assert len(invoices) == 1, f"{stamp}{uuid} stands {len(invoices)} times"
                for codes, amount in postings_of(invoices[0]).items():
                    found[invoices[0]["Company"], codes] += amount
    return found


def check_sums(tenant: Tenant, step: str) -> None:
    """Run, then hold the books against the truth."""
    tenant.run(tenant.truth())
    truth = tenant.truth()
    orders, bills = tenant.own_orders(truth), tenant.own_bills(truth)
    expected: dict[tuple[str, Codes], Decimal] = defaultdict(Decimal)
    for part in (spend(bills), commitment(orders, bills)):
        for key, amount in part.items():
            expected[key] += amount
    stands = {key: amount for key, amount in books(tenant, truth).items() if amount}
    assert stands == {key: amount for key, amount in expected.items() if amount}, step


# the life cycles


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Both systems as processes of their own, for all life cycles."""
    with run_sandbox(tmp_path_factory.mktemp("sandbox")) as both:
        yield both


@pytest.fixture
def tenant(sandbox: Sandbox, tmp_path: Path) -> Tenant:
    """A life cycle of its own, with an outbox of its own."""
    schema = TargetIFSCloud.config_jsonschema["properties"]
    defaults = {name: spec["default"] for name, spec in schema.items() if "default" in spec}
    config = {**defaults, **sandbox.target_config(tmp_path), "fail_on_held": "never"}
    return Tenant(
        procurify=ProcurifyControl(sandbox.procurify),
        ifs=IfsControl(sandbox.ifs),
        settings=read_settings(config),
    )


LAB, SOFTWARE, REPAIR = "6000", "6200", "6400"
FINANCE, RESEARCH, OPERATIONS, SALES = 1, 2, 3, 5


def test_an_order_is_received_billed_changed_credited_and_closed(tenant: Tenant) -> None:
    """The usual life: every cent is a commitment first and a cost afterwards, never both."""
    tips, pump = tenant.order(
        lines=[
            {"quantity": "10", "price": "8.00", "account_code": LAB, "department": RESEARCH},
            {"quantity": "1", "price": "199.99", "account_code": REPAIR, "department": FINANCE},
        ]
    )
    check_sums(tenant, "approved")
    tenant.edit("receive_line", line=tips, quantity="4")
    check_sums(tenant, "partly received")
    tenant.bill(lines=[{"order_line": tips, "quantity": "4", "tax": "GST"}])
    check_sums(tenant, "partly billed")
    tenant.edit("revise_line", line=tips, quantity="10", price="9.50")
    check_sums(tenant, "dearer")
    tenant.edit("receive_line", line=tips)
    rest = tenant.bill(
        lines=[{"order_line": tips, "quantity": "6", "unit_cost": "9.50"}, {"order_line": pump}],
        costs=[{"amount": "12.34", "department": OPERATIONS}],
    )
    check_sums(tenant, "the rest is billed")
    tenant.edit("edit_bill", uuid=rest, note="the supplier was asked")
    check_sums(tenant, "a note on a bill moves no money")
    tenant.bill(lines=[{"order_line": tips, "quantity": "2", "unit_cost": "-9.50"}])
    check_sums(tenant, "two are credited, and may be delivered again")
    tenant.edit("pay_bill", uuid=rest)
    tenant.end_order("close_purchase_order")
    check_sums(tenant, "closed")


def test_an_order_is_cut_cancelled_and_reopened(tenant: Tenant) -> None:
    """Less, nothing, and more again: the proposal follows the order."""
    first, second = tenant.order(
        lines=[
            {"quantity": "5", "price": "40.00", "account_code": LAB, "department": OPERATIONS},
            {"quantity": "3", "price": "10.00", "account_code": LAB, "department": OPERATIONS},
        ]
    )
    check_sums(tenant, "approved")
    tenant.bill(lines=[{"order_line": first, "quantity": "4"}])
    check_sums(tenant, "four of five are billed")
    tenant.edit("revise_line", line=first, quantity="3")
    check_sums(tenant, "cut below what is billed")
    tenant.changes[second] = {"status": DENIED_LINE}
    check_sums(tenant, "the other line is cancelled")
    tenant.changes.clear()
    check_sums(tenant, "and is wanted again")
    tenant.end_order("cancel_purchase_order")
    check_sums(tenant, "cancelled")
    tenant.end_order("reopen_purchase_order")
    check_sums(tenant, "reopened")
    tenant.end_order("pay_purchase_order")
    check_sums(tenant, "paid")


def test_a_line_moves_to_another_account_and_department(tenant: Tenant) -> None:
    """What is billed stays where it was booked; what is open moves."""
    (line,) = tenant.order(
        lines=[{"quantity": "8", "price": "25.00", "account_code": LAB, "department": RESEARCH}]
    )
    check_sums(tenant, "approved")
    tenant.bill(lines=[{"order_line": line, "quantity": "3"}])
    check_sums(tenant, "three are billed")
    order = tenant.own_orders(tenant.truth())[0]
    account = {**order["order_items"][0]["account"]}
    account["account_code"] = {**account["account_code"], "code": REPAIR}
    account["department"] = {**account["department"], "external_id": "CC-100"}
    tenant.changes[line] = {"account": account}
    check_sums(tenant, "the rest is for another account")
    other = {"account_code": SOFTWARE, "department": FINANCE}
    tenant.bill(lines=[{"order_line": line, "quantity": "2", **other}])
    check_sums(tenant, "two more are billed on a third account")
    tenant.end_order("close_purchase_order")
    check_sums(tenant, "closed")


def test_a_bill_is_corrected_withdrawn_sent_back_and_deleted(tenant: Tenant) -> None:
    """What a bill no longer takes off its order is a commitment again."""
    (line,) = tenant.order(
        lines=[{"quantity": "10", "price": "10.00", "account_code": LAB, "department": RESEARCH}]
    )
    bill = tenant.bill(lines=[{"order_line": line, "quantity": "6"}])
    check_sums(tenant, "ordered and billed in one run")
    tenant.edit("edit_bill", uuid=bill, lines=[{"order_line": line, "quantity": "7"}])
    check_sums(tenant, "corrected while preliminary")
    tenant.edit("withdraw_bill", uuid=bill)
    check_sums(tenant, "withdrawn")
    tenant.edit("approve_bill", uuid=bill)
    check_sums(tenant, "approved again")
    tenant.edit("back_to_draft", uuid=bill)
    check_sums(tenant, "sent back to draft")
    tenant.edit("delete_bill", uuid=bill)
    check_sums(tenant, "deleted")
    tenant.bill(lines=[{"order_line": line, "quantity": "10"}])
    check_sums(tenant, "billed whole")
    tenant.end_order("close_purchase_order")
    check_sums(tenant, "closed")


def test_two_bills_of_one_order_in_the_other_company_with_splits(tenant: Tenant) -> None:
    """Other letters, another currency of the books, shares of one line on two accounts."""
    (line,) = tenant.order(
        currency="USD",
        lines=[{"quantity": "4", "price": "33.33", "account_code": LAB, "department": SALES}],
    )
    check_sums(tenant, "approved")
    half = [
        {"account_code": LAB, "department": SALES, "amount": "40.00"},
        {"account_code": LAB, "department": SALES, "amount": "26.66"},
    ]
    tenant.bill(lines=[{"order_line": line, "quantity": "2", "allocations": half}])
    check_sums(tenant, "the first half")
    tenant.bill(lines=[{"order_line": line, "quantity": "2"}, {"unit_cost": "5.00"} | OWN])
    check_sums(tenant, "the second half, with something that nobody had ordered")
    tenant.end_order("close_purchase_order")
    check_sums(tenant, "closed")


OWN = {"account_code": REPAIR, "department": SALES}
