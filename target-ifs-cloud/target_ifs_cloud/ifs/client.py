"""One IFS Cloud site: rows, single rows, batches of reads, atomic change sets, actions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from target_ifs_cloud.errors import RefusedError, TemporaryError
from target_ifs_cloud.ifs.batch import (
    ChangeSet,
    ChangeSetResult,
    Operation,
    RowAnswer,
    action_of,
)
from target_ifs_cloud.ifs.calls import (
    NOT_FOUND,
    Calls,
    NotOfferedError,
    name_of,
)
from target_ifs_cloud.ifs.changes import send_changes
from target_ifs_cloud.ifs.deep_insert import fold
from target_ifs_cloud.ifs.odata import Filter, parse_error
from target_ifs_cloud.ifs.paging import IncompleteAnswerError, Reading, Row
from target_ifs_cloud.ifs.profile import ProjectionKey, SiteProfile
from target_ifs_cloud.ifs.reads import Reads
from target_ifs_cloud.wire.clockwork import Clockwork
from target_ifs_cloud.wire.connection import Timeouts
from target_ifs_cloud.wire.exchange import Observer
from target_ifs_cloud.wire.limiter import Pace
from target_ifs_cloud.wire.retry import Limits
from target_ifs_cloud.wire.token import AccessToken, Login
from target_ifs_cloud.wire.transport import Allowed, Transport, TransportSettings

_COUNT_REFUSED = frozenset({400, 501})
_READS = frozenset({"GET"})
_WRITES = frozenset({"GET", "POST", "PATCH", "DELETE"})
_WRITTEN: tuple[ProjectionKey, ...] = ("invoice", "proposal", "supplier", "external", "order")


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """How to reach a site. Units: ``timeout_s`` in seconds, for the next bytes of an answer."""

    base_url: str
    login: Login
    timeout_s: float = 120.0
    retry_max: int = 5
    connections_max: int = 8
    reads_only: bool = False


def connect(
    site: Site,
    profile: SiteProfile,
    *,
    clockwork: Clockwork | None = None,
    observers: Sequence[Observer] = (),
) -> IfsClient:
    """A client for this site; nothing is opened before the first request.

    Raises:
        ConfigurationError: an address is not https (loopback may be http).
    """
    clockwork = clockwork or Clockwork()
    limits = Limits(attempts_max=site.retry_max + 1)
    rate = float(profile.limits.requests_per_second)
    token = AccessToken(site.login, clockwork=clockwork, limits=limits)
    settings = TransportSettings(
        base_url=site.base_url,
        allowed=allowed_calls(profile),
        timeouts=Timeouts(read_s=site.timeout_s),
        limits=limits,
        pace=Pace(rate_max=rate, rate_min=min(rate, Pace().rate_min)),
        connections_max=site.connections_max,
        reads_only=site.reads_only,
    )
    transport = Transport(
        settings, token=token, read_error=parse_error, clockwork=clockwork, observers=observers
    )
    return IfsClient(transport, profile)


def allowed_calls(profile: SiteProfile) -> tuple[Allowed, ...]:
    """What may be sent: reads in every projection of the profile, writes in those of documents."""
    return tuple(
        Allowed(methods=_WRITES if name in _WRITTEN else _READS, prefix=projection.root)
        for name, projection in profile.projections.items()
    )


class IfsClient:
    """Reads and writes one site. Thread-safe. Paths are relative to the projection."""

    def __init__(self, transport: Transport, profile: SiteProfile) -> None:
        """Talk through ``transport`` with the names of ``profile``."""
        self._calls = Calls(transport, profile)
        self._reads = Reads(self._calls)
        self._count_is_taken: bool | None = None if profile.ask_for_count else False

    @property
    def profile(self) -> SiteProfile:
        """The names and habits of this site."""
        return self._calls.profile

    @property
    def transport(self) -> Transport:
        """What sends; for observers."""
        return self._calls.transport

    def close(self) -> None:
        """Close every connection."""
        self._calls.transport.close()

    # reads

    def rows(
        self,
        projection: ProjectionKey,
        path: str,
        *,
        filter_by: Filter | None = None,
        order: Sequence[str] = (),
    ) -> Iterator[Row]:
        """Every row of a collection, none twice. ``order`` should name the whole key.

        Raises:
            NotOfferedError: the site has no such collection, or not for this user.
            TemporaryError: no complete answer.
        """
        reading = self.reading(projection, path, filter_by=filter_by, order=order)
        answers = self._first_answers(projection, [reading])
        while True:
            (answer,) = answers
            if answer is None:
                refused = RefusedError(f"GET {name_of(path)}", status=NOT_FOUND)
                raise self._calls.explained(projection, path, refused)
            yield from _taken(reading, answer)
            if reading.next_path is None:
                return
            answers = self.batch_get(projection, [reading.next_path])

    def reading(
        self,
        projection: ProjectionKey,
        path: str,
        *,
        filter_by: Filter | None = None,
        order: Sequence[str] = (),
    ) -> Reading:
        """A collection that is going to be read, for :meth:`collections`."""
        return Reading(
            path,
            place=self._calls.place(projection),
            page_size=self.profile.limits.page_size,
            order=order,
            filter_by=filter_by,
            ask_for_count=self._count_is_taken is not False,
        )

    def collections(
        self, projection: ProjectionKey, readings: Sequence[Reading]
    ) -> list[list[Row] | None]:
        """Every row of several collections; their pages travel together where batches are allowed.

        ``None`` for a collection that is not there (404): its parent is gone or the site has none.

        Raises:
            NotOfferedError: not for this user.
            TemporaryError: no complete answer.
        """
        if not readings:
            return []
        found: list[list[Row] | None] = [[] for _ in readings]
        asked = list(range(len(readings)))
        answers = self._first_answers(projection, readings)
        while asked:
            pending: dict[int, str] = {}
            for number, answer in zip(asked, answers, strict=True):
                rows = found[number]
                if answer is None or rows is None:
                    found[number] = None
                    continue
                rows += _taken(readings[number], answer)
                following = readings[number].next_path
                if following is not None:
                    pending[number] = following
            asked = list(pending)
            answers = self.batch_get(projection, list(pending.values()))
        return found

    def _first_answers(self, projection: ProjectionKey, readings: Sequence[Reading]) -> list[Any]:
        """The first page of each collection; without ``$count`` where the site refuses that.

        Source: documented as supported, and reported from the field as not always working.
        """
        try:
            answers = self.batch_get(projection, _paths(readings))
        except (RefusedError, NotOfferedError) as error:
            is_open = self._count_is_taken is None and error.status in _COUNT_REFUSED
            if not is_open:
                raise
            for reading in readings:
                reading.drop_count()
            answers = self.batch_get(projection, _paths(readings))
            self._count_is_taken = False
        else:
            if self._count_is_taken is None:
                self._count_is_taken = True
        return answers

    def row(self, projection: ProjectionKey, path: str) -> Row | None:
        """One row by its address; ``None`` when it is not there.

        Raises:
            NotOfferedError: not for this user.
            TemporaryError: no readable answer.
        """
        try:
            value = self._reads.get(projection, path)
        except RefusedError as error:
            if error.status == NOT_FOUND:
                return None
            raise self._calls.explained(projection, path, error) from error
        if not isinstance(value, Mapping):
            raise TemporaryError(f"GET {name_of(path)}: the answer is no row")
        return value

    def batch_get(self, projection: ProjectionKey, paths: Sequence[str]) -> list[Any]:
        """The JSON of several reads in order; ``None`` where IFS says that it is not there (404).

        Raises:
            NotOfferedError: not for this user.
            RefusedError: IFS refused one of them.
            TemporaryError: one of them has no readable answer.
        """
        return self._reads.get_many(projection, paths)

    def text(self, projection: ProjectionKey, path: str, *, accept: str) -> bytes:
        """A document that is no JSON, such as ``$metadata``.

        Raises:
            NotOfferedError: the site does not offer it.
            TemporaryError: no answer.
        """
        try:
            return self._calls.get(projection, path, accept=accept).body
        except RefusedError as error:
            raise self._calls.explained(projection, path, error) from error

    # writes

    def batch_change(
        self, projection: ProjectionKey, change_sets: Sequence[ChangeSet]
    ) -> list[ChangeSetResult]:
        """One result per change set, in order. What IFS says was not done is sent again.

        A result that is still ``Failed`` with ``is_temporary`` was not done either: send it later.
        ``Unanswered`` may be settled by a look-up alone; send what is absent one by one.

        Raises:
            ConfigurationError: login, projection or ``$batch`` are refused as such.
        """
        return send_changes(self._calls, projection, change_sets) if change_sets else []

    def goes_whole(self, change_set: ChangeSet) -> bool:
        """Whether it travels as one request, of which IFS does all or nothing."""
        if self.profile.use_batch:
            return True
        sent = fold(change_set) if self.profile.deep_insert else change_set
        return len(sent.operations) == 1

    def post(self, projection: ProjectionKey, path: str, fields: Mapping[str, Any]) -> RowAnswer:
        """Create one row.

        Raises:
            RunError: as :meth:`Transport.send`; an unreadable answer is an unknown outcome.
        """
        return self._calls.change(projection, Operation(method="POST", path=path, fields=fields))

    def patch(
        self, projection: ProjectionKey, path: str, fields: Mapping[str, Any], *, etag: str
    ) -> RowAnswer:
        """Change one row, as long as it is as it was read.

        Raises:
            RunError: as :meth:`post`; ``RefusedError`` with status 412 when it is not.
        """
        operation = Operation(method="PATCH", path=path, fields=fields, if_match=etag)
        return self._calls.change(projection, operation)

    def delete(self, projection: ProjectionKey, path: str, *, etag: str) -> RowAnswer:
        """Remove one row, as long as it is as it was read.

        Raises:
            RunError: as :meth:`patch`.
        """
        operation = Operation(method="DELETE", path=path, if_match=etag)
        return self._calls.change(projection, operation)

    def action(
        self,
        projection: ProjectionKey,
        path: str,
        name: str,
        *,
        etag: str,
        parameters: Mapping[str, Any] | None = None,
    ) -> RowAnswer:
        """Call an action of a row, as long as the row is as it was read.

        Raises:
            RunError: as :meth:`patch`.
        """
        service = self.profile.projection(projection).name
        operation = action_of(service, path, name, etag=etag, parameters=parameters)
        return self._calls.change(projection, operation)


def _paths(readings: Sequence[Reading]) -> list[str]:
    return [path for reading in readings if (path := reading.next_path) is not None]


def _taken(reading: Reading, answer: object) -> list[Row]:
    try:
        return reading.take(answer)
    except IncompleteAnswerError as error:
        message = f"IFS did not answer completely ({error}). Nothing was written. Run again"
        raise TemporaryError(message) from error
