"""Holds what Procurify says against what IFS shows now, per company, month and currency."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from rich.console import Console
from rich.table import Table

from target_ifs_cloud.delivery.entry import Entry, State
from target_ifs_cloud.delivery.outbox import Outbox
from target_ifs_cloud.delivery.sending import Sender
from target_ifs_cloud.delivery.situation import has_content, is_ours
from target_ifs_cloud.delivery.summary import format_amount
from target_ifs_cloud.documents import SourceKind
from target_ifs_cloud.ifs.invoice_reader import NO_MARKS, Mark
from target_ifs_cloud.ifs.invoices import InvoiceShown

UNKNOWN_MONTH = "-"
_WIDTH = 120
Group = tuple[SourceKind, str, str, str]
"""Kind, company, month (``2026-05``) and currency."""


@dataclass(slots=True)
class Totals:
    """Units: gross amounts in the currency of the group."""

    count: int = 0
    said: Decimal = Decimal(0)
    shown: Decimal = Decimal(0)


@dataclass(slots=True)
class Reconciliation:
    """What Procurify says and what IFS shows, and every document where the two differ."""

    groups: dict[Group, Totals] = field(default_factory=lambda: defaultdict(Totals))
    differences: list[tuple[Entry, str]] = field(default_factory=list)
    not_posted: dict[tuple[SourceKind, str, State], Totals] = field(
        default_factory=lambda: defaultdict(Totals)
    )

    @property
    def is_even(self) -> bool:
        """Whether IFS shows every posted document as Procurify says, and nobody must look."""
        return not self.differences


def reconcile(
    outbox: Outbox,
    sender: Sender,
    *,
    month_of: Callable[[InvoiceShown], str],
    companies: Collection[str],
) -> Reconciliation:
    """Look every confirmed document up in IFS and compare the amounts.

    Of preliminary invoices that were written from here, in ``companies``, lines and postings are
    added up as well; what is posted has been added up by IFS.

    Raises:
        TemporaryError: IFS did not answer completely.
    """
    result = Reconciliation()
    for entries in outbox.in_states([State.CONFIRMED]):
        documents = [entry for entry in entries if entry.key and entry.content]
        numbers = {e.key: e.content.number for e in documents if e.key and e.content}
        found = dict(sender.find(numbers, NO_MARKS))
        marks = {
            e.key: Mark(invoice_id=e.ifs_id)
            for e in documents
            if e.key and _own(e, found[e.key]) is None
        }
        if marks:
            found |= sender.find({key: numbers[key] for key in marks}, marks)
        shown = {e.source: _own(e, found[e.key]) for e in documents if e.key}
        added_up = [
            invoice
            for e in documents
            if (invoice := shown[e.source]) and invoice.is_changeable and is_ours(e)
            if invoice.company in companies
        ]
        verdicts = zip(added_up, sender.are_whole(added_up) if added_up else (), strict=True)
        torn = {(i.company, i.invoice_id) for i, is_whole in verdicts if not is_whole}
        for entry in documents:
            own = shown[entry.source]
            _add(result, entry, own, month_of)
            words = [*_amounts(entry, own), *_others(own, found[entry.key] if entry.key else ())]
            if own and (own.company, own.invoice_id) in torn:
                words.append(f"lines or postings of invoice {own.invoice_id} do not add up to it")
            words += [entry.note] if entry.note else []
            words += [problem.message for problem in entry.problems]
            if words:
                result.differences.append((entry, "; ".join(words)))
    open_states = [State.HELD, State.REJECTED, State.IN_DOUBT, State.SENDING]
    for entries in outbox.in_states(open_states):
        for entry in entries:
            totals = result.not_posted[entry.source.kind, entry.currency, entry.state]
            totals.count += 1
            totals.said += entry.amount or 0
    return result


def render(result: Reconciliation) -> str:
    """The report for people: totals, what is not posted, and each difference."""
    console = Console(
        width=_WIDTH, color_system=None, force_terminal=False, markup=False, emoji=False
    )
    with console.capture() as capture:
        console.print(_posted_table(result))
        if result.not_posted:
            console.print(_open_table(result))
    lines = [
        f"  {entry.source.label} ({entry.source.id}): {words}"
        for entry, words in result.differences
    ]
    heading = f"{len(lines)} document(s) differ:" if lines else "IFS shows every posted document."
    return "\n".join([str(capture.get()) + heading, *lines])


def _own(entry: Entry, found: Iterable[InvoiceShown]) -> InvoiceShown | None:
    return next((shown for shown in found if shown.invoice_id == entry.ifs_id), None)


def _add(
    result: Reconciliation,
    entry: Entry,
    shown: InvoiceShown | None,
    month_of: Callable[[InvoiceShown], str],
) -> None:
    if entry.key is None:
        return
    month = month_of(shown) if shown else UNKNOWN_MONTH
    currency, said = _said(entry)
    totals = result.groups[entry.source.kind, entry.key.company, month, currency]
    totals.count += 1
    totals.said += said
    if shown and shown.currency == currency:
        totals.shown += shown.gross


def _said(entry: Entry) -> tuple[str, Decimal]:
    """Currency and gross amount that Procurify says."""
    content = entry.content
    gross = content.gross if content else Decimal(0)
    currency = entry.currency or (content.currency if content else "")
    return currency, gross if entry.amount is None else entry.amount


def _amounts(entry: Entry, shown: InvoiceShown | None) -> Iterator[str]:
    """What of the header is not as Procurify says, or as it was sent."""
    if shown is None:
        yield f"invoice {entry.ifs_id} is no longer in IFS, or is cancelled there"
        return
    currency, said = _said(entry)
    if entry.key and not shown.is_under(entry.key):
        yield (
            f"invoice {shown.invoice_id} was sent as {entry.key.number} of supplier "
            f"{entry.key.supplier} and stands in IFS as {shown.number} of {shown.supplier}"
        )
    place = f"invoice {shown.invoice_id} ({shown.state}) in IFS says"
    if (shown.currency, shown.gross) != (currency, said):
        yield (
            f"Procurify says {format_amount(said, currency)} {currency}, {place} "
            f"{format_amount(shown.gross, shown.currency)} {shown.currency}"
        )
    content = entry.content
    if content is None or has_content(shown, content):
        return
    if content.currency != shown.currency:
        yield f"it was sent in {content.currency}, {place} {shown.currency}"
    for name, ours, theirs in (("net", content.net, shown.net), ("tax", content.tax, shown.tax)):
        if ours != theirs:
            was, says = (format_amount(amount, shown.currency) for amount in (ours, theirs))
            yield f"{name} was {was}, {place} {says}"


def _others(own: InvoiceShown | None, found: Sequence[InvoiceShown]) -> Iterator[str]:
    """Further invoices under the same company, supplier and number."""
    for shown in found:
        if own is not None and shown.invoice_id != own.invoice_id:
            yield f"invoice {shown.invoice_id} ({shown.state}) has the same supplier and number"


def _posted_table(result: Reconciliation) -> Table:
    table = _table("In IFS Cloud", "document", "company", "month", "currency")
    for name in ("count", "Procurify says", "IFS shows", "difference"):
        table.add_column(name, justify="right")
    for (kind, company, month, currency), totals in sorted(result.groups.items()):
        amounts = (totals.said, totals.shown, totals.shown - totals.said)
        shown = [format_amount(amount, currency) for amount in amounts]
        words = kind.replace("_", " ")
        table.add_row(words, company, month, currency, str(totals.count), *shown)
    return table


def _open_table(result: Reconciliation) -> Table:
    table = _table("Not in IFS Cloud, or not known to be", "document", "state", "currency")
    for name in ("count", "amount"):
        table.add_column(name, justify="right")
    for (kind, currency, state), totals in sorted(
        result.not_posted.items(), key=lambda item: (item[0][0], item[0][2].value, item[0][1])
    ):
        amount = format_amount(totals.said, currency) if currency else ""
        words = (kind.replace("_", " "), state.value.replace("_", " "))
        table.add_row(*words, currency, str(totals.count), amount)
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    for name in columns:
        table.add_column(name)
    return table
