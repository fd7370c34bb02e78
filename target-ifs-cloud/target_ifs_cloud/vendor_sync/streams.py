"""The streams of tap-ifs-cloud."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, cast

from singer_sdk import Stream
from singer_sdk import typing as th
from typing_extensions import override

from target_ifs_cloud.ifs.calls import NotOfferedError
from target_ifs_cloud.ifs.client import IfsClient
from target_ifs_cloud.ifs.odata import key
from target_ifs_cloud.ifs.profile import ProjectionKey, SiteProfile
from target_ifs_cloud.ifs.rows import text
from target_ifs_cloud.vendor_sync.supplier_history import Reading, plan_reading
from target_ifs_cloud.vendor_sync.supplier_records import fingerprint, read_supplier_records

if TYPE_CHECKING:
    from target_ifs_cloud.vendor_sync.tap import TapIFSCloud

_TEXT = th.StringType
_SUPPLIER: dict[str, Any] = th.PropertiesList(
    th.Property("supplier_id", _TEXT, required=True),
    *(th.Property(n, _TEXT) for n in ("name", "country", "association_no", "email", "phone")),
    th.Property(
        "addresses",
        th.ArrayType(
            th.ObjectType(
                *(
                    th.Property(n, _TEXT)
                    for n in (
                        "address_id",
                        "name",
                        "address1",
                        "address2",
                        "zip_code",
                        "city",
                        "county",
                        "state",
                        "country",
                        "valid_from",
                        "valid_to",
                    )
                ),
                th.Property(
                    "communication",
                    th.ArrayType(
                        th.ObjectType(*(th.Property(n, _TEXT) for n in ("method", "value", "name")))
                    ),
                ),
            )
        ),
    ),
    th.Property(
        "companies",
        th.ArrayType(
            th.ObjectType(
                *(th.Property(n, _TEXT) for n in ("company", "payment_term", "currency", "group"))
            )
        ),
    ),
).to_dict()
_MARKS, _FULL_AT = "fingerprints", "all_read_at"
CODE_PARTS = "BCDEFGHIJ"


class SupplierStream(Stream):
    """Suppliers that are new or changed since the last run.

    IFS shows no moment of change, so a short fingerprint per supplier is kept in STATE. With
    ``supplier_changes: history_log`` only those are read that the log of changes names, and all of
    them once a day.
    """

    name = "suppliers"
    schema = _SUPPLIER
    primary_keys = ("supplier_id",)
    STATE_MSG_FREQUENCY = 1_000_000

    @override
    def get_records(self, context: Any) -> Iterable[dict[str, Any]]:
        """Those whose fingerprint is another one; those that are gone leave STATE."""
        state, client = self.get_context_state(context), cast("TapIFSCloud", self._tap).client
        before: Mapping[str, str] = state.get(_MARKS, {})
        marks = dict(before)
        seen = set()
        reading = Reading(ids=None, full_at=datetime.now(timezone.utc))
        if self.config["supplier_changes"] == "history_log":
            reading = plan_reading(client, state.get(_FULL_AT), datetime.now(timezone.utc))
        for record in read_supplier_records(client, reading.ids):
            id_, mark = record["supplier_id"], fingerprint(record)
            seen.add(id_)
            if before.get(id_) != mark:
                yield record
                marks[id_] = mark
        asked = set(before) if reading.ids is None else reading.ids & set(before)
        gone = sorted(asked - seen)
        if gone:
            self.logger.warning("%d supplier(s) are gone from IFS: %s", len(gone), gone[:5])
        state[_MARKS] = {id_: mark for id_, mark in marks.items() if id_ not in gone}
        state[_FULL_AT] = reading.full_at.isoformat()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A plain collection: its stream, where it is, and its fields by the names of the stream."""

    stream: str
    projection: ProjectionKey
    set: str
    keys: tuple[str, ...]
    fields: Mapping[str, str]


