"""The other routes as a user switches them on: tap and target as commands, books compared.

The sandbox plays both systems in processes of its own; what it holds in the end is compared with
plain arithmetic from the Procurify records, as for the usual route.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from erp_sandbox.control_client import IfsControl, ProcurifyControl
from tests.conftest import BIN, ROOT, Sandbox, run_sandbox
from tests.pipeline.books import BILL_STAMP, Truth, check_books, check_orders, read_truth
from tests.pipeline.expectation import COMPANY_OF, number

pytestmark = pytest.mark.timeout(300)
HELD, DENIED = 3, 4
OPEN_YEAR = 2026
PAYABLE, INPUT_TAX = "2410", "2450"


@dataclass(frozen=True)
class Route:
    """A sandbox, and the settings of one route into it."""

    sandbox: Sandbox
    folder: Path
    ifs: IfsControl

    def run(self, **settings: Any) -> tuple[int, str]:
        """One run of tap and target as a user would; exit code and what the target said."""
        (self.folder / "tap.json").write_text(json.dumps(self.sandbox.tap_config()))
        config = self.sandbox.target_config(self.folder) | settings
        (self.folder / "target.json").write_text(json.dumps(config))
        records = self.folder / "records.jsonl"
        with records.open("wb") as out:
            tap = [str(BIN / "tap-procurify"), "--config", str(self.folder / "tap.json")]
            subprocess.run(tap, stdout=out, check=True)
        command = [str(BIN / "target-ifs-cloud"), "--config", str(self.folder / "target.json")]
        with records.open("rb") as source:
            done = subprocess.run(
                command, stdin=source, capture_output=True, text=True, check=False
            )
        return done.returncode, done.stderr

    def profile(self, text: str) -> str:
        """A site profile with these lines."""
        path = self.folder / "site.yml"
        path.write_text(text, "utf-8")
        return str(path)

    def rules(self, file: str, before: str, after: str) -> str:
        """The shipped rules with one line changed."""
        folder = self.folder / "transforms"
        shutil.copytree(ROOT / "transforms", folder)
        text = (folder / file).read_text("utf-8")
        assert before in text
        (folder / file).write_text(text.replace(before, after), "utf-8")
        return str(folder)

    def read_back(self, stream: str) -> list[Mapping[str, Any]]:
        """What tap-ifs-cloud tells of a stream."""
        site = self.sandbox.target_config(self.folder)
        config = {n: site[n] for n in ("base_url", "realm", "client_id", "client_secret")}
        (self.folder / "back.json").write_text(json.dumps(config))
        command = [str(BIN / "tap-ifs-cloud"), "--config", str(self.folder / "back.json")]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        lines = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
        return [one["record"] for one in lines if one.get("record") and one["stream"] == stream]

    def truth(self) -> Truth:
        """Both sides now."""
        procurify = ProcurifyControl(self.sandbox.procurify)
        return read_truth(procurify.truth(), self.ifs.books())

    def without_proposals(self, company: str) -> None:
        """A company that posts its invoices without a proposal."""
        values = {"UsePostingProposal": False}
        self.ifs.tell(
            "edit", {"set": "CompanyInvoiceInfoArray", "key": [company], "values": values}
        )


@pytest.fixture
def route(tmp_path: Path) -> Iterator[Route]:
    """A sandbox of its own."""
    with run_sandbox(tmp_path) as sandbox:
        yield Route(sandbox, tmp_path, IfsControl(sandbox.ifs))


def postings_in_one_place(truth: Truth) -> Truth:
    """Without a proposal the postings stand on the invoice itself: shown as if in a proposal."""
    return replace(
        truth,
        invoices=[
            invoice
            if invoice["proposal"]
            else {**invoice, "proposal": {"Balance": 0}, "proposal_rows": invoice["postings"]}
            for invoice in truth.invoices
        ],
    )


def stamped_by_reference(truth: Truth) -> Truth:
    """The interface keeps the identity of a bill in its reference to orders: found there."""
    return replace(truth, invoices=[_stamped(invoice) for invoice in truth.invoices])


def _stamped(invoice: Mapping[str, Any]) -> Mapping[str, Any]:
    before, stamp, id_ = (invoice.get("PoRefNumber") or "").rpartition(BILL_STAMP)
    return {**invoice, "VoucherText": stamp + id_, "PoRefNumber": before} if stamp else invoice


def test_bills_come_in_by_the_external_interface(route: Route) -> None:
    """Every eligible bill once and to the cent; a second run changes nothing.

    One company has them wait in proposals, the other posts them at once.
    """
    settings = {"site_profile": route.profile("route: external_interface\n")}
    route.without_proposals("HUS")
    code, text = route.run(**settings)
    assert code == HELD, text
    truth = postings_in_one_place(stamped_by_reference(route.truth()))
    check_books(truth)
    check_orders(truth)
    states = {(i["Company"], i["Objstate"]) for i in truth.invoices if i.get("VoucherNo")}
    assert states == {("HCA", "Preliminary"), ("HUS", "Posted")}
    loads = route.ifs.books()["loads"]
    assert loads
    assert {load["Objstate"] for load in loads} == {"Created"}
    assert route.ifs.broken_invariants() == {}
    before = route.ifs.books()
    code, text = route.run(**settings)
    assert code in {0, HELD}, text
    assert route.ifs.books() == before


@dataclass(frozen=True)
class Wanted:
    """A purchase order that must stand in IFS: quantity, price and amount per line number."""

    company: str
    supplier: str
    currency: str
    lines: Mapping[str, tuple[Decimal, Decimal, Decimal]]


def wanted_orders(truth: Truth) -> dict[str, Wanted]:
    """The open orders of Procurify by their number, read without a line of the mapping."""
    found = {}
    in_ifs = {supplier["SupplierId"] for supplier in truth.suppliers}
    for order in truth.orders:
        vendor = order["pref_vendor"]
        supplier = vendor["external_id"] or f"P{vendor['id']}"
        if order["state"] not in {0, 5} or supplier not in in_ifs:
            continue
        lines = [line for line in order["order_items"] if line["status"] != DENIED]
        companies = {COMPANY_OF[x["account"]["department"]["branch"]["name"]] for x in lines}
        found[order["number"] or order["PO_Num"] or order["procurify_PO"]] = Wanted(
            company=companies.pop(),
            supplier=supplier,
            currency=order["purchased_currency"]["name"],
            lines={
                str(line["PO_line_num"]): (
                    number(line["quantity"]),
                    number(line["price"]),
                    number(line["total_cost"]),
                )
                for line in lines
            },
        )
    return found


def standing_orders(ifs: Mapping[str, Any]) -> dict[str, Wanted]:
    """The orders of IFS that count, in the same shape; every one of them is released."""
    orders = [o for o in ifs["orders"] if o["Objstate"] not in {"Closed", "Cancelled"}]
    assert {order["Objstate"] for order in orders} == {"Released"}
    return {
        order["OrderNo"]: Wanted(
            company=order["Company"],
            supplier=order["VendorNo"],
            currency=order["CurrencyCode"],
            lines={
                line["LineNo"]: (line["BuyQtyDue"], line["BuyUnitPrice"], line["NetAmtCurr"])
                for line in order["lines"]
            },
        )
        for order in orders
    }


def test_orders_become_purchase_orders_and_follow_procurify(route: Route) -> None:
    """Every open order stands released with its lines; what changes or ends follows."""
    procurify = ProcurifyControl(route.sandbox.procurify)
    before, after = "post_as: posting_proposal", "post_as: purchase_order"
    settings = {"transforms_dir": route.rules("purchase_order.yml", before, after)}
    code, text = route.run(**settings)
    assert code == HELD, text
    truth = route.truth()
    assert standing_orders(route.ifs.books()) == wanted_orders(truth)
    check_books(truth)

    still = [o for o in truth.orders if o["state"] in {0, 5}]
    still = [o for o in still if not any(b["items"] and _bills(b, o) for b in truth.bills)]
    closed, cancelled, revised = still[:3]
    procurify.edit("close_purchase_order", uuid=closed["uuid"])
    procurify.edit("cancel_purchase_order", uuid=cancelled["uuid"])
    line = revised["order_items"][0]
    procurify.edit("revise_line", line=line["id"], quantity="7", price="12.50")
    code, text = route.run(**settings)
    assert code in {0, HELD}, text
    books = route.ifs.books()
    assert standing_orders(books) == wanted_orders(route.truth())
    states = {order["OrderNo"]: order["Objstate"] for order in books["orders"]}
    assert (states[closed["number"]], states[cancelled["number"]]) == ("Closed", "Cancelled")
    assert route.ifs.broken_invariants() == {}
    shown = {(row["order_no"], row["state"]) for row in route.read_back("purchase_orders")}
    assert shown == set(states.items()), "tap-ifs-cloud shows other orders than IFS holds"


def _bills(bill: Mapping[str, Any], order: Mapping[str, Any]) -> bool:
    return any((item["po"] or {}).get("uuid") == order["uuid"] for item in bill["items"])


def test_invoices_are_posted_for_good_where_nobody_must_agree_first(route: Route) -> None:
    """Posted with balanced vouchers in one company, waiting for a person in the other."""
    route.without_proposals("HUS")
    code, text = route.run(final_posting=True)
    assert code == HELD, text
    truth = postings_in_one_place(route.truth())
    check_books(truth)
    check_orders(truth)
    states = {
        (invoice["Company"], invoice["Objstate"])
        for found in truth.standing(BILL_STAMP).values()
        for invoice in found
    }
    assert states == {("HCA", "Preliminary"), ("HUS", "Posted")}
    assert "HCA wants a person first" in text
    vouchers = route.ifs.books()["vouchers"]
    posted = [i for i in truth.invoices if i["Objstate"] == "Posted"]
    assert len(vouchers) == len(posted)
    assert {voucher["AccountingYear"] for voucher in vouchers} == {OPEN_YEAR}
    assert route.ifs.broken_invariants() == {}
    rows = route.ifs.trial_balance()
    spent = sum(invoice["NetDomAmount"] for invoice in posted)
    costs = [row for row in rows if row["CodeA"] not in {PAYABLE, INPUT_TAX}]
    assert sum(row["Balance"] for row in rows) == 0
    assert abs(sum(row["Balance"] for row in costs) - spent) <= len(vouchers) * Decimal("0.05")

    route.ifs.turn_knobs(final_posting_needs_authorisation=False)
    procurify = ProcurifyControl(route.sandbox.procurify)
    late = procurify.edit("add_bill", number="LATE-1")["uuid"].replace("-", "")
    code, text = route.run(final_posting=True)
    assert code in {0, HELD}, text
    truth = postings_in_one_place(route.truth())
    check_books(truth)
    (invoice,) = truth.standing(BILL_STAMP)[late]
    assert (invoice["Company"], invoice["Objstate"]) == ("HCA", "Posted")
    assert invoice["proposal"]["Objstate"] == "Posted"
