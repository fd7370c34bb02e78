"""The documents that travel from Procurify to IFS Cloud, between mapping and delivery.

All of them are frozen values. A document is what the rules made of one record; it has not been
sent. Field names of IFS appear only as keys in ``header`` and ``values``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal, NamedTuple, NewType

from typing_extensions import override

CompanyId = NewType("CompanyId", str)
SupplierId = NewType("SupplierId", str)
SourceKind = Literal["vendor", "bill", "purchase_order", "supplier"]
Value = str | Decimal | int | bool | date | None
Fields = tuple[tuple[str, Value], ...]
CodeString = tuple[tuple[str, str], ...]
"""Code parts in letter order, blanks left out: ``(("A", "4010"), ("B", "200"))``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One reason why a document cannot be sent, written for the person who will cure it."""

    code: str
    field: str
    message: str
    fix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The Procurify record that a document was made from.

    ``id`` is the identity: bill and order ``uuid`` in lower case without hyphens, vendor ``id``.
    ``hash`` is the SHA-256 of the whole record; ``label`` names it for people (``bill INV-7781``).
    ``changed_at`` is when Procurify says that it was changed last, in whole seconds of UTC.
    """

    kind: SourceKind
    id: str
    version: int | None
    hash: str
    label: str
    changed_at: datetime | None = field(default=None, compare=False)


class Explained(NamedTuple):
    """Why one field has its value: the rule (``bill.yml:23 header.DueDate``) and what it read."""

    field: str
    value: Value
    rule: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentKey:
    """Company + supplier + series + normalised number: what IFS must hold at most once."""

    company: CompanyId
    supplier: SupplierId
    series: str
    number: str

    @override
    def __str__(self) -> str:
        """The key as one line for people and for the outbox."""
        return f"{self.company}/{self.supplier}/{self.series}/{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One invoice line. Units: amounts in the document's currency; ``net`` excludes ``tax``.

    ``tax_percent`` is what Procurify charged, for the check against IFS; it is never sent.
    """

    ref: str
    net: Decimal
    tax: Decimal
    tax_code: str | None
    values: Fields = ()
    tax_percent: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One cost posting of a line. Units: ``amount`` in the document's currency, without tax."""

    ref: str
    codes: CodeString
    amount: Decimal
    values: Fields = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BilledLine:
    """What a bill takes off an order line. Units: ``amount`` in the order's currency, net."""

    order_id: str
    order_line_id: str
    codes: CodeString
    amount: Decimal


@dataclass(frozen=True, kw_only=True)  # without slots, so that the key can stay worked out
class SupplierInvoice:
    """A supplier invoice for IFS: of a bill, or of what is still open on a purchase order.

    ``net``, ``tax`` and ``gross`` are the header amounts in ``currency``. ``header`` holds every
    further header field by its IFS name. ``number`` is the invoice number as it is sent.
    """

    source: Source
    company: CompanyId
    supplier: SupplierId
    series: str
    number: str
    currency: str
    net: Decimal
    tax: Decimal
    gross: Decimal
    header: Fields
    lines: tuple[Line, ...]
    postings: tuple[Posting, ...]
    billed: tuple[BilledLine, ...] = ()
    trace: tuple[Explained, ...] = field(default=(), compare=False)

    @cached_property
    def key(self) -> DocumentKey:
        """What IFS must hold at most once."""
        return DocumentKey(
            company=self.company,
            supplier=self.supplier,
            series=self.series,
            number=normalise_number(self.number),
        )

    @property
    def ifs_id(self) -> str:
        """The id in IFS as far as it is known before sending: IFS draws those of invoices."""
        return ""

    @property
    def fingerprint(self) -> str:
        """SHA-256 of everything that is sent; detects change, is never identity."""
        return fingerprint(
            {
                "key": str(self.key),
                "number": self.number,
                "currency": self.currency,
                "amounts": [self.net, self.tax, self.gross],
                "header": dict(self.header),
                "lines": [[x.net, x.tax, x.tax_code, dict(x.values)] for x in self.lines],
                "postings": [[list(x.codes), x.amount, dict(x.values)] for x in self.postings],
            }
        )


ORDER_SERIES = "=order="
"""Stands where an invoice has its series, in the keys of purchase orders, which have none."""


@dataclass(frozen=True, kw_only=True)
class PurchaseOrder(SupplierInvoice):
    """A purchase order for IFS. It travels like an invoice, without tax and postings.

    ``number`` is the order number, ``net`` the sum of the lines; ``ref`` of a line is its line
    number, and its ``values`` hold everything that is sent of it.
    """

    @property
    @override
    def ifs_id(self) -> str:
        """The id in IFS, known before it is sent: the order number."""
        return self.number


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierRow:
    """A child row of a supplier: ``collection`` is the profile's name for it (``addresses``).

    ``owned`` are the fields that Procurify decides, also when the row is in IFS already.
    """

    collection: str
    values: Fields
    owned: frozenset[str] = field(default=frozenset(), compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplier:
    """A supplier for IFS with its address, communication and one invoice row per company.

    ``owned`` are the header fields that Procurify decides, also of a supplier that IFS has.
    """

    source: Source
    supplier: SupplierId
    name: str
    country: str
    header: Fields
    rows: tuple[SupplierRow, ...]
    owned: frozenset[str] = field(default=frozenset(), compare=False)
    trace: tuple[Explained, ...] = field(default=(), compare=False)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of everything that is sent; detects change, is never identity."""
        return fingerprint(
            {
                "supplier": self.supplier,
                "header": dict(self.header),
                "rows": [[row.collection, dict(row.values)] for row in self.rows],
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """What the rules say of one record: a document, or why there is none.

    Exactly one of three: ``document`` is set and ``problems`` may be filled by the checks;
    ``problems`` says why none could be made; ``not_wanted`` says why none should exist (a bill
    in Draft, a type that the rules leave out, an order with nothing open). ``amount`` and
    ``currency`` are for reports and may be unknown. ``is_over``: not wanted because it has run its
    course (an order closed or paid), so what stands in IFS is closed and not cancelled. ``draft``
    is what was worked out of an invoice that cannot be made; it explains and is never sent.
    """

    source: Source
    document: SupplierInvoice | Supplier | None
    problems: tuple[Problem, ...] = ()
    not_wanted: str = ""
    amount: Decimal | None = None
    currency: str = ""
    is_over: bool = False
    draft: SupplierInvoice | None = field(default=None, compare=False)

    @property
    def trace(self) -> tuple[Explained, ...]:
        """Why each field has its value, also of a document with problems."""
        made = self.document or self.draft
        return made.trace if made else ()


def normalise_number(number: str) -> str:
    """Trim, upper-case and squeeze inner white space; nothing else is thrown away."""
    return " ".join(number.split()).upper()


def source_uuid(value: object) -> str:
    """A Procurify uuid as identity: lower case, no hyphens. Source: both spellings are seen."""
    return str(value or "").replace("-", "").strip().lower()


def fingerprint(value: Any) -> str:  # noqa: ANN401  (any JSON-like value)
    """SHA-256 of a canonical JSON text: sorted keys, exact decimals, ISO dates."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def canonical_json(value: Any) -> str:  # noqa: ANN401  (any JSON-like value)
    """One text for one value, whatever order or trailing zeros it came with."""
    return _canonical.encode(value)


def _plain(value: object) -> object:
    """In a form that JSON has, what it has none for."""
    if isinstance(value, Decimal):
        return format(value.normalize() + 0, "f")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    message = f"a {type(value).__name__} has no canonical form"
    raise TypeError(message)


_canonical = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain
)
