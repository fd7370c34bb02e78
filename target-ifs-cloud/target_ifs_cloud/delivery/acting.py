"""Single writes on one IFS site, each with its verdict and its evidence for the audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from target_ifs_cloud.delivery.refusals import refusal
from target_ifs_cloud.delivery.sent import Exchange, Sent, Verdict
from target_ifs_cloud.documents import Problem, fingerprint
from target_ifs_cloud.errors import OutcomeUnknownError, RefusedError, TemporaryError
from target_ifs_cloud.ifs.batch import ChangeSet, ChangeSetResult, Done, Failed
from target_ifs_cloud.ifs.calls import error_text
from target_ifs_cloud.ifs.client import IfsClient
from target_ifs_cloud.ifs.odata import is_stale
from target_ifs_cloud.ifs.profile import ProjectionKey, SiteProfile

ETAG_MISSING = Problem(
    code="etag_missing",
    field="@odata.etag",
    message="IFS shows the document without a version mark (ETag), so it cannot be changed safely",
    fix="Change it by hand in IFS, or correct the set in the site profile: a query set has none.",
)


def exchange_of(
    profile: SiteProfile, projection: ProjectionKey, change_set: ChangeSet, result: ChangeSetResult
) -> Exchange:
    """The evidence of one change set: what was asked, by its hash, and the verdict."""
    operations = change_set.operations
    before = next((o.if_match for o in operations if o.if_match), "")
    rows = result.rows if isinstance(result, Done) else {}
    status = result.status if isinstance(result, Failed) else None
    return Exchange(
        method="POST",
        path=f"{profile.projection(projection).root}$batch",
        body_hash=fingerprint(
            [[o.method, o.path, dict(o.fields or {}), o.if_match] for o in operations]
        ),
        status=rows[1].status if rows else status,
        etag_before=before,
        etag_after=rows[1].etag if rows else "",
    )


def call_action(
    client: IfsClient,
    projection: ProjectionKey,
    path: str,
    action: str,
    *,
    etag: str,
    ifs_id: str,
    parameters: Mapping[str, Any] | None = None,
) -> Sent:
    """Call an action of one row, as long as the row is as it was read."""
    exchange = Exchange(
        method="POST",
        path=f"{client.profile.projection(projection).root}{path}/{action}",
        body_hash=fingerprint(dict(parameters or {})),
        status=None,
        etag_before=etag,
    )
    sent = Sent(verdict=Verdict.DONE, ifs_id=ifs_id, exchanges=(exchange,))
    if not etag:
        return Sent(verdict=Verdict.REFUSED, ifs_id=ifs_id, problem=ETAG_MISSING)
    try:
        answer = client.action(projection, path, action, etag=etag, parameters=parameters)
    except (OutcomeUnknownError, TemporaryError):
        return replace(sent, verdict=Verdict.UNANSWERED)
    except RefusedError as error:
        exchange = replace(exchange, status=error.status)
        sent = replace(sent, exchanges=(exchange,))
        text = error_text(error)
        if is_stale(text, status=error.status):
            return replace(sent, verdict=Verdict.STALE)
        return replace(sent, verdict=Verdict.REFUSED, problem=refusal(error.status, text))
    exchange = replace(exchange, status=answer.status, etag_after=answer.etag)
    return replace(sent, exchanges=(exchange,))
