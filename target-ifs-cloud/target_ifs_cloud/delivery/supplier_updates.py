"""Keeps what Procurify decides about suppliers that IFS has: owned fields, where they differ.

Intent to disk, request, answer to disk. A change carries the ETags just read, so sending it twice
or after somebody else is harmless: it is refused, read again and decided again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from target_ifs_cloud.delivery.acting import ETAG_MISSING
from target_ifs_cloud.delivery.entry import State
from target_ifs_cloud.delivery.outbox import Changes, Outbox
from target_ifs_cloud.delivery.sent import Sent, Verdict
from target_ifs_cloud.delivery.site import Site
from target_ifs_cloud.delivery.summary import Outcome
from target_ifs_cloud.delivery.vendor_cases import Settled, VendorCase, decided, linked
from target_ifs_cloud.documents import Problem, SupplierId
from target_ifs_cloud.errors import TemporaryError
from target_ifs_cloud.ifs.supplier_changes import SupplierChange

UPDATE_TRIES_MAX = 5
SUPPLIER_CHANGED_MEANWHILE = Problem(
    code="changed_meanwhile",
    field="",
    message="somebody else changed the same supplier in IFS every time it was about to be written",
    fix="Nothing: the next run tries again. If it stays, see who works on the supplier in IFS.",
)


class SupplierUpdates:
    """Changes linked suppliers. ``record`` writes down what has come to rest."""

    def __init__(
        self,
        outbox: Outbox,
        site: Site,
        record: Callable[[Sequence[Settled]], None],
        *,
        rules_version: str,
    ) -> None:
        """Bring the parts together."""
        self._outbox = outbox
        self._site = site
        self._record = record
        self._rules_version = rules_version
        self.has_linked = False

    def bring_up_to_date(self, cases: Sequence[VendorCase]) -> None:
        """Compare these suppliers with their vendors and change what differs.

        Raises:
            TemporaryError: a reading was not complete, or a change stays without an answer (on
                record, looked at first by the next run).
        """
        pending = list(cases)
        answers: dict[SupplierId, Sent] = {}
        for _ in range(UPDATE_TRIES_MAX):
            if not pending:
                return
            changes = self._site.supplier_changes([case.supplier for case in pending])
            differing = self._record_alike(pending, changes)
            differing = self._intend(differing, changes)
            sets = {
                case.supplier.supplier: set_
                for case in differing
                if (set_ := changes[case.supplier.supplier].change_set)
            }
            answers = dict(zip(sets, self._site.change_suppliers(sets), strict=True))
            pending = self._record_answers(differing, changes, answers)
        stale = [c for c in pending if answers[c.supplier.supplier].verdict is Verdict.STALE]
        self._record([_told(case, SUPPLIER_CHANGED_MEANWHILE, is_due=True) for case in stale])
        if len(stale) < len(pending):
            message = (
                f"changes of {len(pending) - len(stale)} supplier(s) were sent and have no answer; "
                "they are on record and are looked at first by the next run. Run again"
            )
            raise TemporaryError(message)

    def _record_alike(
        self, cases: Sequence[VendorCase], changes: Mapping[SupplierId, SupplierChange]
    ) -> list[VendorCase]:
        """Write down what needs no change or cannot have one; the others come back."""
        settled, differing = [], []
        for case in cases:
            change = changes[case.supplier.supplier]
            if change.has_no_etag:
                settled.append(_told(case, ETAG_MISSING))
            elif change.change_set is None:
                settled.append(linked(case))
            else:
                differing.append(case)
        self._record(settled)
        return differing

    def _intend(
        self, cases: Sequence[VendorCase], changes: Mapping[SupplierId, SupplierChange]
    ) -> list[VendorCase]:
        """Put on disk what is going to be sent."""
        now = self._outbox.clock()
        entries = [
            case.to_entry(State.CONFIRMED, self._rules_version, sent_at=now, is_due=True)
            for case in cases
        ]
        lines = [
            decided(case, "update", fields=changes[case.supplier.supplier].fields) for case in cases
        ]
        links = {
            case.mapped.source.id: (case.supplier.supplier, origin)
            for case in cases
            if (origin := linked(case).link_origin)
        }
        self._outbox.save(Changes(entries=entries, links=links, audit=lines))
        self.has_linked |= bool(links)
        return [replace(case, entry=entry) for case, entry in zip(cases, entries, strict=True)]

    def _record_answers(
        self,
        cases: Sequence[VendorCase],
        changes: Mapping[SupplierId, SupplierChange],
        answers: Mapping[SupplierId, Sent],
    ) -> list[VendorCase]:
        """Write the answers down; what comes back must be read again."""
        settled, again = [], []
        for case in cases:
            sent = answers[case.supplier.supplier]
            if sent.verdict is Verdict.DONE:
                done = Settled(
                    case=case,
                    state=State.CONFIRMED,
                    outcome=Outcome.UPDATED,
                    sent=sent,
                    fields=changes[case.supplier.supplier].fields,
                )
                settled.append(done)
            elif sent.verdict is Verdict.REFUSED and sent.problem:
                settled.append(replace(_told(case, sent.problem), sent=sent))
            else:
                again.append(case)
        self._record(settled)
        return again


def _told(case: VendorCase, problem: Problem, *, is_due: bool = False) -> Settled:
    """Linked, with a change that a person has to look at."""
    return Settled(
        case=case,
        state=State.CONFIRMED,
        outcome=Outcome.TO_LOOK_AT,
        problems=(problem,),
        link_origin=linked(case).link_origin,
        is_due=is_due,
    )
