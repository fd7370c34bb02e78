"""Whole runs over the other routes: records in, documents in IFS out, by the rule files."""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests_mock

from target_ifs_cloud.delivery.run import DeliveryRun, open_run
from target_ifs_cloud.delivery.suppliers import SupplierDelivery
from target_ifs_cloud.documents import CompanyId
from target_ifs_cloud.errors import TemporaryError
from target_ifs_cloud.mapping import map_bill, stamp_of
from target_ifs_cloud.reference import SupplierCompany
from target_ifs_cloud.settings import SCHEMA, Settings, read_settings
from tests.faults.routes_site import Killed, RoutesSite
from tests.faults.routes_world import kill_at
from tests.unit.mapping.builders import (
    Record,
    bill,
    company_reference,
    item,
    order,
    order_line,
    supplier_reference,
)

HOST = "https://ifs.example.com"
TRANSFORMS = Path(__file__).parents[2] / "transforms"
SITE = "target_ifs_cloud.delivery.site"
START = datetime(2026, 3, 12, 8, tzinfo=timezone.utc)


class World:
    """One site and one outbox; ``settings`` say which route, ``now`` moves on with every run."""

    def __init__(self, folder: Path, *, profile: str = "", post_as: str = "") -> None:
        """Rules and profile as files of their own."""
        self.site = RoutesSite(uses_proposals=True)
        self.now = START
        rules = folder / "transforms"
        shutil.copytree(TRANSFORMS, rules)
        if post_as:
            path = rules / "purchase_order.yml"
            text = path.read_text("utf-8").replace("post_as: posting_proposal", post_as)
            path.write_text(text, "utf-8")
        (folder / "site.yml").write_text(profile, "utf-8")
        self.settings = self._settings(folder, rules)

    @staticmethod
    def _settings(folder: Path, rules: Path) -> Settings:
        defaults = {n: v.get("default") for n, v in SCHEMA["properties"].items()}
        own = {
            "base_url": HOST,
            "realm": "r",
            "client_id": "C",
            "client_secret": "s3cret",
            "transforms_dir": str(rules),
            "site_profile": str(folder / "site.yml"),
            "outbox_url": f"sqlite:///{folder}/outbox.db",
        }
        return read_settings({**defaults, **own})

    def run(self, *, bills: list[Record] | None = None, orders: list[Record] | None = None) -> int:
        """One run; the answer is its exit code."""
        self.now += timedelta(hours=1)
        with self._open() as run:
            run.begin()
            run.take_purchase_orders(orders or [])
            run.take_bills(bills or [])
            return run.finish()

    @contextmanager
    def _open(self) -> Iterator[DeliveryRun]:
        def respond(request: Any, context: Any) -> str:
            told = self.site.serve(
                request.method, request.url, request.headers, request.body or b""
            )
            context.status_code = told.status
            context.headers.update(told.headers)
            context.headers.setdefault("Content-Length", str(len(told.text.encode())))
            return told.text

        with requests_mock.Mocker(case_sensitive=True) as mock:
            mock.register_uri(requests_mock.ANY, re.compile(re.escape(HOST)), text=respond)
            token = {"access_token": "t", "expires_in": 86_400}
            mock.post(re.compile(f"{re.escape(HOST)}/auth/"), json=token)
            run = open_run(
                self.settings,
                log=logging.getLogger("run"),
                sleep=lambda _: None,
                clock=lambda: self.now,
            )
            try:
                yield run
            finally:
                run.close()


@pytest.fixture(autouse=True)
def known_site(monkeypatch: pytest.MonkeyPatch) -> None:
    """The basic data of the tenant is known without asking."""
    supplier = supplier_reference()
    monkeypatch.setattr(f"{SITE}.require_profile_fits", lambda *_: ())
    monkeypatch.setattr(
        f"{SITE}.read_company", lambda _client, company, *_: (company_reference(company), ())
    )
    monkeypatch.setattr(f"{SITE}.read_suppliers", lambda _: {supplier.supplier: supplier})


def numbered(number: str, cost: str, **changes: object) -> Record:
    """A bill with its own uuid."""
    return bill([item(cost=cost)], invoice_number=number, uuid=f"uuid-{number}", **changes)


