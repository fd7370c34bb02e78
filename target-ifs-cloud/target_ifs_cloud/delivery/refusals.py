"""From an answer of IFS to a verdict, and to a reason that a person can act on. Pure."""

from __future__ import annotations

from target_ifs_cloud.delivery.sent import Exchange, Sent, Verdict
from target_ifs_cloud.documents import Problem
from target_ifs_cloud.ifs.batch import ChangeSetResult, Done, Failed
from target_ifs_cloud.wire.exchange import ErrorText
from target_ifs_cloud.wire.redaction import told

REFUSED_BY_IFS = "refused_by_ifs"
STALE_STATUS = 412
NO_PROPOSAL = Problem(
    code="proposal_missing",
    field="postings",
    message="the invoice has no posting proposal, although the company uses them",
    fix="If IFS does not make it with the invoice here, set proposal.head: create in the profile.",
)


def verdict_of(result: ChangeSetResult, *, ifs_id: str, exchange: Exchange) -> Sent:
    """The verdict of one change set. What IFS did not serve (throttled, locked) may come again."""
    if isinstance(result, Done):
        return Sent(verdict=Verdict.DONE, ifs_id=ifs_id, exchanges=(exchange,))
    if not isinstance(result, Failed):
        return Sent(verdict=Verdict.UNANSWERED, exchanges=(exchange,))
    if result.is_stale:
        return Sent(verdict=Verdict.STALE, exchanges=(exchange,))
    if result.is_temporary:
        return Sent(verdict=Verdict.POSTPONED, exchanges=(exchange,))
    problem = refusal(result.status, result.error)
    return Sent(verdict=Verdict.REFUSED, problem=problem, exchanges=(exchange,))


def refusal(status: int, error: ErrorText) -> Problem:
    """Why IFS said no: what classifies it, and its own words, which often name the field."""
    said = told(error) if error.code else f"status {status} {told(error)}".rstrip()
    return Problem(
        code=REFUSED_BY_IFS,
        field=error.tag,
        message=f"IFS refused it: {said}",
        fix="Cure the cause in IFS, in the rules or in Procurify, then: procurify-ifs retry.",
    )
