"""Small answers are sent at once, and only to this machine."""

from __future__ import annotations

import socket

from erp_sandbox.serving import LOOPBACK, listen


def test_accepted_connections_send_small_answers_without_waiting() -> None:
    """A connection that was accepted has TCP_NODELAY, and its address is the loopback one."""
    with listen(0) as listener, socket.create_connection(listener.getsockname()) as caller:
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            assert accepted.getsockname()[0] == LOOPBACK
            assert caller.getpeername() == listener.getsockname()
