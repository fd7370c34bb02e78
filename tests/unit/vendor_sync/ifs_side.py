"""The suppliers of IFS in memory, with ETags, lost answers and rivals; and runs into it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from target_ifs_cloud.delivery.outbox import Outbox
from target_ifs_cloud.delivery.refusals import refusal
from target_ifs_cloud.delivery.sent import Sent, Verdict
from target_ifs_cloud.delivery.site import Site
from target_ifs_cloud.delivery.summary import Tally
from target_ifs_cloud.delivery.suppliers import SupplierDelivery
from target_ifs_cloud.documents import Supplier, SupplierId
from target_ifs_cloud.ifs.batch import ChangeSet, Operation
from target_ifs_cloud.ifs.client import IfsClient
from target_ifs_cloud.ifs.profile import load_profile
from target_ifs_cloud.ifs.supplier_changes import SupplierChange, read_changes
from target_ifs_cloud.mapping import Rules, load_rules
from target_ifs_cloud.reference import Reference, SupplierReference
from target_ifs_cloud.wire.exchange import ErrorText
from tests.conftest import ROOT
from tests.unit.mapping.builders import company_reference
from tests.unit.vendor_sync.tenant import Clock, Record, supplier

RULES = load_rules(ROOT / "transforms")
PROFILE = load_profile()
TAKEN, NO = (ErrorText(code=code, number=1, tag="X") for code in ("TAKEN", "NO"))


class Killed(BaseException):
    """The process dies here."""


def header_path(id_: str) -> str:
    """Where a supplier stands."""
    return f"SupplierInfoGeneralSet(SupplierId='{id_}')"


def mail_path(id_: str) -> str:
    """Where its e-mail stands."""
    return (
        f"{header_path(id_)}/SupplierInfoAddresses(SupplierId='{id_}',AddressId='1')"
        "/AddressCommunicationMethods(PartyType=IfsApp.SupplierHandling.PartyType'Supplier'"
        f",Identity='{id_}',CommId=1)"
    )


@dataclass
class MemoryIfs:
    """Suppliers with a name and an e-mail.

    ``lost`` says for the next writes what befalls them: ``torn`` is a creation, request by
    request, of which only the header was done.
    """

    rows: dict[str, Record] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    sent: list[ChangeSet | str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    refuses: bool = False
    refuses_changes: bool = False
    has_etags: bool = True
    _known: dict[SupplierId, SupplierReference] | None = None
    _count: int = 0
    settling_time_s: int = 60

    # what people do in IFS

    def enter(self, id_: str, **fields: str) -> None:
        """Enter or change a supplier by hand: ``name``, ``mail``."""
        if "name" in fields:
            self._write(header_path(id_), {"Name": fields["name"]})
        if "mail" in fields:
            self._write(mail_path(id_), {"Value": fields["mail"]})
        self.changed.add(id_)

    def _write(self, path: str, values: Mapping[str, Any]) -> None:
        self._count += 1
        etag = {"@odata.etag": f'W/"{self._count}"'} if self.has_etags else {}
        self.rows[path] = {**self.rows.get(path, {}), **values, **etag}

    def ids(self) -> list[str]:
        """Every supplier."""
        return [path.split("'")[1] for path in self.rows if path.endswith("')")]

    def shown(self, id_: str) -> tuple[str, str]:
        """Its name and e-mail."""
        return self.rows[header_path(id_)]["Name"], self.rows[mail_path(id_)]["Value"]

    def records(self, ids: Sequence[str]) -> list[Record]:
        """What tap-ifs-cloud tells of these."""
        return [supplier(i, self.shown(i)[0], email=self.shown(i)[1]) for i in ids]

    # what delivery asks of a site

    @property
    def reference(self) -> Reference:
        """Read once per run."""
        if self._known is None:
            self._known = {SupplierId(i): self._reference(i) for i in self.ids()}
        companies = {one: company_reference(one) for one in RULES.companies}
        return Reference(companies=companies, suppliers=self._known)

    def _reference(self, id_: str) -> SupplierReference:
        name = self.rows[header_path(id_)]["Name"]
        return SupplierReference(supplier=SupplierId(id_), name=name, country="CA")

    def find_suppliers(self, ids: Sequence[SupplierId]) -> frozenset[SupplierId]:
        """A live look-up."""
        found = frozenset(i for i in ids if header_path(i) in self.rows)
        self.remember({i: self._reference(i) for i in found})
        return found

    def remember(self, found: Mapping[SupplierId, SupplierReference]) -> None:
        """Later documents of the run rely on it."""
        self._known = {**self.reference.suppliers, **found}

    def remember_suppliers(self, documents: Sequence[Supplier]) -> None:
        """What the run has created."""
        self.remember({d.supplier: self._reference(d.supplier) for d in documents})

    def create_suppliers(self, documents: Sequence[Supplier]) -> list[Sent]:
        """One change set each."""
        return [self._create(document) for document in documents]

    def _create(self, document: Supplier) -> Sent:
        self.sent.append(document.supplier)
        how = self._befalls()
        if how == "before":
            return Sent(verdict=Verdict.UNANSWERED)
        id_ = document.supplier
        if header_path(id_) in self.rows or self.refuses:
            return Sent(verdict=Verdict.REFUSED, problem=refusal(400, TAKEN))
        self._write(header_path(id_), {"Name": document.name})
        if how == "torn":
            return Sent(verdict=Verdict.UNANSWERED)
        self._write(mail_path(id_), {"Value": _mail_of(document)})
        self.changed.add(id_)
        return self._answered(how, id_)

    def supplier_gaps(self, documents: Sequence[Supplier]) -> dict[SupplierId, ChangeSet]:
        """The e-mails that are not there."""
        gaps = {}
        for document in documents:
            path = mail_path(document.supplier)
            if path not in self.rows:
                post = Operation(method="POST", path=path, fields={"Value": _mail_of(document)})
                gaps[document.supplier] = ChangeSet(operations=(post,))
        return gaps

    def supplier_changes(self, documents: Sequence[Supplier]) -> dict[SupplierId, SupplierChange]:
        """By the product's own reader, on these rows."""
        return read_changes(cast(IfsClient, self), documents)

    profile = PROFILE

    def batch_get(self, _: str, paths: Sequence[str]) -> list[Record | None]:
        """Single rows by path."""
        return [self.rows.get(path) for path in paths]

    def change_suppliers(self, changes: Mapping[SupplierId, ChangeSet]) -> list[Sent]:
        """One change set each, all or nothing."""
        return [self._change(id_, set_) for id_, set_ in changes.items()]

    def _change(self, id_: SupplierId, change_set: ChangeSet) -> Sent:
        self.sent.append(change_set)
        how = self._befalls()
        if how == "before":
            return Sent(verdict=Verdict.UNANSWERED)
        if self.refuses or self.refuses_changes:
            return Sent(verdict=Verdict.REFUSED, problem=refusal(400, NO))
        if how == "rival":
            self.enter(id_, mail=f"rival-{self._count}@x.example")
        for one in change_set.operations:
            if one.method == "PATCH" and one.if_match != self.rows[one.path]["@odata.etag"]:
                return Sent(verdict=Verdict.STALE)
        for one in change_set.operations:
            self._write(one.path, dict(one.fields or {}))
        self.changed.add(id_)
        return self._answered(how, id_)

    def _befalls(self) -> str:
        how = self.lost.pop(0) if self.lost else ""
        if how == "kill before":
            raise Killed
        return how

    def _answered(self, how: str, id_: str) -> Sent:
        if how == "kill after":
            raise Killed
        if how == "after":
            return Sent(verdict=Verdict.UNANSWERED)
        return Sent(verdict=Verdict.DONE, ifs_id=id_)

    def new_run(self) -> None:
        """Nothing read before counts."""
        self._known = None


def _mail_of(document: Supplier) -> object:
    rows = (dict(row.values) for row in document.rows if row.collection == "communication")
    return next(rows)["Value"]


def run_forward(outbox: Outbox, site: MemoryIfs, *vendors: Record, rules: Rules = RULES) -> Tally:
    """One run that is told these vendors; what it counted."""
    site.new_run()
    clock, tally = cast(Clock, outbox.clock), Tally()
    outbox.restart_doubts()
    delivery = SupplierDelivery(
        outbox=outbox,
        site=cast(Site, site),
        rules=rules,
        tally=tally,
        clock=clock,
        sleep=clock.sleep,
    )
    delivery.settle_again()
    delivery.deliver(vendors)
    return tally
