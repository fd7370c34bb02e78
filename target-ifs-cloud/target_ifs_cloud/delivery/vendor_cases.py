"""One vendor on its way to IFS, and the ways in which it comes to rest. Pure values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from target_ifs_cloud.delivery.entry import Entry, State
from target_ifs_cloud.delivery.plan import Known
from target_ifs_cloud.delivery.sent import Sent
from target_ifs_cloud.delivery.summary import Outcome
from target_ifs_cloud.documents import Mapped, Problem, Supplier
from target_ifs_cloud.ifs.supplier_changes import has_owned_fields


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorCase:
    """One vendor on its way: what the rules made of it and what the outbox remembers."""

    record: Mapping[str, Any]
    mapped: Mapped
    entry: Entry | None
    warnings: tuple[Problem, ...] = ()
    alarms: tuple[Problem, ...] = ()
    """Signs of fraud that nobody has released yet; new bills of the vendor are held."""

    @property
    def supplier(self) -> Supplier:
        """The supplier that the rules made; only asked where there is one."""
        if not isinstance(self.mapped.document, Supplier):
            message = f"{self.mapped.source.label} has no supplier document"
            raise TypeError(message)
        return self.mapped.document

    @property
    def is_in_doubt(self) -> bool:
        """True when its creation was sent and nobody knows the answer."""
        return self.entry is not None and self.entry.known is Known.IN_DOUBT

    @property
    def has_change_under_way(self) -> bool:
        """True when a change of its supplier was sent and nobody knows the answer."""
        return self.entry is not None and self.entry.is_due and self.entry.sent_at is not None

    def to_entry(
        self,
        state: State,
        rules_version: str,
        *,
        sent_at: datetime | None = None,
        is_due: bool = False,
    ) -> Entry:
        """What the outbox is to remember; ``sent_at`` as long as an answer is awaited."""
        document = self.mapped.document
        return Entry(
            source=self.mapped.source,
            state=state,
            rules_version=rules_version,
            ifs_id=document.supplier if isinstance(document, Supplier) else "",
            record=None if state is State.LEFT_OUT else self.record,
            problems=self.alarms,
            sent_at=sent_at,
            is_due=is_due,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A vendor with its new state and how it came there."""

    case: VendorCase
    state: State
    outcome: Outcome
    problems: tuple[Problem, ...] = ()
    link_origin: str = ""
    sent: Sent | None = None
    is_due: bool = False
    fields: tuple[str, ...] = ()
    """What was changed in IFS, by name."""


def linked(case: VendorCase) -> Settled:
    """The supplier is in IFS: it was linked before, or a doubt is settled, or it is adopted."""
    if case.entry is not None and case.entry.state is State.CONFIRMED:
        outcome = Outcome.FOUND if case.has_change_under_way else Outcome.UNCHANGED
        return Settled(case=case, state=State.CONFIRMED, outcome=outcome)
    outcome = Outcome.FOUND if case.is_in_doubt else Outcome.ADOPTED
    origin = "created" if case.is_in_doubt else "adopted"
    return Settled(case=case, state=State.CONFIRMED, outcome=outcome, link_origin=origin)


def must_be_compared(case: VendorCase, rules_version: str) -> bool:
    """Whether IFS may lack what Procurify decides about a supplier that it has.

    That is so when the supplier was not linked before, when the vendor has changed since, or when a
    change is due; new rules alone change no supplier.
    """
    entry = case.entry
    if not has_owned_fields(case.supplier):
        return False
    if entry is None or entry.state is not State.CONFIRMED or entry.is_due:
        return True
    is_changed = entry.source.hash != case.mapped.source.hash
    return is_changed or (bool(entry.problems) and entry.rules_version != rules_version)


def line_of(item: Settled) -> dict[str, Any]:
    """The line of the audit trail about a vendor that has come to rest."""
    line = decided(item.case, item.outcome.value, event="answered")
    problems = {problem.code for problem in (*item.problems, *item.case.alarms)}
    if item.sent:
        line["verdict"] = item.sent.verdict.value
        line["exchanges"] = [asdict(exchange) for exchange in item.sent.exchanges]
    if item.fields:
        line["fields"] = list(item.fields)
    if problems:
        line["problems"] = sorted(problems)
    if item.case.warnings:
        line["warnings"] = sorted({problem.code for problem in item.case.warnings})
    if item.case.mapped.not_wanted:
        line["reason"] = item.case.mapped.not_wanted
    return line


def decided(
    case: VendorCase, decision: str, *, event: str = "decided", fields: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The line of the audit trail about what is going to be sent; fields by name only."""
    source, document = case.mapped.source, case.mapped.document
    line: dict[str, Any] = {
        "event": event,
        "direction": "procurify-to-ifs",
        "decision": decision,
        "kind": source.kind,
        "source": source.id,
        "source_hash": source.hash,
        "key": document.supplier if isinstance(document, Supplier) else "",
    }
    if fields:
        line["fields"] = list(fields)
    return line
