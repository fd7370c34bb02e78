"""One request inside a projection: reading with query options, creating, changing, actions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from erp_sandbox.exact_json import array
from erp_sandbox.ifs.addresses import Segment
from erp_sandbox.ifs.apply import apply
from erp_sandbox.ifs.defaults import default_name, defaults
from erp_sandbox.ifs.entity import MOMENT, EntitySet
from erp_sandbox.ifs.filters import in_utc
from erp_sandbox.ifs.finding import ENUM_FIELDS, Finder
from erp_sandbox.ifs.ledger import Ledger
from erp_sandbox.ifs.limits import rows_of_page
from erp_sandbox.ifs.model import ACTIONS, FUNCTIONS, SETS
from erp_sandbox.ifs.options import check_options, check_order, number_of
from erp_sandbox.ifs.places import Place, find_place, key_values, step
from erp_sandbox.ifs.refusal import (
    LOCKED,
    MODIFIED,
    RECORD_ERROR,
    Refusal,
    database_error,
    not_found,
)
from erp_sandbox.ifs.showing import Showcase
from erp_sandbox.ifs.store import Row
from erp_sandbox.ifs.values import check_parameters, fits, with_numbers

METHODS = frozenset({"POST", "PATCH", "DELETE"})
_BESIDE_APPLY = frozenset({"$apply", "$top", "$skip"})


@dataclass(slots=True)
class Scope:
    """The rows that a change set has made so far, by Content-ID.

    ``are_numbers_texts``: the request in hand writes exact numbers as texts.
    """

    made: dict[str, tuple[EntitySet, Row]] = field(default_factory=dict)
    are_numbers_texts: bool = False


class Service:
    """Every projection of one site. Bodies are plain values; decimals are exact."""

    def __init__(self, ledger: Ledger) -> None:
        """Work on one ledger."""
        self.ledger = ledger
        self.finder = Finder(ledger)
        self.showcase = Showcase(ledger)
        self._touches = 0

    def read(
        self,
        projection: str,
        path: str,
        options: Mapping[str, str],
        *,
        are_numbers_texts: bool = False,
    ) -> dict[str, Any]:
        """The answer to a GET; ``are_numbers_texts`` is how the rows of a page are written.

        Raises:
            Refusal: no such resource, or an option that IFS does not support.
        """
        function = FUNCTIONS.get((projection, path.removesuffix("()")))
        if function is not None and path.endswith("()"):
            value = getattr(self.ledger.knobs, function)
            return {"@odata.context": "$metadata#Edm.String", "value": value}
        place = self._resolve(projection, path, Scope())
        if place.action:
            return self._defaults(place)
        rows = self.finder.rows(place.entity, place.fixed, {} if place.is_single else options)
        if place.is_single:
            if not rows:
                raise not_found()
            check_options(place.entity, options, self.ledger.knobs.not_implemented_status)
            context = {"@odata.context": f"$metadata#{place.entity.name}/$entity"}
            row = self.showcase.shown(place.entity, rows[0], options.get("$select", ""))
            return {**context, **row}
        parent = SETS.get(place.entity.parent)
        if parent and not self._has_parent(place.entity, parent, place.fixed):
            raise not_found()
        if "$apply" in options:
            return self._applied(place.entity, rows, options)
        check_options(place.entity, options, self.ledger.knobs.not_implemented_status)
        check_order(place.entity, options)
        rows = self.finder.ordered(place.entity, place.fixed, rows, options)
        if self.ledger.knobs.accounts_need_company and place.entity.name == "AccountSet":
            rows = rows if "Company eq " in options.get("$filter", "") else ()
        return self._page(place.entity, rows, options, path=path, are_texts=are_numbers_texts)

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
        if scope.are_numbers_texts:
            body = with_numbers(place.entity.fields, body)
        if method == "POST" and not place.action:
            return place.entity, self._create(place, body)
        rows = list(self.ledger.store.rows(place.entity.name, place.fixed))
        is_upsert = self.ledger.knobs.patch_without_if_match == "upsert"
        if method == "PATCH" and is_upsert and not if_match and place.is_single:
            return place.entity, self._upsert(place, rows, body)
        if len(rows) != 1 or not (place.is_single or place.action):
            raise not_found()
        row = rows[0]
        self._check_lock(place.entity, row)
        is_call = place.action in ACTIONS
        if is_call != (method == "POST"):
            raise Refusal(405, "ODP_METHOD_NOT_ALLOWED")
        self._check_precondition(place, row, if_match, scope)
        if is_call:
            return place.entity, self.ledger.act(
                place.action, row, check_parameters(ACTIONS[place.action].parameters, body)
            )
        if not place.entity.is_writable:
            raise Refusal(405, "ODP_METHOD_NOT_ALLOWED")
        if method == "DELETE":
            self.ledger.remove(place.entity, row)
            return place.entity, row
        return place.entity, self.ledger.change(
            place.entity, row, self._checked(place.entity, body)
        )

    # parts

    def _resolve(self, projection: str, path: str, scope: Scope) -> Place:
        def made(content_id: str) -> Place | None:
            if content_id not in scope.made:
                return None
            entity, row = scope.made[content_id]
            return self._at(entity, row)

        return find_place(projection, path, self.ledger.knobs.custom_fields, made)

    def _at(self, entity: EntitySet, row: Row) -> Place:
        """The place of a row."""
        key = self.ledger.store.key_of(entity, row)
        return Place(entity, dict(zip(entity.key, key, strict=True)), is_single=True)

    def _has_parent(self, entity: EntitySet, parent: EntitySet, fixed: Mapping[str, str]) -> bool:
        own = {name: value for name, value in fixed.items() if name in parent.key}
        for name, theirs in entity.aliases.items():
            if theirs in parent.key and name in fixed:
                own[theirs] = fixed[name]
        return next(self.ledger.store.rows(parent.name, own), None) is not None

    def _defaults(self, place: Place) -> dict[str, Any]:
        """What a new row has before anybody has typed a value."""
        if place.action != default_name(place.entity):
            raise not_found()
        today = self.ledger.store.now().date()
        values = defaults(place.entity, dict(key_values(place)), today)
        return {"@odata.context": f"$metadata#{place.entity.name}/$entity", **values}

    def _page(
        self,
        entity: EntitySet,
        rows: Sequence[Row],
        options: Mapping[str, str],
        *,
        path: str,
        are_texts: bool,
    ) -> dict[str, Any]:
        knobs = self.ledger.knobs
        skip, top = (
            number_of(options, "$skip", 0),
            number_of(options, "$top", knobs.default_page_size),
        )
        size = rows_of_page(knobs, top)
        page = rows[skip : skip + size]
        answer: dict[str, Any] = {"@odata.context": f"$metadata#{entity.name}"}
        if options.get("$count") == "true" and knobs.count_supported:
            answer["@odata.count"] = len(rows)
        select = options.get("$select", "")
        answer["value"] = array(
            [
                self.showcase.written(entity, row, select, are_numbers_texts=are_texts)
                for row in page
            ]
        )
        is_cut = ("$top" not in options or size < top) and skip + len(page) < len(rows)
        if knobs.emit_next_link and is_cut:
            left = {"$top": str(top - size)} if "$top" in options else {}
            rest = urlencode({**options, **left, "$skip": str(skip + len(page))})
            # Relative to the projection; seen in code that some servers give one.
            answer["@odata.nextLink"] = f"{path}?{rest}"
        return answer

    def _applied(
        self, entity: EntitySet, rows: Sequence[Row], options: Mapping[str, str]
    ) -> dict[str, Any]:
        """What ``$apply`` makes of the rows; no other option but the page goes with it (chosen)."""
        status = self.ledger.knobs.not_implemented_status
        if any(name.startswith("$") for name in set(options) - _BESIDE_APPLY):
            raise Refusal(status, "ODP_NOT_IMPLEMENTED")
        made = apply(
            options["$apply"],
            rows,
            members=tuple(entity.fields),
            enums=ENUM_FIELDS,
            status=status,
        )
        skip = number_of(options, "$skip", 0)
        top = number_of(options, "$top", self.ledger.knobs.default_page_size)
        return {"@odata.context": f"$metadata#{entity.name}", "value": made[skip : skip + top]}

    def _create(self, place: Place, body: Row) -> Row:
        if not place.entity.is_writable:
            raise Refusal(405, "ODP_METHOD_NOT_ALLOWED")
        parent = SETS.get(place.entity.parent)
        if parent and not self._has_parent(place.entity, parent, place.fixed):
            raise not_found()
        row = key_values(place)
        body, below = self._unfolded(place.entity, body)
        for name, value in self._checked(place.entity, body).items():
            if name in row and str(row[name]) != str(value):
                raise database_error(RECORD_ERROR, place.entity.lu, tag="WRONGPARENT")
            row[name] = value
        made = self.ledger.create(place.entity, row)
        if not below:
            return made
        here = self._at(place.entity, made)
        for name, children in below.items():
            for child in children:
                segment, custom = Segment(name, None), self.ledger.knobs.custom_fields
                self._create(step(place.entity.projection, here, segment, custom), child)
        return made

    def _unfolded(self, entity: EntitySet, body: Row) -> tuple[Row, dict[str, list[Row]]]:
        """The row without the arrays of rows below it, and those by the name of their set."""
        if not self.ledger.knobs.deep_insert:
            return body, {}
        names = {e.name for e in SETS.values() if e.parent == entity.name}
        below = {n: v for n, v in body.items() if n in names and isinstance(v, list)}
        return {name: value for name, value in body.items() if name not in below}, below

    def _upsert(self, place: Place, rows: list[Row], body: Row) -> Row:
        """Insert or update; the key is that of the address (documented)."""
        entity = place.entity
        if not entity.is_writable:
            raise Refusal(405, "ODP_METHOD_NOT_ALLOWED")
        left_out = {*entity.key, *entity.read_only}
        members = {name: value for name, value in body.items() if name not in left_out}
        members = self._checked(entity, members)
        if rows:
            return self.ledger.change(entity, rows[0], members)
        if set(entity.key) & set(entity.read_only):
            # A key that only the server gives cannot be inserted (documented).
            raise database_error(RECORD_ERROR, entity.lu, tag="KEYNOTINSERTABLE")
        return self._create(place, members)

    def _checked(self, entity: EntitySet, body: Row) -> Row:
        """Unknown members and wrong types are refused; those that only IFS writes by the knob."""
        is_ignored = self.ledger.knobs.read_only_members == "ignored"
        found: Row = {}
        for name, value in body.items():
            if is_ignored and (name in entity.read_only or name.startswith("@odata.")):
                continue
            kind = entity.fields.get(name)
            if kind is None or not fits(kind, value):
                raise Refusal(400, "ODP_DESERIALIZATION_ERROR")
            if name in entity.read_only:
                raise database_error(RECORD_ERROR, entity.lu, tag="READONLY")
            is_moment = kind == MOMENT and isinstance(value, str)
            found[name] = in_utc(value) if is_moment else value
        return found

    def _check_lock(self, entity: EntitySet, row: Row) -> None:
        """Another session holds the row: by name, or every so often. Text seen in code."""
        knobs = self.ledger.knobs
        self._touches += 1
        name = f"{entity.stored_in}/{'/'.join(self.ledger.store.key_of(entity, row))}"
        is_due = knobs.lock_every > 0 and self._touches % knobs.lock_every == 0
        if is_due or name in knobs.locked_rows:
            raise database_error(LOCKED, entity.lu, tag="FND_LOCKED")

    def _check_precondition(self, place: Place, row: Row, if_match: str, scope: Scope) -> None:
        entity = place.entity
        if place.action and not ACTIONS[place.action].is_change:
            return
        if not if_match:
            raise Refusal(428, "ODP_MISSING_PRECONDITION")
        if if_match.startswith("$") and if_match[1:] in scope.made:
            return
        if if_match not in {"*", self.ledger.store.etag(entity.name, row)}:
            raise Refusal(412, "PRECONDITION_FAILED", f"ORA-{MODIFIED}: {entity.lu}.MODIFIED: x")
