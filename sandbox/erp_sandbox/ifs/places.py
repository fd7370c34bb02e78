"""What the path of a request points to: a set, the key values that it fixes, an action."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from erp_sandbox.ifs.addresses import PATHS_MAX, Segment, split_path
from erp_sandbox.ifs.defaults import default_name
from erp_sandbox.ifs.entity import WHOLE, EntitySet
from erp_sandbox.ifs.model import ACTIONS, find_set
from erp_sandbox.ifs.refusal import Refusal, not_found
from erp_sandbox.ifs.store import Row

Custom = tuple[str, ...]
"""The custom fields of a site."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a path points to: a set, the key values it fixes, and an action if it ends in one."""

    entity: EntitySet
    fixed: Mapping[str, str]
    is_single: bool
    action: str = ""


def find_place(
    projection: str, path: str, custom: Custom, made: Callable[[str], Place | None]
) -> Place:
    """Where the path leads; ``made`` knows the rows that a change set has made, by Content-ID.

    Raises:
        Refusal: there is no such place.
    """
    return (
        _walk(projection, path, custom, made) if "$" in path else _fixed(projection, path, custom)
    )


@lru_cache(maxsize=PATHS_MAX)
def _fixed(projection: str, path: str, custom: Custom) -> Place:
    """A path that means the same at any time."""
    return _walk(projection, path, custom, lambda _: None)


def _walk(projection: str, path: str, custom: Custom, made: Callable[[str], Place | None]) -> Place:
    place: Place | None = None
    for segment in split_path(path):
        if segment.name.startswith("$"):
            place = made(segment.name[1:])
        elif segment.name.startswith("IfsApp."):
            service, _, action = segment.name.removeprefix("IfsApp.").rpartition(".")
            if place is None or service != place.entity.projection:
                raise not_found()
            if not _is_offered(place, action):
                raise not_found()
            place = Place(place.entity, place.fixed, is_single=True, action=action)
        else:
            place = step(projection, place, segment, custom)
        if place is None:
            raise not_found()
    if place is None:
        raise not_found()
    return place


def step(projection: str, before: Place | None, segment: Segment, custom: Custom) -> Place:
    """One segment further.

    Raises:
        Refusal: there is no such set below, or the keys do not fit.
    """
    entity = find_set(projection, segment.name, custom)
    parent = before.entity.name if before else ""
    if entity is None or entity.parent != parent:
        raise not_found()
    if before and not before.is_single:
        raise not_found()
    fixed = dict(before.fixed) if before else {}
    for own, theirs in entity.aliases.items():
        if theirs in fixed:
            fixed[own] = fixed.pop(theirs)
    fixed = {name: value for name, value in fixed.items() if name in entity.fields}
    keys = segment.keys
    if not keys:
        return Place(entity, fixed, is_single=False)
    if list(keys) == [""] and len(entity.key) == 1:
        keys = {entity.key[0]: keys[""]}
    if not set(keys) <= {*entity.key, *entity.aliases.values()}:
        raise Refusal(400, "ODP_BAD_REQUEST")
    # The keys of the parents are repeated at each level, and must be the same there.
    if any(fixed.get(name, value) != value for name, value in keys.items()):
        raise not_found()
    fixed.update({name: value for name, value in keys.items() if name in entity.fields})
    is_single = all(name in fixed for name in entity.key)
    return Place(entity, fixed, is_single=is_single)


def _is_offered(place: Place, action: str) -> bool:
    """An action of the set's rows, or the defaults of a new one."""
    if action == default_name(place.entity):
        return place.entity.is_writable and not place.is_single
    known = ACTIONS.get(action)
    return known is not None and known.owner == place.entity.name


def key_values(place: Place) -> Row:
    """The values that the address fixes, in the types of the members."""
    return {
        name: int(value) if place.entity.fields[name] == WHOLE else value
        for name, value in place.fixed.items()
    }
