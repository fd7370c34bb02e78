"""One document with its decision, and the line of evidence about it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from target_ifs_cloud.delivery.plan import Decision
from target_ifs_cloud.delivery.sent import Sent
from target_ifs_cloud.delivery.situation import Candidate
from target_ifs_cloud.ifs.invoices import InvoiceShown


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A candidate with the decision taken for it and the invoice that IFS shows, if any."""

    candidate: Candidate
    decision: Decision
    shown: InvoiceShown | None = None
    differences: tuple[str, ...] = ()


def evidence(step: Step, sent: Sent | None = None) -> dict[str, Any]:
    """One line of the audit trail about one document."""
    source = step.candidate.source
    line: dict[str, Any] = {
        "event": "answered" if sent else "decided",
        "direction": "procurify-to-ifs",
        "decision": step.decision.value,
        "kind": source.kind,
        "source": source.id,
        "source_version": source.version,
        "source_hash": source.hash,
        "key": str(step.candidate.key or ""),
        "rules": step.candidate.rules_version,
    }
    if step.candidate.problems:
        line["problems"] = sorted({problem.code for problem in step.candidate.problems})
    if step.candidate.warnings:
        line["warnings"] = sorted({problem.code for problem in step.candidate.warnings})
    if step.candidate.not_wanted:
        line["reason"] = step.candidate.not_wanted
    if step.shown:
        line["ifs_id"] = step.shown.invoice_id
        line["ifs_state"] = step.shown.state
    if sent:
        line["verdict"] = sent.verdict.value
        line["ifs_id"] = sent.ifs_id or line.get("ifs_id", "")
        line["exchanges"] = [exchange.to_fields() for exchange in sent.exchanges]
        if sent.problems:
            line["problems"] = sorted({problem.code for problem in sent.problems})
    return line
