"""One row of the outbox: what is remembered of one document between runs."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from target_ifs_cloud import exact_json
from target_ifs_cloud.delivery.plan import Known
from target_ifs_cloud.delivery.sent_parts import parts_text, with_parts
from target_ifs_cloud.documents import (
    CompanyId,
    DocumentKey,
    Problem,
    Source,
    SourceKind,
    SupplierId,
    SupplierInvoice,
    canonical_json,
)
from target_ifs_cloud.ifs.invoices import InvoiceShown
from target_ifs_cloud.mapping.suspects import near_number


class State(Enum):
    """Where a document stands. Every record that was read is in exactly one of these."""

    WAITING = "waiting"
    SENDING = "sending"
    IN_DOUBT = "in_doubt"
    CONFIRMED = "confirmed"
    HELD = "held"
    REJECTED = "rejected"
    LEFT_OUT = "left_out"
    CANCELLED = "cancelled"
    EXCLUDED = "excluded"


KNOWN: dict[State, Known] = {
    State.WAITING: Known.NOTHING,
    State.SENDING: Known.IN_DOUBT,
    State.IN_DOUBT: Known.IN_DOUBT,
    State.CONFIRMED: Known.CONFIRMED,
    State.HELD: Known.HELD,
    State.REJECTED: Known.REJECTED,
    State.LEFT_OUT: Known.NOTHING,
    State.CANCELLED: Known.CANCELLED,
    State.EXCLUDED: Known.NOTHING,
}
WHOLE_MAX = 2**31 - 1
"""The largest whole number that every database keeps in a column of whole numbers."""

_OWNS_KEY = frozenset({State.SENDING, State.IN_DOUBT, State.CONFIRMED})


UNSURE = "unsure"
"""In place of a fingerprint: an update was sent, and a part of it may have been done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The amounts and fingerprint of a document as sent. Units: ``currency``.

    An empty fingerprint marks an invoice that other hands have entered in IFS: it is compared by
    its amounts and never changed from here. ``parts`` is the rest of what was sent, as text.
    """

    number: str
    currency: str
    net: Decimal
    tax: Decimal
    gross: Decimal
    fingerprint: str
    parts: str = ""

    @classmethod
    def of(cls, document: SupplierInvoice) -> Content:
        """What is remembered of a document that is being sent."""
        return cls(
            number=document.number,
            currency=document.currency,
            net=document.net,
            tax=document.tax,
            gross=document.gross,
            fingerprint=document.fingerprint,
            parts=parts_text(document),
        )

    def sent(self, document: SupplierInvoice) -> SupplierInvoice | None:
        """The document as it was sent last; ``None`` when that is not known for certain."""
        if not self.parts or self.fingerprint == UNSURE:
            return None
        return replace(
            with_parts(document, self.parts),
            number=self.number,
            currency=self.currency,
            net=self.net,
            tax=self.tax,
            gross=self.gross,
        )

    @classmethod
    def shown_by(cls, shown: InvoiceShown, *, fingerprint: str = "") -> Content:
        """What an invoice in IFS shows; as that of other hands, which is never overwritten."""
        return cls(
            number=shown.number,
            currency=shown.currency,
            net=shown.net,
            tax=shown.tax,
            gross=shown.gross,
            fingerprint=fingerprint,
        )

    def to_text(self) -> str:
        """The form kept in the outbox."""
        return canonical_json({name: getattr(self, name) for name in self.__slots__})

    @classmethod
    def from_text(cls, text: str | None) -> Content | None:
        """Read back :meth:`to_text`; ``None`` stays ``None``."""
        if text is None:
            return None
        values = json.loads(text)
        for name in ("net", "tax", "gross"):
            values[name] = Decimal(values[name])
        return cls(**values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is remembered of one document. ``amount`` is the gross amount in ``currency``.

    ``content`` is what IFS was last seen to hold; ``intent`` what is being sent. ``record`` is the
    Procurify record while it is still needed. ``note`` says what a person should look at although
    the document is settled: a change that may not be written any more, differences after adoption.
    ``is_announced``: a finished run has raised the alarm for it. ``unanswered``: how many writes in
    a row had no answer. ``alias`` is the number of an order inside Procurify, ``day`` the date of
    an invoice. ``is_released``: a person has said that it is no duplicate.
    """

    source: Source
    state: State
    rules_version: str
    key: DocumentKey | None = None
    amount: Decimal | None = None
    currency: str = ""
    content: Content | None = None
    intent: Content | None = None
    ifs_id: str = ""
    problems: tuple[Problem, ...] = ()
    note: str = ""
    record: Mapping[str, Any] | None = None
    is_due: bool = False
    is_announced: bool = False
    sent_at: datetime | None = None
    held_since: datetime | None = None
    unanswered: int = 0
    alias: str = ""
    day: date | None = None
    is_released: bool = False

    @property
    def known(self) -> Known:
        """What the decision table calls this state."""
        return KNOWN[self.state]

    @property
    def active_key(self) -> str | None:
        """The key as long as this document may hold it in IFS; unique in the outbox."""
        return str(self.key) if self.key and self.state in _OWNS_KEY else None


