"""From an answer of IFS to a verdict, and to a reason that a person can act on. Pure."""

from __future__ import annotations

from target_ifs_cloud.delivery.sent import Exchange, Sent, Verdict
from target_ifs_cloud.documents import Problem
from target_ifs_cloud.ifs.batch import ChangeSetResult, Done, Failed

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
    error = result.error
    problem = refusal(result.status, error.code, error.number, tag=error.tag)
    return Sent(verdict=Verdict.REFUSED, problem=problem, exchanges=(exchange,))


def refusal(status: int, code: str, number: int, *, tag: str) -> Problem:
    """Why IFS said no, without its prose, which is translated and may hold data."""
    words = [code or f"status {status}"]
    words += [f"ORA-{number}"] if number else []
    words += [tag] if tag else []
    return Problem(
        code=REFUSED_BY_IFS,
        field=tag,
        message=f"IFS refused it: {' '.join(words)}",
        fix="Cure the cause in IFS, in the rules or in Procurify, then: procurify-ifs retry.",
    )
