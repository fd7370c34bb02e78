"""What a run did, in one table: documents and amounts by outcome, and what needs a person."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum

from rich.console import Console
from rich.table import Table

from target_ifs_cloud.delivery.entry import Entry, State
from target_ifs_cloud.documents import ORDER_SERIES, Mapped, Problem, SourceKind
from target_ifs_cloud.money import places

ATTENTION_LINES_MAX = 20
_KIND_WORDS: dict[SourceKind, str] = {
    "vendor": "vendor",
    "bill": "bill",
    "purchase_order": "purchase order",
    "supplier": "supplier",
}
_KIND_ORDER = list(_KIND_WORDS)


class Outcome(Enum):
    """What became of a document in this run, in the words that people read."""

    POSTED = "posted"
    FOUND = "found after a lost answer"
    COMPLETED = "completed"
    ADOPTED = "linked, was there already"
    UPDATED = "updated"
    CANCELLED = "cancelled in IFS"
    UNCHANGED = "unchanged"
    OUTDATED = "older than known, left as it is"
    LEFT_OUT = "left out by rule"
    EXCLUDED = "excluded by a person"
    HELD = "held"
    REJECTED = "refused by IFS"
    TO_LOOK_AT = "change to look at"
    IN_DOUBT = "in doubt"


_OUTCOME_ORDER = list(Outcome)
_MAY_CHANGE = frozenset({Outcome.HELD, Outcome.REJECTED, Outcome.TO_LOOK_AT, Outcome.IN_DOUBT})
_LEAVES_AS_IT_IS = frozenset(
    {Outcome.UNCHANGED, Outcome.OUTDATED, Outcome.LEFT_OUT, Outcome.EXCLUDED}
)
Row = tuple[SourceKind, Outcome, str]


@dataclass(slots=True)
class Tally:
    """Counts of one run. Units: amounts are gross, in their own currency, never added across.

    A document that is met twice in a run counts once: held, then posted is posted; completed,
    then found unchanged is completed.
    """

    counts: Counter[Row] = field(default_factory=Counter)
    amounts: dict[Row, Decimal] = field(default_factory=dict)
    _standing: dict[tuple[SourceKind, str], tuple[Row, Decimal]] = field(default_factory=dict)
    _done: set[tuple[SourceKind, str]] = field(default_factory=set)
    warnings: list[str] = field(default_factory=list)
    warning_count: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def totals(self) -> list[tuple[SourceKind, Outcome, str, int, Decimal]]:
        """Kind, outcome, currency, count and amount, in the order in which people read them."""
        return [
            (*row, count, self.amounts[row])
            for row, count in sorted(
                self.counts.items(), key=lambda item: (_OUTCOME_ORDER.index(item[0][1]), item[0][2])
            )
            if count
        ]

    def look_at(self, mapped: Mapped) -> None:
        """What the rules made of a record; counting needs nothing of it, a preview does."""

    def warn(self, label: str, problems: Iterable[Problem]) -> None:
        """Count what holds nothing; the first ones are kept for the end of the closing text."""
        told = [f"  {label}: {p.code}: {p.message}. {p.fix}" for p in problems]
        with self._lock:
            self.warning_count += len(told)
            self.warnings += told[: ATTENTION_LINES_MAX - len(self.warnings)]

    def add(self, entry: Entry, outcome: Outcome) -> None:
        """Count one document by what became of it. Thread-safe."""
        with self._lock:
            self._add(entry, outcome)

    def _add(self, entry: Entry, outcome: Outcome) -> None:
        identity = (entry.source.kind, entry.source.id)
        if outcome is Outcome.UNCHANGED and identity in self._done:
            return
        if identity in self._standing:
            before, amount = self._standing.pop(identity)
            self.counts[before] -= 1
            self.amounts[before] -= amount
        row = (entry.source.kind, outcome, entry.currency)
        amount = entry.amount or Decimal(0)
        self.counts[row] += 1
        self.amounts[row] = self.amounts.get(row, Decimal(0)) + amount
        if outcome in _MAY_CHANGE:
            self._standing[identity] = (row, amount)
        elif outcome not in _LEAVES_AS_IT_IS:
            self._done.add(identity)


def render_summary(
    tally: Tally, attention: Sequence[Entry], attention_count: int, *, title: str
) -> str:
    """The closing text of a run: the table, then each document that needs a person."""
    rows = [(kind, what.value, unit, n, sum_) for kind, what, unit, n, sum_ in tally.totals()]
    table = render_table(title, "outcome", rows)
    lines = [*attention_lines(attention, attention_count), *_warning_lines(tally)]
    return table + "\n".join(lines)


def _warning_lines(tally: Tally) -> list[str]:
    if not tally.warnings:
        return []
    left = tally.warning_count - len(tally.warnings)
    more = [f"  … and {left} more"] if left else []
    head = f"{tally.warning_count} warning(s), nothing is held for them:"
    return [head, *tally.warnings, *more, ""]


def render_states(
    counts: Iterable[tuple[SourceKind, State, str, int, Decimal]],
) -> str:
    """Where every document on record stands."""
    order = list(State)
    rows = [
        (kind, state.value.replace("_", " "), currency, count, amount)
        for kind, state, currency, count, amount in sorted(
            counts, key=lambda item: (order.index(item[1]), item[2])
        )
    ]
    return render_table("Documents on record", "state", rows)


def render_table(
    title: str, word: str, rows: Sequence[tuple[SourceKind, str, str, int, Decimal]]
) -> str:
    """Counts and amounts per kind of document, what became of it, and currency."""
    table = Table(title=title, title_justify="left")
    table.add_column("document")
    table.add_column(word)
    table.add_column("count", justify="right")
    table.add_column("currency")
    table.add_column("amount", justify="right")
    for kind, name, currency, count, amount in sorted(
        rows, key=lambda row: _KIND_ORDER.index(row[0])
    ):
        shown = format_amount(amount, currency) if currency else ""
        table.add_row(_KIND_WORDS[kind], name, str(count), currency, shown)
    if not rows:
        table.add_row("none", "nothing new", "0", "", "")
    return _to_text(table)


def format_amount(amount: Decimal, currency: str) -> str:
    """An amount for people: thousands separated, the currency's decimals."""
    return f"{amount:,.{places(currency)}f}"


