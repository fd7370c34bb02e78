"""What is known of one document, brought together for the decision table. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from target_ifs_cloud.delivery.entry import UNSURE, Content, Entry
from target_ifs_cloud.delivery.plan import Known, Move, Shown, Situation
from target_ifs_cloud.delivery.sent import Verdict
from target_ifs_cloud.documents import DocumentKey, Problem, Source, SupplierInvoice
from target_ifs_cloud.ifs.invoices import InvoiceShown
from target_ifs_cloud.mapping import source_of

UNANSWERED_MAX = 4
"""How many writes of one document may stay without an answer, while IFS serves others."""

UNANSWERED_ALONE_MAX = 10
"""The same while IFS serves nothing else either, as in an outage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One record on its way: what the rules made of it and what the outbox remembers.

    ``setback`` is why its last write in this run did not settle it. ``warnings`` are likenesses
    that are told and hold nothing.
    """

    record: Mapping[str, Any]
    source: Source
    document: SupplierInvoice | None
    problems: tuple[Problem, ...]
    not_wanted: str
    rules_version: str
    amount: Decimal | None
    currency: str
    entry: Entry | None
    is_over: bool = False
    setback: Verdict | None = None
    warnings: tuple[Problem, ...] = ()

    @property
    def known(self) -> Known:
        """What the outbox remembers, in the words of the decision table."""
        return self.entry.known if self.entry else Known.NOTHING

    @property
    def key(self) -> DocumentKey | None:
        """The key under which IFS shows it: where it was sent, else where it would be."""
        if self.entry and self.entry.known in {Known.IN_DOUBT, Known.CONFIRMED}:
            return self.entry.key
        return self.document.key if self.document else None

    @property
    def is_moved(self) -> bool:
        """True when an edit gave a sent document another key (company, supplier, number)."""
        return (
            self.document is not None
            and self.entry is not None
            and self.entry.known in {Known.IN_DOUBT, Known.CONFIRMED}
            and self.document.key != self.entry.key
        )


def situation_of(
    candidate: Candidate,
    shown: InvoiceShown | None,
    details: Shown | None,
    *,
    move: Move,
    now: datetime,
    settling_time_s: int,
    is_serving: bool,
) -> Situation:
    """Everything the decision depends on. ``details`` refines what the header alone can tell.

    ``is_serving``: IFS has carried out another write in this run.
    """
    is_there = is_there_already(candidate, shown)
    header = Shown.SAME if is_there else compare_header(candidate, shown)
    return Situation(
        is_wanted=not candidate.not_wanted,
        has_problems=bool(candidate.problems),
        known=candidate.known,
        shown=details or header,
        is_changed=not is_there and is_changed(candidate),
        is_settled=is_settled(candidate.entry, now=now, settling_time_s=settling_time_s),
        is_preliminary=shown is not None
        and (shown.is_changeable or (candidate.is_over and shown.is_closable)),
        move=move,
        is_hopeless=is_hopeless(
            candidate.entry,
            # A change may be given up sooner: it is told, and every run tries it once more. What
            # stands in part is brought to its end as long as there is hope.
            is_patient=details is Shown.PARTIAL or not (is_serving or shown is not None),
        ),
    )


def as_left(record: Mapping[str, Any], entry: Entry, rules_version: str) -> Candidate | None:
    """A confirmed bill that comes again as it was sent, by the same rules; ``None`` if it does not.

    It is not mapped: what the rules made of it is what was sent, and nobody has to look at it.
    """
    is_at_rest = entry.known is Known.CONFIRMED and not (entry.problems or entry.note)
    is_certain = entry.content is not None and entry.content.fingerprint != UNSURE
    if not is_at_rest or not is_certain or entry.rules_version != rules_version:
        return None
    source = source_of(entry.source.kind, record)
    if source != entry.source:
        return None
    return Candidate(
        record=record,
        source=source,
        document=None,
        problems=(),
        not_wanted="",
        rules_version=rules_version,
        amount=entry.amount,
        currency=entry.currency,
        entry=entry,
    )


def is_hopeless(entry: Entry | None, *, is_patient: bool) -> bool:
    """Whether a write has gone unanswered too often to be only bad luck."""
    limit = UNANSWERED_ALONE_MAX if is_patient else UNANSWERED_MAX
    return entry is not None and entry.unanswered >= limit


def is_there_already(candidate: Candidate, shown: InvoiceShown | None) -> bool:
    """Whether other hands have brought a confirmed invoice to what Procurify says now."""
    entry, document = candidate.entry, candidate.document
    if entry is None or document is None or shown is None or entry.known is not Known.CONFIRMED:
        return False
    if is_elsewhere(candidate, shown):
        return False
    is_as_sent = entry.content is not None and has_content(shown, entry.content)
    return has_content(shown, document) and not is_as_sent


def is_changed(candidate: Candidate) -> bool:
    """Whether the document differs from what is remembered of it.

    A confirmed document changes with its own content only: new rules alone never touch what is in
    IFS. A held one is tried again when its reasons are gone, a refused one when its record or the
    rules are new, one that never got an answer by every run, a cancelled one as soon as it is
    wanted again.
    """
    entry, document = candidate.entry, candidate.document
    if entry is None or document is None:
        return False
    if entry.known is Known.CONFIRMED:
        is_same_record = entry.source.hash == candidate.source.hash
        if is_same_record and candidate.source.kind != "purchase_order":
            return False
        return entry.content is None or not _is_content_of(entry.content, document)
    if entry.known is Known.REJECTED and not (entry.unanswered and entry.is_announced):
        is_same_record = entry.source.hash == candidate.source.hash
        is_same_content = entry.intent is None or entry.intent.fingerprint == document.fingerprint
        is_same_rules = entry.rules_version == candidate.rules_version
        return not (is_same_record and is_same_content and is_same_rules)
    return True


def _is_content_of(content: Content, document: SupplierInvoice) -> bool:
    if content.fingerprint:
        return content.fingerprint == document.fingerprint
    amounts = (document.currency, document.net, document.tax)
    return (content.currency, content.net, content.tax) == amounts


def is_ours(entry: Entry | None) -> bool:
    """Whether what stands in IFS was written from here, so that it may be changed from here."""
    return entry is not None and entry.content is not None and bool(entry.content.fingerprint)


def is_stamped(shown: InvoiceShown, source_id: str) -> bool:
    """Whether the invoice carries the identity of this very record in one of its texts."""
    texts = (value for value in shown.row.values() if isinstance(value, str))
    return bool(source_id) and any(source_id in text for text in texts)


def is_mine(candidate: Candidate, shown: InvoiceShown) -> bool:
    """Whether this very invoice was written from here: by its id, else by its stamp."""
    entry = candidate.entry
    if entry and entry.ifs_id:
        return entry.ifs_id == shown.invoice_id
    return is_stamped(shown, candidate.source.id)


def is_settled(entry: Entry | None, *, now: datetime, settling_time_s: int) -> bool:
    """Whether a write without an answer can no longer appear."""
    if entry is None or entry.sent_at is None:
        return True
    return now - entry.sent_at >= timedelta(seconds=settling_time_s)


def compare_header(candidate: Candidate, shown: InvoiceShown | None) -> Shown:
    """What the invoice header in IFS tells, against what was last sent or would be sent."""
    if shown is None:
        return Shown.ABSENT
    if is_elsewhere(candidate, shown):
        return Shown.DIFFERENT
    reference = last_sent(candidate)
    return Shown.SAME if reference and has_content(shown, reference) else Shown.DIFFERENT


def is_elsewhere(candidate: Candidate, shown: InvoiceShown) -> bool:
    """Whether another hand has moved our invoice in IFS to a number or a supplier of its own."""
    return candidate.key is not None and not shown.is_under(candidate.key)


def last_sent(candidate: Candidate) -> Content | SupplierInvoice | None:
    """What IFS should hold by our records, else what the document says."""
    entry = candidate.entry
    if entry and entry.known is Known.IN_DOUBT:
        return entry.intent
    if entry and entry.known is Known.CONFIRMED:
        return entry.content
    return candidate.document


def has_content(shown: InvoiceShown, content: Content | SupplierInvoice) -> bool:
    """Whether an invoice in IFS carries these amounts in this currency."""
    return (shown.currency, shown.net, shown.tax) == (content.currency, content.net, content.tax)