def ordered(total: str, quantity: str, price: str, **changes: object) -> Record:
    """An order of one line."""
    line = order_line(
        193, total, PO_line_num=1, name="Tips", quantity=quantity, price=price,
        unit="each", created_at="2026-03-01T09:00:00-08:00",
    )  # fmt: skip
    return order([line], **changes)


def test_bills_by_the_external_interface_and_their_order_by_hand(tmp_path: Path) -> None:
    """Two bills, one of them refused by the check; the order stays a preliminary proposal."""
    world = World(tmp_path, profile="route: external_interface")
    world.site.bad_accounts = frozenset({"4310"})
    bills = [
        numbered("A-1", "100.00"),
        bill([item(cost="7.00", cost_allocations=[_on("6300", "7.00")])], uuid="uuid-x"),
    ]
    assert world.run(bills=bills, orders=[order()]) == 3
    assert world.site.invoices() == [
        ("A-1", "Preliminary", Decimal(100), Decimal(100)),
        ("PO-PF52", "Preliminary", Decimal(80), Decimal(80)),
    ]
    assert world.run(bills=bills, orders=[order()]) == 0
    assert len(world.site.invoices()) == 2


def _on(code: str, amount: str) -> Record:
    allocation: Record = item(cost=amount)["cost_allocations"][0]
    account = {**allocation["budget"]["account_code"], "code": code}
    return {**allocation, "budget": {**allocation["budget"], "account_code": account}}


def test_an_order_lives_in_ifs_from_approval_to_its_end(tmp_path: Path) -> None:
    """Created and released, changed, unchanged, closed; no proposal is made beside it."""
    world = World(tmp_path, post_as="post_as: purchase_order")
    assert world.run(orders=[ordered("80.00", "10", "8.00")]) == 0
    assert world.site.orders() == [("PF52", "Released", [("1", Decimal(80))])]
    assert world.run(orders=[ordered("96.00", "12", "8.00")]) == 0
    assert world.site.orders() == [("PF52", "Released", [("1", Decimal(96))])]
    assert world.run(orders=[ordered("96.00", "12", "8.00")]) == 0
    assert world.run(orders=[ordered("96.00", "12", "8.00", state=3)]) == 0
    assert world.site.orders() == [("PF52", "Closed", [("1", Decimal(96))])]
    assert world.run(orders=[ordered("96.00", "12", "8.00", state=3)]) == 0
    assert world.site.invoices() == []
    order_row = world.site.tables["PurchaseOrderSet"][0]
    assert (order_row["Contract"], order_row["VendorNo"]) == ("HCA01", "V-10006")


def test_an_order_that_was_called_off_is_cancelled_and_one_never_sent_is_left_out(
    tmp_path: Path,
) -> None:
    """Neither is made first only to be ended."""
    world = World(tmp_path, post_as="post_as: purchase_order")
    other = ordered("80.00", "10", "8.00", uuid="uuid-2", number="PF53", state=1)
    world.run(orders=[ordered("80.00", "10", "8.00"), other])
    world.run(orders=[ordered("80.00", "10", "8.00", state=1)])
    assert world.site.orders() == [("PF52", "Cancelled", [("1", Decimal(80))])]


def test_orders_may_be_left_out(tmp_path: Path) -> None:
    """``post_as: none``: nothing stands for them in IFS."""
    world = World(tmp_path, post_as="post_as: none")
    assert world.run(orders=[order()], bills=[numbered("A-1", "100.00")]) == 0
    assert [number for number, *_ in world.site.invoices()] == ["A-1"]
    assert world.site.orders() == []


