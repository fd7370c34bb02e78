"""Brings a vendor of Procurify to what its supplier in IFS says: link, create, change or hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from target_ifs_cloud.delivery.entry import Entry, State
from target_ifs_cloud.delivery.outbox import Changes, Outbox
from target_ifs_cloud.delivery.summary import Outcome
from target_ifs_cloud.documents import Problem, Source, SupplierId
from target_ifs_cloud.errors import OutcomeUnknownError, RefusedError, TemporaryError
from target_ifs_cloud.mapping.records import Record, read_id, read_text, read_whole
from target_ifs_cloud.vendor_sync.matching import Matched, VendorIndex, match
from target_ifs_cloud.vendor_sync.supplier_rules import SupplierRules
from target_ifs_cloud.vendor_sync.vendor_client import VendorClient
from target_ifs_cloud.vendor_sync.vendor_fields import differences, fields_of, too_long

TRIES_MAX = 3
"""How often a write without an answer is looked up and sent again in one run."""
NEVER_WRITTEN = frozenset({1, 5, 6})
"""The placeholder, employees and card providers. Source: seen in code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One supplier on its way, with what the outbox remembers of it."""

    record: Record
    source: Source
    entry: Entry | None

    @property
    def supplier(self) -> str:
        """The id of the supplier."""
        return self.source.id

    @property
    def is_in_doubt(self) -> bool:
        """True when its creation was sent and nobody knows the answer."""
        return self.entry is not None and self.entry.state in {State.SENDING, State.IN_DOUBT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a supplier came to rest. ``vendor`` is the linked one; ``sent`` names changed fields."""

    state: State
    outcome: Outcome
    vendor: str = ""
    how: str = ""
    problems: tuple[Problem, ...] = ()
    reason: str = ""
    sent: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Alignment:
    """The decisions of one run; ``is_rehearsal`` decides all and writes nothing."""

    client: VendorClient
    outbox: Outbox
    rules: SupplierRules
    index: VendorIndex
    links: dict[str, SupplierId]
    settling_time_s: int
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    is_rehearsal: bool
    _seen: dict[str, Record] = field(default_factory=dict)

    def settle(self, case: Case) -> Result:
        """Settle one supplier.

        Raises:
            TemporaryError: a look-up was not answered, or a write stays in doubt (on record).
        """
        problems = _unusable(case.record)
        if problems:
            return _held(*problems)
        self._wait_for(case)
        matched = match(case.record, self.index, self.links)
        if matched.problem and not case.is_in_doubt:
            return _held(matched.problem)
        if not matched.vendor:
            found = self._look_up(case)
            problem = found.problem or matched.problem
            if problem and not found.vendor:
                return _held(problem)
            matched = found
        if matched.vendor:
            return self._align(case, matched)
        if not self.rules.creates_vendors:
            reason = "supplier.yml creates no vendors"
            return Result(state=State.LEFT_OUT, outcome=Outcome.LEFT_OUT, reason=reason)
        return self._create(case)

    # creation

    def _create(self, case: Case) -> Result:
        """Intent to disk, request; a lost answer is waited for and looked up by its external id."""
        body = self._body(case)
        problems = too_long(body)
        if problems:
            return _held(*problems)
        if _was_refused(case, self.rules):
            return _refused_before(case)
        if self.is_rehearsal:
            fields = tuple(sorted(body))
            return Result(state=State.CONFIRMED, outcome=Outcome.POSTED, sent=fields)
        for _ in range(TRIES_MAX):
            case = self._intend(case, "create", body)
            try:
                vendor = self.client.create(body)
            except RefusedError as error:
                return _refused(error)
            except OutcomeUnknownError:
                self._wait_for(case)
                matched = self._look_up(case)
                if matched.vendor:
                    return self._align(case, matched)
                continue
            id_ = read_id(vendor.get("id"))
            return Result(
                state=State.CONFIRMED,
                outcome=Outcome.POSTED,
                vendor=id_,
                how="created",
                sent=tuple(sorted(body)),
            )
        raise _still_in_doubt(case)

    def _body(self, case: Case) -> dict[str, Any]:
        fields = fields_of(case.record)
        owned = {n: v for n, v in fields.items() if v and self.rules.owners[n] != "none"}
        required = {"name": fields["name"], "email": fields["email"] if "email" in owned else []}
        # The score is computed by Procurify, and documented as required all the same.
        return {
            **required,
            **owned,
            "type": self.rules.vendor_type,
            "external_id": case.supplier,
            "overall_score": None,
        }

    def _look_up(self, case: Case) -> Matched:
        """The vendor by its external id, as Procurify has it now."""
        found = self.client.with_external_id(case.supplier)
        for vendor in found:
            self._seen[read_id(vendor.get("id"))] = vendor
        return match(case.record, VendorIndex(found), self.links)

    # change

    def _align(self, case: Case, matched: Matched) -> Result:
        vendor = self._seen.get(matched.vendor) or self.index.by_id.get(matched.vendor)
        vendor = vendor or self.client.vendor(matched.vendor)
        if vendor is None:
            return _held(_gone(matched.vendor, case.supplier))
        result = Result(
            state=State.CONFIRMED,
            outcome=_outcome(case, matched),
            vendor=matched.vendor,
            how=matched.how,
        )
        reason = _not_written(vendor)
        if reason:
            return replace(result, state=State.LEFT_OUT, outcome=Outcome.LEFT_OUT, reason=reason)
        return self._change(case, result, vendor)

    def _change(self, case: Case, result: Result, vendor: Record) -> Result:
        for _ in range(TRIES_MAX):
            changes = self._changes(case, vendor)
            if not changes:
                return result
            problems = too_long(changes)
            if problems:
                return replace(_held(*problems), vendor=result.vendor, how=result.how)
            if _was_refused(case, self.rules):
                return replace(_refused_before(case), vendor=result.vendor, how=result.how)
            result = replace(result, outcome=Outcome.UPDATED)
            if self.is_rehearsal:
                return replace(result, sent=tuple(sorted(changes)))
            case, sent = self._send_change(case, result.vendor)
            if isinstance(sent, Result):
                return replace(sent, vendor=result.vendor, how=result.how)
            if sent is not None:
                return replace(result, sent=sent)
            vendor = self.client.vendor(result.vendor) or {}
        raise _still_in_doubt(case)

    def _send_change(self, case: Case, vendor: str) -> tuple[Case, tuple[str, ...] | Result | None]:
        """The fields that were sent, the refusal, or ``None`` when nobody knows.

        There are no versions in Procurify, so what is overwritten is read just before.
        """
        fresh = self.client.vendor(vendor)
        changes = self._changes(case, fresh) if fresh and not _not_written(fresh) else {}
        if not changes:
            return case, ()
        case = self._intend(case, "change", changes)
        try:
            self.client.change(vendor, changes)
        except RefusedError as error:
            return case, _refused(error)
        except OutcomeUnknownError:
            return case, None
        return case, tuple(sorted(changes))

    def _changes(self, case: Case, vendor: Record) -> dict[str, Any]:
        """What IFS owns and Procurify shows otherwise, and the link where the vendor has none."""
        owned = {n: v for n, v in fields_of(case.record).items() if self.rules.owners[n] == "ifs"}
        changes = differences(owned, vendor, country_code=self.rules.country_code)
        if not read_text(vendor.get("external_id")):
            changes["external_id"] = case.supplier
        return changes

    # parts

    def _intend(self, case: Case, decision: str, body: Mapping[str, Any]) -> Case:
        """Put on disk what is going to be sent; which fields, not their values, go on the trail."""
        entry = Entry(
            source=case.source,
            state=State.SENDING,
            rules_version=self.rules.version,
            ifs_id=case.supplier,
            record=case.record,
            sent_at=self.clock(),
        )
        line = {
            "event": "decided",
            "direction": "ifs-to-procurify",
            "decision": decision,
            "kind": "supplier",
            "source": case.supplier,
            "source_hash": case.source.hash,
            "fields": sorted(body),
        }
        self.outbox.save(Changes(entries=[entry], audit=[line]))
        return replace(case, entry=entry)

    def _wait_for(self, case: Case) -> None:
        """Let the settling time pass for what was sent without an answer."""
        if case.is_in_doubt and case.entry and case.entry.sent_at:
            until = case.entry.sent_at + timedelta(seconds=self.settling_time_s)
            self.sleep(max((until - self.clock()).total_seconds(), 0.0))


