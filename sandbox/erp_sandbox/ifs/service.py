"""One request inside a projection: reading with query options, creating, changing, actions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from erp_sandbox.ifs.addresses import Segment, split_path
from erp_sandbox.ifs.filters import compile_filter
from erp_sandbox.ifs.ledger import Ledger
from erp_sandbox.ifs.model import ACTIONS, DAY, FLAG, NUMBER, SETS, WHOLE, EntitySet
from erp_sandbox.ifs.refusal import MODIFIED, Refusal, database_error, not_found
from erp_sandbox.ifs.store import Row

ENUM_FIELDS = frozenset({"Objstate", "PartyType"})
METHODS = frozenset({"POST", "PATCH", "DELETE"})
_OPTIONS = frozenset({"$filter", "$orderby", "$top", "$skip", "$select", "$count"})


@dataclass(frozen=True, slots=True)
class Place:
    """What a path points to: a set, the key values it fixes, and an action if it ends in one."""

    entity: EntitySet
    fixed: Mapping[str, str]
    is_single: bool
    action: str = ""


@dataclass(slots=True)
class Scope:
    """The rows that a change set has made so far, by Content-ID."""

    made: dict[str, tuple[EntitySet, Row]] = field(default_factory=dict)


class Service:
    """Every projection of one site. Bodies are plain values; decimals are exact."""

    def __init__(self, ledger: Ledger) -> None:
        """Work on one ledger."""
        self.ledger = ledger

    def read(self, projection: str, path: str, options: Mapping[str, str]) -> dict[str, Any]:
        """The answer to a GET.

        Raises:
            Refusal: no such resource, or an option that IFS does not support.
        """
        place = self._resolve(projection, path, Scope())
        if place.action:
            raise not_found()
        rows = list(self.ledger.store.rows(place.entity.name, place.fixed))
        if place.is_single:
            if not rows:
                raise not_found()
            return self.shown(place.entity, rows[0], options.get("$select", ""))
        parent = SETS.get(place.entity.parent)
        if parent and not self._has_parent(parent, place.fixed):
            raise not_found()
        return self._page(place.entity, rows, options)

    def write(
        self, projection: str, method: str, *, path: str, body: Row, if_match: str, scope: Scope
    ) -> tuple[EntitySet, Row]:
        """Create, change, delete or call an action; the answer is the row afterwards.

        Raises:
            Refusal: 404, 412, 428, 400 with the rule that says no.
        """
        if method not in METHODS:
            raise Refusal(405, "ODP_METHOD_NOT_ALLOWED")
        place = self._resolve(projection, path, scope)
        if method == "POST" and not place.action:
            return place.entity, self._create(place, body)
        rows = list(self.ledger.store.rows(place.entity.name, place.fixed))
        if len(rows) != 1 or not (place.is_single or place.action):
            raise not_found()
        row = rows[0]
        self._check_precondition(place.entity, row, if_match, scope)
        if place.action:
            return place.entity, self.ledger.cancel(row)
        if not place.entity.is_writable:
            raise Refusal(405, "ODP_METHOD_NOT_ALLOWED")
        if method == "DELETE":
            self.ledger.check_change(place.entity, row)
            self.ledger.store.remove(place.entity.name, row)
            self.ledger.balance(place.entity, row)
            return place.entity, row
        changed = {**row, **self._checked(place.entity, body)}
        self.ledger.check_change(place.entity, changed)
        self.ledger.store.put(place.entity.name, changed)
        self.ledger.balance(place.entity, changed)
        return place.entity, changed

    def shown(self, entity: EntitySet, row: Row, select: str = "") -> dict[str, Any]:
        """A row as IFS shows it; with ``$select`` the key and the etag stay (seen in code)."""
        wanted = {*select.split(","), *entity.key} if select else set(row)
        keyref = "".join(f"{_column(name)}={row.get(name)}^" for name in entity.key)
        return {
            "@odata.etag": self.ledger.store.etag(entity.name, row),
            "luname": entity.lu,
            "keyref": keyref,
            **{name: row.get(name) for name in entity.fields if name in wanted},
        }

    # parts

    def _resolve(self, projection: str, path: str, scope: Scope) -> Place:
        place: Place | None = None
        for segment in split_path(path):
            if segment.name.startswith("$"):
                made = scope.made.get(segment.name[1:])
                if made is None:
                    raise not_found()
                entity, row = made
                key = self.ledger.store.key_of(entity, row)
                place = Place(entity, dict(zip(entity.key, key, strict=True)), is_single=True)
            elif segment.name.startswith("IfsApp."):
                action = segment.name.rpartition(".")[2]
                if place is None or ACTIONS.get(action) != place.entity.name:
                    raise not_found()
                place = Place(place.entity, place.fixed, is_single=True, action=action)
            else:
                place = self._step(projection, place, segment)
        if place is None:
            raise not_found()
        return place

    def _step(self, projection: str, before: Place | None, segment: Segment) -> Place:
        entity = SETS.get(segment.name)
        parent = before.entity.name if before else ""
        if entity is None or entity.projection != projection or entity.parent != parent:
            raise not_found()
        if before and not before.is_single:
            raise not_found()
        fixed = dict(before.fixed) if before else {}
        for own, theirs in entity.aliases.items():
            if theirs in fixed:
                fixed[own] = fixed.pop(theirs)
        fixed = {name: value for name, value in fixed.items() if name in entity.fields}
        keys = segment.keys or {}
        if list(keys) == [""] and len(entity.key) == 1:
            keys = {entity.key[0]: keys[""]}
        if not set(keys) <= {*entity.key, *entity.aliases.values()}:
            raise Refusal(400, "ODP_BAD_REQUEST")
        fixed.update({name: value for name, value in keys.items() if name in entity.fields})
        is_single = bool(keys) and all(name in fixed for name in entity.key)
        return Place(entity, fixed, is_single=is_single)

    def _has_parent(self, parent: EntitySet, fixed: Mapping[str, str]) -> bool:
        own = {name: value for name, value in fixed.items() if name in parent.key}
        for name, theirs in (("Identity", "SupplierId"),):
            if theirs in parent.key and name in fixed:
                own[theirs] = fixed[name]
        return next(self.ledger.store.rows(parent.name, own), None) is not None

    def _page(
        self, entity: EntitySet, rows: list[Row], options: Mapping[str, str]
    ) -> dict[str, Any]:
        knobs = self.ledger.knobs
        unsupported = set(options) - _OPTIONS
        if any(name.startswith("$") for name in unsupported):
            raise Refusal(knobs.not_implemented_status, "ODP_NOT_IMPLEMENTED")
        if "$filter" in options:
            test = compile_filter(options["$filter"], ENUM_FIELDS & set(entity.fields))
            rows = [row for row in rows if test(row)]
        for part in reversed(options.get("$orderby", "").split(",")):
            name, _, direction = part.strip().partition(" ")
            if name:
                if name not in entity.fields:
                    raise Refusal(400, "ODP_BAD_REQUEST")
                rows.sort(key=lambda r: _sortable(r.get(name)), reverse=direction == "desc")
        skip, top = int(options.get("$skip", 0)), int(options.get("$top", knobs.default_page_size))
        page = rows[skip : skip + top]
        answer: dict[str, Any] = {"@odata.context": f"$metadata#{entity.name}"}
        if options.get("$count") == "true" and knobs.count_supported:
            answer["@odata.count"] = len(rows)
        answer["value"] = [self.shown(entity, row, options.get("$select", "")) for row in page]
        return answer

    def _create(self, place: Place, body: Row) -> Row:
        if place.is_single and place.entity.name not in SETS:
            raise not_found()
        if not place.entity.is_writable:
            raise Refusal(405, "ODP_METHOD_NOT_ALLOWED")
        row: Row = {}
        for name, value in place.fixed.items():
            row[name] = int(value) if place.entity.fields[name] == WHOLE else value
        for name, value in self._checked(place.entity, body).items():
            if name in row and str(row[name]) != str(value):
                raise database_error(20110, place.entity.lu, tag="WRONGPARENT")
            row[name] = value
        return self.ledger.create(place.entity, row)

    def _checked(self, entity: EntitySet, body: Row) -> Row:
        """Unknown members, read-only members and wrong types are refused (inferred)."""
        for name, value in body.items():
            kind = entity.fields.get(name)
            if kind is None or not _fits(kind, value):
                raise Refusal(400, "ODP_DESERIALIZATION_ERROR")
            if name in entity.read_only:
                raise database_error(20110, entity.lu, tag="READONLY")
        return body

    def _check_precondition(self, entity: EntitySet, row: Row, if_match: str, scope: Scope) -> None:
        if not if_match:
            raise Refusal(428, "ODP_MISSING_PRECONDITION")
        if if_match.startswith("$") and if_match[1:] in scope.made:
            return
        if if_match not in {"*", self.ledger.store.etag(entity.name, row)}:
            raise Refusal(412, "PRECONDITION_FAILED", f"ORA-{MODIFIED}: {entity.lu}.MODIFIED: x")


def _fits(kind: str, value: object) -> bool:
    if value is None:
        return True
    match kind:
        case _ if kind == FLAG:
            return isinstance(value, bool)
        case _ if kind == WHOLE:
            return isinstance(value, int) and not isinstance(value, bool)
        case _ if kind == NUMBER:
            return isinstance(value, int | Decimal) and not isinstance(value, bool)
        case _ if kind == DAY:
            return isinstance(value, str) and _is_day(value)
        case _:
            return isinstance(value, str)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _column(name: str) -> str:
    return "".join(f"_{c}" if c.isupper() and i else c for i, c in enumerate(name)).upper()


def _sortable(value: object) -> tuple[int, Any]:
    return (0, 0) if value is None else (1, value)
