"""Named stories that people live through, played over the control side of a running sandbox.

A run of the connector belongs between two scenarios: it finds what has changed meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from erp_sandbox.control_client import IfsControl, ProcurifyControl

DAY_S = 86_400
TOUCHED_MAX = 5

Story = Callable[[ProcurifyControl, IfsControl], list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A story and what it is about; playing it answers what happened, line by line."""

    text: str
    play: Story


def _month_end(procurify: ProcurifyControl, ifs: IfsControl) -> list[str]:
    bills = [bill for bill in procurify.truth("bills")["bills"] if bill["status"] == 1]
    told = []
    for bill in bills[:TOUCHED_MAX]:
        procurify.edit("approve_bill", uuid=bill["uuid"])
        told.append(f"bill {bill['uuid']} approved at the last moment")
    suppliers = ifs.books()["suppliers"]
    for company in sorted({company for one in suppliers for company in one["companies"]}):
        ifs.tell(
            "edit",
            {
                "set": "AccountingPeriodSet",
                "key": [company, "2026", "1"],
                "values": {"PeriodStatus": "Closed"},
            },
        )
        told.append(f"period 2026 1 of {company} closed in IFS Cloud")
    procurify.advance(DAY_S)
    return [*told, "a day has passed in Procurify"]


def _order_life(procurify: ProcurifyControl, ifs: IfsControl) -> list[str]:
    del ifs  # the connector brings it there
    made = procurify.edit("add_purchase_order", lines=[{"quantity": 4, "price": "25.00"}])
    line = made["lines"][0]
    procurify.edit("receive_line", line=line, quantity=1)
    procurify.edit("revise_line", line=line, price="30.00")
    procurify.edit("receive_line", line=line)
    procurify.edit("close_purchase_order", id=made["id"])
    return [
        f"purchase order {made['id']} placed: 4 at 25.00",
        "one received",
        "price revised to 30.00",
        "the rest received",
        "closed",
    ]


def _vendor_changes(procurify: ProcurifyControl, ifs: IfsControl) -> list[str]:
    del ifs
    made = procurify.edit("add_vendor", name="Bluewater Instruments")
    procurify.edit("edit_vendor", id=made["id"], name="Bluewater Instruments Ltd")
    procurify.edit("edit_vendor", id=made["id"], is_active=False)
    return [f"vendor {made['id']} added", "renamed", "deactivated"]


SCENARIOS: Mapping[str, Scenario] = {
    "month-end": Scenario(text="Late approvals, then the first period is closed.", play=_month_end),
    "order-life": Scenario(text="An order is placed, received, revised, closed.", play=_order_life),
    "vendor-changes": Scenario(text="A vendor comes, is renamed, goes.", play=_vendor_changes),
}
