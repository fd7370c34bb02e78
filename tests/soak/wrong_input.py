"""Wrong and hostile input: every place of a bill or order against every kind of wrong value.

Each wrong record travels between sound neighbours through a whole run with its outbox. Afterwards
the neighbours are in IFS, and the wrong one is held with its reasons, left out, or in IFS with
exactly the money of the sound record: a wrong value must never become wrong money.
"""

from __future__ import annotations

import copy
import logging
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any, cast

from target_ifs_cloud.delivery.database import open_database
from target_ifs_cloud.delivery.entry import State
from target_ifs_cloud.delivery.outbox import Outbox
from target_ifs_cloud.delivery.run import DeliveryRun
from target_ifs_cloud.delivery.site import Site
from target_ifs_cloud.documents import SupplierId, SupplierInvoice
from target_ifs_cloud.mapping import Rules, load_rules
from target_ifs_cloud.mapping.problems import CODES
from target_ifs_cloud.operator.preview import Preview, as_csv, as_tables
from target_ifs_cloud.reference import Reference
from target_ifs_cloud.settings import read_settings
from target_ifs_cloud.target import TargetIFSCloud
from tests.faults.fake_ifs import FakeIfs
from tests.soak import Report
from tests.unit.mapping.builders import (
    Record,
    allocation,
    bill,
    cost,
    item,
    order,
    order_line,
    project,
    reference,
)

TRANSFORMS = Path(__file__).parents[2] / "transforms"
START = datetime(2026, 3, 12, 8, tzinfo=timezone.utc)
BATCH = 125
BATCHES_PER_OUTBOX = 2
"""A new outbox then: held records are tried again by every run, and would outgrow the new ones."""
FINDINGS_MAX = 20
MESSAGE_MAX = 600
GONE = object()
"""Stands for a field that is not there at all."""

VALUES: Mapping[str, object] = {
    # types
    "absent": GONE,
    "null": None,
    "true": True,
    "false": False,
    "zero": 0,
    "one": 1,
    "whole number": 77,
    "binary number": 0.1,
    "exact number": Decimal("0.1"),
    "number as text": "77",
    "text": "something",
    "empty text": "",
    "blanks": "   ",
    "record": {"id": 1},
    "empty record": {},
    "list": [1, "a"],
    "empty list": [],
    "list of records": [{"id": 1}, {"id": 1}],
    "nested deeply": [[[[[[[[{"a": [[[{}]]]}]]]]]]]],
    # numbers
    "negative": -5,
    "negative text": "-0.01",
    "minus zero": "-0",
    "huge number": 10**40,
    "huge text": "9" * 400,
    "exponent": "1e9",
    "huge exponent": "1e999999",
    "tiny": "0.000000000000000000000001",
    "not a number": "NaN",
    "signalling": "sNaN",
    "endless": "Infinity",
    "binary endless": float("inf"),
    "binary nothing": float("nan"),
    "thousands": "1,000.00",
    "decimal comma": "80,00",
    "currency sign": "$80.00",
    "underscore": "8_0",
    "other digits": "٨٠",
    "hexadecimal": "0x50",
    "plus": "+80.00",
    # texts
    "long text": "A" * 10_000,
    "quote": "O'Brien''s; --",
    "double quote": 'say "hi"',
    "backslash": "C:\\temp\\new",
    "line break": "two\nlines\r\nhere",
    "tab": "a\tb",
    "null character": "a\x00b",
    "bell": "a\x07b",
    "escape sequence": "\x1b[31mred\x1b[0m",
    "lone surrogate": "a\ud800b",
    "right to left": "\u202egnp.exe",
    "invisible": "a\u200bb\ufeff",
    "combining": "e\u0301" * 30,
    "emoji": "🧪🧫",
    "japanese": "株式会社",
    "formula": "=1+1",
    "formula at": "@SUM(A1:A9)",
    "formula minus": "-2+3+cmd|' /C calc'!A0",
    "formula tab": "\t=1+1",
    "script": "<script>alert(1)</script>",
    "sql": "'); DROP TABLE outbox;--",
    "odata": "' or 1 eq 1 or Company eq '",
    "template": "{{7*7}} ${jndi:ldap://x} %s %n",
    "path": "../../etc/passwd",
    # dates
    "no such day": "2026-02-30",
    "month 13": "2026-13-01",
    "year 0": "0000-01-01",
    "year 9999": "9999-12-31",
    "written by hand": "31/03/2026",
    "seconds since 1970": 1773014400,
    "odd offset": "2026-03-09T25:61:61+99:99",
    "only a time": "08:00",
}
"""Kinds of wrong value by name."""

