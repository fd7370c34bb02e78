"""A site in memory, an outbox on disk and runs that can be killed, for tests of the routes."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import requests_mock

from target_ifs_cloud.delivery.database import open_database
from target_ifs_cloud.delivery.entry import Entry, State
from target_ifs_cloud.delivery.external_route import ExternalRoute
from target_ifs_cloud.delivery.final_posting import FinalPosting
from target_ifs_cloud.delivery.invoices import InvoiceDelivery
from target_ifs_cloud.delivery.manual_route import ManualRoute
from target_ifs_cloud.delivery.order_route import OrderRoute
from target_ifs_cloud.delivery.outbox import Outbox
from target_ifs_cloud.delivery.situation import Candidate
from target_ifs_cloud.delivery.summary import Tally
from target_ifs_cloud.documents import (
    ORDER_SERIES,
    CompanyId,
    Line,
    Posting,
    PurchaseOrder,
    Source,
    SupplierId,
    SupplierInvoice,
)
from target_ifs_cloud.errors import TemporaryError
from target_ifs_cloud.ifs.client import IfsClient, Site, connect
from target_ifs_cloud.ifs.profile import SiteProfile, load_profile
from target_ifs_cloud.wire.clockwork import Clockwork
from target_ifs_cloud.wire.token import Login
from tests.faults.routes_site import Killed, RoutesSite

HOST = "https://ifs.example.com"
TOKEN_URL = "https://iam.example.com/token"
START = datetime(2026, 3, 1, 8, tzinfo=timezone.utc)
SETTLING_S = 60
PAUSE = timedelta(seconds=SETTLING_S + 1)
LOG = logging.getLogger("routes")
_DOUBTS = {State.SENDING, State.IN_DOUBT}


def bill(name: str, *, net: str = "100.00", account: str = "4010") -> SupplierInvoice:
    """A bill of two lines and two postings."""
    amount = Decimal(net)
    half, tax = amount / 2, Decimal("5.00")
    return SupplierInvoice(
        source=Source(
            kind="bill", id=f"uuid-{name}", version=1, hash=f"{name}-{net}", label=f"bill {name}"
        ),
        company=CompanyId("10"),
        supplier=SupplierId("V-1"),
        series="II",
        number=f"INV-{name}",
        currency="USD",
        net=amount,
        tax=tax,
        gross=amount + tax,
        header=(
            ("InvoiceDate", date(2026, 2, 28)),
            ("PoRefNumber", "PF52"),
            ("VoucherText", f"Procurify bill uuid-{name}"),
        ),
        lines=(
            Line(ref="1", net=half, tax=tax, tax_code="T"),
            Line(ref="2", net=half, tax=Decimal("0.00"), tax_code="T"),
        ),
        postings=(
            Posting(ref="1", codes=(("A", account), ("B", "200")), amount=half),
            Posting(ref="2", codes=(("A", "4020"), ("B", "200")), amount=half),
        ),
    )


def order(name: str, *lines: tuple[str, str, str]) -> PurchaseOrder:
    """An order of lines given as number, quantity and price."""
    asked = lines or (("1", "10", "8.00"), ("2", "1", "240.00"))
    made = tuple(
        Line(
            ref=number,
            net=Decimal(quantity) * Decimal(price),
            tax=Decimal(0),
            tax_code=None,
            values=(
                ("Description", f"item {number}"),
                ("BuyQtyDue", Decimal(quantity)),
                ("BuyUnitPrice", Decimal(price)),
                ("BuyUnitMeas", "PCS"),
                ("WantedDeliveryDate", date(2026, 3, 10)),
            ),
        )
        for number, quantity, price in asked
    )
    net = sum((line.net for line in made), Decimal(0))
    return PurchaseOrder(
        source=Source(
            kind="purchase_order",
            id=f"uuid-{name}",
            version=1,
            hash=f"{name}-{asked}",
            label=f"order {name}",
        ),
        company=CompanyId("10"),
        supplier=SupplierId("V-1"),
        series=ORDER_SERIES,
        number=name,
        currency="USD",
        net=net,
        tax=Decimal(0),
        gross=net,
        header=(
            ("Contract", "HCA01"),
            ("OrderDate", date(2026, 3, 1)),
            ("WantedReceiptDate", date(2026, 3, 16)),
        ),
        lines=made,
        postings=(),
    )


Route = ManualRoute | ExternalRoute | OrderRoute


@dataclass
class World:
    """Runs against one site; ``make_route`` builds the route of a run."""

    folder: Path
    kind: str = "manual"
    profile: SiteProfile = field(default_factory=load_profile)
    site: RoutesSite = field(default_factory=RoutesSite)
    now: datetime = START
    posts_finally: bool = False
    tally: Tally = field(default_factory=Tally)

    def outbox(self) -> Outbox:
        """The outbox as a new process opens it."""
        return Outbox(open_database(f"sqlite:///{self.folder}/outbox.db"), lambda: self.now)

    def run(
        self,
        documents: Sequence[SupplierInvoice],
        *,
        not_wanted: str = "",
        is_over: bool = False,
    ) -> list[Candidate]:
        """What a run does with these records, those in doubt first."""
        outbox = self.outbox()
        save = outbox.save

        def broken(changes: Any) -> None:
            self.site.step("before save")
            save(changes)
            self.site.step("after save")

        outbox.save = broken  # type: ignore[method-assign]
        self.tally = Tally()
        with self.client() as client:
            delivery = InvoiceDelivery(
                outbox=outbox,
                sender=self.route(client),
                tally=self.tally,
                clock=lambda: self.now,
                settling_time_s=SETTLING_S,
            )
            known = self.entries(outbox, documents)
            first = [
                d for d in documents if d.source.id in known and known[d.source.id].state in _DOUBTS
            ]
            waiting = delivery.deliver(self._candidates(first, known, not_wanted, is_over=is_over))
            waits = {candidate.source.id for candidate in waiting}
            known = self.entries(outbox, documents)
            rest = [d for d in documents if d.source.id not in waits]
            return waiting + delivery.deliver(
                self._candidates(rest, known, not_wanted, is_over=is_over)
            )

    def entries(self, outbox: Outbox, documents: Sequence[SupplierInvoice]) -> Mapping[str, Entry]:
        """What is remembered of these documents."""
        kind = documents[0].source.kind
        return outbox.find(kind, [document.source.id for document in documents])

    def entry(self, document: SupplierInvoice) -> Entry:
        """What is remembered of one document."""
        return self.entries(self.outbox(), [document])[document.source.id]

    def route(self, client: IfsClient) -> Route:
        """The route of this world."""
        finals = FinalPosting(client, LOG) if self.posts_finally else None
        manual = ManualRoute(client, lambda _c, _s: self.site.uses_proposals, finals)
        if self.kind == "orders":
            return OrderRoute(client)
        if self.kind == "external":
            return ExternalRoute(client, manual, lambda: self.now)
        return manual

    @contextmanager
    def client(self) -> Iterator[IfsClient]:
        """A client whose every request goes to the site."""

        def respond(request: Any, context: Any) -> str:
            told = self.site.serve(
                request.method, request.url, request.headers, request.body or b""
            )
            context.status_code = told.status
            context.headers.update(told.headers)
            context.headers.setdefault("Content-Length", str(len(told.text.encode())))
            return told.text

        with requests_mock.Mocker(case_sensitive=True) as mock:
            mock.post(TOKEN_URL, json={"access_token": "t", "expires_in": 86_400})
            mock.register_uri(requests_mock.ANY, re.compile(re.escape(HOST)), text=respond)
            login = Login(token_url=TOKEN_URL, client_id="C", client_secret="s3cret")
            client = connect(
                Site(base_url=HOST, login=login),
                self.profile,
                clockwork=Clockwork(now=lambda: self.now, sleep=lambda _: None),
            )
            yield client
            client.close()

    def until_quiet(self, documents: Sequence[SupplierInvoice], *, runs_max: int = 6) -> None:
        """Run again, with time in between, until nothing is open any more."""
        for _ in range(runs_max):
            self.now += PAUSE
            try:
                waiting = self.run(documents)
            except TemporaryError:
                continue
            if not waiting:
                return
        message = "the documents do not come to rest"
        raise AssertionError(message)

    @staticmethod
    def _candidates(
        documents: Sequence[SupplierInvoice],
        known: Mapping[str, Entry],
        not_wanted: str,
        *,
        is_over: bool,
    ) -> list[Candidate]:
        return [
            Candidate(
                record={"uuid": document.source.id},
                source=document.source,
                document=None if not_wanted else document,
                problems=(),
                not_wanted=not_wanted,
                rules_version="r1",
                amount=document.gross,
                currency="USD",
                entry=known.get(document.source.id),
                is_over=is_over,
            )
            for document in documents
        ]


def kill_at(number: int) -> Callable[[str], None]:
    """A step that kills the process the n-th time, counted over every kind of step."""
    left = number

    def step(_: str) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Killed

    return step
