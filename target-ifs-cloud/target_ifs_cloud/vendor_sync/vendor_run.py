"""One run of target-procurify, from the first supplier to the exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import datetime
from importlib.metadata import version
from typing import Any

from target_ifs_cloud.delivery.alarm import exit_code_of
from target_ifs_cloud.delivery.database import open_database
from target_ifs_cloud.delivery.entry import Entry, State
from target_ifs_cloud.delivery.lease import hold_lease, holder_name, is_alive_here
from target_ifs_cloud.delivery.outbox import Changes, Outbox
from target_ifs_cloud.delivery.rehearsal import copy_of_outbox
from target_ifs_cloud.delivery.summary import (
    ATTENTION_LINES_MAX,
    Outcome,
    Tally,
    render_summary,
)
from target_ifs_cloud.documents import SupplierId
from target_ifs_cloud.mapping import source_id_of, source_of
from target_ifs_cloud.vendor_sync.alignment import Alignment, Case, Result
from target_ifs_cloud.vendor_sync.matching import VendorIndex
from target_ifs_cloud.vendor_sync.supplier_rules import SupplierRules, load_supplier_rules
from target_ifs_cloud.vendor_sync.vendor_client import Tenant, VendorClient
from target_ifs_cloud.vendor_sync.vendor_settings import VendorSettings
from target_ifs_cloud.wire.clockwork import Clockwork
from target_ifs_cloud.wire.exchange import Observer

Record = Mapping[str, Any]


def open_vendor_run(
    settings: VendorSettings,
    *,
    clock: Callable[[], datetime],
    sleep: Callable[[float], None],
    observers: Sequence[Observer] = (),
) -> VendorRun:
    """A run with its rules read and its outbox open; Procurify is asked at the end.

    Raises:
        ConfigurationError: a rule file, an address or the outbox cannot be used.
    """
    rules = load_supplier_rules(settings.transforms_dir)
    tenant = Tenant(
        base_url=settings.base_url,
        login=settings.login,
        timeout_s=settings.timeout_s,
        retry_max=settings.retry_max,
        reads_only=settings.dry_run,
    )
    with ExitStack() as opened:
        clockwork = Clockwork(now=clock, sleep=sleep)
        client = opened.enter_context(closing(VendorClient(tenant, clockwork, observers)))
        url = settings.outbox_url
        if settings.dry_run:
            url = opened.enter_context(copy_of_outbox(url))
        outbox = Outbox(open_database(url), clock)
        opened.callback(outbox.engine.dispose)
        return VendorRun(
            settings, rules, outbox, client=client, sleep=sleep, opened=opened.pop_all()
        )


class VendorRun:
    """The verbs of a run. ``begin`` first, ``finish`` last, ``close`` always.

    Suppliers are collected and settled at the end, so that a stream that is refused is refused
    before anything was written.
    """

    def __init__(
        self,
        settings: VendorSettings,
        rules: SupplierRules,
        outbox: Outbox,
        *,
        client: VendorClient,
        sleep: Callable[[float], None],
        opened: ExitStack,
    ) -> None:
        """Bring the parts together; :func:`open_vendor_run` makes them."""
        self._settings = settings
        self._rules = rules
        self._outbox = outbox
        self._client = client
        self._sleep = sleep
        self._opened = opened
        self._tally = Tally()
        self._entries: dict[str, Entry] = {}
        self._records: dict[str, Record] = {}
        self._planned: list[str] = []

    def begin(self) -> None:
        """Take the lease and recall every supplier: vendors may have changed since.

        Raises:
            TemporaryError: another run holds the outbox.
        """
        outbox = self._outbox
        lease = hold_lease(
            outbox, holder=holder_name(), seconds=self._settings.lease_s, is_alive=is_alive_here
        )
        self._opened.enter_context(lease)
        outbox.start_run(version=version("target-ifs-cloud"), rules_version=self._rules.version)
        outbox.restart_doubts()
        for entries in outbox.in_states(list(State), kind="supplier"):
            for entry in entries:
                self._entries[entry.source.id] = entry
                if entry.record:
                    self._records[entry.source.id] = entry.record

    def take_suppliers(self, records: Sequence[Record]) -> None:
        """Remember these suppliers; one that comes twice counts in its last form."""
        for record in records:
            self._records[source_id_of("supplier", record)] = record

    def finish(self) -> int:
        """Settle every supplier, print the closing table; the answer is the exit code.

        Raises:
            TemporaryError: a write stays in doubt, or Procurify does not answer.
        """
        if self._records:
            self._settle()
        settings = self._settings
        exit_code = exit_code_of(
            self._outbox, policy=settings.fail_on_held, held_age_days=settings.held_age_days
        )
        checkpoint = self._outbox.end_run(exit_code)
        self._print_summary(f"{checkpoint}")
        return exit_code

    def close(self) -> None:
        """Give the lease back and close every connection."""
        self._opened.close()

    # parts

    def _settle(self) -> None:
        settings = self._settings
        alignment = Alignment(
            client=self._client,
            outbox=self._outbox,
            rules=self._rules,
            index=VendorIndex(
                self._client.vendors(), registration_field=self._rules.registration_field
            ),
            links=self._links(),
            settling_time_s=settings.settling_time_s,
            clock=self._outbox.clock,
            sleep=self._sleep,
            is_rehearsal=settings.dry_run,
        )
        for record in self._records.values():
            source = source_of("supplier", record)
            case = Case(record=record, source=source, entry=self._entries.get(source.id))
            if case.entry and case.entry.state is State.EXCLUDED:
                self._tally.add(case.entry, Outcome.EXCLUDED)
                continue
            result = alignment.settle(case)
            if result.outcome in _PLANNED:
                self._planned.append(_plan_line(case, result))
            self._record(case, result)
            if result.vendor:
                alignment.links[result.vendor] = SupplierId(source.id)

    def _links(self) -> dict[str, SupplierId]:
        """With suppliers whose creation is in doubt: one that is there was made for its vendor."""
        doubts = self._outbox.in_states([State.SENDING, State.IN_DOUBT], kind="vendor")
        made = {e.source.id: SupplierId(e.ifs_id) for page in doubts for e in page}
        return {**made, **self._outbox.links()}

    def _record(self, case: Case, result: Result) -> None:
        before = case.entry
        entry = Entry(
            source=case.source,
            state=result.state,
            rules_version=self._rules.version,
            ifs_id=case.supplier,
            problems=result.problems,
            record=case.record,
        )
        is_new = bool(result.problems) and (before is None or before.problems != result.problems)
        if result.problems:
            since = before.held_since if before else None
            is_announced = not is_new and before is not None and before.is_announced
            entry = replace(
                entry, held_since=since or self._outbox.clock(), is_announced=is_announced
            )
        self._tally.add(entry, result.outcome)
        if before == entry and result.outcome is Outcome.UNCHANGED:
            return
        is_news = is_new or before is None or before.state is not result.state or result.sent
        links = (
            {result.vendor: (SupplierId(case.supplier), result.how)}
            if result.vendor and result.how != "link"
            else {}
        )
        lines = [_line(case, result)] if is_news or links else []
        # IFS has changed: what Procurify decides of it is compared by the next run the other way.
        is_changed = before is None or before.source.hash != case.source.hash
        due = frozenset({result.vendor} if result.vendor and is_changed else ())
        self._outbox.save(Changes(entries=[entry], links=links, due_vendors=due, audit=lines))

    def _print_summary(self, checkpoint: str) -> None:
        entries, count = self._outbox.attention(limit=ATTENTION_LINES_MAX)
        title = f"Run {self._outbox.run_id}: IFS Cloud to Procurify, vendors"
        end = f"Audit trail checkpoint: {checkpoint}"
        if self._settings.dry_run:
            title = "Dry run: IFS Cloud to Procurify, vendors"
            end = "Nothing was written: not to Procurify, not to the outbox; no bookmark moves."
            end = "\n".join(["What a run in earnest would do:", *self._planned, "", end])
        text = render_summary(self._tally, entries, count, title=title)
        sys.stderr.write(f"{text}\n{end}\n")
        sys.stderr.flush()


_PLANNED = {
    Outcome.POSTED: "creates a vendor",
    Outcome.ADOPTED: "links vendor",
    Outcome.UPDATED: "changes vendor",
}


def _plan_line(case: Case, result: Result) -> str:
    """What would become of one supplier, for a person: the vendor, how it is known, the fields."""
    how = f" (known by {result.how.replace('_', ' ')})" if result.how else ""
    fields = f": {', '.join(result.sent)}" if result.sent else ""
    what = f"{_PLANNED[result.outcome]} {result.vendor}".rstrip()
    return f"  {case.source.label} ({case.supplier}): {what}{how}{fields}"


def _line(case: Case, result: Result) -> dict[str, Any]:
    """One line of the audit trail about one supplier; fields by name, never their values."""
    line: dict[str, Any] = {
        "event": "answered",
        "direction": "ifs-to-procurify",
        "decision": result.outcome.value,
        "kind": "supplier",
        "source": case.supplier,
        "source_hash": case.source.hash,
        "key": result.vendor,
    }
    if result.sent:
        line["fields"] = list(result.sent)
    if result.problems:
        line["problems"] = sorted({problem.code for problem in result.problems})
    if result.reason:
        line["reason"] = result.reason
    return line
