"""One run from the first record to the exit code."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from importlib.metadata import version
from logging import Logger
from typing import Any

from target_ifs_cloud.delivery.actor import actor_of_run
from target_ifs_cloud.delivery.alarm import exit_code_of
from target_ifs_cloud.delivery.database import open_database
from target_ifs_cloud.delivery.entry import Entry, State
from target_ifs_cloud.delivery.freshness import take_fresh
from target_ifs_cloud.delivery.invoices import Flight, InvoiceDelivery
from target_ifs_cloud.delivery.lease import (
    Patience,
    hold_lease,
    holder_name,
    is_alive_here,
)
from target_ifs_cloud.delivery.mapped import CandidateMaker, Pair, Record, order_number
from target_ifs_cloud.delivery.outbox import Changes, Outbox
from target_ifs_cloud.delivery.rehearsal import RehearsingSite, copy_of_outbox
from target_ifs_cloud.delivery.rings import DUPLICATE_NUMBER, is_tied
from target_ifs_cloud.delivery.site import Site
from target_ifs_cloud.delivery.situation import UNANSWERED_MAX, as_left
from target_ifs_cloud.delivery.summary import (
    ATTENTION_LINES_MAX,
    Outcome,
    Tally,
    render_summary,
)
from target_ifs_cloud.delivery.suppliers import SupplierDelivery
from target_ifs_cloud.documents import SourceKind
from target_ifs_cloud.errors import TemporaryError
from target_ifs_cloud.mapping import load_rules, source_id_of, source_of
from target_ifs_cloud.mapping.rules import Rules
from target_ifs_cloud.settings import Settings

WAITS_MAX = UNANSWERED_MAX
"""How often a run waits for the settling time before it stops with documents in doubt."""

GUARD_SHARE = 3
"""The lease is checked again before a write when this part of its time has passed."""

ROUNDS_MAX = 4
"""How often orders are worked out again because something else has settled meanwhile."""


def utc_now() -> datetime:
    """The clock of a real run."""
    return datetime.now(timezone.utc)


def open_run(
    settings: Settings,
    *,
    log: Logger,
    sleep: Callable[[float], None],
    clock: Callable[[], datetime] = utc_now,
    tally: Tally | None = None,
) -> DeliveryRun:
    """A run with its rules read and its outbox open; IFS is first asked when it is needed.

    A dry run works on a copy of the outbox and with a site that only reads.

    Raises:
        ConfigurationError: a rule file, the site profile or the outbox cannot be used.
    """
    rules = load_rules(settings.transforms_dir)
    kind = RehearsingSite if settings.dry_run else Site
    with ExitStack() as opened:
        site = opened.enter_context(
            closing(kind(settings, rules, clock=clock, sleep=sleep, log=log))
        )
        url = settings.outbox_url
        if settings.dry_run:
            url = opened.enter_context(copy_of_outbox(url))
        outbox = Outbox(open_database(url), clock)
        opened.callback(outbox.engine.dispose)
        return DeliveryRun(
            settings,
            rules,
            outbox,
            site=site,
            tally=tally or Tally(),
            log=log,
            sleep=sleep,
            opened=opened.pop_all(),
        )


def open_reading_site(settings: Settings, *, log: Logger) -> Site:
    """The site for looking only; every write is refused before it leaves.

    Raises:
        ConfigurationError: a rule file, the site profile or an address cannot be used.
    """
    settings = replace(settings, dry_run=True)
    rules = load_rules(settings.transforms_dir)
    return Site(settings, rules, clock=utc_now, sleep=time.sleep, log=log)


class DeliveryRun:
    """The verbs of a run. ``begin`` first, ``finish`` last, ``close`` always."""

    def __init__(
        self,
        settings: Settings,
        rules: Rules,
        outbox: Outbox,
        *,
        site: Site,
        tally: Tally,
        log: Logger,
        sleep: Callable[[float], None],
        opened: ExitStack,
    ) -> None:
        """Bring the parts together; :func:`open_run` makes them."""
        self._settings = settings
        self._rules = rules
        self._outbox = outbox
        self._site = site
        self._log = log
        self._sleep = sleep
        self._tally = tally
        self._unsettled: set[tuple[SourceKind, str]] = set()
        self._opened = opened
        self._suppliers = SupplierDelivery(
            outbox=outbox,
            site=site,
            rules=rules,
            tally=self._tally,
            clock=outbox.clock,
            sleep=sleep,
        )
        self._candidates = CandidateMaker(outbox, site, rules, self._tally)
        self._invoices = InvoiceDelivery(
            outbox=outbox,
            sender=site,
            tally=self._tally,
            clock=outbox.clock,
            settling_time_s=settings.settling_time_s,
            flight=Flight(workers=settings.workers, size=settings.batch_size),
        )

    def begin(self) -> None:
        """Take the lease, then settle what earlier runs left in doubt, held or refused.

        Raises:
            TemporaryError: another run holds the outbox, or IFS does not answer.
        """
        settings, outbox = self._settings, self._outbox
        self._opened.enter_context(
            hold_lease(
                outbox,
                holder=holder_name(),
                seconds=settings.lease_s,
                is_alive=is_alive_here,
                patience=Patience(wait_s=settings.wait_for_run_s, sleep=self._sleep),
            )
        )
        self._site.guard_writes(
            lambda: outbox.keep_guard(timedelta(seconds=settings.lease_s / GUARD_SHARE))
        )
        outbox.start_run(
            version=version("target-ifs-cloud"),
            rules_version=self._rules.version,
            actor=actor_of_run(settings.client_id),
        )
        outbox.restart_doubts()
        self._suppliers.settle_again()
        for entries in outbox.in_states([State.IN_DOUBT], kind="bill"):
            self._begin("bill", [(entry.record, entry) for entry in entries])
        self._land()
        for entries in outbox.to_retry("bill"):
            settled = [e for e in entries if (e.source.kind, e.source.id) not in self._unsettled]
            self._begin("bill", [(entry.record, entry) for entry in settled])
        self._land()
        for entries in outbox.in_states([State.IN_DOUBT], kind="purchase_order"):
            outbox.save(Changes(entries=[replace(entry, is_due=True) for entry in entries]))
        for entries in outbox.to_retry("purchase_order"):
            outbox.save(Changes(entries=[replace(entry, is_due=True) for entry in entries]))

    def take_vendors(self, records: Sequence[Record]) -> None:
        """Link these vendors to suppliers, create the suppliers that are missing."""
        self._land()
        latest, _ = take_fresh(self._outbox, self._tally, "vendor", records)
        self._suppliers.deliver(list(latest.values()))

    def take_bills(self, records: Sequence[Record]) -> None:
        """Begin to deliver these bills; a bill that comes twice counts in its newest form.

        They may still be under way when this returns; whatever is asked next waits for them.
        """
        ids = {source_id_of("bill", record) for record in records}
        if any(candidate.source.id in ids for candidate in self._invoices.under_way):
            self._land()
        latest, known = take_fresh(self._outbox, self._tally, "bill", records)
        for id_ in self._skip_as_left(latest, known):
            del latest[id_]
        self._begin("bill", [(record, known.get(id_)) for id_, record in latest.items()])

    def take_purchase_orders(self, records: Sequence[Record]) -> None:
        """Keep these orders on disk; their open amount is worked out when the bills are settled."""
        self._land()
        latest, known = take_fresh(self._outbox, self._tally, "purchase_order", records)
        entries = []
        for id_, record in latest.items():
            source = source_of("purchase_order", record)
            before = known.get(id_) or Entry(
                source=source, state=State.WAITING, rules_version=self._rules.version
            )
            # The source that was worked out last stays, so that a change can be seen.
            alias = order_number(record)
            entries.append(replace(before, record=record, is_due=True, alias=alias))
        self._outbox.save(Changes(entries=entries))

    def settle_so_far(self) -> bool:
        """Whether everything read so far is on record as settled, so that STATE may pass it.

        Orders that are due are worked out; what is in doubt is looked up again without waiting.

        Raises:
            TemporaryError: IFS does not answer.
        """
        self._land()
        self._look_again(self._doubts())
        self._deliver_due_orders()
        return not self._unsettled

    def finish(self) -> int:
        """Settle orders and doubts, print the closing table; the answer is the exit code.

        Raises:
            TemporaryError: documents stay in doubt, or IFS does not answer.
        """
        self._land()
        if self._suppliers.has_linked:
            self._site.forget_missing_companies()
            self._retry_held(SUPPLIER_PROBLEMS)
        self._wait_for_doubts()
        self._retry_shared_keys()
        # A bill that settles late makes its orders due again, an order in doubt stays due.
        for _ in range(ROUNDS_MAX):
            self._deliver_due_orders()
            if not self._unsettled:
                break
            self._wait_for_doubts()
        settings = self._settings
        exit_code = exit_code_of(
            self._outbox, policy=settings.fail_on_held, held_age_days=settings.held_age_days
        )
        checkpoint = self._outbox.end_run(exit_code)
        self._print_summary(f"{checkpoint}")
        return exit_code

    def close(self) -> None:
        """Wait for what is under way, give the lease back and close every connection."""
        try:
            self._invoices.abandon()
        finally:
            self._opened.close()

    # parts

    def _deliver(self, kind: SourceKind, records: Iterable[Pair]) -> None:
        self._begin(kind, records)
        self._land()

    def _begin(self, kind: SourceKind, records: Iterable[Pair]) -> None:
        """Map and check a part while those before it are under way."""
        for batch in _batches(self._without_excluded(records), self._settings.batch_size):
            candidates = self._candidates.make(kind, batch, self._invoices.under_way)
            for candidate in candidates:
                self._unsettled.discard((kind, candidate.source.id))
            self._invoices.begin(candidates)

    def _skip_as_left(
        self, records: Mapping[str, Record], known: Mapping[str, Entry]
    ) -> frozenset[str]:
        """Settle what comes again as it was sent; a rehearsal maps it to explain it."""
        if self._settings.dry_run:
            return frozenset()
        version = self._rules.version
        asked = [as_left(records[id_], entry, version) for id_, entry in known.items()]
        candidates = [candidate for candidate in asked if candidate]
        others = {candidate.source.id for candidate in self._invoices.skip_as_left(candidates)}
        return frozenset(c.source.id for c in candidates) - others

    def _land(self) -> None:
        """Wait for what is under way; what must wait for the settling time is remembered."""
        self._unsettled |= {(c.source.kind, c.source.id) for c in self._invoices.land()}

    def _without_excluded(self, records: Iterable[Pair]) -> list[Pair]:
        """The documents that no person has excluded; of the others the newest record is kept."""
        wanted, excluded = [], []
        for record, entry in records:
            if entry and entry.state is State.EXCLUDED:
                excluded.append(replace(entry, record=record or entry.record, is_due=False))
            else:
                wanted.append((record, entry))
        if excluded:
            self._outbox.save(Changes(entries=excluded))
        for entry in excluded:
            self._tally.add(entry, Outcome.EXCLUDED)
        return wanted

    def _deliver_due_orders(self) -> None:
        for entries in self._outbox.due("purchase_order"):
            self._deliver("purchase_order", [(entry.record, entry) for entry in entries])

    def _retry_held(self, codes: frozenset[str]) -> None:
        """Bills held for reasons that this run may have removed get a second chance in it."""
        for entries in self._outbox.to_retry("bill"):
            # Without a reason: cancelled under its former number, and to follow under its new one.
            waiting = [e for e in entries if codes & {p.code for p in e.problems} or not e.problems]
            self._deliver("bill", [(entry.record, entry) for entry in waiting])

    def _retry_shared_keys(self) -> None:
        """Bills whose number another one had, as long as numbers become free."""
        for _ in range(ROUNDS_MAX):
            self._untie_rings()
            if not self._invoices.has_freed_keys:
                return
            self._invoices.has_freed_keys = False
            self._retry_held(frozenset({DUPLICATE_NUMBER}))

    def _untie_rings(self) -> None:
        """Bills that want each other's numbers: one of each ring makes room for the others."""
        tied = [e for entries in self._outbox.to_retry("bill") for e in entries if is_tied(e)]
        if tied:
            doubts = self._invoices.untie(
                self._candidates.make("bill", [(entry.record, entry) for entry in tied])
            )
            self._unsettled |= {(c.source.kind, c.source.id) for c in doubts}

    def _wait_for_doubts(self) -> None:
        """Let the settling time pass for what is in doubt, then look again."""
        for _ in range(WAITS_MAX):
            if not self._unsettled:
                return
            entries = self._doubts()
            now = self._outbox.clock()
            limit = timedelta(seconds=self._settings.settling_time_s)
            sent = [entry.sent_at for entry in entries if entry.sent_at]
            wait_s = max(((at + limit - now).total_seconds() for at in sent), default=0.0)
            self._log.info("waiting %.0f s for %s documents in doubt", wait_s, len(entries))
            self._sleep(max(wait_s, 0.0))
            self._look_again(entries)
        if self._unsettled:
            message = (
                f"{len(self._unsettled)} document(s) were sent and are in doubt; they are on "
                "record and are looked up first by the next run. Run again"
            )
            raise TemporaryError(message)

    def _doubts(self) -> list[Entry]:
        """The documents that this run has left in doubt so far."""
        if not self._unsettled:
            return []
        return [
            entry
            for page in self._outbox.in_states([State.SENDING, State.IN_DOUBT])
            for entry in page
            if (entry.source.kind, entry.source.id) in self._unsettled
        ]

    def _look_again(self, entries: Sequence[Entry]) -> None:
        self._unsettled.clear()
        kinds: tuple[SourceKind, ...] = ("bill", "purchase_order")
        for kind in kinds:
            own = [(entry.record, entry) for entry in entries if entry.source.kind == kind]
            self._deliver(kind, own)

    def _print_summary(self, checkpoint: str) -> None:
        entries, count = self._outbox.attention(limit=ATTENTION_LINES_MAX)
        title = f"Run {self._outbox.run_id}: Procurify to IFS Cloud"
        end = f"Audit trail checkpoint: {checkpoint}"
        if self._settings.dry_run:
            title = "Dry run: Procurify to IFS Cloud"
            end = "Nothing was written: not to IFS, not to the outbox, and no bookmark moves."
        if read_at := self._site.basic_data_at:
            end = f"Basic data of IFS as of {read_at:%Y-%m-%d %H:%M} UTC.\n{end}"
        text = render_summary(self._tally, entries, count, title=title)
        sys.stderr.write(f"{text}\n{end}\n")
        sys.stderr.flush()


SUPPLIER_PROBLEMS = frozenset({"supplier_unknown", "supplier_not_in_company"})


def _batches(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (items[start : start + size] for start in range(0, len(items), size))