class RowStream(Stream):
    """A plain collection, read whole in every run."""

    def __init__(self, tap: TapIFSCloud, rows: Rows) -> None:
        """The stream of these rows."""
        self.primary_keys = rows.keys
        self._rows = rows
        properties = (th.Property(n, _TEXT, required=n in rows.keys) for n in rows.fields)
        super().__init__(tap, name=rows.stream, schema=th.PropertiesList(*properties).to_dict())

    @override
    def get_records(self, context: Any) -> Iterable[dict[str, Any]]:
        """Every row; values are texts, so amounts stay exact."""
        rows, client = self._rows, cast("TapIFSCloud", self._tap).client
        order = [rows.fields[name] for name in rows.keys]
        for row in client.rows(rows.projection, rows.set, order=order):
            yield {name: text(row, field) for name, field in rows.fields.items()}


class CodePartStream(Stream):
    """Values of the code parts of every company: cost centres, projects and the like."""

    name = "code_part_values"
    schema = th.PropertiesList(
        *(th.Property(n, _TEXT, required=True) for n in ("company", "code_part", "value")),
        *(th.Property(n, _TEXT) for n in ("valid_from", "valid_until", "budget_only")),
    ).to_dict()
    primary_keys = ("company", "code_part", "value")

    @override
    def get_records(self, context: Any) -> Iterable[dict[str, Any]]:
        """Every value, company by company; a part that the site does not offer is passed over."""
        client = cast("TapIFSCloud", self._tap).client
        names = client.profile.company
        companies = [text(row, names.id) for row in client.rows("company", names.set)]
        for company in sorted(companies):
            for letter in CODE_PARTS:
                yield from self._offered(client, company, letter)

    def _offered(self, client: IfsClient, company: str, letter: str) -> Iterable[dict[str, Any]]:
        try:
            yield from self._values(client, company, letter)
        except NotOfferedError as error:
            self.logger.info("code part %s of %s is left out: %s", letter, company, error)

    def _values(self, client: IfsClient, company: str, letter: str) -> Iterable[dict[str, Any]]:
        names = client.profile.code_part
        path = f"{names.parent_set}{key([(names.company, company)])}/{names.set_of(letter)}"
        value = names.value_field(letter)
        fields = {
            "value": value,
            "valid_from": names.valid_from,
            "valid_until": names.valid_until,
            "budget_only": names.budget_only,
        }
        for row in client.rows("code_part", path, order=[value]):
            shown = {name: text(row, field) for name, field in fields.items() if field}
            yield {"company": company, "code_part": letter, **shown}


def row_streams(profile: SiteProfile) -> list[Rows]:
    """The plain collections of a site, by the names of its profile."""
    company, account, invoice = profile.company, profile.account, profile.invoice
    found = [
        _rows("companies", "company", company.set, 1, company=company.id, name=company.name),
        _rows("accounts", "account", account.set, 2, company=account.company, account=account.id),
        _rows(
            "supplier_invoices",
            "invoice",
            invoice.set,
            2,
            company=invoice.company,
            invoice_id=invoice.id,
            supplier=invoice.supplier,
            series=invoice.series,
            number=invoice.number,
            currency=invoice.currency,
            net_amount=invoice.net,
            tax_amount=invoice.tax,
            gross_amount=invoice.gross,
            state=invoice.state,
            source_reference=invoice.source_reference,
        ),
    ]
    order = profile.order
    if order:
        fields = {
            "order_no": order.id,
            "supplier": order.supplier,
            "site": order.site,
            "company": order.company,
            "currency": order.currency,
            "state": order.state,
        }
        found.append(_rows("purchase_orders", "order", order.set, 1, **fields))
    tax, term = profile.tax_code, profile.payment_term
    if tax:
        fields = {"company": tax.company, "tax_code": tax.id, "rate": tax.rate}
        found.append(_rows("tax_codes", "tax_code", tax.set, 2, **fields))
    if term:
        fields = {"company": term.company, "payment_term": term.id}
        found.append(_rows("payment_terms", "payment_term", term.set, 2, **fields))
    return found


def _rows(
    stream: str, projection: ProjectionKey, set_: str, keys: int, **fields: str | None
) -> Rows:
    """Rows whose first fields are the key."""
    return Rows(
        stream=stream,
        projection=projection,
        set=set_,
        keys=tuple(fields)[:keys],
        fields={name: field for name, field in fields.items() if field},
    )
