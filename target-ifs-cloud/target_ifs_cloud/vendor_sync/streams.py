"""The streams of tap-ifs-cloud."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from singer_sdk import Stream
from singer_sdk import typing as th
from typing_extensions import override

from target_ifs_cloud.ifs.profile import ProjectionKey, SiteProfile
from target_ifs_cloud.ifs.rows import text
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
_MARKS = "fingerprints"


class SupplierStream(Stream):
    """Suppliers that are new or changed since the last run.

    IFS shows no moment of change, so a short fingerprint per supplier is kept in STATE.
    """

    name = "suppliers"
    schema = _SUPPLIER
    primary_keys = ("supplier_id",)
    STATE_MSG_FREQUENCY = 1_000_000

    @override
    def get_records(self, context: Any) -> Iterable[dict[str, Any]]:
        """Those whose fingerprint is another one; those that are gone leave STATE."""
        state = self.get_context_state(context)
        before: Mapping[str, str] = state.get(_MARKS, {})
        marks = dict(before)
        seen = set()
        for record in read_supplier_records(cast("TapIFSCloud", self._tap).client):
            id_, mark = record["supplier_id"], fingerprint(record)
            seen.add(id_)
            if before.get(id_) != mark:
                yield record
                marks[id_] = mark
        gone = sorted(set(before) - seen)
        if gone:
            self.logger.warning("%d supplier(s) are gone from IFS: %s", len(gone), gone[:5])
        state[_MARKS] = {id_: mark for id_, mark in marks.items() if id_ in seen}


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
