"""One document on its way through the external interface of IFS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from target_ifs_cloud.delivery.sent import Exchange, Sent, Verdict
from target_ifs_cloud.documents import Problem, SupplierInvoice
from target_ifs_cloud.ifs.external_invoices import LoadShown

LOAD_LEFT = Problem(
    code="load_left_over",
    field="LoadId",
    message="an earlier load of this document stands in the external interface of IFS and cannot "
    "be removed from here",
    fix="Remove that load in IFS, then: procurify-ifs retry.",
)


@dataclass(slots=True)
class Journey:
    """One document on its way through the interface; ``sent`` is set when it is at its end."""

    document: SupplierInvoice
    carried: SupplierInvoice
    load_id: str
    load: LoadShown | None = None
    sent: Sent | None = None
    exchanges: list[Exchange] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        """Whether its load has made the invoice already."""
        return self.load is not None and self.load.is_over

    def end(self, verdict: Verdict, problem: Problem | None = None) -> None:
        """Come to an end before the invoice is created."""
        self.sent = Sent(verdict=verdict, problem=problem, exchanges=tuple(self.exchanges))


def open_ones(journeys: Sequence[Journey]) -> list[Journey]:
    """Those that are not at their end."""
    return [journey for journey in journeys if journey.sent is None]
