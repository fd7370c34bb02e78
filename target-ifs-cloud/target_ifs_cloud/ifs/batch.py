"""Multipart ``$batch`` requests: written for one projection, read without ever guessing. Pure.

A change set is atomic. Its answer is one of three: ``Done`` when every request of it has a complete
good answer, ``Failed`` when the answer says no (a failed change set is answered once, for all of
it), and ``Unanswered`` for everything else. Silence, a cut text or a contradiction is never turned
into a yes or a no: the document is looked up instead.

Sources: atomic change sets, ``$n`` references and continue-on-error are documented by IFS; reading
answers by ``Content-ID`` is seen in code; the form of a failed change set follows OData 4.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from target_ifs_cloud.ifs.batch_text import Part, read_parts
from target_ifs_cloud.ifs.odata import body, error_of, is_duplicate, is_stale, parse_json
from target_ifs_cloud.wire.exchange import NO_ERROR, ErrorText, is_lock
from target_ifs_cloud.wire.retry import is_certain_refusal, is_undone

_CRLF = "\r\n"
_UNAUTHORISED = 401
_JSON = "application/json"
_JSON_EXACT = "application/json;IEEE754Compatible=true"
_UNREADABLE = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One request of a change set.

    ``path`` is relative to the projection, or to the entity that an earlier operation of the same
    change set creates when ``parent`` is its position (the first one is 1). ``key`` names the key
    fields of the entity made or changed, for sites that refuse ``$batch``.
    """

    method: str
    path: str
    fields: Mapping[str, Any] | None = None
    if_match: str = ""
    parent: int | None = None
    key: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """No row is changed or removed without the ETag that was read of it."""
        is_of_a_row = self.method in {"PATCH", "DELETE"}
        if self.if_match == "*" or (is_of_a_row and not self.if_match):
            message = f"{self.method} needs an ETag that was read, never none and never *"
            raise AssertionError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSet:
    """Requests that happen all together or not at all."""

    operations: tuple[Operation, ...]


