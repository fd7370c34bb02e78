"""One writing run at a time: a lease with a fencing token in the outbox.

Even if the lease fails, documents stay single: the key look-up in IFS and the unique key in the
outbox do not depend on it.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from target_ifs_cloud.delivery.outbox import Outbox
from target_ifs_cloud.delivery.tables import LEASE
from target_ifs_cloud.errors import TemporaryError

_NAME = "delivery"
_POLL_S = 1


class LeaseTakenError(TemporaryError):
    """Another run is using the outbox."""


def holder_name() -> str:
    """Who this process is, for the message that a second run shows: ``host:pid``."""
    return f"{platform.node()}:{os.getpid()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to wait for a run that holds the lease. Units: seconds."""

    wait_s: int
    sleep: Callable[[float], None]


@contextmanager
def hold_lease(
    outbox: Outbox,
    *,
    holder: str,
    seconds: int,
    is_alive: Callable[[str], bool | None],
    patience: Patience | None = None,
) -> Iterator[None]:
    """Hold the lease while the body runs; every write of the outbox renews and checks it.

    ``is_alive`` says of a holder whether it still runs, ``None`` when it is on another host. With
    ``patience`` a lease that is taken is asked for again, else the run is refused at once.

    Raises:
        TemporaryError: another run holds it; nothing was sent.
    """
    tries = patience.wait_s // _POLL_S if patience else 0
    for left in range(tries, -1, -1):
        try:
            token = _acquire(outbox, holder=holder, seconds=seconds, is_alive=is_alive)
            break
        except LeaseTakenError:
            if not patience or not left:
                raise
            patience.sleep(_POLL_S)

    def renew(connection: sa.Connection) -> None:
        expires = outbox.clock() + timedelta(seconds=seconds)
        kept = connection.execute(
            sa.update(LEASE)
            .where(LEASE.c.name == _NAME, LEASE.c.token == token)
            .values(expires_at=expires.isoformat())
        )
        if kept.rowcount != 1:
            message = (
                "another run has taken over the outbox; this run stops. What it sent is on record "
                "as in doubt and is looked up by the next run"
            )
            raise TemporaryError(message)

    outbox.guard_writes(renew)
    try:
        yield
    finally:
        outbox.guard_writes(None)
        with outbox.writing() as connection:
            connection.execute(
                sa.update(LEASE)
                .where(LEASE.c.name == _NAME, LEASE.c.token == token)
                .values(holder="", expires_at=datetime.min.isoformat())  # noqa: DTZ901 (a mark)
            )


def _acquire(
    outbox: Outbox, *, holder: str, seconds: int, is_alive: Callable[[str], bool | None]
) -> int:
    now = outbox.clock()
    with outbox.writing() as connection:
        row = connection.execute(sa.select(LEASE).where(LEASE.c.name == _NAME)).first()
        if (
            row
            and row.holder
            and now.isoformat() < row.expires_at
            and is_alive(row.holder) is not False
        ):
            message = (
                f"another run ({row.holder}) is using this outbox until it ends, or until "
                f"{row.expires_at} if it died. Nothing was sent; run again later"
            )
            raise LeaseTakenError(message)
        token = (row.token if row else 0) + 1
        values = {
            "token": token,
            "holder": holder,
            "expires_at": (now + timedelta(seconds=seconds)).isoformat(),
        }
        if row:
            connection.execute(sa.update(LEASE).where(LEASE.c.name == _NAME).values(**values))
        else:
            connection.execute(sa.insert(LEASE), [{"name": _NAME, **values}])
    return int(token)


def is_alive_here(holder: str) -> bool | None:
    """Whether a ``host:pid`` still runs; ``None`` when it is not this host, so nobody knows."""
    host, _, pid = holder.rpartition(":")
    if host != platform.node() or not pid.isdigit():
        return None
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
