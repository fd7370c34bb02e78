"""What a run would do with these records: per document every field, its value and its rule."""

from __future__ import annotations

import csv
import io
import json
import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.table import Table
from typing_extensions import override

from target_ifs_cloud.delivery.entry import Entry
from target_ifs_cloud.delivery.run import open_run
from target_ifs_cloud.delivery.summary import Outcome, Tally, format_amount
from target_ifs_cloud.documents import Mapped, SourceKind
from target_ifs_cloud.operator.spreadsheets import inert
from target_ifs_cloud.settings import Settings

DECISIONS: Mapping[Outcome, str] = {
    Outcome.POSTED: "create",
    Outcome.FOUND: "confirm",
    Outcome.COMPLETED: "complete",
    Outcome.ADOPTED: "adopt",
    Outcome.UPDATED: "update",
    Outcome.CANCELLED: "cancel",
    Outcome.UNCHANGED: "skip",
    Outcome.OUTDATED: "skip",
    Outcome.LEFT_OUT: "leave out",
    Outcome.EXCLUDED: "leave out",
    Outcome.HELD: "hold",
    Outcome.REJECTED: "hold",
    Outcome.TO_LOOK_AT: "report change",
    Outcome.IN_DOUBT: "look up again",
}
"""What a run would do, in the words of the decision table."""

_WIDTH = 180
Identity = tuple[SourceKind, str]


@dataclass(slots=True)
class Preview(Tally):
    """Keeps what the rules made of each record and what would become of it."""

    mapped: dict[Identity, Mapped] = field(default_factory=dict)
    outcomes: dict[Identity, tuple[Entry, Outcome]] = field(default_factory=dict)

    @override
    def look_at(self, mapped: Mapped) -> None:
        """Keep the last form of a document."""
        self.mapped[mapped.source.kind, mapped.source.id] = mapped

    @override
    def add(self, entry: Entry, outcome: Outcome) -> None:
        """Keep the last outcome of a document, but for a second look at what was just done."""
        Tally.add(self, entry, outcome)
        identity = (entry.source.kind, entry.source.id)
        if outcome is not Outcome.UNCHANGED or identity not in self.outcomes:
            self.outcomes[identity] = (entry, outcome)

    def documents(self) -> list[dict[str, Any]]:
        """Every document as plain values, amounts exact."""
        return [
            _document(entry, outcome, self.mapped.get(identity))
            for identity, (entry, outcome) in sorted(self.outcomes.items(), key=lambda x: x[0])
        ]

    def decisions(self) -> list[tuple[SourceKind, str, str, int, Decimal]]:
        """Kind, decision, currency, count and gross amount."""
        return [
            (kind, DECISIONS[what], unit, n, sum_) for kind, what, unit, n, sum_ in self.totals()
        ]


def preview_records(
    settings: Settings, records: Iterable[tuple[str, Mapping[str, Any]]], *, log: logging.Logger
) -> Preview:
    """Rehearse a run with these records, given with their streams; nothing is written.

    Raises:
        RunError: the rules, the profile or the outbox cannot be used, or IFS does not answer.
    """
    preview = Preview()
    run = open_run(replace(settings, dry_run=True), log=log, sleep=time.sleep, tally=preview)
    takers = {
        "vendors": run.take_vendors,
        "bills": run.take_bills,
        "purchase_orders": run.take_purchase_orders,
    }
    waiting: dict[str, list[Mapping[str, Any]]] = {stream: [] for stream in takers}
    for stream, rows in groupby(records, key=lambda pair: pair[0]):
        waiting.get(stream, []).extend(record for _, record in rows)
    try:
        run.begin()
        for stream, take in takers.items():
            take(waiting[stream])
        run.finish()
    finally:
        run.close()
    return preview


def as_json(preview: Preview, documents: Sequence[Mapping[str, Any]]) -> str:
    """All of it with the totals, for programs; amounts as text, so that none is rounded."""
    names = ("kind", "decision", "currency", "count", "amount")
    totals = [dict(zip(names, row, strict=True)) for row in preview.decisions()]
    whole = {"documents": documents, "totals": totals}
    return json.dumps(whole, indent=2, ensure_ascii=False, default=str)


def as_csv(documents: Sequence[Mapping[str, Any]]) -> str:
    """One row per field that would be sent, or per reason; safe to open in a spreadsheet."""
    out = io.StringIO()
    names = [*_HEAD, "field", "value", "rule", "source", "problem"]
    writer = csv.DictWriter(out, names, extrasaction="ignore")
    writer.writeheader()
    for document in documents:
        head = {name: document[name] for name in _HEAD}
        rows = [*document["fields"]]
        rows += [{"problem": f"{p['code']}: {p['message']}"} for p in document["problems"]]
        for row in rows or [{}]:
            writer.writerow({name: inert(value) for name, value in {**head, **row}.items()})
    return out.getvalue()


def as_tables(documents: Sequence[Mapping[str, Any]], *, details: bool) -> str:
    """A line per document; with ``details`` every field of each as well."""
    tables = [_overview(documents)]
    if details:
        tables += [_fields(document) for document in documents]
    console = Console(
        width=_WIDTH, color_system=None, force_terminal=False, markup=False, emoji=False
    )
    with console.capture() as capture:
        for table in tables:
            console.print(table)
    return str(capture.get())


_HEAD = (
    "kind", "id", "label", "decision", "company", "supplier", "number", "amount", "currency"
)  # fmt: skip


def _document(entry: Entry, outcome: Outcome, mapped: Mapped | None) -> dict[str, Any]:
    key = entry.key
    return {
        "kind": entry.source.kind,
        "id": entry.source.id,
        "label": entry.source.label,
        "decision": DECISIONS[outcome],
        "company": key.company if key else "",
        "supplier": key.supplier if key else entry.ifs_id,
        "number": key.number if key else "",
        "amount": "" if entry.amount is None else str(entry.amount),
        "currency": entry.currency,
        "why": mapped.not_wanted if mapped else "",
        "note": entry.note,
        "problems": [
            {"code": p.code, "field": p.field, "message": p.message, "fix": p.fix}
            for p in entry.problems
        ],
        "fields": [
            {
                "field": item.field,
                "value": "" if item.value is None else str(item.value),
                "rule": item.rule,
                "source": item.source,
            }
            for item in (mapped.trace if mapped else ())
        ],
    }


def _overview(documents: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(title="What a run would do", title_justify="left")
    for name in ("document", "ID", "decision", "company", "supplier", "number"):
        table.add_column(name)
    table.add_column("amount", justify="right")
    table.add_column("why")
    for document in documents:
        reasons = [p["code"] for p in document["problems"]]
        amount = ""
        if document["amount"]:
            shown = format_amount(Decimal(document["amount"]), document["currency"])
            amount = f"{shown} {document['currency']}"
        table.add_row(
            document["label"],
            document["id"],
            document["decision"],
            document["company"],
            document["supplier"],
            document["number"],
            amount,
            document["why"] or document["note"] or ", ".join(dict.fromkeys(reasons)),
        )
    return table


def _fields(document: Mapping[str, Any]) -> Table:
    title = f"{document['label']} ({document['id']}): {document['decision']}"
    table = Table(title=title, title_justify="left")
    for name in ("field", "value", "rule", "source"):
        table.add_column(name, overflow="fold")
    for row in document["fields"]:
        table.add_row(row["field"], row["value"], row["rule"], row["source"])
    for problem in document["problems"]:
        table.add_row(problem["field"], problem["code"], problem["message"], problem["fix"])
    return table
