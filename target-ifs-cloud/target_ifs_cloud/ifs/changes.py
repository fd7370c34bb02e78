"""Sends change sets and says of each one what is certain: done, refused, or nobody knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from target_ifs_cloud.errors import OutcomeUnknownError, RefusedError, TemporaryError
from target_ifs_cloud.ifs.batch import (
    ChangeSet,
    ChangeSetResult,
    Done,
    Failed,
    Operation,
    RowAnswer,
    Unanswered,
    read_changes,
    write_changes,
)
from target_ifs_cloud.ifs.calls import (
    FORBIDDEN,
    Calls,
    NotOfferedError,
    error_text,
)
from target_ifs_cloud.ifs.deep_insert import fold
from target_ifs_cloud.ifs.profile import ProjectionKey
from target_ifs_cloud.ifs.rows import key_of

CHANGE_TRIES_MAX = 8
"""How often a change set is sent again when IFS says that it was not done."""
_NOT_SENT = Failed(status=0)


def send_changes(
    calls: Calls, projection: ProjectionKey, change_sets: Sequence[ChangeSet]
) -> list[ChangeSetResult]:
    """One result per change set, in order. What IFS says was not done is sent again.

    Raises:
        ConfigurationError: login, projection or ``$batch`` are refused as such.
    """
    results: list[ChangeSetResult] = [_NOT_SENT] * len(change_sets)
    pending = list(range(len(change_sets)))
    for attempt in range(1, CHANGE_TRIES_MAX + 1):
        answers = _send_all(calls, projection, [change_sets[index] for index in pending])
        waiting: dict[int, str | None] = {}
        for index, answer in zip(pending, answers, strict=True):
            results[index] = answer
            if isinstance(answer, Failed) and answer.is_temporary and answer.status:
                waiting[index] = answer.retry_after
        pending = list(waiting)
        if not pending or attempt == CHANGE_TRIES_MAX:
            break
        if not calls.transport.hold_back(list(waiting.values()), attempt=attempt):
            break
    return results


def _send_all(
    calls: Calls, projection: ProjectionKey, change_sets: Sequence[ChangeSet]
) -> list[ChangeSetResult]:
    """Batch after batch; when IFS is out of reach the rest is not even tried."""
    results: list[ChangeSetResult] = []
    while len(results) < len(change_sets):
        start = len(results)
        chunk = change_sets[start : start + calls.change_sets_per_batch(projection)]
        try:
            if calls.profile.use_batch:
                results += _send_batch(calls, projection, chunk)
            else:
                alone = fold(chunk[0]) if calls.profile.deep_insert else chunk[0]
                results.append(_send_alone(calls, projection, alone))
        except TemporaryError:
            return results + [_NOT_SENT] * (len(change_sets) - len(results))
    return results


def _send_batch(
    calls: Calls, projection: ProjectionKey, change_sets: Sequence[ChangeSet]
) -> list[ChangeSetResult]:
    text = write_changes(change_sets, decimal_as_string=calls.profile.decimal_as_string)
    about = f"{len(change_sets)} change set(s)"
    try:
        answer = calls.batch(projection, text, is_read=False, about=about)
    except OutcomeUnknownError:
        return [Unanswered(reason="the batch has no answer")] * len(change_sets)
    except RefusedError as error:
        return _refused_batch(calls, projection, error, len(change_sets))
    results = read_changes(answer.content_type, answer.body, change_sets)
    is_whole = not any(isinstance(result, Unanswered) for result in results)
    calls.answered(count=len(results), is_whole=is_whole)
    return results


def _refused_batch(
    calls: Calls, projection: ProjectionKey, error: RefusedError, count: int
) -> list[ChangeSetResult]:
    """A batch refused as a whole: by a site that takes none, or for something that is in it.

    A longer one is looked up and sent again one by one: parts of it may have been done.
    """
    if error.status == FORBIDDEN:
        raise calls.explained(projection, "$batch", error) from error
    if not calls.takes_batches(projection):
        name = calls.profile.projection(projection).name
        raise NotOfferedError(
            f"{name} refuses $batch (status {error.status}): correct projections.{projection} or "
            "set use_batch: false in the site profile"
        ) from error
    if count > 1:
        calls.answered(count=count, is_whole=False)
        return [Unanswered(reason="the batch was refused as a whole")] * count
    return [Failed(status=error.status, error=error_text(error))]


def _send_alone(calls: Calls, projection: ProjectionKey, change_set: ChangeSet) -> ChangeSetResult:
    """The requests of a change set one by one, for a site that refuses ``$batch``.

    Not atomic: once something stands, a refusal of the rest is no refusal of the document, so the
    answer is ``Unanswered`` and the document is looked up and completed.
    """
    rows: dict[int, RowAnswer] = {}
    paths: dict[int, str] = {}
    for position, operation in enumerate(change_set.operations, start=1):
        parent = paths.get(operation.parent) if operation.parent is not None else ""
        if parent is None:
            return Unanswered(reason="the address of a created row is not known")
        path = f"{parent}/{operation.path}" if parent else operation.path
        try:
            answer = calls.change(projection, _at(operation, path))
        except RefusedError as error:
            if not rows:
                return Failed(status=error.status, error=error_text(error))
            return Unanswered(reason=f"only {len(rows)} of its requests were done")
        except TemporaryError:
            if not rows:
                raise
            return Unanswered(reason=f"only {len(rows)} of its requests were done")
        except OutcomeUnknownError:
            return Unanswered(reason="a request has no answer")
        rows[position] = answer
        address = _address_of(calls, projection, path=path, operation=operation, answer=answer)
        if address:
            paths[position] = address
    return Done(rows=rows)


def _at(operation: Operation, path: str) -> Operation:
    return Operation(
        method=operation.method,
        path=path,
        fields=operation.fields,
        if_match=operation.if_match,
    )


def _address_of(
    calls: Calls,
    projection: ProjectionKey,
    *,
    path: str,
    operation: Operation,
    answer: RowAnswer,
) -> str:
    """Where a row stands that a POST has made: by its key fields, else by ``Location``."""
    if operation.method != "POST":
        return path
    row: Mapping[str, object] = {**(operation.fields or {}), **answer.row}
    if operation.key and all(row.get(name) is not None for name in operation.key):
        return path + key_of(row, operation.key, calls.profile)
    return urlsplit(answer.location).path.partition(calls.place(projection).root)[2]