def to_row(entry: Entry, *, now: datetime, run_id: int) -> dict[str, Any]:
    """The columns of an entry, in values that every database takes."""
    columns = _columns(entry, now=now, run_id=run_id)
    return {name: _storable(value) for name, value in columns.items()}


def _storable(value: object) -> object:
    """A text without what no database keeps: NUL and halves of characters."""
    if not isinstance(value, str) or (value.isascii() and "\0" not in value):
        return value
    text = value.replace("\0", "\ufffd")
    return text.encode("utf-8", "replace").decode()


def _columns(entry: Entry, *, now: datetime, run_id: int) -> dict[str, Any]:
    key, version = entry.key, entry.source.version
    return {
        "kind": entry.source.kind,
        "source_id": entry.source.id,
        "source_version": version if version and abs(version) <= WHOLE_MAX else None,
        "source_hash": entry.source.hash,
        "label": entry.source.label,
        "state": entry.state.value,
        "company": key.company if key else "",
        "supplier": key.supplier if key else "",
        "series": key.series if key else "",
        "number": key.number if key else "",
        "active_key": entry.active_key,
        "amount": None if entry.amount is None else str(entry.amount),
        "currency": entry.currency,
        "rules_version": entry.rules_version,
        "content": entry.content.to_text() if entry.content else None,
        "intent": entry.intent.to_text() if entry.intent else None,
        "ifs_id": entry.ifs_id,
        "problems": json.dumps([[p.code, p.field, p.message, p.fix] for p in entry.problems]),
        "note": entry.note,
        "payload": None if entry.record is None else pack(entry.record),
        "is_due": int(entry.is_due),
        "is_announced": int(entry.is_announced),
        "sent_at": _moment(entry.sent_at),
        "held_since": _moment(entry.held_since),
        "updated_at": now.isoformat(),
        "run_id": run_id,
        "unanswered": entry.unanswered,
        "is_released": int(entry.is_released),
        "alias": entry.alias,
        "near_number": near_number(key.number) if key else "",
        "day": entry.day.isoformat() if entry.day else "",
        "source_stamp": _moment(entry.source.changed_at) or "",
    }


def from_row(row: Mapping[str, Any]) -> Entry:
    """Read back :func:`to_row`."""
    kind: SourceKind = row["kind"]
    return Entry(
        source=Source(
            kind=kind,
            id=row["source_id"],
            version=row["source_version"],
            hash=row["source_hash"],
            label=row["label"],
            changed_at=_read_moment(row["source_stamp"]),
        ),
        state=State(row["state"]),
        rules_version=row["rules_version"],
        key=_key_of(row),
        amount=None if row["amount"] is None else Decimal(row["amount"]),
        currency=row["currency"],
        content=Content.from_text(row["content"]),
        intent=Content.from_text(row["intent"]),
        ifs_id=row["ifs_id"],
        problems=tuple(
            Problem(code=code, field=field, message=message, fix=fix)
            for code, field, message, fix in json.loads(row["problems"])
        ),
        note=row["note"],
        record=None if row["payload"] is None else unpack(row["payload"]),
        is_due=bool(row["is_due"]),
        is_announced=bool(row["is_announced"]),
        sent_at=_read_moment(row["sent_at"]),
        held_since=_read_moment(row["held_since"]),
        unanswered=row["unanswered"],
        alias=row["alias"],
        day=date.fromisoformat(row["day"]) if row["day"] else None,
        is_released=bool(row["is_released"]),
    )


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _read_moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _key_of(row: Mapping[str, Any]) -> DocumentKey | None:
    if not row["supplier"]:
        return None
    return DocumentKey(
        company=CompanyId(row["company"]),
        supplier=SupplierId(row["supplier"]),
        series=row["series"],
        number=row["number"],
    )


def pack(record: Mapping[str, Any]) -> bytes:
    """A record as compressed JSON with exact decimals."""
    return zlib.compress(exact_json.to_bytes(record), 1)


def unpack(payload: bytes) -> dict[str, Any]:
    """Read back :func:`pack`."""
    record: dict[str, Any] = exact_json.parse(zlib.decompress(payload))
    return record