def attention_lines(entries: Sequence[Entry], count: int) -> list[str]:
    """One line per reason for each of these documents, and the command to see the others."""
    if not count:
        return ["Nothing needs a person.", ""]
    lines = [f"{count} document(s) need a person:"]
    for entry in entries:
        amount = ""
        if entry.amount is not None and entry.currency:
            amount = f" ({format_amount(entry.amount, entry.currency)} {entry.currency})"
        words = f"{entry.source.label}{amount}: {_state_words(entry)}"
        lines.append(f"  {words}, ID {entry.source.id}")
        lines += dict.fromkeys(f"    {p.code}: {p.message}. {p.fix}" for p in entry.problems)
        if entry.note:
            lines.append(f"    {entry.note}")
    if count > len(entries):
        lines.append(f"  … and {count - len(entries)} more")
    lines.append("See them all: procurify-ifs status    One in full: procurify-ifs show ID")
    lines.append("")
    return lines


def _state_words(entry: Entry) -> str:
    system = "Procurify" if entry.source.kind == "supplier" else "IFS"
    match entry.state:
        case State.HELD:
            return f"held, not in {system}"
        case State.REJECTED:
            return f"refused by {system}, not in {system}"
        case State.CONFIRMED:
            return f"{_place_words(entry)}, to look at"
        case State.SENDING | State.IN_DOUBT:
            return "in doubt, looked up again by the next run"
        case _:
            return str(entry.state.value)


def _place_words(entry: Entry) -> str:
    match entry.source.kind:
        case "supplier":
            return f"in Procurify, linked to supplier {entry.ifs_id}"
        case "vendor":
            return f"in IFS as supplier {entry.ifs_id}"
        case _ if entry.key and entry.key.series == ORDER_SERIES:
            return f"in IFS as order {entry.ifs_id}"
        case _:
            return f"in IFS as invoice {entry.ifs_id}"


def _to_text(table: Table) -> str:
    # Texts of records are shown as they are: no markup, no emoji codes.
    console = Console(width=100, color_system=None, force_terminal=False, markup=False, emoji=False)
    with console.capture() as capture:
        console.print(table)
    return str(capture.get())
