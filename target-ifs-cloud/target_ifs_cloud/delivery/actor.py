"""Who acts, for the audit trail: the user of this machine, and the client that IFS knows."""

from __future__ import annotations

import getpass
import platform


def person_here() -> str:
    """The user of the operating system and the host: ``user@host``."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "unknown"
    return f"{user}@{platform.node()}"


def actor_of_run(client_id: str) -> str:
    """Who runs a delivery: ``client at IFS, as user@host``."""
    return f"{client_id} as {person_here()}"
