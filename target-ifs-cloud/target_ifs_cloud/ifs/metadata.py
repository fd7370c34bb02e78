"""Compares the site profile with the tenant's own ``$metadata`` before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from target_ifs_cloud.errors import ConfigurationError, TemporaryError
from target_ifs_cloud.ifs.calls import NotOfferedError
from target_ifs_cloud.ifs.client import IfsClient
from target_ifs_cloud.ifs.expectations import Expected, Uses, expectations
from target_ifs_cloud.ifs.profile import ProjectionKey

METADATA_BYTES_MAX = 64 * 1024 * 1024
BASE_TYPES_MAX = 20
_NOT_PLAIN = (b"<!DOCTYPE", b"<!ENTITY", b"\x00")


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityType:
    """Fields and child collections of one type; a child by name of its type."""

    fields: frozenset[str]
    children: Mapping[str, str]


UNDESCRIBED = EntityType(fields=frozenset(), children={})


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceModel:
    """What one projection offers, by its ``$metadata``."""

    sets: Mapping[str, str]
    types: Mapping[str, EntityType]
    actions: frozenset[str]

    def type_of(self, path: tuple[str, ...]) -> EntityType | None:
        """The type of the rows at the end of a path of sets and child collections.

        ``None`` when the path is not there, ``UNDESCRIBED`` when its rows are not described. A
        child that is listed as a set of its own counts as there.
        """
        name = self.sets.get(path[0])
        for child in path[1:]:
            parent = self.types.get(name or "", UNDESCRIBED)
            name = parent.children.get(child, self.sets.get(child))
        return None if name is None else self.types.get(name, UNDESCRIBED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A name of the profile that the tenant does not have."""

    projection: str
    what: str
    name: str
    profile_line: str
    is_needed: bool

    @property
    def message(self) -> str:
        """For people: what is missing and which line to change."""
        weight = "" if self.is_needed else " (advisory)"
        return f"{self.projection} has no {self.what} {self.name}: {self.profile_line}{weight}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataReport:
    """What the comparison found. ``unread`` says why a projection could not be compared."""

    missing: tuple[Missing, ...]
    unread: tuple[str, ...]


def compare_with_metadata(client: IfsClient, uses: Uses) -> MetadataReport:
    """Read ``$metadata`` of every projection in use and compare.

    After one that is not answered the others are not asked for: each would take all the patience.

    Raises:
        TemporaryError: IFS does not answer, and the profile requires the comparison.
    """
    profile = client.profile
    by_projection: dict[ProjectionKey, list[Expected]] = {}
    for expected in expectations(profile, uses):
        by_projection.setdefault(expected.projection, []).append(expected)
    missing: list[Missing] = []
    unread: list[str] = []
    for key, wanted in by_projection.items():
        name = profile.projection(key).name
        try:
            model = parse_metadata(client.text(key, "$metadata", accept="application/xml"))
        except (NotOfferedError, ValueError) as error:
            is_refused = isinstance(error, NotOfferedError)
            reason = "the site does not offer it to this user" if is_refused else str(error)
            unread.append(f"$metadata of {name} (projections.{key}) cannot be read: {reason}")
            continue
        except TemporaryError as error:
            if profile.check_metadata == "required":
                raise
            unread.append(f"$metadata is not compared from {name} on (projections.{key}): {error}")
            break
        for expected in wanted:
            missing += _missing(expected, model, name)
    return MetadataReport(missing=tuple(missing), unread=tuple(unread))


def require_profile_fits(client: IfsClient, uses: Uses) -> tuple[str, ...]:
    """Stop before the first write when a name that is needed is not there; the rest is told.

    Raises:
        ConfigurationError: every name that is missing, with its line of the profile.
        TemporaryError: as :func:`compare_with_metadata`.
    """
    habit = client.profile.check_metadata
    if habit == "never":
        return ("the site profile was not compared with $metadata (check_metadata: never)",)
    report = compare_with_metadata(client, uses)
    faults = [missing.message for missing in report.missing if missing.is_needed]
    if habit == "required":
        faults += report.unread
    if faults:
        raise ConfigurationError(
            "the site profile does not fit this tenant; nothing was sent:\n" + "\n".join(faults)
        )
    told = [missing.message for missing in report.missing if not missing.is_needed]
    return (*told, *report.unread)


def parse_metadata(text: bytes) -> ServiceModel:
    """The sets, types and actions of a CSDL document.

    Raises:
        ValueError: it is no CSDL, too long, or declares entities of its own.
    """
    # A zero byte would be UTF-16, in which the two words below could hide.
    if len(text) > METADATA_BYTES_MAX or any(mark in text for mark in _NOT_PLAIN):
        message = "the document is too long or not plain XML"
        raise ValueError(message)
    try:
        # No entities can be declared without a DOCTYPE, which was refused above.
        root = ET.fromstring(text)  # noqa: S314
    except ET.ParseError as error:
        message = "the document is not readable as XML"
        raise ValueError(message) from error
    types: dict[str, tuple[str, EntityType]] = {}
    sets: dict[str, str] = {}
    actions: set[str] = set()
    for element in root.iter():
        name = element.get("Name", "")
        match _local(element.tag):
            case "EntityType":
                types[name] = (_plain_type(element.get("BaseType", "")), _entity_type(element))
            case "EntitySet":
                sets[name] = _plain_type(element.get("EntityType", ""))
            case "Action":
                actions.add(name)
    if not sets:
        message = "the document names no entity set"
        raise ValueError(message)
    whole = {name: _with_base(name, types) for name in types}
    return ServiceModel(sets=sets, types=whole, actions=frozenset(actions))


def _entity_type(element: ET.Element) -> EntityType:
    fields: set[str] = set()
    children: dict[str, str] = {}
    for child in element:
        name = child.get("Name", "")
        if _local(child.tag) == "Property":
            fields.add(name)
        elif _local(child.tag) == "NavigationProperty":
            children[name] = _plain_type(child.get("Type", ""))
    return EntityType(fields=frozenset(fields), children=children)


def _with_base(name: str, types: Mapping[str, tuple[str, EntityType]]) -> EntityType:
    """A type with what it inherits."""
    base, own = types[name]
    fields, children = set(own.fields), dict(own.children)
    for _ in range(BASE_TYPES_MAX):
        if base not in types:
            break
        base, inherited = types[base]
        fields |= inherited.fields
        children = {**inherited.children, **children}
    return EntityType(fields=frozenset(fields), children=children)


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _plain_type(name: str) -> str:
    """The type's own name, without namespace and ``Collection()``."""
    return name.removeprefix("Collection(").removesuffix(")").rpartition(".")[2]


def _missing(expected: Expected, model: ServiceModel, projection: str) -> list[Missing]:
    def report(what: str, name: str, line: str, *, is_needed: bool) -> Missing:
        return Missing(
            projection=projection, what=what, name=name, profile_line=line, is_needed=is_needed
        )

    path, is_needed = "/".join(expected.path), expected.is_needed
    found = model.type_of(expected.path)
    if found is None:
        return [report("set", path, expected.line, is_needed=is_needed)]
    fields = [
        report("field", f"{path}.{name}", line, is_needed=is_needed)
        for line, name in expected.fields.items()
        if name not in found.fields and found is not UNDESCRIBED
    ]
    actions = [
        report("action", name, line, is_needed=expected.are_actions_needed)
        for line, name in expected.actions.items()
        if name not in model.actions
    ]
    return fields + actions
