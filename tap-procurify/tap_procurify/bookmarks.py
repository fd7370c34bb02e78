"""How far a stream was read, as STATE holds it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tap_procurify.errors import ConfigurationError
from tap_procurify.memory import Memory, unpack_memory
from tap_procurify.stamps import parse_stamp, show_stamp

FUTURE_TOLERANCE = timedelta(minutes=5)
"""Clocks differ; a bookmark farther ahead would skip what changes until then."""


class FutureError(ConfigurationError):
    """The STATE is ahead of the clock that it was compared with."""


@dataclass(slots=True, kw_only=True)
class Bookmark:
    """What the next run must know of a stream."""

    moment: datetime | None = None
    memory: Memory = field(default_factory=Memory)
    swept_at: datetime | None = None
    reach: frozenset[str] | None = None
    """What was read beside the list; ``None`` when the STATE does not say."""


def read_bookmark(
    state: Mapping[str, Any], *, stream: str, replication_key: str, tenant: str, now: datetime
) -> Bookmark:
    """The bookmark in a stream's STATE.

    Raises: ConfigurationError when it is broken, from the future or of another tenant.
    """
    _check_origin(state, stream, replication_key, tenant)
    try:
        memory = unpack_memory(state.get("memory"))
    except ValueError as error:
        raise ConfigurationError(_refused(stream, "its memory cannot be read")) from error
    return Bookmark(
        moment=_moment(state, "replication_key_value", stream, now),
        memory=memory,
        swept_at=_moment(state, "swept_at", stream, now),
        reach=_reach(state, stream),
    )


def _reach(state: Mapping[str, Any], stream: str) -> frozenset[str] | None:
    names = state.get("reach")
    if names is None:
        return None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ConfigurationError(_refused(stream, "its reach is no list of names"))
    return frozenset(names)


def _check_origin(state: Mapping[str, Any], stream: str, replication_key: str, tenant: str) -> None:
    owner = state.get("tenant", tenant)
    if owner != tenant:
        raise ConfigurationError(
            _refused(stream, f"it belongs to {owner!r}, and this run reads {tenant!r}")
        )
    key = state.get("replication_key", replication_key)
    if key != replication_key:
        raise ConfigurationError(
            _refused(stream, f"its replication key is {key!r} and not {replication_key!r}")
        )


def _moment(state: Mapping[str, Any], name: str, stream: str, now: datetime) -> datetime | None:
    text = state.get(name)
    if text is None:
        return None
    moment = parse_stamp(text)
    if moment is None:
        raise ConfigurationError(_refused(stream, f"{name} is no date and time"))
    if moment > now + FUTURE_TOLERANCE:
        raise FutureError(_refused(stream, f"{name} {show_stamp(moment)} lies in the future"))
    return moment


def _refused(stream: str, reason: str) -> str:
    return (
        f"the STATE of stream {stream} cannot be used: {reason}. Nothing was read. Give the right "
        "STATE, or none to read everything again from start_date."
    )


def write_bookmark(
    state: dict[str, Any], bookmark: Bookmark, *, replication_key: str, tenant: str
) -> None:
    """Put the bookmark into a stream's STATE."""
    if bookmark.moment is not None:
        state["replication_key"] = replication_key
        state["replication_key_value"] = show_stamp(bookmark.moment)
    state["tenant"] = tenant
    state["memory"] = bookmark.memory.pack()
    if bookmark.reach is not None:
        state["reach"] = sorted(bookmark.reach)
    if bookmark.swept_at is not None:
        state["swept_at"] = show_stamp(bookmark.swept_at)


def check_state(state: object) -> None:
    """Refuse a STATE that is not built like one.

    Raises: ConfigurationError naming the place.
    """
    bookmarks = state.get("bookmarks", {}) if isinstance(state, Mapping) else None
    if not isinstance(bookmarks, Mapping):
        raise ConfigurationError("the STATE is no object with bookmarks. Nothing was read.")
    for stream, stream_state in bookmarks.items():
        if not isinstance(stream_state, Mapping):
            raise ConfigurationError(_refused(str(stream), "it is no object"))
