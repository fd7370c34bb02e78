"""The connections of a system: open to faults, and with one write for each answer."""

from __future__ import annotations

import asyncio
from typing import Any

from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from erp_sandbox.faults import TRANSPORT_KEY


class JoiningTransport:
    """A connection that sends what is written at a time in one piece.

    The server writes the head and the body of an answer by themselves, and each write wakes the
    caller: that was a third of what a small answer cost.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Send this, with all that is written before anything else happens."""
        if not self._held:
            self._loop.call_soon(self._flush)
        self._held.append(data)

    def close(self) -> None:
        """End the connection once all is sent."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        pieces, self._held = self._held, []
        if pieces:
            self._transport.write(b"".join(pieces))

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 (whatever the connection has)
        """Everything else as the connection has it."""
        return getattr(self._transport, name)


class BreakableProtocol(HttpToolsProtocol):
    """Shows the application its connection, so that a fault can break it."""

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.transport = JoiningTransport(transport, self.loop)  # type: ignore[assignment]

    @override
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope[TRANSPORT_KEY] = self.transport  # type: ignore[literal-required]