def test_bills_that_come_again_as_they_were_sent_are_looked_up_and_not_mapped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a killed run, when the tap sends all of them again; IFS is still asked for each."""
    world = World(tmp_path)
    bills = [numbered("A-1", "100.00"), numbered("A-2", "200.00")]
    assert world.run(bills=bills) == 0
    mapped: list[str] = []

    def map_and_tell(record: Record, **context: Any) -> Any:
        mapped.append(record["invoice_number"])
        return map_bill(record, **context)

    monkeypatch.setattr("target_ifs_cloud.delivery.mapped.map_bill", map_and_tell)
    assert world.run(bills=bills) == 0
    assert mapped == []
    row = next(row for row in world.site.tables["ManSuppInvoiceSet"] if row["InvoiceNo"] == "A-2")
    row["NetCurrAmount"] = row["GrossCurrAmount"] = Decimal(777)
    assert world.run(bills=bills) == 3
    assert mapped == ["A-2"]
    edited = numbered("A-1", "150.00")
    assert world.run(bills=[edited]) == 0
    assert mapped == ["A-2", "A-1"]
    assert ("A-1", "Preliminary", Decimal(150), Decimal(150)) in world.site.invoices()


def test_new_rules_are_applied_to_bills_that_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the rules made of a bill stands only as long as the rules do."""
    world = World(tmp_path)
    bills = [numbered("A-1", "100.00")]
    assert world.run(bills=bills) == 0
    with (tmp_path / "transforms" / "bill.yml").open("a", encoding="utf-8") as rules:
        rules.write("\n# changed\n")
    mapped: list[Record] = []

    def map_and_tell(record: Record, **context: Any) -> Any:
        mapped.append(record)
        return map_bill(record, **context)

    monkeypatch.setattr("target_ifs_cloud.delivery.mapped.map_bill", map_and_tell)
    assert world.run(bills=bills) == 0
    assert mapped == bills


