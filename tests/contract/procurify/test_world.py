"""The seeded world: the same one every time, and consistent in itself."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

import pytest

from erp_sandbox.ledgers import CODE_PART_LETTERS
from erp_sandbox.purchases import Bill
from erp_sandbox.tenant import ACCOUNT_CODE, company_of_department
from erp_sandbox.world import SCALE_MAX, World, build_world


def company_ids(bill: Bill) -> set[str]:
    """The companies that pay for a bill."""
    shares = [share for line in bill.lines for share in line.allocations]
    shares += [cost.allocation for cost in bill.costs]
    return {company_of_department(share.department).id for share in shares}


def test_same_seed_gives_the_same_world() -> None:
    """A test that fails can be run again on the very same data."""
    assert build_world(3, 1) == build_world(3, 1)
    assert build_world(3, 1) != build_world(4, 1)


def test_scale_multiplies_vendors_orders_and_bills(world: World) -> None:
    """About 60 vendors, 120 orders and 200 bills per unit of scale."""
    double = build_world(7, 2)
    assert (len(world.vendors), len(world.purchase_orders), len(world.bills)) == (59, 120, 200)
    assert (len(double.vendors), len(double.purchase_orders), len(double.bills)) == (111, 240, 400)


@pytest.mark.parametrize("scale", [0, -1, SCALE_MAX + 1])
def test_scale_out_of_bounds_is_refused(scale: int) -> None:
    """A scale has a limit."""
    with pytest.raises(ValueError, match="scale must be between"):
        build_world(7, scale)


@pytest.mark.parametrize("seed", range(5))
def test_ids_names_and_numbers_are_unique(seed: int) -> None:
    """Only the bills that are meant to share a number do."""
    made = build_world(seed, 3)
    lines = [line.id for bill in made.bills for line in bill.lines]
    order_lines = [line.id for order in made.purchase_orders for line in order.lines]
    for values in (
        [vendor.id for vendor in made.vendors],
        [vendor.name for vendor in made.vendors],
        [bill.id for bill in made.bills],
        [bill.uuid for bill in made.bills],
        [order.id for order in made.purchase_orders],
        [order.uuid for order in made.purchase_orders],
        [order.requisition for order in made.purchase_orders],
        [supplier.id for supplier in made.ifs_suppliers],
        lines,
        order_lines,
    ):
        assert len(set(values)) == len(values)


@pytest.mark.parametrize("seed", range(5))
def test_every_bill_belongs_to_one_company(seed: int) -> None:
    """A split never crosses a legal entity."""
    for bill in build_world(seed, 1).bills:
        assert len(company_ids(bill)) == 1


@pytest.mark.parametrize("seed", range(5))
def test_no_share_is_nothing(seed: int) -> None:
    """Every share of every line is an amount in whole cents that is not zero."""
    for bill in build_world(seed, 2).bills:
        for line in bill.lines:
            shares = [share.amount for share in line.allocations]
            assert sum(shares) == line.net
            assert all(amount and amount == round(amount, 2) for amount in shares)


@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_billed_beyond_its_order(seed: int) -> None:
    """The open amount of an order never goes below nothing."""
    made = build_world(seed, 1)
    billed: dict[int | None, Decimal] = defaultdict(Decimal)
    for bill in made.bills:
        for line in bill.lines:
            billed[line.order_line] += line.quantity
    for order in made.purchase_orders:
        assert all(billed[line.id] <= line.quantity for line in order.lines)


def test_a_tenth_of_the_bills_waits_and_an_eighth_is_not_eligible(world: World) -> None:
    """Most bills are in order."""
    left_alone = [bill for bill in world.bills if bill.status in {0, 1, 3, 5}]
    assert len(left_alone) == 30
    codes = {
        bill.id: {share.account_code for line in bill.lines for share in line.allocations}
        for bill in world.bills
    }
    assert sum("6999" in found for found in codes.values()) == 2


def test_hand_entered_invoices_balance(world: World) -> None:
    """What stands in IFS beforehand is right: postings are the net amount."""
    for invoice in world.ifs_invoices:
        assert sum(posting.amount for posting in invoice.postings) == invoice.net
        accounts = {(one.company, one.account): one for one in world.accounts}
        for posting in invoice.postings:
            demands = accounts[invoice.company, posting.codes["A"]].demands
            for letter in CODE_PART_LETTERS:
                is_given = letter in posting.codes
                assert not (is_given and demands[letter] == "Blocked")
                assert is_given or demands[letter] != "Mandatory"


def test_two_hand_entered_invoices_are_bills_of_procurify(world: World) -> None:
    """Somebody was faster than the interface."""
    supplier_of = {vendor.external_id: vendor.id for vendor in world.vendors}
    bills = {(bill.vendor, bill.number): bill for bill in world.bills}
    found = [
        bills[supplier_of[one.supplier], one.number]
        for one in world.ifs_invoices
        if one.supplier in supplier_of
    ]
    assert len(found) == 2
    for bill, invoice in zip(found, world.ifs_invoices, strict=False):
        assert (bill.total, bill.tax, bill.currency) == (
            invoice.gross,
            invoice.tax,
            invoice.currency,
        )


def test_accounts_of_ifs_follow_the_account_codes(world: World) -> None:
    """Every account code but the one without a rule has its account in both companies."""
    accounts = {(one.company, one.account) for one in world.accounts}
    wanted = {code.ifs_account for code in ACCOUNT_CODE.values() if code.ifs_account}
    for company in world.companies:
        assert {(company.id, account) for account in wanted} <= accounts
    assert ACCOUNT_CODE["6999"].ifs_account is None


def test_cost_centre_and_project_have_other_letters_in_each_company(world: World) -> None:
    """A letter taken for granted shows at once."""
    letters = {
        (part.company, part.name): part.letter for part in world.code_parts if part.letter != "A"
    }
    assert letters == {
        ("HCA", "Cost Centre"): "B",
        ("HCA", "Project"): "C",
        ("HUS", "Cost Centre"): "C",
        ("HUS", "Project"): "F",
    }
