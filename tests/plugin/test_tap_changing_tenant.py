"""A tenant that changes while and between runs: nothing is missed, the last version comes last.

``CHANGING_TENANT_EXAMPLES`` in the environment sets how many lives of a tenant are tried.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tap_procurify.errors import TemporaryError
from tests.plugin.fake_procurify import Asked, Row
from tests.plugin.procurify_tenant import (
    BILLS,
    ORDERS,
    PAYMENTS,
    VENDORS,
    Tenant,
    bill_uuid,
)
from tests.plugin.tap_runs import NOON, FakeClock, Ran, make_tap

EXAMPLES = int(os.environ.get("CHANGING_TENANT_EXAMPLES", "20"))
STREAMS = {
    "vendors": "id",
    "purchase_orders": "procurify_PO",
    "bills": "uuid",
    "bill_items": "id",
    "payments": "id",
}
KINDS = ["bill", "order", "line", "vendor", "drop", "hide", "payment"]
SETTINGS: dict[str, Any] = {
    "page_size": 2,
    "slice_days": 1,
    "lookback_days": 1,
    "start_date": "2026-03-01",
}

NUMBERS = st.integers(1, 6)
LATE_S = st.sampled_from([0, 0, 1, 60, 3600])
"""How long before the present moment a change is stamped: transactions end late."""
EDITS = st.tuples(st.sampled_from(KINDS), NUMBERS, LATE_S)
STEPS = st.lists(
    st.tuples(
        st.lists(EDITS, max_size=4),
        st.sampled_from([0, 1, 59, 7200, 90000]),
        st.lists(st.tuples(st.integers(1, 16), EDITS), max_size=3),
    ),
    min_size=1,
    max_size=4,
)


class World:
    """The tenant, the clock, and what a warehouse behind the tap would hold."""

    def __init__(self) -> None:
        self.tenant = Tenant()
        self.clock = FakeClock(NOON)
        self.state: dict[str, Any] = {}
        self.held: dict[str, dict[str, Row]] = {stream: {} for stream in STREAMS}
        self.edits = 0

    def edit(self, kind: str, number: int, late_s: int) -> None:
        """Change one thing, now or as if a while ago."""
        self.edits += 1
        text = f"edit {self.edits}"
        at = (self.clock.now - timedelta(seconds=late_s)).replace(microsecond=0)
        if kind == "bill":
            bill = self.tenant.put_bill(number, at, invoice_number=text)
            self.tenant.bill_details[bill["uuid"]]["items"][0]["sku"] = text
        elif kind == "vendor":
            self.tenant.put_vendor(number, at, name=text)
        elif kind == "payment":
            self.tenant.put_payment(number, at, vendor_name=text)
        elif kind == "drop":
            if bill_uuid(number) in self.tenant.bill_details:
                self.tenant.drop_bill(number)
        elif kind == "hide":
            if any(row["id"] == number for row in self.tenant.fake.lists[VENDORS].rows):
                self.tenant.hide_vendor(number)
        elif kind == "line" and str(number) in self.tenant.order_details:
            self.tenant.put_line(number * 10, number, at, receivedPassQty=str(self.edits))
        else:
            self.tenant.put_order(number, at, comment=text)
            self.tenant.put_line(number * 10, number, at, receivedPassQty=str(self.edits))

    def run(self, on_request: Callable[[Asked], None] = lambda _asked: None) -> None:
        """Run the tap; a loader takes what it says, and keeps STATE."""
        self.tenant.fake.fault = on_request
        tap, collector = make_tap(
            self.tenant.fake, streams=STREAMS, clock=self.clock, state=self.state, **SETTINGS
        )
        # When rows move on every page the run ends; what it said stands, the next goes on.
        with contextlib.suppress(TemporaryError):
            tap.sync_all()
        ran = Ran(collector.messages)
        for stream, key in STREAMS.items():
            self.held[stream] |= {str(record[key]): record for record in ran.records[stream]}
        self.state = ran.state or self.state

    def run_while_it_changes(self, moves: list[tuple[int, tuple[str, int, int]]]) -> None:
        """Run while edits happen before the n-th request is answered, list or detail."""
        requests = 0

        def on_request(_asked: Asked) -> None:
            nonlocal requests
            requests += 1
            for when, edit in moves:
                if when == requests:
                    self.edit(*edit)

        self.run(on_request)

    def check(self) -> None:
        """The warehouse holds the tenant's truth."""
        lists = self.tenant.fake.lists
        bills = {
            key: bill["invoice_number"]
            for key, bill in self.held["bills"].items()
            if not bill.get("_procurify_vanished_at")
        }
        assert bills == {row["uuid"]: row["invoice_number"] for row in lists[BILLS].rows}
        items = {item["bill_uuid"]: item["sku"] for item in self.held["bill_items"].values()}
        assert {key: items[key] for key in bills} == bills
        vendors = {key: (v["name"], v["active"]) for key, v in self.held["vendors"].items()}
        known = [*self.tenant.hidden_vendors.values(), *lists[VENDORS].rows]
        truth = {str(row["id"]): (row["name"], row["active"]) for row in known}
        assert vendors == {key: truth[key] for key in vendors}
        assert vendors.keys() >= {str(row["id"]) for row in lists[VENDORS].rows}
        payments = {key: p["vendor_name"] for key, p in self.held["payments"].items()}
        assert payments == {str(row["id"]): row["vendor_name"] for row in lists[PAYMENTS].rows}
        orders = {
            key: (order["comment"], order["order_items"][0]["receivedPassQty"])
            for key, order in self.held["purchase_orders"].items()
        }
        assert orders == {
            str(row["procurify_PO"]): (
                row["comment"],
                self.tenant.order_details[str(row["procurify_PO"])]["order_items"][0][
                    "receivedPassQty"
                ],
            )
            for row in lists[ORDERS].rows
        }


@settings(max_examples=EXAMPLES)
@given(steps=STEPS)
@example(  # a line changes, stamped a minute ago, after its order was read in an earlier slice
    steps=[([("order", 6, 0)], 90000, []), ([], 0, [(4, ("line", 6, 60)), (4, ("order", 1, 0))])]
)
def test_nothing_is_missed_and_the_last_version_is_last(
    steps: list[tuple[list[tuple[str, int, int]], int, list[tuple[int, tuple[str, int, int]]]]],
) -> None:
    """Edits, late and equal stamps, deletions, and rows that move while they are paged."""
    world = World()
    for edits, pause_s, moves in steps:
        for edit in edits:
            world.edit(*edit)
        world.run_while_it_changes(moves)
        world.clock.now += timedelta(seconds=pause_s)
    world.clock.now += timedelta(hours=25)
    world.run()
    world.check()


def test_the_check_of_this_module_can_fail() -> None:
    """A change that no run has seen is noticed."""
    world = World()
    world.edit("bill", 1, 0)
    world.run()
    world.check()
    world.edit("bill", 1, 0)
    try:
        world.check()
    except AssertionError:
        return
    raise AssertionError("the check has missed a difference")
