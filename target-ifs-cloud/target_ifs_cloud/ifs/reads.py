"""Reads that must be complete: one by one or many in a batch, asked again while unreadable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from target_ifs_cloud.errors import RefusedError, TemporaryError
from target_ifs_cloud.ifs.batch import ReadAnswer, read_reads, write_reads
from target_ifs_cloud.ifs.calls import NOT_FOUND, Calls, name_of, refusal
from target_ifs_cloud.ifs.odata import error_of, parse_json
from target_ifs_cloud.ifs.profile import ProjectionKey
from target_ifs_cloud.wire.retry import is_certain_refusal, is_told_to_wait

READ_TRIES_MAX = 4
"""How often a read is asked again when its answer cannot be read."""


class Reads:
    """Asks one site. Thread-safe: what it learns about the site can only be learned twice."""

    def __init__(self, calls: Calls) -> None:
        """Ask through ``calls``."""
        self._calls = calls
        self._can_batch = calls.profile.use_batch

    def get(self, projection: ProjectionKey, path: str) -> Any:  # noqa: ANN401  (any JSON)
        """The JSON of one read.

        Raises:
            RefusedError: IFS refused it, 404 included.
            TemporaryError: no readable answer.
        """
        for attempt in range(1, READ_TRIES_MAX + 1):
            answer = self._calls.get(projection, path)
            try:
                value = parse_json(answer.body)
            except ValueError:
                value = None
            if value is not None and error_of(value) is None:
                return _with_etag(value, answer.headers.get("etag", ""))
            if attempt < READ_TRIES_MAX:
                self._calls.transport.back_off(attempt)
        raise TemporaryError(
            f"GET {name_of(path)}: no readable answer. Nothing was written. Run again"
        )

    def get_many(self, projection: ProjectionKey, paths: Sequence[str]) -> list[Any]:
        """The JSON of several reads in order; ``None`` where IFS says that it is not there (404).

        Raises:
            NotOfferedError: not for this user.
            RefusedError: IFS refused one of them.
            TemporaryError: one of them has no readable answer.
        """
        size = self._calls.profile.limits.batch_reads
        found: list[Any] = []
        for start in range(0, len(paths), size):
            found += self._get_batch(projection, paths[start : start + size])
        return found

    def _get_batch(self, projection: ProjectionKey, paths: Sequence[str]) -> list[Any]:
        found: dict[int, Any] = {}
        pending = list(range(len(paths)))
        for attempt in range(1, READ_TRIES_MAX + 1):
            answers = self._ask(projection, [paths[index] for index in pending])
            unread: dict[int, str | None] = {}
            for index, answer in zip(pending, answers, strict=True):
                if answer is None or _may_ask_again(answer):
                    unread[index] = answer.retry_after if answer else None
                elif answer.status == NOT_FOUND:
                    found[index] = None
                elif is_certain_refusal(answer.status):
                    refused = refusal(paths[index], answer)
                    raise self._calls.explained(projection, paths[index], refused)
                else:
                    found[index] = answer.value
            pending = list(unread)
            if _is_stopped(answers):
                # The site ends a batch at the first part that is not there: go on behind it.
                behind = self._get_batch(projection, [paths[index] for index in pending])
                found |= zip(pending, behind, strict=True)
                pending = []
            if not pending:
                return [found[index] for index in range(len(paths))]
            waits = list(unread.values())
            is_last = attempt == READ_TRIES_MAX
            if is_last or not self._calls.transport.hold_back(waits, attempt=attempt):
                break
        raise TemporaryError(
            f"{len(pending)} read(s) of a batch have no readable answer. Nothing was written. Run "
            "again"
        )

    def _ask(self, projection: ProjectionKey, paths: Sequence[str]) -> list[ReadAnswer | None]:
        if self._can_batch and len(paths) > 1:
            text = write_reads(paths, decimal_as_string=self._calls.profile.decimal_as_string)
            about = f"{len(paths)} reads"
            try:
                answer = self._calls.batch(projection, text, is_read=True, about=about)
            except RefusedError:
                # A read was refused as a batch, not for what it asks: ask for each one alone.
                self._can_batch = False
            else:
                return read_reads(answer.content_type, answer.body, len(paths))
        return [self._ask_alone(projection, path) for path in paths]

    def _ask_alone(self, projection: ProjectionKey, path: str) -> ReadAnswer:
        try:
            return ReadAnswer(status=200, value=self.get(projection, path))
        except RefusedError as error:
            if error.status == NOT_FOUND:
                return ReadAnswer(status=NOT_FOUND, value=None)
            raise self._calls.explained(projection, path, error) from error


def _is_stopped(answers: Sequence[ReadAnswer | None]) -> bool:
    """Whether the answers end behind a row that is not there, although more was asked for.

    Such a batch has settled one read at least: what is left is shorter.
    """
    last = next((place for place, answer in enumerate(answers) if answer is None), 0)
    before = answers[last - 1] if last else None
    is_rest = all(answer is None for answer in answers[last:])
    return before is not None and before.status == NOT_FOUND and is_rest


def _with_etag(value: Any, etag: str) -> Any:  # noqa: ANN401  (any JSON)
    """A single row with the ETag of its header, where its body does not show it."""
    is_bare_row = isinstance(value, Mapping) and "value" not in value and etag
    return {"@odata.etag": etag, **value} if is_bare_row else value


def _may_ask_again(answer: ReadAnswer) -> bool:
    is_good = 200 <= answer.status < 300 and answer.value is not None  # noqa: PLR2004
    is_wait = is_told_to_wait(answer.status, answer.error)
    return is_wait or not (is_good or is_certain_refusal(answer.status))
