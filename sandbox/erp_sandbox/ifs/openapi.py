"""``$openapi`` of a projection, in both versions, from the same table that the rows use.

Source: the address with ``?V2`` and ``?V3`` is seen in code; the shape is that of the standard.
"""

from __future__ import annotations

from typing import Any

from erp_sandbox.ifs.entity import DAY, FLAG, MOMENT, NUMBER, TEXT, WHOLE, EntitySet
from erp_sandbox.ifs.model import ACTIONS, SETS, sets_of

VERSIONS = ("V2", "V3")
_TYPES = {
    TEXT: {"type": "string"},
    NUMBER: {"type": "number"},
    WHOLE: {"type": "integer", "format": "int64"},
    FLAG: {"type": "boolean"},
    DAY: {"type": "string", "format": "date"},
    MOMENT: {"type": "string", "format": "date-time"},
}


def write_openapi(projection: str, version: str) -> dict[str, Any]:
    """The document of one projection in one version."""
    is_new = version == "V3"
    place = "#/components/schemas/" if is_new else "#/definitions/"
    schemas = {entity.name: _schema(entity) for entity in sets_of(projection)}
    paths: dict[str, Any] = {}
    for entity in sets_of(projection):
        ref = {"$ref": f"{place}{entity.name}"}
        paths[_path(entity)] = _collection(entity, ref, is_new=is_new)
        paths[_row_path(entity)] = _row(entity, ref, is_new=is_new)
    for name, action in ACTIONS.items():
        owner = SETS[action.owner]
        if owner.projection == projection:
            path = f"{_row_path(owner)}/IfsApp.{projection}.{name}"
            paths[path] = {"post": {"responses": {"201": {"description": "Done"}}}}
    head = {"info": {"title": projection, "version": "1"}, "paths": paths}
    if is_new:
        return {"openapi": "3.0.3", **head, "components": {"schemas": schemas}}
    return {"swagger": "2.0", **head, "definitions": schemas}


def _schema(entity: EntitySet) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for name, kind in entity.fields.items():
        limit = {"maxLength": entity.lengths[name]} if name in entity.lengths else {}
        fixed = {"readOnly": True} if name in entity.read_only else {}
        properties[name] = {**_TYPES[kind], **limit, **fixed}
    return {"type": "object", "properties": properties}


def _path(entity: EntitySet) -> str:
    parent = SETS.get(entity.parent)
    return f"{_row_path(parent)}/{entity.name}" if parent else f"/{entity.name}"


def _row_path(entity: EntitySet) -> str:
    keys = ",".join(f"{name}={{{name}}}" for name in entity.key)
    return f"{_path(entity)}({keys})"


def _collection(entity: EntitySet, ref: dict[str, str], *, is_new: bool) -> dict[str, Any]:
    rows = {"type": "object", "properties": {"value": {"type": "array", "items": ref}}}
    found = {"get": {"responses": {"200": _answer("Rows", rows, is_new=is_new)}}}
    if entity.is_writable:
        found["post"] = {"responses": {"201": _answer("Created", ref, is_new=is_new)}}
    return found


def _row(entity: EntitySet, ref: dict[str, str], *, is_new: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"get": {"responses": {"200": _answer("Row", ref, is_new=is_new)}}}
    if entity.is_writable:
        found["patch"] = {"responses": {"200": _answer("Changed", ref, is_new=is_new)}}
        found["delete"] = {"responses": {"204": {"description": "Gone"}}}
    return found


def _answer(words: str, schema: dict[str, Any], *, is_new: bool) -> dict[str, Any]:
    if is_new:
        return {"description": words, "content": {"application/json": {"schema": schema}}}
    return {"description": words, "schema": schema}