def test_company_rows_of_a_new_supplier_that_ifs_shows_late_hold_no_bill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The supplier was made by this run; its rows are asked for once more before the run ends."""
    known = supplier_reference()
    assert known.companies
    unread = replace(known, companies=None)
    answers: list[Mapping[CompanyId, SupplierCompany]] = [{}, known.companies]
    monkeypatch.setattr(f"{SITE}.read_suppliers", lambda _: {known.supplier: unread})
    monkeypatch.setattr(
        f"{SITE}.read_supplier_companies", lambda _, ids: {id_: answers.pop(0) for id_ in ids}
    )
    monkeypatch.setattr(SupplierDelivery, "has_linked", True)
    world = World(tmp_path)
    assert world.run(bills=[numbered("A-1", "100.00")]) == 0
    assert [number for number, *_ in world.site.invoices()] == ["A-1"]
    assert answers == []


FIRST, LATER = "2026-03-10T09:30:00.418822-07:00", "2026-03-11T18:30:00Z"
OLD, NEW = "2026-03-01", "2026-03-02"


def dated(day: str, stamp: str | None) -> Record:
    """A bill of a day, with the moment of its last change."""
    return numbered("A-1", "100.00", invoice_date=day, last_modified_datetime=stamp)


def days(world: World) -> list[str]:
    """What IFS has as the invoice date."""
    return [row["InvoiceDate"] for row in world.site.tables["ManSuppInvoiceSet"]]


@pytest.mark.parametrize(
    ("old", "new", "stands"),
    [
        (FIRST, LATER, NEW),
        (FIRST, FIRST, OLD),
        ("2026-03-10T16:30:00Z", FIRST, OLD),
        ("2026-03-10T16:29:55Z", FIRST, OLD),
        ("2026-03-10T16:29:54Z", FIRST, NEW),
        (None, LATER, OLD),
        (FIRST, None, OLD),
        ("2026-03-10T09:30:00", LATER, OLD),
        (FIRST, "2999-01-01T00:00:00Z", OLD),
    ],
    ids=[
        "older",
        "the same moment",
        "the same second without its fraction",
        "clocks apart",
        "more than clocks apart",
        "no moment",
        "none remembered",
        "no zone",
        "a clock that is ahead",
    ],
)
def test_a_record_that_is_older_than_what_is_remembered_changes_nothing(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    *,
    old: str | None,
    new: str | None,
    stands: str,
) -> None:
    """An old output of the tap, fed once more. Where moments do not tell, it is taken as it is."""
    world = World(tmp_path)
    world.run(bills=[dated(OLD, old)])
    world.run(bills=[dated(NEW, new)])
    assert days(world) == [NEW]
    capsys.readouterr()
    world.run(bills=[dated(OLD, old)])
    assert days(world) == [stands]
    assert ("older than known" in capsys.readouterr().err) is (stands == NEW)


def test_of_one_bill_in_one_output_the_newest_record_counts(tmp_path: Path) -> None:
    """Whatever their order is."""
    world = World(tmp_path)
    world.run(bills=[dated(NEW, LATER), dated(OLD, FIRST)])
    assert days(world) == [NEW]


def test_of_records_that_clocks_cannot_tell_apart_the_one_read_last_counts(tmp_path: Path) -> None:
    """Two servers have written the moments; the tap has read the bill again after the second."""
    world = World(tmp_path)
    world.run(bills=[dated(OLD, "2026-03-10T16:30:02Z"), dated(NEW, "2026-03-10T16:30:01Z")])
    assert days(world) == [NEW]


def test_an_order_that_is_older_than_what_is_remembered_changes_nothing(tmp_path: Path) -> None:
    """Its open amount stays that of the newest record."""
    world = World(tmp_path)
    first = ordered("70.00", "1", "70.00", last_modified=FIRST)
    later = ordered("90.00", "1", "90.00", last_modified=LATER)
    for record in (first, later, first):
        world.run(orders=[record])
    assert [Decimal(r["NetCurrAmount"]) for r in world.site.tables["ManSuppInvoiceSet"]] == [90]


def test_the_moment_of_a_change_is_read_in_every_form_that_procurify_shows() -> None:
    """And in no other."""
    one, other = (
        stamp_of("vendor", {"dateModified": text})
        for text in ("2017-05-17T15:52:33-07:00", "2017-05-17T22:52:33.120222Z")
    )
    assert one
    assert one == other
    wrong = ("", "yesterday", "2017-05-17", "0001-01-01T00:00:00+14:00", "2017-13-17T15:52:33Z", 7)
    assert not any(stamp_of("vendor", {"dateModified": text}) for text in wrong)


def swapped(number: str, uuid: str, cost: str) -> Record:
    """A bill under a number that may not be its first one."""
    return bill([item(cost=cost)], invoice_number=number, uuid=uuid)


def standing(world: World) -> dict[str, Decimal]:
    """Number and net amount of every invoice that counts; none stands twice."""
    rows = [r for r in world.site.tables["ManSuppInvoiceSet"] if r["Objstate"] != "Cancelled"]
    found = {row["InvoiceNo"]: Decimal(row["NetCurrAmount"]) for row in rows}
    assert len(found) == len(rows)
    return found


BILLS_OF_RING = (("uuid-a", "10.00"), ("uuid-b", "20.00"), ("uuid-c", "30.00"))


@pytest.mark.parametrize("size", [2, 3])
def test_bills_that_swap_their_numbers_swap_them_in_ifs(tmp_path: Path, size: int) -> None:
    """One makes room, the others follow, then it comes back under its new number."""
    world = World(tmp_path)
    own = BILLS_OF_RING[:size]
    numbers = [f"N-{place}" for place in range(size)]
    turned = [*numbers[1:], numbers[0]]
    world.run(bills=[swapped(n, *b) for n, b in zip(numbers, own, strict=True)])
    edited = [swapped(n, *b) for n, b in zip(turned, own, strict=True)]
    world.run(bills=edited)
    wanted = {n: Decimal(cost) for n, (_, cost) in zip(turned, own, strict=True)}
    assert standing(world) == wanted
    assert world.run(bills=edited) == 0


def test_a_swap_with_a_posted_invoice_is_left_to_a_person(tmp_path: Path) -> None:
    """Neither is touched: what is posted cannot make room."""
    world = World(tmp_path)
    (a, b) = BILLS_OF_RING[:2]
    world.run(bills=[swapped("N-0", *a), swapped("N-1", *b)])
    world.site.tables["ManSuppInvoiceSet"][1]["Objstate"] = "Posted"
    assert world.run(bills=[swapped("N-1", *a), swapped("N-0", *b)]) == 3
    assert standing(world) == {"N-0": Decimal("10.00"), "N-1": Decimal("20.00")}


def kill_after_cancelling(number: int) -> Callable[[str], None]:
    """A step that kills the n-th time, counted from the first cancellation on."""
    kill, is_begun = kill_at(number), False

    def step(told: str) -> None:
        nonlocal is_begun
        is_begun = is_begun or told.endswith("_Cancel")
        if is_begun:
            kill(told)

    return step


def test_a_swap_survives_a_kill_at_any_step(tmp_path: Path) -> None:
    """The next runs end what was begun: each bill stands once, under its new number."""
    (a, b) = BILLS_OF_RING[:2]
    edited = [swapped("N-1", *a), swapped("N-0", *b)]
    for number in range(1, 60, 3):
        folder = tmp_path / f"{number}"
        folder.mkdir()
        world = World(folder)
        world.run(bills=[swapped("N-0", *a), swapped("N-1", *b)])
        world.site.step = kill_after_cancelling(number)
        try:
            world.run(bills=edited)
        except Killed:
            world.site.step = lambda _: None
            for _ in range(3):
                with suppress(TemporaryError):  # in doubt until the settling time is over
                    world.run(bills=edited)
            assert standing(world) == {"N-1": Decimal("10.00"), "N-0": Decimal("20.00")}, number
            continue
        assert number > 8
        return
    pytest.fail("the run never comes through")


def withdrawn(number: str, uuid: str, cost: str) -> Record:
    """A bill that was approved and is back in Draft."""
    history = [{"id": n, "status": code} for n, code in enumerate((1, 2, 0))]
    return {**swapped(number, uuid, cost), "status": 0, "bill_statuses": history}


def test_a_bill_withdrawn_after_the_outbox_was_lost_is_cancelled(tmp_path: Path) -> None:
    """By the text that names it; what other hands have entered is left, what is posted told."""
    world = World(tmp_path)
    bills = [("N-0", *BILLS_OF_RING[0]), ("N-1", *BILLS_OF_RING[1]), ("N-2", *BILLS_OF_RING[2])]
    world.run(bills=[swapped(*one) for one in bills])
    rows = world.site.tables["ManSuppInvoiceSet"]
    by_number = {row["InvoiceNo"]: row for row in rows}
    by_number["N-1"]["VoucherText"] = "typed by hand"
    by_number["N-2"]["Objstate"] = "Posted"
    for path in tmp_path.glob("outbox.db*"):
        path.unlink()
    assert world.run(bills=[withdrawn(*one) for one in bills]) == 3
    states = {number: row["Objstate"] for number, row in by_number.items()}
    assert states == {"N-0": "Cancelled", "N-1": "Preliminary", "N-2": "Posted"}
    asked = len(world.site.requests)
    assert world.run(bills=[withdrawn(*one) for one in bills[:2]]) == 0
    assert not [one for one in world.site.requests[asked:] if "Cancel" in one]


@pytest.mark.parametrize("over", [{"state": 1}, {"state": 3}, {"active": False}])
def test_an_order_that_ended_after_the_outbox_was_lost_is_cancelled(
    tmp_path: Path, over: Record
) -> None:
    """Its proposal would show an amount for good that nobody owes; that of other hands is left."""
    world = World(tmp_path)
    names = ["PF-1", "PF-2"]
    orders = [ordered("320.00", "4", "80.00", uuid=f"uuid-{n}", number=n) for n in names]
    world.run(orders=orders)
    rows = {row["InvoiceNo"]: row for row in world.site.tables["ManSuppInvoiceSet"]}
    rows["PO-PF-2"]["VoucherText"] = "typed by hand"
    for path in tmp_path.glob("outbox.db*"):
        path.unlink()
    assert world.run(orders=[{**one, **over} for one in orders]) == 0
    states = {number: row["Objstate"] for number, row in rows.items()}
    assert states == {"PO-PF-1": "Cancelled", "PO-PF-2": "Preliminary"}
    asked = len(world.site.requests)
    assert world.run(orders=[{**one, **over} for one in orders]) == 0
    assert not [one for one in world.site.requests[asked:] if "Cancel" in one]


def test_a_draft_that_was_never_approved_is_not_asked_for(tmp_path: Path) -> None:
    """Only its history can say that IFS may have it."""
    world = World(tmp_path)
    draft = {**withdrawn("N-0", *BILLS_OF_RING[0]), "bill_statuses": [{"id": 1, "status": 0}]}
    assert world.run(bills=[draft]) == 0
    assert not world.site.requests