BILL_PLACES: Sequence[str] = (
    "uuid", "id", "version", "status", "type", "active", "currency", "currency.name",
    "currency.id", "vendor", "vendor.id", "vendor.name", "vendor.external_id", "items",
    "items.0", "items.0.id", "items.0.description", "items.0.total_cost", "items.0.tax_amount",
    "items.0.total_cost_with_tax", "items.0.tax_name", "items.0.tax_percentage",
    "items.0.tax_is_inclusive", "items.0.shipping_amount", "items.0.currency",
    "items.0.cost_allocations", "items.0.cost_allocations.0",
    "items.0.cost_allocations.0.amount", "items.0.cost_allocations.0.budget",
    "items.0.cost_allocations.0.budget.account_code",
    "items.0.cost_allocations.0.budget.account_code.code",
    "items.0.cost_allocations.0.budget.department",
    "items.0.cost_allocations.0.budget.department.external_id",
    "items.0.cost_allocations.0.budget.department.branch.name", "items.0.custom_fields",
    "items.0.custom_fields.0.value", "items.0.orderitem", "items.0.orderitem.id", "items.0.po",
    "items.0.po.uuid", "costs", "costs.0", "costs.0.amount", "costs.0.cost_allocation",
    "costs.0.name", "bill_statuses", "bill_statuses.0.user", "added_purchase_orders",
    "invoice_number", "invoice_date", "due_date", "gl_post_date", "submitted_date",
    "payment_terms", "tax_amount", "total_cost_with_tax", "shipping_amount", "invoice_total",
    "converted_total_cost", "_procurify_vanished_at",
)  # fmt: skip
ORDER_PLACES: Sequence[str] = (
    "uuid", "procurify_PO", "number", "state", "active", "version", "most_recent_version", "date",
    "payment_terms", "purchased_currency", "purchased_currency.name", "pref_vendor",
    "pref_vendor.id", "pref_vendor.external_id", "order_items", "order_items.0",
    "order_items.0.id", "order_items.0.total_cost", "order_items.0.status",
    "order_items.0.is_active", "order_items.0.account", "order_items.0.account.account_code.code",
    "order_items.0.account.department", "order_items.0.spend_allocation",
    "order_items.0.custom_fields",
)  # fmt: skip


@dataclass(frozen=True)
class Wrong:
    """One class of wrong input: a kind of document, a place in it, a kind of value."""

    stream: str
    place: str
    value: str


def all_classes() -> list[Wrong]:
    """Every place with every value."""
    found = [Wrong("bills", place, value) for place in BILL_PLACES for value in VALUES]
    return found + [
        Wrong("purchase_orders", place, value) for place in ORDER_PLACES for value in VALUES
    ]


@dataclass
class WrongInputSite(FakeIfs):
    """IFS in memory, with the basic data of the tenant."""

    known: Reference = field(default_factory=reference)
    basic_data_at: datetime | None = None

    @property
    def reference(self) -> Reference:
        """The basic data."""
        return self.known

    def reference_for(self, suppliers: set[SupplierId]) -> Reference:
        """The same for any suppliers."""
        del suppliers
        return self.known

    def guard_writes(self, *_: object, **__: object) -> None:
        """Nobody else writes here."""

    def close(self) -> None:
        """Nothing is open."""