def _unusable(record: Record) -> tuple[Problem, ...]:
    wanted = {"supplier_id": "identity_missing", "name": "value_missing"}
    return tuple(
        Problem(
            code=code,
            field=name,
            message=f"the supplier has no {name}",
            fix="Fill it in IFS Cloud, or report it when it is filled there",
        )
        for name, code in wanted.items()
        if not (read_text(record.get(name)) or "").strip()
    )


def _not_written(vendor: Record) -> str:
    """Why nothing is written to a vendor, or ``""``."""
    if read_whole(vendor.get("type")) in NEVER_WRITTEN:
        return "the vendor is of a type that is never written"
    if vendor.get("active") is False:
        return "the vendor is inactive in Procurify"
    return ""


def _outcome(case: Case, matched: Matched) -> Outcome:
    if case.is_in_doubt:
        return Outcome.FOUND
    if matched.how != "link":
        return Outcome.ADOPTED
    return Outcome.UNCHANGED


def _held(*problems: Problem) -> Result:
    return Result(state=State.HELD, outcome=Outcome.HELD, problems=problems)


def _was_refused(case: Case, rules: SupplierRules) -> bool:
    """True when the same was refused before: it is sent again when something has changed."""
    entry = case.entry
    return (
        entry is not None
        and entry.state is State.REJECTED
        and (entry.source.hash, entry.rules_version) == (case.source.hash, rules.version)
    )


def _refused_before(case: Case) -> Result:
    problems = case.entry.problems if case.entry else ()
    return Result(state=State.REJECTED, outcome=Outcome.REJECTED, problems=problems)


def _refused(error: RefusedError) -> Result:
    problem = Problem(
        code="refused_by_procurify",
        field=error.code,
        message=f"Procurify refused it with status {error.status}"
        + (f" for: {error.code}" if error.code else ""),
        fix="Correct the supplier in IFS Cloud or the vendor in Procurify, or check the rights of "
        "the Procurify user",
    )
    return Result(state=State.REJECTED, outcome=Outcome.REJECTED, problems=(problem,))


def _gone(vendor: str, supplier: str) -> Problem:
    return Problem(
        code="vendor_gone",
        field="id",
        message=f"vendor {vendor}, to which the supplier is linked, is not in Procurify any more",
        fix=f"Link another one: procurify-ifs link vendor VENDOR {supplier}",
    )


def _still_in_doubt(case: Case) -> TemporaryError:
    return TemporaryError(
        f"{case.source.label}: a write was sent and is in doubt; it is on record and is looked up "
        "first by the next run. Run again"
    )
