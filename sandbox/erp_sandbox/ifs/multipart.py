"""``$batch`` in multipart form: change sets all or nothing, ``$n`` references, continue-on-error.

Source: documented by IFS, but for the answer to a failed change set, which follows OData 4: one
error answer in place of the change set.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl

from erp_sandbox.ifs.refusal import Refusal

HEADS_MAX = 4096
_BOUNDARY = re.compile(r'boundary="?([^";,]+)"?')
_REASONS = {200: "OK", 201: "Created", 204: "No Content"}


class Call(NamedTuple):
    """One request inside a batch. ``path`` is relative to the projection."""

    method: str
    path: str
    options: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    content_id: str
    # The projection that an absolute address names.
    service: str = ""


class Answer(NamedTuple):
    """One answer inside a batch."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    content_id: str = ""


def read_batch(content_type: str, text: bytes) -> Iterator[list[Call] | Call]:
    """The parts in order: a list is a change set.

    Raises:
        Refusal: the text is no batch, or a change set holds a GET.
    """
    for headers, content in _parts(content_type, text):
        kind = headers.get("content-type", "")
        if kind.startswith("multipart/mixed"):
            calls = [
                _call(inner, headers=part_headers) for part_headers, inner in _parts(kind, content)
            ]
            if any(call.method == "GET" for call in calls):
                raise Refusal(400, "ODP_BAD_REQUEST")
            yield calls
        else:
            yield _call(content, headers=headers)


def write_batch(answers: list[list[Answer] | Answer]) -> tuple[str, bytes]:
    """The media type and the text of the answer."""
    parts = []
    for number, answer in enumerate(answers):
        if isinstance(answer, list):
            inner = f"changesetresponse_{number}"
            text = _join(inner, [_answer_part(each) for each in answer])
            head = f"Content-Type: multipart/mixed; boundary={inner}\r\n\r\n".encode()
            parts.append(head + text)
        else:
            parts.append(_answer_part(answer))
    return "multipart/mixed; boundary=batchresponse", _join("batchresponse", parts)


def _parts(content_type: str, text: bytes) -> Iterator[tuple[Mapping[str, str], bytes]]:
    found = _BOUNDARY.search(content_type)
    if not content_type.startswith("multipart/mixed") or not found:
        raise Refusal(400, "ODP_BAD_REQUEST")
    mark = b"\r\n--" + found.group(1).encode()
    chunks = (b"\r\n" + text).split(mark)
    if len(chunks) < 2 or not chunks[-1].startswith(b"--"):  # noqa: PLR2004
        raise Refusal(400, "ODP_BAD_REQUEST")
    for chunk in chunks[1:-1]:
        head, blank, content = chunk.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        if not blank:
            raise Refusal(400, "ODP_BAD_REQUEST")
        yield _headers(head), content


@lru_cache(maxsize=HEADS_MAX)
def _headers(head: bytes) -> Mapping[str, str]:
    pairs = (line.partition(":") for line in head.decode().split("\r\n") if line)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _call(text: bytes, *, headers: Mapping[str, str]) -> Call:
    head, _, body = text.partition(b"\r\n\r\n")
    line, _, rest = head.partition(b"\r\n")
    words = line.decode().split(" ")
    if len(words) != 3:  # noqa: PLR2004
        raise Refusal(400, "ODP_BAD_REQUEST")
    path, _, query = words[1].partition("?")
    own = _headers(rest)
    return Call(
        method=words[0],
        path=path.rpartition(".svc/")[2].lstrip("/"),
        service=path.rpartition(".svc/")[0].rpartition("/")[2],
        options=dict(parse_qsl(query, keep_blank_values=True)) if query else {},
        headers=own,
        body=body.strip(),
        content_id=headers.get("content-id") or own.get("content-id", ""),
    )


def _answer_part(answer: Answer) -> bytes:
    head = ["Content-Type: application/http", "Content-Transfer-Encoding: binary"]
    head += [f"Content-ID: {answer.content_id}"] if answer.content_id else []
    inner = [f"HTTP/1.1 {answer.status} {_REASONS.get(answer.status, 'Refused')}"]
    inner += [f"{name}: {value}" for name, value in answer.headers.items()]
    inner += [f"Content-Length: {len(answer.body)}"]
    lines = "\r\n".join([*head, "", *inner, "", ""])
    return lines.encode() + answer.body


def _join(boundary: str, parts: list[bytes]) -> bytes:
    mark = f"--{boundary}".encode()
    return b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\n"