def sound_bill(number: int) -> Record:
    """A bill that is right in every way: two lines, a split, tax, a cost, an order."""
    lines = [
        item(
            8801,
            "80.00",
            "4.00",
            cost_allocations=[allocation("50.00"), allocation("30.00", "6400", "CC-100", id=302)],
            custom_fields=[project("P-1")],
            orderitem=order_line(),
            po={"number": "PF52", "id": 52, "uuid": f"{number:032x}"},
        ),
        item(8802, "20.00"),
    ]
    changes = {"uuid": f"{number + 10**9:032x}", "invoice_number": f"INV-{number}", "id": number}
    return copy.deepcopy(bill(lines, costs=[cost()], **changes))


SOUND_GROSS, SOUND_NET = Decimal("119.00"), Decimal("115.00")


def sound_order(number: int) -> Record:
    """An order that is right in every way."""
    lines = [order_line(193, "80.00"), order_line(194, "20.00")]
    changes = {"uuid": f"{number + 2 * 10**9:032x}", "number": f"PF{number}"}
    return copy.deepcopy(order(lines, procurify_PO=number, **changes))


def spoil(record: Record, place: str, value: object) -> Record:
    """The record with another value at one place; a place that is not there is left alone."""
    target: Any = record
    *path, last = [int(step) if step.isdigit() else step for step in place.split(".")]
    try:
        for step in path:
            target = target[step]
        if value is GONE and not isinstance(last, int):
            target.pop(last, None)
        else:
            target[last] = copy.deepcopy(value) if value is not GONE else None
    except (KeyError, IndexError, TypeError, AttributeError):
        return record  # an earlier spoiling has taken the place away
    return record


class Campaign:
    """One outbox and one IFS; batches of wrong records between sound ones."""

    def __init__(self, folder: Path, rules: Rules, known: Reference) -> None:
        defaults = {
            name: spec["default"]
            for name, spec in TargetIFSCloud.config_jsonschema["properties"].items()
            if "default" in spec
        }
        given = {
            "base_url": "http://127.0.0.1:9",
            "realm": "made-up",
            "client_id": "id",
            "client_secret": "made up",
            "transforms_dir": str(TRANSFORMS),
            "outbox_url": f"sqlite:///{folder}/outbox.db",
            "fail_on_held": "never",
        }
        self.settings = read_settings({**defaults, **given})
        self.rules = rules
        self.site = WrongInputSite(known=known)
        self.outbox = Outbox(open_database(self.settings.outbox_url), lambda: START)
        self.number = 0
        self.findings: list[str] = []

    def close(self) -> None:
        """Give the outbox back."""
        self.outbox.engine.dispose()

    def run(self, wrong: Sequence[Sequence[Wrong]]) -> None:
        """Deliver one batch: a wrong record for each entry, a sound one before and after all."""
        records: dict[str, list[Record]] = {"bills": [], "purchase_orders": []}
        sound, spoilt = [], []
        for stream, make in (("bills", sound_bill), ("purchase_orders", sound_order)):
            own = [group for group in wrong if group[0].stream == stream]
            for group in [[], *own, []]:
                self.number += 1
                record = make(self.number)
                for one in group:
                    spoil(record, one.place, VALUES[one.value])
                records[stream].append(record)
                if group:
                    spoilt.append((group, self.number))
                else:
                    sound.append((stream, self.number))
        preview = Preview()
        self._deliver(records, preview)
        self._check_sound(sound)
        for group, number in spoilt:
            self._check_spoilt(group, number)
        self._check_reports(preview)

    def _deliver(self, records: Mapping[str, list[Record]], preview: Preview) -> None:
        run = DeliveryRun(
            self.settings,
            self.rules,
            self.outbox,
            site=cast(Site, self.site),
            tally=preview,
            log=logging.getLogger("wrong-input"),
            sleep=lambda _: None,
            opened=ExitStack(),
        )
        try:
            run.begin()
            run.take_purchase_orders(records["purchase_orders"])
            run.take_bills(records["bills"])
            run.finish()
        finally:
            run.close()

    def _standing(self, stream: str, number: int) -> list[SupplierInvoice]:
        offset = 1 if stream == "bills" else 2
        uuid = f"{number + offset * 10**9:032x}"
        return [
            invoice.document
            for invoice in self.site.invoices.values()
            if invoice.document.source.id == uuid and invoice.state != "Cancelled"
        ]

    def _check_sound(self, sound: Sequence[tuple[str, int]]) -> None:
        for stream, number in sound:
            found = self._standing(stream, number)
            if len(found) != 1:
                self.findings.append(f"{stream} {number}: {len(found)} invoices of a sound record")

    def _check_spoilt(self, group: Sequence[Wrong], number: int) -> None:
        name = f"{number} {', '.join(f'{one.place}: {one.value}' for one in group)}"
        stream = group[0].stream
        found = self._standing(stream, number)
        if len(found) > 1:
            self.findings.append(f"{name}: {len(found)} invoices")
        for document in found:
            gross = sum((line.net + line.tax for line in document.lines), Decimal(0))
            net = sum((row.amount for row in document.postings), Decimal(0))
            if (gross, net) != (document.gross, document.net):
                self.findings.append(f"{name}: does not add up")
            is_bill = stream == "bills" and len(group) == 1
            if is_bill and (document.gross, document.net) != (SOUND_GROSS, SOUND_NET):
                self.findings.append(f"{name}: {document.gross} instead of {SOUND_GROSS}")

    def _check_reports(self, preview: Preview) -> None:
        """Every record has its place on record, and what people read is harmless."""
        for entries in self.outbox.in_states([State.HELD]):
            for entry in entries:
                wrong = [
                    p.code for p in entry.problems if len(p.message) > MESSAGE_MAX or not p.fix
                ]
                unknown = {p.code for p in entry.problems} - {*CODES, "duplicate_number"}
                if not entry.problems or wrong or unknown:
                    self.findings.append(f"{entry.source.label!a}: {wrong} {unknown}")
        documents = preview.documents()
        for text in (as_csv(documents), as_tables(documents, details=True)):
            bad = {letter for letter in text if not letter.isprintable() and letter not in "\r\n"}
            if any(letter in bad for letter in "\x00\x07\x1b"):
                self.findings.append(f"control characters in a report: {sorted(bad)!a}")

    def checked(self) -> Sequence[str]:
        """What was found so far."""
        return self.findings[:FINDINGS_MAX]


