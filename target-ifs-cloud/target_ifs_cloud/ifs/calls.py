"""Single requests to one IFS site: addresses, headers, and refusals in words of the profile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from target_ifs_cloud.errors import ConfigurationError, OutcomeUnknownError, RefusedError
from target_ifs_cloud.ifs.batch import (
    BatchText,
    Operation,
    ReadAnswer,
    RowAnswer,
    write_reads,
)
from target_ifs_cloud.ifs.odata import (
    ARRAY_ELEMENTS_MAX,
    array_elements,
    body,
    error_of,
    parse_json,
)
from target_ifs_cloud.ifs.paging import Place
from target_ifs_cloud.ifs.profile import ProjectionKey, SiteProfile
from target_ifs_cloud.wire.exchange import ErrorText, Request, Response
from target_ifs_cloud.wire.redaction import told
from target_ifs_cloud.wire.transport import Transport

NOT_FOUND = 404
FORBIDDEN = 403
NOT_OFFERED = frozenset({FORBIDDEN, NOT_FOUND, 405, 501})
CAREFUL_SENDS = 100
"""How many change sets go alone after an answer that left some of a batch open."""


class NotOfferedError(ConfigurationError):
    """This site does not offer a projection or a set, or not to this user.

    ``status`` is what it answered.
    """

    def __init__(self, message: str, *, status: int = NOT_FOUND) -> None:
        """Keep the status beside the message for people."""
        super().__init__(message)
        self.status = status


class Calls:
    """Sends one request at a time with the habits of the site. Thread-safe."""

    def __init__(self, transport: Transport, profile: SiteProfile) -> None:
        """Talk through ``transport`` with the names of ``profile``."""
        self.transport = transport
        self.profile = profile
        self._careful = 0

    def place(self, projection: ProjectionKey) -> Place:
        """Where a projection stands."""
        root = self.profile.projection(projection).root
        return Place(base_url=self.transport.base_url, root=root)

    def change_sets_per_batch(self, projection: ProjectionKey) -> int:
        """How many change sets go together now; those of proposals are rows alone, so more do."""
        limits = self.profile.limits
        if self._careful > 0 or not self.profile.use_batch:
            return 1
        return limits.batch_proposals if projection == "proposal" else limits.batch_change_sets

    def answered(self, *, count: int, is_whole: bool) -> None:
        """Take note of an answer to ``count`` change sets that did come.

        After one that leaves some of them open, the next ones go alone for a while: an answer to
        one change set cannot be mixed up, even by a server that stops at the first refusal.
        """
        if not is_whole and count > 1:
            self._careful = CAREFUL_SENDS
        else:
            self._careful = max(self._careful - 1, 0)

    def get(self, projection: ProjectionKey, path: str, *, accept: str = "") -> Response:
        """One GET.

        Raises:
            RunError: as :meth:`Transport.send`.
        """
        return self.transport.send(
            Request(
                method="GET",
                path=self.profile.projection(projection).root + path,
                is_read=True,
                about=f"GET {name_of(path)}",
                headers={"Accept": accept or self._media_type()},
            )
        )

    def change(self, projection: ProjectionKey, operation: Operation) -> RowAnswer:
        """One write.

        Raises:
            RunError: as :meth:`Transport.send`; an unreadable answer is an unknown outcome.
        """
        if array_elements(operation.fields) > ARRAY_ELEMENTS_MAX:
            message = f"a body carries more than {ARRAY_ELEMENTS_MAX} array elements"
            raise AssertionError(message)
        response = self._send_operation(projection, operation)
        row = _row_of(response)
        if row is None:
            raise OutcomeUnknownError(
                f"{operation.method} {name_of(operation.path)}: the answer cannot be read. It may "
                "or may not have been done: look before sending"
            )
        headers = response.headers
        return RowAnswer(
            status=response.status,
            row=row,
            etag=str(row.get("@odata.etag") or headers.get("etag", "")),
            location=headers.get("location") or headers.get("odata-entityid", ""),
        )

    def batch(
        self, projection: ProjectionKey, text: BatchText, *, is_read: bool, about: str
    ) -> Response:
        """One ``$batch``. Source: path, media type and the preference are documented by IFS.

        Raises:
            RunError: as :meth:`Transport.send`.
        """
        return self.transport.send(
            Request(
                method="POST",
                path=self.profile.projection(projection).root + "$batch",
                is_read=is_read,
                about=f"$batch of {about}",
                headers={
                    "Accept": "multipart/mixed",
                    "Content-Type": text.content_type,
                    "Prefer": "odata.continue-on-error",
                },
                body=text.body,
            )
        )

    def takes_batches(self, projection: ProjectionKey) -> bool:
        """Whether a batch of one harmless read is taken by a projection that is written.

        Raises:
            RunError: as :meth:`Transport.send`, refusals excepted.
        """
        profile = self.profile
        sets = {
            "invoice": profile.invoice.set,
            "proposal": profile.proposal.set if profile.proposal else "",
            "supplier": profile.supplier.set,
            "external": profile.external.set if profile.external else "",
            "order": profile.order.set if profile.order else "",
        }
        text = write_reads([f"{sets[projection]}?$top=1"])
        try:
            self.batch(projection, text, is_read=True, about="one read")
        except RefusedError:
            return False
        return True

    def explained(
        self, projection: ProjectionKey, path: str, error: RefusedError
    ) -> RefusedError | NotOfferedError:
        """The refusal of a read, as a fault of the profile or of the user's grants if it is one."""
        if error.status not in NOT_OFFERED:
            return error
        service = self.profile.projection(projection).name
        cure = (
            f"grant the projection {service} to the service user"
            if error.status == FORBIDDEN
            else f"correct projections.{projection} or {name_of(path)} in the site profile"
        )
        return NotOfferedError(
            f"IFS does not offer {name_of(path)} of {service} (status {error.status}): {cure}",
            status=error.status,
        )

    def _send_operation(self, projection: ProjectionKey, operation: Operation) -> Response:
        media_type = self._media_type()
        headers = {"Accept": media_type}
        content: bytes | None = None
        if operation.fields is not None:
            headers["Content-Type"] = media_type
            content = body(operation.fields, decimal_as_string=self.profile.decimal_as_string)
        if operation.if_match:
            headers["If-Match"] = operation.if_match
        return self.transport.send(
            Request(
                method=operation.method,
                path=self.profile.projection(projection).root + operation.path,
                is_read=False,
                about=f"{operation.method} {name_of(operation.path)}",
                headers=headers,
                body=content,
            )
        )

    def _media_type(self) -> str:
        exact = ";IEEE754Compatible=true" if self.profile.decimal_as_string else ""
        return f"application/json{exact}"


def name_of(path: str) -> str:
    """The sets and actions of a path, without keys and query: no data of a document."""
    parts = path.partition("?")[0].split("/")
    return "/".join(part.partition("(")[0] for part in parts)


def error_text(error: RefusedError) -> ErrorText:
    """What classifies a refusal."""
    return ErrorText(code=error.code, number=error.number, tag=error.tag, words=error.words)


def refusal(path: str, answer: ReadAnswer) -> RefusedError:
    """A refused read of a batch as the error that a single read would have raised."""
    message = f"GET {name_of(path)}: refused with status {answer.status} {told(answer.error)}"
    return RefusedError(message.rstrip(), status=answer.status, **answer.error._asdict())


def _row_of(response: Response) -> Mapping[str, Any] | None:
    """The row in the answer to a write, empty where there is none; ``None`` if unreadable."""
    if not response.body.strip():
        return {}
    try:
        value = parse_json(response.body)
    except ValueError:
        return None
    is_row = isinstance(value, Mapping) and error_of(value) is None
    return value if is_row else None
