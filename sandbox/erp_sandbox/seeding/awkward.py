"""Draws the bills that need a person, and those that must be left alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from erp_sandbox.purchases import (
    APPROVED,
    CARD_BILL,
    CONFIRMED,
    DENIED,
    DRAFT,
    EXPENSE_BILL,
    WITHDRAWN,
    Bill,
)
from erp_sandbox.seeding.bills import (
    BillFrame,
    draw_bill,
    draw_frame,
    draw_number,
    draw_ordinary_bill,
    draw_ordinary_lines,
)
from erp_sandbox.seeding.charges import Charge, departments_of, draw_bill_line
from erp_sandbox.seeding.draw import Draw
from erp_sandbox.seeding.vendors import VendorSeed
from erp_sandbox.tenant import ACCOUNT_CODES, PROJECTS

LEFT_ALONE = (*((DRAFT,) * 10), *((CONFIRMED,) * 8), *((DENIED,) * 5), *((WITHDRAWN,) * 7))
EXPENSES, CARDS = 8, 6
CODES_WITHOUT_RULE = [one.code for one in ACCOUNT_CODES if not one.ifs_account]
BLOCKING_CODES = [one.code for one in ACCOUNT_CODES if one.project == "never" and one.ifs_account]
DEMANDING_CODES = [one.code for one in ACCOUNT_CODES if one.project == "must" and one.ifs_account]
CLOSED_YEAR_DAY = date(2025, 12, 12)


@dataclass(frozen=True, slots=True)
class Awkward:
    """Draws with the vendors at hand."""

    draw: Draw
    vendors: VendorSeed

    def ineligible_bills(self) -> Iterator[Bill]:
        """Drafts, bills that wait for approval, denied and withdrawn ones."""
        for status in LEFT_ALONE:
            yield draw_ordinary_bill(self.draw, self._frame(status=status))

    def expense_and_card_bills(self) -> Iterator[Bill]:
        """Expenses of an employee and of ordinary vendors; card bills."""
        for position in range(EXPENSES):
            frame = self._frame()
            vendor = self.vendors.employee.id if position % 2 else frame.vendor
            yield self._bill(replace(frame, vendor=vendor, type=EXPENSE_BILL))
        for _ in range(CARDS):
            frame = replace(self._frame(), vendor=self.vendors.card_provider.id, type=CARD_BILL)
            yield self._bill(frame)

    def bills_to_be_held(self) -> Iterator[Bill]:
        """Bills that no ledger can take as they are."""
        yield self._bill(replace(self._frame(), number=""))
        yield self._bill(replace(self._frame(), number="   "))
        for _ in range(2):
            yield self._bill(replace(self._frame(), vendor=self.vendors.missing.id))
        for codes, project in (
            (BLOCKING_CODES, PROJECTS[0]),
            (BLOCKING_CODES, PROJECTS[1 % len(PROJECTS)]),
            (DEMANDING_CODES, None),
            (CODES_WITHOUT_RULE, None),
            (CODES_WITHOUT_RULE, PROJECTS[2 % len(PROJECTS)]),
        ):
            if codes:
                yield self._bill_with(codes[0], project)
        yield self._bill(replace(self._frame(), gl_post_date=CLOSED_YEAR_DAY))
        frame = replace(self._frame(), invoiced=CLOSED_YEAR_DAY, gl_post_date=None)
        yield self._bill(frame)

    def bills_with_the_same_number(self) -> Iterator[Bill]:
        """Pairs of one vendor: the same number twice, and numbers that differ in case or blanks."""
        for change in (str, str, str.lower, _spaced):
            frame = replace(self._frame(), number=f"Ref {draw_number(self.draw)}")
            yield self._bill(frame)
            invoiced = frame.invoiced + timedelta(days=3)
            yield self._bill(replace(frame, number=change(frame.number), invoiced=invoiced))

    def bills_of_the_inactive_vendor(self) -> Iterator[Bill]:
        """A vendor that is inactive in Procurify and known in IFS still sends bills."""
        for _ in range(2):
            yield self._bill(replace(self._frame(), vendor=self.vendors.inactive.id))

    def _frame(self, *, status: int = APPROVED) -> BillFrame:
        vendor = self.draw.one_of(self.vendors.usable)
        return draw_frame(self.draw, vendor.id, status=status)

    def _bill(self, frame: BillFrame) -> Bill:
        return draw_bill(self.draw, frame, draw_ordinary_lines(self.draw, frame.company))

    def _bill_with(self, code: str, project: str | None) -> Bill:
        """A bill whose last line has that account code and project."""
        frame = self._frame()
        charge = Charge(
            account_code=code,
            department=self.draw.one_of(departments_of(frame.company)),
            project=project,
            tax=None,
        )
        line = draw_bill_line(
            self.draw,
            frame.company,
            charge,
            unit_cost=self.draw.cents(20, 900),
            quantity=Decimal(1),
        )
        # One wrong line holds the whole bill, whether it is split or not.
        return draw_bill(
            self.draw, frame, [*draw_ordinary_lines(self.draw, frame.company)[:1], line]
        )


def _spaced(number: str) -> str:
    """The number with other white space."""
    return f" {number.replace(' ', '   ')} "
