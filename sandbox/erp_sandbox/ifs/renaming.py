"""A site whose projections, sets and members have other names, in front of the sandbox's own.

Source: every name of the invoice, proposal and interface projections is inferred, so a tenant may
have others; what a caller sends is put into the names of the sandbox, what it gets into those of
the site. Only names are touched: addresses, members of objects, names in documents.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl, urlencode

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from erp_sandbox.faults import CONTROL_PREFIX
from erp_sandbox.ifs.knobs import Knobs

Rewrite = Callable[[bytes], bytes]
# Where a name stands: a member of an object, the name in a document, or a word of an address.
_PLACES = (
    r'(?<=")(?P<member>{names})(?="\s*:)',
    r'(?<=Name=")(?P<named>{names})(?=")',
    r"(?<=IfsApp\.)(?P<projection>{names})(?=[.\"'])",
    r'(?<=#)(?P<context>{names})(?=["/])',
    r'(?<=")(?P<value>{names})(?=")',
)
_LINK = re.compile(rb'"@odata\.nextLink":"[^"]*"')
_LINE = re.compile(rb"^(GET|POST|PATCH|DELETE) \S+", re.MULTILINE)


def read_names(pairs: tuple[str, ...]) -> dict[str, str]:
    """Own name by the name that the site has, from ``Own=Theirs``."""
    return {theirs: own for own, _, theirs in (pair.partition("=") for pair in pairs)}


def rewriter(names: Mapping[str, str]) -> Rewrite:
    """Puts one set of names into the place of another in a body."""
    words = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    places = re.compile("|".join(place.format(names=words) for place in _PLACES).encode())
    address = rewrite_words(names)

    def rewrite(body: bytes) -> bytes:
        named = places.sub(lambda found: names[found[0].decode()].encode(), body)
        linked = _LINK.sub(lambda found: address(found[0]), named)
        return _LINE.sub(lambda found: address(found[0]), linked)

    return rewrite


def rewrite_words(names: Mapping[str, str]) -> Rewrite:
    """Puts one set of names into the place of another in an address, outside of its quotes."""
    words = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    # A word may stand behind an encoded bracket or comma; what is quoted is a value.
    before = r"(?:(?<!\w)|(?<=%28)|(?<=%2C))"
    quoted = r"'(?:[^']|'')*'|%27(?:(?!%27).)*%27"
    found = re.compile(rf"{before}(?:{words})(?!\w)|{quoted}".encode())

    def one(match: re.Match[bytes]) -> bytes:
        text = match[0].decode()
        return names.get(text, text).encode()

    return lambda text: found.sub(one, text)


class RenamingGate:
    """ASGI middleware for the knob ``names``; the control side keeps the sandbox's own names."""

    def __init__(self, app: ASGIApp, *, knobs: Knobs) -> None:
        self._app = app
        self._knobs = knobs

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on in the sandbox's names, and its answer back in those of the site."""
        pairs = self._knobs.names
        if not pairs or scope["type"] != "http" or scope["path"].startswith(CONTROL_PREFIX):
            await self._app(scope, receive, send)
            return
        own_by_theirs = read_names(pairs)
        outward = {own: theirs for theirs, own in own_by_theirs.items()}
        # The sandbox's own name means nothing at such a site.
        inward = {own: f"No{own}" for own in outward} | own_by_theirs
        body, address = rewriter(inward), rewrite_words(inward)
        inside = {
            **scope,
            "raw_path": address(scope["raw_path"]),
            "path": address(scope["path"].encode()).decode(),
            "query_string": _query(scope["query_string"], address),
        }
        await self._app(inside, _whole(receive, body), _renamed(send, rewriter(outward)))


def _query(query: bytes, address: Rewrite) -> bytes:
    """The options, renamed in their values; one without a value stays as it is."""
    if b"=" not in query:
        return query
    pairs = parse_qsl(query.decode(), keep_blank_values=True)
    return urlencode([(name, address(value.encode()).decode()) for name, value in pairs]).encode()


def _whole(receive: Receive, rewrite: Rewrite) -> Receive:
    """The body in one piece, renamed."""
    is_read = False

    async def run() -> Message:
        nonlocal is_read
        if is_read:
            return await receive()
        is_read, parts, more = True, [], True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return message
            parts.append(message.get("body", b""))
            more = message.get("more_body", False)
        return {"type": "http.request", "body": rewrite(b"".join(parts)), "more_body": False}

    return run


def _renamed(send: Send, rewrite: Rewrite) -> Send:
    """The answer, renamed; its length follows."""
    held: list[Message] = []

    async def run(message: Message) -> None:
        held.append(message)
        if message["type"] != "http.response.body" or message.get("more_body"):
            return
        body = rewrite(b"".join(one.get("body", b"") for one in held[1:]))
        headers = [pair for pair in held[0]["headers"] if pair[0].lower() != b"content-length"]
        headers.append((b"content-length", str(len(body)).encode()))
        await send({**held[0], "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return run
