"""One document as the outbox remembers it, and as it comes again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from target_ifs_cloud.delivery.entry import Content, Entry, State
from target_ifs_cloud.delivery.situation import Candidate
from target_ifs_cloud.documents import SupplierInvoice


def entry_of(sent: SupplierInvoice, state: State, **changes: Any) -> Entry:
    """What the outbox remembers of a document as it was sent."""
    values: dict[str, Any] = {
        "source": sent.source,
        "state": state,
        "rules_version": "r1",
        "key": sent.key,
        "content": Content.of(sent),
        "ifs_id": "7",
    }
    return Entry(**{**values, **changes})


def candidate_of(
    sent: SupplierInvoice, known: Entry | None, document: SupplierInvoice | None, **changes: Any
) -> Candidate:
    """The document on its way again, read anew."""
    values: dict[str, Any] = {
        "record": {},
        "source": replace(sent.source, hash="newer"),
        "document": document,
        "problems": (),
        "not_wanted": "",
        "rules_version": "r1",
        "amount": document.gross if document else None,
        "currency": "CAD",
        "entry": known,
    }
    return Candidate(**{**values, **changes})
