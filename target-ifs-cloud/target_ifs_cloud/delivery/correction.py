"""What a person is told about a change that is not carried out from here. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from target_ifs_cloud.delivery.situation import Candidate, is_elsewhere
from target_ifs_cloud.delivery.summary import format_amount
from target_ifs_cloud.documents import ORDER_SERIES
from target_ifs_cloud.ifs.invoices import InvoiceShown


def describe_change(
    candidate: Candidate, shown: InvoiceShown | None, edits: Sequence[str] = ()
) -> str:
    """The proposed correction, for the person who makes it.

    ``edits`` are what other hands have changed in IFS since it was sent.
    """
    before = candidate.entry
    ours = "nothing" if candidate.not_wanted else _amount_words(candidate)
    because = f" ({candidate.not_wanted})" if candidate.not_wanted else ""
    retry = f"procurify-ifs retry {candidate.source.id}"
    if shown is None:
        gone = before.ifs_id if before else ""
        is_order = bool(before and before.key and before.key.series == ORDER_SERIES)
        return (
            f"{_thing(is_order=is_order)} {gone} is no longer in IFS, or is cancelled there; "
            f"Procurify says {ours}{because}. If it must be booked again: {retry}"
        )
    thing = _thing(is_order=shown.series == ORDER_SERIES)
    cure = "correct or close" if shown.series == ORDER_SERIES else "credit or correct"
    theirs = f"{format_amount(shown.gross, shown.currency)} {shown.currency}"
    if candidate.is_moved and candidate.document:
        kind = candidate.source.kind.replace("_", " ")
        return (
            f"the {kind} now belongs to {candidate.document.key}, but stands in IFS as {thing} "
            f"{shown.invoice_id} ({shown.state}, {theirs}) and cannot be moved from here. Cancel "
            f"or correct that {thing} in IFS, then: {retry}"
        )
    where = ""
    if is_elsewhere(candidate, shown):
        where = f" and stands there as {shown.number} of supplier {shown.supplier}"
    changed = f" Somebody has changed it there: {'; '.join(edits)}." if edits else ""
    if not changed and not where and ours == theirs:
        changed = " The amounts agree; lines, account codes, tax or dates in Procurify are others."
    return (
        f"Procurify says {ours}{because}; {thing} {shown.invoice_id} in IFS ({shown.state}) says "
        f"{theirs}{where}.{changed} It is not changed by this software: {cure} it in IFS"
    )


def _thing(*, is_order: bool) -> str:
    return "order" if is_order else "invoice"


def _amount_words(candidate: Candidate) -> str:
    if candidate.amount is None:
        return "an unknown amount"
    return f"{format_amount(candidate.amount, candidate.currency)} {candidate.currency}"