def action_of(
    service: str, path: str, action: str, *, etag: str, parameters: Mapping[str, Any] | None = None
) -> Operation:
    """A call of a row's own action, as long as the row is as it was read.

    ``service`` is the name of the projection, which qualifies the action. Source: the form of the
    address and the need of ``If-Match`` are seen in code.
    """
    return Operation(
        method="POST",
        path=f"{path}/IfsApp.{service}.{action}",
        fields=dict(parameters or {}),
        if_match=etag,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RowAnswer:
    """The answer to one request: status, the row with its ETag if there is one, its address."""

    status: int
    row: Mapping[str, Any] = field(default_factory=dict)
    etag: str = ""
    location: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """Every request was done; ``rows`` by position in the change set, from 1."""

    rows: Mapping[int, RowAnswer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The change set was refused; certain: nothing of it stands. Status 0: it never reached IFS."""

    status: int
    error: ErrorText = NO_ERROR
    retry_after: str | None = None

    @property
    def is_temporary(self) -> bool:
        """True when the same change set may be sent again: told to wait, locked, token too old."""
        is_wait = is_undone(self.status, self.error) or self.status == _UNAUTHORISED
        return is_wait or is_lock(self.error) or self.status == 0

    @property
    def is_stale(self) -> bool:
        """True when what had been read was old: read again, decide again."""
        return is_stale(self.error, status=self.status)

    @property
    def is_duplicate(self) -> bool:
        """True when IFS says that the row is there already."""
        return is_duplicate(self.error)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """Nobody knows; look it up. ``reason`` is for people and holds no data."""

    reason: str


ChangeSetResult = Done | Failed | Unanswered
_Said = RowAnswer | Failed | Unanswered | None
"""What one answer says: its row, or what speaks against its request; ``None``: cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAnswer:
    """The answer to one GET of a batch; ``value`` is its JSON, ``None`` where there is none."""

    status: int
    value: Any
    error: ErrorText = NO_ERROR
    retry_after: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchText:
    """A batch as it is sent."""

    content_type: str
    body: bytes


def write_changes(
    change_sets: Sequence[ChangeSet], *, decimal_as_string: bool = False
) -> BatchText:
    """A batch of change sets. Content-IDs count from 1 through the whole batch."""
    pieces: list[bytes] = []
    first = 1
    for number, change_set in enumerate(change_sets, start=1):
        operations = [
            _operation(operation, first, decimal_as_string=decimal_as_string)
            for operation in change_set.operations
        ]
        inner = _boundary(f"changeset_{number}", operations)
        parts = [
            _lines(f"--{inner}", *_part_head(content_id)) + text
            for content_id, text in enumerate(operations, start=first)
        ]
        head = _lines(f"Content-Type: multipart/mixed; boundary={inner}", "")
        pieces.append(head + b"".join(parts) + _lines(f"--{inner}--"))
        first += len(operations)
    return _enclosed(pieces)


def write_reads(paths: Sequence[str], *, decimal_as_string: bool = False) -> BatchText:
    """A batch of GETs, each address relative to the projection."""
    accept = _JSON_EXACT if decimal_as_string else _JSON
    return _enclosed(
        [
            _lines(*_part_head(number), f"GET {path} HTTP/1.1", f"Accept: {accept}", "", "")
            for number, path in enumerate(paths, start=1)
        ]
    )


def _enclosed(pieces: Sequence[bytes]) -> BatchText:
    boundary = _boundary("batch", pieces)
    begin = _lines(f"--{boundary}")
    text = b"".join([part for piece in pieces for part in (begin, piece)])
    return BatchText(
        content_type=f"multipart/mixed; boundary={boundary}", body=text + _lines(f"--{boundary}--")
    )


def _part_head(content_id: int) -> tuple[str, ...]:
    return (
        "Content-Type: application/http",
        "Content-Transfer-Encoding: binary",
        f"Content-ID: {content_id}",
        "",
    )


def _operation(operation: Operation, first: int, *, decimal_as_string: bool) -> bytes:
    path = operation.path
    if not (operation.path + operation.if_match).isprintable():
        message = "an address or an ETag holds a control character"
        raise ValueError(message)
    if operation.parent is not None:
        path = f"${first + operation.parent - 1}/{path}"
    media_type = _JSON_EXACT if decimal_as_string else _JSON
    lines = [f"{operation.method} {path} HTTP/1.1", f"Accept: {media_type}"]
    if operation.if_match:
        lines.append(f"If-Match: {operation.if_match}")
    if operation.fields is None:
        return _lines(*lines, "", "")
    content = body(operation.fields, decimal_as_string=decimal_as_string)
    lines += [f"Content-Type: {media_type}", f"Content-Length: {len(content)}", ""]
    return _lines(*lines) + content + _CRLF.encode()


def _lines(*lines: str) -> bytes:
    return "".join(line + _CRLF for line in lines).encode()


def _boundary(name: str, content: Sequence[bytes]) -> str:
    """A delimiter made from what it delimits, so that no value can contain it by intent."""
    return f"{name}_{hashlib.sha256(b''.join(content)).hexdigest()[:32]}"


def read_changes(
    content_type: str, text: bytes, change_sets: Sequence[ChangeSet]
) -> list[ChangeSetResult]:
    """One result per change set, in the order in which they were sent."""
    ids = _ids_of([len(change_set.operations) for change_set in change_sets])
    parts, is_whole = read_parts(content_type, text)
    places = _assign(parts, ids, is_whole=is_whole)
    return [
        Unanswered(reason="no identifiable answer") if place is None else _result(parts[place], own)
        for place, own in zip(places, ids, strict=True)
    ]


def read_reads(content_type: str, text: bytes, count: int) -> list[ReadAnswer | None]:
    """One answer per GET in the order sent; ``None`` where there is none that can be relied on."""
    parts, is_whole = read_parts(content_type, text)
    places = _assign(parts, [(n,) for n in range(1, count + 1)], is_whole=is_whole)
    return [None if place is None else _read_answer(parts[place]) for place in places]


def _ids_of(sizes: Sequence[int]) -> list[tuple[int, ...]]:
    ids, first = [], 1
    for size in sizes:
        ids.append(tuple(range(first, first + size)))
        first += size
    return ids


def _assign(
    parts: Sequence[Part], units: Sequence[tuple[int, ...]], *, is_whole: bool
) -> list[int | None]:
    """Which answer belongs to which unit: by Content-ID, else by order where the count fits.

    The answer is a place in ``parts`` for each unit, ``None`` where there is none.

    An answer that names requests of two units, and a unit that is named by two answers, are
    contradictions and count for nobody. Numbers that nobody gave are none only where no answer
    uses ours.
    """
    owner = {content_id: index for index, unit in enumerate(units) for content_id in unit}
    named = [{owner[i] for i in part.content_ids if i in owner} for part in parts]
    claims = [index for indexes in named for index in indexes]
    found: list[int | None] = [None] * len(units)
    for place, indexes in enumerate(named):
        if len(indexes) == 1 and claims.count(index := next(iter(indexes))) == 1:
            found[index] = place
    strangers = [
        part for part in parts if part.content_ids and owner.keys().isdisjoint(part.content_ids)
    ]
    is_contradictory = len(claims) != len(set(claims)) or (claims and strangers)
    if not is_whole or len(parts) != len(units) or is_contradictory:
        return found
    nameless = [index for index, indexes in enumerate(named) if not indexes]
    is_in_order = all(indexes <= {place} for place, indexes in enumerate(named))
    missing = [index for index in range(len(units)) if index not in claims]
    if is_in_order or len(nameless) == len(missing) == 1:
        for place, index in zip(nameless, missing, strict=False):
            found[index] = place
    return found


def _result(answer: Part, ids: Sequence[int]) -> ChangeSetResult:
    if not answer.is_nested:
        said = _said(answer)
        if isinstance(said, Failed | Unanswered):
            return said
        # One good answer to a change set of one request; to a longer one it says too little.
        is_alone = len(ids) == 1
        return _done([answer], [said], ids) if is_alone else Unanswered(reason="answered in part")
    told = [_said(inner) for inner in answer.inner]
    refusals = [said for said in told if isinstance(said, Failed | Unanswered)]
    certain = [refusal for refusal in refusals if isinstance(refusal, Failed)]
    if refusals:
        # Atomic: one clear no is the answer of the whole change set.
        is_clear = len(certain) == len(refusals)
        return certain[0] if is_clear else Unanswered(reason="the answer is unclear")
    if not answer.is_closed:
        return Unanswered(reason="the answer is cut short")
    return _done(answer.inner, told, ids)


def _done(parts: Sequence[Part], told: Sequence[_Said], ids: Sequence[int]) -> ChangeSetResult:
    """``Done`` when each request has exactly one good and readable answer."""
    found = _assign(parts, [(content_id,) for content_id in ids], is_whole=True)
    rows: dict[int, RowAnswer] = {}
    for position, place in enumerate(found, start=1):
        row = None if place is None else told[place]
        if not isinstance(row, RowAnswer):
            return Unanswered(reason="answered in part")
        rows[position] = row
    return Done(rows=rows)


def _said(part: Part) -> _Said:
    if not part.is_complete:
        return Unanswered(reason="the answer is cut short")
    value = _json(part)
    error = error_of(value)
    if 200 <= part.status < 300 and error is None:  # noqa: PLR2004
        return _row(part, value if part.body.strip() else {})
    status, error = part.status, error or NO_ERROR
    is_clear = is_certain_refusal(status) or is_undone(status, error) or is_lock(error)
    if status < 400 or not is_clear:  # noqa: PLR2004
        return Unanswered(reason=f"answered with status {status}, which leaves the outcome open")
    return Failed(status=status, error=error, retry_after=part.headers.get("retry-after"))


def _row(part: Part, value: object) -> RowAnswer | None:
    """The row that a good answer carries; ``None`` when it is none."""
    if not isinstance(value, Mapping):
        return None
    return RowAnswer(
        status=part.status,
        row=value,
        etag=str(value.get("@odata.etag") or part.headers.get("etag", "")),
        location=part.headers.get("location") or part.headers.get("odata-entityid", ""),
    )


def _json(part: Part) -> object:
    try:
        return parse_json(part.body)
    except ValueError:
        return _UNREADABLE


def _read_answer(part: Part) -> ReadAnswer | None:
    if part.is_nested or not part.is_complete:
        return None
    value = _json(part)
    error = error_of(value)
    is_good = 200 <= part.status < 300  # noqa: PLR2004
    if is_good and (value is _UNREADABLE or error is not None):
        return None
    return ReadAnswer(
        status=part.status,
        value=value if is_good else None,
        error=error or NO_ERROR,
        retry_after=part.headers.get("retry-after"),
    )