def batches(wrong: Sequence[Sequence[Wrong]]) -> Iterator[Sequence[Sequence[Wrong]]]:
    """The classes in batches."""
    return (wrong[start : start + BATCH] for start in range(0, len(wrong), BATCH))


def draw(count: int, seed: int) -> list[list[Wrong]]:
    """So many wrong records: every class in turn, then two or three wrong values in one record."""
    random = Random(seed)
    classes = all_classes()
    random.shuffle(classes)
    drawn = [[one] for one in classes[:count]]
    by_stream = {
        stream: [one for one in classes if one.stream == stream]
        for stream in ("bills", "purchase_orders")
    }
    while len(drawn) < count:
        pool = by_stream["bills" if random.randrange(4) else "purchase_orders"]
        drawn.append(random.sample(pool, random.randint(2, 3)))
    return drawn


def run(count: int, seed: int) -> Report:
    """So many wrong records between sound ones."""
    started = time.monotonic()
    rules, known = load_rules(TRANSFORMS), reference()
    findings: list[str] = []
    drawn = list(batches(draw(count, seed)))
    for at in range(0, len(drawn), BATCHES_PER_OUTBOX):
        findings += run_batches(drawn[at : at + BATCHES_PER_OUTBOX], rules, known)
        if len(findings) >= FINDINGS_MAX:
            break
    return Report(
        id="R8",
        fault="wrong and hostile input",
        volume=count,
        seeds=1,
        seconds=time.monotonic() - started,
        findings=tuple(findings[:FINDINGS_MAX]),
    )


def run_batches(
    batches_of: Sequence[Sequence[Sequence[Wrong]]], rules: Rules, known: Reference
) -> list[str]:
    """Batches over one outbox of their own; the answer is what went wrong."""
    folder = Path(tempfile.mkdtemp(prefix="wrong-input-"))
    campaign = Campaign(folder, rules, known)
    try:
        for batch in batches_of:
            campaign.run(batch)
    finally:
        campaign.close()
        shutil.rmtree(folder)
    return list(campaign.checked())
