"""From records to candidates: map, check, and look for likely duplicates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from target_ifs_cloud.delivery.entry import Entry, State
from target_ifs_cloud.delivery.look_alikes import find_look_alikes
from target_ifs_cloud.delivery.outbox import Outbox
from target_ifs_cloud.delivery.site import Site
from target_ifs_cloud.delivery.situation import Candidate
from target_ifs_cloud.delivery.summary import Tally
from target_ifs_cloud.documents import (
    BilledLine,
    Mapped,
    SourceKind,
    SupplierInvoice,
)
from target_ifs_cloud.mapping import (
    check,
    map_bill,
    map_purchase_order,
    map_withdrawn_bill,
    map_withdrawn_order,
    order_names,
    possible_suppliers,
)
from target_ifs_cloud.mapping.frame import vendor_id_of
from target_ifs_cloud.mapping.records import read_id
from target_ifs_cloud.mapping.rules import Rules
from target_ifs_cloud.mapping.suspects import EarlierDocuments, earlier_of, find_suspects
from target_ifs_cloud.mapping.vendor_suspicions import NOT_RELEASED, SUSPICIONS
from target_ifs_cloud.reference import Reference

Record = Mapping[str, Any]
Pair = tuple[Record | None, Entry | None]
"""A record and what the outbox remembers of it."""


class CandidateMaker:
    """The two pure verbs, map and check, with everything that they look at."""

    def __init__(self, outbox: Outbox, site: Site, rules: Rules, tally: Tally) -> None:
        """``tally`` is shown every document, for previews."""
        self._outbox = outbox
        self._site = site
        self._rules = rules
        self._tally = tally

    def make(
        self, kind: SourceKind, batch: Sequence[Pair], under_way: Sequence[Candidate] = ()
    ) -> list[Candidate]:
        """One candidate per record, in order; ``under_way`` may not be on record yet.

        Raises:
            TemporaryError: IFS did not answer completely what the checks ask.
        """
        links = self._outbox.links()
        suppliers = {s for record, _ in batch for s in possible_suppliers(record or {}, links)}
        reference = self._site.reference_for(suppliers)
        context = {"rules": self._rules, "reference": reference, "links": links}
        mapped = self._map(kind, batch, context)
        for each in mapped:
            self._tally.look_at(each)
        candidates = [
            Candidate(
                record=record or {},
                source=m.source,
                document=m.document
                if isinstance(m.document, SupplierInvoice)
                else self._withdrawn(kind, (record, entry), m, context),
                problems=m.problems or (check(m.document, reference) if m.document else ()),
                not_wanted=m.not_wanted,
                rules_version=self._rules.version,
                amount=m.amount,
                currency=m.currency,
                entry=entry,
                is_over=m.is_over,
            )
            for (record, entry), m in zip(batch, mapped, strict=True)
        ]
        if kind != "bill":
            return candidates
        released = self._of_released_vendors(candidates)
        return self._with_suspicions(released, reference, under_way)

    def _of_released_vendors(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """New bills of vendors that show a sign of fraud are held until somebody releases these."""
        doubtful = self._outbox.vendors_with(SUSPICIONS)
        return [
            replace(candidate, problems=(*candidate.problems, NOT_RELEASED))
            if vendor_id_of(candidate.record.get("vendor")) in doubtful and _is_new(candidate)
            else candidate
            for candidate in candidates
        ]

    @staticmethod
    def _withdrawn(
        kind: SourceKind, pair: Pair, mapped: Mapped, context: Mapping[str, Any]
    ) -> SupplierInvoice | None:
        """By what IFS would know a withdrawn record that the outbox, lost perhaps, never saw."""
        record, entry = pair
        # An order is on disk, waiting, before it is decided for the first time.
        is_new = entry is None or entry.state is State.WAITING
        if not (is_new and mapped.not_wanted):
            return None
        map_withdrawn = map_withdrawn_bill if kind == "bill" else map_withdrawn_order
        return map_withdrawn(record or {}, **context)

    def _map(
        self, kind: SourceKind, batch: Sequence[Pair], context: Mapping[str, Any]
    ) -> list[Mapped]:
        if kind == "bill":
            return [map_bill(record or {}, **context) for record, _ in batch]
        # A bill names its order by uuid or, where the uuid is missing, by number.
        names = [sorted(order_names(record or {})) for record, _ in batch]
        billed: Mapping[str, list[BilledLine]] = self._outbox.billed_on(
            name for own in names for name in own
        )
        return [
            map_purchase_order(
                record or {}, billed=[x for name in own for x in billed.get(name, [])], **context
            )
            for own, (record, _) in zip(names, batch, strict=True)
        ]

    def _with_suspicions(
        self,
        candidates: Sequence[Candidate],
        reference: Reference,
        under_way: Sequence[Candidate],
    ) -> list[Candidate]:
        """Compare what is new with what is known; each bill also with those before it."""
        rules = self._rules.bill.duplicates
        asked = [c.document for c in candidates if c.document and _is_compared(c)]
        known = {
            c.source.id: earlier_of(c.document)
            for c in under_way
            if c.document and c.source.kind == "bill" and not c.not_wanted
        }
        if asked:
            on_record = find_look_alikes(self._outbox.engine, asked)
            known |= {document.source_id: document for document in on_record}
        earlier = EarlierDocuments(known.values())
        compared = []
        for candidate in candidates:
            document = candidate.document
            if document is None or candidate.problems or candidate.not_wanted:
                compared.append(candidate)
                continue
            if _is_compared(candidate):
                suspects = find_suspects(document, earlier, rules, reference)
                candidate = replace(  # noqa: PLW2901 (the same one, better known)
                    candidate,
                    problems=tuple(s.problem for s in suspects if s.is_hold),
                    warnings=tuple(s.problem for s in suspects if not s.is_hold),
                )
            earlier.add(earlier_of(document))
            compared.append(candidate)
        return compared


def order_number(record: Record) -> str:
    """The number of an order inside Procurify, empty when there is none."""
    return read_id(record.get("procurify_PO"))


def _is_compared(candidate: Candidate) -> bool:
    """Whether likenesses are looked for: in what was never sent and nobody has released."""
    entry = candidate.entry
    is_open = candidate.document is not None and not (candidate.problems or candidate.not_wanted)
    return is_open and _is_new(candidate) and not (entry and entry.is_released)


def _is_new(candidate: Candidate) -> bool:
    """Whether it was never sent."""
    entry = candidate.entry
    return entry is None or not (entry.content or entry.intent)
